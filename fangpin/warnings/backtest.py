"""What a rule would have done with other values: the rule changed, the load on villages, who is gained and lost.

Floor 2. Pure values and frames in and out; the months are recomputed elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import polars as pl

from fangpin.config.rule_models import Parameter, Rule
from fangpin.config.site_models import Site
from fangpin.errors import UsageProblem
from fangpin.warnings.suppression import Reason

_MOVED_IN_TIME = {str(Reason.QUIET): "静默期错开"}  # both fire; one has told of it in another month

SHIFTS: dict[str, pl.DataType] = {
    "household_no": pl.String(),
    "township": pl.String(),
    "change": pl.String(),  # gained, lost
    "reason": pl.String(),
}
BY_RULE: dict[str, pl.DataType] = {"rule_id": pl.String(), "today": pl.Int64(), "tried": pl.Int64()}


@dataclass(frozen=True, slots=True)
class Load:
    """What one version of the rules asks of a county in a month.

    alerts: of the rules tried alone, what was raised. rule_households: with such an alert. unjudged: subjects that
    these rules could not judge. leads: households with a lead of any rule, each one visit. visits_most, visits_median:
    of all registered villages, those without a visit counted as 0.
    """

    alerts: int
    rule_households: int
    unjudged: int
    leads: int
    visits_most: int
    visits_median: float


def with_values(rule: Rule, values: Mapping[str, float], *, site: Site) -> Rule:
    """Return a rule switched on whose parameters, its own or the site's, have the given values on every day.

    Raises: UsageProblem for a name that is not a parameter of the rule.

    >>> line = Parameter(name="line", value=3, unit="人", since=dt.date(2024, 1, 1), document="甲")
    >>> rule = Rule.model_construct(parameters=(line,), site_parameters=(), switched_on=False)
    >>> changed = with_values(rule, {"line": 4}, site=Site.model_construct(parameters=()))
    >>> [(p.value, p.since.year) for p in changed.parameters], changed.switched_on
    ([(4.0, 1)], True)
    """
    own = {p.name: p for p in (*site.parameters, *rule.parameters)}
    offered = {*(p.name for p in rule.parameters), *rule.site_parameters}
    unknown = sorted(set(values) - offered)
    if unknown:
        raise UsageProblem("参数 --set", f"这条规则没有参数“{'、'.join(unknown)}”", expected="、".join(sorted(offered)))
    kept = tuple(p for p in rule.parameters if p.name not in values)
    tried = tuple(
        Parameter(name=name, value=value, unit=own[name].unit, since=dt.date.min, document="试算")
        for name, value in sorted(values.items())
    )
    named = tuple(name for name in rule.site_parameters if name not in values)
    return rule.model_copy(update={"parameters": kept + tried, "site_parameters": named, "switched_on": True})


def rules_with_values(rules: Sequence[Rule], values: Mapping[str, float], *, site: Site) -> list[Rule]:
    """Return rules as ``with_values`` does; each takes the values whose names it has.

    Raises: UsageProblem for a name that is a parameter of none of them.

    >>> rules_with_values([], {}, site=Site.model_construct(parameters=()))
    []
    """
    names = {rule.id: {*(p.name for p in rule.parameters), *rule.site_parameters} for rule in rules}
    offered = set().union(*names.values())
    unknown = sorted(set(values) - offered)
    if unknown:
        raise UsageProblem("参数 --set", f"没有参数“{'、'.join(unknown)}”", expected="、".join(sorted(offered)))
    own = [{name: value for name, value in values.items() if name in names[rule.id]} for rule in rules]
    return [with_values(rule, mine, site=site) for rule, mine in zip(rules, own, strict=True)]


def load_of(
    rule_ids: Collection[str], *, raised: pl.DataFrame, leads: pl.DataFrame, unjudged: pl.DataFrame, homes: pl.DataFrame
) -> Load:
    """Return the load of a month.

    Rows in: raised (evaluate.ALERTS), leads (one row a household), unjudged (evaluate.UNJUDGED), homes: household_no,
    township, village of every registered household.

    >>> from fangpin.warnings.evaluate import ALERTS, UNJUDGED
    >>> homes = pl.DataFrame({"household_no": ["H"], "township": ["甲镇"], "village": ["乙村"]})
    >>> empty = [pl.DataFrame(schema=kind) for kind in (ALERTS, UNJUDGED)]
    >>> load_of(["r"], raised=empty[0], leads=homes, unjudged=empty[1], homes=homes).visits_most
    1
    """
    is_own = pl.col("rule_id").is_in(list(rule_ids))
    own = raised.filter(is_own)
    led = homes.with_columns(is_led=pl.col("household_no").is_in(leads["household_no"].implode()))
    placed = led.drop_nulls("village").group_by("township", "village").agg(visits=pl.col("is_led").sum())
    visits = placed["visits"].to_list() or [0]
    return Load(
        alerts=own.height,
        rule_households=own["household_no"].n_unique(),
        unjudged=int(unjudged.filter(is_own)["unjudged"].sum()),
        leads=leads.height,
        visits_most=max(visits),
        visits_median=float(median(visits)),
    )


def by_rule(rule_ids: Collection[str], *, today: pl.DataFrame, tried: pl.DataFrame) -> pl.DataFrame:
    """Return for each of the rules tried how many households it speaks of under either version.

    Rows in: today, tried: what was raised (rule_id, household_no). Rows out: BY_RULE, by rule.

    >>> raised = pl.DataFrame({"rule_id": ["r"], "household_no": ["H"]})
    >>> by_rule(["r"], today=raised.clear(), tried=raised).rows()
    [('r', 0, 1)]
    """
    counts = [
        dict(alerts.group_by("rule_id").agg(pl.col("household_no").n_unique()).iter_rows()) for alerts in (today, tried)
    ]
    rows = [(rule_id, *(count.get(rule_id, 0) for count in counts)) for rule_id in sorted(rule_ids)]
    return pl.DataFrame(rows, schema=BY_RULE, orient="row")


@dataclass(frozen=True, slots=True)
class Side:
    """One version's month, as far as it explains who moves.

    leads: household_no of every lead. held_back: rule_id, household_no, reason of every alert that became none.
    unknown: household_no of those the rules tried could not judge.
    """

    leads: pl.DataFrame
    held_back: pl.DataFrame
    unknown: pl.DataFrame


def shifts(rule_ids: Collection[str], *, today: Side, tried: Side, homes: pl.DataFrame) -> pl.DataFrame:
    """Return the households that have a lead under one version only, and why.

    Rows in: the months of both versions; homes: household_no, township of every registered household. Rows out:
    SHIFTS, by change and household. A household that another rule leads to anyhow is neither gained nor lost: it is
    visited once all the same. What the version without the lead held back is told with its reason.

    >>> none = pl.DataFrame(schema={"rule_id": pl.String, "household_no": pl.String, "reason": pl.String})
    >>> led = pl.DataFrame({"household_no": ["H"]})
    >>> sides = Side(led.clear(), none, led.clear()), Side(led, none, led.clear())
    >>> homes = led.with_columns(township=pl.lit("甲镇"))
    >>> shifts(["r"], today=sides[0], tried=sides[1], homes=homes).select("change", "reason").rows()
    [('gained', '新触发')]
    """
    found = [pl.DataFrame(schema=SHIFTS)]
    ways = (("gained", tried, today, "原来无法判断", "新触发"), ("lost", today, tried, "变成无法判断", "不再触发"))
    for change, having, lacking, unknown, otherwise in ways:
        moved = having.leads.select("household_no").join(lacking.leads, on="household_no", how="anti")
        own = lacking.held_back.filter(pl.col("rule_id").is_in(list(rule_ids)))
        held = own.group_by("household_no").agg(pl.col("reason").sort().first().alias("held"))
        is_unknown = pl.col("household_no").is_in(lacking.unknown["household_no"].implode())
        reason = pl.coalesce(
            pl.col("held").replace(_MOVED_IN_TIME),
            pl.when(is_unknown).then(pl.lit(unknown)),
            pl.lit(otherwise),
        )
        told = moved.join(held, on="household_no", how="left").join(
            homes.select("household_no", "township"), on="household_no", how="left"
        )
        found.append(told.with_columns(pl.lit(change).alias("change"), reason.alias("reason")).select(*SHIFTS))
    return pl.concat(found).sort("change", "household_no")
