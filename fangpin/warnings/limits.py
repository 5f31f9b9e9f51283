"""Stops a computation of the database that takes too long, so that one rule cannot hold up a month.

Floor 2. Interrupts, never closes: the connection goes on with the next statement.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

# How long one rule may compute.
LIMIT_SECONDS = 60.0
_AGAIN_SECONDS = 0.05


@contextmanager
def interrupted_after(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what the connection computes in the block once the block has taken so many seconds.

    Raises: duckdb.InterruptException out of the statement that was interrupted.

    >>> with interrupted_after(con := duckdb.connect(), 5): con.execute("select 1").fetchall()
    [(1,)]
    """
    done = threading.Event()

    def watch() -> None:
        wait = seconds
        # Again and again: the database forgets an interrupt that falls between two of its steps.
        while not done.wait(wait):
            con.interrupt()
            wait = _AGAIN_SECONDS

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
