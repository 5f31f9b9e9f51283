"""How the reading child hands over what it reads: Arrow files of text cells, and a line of JSON about each.

Floor 3. Imported by the child, so it imports little. A sheet travels in parts, so that neither side ever
holds a long file as a whole and both can work at the same time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

PART_ROWS = 100_000
COLUMNS_MAX = 1024
CELL_MAX = 1_000_000  # characters, or bytes where those are what is counted
_PART_BYTES = 64 * 1024**2  # very wide rows travel in smaller parts


class ParseRefused(Exception):
    """The file cannot be read; carried over to the parent as three pieces of a sentence."""

    def __init__(self, given: str, expected: str = "", action: str = "") -> None:
        super().__init__(given, expected, action)
        self.given, self.expected, self.action = given, expected, action


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What a sheet says of itself besides its cells; merged areas as first and last row, first and last column."""

    name: str
    visible: bool = True
    delimited: bool = False
    made_on: str | None = None
    merged: Sequence[tuple[int, int, int, int]] = ()
    hidden_rows: int = 0
    struck_rows: Sequence[int] = ()


@dataclass(slots=True)
class Output:
    """Writes parts into the scratch folder and tells the parent of each."""

    folder: Path
    stream: IO[str]
    written: int = field(default=0)

    def say(self, kind: str, **facts: Any) -> None:
        """Send one line of JSON."""
        self.stream.write(json.dumps({"kind": kind, **facts}) + "\n")
        self.stream.flush()

    def sheet(self, facts: SheetFacts, tables: Iterator[pa.Table], *, last: bool) -> bool:
        """Send a sheet's cells part by part; ``last`` says that no sheet follows. Nothing is sent of an empty sheet."""
        sent = False
        for part in _parts(tables):
            if not sent:
                names = {name: getattr(facts, name) for name in SheetFacts.__slots__}
                self.say("sheet", last=last, **names)
            sent = True
            self.say("part", path=self._write(part))
        return sent

    def _write(self, part: pa.Table) -> str:
        path = str(self.folder / f"{self.written}.arrow")
        self.written += 1
        try:
            with pa.ipc.new_file(path, part.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as file:
                file.write_table(part.combine_chunks())  # one piece of each column
        except OSError as exc:
            raise no_room() from exc
        return path


def cell_table(columns: Sequence[Any], *, cells: np.ndarray | None, first_row: int, height: int) -> pa.Table:
    """Return columns of text as a table: ``sheet_row``, for a text file ``cells``, then ``c0`` … ``cN``.

    Raises: ParseRefused when there are more columns than any list has.
    """
    if len(columns) > COLUMNS_MAX:
        raise too_wide()
    arrays = {"sheet_row": pa.array(np.arange(first_row, first_row + height, dtype=np.uint32))}
    if cells is not None:
        arrays["cells"] = pa.array(cells)
    return pa.table(arrays | {f"c{i}": column for i, column in enumerate(columns)})


def too_wide() -> ParseRefused:
    """Return the refusal of a table with more columns than any list has."""
    return ParseRefused(f"超过 {COLUMNS_MAX} 列", action="请删去表格右侧多余的单元格后重报")


def no_room() -> ParseRefused:
    """Return the refusal of a file whose cells or members could not be written down: nothing is wrong with it."""
    return ParseRefused("暂存空间不足", action="请联系管理员清理磁盘后重报")


def _parts(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Gather tables into parts of a fixed number of rows, each at least as wide as those before it."""
    held: list[pa.Table] = []
    rows = size = 0
    schema: pa.Schema | None = None
    for table in tables:
        held.append(table)
        rows, size = rows + table.num_rows, size + table.nbytes
        if rows >= PART_ROWS or size >= _PART_BYTES:
            whole = _joined(held, schema)
            schema = whole.schema
            full = rows // PART_ROWS * PART_ROWS
            yield from (whole.slice(at, PART_ROWS) for at in range(0, full, PART_ROWS))
            rest = whole.slice(full)
            if rest.nbytes >= _PART_BYTES:
                yield rest
                rest = rest.slice(rest.num_rows)
            held, rows, size = [rest], rest.num_rows, rest.nbytes
    if rows:
        yield _joined(held, schema)


def _joined(held: list[pa.Table], schema: pa.Schema | None) -> pa.Table:
    known = [schema.empty_table()] if schema is not None else []
    return pa.concat_tables([*known, *held], promote_options="default")
