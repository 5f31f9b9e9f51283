"""Runs the migrations on the connection that ``open_office`` hands over, inside its transaction.

Floor 3. Never opens a database by itself: lock, transaction and address belong to ``office``.
"""

from __future__ import annotations

from alembic import context

from fangpin.store import deliveries, judgements, lead_decisions, models, rule_versions, schedules, schema
from fangpin.store.base import Base

_TABLES = (
    deliveries,
    judgements,
    lead_decisions,
    models,
    rule_versions,
    schedules,
    schema,
)  # the modules that put their tables into the metadata


def run() -> None:
    """Run the wanted migrations; SQLite changes a table by rebuilding it (batch mode)."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,
    )
    context.run_migrations()


if __name__ == "env_py":  # the name under which alembic loads this file; an ordinary import does nothing
    run()
