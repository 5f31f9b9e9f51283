"""Reads cells as what their column is declared to hold: text in, typed value out, null when unreadable.

Floor 2, polars only. Money and whole numbers are read in amounts, dates in dates; here are words. A value
nobody can read is null and becomes an issue; it is never a zero and never a default.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from fangpin.config.source_models import Column, ColumnKind
from fangpin.connectors.amounts import integer, money
from fangpin.connectors.cells import each_once, filled, mostly, read_as
from fangpin.connectors.dates import date

__all__ = [
    "boolean",
    "code",
    "date",
    "dtype",
    "filled",
    "integer",
    "money",
    "name",
    "place",
    "sex",
    "text",
    "typed",
    "words",
]

_DOTS = r"[•・．‧●∙⋅･᛫●·]"
_SPACES = r"[\s\u200b-\u200f\u2060\ufeff]"
_NUMBER_CUT = r"^\d(?:\.\d+)?[Ee]\+?\d+$"
_HAN = r"[\u3400-\u9fff--[无空不暂未没]]"  # no first letter of a word that says nothing
_PLAIN_NAME = rf"^{_HAN}[\u3400-\u9fff·]*$"
_PLAIN_PLACE = rf"^(?:{_HAN}|[0-9])[\u3400-\u9fff0-9A-Za-z()（）-]*$"
_PLAIN_TEXT = rf"^(?:[0-9]+|(?:{_HAN}|[A-MO-Za-mo-z])[\u3400-\u9fff0-9A-Za-z()（）、，；-]*)$"
_WIDE = "^[０-９Ａ-Ｚａ-ｚ－]+$"
_NOT_IN_A_WORD = r"[\s\u200b-\u200f\u2060\ufeff'\"`’‘“”]"
_RANKED = ("级", "类", "档", "等", "度")  # 1级, 一级, 壹级 and Ⅰ级 are one word
_NUMERALS = tuple(zip("一二三四五六七八九", "壹贰叁肆伍陆柒捌玖", "123456789", strict=True))
_ROMAN = {"IV": "四", "III": "三", "II": "二", "I": "一"}
_BETWEEN_WORDS = r"[\s,，、;；/／|｜+＋]+"
_SEXES = {"男": "男", "男性": "男", "1": "男", "M": "男", "女": "女", "女性": "女", "2": "女", "F": "女"}
_YES = ("是", "有", "对", "真", "1", "√", "✓", "✔", "☑", "Y", "YES", "T", "TRUE")
_NO = ("否", "无", "错", "假", "不是", "没有", "0", "×", "✕", "✗", "✘", "X", "N", "NO", "F", "FALSE")


def code(cell: pl.Expr, words: dict[str, str]) -> pl.Expr:
    """Return the declared word a cell stands for, even one like / that elsewhere says nothing; null for any other.

    Width, case, spaces and quotes make no other word, nor do the ways to write a rank: 1级, 一级, 壹级.

    >>> pl.select(code(pl.lit(pl.Series(["Ｃ 级", "“肆级”", "E"])), {"C级": "C", "四级": "四"})).to_series().to_list()
    ['C', '四', None]
    """
    seen = pl.DataFrame({"seen": list(words)}, schema={"seen": pl.String}).select(_folded(pl.col("seen")))
    folded = dict(zip(reversed(seen["seen"].to_list()), reversed(words.values()), strict=True))  # the first one stands
    known = _folded(pl.col("cell")).replace_strict(folded, default=None, return_dtype=pl.String)
    return each_once(cell, lambda cells: read_as(cells, known), dtype=pl.String())


def sex(cell: pl.Expr) -> pl.Expr:
    """Return 男 or 女.

    >>> pl.select(sex(pl.lit(pl.Series(["男", "2", "女性", "M", "?"])))).to_series().to_list()
    ['男', '女', '女', '男', None]
    """
    return code(cell, _SEXES)


def boolean(cell: pl.Expr) -> pl.Expr:
    """Return yes or no, however ticked or spelled; 无 is a no here; null for a blank and for any other word.

    >>> pl.select(boolean(pl.lit(pl.Series(["是", "×", "无", "y", "", "未知"])))).to_series().to_list()
    [True, False, False, True, None, None]
    """
    answers = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
    known = _folded(pl.col("cell")).replace_strict(answers, default=None, return_dtype=pl.Boolean)
    return each_once(cell, lambda cells: read_as(cells, known), dtype=pl.Boolean())


def name(cell: pl.Expr) -> pl.Expr:
    """Return a name in NFC without white space, its middle dot unified; characters are kept as given.

    >>> pl.select(name(pl.lit(pl.Series(["张　三 ", "阿依•古丽", "—"])))).to_series().to_list()
    ['张三', '阿依·古丽', None]
    """
    return cell.map_batches(lambda cells: mostly(cells, _PLAIN_NAME, whole=_names), return_dtype=pl.String)


def place(cell: pl.Expr) -> pl.Expr:
    """Return a place as given, in NFC, white space removed.

    >>> pl.select(place(pl.lit(pl.Series([" 和桥乡 凤冲村"])))).to_series().to_list()
    ['和桥乡凤冲村']
    """
    return cell.map_batches(lambda cells: mostly(cells, _PLAIN_PLACE, whole=_places), return_dtype=pl.String)


def text(cell: pl.Expr) -> pl.Expr:
    """Return a text or number of no arithmetic as given; null where a spreadsheet has cut a long number.

    A number of full width is the same number; .0 behind at most fifteen digits is a spreadsheet's, not the number's.

    >>> pl.select(text(pl.lit(pl.Series([" 07-1 ", "5.22391000000000E+17", "—", "1201.0"])))).to_series().to_list()
    ['07-1', None, None, '1201']
    """
    return cell.map_batches(lambda cells: mostly(cells, _PLAIN_TEXT, whole=_texts), return_dtype=pl.String)


def words(cell: pl.Expr) -> pl.Expr:
    """Return the several words of a cell in one order, each once, with 、 between them.

    >>> pl.select(words(pl.lit(pl.Series(["残疾,长期慢性病", "长期慢性病；残疾", "健康", "无"])))).to_series().to_list()
    ['残疾、长期慢性病', '残疾、长期慢性病', '健康', None]
    """
    return each_once(cell, _several, dtype=pl.String())


_READERS: dict[ColumnKind, Callable[[pl.Expr], pl.Expr]] = {
    ColumnKind.DATE: date,
    ColumnKind.INTEGER: integer,
    ColumnKind.BOOLEAN: boolean,
    ColumnKind.WORDS: words,
    ColumnKind.SEX: sex,
    ColumnKind.NAME: name,
    ColumnKind.PLACE: place,
}


def typed(column: Column, *, ten_thousands: bool) -> pl.Expr:
    """Return the expression that reads one declared column, named as the column."""
    cell = pl.col(column.name)
    if column.kind is ColumnKind.MONEY:
        value = money(cell, ten_thousands=ten_thousands)
    elif column.kind is ColumnKind.CODE:
        value = code(cell, column.words)
    else:
        value = _READERS.get(column.kind, text)(cell)
    return value.alias(column.name)


def dtype(column: Column) -> pl.DataType:
    """Return the polars type a declared column is kept in."""
    types: dict[ColumnKind, pl.DataType] = {
        ColumnKind.MONEY: pl.Decimal(18, 2),
        ColumnKind.DATE: pl.Date(),
        ColumnKind.INTEGER: pl.Int64(),
        ColumnKind.BOOLEAN: pl.Boolean(),
    }
    return types.get(column.kind, pl.String())


def _folded(word: pl.Expr) -> pl.Expr:
    """Return words as they are compared: half width, capitals, no spaces or quotes, ranks in plain numerals."""
    bare = word.str.normalize("NFKC").str.replace_all(_NOT_IN_A_WORD, "").str.to_uppercase().str.replace(r"\.0$", "")
    return bare.str.replace_many(_ranks(), leftmost=True)


def _ranks() -> dict[str, str]:
    written = {seen: plain for plain, *others in _NUMERALS for seen in others} | _ROMAN
    return {seen + rank: plain + rank for seen, plain in written.items() for rank in _RANKED}


def _names(cells: pl.Series) -> pl.Series:
    bare = filled(pl.col("cell")).str.normalize("NFC").str.replace_all(_SPACES, "")
    return read_as(cells, bare.str.replace_all(_DOTS, "·"))


def _places(cells: pl.Series) -> pl.Series:
    return read_as(cells, filled(pl.col("cell")).str.normalize("NFC").str.replace_all(_SPACES, ""))


def _texts(cells: pl.Series) -> pl.Series:
    given = read_as(cells, filled(pl.col("cell")))
    wide = pl.col("cell").str.contains(_WIDE)
    narrow = pl.when(wide).then(pl.col("cell").str.normalize("NFKC")).otherwise(pl.col("cell"))
    whole = narrow.str.replace(r"^([0-9]{1,15})\.0$", "$1")
    return read_as(given, pl.when(~whole.str.contains(_NUMBER_CUT)).then(whole))


def _several(cells: pl.Series) -> pl.Series:
    parts = filled(pl.col("cell")).str.normalize("NFC").str.replace_all(_BETWEEN_WORDS, "、").str.strip_chars("、")
    return read_as(cells, parts.str.split("、").list.unique().list.sort().list.join("、"))
