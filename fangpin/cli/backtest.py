"""The bench on the command line: a rule with other values, or another version of it, beside today's.

Floor 5. Reads arguments, calls the operation, prints figures by month, township and answer.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, progress_bar, table
from fangpin.config.models import Rule
from fangpin.errors import UsageProblem
from fangpin.pipeline.backtest import Backtest
from fangpin.pipeline.backtest import backtest as tried_on
from fangpin.pipeline.county import County
from fangpin.pipeline.rule_author import draft_of
from fangpin.pipeline.trials import rule_named
from fangpin.types import Period
from fangpin.warnings.backtest import with_values

_CHANGES = {"gained": "新增", "lost": "减少"}


def backtest(
    rule: Annotated[str, Parameter(help="规则编号，或规则文件（.toml）")],
    *,
    set_: Annotated[
        list[str] | None,
        Parameter(name="--set", negative="", consume_multiple=True, help="参数的试算值，如 line_yuan=12000"),
    ] = None,
    months: Annotated[str, Parameter(help="已筛查的月份，如 2024-01..2024-12，或一个月")],
) -> None:
    """回测：改了参数或换了写法的规则，在已筛查的各月会多报谁、少报谁；什么都不保存。"""
    county = context.county()
    periods = _periods(months)
    tried = _tried(county, rule, _values(set_ or []))
    with progress_bar() as progress:
        found = tried_on(county, tried, periods=periods, progress=progress)
    OUT.print(f"[bold]{tried.title}[/]（{tried.id}）回测 {len(periods)} 个月，什么都没有保存；“今”是现行，“试”是试算")
    _print_months(found)
    _print_shifts(found)
    if found.held["answers"].sum():
        heads = ("核查结果", "户次", "今报到", "试报到", "多报到", "漏掉")
        table("与乡镇已核查的结果相比（答复当月或此前两个月内报过的算报到）", heads, found.held.rows())
    else:
        OUT.print("这些月份还没有“拟纳入”（02）或“无风险”（04）的核查结果可比")


def _print_months(found: Backtest) -> None:
    rows = []
    for month in found.months:
        now, then = month.today, month.tried
        counts = month.shifts["change"].value_counts()
        moved = dict(counts.iter_rows())
        rows.append(
            (
                str(month.period),
                f"{now.rule_households:,}→{then.rule_households:,}",
                f"{now.unjudged:,}→{then.unjudged:,}",
                f"{now.leads:,}→{then.leads:,}",
                int(moved.get("gained", 0)),
                int(moved.get("lost", 0)),
                f"{now.visits_most:,}→{then.visits_most:,}",
                f"{now.visits_median:g}→{then.visits_median:g}",
            )
        )
    heads = ("月份", "本规则（户）", "无法判断", "全部线索（户）", "新增户", "减少户", "一村最多", "一村中位")
    table("逐月（今→试）", heads, rows)


def _print_shifts(found: Backtest) -> None:
    whole = pl.concat([month.shifts for month in found.months])
    if whole.is_empty():
        OUT.print("没有一户因此新增或减少")
        return
    counted = whole.group_by("township", "change", "reason").len().sort("township", "change", "reason")
    rows = [
        (township or "（没有登记乡镇）", _CHANGES[change], reason, households)
        for township, change, reason, households in counted.iter_rows()
    ]
    table("新增和减少的线索（按乡镇和原因，户次）", ("乡镇", "变化", "原因", "户次"), rows)


def _tried(county: County, rule: str, values: dict[str, float]) -> Rule:
    """Return the version to try: a rule's file, or a rule of the county, with the given values."""
    if rule.endswith(".toml"):
        return with_values(draft_of(county, Path(rule)), values, site=county.declared.site)
    known = rule_named(county, rule)
    if not values and known.switched_on:
        action = "请写明要试的参数，如 --set line_yuan=12000；参数见 fangpin rules explain"
        raise UsageProblem("参数 --set", "没有写", action=f"{action} {rule}")
    return with_values(known, values, site=county.declared.site)


def _values(given: list[str]) -> dict[str, float]:
    found = {}
    for one in given:
        name, _, value = one.partition("=")
        found[name.strip()] = _number(value, given=one)
    return found


def _number(text: str, *, given: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageProblem("参数 --set", f"收到“{given}”", expected="名称=数，如 line_yuan=12000")
    return number


def _periods(given: str) -> list[Period]:
    first, _, last = given.partition("..")
    start = context.month(first, option="--months")
    end = context.month(last, option="--months") if last else start
    if end < start:
        raise UsageProblem("参数 --months", f"收到“{given}”", expected="先早后晚，如 2024-01..2024-06")
    return [start.back(-n) for n in range(end.ordinal - start.ordinal + 1)]
