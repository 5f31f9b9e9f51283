"""The problems of delivered rows and cells: which, where, how bad, and what was expected.

Floor 2. A problem names sheet, row and column and never holds the value.
"""

from __future__ import annotations

import polars as pl

from fangpin.config.source_models import Column, ColumnKind, Source
from fangpin.connectors import values
from fangpin.connectors.layout import Part
from fangpin.types import IdKind, RowStatus

ISSUE_SCHEMA: dict[str, pl.DataType] = {
    "row_number": pl.UInt32(),
    "sheet": pl.String(),
    "sheet_row": pl.UInt32(),
    "column": pl.String(),
    "name": pl.String(),
    "code": pl.String(),
    "severity": pl.String(),
    "expected": pl.String(),
}

_EXPECTED = {
    ColumnKind.MONEY: "金额，如 1234.50",
    ColumnKind.DATE: "日期，如 2024-03-01",
    ColumnKind.INTEGER: "整数",
    ColumnKind.SEX: "男或女",
    ColumnKind.TEXT: "文本格式的完整编号（已被表格软件截断）",
    ColumnKind.BOOLEAN: "是或否",
}
_ID_EXPECTED = {
    IdKind.MASKED: "完整的18位证件号码（不带*）",
    IdKind.DAMAGED: "文本格式的18位证件号码（已被表格软件截断）",
    IdKind.INVALID: "校验正确的18位证件号码",
    IdKind.MISSING: "18位证件号码",
}
_FLAWS = {
    "ragged": ("row_ragged", "单元格个数与表头一致（含逗号的内容须加引号）"),
    "cut": ("row_cut", "完整的一行（文件可能没有传完）"),
    "struck": ("row_struck", "未加删除线的行；已作废的行请删去"),
}


def rejections(read: pl.DataFrame, source: Source, *, titles: dict[str, str]) -> pl.DataFrame:
    """Return the rows that cannot be used: broken as a row, a needed group unknown, a must-be-filled cell unread."""
    groups = [*source.row_needs, *((c.name,) for c in source.columns if c.filled)]
    found = [no_issues()]
    for flaw, (code, expected) in _FLAWS.items():
        found.append(_issues(read.filter(pl.col("flaw") == flaw), "整行", None, (code, "退回", expected)))
    for group in dict.fromkeys(groups):
        present = [n for n in group if n in read.columns]
        known = [pl.col(n).is_not_null() for n in present]
        if "id_no" in present:
            known.append(pl.col("id_kind") != IdKind.MISSING)
        lacking = read.filter(~pl.any_horizontal(known or [pl.lit(value=False)]))
        title = "或".join(titles[n] for n in group)
        told = ("row_unfilled", "退回", f"填写可识别的{title}")
        found.append(_issues(lacking, title, (present or group)[0], told))
    return pl.concat(found)


def unreadable(read: pl.DataFrame, part: Part, taken: list[Column]) -> pl.DataFrame:
    """Return the cells that hold something nobody can read; the row goes on with an unknown value."""
    found = [no_issues()]
    for column in taken:
        if column.kind not in _EXPECTED and column.kind is not ColumnKind.CODE:
            continue
        unread = part.rows[column.name].is_not_null() & read[column.name].is_null()
        if not unread.any():
            continue
        given = part.rows.filter(unread).select(values.filled(pl.col(column.name)).is_not_null().alias("given"))
        lost = read.filter(unread).filter(given["given"])
        known = "、".join(column.codes) if column.codes else _EXPECTED[column.kind]
        code = "code_unknown" if column.codes else "cell_unreadable"
        found.append(_issues(lost, column.title, column.name, (code, "提示", known)))
    return pl.concat(found)


def disagreements(read: pl.DataFrame, taken: list[Column]) -> pl.DataFrame:
    """Return the cells that contradict another cell of their row: a birth day and its ID, a column and a certificate.

    A day that is the first of its month may stand for the month alone.
    Source: data dictionary 3.4, 3.11.
    """
    found = [no_issues()]
    titles = {column.name: column.title for column in taken}
    if {"id_no", "birth_on"} <= set(read.columns):
        born = pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
        given = pl.col("birth_on")
        same = (given == born) | ((given.dt.day() == 1) & (given == born.dt.month_start()))
        told = ("birth_differs", "提示", "与证件号码中的出生日期一致")
        found.append(_issues(read.filter(~same), titles["birth_on"], "birth_on", told))
    for column in taken:
        if column.in_certificate is not None and "certificate_no" in read.columns:
            digit = pl.col("certificate_no").str.slice(column.in_certificate.place - 1, 1)
            word = digit.replace_strict(column.in_certificate.words, default=None, return_dtype=pl.String)
            told = ("certificate_differs", "提示", "与残疾证号末几位一致")
            found.append(_issues(read.filter(word != pl.col(column.name)), column.title, column.name, told))
    return pl.concat(found)


def duplicates(read: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that repeat an earlier one and are left out."""
    doubled = read.filter(pl.col("row_status") == RowStatus.DUPLICATE)
    return _issues(doubled, "整行", None, ("row_duplicate", "重复", "每行只报一次"))


def repeated(read: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that repeat an earlier one and are kept, because they may be another event."""
    accepted = read.filter((pl.col("row_status") == RowStatus.ACCEPTED) & pl.col("repeat_of").is_not_null())
    return _issues(accepted, "整行", None, ("row_repeated", "提示", "核对是否重复报送"))


def id_issues(read: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Return the ID cells that are not a whole, sound number, where the source must give IDs."""
    if "id_kind" not in read.columns or not source.identity["id_no"].required:
        return no_issues()
    found = [no_issues()]
    for kind, expected in _ID_EXPECTED.items():
        rows = read.filter(pl.col("id_kind") == kind)
        found.append(_issues(rows, "证件号码", "id_no", (f"id_{kind.value}", "提示", expected)))
    return pl.concat(found)


def _issues(rows: pl.DataFrame, title: str, name: str | None, told: tuple[str, str, str]) -> pl.DataFrame:
    code, severity, expected = told
    return rows.select(
        *("row_number", "sheet", "sheet_row"),
        pl.lit(title).alias("column"),
        pl.lit(name, dtype=pl.String).alias("name"),
        pl.lit(code).alias("code"),
        pl.lit(severity).alias("severity"),
        pl.lit(expected).alias("expected"),
    )


def no_issues() -> pl.DataFrame:
    """Return an empty frame of problems."""
    return pl.DataFrame(schema=ISSUE_SCHEMA)
