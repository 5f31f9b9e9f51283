"""The office store opens, migrates and keeps one writer at a time, on either database."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from fangpin.errors import Busy, NeedsDecision, StoreDamaged, UsageProblem
from fangpin.store.base import Base
from fangpin.store.county import claim_county, county_of
from fangpin.store.office import NEWEST_REVISION, Office, open_office
from fangpin.store.schema import TaskEvent
from fangpin.store.upgrade import newest_revision

NOW = dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC)
EVENT = {
    "task_id": "2024-01:H1",
    "event_key": "k",
    "at": NOW,
    "by": "甲",
    "event": "dispatched",
    "to_state": "dispatched",
}


def test_an_empty_place_becomes_a_store(empty_url: str) -> None:
    """Opening an empty place makes every table."""
    office = open_office(empty_url)
    with office.read() as connection:
        made = set(inspect(connection).get_table_names())
    office.close()

    assert set(Base.metadata.tables) | {"alembic_version"} == made


def test_opening_twice_changes_nothing(empty_url: str) -> None:
    """A store that is there is opened as it is."""
    first = open_office(empty_url)
    with first.write() as connection:
        claim_county(connection, "huaxi", now=NOW)
    first.close()
    second = open_office(empty_url)
    with second.read() as connection:
        found = county_of(connection)
    second.close()

    assert found == "huaxi"


def test_tables_and_migrations_agree(office: Office) -> None:
    """Autogenerate finds nothing to add to the migrations."""
    with office.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_checks_and_partial_indexes_agree_on_sqlite(sqlite_url: str) -> None:
    """The migrated SQLite store has, word for word, the checks and indexes of the tables."""
    statement = text("select type, name, sql from sqlite_master where type in ('table', 'index') and sql is not null")
    made = create_engine("sqlite://")
    with made.connect() as connection:
        Base.metadata.create_all(connection)
        expected = _words(connection.execute(statement))
    made.dispose()
    office = open_office(sqlite_url)
    with office.read() as connection:
        migrated = _words(connection.execute(statement))
    office.close()
    migrated.pop("alembic_version")

    assert expected == migrated


def _words(rows: Any) -> dict[str, list[str]]:
    """Return each definition as its sorted lines, so that the order of constraints does not count."""
    return {
        name: sorted(line.strip().rstrip(",").replace('"', "") for line in sql.splitlines())
        for _type, name, sql in rows
    }


def test_checks_and_partial_indexes_agree_on_postgresql(postgresql_url: str, empty_postgresql_url: str) -> None:
    """The migrated PostgreSQL store has the checks, keys and indexes of the tables."""
    made = create_engine(empty_postgresql_url)
    with made.begin() as connection:
        Base.metadata.create_all(connection)
        expected = _definitions(connection)
    made.dispose()
    office = open_office(postgresql_url)
    with office.read() as connection:
        migrated = {row for row in _definitions(connection) if "alembic_version" not in row[1]}
    office.close()

    assert expected == migrated


def _definitions(connection: Connection) -> set[tuple[str, str]]:
    constraints = (
        "select conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint where conrelid <> 0"
    )
    indexes = "select indexname, indexdef from pg_indexes where schemaname = 'public'"
    own = f"{constraints} and connamespace = 'public'::regnamespace"
    return {(str(name), str(sql)) for query in (own, indexes) for name, sql in connection.execute(text(query))}


@pytest.mark.parametrize("change", ["update task_event set by = '乙'", "delete from task_event"])
def test_events_are_append_only(office: Office, change: str) -> None:
    """The database itself refuses to change or delete an event."""
    with office.write() as connection:
        connection.execute(insert(TaskEvent), EVENT | {"detail": {}})
    with pytest.raises(DBAPIError, match="append-only"), office.write() as connection:
        connection.execute(text(change.replace("by", '"by"')))


def test_an_event_key_is_taken_once(office: Office) -> None:
    """The same event cannot be appended twice."""
    with office.write() as connection:
        connection.execute(insert(TaskEvent), EVENT | {"detail": {}})
    with pytest.raises(DBAPIError, match=r"(?i)unique"), office.write() as connection:
        connection.execute(insert(TaskEvent), EVENT | {"detail": {}})


def test_an_error_leaves_nothing(office: Office) -> None:
    """A write that fails is rolled back as a whole."""
    with pytest.raises(NeedsDecision):
        _claim_for_two(office)
    with office.read() as connection:
        found = county_of(connection)

    assert found is None


def _claim_for_two(office: Office) -> None:
    with office.write() as connection:
        claim_county(connection, "huaxi", now=NOW)
        claim_county(connection, "laiyuan", now=NOW)


def test_a_reader_cannot_write(office: Office) -> None:
    """A read transaction refuses a write."""
    with pytest.raises(DBAPIError, match=r"read.?only"), office.read() as connection:
        claim_county(connection, "huaxi", now=NOW)


def test_a_reader_sees_one_state(office: Office) -> None:
    """What another process commits meanwhile does not change what a reader sees."""
    with office.read() as reader:
        before = county_of(reader)
        with office.write() as writer:
            claim_county(writer, "huaxi", now=NOW)
        after = county_of(reader)

    assert (before, after) == (None, None)


def test_a_second_writer_is_told_to_wait(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that cannot get in is told that the store is busy."""
    monkeypatch.setattr("fangpin.store.office._WAIT_MS", 20)
    second = open_office(office.engine.url.render_as_string(hide_password=False))
    with office.write(), pytest.raises(Busy), second.write():
        pass
    second.close()


def test_times_come_back_in_utc(office: Office) -> None:
    """A moment of Shanghai is the same moment in UTC when it is read."""
    shanghai = dt.datetime(2024, 2, 1, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    with office.write() as connection:
        connection.execute(insert(TaskEvent), EVENT | {"at": shanghai, "detail": {}})
        found = connection.execute(TaskEvent.__table__.select()).mappings().one()["at"]

    assert dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC) == found
    assert found.utcoffset() == dt.timedelta(0)


def test_a_time_without_zone_is_refused(office: Office) -> None:
    """A time that does not say its zone is never stored."""
    with pytest.raises(Exception, match="time zone"), office.write() as connection:
        connection.execute(insert(TaskEvent), EVENT | {"at": dt.datetime(2024, 2, 1), "detail": {}})  # noqa: DTZ001


def test_a_newer_store_is_refused(office: Office) -> None:
    """A store made by a newer program is left alone."""
    with office.write() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StoreDamaged, match="更新的版本"):
        open_office(office.engine.url.render_as_string(hide_password=False))


@pytest.mark.parametrize("url", ["mysql://u:geheim@h/d", "nothing", "sqlite://", "sqlite:///:memory:"])
def test_other_addresses_are_refused(url: str) -> None:
    """An address that is no SQLite file and no PostgreSQL is refused, without repeating the password."""
    with pytest.raises(UsageProblem, match="办公库地址") as caught:
        open_office(url)

    assert "geheim" not in caught.value.sentence


def test_the_file_is_its_owners(tmp_path: Path) -> None:
    """Nobody but the owner may read the SQLite file."""
    open_office(f"sqlite:///{tmp_path}/home/office.db").close()

    assert (tmp_path / "home" / "office.db").stat().st_mode & 0o777 == 0o600


def test_many_openers_make_one_store(empty_url: str) -> None:
    """Several openers of an empty place at the same moment all end with the same store."""
    with ThreadPoolExecutor(4) as pool:
        offices = list(pool.map(open_office, [empty_url] * 4))
    with offices[0].read() as connection:
        heads = connection.execute(text("select version_num from alembic_version")).scalars().all()
    for office in offices:
        office.close()

    assert heads == [NEWEST_REVISION]


def test_a_migration_cut_short_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that fails on its last step has changed nothing, and the next opening makes the store."""
    upgrade = command.upgrade

    def cut_short(config: Config, revision: str) -> None:
        upgrade(config, revision)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", cut_short)
    with pytest.raises(KeyboardInterrupt):
        open_office(empty_url)
    monkeypatch.setattr(command, "upgrade", upgrade)
    engine = create_engine(empty_url.replace("postgresql://", "postgresql+psycopg://"))
    left = inspect(engine).get_table_names()
    engine.dispose()
    open_office(empty_url).close()

    assert left == []


def test_the_newest_revision_is_the_last_migration() -> None:
    """What the store is compared with at every start is where the migrations lead."""
    assert newest_revision() == NEWEST_REVISION
