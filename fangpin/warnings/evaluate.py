"""Evaluates every rule of a county over the indicator tables of one month.

Floor 2. A rule that cannot be evaluated fails alone, with the step and the reason, and leaves no alert;
the others are what they would be without it. A verdict that cannot be reached is counted, never an alert.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import polars as pl

from fangpin.config.rule_models import Rule
from fangpin.config.site_models import Site
from fangpin.types import Period, Subject
from fangpin.warnings.limits import LIMIT_SECONDS
from fangpin.warnings.sentences import MEMBER, fill
from fangpin.warnings.verdicts import RuleFailed, parameters_in_force, verdict_rows

ALERTS: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "rule_version": pl.Int64(),
    "kind": pl.String(),
    "grade": pl.String(),
    "effect": pl.String(),
    "channel": pl.String(),
    "household_no": pl.String(),
    "person_no": pl.String(),
    "period": pl.String(),
    "measured": pl.Float64(),
    "threshold": pl.Float64(),
    "sentence": pl.String(),
    "risks": pl.List(pl.String()),
    "quiet_months": pl.Int64(),
}
UNJUDGED: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "subject": pl.String(),
    "population": pl.Int64(),
    "unjudged": pl.Int64(),
    "missing_sources": pl.List(pl.String()),
}
VALUES: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "name": pl.String(),
    "value": pl.Float64(),
    "unit": pl.String(),
    "since": pl.Date(),
    "document": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that could not be evaluated: the step it failed in and why (规则失败)."""

    rule_id: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules of a month gave (预警结果).

    alerts: one row a rule × household × person that fires. unjudged: one row a rule, how many of its population
    could not be judged and which sources were missing. values: one row a rule × parameter, the value used.
    """

    alerts: pl.DataFrame
    unjudged: pl.DataFrame
    values: pl.DataFrame
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the rules evaluated so far gave, row by row."""

    alerts: list[pl.DataFrame]
    unjudged: list[dict[str, object]]
    values: list[dict[str, object]]
    failures: list[Failure]


def evaluate(
    con: duckdb.DuckDBPyConnection,
    rules: Iterable[Rule],
    *,
    period: Period,
    site: Site,
    limit_seconds: float = LIMIT_SECONDS,
) -> Evaluation:
    """Return the alerts of a month, who could not be judged, the parameter values used, and the rules that failed.

    Rows in: person, household, coverage, person_month, household_month of the month. Rows out: the frames of
    Evaluation, sorted by rule, household, person. Dated parameters are those in force on the month's first day.
    A rule that computes longer than limit_seconds is interrupted and fails alone.

    >>> from fangpin.warnings.inputs import create_inputs
    >>> con = duckdb.connect(); create_inputs(con)
    >>> evaluate(con, [], period=Period(2024, 3), site=Site.model_construct(parameters=())).alerts.height
    0
    """
    present = sources_present(con, period)
    registered = {subject: _registered(con, subject) for subject in Subject}
    found = _Found([], [], [], [])
    # Rules for areas look at what these gave: see areas.
    of_homes = (rule for rule in rules if rule.switched_on and rule.subject is not Subject.VILLAGE)
    for rule in sorted(of_homes, key=lambda rule: rule.id):
        try:
            used = parameters_in_force(rule, site, on=dt.date(period.year, period.month, 1))
            bound = {p.name: p.value for p in used}
            missing = sorted(set(rule.needs) - present)
            rows = verdict_rows(con, rule, bound, judged=not missing, limit_seconds=limit_seconds)
            fired = _alerts_of(rule, rows, registered[rule.subject], period=period)
        except RuleFailed as failed:
            found.failures.append(Failure(rule.id, failed.step, failed.reason))
            continue
        found.alerts.append(fired)
        unknown = rows["fires"].null_count()
        found.unjudged.append(dict(zip(UNJUDGED, (rule.id, rule.subject, rows.height, unknown, missing), strict=True)))
        found.values.extend({"rule_id": rule.id} | p.model_dump(include=set(VALUES)) for p in used)
    return _as_evaluation(found)


def _as_evaluation(found: _Found) -> Evaluation:
    return Evaluation(
        pl.concat([pl.DataFrame(schema=ALERTS), *found.alerts]),
        pl.DataFrame(found.unjudged, schema=UNJUDGED),
        pl.DataFrame(found.values, schema=VALUES),
        tuple(found.failures),
    )


def sources_present(con: duckdb.DuckDBPyConnection, period: Period) -> set[str]:
    """Return the ids of the sources that have a batch of the month."""
    sql = "select distinct source_id from coverage where period_no = $period_no"
    return {row[0] for row in con.execute(sql, {"period_no": period.ordinal}).fetchall()}


def _registered(con: duckdb.DuckDBPyConnection, subject: Subject) -> pl.DataFrame:
    """Return who can be alerted: the keys of all persons or households, and how a sentence calls them."""
    if subject is Subject.PERSON:
        sql = "select household_no, person_no, coalesce(relation, $member) as member from person"
    else:
        sql = "select household_no, null::varchar as person_no, $member as member from household"
    keys: pl.DataFrame = con.sql(sql, params={"member": MEMBER}).pl()
    return keys


def _alerts_of(rule: Rule, rows: pl.DataFrame, registered: pl.DataFrame, *, period: Period) -> pl.DataFrame:
    keys = ["household_no", "person_no"]
    # Of those the rule does not speak for only their number matters: who fires is looked up, one by one.
    fired = rows.filter(pl.col("fires")).join(registered, on=keys, how="left", nulls_equal=True).sort(keys)
    if rows.height > registered.height or fired["member"].null_count():
        step = "结果"
        raise RuleFailed(step, "有的对象不在登记台账")
    try:
        sentences = [fill(rule.sentence, row | {"period": period.title}) for row in fired.iter_rows(named=True)]
    except ValueError as exc:
        step = "文字"
        raise RuleFailed(step, f"sentence 的占位符有误：{rule.sentence}") from exc
    return fired.select(
        pl.lit(rule.id).alias("rule_id"),
        pl.lit(rule.version, dtype=pl.Int64).alias("rule_version"),
        pl.lit(rule.kind.value).alias("kind"),
        pl.lit(rule.grade).alias("grade"),
        pl.lit(rule.effect.value).alias("effect"),
        pl.lit(rule.channel.value).alias("channel"),
        *keys,
        pl.lit(str(period)).alias("period"),
        "measured",
        "threshold",
        pl.Series("sentence", sentences, dtype=pl.String),
        pl.lit(list(rule.risks), dtype=pl.List(pl.String)).alias("risks"),
        pl.lit(rule.quiet_months, dtype=pl.Int64).alias("quiet_months"),
    )
