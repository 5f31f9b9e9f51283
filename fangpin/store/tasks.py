"""Tasks, their events and answers as kept in the office store.

Floor 3. ``record`` is the only place where a task's state changes: it asks the life-cycle table, writes
the change and appends the event in the caller's one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import polars as pl
from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute

from fangpin.store.frames import frame
from fangpin.store.schema import Answer, Lead, Task, TaskEvent
from fangpin.tasks.lifecycle import OPEN_STATES, Actor, Event, move
from fangpin.types import Period, TaskState

_TASK: Final = {name: getattr(Task, name) for name in Task.__table__.columns.keys()}  # noqa: SIM118 - keys() gives names - keys() gives names
_ANSWER: Final = {name: getattr(Answer, name) for name in Answer.__table__.columns.keys()}  # noqa: SIM118 - keys() gives names
_NOTES: Final = (Event.LEAD_WITHDRAWN, Event.LEAD_RESTORED)  # may happen more than once in a revision
_SLICE: Final = 5000  # keys bound in one statement; SQLite takes at most 32 766


def tasks_of(connection: Connection, *, period: Period | None = None, is_open: bool | None = None) -> pl.DataFrame:
    """Return tasks, of one period or of all, open ones or closed ones or both, one row each.

    Rows out: task_id, period, household_no, township, village, state str; dispatched_at datetime UTC;
    dispatched_by str; due_on date; revision i64; result_code str|null (null: not answered);
    answered_at, answered_by, closed_at, closed_by (null: not so far); sorted by task_id.
    """
    conditions: list[ColumnElement[bool]] = []
    if period is not None:
        conditions.append(Task.period == str(period))
    if is_open is not None:
        conditions.append(Task.state.in_(OPEN_STATES) if is_open else Task.state.not_in(OPEN_STATES))
    return frame(connection, select(*_TASK.values()).where(*conditions).order_by(Task.task_id))


def tasks_named(connection: Connection, task_ids: Sequence[str]) -> pl.DataFrame:
    """Return the tasks of these keys; an unknown key has no row. Rows out: as ``tasks_of``."""
    return _by_key(connection, _TASK, Task.task_id, task_ids)


def answers_named(connection: Connection, task_ids: Sequence[str]) -> pl.DataFrame:
    """Return the answers to these tasks, every revision, one row per task and revision.

    Rows out: task_id str; revision i64; result_code str; reason_code str|null; visited_on date;
    visitors str; method, note str|null; sheet_sha256 str; received_at datetime UTC; received_by str.
    """
    return _by_key(connection, _ANSWER, Answer.task_id, task_ids)


def tasks_with_leads_of(connection: Connection, period: Period) -> pl.DataFrame:
    """Return the tasks that hold, or held, a lead of this period. Rows out: as ``tasks_of``."""
    touched = select(Lead.task_id).where(Lead.period == str(period))
    return frame(connection, select(*_TASK.values()).where(Task.task_id.in_(touched)).order_by(Task.task_id))


def insert_tasks(connection: Connection, new: pl.DataFrame, *, actor: Actor, now: dt.datetime, by: str) -> None:
    """Make tasks with their first event.

    Rows in: ``new`` task_id, period, household_no, township, village, lead_id str, due_on date.
    """
    if new.is_empty():
        return
    state = move(None, Event.DISPATCHED, actor=actor)
    tasks = new.drop("lead_id").with_columns(
        state=pl.lit(str(state)), dispatched_at=pl.lit(now), dispatched_by=pl.lit(by), revision=pl.lit(1)
    )
    connection.execute(insert(Task), tasks.to_dicts())
    events = new.select("task_id", from_state=pl.lit(None, pl.String), revision=pl.lit(1), detail=pl.struct("lead_id"))
    _append(connection, events.with_columns(to_state=pl.lit(str(state))), Event.DISPATCHED, now=now, by=by)


def insert_answers(connection: Connection, answers: pl.DataFrame) -> None:
    """Keep what townships answered.

    Rows in: ``answers`` with the columns of ``answers_named``.
    """
    if not answers.is_empty():
        connection.execute(insert(Answer), answers.select(*_ANSWER).to_dicts())


def record(
    connection: Connection, changes: pl.DataFrame, event: Event, *, actor: Actor, now: dt.datetime, by: str
) -> None:
    """Change tasks by an event and append the event, one for each task.

    Rows in: ``changes`` task_id, from_state str, revision i64 (after the event), detail struct (what
    the event says), and any other column of a task that the event sets; one row per task.
    Raises: needs_decision when the event cannot follow a state (see ``lifecycle.move``).
    """
    if changes.is_empty():
        return
    states = {s: str(move(TaskState(s), event, actor=actor)) for s in changes["from_state"].unique().sort()}
    moved = changes.with_columns(to_state=pl.col("from_state").replace_strict(states, return_dtype=pl.String))
    rows = moved.with_columns(state="to_state").to_dicts()
    settable = [name for name in ("state", *changes.columns) if name in _TASK and name != "task_id"]
    values = {name: bindparam(f"to_{name}", type_=_TASK[name].type) for name in settable}
    bound = [{"key": row["task_id"]} | {f"to_{name}": row[name] for name in settable} for row in rows]
    connection.execute(update(Task).where(Task.task_id == bindparam("key")).values(**values), bound)
    _append(connection, moved, event, now=now, by=by)


def _append(connection: Connection, events: pl.DataFrame, event: Event, *, now: dt.datetime, by: str) -> None:
    """Append one event per row; its key makes a second append of the same event impossible."""
    key = [pl.col("task_id"), pl.col("revision").cast(pl.String), pl.lit(str(event))]
    if event in _NOTES:
        counts = (TaskEvent.task_id, func.count().label("before"))
        earlier = frame(connection, select(*counts).group_by(TaskEvent.task_id).order_by(TaskEvent.task_id))
        events = events.join(earlier, on="task_id", how="left")
        key.append(pl.col("before").fill_null(0).cast(pl.String))
    rows = events.select(
        "task_id",
        pl.concat_str(key, separator=":").alias("event_key"),
        pl.lit(now).alias("at"),
        pl.lit(by).alias("by"),
        pl.lit(str(event)).alias("event"),
        "from_state",
        "to_state",
        "detail",
    )
    connection.execute(insert(TaskEvent), rows.to_dicts())


def _by_key(
    connection: Connection, columns: dict[str, Any], key: InstrumentedAttribute[str], keys: Sequence[str]
) -> pl.DataFrame:
    """Return the rows of these keys, asked for in slices."""
    wanted = sorted(set(keys))
    slices = [wanted[start : start + _SLICE] for start in range(0, max(len(wanted), 1), _SLICE)]
    return pl.concat(
        frame(connection, select(*columns.values()).where(key.in_(some)).order_by(*list(columns.values())[:2]))
        for some in slices
    )
