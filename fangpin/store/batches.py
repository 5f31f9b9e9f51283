"""Deliveries: originals, batches, which batches are in effect, and what was decided about them.

Floor 3. Every function is idempotent by its key and takes the caller's transaction. A batch is never edited: a later
one supersedes it, a person withdraws it. Every change of state is an event in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Connection, func, insert, select, update

from fangpin.errors import NeedsDecision, NotFound
from fangpin.store.deliveries import Batch, BatchEvent, BatchInput, BatchState, InputKind, Original
from fangpin.store.frames import frame
from fangpin.types import BatchRef, Period


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Where the rows of a batch went (S-I1): rows_in = accepted + rejected + duplicate."""

    rows_in: int
    accepted: int
    rejected: int
    duplicate: int


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file a batch is made of: a delivery, or a correction sheet applied to it (批次的组成)."""

    kind: InputKind
    sha256: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a delivery whole gave: its counts, by what declaration, what it says, when it was made."""

    counts: RowCounts
    declaration_digest: str
    content: str | None = None
    made_on: dt.date | None = None
    receipt: dict[str, Any] | None = None


def register_original(
    connection: Connection, sha256: str, *, file_name: str, size_bytes: int, now: dt.datetime, by: str
) -> bool:
    """Write a delivered file down; False when its content was already here (then nothing changes)."""
    if connection.execute(select(Original.sha256).where(Original.sha256 == sha256)).scalar() is not None:
        return False
    row = {"sha256": sha256, "file_name": file_name, "size_bytes": size_bytes, "received_at": now, "received_by": by}
    connection.execute(insert(Original), row)
    return True


def last_landing(connection: Connection) -> int:
    """Return the number of the latest landing, 0 when nothing ever landed."""
    return connection.execute(select(func.max(Batch.landing_no))).scalar() or 0


def register_batch(
    connection: Connection,
    ref: BatchRef,
    inputs: tuple[InputFile, ...],
    *,
    now: dt.datetime,
    by: str,
    seen_landing_no: int = 0,
) -> BatchState:
    """Write a delivery down and return where it now stands.

    A batch that is known stays as it is, except that a refused one is received again: the same file may pass after
    its declaration was corrected. The originals must have been registered; the first input is the delivery itself.
    """
    known = _state(connection, ref.batch_id)
    if known is BatchState.REFUSED:
        again: dict[str, Any] = {"state": BatchState.RECEIVED, "reason": None, "seen_landing_no": seen_landing_no}
        _change(connection, ref.batch_id, received_at=now, received_by=by, **again)
        _tell(connection, ref.batch_id, "received", now=now, by=by)
        return BatchState.RECEIVED
    if known is not None:
        return known
    base = inputs[0]
    row = {"batch_id": ref.batch_id, "source_id": ref.source_id, "period": str(ref.period), "sha256": base.sha256}
    row |= {"file_name": base.file_name, "state": str(BatchState.RECEIVED)}
    told = {"received_at": now, "received_by": by, "seen_landing_no": seen_landing_no}
    connection.execute(insert(Batch), row | told)
    files = [
        {"batch_id": ref.batch_id, "position": n, "kind": f.kind, "sha256": f.sha256, "file_name": f.file_name}
        for n, f in enumerate(inputs)
    ]
    connection.execute(insert(BatchInput), files)
    _tell(connection, ref.batch_id, "received", now=now, by=by)
    return BatchState.RECEIVED


def land_batch(connection: Connection, batch_id: str, reading: Reading, *, now: dt.datetime, by: str) -> str | None:
    """Put a received or held batch in effect and return the id of the batch it supersedes, if any.

    Both change in the same transaction; what lands last is in effect, so land in the order of receipt. A batch that
    has landed before stays as it is (None).
    Raises: not_found for an unknown batch; needs_decision for a refused or withdrawn one.
    """
    waits = (BatchState.RECEIVED, BatchState.HELD)
    if not _may_change(connection, batch_id, waits, already=(BatchState.LANDED, BatchState.SUPERSEDED)):
        return None
    older = _supersede(connection, batch_id, now=now, by=by)
    read = _read_columns(reading)
    _change(connection, batch_id, state=BatchState.LANDED, held=None, **read, **_landed(connection, now))
    _tell(connection, batch_id, "landed", now=now, by=by, superseded=older)
    return older


def hold_batch(
    connection: Connection,
    batch_id: str,
    reading: Reading,
    *,
    reasons: list[dict[str, str]],
    now: dt.datetime,
    by: str,
) -> None:
    """Let a received batch wait for a person, with why; held twice changes nothing.

    Raises: not_found for an unknown batch; needs_decision for one that has gone further.
    """
    if _may_change(connection, batch_id, (BatchState.RECEIVED,), already=(BatchState.HELD,)):
        _change(connection, batch_id, state=BatchState.HELD, held=reasons, **_read_columns(reading))
        _tell(connection, batch_id, "held", now=now, by=by, reasons=[reason["code"] for reason in reasons])


def refuse_batch(connection: Connection, batch_id: str, *, reason: str, now: dt.datetime, by: str) -> None:
    """Mark a received or held batch as refused, with the sentence its sender reads; refused twice changes nothing.

    Raises: not_found for an unknown batch; needs_decision for one that has landed.
    """
    waits = (BatchState.RECEIVED, BatchState.HELD)
    if _may_change(connection, batch_id, waits, already=(BatchState.REFUSED,)):
        _change(connection, batch_id, state=BatchState.REFUSED, reason=reason, held=None)
        _tell(connection, batch_id, "refused", now=now, by=by)


def withdraw_batch(connection: Connection, batch_id: str, *, now: dt.datetime, by: str, reason: str) -> str | None:
    """Take a batch out of effect and return the id of the one it had superseded, which is in effect again.

    Raises: not_found for an unknown batch; needs_decision for one that is not in effect.
    """
    if not _may_change(connection, batch_id, (BatchState.LANDED,), already=(BatchState.WITHDRAWN,)):
        return None
    _change(connection, batch_id, state=BatchState.WITHDRAWN, withdrawn_at=now, withdrawn_by=by)
    _tell(connection, batch_id, "withdrawn", now=now, by=by, reason=reason)
    source_id, period = _slot(connection, batch_id)
    earlier = (
        select(Batch.batch_id)
        .where(Batch.source_id == source_id, Batch.period == period, Batch.state == BatchState.SUPERSEDED)
        .order_by(Batch.landing_no.desc())
        .limit(1)
    )
    back = connection.execute(earlier).scalar()
    if back is not None:
        _change(connection, back, state=BatchState.LANDED, superseded_at=None, **_landed(connection, now))
        _tell(connection, back, "restored", now=now, by=by)
    return back


def restore_batch(connection: Connection, batch_id: str, *, now: dt.datetime, by: str) -> str | None:
    """Put a superseded or withdrawn batch in effect again and return the id of the batch that goes out for it.

    Raises: not_found for an unknown batch; needs_decision for one that is neither.
    """
    _may_change(connection, batch_id, (BatchState.SUPERSEDED, BatchState.WITHDRAWN), already=())
    out = _supersede(connection, batch_id, now=now, by=by)
    back = {"state": BatchState.LANDED, "superseded_at": None, "withdrawn_at": None, "withdrawn_by": None}
    _change(connection, batch_id, **back, **_landed(connection, now))
    _tell(connection, batch_id, "restored", now=now, by=by, superseded=out)
    return out


def repeat_batch(connection: Connection, batch_id: str, sha256: str, *, now: dt.datetime, by: str) -> None:
    """Write down that the same content came again, under whatever name or form."""
    _tell(connection, batch_id, "repeated", now=now, by=by, sha256=sha256)


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


def batch_row(connection: Connection, batch_id: str) -> dict[str, Any]:
    """Return one batch with every column of the table.

    Raises: not_found for an unknown batch.
    """
    found = connection.execute(select(*_columns()).where(Batch.batch_id == batch_id)).mappings().one_or_none()
    if found is None:
        raise NotFound("数据批次", f"没有编号 {batch_id}", action="请用 fangpin batches list 查看批次编号")
    return dict(found)


def batches(connection: Connection) -> pl.DataFrame:
    """Return all batches, one row each, with every column of the table but its receipt and why it is held.

    Rows out: batch_id, source_id, period, sha256, file_name (as delivered), state str; rows_in, accepted, rejected,
    duplicate i64 (null: not read whole); declaration_digest, content, reason str|null; made_on date|null; received_at,
    landed_at, superseded_at, withdrawn_at datetime; received_by, withdrawn_by str|null; seen_landing_no, landing_no
    i64; sorted by source, period, time of receipt.
    """
    columns = [c for c in _columns() if c.key not in ("receipt", "held")]
    order = (Batch.source_id, Batch.period, Batch.received_at, Batch.batch_id)
    return frame(connection, select(*columns).order_by(*order))


def inputs_of(connection: Connection, batch_id: str) -> tuple[InputFile, ...]:
    """Return the files a batch is made of, in the order they are applied."""
    columns = (BatchInput.kind, BatchInput.sha256, BatchInput.file_name)
    statement = select(*columns).where(BatchInput.batch_id == batch_id).order_by(BatchInput.position)
    return tuple(InputFile(InputKind(kind), sha256, name) for kind, sha256, name in connection.execute(statement))


def events_of(connection: Connection, batch_id: str) -> list[dict[str, Any]]:
    """Return what happened to a batch (at, by, event, detail), earliest first."""
    columns = (BatchEvent.at, BatchEvent.by, BatchEvent.event, BatchEvent.detail)
    statement = select(*columns).where(BatchEvent.batch_id == batch_id).order_by(BatchEvent.event_id)
    return [dict(row) for row in connection.execute(statement).mappings()]


def original_hashes(connection: Connection) -> tuple[str, ...]:
    """Return the content hash of every file ever acknowledged, sorted."""
    return tuple(connection.execute(select(Original.sha256).order_by(Original.sha256)).scalars())


def _columns() -> list[Any]:
    return [getattr(Batch, name) for name in Batch.__table__.columns.keys()]  # noqa: SIM118 - keys() gives names


def _read_columns(reading: Reading) -> dict[str, Any]:
    counts = reading.counts
    return {
        "rows_in": counts.rows_in,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "duplicate": counts.duplicate,
        "declaration_digest": reading.declaration_digest,
        "content": reading.content,
        "made_on": reading.made_on,
        "receipt": reading.receipt,
    }


def _landed(connection: Connection, now: dt.datetime) -> dict[str, Any]:
    return {"landed_at": now, "landing_no": last_landing(connection) + 1}


def _slot(connection: Connection, batch_id: str) -> tuple[str, str]:
    found = connection.execute(select(Batch.source_id, Batch.period).where(Batch.batch_id == batch_id)).one()
    return found.source_id, found.period


def _supersede(connection: Connection, batch_id: str, *, now: dt.datetime, by: str) -> str | None:
    """Take the batch out of effect that holds the place of this one, and return its id."""
    source_id, period = _slot(connection, batch_id)
    in_effect = (Batch.source_id == source_id) & (Batch.period == period) & (Batch.state == BatchState.LANDED)
    older = connection.execute(select(Batch.batch_id).where(in_effect)).scalar()
    if older is not None:
        _change(connection, older, state=BatchState.SUPERSEDED, superseded_at=now)
        _tell(connection, older, "superseded", now=now, by=by, superseded_by=batch_id)
    return older


def _state(connection: Connection, batch_id: str) -> BatchState | None:
    found = connection.execute(select(Batch.state).where(Batch.batch_id == batch_id)).scalar()
    return None if found is None else BatchState(found)


def _may_change(
    connection: Connection, batch_id: str, wanted: tuple[BatchState, ...], *, already: tuple[BatchState, ...]
) -> bool:
    known = _state(connection, batch_id)
    if known is None:
        raise NotFound("数据批次", f"没有编号 {batch_id}")
    if known in already:
        return False
    if known not in wanted:
        raise NeedsDecision("数据批次", f"{batch_id} 的状态是 {known}", expected="、".join(wanted))
    return True


def _change(connection: Connection, batch_id: str, **values: object) -> None:
    connection.execute(update(Batch).where(Batch.batch_id == batch_id).values(**values))


def _tell(connection: Connection, batch_id: str, event: str, *, now: dt.datetime, by: str, **detail: object) -> None:
    told = {name: value for name, value in detail.items() if value is not None}
    connection.execute(insert(BatchEvent), {"batch_id": batch_id, "at": now, "by": by, "event": event, "detail": told})
