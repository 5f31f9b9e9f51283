"""A lead explained down to the paper: each factor with its figure, line and document, what was read, what is unknown.

Floor 4. Reads both stores and writes neither. A member is told by the role in the household; no name, no ID.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from fangpin.config.rule_models import Rule
from fangpin.pipeline.county import County
from fangpin.pipeline.provenance import rows_behind
from fangpin.pipeline.rule_versions import rules_in_force
from fangpin.pipeline.trials import MonthAgain, month_again
from fangpin.types import Effect, Period, Subject
from fangpin.warnings.measures import catalogue, source_measures
from fangpin.warnings.readings import Gap, OwnHistory, Reading, gaps_of, only_household, readings_of
from fangpin.warnings.sentences import MEMBER
from fangpin.warnings.verdicts import RuleFailed, parameters_in_force, verdict_rows

_OF_HOUSEHOLD: Final = ("lead", "alert", "suppressed", "flag")


@dataclass(frozen=True, slots=True)
class Factor:
    """One alert of the household and everything behind it (预警因素).

    title, grade: of the rule; grade the site's title. member: the role of the person concerned, '' for the household.
    lines: name, value, unit, since, document of every parameter used. sources: titles of what the rule needs.
    """

    rule_id: str
    title: str
    grade: str
    member: str
    measured: float | None
    threshold: float | None
    sentence: str
    lines: tuple[dict[str, Any], ...]
    sources: tuple[str, ...]
    readings: tuple[Reading, ...]
    histories: tuple[OwnHistory, ...]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An alert that did not become a factor, with its reason and the last month it is held back (None: no end)."""

    title: str
    sentence: str
    reason: str
    until: str | None


@dataclass(frozen=True, slots=True)
class LeadExplained:
    """A household's lead of a month explained.

    lead: the row of the run's leads, None when the household has none. grade: the site's title of its grade. flags:
    remarks that reject nobody. unjudged: titles of rules that could not judge the household, with the sources that are
    missing this month (empty: something else is unknown). gaps: months without data of the sources that were read.
    behind: provenance.rows_behind with used_by, the titles of the factors whose rule needs the row's source.
    """

    lead: dict[str, Any] | None
    township: str | None
    village: str | None
    grade: str
    factors: tuple[Factor, ...]
    held_back: tuple[HeldBack, ...]
    flags: tuple[str, ...]
    unjudged: tuple[tuple[str, tuple[str, ...]], ...]
    gaps: tuple[Gap, ...]
    behind: pl.DataFrame


def explain_lead(county: County, *, household_no: str, period: Period) -> LeadExplained:
    """Return why a household has a lead in a screened month, or why it has none.

    Raises: NeedsDecision, NotFound as ``rows_behind``.
    """
    behind = rows_behind(county, period, household_no)
    rules = rules_in_force(county, period)
    with month_again(county, period) as month:
        tables = _of_run(county, month.run_id, household_no)
        only_household(month.con, household_no)
        factors = tuple(
            _factor(county, month, rules[row["rule_id"]], row, tables["parameter"])
            for row in tables["alert"].sort("rule_id", "person_no").iter_rows(named=True)
            if row["rule_id"] in rules
        )
        read = [reading.measure.source_id for factor in factors for reading in factor.readings]
        gaps = gaps_of(month.con, read, period=period)
        unjudged = _unjudged(county, month, rules)
        place = month.register.households.filter(household_no=household_no).select("township", "village")
    lead = next(tables["lead"].iter_rows(named=True), None)
    township, village = place.row(0) if place.height else (None, None)
    return LeadExplained(
        lead,
        township,
        village,
        "" if lead is None else _grade(county, lead["grade"]),
        factors,
        tuple(_held_back(rules, row) for row in tables["suppressed"].iter_rows(named=True)),
        tuple(tables["flag"]["sentence"].unique().sort()),
        unjudged,
        gaps,
        _used_by(behind, factors),
    )


def _of_run(county: County, run_id: str, household_no: str) -> dict[str, pl.DataFrame]:
    """Return what a run holds of one household, and the parameter values it used."""
    with county.warehouse.open_run(run_id) as con:
        found = {
            name: con.sql(f"select * from {name} where household_no = $home", params={"home": household_no}).pl()
            for name in _OF_HOUSEHOLD
        }
        return found | {"parameter": con.sql('select * from "parameter"').pl()}


def _factor(county: County, month: MonthAgain, rule: Rule, alert: Mapping[str, Any], values: pl.DataFrame) -> Factor:
    known = catalogue(source_measures(county.declared))
    readings, histories = readings_of(month.con, rule, known, person_no=alert["person_no"])
    member = ""
    if rule.subject is Subject.PERSON:
        sql = "select coalesce(relation, $member) from person where person_no = $person"
        rows = month.con.execute(sql, {"member": MEMBER, "person": alert["person_no"]}).fetchall()
        member = str(rows[0][0]) if rows else MEMBER
    return Factor(
        rule.id,
        rule.title,
        _grade(county, alert["grade"]),
        member,
        alert["measured"],
        alert["threshold"],
        alert["sentence"],
        tuple(values.filter(rule_id=rule.id).drop("rule_id").to_dicts()),
        _titles(county, rule.needs),
        readings,
        histories,
    )


def _unjudged(county: County, month: MonthAgain, rules: Mapping[str, Rule]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return which rules give no verdict on the household: asked again over its rows alone."""
    found = []
    for rule in sorted(rules.values(), key=lambda rule: rule.id):
        if not rule.switched_on or rule.subject is Subject.VILLAGE or rule.effect is not Effect.LEAD:
            continue
        missing = [source_id for source_id in rule.needs if source_id not in month.present]
        try:
            values = parameters_in_force(rule, county.declared.site, on=month.first_day)
            rows = verdict_rows(month.con, rule, {p.name: p.value for p in values}, judged=not missing)
        except RuleFailed:  # told by the run as failed, for everybody
            continue
        if rows["fires"].null_count():
            found.append((rule.title, _titles(county, missing)))
    return tuple(found)


def _held_back(rules: Mapping[str, Rule], row: Mapping[str, Any]) -> HeldBack:
    title = rules[row["rule_id"]].title if row["rule_id"] in rules else row["rule_id"]
    why = "：".join(str(row[name]) for name in ("reason", "detail") if row.get(name))
    return HeldBack(title, row["sentence"], why, row.get("until"))


def _used_by(behind: pl.DataFrame, factors: tuple[Factor, ...]) -> pl.DataFrame:
    used: dict[str, set[str]] = {}
    for factor in factors:
        for source in factor.sources:
            used.setdefault(source, set()).add(factor.title)
    told = {source: "、".join(sorted(titles)) for source, titles in used.items()}
    titles = pl.col("title").replace_strict(told, default="", return_dtype=pl.String)
    return behind.with_columns(used_by=titles)


def _grade(county: County, code: str) -> str:
    return next((grade.title for grade in county.declared.site.grades if grade.code == code), code)


def _titles(county: County, source_ids: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return tuple(county.declared.source(source_id).title for source_id in source_ids)
