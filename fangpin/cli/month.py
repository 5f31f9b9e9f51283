"""Screening a month, and where the months stand.

Floor 5. Reads arguments, calls the operation, prints figures and gaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import KIND_TITLES, OUT, counted, progress_bar, table
from fangpin.config.rule_models import Rule
from fangpin.pipeline.areas import areas_of_month
from fangpin.pipeline.county import County
from fangpin.pipeline.rule_versions import rules_in_force
from fangpin.pipeline.screening import screen as screen_month
from fangpin.types import Band

_Period = Annotated[str, Parameter(help="月份，如 2024-03")]


def screen(period: _Period) -> None:
    """筛查一个月：匹配、按规则预警、每户一条线索。"""
    month = context.month(period, option="PERIOD")
    county = context.county()
    with progress_bar() as progress:
        found = screen_month(county, month, now=context.now(), by=context.login(), progress=progress)
    again = "（依据与上次相同，结果不变）" if found.known_before else ""
    OUT.print(f"[green]✓[/] {month.title}筛查完成{again}：线索 {found.leads.height:,} 户")
    changes = found.changes
    OUT.print(
        f"  新增 {changes.new:,}，变化 {changes.changed:,}，不变 {changes.unchanged:,}，撤回 {changes.withdrawn:,}"
    )
    bands = {str(band): count for band, count in counted(found.links, "band")}
    link, review, leave = (bands.get(band, 0) for band in Band)
    OUT.print(f"  匹配：自动关联 {link:,} 行，待人工核对 {review:,} 行，未关联 {leave:,} 行")
    _warn_gaps(found.missing, found.failures)
    if found.later:
        OUT.print(f"  [yellow]![/] 此后已筛查的月份要按先后重做：{'、'.join(str(later) for later in found.later)}")
    if warned := areas_of_month(county, month).warnings.height:
        OUT.print(f"  [yellow]![/] 需要整体关注的乡镇、村 {warned:,} 处，见 fangpin areas {month}")
    _tell_unjudged(county, rules_in_force(county, found.period), found.unjudged)
    grades = {g.code: g.title for g in county.declared.site.grades}
    kinds = found.leads.explode("kinds")
    if kinds.is_empty():
        return
    table(
        "线索（按种类和等级，户）",
        ("种类", "等级", "户"),
        [(KIND_TITLES.get(str(k), k), grades.get(str(g), g), n) for k, g, n in counted(kinds, "kinds", "grade")],
    )


def _tell_unjudged(county: County, rules: Mapping[str, Rule], unjudged: pl.DataFrame) -> None:
    """Say which rules could not judge how many: unknown is not the same as nothing found.

    A rule whose source did not come judges nobody; such rules are told source by source.
    """
    titles = {r.id: r.title for r in rules.values()}
    subjects = {"person": "人", "household": "户"}
    some = unjudged.filter(pl.col("unjudged") > 0).sort("unjudged", "rule_id", descending=[True, False])
    lacking = pl.col("missing_sources").list.len() > 0
    rows = [
        (titles[r["rule_id"]], r["unjudged"], r["population"], subjects[r["subject"]])
        for r in some.filter(~lacking).to_dicts()
    ]
    if rows:
        table("无法判断（缺数据，不等于没有风险）", ("规则", "无法判断", "应判断", "单位"), rows)
    by_source = some.filter(lacking).explode("missing_sources").sort("missing_sources", "rule_id")
    told = [
        (county.declared.source(source).title, len(ids), "、".join(titles[i] for i in ids))
        for source, ids in by_source.group_by("missing_sources", maintain_order=True).agg("rule_id").iter_rows()
    ]
    if told:
        table("本月没有的数据源，靠它的规则整条无法判断", ("数据源", "规则", "哪些规则"), told)


def _warn_gaps(missing: tuple[str, ...], failures: tuple[str, ...]) -> None:
    if missing:
        OUT.print(f"  [yellow]![/] 本月缺少：{'、'.join(missing)}；需要它们的规则作“无法判断”")
    for failure in failures:
        OUT.print(f"  [yellow]![/] 规则未能运行：{failure}")
