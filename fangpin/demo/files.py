"""Files as departments deliver them: csv in their encoding, workbooks with a merged title and two-storey headings.

A sheet is a list of header rows and a frame of text cells; written without anything that changes from run to run.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import xlsxwriter

CREATED: Final = dt.datetime(2024, 1, 1)  # noqa: DTZ001 - fixed, so that equal rows are equal bytes
"""A workbook's own time stamp; fixed, so that the same seed gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one file holds."""

    title: str
    headers: tuple[str, ...]
    upper: tuple[str, ...]
    """The upper storey of the headings, one word a column, or nothing."""
    body: pl.DataFrame
    """Text cells, one column a heading."""
    numbers: frozenset[int]
    """Columns that a workbook holds as numbers wherever the text is one."""
    damaged: dict[int, pl.Series]
    """Cells (Boolean) of a column that became numbers by mistake."""


def write_csv(sheet: Sheet, path: Path, *, encoding: str) -> None:
    """Write a sheet as csv: title row, headings, cells."""
    width = len(sheet.headers)
    lines = [",".join([sheet.title, *[""] * (width - 1)])] if sheet.title else []
    lines.append(",".join(f'"{h}"' if "\n" in h or "," in h else h for h in sheet.headers))
    cells = sheet.body.select(pl.when(pl.all() != "").then(pl.all()))
    body = cells.write_csv(include_header=False, line_terminator="\r\n", quote_style="necessary")
    path.write_bytes(("\r\n".join(lines) + "\r\n" + body).encode(encoding))


def write_workbook(sheet: Sheet, path: Path) -> None:
    """Write a sheet as xlsx: merged title, headings of one or two storeys, cells as text or number."""
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": not sheet.upper,
    }
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"created": CREATED})
    page = book.add_worksheet("Sheet1")
    centre = book.add_format({"align": "center", "valign": "vcenter", "bold": True})
    first = write_headers(page, sheet, centre)
    columns = [cells_of(sheet, k) for k in range(len(sheet.headers))]
    for r, row in enumerate(zip(*columns, strict=True), start=first):
        for c, value in enumerate(row):
            if value.__class__ is float:
                page.write_number(r, c, value)
            elif value:
                page.write_string(r, c, value)
    book.close()


def cells_of(sheet: Sheet, column: int) -> list[Any]:
    """Cells of a column: text, or float where the workbook holds a number."""
    text = sheet.body.to_series(column)
    cells: list[Any] = text.to_list()
    if column in sheet.numbers:
        numbers = text.cast(pl.Float64, strict=False).to_list()
        return [t if n is None else n for t, n in zip(cells, numbers, strict=True)]
    if column in sheet.damaged:
        for row in sheet.damaged[column].arg_true().to_list():
            cells[row] = float(cells[row])
    return cells


def write_headers(page: Any, sheet: Sheet, centre: Any) -> int:
    """Write the rows above the cells; returns the first row of the cells."""
    row = 0
    if sheet.title:
        page.merge_range(0, 0, 0, len(sheet.headers) - 1, sheet.title, centre)
        row = 1
    if not sheet.upper:
        for c, header in enumerate(sheet.headers):
            page.write_string(row, c, header)
        return row + 1
    for start, end in runs(sheet.upper):
        if not sheet.upper[start]:
            page.merge_range(row, start, row + 1, start, sheet.headers[start], centre)
        elif start == end:
            page.write_string(row, start, sheet.upper[start], centre)
        else:
            page.merge_range(row, start, row, end, sheet.upper[start], centre)
    for c, header in enumerate(sheet.headers):
        if sheet.upper[c]:
            page.write_string(row + 1, c, header, centre)
    return row + 2


def runs(words: Sequence[str]) -> list[tuple[int, int]]:
    """First and last place of each run of equal words."""
    out: list[tuple[int, int]] = []
    for k, word in enumerate(words):
        if out and words[out[-1][0]] == word:
            out[-1] = (out[-1][0], k)
        else:
            out.append((k, k))
    return out
