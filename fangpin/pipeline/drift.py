"""Who is on the way to a line in a screened month, and how many of them came to it when later months are known.

Floor 4. Reads both stores and writes neither: what comes of this is never a lead, never dispatched and in no export.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.pipeline.county import County
from fangpin.pipeline.rule_versions import rules_in_force
from fangpin.pipeline.runs import read_tables
from fangpin.pipeline.trials import month_again
from fangpin.store.runs import published_runs
from fangpin.types import Period
from fangpin.warnings.drift import came_true, drift

LOOKED_AFTER: Final = 2
"""How many of the months after are held against what was told."""


@dataclass(frozen=True, slots=True)
class EarlyDrift:
    """Who is on the way to a line (早期苗头).

    told: drift.DRIFTS with township, village (null: not registered), is_led (has a lead of this month anyhow). unknown:
    drift.UNKNOWN. failed: rules that could not be asked. later: the months after that are screened, LOOKED_AFTER at
    most; came: of those told how many had fired in them.
    """

    told: pl.DataFrame
    unknown: pl.DataFrame
    failed: tuple[str, ...]
    later: tuple[Period, ...]
    came: int


def early_drift(county: County, period: Period) -> EarlyDrift:
    """Return who will cross a line of a rule within the next months if the last months go on.

    Raises: NeedsDecision when the month was never screened.
    """
    with month_again(county, period) as month:
        found = drift(month.con, rules_in_force(county, period).values(), period=period, site=county.declared.site)
        homes = month.register.households.select("household_no", "township", "village")
        leads = read_tables(county, month.run_id)["lead"]["household_no"]
    placed = found.told.join(homes, on="household_no", how="left", maintain_order="left")
    told = placed.with_columns(is_led=pl.col("household_no").is_in(leads.implode()))
    later = _later(county, period)
    alerts = _alerts(county, [run_id for _, run_id in later])
    return EarlyDrift(
        told,
        found.unknown,
        found.failed,
        tuple(when for when, _ in later),
        int(came_true(told, alerts).sum()),
    )


def _later(county: County, period: Period) -> list[tuple[Period, str]]:
    with county.office.read() as connection:
        runs = published_runs(connection)
    return [run for run in runs if period < run[0] <= period.back(-LOOKED_AFTER)]


def _alerts(county: County, run_ids: Sequence[str]) -> pl.DataFrame:
    """Return what fired in these runs, raised or silenced."""
    columns = "rule_id, household_no, person_no"
    found = [pl.DataFrame(schema=dict.fromkeys(columns.split(", "), pl.String))]
    for run_id in run_ids:
        with county.warehouse.open_run(run_id) as con:
            found.append(con.sql(f"select {columns} from alert union all select {columns} from suppressed").pl())
    return pl.concat(found)
