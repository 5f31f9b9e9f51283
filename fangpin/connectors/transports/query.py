"""The child process of a database query: one SELECT in a read-only transaction, streamed to a CSV file.

Floor 3. Reads one line of JSON on standard input (env, query, params, path, seconds); tells on standard output how far
it is, a line a step, and last either the number of rows or why it failed. The address stays in the environment.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

_ROWS: Final = 2_000
_MS: Final = 1_000
_LOGIN: Final = ("28000", "28P01", "1044", "1045", "1698")
_MYSQL_PASSING: Final = ("", "0", "1040", "1053", "1205", "1213", "1927", "1969")  # 2xxx: the client's, of the line


class Refused(Exception):
    """No further attempt can help; the text says why, without a value or an address."""


def run(request: dict[str, Any]) -> int:
    """Write the query's rows as UTF-8 CSV and return how many there are.

    Raises: Refused for what no further attempt can get over; OSError or SQLAlchemyError for the rest.
    """
    engine = open_engine(os.environ.get(request["env"], ""), env=request["env"])
    with reading(engine, seconds=request["seconds"]) as connection:
        tell(rows=0)
        streamed = {"stream_results": True, "max_row_buffer": _ROWS}
        result = connection.execute(text(request["query"]), request["params"], execution_options=streamed)
        rows = 0
        with Path(request["path"]).open("w", encoding="utf-8", newline="") as out:
            sheet = csv.writer(out)
            heads = list(result.keys())
            sheet.writerow(heads)
            for part in result.partitions(_ROWS):
                sheet.writerows([cell(value, head) for head, value in zip(heads, row, strict=True)] for row in part)
                rows += len(part)
                tell(rows=rows)
        return rows


def open_engine(address: str, *, env: str) -> Engine:
    """Return an engine for an address.

    Raises: Refused when there is no address, it is none, its driver is not installed or its file is not there.
    """
    try:
        url = make_url(address)
        return create_engine(_existing_file(url) if url.get_backend_name() == "sqlite" else url)
    except ArgumentError:  # the error's own words would repeat the password
        msg = f"环境变量 {env} 中的不是数据库地址"
    except ModuleNotFoundError as exc:
        msg = f"没有安装数据库驱动 {exc.name}"
    raise Refused(msg) from None


@contextmanager
def reading(engine: Engine, *, seconds: float) -> Iterator[Connection]:
    """Give a connection in a transaction that cannot write, and whose statement the server ends when time is over."""
    dialect = engine.dialect
    options = {"postgresql_readonly": True} if dialect.name == "postgresql" else {}
    try:
        with engine.connect().execution_options(**options) as connection:
            match dialect.name:
                case "postgresql":
                    connection.exec_driver_sql(f"set local statement_timeout = {int(seconds * _MS)}")
                case "mysql" | "mariadb":
                    connection.exec_driver_sql("set session transaction read only")
                    if getattr(dialect, "is_mariadb", False):
                        connection.exec_driver_sql(f"set session max_statement_time = {seconds:.0f}")
                    connection.commit()
                case "sqlite":
                    connection.exec_driver_sql("pragma query_only = on")
            yield connection
    finally:
        engine.dispose()


def cell(value: object, head: object) -> str:
    """Return a database value as the text of a cell.

    Raises: Refused for what has no text, such as an image.

    >>> [cell(v, "金额") for v in (None, "0430", Decimal("1E+2"), dt.date(2024, 3, 1), True)]
    ['', '0430', '100', '2024-03-01', 'true']
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float() | uuid.UUID():
            return str(value)
        case Decimal():
            return format(value, "f")
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            msg = f"列“{head}”不是文字、数或日期，请在查询中转换成文字"
            raise Refused(msg)


def tell(**what: object) -> None:
    """Tell the parent one thing, a line of JSON."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def failure_of(exc: Exception) -> dict[str, object]:
    """Return what to tell about a failure: a phrase, and whether another attempt may help."""
    again = False
    match exc:
        case Refused():
            phrase = str(exc)
        case DBAPIError():
            code = code_of(exc)
            number = f"（{code}）" if code else ""
            again = may_pass(exc)
            if code in _LOGIN:
                phrase = f"登录被数据库拒绝{number}，请核对环境变量中的地址"
            elif again:
                phrase = f"连接不上数据库，或途中断开{number}"
            else:
                phrase = f"查询被数据库拒绝{number}，请核对 query 和账号权限"
        case SQLAlchemyError():
            phrase = f"查询不能执行（{type(exc).__name__}）"
        case _:
            phrase = f"取数文件写不出（{type(exc).__name__}），请检查磁盘"
    return {"failed": phrase, "again": again}


def code_of(exc: DBAPIError) -> str:
    """Return the number a database gives its error, empty when it gives none."""
    first = next(iter(getattr(exc.orig, "args", ())), None)
    if isinstance(first, int):
        return str(first)
    return str(getattr(exc.orig, "sqlstate", None) or getattr(exc.orig, "sqlite_errorname", None) or "")


def may_pass(exc: DBAPIError) -> bool:
    """Say whether an error is of the connection or of the moment, not of the query or the account."""
    code, driver = code_of(exc), type(exc.orig).__module__.partition(".")[0]
    match driver:
        case "sqlite3":
            return code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
        case "psycopg":
            return not code or code.startswith(("08", "40", "53", "57"))
        case "pymysql":
            return code in _MYSQL_PASSING or (len(code) == len("2013") and code.startswith("2"))
        case _:
            return isinstance(exc, OperationalError | InterfaceError) or exc.connection_invalidated


def _existing_file(url: URL) -> URL:
    """Return the address of a SQLite file opened for reading only: one that is not there would be made."""
    if not url.database or not Path(url.database).is_file():
        msg = "没有这个 SQLite 数据库文件"
        raise Refused(msg)
    reading = url.update_query_dict({"mode": "ro", "uri": "true"})
    return reading.set(database=f"file:{Path(url.database).resolve()}")


def _main() -> None:
    try:
        tell(done=run(json.loads(sys.stdin.readline())))
    except (Refused, SQLAlchemyError, OSError) as exc:
        tell(**failure_of(exc))


if __name__ == "__main__":
    _main()
