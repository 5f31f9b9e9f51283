"""Opens the office store: one SQLite file, or PostgreSQL in production, at the newest schema.

Floor 3. One writer at a time on either database (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory
lock), every write in one transaction that is durable when it returns. Never retries by itself: a
store that stays busy is reported as such.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from fangpin.errors import Busy, StoreDamaged, UsageProblem

NEWEST_REVISION: Final = "0005"
_LOCK_KEY: Final = int.from_bytes(b"fangpin")
_WAIT_MS: Final = 5000
_POLL_SECONDS: Final = 0.02
_LOCK_NOT_AVAILABLE: Final = "55P03"


@dataclass(frozen=True, slots=True)
class Office:
    """An open office store (办公库)."""

    engine: Engine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in one write transaction: committed at the end, rolled back on any error.

        Raises: busy when another writer holds the store for more than five seconds.
        """
        with _transaction(self.engine, "write") as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one unchanging state of the store and cannot write."""
        with _transaction(self.engine, "read") as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def open_office(url: str) -> Office:
    """Return the office store at ``url``, made or migrated to the newest schema first.

    Raises: usage for an address that is neither SQLite nor PostgreSQL; store_damaged when a newer
    program made the store; busy when another process keeps it.
    """
    address = _address(url)
    engine = _sqlite(address) if address.get_backend_name() == "sqlite" else _postgresql(address)
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Office(engine)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:  # its message would repeat the password
        raise UsageProblem("办公库地址", "不是数据库地址", expected="sqlite:///… 或 postgresql+psycopg://…") from None
    if address.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        expected = "sqlite:///… 或 postgresql+psycopg://…"
        raise UsageProblem("办公库地址", f"收到 {address.drivername}", expected=expected)
    return address


def _sqlite(address: URL) -> Engine:
    if not address.database or address.database == ":memory:":
        raise UsageProblem("办公库地址", "没有写明文件", expected="sqlite:///文件路径")
    path = Path(address.database)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(address, connect_args={"timeout": _WAIT_MS / 1000})
    event.listen(engine, "connect", _sqlite_connected)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    _use_wal(connection)
    for pragma in ("synchronous = full", f"busy_timeout = {_WAIT_MS}"):
        connection.execute(f"pragma {pragma}").close()


def _use_wal(connection: Any) -> None:
    """Switch a store to WAL, once for its life.

    First openers at the same moment may each wait for the other, so none waits long at a time.
    """
    connection.execute("pragma busy_timeout = 50").close()
    give_up = time.monotonic() + 2 * _WAIT_MS / 1000
    while True:
        try:
            connection.execute("pragma journal_mode = wal").close()
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def _sqlite_begin(connection: Connection) -> None:
    """Begin by the kind of transaction; inside one, the first two switches would be dead."""
    mode = connection.get_execution_options().get("fangpin_mode")
    connection.exec_driver_sql(f"pragma foreign_keys = {'off' if mode == 'migrate' else 'on'}")
    connection.exec_driver_sql(f"pragma query_only = {'on' if mode == 'read' else 'off'}")
    connection.exec_driver_sql("begin" if mode == "read" else "begin immediate")


def _postgresql(address: URL) -> Engine:
    options = f"-c timezone=UTC -c lock_timeout={_WAIT_MS}"
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": _WAIT_MS // 1000},
    )


@contextmanager
def _transaction(engine: Engine, mode: str) -> Iterator[Connection]:
    """Give a connection in one transaction of a kind: read, write, or migrate (a write without foreign keys)."""
    options: dict[str, Any] = {"fangpin_mode": mode}
    postgresql = engine.dialect.name == "postgresql"
    if postgresql and mode == "read":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    try:
        with engine.connect().execution_options(**options) as connection, connection.begin():
            if postgresql and mode != "read":
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            yield connection
    except OperationalError as exc:
        if _is_busy(exc):
            raise Busy("办公库", "另一进程正在写入", action="请稍后重试") from exc
        if _is_out_of_reach(exc):
            # The driver's own words may repeat the address; they stay with the exception, not in the sentence.
            action = "请检查数据库服务、磁盘空间和 FANGPIN_OFFICE_URL"
            raise StoreDamaged("办公库", "连接不上或已中断", action=action) from exc
        raise


def _is_busy(exc: OperationalError) -> bool:
    return "database is locked" in str(exc.orig) or getattr(exc.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


def _is_out_of_reach(exc: OperationalError) -> bool:
    """Say whether the store itself is gone: a server that does not answer, a disk that is full or broken."""
    if exc.connection_invalidated:
        return True
    words = str(exc.orig)
    if any(word in words for word in ("unable to open database", "disk I/O error", "disk is full", "malformed")):
        return True
    return type(exc.orig).__module__.startswith("psycopg") and getattr(exc.orig, "sqlstate", None) is None


def _migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision in one transaction: killed midway, nothing has changed."""
    if _is_newest(engine):
        return
    from fangpin.store.upgrade import is_known, upgrade  # noqa: PLC0415 - the migration tool is loaded only to migrate

    with _transaction(engine, "read") as connection:
        if not is_known(connection):
            raise StoreDamaged("办公库", "由更新的版本建立", action="请先升级本程序")
    with _transaction(engine, "migrate") as connection:
        upgrade(connection)


def _is_newest(engine: Engine) -> bool:
    with _transaction(engine, "read") as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return list(connection.execute(text("select version_num from alembic_version")).scalars()) == [NEWEST_REVISION]
