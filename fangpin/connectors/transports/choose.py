"""The transport of a declared connection.

Floor 3. A kind's library is loaded only when a connection of that kind is opened.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fangpin.config.connections import Connection, Folder, Http, Sftp, Sql
from fangpin.connectors.transports.base import Patience, Transport
from fangpin.types import Period


@dataclass(frozen=True, slots=True)
class Outside:
    """What fetching takes from outside: the environment with its secrets, the clock, how long to wait between tries."""

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    clock: Callable[[], float] = time.time
    wait_initial: float = 1.0
    wait_max: float = 60.0
    wait_jitter: float = 1.0

    def patience(self, connection: Connection) -> Patience:
        """Return the declared patience of a connection; its time begins now."""
        return Patience(
            connection.attempts,
            connection.timeout_seconds,
            connection.whole_seconds,
            wait_initial=self.wait_initial,
            wait_max=self.wait_max,
            wait_jitter=self.wait_jitter,
        )


def where_of(connection: Connection) -> str:
    """Return how a connection is called in sentences."""
    return f"取数通道 {connection.title}"


def open_transport(connection: Connection, *, period: Period, patience: Patience, outside: Outside) -> Transport:
    """Return the transport of a connection; a month is asked of interfaces and databases, folders have their files."""
    where, declared, environ = where_of(connection), connection.transport, outside.environ
    stem = f"{connection.title}_{period.year}年{period.month:02d}月"
    match declared:
        case Folder():
            from fangpin.connectors.transports.folder import FolderTransport  # noqa: PLC0415 - see the module's docstring

            return FolderTransport(declared, where, outside.clock)
        case Sftp():
            from fangpin.connectors.transports.sftp import SftpTransport  # noqa: PLC0415 - see the module's docstring

            return SftpTransport(declared, where, patience, environ, outside.clock)
        case Http():
            from fangpin.connectors.transports.http import HttpTransport  # noqa: PLC0415 - see the module's docstring
            from fangpin.connectors.transports.web import Host  # noqa: PLC0415 - see the module's docstring

            return HttpTransport(Host(declared, where, patience, environ), stem, period)
        case Sql():
            from fangpin.connectors.transports.sql import SqlTransport  # noqa: PLC0415 - see the module's docstring

            return SqlTransport(declared, where, stem, period, patience, environ)
