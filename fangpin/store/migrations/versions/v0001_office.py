"""The first tables: deliveries, runs, leads, tasks with their events and answers, sheets.

Floor 3. Released: never edited, a later change is a later step. ``task_event`` is append-only by
triggers on either database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, their indexes and the triggers."""
    _county()
    _original()
    _batch()
    _run()
    _task()
    _lead()
    _task_event()
    _answer()
    _sheet()
    for statement in _TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def _county() -> None:
    op.create_table(
        "county",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_county_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_county")),
    )


def _original() -> None:
    op.create_table(
        "original",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_original_sha256")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_original")),
    )


def _batch() -> None:
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows_in", sa.Integer(), nullable=True),
        sa.Column("accepted", sa.Integer(), nullable=True),
        sa.Column("rejected", sa.Integer(), nullable=True),
        sa.Column("duplicate", sa.Integer(), nullable=True),
        sa.Column("declaration_digest", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("landed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'refused') = (reason is not null)", name=op.f("ck_batch_reason")),
        sa.CheckConstraint("(state = 'superseded') = (superseded_at is not null)", name=op.f("ck_batch_superseded_at")),
        sa.CheckConstraint(
            "(state in ('landed', 'superseded')) = (landed_at is not null)", name=op.f("ck_batch_landed_at")
        ),
        sa.CheckConstraint("state in ('received', 'landed', 'refused', 'superseded')", name=op.f("ck_batch_state")),
        sa.CheckConstraint(
            "landed_at is null or (rows_in is not null and accepted is not null and rejected is not null"
            " and duplicate is not null and declaration_digest is not null)",
            name=op.f("ck_batch_landed_counts"),
        ),
        sa.CheckConstraint("length(period) = 7", name=op.f("ck_batch_period")),
        sa.CheckConstraint(
            "rows_in is null or rows_in = accepted + rejected + duplicate", name=op.f("ck_batch_row_sum")
        ),
        sa.ForeignKeyConstraint(["sha256"], ["original.sha256"], name=op.f("fk_batch_sha256")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batch")),
    )
    op.create_index(
        "uq_batch_in_effect",
        "batch",
        ["source_id", "period"],
        unique=True,
        sqlite_where=sa.text("state = 'landed'"),
        postgresql_where=sa.text("state = 'landed'"),
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pins", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state = 'started' or (digest is not null and path is not null and published_at is not null)",
            name=op.f("ck_run_published"),
        ),
        sa.CheckConstraint("state in ('started', 'published', 'replaced')", name=op.f("ck_run_state")),
        sa.CheckConstraint("length(period) = 7", name=op.f("ck_run_period")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run")),
    )
    op.create_index(
        "uq_run_published",
        "run",
        ["period"],
        unique=True,
        sqlite_where=sa.text("state = 'published'"),
        postgresql_where=sa.text("state = 'published'"),
    )


def _task() -> None:
    op.create_table(
        "task",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("household_no", sa.Text(), nullable=False),
        sa.Column("township", sa.Text(), nullable=False),
        sa.Column("village", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_by", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("result_code", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at is not null)", name=op.f("ck_task_closed")),
        sa.CheckConstraint(
            "result_code is null or result_code in ('01', '02', '03', '04', '05', '06', '07', '08', '09', '10')",
            name=op.f("ck_task_result_code"),
        ),
        sa.CheckConstraint("state <> 'answered' or result_code is not null", name=op.f("ck_task_answered")),
        sa.CheckConstraint("state in ('dispatched', 'answered', 'returned', 'closed')", name=op.f("ck_task_state")),
        sa.CheckConstraint("task_id = period || ':' || household_no", name=op.f("ck_task_key")),
        sa.CheckConstraint("(answered_at is null) = (answered_by is null)", name=op.f("ck_task_answered_at_and_by")),
        sa.CheckConstraint("(closed_at is null) = (closed_by is null)", name=op.f("ck_task_closed_at_and_by")),
        sa.CheckConstraint("(result_code is null) = (answered_at is null)", name=op.f("ck_task_result_and_time")),
        sa.CheckConstraint("length(period) = 7", name=op.f("ck_task_period")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_task_revision")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_township", "task", ["township"], unique=False)
    op.create_index(
        "uq_task_open_household",
        "task",
        ["household_no"],
        unique=True,
        sqlite_where=sa.text("state in ('dispatched', 'returned')"),
        postgresql_where=sa.text("state in ('dispatched', 'returned')"),
    )


def _lead() -> None:
    op.create_table(
        "lead",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("household_no", sa.Text(), nullable=False),
        sa.Column("township", sa.Text(), nullable=False),
        sa.Column("village", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=True),
        sa.CheckConstraint("lead_id = period || ':' || household_no", name=op.f("ck_lead_key")),
        sa.CheckConstraint("state <> 'dispatched' or task_id is not null", name=op.f("ck_lead_dispatched")),
        sa.CheckConstraint("state <> 'open' or task_id is null", name=op.f("ck_lead_open")),
        sa.CheckConstraint("state in ('open', 'dispatched', 'withdrawn')", name=op.f("ck_lead_state")),
        sa.CheckConstraint("length(period) = 7", name=op.f("ck_lead_period")),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_lead_run_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.task_id"], name=op.f("fk_lead_task_id")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead")),
    )
    op.create_index("ix_lead_period", "lead", ["period"], unique=False)
    op.create_index("ix_lead_task", "lead", ["task_id"], unique=False)


def _task_event() -> None:
    op.create_table(
        "task_event",
        sa.Column("event_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_task_event")),
    )
    op.create_index("ix_task_event_task", "task_event", ["task_id"], unique=False)
    op.create_index("uq_task_event_key", "task_event", ["event_key"], unique=True)


def _answer() -> None:
    op.create_table(
        "answer",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("result_code", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("visitors", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("sheet_sha256", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "result_code in ('01', '02', '03', '04', '05', '06', '07', '08', '09', '10')",
            name=op.f("ck_answer_result_code"),
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.task_id"], name=op.f("fk_answer_task_id")),
        sa.PrimaryKeyConstraint("task_id", "revision", name=op.f("pk_answer")),
    )


def _sheet() -> None:
    op.create_table(
        "sheet",
        sa.Column("sheet_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("township", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exported_by", sa.Text(), nullable=False),
        sa.CheckConstraint("length(period) = 7", name=op.f("ck_sheet_period")),
        sa.PrimaryKeyConstraint("sheet_id", name=op.f("pk_sheet")),
    )
    op.create_index("uq_sheet_revision", "sheet", ["period", "township", "revision"], unique=True)


_REFUSE = "begin select raise(abort, 'task_event is append-only'); end"
_FUNCTION = """\
create function task_event_append_only() returns trigger language plpgsql as
$$ begin raise exception 'task_event is append-only'; end $$"""
_CALL = "execute function task_event_append_only()"
_TRIGGERS = {
    "sqlite": (
        f"create trigger task_event_no_update before update on task_event {_REFUSE}",
        f"create trigger task_event_no_delete before delete on task_event {_REFUSE}",
    ),
    "postgresql": (
        _FUNCTION,
        f"create trigger task_event_no_change before update or delete on task_event for each row {_CALL}",
        f"create trigger task_event_no_truncate before truncate on task_event for each statement {_CALL}",
    ),
}
