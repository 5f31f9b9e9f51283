"""A query on a department's database, run in a child process that can be stopped whatever its driver waits for.

Floor 3. The child gets the name of the environment variable, never the address; its rows come back as one CSV.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from fangpin.config.connections import Sql
from fangpin.connectors.transports.base import (
    Listing,
    Passing,
    Patience,
    Remote,
    out_of_time,
    secret,
    silent,
    whole,
)
from fangpin.errors import TransportFailed
from fangpin.types import Period

_PIECE: Final = 65536


@dataclass(frozen=True, slots=True)
class SqlTransport:
    """Takes a month's rows from a database (数据库查询)."""

    declared: Sql
    where: str
    stem: str  # what the file is called, without a suffix
    period: Period
    patience: Patience
    environ: Mapping[str, str]

    def listing(self) -> Listing:
        """Return the one thing there is to ask for; nobody is asked yet."""
        return Listing((Remote(f"{self.stem}.csv"),))

    def fetch(self, remote: Remote, into: Path) -> Path | None:
        """Write the query's rows as CSV; None when there are none yet.

        Raises: TransportFailed when the database does not answer, refuses us or breaks off.
        """
        secret(self.environ, self.declared.address_env, where=self.where)
        target = into / remote.name
        with whole(target) as aside:
            if not self._rows(aside):
                aside.unlink()
        return target if target.exists() else None

    def _rows(self, aside: Path) -> int:
        month = {"period": str(self.period), "year": self.period.year, "month": self.period.month}
        request = {
            "env": self.declared.address_env,
            "query": self.declared.query,
            "params": month,
            "path": str(aside),
            "seconds": self.patience.left,
        }
        with subprocess.Popen(
            [sys.executable, "-m", "fangpin.connectors.transports.query"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a driver's last words may repeat the address
            env={**self.environ},
        ) as child:
            try:
                return self._answered(child, json.dumps(request).encode() + b"\n")
            except (EOFError, BrokenPipeError) as exc:
                raise Passing(self.where, "查询进程意外结束", action="稍后会再取") from exc
            finally:
                child.kill()

    def _answered(self, child: subprocess.Popen[bytes], request: bytes) -> int:
        if child.stdin is None or child.stdout is None:
            raise EOFError
        child.stdin.write(request)
        child.stdin.close()
        return self._heard(child.stdout)

    def _heard(self, stdout: IO[bytes]) -> int:
        """Return the number of rows the child tells at the end, as long as it is heard of in time."""
        buffered = b""
        while True:
            wait = min(self.patience.timeout_seconds, self.patience.left)
            ready, _, _ = select.select([stdout], [], [], wait)
            if not ready:
                if not self.patience.left:
                    raise out_of_time(self.where, self.patience.whole_seconds)
                raise silent(self.where, self.patience.timeout_seconds)
            piece = os.read(stdout.fileno(), _PIECE)
            if not piece:
                raise EOFError
            *lines, buffered = (buffered + piece).split(b"\n")
            for line in lines:
                told: dict[str, Any] = json.loads(line)
                if "done" in told:
                    return int(told["done"])
                if "failed" in told:
                    kind = Passing if told["again"] else TransportFailed
                    raise kind(self.where, told["failed"], action="请与对方核实" if told["again"] else "改正后再取")
