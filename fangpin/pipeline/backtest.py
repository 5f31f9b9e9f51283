"""The bench: months recomputed with a rule as it is and as it might be, side by side, and kept nowhere.

Floor 4. Reads both stores and writes neither: no run, no lead, no event. All other rules stay as they are, so that a
household is gained or lost only where no other rule leads to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fangpin.config.models import Rule
from fangpin.errors import DeclarationError
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.runs import read_tables
from fangpin.pipeline.trials import MonthAgain, month_again
from fangpin.store.tasks import tasks_of
from fangpin.types import Period
from fangpin.warnings.backtest import TRUTHS, Load, held_against, load_of, shifts
from fangpin.warnings.evaluate import Evaluation, evaluate
from fangpin.warnings.leads import merge_leads
from fangpin.warnings.quiet import QUIET, apply_quiet


@dataclass(frozen=True, slots=True)
class MonthTried:
    """A month under both versions: the load of each, and shifts (backtest.SHIFTS)."""

    period: Period
    today: Load
    tried: Load
    shifts: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Backtest:
    """What another version of a rule would have done (回测). held: backtest.HELD over all months."""

    months: tuple[MonthTried, ...]
    held: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Version:
    """A version's month: what was raised, what was silenced, the leads, and the quiet periods that follow."""

    raised: pl.DataFrame
    suppressed: pl.DataFrame
    quiet: pl.DataFrame
    leads: pl.DataFrame
    unjudged: pl.DataFrame


def backtest(county: County, tried: Rule, *, periods: Sequence[Period], progress: Progress) -> Backtest:
    """Return what a version of a rule would have given in screened months, beside the rules as they are today.

    Both versions begin with the quiet periods the first month's run began with and go on with their own.
    Raises: NeedsDecision when a month was never screened; DeclarationError when the tried rule cannot be evaluated.
    """
    rules = dict(county.declared.rules)
    months: list[MonthTried] = []
    leads: dict[str, list[pl.DataFrame]] = {"today": [], "tried": []}
    quiets: tuple[pl.DataFrame, pl.DataFrame] | None = None
    for place, period in enumerate(periods):
        progress("回测", place, len(periods))
        with month_again(county, period) as month:
            everything = evaluate(month.con, rules.values(), period=period, site=county.declared.site)
            changed = evaluate(month.con, [tried], period=period, site=county.declared.site)
        for failed in changed.failures:
            given = f"{period} 不能计算（{failed.step}：{failed.reason}）"
            raise DeclarationError(f"规则 {tried.id}", given, action="请改正后重试")
        if quiets is None:
            before = _quiet_before(county, month)
            quiets = (before, before)
        today = _version(county, month, everything, quiets[0])
        other = _version(county, month, _instead(everything, changed, tried.id), quiets[1])
        quiets = (today.quiet, other.quiet)
        months.append(_month(tried.id, month, today, other))
        for name, version in (("today", today), ("tried", other)):
            leads[name].append(version.leads.select("household_no", pl.lit(period.ordinal).alias("period_no")))
    progress("回测", len(periods), len(periods))
    nothing = pl.DataFrame(schema={"household_no": pl.String, "period_no": pl.Int32})
    led = {name: pl.concat([nothing, *found], how="vertical_relaxed") for name, found in leads.items()}
    return Backtest(tuple(months), held_against(_truths(county, periods), today=led["today"], tried=led["tried"]))


def _version(county: County, month: MonthAgain, found: Evaluation, quiet_before: pl.DataFrame) -> _Version:
    raised, suppressed, quiet = apply_quiet(found.alerts, quiet_before)
    leads = merge_leads(raised, month.register.households, site=county.declared.site)
    return _Version(raised, suppressed, quiet, leads, found.unjudged)


def _instead(everything: Evaluation, changed: Evaluation, rule_id: str) -> Evaluation:
    """Return what all rules give when one of them is replaced."""
    others = pl.col("rule_id") != rule_id
    return Evaluation(
        pl.concat([everything.alerts.filter(others), changed.alerts]),
        pl.concat([everything.unjudged.filter(others), changed.unjudged]),
        pl.concat([everything.values.filter(others), changed.values]),
        tuple(f for f in everything.failures if f.rule_id != rule_id),
    )


def _month(rule_id: str, month: MonthAgain, today: _Version, tried: _Version) -> MonthTried:
    homes = month.register.households.select("household_no", "township", "village")
    loads = [load_of(rule_id, raised=v.raised, leads=v.leads, unjudged=v.unjudged, homes=homes) for v in (today, tried)]
    moved = shifts(
        rule_id,
        today=today.leads,
        tried=tried.leads,
        silenced=(today.suppressed, tried.suppressed),
        homes=homes,
    )
    return MonthTried(month.period, loads[0], loads[1], moved)


def _quiet_before(county: County, month: MonthAgain) -> pl.DataFrame:
    return pl.DataFrame(schema=QUIET) if month.before is None else read_tables(county, month.before)["quiet"]


def _truths(county: County, periods: Sequence[Period]) -> pl.DataFrame:
    """Return what townships answered to the tasks of these months."""
    with county.office.read() as connection:
        tasks = pl.concat([tasks_of(connection, period=period) for period in periods])
    number = pl.col("period").replace_strict({str(p): p.ordinal for p in periods}, return_dtype=pl.Int64)
    told = tasks.drop_nulls("result_code").with_columns(number.alias("period_no"))
    return told.select(pl.col(name).cast(kind) for name, kind in TRUTHS.items())
