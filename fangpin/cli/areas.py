"""The townships and villages of a month: which are warned of, and how they stand.

Floor 5. Reads arguments, prints counts and shares; no household is listed.
"""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.config.rule_models import Rule
from fangpin.pipeline.area_trials import try_area_rule
from fangpin.pipeline.areas import areas_of_month
from fangpin.pipeline.county import County
from fangpin.pipeline.rule_versions import rule_titles
from fangpin.types import Period

_SHOWN = 20
_HEADS = (
    "乡镇",
    "村",
    "户",
    "未消除监测户",
    "占比",
    "临近线户",
    "线索户",
    "每百户线索",
    "月均线索",
    "受灾户",
    "重点区域",
)


def areas(
    period: Annotated[str, Parameter(help="月份，如 2024-03")],
    *,
    township: Annotated[str | None, Parameter(help="只看一个乡镇")] = None,
    all_: Annotated[bool, Parameter(name="--all", negative="", help=f"列出全部的村，不止前 {_SHOWN} 个")] = False,
) -> None:
    """规模性返贫风险：一个月里哪些乡镇、村需要整体关注；只有户数和占比，不列农户。"""
    county = context.county()
    month = context.month(period, option="PERIOD")
    found = areas_of_month(county, month, township=township)
    _print_warnings(rule_titles(county), found.warnings, found.unjudged)
    _print_unjudged(county, found.unjudged)
    if township is None:
        _print_unknown_key_areas(county, found.month)
    by_township = found.month.filter(pl.col("level") == "township")
    villages = found.month.filter(pl.col("level") == "village")
    table(f"{month.title}各乡镇（未消除占比由高到低）", _HEADS, _rows(by_township))
    shown = villages if all_ else _ranked(villages).head(_SHOWN)
    table("各村（未消除占比由高到低）", _HEADS, _rows(shown))
    if shown.height < villages.height:
        OUT.print(f"共 {villages.height:,} 个村，列出 {shown.height:,} 个；全部列出请加 --all")


def tried_on_areas(county: County, draft: Rule, period: Period) -> None:
    """Print what a rule for areas would give on a screened month; nothing is kept."""
    found = try_area_rule(county, draft, period)
    OUT.print(f"[bold]{draft.title}[/]：{period.title}试算，什么都没有保存")
    OUT.print(f"  判断 {found.population:,} 个乡镇、村：触发 {found.warnings.height:,}，无法判断 {found.unjudged:,}")
    if found.missing:
        titles = {source.id: source.title for source in county.declared.sources.values()}
        OUT.print(f"  [yellow]![/] 本月缺少：{'、'.join(titles.get(s, s) for s in found.missing)}")
    rows = [(p.name, f"{p.value:,g}", p.unit, str(p.since), p.document) for p in found.values]
    table("参数", ("名称", "值", "单位", "起用日期", "文件"), rows)
    _print_warnings({draft.id: draft.title}, found.warnings)


def _print_warnings(titles: dict[str, str], warnings: pl.DataFrame, unjudged: pl.DataFrame | None = None) -> None:
    blind = 0 if unjudged is None else unjudged.filter(pl.col("unjudged") > 0).height
    if warnings.is_empty():
        more = f"；{blind} 条规则缺数据，没有判断，不等于没有风险（见下表）" if blind else ""
        OUT.print(f"没有发现需要整体关注的乡镇、村{more}")
        return
    rows = [
        (row["township"], row["village"] or "（全乡镇）", _title(titles, row), row["sentence"], row["months"])
        for row in warnings.sort("township", "village", "rule_id").iter_rows(named=True)
    ]
    table("需要整体关注的乡镇、村", ("乡镇", "村", "风险", "说明", "连续月数"), rows)


def _print_unknown_key_areas(county: County, month: pl.DataFrame) -> None:
    """Say which declared key areas the register does not know: a name written otherwise marks nothing."""
    known = set(month.select("township", "village").iter_rows())
    declared = county.declared.site.key_areas
    unknown = [key.township + key.village for key in declared if (key.township, key.village or None) not in known]
    if unknown:
        OUT.print(f"[yellow]![/] 农户信息台账里没有这些重点区域：{'、'.join(unknown)}；请核对声明 key_areas 中的名称")


def _print_unjudged(county: County, unjudged: pl.DataFrame) -> None:
    titles = rule_titles(county)
    sources = {source.id: source.title for source in county.declared.sources.values()}
    rows = [
        (
            _title(titles, row),
            row["unjudged"],
            row["population"],
            "、".join(sources.get(s, s) for s in row["missing_sources"]) or "有的乡镇、村数据不全",
        )
        for row in unjudged.filter(pl.col("unjudged") > 0).sort("rule_id").iter_rows(named=True)
    ]
    if rows:
        table("无法判断（缺数据，不等于没有风险）", ("规则", "无法判断", "应判断", "缺什么"), rows)


def _title(titles: dict[str, str], row: dict[str, Any]) -> str:
    # A rule that the county no longer has keeps its number.
    rule_id: str = row["rule_id"]
    return titles.get(rule_id, rule_id)


def _ranked(month: pl.DataFrame) -> pl.DataFrame:
    """Sort areas: the highest share first, then the most leads, an unknown share last."""
    order = ["monitored_share", "leads_per_hundred", "township", "village"]
    return month.sort(order, descending=[True, True, False, False], nulls_last=True)


def _rows(month: pl.DataFrame) -> list[tuple[object, ...]]:
    return [
        (
            row["township"],
            row["village"] or "（全乡镇）",
            row["households"],
            _told(row["monitored"]),
            _share(row["monitored_share"]),
            _told(row["near_line"]),
            row["leads"],
            _told(row["leads_per_hundred"], digits=1),
            _told(row["leads_mean"], digits=1),
            _told(row["disaster_households"]),
            row["key_area"] or "",
        )
        for row in _ranked(month).iter_rows(named=True)
    ]


def _told(value: float | None, *, digits: int = 0) -> str:
    return "不明" if value is None else f"{value:,.{digits}f}"


def _share(value: float | None) -> str:
    return "不明" if value is None else f"{value:.1%}"
