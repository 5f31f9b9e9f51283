"""What every transport shares: the protocol, patience, and the sentence of a failure.

Floor 3. A sentence names the connection, what happened and what to do; never an address, a login, a password or a
token. What the other side's software says stays out of it too: it may repeat any of these.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Protocol, TypeVar

import stamina

from fangpin.errors import TransportFailed

# Each retry is told to this logger; without a handler it would be printed on standard error.
logging.getLogger("stamina").addHandler(logging.NullHandler())

_UNFINISHED: Final = ("*.part", "*.filepart", "*.tmp", "*.temp", "*.crdownload", "*.download", "~$*", ".*")
_NAME_BYTES: Final = 240  # a file's name here may be 255 bytes long
SIZE_LIMIT: Final = 4 * 1024**3
CHUNK: Final = 256 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remote:
    """A file as the other side describes it (远端文件); ``stamp`` is empty when nothing tells two states apart."""

    name: str
    size_bytes: int | None = None
    stamp: str = ""
    changed_at: dt.datetime | None = None
    handle: bytes = b""  # its name as the other side spells it


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies on the other side: files to take, and names left alone with the reason."""

    files: tuple[Remote, ...]
    left: dict[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """One way in; every method makes one attempt, or says that it failed and whether another may help."""

    def listing(self) -> Listing:
        """Return what lies there. Raises: TransportFailed."""
        ...

    def fetch(self, remote: Remote, into: Path) -> Path | None:
        """Bring a file into a folder, whole, and return where it lies; None when there is nothing to bring yet.

        Raises: TransportFailed; then nothing that could be taken for the file is left.
        """
        ...


class Passing(TransportFailed):
    """A failure that another attempt may get over; ``wait`` seconds are what the other side asked for."""

    wait: float | None = None


class Unsettled(TransportFailed):
    """A file that changed or went away while it was read: left alone until the next time, no fault of the channel."""


@dataclass(slots=True)
class Patience:
    """How long to go on: attempts each waiting longer than the last, silence allowed, time for everything."""

    attempts: int
    timeout_seconds: float  # without a byte
    whole_seconds: float
    wait_initial: float = 1.0
    wait_max: float = 60.0
    wait_jitter: float = 1.0
    clock: Callable[[], float] = time.monotonic
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the time for everything."""
        self.ends = self.clock() + self.whole_seconds

    @property
    def left(self) -> float:
        """Seconds left of the time for everything."""
        return max(0.0, self.ends - self.clock())

    def persist(self, where: str, attempt: Callable[[], T]) -> T:
        """Return what an attempt brings, made again after passing failures until it succeeds or none may follow.

        Raises: TransportFailed of the last attempt.
        """
        if not self.left:
            raise out_of_time(where, self.whole_seconds)
        for tried in stamina.retry_context(
            on=self._wait_for,
            attempts=self.attempts,
            timeout=self.left,
            wait_initial=self.wait_initial,
            wait_max=self.wait_max,
            wait_jitter=self.wait_jitter,
        ):
            with tried:
                return attempt()
        raise out_of_time(where, self.whole_seconds)

    def _wait_for(self, failure: Exception) -> bool | float:
        """Say whether to try again: by our own steps, or when the other side asked us to."""
        if not isinstance(failure, Passing) or (failure.wait or 0.0) >= self.left:
            return False
        return failure.wait if failure.wait is not None else True


def out_of_time(where: str, seconds: float) -> TransportFailed:
    """Return the failure of everything together taking too long."""
    return TransportFailed(
        where, f"全部取数超过 {seconds:g} 秒，已中止", action="请与对方核实网络和数据量，或放宽 whole_seconds"
    )


def silent(where: str, seconds: float) -> Passing:
    """Return the failure of the other side keeping silent."""
    return Passing(where, f"对方 {seconds:g} 秒没有响应", action="请与对方核实服务是否正常，稍后会再取")


def run_within(patience: Patience, where: str, work: Awaitable[T], *, grace: float = 0.0) -> T:
    """Return what asynchronous work brings, cancelled at the end of the time for everything.

    ``grace`` is for work that ends by itself then: so many seconds more.
    Raises: TransportFailed when that time is over; Passing when a shorter limit inside the work was.
    """

    async def limited() -> T:
        async with asyncio.timeout(patience.left + grace):
            return await work

    try:
        return asyncio.run(limited())
    except TimeoutError as exc:
        if not patience.left:
            raise out_of_time(where, patience.whole_seconds) from exc
        raise silent(where, patience.timeout_seconds) from exc


def secret(environ: Mapping[str, str], name: str, *, where: str) -> str:
    """Return what an environment variable holds.

    Raises: TransportFailed naming the variable when it is empty or not set.
    """
    found = environ.get(name, "")
    if not found:
        raise TransportFailed(where, f"环境变量 {name} 没有设置", action="请在运行环境中设置后重试")
    return found


def why_left(name: str, pattern: str) -> str | None:
    """Return why a name is left alone: half a file's, or one that could not be kept here; None: it is taken.

    Names that the pattern does not speak of are none of ours and give an empty reason.

    >>> why_left("低保.XLSX", "*.xlsx"), why_left("说明.docx", "*.xlsx"), why_left("低保.xlsx.part", "*")
    (None, '', '还没有传完')
    >>> why_left("上报/../低保.csv", "*")
    '文件名不能使用'
    """
    if any(fnmatchcase(name.lower(), unfinished) for unfinished in _UNFINISHED):
        return "还没有传完"
    if not fnmatchcase(name.lower(), pattern.lower()):
        return ""
    if any(c in "/\\" or not c.isprintable() for c in name) or len(name.encode()) > _NAME_BYTES:
        return "文件名不能使用"
    return None


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Give a place aside to write a file in; it takes its name when the block ends well, and is gone otherwise.

    A block that wrote nothing leaves nothing.
    """
    aside = target.with_name(".aside")
    try:
        yield aside
        if aside.exists():
            aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def named(raw: bytes) -> str:
    """Return a remote file's name as text; one that was never UTF-8 is taken for GB18030.

    >>> named("低保.csv".encode("gb18030"))
    '低保.csv'
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")
