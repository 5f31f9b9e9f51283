"""Reads the data rows under the headers of a delivery's sheets, part by part.

Floor 2. Totals, signatures, blanks and repeated headers are counted and never become data rows; every other row below
a header gets its row number, from 1, over all sheets of the delivery. Cells merged downwards are filled where the
declaration says so, within their own area and nowhere else.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import xor

import polars as pl

from fangpin.connectors.grid import Grid
from fangpin.connectors.header import Header
from fangpin.connectors.heads import PERIOD_COLUMNS, is_serial, is_ten_thousands, is_yuan
from fangpin.connectors.noise import without_noise

_UNSEEN = "\x1f"  # an empty cell at the top of a merged area, until it is filled down
_SEEDS = (1, 2)
_EMPTY = pl.lit(0, dtype=pl.UInt64)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet whose header is known (已识别的工作表)."""

    grid: Grid
    header: Header
    title: str  # what stands above the header


@dataclass(frozen=True, slots=True)
class Part:
    """Some data rows of a delivery, in order.

    rows: row_number u32 (from 1, over the whole delivery), sheet str, sheet_row u32, one text column per declared
    column the sheet has (null: empty), hash_low u64 and hash_high u64 (of all cells but the serial number: equal rows
    have equal hashes), flaw str|null (why the row is broken as a row: ragged, cut, struck).
    skipped: rows that are no data, by what they are. period_texts: what stands in the period columns.
    """

    rows: pl.DataFrame
    ten_thousands: frozenset[str]
    skipped: dict[str, int]
    period_texts: frozenset[str]


def sheet_of(grid: Grid, header: Header) -> Sheet:
    """Return a sheet with its title; a note above the table that gives 万元 holds for every head that says nothing."""
    above = grid.rows.head(header.first_row).select(grid.columns)
    title = " ".join(cell for row in above.rows() for cell in row if cell)
    return Sheet(grid, _all_in_ten_thousands(header) if is_ten_thousands(title) else header, title)


def read_parts(sheets: Iterable[Sheet], *, merged: Collection[str] = ()) -> Iterator[Part]:
    """Return the data rows under the headers of a delivery's sheets, part by part as the files come in.

    ``merged`` names the declared columns whose cells, merged downwards, hold for every row they span.
    """
    number = 0
    for sheet in sheets:
        for rows in _bodies(sheet, merged):
            part = _part(sheet, rows, number)
            number += part.rows.height
            yield part


def _bodies(sheet: Sheet, merged: Collection[str]) -> Iterator[pl.DataFrame]:
    """Return the rows below the header, cells trimmed, merged cells filled; each part has all the header's columns."""
    header, cells = sheet.header, sheet.grid.columns
    fill = _Filling(sheet, merged)
    last_of_header = header.first_row + header.storeys
    waiting: pl.DataFrame | None = None
    for rows in sheet.grid.parts():
        body = rows.slice(last_of_header)
        last_of_header = max(0, last_of_header - rows.height)
        body = body.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in cells if c not in body.columns)
        extra = [c for c in rows.columns if c not in cells and c.startswith("c") and c != "cells"]
        body = fill.filled(_trimmed(body, [*cells, *extra]))
        if waiting is not None:
            yield _flawed(sheet, waiting, last=False)
        waiting = body
    if waiting is not None:
        yield _flawed(sheet, waiting, last=True)


def _flawed(sheet: Sheet, body: pl.DataFrame, *, last: bool) -> pl.DataFrame:
    """Add ``flaw``: a record with more cells than the header, or the file's last with fewer; a row struck through."""
    flaw = pl.lit(None, dtype=pl.String)
    if sheet.grid.delimited and "cells" in body.columns:
        width = int(sheet.grid.rows["cells"][sheet.header.first_row + sheet.header.storeys - 1])
        beyond = [c for c in body.columns if c.startswith("c") and c != "cells" and int(c[1:]) >= width]
        more = pl.any_horizontal([pl.lit(value=False), *(pl.col(c).is_not_null() for c in beyond)])
        flaw = pl.when(more).then(pl.lit("ragged")).otherwise(flaw)
        if last:
            at_end = pl.int_range(pl.len()) == pl.len() - 1
            flaw = pl.when(at_end & (pl.col("cells") < width)).then(pl.lit("cut")).otherwise(flaw)
    if sheet.grid.struck_rows:
        struck = pl.col("sheet_row").is_in(sheet.grid.struck_rows)
        flaw = pl.when(struck).then(pl.lit("struck")).otherwise(flaw)
    return body.with_columns(flaw.alias("flaw"))


def _part(sheet: Sheet, body: pl.DataFrame, number: int) -> Part:
    header, grid = sheet.header, sheet.grid
    cells = [c for c in grid.columns if c in body.columns]
    counts, kept = without_noise(body, header, cells=cells, above=_top(sheet))
    content = _content(header, cells)
    low, high = (kept.select(_row_hash(content, seed).alias("hash"))["hash"] for seed in _SEEDS)
    rows = kept.select(
        pl.int_range(number + 1, number + 1 + pl.len(), dtype=pl.UInt32).alias("row_number"),
        pl.lit(grid.name).alias("sheet"),
        "sheet_row",
        "flaw",
        *(pl.col(cell).alias(name) for name, cell in header.taken.items()),
        low.alias("hash_low"),
        high.alias("hash_high"),
    )
    return Part(rows, header.ten_thousands, counts, _period_texts(rows))


def _period_texts(rows: pl.DataFrame) -> frozenset[str]:
    """Return what the period columns say, each text once; year and month in two columns are joined as 2024年3月."""
    month, year, alone = PERIOD_COLUMNS[2], PERIOD_COLUMNS[1], PERIOD_COLUMNS[0]
    if alone in rows.columns:
        return frozenset(rows[alone].drop_nulls().unique().to_list())
    if not {month, year} <= set(rows.columns):
        return frozenset()
    digits = (pl.col(c).str.normalize("NFKC").str.replace_all(r"[^0-9]", "") for c in (year, month))
    pairs = rows.select(year, month).drop_nulls().unique().select(*digits)
    return frozenset(f"{y}年{m}月" for y, m in pairs.rows())


def _top(sheet: Sheet) -> list[dict[str, str | None]]:
    """Return the rows above the data, titles and header: any of them may come again at a page break."""
    rows = sheet.grid.rows.head(sheet.header.first_row + sheet.header.storeys)
    return _trimmed(rows, sheet.grid.columns).select(sheet.grid.columns).rows(named=True)


def _content(header: Header, cells: list[str]) -> dict[str, str]:
    """Return the cells by which equal rows are known, by what their columns say: not by where these stand."""
    declared = dict(header.taken)
    heads = {c: header.heads.get(c, "") for c in cells if c not in declared.values()}
    rest = {f"{head}/{list(heads.values())[:n].count(head)}": c for n, (c, head) in enumerate(heads.items())}
    return declared | {said: c for said, c in rest.items() if not is_serial(heads[c])}


def _row_hash(content: dict[str, str], seed: int) -> pl.Expr:
    """Return a hash of a row's filled cells, each with its column: an empty column, or its place, does not count."""
    cells = (
        pl.when(pl.col(cell).is_not_null()).then(pl.col(cell).hash(seed + zlib.crc32(said.encode()))).otherwise(_EMPTY)
        for said, cell in content.items()
    )
    return reduce(xor, cells, pl.lit(0, dtype=pl.UInt64))


def _all_in_ten_thousands(header: Header) -> Header:
    """Return the header with all its columns in 万元, but for those whose own head says 元."""
    large = frozenset(name for name, cell in header.taken.items() if not is_yuan(header.heads[cell]))
    return replace(header, ten_thousands=large)


def _trimmed(rows: pl.DataFrame, cells: list[str]) -> pl.DataFrame:
    """Return the rows with outer spaces of every kind off, and cells of spaces only empty."""
    stripped = rows.with_columns(pl.col(cells).str.strip_chars())
    return stripped.with_columns(pl.when(pl.col(c) != "").then(pl.col(c)).alias(c) for c in cells)


class _Filling:
    """Fills the cells of merged areas from their first row, across the parts of a sheet."""

    def __init__(self, sheet: Sheet, merged: Collection[str]) -> None:
        places = {int(cell[1:]): cell for name, cell in sheet.header.taken.items() if name in merged}
        self._areas: dict[str, pl.DataFrame] = {}
        for column, cell in places.items():
            spans = [m for m in sheet.grid.merged if m.first_column <= column <= m.last_column]
            down = [(m.first_row, m.last_row) for m in spans if m.last_row > m.first_row]
            if down:
                frame = pl.DataFrame(down, schema={"first_row": pl.UInt32, "last_row": pl.UInt32}, orient="row")
                self._areas[cell] = frame.sort("first_row")
        self._last: dict[str, str | None] = {}

    def filled(self, body: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with the cells of merged areas filled; the value of an area is that of its first row."""
        for cell, areas in self._areas.items():
            if body.is_empty():
                continue
            rows = body.select("sheet_row", cell).join_asof(areas, left_on="sheet_row", right_on="first_row")
            starts = pl.col("sheet_row") == pl.col("first_row")
            own = pl.when(starts).then(pl.col(cell).fill_null(_UNSEEN)).otherwise(pl.col(cell))
            carried = own.forward_fill()
            if self._last.get(cell) is not None:
                carried = carried.fill_null(self._last[cell])
            inside = pl.col("sheet_row") <= pl.col("last_row")
            value = pl.when(inside & pl.col(cell).is_null()).then(carried).otherwise(pl.col(cell))
            read = rows.select(value.alias(cell), carried.alias("carried"))
            self._last[cell] = read["carried"][-1]
            body = body.with_columns(read[cell].replace(_UNSEEN, None))
        return body
