"""Flat files of links, leads and issues of one month, for people and programs outside.

Floor 4. Keys, figures and sentences only: no name, no ID number leaves through here.
"""

from __future__ import annotations

import uuid
from enum import StrEnum
from pathlib import Path

import polars as pl

from fangpin.errors import NotFound, UsageProblem
from fangpin.pipeline.county import County
from fangpin.pipeline.runs import read_register, read_tables, run_of
from fangpin.store.batches import batches
from fangpin.store.files import publish_file
from fangpin.types import Band, Kind, Period, Role

_LIST_SEPARATOR = "|"
_ISSUE_COLUMNS = (
    *("source", "source_id", "file", "row_number", "sheet", "sheet_row"),
    *("column", "code", "severity", "expected"),
)
_FORMULA = r"^[=+\-@\t\r＝＋－＠]"


class Export(StrEnum):
    """What can be exported (导出内容)."""

    LINKS = "links"
    LEADS = "leads"
    ISSUES = "issues"


def export(county: County, what: Export, *, period: Period, out: Path) -> int:
    """Write one month's rows to a .csv (UTF-8 with mark) or .parquet file and return how many there are.

    Raises: UsageProblem for another ending; NotFound when the month has nothing of the kind.
    """
    makers = {Export.LINKS: links_of, Export.LEADS: leads_of, Export.ISSUES: issues_of}
    if out.suffix not in {".csv", ".parquet"}:
        raise UsageProblem("参数 --out", f"收到“{out.name}”", expected="以 .csv 或 .parquet 结尾的文件名")
    if not out.parent.is_dir():
        raise NotFound(f"目录 {out.parent}", "不存在", action="请先建立该目录")
    rows = makers[what](county, period)
    aside = out.with_name(f".{out.name}.{uuid.uuid4().hex}")
    try:
        if out.suffix == ".csv":
            _flat(rows).write_csv(aside, include_bom=True)
        else:
            rows.write_parquet(aside)
        publish_file(aside, out)
    except OSError as exc:
        raise UsageProblem("参数 --out", f"写不进 {out}（{exc.strerror}）", action="请换一个可写的位置") from exc
    finally:
        aside.unlink(missing_ok=True)
    return rows.height


def links_of(county: County, period: Period) -> pl.DataFrame:
    """Return how each delivered row of the month was linked.

    Rows: source, source_id, file, period str, row_number u32 (data rows from 1), person_no, household_no str (null
    unless linked), candidate_person_no str (the best candidate of a row under review), band, score f64, method,
    reasons str.
    """
    links = read_tables(county, run_of(county, period)["run_id"])["link"]
    linked = pl.col("band") == Band.LINK
    return (
        links.join(_files(county, period), on="batch_id", how="inner")
        .select(
            "source",
            "source_id",
            "file",
            pl.lit(str(period)).alias("period"),
            "row_number",
            pl.when(linked).then("person_no").alias("person_no"),
            pl.when(linked).then("household_no").alias("household_no"),
            pl.when(~linked).then("person_no").alias("candidate_person_no"),
            "band",
            "score",
            "method",
            "reasons",
        )
        .sort("source_id", "row_number")
    )


def leads_of(county: County, period: Period) -> pl.DataFrame:
    """Return the leads of the month, one row a household and kind; households drawn for a spot check are no leads.

    Rows: household_no, period, kind, grade str; rules list of str; measured, thresholds list of f64; sentence str.
    """
    tables = read_tables(county, run_of(county, period)["run_id"])
    columns = ("household_no", "period", "kind", "grade", "rules", "measured", "thresholds", "sentence")
    return tables["lead_kind"].filter(pl.col("kind") != Kind.SPOT_CHECK).select(columns).sort("household_no", "kind")


def issues_of(county: County, period: Period) -> pl.DataFrame:
    """Return what was wrong with the month's deliveries, one row a problem; never the value itself.

    Rows: source, source_id, file, row_number, sheet, sheet_row, column, code, severity, expected.
    """
    files = _files(county, period)
    found = [county.warehouse.read(batch_id, "issues") for batch_id in files["batch_id"]]
    if not found:
        raise NotFound(f"月份 {period}", "没有生效的批次", action="请先接收当月数据")
    joined = pl.concat(found).join(files, on="batch_id", how="inner")
    rows = pl.concat([joined.select(*_ISSUE_COLUMNS), *_register_issues(county, files)])
    return rows.sort("source_id", "row_number", "column", "code", nulls_last=True)


def _register_issues(county: County, files: pl.DataFrame) -> list[pl.DataFrame]:
    """Return what the month's register contradicts itself in: one number for two people, a household without head."""
    registers = [s.id for s in county.declared.sources.values() if s.role is Role.REGISTER]
    rows = files.filter(pl.col("source_id").is_in(registers)).to_dicts()
    return [_as_issues(read_register(county, row["batch_id"]).findings, row) for row in rows]


def _as_issues(findings: pl.DataFrame, file: dict[str, str]) -> pl.DataFrame:
    told = [pl.lit(file[name]).alias(name) for name in ("source", "source_id", "file")]
    blank = [pl.lit(None, pl.String).alias("sheet"), pl.lit(None, pl.UInt32).alias("sheet_row")]
    return findings.select(
        *told,
        "row_number",
        *blank,
        pl.format("户编号 {}", pl.col("household_no").fill_null("空缺")).alias("column"),
        "code",
        pl.lit("提示").alias("severity"),
        pl.col("message").alias("expected"),
    )


def _files(county: County, period: Period) -> pl.DataFrame:
    """Return batch_id, source_id, source (agency) and file name of the month's batches in effect."""
    agencies = {s.id: s.agency for s in county.declared.sources.values()}
    with county.office.read() as connection:
        known = batches(connection)
    month = known.filter((pl.col("period") == str(period)) & (pl.col("state") == "landed"))
    agency = pl.col("source_id").replace_strict(agencies, default=None, return_dtype=pl.String)
    return month.select("batch_id", "source_id", agency.alias("source"), pl.col("file_name").alias("file"))


def _flat(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows as a spreadsheet may open them: lists joined, no text that it would run as a formula."""
    lists = [name for name, kind in rows.schema.items() if isinstance(kind, pl.List)]
    flat = rows.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join(_LIST_SEPARATOR)) if lists else rows
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    safe = [
        pl.when(pl.col(t).str.contains(_FORMULA)).then("'" + pl.col(t)).otherwise(pl.col(t)).alias(t) for t in texts
    ]
    return flat.with_columns(safe)
