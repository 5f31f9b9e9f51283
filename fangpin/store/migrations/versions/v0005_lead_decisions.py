"""Where a lead came from and how it stands to a case, and what the bureau decided of alerts held back.

Floor 3. Released: never edited, a later change is a later step. ``lead_decision`` is append-only by triggers on either
database. Leads from before came from departments and knew of no case.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_TABLE = "lead_decision"


def upgrade() -> None:
    """Widen the lead, and make the table of decisions with its indexes and triggers."""
    _lead()
    _lead_decision()
    for statement in _triggers()[op.get_bind().dialect.name]:
        op.execute(statement)


def _lead() -> None:
    before = {"channels": '["department"]', "standing": "new", "flags": "[]"}
    with op.batch_alter_table("lead") as batch:
        for name, value in before.items():
            batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=value))
        batch.create_check_constraint(
            op.f("ck_lead_standing"), "standing in ('new', 'new_factor', 're_marking', 'spot_check')"
        )
    with op.batch_alter_table("lead") as batch:
        for name in before:
            batch.alter_column(name, server_default=None)


def _lead_decision() -> None:
    op.create_table(
        _TABLE,
        sa.Column("decision_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("household_no", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.CheckConstraint("length(period) = 7", name=op.f("ck_lead_decision_period")),
        sa.CheckConstraint("(reason is null) = (undoes is not null)", name=op.f("ck_lead_decision_undoes")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_lead_decision")),
    )
    op.create_index("ix_lead_decision_period", _TABLE, ["period"], unique=False)
    op.create_index(
        "uq_lead_decision_undoes",
        _TABLE,
        ["undoes"],
        unique=True,
        sqlite_where=sa.text("undoes is not null"),
        postgresql_where=sa.text("undoes is not null"),
    )


def _triggers() -> dict[str, tuple[str, ...]]:
    said = f"{_TABLE} is append-only"
    refuse = f"begin select raise(abort, '{said}'); end"
    call = f"execute function {_TABLE}_append_only()"
    function = f"$$ begin raise exception '{said}'; end $$"
    return {
        "sqlite": (
            f"create trigger {_TABLE}_no_update before update on {_TABLE} {refuse}",
            f"create trigger {_TABLE}_no_delete before delete on {_TABLE} {refuse}",
        ),
        "postgresql": (
            f"create function {_TABLE}_append_only() returns trigger language plpgsql as {function}",
            f"create trigger {_TABLE}_no_change before update or delete on {_TABLE} for each row {call}",
            f"create trigger {_TABLE}_no_truncate before truncate on {_TABLE} for each statement {call}",
        ),
    }
