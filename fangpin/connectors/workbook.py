"""Workbooks as text cells: .xlsx and .xls, sheet by sheet.

Floor 3. Runs in the reading child. Text only: a number cell of sixteen digits or more has lost its end and is
written in scientific notation, so that an ID is never made up from it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import python_calamine as calamine

from fangpin.connectors.handover import CELL_MAX, COLUMNS_MAX, Output, ParseRefused, SheetFacts, cell_table, too_wide
from fangpin.connectors.package import Package, RowMarks, examined, refuse_dangers

OLE_MAGIC = b"\xd0\xcf\x11\xe0"
_EXACT = 10**15  # a double holds whole numbers up to here digit by digit
_CHUNK_ROWS = 1000  # rows held as Python text at a time: so many stay in the processor's cache
_ROWS_MAX = 1_048_576  # of any spreadsheet
_LOCKED, _MACROS = "EncryptedPackage".encode("utf-16-le"), "_VBA_PROJECT".encode("utf-16-le")


def read_workbook(path: Path, output: Output, *, zipped: bool) -> None:
    """Send every sheet with cells, hidden ones marked.

    Raises: ParseRefused when the workbook is damaged, protected, dangerous or empty.
    """
    if zipped:
        refuse_dangers(path)
    else:
        _refuse_marked(path)
    with ThreadPoolExecutor(max_workers=1) as aside:  # the parser leaves the other processor free
        package = aside.submit(examined, path) if zipped else None
        try:
            found = _send_sheets(path, package, output)
        except calamine.PasswordError:
            raise _locked() from None
        except (calamine.CalamineError, ValueError, OSError) as exc:
            if package is not None:
                package.result()  # may know better what is wrong
            raise ParseRefused(
                "工作簿已损坏或格式不对", expected=".xlsx、.xls 或 .csv", action="请重新导出后报送"
            ) from exc
    if not found:
        raise ParseRefused("没有任何数据", action="请重新导出后报送")


def _send_sheets(path: Path, package: Future[Package] | None, output: Output) -> bool:
    """Send the sheets with cells, as soon as nothing speaks against the file; False when there is none."""
    found = False
    with calamine.CalamineWorkbook.from_path(path) as book:
        sheets = [meta for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
        for meta in sheets:
            sheet = book.get_sheet_by_name(meta.name)
            known = package.result() if package is not None else Package(None, {})
            marks = known.sheets.get(meta.name, RowMarks())
            facts = SheetFacts(
                meta.name,
                visible=meta.visible == calamine.SheetVisibleEnum.Visible,
                made_on=known.made_on,
                merged=[
                    (top + 1, end + 1, left, right) for (top, left), (end, right) in sheet.merged_cell_ranges or ()
                ],
                hidden_rows=marks.hidden_rows,
                struck_rows=marks.struck_rows,
            )
            found |= output.sheet(facts, _tables(sheet, marks.errors), last=meta is sheets[-1])
    return found


def _refuse_marked(path: Path) -> None:
    """Refuse an .xls that is locked or holds macros; both are named in its table of contents."""
    content = path.read_bytes()
    if _LOCKED in content:
        raise _locked()
    if _MACROS in content:
        raise ParseRefused("含有宏", expected="只有数据的 .xlsx", action="请只复制数据到新工作簿后重报")


def _locked() -> ParseRefused:
    return ParseRefused("文件有密码", expected="不加密的工作簿", action="请去掉密码后重报")


def _tables(sheet: calamine.CalamineSheet, errors: Sequence[tuple[int, int, str]]) -> Iterator[pa.Table]:
    """Yield the sheet's cells; the parser leaves cells of an error empty, which are put in here."""
    if sheet.end is not None and sheet.end[1] >= COLUMNS_MAX:
        raise too_wide()
    if sheet.end is not None and sheet.end[0] >= _ROWS_MAX:
        raise ParseRefused(f"超过 {_ROWS_MAX} 行", action="请拆分后重报")
    rows, waiting = sheet.iter_rows(), sorted(errors, reverse=True)
    first_row = 1
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        while waiting and waiting[-1][0] < first_row + len(chunk):
            row, column, error = waiting.pop()
            if row >= first_row and column < len(chunk[0]):
                chunk[row - first_row][column] = error
        columns = [  # a text cell is the usual case and not worth a call
            pa.array([(v or None) if v.__class__ is str else _text(v) for v in column], pa.string())
            for column in zip(*chunk, strict=True)
        ]
        if any((pc.max(pc.binary_length(column)).as_py() or 0) > CELL_MAX for column in columns):
            raise ParseRefused("有单元格内容过长", action="请删去后重报")
        yield cell_table(columns, cells=None, first_row=first_row, height=len(chunk))
        first_row += len(chunk)


def _text(value: object) -> str | None:
    """Write down a cell that is no text: whole numbers without .0, dates ISO, lost digits in scientific notation."""
    if isinstance(value, float | int) and abs(value) >= _EXACT:
        return f"{value:.14E}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return None if value is None else str(value)
