"""Months as the numbers that frames hold (period_no), back as periods, days and Chinese words.

Floor 2. The number counts months as Period.ordinal does.
"""

from __future__ import annotations

import polars as pl

from fangpin.types import Period


def period_of(period_no: int) -> Period:
    """The month with this number.

    >>> period_of(Period(2024, 12).ordinal)
    Period(year=2024, month=12)
    """
    return Period((period_no - 1) // 12, (period_no - 1) % 12 + 1)


def number_of(day: pl.Expr) -> pl.Expr:
    """The number of a day's month, null for null."""
    return day.dt.year().cast(pl.Int64) * 12 + day.dt.month()


def title_of(period_no: pl.Expr) -> pl.Expr:
    """The month in Chinese.

    >>> pl.DataFrame({"n": [24291]}).select(title_of(pl.col("n"))).to_series().to_list()
    ['2024年3月']
    """
    return pl.format("{}年{}月", (period_no - 1) // 12, (period_no - 1) % 12 + 1)


def last_day_of(period_no: pl.Expr) -> pl.Expr:
    """The last day of the month, null for null."""
    return pl.date((period_no - 1) // 12, (period_no - 1) % 12 + 1, 1).dt.month_end()
