"""Writes the correction sheet of a delivery (更正单): each problem in a line, one click from its row, ready to fill in.

Floor 3. What identifies a person is masked; every cell is text, so that nothing a file held becomes a formula or a
link. The same problems give the same bytes. What is written is read back by ``connectors.corrections``.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import xlsxwriter

from fangpin.config.source_models import Column, Source
from fangpin.connectors.correction_form import (
    ACTIONS,
    FORM,
    FORM_SHEET,
    FORM_VERSION,
    HEADS,
    line_check,
    line_key,
)
from fangpin.ledgers.masks import shown
from fangpin.ledgers.problem_lines import LINES_MAX, problem_lines, sheet_notes, with_given
from fangpin.store.files import write_file
from fangpin.types import Period

_LINES_SHEET, _ROWS_SHEET = "待更正", "原始行"
_HEADER: Final = 2  # row from 0: title, notes, header
_WIDTHS: Final = dict(zip(HEADS, (6, 11, 8, 13, 18, 24, 26, 11, 22, 18, 12, 12), strict=True))
_FILLED_IN: Final = ("action", "value", "note")
_HIDDEN: Final = ("key", "check")
_FONT: Final = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "text_wrap": True, "num_format": "@"}
_BORDER: Final = {"border": 1, "border_color": "#808080"}
_OPEN: Final = {"locked": False, "bg_color": "#FFF9DB"}
_LINK: Final = {"font_color": "#0563C1", "underline": 1, "align": "center"}
_FLAGGED: Final = {"bg_color": "#FCE4D6"}
_ROW_WIDTH: Final = 16
_LINE_POINTS: Final = 15.0
_ASCII: Final = 0x7F
_MADE_ON: Final = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - xlsxwriter writes it as UTC; fixed, so that equal rows are equal bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """The delivery a correction sheet is made for; ``heads`` are the file's own heads by declared column."""

    batch_id: str
    source: Source
    period: Period
    file_name: str
    heads: Mapping[str, str]


def write_quarantine(
    path: Path, delivered: Delivered, *, issues: pl.DataFrame, rows: pl.DataFrame, columns: Mapping[str, Column]
) -> None:
    """Write the correction sheet of one file, for its owner only, whole or not at all; see ``render_quarantine``."""
    write_file(path, render_quarantine(delivered, issues=issues, rows=rows, columns=columns))


def render_quarantine(
    delivered: Delivered, *, issues: pl.DataFrame, rows: pl.DataFrame, columns: Mapping[str, Column]
) -> bytes:
    """Return the correction sheet of one file.

    Rows in: ``issues`` ISSUE_SCHEMA, one row per problem; ``rows`` row_number u32, sheet str, sheet_row u32 and a str
    column per declared column taken from the file, as delivered, one row per row with a problem. ``columns`` are the
    source's declared columns by name.
    Source: security C40 (an ID's last four characters and no birth day), C42 (no cell becomes a formula).
    """
    known = [columns[name] for name in rows.columns if name in columns]
    all_lines = problem_lines(issues, columns, taken=[column.name for column in known])
    masked = rows.select("row_number", "sheet", "sheet_row", *(shown(column) for column in known))
    lines = with_given(all_lines.head(LINES_MAX), masked.drop("sheet", "sheet_row"))
    masked = masked.join(lines.select("row_number").unique(), on="row_number", how="semi").sort("row_number")
    target = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, {"in_memory": True} | as_text) as book:
        title = f"数据问题更正单：{delivered.source.title} {delivered.period.title}"
        book.set_properties({"title": title, "created": _MADE_ON})
        sheet = book.add_worksheet(_LINES_SHEET)
        _write_head(book, sheet, title, sheet_notes(delivered.file_name, issues, all_lines))
        _write_lines(book, sheet, delivered.batch_id, lines, masked)
        _write_rows(book, delivered, lines, masked, {column.name: column.title for column in known})
        _write_form(book, delivered)
    return target.getvalue()


def _write_head(book: Any, sheet: Any, title: str, notes: list[str]) -> None:
    visible = [name for name in HEADS if name not in _HIDDEN]
    last = len(visible) - 1
    big = book.add_format({"font_name": "黑体", "font_size": 16, "align": "center", "valign": "vcenter"})
    small = book.add_format(_FONT | {"font_color": "#404040"})
    sheet.merge_range(0, 0, 0, last, "", big)
    sheet.write_string(0, 0, title, big)
    sheet.set_row(0, 30)
    sheet.merge_range(1, 0, 1, last, "", small)
    sheet.write_string(1, 0, "\n".join(f"{number}．{note}" for number, note in enumerate(notes, 1)), small)
    sheet.set_row(1, sum(_height([(note, sum(_WIDTHS[name] for name in visible))]) - 2 for note in notes))
    head = _FONT | _BORDER | {"bold": True, "align": "center"}
    given, asked = book.add_format(head | {"bg_color": "#E7EBF0"}), book.add_format(head | {"bg_color": "#FFE699"})
    for place, (name, words) in enumerate(HEADS.items()):
        sheet.write_string(_HEADER, place, words, asked if name in _FILLED_IN else given)
        sheet.set_column(place, place, _WIDTHS[name], None, {"hidden": name in _HIDDEN})
    sheet.set_row(_HEADER, 24)


def _write_lines(book: Any, sheet: Any, batch_id: str, lines: pl.DataFrame, masked: pl.DataFrame) -> None:
    plain, asked = book.add_format(_FONT | _BORDER), book.add_format(_FONT | _BORDER | _OPEN)
    link = book.add_format(_FONT | _BORDER | _LINK)
    places = {number: row for row, number in enumerate(masked["row_number"], 2)}  # sheet rows, from 1, under the head
    for number, line in enumerate(lines.iter_rows(named=True), 1):
        row = _HEADER + number
        said = {"number": str(number), "sheet": line["sheet"] or "", "row": str(line["sheet_row"])}
        said |= {name: line[name] or "" for name in ("column", "given", "problem", "expected")}
        key = line_key(batch_id, said["sheet"], line["sheet_row"], line["name"])
        said |= {"key": key, "check": line_check(key, (said["sheet"], said["row"], said["column"]))}
        for place, name in enumerate(HEADS):
            if name in _FILLED_IN:
                sheet.write_blank(row, place, None, asked)
            elif name == "row" and line["row_number"] in places:
                target = f"internal:'{_ROWS_SHEET}'!A{places[line['row_number']]}"
                sheet.write_url(row, place, target, link, said[name], "点击查看原始行")
            else:
                sheet.write_string(row, place, said[name], plain)
        sheet.set_row(row, _height((said[name], _WIDTHS[name]) for name in HEADS if name not in _FILLED_IN + _HIDDEN))
    last = _HEADER + max(lines.height, 1)
    action = list(HEADS).index("action")
    offer = {"validate": "list", "source": list(ACTIONS), "error_title": HEADS["action"]}
    sheet.data_validation(
        _HEADER + 1, action, last, action, offer | {"error_message": "请从下拉框中选择一项，或留空。"}
    )
    _protect(sheet, _HEADER, last, len(HEADS) - len(_HIDDEN))


def _write_rows(
    book: Any, delivered: Delivered, lines: pl.DataFrame, masked: pl.DataFrame, titles: Mapping[str, str]
) -> None:
    """Write the delivered rows under the file's own heads, the cells with a problem marked."""
    sheet = book.add_worksheet(_ROWS_SHEET)
    plain, marked = book.add_format(_FONT | _BORDER), book.add_format(_FONT | _BORDER | _FLAGGED)
    head = book.add_format(_FONT | _BORDER | {"bold": True, "align": "center", "bg_color": "#E7EBF0"})
    names = [name for name in masked.columns if name != "row_number"]
    heads = {"sheet": HEADS["sheet"], "sheet_row": HEADS["row"], **titles, **delivered.heads}
    flagged = set(lines.select("row_number", "name").rows())
    sheet.set_column(0, len(names) - 1, _ROW_WIDTH)
    for place, name in enumerate(names):
        sheet.write_string(0, place, heads[name], head)
    for number, row in enumerate(masked.iter_rows(named=True), 1):
        for place, name in enumerate(names):
            look = marked if (row["row_number"], name) in flagged else plain
            sheet.write_string(number, place, "" if row[name] is None else str(row[name]), look)
        sheet.set_row(number, _height((str(row[name] or ""), _ROW_WIDTH) for name in names))
    _protect(sheet, 0, max(masked.height, 1), len(names))


def _height(cells: Iterable[tuple[str, int]]) -> float:
    """Return the row height in points at which each wrapped text is shown whole in its column's width."""
    lines = 1
    for text, width in cells:
        halves = sum(1.15 if ord(character) <= _ASCII else 2.0 for character in text)
        lines = max(lines, math.ceil(halves / (width - 2)))  # a column's outer half on each side stays free
    return min(lines * _LINE_POINTS + 4, 409.0)


def _protect(sheet: Any, header: int, last: int, width: int) -> None:
    """Lock what the county wrote, without a password; set an A4 landscape page with the heads on every page."""
    sheet.freeze_panes(header + 1, 2 if header == 0 else 4)
    sheet.autofilter(header, 0, last, width - 1)
    allowed = ("autofilter", "format_rows", "format_columns", "select_locked_cells", "select_unlocked_cells")
    sheet.protect("", dict.fromkeys(allowed, True))
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.5)
    sheet.repeat_rows(header)
    sheet.print_area(0, 0, last, width - 1)
    sheet.set_footer("&C第 &P 页，共 &N 页")


def _write_form(book: Any, delivered: Delivered) -> None:
    """Write on a very hidden sheet what the sheet is, so that it is known again when it comes back."""
    sheet = book.add_worksheet(FORM_SHEET)
    sheet.very_hidden()
    said = {
        "form": FORM,
        "version": FORM_VERSION,
        "batch_id": delivered.batch_id,
        "source_id": delivered.source.id,
        "period": str(delivered.period),
    }
    for number, (key, value) in enumerate(said.items()):
        sheet.write_string(number, 0, key)
        sheet.write_string(number, 1, value)
