"""What may be shown of a delivered cell on paper that leaves the office: never a whole ID, name, phone or birth day.

Floor 2, polars expressions. With the last four characters of an ID a birth day would give the rest away; of it only
the year is shown.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.config.source_models import Column, ColumnKind
from fangpin.connectors import values

_LONGEST: Final = 200  # what is shown of a long text
_CONTROL: Final = r"[\x00-\x09\x0b-\x1f\x7f]"
_NUMBER: Final = r"^[!-~]{7,}$"  # what may be an ID; a name that slipped in is hidden whole
_DAY: Final = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_PRIVATE: Final = (
    rf"[1-9]\d{{5}}\s?(?:18|19|20)\d{{2}}{_DAY}\s?(\d{{3}}[\dXx×])"  # an ID, wherever it stands
    rf"|(?-u:\b)[1-9]\d{{7}}{_DAY}(\d{{3}})(?-u:\b)"  # an old one
    r"|(?-u:\b)1[3-9]\d{5}(\d{4})(?-u:\b)"  # a phone
)
_SPACED: Final = r"\d{3,8}(?:[\s-]\d{3,8}){2,6}(?:[\s-]?\d{0,2}[Xx×]?)"  # an ID or a phone, however it is spaced
_FIGURES: Final = (ColumnKind.MONEY, ColumnKind.DATE, ColumnKind.INTEGER)
_YEAR: Final = r"^(?:19|20)\d{2}(?:\D|\d{2}$|\d{4}$)"


def shown(column: Column) -> pl.Expr:
    """Return the expression of a column's delivered text as it may be shown, named as the column; null stays null.

    >>> from fangpin.config.source_models import Column
    >>> def show(kind, name, *cells):
    ...     frame = pl.DataFrame({name: cells})
    ...     return frame.select(shown(Column(name=name, title="x", kind=kind))).to_series().to_list()
    >>> show("id_no", "id_no", "990101199001011234", "5.3E+17", "张三", "无", None)
    ['****1234', '****E+17', '****', '无', None]
    >>> show("name", "person_name", "欧阳修", "—"), show("date", "birth_on", "1990-01-05", "32874", "1990年1月")
    (['欧*', '—'], ['1990-**-**', '*****', '1990年*月'])
    >>> show("text", "school", "中心小学", "G990101199001011234", "电话13912345678")
    ['中心小学', 'G****1234', '电话****5678']
    >>> show("text", "school", "9901 0119 9001 0112 34", "138-0013-8000")
    ['****', '****']
    """
    given = pl.col(column.name).str.replace_all(_CONTROL, " ")
    text = given.str.strip_chars()
    folded = text.str.normalize("NFKC")
    if column.kind is ColumnKind.ID_NO:
        tail = pl.when(folded.str.contains(_NUMBER)).then(folded.str.slice(-4)).otherwise(pl.lit(""))
        masked = "****" + tail
    elif column.kind is ColumnKind.NAME:
        masked = text.str.slice(0, 1) + "*"
    elif column.name == "birth_on":
        year = pl.when(folded.str.contains(_YEAR)).then(4).otherwise(0)
        masked = folded.str.slice(0, year) + folded.str.slice(year).str.replace_all(
            r"[\d〇零一二三四五六七八九十]", "*"
        )
    else:
        hidden = folded.str.replace_all(_PRIVATE, "****$1$2$3")
        if column.kind not in _FIGURES:
            hidden = hidden.str.replace_all(_SPACED, "****")
        masked = pl.when(hidden != folded).then(hidden).otherwise(given)
    whole = pl.when(values.filled(given).is_null()).then(given).otherwise(masked)
    cut = pl.when(whole.str.len_chars() > _LONGEST).then(whole.str.slice(0, _LONGEST) + "…").otherwise(whole)
    return cut.alias(column.name)
