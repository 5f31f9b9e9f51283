"""Servers to fetch from, and a patience that never waits between attempts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from transport_servers import Cable, MariaDb, mariadb_server

from fangpin.connectors.transports.base import Patience, Transport

Fetch = Callable[..., Path | None]


@pytest.fixture
def patience() -> Patience:
    """Return a patience of three attempts, a second of silence and ten in all, without waiting."""
    return Patience(3, 1.0, 10.0, wait_initial=0, wait_max=0, wait_jitter=0)


@pytest.fixture
def brought(patience: Patience, tmp_path: Path) -> Fetch:
    """Return a function that fetches the first file a transport lists, with retries, into a folder of its own."""
    into = tmp_path / "brought"
    into.mkdir()

    def fetch(transport: Transport) -> Path | None:
        remote = patience.persist("取数通道 甲", transport.listing).files[0]
        try:
            return patience.persist("取数通道 甲", lambda: transport.fetch(remote, into))
        finally:
            left = [path.name for path in into.iterdir() if path.name.startswith(".")]
            assert left == []

    return fetch


@pytest.fixture
def cable() -> Iterator[Callable[[tuple[str, int] | str], Cable]]:
    """Return a function that lays a cable to a server; all are pulled at the end."""
    laid: list[Cable] = []

    def lay(upstream: tuple[str, int] | str) -> Cable:
        laid.append(Cable(upstream))
        return laid[-1]

    yield lay
    for one in laid:
        one.close()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """Start one MariaDB server; skip where there is none, unless FANGPIN_REQUIRE_SERVERS=1."""
    if shutil.which("mariadb-install-db") is None and os.environ.get("FANGPIN_REQUIRE_SERVERS") != "1":
        pytest.skip("MariaDB is not installed here (apt-get install mariadb-server)")
    with mariadb_server() as server:
        yield server
