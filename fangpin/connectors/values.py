"""Reads cells as money, dates, whole numbers, codes, names: text in, typed value out, null when unreadable.

Floor 2, polars expressions only, so that one engine reads money for the whole system. A value nobody
can read is null and becomes an issue; it is never a zero and never a default.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

import polars as pl

from fangpin.config.models import Column, ColumnKind

_BLANK = r"^(?:[-—–_/\\]+|无|空|不详|暂无|null|NULL|None|NaN|nan|N/A|#N/A|#REF!|#VALUE!|#DIV/0!)$"
_DOTS = r"[•・．‧●∙⋅･᛫●·]"
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_JAVA_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {month: number for number, month in enumerate(_JAVA_MONTHS, start=1)}
_NUMBER_CUT = r"^\d(?:\.\d+)?[Ee]\+?\d+$"


def filled(cell: pl.Expr) -> pl.Expr:
    """Return the cell's text with outer spaces off, null when it only says that there is nothing.

    >>> pl.select(filled(pl.Series(["  a ", "—", "无", "#REF!", ""])))[""].to_list()
    ['a', None, None, None, None]
    """
    text = cell.str.strip_chars(" \t\r\n\u3000\u00a0\u200b\ufeff")
    return pl.when((text != "") & ~text.str.contains(_BLANK)).then(text)


def money(cell: pl.Expr, *, ten_thousands: bool) -> pl.Expr:
    """Return yuan as Decimal(18,2), half a fen away from zero; reads ￥, 元, 万, thousands marks, brackets for minus.

    A unit in the cell (500元, 0.05万) wins over the column's.

    >>> shapes = pl.Series(["1,234.50", "￥-20", "1.2万", "（30）", "约五百"])
    >>> [str(amount) for amount in pl.select(money(shapes, ten_thousands=False)).to_series()]
    ['1234.50', '-20.00', '12000.00', '-30.00', 'None']
    """
    given = filled(cell).str.normalize("NFKC").str.replace_all(r"\s", "")
    text = given.str.replace_all(r"[,¥￥'圆]|元$|RMB", "").str.replace(r"−|－", "-")
    text = text.str.replace(r"^\((.+)\)$", "-$1")
    large = text.str.contains("万$") | (pl.lit(ten_thousands) & ~given.str.contains("[^万][元圆]$"))
    digits = text.str.replace("万$", "")
    plain = pl.when(digits.str.contains(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$")).then(digits.str.replace(r"^\+", ""))
    amount = plain.cast(pl.Decimal(38, 12), strict=False)  # a double's tail, such as 0.30000000000000004, fits
    yuan = pl.when(large).then(amount * pl.lit(10_000).cast(pl.Decimal(10, 0))).otherwise(amount)
    return yuan.round(2, mode="half_away_from_zero").cast(pl.Decimal(18, 2), strict=False)


def date(cell: pl.Expr) -> pl.Expr:
    """Return a date; a month alone is its first day; Excel serial days and Java's text form are read.

    >>> shapes = ["2024.3.1", "20240301", "2024年3月", "45352", "Fri Mar 01 00:00:00 CST 2024", "1900-01-00"]
    >>> [str(day) for day in pl.select(date(pl.Series(shapes))).to_series()]
    ['2024-03-01', '2024-03-01', '2024-03-01', '2024-03-01', '2024-03-01', 'None']
    """
    text = (
        filled(cell)
        .str.normalize("NFKC")
        .str.replace_all(r"\s*(?:[T ]\d{1,2}:\d{2}.*)$", "")
        .str.replace_all(r"\s+", " ")
    )
    parts = text.str.replace_all(" ", "").str.extract_groups(r"^(\d{4})[-./年](\d{1,2})(?:[-./月](\d{1,2})?日?)?$")
    packed = text.str.extract_groups(r"^(\d{4})(\d{2})(\d{2})?$")
    java = filled(cell).str.extract_groups(r"^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) .* (\d{4})$")
    month = java.struct.field("1").replace_strict(_MONTHS, default=None, return_dtype=pl.Int32).cast(pl.String)
    serial = pl.when(text.str.contains(r"^[1-5]\d{4}(?:\.\d+)?$")).then(text.cast(pl.Float64, strict=False))
    days = pl.lit(_EXCEL_EPOCH).cast(pl.Date) + pl.duration(days=serial.cast(pl.Int64, strict=False))
    return pl.coalesce(
        _joined(parts.struct.field("1"), parts.struct.field("2"), parts.struct.field("3")),
        _joined(packed.struct.field("1"), packed.struct.field("2"), packed.struct.field("3")),
        _joined(java.struct.field("3"), month, java.struct.field("2")),
        days.cast(pl.Date),
    )


def _joined(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    whole = pl.concat_str(year, pl.lit("-"), month.str.zfill(2), pl.lit("-"), day.fill_null("01").str.zfill(2))
    return whole.str.to_date("%Y-%m-%d", strict=False)


def integer(cell: pl.Expr) -> pl.Expr:
    """Return a whole number, with 人、口、岁 and .0 taken off.

    >>> pl.select(integer(pl.Series(["3人", "４", "5.0", "3.5", "1户3人"])))[""].to_list()
    [3, 4, 5, None, None]
    """
    text = filled(cell).str.normalize("NFKC").str.replace_all(r"\s", "").str.replace(r"(?:周岁|[人口岁户个])$", "")
    text = text.str.replace(r"\.0+$", "")
    return pl.when(text.str.contains(r"^[+-]?\d{1,9}$")).then(text).cast(pl.Int64, strict=False)


def code(cell: pl.Expr, words: dict[str, str]) -> pl.Expr:
    """Return the declared word a cell stands for, even one like / that elsewhere says nothing; null for any other.

    >>> pl.select(code(pl.Series(["Ｃ 级", "c级", "E级"]), {"C": "C", "C级": "C"}))[""].to_list()
    ['C', 'C', None]
    """
    key = cell.str.normalize("NFKC").str.replace_all(r"[\s\u200b\ufeff]", "").str.to_uppercase()
    folded = {_folded(seen): kept for seen, kept in words.items()}
    return key.replace_strict(folded, default=None, return_dtype=pl.String)


def sex(cell: pl.Expr) -> pl.Expr:
    """Return 男 or 女.

    >>> pl.select(sex(pl.Series(["男", "2", "女性", "M", "?"])))[""].to_list()
    ['男', '女', '女', '男', None]
    """
    words = {"男": "男", "男性": "男", "1": "男", "M": "男", "女": "女", "女性": "女", "2": "女", "F": "女"}
    return code(cell, words)


def name(cell: pl.Expr) -> pl.Expr:
    """Return a name in NFC without white space, its middle dot unified; characters are kept as given.

    >>> pl.select(name(pl.Series(["张　三 ", "阿依•古丽", "—"])))[""].to_list()
    ['张三', '阿依·古丽', None]
    """
    return (
        filled(cell)
        .str.normalize("NFC")
        .str.replace_all(r"[\s\u3000\u00a0\u200b\ufeff]", "")
        .str.replace_all(_DOTS, "·")
    )


def place(cell: pl.Expr) -> pl.Expr:
    """Return a place as given, in NFC, white space removed.

    >>> pl.select(place(pl.Series([" 和桥乡 凤冲村"])))[""].to_list()
    ['和桥乡凤冲村']
    """
    return filled(cell).str.normalize("NFC").str.replace_all(r"\s", "")


def text(cell: pl.Expr) -> pl.Expr:
    """Return a text or number of no arithmetic as given; null where a spreadsheet has cut a long number.

    >>> pl.select(text(pl.Series([" 07-1 ", "5.22391000000000E+17", "—"])))[""].to_list()
    ['07-1', None, None]
    """
    given = filled(cell)
    return pl.when(~given.str.contains(_NUMBER_CUT)).then(given)


def typed(column: Column, *, ten_thousands: bool) -> pl.Expr:
    """Return the expression that reads one declared column, named as the column."""
    cell = pl.col(column.name)
    match column.kind:
        case ColumnKind.MONEY:
            value = money(cell, ten_thousands=ten_thousands)
        case ColumnKind.DATE:
            value = date(cell)
        case ColumnKind.INTEGER:
            value = integer(cell)
        case ColumnKind.CODE:
            value = code(cell, column.words)
        case ColumnKind.SEX:
            value = sex(cell)
        case ColumnKind.NAME:
            value = name(cell)
        case ColumnKind.PLACE:
            value = place(cell)
        case ColumnKind.TEXT | ColumnKind.ID_NO:
            value = text(cell)
    return value.alias(column.name)


def dtype(column: Column) -> pl.DataType:
    """Return the polars type a declared column is kept in."""
    types: dict[ColumnKind, pl.DataType] = {
        ColumnKind.MONEY: pl.Decimal(18, 2),
        ColumnKind.DATE: pl.Date(),
        ColumnKind.INTEGER: pl.Int64(),
    }
    return types.get(column.kind, pl.String())


def _folded(word: str) -> str:
    return "".join(unicodedata.normalize("NFKC", word).split()).upper()
