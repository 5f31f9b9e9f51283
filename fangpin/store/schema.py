"""The tables of the office store: the county, what was run, dispatched and answered.

Floor 3. Natural keys, UTC times, CHECK constraints where a state stands. Tables only: the migrations
make them, the modules named after their rows write them. No name, ID number or amount of a person
is ever a column here.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from fangpin.store.base import MONTH, Base, at_and_by, one_of, unique_where
from fangpin.store.columns import JsonText
from fangpin.tasks.lifecycle import OPEN_STATES, LeadState
from fangpin.types import ResultCode, Standing, TaskState


class RunState(StrEnum):
    """How far a screening run has come (筛查状态)."""

    STARTED = "started"
    PUBLISHED = "published"
    REPLACED = "replaced"


OPEN_TASK: Final = f"state in ({', '.join(repr(str(s)) for s in OPEN_STATES)})"


class County(Base):
    """The one county this store belongs to (县)."""

    __tablename__ = "county"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[str]
    created_at: Mapped[dt.datetime]


class Run(Base):
    """One screening of a period (筛查); ``pins`` are the batches and declarations it stood on."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint(one_of("state", RunState), name="state"),
        CheckConstraint(MONTH, name="period"),
        CheckConstraint(
            "state = 'started' or (digest is not null and path is not null and published_at is not null)",
            name="published",
        ),
        unique_where("uq_run_published", "period", where="state = 'published'"),
    )

    run_id: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str]
    state: Mapped[str]
    pins: Mapped[dict[str, Any]] = mapped_column(JsonText())
    digest: Mapped[str | None]
    path: Mapped[str | None]
    started_at: Mapped[dt.datetime]
    published_at: Mapped[dt.datetime | None]


class Task(Base):
    """The visit a township owes for a household (核查任务); at most one open task per household."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint(one_of("state", TaskState), name="state"),
        CheckConstraint(MONTH, name="period"),
        CheckConstraint("task_id = period || ':' || household_no", name="key"),
        CheckConstraint("revision >= 1", name="revision"),
        CheckConstraint(f"result_code is null or {one_of('result_code', ResultCode)}", name="result_code"),
        CheckConstraint("state <> 'answered' or result_code is not null", name="answered"),
        CheckConstraint("(result_code is null) = (answered_at is null)", name="result_and_time"),
        CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed"),
        at_and_by("answered"),
        at_and_by("closed"),
        unique_where("uq_task_open_household", "household_no", where=OPEN_TASK),
        Index("ix_task_township", "township"),
    )

    task_id: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str]
    household_no: Mapped[str]
    township: Mapped[str]
    village: Mapped[str]
    state: Mapped[str]
    dispatched_at: Mapped[dt.datetime]
    dispatched_by: Mapped[str]
    due_on: Mapped[dt.date]
    revision: Mapped[int]
    result_code: Mapped[str | None]
    answered_at: Mapped[dt.datetime | None]
    answered_by: Mapped[str | None]
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[str | None]


class Lead(Base):
    """Everything known against a household in a period (预警线索); withdrawn, never deleted."""

    __tablename__ = "lead"
    __table_args__ = (
        CheckConstraint(one_of("state", LeadState), name="state"),
        CheckConstraint(MONTH, name="period"),
        CheckConstraint(one_of("standing", Standing), name="standing"),
        CheckConstraint("lead_id = period || ':' || household_no", name="key"),
        CheckConstraint("state <> 'dispatched' or task_id is not null", name="dispatched"),
        CheckConstraint("state <> 'open' or task_id is null", name="open"),
        Index("ix_lead_period", "period"),
        Index("ix_lead_task", "task_id"),
    )

    lead_id: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str]
    household_no: Mapped[str]
    township: Mapped[str]
    village: Mapped[str]
    grade: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(JsonText())
    channels: Mapped[list[str]] = mapped_column(JsonText())
    standing: Mapped[str]
    flags: Mapped[list[str]] = mapped_column(JsonText())
    sentence: Mapped[str]
    score: Mapped[float]
    run_id: Mapped[str] = mapped_column(ForeignKey("run.run_id"))
    state: Mapped[str]
    task_id: Mapped[str | None] = mapped_column(ForeignKey("task.task_id"))


class TaskEvent(Base):
    """One thing that happened to a task (流转记录): append-only, no foreign key, triggers refuse a change."""

    __tablename__ = "task_event"
    __table_args__ = (Index("uq_task_event_key", "event_key", unique=True), Index("ix_task_event_task", "task_id"))

    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    task_id: Mapped[str]
    event_key: Mapped[str]
    at: Mapped[dt.datetime]
    by: Mapped[str]
    event: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JsonText())


class Answer(Base):
    """What a township found, by revision of the task (核查反馈); inserted, never overwritten."""

    __tablename__ = "answer"
    __table_args__ = (CheckConstraint(one_of("result_code", ResultCode), name="result_code"),)

    task_id: Mapped[str] = mapped_column(ForeignKey("task.task_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    result_code: Mapped[str]
    reason_code: Mapped[str | None]
    visited_on: Mapped[dt.date]
    visitors: Mapped[str]
    method: Mapped[str | None]
    note: Mapped[str | None]
    sheet_sha256: Mapped[str]
    received_at: Mapped[dt.datetime]
    received_by: Mapped[str]


class Sheet(Base):
    """A workbook handed to a township (核查任务表)."""

    __tablename__ = "sheet"
    __table_args__ = (
        CheckConstraint(MONTH, name="period"),
        Index("uq_sheet_revision", "period", "township", "revision", unique=True),
    )

    sheet_id: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str]
    township: Mapped[str]
    revision: Mapped[int]
    sha256: Mapped[str]
    path: Mapped[str]
    exported_at: Mapped[dt.datetime]
    exported_by: Mapped[str]
