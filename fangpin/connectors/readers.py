"""Reads a delivered file into text grids, in a child process with limits.

Floor 3. Parsers of office files can be made to abort or to eat all memory by a file of five
kilobytes, so none of them ever runs in the service's own process. The child is kept warm for many
files; when one kills it, that file is refused and the next gets a new child.
"""

from __future__ import annotations

import multiprocessing
import pickle
import tempfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import polars as pl

from fangpin.connectors.grid import Grid
from fangpin.connectors.parse import ParseRefused, limit_memory, parse_file
from fangpin.errors import IntakeRefused

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    seconds: float = 120.0
    memory_bytes: int = 1536 * 1024**2  # address space, of which the runtime reserves about 1 GB unused
    file_bytes: int = 1024**3


class Readers:
    """A warm child process that parses files one at a time; use as a context manager."""

    def __init__(self, scratch: Path, *, limits: Limits | None = None) -> None:
        """Keep the folder for grids on their way over, and the limits."""
        self._scratch = scratch
        self._limits = limits or Limits()
        self._pool: ProcessPoolExecutor | None = None

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
                sheets = self._child().submit(parse_file, str(path), folder, file_name).result(self._limits.seconds)
            except ParseRefused as exc:
                raise IntakeRefused(where, exc.given, expected=exc.expected, action=exc.action) from exc
            except TimeoutError as exc:
                self._stop()
                raise IntakeRefused(
                    where, f"解析超过 {self._limits.seconds:.0f} 秒", action="请另存为普通工作簿或 CSV 后重报"
                ) from exc
            except (BrokenProcessPool, MemoryError, pickle.PicklingError) as exc:  # a panic cannot be pickled
                self._stop()
                raise IntakeRefused(
                    where, "解析该文件时内存超限或解析器崩溃", action="请删去远处的空白单元格，另存为新文件后重报"
                ) from exc
            return [Grid(s.name, s.visible, pl.read_ipc(s.path)) for s in sheets]

    def _child(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=limit_memory,
                initargs=(self._limits.memory_bytes,),
            )
        return self._pool

    def _stop(self) -> None:
        if self._pool is not None:
            # A child that hangs in a parser ignores shutdown; before Python 3.14 its process table is the only handle.
            for process in list((self._pool._processes or {}).values()):  # noqa: SLF001
                process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
