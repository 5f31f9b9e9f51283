"""Reads a delivered file into text grids, in a child process with limits.

Floor 3. Parsers of office files can be made to abort or to eat all memory by a file of five
kilobytes, so none of them ever runs in the service's own process. The child is kept warm for many
files; when one kills it, that file is refused and the next gets a new child.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import polars as pl

from fangpin.connectors.child import Child, ChildDied, Limits
from fangpin.connectors.grid import Grid, Merged
from fangpin.errors import IntakeRefused

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Limits", "Member", "Readers"]


@dataclass(frozen=True, slots=True)
class Member:
    """A file out of an archive: the name people gave it, and where it lies now."""

    name: str
    path: Path


class Readers:
    """A warm child process that parses files one at a time; use as a context manager."""

    def __init__(self, scratch: Path, *, limits: Limits | None = None) -> None:
        """Keep the folder for grids on their way over, and the limits."""
        self._scratch = scratch
        self._limits = limits or Limits()
        self._idle: Child | None = None

    def __enter__(self) -> Self:
        """Start the child, which warms up while the first file is fetched."""
        self._idle = Child(self._limits)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the child."""
        if self._idle is not None:
            self._idle.stop()
            self._idle = None

    @contextmanager
    def read(self, path: Path, *, file_name: str) -> Iterator[list[Grid]]:
        """Hand out the file's sheets as text grids, hidden ones included and marked; good inside the context only.

        The last sheet's further parts may still be on their way: walking them may raise what this raises.
        Raises: IntakeRefused when the file is damaged, protected, too large, too slow or kills the parser.
        """
        with (
            tempfile.TemporaryDirectory(dir=self._scratch) as folder,
            self._reading("read", path, file_name=file_name, folder=Path(folder)) as reading,
        ):
            while not reading.last_sheet_began and reading.advance():
                pass
            yield [_grid(reading, number) for number in range(len(reading.sheets))]

    def unpack(self, path: Path, *, file_name: str, into: Path) -> list[Member]:
        """Return the files inside an archive, written into a folder; a file that is no archive is its own only member.

        Raises: IntakeRefused when the archive is damaged, protected, unfolds into too much or holds archives.
        """
        with self._reading("unpack", path, file_name=file_name, folder=into) as reading:
            while reading.advance():
                pass
            return reading.members

    @contextmanager
    def _reading(self, task: str, path: Path, *, file_name: str, folder: Path) -> Iterator[_Reading]:
        """Take the warm child, or a new one, for one request; one that has not finished it makes room for another."""
        where = f"文件 {file_name}"
        if path.stat().st_size > self._limits.file_bytes:
            limit = self._limits.file_bytes // 1024**2
            raise IntakeRefused(where, "文件过大", expected=f"不超过 {limit} MB", action="请按乡镇或月份拆分后重报")
        child, self._idle = self._idle or Child(self._limits), None
        reading = _Reading(child, where)
        try:
            reading.ask({"task": task, "path": str(path), "folder": str(folder), "file_name": file_name})
            yield reading
        finally:
            if not reading.done:
                child.stop()
                child = Child(self._limits)  # warms up meanwhile
            if self._idle is None:
                self._idle = child
            else:
                child.stop()


@dataclass(slots=True)
class _Sheet:
    facts: dict[str, Any]
    parts: list[str] = field(default_factory=list)


class _Reading:
    """One request on its way: what the child has answered so far."""

    def __init__(self, child: Child, where: str) -> None:
        self._child = child
        self._where = where
        self._refusal: IntakeRefused | None = None
        self.done = False
        self.sheets: list[_Sheet] = []
        self.members: list[Member] = []

    @property
    def last_sheet_began(self) -> bool:
        """Whether all sheets are known, and the last one's first part is here."""
        return bool(self.sheets) and self.sheets[-1].facts["last"] and bool(self.sheets[-1].parts)

    def ask(self, request: dict[str, str]) -> None:
        """Send the request.

        Raises: IntakeRefused.
        """
        try:
            self._child.ask(request)
        except ChildDied as exc:
            raise self._died() from exc

    def advance(self) -> bool:
        """Wait for one answer more; False when the last one has come.

        Raises: IntakeRefused, and again when asked again.
        """
        if self._refusal is not None:
            raise self._refusal
        if not self.done:
            try:
                self._take(self._child.answer())
            except TimeoutError as exc:
                given = f"解析超过 {exc.args[0]:.0f} 秒"
                self._refusal = IntakeRefused(self._where, given, action="请另存为普通工作簿或 CSV 后重报")
                raise self._refusal from exc
            except ChildDied as exc:
                self._refusal = self._died()
                raise self._refusal from exc
        return not self.done

    def _take(self, answer: dict[str, Any]) -> None:
        kind = answer.pop("kind")
        if kind == "sheet":
            self.sheets.append(_Sheet(answer))
        elif kind == "part":
            self.sheets[-1].parts.append(answer["path"])
        elif kind == "member":
            self.members.append(Member(answer["name"], Path(answer["path"])))
        else:
            self.done = True
        if kind == "refused":
            given, expected, action = answer["given"], answer["expected"], answer["action"]
            self._refusal = IntakeRefused(self._where, given, expected=expected, action=action)
            raise self._refusal

    def _died(self) -> IntakeRefused:
        action = "请删去远处的空白单元格，或另存为 CSV 后重报"
        return IntakeRefused(self._where, "解析该文件时内存超限或解析器崩溃", action=action)


@dataclass(frozen=True, slots=True)
class _More:
    """A sheet's parts after the first, waited for when they are not here yet."""

    reading: _Reading
    number: int

    def __iter__(self) -> Iterator[pl.DataFrame]:
        parts, at = self.reading.sheets[self.number].parts, 1
        while True:
            if at < len(parts):
                yield pl.read_ipc(parts[at])
                at += 1
            elif self.number < len(self.reading.sheets) - 1 or not self.reading.advance():
                return


def _grid(reading: _Reading, number: int) -> Grid:
    sheet = reading.sheets[number]
    facts = sheet.facts
    return Grid(
        facts["name"],
        facts["visible"],
        pl.read_ipc(sheet.parts[0]),
        _More(reading, number),
        tuple(Merged(*area) for area in facts["merged"]),
        facts["hidden_rows"],
        tuple(facts["struck_rows"]),
        facts["delimited"],
        dt.date.fromisoformat(facts["made_on"]) if facts["made_on"] else None,
    )
