"""Reads a column of cells at little cost: what is plainly written is told apart, the rest is read with care.

Floor 2. Extracts are long and mostly clean, so the whole chain of clean-up runs on the cells that need it
only, and where words repeat, on each word once. Both give the very answers of the whole chain.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

_OUTER = " \t\r\n\v\f\u0085\u00a0\u2002\u2003\u2009\u3000\u200b\u200e\u200f\ufeff"
_UNSEEN = r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]"  # marks of no width, which a page or a mail left behind
_SAYS_NOTHING = (
    r"^(?:[-—–−－_＿/／\\.。…]+|无|空|不详|不明|暂无|未知|没有|空白|无数据|[(（<]?(?i:null|none|空白|空)[)）>]?|(?i:nan|nil)|N/A|"
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!))$"
)
_QUOTED = r"""^(?:="(.*)"|'(.+))$"""  # how a spreadsheet is told that a number is text
# No first letter of a word that says nothing, no space, no mark: a cell of these is as it stands.
_LETTER = r"[\u3400-\u9fff0-9A-MO-Za-mo-z--[无空不暂未没]]"
_PLAIN = rf"^{_LETTER}[\u3400-\u9fff0-9A-Za-z()（）:：.,，、·+-]*$"

_REPEATS = 2  # words are read once each when they stand there twice or more on the whole

Reading = Callable[[pl.Series], pl.Series]


def filled(cell: pl.Expr) -> pl.Expr:
    """Return the cell's text with outer spaces and unseen marks off, null when it only says that there is nothing.

    >>> pl.select(filled(pl.lit(pl.Series([" a ", "—", "无", "#REF!", '="007"'])))).to_series().to_list()
    ['a', None, None, None, '007']
    """
    return cell.map_batches(lambda cells: mostly(cells, _PLAIN, whole=_bared), return_dtype=pl.String)


def mostly(cells: pl.Series, plain: str, *, whole: Reading, cheap: Reading | None = None) -> pl.Series:
    """Return the readings of cells: the cheap one (none: the cell itself) where they match ``plain``, else the whole.

    >>> mostly(pl.Series(["1", " 2 "]), "^[0-9]$", whole=lambda cells: cells.str.strip_chars()).to_list()
    ['1', '2']
    """
    odd = ~cells.str.contains(plain).fill_null(value=True)
    read = cheap(cells) if cheap else cells
    return patched(read, odd, whole(cells.filter(odd))) if odd.any() else read


def patched(read: pl.Series, odd: pl.Series, others: pl.Series) -> pl.Series:
    """Return the readings with those of the odd rows, in their order, put in place.

    >>> patched(pl.Series([1, 2, 3]), pl.Series([False, True, False]), pl.Series([9])).to_list()
    [1, 9, 3]
    """
    place = pl.when(odd).then(odd.cum_sum() - 1)
    put = pl.when(odd).then(pl.lit(others).gather(place)).otherwise(read)
    return pl.select(put.alias(read.name)).to_series()


def each_once(cell: pl.Expr, read: Reading, *, dtype: pl.DataType) -> pl.Expr:
    """Return the readings of a column; where its words repeat, each different word is read once.

    >>> words = pl.Series(["a", "b", "a", "a", None])
    >>> pl.select(each_once(pl.lit(words), lambda w: w.str.to_uppercase(), dtype=pl.String())).to_series().to_list()
    ['A', 'B', 'A', 'A', None]
    """
    return cell.map_batches(lambda cells: _each_once(cells, read), return_dtype=dtype)


def read_as(cells: pl.Series, reading: pl.Expr) -> pl.Series:
    """Return what an expression of ``cell`` makes of a column by itself.

    >>> read_as(pl.Series(["a"]), pl.col("cell").str.to_uppercase()).to_list()
    ['A']
    """
    return cells.to_frame("cell").select(reading.alias(cells.name)).to_series()


def _each_once(cells: pl.Series, read: Reading) -> pl.Series:
    words = cells.drop_nulls().unique()
    if words.len() * _REPEATS > cells.len():
        return read(cells)
    return read(words).gather(cells.cast(pl.Enum(words)).to_physical()).alias(cells.name)


def _bared(cells: pl.Series) -> pl.Series:
    text = pl.col("cell").str.strip_chars(_OUTER).str.replace_all(_UNSEEN, "")
    bared = read_as(cells, text.str.replace(_QUOTED, "$1$2").str.strip_chars(_OUTER))
    given = pl.col("cell")
    return read_as(bared, pl.when((given != "") & ~given.str.contains(_SAYS_NOTHING)).then(given))
