"""From a month's alerts to its leads: held back or raised, one lead a household, and the month's random sample.

Floor 2. Frames in and out; the in-memory database handed in holds the month's input and indicator tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from fangpin.config.site_models import Site
from fangpin.types import Period
from fangpin.warnings.leads import lead_kinds, merge_leads
from fangpin.warnings.quiet import ordinal
from fangpin.warnings.spot_check import MONTHS_APART, draw
from fangpin.warnings.standing import homes_of
from fangpin.warnings.suppression import Before, Settled, settle


@dataclass(frozen=True, slots=True)
class Merged:
    """What a month's alerts came to.

    settled: every alert, raised or held back. leads, kinds: leads.LEADS and leads.LEAD_KINDS, of the raised ones.
    drawn: leads.LEADS, the households drawn for a spot check.
    """

    settled: Settled
    leads: pl.DataFrame
    kinds: pl.DataFrame
    drawn: pl.DataFrame


def merge(
    con: duckdb.DuckDBPyConnection, alerts: pl.DataFrame, before: Before, *, site: Site, period: Period
) -> Merged:
    """Return the leads of a month with what was held back and who was drawn.

    Rows in: alerts (evaluate.ALERTS) of the month. A household is drawn only where no rule spoke of it this month,
    none raised it and nobody visited it in the 12 months before.

    >>> from fangpin.warnings.evaluate import ALERTS
    >>> from fangpin.warnings.indicators import indicator_steps
    >>> from fangpin.warnings.inputs import create_inputs, run_steps
    >>> from fangpin.warnings.quiet import QUIET
    >>> from fangpin.warnings.suppression import ANSWERS, REOPENED
    >>> con = duckdb.connect(); create_inputs(con); run_steps(con, indicator_steps(Period(2024, 3)))
    >>> nothing = Before(*(pl.DataFrame(schema=kind) for kind in (QUIET, ANSWERS, REOPENED)))
    >>> site = Site.model_construct(id="huaxi", grades=(), parameters=(), spot_check=None)
    >>> merge(con, pl.DataFrame(schema=ALERTS), nothing, site=site, period=Period(2024, 3)).leads.height
    0
    """
    homes = homes_of(con, period)
    settled = settle(alerts, before, homes, site=site, period=period)
    spoken_of = pl.concat([settled.raised, settled.suppressed.select(settled.raised.columns)])
    recently = before.quiet.filter(ordinal("last_period") >= period.ordinal - MONTHS_APART)
    year, month = pl.col("visited_on").dt.year().cast(pl.Int64), pl.col("visited_on").dt.month().cast(pl.Int64)
    visited = before.answers.filter(year * 12 + month >= period.ordinal - MONTHS_APART)
    busy = pl.concat([rows.select("household_no") for rows in (spoken_of, recently, visited)]).unique()
    return Merged(
        settled,
        merge_leads(settled.raised, homes, site=site, flags=settled.flags),
        lead_kinds(settled.raised, site=site),
        draw(con, homes, busy, site=site, period=period),
    )
