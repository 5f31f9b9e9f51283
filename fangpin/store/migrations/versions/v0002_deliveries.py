"""Deliveries that wait, are withdrawn or corrected; channels, what they fetched, what is due and what ran.

Floor 3. Released: never edited, a later change is a later step. ``batch_event`` is append-only by triggers on either
database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_STATES = "state in ('received', 'held', 'landed', 'refused', 'superseded', 'withdrawn')"


def upgrade() -> None:
    """Widen the batch, and make the new tables and triggers."""
    _batch()
    _batch_input()
    _batch_event()
    _channel()
    _fetched()
    _due()
    _job_run()
    for statement in _TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def _batch() -> None:
    with op.batch_alter_table("batch") as batch:
        batch.add_column(sa.Column("content", sa.Text(), nullable=True))
        batch.add_column(sa.Column("made_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("receipt", sa.Text(), nullable=True))
        batch.add_column(sa.Column("held", sa.Text(), nullable=True))
        batch.add_column(sa.Column("received_by", sa.Text(), nullable=True))
        batch.add_column(sa.Column("seen_landing_no", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("landing_no", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("withdrawn_by", sa.Text(), nullable=True))
        batch.drop_constraint(op.f("ck_batch_state"), type_="check")
        batch.drop_constraint(op.f("ck_batch_landed_at"), type_="check")
        batch.create_check_constraint(op.f("ck_batch_state"), _STATES)
        batch.create_check_constraint(
            op.f("ck_batch_landed_at"), "state not in ('landed', 'superseded') or landed_at is not null"
        )
        batch.create_check_constraint(op.f("ck_batch_held"), "(state = 'held') = (held is not null)")
        batch.create_check_constraint(op.f("ck_batch_withdrawn"), "(state = 'withdrawn') = (withdrawn_at is not null)")
        batch.create_check_constraint(
            op.f("ck_batch_withdrawn_at_and_by"), "(withdrawn_at is null) = (withdrawn_by is null)"
        )
    with op.batch_alter_table("batch") as batch:
        batch.alter_column("seen_landing_no", server_default=None)
    numbered = (
        "select batch_id, row_number() over (order by landed_at, batch_id) as n from batch where landed_at is not null"
    )
    op.execute(
        f"update batch set landing_no = (select n from ({numbered}) as landed where landed.batch_id = batch.batch_id)"
    )
    op.create_index("uq_batch_landing_no", "batch", ["landing_no"], unique=True)
    op.create_index("ix_batch_content", "batch", ["content"])


def _batch_input() -> None:
    op.create_table(
        "batch_input",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('base', 'correction')", name=op.f("ck_batch_input_kind")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.batch_id"], name=op.f("fk_batch_input_batch_id")),
        sa.ForeignKeyConstraint(["sha256"], ["original.sha256"], name=op.f("fk_batch_input_sha256")),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_batch_input")),
    )
    op.execute(
        "insert into batch_input (batch_id, position, kind, sha256, file_name)"
        " select batch_id, 0, 'base', sha256, file_name from batch"
    )


def _batch_event() -> None:
    op.create_table(
        "batch_event",
        sa.Column("event_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_batch_event")),
    )
    op.create_index("ix_batch_event_batch", "batch_event", ["batch_id"])


def _channel() -> None:
    op.create_table(
        "channel",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_channel")),
    )


def _fetched() -> None:
    op.create_table(
        "fetched",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", "name", "stamp", name=op.f("pk_fetched")),
    )


def _due() -> None:
    op.create_table(
        "due",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'claimed', 'done', 'failed', 'given_up')", name=op.f("ck_due_state")),
        sa.CheckConstraint("(state = 'claimed') = (owner is not null)", name=op.f("ck_due_owner")),
        sa.CheckConstraint("(owner is null) = (lease_until is null)", name=op.f("ck_due_lease")),
        sa.CheckConstraint("(state = 'done') = (done_at is not null)", name=op.f("ck_due_done")),
        sa.PrimaryKeyConstraint("job_id", "period", name=op.f("pk_due")),
    )


def _job_run() -> None:
    op.create_table(
        "job_run",
        sa.Column("job_run_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job_run_id", name=op.f("pk_job_run")),
    )
    op.create_index("uq_job_run_fence", "job_run", ["job_id", "period", "fence"], unique=True)


_REFUSE = "begin select raise(abort, 'batch_event is append-only'); end"
_FUNCTION = """\
create function batch_event_append_only() returns trigger language plpgsql as
$$ begin raise exception 'batch_event is append-only'; end $$"""
_CALL = "execute function batch_event_append_only()"
_TRIGGERS = {
    "sqlite": (
        f"create trigger batch_event_no_update before update on batch_event {_REFUSE}",
        f"create trigger batch_event_no_delete before delete on batch_event {_REFUSE}",
    ),
    "postgresql": (
        _FUNCTION,
        f"create trigger batch_event_no_change before update or delete on batch_event for each row {_CALL}",
        f"create trigger batch_event_no_truncate before truncate on batch_event for each statement {_CALL}",
    ),
}
