"""What a person decides about a batch: accept one that waits, refuse it, withdraw one in effect, put one back.

Floor 4. Each decision is one transaction with its event; where the site asks for it, another person than the sender
must take it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from fangpin.errors import NeedsDecision
from fangpin.pipeline.county import County
from fangpin.pipeline.landing import require_stored
from fangpin.store.batches import (
    Reading,
    RowCounts,
    batch_row,
    land_batch,
    refuse_batch,
    restore_batch,
    withdraw_batch,
)
from fangpin.store.deliveries import BatchState


def accept(county: County, batch_id: str, *, now: dt.datetime, by: str) -> str | None:
    """Put a batch that waits in effect and return the batch it supersedes, None when there is none.

    Raises: NotFound; NeedsDecision when it does not wait, or the same person may not decide.
    """
    with county.exclusive(), county.office.write() as connection:
        row = _waiting(batch_row(connection, batch_id))
        _second_person(county, "accept", row, by=by)
        counts = RowCounts(row["rows_in"], row["accepted"], row["rejected"], row["duplicate"])
        reading = Reading(counts, row["declaration_digest"], row["content"], row["made_on"], row["receipt"])
        return land_batch(connection, batch_id, reading, now=now, by=by)


def refuse(county: County, batch_id: str, *, reason: str, now: dt.datetime, by: str) -> None:
    """Refuse a batch that waits, with a reason its sender can read.

    Raises: NotFound; NeedsDecision when it does not wait.
    """
    with county.exclusive(), county.office.write() as connection:
        _waiting(batch_row(connection, batch_id))
        refuse_batch(connection, batch_id, reason=reason, now=now, by=by)


def withdraw(county: County, batch_id: str, *, reason: str, now: dt.datetime, by: str) -> str | None:
    """Take a batch out of effect and return the one it had superseded, which is in effect again.

    Raises: NotFound; NeedsDecision when it is not in effect, or the same person may not decide.
    """
    with county.exclusive(), county.office.write() as connection:
        _second_person(county, "withdraw", batch_row(connection, batch_id), by=by)
        back = withdraw_batch(connection, batch_id, now=now, by=by, reason=reason)
        if back is not None:
            require_stored(county, back)
        return back


def restore(county: County, batch_id: str, *, now: dt.datetime, by: str) -> str | None:
    """Put a withdrawn or superseded batch in effect again and return the batch that goes out for it.

    Raises: NotFound; NeedsDecision when it is neither, or the same person may not decide.
    """
    with county.exclusive(), county.office.write() as connection:
        _second_person(county, "accept", batch_row(connection, batch_id), by=by)
        require_stored(county, batch_id)
        return restore_batch(connection, batch_id, now=now, by=by)


def _waiting(row: dict[str, Any]) -> dict[str, Any]:
    if row["state"] != BatchState.HELD:
        raise NeedsDecision(
            f"批次 {row['batch_id']}", "不是待确认的批次", action="请用 fangpin batches list 查看各批次的状态"
        )
    return row


def _second_person(county: County, decision: Literal["accept", "withdraw"], row: dict[str, Any], *, by: str) -> None:
    if decision in county.declared.site.second_person and row["received_by"] == by:
        raise NeedsDecision(
            f"批次 {row['batch_id']}",
            f"由 {by} 报送，不能由本人决定",
            expected="另一位工作人员",
            action="请由第二人登录后办理",
        )
