"""What people judged about pairs of row and person, and the matching models learnt.

Floor 3. Released: never edited, a later change is a later step. Both tables are append-only by triggers on either
database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TABLES = ("judgement", "matching_model")


def upgrade() -> None:
    """Make the tables, their indexes and the triggers."""
    _judgement()
    _matching_model()
    for table in _TABLES:
        for statement in _triggers(table)[op.get_bind().dialect.name]:
            op.execute(statement)


def _judgement() -> None:
    op.create_table(
        "judgement",
        sa.Column("judgement_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("person_no", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("reviewers_needed", sa.Integer(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("sheet_sha256", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "verdict is null or verdict in ('same', 'not_same', 'unsure')", name=op.f("ck_judgement_verdict")
        ),
        sa.CheckConstraint("(verdict is null) = (undoes is not null)", name=op.f("ck_judgement_undoes")),
        sa.CheckConstraint(
            "kind in ('review', 'check', 'missed', 'second', 'arbitration')", name=op.f("ck_judgement_kind")
        ),
        sa.CheckConstraint("band in ('link', 'review', 'leave')", name=op.f("ck_judgement_band")),
        sa.CheckConstraint("reviewers_needed in (1, 2)", name=op.f("ck_judgement_reviewers_needed")),
        sa.CheckConstraint("sheet_sha256 is null or length(sheet_sha256) = 64", name=op.f("ck_judgement_sheet_sha256")),
        sa.PrimaryKeyConstraint("judgement_id", name=op.f("pk_judgement")),
    )
    op.create_index("ix_judgement_row", "judgement", ["batch_id", "row_number"], unique=False)
    op.create_index(
        "uq_judgement_undoes",
        "judgement",
        ["undoes"],
        unique=True,
        sqlite_where=sa.text("undoes is not null"),
        postgresql_where=sa.text("undoes is not null"),
    )


def _matching_model() -> None:
    op.create_table(
        "matching_model",
        sa.Column("learned_no", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learned_by", sa.Text(), nullable=False),
        sa.Column("learned_from", sa.Text(), nullable=False),
        sa.Column("weights", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("learned_no", name=op.f("pk_matching_model")),
    )


def _triggers(table: str) -> dict[str, tuple[str, ...]]:
    said = f"{table} is append-only"
    refuse = f"begin select raise(abort, '{said}'); end"
    call = f"execute function {table}_append_only()"
    function = f"$$ begin raise exception '{said}'; end $$"
    return {
        "sqlite": (
            f"create trigger {table}_no_update before update on {table} {refuse}",
            f"create trigger {table}_no_delete before delete on {table} {refuse}",
        ),
        "postgresql": (
            f"create function {table}_append_only() returns trigger language plpgsql as {function}",
            f"create trigger {table}_no_change before update or delete on {table} for each row {call}",
            f"create trigger {table}_no_truncate before truncate on {table} for each statement {call}",
        ),
    }
