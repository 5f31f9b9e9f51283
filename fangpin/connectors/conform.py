"""Turns a recognised table into identity, facts and issues; every delivered row is accounted for.

Floor 2. Identity (who) and facts (what) part ways here and meet again only through matching. A bad
cell is an issue; a bad row is rejected with its reason; neither is ever repaired or dropped in silence.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fangpin.config.models import Column, ColumnKind, Source
from fangpin.connectors import values
from fangpin.connectors.heads import PERIOD_COLUMNS, declared_columns
from fangpin.connectors.ids import read_ids
from fangpin.connectors.layout import Table
from fangpin.types import IdKind, RowStatus

CONFORM_VERSION = "2"

IDENTITY_SCHEMA: dict[str, pl.DataType] = {
    "row_number": pl.UInt32(),
    "row_status": pl.String(),
    "duplicate_of": pl.UInt32(),
    "sheet": pl.String(),
    "sheet_row": pl.UInt32(),
    "person_name": pl.String(),
    "id_kind": pl.String(),
    "id_no": pl.String(),
    "id_seen": pl.String(),
    "birth_on": pl.Date(),
    "sex": pl.String(),
    "age": pl.Int64(),
    "township": pl.String(),
    "village": pl.String(),
    "village_group": pl.String(),
    "address": pl.String(),
    "head_name": pl.String(),
    "head_id_no": pl.String(),
    "guardian_name": pl.String(),
    "household_no": pl.String(),
    "person_no": pl.String(),
    "certificate_no": pl.String(),
}

ISSUE_SCHEMA: dict[str, pl.DataType] = {
    "row_number": pl.UInt32(),
    "sheet": pl.String(),
    "sheet_row": pl.UInt32(),
    "column": pl.String(),
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
}
_ID_EXPECTED = {
    IdKind.MASKED: "完整的18位证件号码（不带*）",
    IdKind.DAMAGED: "文本格式的18位证件号码（已被表格软件截断）",
    IdKind.INVALID: "校验正确的18位证件号码",
    IdKind.MISSING: "18位证件号码",
}


@dataclass(frozen=True, slots=True)
class Conformed:
    """What became of a table.

    identity: IDENTITY_SCHEMA, one row per delivered data row whatever its status.
    facts: row_number and the source's typed fact columns, accepted rows only.
    issues: ISSUE_SCHEMA, one row per problem; severity 退回 (row rejected), 重复 or 提示. No personal value.
    """

    identity: pl.DataFrame
    facts: pl.DataFrame
    issues: pl.DataFrame

    def count(self, status: RowStatus) -> int:
        """Return how many delivered rows ended so."""
        return int((self.identity["row_status"] == status).sum())


def conform(table: Table, source: Source, identity: dict[str, Column]) -> Conformed:
    """Return identity, facts and issues of one table, read as its source declares.

    Source: data dictionary 3.1, 3.10, 3.11; security C34 (rows in = accepted + rejected + duplicate).
    """
    columns = declared_columns(source, identity)
    taken = [c for name, c in columns.items() if name in table.rows.columns and name not in PERIOD_COLUMNS]
    read = _read(table, taken)
    repeat_of = _repeat_of(table.rows)
    duplicate_of = pl.select(pl.when(_told_apart(read, source)).then(repeat_of).alias("duplicate_of"))["duplicate_of"]
    rejected = _rejections(read, source, table)
    status = (
        pl.when(pl.col("row_number").is_in(rejected["row_number"].to_list()))
        .then(pl.lit(RowStatus.REJECTED.value))
        .when(pl.col("duplicate_of").is_not_null())
        .then(pl.lit(RowStatus.DUPLICATE.value))
        .otherwise(pl.lit(RowStatus.ACCEPTED.value))
    )
    read = read.with_columns(repeat_of, duplicate_of).with_columns(
        status.alias("row_status"), pl.lit(table.sheet).alias("sheet")
    )
    accepted = read.filter(pl.col("row_status") == RowStatus.ACCEPTED)
    facts = accepted.select("row_number", *(_kept(c, accepted) for c in source.columns))
    issues = pl.concat(
        [rejected, _duplicates(read), _repeated(read), _unreadable(read, table, taken), _id_issues(read, source)]
    )
    order = ["row_number", "column", "code"]
    return Conformed(_identity_frame(read), facts, issues.sort(order).select(*ISSUE_SCHEMA))


def _read(table: Table, taken: list[Column]) -> pl.DataFrame:
    """Return the table with every taken column read, ID columns split into id_kind, id_no, id_seen."""
    plain = [c for c in taken if c.kind is not ColumnKind.ID_NO]
    typed = table.rows.select(
        "row_number",
        "sheet_row",
        *(values.typed(c, ten_thousands=c.name in table.header.ten_thousands) for c in plain),
    )
    names = {c.name for c in taken}
    pieces = [typed]
    spare = "certificate_no" if "certificate_no" in names else None
    if "id_no" in names:
        pieces.append(read_ids(table.rows, "id_no", certificate=spare))
    if "head_id_no" in names:
        pieces.append(read_ids(table.rows, "head_id_no").select(pl.col("id_no").alias("head_id_no")))
    if spare:
        seen = read_ids(table.rows, spare)
        certificate = pl.col("id_seen").str.contains(r"^[\dX*]{20,22}[A-Z]?\d?$")
        pieces.append(seen.select(pl.when(certificate).then(pl.col("id_seen")).alias(spare)))
    return pl.concat(pieces, how="horizontal")


def _repeat_of(rows: pl.DataFrame) -> pl.Series:
    """Return for each row the first row with the very same cells, null for the first itself."""
    first = pl.col("row_number").min().over("row_text")
    return rows.select(pl.when(pl.col("row_number") != first).then(first).alias("repeat_of"))["repeat_of"]


def _told_apart(read: pl.DataFrame, source: Source) -> pl.Series:
    """Say of each row whether an equal row is surely the same: in a list, always; among events, with a known key.

    Without its key, an equal row of a person's events may be a second event, such as a second bill of the same day.
    """
    known = [pl.col(name).is_not_null() if name in read.columns else pl.lit(value=False) for name in source.key]
    return read.with_columns(pl.all_horizontal(pl.lit(value=True), *known).alias("told_apart"))["told_apart"]


def _rejections(read: pl.DataFrame, source: Source, table: Table) -> pl.DataFrame:
    """Return the rows that cannot be used: a needed group all unknown, or a must-be-filled cell unreadable."""
    groups = [*source.row_needs, *((c.name,) for c in source.columns if c.filled)]
    found = []
    for group in dict.fromkeys(groups):
        present = [n for n in group if n in read.columns]
        known = [pl.col(n).is_not_null() for n in present]
        if "id_no" in present:
            known.append(pl.col("id_kind") != IdKind.MISSING)
        lacking = read.filter(~pl.any_horizontal(known or [pl.lit(value=False)]))
        titles = "或".join(_title(n, source) for n in group)
        found.append(_issues(lacking, titles, "row_unfilled", "退回", f"填写可识别的{titles}"))
    return pl.concat([_no_issues(), *found]).with_columns(pl.lit(table.sheet).alias("sheet"))


def _unreadable(read: pl.DataFrame, table: Table, taken: list[Column]) -> pl.DataFrame:
    """Return the cells that hold something nobody can read; the row goes on with an unknown value."""
    found = [_no_issues()]
    for column in taken:
        if column.kind not in _EXPECTED and column.kind is not ColumnKind.CODE:
            continue
        given = table.rows.select(values.filled(pl.col(column.name)).is_not_null().alias("given"))["given"]
        lost = read.filter(given & read[column.name].is_null())
        known = "、".join(column.codes) if column.codes else _EXPECTED[column.kind]
        code = "code_unknown" if column.codes else "cell_unreadable"
        found.append(_issues(lost, column.title, code, "提示", known))
    return pl.concat(found)


def _duplicates(read: pl.DataFrame) -> pl.DataFrame:
    doubled = read.filter(pl.col("row_status") == RowStatus.DUPLICATE)
    return _issues(doubled, "整行", "row_duplicate", "重复", "每行只报一次")


def _repeated(read: pl.DataFrame) -> pl.DataFrame:
    accepted = read.filter((pl.col("row_status") == RowStatus.ACCEPTED) & pl.col("repeat_of").is_not_null())
    return _issues(accepted, "整行", "row_repeated", "提示", "核对是否重复报送")


def _id_issues(read: pl.DataFrame, source: Source) -> pl.DataFrame:
    if "id_kind" not in read.columns or not source.identity["id_no"].required:
        return _no_issues()
    found = [_no_issues()]
    for kind, expected in _ID_EXPECTED.items():
        rows = read.filter(pl.col("id_kind") == kind)
        found.append(_issues(rows, "证件号码", f"id_{kind.value}", "提示", expected))
    return pl.concat(found)


def _issues(rows: pl.DataFrame, column: str, code: str, severity: str, expected: str) -> pl.DataFrame:
    sheet = pl.col("sheet") if "sheet" in rows.columns else pl.lit(None, dtype=pl.String)
    return rows.select(
        "row_number",
        sheet.alias("sheet"),
        "sheet_row",
        pl.lit(column).alias("column"),
        pl.lit(code).alias("code"),
        pl.lit(severity).alias("severity"),
        pl.lit(expected).alias("expected"),
    )


def _no_issues() -> pl.DataFrame:
    return pl.DataFrame(schema=ISSUE_SCHEMA)


def _title(name: str, source: Source) -> str:
    titles = {"person_name": "姓名", "id_no": "证件号码", "household_no": "户编号", "person_no": "人编号"}
    return titles.get(name) or next(c.title for c in source.columns if c.name == name)


def _kept(column: Column, read: pl.DataFrame) -> pl.Expr:
    kind = values.dtype(column)
    return (
        pl.col(column.name).cast(kind) if column.name in read.columns else pl.lit(None, dtype=kind).alias(column.name)
    )


def _identity_frame(read: pl.DataFrame) -> pl.DataFrame:
    blank = {"id_kind": pl.lit(IdKind.MISSING.value)}
    return read.select(
        pl.col(name).cast(kind) if name in read.columns else blank.get(name, pl.lit(None, dtype=kind)).alias(name)
        for name, kind in IDENTITY_SCHEMA.items()
    )
