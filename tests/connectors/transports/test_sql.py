"""A query on PostgreSQL, MariaDB and SQLite: every row as text, or a sentence; never a write."""

from __future__ import annotations

import csv
import os
import sqlite3
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from transport_servers import PASSWORD, Cable, MariaDb

from fangpin.config.connections import Sql
from fangpin.connectors.transports.base import Passing, Patience
from fangpin.connectors.transports.sql import SqlTransport
from fangpin.errors import TransportFailed
from fangpin.types import Period

Fetch = Callable[..., Path | None]
Address = Callable[..., str]
QUERY = "select 证件号码, 金额, 日期, 备注 from 结算 where 月份 = :period order by 证件号码"
DATABASES = ("sqlite", "postgresql", "mariadb")


def _fill(url: str) -> None:
    """Make the table of a department's bills: two of March, one of April."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("drop table if exists 结算"))
        columns = "证件号码 varchar(20), 金额 numeric(12,2), 日期 date, 备注 varchar(50), 月份 char(7)"
        connection.execute(text(f"create table 结算 ({columns})"))
        for row in (
            "('990101199001011231', 1200.50, '2024-03-05', '含“逗号”,和''引号''', '2024-03')",
            "('99010119900101124X', 0.10, null, null, '2024-03')",
            "('990101199001011258', 7, '2024-04-05', null, '2024-04')",
        ):
            connection.execute(text(f"insert into 结算 values {row}"))
    engine.dispose()


@pytest.fixture
def sqlite_address(tmp_path: Path) -> Address:
    """Return a function that gives the address of a filled SQLite file."""
    url = f"sqlite:///{tmp_path}/office.db"
    _fill(url)
    return lambda port=None: url if port is None else ""


@pytest.fixture(scope="session")
def postgresql_reader(postgresql_server: Any) -> tuple[str, str]:
    """Return the address of a filled PostgreSQL database, and its socket file."""
    admin = create_engine(
        postgresql_server.get_uri(database="postgres", driver="psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text("create database department"))
    admin.dispose()
    url = str(postgresql_server.get_uri(database="department", driver="psycopg"))
    _fill(url)
    return url, str(
        next(Path(urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["host"][0]).glob(".s.PGSQL.*[0-9]"))
    )


@pytest.fixture
def postgresql_address(postgresql_reader: tuple[str, str]) -> Address:
    """Return a function that gives the database's address, by its socket or through a cable's port."""
    url, _ = postgresql_reader
    parts = urllib.parse.urlsplit(url)
    through = f"{parts.scheme}://postgres:{PASSWORD}@127.0.0.1:{{port}}{parts.path}?sslmode=disable"
    return lambda port=None: url if port is None else through.format(port=port)


@pytest.fixture(scope="session")
def mariadb_filled(mariadb: MariaDb) -> MariaDb:
    """Return a MariaDB that holds the table, and an account that may only read it."""
    admin = create_engine(mariadb.url("root", "").replace("/office", "/"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("create database office character set utf8mb4"))
        connection.execute(text(f"create user reader@'%' identified by '{PASSWORD}'"))
        connection.execute(text("grant select on office.* to reader@'%'"))
    admin.dispose()
    _fill(mariadb.url("root", ""))
    return mariadb


@pytest.fixture
def mariadb_address(mariadb_filled: MariaDb) -> Address:
    """Return a function that gives the reader's address, by the socket or through a cable's port."""
    return lambda port=None: mariadb_filled.url("reader", PASSWORD, port=port)


@pytest.fixture
def address(request: pytest.FixtureRequest) -> Address:
    """Return the addresses of one database after the other."""
    return request.getfixturevalue(f"{request.param}_address")


@pytest.fixture
def line(request: pytest.FixtureRequest, address: Address, cable: Callable[..., Cable]) -> Cable:
    """Return a cable to the server of ``address``."""
    if "mysql" in address():
        return cable(request.getfixturevalue("mariadb_filled").socket)
    return cable(request.getfixturevalue("postgresql_reader")[1])


def _transport(url: str, patience: Patience, query: str = QUERY) -> SqlTransport:
    declared = Sql(kind="sql", address_env="OFFICE_DB", query=query)
    environ = {**os.environ, "OFFICE_DB": url}
    return SqlTransport(declared, "取数通道 甲", "甲_2024年03月", Period(2024, 3), patience, environ)


@pytest.fixture
def patience() -> Patience:
    """Return a patience long enough for a child process to start on a busy machine."""
    return Patience(3, 20.0, 60.0, wait_initial=0, wait_max=0, wait_jitter=0)


def _sentence(work: Callable[[], object]) -> str:
    with pytest.raises(TransportFailed) as failed:
        work()
    return failed.value.sentence


def _rows(path: Path | None) -> list[list[str]]:
    assert path is not None
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@pytest.mark.parametrize("address", DATABASES, indirect=True)
def test_a_month_s_rows_come_as_text(address: Address, patience: Patience, brought: Fetch) -> None:
    """Amounts are exact, dates are ISO, what is unknown is empty; nothing of another month."""
    path = brought(_transport(address(), patience))
    rows = _rows(path)

    assert path is not None
    assert path.name == "甲_2024年03月.csv"
    assert rows[0] == ["证件号码", "金额", "日期", "备注"]
    assert [[row[0], float(row[1]), *row[2:]] for row in rows[1:]] == [
        ["990101199001011231", 1200.5, "2024-03-05", "含“逗号”,和'引号'"],
        ["99010119900101124X", 0.1, "", ""],
    ]
    if "sqlite" not in address():  # which knows no exact amounts
        assert [row[1] for row in rows[1:]] == ["1200.50", "0.10"]


@pytest.mark.parametrize("address", DATABASES, indirect=True)
def test_no_rows_yet_is_no_failure(address: Address, patience: Patience, brought: Fetch) -> None:
    """A month that the department has not filled gives nothing."""
    assert brought(_transport(address(), patience, "select 证件号码 from 结算 where 月份 = '1999-01'")) is None


@pytest.mark.parametrize("address", ["postgresql", "mariadb"], indirect=True)
def test_the_transaction_cannot_write(address: Address, patience: Patience, brought: Fetch) -> None:
    """A statement that slipped through the declaration's check is refused by the database; told in a sentence."""
    declared = Sql.model_construct(kind="sql", address_env="OFFICE_DB", query="delete from 结算")
    environ = {**os.environ, "OFFICE_DB": address()}
    transport = SqlTransport(declared, "取数通道 甲", "甲", Period(2024, 3), patience, environ)
    sentence = _sentence(lambda: brought(transport))

    assert sentence.startswith("取数通道 甲：查询被数据库拒绝（")
    assert len(_rows(brought(_transport(address(), patience)))) == 3


def test_sqlite_is_opened_for_reading_only(sqlite_address: Address, patience: Patience, brought: Fetch) -> None:
    """Neither is a file made where none is, nor one changed."""
    declared = Sql.model_construct(kind="sql", address_env="OFFICE_DB", query="delete from 结算 returning *")
    transport = SqlTransport(
        declared, "取数通道 甲", "甲", Period(2024, 3), patience, {**os.environ, "OFFICE_DB": sqlite_address()}
    )
    missing = sqlite_address() + ".none"

    assert "查询被数据库拒绝（SQLITE_READONLY）" in _sentence(lambda: brought(transport))
    assert "没有这个 SQLite 数据库文件" in _sentence(lambda: brought(_transport(missing, patience)))
    assert not Path(missing.removeprefix("sqlite:///")).exists()


@pytest.mark.parametrize("address", DATABASES, indirect=True)
def test_a_query_the_database_refuses_is_not_tried_again(address: Address, patience: Patience, brought: Fetch) -> None:
    """The sentence holds the database's number for it, never its words: they may repeat values."""
    sentence = _sentence(lambda: brought(_transport(address(), patience, "select 身份 from 结算")))

    assert sentence.startswith("取数通道 甲：查询被数据库拒绝（")
    assert "身份" not in sentence


@pytest.mark.parametrize("address", ["postgresql", "mariadb"], indirect=True)
def test_what_has_no_text_is_refused_by_its_column(address: Address, patience: Patience, brought: Fetch) -> None:
    """An image or another blob is not squeezed into a cell."""
    query = "select cast('x' as binary) as 照片" if "mysql" in address() else "select 'x'::bytea as 照片"

    assert "列“照片”不是文字、数或日期，请在查询中转换成文字" in _sentence(
        lambda: brought(_transport(address(), patience, query))
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "环境变量 OFFICE_DB 没有设置"),
        (f"not an address {PASSWORD}", "环境变量 OFFICE_DB 中的不是数据库地址"),
        (f"mssql+pymssql://reader:{PASSWORD}@host/db", "没有安装数据库驱动 pymssql"),
        (f"postgresql://reader:{PASSWORD}@127.0.0.1:9/db", "连接不上数据库，或途中断开"),
        (f"mysql+pymysql://reader:{PASSWORD}@127.0.0.1:9/db", "连接不上数据库，或途中断开（2003）"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_without_repeating_it(
    patience: Patience, tmp_path: Path, url: str, expected: str
) -> None:
    """No sentence holds the password."""
    transport = _transport(url, patience)
    sentence = _sentence(lambda: transport.fetch(transport.listing().files[0], tmp_path))

    assert expected in sentence
    assert PASSWORD not in sentence


def test_a_wrong_password_is_not_tried_again(mariadb_filled: MariaDb, patience: Patience, brought: Fetch) -> None:
    """The database's number tells it from a line that is down."""
    url = mariadb_filled.url("reader", "Wrong-One")

    assert _sentence(lambda: brought(_transport(url, patience))) == (
        "取数通道 甲：登录被数据库拒绝（1045），请核对环境变量中的地址；改正后再取。"
    )


def _long(url: str) -> str:
    """Return a query whose answer is many megabytes."""
    if "mysql" in url:
        return "select seq, repeat('x', 200) as 长 from seq_1_to_30000"
    return "select n, repeat('x', 200) as 长 from generate_series(1, 30000) n"


@pytest.mark.parametrize("address", ["postgresql", "mariadb"], indirect=True)
def test_a_cut_line_costs_an_attempt(address: Address, line: Cable, patience: Patience, brought: Fetch) -> None:
    """A result cut in the middle is not a shorter result."""
    line.plans = [("cut", 2_000_000)]
    rows = _rows(brought(_transport(address(port=line.port), patience, _long(address()))))

    assert (len(rows), line.connections) == (30_001, 2)


@pytest.mark.parametrize("address", ["postgresql", "mariadb"], indirect=True)
@pytest.mark.parametrize("after", [0, 2_000_000])
def test_a_database_that_falls_silent_is_given_up(address: Address, line: Cable, tmp_path: Path, after: int) -> None:
    """Silent at the greeting or in the middle of the rows: the child is stopped, whatever its driver waits for."""
    line.plans = [("hang", after)]
    patience = Patience(1, 3.0, 20.0)
    transport = _transport(address(port=line.port), patience, _long(address()))
    began = time.monotonic()

    assert _sentence(lambda: transport.fetch(transport.listing().files[0], tmp_path)) == (
        "取数通道 甲：对方 3 秒没有响应；请与对方核实服务是否正常，稍后会再取。"
    )
    assert time.monotonic() - began < 12


def test_a_killed_and_restarted_server_costs_attempts(mariadb_filled: MariaDb, tmp_path: Path) -> None:
    """The server dies as in a power cut, and is back at a later attempt."""
    patience = Patience(20, 20.0, 60.0, wait_initial=0.2, wait_max=0.2, wait_jitter=0)
    transport = _transport(mariadb_filled.url("reader", PASSWORD), patience)
    mariadb_filled.kill()
    sentences: list[str] = []

    def attempt() -> Path | None:
        try:
            return transport.fetch(transport.listing().files[0], tmp_path)
        except Passing as exc:
            sentences.append(exc.sentence)
            if len(sentences) == 1:
                mariadb_filled.start()
            raise

    assert len(_rows(patience.persist("甲", attempt))) == 3
    assert "连接不上数据库，或途中断开（200" in sentences[0]


def test_a_locked_sqlite_file_costs_an_attempt(sqlite_address: Address, tmp_path: Path) -> None:
    """Somebody writes to the file for a while."""
    holder = sqlite3.connect(sqlite_address().removeprefix("sqlite:///"))
    holder.execute("begin exclusive")
    patience = Patience(3, 20.0, 60.0, wait_initial=0, wait_max=0, wait_jitter=0)
    transport = _transport(sqlite_address() + "?timeout=0.1", patience)
    sentences: list[str] = []

    def attempt() -> Path | None:
        try:
            return transport.fetch(transport.listing().files[0], tmp_path)
        except Passing as exc:
            sentences.append(exc.sentence)
            holder.close()
            raise

    assert len(_rows(patience.persist("甲", attempt))) == 3
    assert sentences == ["取数通道 甲：连接不上数据库，或途中断开（SQLITE_BUSY）；请与对方核实。"]
