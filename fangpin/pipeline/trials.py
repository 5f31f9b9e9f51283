"""A screened month's tables once more, for trying a rule on them: computed from what its run pinned, and kept nowhere.

Floor 4. Reads both stores and writes neither. Stands on the batches and links of the published run whatever was
declared since, so that a draft is tried on the very month that the county has seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from fangpin.errors import NeedsDecision
from fangpin.matching.register import Register
from fangpin.pipeline.county import County
from fangpin.pipeline.recipes import LinkedBatch, linked_as
from fangpin.pipeline.runs import read_register, run_of
from fangpin.pipeline.screening import fill_indicators
from fangpin.store.batches import refs_of
from fangpin.types import BatchRef, Period


@dataclass(frozen=True, slots=True)
class MonthAgain:
    """A month as its run saw it: a locked connection with the indicator tables, and what stands beside them.

    present: ids of the sources that have a batch of the month. before: the run whose quiet periods it went on from.
    """

    period: Period
    con: duckdb.DuckDBPyConnection
    register: Register
    present: frozenset[str]
    run_id: str
    before: str | None

    @property
    def first_day(self) -> dt.date:
        """The day whose dated parameters hold."""
        return dt.date(self.period.year, self.period.month, 1)


@contextmanager
def month_again(county: County, period: Period) -> Iterator[MonthAgain]:
    """Give the indicator tables of a screened month; the county is held so that nothing is swept from under them.

    Raises: NeedsDecision when the month was never screened, or what its run stood on is no longer there.
    """
    run = run_of(county, period)
    with county.exclusive(), county.compute() as con:
        with county.office.read() as connection:
            known = {b.batch_id: b for b in refs_of(connection)}
        batches, linked = _pinned(county, run["pins"], known, period)
        register = read_register(county, run["pins"]["register"])
        fill_indicators(con, county, period, batches=batches, linked=linked, register=register)
        present = frozenset(b.source_id for b in batches if b.period == period)
        yield MonthAgain(period, con, register, present, run["run_id"], run["pins"]["before"])


def _pinned(
    county: County, pins: Mapping[str, Any], known: Mapping[str, BatchRef], period: Period
) -> tuple[list[BatchRef], list[LinkedBatch]]:
    """Return the batches and the linked batches of a run, by source and month as the run read them."""
    there = all(batch_id in known and county.warehouse.counts(batch_id) for batch_id in pins["batches"])
    linked = [linked_as(county, known[b], key) for b, key in pins["links"].items() if b in known]
    if not there or not all(b.links_path.exists() for b in linked):
        given = "筛查所依据的批次或匹配已不在"
        raise NeedsDecision(f"月份 {period}", given, action=f"请先运行 fangpin screen {period}")
    batches = sorted((known[b] for b in pins["batches"]), key=lambda b: (b.source_id, b.period))
    return batches, sorted(linked, key=lambda b: (b.ref.source_id, b.ref.period))
