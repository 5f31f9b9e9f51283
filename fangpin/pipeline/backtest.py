"""The bench: months recomputed with rules as they are and as they might be, side by side, and kept nowhere.

Floor 4. Reads both stores and writes neither: no run, no lead, no event. All other rules stay as they are, so that a
household is gained or lost only where no other rule leads to it. However many versions are tried, the indicators of a
month are computed once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from fangpin.config.rule_models import Rule
from fangpin.config.site_models import Site
from fangpin.errors import DeclarationError, UsageProblem
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.rule_versions import rules_in_force
from fangpin.pipeline.told import before_of, quiet_of, told_by
from fangpin.pipeline.trials import MonthAgain, month_again
from fangpin.store.tasks import tasks_of
from fangpin.types import Period, Subject
from fangpin.warnings.backtest import Load, Side, by_rule, load_of, shifts
from fangpin.warnings.evaluate import Evaluation, evaluate
from fangpin.warnings.merging import Merged, merge
from fangpin.warnings.quiet import ordinal
from fangpin.warnings.spot_check import remembered
from fangpin.warnings.suppression import Before
from fangpin.warnings.truths import EVENTS, TRUTHS, events_met, held_against, leads_that_met
from fangpin.warnings.verdicts import RuleFailed, parameters_in_force, verdict_rows


@dataclass(frozen=True, slots=True)
class MonthTried:
    """A month under both versions: the load of each, by_rule (backtest.BY_RULE), shifts (backtest.SHIFTS)."""

    period: Period
    today: Load
    tried: Load
    by_rule: pl.DataFrame
    shifts: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Backtest:
    """What another version of rules would have done (回测).

    held: truths.HELD over all months. met: truths.MET, no row without events. hits: leads of either version that came
    to a family to whom something had happened.
    """

    months: tuple[MonthTried, ...]
    held: pl.DataFrame
    met: pl.DataFrame
    hits: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Course:
    """A version's month: what it said of households, and what came of that."""

    said: pl.DataFrame
    merged: Merged
    unjudged: pl.DataFrame

    @property
    def quiet(self) -> pl.DataFrame:
        return remembered(self.merged.drawn, self.merged.settled.quiet)

    @property
    def led(self) -> pl.DataFrame:
        return self.merged.leads.select("household_no", ordinal("period").alias("period_no"), "kinds")


def backtest(
    county: County,
    tried: Sequence[Sequence[Rule]],
    *,
    periods: Sequence[Period],
    events: pl.DataFrame | None = None,
    progress: Progress,
) -> list[Backtest]:
    """Return what each of several versions would have given in screened months, beside the rules as they are in force.

    A version is one rule or several that stand in the place of those of the same ids. All begin with the quiet periods
    the first month's run began with and go on with their own. Rows in: events (truths.EVENTS). Households drawn at
    random are left out: they are visited whatever the rules say.
    Raises: NeedsDecision when a month was never screened; UsageProblem for a rule about areas; DeclarationError when a
    tried rule cannot be evaluated.
    """
    _require_homes(rule for version in tried for rule in version)
    quiets: list[pl.DataFrame] = []
    courses: list[list[_Course]] = []
    months: list[list[MonthTried]] = []
    for place, period in enumerate(periods):
        progress("回测", place, len(periods))
        with month_again(county, period) as month:
            quiets = quiets or [quiet_of(county, month.before)] * (len(tried) + 1)
            run, compared = _run(county, month, tried, quiets)
        quiets = [course.quiet for course in run]
        courses.append(run)
        months.append(compared)
    progress("回测", len(periods), len(periods))
    answers = _answers(county, periods)
    happened = pl.DataFrame(schema=EVENTS) if events is None else _within(events, periods)
    led = [pl.concat(course.led for course in own) for own in zip(*courses, strict=True)]
    return [
        Backtest(
            own,
            held_against(answers, today=led[0], tried=other),
            events_met(happened, today=led[0], tried=other),
            (leads_that_met(happened, led[0]), leads_that_met(happened, other)),
        )
        for own, other in zip(zip(*months, strict=True), led[1:], strict=True)
    ]


def _run(
    county: County, month: MonthAgain, tried: Sequence[Sequence[Rule]], quiets: Sequence[pl.DataFrame]
) -> tuple[list[_Course], list[MonthTried]]:
    """Return a month's course under the rules in force and under each version, and each version beside today's."""
    site, told = county.declared.site, told_by(county, month.period)
    in_force = rules_in_force(county, month.period)
    everything = evaluate(month.con, in_force.values(), period=month.period, site=site)
    today = _course(month, everything, site=site, before=before_of(quiets[0], told))
    courses, compared = [today], []
    for version, quiet in zip(tried, quiets[1:], strict=True):
        changed = evaluate(month.con, version, period=month.period, site=site)
        _require_computed(changed, month.period)
        own = [rule.id for rule in version]
        course = _course(month, _instead(everything, changed, own), site=site, before=before_of(quiet, told))
        now = [in_force[rule_id] for rule_id in own if rule_id in in_force]
        unknown = (_unknown(month, now, site=site), _unknown(month, version, site=site))
        courses.append(course)
        compared.append(_compared(own, month, (today, course), unknown))
    return courses, compared


def _course(month: MonthAgain, found: Evaluation, *, site: Site, before: Before) -> _Course:
    merged = merge(month.con, found.alerts, before, site=site, period=month.period)
    settled = merged.settled
    said = pl.concat([settled.raised, settled.flags, settled.closed, settled.register_checks, settled.quality])
    return _Course(said, merged, found.unjudged)


def _instead(everything: Evaluation, changed: Evaluation, rule_ids: Collection[str]) -> Evaluation:
    """Return what all rules give when some of them are replaced."""
    others = ~pl.col("rule_id").is_in(list(rule_ids))
    return Evaluation(
        pl.concat([everything.alerts.filter(others), changed.alerts]),
        pl.concat([everything.unjudged.filter(others), changed.unjudged]),
        pl.concat([everything.values.filter(others), changed.values]),
        tuple(f for f in everything.failures if f.rule_id not in rule_ids),
    )


def _unknown(month: MonthAgain, rules: Iterable[Rule], *, site: Site) -> pl.DataFrame:
    """Return the households that one of the rules could not judge, as a whole or a member of them."""
    found = [pl.DataFrame(schema={"household_no": pl.String})]
    for rule in rules:
        try:
            values = {p.name: p.value for p in parameters_in_force(rule, site, on=month.first_day)}
            rows = verdict_rows(month.con, rule, values, judged=set(rule.needs) <= month.present)
        except RuleFailed:  # told with the month's failures; it judges nobody and moves nobody
            continue
        found.append(rows.filter(pl.col("fires").is_null()).select("household_no"))
    return pl.concat(found).unique()


def _compared(
    rule_ids: Collection[str],
    month: MonthAgain,
    courses: tuple[_Course, _Course],
    unknown: tuple[pl.DataFrame, pl.DataFrame],
) -> MonthTried:
    homes = month.register.households.select("household_no", "township", "village")
    loads = [
        load_of(rule_ids, raised=one.said, leads=one.merged.leads, unjudged=one.unjudged, homes=homes)
        for one in courses
    ]
    sides = [
        Side(one.merged.leads, one.merged.settled.suppressed, whom) for one, whom in zip(courses, unknown, strict=True)
    ]
    return MonthTried(
        month.period,
        loads[0],
        loads[1],
        by_rule(rule_ids, today=courses[0].said, tried=courses[1].said),
        shifts(rule_ids, today=sides[0], tried=sides[1], homes=homes),
    )


def _require_homes(rules: Iterable[Rule]) -> None:
    for rule in rules:
        if rule.subject is Subject.VILLAGE:
            given = "是对乡镇和村的规则，不产生农户线索"
            raise UsageProblem(f"规则 {rule.id}", given, expected="对人或对户的规则")


def _require_computed(changed: Evaluation, period: Period) -> None:
    for failed in changed.failures:
        given = f"{period} 不能计算（{failed.step}：{failed.reason}）"
        raise DeclarationError(f"规则 {failed.rule_id}", given, action="请改正后重试")


def _within(events: pl.DataFrame, periods: Sequence[Period]) -> pl.DataFrame:
    """Return the events of the months looked at."""
    return events.filter(pl.col("period_no").is_in([period.ordinal for period in periods]))


def _answers(county: County, periods: Sequence[Period]) -> pl.DataFrame:
    """Return what townships answered to the tasks of these months (truths.TRUTHS)."""
    with county.office.read() as connection:
        tasks = pl.concat([tasks_of(connection, period=period) for period in periods])
    told = tasks.drop_nulls("result_code").with_columns(ordinal("period").alias("period_no"))
    return told.select(pl.col(name).cast(kind) for name, kind in TRUTHS.items())
