"""A consistent copy of the office store while others write: a SQLite file, or a dump of PostgreSQL.

Floor 3. Reads one state of the store; a password never stands in a command line.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from fangpin.errors import NotFound, StoreDamaged
from fangpin.store.office import Office


def write_snapshot(office: Office, folder: Path) -> Path:
    """Copy the office store into a folder and return the copy: ``office.db``, or ``office.dump`` of PostgreSQL.

    Raises: not_found without pg_dump on the machine; store_damaged when the copy does not succeed or is not whole.
    """
    if office.engine.dialect.name == "postgresql":
        return _dump(office.engine.url, folder / "office.dump")
    return _copy(str(office.engine.url.database), folder / "office.db")


def _copy(database: str, target: Path) -> Path:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("vacuum into ?", (str(target),))
    with closing(sqlite3.connect(target)) as copy:
        if copy.execute("pragma quick_check").fetchall() != [("ok",)]:
            raise StoreDamaged("备份", "办公库的副本不完整", action="请检查磁盘，并运行 fangpin verify")
    return target


def _dump(url: URL, target: Path) -> Path:
    program = shutil.which("pg_dump")
    if program is None:
        action = "请安装与数据库同版本的 postgresql-client 后重试"
        raise NotFound("备份", "本机没有 pg_dump，不能备份 PostgreSQL 办公库", action=action)
    given = dict(url.query)
    told = {"host": url.host or given.get("host"), "port": url.port, "username": url.username, "dbname": url.database}
    options = [f"--{name}={value}" for name, value in told.items() if value is not None]
    command = [program, "--format=custom", "--no-owner", "--no-password", *options, f"--file={target}"]
    secret = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    done = subprocess.run(command, env=os.environ | secret, capture_output=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        mismatch = b"version mismatch" in done.stderr
        action = "请安装与数据库同版本的 postgresql-client" if mismatch else "请检查数据库服务和磁盘空间"
        raise StoreDamaged("备份", f"pg_dump 未能完成（退出码 {done.returncode}）", action=action)
    return target
