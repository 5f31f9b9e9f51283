"""The tables of the office store: what was delivered, run, dispatched and answered.

Floor 3. Natural keys, UTC times, CHECK constraints where a state stands. Tables only: the migrations
make them, the modules named after their rows write them. No name, ID number or amount of a person
is ever a column here.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from fangpin.store.columns import JsonText, UtcTime
from fangpin.tasks.lifecycle import OPEN_STATES, LeadState
from fangpin.types import ResultCode, TaskState


class BatchState(StrEnum):
    """How far a delivery has come (批次状态)."""

    RECEIVED = "received"
    LANDED = "landed"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


class RunState(StrEnum):
    """How far a screening run has come (筛查状态)."""

    STARTED = "started"
    PUBLISHED = "published"
    REPLACED = "replaced"


def _one_of(column: str, values: type[StrEnum]) -> str:
    return f"{column} in ({', '.join(repr(str(v)) for v in values)})"


def _at_and_by(stem: str) -> CheckConstraint:
    return CheckConstraint(f"({stem}_at is null) = ({stem}_by is null)", name=f"{stem}_at_and_by")


def _unique_where(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


_MONTH = "length(period) = 7"
OPEN_TASK: Final = f"state in ({', '.join(repr(str(s)) for s in OPEN_STATES)})"


class Base(DeclarativeBase):
    """The metadata of the office store: names by convention, text without a length."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {str: Text(), int: Integer(), float: Float(), dt.date: Date(), dt.datetime: UtcTime()}  # noqa: RUF012 - SQLAlchemy's own attribute


class County(Base):
    """The one county this store belongs to (县)."""

    __tablename__ = "county"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[str]
    created_at: Mapped[dt.datetime]


class Original(Base):
    """A delivered file, by its content (原始文件)."""

    __tablename__ = "original"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"),)

    sha256: Mapped[str] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger())
    received_at: Mapped[dt.datetime]
    received_by: Mapped[str]


class Batch(Base):
    """One delivery of a source for a period (数据批次); the counts are null until it lands."""

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint(_one_of("state", BatchState), name="state"),
        CheckConstraint(_MONTH, name="period"),
        CheckConstraint("(state in ('landed', 'superseded')) = (landed_at is not null)", name="landed_at"),
        CheckConstraint(
            "landed_at is null or (rows_in is not null and accepted is not null and rejected is not null"
            " and duplicate is not null and declaration_digest is not null)",
            name="landed_counts",
        ),
        CheckConstraint("rows_in is null or rows_in = accepted + rejected + duplicate", name="row_sum"),
        CheckConstraint("(state = 'refused') = (reason is not null)", name="reason"),
        CheckConstraint("(state = 'superseded') = (superseded_at is not null)", name="superseded_at"),
        _unique_where("uq_batch_in_effect", "source_id", "period", where="state = 'landed'"),
    )

    batch_id: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str]
    period: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("original.sha256"))
    file_name: Mapped[str]
    state: Mapped[str]
    rows_in: Mapped[int | None]
    accepted: Mapped[int | None]
    rejected: Mapped[int | None]
    duplicate: Mapped[int | None]
    declaration_digest: Mapped[str | None]
    reason: Mapped[str | None]
    received_at: Mapped[dt.datetime]
    landed_at: Mapped[dt.datetime | None]
    superseded_at: Mapped[dt.datetime | None]


class Run(Base):
    """One screening of a period (筛查); ``pins`` are the batches and declarations it stood on."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint(_one_of("state", RunState), name="state"),
        CheckConstraint(_MONTH, name="period"),
        CheckConstraint(
            "state = 'started' or (digest is not null and path is not null and published_at is not null)",
            name="published",
        ),
        _unique_where("uq_run_published", "period", where="state = 'published'"),
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
        CheckConstraint(_one_of("state", TaskState), name="state"),
        CheckConstraint(_MONTH, name="period"),
        CheckConstraint("task_id = period || ':' || household_no", name="key"),
        CheckConstraint("revision >= 1", name="revision"),
        CheckConstraint(f"result_code is null or {_one_of('result_code', ResultCode)}", name="result_code"),
        CheckConstraint("state <> 'answered' or result_code is not null", name="answered"),
        CheckConstraint("(result_code is null) = (answered_at is null)", name="result_and_time"),
        CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed"),
        _at_and_by("answered"),
        _at_and_by("closed"),
        _unique_where("uq_task_open_household", "household_no", where=OPEN_TASK),
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
        CheckConstraint(_one_of("state", LeadState), name="state"),
        CheckConstraint(_MONTH, name="period"),
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
    __table_args__ = (CheckConstraint(_one_of("result_code", ResultCode), name="result_code"),)

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
        CheckConstraint(_MONTH, name="period"),
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
