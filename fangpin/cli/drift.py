"""Early signs on the command line: who is on the way to a line, for the county to keep an eye on.

Floor 5. Prints household numbers and sentences; it makes no lead and no file.
"""

from __future__ import annotations

from typing import Annotated

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.errors import UsageProblem
from fangpin.pipeline.drift import EarlyDrift, early_drift
from fangpin.pipeline.rule_versions import rules_in_force


def drift(
    period: Annotated[str, Parameter(help="已筛查的月份，如 2024-03")],
    *,
    township: Annotated[str | None, Parameter(help="只看一个乡镇")] = None,
) -> None:
    """早期苗头：按近几个月的进度，哪些户今后三个月内会触及预警线；只供提前关注，不生成线索。"""
    county = context.county()
    month = context.month(period, option="PERIOD")
    found = early_drift(county, month)
    told = found.told if township is None else found.told.filter(pl.col("township") == township)
    if township is not None and told.is_empty() and not found.told.is_empty():
        known = "、".join(sorted(found.told["township"].drop_nulls().unique()))
        raise UsageProblem("参数 --township", f"{township}没有苗头", expected=known)
    homes = told["household_no"].n_unique()
    OUT.print(
        f"[bold]{month.title}早期苗头[/]：{homes:,} 户 {told.height:,} 条；只供提前关注，不生成线索，不交办，不导出"
    )
    rows = [
        (
            row["household_no"],
            row["township"] or "（没有登记乡镇）",
            row["village"] or "—",
            row["crosses_in"],
            "有" if row["is_led"] else "",
            row["sentence"],
        )
        for row in told.iter_rows(named=True)
    ]
    if rows:
        table("按预计触线的月份", ("户编号", "乡镇", "村", "预计月份", "本月线索", "说明"), rows)
    _print_unknown(found, {rule.id: rule.title for rule in rules_in_force(county, month).values()})
    if found.later:
        later = "、".join(str(when) for when in found.later)
        OUT.print(f"回看：全县 {found.told.height:,} 条中，此后（{later}）确已触线的 {found.came:,} 条")


def _print_unknown(found: EarlyDrift, titles: dict[str, str]) -> None:
    rows = [
        (row["rule_id"], titles[row["rule_id"]], row["population"], row["unknown"])
        for row in found.unknown.iter_rows(named=True)
    ]
    if rows:
        table("看了哪些规则（全县）", ("规则", "查什么", "判断对象", "看不出走势"), rows)
    for failed in found.failed:
        OUT.print(f"  ! 未能计算：{failed}", markup=False)
