"""Which alerts of a month become leads, and which are held back: each with its reason, its end and a way back.

Floor 2. Pure frames in and out. In this order an alert is held back: the person is no longer somebody the county
looks after, the risk stands on the household's case already, a visit found it without need, the same rule spoke of
it a short while ago. What somebody reopened is held back for none of these. Flags never hold anything back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from fangpin.config.rule_models import effective
from fangpin.config.site_models import Site
from fangpin.types import Effect, Kind, Period, ResultCode
from fangpin.warnings.evaluate import ALERTS
from fangpin.warnings.quiet import apply_quiet, has_grown, month_of, ordinal, quiet_after

GROWTH: Final = "quiet_growth_share"
"""The site parameter: by which share an alert must have grown to be raised within its quiet period."""
MANY_CAUSES: Final = (Kind.OTHER, Kind.SUPPORT_GAP, Kind.REPORTED, Kind.ACCIDENT, Kind.DISASTER)
"""Kinds under which rules of unlike causes are told: a visit to one says nothing of another."""
NOT_INCLUDED: Final = {ResultCode.KEEP_WATCHING: "持续关注", ResultCode.NO_RISK: "无风险"}


class Reason(StrEnum):
    """Why an alert was held back (抑制原因)."""

    NOT_CONCERNED = "对象不符"
    ON_CASE = "监测档案已登记该风险"
    VISITED = "经核查不纳入"
    QUIET = "静默期内"


SUPPRESSED: Final = ALERTS | {
    "reason": pl.String(),
    "detail": pl.String(),  # one clause: what was found, when
    "until": pl.String(),  # last month (YYYY-MM) it is held back; null: as long as it stands so
}
ANSWERS: Final[dict[str, pl.DataType]] = {
    "household_no": pl.String(),
    "kinds": pl.List(pl.String()),
    "last_period": pl.String(),
    "visited_on": pl.Date(),
    "result_code": pl.String(),
}
REOPENED: Final[dict[str, pl.DataType]] = {"household_no": pl.String(), "rule_id": pl.String()}


@dataclass(frozen=True, slots=True)
class Before:
    """What is known before a month's alerts are judged.

    quiet: quiet.QUIET. answers: ANSWERS, one row a visit: the kinds and the last month of the leads it looked at.
    reopened: REOPENED, what somebody wants raised this month (rule_id null: whatever the rule).
    """

    quiet: pl.DataFrame
    answers: pl.DataFrame
    reopened: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a month's alerts.

    raised, flags, closed, register_checks, quality: evaluate.ALERTS. suppressed: SUPPRESSED. quiet: quiet.QUIET after.
    """

    raised: pl.DataFrame
    suppressed: pl.DataFrame
    flags: pl.DataFrame
    closed: pl.DataFrame
    register_checks: pl.DataFrame
    quality: pl.DataFrame
    quiet: pl.DataFrame


def settle(alerts: pl.DataFrame, before: Before, homes: pl.DataFrame, *, site: Site, period: Period) -> Settled:
    """Return which alerts of a month are raised, which are held back and why, and what they are besides leads.

    Rows in: alerts (evaluate.ALERTS) of the month; homes (standing.HOMES), one row a registered household.
    Source: X09 (S001-15 对象不符), X11, X12 of the rule catalogue; flags are never an automatic refusal (X01-X08).

    >>> from fangpin.warnings.quiet import QUIET
    >>> nothing = Before(*(pl.DataFrame(schema=kind) for kind in (QUIET, ANSWERS, REOPENED)))
    >>> homes = pl.DataFrame(schema={"household_no": pl.String, "persons": pl.Int64, "case_risks": pl.List(pl.String)})
    >>> site = Site.model_construct(parameters=(), grades=())
    >>> settle(pl.DataFrame(schema=ALERTS), nothing, homes, site=site, period=Period(2024, 3)).raised.height
    0
    """
    by_effect = {effect: alerts.filter(pl.col("effect") == effect.value) for effect in Effect}
    leads = by_effect[Effect.LEAD]
    wanted = _reopened(leads, before.reopened)
    asked = leads.join(wanted, on=_ONE, how="anti", nulls_equal=True)
    declared = effective(site.parameters, GROWTH, on=dt.date(period.year, period.month, 1))
    growth = None if declared is None else declared.value
    worst = site.grades[0].code if site.grades else ""
    held = (
        _not_concerned(asked, by_effect[Effect.CLOSE], homes),
        _on_case(asked, homes, before.quiet, worst=worst, growth=growth),
        _visited(asked, before, worst=worst, growth=growth),
        _quiet(asked, before.quiet, growth=growth),
    )
    suppressed = pl.concat(held).unique(_ONE, keep="first", maintain_order=True).sort(_ONE)
    raised = leads.join(suppressed, on=_ONE, how="anti", nulls_equal=True)
    return Settled(
        raised=raised,
        suppressed=suppressed,
        flags=by_effect[Effect.FLAG],
        closed=by_effect[Effect.CLOSE],
        register_checks=by_effect[Effect.REGISTER],
        quality=by_effect[Effect.QUALITY],
        quiet=quiet_after(raised, before.quiet),
    )


_ONE: Final = ("rule_id", "household_no", "person_no")


def _held(alerts: pl.DataFrame, reason: Reason, detail: pl.Expr, until: pl.Expr | None = None) -> pl.DataFrame:
    ends = pl.lit(None, pl.String) if until is None else until
    told = alerts.with_columns(pl.lit(reason.value).alias("reason"), detail.alias("detail"), ends.alias("until"))
    return told.select(*SUPPRESSED)


def _reopened(leads: pl.DataFrame, reopened: pl.DataFrame) -> pl.DataFrame:
    """Return the alerts somebody wants raised: of one rule, or all of the household."""
    whole = reopened.filter(pl.col("rule_id").is_null())
    one = leads.join(reopened, on=["household_no", "rule_id"], how="semi")
    return pl.concat([leads.join(whole, on="household_no", how="semi"), one]).unique(_ONE)


def _not_concerned(leads: pl.DataFrame, closing: pl.DataFrame, homes: pl.DataFrame) -> pl.DataFrame:
    """Return the alerts of persons, or of whole households, that a rule says are no concern (any longer)."""
    told = pl.col("sentence").unique(maintain_order=True).str.join("；")
    ordered = closing.sort(_ONE)
    persons = ordered.filter(pl.col("person_no").is_not_null()).group_by("household_no", "person_no").agg(told)
    # Closed as a household, or nobody of it is left.
    left = (
        persons.sort("household_no", "person_no")
        .group_by("household_no", maintain_order=True)
        .agg(pl.len().alias("closed"), told)
        .join(homes.select("household_no", "persons"), on="household_no", how="inner")
        .filter(pl.col("closed") >= pl.col("persons"))
    )
    whole = ordered.filter(pl.col("person_no").is_null()).select("household_no", "sentence")
    households = (
        pl.concat([whole, left.select("household_no", "sentence")])
        .group_by("household_no", maintain_order=True)
        .agg(told)
    )
    # Who died in an accident leaves a family behind: that alert is the family's.
    of_person = leads.filter(pl.col("kind") != Kind.ACCIDENT.value)
    own = of_person.join(persons.rename({"sentence": "found"}), on=["household_no", "person_no"], how="inner")
    all_ = leads.join(households.rename({"sentence": "found"}), on="household_no", how="inner")
    both = pl.concat([own.select(*ALERTS, "found"), all_.select(*ALERTS, "found")])
    return _held(both.unique(_ONE, keep="first", maintain_order=True), Reason.NOT_CONCERNED, pl.col("found"))


def _on_case(
    leads: pl.DataFrame, homes: pl.DataFrame, quiet_before: pl.DataFrame, *, worst: str, growth: float | None
) -> pl.DataFrame:
    """Return the alerts whose every risk stands already on the household's open case; 其他 names no risk.

    What is most urgent by the site's grades is told whatever the case says, and so is what has grown.
    """
    cases = homes.filter(pl.col("case_risks").list.len() > 0).select("household_no", "case_risks")
    known = leads.join(cases, on="household_no", how="inner")
    further = pl.col("risks").list.set_difference(pl.col("case_risks").list.set_difference(["其他"]))
    is_known = (pl.col("risks").list.len() > 0) & (further.list.len() == 0)
    detail = pl.format("档案登记的风险：{}", pl.col("case_risks").list.join("、"))
    last = quiet_before.select(*_ONE, pl.col("severity").alias("severity_then"))
    told = known.filter(is_known, pl.col("grade") != worst).join(last, on=_ONE, how="left", nulls_equal=True)
    return _held(told.filter(~has_grown("severity_then", growth)), Reason.ON_CASE, detail)


def _visited(leads: pl.DataFrame, before: Before, *, worst: str, growth: float | None) -> pl.DataFrame:
    """Return the alerts of a cause that a visit looked at and did not find worth including.

    The same household and kind, and the same person (a household rule speaks of everybody), whichever rule of the kind
    says it now, unless it is a kind of many causes or the alert is most urgent: then the same rule. From the month
    after the lead's up to the rule's quiet months after the visit; a rule without quiet months tells every event.
    Where the same rule raised it then and it has grown since, it is another matter.
    """
    found = before.answers.filter(pl.col("result_code").is_in([str(c) for c in NOT_INCLUDED]))
    visits = found.explode("kinds").rename({"kinds": "kind", "last_period": "lead_period"})
    months = pl.col("visited_on").dt.year().cast(pl.Int64) * 12 + pl.col("visited_on").dt.month().cast(pl.Int64)
    quieted = leads.filter(pl.col("quiet_months") > 0)
    same = quieted.join(visits, on=["household_no", "kind"], how="inner").with_columns(
        (months + pl.col("quiet_months")).alias("last_month"),
    )
    within = same.filter(
        (ordinal("period") > ordinal("lead_period")) & (ordinal("period") <= pl.col("last_month")),
    )
    raised = before.quiet.select(
        "household_no",
        "kind",
        pl.col("person_no").alias("person_then"),
        pl.col("rule_id").alias("rule_then"),
        pl.col("last_period").alias("raised_in"),
        pl.col("severity").alias("severity_then"),
    )
    known = within.join(raised, on=["household_no", "kind"], how="inner").filter(
        (ordinal("raised_in") <= ordinal("lead_period")),
        pl.col("person_no").eq_missing(pl.col("person_then"))
        | pl.col("person_no").is_null()
        | pl.col("person_then").is_null(),
        (pl.col("rule_then") == pl.col("rule_id"))
        | ~(pl.col("kind").is_in([kind.value for kind in MANY_CAUSES]) | (pl.col("grade") == worst)),
    )
    grew = known.filter(pl.col("rule_then") == pl.col("rule_id"), has_grown("severity_then", growth))
    quiet = known.join(grew, on=_ONE, how="anti", nulls_equal=True).sort("visited_on", descending=True)
    detail = pl.format(
        "{}核查：{}",
        pl.col("visited_on").dt.strftime("%Y-%m-%d"),
        pl.col("result_code").replace_strict({str(c): text for c, text in NOT_INCLUDED.items()}, default=None),
    )
    newest = quiet.unique(_ONE, keep="first", maintain_order=True)
    return _held(newest, Reason.VISITED, detail, month_of(pl.col("last_month")))


def _quiet(leads: pl.DataFrame, quiet_before: pl.DataFrame, *, growth: float | None) -> pl.DataFrame:
    _, silenced = apply_quiet(leads, quiet_before, growth=growth)
    detail = pl.format("{}已报过", pl.col("last_period"))
    return _held(silenced, Reason.QUIET, detail, pl.col("until"))
