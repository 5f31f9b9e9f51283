"""Leads: what the run in effect says against a household, and what became of it.

Floor 3. A new run is compared with what is kept: new, changed, unchanged, withdrawn. Nothing is
deleted; a lead whose task is out tells the task what happened to it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Connection, bindparam, insert, select, update

from fangpin.store.frames import frame
from fangpin.store.schema import Answer, Lead
from fangpin.store.tasks import record, tasks_with_leads_of
from fangpin.tasks.lifecycle import OPEN_STATES, TIME_ZONE, Actor, Event, LeadState
from fangpin.types import Period, TaskState

_CONTENT: Final = ("township", "village", "grade", "kinds", "channels", "standing", "flags", "sentence", "score")
_COLUMNS: Final = tuple(getattr(Lead, name) for name in Lead.__table__.columns.keys())  # noqa: SIM118 - keys() gives names


@dataclass(frozen=True, slots=True)
class LeadChanges:
    """How the leads of a run differ from what was kept; a lead that is back counts as changed."""

    new: int
    changed: int
    unchanged: int
    withdrawn: int


def leads_of(connection: Connection, period: Period) -> pl.DataFrame:
    """Return the leads of a period, withdrawn ones too, one row per household.

    Rows out: lead_id, period, household_no, township, village ('' when unknown), grade str; kinds, channels
    list of str; standing str; flags list of str; sentence str; score f64; run_id (the run that last changed it),
    state str; task_id str|null (null: not dispatched); sorted by lead_id.
    """
    return frame(connection, select(*_COLUMNS).where(Lead.period == str(period)).order_by(Lead.lead_id))


def leads_on_tasks(connection: Connection, period: Period) -> pl.DataFrame:
    """Return every lead in force on the tasks that hold a lead of this period, also those of other periods.

    Rows out: as ``leads_of``, state dispatched only, sorted by lead_id.
    """
    in_force = Lead.state == LeadState.DISPATCHED
    touched = select(Lead.task_id).where(Lead.period == str(period), in_force)
    return frame(connection, select(*_COLUMNS).where(Lead.task_id.in_(touched), in_force).order_by(Lead.lead_id))


def visits_before(connection: Connection, period: Period) -> pl.DataFrame:
    """Return what visits told of earlier months' leads, as far as a screening of this month may know it.

    That is what had come in by the month's last day: whenever the month is screened, it is the same. Of a task
    answered more than once the last answer counts. One row a task, sorted by household_no, visited_on.
    Rows out: household_no str; kinds list of str (of all its leads, sorted); last_period str (the latest month of
    these leads, before this one); visited_on date; result_code str.
    """
    following = period.back(-1)
    until = dt.datetime(following.year, following.month, 1, tzinfo=ZoneInfo(TIME_ZONE))
    told = (
        select(Lead.household_no, Lead.task_id, Lead.kinds, Lead.period)
        .add_columns(Answer.revision, Answer.visited_on, Answer.result_code)
        .join(Answer, Answer.task_id == Lead.task_id)
        .where(Answer.received_at < until, Lead.period < str(period))
    )
    rows = frame(connection, told.order_by(Lead.task_id, Answer.revision, Lead.period))
    newest = rows.filter(pl.col("revision") == pl.col("revision").max().over("task_id"))
    return (
        newest.group_by("household_no", "task_id", "visited_on", "result_code")
        .agg(pl.col("kinds").list.explode().unique().sort(), pl.col("period").max().alias("last_period"))
        .sort("household_no", "visited_on", "task_id")
        .select("household_no", "kinds", "last_period", "visited_on", "result_code")
    )


def attach_leads(connection: Connection, links: pl.DataFrame) -> None:
    """Mark leads as dispatched with their task.

    Rows in: ``links`` lead_id, task_id str.
    """
    rows = links.select(key="lead_id", to="task_id").to_dicts()
    if rows:
        values = {"state": LeadState.DISPATCHED, "task_id": bindparam("to")}
        connection.execute(update(Lead).where(Lead.lead_id == bindparam("key")).values(**values), rows)


def bring_leads(
    connection: Connection, period: Period, *, leads: pl.DataFrame, run_id: str, now: dt.datetime, by: str
) -> LeadChanges:
    """Bring the leads of a period to what a run found, tell the tasks concerned, and return the counts.

    Rows in: ``leads`` as in ``publish_run``.
    """
    kept = leads_of(connection, period)
    found = _keyed(leads, period, run_id)
    both = found.join(kept.select("lead_id", *_kept_names()), on="lead_id", how="left")
    new = both.filter(pl.col("kept_state").is_null())
    known = both.filter(pl.col("kept_state").is_not_null())
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"kept_{name}")) for name in _CONTENT)
    back = pl.col("kept_state") == LeadState.WITHDRAWN
    changed = known.filter(differs | back)
    missing = kept.filter(pl.col("state") != LeadState.WITHDRAWN).join(found, on="lead_id", how="anti")
    gone = missing.select("lead_id", *_kept_names())
    if not new.is_empty():
        connection.execute(insert(Lead), new.select(found.columns).with_columns(state=pl.lit("open")).to_dicts())
    _write_changed(connection, changed.select(found.columns))
    _withdraw(connection, gone, period=period, now=now, by=by)
    _restore(connection, changed.filter(back), period=period, now=now, by=by)
    return LeadChanges(new.height, changed.height, known.height - changed.height, gone.height)


def _kept_names() -> list[pl.Expr]:
    return [pl.col(name).alias(f"kept_{name}") for name in (*_CONTENT, "state", "task_id")]


def _keyed(leads: pl.DataFrame, period: Period, run_id: str) -> pl.DataFrame:
    """Return the leads with key, period and run; an unknown place is '' so that it is never null twice."""
    return leads.select(
        pl.concat_str(pl.lit(str(period)), "household_no", separator=":").alias("lead_id"),
        pl.lit(str(period)).alias("period"),
        "household_no",
        pl.col("township", "village").fill_null(""),
        "grade",
        pl.col("kinds", "channels").cast(pl.List(pl.String)),
        "standing",
        pl.col("flags").cast(pl.List(pl.String)),
        "sentence",
        pl.col("score").cast(pl.Float64),
        pl.lit(run_id).alias("run_id"),
    )


def _write_changed(connection: Connection, changed: pl.DataFrame) -> None:
    rows = changed.select(pl.col("lead_id").alias("key"), "run_id", *_CONTENT).to_dicts()
    if rows:
        values: dict[str, Any] = {name: bindparam(name) for name in ("run_id", *_CONTENT)}
        connection.execute(update(Lead).where(Lead.lead_id == bindparam("key")).values(**values), rows)


def _withdraw(connection: Connection, gone: pl.DataFrame, *, period: Period, now: dt.datetime, by: str) -> None:
    """Withdraw leads; an open task that held nothing else closes, any other only notes it."""
    if gone.is_empty():
        return
    withdrawn = update(Lead).where(Lead.lead_id == bindparam("key")).values(state=LeadState.WITHDRAWN)
    connection.execute(withdrawn, gone.select(key="lead_id").to_dicts())
    held = frame(connection, select(Lead.task_id).where(Lead.state == LeadState.DISPATCHED).distinct())
    told = _told(connection, gone, period).drop("result_code")
    is_left = pl.col("from_state").is_in([str(s) for s in OPEN_STATES]) & ~pl.col("task_id").is_in(held["task_id"])
    closing = told.filter(is_left).with_columns(closed_at=pl.lit(now), closed_by=pl.lit(by))
    record(connection, told.filter(~is_left), Event.LEAD_WITHDRAWN, actor=Actor.SYSTEM, now=now, by=by)
    record(connection, closing, Event.ALL_WITHDRAWN, actor=Actor.SYSTEM, now=now, by=by)


def _restore(connection: Connection, back: pl.DataFrame, *, period: Period, now: dt.datetime, by: str) -> None:
    """Put leads that are back on the task they were on; where that closed unanswered they await dispatch again."""
    told = _told(connection, back, period)
    stands = (pl.col("from_state") != TaskState.CLOSED) | pl.col("result_code").is_not_null()
    standing = told.filter(stands)
    attach_leads(connection, standing.select("task_id", lead_id=pl.col("detail").struct["lead_id"]))
    record(connection, standing.drop("result_code"), Event.LEAD_RESTORED, actor=Actor.SYSTEM, now=now, by=by)
    waiting = back.join(standing, left_on="kept_task_id", right_on="task_id", how="anti")
    if not waiting.is_empty():
        opened = update(Lead).where(Lead.lead_id == bindparam("key")).values(state=LeadState.OPEN, task_id=None)
        connection.execute(opened, waiting.select(key="lead_id").to_dicts())


def _told(connection: Connection, leads: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Return the tasks these leads are on, as changes: task_id, from_state, revision, result_code, detail."""
    links = leads.select("lead_id", task_id="kept_task_id").drop_nulls("task_id")
    tasks = tasks_with_leads_of(connection, period).select("task_id", "revision", "result_code", from_state="state")
    return links.join(tasks, on="task_id", how="inner").select(
        "task_id", "from_state", "revision", "result_code", detail=pl.struct("lead_id")
    )
