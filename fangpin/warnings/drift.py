"""Who will cross a line in the next months at this pace: advisory only, never an alert, a lead or a visit owed.

Floor 2. The rules themselves are asked again, over the tables as they would stand; their dated lines are those of the
later month. What is unknown now, or has no pace, is counted and never listed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import duckdb
import polars as pl

from fangpin.config.rule_models import Parameter, Rule
from fangpin.config.site_models import Site
from fangpin.types import Effect, Period, Subject
from fangpin.warnings.inputs import run_steps
from fangpin.warnings.pace import CARRIED, month_itself, months_on, pace_steps
from fangpin.warnings.sentences import MEMBER, fill
from fangpin.warnings.verdicts import RuleFailed, parameters_in_force, verdict_rows

AHEAD: Final = 3
"""How many months on: a pace says less the further it is carried."""
_SENTENCE: Final = (
    "按近几月进度，{member}预计{when}触及“{rule}”：目前{now}，预计{then}，线{line}（仅供提前关注，不生成线索）"
)
_KEYS: Final = ["household_no", "person_no"]
_SIDE: Final = (pl.col("measured") - pl.col("threshold")).sign()

DRIFTS: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "household_no": pl.String(),
    "person_no": pl.String(),  # null in a household rule
    "crosses_in": pl.String(),
    "measured": pl.Float64(),
    "projected": pl.Float64(),
    "threshold": pl.Float64(),
    "sentence": pl.String(),
}
UNKNOWN: dict[str, pl.DataType] = {"rule_id": pl.String(), "population": pl.Int64(), "unknown": pl.Int64()}


@dataclass(frozen=True, slots=True)
class Drift:
    """Who is on the way to a line (早期苗头).

    told: DRIFTS, by month of crossing, household and rule. unknown: one row a rule asked: its population, and of how
    many it cannot say whether they are on the way. failed: rules that could not be asked.
    """

    told: pl.DataFrame
    unknown: pl.DataFrame
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Later:
    """A rule in a later month: who fires, and who cannot be judged; of the others nothing is kept."""

    month: Period
    values: list[Parameter]
    firing: pl.DataFrame
    unknown: pl.DataFrame


def drift(con: duckdb.DuckDBPyConnection, rules: Iterable[Rule], *, period: Period, site: Site) -> Drift:
    """Return who does not fire now and will in one of the next AHEAD months if the last months go on.

    Rows in: person, household, coverage, person_month, household_month of the month and the steps before them. Only
    rules that raise leads and read a measure that a pace carries (pace.CARRIED) are asked. measured and projected are
    the rule's own figure now and in the month of crossing, threshold the line of that month.

    >>> from fangpin.warnings.indicators import indicator_steps
    >>> from fangpin.warnings.inputs import create_inputs
    >>> con = duckdb.connect(); create_inputs(con); run_steps(con, indicator_steps(Period(2024, 3)))
    >>> drift(con, [], period=Period(2024, 3), site=Site.model_construct(parameters=())).told.height
    0
    """
    asked = {rule.id: rule for rule in rules if _is_asked(rule)}
    present = {row[0] for row in con.execute(_PRESENT, {"period_no": period.ordinal}).fetchall()}
    columns = {str(row[0]): str(row[1]) for row in con.execute("describe household_month").fetchall()}
    later: dict[str, list[_Later]] = {rule_id: [] for rule_id in asked}
    failed: dict[str, str] = {}
    run_steps(con, pace_steps(period))
    for ahead in range(1, AHEAD + 1):
        month = period.back(-ahead)
        run_steps(con, months_on(period, ahead, columns=columns))
        for rule in (rule for rule in asked.values() if rule.id not in failed):
            try:
                later[rule.id].append(_later(con, rule, month, site=site, present=present))
            except RuleFailed as exc:
                failed[rule.id] = f"{exc.step}：{exc.reason}"
    run_steps(con, month_itself())
    roles = con.sql("select household_no, person_no, relation from person").pl()
    told, counts = [pl.DataFrame(schema=DRIFTS)], []
    for rule in (rule for rule in asked.values() if rule.id not in failed):
        try:
            _, now = _verdicts(con, rule, period, site=site, present=present)
        except RuleFailed as exc:  # its line begins only in a later month
            failed[rule.id] = f"{exc.step}：{exc.reason}"
            continue
        told.append(_told(rule, now, later[rule.id], roles))
        counts.append((rule.id, now.height, _unknown(now, later[rule.id][0].unknown)))
    return Drift(
        pl.concat(told).sort("crosses_in", *_KEYS, "rule_id"),
        pl.DataFrame(counts, schema=UNKNOWN, orient="row"),
        tuple(f"{rule_id}：{reason}" for rule_id, reason in sorted(failed.items())),
    )


def came_true(told: pl.DataFrame, alerts: pl.DataFrame) -> pl.Series:
    """Return for each one told whether the same rule fired for it later.

    Rows in: told (DRIFTS), alerts (rule_id, household_no, person_no) of the months after, raised or silenced.

    >>> told = pl.DataFrame([("r", "H", None)], schema=["rule_id", "household_no", "person_no"], orient="row")
    >>> came_true(told, told).to_list(), came_true(told, told.clear()).to_list()
    ([True], [False])
    """
    keys = ["rule_id", *_KEYS]
    fired = alerts.select(keys).unique().with_columns(came=pl.lit(value=True))
    return told.join(fired, on=keys, how="left", nulls_equal=True, maintain_order="left")["came"].fill_null(value=False)


_PRESENT = "select distinct source_id from coverage where period_no = $period_no"


def _is_asked(rule: Rule) -> bool:
    reads = CARRIED & {*re.findall(r"\w+", rule.sql)}
    return rule.switched_on and rule.effect is Effect.LEAD and rule.subject is not Subject.VILLAGE and bool(reads)


def _verdicts(
    con: duckdb.DuckDBPyConnection, rule: Rule, month: Period, *, site: Site, present: set[str]
) -> tuple[list[Parameter], pl.DataFrame]:
    """Return the values of a rule in a month, and its verdict on everybody over the tables as they stand."""
    values = parameters_in_force(rule, site, on=dt.date(month.year, month.month, 1))
    rows = verdict_rows(con, rule, {p.name: p.value for p in values}, judged=set(rule.needs) <= present)
    return values, rows.select(*_KEYS, "measured", "threshold", "fires", _SIDE.alias("side"))


def _later(con: duckdb.DuckDBPyConnection, rule: Rule, month: Period, *, site: Site, present: set[str]) -> _Later:
    values, rows = _verdicts(con, rule, month, site=site, present=present)
    return _Later(month, values, rows.filter(pl.col("fires")), rows.filter(pl.col("fires").is_null()).select(_KEYS))


def _told(rule: Rule, now: pl.DataFrame, later: list[_Later], roles: pl.DataFrame) -> pl.DataFrame:
    """Return those of one rule who are quiet now and fire later, with the first month in which they do."""
    quiet = now.filter(~pl.col("fires")).select(*_KEYS, now="measured", side_now="side")
    found = [pl.DataFrame(schema=DRIFTS)]
    for month in later:
        # A figure that stays on its side crosses nothing: what made the rule fire is another rule's matter.
        crossing = month.firing.join(quiet, on=_KEYS, nulls_equal=True).filter(pl.col("side") != pl.col("side_now"))
        quiet = quiet.join(crossing, on=_KEYS, how="anti", nulls_equal=True)
        named = crossing.join(roles, on=_KEYS, how="left", nulls_equal=True)
        sentences = [_sentence(rule, row, month.month, month.values) for row in named.iter_rows(named=True)]
        found.append(
            named.select(
                pl.lit(rule.id).alias("rule_id"),
                *_KEYS,
                pl.lit(str(month.month)).alias("crosses_in"),
                pl.col("now").alias("measured"),
                pl.col("measured").alias("projected"),
                "threshold",
                pl.Series("sentence", sentences, dtype=pl.String),
            )
        )
    return pl.concat(found)


def _sentence(rule: Rule, row: dict[str, object], month: Period, values: list[Parameter]) -> str:
    units = {p.unit for p in values if p.value == row["threshold"]}
    unit = units.pop() if len(units) == 1 else ""
    figures = fill("{now_}|{then_}|{line_}", {"now_": row["now"], "then_": row["measured"], "line_": row["threshold"]})
    now, then, line = (f"{figure}{unit}" for figure in figures.split("|"))
    member = str(row.get("relation") or MEMBER) if rule.subject is Subject.PERSON else "该户"
    return _SENTENCE.format(member=member, when=month.title, rule=rule.title, now=now, then=then, line=line)


def _unknown(now: pl.DataFrame, unknown_next: pl.DataFrame) -> int:
    """Return of how many, who do not fire now, it is not known whether they do now or next month."""
    quiet = now.filter(~pl.col("fires")).join(unknown_next, on=_KEYS, how="semi", nulls_equal=True)
    return now["fires"].null_count() + quiet.height
