"""A sheet as text: what the readers hand on and the layouts, ledgers and forms interpret.

Floor 2. A grid holds every cell as text and the physical row number of the sheet, so that a message
can point to the row a clerk sees. It never guesses a type, a header or a meaning.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

_NO_CELLS = frozenset({"sheet_row", "cells"})


@dataclass(frozen=True, slots=True)
class Merged:
    """One merged area of a sheet (合并单元格): sheet rows from 1, columns from 0, all of them inside."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet of a workbook, or one text file, as text cells (工作表).

    Rows: ``sheet_row`` u32 (physical row, from 1) and the text columns ``c0`` … ``cN``, left to
    right; null means an empty cell. One row per sheet row, blank ones included. A text file's rows also hold
    ``cells`` u16, how many cells that record had. ``rows`` is the first part of the sheet, ``more`` the further
    ones in order; a later part may have more columns. A part that is still being read may turn out to be damaged:
    walking ``more`` raises IntakeRefused then.

    >>> cells = pl.DataFrame({"sheet_row": [1], "c0": ["户主"]}, schema_overrides={"sheet_row": pl.UInt32})
    >>> Grid("Sheet1", visible=True, rows=cells).columns
    ['c0']
    """

    name: str
    visible: bool
    rows: pl.DataFrame
    more: Iterable[pl.DataFrame] = ()
    merged: tuple[Merged, ...] = ()  # a workbook's merged areas
    hidden_rows: int = 0  # filled rows the sheet hides; they are in the rows all the same
    struck_rows: tuple[int, ...] = ()  # sheet rows at least half of whose filled cells are struck through
    delimited: bool = False  # a text file
    made_on: dt.date | None = None  # the day the workbook says it was last saved

    @property
    def columns(self) -> list[str]:
        """Names of the cell columns of the first part, left to right."""
        return [c for c in self.rows.columns if c not in _NO_CELLS]

    def parts(self) -> Iterator[pl.DataFrame]:
        """Yield all parts of the sheet in order, the first one included; may be called again and again."""
        yield self.rows
        yield from self.more
