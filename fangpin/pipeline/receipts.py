"""What the sender of a file is told, and how it is remembered with the batch.

Floor 4. The same content sent again is answered with the first receipt, without being read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from fangpin.connectors.difference import Difference
from fangpin.pipeline.arrival import Arrived
from fangpin.pipeline.landing import PROBLEM_COUNTS, Settled
from fangpin.store.batches import RowCounts
from fangpin.store.deliveries import BatchState
from fangpin.types import Period


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told (接收回执).

    state: landed (in effect), held (waits for a person: ``held`` says why), superseded or withdrawn (what was sent
    was here before and has since gone out of effect), received (only checked, nothing was taken in).
    issues: column, code, severity, expected str, rows u32 — how many rows have which problem, worst first.
    closed, left: for a correction, how many problems it closed and how many remain.
    """

    file_name: str
    batch_id: str
    source_title: str
    period: Period
    period_from: str
    counts: RowCounts
    skipped: dict[str, int]
    unknown_columns: tuple[str, ...]
    withheld_columns: tuple[str, ...]
    notices: tuple[str, ...]
    issues: pl.DataFrame
    known_before: bool
    superseded: str | None
    state: BatchState
    held: tuple[str, ...] = ()
    changes: Difference | None = None
    quarantine: Path | None = None
    closed: int | None = None
    left: int | None = None

    @property
    def in_effect(self) -> bool:
        """Whether these rows are the ones a screening uses."""
        return self.state is BatchState.LANDED


def told_of(arrived: Arrived) -> dict[str, Any]:
    """Return what a receipt says beside the counts, as the office store keeps it."""
    return {
        "file_name": arrived.delivery.file_name,
        "period_from": arrived.period_from,
        "skipped": arrived.skipped,
        "unknown_columns": list(arrived.unknown_columns),
        "withheld_columns": list(arrived.withheld_columns),
        "notices": list(arrived.recognised.notices),
    }


def receipt_of(arrived: Arrived, settled: Settled) -> Receipt:
    """Return the receipt of a delivery that has been settled."""
    return Receipt(
        arrived.delivery.file_name,
        settled.batch_id,
        arrived.source.title,
        arrived.ref.period,
        arrived.period_from,
        settled.reading.counts,
        arrived.skipped,
        arrived.unknown_columns,
        arrived.withheld_columns,
        arrived.recognised.notices,
        settled.problems,
        settled.known_before,
        settled.superseded,
        settled.state,
        settled.held,
        settled.changes,
    )


def remembered(row: dict[str, Any], source_title: str, file_name: str) -> Receipt:
    """Return the receipt a batch got when it was received."""
    told = row["receipt"]
    counts = RowCounts(row["rows_in"], row["accepted"], row["rejected"], row["duplicate"])
    return Receipt(
        file_name,
        row["batch_id"],
        source_title,
        Period.parse(row["period"]),
        told["period_from"],
        counts,
        told["skipped"],
        tuple(told["unknown_columns"]),
        tuple(told["withheld_columns"]),
        tuple(told["notices"]),
        pl.DataFrame(told["issues"], schema=PROBLEM_COUNTS),
        known_before=True,
        superseded=None,
        state=BatchState(row["state"]),
        held=tuple(reason["sentence"] for reason in row["held"] or ()),
    )
