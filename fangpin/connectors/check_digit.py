"""The arithmetic of resident identity numbers (公民身份号码, GB 11643): check digit, day of birth.

Floor 2, polars only. Extracts are long, so weighted sums and days are looked up by whole fields of the number.
"""

from __future__ import annotations

from functools import cache

import polars as pl

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_FIELDS = (3, 3, 4, 4, 3)  # digits looked up at once: area, area, year, month and day, order
_BORN_FROM, _BORN_TO = 1890, 2099
_LEAP_DAY = 229
_LENGTH = 18


def check_digit(first17: pl.Expr) -> pl.Expr:
    """Return the 18th character that belongs to seventeen digits (mod 11-2); null for anything else.

    >>> pl.select(check_digit(pl.lit("11010519491231002"))).item()
    'X'
    """
    usable = pl.when(first17.str.contains(r"^[0-9]{17}$")).then(first17)
    return _check(usable.cast(pl.Int64, strict=False))


def are_whole(texts: pl.Series) -> pl.Series:
    """Say of each text whether it is a number: 18 characters, a day of birth that is one, the check digit it needs."""
    number, day, year = pl.col("number"), pl.col("day"), pl.col("year")
    days, leap = _days()
    frame = (
        texts.alias("text")
        .to_frame()
        .with_columns(pl.col("text").str.head(17).cast(pl.Int64, strict=False).alias("number"))
    )
    whole = (number >= 10**16) & (pl.col("text").str.len_bytes() == _LENGTH)  # no sign, no zero first
    frame = frame.with_columns(pl.when(whole).then(number).alias("number"))
    frame = frame.with_columns((number // 10**7 % 10**4).alias("year"), (number // 10**3 % 10**4).alias("day"))
    born = year.is_between(_BORN_FROM, _BORN_TO) & pl.lit(days).gather(day)
    born &= (day != _LEAP_DAY) | pl.lit(leap).gather(year)
    right = born & (_check(number) == pl.col("text").str.tail(1))
    return frame.select(right.fill_null(value=False).alias("right"))["right"]


def _check(number: pl.Expr) -> pl.Expr:
    """Return the check character of numbers of at most seventeen digits; sums are looked up, not computed."""
    total = pl.lit(0)
    left = 17
    for digits, sums in zip(_FIELDS, _sums(), strict=True):
        left -= digits
        total += pl.lit(sums).gather(number // 10**left % 10**digits)
    return pl.lit(pl.Series(list(_CHECKS))).gather(total % 11)


@cache
def _sums() -> tuple[pl.Series, ...]:
    """Return for each field its weighted sum by the field's value."""
    tables, start = [], 0
    for digits in _FIELDS:
        value = pl.int_range(10**digits, dtype=pl.Int64)
        weights = _WEIGHTS[start : start + digits]
        parts = [value // 10 ** (digits - 1 - i) % 10 * weight for i, weight in enumerate(weights)]
        tables.append(pl.select(pl.sum_horizontal(parts).alias("sum"))["sum"])
        start += digits
    return tuple(tables)


@cache
def _days() -> tuple[pl.Series, pl.Series]:
    """Return by MMDD whether a year may hold that day, and by year whether it holds 29 February."""
    day = pl.int_range(10_000)
    month = day // 100
    long, short = [1, 3, 5, 7, 8, 10, 12], [4, 6, 9, 11]
    last = pl.when(month.is_in(long)).then(31).when(month.is_in(short)).then(30).when(month == 2).then(29)  # noqa: PLR2004 - months
    year = pl.int_range(10_000)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    found = pl.select((day % 100).is_between(1, last).fill_null(value=False).alias("day"), leap.alias("leap"))
    return found["day"], found["leap"]
