"""Brings an office store's schema to the newest revision with the migrations in this package.

Floor 3. Loaded only when a store is new or old: the migration tool takes longer to load than most commands run.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_migrating = threading.Lock()  # alembic keeps its context in module globals


def newest_revision() -> str | None:
    """Return the revision the migrations of this program lead to."""
    return ScriptDirectory(_MIGRATIONS).get_current_head()


def is_known(connection: Connection) -> bool:
    """Say whether this program's migrations know the revision a store is at; a new store is at none."""
    found = set(MigrationContext.configure(connection).get_current_heads())
    return found <= {revision.revision for revision in ScriptDirectory(_MIGRATIONS).walk_revisions()}


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with _migrating:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
