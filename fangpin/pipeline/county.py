"""One county's folder opened: declarations, office store, originals, warehouse, and the lock over them.

Floor 4. Everything lies in one folder (HOME); the office store may lie elsewhere by its address.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fangpin.config.loader import Declarations, load
from fangpin.errors import Busy, NotFound
from fangpin.store.county import claim_county, county_of
from fangpin.store.files import Originals, private_folder, sweep_folder
from fangpin.store.office import Office, open_office
from fangpin.store.warehouse import Warehouse

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, of how many."""

_LOCK_WAIT_SECONDS = 10.0
_LOCK_POLL_SECONDS = 0.05
_ABANDONED_SECONDS = 6 * 3600.0  # no download and no reading takes so long


@dataclass(frozen=True, slots=True)
class County:
    """An opened county (县)."""

    home: Path
    declared: Declarations
    office: Office
    originals: Originals
    warehouse: Warehouse

    @property
    def scratch(self) -> Path:
        """Folder for short-lived working files."""
        return private_folder(self.home / "scratch")

    @property
    def incoming(self) -> Path:
        """Folder for what is under way outside the lock: downloads, parts of files being read; swept by age."""
        return private_folder(self.home / "incoming")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the county for one writing operation; what an earlier, killed one left aside is swept first.

        Raises: Busy when another process holds it for longer than ten seconds.
        """
        handle = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            self.originals.sweep()
            self.warehouse.sweep()
            sweep_folder(self.scratch)
            sweep_folder(self.incoming, older_than=_ABANDONED_SECONDS)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def compute(self, *, threads: int = 1) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give an in-memory DuckDB that spills into the county's own scratch folder, never beside the user's files.

        One thread unless only sets are made: sums of doubles depend on who adds first, and the same pins must give the
        same digest.
        """
        spill = private_folder(self.scratch / "duckdb")
        with duckdb.connect(config={"temp_directory": str(spill), "threads": threads}) as con:
            yield con

    def close(self) -> None:
        """Give the office store's connections back."""
        self.office.close()


def create_county(home: Path, site_id: str, *, office_url: str | None, now: dt.datetime) -> County:
    """Make a county's folder for a declared site and open it; making it again for the same site changes nothing.

    Raises: NotFound for an undeclared site; NeedsDecision when the folder belongs to another county.
    """
    load(site_id, home=home)
    private_folder(home)
    office = open_office(office_url or _default_url(home))
    with office.write() as connection:
        claim_county(connection, site_id, now=now)
    office.close()
    return open_county(home, office_url=office_url)


def open_county(home: Path, *, office_url: str | None) -> County:
    """Open a county's folder.

    Raises: NotFound when nothing was set up there.
    """
    missing = NotFound(f"目录 {home}", "还没有建立县库", action="请先运行 fangpin init --site 县的声明编号")
    if office_url is None and not _default_path(home).exists():
        raise missing
    office = open_office(office_url or _default_url(home))
    with office.read() as connection:
        site_id = county_of(connection)
    if site_id is None:
        raise missing
    return County(home, load(site_id, home=home), office, Originals(home / "originals"), Warehouse(home / "warehouse"))


def _default_path(home: Path) -> Path:
    return home / "office.db"


def _default_url(home: Path) -> str:
    return f"sqlite:///{_default_path(home).resolve()}"


def _lock(handle: int) -> None:
    give_up = time.monotonic() + _LOCK_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise Busy("县库", "另一个 fangpin 进程正在处理", action="请等它完成后重试") from None
            time.sleep(_LOCK_POLL_SECONDS)
        else:
            return
