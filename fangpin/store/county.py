"""The one county an office store belongs to.

Floor 3. A store is claimed once; it never changes hands.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, insert, select

from fangpin.errors import NeedsDecision
from fangpin.store.schema import County


def claim_county(connection: Connection, site_id: str, *, now: dt.datetime) -> None:
    """Write which county the store belongs to, once.

    Raises: needs_decision when it already belongs to another county.
    """
    owner = county_of(connection)
    if owner is None:
        connection.execute(insert(County), {"id": 1, "site_id": site_id, "created_at": now})
    elif owner != site_id:
        raise NeedsDecision("办公库", f"属于“{owner}”", expected=f"“{site_id}”", action="请核对县名或数据目录")


def county_of(connection: Connection) -> str | None:
    """Return the site id of the county, or None for a new store."""
    return connection.execute(select(County.site_id)).scalar()
