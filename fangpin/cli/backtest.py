"""The bench on the command line: a rule with other values, or another version of it, beside today's.

Floor 5. Reads arguments, calls the operation, prints figures by month, township and answer.
"""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import KIND_TITLES, OUT, progress_bar, table
from fangpin.config.rule_models import Rule
from fangpin.errors import UsageProblem
from fangpin.pipeline.backtest import Backtest
from fangpin.pipeline.backtest import backtest as tried_on
from fangpin.pipeline.county import County
from fangpin.pipeline.events_file import read_events
from fangpin.pipeline.rule_author import draft_of
from fangpin.pipeline.rule_versions import rule_named
from fangpin.types import Period
from fangpin.warnings.backtest import Load, rules_with_values

_STEPS_MOST = 60
_FORMS = {"--set": "名称=数，如 line_yuan=12000", "--grid": "名称=数,数,…，如 line_yuan=8000,10000"}
_CHANGES = {"gained": "新增", "lost": "减少"}


def backtest(
    rules: Annotated[list[str], Parameter(name="RULE", help="规则编号，或规则文件（.toml）；可以几条一起试")],
    *,
    set_: Annotated[
        list[str] | None,
        Parameter(name="--set", negative="", consume_multiple=True, help="参数的试算值，如 line_yuan=12000"),
    ] = None,
    grid: Annotated[
        list[str] | None,
        Parameter(name="--grid", negative="", consume_multiple=True, help="逐个试的值，如 threshold=0.5,0.6,0.7"),
    ] = None,
    truths: Annotated[
        Path | None, Parameter(help="已知发生的事（.csv 或 .parquet：household_no、month、可有 kind），看报到多少")
    ] = None,
    months: Annotated[str, Parameter(help="已筛查的月份，如 2024-01..2024-12，或一个月")],
) -> None:
    """回测：改了参数或换了写法的规则，在已筛查的各月会多报谁、少报谁；什么都不保存。"""
    county = context.county()
    periods = _periods(months)
    events = None if truths is None else read_events(truths)
    steps = _grid(grid or [])
    tried = _tried(county, rules, _values(set_ or []), steps, on=periods[-1])
    with progress_bar() as progress:
        found = tried_on(county, tried, periods=periods, events=events, progress=progress)
    names = "、".join(f"[bold]{rule.title}[/]（{rule.id}）" for rule in tried[0])
    OUT.print(f"{names}回测 {len(periods)} 个月，什么都没有保存；“今”是现行，“试”是试算")
    if grid:
        _print_grid(steps, found)
        return
    _print_months(found[0])
    if len(rules) > 1:
        _print_rules(found[0])
    _print_shifts(found[0])
    if found[0].held["answers"].sum():
        heads = ("核查结果", "户次", "今报到", "试报到", "多报到", "漏掉")
        table("与乡镇已核查的结果相比（答复当月或此前两个月内报过的算报到）", heads, found[0].held.rows())
    else:
        OUT.print("这些月份还没有“拟纳入”（02）或“无风险”（04）的核查结果可比")
    if truths is not None:
        _print_met(found[0])


def _print_grid(steps: list[dict[str, float]], found: list[Backtest]) -> None:
    rows = []
    for values, one in zip(steps, found, strict=True):
        moved = dict(pl.concat([month.shifts for month in one.months])["change"].value_counts().iter_rows())
        answers = one.held["tried"].to_list()
        rows.append(
            (
                "，".join(f"{name}={value:g}" for name, value in values.items()),
                sum(month.tried.rule_households for month in one.months),
                sum(month.tried.unjudged for month in one.months),
                sum(month.tried.leads for month in one.months),
                int(moved.get("gained", 0)),
                int(moved.get("lost", 0)),
                max(month.tried.visits_most for month in one.months),
                *(_share(caught, all_) for caught, all_ in zip(answers, one.held["answers"], strict=True)),
                _share(int(one.met["tried"].sum()), int(one.met["events"].sum())),
                one.hits[1] if one.met.height else "—",
            )
        )
    heads = (
        *("试算值", "本规则（户次）", "无法判断", "全部线索（户次）", "新增户次", "减少户次", "一村最多"),
        *("查实报到", "查否报到", "已知的事报到", "到了有事的户（户次）"),
    )
    table("逐值试算（各月合计）", heads, rows)


def _share(caught: int, all_: int) -> str:
    return f"{caught:,}/{all_:,}" if all_ else "—"


def _print_rules(found: Backtest) -> None:
    whole = pl.concat([month.by_rule for month in found.months])
    rows = whole.group_by("rule_id").agg(pl.col("today", "tried").sum()).sort("rule_id").rows()
    table("各条规则（各月合计，户次）", ("规则", "今", "试"), rows)


def _print_met(found: Backtest) -> None:
    rows = [(KIND_TITLES.get(kind, kind), *counts) for kind, *counts in found.met.iter_rows()]
    heads = ("种类", "件数", "今报到", "试报到", "多报到", "漏掉")
    table("与已知发生的事相比（当月或此后两个月内报过的算报到）", heads, rows)
    visits = [sum(load.leads for load in loads) for loads in _loads(found)]
    rates = [f"{hits:,}/{all_:,} 户次" for hits, all_ in zip(found.hits, visits, strict=True)]
    OUT.print(f"上门的户中确有其事的：今 {rates[0]}，试 {rates[1]}")


def _loads(found: Backtest) -> tuple[list[Load], list[Load]]:
    return [month.today for month in found.months], [month.tried for month in found.months]


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


def _tried(
    county: County, rules: list[str], values: dict[str, float], steps: list[dict[str, float]], *, on: Period
) -> list[list[Rule]]:
    """Return the versions to try: the rules of files or of the county, with the given values, one a step."""
    known = [_rule(county, name, on=on) for name in rules]
    unchanged = [
        name for name, rule in zip(rules, known, strict=True) if not name.endswith(".toml") and rule.switched_on
    ]
    if unchanged and not values and not any(steps):
        action = "请写明要试的参数，如 --set line_yuan=12000；参数见 fangpin rules explain"
        raise UsageProblem("参数 --set", "没有写", action=f"{action} {unchanged[0]}")
    return [rules_with_values(known, values | step, site=county.declared.site) for step in steps]


def _rule(county: County, name: str, *, on: Period) -> Rule:
    return draft_of(county, Path(name)) if name.endswith(".toml") else rule_named(county, name, period=on)


def _grid(given: list[str]) -> list[dict[str, float]]:
    """Return every combination of the values to go through; one without any where none is given."""
    axes = []
    for one in given:
        name, _, values = one.partition("=")
        axes.append([(name.strip(), _number(value, given=one, option="--grid")) for value in values.split(",")])
    steps = [dict(step) for step in product(*axes)]
    if len(steps) > _STEPS_MOST:
        raise UsageProblem("参数 --grid", f"有 {len(steps)} 种组合", expected=f"不超过 {_STEPS_MOST} 种")
    return steps


def _values(given: list[str]) -> dict[str, float]:
    found = {}
    for one in given:
        name, _, value = one.partition("=")
        found[name.strip()] = _number(value, given=one, option="--set")
    return found


def _number(text: str, *, given: str, option: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageProblem(f"参数 {option}", f"收到“{given}”", expected=_FORMS[option])
    return number


def _periods(given: str) -> list[Period]:
    first, _, last = given.partition("..")
    start = context.month(first, option="--months")
    end = context.month(last, option="--months") if last else start
    if end < start:
        raise UsageProblem("参数 --months", f"收到“{given}”", expected="先早后晚，如 2024-01..2024-06")
    return [start.back(-n) for n in range(end.ordinal - start.ordinal + 1)]
