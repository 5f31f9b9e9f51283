"""What people have told by the end of a month, as far as its screening may use it: visits and decisions.

Floor 4. Reads the office store. What a run used is written into its pins, so that the same pins give the same leads.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import polars as pl

from fangpin.pipeline.county import County
from fangpin.pipeline.runs import read_tables
from fangpin.store.lead_decisions import decisions_of
from fangpin.store.leads import visits_before
from fangpin.types import Period
from fangpin.warnings.quiet import QUIET
from fangpin.warnings.suppression import ANSWERS, REOPENED, Before


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a month's screening knows from people.

    visits: suppression.ANSWERS, those that had come in by the month's last day. decisions: lead_decisions.decisions_of.
    """

    visits: pl.DataFrame
    decisions: pl.DataFrame

    @property
    def content(self) -> dict[str, Any]:
        """What pins write down of it: a digest of the visits, the decisions by number."""
        text = self.visits.with_columns(pl.col("kinds").list.join("|")).write_csv()
        visits = hashlib.sha256(text.encode()).hexdigest()[:16] if self.visits.height else None
        return {"visits": visits, "decisions": self.decisions["decision_id"].to_list()}


def told_by(county: County, period: Period) -> Told:
    """Return what a screening of the month may know from people."""
    with county.office.read() as connection:
        visits, decisions = visits_before(connection, period), decisions_of(connection, period)
    return Told(visits.select(pl.col(name).cast(kind) for name, kind in ANSWERS.items()), decisions)


def quiet_of(county: County, run_id: str | None) -> pl.DataFrame:
    """Return the quiet periods a run left behind (quiet.QUIET), no row without a run."""
    return pl.DataFrame(schema=QUIET) if run_id is None else read_tables(county, run_id)["quiet"]


def before_of(quiet: pl.DataFrame, told: Told) -> Before:
    """Return what is known before a month's alerts are judged; a run of an older program knew less of quiet periods."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in QUIET.items() if name not in quiet.columns]
    reopened = told.decisions.select(pl.col(n).cast(kind) for n, kind in REOPENED.items())
    return Before(quiet.with_columns(missing).select(*QUIET), told.visits, reopened)
