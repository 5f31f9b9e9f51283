"""A lead explained on the command line: factor by factor, down to the delivered rows.

Floor 5. Prints; a household is named by its number, a member by the role.
"""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import KIND_TITLES, OUT, table
from fangpin.pipeline.county import County
from fangpin.pipeline.lead_explaining import Factor, LeadExplained, explain_lead
from fangpin.types import Period
from fangpin.warnings.readings import OwnHistory, Reading
from fangpin.warnings.sentences import fill

_BEHIND = ("agency", "title", "period", "file_name", "sheet", "sheet_row", "facts", "used_by")


def explain(
    household: Annotated[str, Parameter(help="户编号")],
    period: Annotated[str, Parameter(help="月份，如 2024-03")],
) -> None:
    """说明一户的线索：每个因素的数、线、文件和历史，用到的指标，不明的原因，被抑制的预警，所据的各行。"""
    county = context.county()
    month = context.month(period, option="PERIOD")
    found = explain_lead(county, household_no=household, period=month)
    _print_lead(found, household, month)
    for place, factor in enumerate(found.factors, 1):
        _print_factor(factor, place, month)
    _print_held_back(found)
    _print_unknown(county, found)
    rows = found.behind.filter(pl.col("used_by") != "").select(_BEHIND).rows()
    if rows:
        heads = ("部门", "数据源", "月份", "文件", "工作表", "行", "内容", "用于")
        table("所据的各行", heads, rows)
    OUT.print(f"这一户的全部数据：fangpin trace {month} {household}", markup=False)


def _print_lead(found: LeadExplained, household: str, month: Period) -> None:
    place = "".join(part for part in (found.township, found.village) if part) or "没有登记乡镇"
    if found.lead is None:
        OUT.print(f"[bold]{household}[/]（{place}）{month.title}没有线索")
        return
    lead = found.lead
    kinds = "、".join(KIND_TITLES.get(kind, kind) for kind in lead["kinds"])
    OUT.print(
        f"[bold]{household}[/]（{place}）{month.title}线索：建议{found.grade}；{kinds}；紧急程度 {lead['score']:g}"
    )
    OUT.print(f"  可能的返贫风险（待核实）：{'、'.join(lead['risks'])}", markup=False)
    if lead.get("score_parts"):
        OUT.print(f"  紧急程度的来历：{'；'.join(lead['score_parts'])}", markup=False)
    OUT.print(f"  {lead['sentence']}", markup=False)
    for flag in found.flags:
        OUT.print(f"  比对提示（不自动排除）：{flag}", markup=False)


def _print_factor(factor: Factor, place: int, month: Period) -> None:
    figures = fill("实得 {measured}，线 {threshold}", {"measured": factor.measured, "threshold": factor.threshold})
    who = f"{factor.member}：" if factor.member else ""
    OUT.print(f"[bold]因素{place} {factor.title}[/]（{factor.rule_id}，{factor.grade}）{who}{figures}")
    OUT.print(f"  {factor.sentence}", markup=False)
    OUT.print(f"  所需数据：{'、'.join(factor.sources) or '只用农户信息台账'}", markup=False)
    if factor.lines:
        rows = [
            (line["name"], f"{line['value']:,.10g}", line["unit"], str(line["since"]), line["document"])
            for line in factor.lines
        ]
        table("线和参数", ("名称", "值", "单位", "起用日期", "文件"), rows)
    if factor.readings:
        table("用到的指标", ("指标", "值", "单位", "为什么不明"), [_told(reading) for reading in factor.readings])
    for history in factor.histories:
        _print_history(history, month)


def _told(reading: Reading) -> tuple[object, ...]:
    measure, value = reading.measure, reading.value
    who = f"{reading.member}：" if reading.member else ""
    shown = fill("{value_share}" if measure.unit == "占比" else "{value}", {"value": value, "value_share": value})
    return f"{who}{measure.title}", shown, measure.unit, measure.null_means if value is None else ""


def _print_history(history: OwnHistory, month: Period) -> None:
    figures = ((month.back(back), figure) for back, figure in enumerate(history.figures))
    told = "，".join(f"{when} {fill('{figure}', {'figure': figure})}" for when, figure in figures)
    who = f"{history.member}：" if history.member else ""
    OUT.print(f"  自身历史 {who}{history.measure.title}（{history.measure.unit}）：{told}", markup=False)


def _print_held_back(found: LeadExplained) -> None:
    rows = [(held.title, held.sentence, held.reason, held.until or "—") for held in found.held_back]
    if rows:
        table("被抑制的预警（没有并入线索）", ("规则", "文字", "原因", "抑制到"), rows)


def _print_unknown(county: County, found: LeadExplained) -> None:
    if found.unjudged:
        rows: list[tuple[Any, ...]] = [
            (title, f"本月缺少{'、'.join(missing)}" if missing else "这一户的数据不全")
            for title, missing in found.unjudged
        ]
        table("对这一户无法判断的规则（不等于没有风险）", ("规则", "原因"), rows)
    for gap in found.gaps:
        months = "、".join(str(when) for when in gap.months)
        OUT.print(f"缺数据：{county.declared.source(gap.source_id).title}近12个月缺 {months}", markup=False)
