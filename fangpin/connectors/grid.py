"""A sheet as text: what the readers hand on and the layouts, ledgers and forms interpret.

Floor 2. A grid holds every cell as text and the physical row number of the sheet, so that a message
can point to the row a clerk sees. It never guesses a type, a header or a meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet of a workbook, or one text file, as text cells (工作表).

    Rows: ``sheet_row`` u32 (physical row, from 1) and the text columns ``c0`` … ``cN``, left to
    right; null means an empty cell. One row per sheet row, blank ones included.

    >>> cells = pl.DataFrame({"sheet_row": [1], "c0": ["户主"]}, schema_overrides={"sheet_row": pl.UInt32})
    >>> Grid("Sheet1", visible=True, rows=cells).name
    'Sheet1'
    """

    name: str
    visible: bool
    rows: pl.DataFrame

    @property
    def columns(self) -> list[str]:
        """Names of the cell columns, left to right."""
        return [c for c in self.rows.columns if c != "sheet_row"]
