"""How the ways in have fared, and which remote files were taken in.

Floor 3. Every function is idempotent by its key and takes the caller's transaction.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import polars as pl
from sqlalchemy import Connection, delete, insert, select

from fangpin.store.frames import frame
from fangpin.store.schedules import Channel, Fetched


class Outcome(StrEnum):
    """What became of a remote file (取到的文件的去向)."""

    RECEIVED = "received"  # 已接收
    KNOWN = "known"  # 此前已收
    HELD = "held"  # 待人工决定
    REFUSED = "refused"  # 不能接收


@dataclass(frozen=True, slots=True)
class Taken:
    """A remote file that was brought whole and given to intake, by the name, stamp and size it had there."""

    name: str
    stamp: str
    size_bytes: int
    sha256: str
    outcome: Outcome
    sentence: str | None = None


def record_channel(connection: Connection, connection_id: str, *, failure: str | None, now: dt.datetime) -> None:
    """Write down that a channel was tried, and worked or failed with a sentence; failures in a row are counted."""
    before = connection.execute(select(Channel).where(Channel.connection_id == connection_id)).mappings().first()
    row = {
        "connection_id": connection_id,
        "tried_at": now,
        "worked_at": now if failure is None else (before["worked_at"] if before else None),
        "failures": 0 if failure is None else (before["failures"] if before else 0) + 1,
        "sentence": failure,
    }
    connection.execute(delete(Channel).where(Channel.connection_id == connection_id))
    connection.execute(insert(Channel), row)


def channels(connection: Connection) -> pl.DataFrame:
    """Return how every channel that was ever tried has fared.

    Rows out: connection_id str; tried_at datetime UTC, worked_at datetime UTC|null; failures i64; sentence str|null;
    sorted by connection_id.
    """
    columns = [getattr(Channel, name) for name in Channel.__table__.columns.keys()]  # noqa: SIM118 - keys() gives names
    return frame(connection, select(*columns).order_by(Channel.connection_id))


def record_taken(connection: Connection, connection_id: str, taken: Taken, *, now: dt.datetime) -> None:
    """Write down what became of a remote file; the same file again takes the place of what stood there.

    A file that turns out to be known leaves the record of its first time.
    """
    key = (Fetched.connection_id == connection_id) & (Fetched.name == taken.name) & (Fetched.stamp == taken.stamp)
    first_time = Fetched.sha256 == taken.sha256, Fetched.outcome == Outcome.RECEIVED
    if taken.outcome is Outcome.KNOWN and connection.execute(select(Fetched.name).where(key, *first_time)).first():
        return
    connection.execute(delete(Fetched).where(key))
    row = {
        "connection_id": connection_id,
        "name": taken.name,
        "stamp": taken.stamp,
        "size_bytes": taken.size_bytes,
        "sha256": taken.sha256,
        "fetched_at": now,
        "outcome": taken.outcome,
        "sentence": taken.sentence,
    }
    connection.execute(insert(Fetched), row)


def taken_of(connection: Connection, connection_id: str) -> pl.DataFrame:
    """Return every remote file of a connection that was brought whole.

    Rows out: connection_id, name, stamp str; size_bytes i64; sha256 str; fetched_at datetime UTC; outcome str;
    sentence str|null; sorted by fetched_at, name and stamp.
    """
    columns = [getattr(Fetched, name) for name in Fetched.__table__.columns.keys()]  # noqa: SIM118 - keys() gives names
    statement = select(*columns).where(Fetched.connection_id == connection_id)
    return frame(connection, statement.order_by(Fetched.fetched_at, Fetched.name, Fetched.stamp))
