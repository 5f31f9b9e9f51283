"""Reads cells as money and as whole numbers: text in, exact value out, null when nobody can read it.

Floor 2, polars only, so that one engine reads money for the whole system. What is malformed (1,2345),
vague (约500) or has lost digits (1.23457E+11) is null and becomes an issue; it is never a zero.
"""

from __future__ import annotations

import polars as pl

from fangpin.connectors.cells import each_once, filled, mostly, read_as

_YUAN = pl.Decimal(18, 2)
_FINE = pl.Decimal(38, 12)  # a double's tail, such as 0.30000000000000004, fits
_PLAIN_MONEY = r"^-?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.[0-9]{1,2})?$"
_MONEY = (  # a word for minus, a sign, the currency, a sign, the figure, its unit, a word for minus
    r"^(负|冲红|红冲|冲销|红字)?:?([+-]?)(?:[¥￥]|RMB|CNY|人民币)?:?([+-]?)"
    r"((?:[0-9]{1,3}(?:[,'][0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+|[0-9](?:\.[0-9]+)?E[+-]?[0-9]{1,2})"
    r"(亿|万|千)?([元圆块]?)[整正]?(\((?:冲红|红冲|冲销)\))?$"
)
_BRACKETED = r"^([¥￥]?)\(([^()+-]+)\)((?:亿|万|千)?[元圆]?)$"  # an accountant's minus
_TIMES = {"亿": 100_000_000, "万": 10_000, "千": 1_000}
_GROUPS = ("word", "sign", "inner", "figure", "unit", "yuan", "reversed")
_TOO_LARGE = 10**18
_EXPONENT = r"^[0-9](?:\.([0-9]+))?E([+-]?)([0-9]{1,2})$"
_COUNTED = r"(?:周岁|年度|个月|[人口岁户个名位间次天套年月])$"
_WHOLE_NUMBER = r"^[+-]?(?:[0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})$"
_ONES = ("", *"一二三四五六七八九")
_TENS = ("", "十", *(f"{one}十" for one in _ONES[2:]))
_NUMERALS = {"零": "0", "〇": "0", "两": "2"} | {
    tens + one: str(10 * t + o) for t, tens in enumerate(_TENS) for o, one in enumerate(_ONES) if tens + one
}


def money(cell: pl.Expr, *, ten_thousands: bool) -> pl.Expr:
    """Return yuan as Decimal(18,2), half a fen away from zero; reads ￥, 元, 万, thousands marks, brackets for minus.

    A unit in the cell (500元, 0.05万) wins over the column's.

    >>> shapes = pl.Series(["1,234.50", "￥-20", "1.2万", "（30）", "负5元", "约五百", "1,2345"])
    >>> [str(amount) for amount in pl.select(money(pl.lit(shapes), ten_thousands=False)).to_series()]
    ['1234.50', '-20.00', '12000.00', '-30.00', '-5.00', 'None', 'None']
    """
    if ten_thousands:
        return cell.map_batches(lambda cells: _careful(cells, ten_thousands=True), return_dtype=_YUAN)
    return cell.map_batches(
        lambda cells: mostly(cells, _PLAIN_MONEY, cheap=_plain, whole=lambda odd: _careful(odd, ten_thousands=False)),
        return_dtype=_YUAN,
    )


def integer(cell: pl.Expr) -> pl.Expr:
    """Return a whole number, with 人、口、岁 and .0 taken off, thousands marks where they belong; 三, 十二 too.

    >>> shapes = pl.Series(["3人", "４", "5.0", "十二", "3.5", "1户3人"])
    >>> pl.select(integer(pl.lit(shapes))).to_series().to_list()
    [3, 4, 5, 12, None, None]
    """
    return each_once(cell, _integers, dtype=pl.Int64())


def _plain(cells: pl.Series) -> pl.Series:
    return cells.str.replace_all(",", "", literal=True).cast(_YUAN, strict=False)


def _careful(cells: pl.Series, *, ten_thousands: bool) -> pl.Series:
    """Return the amounts of cells written in any way, step by step, so that no step is computed twice."""
    tidy = filled(pl.col("cell")).str.normalize("NFKC").str.to_uppercase().str.replace_all(r"\s", "")
    tidy = tidy.str.replace_all("[−–]", "-").str.replace(_BRACKETED, "-$1$2$3")
    found = cells.to_frame("cell").select(tidy.str.extract_groups(_MONEY).alias("found"))
    found = found.unnest("found").rename(dict(zip("1234567", _GROUPS, strict=True)))
    word, sign, inner = pl.col("word").fill_null(""), pl.col("sign"), pl.col("inner")
    minus = (sign == "-") | (inner == "-") | (word != "") | pl.col("reversed").is_not_null()
    signs = pl.sum_horizontal(
        (s != "").cast(pl.Int8) for s in (sign, inner, word.replace_strict({"负": "负"}, default=""))
    )
    own = pl.col("unit").replace_strict(_TIMES, default=None, return_dtype=pl.Int64)
    usual = pl.when((pl.col("yuan") == "") & pl.lit(ten_thousands)).then(10_000).otherwise(1)
    figure = (
        pl.when((signs <= 1) & _is_written_out(pl.col("figure"))).then(pl.col("figure")).str.replace_all("[,']", "")
    )
    read = found.select(
        figure.cast(_FINE, strict=False).alias("figure"),
        (pl.coalesce(own, usual) * pl.when(minus).then(-1).otherwise(1)).cast(pl.Decimal(10, 0)).alias("times"),
    )
    kept = pl.when(pl.col("figure") < _TOO_LARGE).then(pl.col("figure"))
    yuan = (kept * pl.col("times")).round(2, mode="half_away_from_zero").cast(_YUAN, strict=False)
    return read.select(yuan.alias(cells.name)).to_series()


def _is_written_out(figure: pl.Expr) -> pl.Expr:
    """Say of each figure whether none of its digits is lost: 1.23457E+11 is what a spreadsheet shows of twelve.

    A double's own text (1.2E7, with a point and no plus; 1E-05) is exact.
    """
    parts = figure.str.extract_groups(_EXPONENT)
    decimals, sign, exponent = (parts.struct.field(name) for name in "123")
    shown = decimals.str.len_chars() >= exponent.cast(pl.UInt32, strict=False)
    exact = (sign == "-") | ((sign == "") & decimals.is_not_null()) | shown
    return ~figure.str.contains("E", literal=True) | exact.fill_null(value=False)


def _integers(cells: pl.Series) -> pl.Series:
    tidy = filled(pl.col("cell")).str.normalize("NFKC").str.replace_all(r"\s", "").str.replace(_COUNTED, "")
    text = read_as(cells, tidy.str.replace(r"\.0+$", "").replace(_NUMERALS))
    given = pl.col("cell")
    whole = pl.when(given.str.contains(_WHOLE_NUMBER)).then(given.str.replace_all(",", "", literal=True))
    return read_as(text, whole.cast(pl.Int64, strict=False))
