"""Writes a review workbook: one pair of row and person a line, a drop-down for the verdict, hidden keys.

Floor 3. The same rows give the same bytes. Every text is a text cell: nothing a department wrote can become a formula
or a link.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any, Final

import polars as pl
import xlsxwriter

from fangpin.config.ledger_models import LedgerColumn
from fangpin.ledgers.returned import FORM_SHEET
from fangpin.ledgers.review_returned import COLUMNS, FORM, VERDICT_TITLES, ReviewForm

_HEADER: Final = 2  # row from 0: title, notes, header
_NOTES: Final = (
    "1．左边是部门来件里的一行，右边是农户信息台账里的一个人，请判定是不是同一个人；拿不准的选“不确定”，不要猜。\n"
    "2．只填黄色各列：判定从下拉框选，写上复核人姓名；没看的行留空。白色各列请勿改动、请勿删行，填好后整份报回。\n"
    "3．表内为群众个人信息，只在本单位使用，不转发、不公示。"
)
_FONT: Final = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "text_wrap": True}
_BORDER: Final = {"border": 1, "border_color": "#808080"}
_LINE_POINTS: Final = 15.0
_SHORTEST: Final = 34.0
_MADE_ON: Final = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - xlsxwriter writes it as UTC; fixed, so that equal rows are equal bytes


def render_review(rows: pl.DataFrame, *, title: str, form: ReviewForm) -> bytes:
    """Return the workbook of one area.

    Rows in: ``rows`` the columns of review_returned.COLUMNS in their order, all str (null: an empty cell).
    """
    target = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, {"in_memory": True} | as_text) as book:
        book.set_properties({"title": title, "created": _MADE_ON})
        sheet = book.add_worksheet("匹配复核")
        _write_head(book, sheet, title)
        _write_rows(book, sheet, rows)
        _write_form(book, form)
        _finish(sheet, rows.height)
    return target.getvalue()


def _write_head(book: Any, sheet: Any, title: str) -> None:
    last = len(COLUMNS) - 1
    big = book.add_format({"font_name": "黑体", "font_size": 16, "align": "center", "valign": "vcenter"})
    small = book.add_format(_FONT | {"align": "left", "font_color": "#404040"})
    for row, text, look, height in ((0, title, big, 30), (1, _NOTES, small, 3 * _LINE_POINTS + 6)):
        sheet.merge_range(row, 0, row, last, "", look)
        sheet.write_string(row, 0, text, look)
        sheet.set_row(row, height)
    head = _FONT | _BORDER | {"bold": True, "align": "center"}
    looks = {fill_in: book.add_format(head | {"bg_color": colour}) for fill_in, colour in _HEAD_COLOURS.items()}
    for place, column in enumerate(COLUMNS):
        sheet.write_string(_HEADER, place, column.title, looks[column.fill_in])
        sheet.set_column(place, place, column.width, None, {"hidden": column.hidden})
    sheet.set_row(_HEADER, 30)


_HEAD_COLOURS: Final = {False: "#E7EBF0", True: "#FFE699"}


def _write_rows(book: Any, sheet: Any, rows: pl.DataFrame) -> None:
    given = book.add_format(_FONT | _BORDER)
    asked = book.add_format(_FONT | _BORDER | {"locked": False, "bg_color": "#FFF9DB"})
    for number, row in enumerate(rows.iter_rows(), _HEADER + 1):
        for place, (column, text) in enumerate(zip(COLUMNS, row, strict=True)):
            look = asked if column.fill_in else given
            if text is None:
                sheet.write_blank(number, place, None, look)
            else:
                sheet.write_string(number, place, text, look)
        lines = max(_lines(text, column) for column, text in zip(COLUMNS, row, strict=True))
        sheet.set_row(number, max(lines * _LINE_POINTS + 6, _SHORTEST))


def _lines(text: str | None, column: LedgerColumn) -> int:
    """Return how many lines a cell takes: a Chinese character is two units wide, one is left free for a mark."""
    fit = max(column.width // 2 - 1, 1)
    return 1 if text is None or column.hidden else sum(-(-len(line) // fit) or 1 for line in text.split("\n"))


def _write_form(book: Any, form: ReviewForm) -> None:
    sheet = book.add_worksheet(FORM_SHEET)
    sheet.very_hidden()
    said = {"form": FORM, "site": form.site_id, "township": form.township, "period": str(form.period)}
    for number, (key, value) in enumerate(said.items()):
        sheet.write_string(number, 0, key)
        sheet.write_string(number, 1, value)


def _finish(sheet: Any, height: int) -> None:
    """Offer the verdicts, lock what the county wrote without a password, and set A4 landscape, one page wide."""
    place = next(n for n, column in enumerate(COLUMNS) if column.name == "verdict")
    offer = {"validate": "list", "source": list(VERDICT_TITLES.values()), "error_title": "判定"}
    if height:
        offer |= {"error_message": "请从下拉框中选择一项。"}
        sheet.data_validation(_HEADER + 1, place, _HEADER + height, place, offer)
    sheet.freeze_panes(_HEADER + 1, 0)
    sheet.autofilter(_HEADER, 0, _HEADER + height, len(COLUMNS) - 1)
    allowed = ("autofilter", "sort", "format_rows", "format_columns", "select_locked_cells", "select_unlocked_cells")
    sheet.protect("", dict.fromkeys(allowed, True))
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.5)
    sheet.repeat_rows(0, _HEADER)
    sheet.print_area(0, 0, _HEADER + height, len(COLUMNS) - 1)
    sheet.set_footer("&C第 &P 页，共 &N 页")
