"""Pulling: what departments have laid out is fetched whole, given to intake, and written down.

Floor 4. The county is not locked while a file comes in, only while it is received. A kill at any moment leaves
nothing half done: what was fetched and not yet written down is fetched again and recognised by its content.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from fangpin.config.connections import Connection
from fangpin.connectors.transports.base import Remote, Unsettled
from fangpin.connectors.transports.choose import Outside, open_transport, where_of
from fangpin.errors import Busy, FangpinError, IntakeRefused, NeedsDecision, NotFound, TransportFailed
from fangpin.pipeline.county import County
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.receipts import Receipt
from fangpin.store.channels import Outcome, Taken, channels, record_channel, record_taken, taken_of
from fangpin.store.deliveries import BatchState
from fangpin.store.files import private_folder, sweep_folder
from fangpin.types import Period

KIND_TITLES: Final = {"folder": "监视目录", "sftp": "SFTP", "http": "接口", "sql": "数据库查询"}


@dataclass(frozen=True, slots=True)
class Brought:
    """A remote file that was brought whole, and what intake made of it: receipts, refusals; an archive has several."""

    name: str
    outcome: Outcome
    receipts: tuple[Receipt, ...] = ()
    problems: tuple[FangpinError, ...] = ()

    @property
    def sentence(self) -> str | None:
        """What there is to say about it, None when all went well."""
        held = [reason for receipt in self.receipts for reason in receipt.held]
        said = [*(problem.sentence for problem in self.problems), *held]
        return "；".join(said) or None


@dataclass(slots=True)
class Pulled:
    """What one pull of a connection brought (一次取数的结果); ``left`` are names left alone, with the reason."""

    connection_id: str
    title: str
    brought: list[Brought] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    failure: FangpinError | None = None  # the first failure; what could be brought was brought all the same


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a declared connection has fared (取数通道状态); None: never tried, never worked, no failure."""

    connection_id: str
    title: str
    kind: str
    source: str
    tried_at: dt.datetime | None
    worked_at: dt.datetime | None
    failures: int
    sentence: str | None


def pull(
    county: County,
    connection_ids: Sequence[str] = (),
    *,
    period: Period | None = None,
    again: bool = False,
    now: dt.datetime,
    by: str,
    outside: Outside | None = None,
) -> tuple[Pulled, ...]:
    """Fetch what the named connections (all of them when none is named) hold, and receive it.

    ``period`` is the month asked of interfaces and databases, the last whole one when not given; the files of folders
    say themselves which month they are of. ``again`` takes files that were refused once more.
    One connection's failure, or a file that is refused or held, does not stop the others.
    Raises: NotFound for a connection that is not declared.
    """
    chosen = _chosen(county, connection_ids)
    month = period or Period(now.year, now.month).back(1)
    with Intake(county) as intake:
        pulls = (_Pull(county, c, intake, month, again, now, by) for c in chosen)
        return tuple(one.run(outside or Outside()) for one in pulls)


def channel_states(county: County) -> tuple[ChannelState, ...]:
    """Return every declared connection with its health, in the order of declaration."""
    with county.office.read() as connection:
        known = {row["connection_id"]: row for row in channels(connection).iter_rows(named=True)}
    never = {"tried_at": None, "worked_at": None, "failures": 0, "sentence": None}
    states = []
    for c in county.declared.connections.values():
        row = known.get(c.id, never)
        source = county.declared.source(c.source).title if c.source else ""
        health = (row["tried_at"], row["worked_at"], row["failures"], row["sentence"])
        states.append(ChannelState(c.id, c.title, KIND_TITLES[c.transport.kind], source, *health))
    return tuple(states)


@dataclass(frozen=True, slots=True)
class _Pull:
    """One pull of one connection."""

    county: County
    connection: Connection
    intake: Intake
    month: Period
    again: bool
    now: dt.datetime
    by: str

    def run(self, outside: Outside) -> Pulled:
        """Fetch and receive; what happened to the channel is written down whatever happens to a file."""
        pulled = Pulled(self.connection.id, self.connection.title)
        try:
            with self._alone() as folder:
                self._fetch_all(pulled, folder, outside)
        except FangpinError as exc:
            pulled.failure = pulled.failure or exc
        if not isinstance(pulled.failure, Busy):  # our own house was busy: it says nothing about the channel
            failure = None if pulled.failure is None else pulled.failure.sentence
            with self.county.office.write() as connection:
                record_channel(connection, self.connection.id, failure=failure, now=self.now)
        return pulled

    def _fetch_all(self, pulled: Pulled, folder: Path, outside: Outside) -> None:
        where, patience = where_of(self.connection), outside.patience(self.connection)
        transport = open_transport(self.connection, period=self.month, patience=patience, outside=outside)
        listing = patience.persist(where, transport.listing)
        pulled.left.update(listing.left)
        known = self._known()
        for remote in sorted(listing.files, key=_oldest_first):
            if (remote.name, remote.stamp, remote.size_bytes) in known:
                continue
            try:
                path = patience.persist(where, partial(transport.fetch, remote, folder))
            except Unsettled as exc:
                pulled.left[remote.name] = exc.given
            except TransportFailed as exc:
                pulled.failure = pulled.failure or exc
            else:
                if path is not None:
                    pulled.brought.append(self._receive(path, remote))
                    path.unlink()

    def _receive(self, path: Path, remote: Remote) -> Brought:
        """Give a fetched file to intake and write down what became of it."""
        with path.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        brought = self._given_to_intake(path)
        stamp = remote.stamp or sha256  # what has no stamp is told apart by its content
        taken = Taken(path.name, stamp, path.stat().st_size, sha256, brought.outcome, brought.sentence)
        with self.county.office.write() as connection:
            record_taken(connection, self.connection.id, taken, now=self.now)
        return brought

    def _given_to_intake(self, path: Path) -> Brought:
        source_id = self.connection.source or None
        found: Sequence[Receipt | FangpinError]
        try:
            found = self.intake.receive_all(path, source_id=source_id, now=self.now, by=self.by)
        except (IntakeRefused, NeedsDecision, NotFound) as exc:
            found = [exc]
        receipts = tuple(f for f in found if isinstance(f, Receipt))
        problems = tuple(f for f in found if isinstance(f, FangpinError))
        return Brought(path.name, _outcome(receipts, problems), receipts, problems)

    def _known(self) -> set[tuple[str, str, int | None]]:
        """Return name, stamp and size of the files that need not be fetched again."""
        with self.county.office.read() as connection:
            taken = taken_of(connection, self.connection.id)
        if self.again:
            taken = taken.filter(pl.col("outcome") != Outcome.REFUSED)
        return set(taken.select("name", "stamp", "size_bytes").iter_rows())

    @contextmanager
    def _alone(self) -> Iterator[Path]:
        """Give an empty folder of this connection's own, and keep other pulls of it away.

        Not the county's scratch folder: whoever locks the county sweeps that.
        Raises: Busy while another process pulls the same connection.
        """
        place = private_folder(self.county.home / "pulls")
        handle = os.open(place / f"{self.connection.id}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder = private_folder(place / self.connection.id)
            sweep_folder(folder)
            yield folder
        except BlockingIOError:
            raise Busy(where_of(self.connection), "另一个进程正在取", action="请等它完成") from None
        finally:
            os.close(handle)


def _oldest_first(remote: Remote) -> tuple[float, str]:
    """Put a correction behind what it corrects: what lands last is in effect."""
    return (remote.changed_at.timestamp() if remote.changed_at else 0.0, remote.name)


def _outcome(receipts: Sequence[Receipt], problems: Sequence[FangpinError]) -> Outcome:
    """Return the outcome of a file as a whole: the one that needs a person most."""
    if any(not isinstance(problem, NeedsDecision) for problem in problems):
        return Outcome.REFUSED
    if problems or any(receipt.state is BatchState.HELD for receipt in receipts):
        return Outcome.HELD
    return Outcome.KNOWN if all(receipt.known_before for receipt in receipts) else Outcome.RECEIVED


def _chosen(county: County, connection_ids: Sequence[str]) -> tuple[Connection, ...]:
    declared = county.declared.connections
    for connection_id in connection_ids:
        if connection_id not in declared:
            expected = "、".join(sorted(declared)) or "在 config/connections/ 中声明"
            raise NotFound("取数通道", f"收到“{connection_id}”", expected=expected)
    return tuple(declared[i] for i in dict.fromkeys(connection_ids or declared))
