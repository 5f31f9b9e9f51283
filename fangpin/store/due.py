"""What is due and what ran: periods of jobs written down once, claimed with a lease and a growing fence number.

Floor 3. Every function takes the caller's write transaction, so of two schedulers one comes first. A claim whose
lease is over may be taken over; the worker that lost it can no longer finish.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Connection, Integer, cast, func, insert, select, update
from sqlalchemy.sql import ColumnElement

from fangpin.store.frames import frame
from fangpin.store.schedules import Due, DueState, JobRun
from fangpin.store.schema import County
from fangpin.tasks.duedays import DuePeriod

_OPEN = (DueState.WAITING, DueState.FAILED)
_KILLED = "执行多次中断，没有留下结果"
PASSED_OVER = "后一期也已到期，由最近一次一并办理"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a claim holds without a sign of life, and after which waits a failed period is tried again."""

    lease: dt.timedelta
    waits: tuple[dt.timedelta, ...]

    @property
    def attempts(self) -> int:
        """How often a period is tried before a person must look at it."""
        return len(self.waits) + 1


@dataclass(frozen=True, slots=True)
class Claim:
    """A due period in a worker's hands; ``attempt`` counts from one."""

    job_id: str
    period: str
    fence: int
    owner: str
    attempt: int


def county_since(connection: Connection) -> dt.datetime | None:
    """Return when the county was set up: nothing is due from before; None for a new store."""
    return connection.execute(select(County.created_at)).scalar()


def last_due(connection: Connection, job_id: str) -> dt.datetime | None:
    """Return the latest moment a period of a job was written down for, or None."""
    return connection.execute(select(func.max(Due.due_at)).where(Due.job_id == job_id)).scalar()


def add_due(connection: Connection, due: DuePeriod) -> bool:
    """Write down that a period is due; False when it stands already, whatever became of it."""
    known = select(Due.period).where(Due.job_id == due.job_id, Due.period == due.period)
    if connection.execute(known).scalar() is not None:
        return False
    row = {"job_id": due.job_id, "period": due.period, "due_at": due.due_at, "next_try_at": due.due_at}
    connection.execute(insert(Due), row | {"state": DueState.WAITING, "fence": 0, "attempts": 0})
    return True


def mend_clock(connection: Connection, *, now: dt.datetime, patience: Patience) -> None:
    """Undo what a clock that was ahead has left: work not done waits for its day, and no wait is longer than any is."""
    undone = Due.state.in_([*_OPEN, DueState.GIVEN_UP]) | (Due.sentence == PASSED_OVER)
    waiting = {"state": DueState.WAITING, "attempts": 0, "next_try_at": Due.due_at, "done_at": None, "sentence": None}
    connection.execute(update(Due).where(undone, Due.due_at > now).values(**waiting))
    longest = now + max(patience.waits)
    connection.execute(
        update(Due).where(Due.state == DueState.FAILED, Due.next_try_at > longest).values(next_try_at=now)
    )


def claim(
    connection: Connection, *, jobs: Sequence[str], owner: str, now: dt.datetime, patience: Patience
) -> Claim | None:
    """Take the period of these jobs that has been due longest, or None; at the same moment, in the jobs' order.

    A period that was claimed so often and never ended is given up instead: what kills its worker must not go on.
    """
    columns = (Due.job_id, Due.period, Due.due_at, Due.state, Due.fence, Due.attempts)
    found = connection.execute(select(*columns).where(Due.job_id.in_(jobs), _is_free(now, patience))).all()
    for row in sorted(found, key=lambda row: (row.due_at, jobs.index(row.job_id), row.period)):
        if row.attempts >= patience.attempts:
            gone = {"state": DueState.GIVEN_UP, "owner": None, "lease_until": None, "sentence": _KILLED}
            connection.execute(update(Due).where(*_key(row)).values(**gone))
            continue
        taken = Claim(row.job_id, row.period, row.fence + 1, owner, row.attempts + 1)
        held = {"state": DueState.CLAIMED, "owner": owner, "lease_until": now + patience.lease}
        held |= {"fence": taken.fence, "attempts": taken.attempt}
        connection.execute(update(Due).where(*_key(row)).values(**held))
        run = {"job_id": row.job_id, "period": row.period, "fence": taken.fence, "owner": owner, "started_at": now}
        connection.execute(insert(JobRun), run)
        return taken
    return None


def renew(connection: Connection, taken: Claim, *, now: dt.datetime, patience: Patience) -> bool:
    """Give a sign of life; False when the claim has been taken over."""
    return _change(connection, taken, lease_until=now + patience.lease)


def finish(connection: Connection, taken: Claim, *, now: dt.datetime, sentence: str) -> bool:
    """Write down that a period is done; False when the claim has been taken over, and then nothing changes."""
    done = {"state": DueState.DONE, "done_at": now, "next_try_at": None, "sentence": sentence}
    return _end(connection, taken, now=now, ok=True, sentence=sentence, values=done)


def fail(connection: Connection, taken: Claim, *, now: dt.datetime, sentence: str, patience: Patience) -> bool:
    """Write down that an attempt failed, to be tried again or given up; False when the claim has been taken over."""
    failed: dict[str, Any] = {"state": DueState.GIVEN_UP, "next_try_at": None, "sentence": sentence}
    if taken.attempt < patience.attempts:
        failed |= {"state": DueState.FAILED, "next_try_at": now + patience.waits[taken.attempt - 1]}
    return _end(connection, taken, now=now, ok=False, sentence=sentence, values=failed)


def hand_back(connection: Connection, taken: Claim, *, now: dt.datetime, sentence: str) -> bool:
    """Give a claim back unfinished, to be taken up at once by whoever comes next; it costs no attempt."""
    free = {"state": DueState.WAITING, "next_try_at": now, "attempts": taken.attempt - 1, "sentence": sentence}
    return _end(connection, taken, now=now, ok=False, sentence=sentence, values=free)


def try_again(connection: Connection, *, now: dt.datetime) -> int:
    """Give every period that was given up its attempts anew, and return how many there were."""
    anew = {"state": DueState.WAITING, "attempts": 0, "next_try_at": now}
    return connection.execute(update(Due).where(Due.state == DueState.GIVEN_UP).values(**anew)).rowcount


def dues(connection: Connection) -> pl.DataFrame:
    """Return every due period there ever was, newest first.

    Rows out: job_id, period, state str; due_at, next_try_at, done_at datetime; attempts i64; sentence str|null.
    """
    columns = (Due.job_id, Due.period, Due.due_at, Due.state, Due.attempts, Due.next_try_at, Due.done_at, Due.sentence)
    return frame(connection, select(*columns).order_by(Due.due_at.desc(), Due.job_id, Due.period))


def job_runs(connection: Connection) -> pl.DataFrame:
    """Return every attempt there ever was, in the order they began.

    Rows out: job_id, period str; fence i64; owner str; started_at, ended_at datetime (null: runs, or was killed);
    ok i64 (1, 0 or null); sentence str|null.
    """
    columns = (JobRun.job_id, JobRun.period, JobRun.fence, JobRun.owner, JobRun.started_at, JobRun.ended_at)
    ok = cast(JobRun.ok, Integer).label("ok")
    return frame(connection, select(*columns, ok, JobRun.sentence).order_by(JobRun.job_run_id))


def _is_free(now: dt.datetime, patience: Patience) -> ColumnElement[bool]:
    """Say which periods may be claimed; a lease that ends later than any can is one of a clock that was ahead."""
    waits = Due.state.in_(_OPEN) & (Due.next_try_at <= now)
    over = (Due.lease_until <= now) | (Due.lease_until > now + patience.lease)
    return waits | ((Due.state == DueState.CLAIMED) & over)


def _key(row: Any) -> tuple[ColumnElement[bool], ...]:
    return Due.job_id == row.job_id, Due.period == row.period


def _end(
    connection: Connection, taken: Claim, *, now: dt.datetime, ok: bool, sentence: str, values: dict[str, Any]
) -> bool:
    held = _change(connection, taken, owner=None, lease_until=None, **values)
    told = {"ended_at": now, "ok": ok and held, "sentence": sentence}
    run = (JobRun.job_id == taken.job_id, JobRun.period == taken.period, JobRun.fence == taken.fence)
    connection.execute(update(JobRun).where(*run).values(**told))
    return held


def _change(connection: Connection, taken: Claim, **values: object) -> bool:
    """Change a period only while this claim of it holds."""
    holds = (*_key(taken), Due.state == DueState.CLAIMED, Due.fence == taken.fence)
    return connection.execute(update(Due).where(*holds).values(**values)).rowcount == 1
