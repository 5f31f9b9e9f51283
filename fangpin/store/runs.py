"""Screening runs: started, published, replaced by the next of the same period.

Floor 3. Publishing switches the run and brings the leads up to date in the caller's one transaction,
so that pages never see the leads of one run beside the figures of another.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from sqlalchemy import Connection, insert, select, update

from fangpin.errors import NotFound
from fangpin.store.leads import LeadChanges, bring_leads
from fangpin.store.schema import Run, RunState
from fangpin.types import Period


def start_run(
    connection: Connection, run_id: str, *, period: Period, pins: dict[str, Any], now: dt.datetime
) -> RunState:
    """Write down that a run has begun, with what it stands on, and return where the run of that id is."""
    known = connection.execute(select(Run.state).where(Run.run_id == run_id)).scalar()
    if known is not None:
        return RunState(known)
    row = {"run_id": run_id, "period": str(period), "state": RunState.STARTED, "pins": pins, "started_at": now}
    connection.execute(insert(Run), row)
    return RunState.STARTED


def publish_run(
    connection: Connection, run_id: str, *, digest: str, path: str, leads: pl.DataFrame, now: dt.datetime, by: str
) -> LeadChanges:
    """Make a run the one its period shows, bring the leads up to date, and return what changed.

    Rows in: ``leads`` household_no, township, village str (null: unknown), grade str, kinds and channels
    lists of str, standing str, flags list of str, sentence str, score f64; one row per household. Publishing the same
    run with the same leads again changes nothing.
    Raises: not_found for a run that was never started.
    """
    run = connection.execute(select(Run.period, Run.state, Run.digest).where(Run.run_id == run_id)).one_or_none()
    if run is None:
        raise NotFound("筛查", f"没有编号 {run_id}")
    if (run.state, run.digest) != (RunState.PUBLISHED, digest):
        others = (Run.period == run.period) & (Run.state == RunState.PUBLISHED) & (Run.run_id != run_id)
        connection.execute(update(Run).where(others).values(state=RunState.REPLACED))
        published = {"state": RunState.PUBLISHED, "digest": digest, "path": path, "published_at": now}
        connection.execute(update(Run).where(Run.run_id == run_id).values(**published))
    return bring_leads(connection, Period.parse(run.period), leads=leads, run_id=run_id, now=now, by=by)


def current_run(connection: Connection, period: Period) -> dict[str, Any] | None:
    """Return the published run of a period (run_id, period, pins, digest, path, published_at), or None."""
    columns = (Run.run_id, Run.period, Run.pins, Run.digest, Run.path, Run.published_at)
    statement = select(*columns).where(Run.period == str(period), Run.state == RunState.PUBLISHED)
    found = connection.execute(statement).mappings().one_or_none()
    return None if found is None else dict(found)


def previous_run(connection: Connection, period: Period) -> str | None:
    """Return the id of the published run of the latest month before a period, or None when there is none."""
    statement = (
        select(Run.run_id)
        .where(Run.period < str(period), Run.state == RunState.PUBLISHED)
        .order_by(Run.period.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar()


def published_runs(connection: Connection) -> list[tuple[Period, str]]:
    """Return month and id of every published run, earliest month first."""
    statement = select(Run.period, Run.run_id).where(Run.state == RunState.PUBLISHED).order_by(Run.period)
    return [(Period.parse(row.period), row.run_id) for row in connection.execute(statement)]
