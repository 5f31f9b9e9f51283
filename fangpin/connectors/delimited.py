"""Text files as text cells, piece by piece: encoding, delimiter, records.

Floor 3. Runs in the reading child. What comes out is exactly what Python's strict csv reader gives, blank lines
included; a faster parser does the pieces whose quotes and widths leave nothing to interpret.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from fangpin.connectors.encodings import utf8_chunks
from fangpin.connectors.handover import CELL_MAX, COLUMNS_MAX, Output, ParseRefused, SheetFacts, cell_table, too_wide

_PIECE_MIN, _PIECE_MAX = 2**16, 2**23  # a piece that is not regular is tried again smaller
_RECORD_MAX = 2**24
_GROWTH = 8
_DELIMITERS = ",\t;|"
_SNIFFED = 2**16
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'


def read_delimited(path: Path, name: str, output: Output) -> None:
    """Send the text file as one sheet.

    Raises: ParseRefused when it is no text, no table, or a quote is never closed.
    """
    chunks = utf8_chunks(path)
    first = next(chunks, b"")
    records = _Records(delimiter_of(first[:_SNIFFED].decode("utf-8", "ignore")))
    output.sheet(SheetFacts(name, delimited=True), records.tables(first, chunks), last=True)


def delimiter_of(head: str) -> str:
    r"""Return the delimiter under which the first lines look most like a table: many cells, and as many in each.

    The one whose header stands highest wins, so that amounts written 1,200 do not outvote the tabs.

    >>> delimiter_of("姓名\t金额\n甲一\t1,200\n乙二\t1,300\n丙三\t1,400\n")
    '\t'
    """
    lines = head.splitlines(keepends=True)
    if len(lines) > 1 and not lines[-1].endswith(("\n", "\r")):
        lines.pop()
    shapes = []
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = Counter(w for w in widths if w > 1).most_common(1)
        if usual:
            [(width, rows)] = usual
            shapes.append((rows, -widths.index(width), width, delimiter))
    most = max((shape[0] for shape in shapes), default=0)
    return max((shape[1:] for shape in shapes if shape[0] * 2 > most), default=(0, 0, ","))[-1]


@dataclass(slots=True)
class _Records:
    """Turns the bytes of a text file into tables, remembering where in the file it is."""

    delimiter: str
    row: int = 1  # the next record
    line: int = 1  # the line it begins on: a record may have several
    width: int = 0  # cells of a usual record

    def tables(self, held: bytes, chunks: Iterator[bytes]) -> Iterator[pa.Table]:
        """Yield the records in order, in tables of no particular length.

        Raises: ParseRefused for a record that is no record, and at the end when not one cell was filled.
        """
        at, size, exact, ended, filled = 0, _PIECE_MIN, True, False, False
        while not ended or at < len(held):
            if not ended and len(held) - at < size:
                chunk = next(chunks, b"")
                ended = not chunk
                held, at = held[at:] + chunk, 0
                continue
            final = ended and at + size >= len(held)
            read = self._exact if exact else self._fast
            found = read(held[at : at + size], final=final)
            if found is not None:
                table, used = found
                at += used
                filled = filled or any(column.null_count < len(column) for column in table.columns[2:])
                size, exact = min(size * _GROWTH, _PIECE_MAX), False
                yield table
            elif exact:
                size *= 2  # a record longer than the piece
            else:
                size, exact = max(size // _GROWTH, _PIECE_MIN), size == _PIECE_MIN
        if not filled:
            raise ParseRefused("没有任何数据", action="请重新导出后报送")

    def _exact(self, window: bytes, *, final: bool) -> tuple[pa.Table, int] | None:
        """Return the whole records at the window's start and their bytes, by Python's csv; None when none is whole."""
        cut = len(window) if final else _line_end(window)
        lines = list(io.StringIO(window[:cut].decode(), newline=""))
        # strict: a quote that is never closed would otherwise swallow the rest of the file as one cell
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        rows: list[list[str]] = []
        taken = 0
        try:
            for row in reader:
                rows.append(row)
                taken = reader.line_num
        except csv.Error as exc:
            at_the_end = reader.line_num == len(lines) and not final and len(window) < _RECORD_MAX
            if not at_the_end:
                given = f"不是规范的 CSV（从第 {self.line + taken} 行起有未成对的引号或过长的内容）"
                raise ParseRefused(given, action="请另存为 .xlsx 或标准 CSV 后重报") from exc
        if not rows:
            return None if len(window) < _RECORD_MAX else self._endless()
        widths = np.fromiter(map(len, rows), np.int64, len(rows))
        if widths.max() > COLUMNS_MAX:
            raise too_wide()
        columns = [
            pa.array([row[i] or None if i < len(row) else None for row in rows], pa.string())
            for i in range(int(widths.max()))
        ]
        self.width = Counter(widths.tolist()).most_common(1)[0][0]
        used = cut if taken == len(lines) else len("".join(lines[:taken]).encode())
        return self._table(columns, widths.astype(np.uint16), lines=taken), used

    def _fast(self, window: bytes, *, final: bool) -> tuple[pa.Table, int] | None:
        """Return the same as the exact way for a piece of equally wide records and regular quotes, otherwise None."""
        if self.width < 2:  # noqa: PLR2004 - of one column, a blank line cannot be told from an empty cell
            return None
        quotes = np.flatnonzero(np.frombuffer(window, np.uint8) == _QUOTE) if b'"' in window else np.empty(0, np.int64)
        cut = len(window) if final else _record_end(window, quotes)
        piece = window[:cut]
        quotes = quotes[: int(np.searchsorted(quotes, cut))]
        if not piece or not _returns_end_lines(piece) or not self._regular(piece, quotes):
            return None
        names = [f"c{i}" for i in range(self.width)]
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(piece),
                read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(piece) + 1, column_names=names),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiter, newlines_in_values=bool(len(quotes)), ignore_empty_lines=False
                ),
                convert_options=arrow_csv.ConvertOptions(
                    check_utf8=False, column_types=dict.fromkeys(names, pa.string()),
                    null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True,
                ),
            )  # fmt: skip
        except pa.ArrowInvalid:  # records of another width
            return None
        if any((pc.max(pc.binary_length(column)).as_py() or 0) > CELL_MAX for column in table.columns):
            return None
        if all(column.null_count for column in table.columns) and _has_blank_line(piece):
            return None  # it came as a record of empty cells
        widths = np.full(table.num_rows, self.width, np.uint16)
        lines = piece.count(b"\n") if len(quotes) else table.num_rows
        return self._table(table.columns, widths, lines=lines), cut

    def _regular(self, piece: bytes, quotes: np.ndarray) -> bool:
        """Tell whether every quote opens a cell, closes one or is doubled inside one: nothing to interpret."""
        if len(quotes) == 0 or len(quotes) % 2:
            return len(quotes) == 0
        around = np.frombuffer(b"\n" + piece + b"\n", np.uint8)
        opening, closing = quotes[0::2], quotes[1::2]
        doubled = closing[:-1] + 1 == opening[1:]
        opens = np.isin(around[opening], (_NEWLINE, ord(self.delimiter)))
        closes = np.isin(around[closing + 2], (_NEWLINE, _RETURN, ord(self.delimiter)))
        opens[1:] |= doubled
        closes[:-1] |= doubled
        return bool(opens.all() and closes.all())

    def _table(self, columns: list[pa.ChunkedArray], cells: np.ndarray, *, lines: int) -> pa.Table:
        table = cell_table(columns, cells=cells, first_row=self.row, height=len(cells))
        self.row += len(cells)
        self.line += lines
        return table

    def _endless(self) -> NoReturn:
        given = f"不是规范的 CSV（第 {self.line} 行过长，没有换行）"
        raise ParseRefused(given, action="请另存为 .xlsx 或标准 CSV 后重报")


def _line_end(window: bytes) -> int:
    """Return where the last whole line ends, 0 when there is none; a return at the very end may be half an end."""
    return window.rfind(b"\n") + 1 or window[:-1].rfind(b"\r") + 1


def _returns_end_lines(piece: bytes) -> bool:
    """Tell whether every return is half of a line break: one on its own is a line break to some and text to others."""
    if b"\r" not in piece:
        return True
    around = np.frombuffer(piece + b"\0", np.uint8)
    return bool((around[np.flatnonzero(around == _RETURN) + 1] == _NEWLINE).all())


def _has_blank_line(piece: bytes) -> bool:
    return piece.startswith((b"\n", b"\r")) or b"\n\n" in piece or b"\n\r\n" in piece


def _record_end(window: bytes, quotes: np.ndarray) -> int:
    """Return where the last line ends that has an even number of quotes before it, 0 when there is none."""
    cut = window.rfind(b"\n") + 1
    while cut and (before := int(np.searchsorted(quotes, cut))) % 2:
        cut = window.rfind(b"\n", 0, int(quotes[before - 1])) + 1
    return cut
