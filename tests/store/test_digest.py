"""The office digest: the same for the same work, whenever and in whatever order it was done."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from sqlalchemy import text

from fangpin.store.digest import office_digest
from fangpin.store.office import Office, open_office
from fangpin.store.runs import publish_run, start_run
from fangpin.tasks.actions import dispatch
from fangpin.types import Period

JANUARY = Period(2024, 1)
DUE_ON = dt.date(2024, 2, 8)


def _work(office: Office, leads: pl.DataFrame, *, now: dt.datetime, run_id: str) -> None:
    with office.write() as connection:
        start_run(connection, run_id, period=JANUARY, pins={}, now=now)
        publish_run(connection, run_id, digest="d", path=f"/{run_id}", leads=leads, now=now, by="系统")
    dispatch(office, JANUARY, due_on=DUE_ON, now=now, by="县办")


def _digest(office: Office) -> dict[str, str]:
    with office.read() as connection:
        return office_digest(connection)


def test_order_times_and_database_do_not_count(sqlite_url: str, postgresql_url: str, lead_rows: Any) -> None:
    """The same work on another day, in another order, on the other database gives the same digest."""
    one, other = open_office(sqlite_url), open_office(postgresql_url)
    _work(one, lead_rows("H1", "H2"), now=dt.datetime(2024, 2, 1, tzinfo=dt.UTC), run_id="r1")
    _work(other, lead_rows("H2", "H1"), now=dt.datetime(2024, 2, 2, tzinfo=dt.UTC), run_id="r2")
    digests = _digest(one), _digest(other)
    one.close()
    other.close()

    assert digests[0] == digests[1]
    assert digests[0]["task"].split(":")[0] == "2"


def test_a_changed_state_counts(office: Office, lead_rows: Any) -> None:
    """One task in another state changes the digest of its table, and of no other."""
    _work(office, lead_rows("H1", "H2"), now=dt.datetime(2024, 2, 1, tzinfo=dt.UTC), run_id="r1")
    before = _digest(office)
    with office.write() as connection:
        connection.execute(text("update task set state = 'returned' where household_no = 'H1'"))
    after = _digest(office)

    assert {"task"} == {table for table in before if before[table] != after[table]}


def test_an_empty_store_has_empty_tables(office: Office) -> None:
    """Every table of a new store counts zero rows."""
    assert {f"0:{'0' * 64}"} == set(_digest(office).values())
