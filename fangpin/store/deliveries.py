"""The tables of deliveries: original files, batches, what each batch was made of, what happened to it.

Floor 3. The migrations make them; ``batches`` writes them.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from fangpin.store.base import MONTH, Base, at_and_by, one_of, unique_where
from fangpin.store.columns import JsonText


class BatchState(StrEnum):
    """How far a delivery has come (批次状态)."""

    RECEIVED = "received"
    HELD = "held"  # 待人工确认
    LANDED = "landed"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"  # 已撤回


class InputKind(StrEnum):
    """What a file is to its batch (文件在批次中的作用)."""

    BASE = "base"  # 来件
    CORRECTION = "correction"  # 更正表


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
    """One delivery of a source for a period (数据批次); the counts are null until it has been read whole.

    ``content`` is the digest of what the rows say, whatever the file's form; ``landing_no`` counts landings, and
    ``seen_landing_no`` is the last one there was when the file arrived; ``held`` says why a person must decide.
    """

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint(one_of("state", BatchState), name="state"),
        CheckConstraint(MONTH, name="period"),
        CheckConstraint("state not in ('landed', 'superseded') or landed_at is not null", name="landed_at"),
        CheckConstraint(
            "landed_at is null or (rows_in is not null and accepted is not null and rejected is not null"
            " and duplicate is not null and declaration_digest is not null)",
            name="landed_counts",
        ),
        CheckConstraint("rows_in is null or rows_in = accepted + rejected + duplicate", name="row_sum"),
        CheckConstraint("(state = 'refused') = (reason is not null)", name="reason"),
        CheckConstraint("(state = 'superseded') = (superseded_at is not null)", name="superseded_at"),
        CheckConstraint("(state = 'held') = (held is not null)", name="held"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at is not null)", name="withdrawn"),
        at_and_by("withdrawn"),
        unique_where("uq_batch_in_effect", "source_id", "period", where="state = 'landed'"),
        Index("uq_batch_landing_no", "landing_no", unique=True),
        Index("ix_batch_content", "content"),
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
    content: Mapped[str | None]
    made_on: Mapped[dt.date | None]
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JsonText())
    held: Mapped[list[dict[str, str]] | None] = mapped_column(JsonText())
    reason: Mapped[str | None]
    received_at: Mapped[dt.datetime]
    received_by: Mapped[str | None]
    seen_landing_no: Mapped[int]
    landed_at: Mapped[dt.datetime | None]
    landing_no: Mapped[int | None]
    superseded_at: Mapped[dt.datetime | None]
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[str | None]


class BatchInput(Base):
    """A file a batch is made of, in the order they are applied (批次的组成)."""

    __tablename__ = "batch_input"
    __table_args__ = (CheckConstraint(one_of("kind", InputKind), name="kind"),)

    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.batch_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("original.sha256"))
    file_name: Mapped[str]


class BatchEvent(Base):
    """One thing that happened to a batch (批次记录): append-only, no foreign key, triggers refuse a change."""

    __tablename__ = "batch_event"
    __table_args__ = (Index("ix_batch_event_batch", "batch_id"),)

    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    batch_id: Mapped[str]
    at: Mapped[dt.datetime]
    by: Mapped[str]
    event: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JsonText())
