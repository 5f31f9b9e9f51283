"""The one scheduler of a county: a lock that dies with the process or the connection that holds it.

Floor 3. A file lock in the county's folder; on PostgreSQL an advisory lock of a session too, so that two machines
with one office store have one scheduler.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from fangpin.errors import Busy
from fangpin.store.office import Office

_LOCK_KEY: Final = int.from_bytes(b"fpsched")


class Leader:
    """The lock as held; on PostgreSQL its connection may be lost, and the lock with it."""

    def __init__(self, session: Connection | None) -> None:
        self._session = session

    def require(self) -> None:
        """Do nothing while the lock is held.

        Raises: busy when the connection that held it was lost: another scheduler may have taken over.
        """
        if self._session is None:
            return
        try:
            self._session.execute(text("select 1"))
        except DBAPIError as exc:
            raise Busy("定时任务", "与办公库的连接中断，可能已由另一处接管", action="请重新启动") from exc


@contextmanager
def lead(office: Office, lock: Path) -> Iterator[Leader]:
    """Give the lock of the one scheduler, held until the end.

    Raises: busy when another scheduler of the county runs.
    """
    with ExitStack() as held:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        held.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken() from None
        session = None
        if office.engine.dialect.name == "postgresql":
            session = held.enter_context(office.engine.connect().execution_options(isolation_level="AUTOCOMMIT"))
            held.callback(session.invalidate)  # the lock belongs to the session: end it, never back into the pool
            if not session.execute(text("select pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY}).scalar():
                raise _taken()
        yield Leader(session)


def _taken() -> Busy:
    return Busy("定时任务", "另一个 fangpin schedule 正在运行", action="同一个县只需运行一个，请勿重复启动")
