"""What the answers so far say of each rule, of what is missed, and of a stricter line.

Floor 4. Reads both stores and writes neither: nothing learnt here changes a rule by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Connection

from fangpin.config.rule_models import effective
from fangpin.errors import NeedsDecision
from fangpin.matching.intervals import Estimate
from fangpin.pipeline.county import County
from fangpin.pipeline.tasking import TASK_LEDGER
from fangpin.store.leads import leads_of
from fangpin.store.runs import published_runs
from fangpin.store.tasks import answers_named, tasks_named
from fangpin.tasks.lifecycle import LeadState
from fangpin.types import Kind, Period
from fangpin.warnings.learning import FEW, TOLD, missed, overall, precision, reasons, weak_rules
from fangpin.warnings.lines import TRIED, VALUES, Line, farthest_without_loss, line_of, stricter, tried_on

FLOOR_PARAMETER: Final = "usefulness_floor_share"
COUNTY_SET: Final = "待县级核定"
"""What the document of a line says that the county may move; any other line stands in a notice."""
_FIGURES: Final = ("rule_id", "household_no", "measured", "threshold")


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the answers of some months say of the rules (预警精准度).

    by_rule, whole: learning.precision and learning.overall. split: the same by rule and township or month; split_whole:
    all rules together by it; both empty when not asked for. weak: learning.WEAK. reasons: learning.reasons with the
    reason's title. floor: the least usefulness the county asks of a rule. leads, dispatched, answered: households'
    leads. checks: of spot checks those drawn, those judged, the hits, and the share missed.
    """

    months: tuple[Period, ...]
    by_rule: pl.DataFrame
    whole: pl.DataFrame
    split: pl.DataFrame
    split_whole: pl.DataFrame
    weak: pl.DataFrame
    reasons: pl.DataFrame
    floor: float | None
    leads: int
    dispatched: int
    answered: int
    checks: tuple[int, int, int, Estimate]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a stricter line of a rule would have left of its visits (阈值建议，仅供参考).

    line: None when the rule is not held against a single parameter; document: where its value stands. judged: visits
    with an answer that judges. tried: lines.TRIED; empty for a line that a notice sets. free: the strictest value that
    loses no included household, and the share of its dropped visits that might yet be included; None when there is
    none, or too few answers to say so.
    """

    months: tuple[Period, ...]
    line: Line | None
    document: str
    judged: int
    tried: pl.DataFrame
    free: tuple[float, Estimate] | None


def learn_precision(county: County, *, first: Period | None, last: Period | None, by: str | None) -> Learnt:
    """Return what the answers to the leads of some screened months say: all of them when no bounds are given.

    by: township or period to split by, None for neither.
    Raises: NeedsDecision when none of the months was screened.
    """
    months, told, checks = _told(county, first, last)
    split = [by] if by else []
    by_rule, whole = precision(told), overall(told)
    floor = effective(county.declared.site.parameters, FLOOR_PARAMETER, on=months[-1].last_day)
    least = None if floor is None else floor.value
    once = told.unique(["period", "household_no"])
    return Learnt(
        months,
        by_rule,
        whole,
        precision(told, by=split) if by else by_rule.clear(),
        overall(told, by=split) if by else whole.clear(),
        weak_rules(by_rule, whole, floor=least),
        _titled(county, reasons(told)),
        least,
        once.height,
        once["task_id"].drop_nulls().len(),
        once["result_code"].drop_nulls().len(),
        (checks.height, *missed(checks)),
    )


def suggest_line(county: County, rule_id: str, *, first: Period | None, last: Period | None) -> Suggestion:
    """Return what stricter values of a rule's line would have left of its answered visits.

    Raises: NeedsDecision when none of the months was screened.
    """
    months, told, _ = _told(county, first, last)
    own = told.filter(rule_id=rule_id)
    others = told.filter(pl.col("rule_id") != rule_id)["task_id"].drop_nulls().unique()
    values = _values(county, rule_id, months)
    line = line_of(own, values)
    judged = int(precision(own)["judged"].sum())
    nothing = pl.DataFrame(schema=TRIED)
    if line is None:
        return Suggestion(months, None, "", judged, nothing, None)
    document = str(values.filter(name=line.name)["document"][-1])
    offered = stricter(line, own["measured"]) if COUNTY_SET in document else []
    tried = pl.DataFrame([tried_on(own, line, value, led_otherwise=others) for value in offered], schema=TRIED)
    free = farthest_without_loss(tried) if judged >= FEW else None
    return Suggestion(months, line, document, judged, tried, free)


def _told(
    county: County, first: Period | None, last: Period | None
) -> tuple[tuple[Period, ...], pl.DataFrame, pl.DataFrame]:
    """Return the screened months, their alerts with the answers (TOLD), and the spot checks with theirs."""
    runs, leads, answers = _of_office(county, first, last)
    found = [pl.DataFrame(schema=TOLD)]
    own = leads.join(answers, on="task_id", how="left")
    for period, run_id in runs:
        with county.warehouse.open_run(run_id) as con:
            alerts = con.sql(f"select {', '.join(_FIGURES)} from alert").pl()
        found.append(alerts.join(own.filter(period=str(period)), on="household_no").select(*TOLD))
    return tuple(period for period, _ in runs), pl.concat(found), _checks(own)


def _of_office(
    county: County, first: Period | None, last: Period | None
) -> tuple[list[tuple[Period, str]], pl.DataFrame, pl.DataFrame]:
    with county.office.read() as connection:
        runs = [
            (period, run_id)
            for period, run_id in published_runs(connection)
            if (first is None or first <= period) and (last is None or period <= last)
        ]
        if not runs:
            raise NeedsDecision("预警精准度", "所选月份都没有筛查过", action="请先筛查、交办并收回反馈")
        leads = pl.concat([leads_of(connection, period) for period, _ in runs])
        in_force = leads.filter(pl.col("state") != LeadState.WITHDRAWN)
        return runs, in_force, _answers(connection, in_force["task_id"].drop_nulls().unique().to_list())


def _answers(connection: Connection, task_ids: Sequence[str]) -> pl.DataFrame:
    """Return task_id, result_code and reason_code (null: none) of answered tasks, as their newest revision says."""
    given = answers_named(connection, task_ids).select("task_id", "revision", "reason_code")
    tasks = tasks_named(connection, task_ids).select("task_id", "revision", "result_code").drop_nulls("result_code")
    return tasks.join(given, on=["task_id", "revision"], how="left").drop("revision")


def _checks(leads: pl.DataFrame) -> pl.DataFrame:
    """Return the spot checks: leads of that kind alone, on a visit that was made for nothing else."""
    is_check = pl.col("kinds").list.eval(pl.element() == Kind.SPOT_CHECK).list.all()
    marked = leads.with_columns(is_check=is_check)
    shared = marked.filter(~pl.col("is_check"))["task_id"].drop_nulls()
    alone = ~pl.col("task_id").is_in(shared.implode()).fill_null(value=False)
    return marked.filter(pl.col("is_check") & alone).select("period", "household_no", "result_code")


def _values(county: County, rule_id: str, months: Sequence[Period]) -> pl.DataFrame:
    """Return what the rule's parameters were in each month, as its run wrote them down: VALUES and document."""
    found = [pl.DataFrame(schema=VALUES | {"document": pl.String()})]
    with county.office.read() as connection:
        runs = dict(published_runs(connection))
    for period in months:
        with county.warehouse.open_run(runs[period]) as con:
            sql = 'select name, value, document from "parameter" where rule_id = $rule_id'
            values = con.sql(sql, params={"rule_id": rule_id}).pl()
        found.append(values.select(pl.lit(str(period)).alias("period"), "name", "value", "document"))
    return pl.concat(found)


def _titled(county: County, counted: pl.DataFrame) -> pl.DataFrame:
    choices = county.declared.ledgers[TASK_LEDGER].choices["reasons"]
    titles = {choice.code: choice.title for choice in choices}
    title = pl.col("reason_code").replace_strict(titles, default="（没有填）", return_dtype=pl.String)
    return counted.with_columns(title=title)
