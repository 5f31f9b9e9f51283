"""What a rule would have done with other values: the rule changed, the load on villages, who is gained and lost.

Floor 2. Pure values and frames in and out; the months are recomputed elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import polars as pl

from fangpin.config.models import Parameter, Rule, Site
from fangpin.errors import UsageProblem
from fangpin.types import ResultCode

# A family warned up to two months early is found all the same: the answer comes after the visit.
_EARLY_MONTHS = 2
_TRUTHS = {ResultCode.TO_IDENTIFY: "查实（02 拟纳入）", ResultCode.NO_RISK: "查否（04 无风险）"}

SHIFTS: dict[str, pl.DataType] = {
    "household_no": pl.String(),
    "township": pl.String(),
    "change": pl.String(),  # gained, lost
    "reason": pl.String(),
}
TRUTHS: dict[str, pl.DataType] = {"household_no": pl.String(), "period_no": pl.Int64(), "result_code": pl.String()}
HELD: dict[str, pl.DataType] = {
    "result": pl.String(),
    "answers": pl.Int64(),
    "today": pl.Int64(),
    "tried": pl.Int64(),
    "gained": pl.Int64(),
    "lost": pl.Int64(),
}


@dataclass(frozen=True, slots=True)
class Load:
    """What one version of the rules asks of a county in a month.

    alerts: of the rule alone, after quiet periods. rule_households: with such an alert. unjudged: subjects that the
    rule could not judge. leads: households with a lead of any rule, each one visit. visits_most, visits_median: of all
    registered villages, those without a visit counted as 0.
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


def load_of(
    rule_id: str, *, raised: pl.DataFrame, leads: pl.DataFrame, unjudged: pl.DataFrame, homes: pl.DataFrame
) -> Load:
    """Return the load of a month.

    Rows in: raised (evaluate.ALERTS), leads (one row a household), unjudged (evaluate.UNJUDGED), homes: household_no,
    township, village of every registered household.

    >>> from fangpin.warnings.evaluate import ALERTS, UNJUDGED
    >>> homes = pl.DataFrame({"household_no": ["H"], "township": ["甲镇"], "village": ["乙村"]})
    >>> empty = [pl.DataFrame(schema=kind) for kind in (ALERTS, UNJUDGED)]
    >>> load_of("r", raised=empty[0], leads=homes, unjudged=empty[1], homes=homes).visits_most
    1
    """
    own = raised.filter(pl.col("rule_id") == rule_id)
    led = homes.with_columns(is_led=pl.col("household_no").is_in(leads["household_no"].implode()))
    placed = led.drop_nulls("village").group_by("township", "village").agg(visits=pl.col("is_led").sum())
    visits = placed["visits"].to_list() or [0]
    return Load(
        alerts=own.height,
        rule_households=own["household_no"].n_unique(),
        unjudged=int(unjudged.filter(pl.col("rule_id") == rule_id)["unjudged"].sum()),
        leads=leads.height,
        visits_most=max(visits),
        visits_median=float(median(visits)),
    )


def shifts(
    rule_id: str,
    *,
    today: pl.DataFrame,
    tried: pl.DataFrame,
    silenced: tuple[pl.DataFrame, pl.DataFrame],
    homes: pl.DataFrame,
) -> pl.DataFrame:
    """Return the households that have a lead under one version only.

    Rows in: today, tried: the leads of both (household_no); silenced: the alerts that quiet periods suppressed, today's
    and the tried version's. Rows out: SHIFTS, by change and household. A household that another rule leads to anyhow
    is neither gained nor lost: it is visited once all the same.

    >>> none = pl.DataFrame(schema={"rule_id": pl.String, "household_no": pl.String})
    >>> led = pl.DataFrame({"household_no": ["H"]})
    >>> homes = led.with_columns(township=pl.lit("甲镇"))
    >>> found = shifts("r", today=led.clear(), tried=led, silenced=(none, none), homes=homes)
    >>> found.select("change", "reason").rows()
    [('gained', '新触发')]
    """
    found = [pl.DataFrame(schema=SHIFTS)]
    ways = (("gained", tried, today, silenced[0], "新触发"), ("lost", today, tried, silenced[1], "不再触发"))
    for change, having, lacking, quiet, otherwise in ways:
        moved = having.select("household_no").join(lacking, on="household_no", how="anti")
        hushed = quiet.filter(pl.col("rule_id") == rule_id)["household_no"].implode()
        reason = pl.when(pl.col("household_no").is_in(hushed)).then(pl.lit("静默期错开")).otherwise(pl.lit(otherwise))
        placed = moved.join(homes.select("household_no", "township"), on="household_no", how="left")
        found.append(placed.with_columns(pl.lit(change).alias("change"), reason.alias("reason")).select(*SHIFTS))
    return pl.concat(found).sort("change", "household_no")


def held_against(truths: pl.DataFrame, *, today: pl.DataFrame, tried: pl.DataFrame) -> pl.DataFrame:
    """Return how many visits with a clear answer each version would have led to.

    Rows in: truths (TRUTHS, the month of the task); today, tried: household_no, period_no of every lead. Rows out:
    HELD, one row for 02 and one for 04, counted by household; another answer proves neither and is left out. A lead
    counts for an answer in its month and the two after.

    >>> led = pl.DataFrame({"household_no": ["H"], "period_no": [5]})
    >>> truths = pl.DataFrame([("H", 6, "02"), ("K", 6, "04")], schema=TRUTHS, orient="row")
    >>> held_against(truths, today=led, tried=led.clear()).rows()
    [('查实（02 拟纳入）', 1, 1, 0, 0, 1), ('查否（04 无风险）', 1, 0, 0, 0, 0)]
    """
    caught = truths.with_columns(today=_led_to(truths, today), tried=_led_to(truths, tried))
    rows = []
    for code, title in _TRUTHS.items():
        of_code = caught.filter(pl.col("result_code") == code)
        now, then = of_code["today"], of_code["tried"]
        rows.append((title, of_code.height, now.sum(), then.sum(), (then & ~now).sum(), (now & ~then).sum()))
    return pl.DataFrame(rows, schema=HELD, orient="row")


def _led_to(truths: pl.DataFrame, leads: pl.DataFrame) -> pl.Series:
    """Return for each truth whether the leads came to it in time."""
    numbered = truths.with_row_index("place")
    near = numbered.join(leads.rename({"period_no": "led_no"}), on="household_no").filter(
        (pl.col("period_no") - pl.col("led_no")).is_between(0, _EARLY_MONTHS)
    )
    return numbered["place"].is_in(near["place"].implode())
