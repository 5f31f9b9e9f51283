"""The life of a verification task: which event may follow which state, and who may cause it.

Floor 2. One frozen table of transitions, and the plan of a dispatch as frames. Nothing here writes; a state is never
changed anywhere but by asking this table.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from fangpin.errors import NeedsDecision
from fangpin.types import TaskState

TIME_ZONE: Final = "Asia/Shanghai"


class LeadState(StrEnum):
    """Where a lead stands (线索状态)."""

    OPEN = "open"  # 待交办
    DISPATCHED = "dispatched"  # 已交办
    WITHDRAWN = "withdrawn"  # 已撤回


class Event(StrEnum):
    """What may happen to a task (流转事件)."""

    DISPATCHED = "dispatched"
    JOINED = "joined"
    REOPENED = "reopened"
    ANSWERED = "answered"
    RETURNED = "returned"
    CLOSED = "closed"
    LEAD_WITHDRAWN = "lead_withdrawn"
    ALL_WITHDRAWN = "all_withdrawn"
    LEAD_RESTORED = "lead_restored"


class Actor(StrEnum):
    """On whose behalf something happens to a task."""

    COUNTY = "county"
    TOWNSHIP = "township"
    SYSTEM = "system"


STATE_TITLES: Final = {
    TaskState.DISPATCHED: "已交办",
    TaskState.ANSWERED: "已反馈",
    TaskState.RETURNED: "退回重核",
    TaskState.CLOSED: "办结",
}
EVENT_TITLES: Final = {
    Event.DISPATCHED: "交办",
    Event.JOINED: "线索并入",
    Event.REOPENED: "重新交办",
    Event.ANSWERED: "反馈",
    Event.RETURNED: "退回重核",
    Event.CLOSED: "办结",
    Event.LEAD_WITHDRAWN: "线索撤回",
    Event.ALL_WITHDRAWN: "线索撤回，任务办结",
    Event.LEAD_RESTORED: "线索恢复",
}
OPEN_STATES: Final = (TaskState.DISPATCHED, TaskState.RETURNED)


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the table: from this state, by this event, to that state; ``None`` is no task yet."""

    from_state: TaskState | None
    event: Event
    to_state: TaskState
    who: frozenset[Actor]


_OFFICE: Final = frozenset({Actor.COUNTY, Actor.SYSTEM})
_COUNTY: Final = frozenset({Actor.COUNTY})
_TOWNSHIP: Final = frozenset({Actor.TOWNSHIP})
_SYSTEM: Final = frozenset({Actor.SYSTEM})

TRANSITIONS: Final = (
    Transition(None, Event.DISPATCHED, TaskState.DISPATCHED, _OFFICE),
    Transition(TaskState.DISPATCHED, Event.JOINED, TaskState.DISPATCHED, _OFFICE),
    Transition(TaskState.RETURNED, Event.JOINED, TaskState.RETURNED, _OFFICE),
    Transition(TaskState.CLOSED, Event.REOPENED, TaskState.DISPATCHED, _OFFICE),
    Transition(TaskState.DISPATCHED, Event.ANSWERED, TaskState.ANSWERED, _TOWNSHIP),
    Transition(TaskState.RETURNED, Event.ANSWERED, TaskState.ANSWERED, _TOWNSHIP),
    Transition(TaskState.ANSWERED, Event.RETURNED, TaskState.RETURNED, _COUNTY),
    Transition(TaskState.ANSWERED, Event.CLOSED, TaskState.CLOSED, _COUNTY),
    Transition(TaskState.DISPATCHED, Event.ALL_WITHDRAWN, TaskState.CLOSED, _SYSTEM),
    Transition(TaskState.RETURNED, Event.ALL_WITHDRAWN, TaskState.CLOSED, _SYSTEM),
    *(Transition(state, Event.LEAD_WITHDRAWN, state, _SYSTEM) for state in TaskState),
    *(Transition(state, Event.LEAD_RESTORED, state, _SYSTEM) for state in TaskState),
)
_TABLE: Final = {(t.from_state, t.event): t for t in TRANSITIONS}


def move(state: TaskState | None, event: Event, *, actor: Actor) -> TaskState:
    """Return the state a task has after an event.

    Source: process §4.1 (b), §4.7.
    Raises: needs_decision when the event cannot follow the state, or this actor may not cause it.

    >>> move(TaskState.DISPATCHED, Event.ANSWERED, actor=Actor.TOWNSHIP)
    <TaskState.ANSWERED: 'answered'>
    """
    transition = _TABLE.get((state, event))
    if transition is None or actor not in transition.who:
        title = "尚未交办" if state is None else STATE_TITLES[state]
        given = f"“{title}”的任务不能由 {actor} 作“{EVENT_TITLES[event]}”"
        raise NeedsDecision("核查任务", given, action="请先核对任务状态")
    return transition.to_state


@dataclass(frozen=True, slots=True)
class DispatchPlan:
    """What a dispatch will do, one row per lead.

    ``new``: task_id, lead_id, period, household_no, township, village str, due_on date; one row per
    task to make. ``joins`` and ``reopens``: lead_id, task_id str, from_state str, revision i64 (the
    new one), due_on date (of a join: unchanged). ``unplaced``: lead_id str; no township is known,
    so nobody can be asked.
    """

    new: pl.DataFrame
    joins: pl.DataFrame
    reopens: pl.DataFrame
    unplaced: pl.DataFrame


def plan_dispatch(leads: pl.DataFrame, tasks: pl.DataFrame, *, due_on: dt.date) -> DispatchPlan:
    """Return which leads make a task, join the household's open task, or reopen this period's closed one.

    Rows in: ``leads`` lead_id, period, household_no, township, village, state str (other states than
    open are passed over; at most one lead per period and household); ``tasks`` task_id, household_no,
    state str, result_code str (null: not answered), revision i64, due_on date. A task closed without
    an answer (all its leads were withdrawn) is reopened when a lead of the same period is back.
    Rows out: see DispatchPlan, each frame sorted by lead_id.
    Source: process §4.7 (same household: one task); a new lead joins the open task of the household.

    >>> lead = {"lead_id": "2024-01:H1", "period": "2024-01", "household_no": "H1", "township": "桐花镇"}
    >>> leads = pl.DataFrame([lead | {"village": "下河村", "state": "open"}])
    >>> tasks = pl.DataFrame(schema={"task_id": pl.String, "household_no": pl.String, "state": pl.String,
    ...     "result_code": pl.String, "revision": pl.Int64, "due_on": pl.Date})
    >>> plan_dispatch(leads, tasks, due_on=dt.date(2024, 2, 8)).new["due_on"].item()
    datetime.date(2024, 2, 8)
    """
    due = pl.lit(due_on).alias("due_on")
    open_leads = leads.filter(pl.col("state") == LeadState.OPEN).sort("lead_id")
    placed = open_leads.filter(pl.col("township").fill_null("") != "")
    open_tasks = tasks.filter(pl.col("state").is_in([str(s) for s in OPEN_STATES]))
    kept = pl.col("task_id"), pl.col("state").alias("from_state"), pl.col("revision") + 1, pl.col("due_on")
    joins = placed.select("lead_id", "household_no").join(
        open_tasks.select("household_no", *kept), on="household_no", how="inner"
    )
    alone = placed.join(joins, on="lead_id", how="anti").with_columns(_task_id())
    empty = tasks.filter((pl.col("state") == TaskState.CLOSED) & pl.col("result_code").is_null())
    reopens = alone.select("lead_id", "task_id").join(empty.select(*kept[:3]), on="task_id", how="inner")
    new = alone.join(reopens, on="lead_id", how="anti").with_columns(due)
    columns = ("lead_id", "task_id", "from_state", "revision", "due_on")
    return DispatchPlan(
        new.select("task_id", "lead_id", "period", "household_no", "township", "village", "due_on").sort("lead_id"),
        joins.select(columns).sort("lead_id"),
        reopens.with_columns(due).select(columns).sort("lead_id"),
        open_leads.join(placed, on="lead_id", how="anti").select("lead_id"),
    )


def _task_id() -> pl.Expr:
    """Return the key of the task a lead would make: one per household and period."""
    return pl.concat_str("period", "household_no", separator=":").alias("task_id")
