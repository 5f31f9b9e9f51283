"""Writes a township's workbook: drop-downs, locked cells, hidden keys, ready for an A4 printer.

Floor 3. The same rows give the same bytes. Every text is a text cell: nothing a department or a clerk
wrote can become a formula or a link. The file appears under its name only when it is complete.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import xlsxwriter

from fangpin.config.ledger_models import Ledger, LedgerColumn
from fangpin.ledgers.returned import FORM_SHEET, choice_texts
from fangpin.store.files import write_file
from fangpin.types import Period

_HEADER: Final = 2  # row from 0: title, notes, header
_CODES_SHEET: Final = "_codes"
_FONT: Final = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "text_wrap": True}
_BORDER: Final = {"border": 1, "border_color": "#808080"}
_FILL_IN: Final = {"locked": False, "bg_color": "#FFF9DB"}
_CENTRED: Final = frozenset({"no", "village_group", "size", "grade", "dispatched_on", "due_on", "visited_on", "method"})
_NUMBERS: Final = frozenset({"no", "size"})
_LINE_POINTS: Final = 15.0
_PIECES: Final = re.compile(r"[!-~]+|.")  # what a line is broken between
_ASCII: Final = 0x7F
_LATIN: Final = 1.15  # halves a Latin character takes where the named font is missing
_SHORTEST: Final = 34.0
_TALLEST: Final = 409.0  # what a spreadsheet allows
_MADE_ON: Final = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - xlsxwriter writes it as UTC; fixed, so that equal rows are equal bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What the very hidden sheet says, so that a returned workbook is known again."""

    site_id: str
    township: str
    period: Period
    sheet_revision: int


def render_workbook(ledger: Ledger, rows: pl.DataFrame, *, title: str, form: Form) -> bytes:
    """Return the workbook of one township.

    Rows in: ``rows`` the ledger's columns in its order, all str (null: an empty cell).
    Source: process §5.2 (预警线索交办单、核查反馈单); security C42 (no cell becomes a formula).
    """
    target = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, {"in_memory": True} | as_text) as book:
        book.set_properties({"title": title, "created": _MADE_ON})
        sheet = book.add_worksheet("核查任务")
        _write_head(book, sheet, ledger, rows, title)
        _write_rows(book, sheet, ledger, rows)
        _write_codes(book, sheet, ledger, rows.height)
        _write_form(book, ledger, form)
        _protect(sheet, ledger, rows.height)
        _set_print(sheet, ledger, rows.height)
    return target.getvalue()


def write_workbook(path: Path, content: bytes) -> None:
    """Write a rendered workbook for its owner only, whole or not at all."""
    write_file(path, content)


def _write_head(book: Any, sheet: Any, ledger: Ledger, rows: pl.DataFrame, title: str) -> None:
    """Write title, notes and column heads; hidden columns keep their head, by which they are found again."""
    last = len(ledger.columns) - 1
    big = book.add_format({"font_name": "黑体", "font_size": 16, "align": "center", "valign": "vcenter"})
    small = book.add_format(_FONT | {"align": "left", "font_color": "#404040"})
    sheet.merge_range(0, 0, 0, last, "", big)
    sheet.write_string(0, 0, title, big)
    sheet.set_row(0, 30)
    deadlines = [f"请在各户反馈期限前报回，最早一户为 {day}。" for day in rows["due_on"].drop_nulls().sort().head(1)]
    notes = "\n".join(f"{number}．{note}" for number, note in enumerate([*ledger.notes, *deadlines], 1))
    width = sum(column.width for column in ledger.columns if not column.hidden)
    sheet.merge_range(1, 0, 1, last, "", small)
    sheet.write_string(1, 0, notes, small)
    sheet.set_row(1, _height([notes], [width]))
    head = _FONT | _BORDER | {"bold": True, "align": "center"}
    given = book.add_format(head | {"bg_color": "#E7EBF0"})
    asked = book.add_format(head | {"bg_color": "#FFE699"})
    for place, column in enumerate(ledger.columns):
        sheet.write_string(_HEADER, place, column.title, asked if column.fill_in else given)
        sheet.set_column(place, place, column.width, None, {"hidden": column.hidden})
    sheet.set_row(_HEADER, 36)


def _write_rows(book: Any, sheet: Any, ledger: Ledger, rows: pl.DataFrame) -> None:
    formats = [book.add_format(_look(column)) for column in ledger.columns]
    widths = [column.width for column in ledger.columns]
    for number, row in enumerate(rows.iter_rows(), _HEADER + 1):
        for place, (column, text) in enumerate(zip(ledger.columns, row, strict=True)):
            if text is None:
                sheet.write_blank(number, place, None, formats[place])
            elif column.name in _NUMBERS:
                sheet.write_number(number, place, int(text), formats[place])
            else:
                sheet.write_string(number, place, text, formats[place])
        sheet.set_row(number, _height([text or "" for text in row], widths))


def _look(column: LedgerColumn) -> dict[str, Any]:
    """Return the format of a column's cells: fill-in cells are open and coloured, dates show as dates."""
    look = _FONT | _BORDER | {"align": "center" if column.name in _CENTRED else "left"}
    if column.fill_in:
        look |= _FILL_IN
    if column.name == "visited_on":
        look |= {"num_format": "yyyy-mm-dd"}
    return look


def _height(texts: list[str], widths: list[int]) -> float:
    """Return the row height in points at which every wrapped text is shown whole.

    A column so many units wide shows 7 pixels for each; at 11 points a Chinese character takes 14.7 of
    them and a digit half. One half is left free, because a line never begins with a comma.
    """
    lines = max(_lines(text, int((7 * width - 2) / 7.34) - 1) for text, width in zip(texts, widths, strict=True))
    return min(max(lines * _LINE_POINTS + 6, _SHORTEST), _TALLEST)


def _lines(text: str, halves: int) -> int:
    """Return how many lines a text takes, of so many half characters each; a number is never broken."""
    count = 0
    for line in text.split("\n"):
        count += 1
        used = 0
        for piece in _PIECES.findall(line):
            size = 2 if ord(piece[0]) > _ASCII else math.ceil(_LATIN * len(piece))
            if used + size > halves and used:
                count += 1
                used = 0
            used += size
    return count


def _write_codes(book: Any, sheet: Any, ledger: Ledger, height: int) -> None:
    """Write the code lists on a very hidden sheet and offer them as drop-downs by name."""
    codes = book.add_worksheet(_CODES_SHEET)
    codes.very_hidden()
    for place, name in enumerate(ledger.choices):
        texts = choice_texts(ledger, name)
        for number, text in enumerate(texts):
            codes.write_string(number, place, text)
        letter = xlsxwriter.utility.xl_col_to_name(place)
        book.define_name(f"list_{name}", f"={_CODES_SHEET}!${letter}$1:${letter}${len(texts)}")
    for place, column in enumerate(ledger.columns):
        if column.choices and height:
            offer = {"validate": "list", "source": f"=list_{column.choices}", "error_title": column.title}
            offer |= {"error_message": "请从下拉框中选择一项。"}
            sheet.data_validation(_HEADER + 1, place, _HEADER + height, place, offer)


def _write_form(book: Any, ledger: Ledger, form: Form) -> None:
    sheet = book.add_worksheet(FORM_SHEET)
    sheet.very_hidden()
    said = {
        "form": ledger.id,
        "site": form.site_id,
        "township": form.township,
        "period": str(form.period),
        "sheet_revision": str(form.sheet_revision),
    }
    for number, (key, value) in enumerate(said.items()):
        sheet.write_string(number, 0, key)
        sheet.write_string(number, 1, value)


def _protect(sheet: Any, ledger: Ledger, height: int) -> None:
    """Lock what the county wrote, without a password: it prevents slips, not intent. Filtering stays possible."""
    named = [place for place, column in enumerate(ledger.columns) if column.name == "head_name"]
    sheet.freeze_panes(_HEADER + 1, max(named, default=-1) + 1)
    sheet.autofilter(_HEADER, 0, _HEADER + height, len(ledger.columns) - 1)
    allowed = ("autofilter", "sort", "format_rows", "format_columns", "select_locked_cells", "select_unlocked_cells")
    sheet.protect("", dict.fromkeys(allowed, True))


def _set_print(sheet: Any, ledger: Ledger, height: int) -> None:
    """Set A4 landscape, one page wide, the heads on every page, page numbers."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.5)
    sheet.repeat_rows(0, _HEADER)
    sheet.print_area(0, 0, _HEADER + height, len(ledger.columns) - 1)
    sheet.set_footer("&C第 &P 页，共 &N 页")
