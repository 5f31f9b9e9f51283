"""Reads a delivered file into text grids, in a child process with limits.

Floor 3. Parsers of office files can be made to abort or to eat all memory by a file of five
kilobytes, so none of them ever runs in the service's own process. The child is kept warm for many
files; when one kills it, that file is refused and the next gets a new child.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import polars as pl

from fangpin.connectors.grid import Grid
from fangpin.errors import IntakeRefused

if TYPE_CHECKING:
    from types import TracebackType

_PIECE = 65536


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    seconds: float = 120.0
    memory_bytes: int = 1536 * 1024**2  # address space, of which the runtime reserves about 1 GB unused
    file_bytes: int = 1024**3


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    stdin: IO[bytes]
    stdout: IO[bytes]


class Readers:
    """A warm child process that parses files one at a time; use as a context manager."""

    def __init__(self, scratch: Path, *, limits: Limits | None = None) -> None:
        """Keep the folder for grids on their way over, and the limits."""
        self._scratch = scratch
        self._limits = limits or Limits()
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        """Start nothing yet: the child comes with the first file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the child."""
        self._stop()

    def read(self, path: Path, *, file_name: str) -> list[Grid]:
        """Return the file's sheets as text grids, hidden ones included and marked.

        Raises: IntakeRefused when the file is damaged, protected, too large, too slow or kills the parser.
        """
        where = f"文件 {file_name}"
        if path.stat().st_size > self._limits.file_bytes:
            limit = self._limits.file_bytes // 1024**2
            raise IntakeRefused(where, "文件过大", expected=f"不超过 {limit} MB", action="请按乡镇或月份拆分后重报")
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            try:
                answer = self._ask({"path": str(path), "folder": folder, "file_name": file_name})
            except TimeoutError as exc:
                self._stop()
                raise IntakeRefused(
                    where, f"解析超过 {self._limits.seconds:.0f} 秒", action="请另存为普通工作簿或 CSV 后重报"
                ) from exc
            except (EOFError, BrokenPipeError) as exc:
                self._stop()
                raise IntakeRefused(
                    where, "解析该文件时内存超限或解析器崩溃", action="请删去远处的空白单元格，另存为新文件后重报"
                ) from exc
            if answer["refused"]:
                given, expected, action = answer["refused"]
                raise IntakeRefused(where, given, expected=expected, action=action)
            return [Grid(name, visible, pl.read_ipc(sheet)) for name, visible, sheet in answer["sheets"]]

    def _ask(self, request: dict[str, str]) -> dict[str, Any]:
        """Return the child's answer to one request, both a line of JSON: nothing a child says is ever run.

        Raises: TimeoutError past the time limit; EOFError or BrokenPipeError when the child died.
        """
        child = self._running()
        child.stdin.write(json.dumps(request).encode() + b"\n")
        child.stdin.flush()
        give_up = time.monotonic() + self._limits.seconds
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([child.stdout], [], [], max(0.0, give_up - time.monotonic()))
            if not ready:
                raise TimeoutError
            piece = os.read(child.stdout.fileno(), _PIECE)
            if not piece:
                raise EOFError
            line += piece
        return dict(json.loads(line))

    def _running(self) -> _Child:
        if self._child is None:
            process = subprocess.Popen(  # noqa: S603 - our own module, no shell, no word of the user
                [sys.executable, "-m", "fangpin.connectors.parse", str(self._limits.memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a parser that panics prints the text it stumbled over
            )
            if process.stdin is None or process.stdout is None:
                raise EOFError
            self._child = _Child(process, process.stdin, process.stdout)
        return self._child

    def _stop(self) -> None:
        if self._child is not None:
            self._child.process.kill()  # a child that hangs in a parser hears nothing else
            self._child.process.wait()
            self._child.stdin.close()
            self._child.stdout.close()
            self._child = None
