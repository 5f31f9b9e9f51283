"""Reads cells as dates: whatever a clerk or a system writes for a day, null for half a date or none.

Floor 2, polars only. A month alone is its first day. A year of two digits, a day without its year, or
2024.1 (January, or an October that lost its zero) could be two things and is therefore neither.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from fangpin.connectors.cells import each_once, filled, mostly, read_as

_EXCEL_EPOCH = dt.date(1899, 12, 30)
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {month: f"{number:02d}" for number, month in enumerate(_ENGLISH, start=1)}
_NUMERALS = dict(zip("〇零○Oo一二三四五六七八九", "00000123456789", strict=True))

_YEAR = r"(1[89][0-9]{2}|2[0-9]{3}|9999)"
_PLAIN = r"^(?:19|20)[0-9]{2}(?:-[0-9]{1,2}-[0-9]{1,2}|/[0-9]{1,2}/[0-9]{1,2}|(?:0[1-9]|1[0-2])[0-9]{2})$"
_MARKED = rf"^{_YEAR}([-./\\,。、年])([0-9]{{1,2}})(?:([-./\\,。、月])(?:([0-9]{{1,2}})[日号]?)?)?[.。]?$"
_PACKED = rf"^{_YEAR}(0[1-9]|1[0-2])(?:([0-9]{{2}})(?:[0-9]{{4}}|[0-9]{{6}})?)?(?:\.0+)?$"
_ENGLISH_TEXT = r"^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([0-9]{2}) (?:([0-9]{4}) [0-9:]{8}.*|[0-9:]{8}.* ([0-9]{4}))$"
_SERIAL = r"^[1-5][0-9]{4}(?:\.[0-9]+)?$"
_OCTOBER_OR_JANUARY = r"^[0-9]{4}\.1$"
_LISTING = r"[,。、]"  # they part a date's three numbers, but also two dates' numbers

_TIME = r"(?:[T ]|([日号])) ?(?:上午|下午|凌晨|中午|晚上)? ?[0-9]{1,2}[:时](?:[0-9]{1,2}.*)?$"
_TIME_OF_SYSTEM = r"^([0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2})[ T][0-9]{1,2}:[0-9:.]+$"
_UTC_HOUR = r"[T ]([0-9]{1,2}):[0-9:.]+(?:Z|[+-]00:?00| (?:UTC|GMT)(?: [0-9]{4})?)$"
_DAY_IN_CHINA = 16  # from this hour on in Greenwich it is tomorrow in China
_WEEKDAY = r" ?\(?(?:星期|周)[一二三四五六日天]\)?$"
_LENGTH = 10  # characters of a day without its time


def date(cell: pl.Expr) -> pl.Expr:
    """Return a date; a month alone is its first day; Excel serial days, 二〇二四年三月 and Java's text are read.

    A moment in Greenwich time (2024-02-29T16:00:00Z) is the day it was in China.

    >>> shapes = ["2024.3.1", "20240301", "2024年3月", "45352", "Fri Mar 01 00:00:00 CST 2024", "1900-01-00", "24.3.1"]
    >>> [str(day) for day in pl.select(date(pl.lit(pl.Series(shapes)))).to_series()]
    ['2024-03-01', '2024-03-01', '2024-03-01', '2024-03-01', '2024-03-01', 'None', 'None']
    """
    days = cell.map_batches(_without_time, return_dtype=pl.String)  # or every moment would be a word of its own
    return each_once(days, lambda cells: mostly(cells, _PLAIN, cheap=_plain, whole=_careful), dtype=pl.Date())


def _without_time(cells: pl.Series) -> pl.Series:
    longest = cells.str.len_bytes().max()
    return cells.str.replace(_TIME_OF_SYSTEM, "$1") if isinstance(longest, int) and longest > _LENGTH else cells


def _plain(cells: pl.Series) -> pl.Series:
    shapes = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d")
    return read_as(cells, pl.coalesce(pl.col("cell").str.to_date(shape, strict=False) for shape in shapes))


def _careful(cells: pl.Series) -> pl.Series:
    """Return the days of cells written in any way, step by step, so that no step is computed twice."""
    given = filled(pl.col("cell")).str.normalize("NFKC").str.replace_all(r"\s+", " ").str.replace_all("[–—−]", "-")
    frame = cells.to_frame("cell").select(given.alias("given"))
    frame = frame.with_columns(pl.col("given").str.replace(_WEEKDAY, "").str.replace(_TIME, "$1").alias("text"))
    frame = frame.with_columns(_arabic(pl.col("text")).str.replace_all(r" *([-./年月日号]) *", "$1"))
    frame = frame.with_columns(
        pl.col("text").str.extract_groups(_MARKED).alias("marked"),
        pl.col("text").str.extract_groups(_PACKED).alias("packed"),
        pl.col("given").str.extract_groups(_ENGLISH_TEXT).alias("english"),
        pl.col("given").str.extract(_UTC_HOUR).cast(pl.Int32, strict=False).alias("utc_hour"),
    )
    english = [pl.col("english").struct.field(part) for part in "1234"]
    month = english[0].replace_strict(_MONTHS, default=None, return_dtype=pl.String)
    serial = pl.when(pl.col("text").str.contains(_SERIAL)).then(pl.col("text")).cast(pl.Float64, strict=False)
    day = pl.coalesce(
        _marked(pl.col("marked"), pl.col("text")),
        _joined(*(pl.col("packed").struct.field(part) for part in "123")),
        _joined(pl.coalesce(english[2:]), month, english[1]),
        pl.lit(_EXCEL_EPOCH).cast(pl.Date) + pl.duration(days=serial.cast(pl.Int64)),
    )
    tomorrow = (pl.col("utc_hour") >= _DAY_IN_CHINA).fill_null(value=False)
    return frame.select((day + pl.duration(days=tomorrow.cast(pl.Int32))).alias(cells.name)).to_series()


def _marked(parts: pl.Expr, text: pl.Expr) -> pl.Expr:
    """Return the days of texts whose numbers are parted by one and the same mark, or by 年 and 月."""
    year, first, month, second, day = (parts.struct.field(part) for part in "12345")
    agree = (second == first) | ((first == "年") & (second == "月"))
    alone = (second.is_null() | (second == "月")) & ~first.str.contains(_LISTING)
    alone &= ~text.str.contains(_OCTOBER_OR_JANUARY)
    said = pl.when(day.is_null()).then(alone).otherwise(agree)
    return _joined(pl.when(said).then(year), month, day)


def _arabic(text: pl.Expr) -> pl.Expr:
    """Return texts like 二〇二四年三月十二日 in figures, and 元月 as January."""
    tens = text.str.replace("元月", "1月").str.replace_all("([一二三])十([一二三四五六七八九])", "$1$2")
    tens = tens.str.replace_all("([二三])十", "${1}0").str.replace_all("十([一二三四五六七八九])", "1$1")
    figures = tens.str.replace_all("十", "10").str.replace_many(_NUMERALS)
    return pl.when(text.str.contains("^[〇零○Oo一二三四五六七八九0-9]{4} ?年")).then(figures).otherwise(text)


def _joined(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    whole = pl.concat_str(year, pl.lit("-"), month.str.zfill(2), pl.lit("-"), day.fill_null("01").str.zfill(2))
    return whole.str.to_date("%Y-%m-%d", strict=False)
