"""Where the county stands: what came in, what was screened, what is out, what came back.

Floor 4. Reads the office store only.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fangpin.errors import NeedsDecision
from fangpin.pipeline.county import County
from fangpin.pipeline.pins import pin
from fangpin.pipeline.rule_versions import rules_in_force
from fangpin.pipeline.runs import needed_sources
from fangpin.store.batches import batches
from fangpin.store.runs import published_runs
from fangpin.store.tasks import tasks_of
from fangpin.types import Period


@dataclass(frozen=True, slots=True)
class MonthStatus:
    """One month: rows received by source title, sources missing, whether screened and still current, its tasks."""

    period: Period
    received: dict[str, int]
    missing: tuple[str, ...]
    screened: bool
    current: bool
    tasks: dict[str, int]


def status(county: County) -> list[MonthStatus]:
    """Return every month something was received for, earliest first."""
    with county.office.read() as connection:
        known = batches(connection).filter(pl.col("state") == "landed")
        runs = dict(published_runs(connection))
        tasks = tasks_of(connection)
    months = [Period.parse(text) for text in known["period"].unique().sort()]
    return [_month(county, period, known=known, run_id=runs.get(period), tasks=tasks) for period in months]


def _month(
    county: County, period: Period, *, known: pl.DataFrame, run_id: str | None, tasks: pl.DataFrame
) -> MonthStatus:
    month = known.filter(pl.col("period") == str(period))
    rows = dict(month.select("source_id", "rows_in").iter_rows())
    titles = {s.id: s.title for s in county.declared.sources.values()}
    states = tasks.filter(pl.col("period") == str(period)).group_by("state").len().sort("state")
    needed = needed_sources(county.declared, rules_in_force(county, period).values())
    return MonthStatus(
        period,
        {titles[source_id]: count for source_id, count in rows.items() if source_id in titles},
        tuple(s.title for s in needed if s.id not in rows),
        run_id is not None,
        run_id is not None and _is_current(county, period, run_id),
        dict(states.iter_rows()),
    )


def _is_current(county: County, period: Period, run_id: str) -> bool:
    try:
        return pin(county, period).run_id == run_id
    except NeedsDecision:
        return False
