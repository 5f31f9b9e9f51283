"""Rows of a sheet that are no data: blanks, totals, signatures, the header or a title again.

Floor 2. A total holds its label, figures and places and nothing else; whatever has a serial number, a word, a date or
something like an ID is a row of data, be the person called 合计.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from fangpin.connectors.header import Header
from fangpin.connectors.heads import is_serial

_UNITS: Final = r"(?:元|万元|人|户|口|次|个|份|亩|%)?"
_NUMBER: Final = rf"^(?:共|计|合)?[￥¥]?[-+]?[\d,，]*\d(?:\.\d+)?{_UNITS}$"
_NOTHING: Final = r"^[-—–/\\]+$"
_TOTAL: Final = (
    r"^\S{0,12}(?:合计|小计|总计|共计)[:：]?[（(]?"
    r"[\d.,，:：￥¥%元角分万亿人户口次个份大小写零一二三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟圆整共计]*[）)]?$"
)
_SIGNATURE: Final = (
    r"^(?:(?:制表|填表|审核|复核|经办|负责人|填报|单位负责|领款人|主管|联系人|注|备注|说明|打印|导出)\S{0,12}[:：]"
    r"|(?:制表|填表|审核|复核|经办|负责)人$)"
)
_NOTE: Final = r"^(?:备\s*注|说\s*明|注)"
_LIKE_ID: Final = r"\d{14}|\*{3}|\dE\+"
_KEY: Final = r"^0\d+$|^\d{6,}$"  # a number that names somebody, and counts nothing
_SPACE: Final = r"[\s\u3000\u00a0\u200b\ufeff]+"
_TOTAL_MARK: Final = "计"
_SIGNATURE_MARKS: Final = list("制填审复经负单领主联注备说打导")  # a signature has one of them, however it is spaced
_PLACES: Final = ("township", "village", "village_group", "address")
_LEADING: Final = 4


def without_noise(
    body: pl.DataFrame, header: Header, *, cells: list[str], above: list[dict[str, str | None]]
) -> tuple[dict[str, int], pl.DataFrame]:
    """Return how many rows are no data, by what they are, and the rows that are.

    Rows in: trimmed text cells. ``above`` are the title and header rows. Few rows need a closer look, so most are only
    glanced at.
    """
    first = pl.coalesce(cells)
    tops = list({next((v for v in row.values() if v), None) for row in above} - {None})
    likely = pl.any_horizontal(
        first.is_null(),
        first.str.contains_any(_SIGNATURE_MARKS),
        first.is_in(tops),
        *(c.str.contains(_TOTAL_MARK, literal=True) for c in (first, *(pl.col(c) for c in cells[:_LEADING]))),
    ).fill_null(value=False)
    looked_at = body.filter(likely)
    if looked_at.is_empty():
        return {}, body
    noise = looked_at.select("sheet_row", _noise(header, cells, above).alias("noise")).drop_nulls()
    counts = dict(noise["noise"].value_counts().sort("noise").iter_rows())
    return counts, body.join(noise, on="sheet_row", how="anti", maintain_order="left")


def _noise(header: Header, cells: list[str], above: list[dict[str, str | None]]) -> pl.Expr:
    """Name what a row is when it is no data."""
    first = pl.coalesce(cells)
    like_id = _any(pl.col(c).str.contains(_LIKE_ID) for c in cells)
    signature = first.str.replace_all(_SPACE, "").str.contains(_SIGNATURE).fill_null(value=False)
    return (
        pl.when(pl.all_horizontal(pl.col(c).is_null() for c in cells))
        .then(pl.lit("空行"))
        .when(_again(header, cells, above))
        .then(pl.lit("重复表头"))
        .when(_total(header, cells) & ~like_id)
        .then(pl.lit("合计"))
        .when(signature & ~like_id & ~_remark(header, cells))
        .then(pl.lit("签字"))
    )


def _remark(header: Header, cells: list[str]) -> pl.Expr:
    """Say whether what looks like a note stands in a column set aside, beside a name: then it is a row's remark."""
    first = pl.coalesce(cells)
    aside = [pl.col(c) for c in cells if c in header.ignored_columns]
    names = (pl.col(header.taken[n]) for n in ("person_name", "head_name", "household_no") if n in header.taken)
    named = _any(name.is_not_null() & ~name.str.contains("[:：]") & name.ne_missing(first) for name in names)
    return named & first.str.contains(_NOTE) & pl.coalesce(aside).eq_missing(first) if aside else pl.lit(value=False)


def _total(header: Header, cells: list[str]) -> pl.Expr:
    """Say whether a row has the label of a total, and beside it only figures and places."""
    plain_text = {c: pl.col(c).str.replace_all(_SPACE, "") for c in cells}
    labelled = _any(plain_text[c].str.contains(_TOTAL) for c in cells[:_LEADING])
    first = pl.coalesce(cells).str.replace_all(_SPACE, "").str.contains(_TOTAL).fill_null(value=False)
    places = {header.taken[name] for name in _PLACES if name in header.taken}
    serial = [c for c in cells if is_serial(header.heads.get(c, ""))]
    alone = [
        pl.col(c).is_null() | plain_text[c].str.contains(f"{_TOTAL}|{_NUMBER}|{_NOTHING}")
        for c in cells
        if c not in places
    ]
    numbered = _any(plain_text[c].str.contains(r"^\d+$") for c in serial)
    keyed = _any(
        plain_text[header.taken[name]].str.contains(_KEY)
        for name in ("id_no", "person_no", "household_no")
        if name in header.taken
    )
    in_serial = _any(plain_text[c].str.contains(_TOTAL) for c in serial)  # where a person has a number, it says 小计
    figures_only = (labelled | first) & ~numbered & pl.all_horizontal(pl.lit(value=True), *alone)
    return (in_serial | figures_only) & ~keyed


def _again(header: Header, cells: list[str], above: list[dict[str, str | None]]) -> pl.Expr:
    """Say whether a row is a title or header row once more: in all its cells, or in all that were taken."""
    taken = list(header.taken.values())
    storeys = above[header.first_row :]
    whole = [_equals(row, cells) for row in above if any(row.values())]
    named = [_equals(row, taken) for row in storeys if any(row[cell] for cell in taken)]
    return pl.any_horizontal(pl.lit(value=False), *whole, *named)


def _equals(row: dict[str, str | None], cells: list[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(c).eq_missing(pl.lit(row.get(c), dtype=pl.String)) for c in cells)


def _any(tests: Iterable[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *tests).fill_null(value=False)
