"""The versions of a county's rules: proposed, approved by a second person, live from a month on.

Floor 3. Released: never edited, a later change is a later step. What was proposed is never rewritten and no version is
ever deleted, by triggers on either database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TABLE = "rule_version"
_PROPOSED = ("rule_id", "version", "text", "sha256", "since", "reason", "proposed_at", "proposed_by", "shadow_after")


def upgrade() -> None:
    """Make the table, its indexes and the triggers."""
    op.create_table(
        _TABLE,
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("shadow_after", sa.Text(), nullable=True),
        sa.Column("shadow_until", sa.Text(), nullable=True),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_{_TABLE}_{name}")) for name, condition in _CHECKS.items()),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f(f"pk_{_TABLE}")),
    )
    op.create_index(
        f"uq_{_TABLE}_proposed",
        _TABLE,
        ["rule_id"],
        unique=True,
        sqlite_where=sa.text("state = 'proposed'"),
        postgresql_where=sa.text("state = 'proposed'"),
    )
    for statement in _triggers()[op.get_bind().dialect.name]:
        op.execute(statement)


_CHECKS = {
    "state": "state in ('proposed', 'approved', 'refused', 'withdrawn')",
    "version": "version >= 1",
    "sha256": "length(sha256) = 64",
    "since": "length(since) = 7",
    "shadow_after": "shadow_after is null or length(shadow_after) = 7",
    "shadow_until": "shadow_until is null or length(shadow_until) = 7",
    "proposed": "state <> 'proposed' or decided_at is null",
    "decided": "state not in ('approved', 'refused') or decided_at is not null",
    "withdrawn": "(state = 'withdrawn') = (withdrawn_at is not null)",
    "second_person": "state <> 'approved' or decided_by <> proposed_by",
    "decided_at_and_by": "(decided_at is null) = (decided_by is null)",
    "withdrawn_at_and_by": "(withdrawn_at is null) = (withdrawn_by is null)",
}


def _triggers() -> dict[str, tuple[str, ...]]:
    said = "what was proposed is never rewritten"
    ended = "old.state in ('refused', 'withdrawn')"
    begun = f"create trigger {_TABLE}_no_rewrite before update on {_TABLE}"
    refuse = f"begin select raise(abort, '{said}'); end"
    changed = {
        word: " or ".join([ended, *(f"new.{name} {word} old.{name}" for name in _PROPOSED)])
        for word in ("is not", "is distinct from")
    }
    call = f"execute function {_TABLE}_kept()"
    function = f"$$ begin raise exception '{said}'; end $$"
    return {
        "sqlite": (
            f"{begun} when {changed['is not']} {refuse}",
            f"create trigger {_TABLE}_no_delete before delete on {_TABLE} {refuse}",
        ),
        "postgresql": (
            f"create function {_TABLE}_kept() returns trigger language plpgsql as {function}",
            f"{begun} for each row when ({changed['is distinct from']}) {call}",
            f"create trigger {_TABLE}_no_delete before delete on {_TABLE} for each row {call}",
            f"create trigger {_TABLE}_no_truncate before truncate on {_TABLE} for each statement {call}",
        ),
    }
