"""Deliveries: originals, batches, and which batches are in effect.

Floor 3. Every function is idempotent by its key and takes the caller's transaction. A batch is never
edited: a later one supersedes it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, insert, select, update

from fangpin.errors import NeedsDecision, NotFound
from fangpin.store.frames import frame
from fangpin.store.schema import Batch, BatchState, Original
from fangpin.types import BatchRef, Period


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Where the rows of a batch went (S-I1): rows_in = accepted + rejected + duplicate."""

    rows_in: int
    accepted: int
    rejected: int
    duplicate: int


def register_original(
    connection: Connection, sha256: str, *, file_name: str, size_bytes: int, now: dt.datetime, by: str
) -> bool:
    """Write a delivered file down; False when its content was already here (then nothing changes)."""
    if connection.execute(select(Original.sha256).where(Original.sha256 == sha256)).scalar() is not None:
        return False
    row = {"sha256": sha256, "file_name": file_name, "size_bytes": size_bytes, "received_at": now, "received_by": by}
    connection.execute(insert(Original), row)
    return True


def register_batch(
    connection: Connection,
    batch_id: str,
    *,
    source_id: str,
    period: Period,
    sha256: str,
    file_name: str,
    now: dt.datetime,
) -> BatchState:
    """Write a delivery down and return where it now stands.

    A batch that is known stays as it is, except that a refused one is received again: the same file
    may pass after its declaration was corrected. The original must have been registered.
    """
    known = _state(connection, batch_id)
    if known is None:
        row = {"batch_id": batch_id, "source_id": source_id, "period": str(period), "sha256": sha256}
        row |= {"file_name": file_name, "state": BatchState.RECEIVED}
        connection.execute(insert(Batch), row | {"received_at": now})
        return BatchState.RECEIVED
    if known is BatchState.REFUSED:
        _change(connection, batch_id, state=BatchState.RECEIVED, file_name=file_name, reason=None, received_at=now)
        return BatchState.RECEIVED
    return known


def land_batch(
    connection: Connection, batch_id: str, *, counts: RowCounts, declaration_digest: str, now: dt.datetime
) -> str | None:
    """Put a received batch in effect and return the id of the batch it supersedes, if any.

    Both change in the same transaction; what lands last is in effect, so land in the order of receipt.
    A batch that has landed before stays as it is (None).
    Raises: not_found for an unknown batch; needs_decision for a refused one.
    """
    if not _may_leave_received(connection, batch_id, already=(BatchState.LANDED, BatchState.SUPERSEDED)):
        return None
    older = _supersede(connection, batch_id, now=now)
    _change(
        connection,
        batch_id,
        state=BatchState.LANDED,
        rows_in=counts.rows_in,
        accepted=counts.accepted,
        rejected=counts.rejected,
        duplicate=counts.duplicate,
        declaration_digest=declaration_digest,
        landed_at=now,
    )
    return older


def refuse_batch(connection: Connection, batch_id: str, *, reason: str) -> None:
    """Mark a received batch as refused, with the sentence its sender reads; refused twice changes nothing.

    Raises: not_found for an unknown batch; needs_decision for one that has landed.
    """
    if _may_leave_received(connection, batch_id, already=(BatchState.REFUSED,)):
        _change(connection, batch_id, state=BatchState.REFUSED, reason=reason)


def landed_batches(connection: Connection, up_to: Period) -> tuple[BatchRef, ...]:
    """Return the batches in effect for periods up to and including ``up_to``, by source and period."""
    statement = (
        select(Batch.batch_id, Batch.source_id, Batch.period)
        .where(Batch.state == BatchState.LANDED, Batch.period <= str(up_to))
        .order_by(Batch.source_id, Batch.period)
    )
    return tuple(
        BatchRef(row.batch_id, row.source_id, Period.parse(row.period)) for row in connection.execute(statement)
    )


def refs_of(connection: Connection) -> tuple[BatchRef, ...]:
    """Return every batch that ever landed, superseded ones too."""
    statement = select(Batch.batch_id, Batch.source_id, Batch.period).where(Batch.landed_at.is_not(None))
    return tuple(
        BatchRef(row.batch_id, row.source_id, Period.parse(row.period)) for row in connection.execute(statement)
    )


def batches(connection: Connection) -> pl.DataFrame:
    """Return all batches, one row each, with every column of the table.

    Rows out: batch_id, source_id, period, sha256, file_name (as delivered), state str; rows_in, accepted, rejected,
    duplicate i64 (null: not landed); declaration_digest, reason str|null; received_at, landed_at,
    superseded_at datetime; sorted by source, period, time of receipt.
    """
    columns = [getattr(Batch, name) for name in Batch.__table__.columns.keys()]  # noqa: SIM118 - keys() gives names
    order = (Batch.source_id, Batch.period, Batch.received_at, Batch.batch_id)
    return frame(connection, select(*columns).order_by(*order))


def original_hashes(connection: Connection) -> tuple[str, ...]:
    """Return the content hash of every file ever acknowledged, sorted."""
    return tuple(connection.execute(select(Original.sha256).order_by(Original.sha256)).scalars())


def restore_batch(connection: Connection, batch_id: str, *, now: dt.datetime) -> str | None:
    """Put a superseded batch in effect again and return the id of the batch that goes out for it.

    Raises: not_found for an unknown batch; needs_decision for one that is not superseded.
    """
    known = _state(connection, batch_id)
    if known is None:
        raise NotFound("数据批次", f"没有编号 {batch_id}")
    if known is not BatchState.SUPERSEDED:
        raise NeedsDecision("数据批次", f"{batch_id} 的状态是 {known}", expected=str(BatchState.SUPERSEDED))
    out = _supersede(connection, batch_id, now=now)
    _change(connection, batch_id, state=BatchState.LANDED, landed_at=now, superseded_at=None)
    return out


def _supersede(connection: Connection, batch_id: str, *, now: dt.datetime) -> str | None:
    """Take the batch out of effect that holds the place of this one, and return its id."""
    slot = select(Batch.source_id, Batch.period).where(Batch.batch_id == batch_id)
    source_id, period = connection.execute(slot).one()
    in_effect = (Batch.source_id == source_id) & (Batch.period == period) & (Batch.state == BatchState.LANDED)
    older = connection.execute(select(Batch.batch_id).where(in_effect)).scalar()
    if older is not None:
        _change(connection, older, state=BatchState.SUPERSEDED, superseded_at=now)
    return older


def _state(connection: Connection, batch_id: str) -> BatchState | None:
    found = connection.execute(select(Batch.state).where(Batch.batch_id == batch_id)).scalar()
    return None if found is None else BatchState(found)


def _may_leave_received(connection: Connection, batch_id: str, *, already: tuple[BatchState, ...]) -> bool:
    known = _state(connection, batch_id)
    if known is None:
        raise NotFound("数据批次", f"没有编号 {batch_id}")
    if known in already:
        return False
    if known is not BatchState.RECEIVED:
        raise NeedsDecision("数据批次", f"{batch_id} 的状态是 {known}", expected=str(BatchState.RECEIVED))
    return True


def _change(connection: Connection, batch_id: str, **values: object) -> None:
    connection.execute(update(Batch).where(Batch.batch_id == batch_id).values(**values))
