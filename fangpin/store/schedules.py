"""The tables of fetching and of the schedule: channels and their health, what was fetched, what is due, what ran.

Floor 3. The migrations make them; ``channels`` and ``due`` write them. A period of a job stands once, whoever
schedules it: UNIQUE(job, period), claimed with a lease whose fence number grows.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from fangpin.store.base import Base, one_of


class DueState(StrEnum):
    """How far a due period of a job has come (定时任务状态)."""

    WAITING = "waiting"  # 待执行
    CLAIMED = "claimed"  # 执行中
    DONE = "done"  # 已完成
    FAILED = "failed"  # 失败，待重试
    GIVEN_UP = "given_up"  # 多次失败，待人工处理


class Channel(Base):
    """How a connection has fared (取数通道状态): the streak of failures, and when it last worked."""

    __tablename__ = "channel"

    connection_id: Mapped[str] = mapped_column(primary_key=True)
    tried_at: Mapped[dt.datetime]
    worked_at: Mapped[dt.datetime | None]
    failures: Mapped[int]  # in a row, 0 when it last worked
    sentence: Mapped[str | None]  # why it last failed


class Fetched(Base):
    """A remote file taken in once (已取文件), by the name, size and stamp it had there."""

    __tablename__ = "fetched"

    connection_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    stamp: Mapped[str] = mapped_column(primary_key=True)  # modification time or etag, as the other side says it
    size_bytes: Mapped[int] = mapped_column(BigInteger())
    sha256: Mapped[str]
    fetched_at: Mapped[dt.datetime]
    outcome: Mapped[str]  # received, known, held, refused
    sentence: Mapped[str | None]


class Due(Base):
    """A period of a job that is due (到期任务); ``period`` is YYYY-MM or, for daily jobs, YYYY-MM-DD."""

    __tablename__ = "due"
    __table_args__ = (
        CheckConstraint(one_of("state", DueState), name="state"),
        CheckConstraint("(state = 'claimed') = (owner is not null)", name="owner"),
        CheckConstraint("(owner is null) = (lease_until is null)", name="lease"),
        CheckConstraint("(state = 'done') = (done_at is not null)", name="done"),
    )

    job_id: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[dt.datetime]
    state: Mapped[str]
    fence: Mapped[int]  # grows with every claim; a worker with an older one may not finish
    owner: Mapped[str | None]
    lease_until: Mapped[dt.datetime | None]
    attempts: Mapped[int]
    next_try_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    sentence: Mapped[str | None]  # what the last attempt said


class JobRun(Base):
    """One attempt at a due period (执行记录), kept; without an end while it runs or when it was killed."""

    __tablename__ = "job_run"
    __table_args__ = (Index("uq_job_run_fence", "job_id", "period", "fence", unique=True),)

    job_run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    job_id: Mapped[str]
    period: Mapped[str]
    fence: Mapped[int]
    owner: Mapped[str]
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    ok: Mapped[bool | None]
    sentence: Mapped[str | None]
