"""A rule for townships and villages tried on a screened month: computed from what its run pinned, and kept nowhere.

Floor 4. Reads both stores and writes neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fangpin.config.rule_models import Parameter, Rule
from fangpin.errors import DeclarationError
from fangpin.pipeline.areas import areas_of_screening
from fangpin.pipeline.county import County
from fangpin.pipeline.runs import read_tables
from fangpin.pipeline.trials import month_again
from fangpin.types import Kind, Period
from fangpin.warnings.verdicts import parameters_in_force


@dataclass(frozen=True, slots=True)
class AreasTried:
    """What a rule gives on a month's areas: warnings as in warnings.areas.AREA_WARNING; missing: ids of sources."""

    population: int
    unjudged: int
    missing: tuple[str, ...]
    values: tuple[Parameter, ...]
    warnings: pl.DataFrame


def try_area_rule(county: County, draft: Rule, period: Period) -> AreasTried:
    """Evaluate a rule for areas on a screened month, on the leads its run gave, whether the rule is switched on or not.

    Raises: NeedsDecision when the month was never screened; DeclarationError when the rule cannot be evaluated.
    """
    on = draft.model_copy(update={"switched_on": True})
    with month_again(county, period) as month:
        given = read_tables(county, month.run_id)["lead"]
        drawn = pl.col("kinds").list.contains(Kind.SPOT_CHECK.value)
        found = areas_of_screening(
            month.con, county, period, rules={on.id: on}, leads=given.filter(~drawn), before=month.before
        )
    for failed in found.failures:
        raise DeclarationError(f"规则 {draft.id}", f"{failed.step}：{failed.reason}", action="请改正后重试")
    judged = found.unjudged.row(0, named=True)
    return AreasTried(
        population=judged["population"],
        unjudged=judged["unjudged"],
        missing=tuple(judged["missing_sources"]),
        values=tuple(parameters_in_force(draft, county.declared.site, on=month.first_day)),
        warnings=found.warnings,
    )
