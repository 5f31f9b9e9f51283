"""A month's matching report, conflicts and unknown families as tables in Chinese.

Floor 4. Rows are named by source, file, sheet and row; a family by its place and a surname.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from fangpin.ledgers.report_tables import Cell, Table
from fangpin.matching.conflicts import KIND_TITLES
from fangpin.matching.intervals import Estimate
from fangpin.matching.quality import DRIFT_POINTS, METHOD_TITLES
from fangpin.matching.unknown import UnknownFamilies
from fangpin.pipeline.matching_report import MatchingReport

_NOT_KNOWN = "未知"
_KINDS = {"review": "待人工核对", "check": "抽查已关联", "missed": "抽查未关联"}


def report_tables(report: MatchingReport, titles: Mapping[str, str]) -> list[Table]:
    """Return the report as tables; ``titles`` are the sources' by id."""
    return [
        _summary(report),
        _sources(report, titles),
        _shares(report, titles),
        _precision(report, titles),
        _wrong(report, titles),
        _calibration(report),
        _drift(report, titles),
        _conflict_counts(report),
    ]


def conflict_table(found: pl.DataFrame, titles: Mapping[str, str]) -> Table:
    """Return conflicts row by row, as ``matching_report.month_conflicts`` gives them."""
    rows: list[tuple[Cell, ...]] = [
        (
            *(row["conflict"], KIND_TITLES[row["kind"]], row["reason"], row["person_no"], row["household_no"] or ""),
            *_place(row, titles),
        )
        for row in found.iter_rows(named=True)
    ]
    heads = ("序号", "种类", "说明", "人编号", "户编号", "数据源", "文件", "工作表", "行")
    return Table("矛盾", "同一序号的各行互相矛盾；请先核对名册，再找有关部门。", heads, rows)


def unknown_tables(found: UnknownFamilies, titles: Mapping[str, str]) -> list[Table]:
    """Return families the register does not know, missing members apart, and the rows each stands in.

    Rows in: as ``matching_report.month_unknown`` gives them.
    """
    heads = ("序号", "乡镇", "村", "姓氏", "人数", "部门数", "行", "部门")
    columns = ("family", "township", "village", "called", "people", "departments", "rows", "agencies")
    new = found.families.filter(pl.col("household_no").is_null())
    inside = new.filter(pl.col("township").is_not_null())
    outside = new.filter(pl.col("township").is_null())
    members = found.families.filter(pl.col("household_no").is_not_null())
    rows: list[tuple[Cell, ...]] = [(row["family"], *_place(row, titles)) for row in found.rows.iter_rows(named=True)]
    return [
        Table("名册外的家庭", "多个部门都有、名册没有的排在前面；请乡镇核实是否漏登。", heads, _cells(inside, columns)),
        Table(
            "户在名册人不在",
            "户主或监护人在名册的这一户，本人不在；多为新生、婚入或漏登。",
            (*heads, "户编号"),
            _cells(members, (*columns, "household_no")),
        ),
        Table("住址不在名册的", "没有填住址，或住址不在本县名册的乡镇村。", heads, _cells(outside, columns)),
        Table("所在各行", "序号同前三表。", ("序号", "数据源", "文件", "工作表", "行"), rows),
    ]


def percent(value: float) -> str:
    """Return a share in words, never rounded up to all.

    >>> percent(0.99996), percent(1.0), percent(float("nan"))
    ('99.99%', '100.00%', '未知')
    """
    return _NOT_KNOWN if math.isnan(value) else f"{math.floor(value * 10_000 + 1e-6) / 100:.2f}%"


def estimate(found: Estimate) -> str:
    """Return a figure with its 95 % interval in words.

    >>> estimate(Estimate(0.999, 0.9912, 0.9995))
    '99.90%（95%区间 99.12%～99.95%）'
    """
    if math.isnan(found.value):
        return _NOT_KNOWN
    return f"{percent(found.value)}（95%区间 {percent(found.low)}～{percent(found.high)}）"


def _summary(report: MatchingReport) -> Table:
    figures, unknown = report.figures, report.unknown.row(0, named=True)
    rows, linked = int(figures["rows"].sum()), int(figures["linked"].sum())
    covered = percent(report.precision.covered)
    told: list[tuple[Cell, ...]] = [
        ("来件", f"{rows:,} 行"),
        ("自动关联", f"{linked:,} 行（{percent(linked / rows if rows else math.nan)}）"),
        ("待人工核对", f"{int(figures['review'].sum()):,} 行，去重后 {int(figures['review_load'].sum()):,} 项"),
        ("未关联", f"{int(figures['left'].sum()):,} 行"),
        ("估计准确率（自动关联中关联正确的）", f"{estimate(report.precision.total)}，抽查所代表的关联占 {covered}"),
        ("估计召回率（应关联的中已自动关联的）", estimate(report.recall)),
        ("抽查发现的错误关联", f"{report.wrong.height:,} 行"),
        (
            "名册外的家庭",
            f"{unknown['families']:,} 户 {unknown['people']:,} 人，多个部门都知道 {unknown['known_to_several']:,} 户",
        ),
        ("户在名册人不在", f"{unknown['members']:,} 处"),
        ("未关联而住址不在名册的", f"{unknown['elsewhere']:,} 户"),
        *(
            (f"双人复核一致率：{_KINDS.get(r['kind'], r['kind'])}", f"{percent(r['share'])}（{r['rows']:,} 行）")
            for r in report.agreement.iter_rows(named=True)
        ),
    ]
    note = "准确率、召回率由人工复核结果估计；“未知”是还没有人看过，不等于没有错。"
    return Table("总览", note, ("指标", "数值"), told)


def _sources(report: MatchingReport, titles: Mapping[str, str]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            *(titles.get(r["source_id"], r["source_id"]), r["rows"], r["linked"], r["review"], r["left"]),
            *(percent(r["linked_share"]), percent(r["exact_share"]), r["review_load"]),
        )
        for r in report.figures.iter_rows(named=True)
    ]
    heads = ("数据源", "行", "自动关联", "待核对", "未关联", "关联率", "证件直接一致", "待核对项（去重）")
    return Table("各数据源", "待核对项按身份信息去重，是实际要看的次数。", heads, rows)


def _shares(report: MatchingReport, titles: Mapping[str, str]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (titles.get(r["source_id"], r["source_id"]), _method(r["method"]), r["rows"], percent(r["share"]))
        for r in report.shares.iter_rows(named=True)
    ]
    return Table("匹配方式", "占该数据源全部行的比例。", ("数据源", "方式", "行", "占比"), rows)


def _precision(report: MatchingReport, titles: Mapping[str, str]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            *(titles.get(r["source_id"], r["source_id"]), _method(r["method"]), r["links"], r["looked_at"], r["right"]),
            *(_NOT_KNOWN if r["share"] is None else percent(r["share"]), f"{percent(r['low'])}～{percent(r['high'])}"),
        )
        for r in report.precision.strata.iter_rows(named=True)
    ]
    heads = ("数据源", "方式", "自动关联", "抽查", "正确", "准确率", "95%区间")
    return Table("准确率估计", "按数据源和方式抽查已关联的结果；区间按 Wilson 法，整组都看过的没有误差。", heads, rows)


def _wrong(report: MatchingReport, titles: Mapping[str, str]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (*_place(r, titles), r["row_number"], r["person_no"], _method(r["method"]), percent(r["score"]))
        for r in report.wrong.iter_rows(named=True)
    ]
    heads = ("数据源", "文件", "工作表", "行", "数据行号", "误关联的人编号", "方式", "当时把握")
    note = "人工判定不是同一人的自动关联，逐条核对原因；可用 fangpin matching explain 查看依据。"
    return Table("错误关联", note, heads, rows)


def _calibration(report: MatchingReport) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            *(f"{percent(r['band_from'])}～{percent(r['band_to'])}", r["looked_at"], percent(r["mean_score"])),
            *(percent(r["share"]), f"{percent(r['low'])}～{percent(r['high'])}", "相符" if r["fits"] else "不符"),
        )
        for r in report.calibration.iter_rows(named=True)
    ]
    heads = ("把握", "复核行数", "平均把握", "实际是同一人", "95%区间", "是否相符")
    return Table("把握与实际", "平均把握应落在实际比例的区间内；不符的，复核结果会用来修正。", heads, rows)


def _drift(report: MatchingReport, titles: Mapping[str, str]) -> Table:
    moved = report.drift.filter(pl.col("moved"))
    rows: list[tuple[Cell, ...]] = [
        (
            *(titles.get(r["source_id"], r["source_id"]), _method(r["method"]), percent(r["share_before"])),
            *(percent(r["share"]), f"{r['points']:+.2f}"),
        )
        for r in moved.iter_rows(named=True)
    ]
    since = "没有更早的已筛查月份可比。" if report.before is None else f"与{report.before.title}相比，"
    rest = (
        ""
        if report.before is None
        else f"占比变动超过 {DRIFT_POINTS:g} 个百分点且不像偶然的；先问该部门的报表是否改过。"
    )
    return Table("与上月相比", since + rest, ("数据源", "方式", "上月", "本月", "百分点"), rows)


def _conflict_counts(report: MatchingReport) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (KIND_TITLES[r["kind"]], r["conflicts"], r["rows"]) for r in report.conflicts.iter_rows(named=True)
    ]
    return Table("矛盾", "逐条见 fangpin matching conflicts。", ("种类", "处", "涉及行"), rows)


def _method(method: str) -> str:
    return METHOD_TITLES.get(method, method)


def _place(row: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[Cell, ...]:
    sheet_row = row["sheet_row"]
    place = "" if sheet_row is None else int(sheet_row)
    return (titles.get(row["source_id"], row["source_id"]), row["file_name"] or "", row["sheet"] or "", place)


def _cells(frame: pl.DataFrame, columns: tuple[str, ...]) -> list[tuple[Cell, ...]]:
    return [tuple("" if cell is None else cell for cell in row) for row in frame.select(columns).rows()]
