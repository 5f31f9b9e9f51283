"""Writes the blank workbook of a source, made from its declaration: what the agency fills in is what is read back.

Floor 3. The same declaration gives the same bytes. The sheet of instructions is one column of text, so that no
reader takes it for rows.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import uuid
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from fangpin.config.source_models import Column, ColumnKind, Source
from fangpin.errors import UsageProblem
from fangpin.ledgers.asked import Asked, asked_columns, terms
from fangpin.store.files import publish_file

TABLE_SHEET: Final = "填报表"
NOTES_SHEET: Final = "填报说明"
_HEADER: Final = 2  # row from 0: title, note, header
_ROWS_OFFERED: Final = 20_000  # rows with a drop-down
_LIST_MAX: Final = 255  # characters a spreadsheet allows in a list of its own, and in a hint
_HINT_TITLE_MAX: Final = 32
_LINE_MAX: Final = 42  # Chinese characters on an A4 page
_PIECES: Final = re.compile(r"[^，、；。]*[，、；。]|[^，、；。]+$")
_FONT: Final = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
_MADE_ON: Final = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - xlsxwriter writes it as UTC; fixed, so that equal declarations are equal bytes
_FORMATS: Final = {
    ColumnKind.MONEY: "#,##0.00",
    ColumnKind.DATE: "yyyy-mm-dd",
    ColumnKind.INTEGER: "0",
}  # every other column is text: a number of 18 digits would lose its end
_WIDTHS: Final = {
    ColumnKind.NAME: 12,
    ColumnKind.ID_NO: 24,
    ColumnKind.SEX: 7,
    ColumnKind.BOOLEAN: 11,
    ColumnKind.INTEGER: 10,
    ColumnKind.DATE: 14,
    ColumnKind.TEXT: 18,
    ColumnKind.WORDS: 20,
}
_WIDTH: Final = 15


def write_template(folder: Path, source: Source, identity: dict[str, Column], *, county: str) -> Path:
    """Write the blank workbook of a source into a folder, whole or not at all, and return where it lies.

    Raises: UsageProblem when nothing can be written there.
    """
    path = folder / f"{source.title}_空白表.xlsx"
    aside = folder / f".{path.name}.{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(render_template(source, identity, county=county))
        publish_file(aside, path)
    except OSError as exc:
        raise UsageProblem("参数 --out", f"写不进 {folder}（{exc.strerror}）", action="请换一个可写的目录") from exc
    return path


def render_template(source: Source, identity: dict[str, Column], *, county: str) -> bytes:
    """Return the blank workbook of a source: a table with drop-downs, and the instructions behind it.

    Source: data dictionary 3.10 and 3.11 (an ID is text, a code is a word, money says its unit).
    """
    asked = asked_columns(source, identity)
    target = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, {"in_memory": True} | as_text) as book:
        book.set_properties({"title": source.title, "created": _MADE_ON})
        _write_table(book, asked, title=f"{county}      年    月{source.title}")
        _write_notes(book, source, asked)
    return target.getvalue()


def _write_table(book: Any, asked: list[Asked], *, title: str) -> None:
    """Write title, note and heads; the cells below carry format, drop-down and hint."""
    sheet = book.add_worksheet(TABLE_SHEET)
    big = book.add_format({"font_name": "黑体", "font_size": 16, "valign": "vcenter"})
    small = book.add_format(_FONT | {"font_color": "#404040"})
    look = _FONT | {"bold": True, "align": "center", "text_wrap": True, "border": 1, "border_color": "#808080"}
    required = book.add_format(look | {"bg_color": "#FFE699"})
    optional = book.add_format(look | {"bg_color": "#E7EBF0"})
    sheet.write_string(0, 0, title, big)
    sheet.set_row(0, 30)
    sheet.write_string(1, 0, f"请先在标题中填上年、月。带 * 的列不能删。逐列的填法见“{NOTES_SHEET}”表。", small)
    sheet.set_row(1, 20)
    for place, one in enumerate(asked):
        kind = one.column.kind
        cells = book.add_format(_FONT | {"num_format": _FORMATS.get(kind, "@")})
        sheet.set_column(place, place, max(_WIDTHS.get(kind, _WIDTH), 2 * len(one.head) + 3), cells)
        head, style = (f"{one.head}*", required) if one.column.required else (one.head, optional)
        sheet.write_string(_HEADER, place, head, style)
        sheet.data_validation(_HEADER + 1, place, _HEADER + _ROWS_OFFERED, place, _offer(one))
    sheet.set_row(_HEADER, 34)
    sheet.freeze_panes(_HEADER + 1, 0)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER)


def _offer(one: Asked) -> dict[str, Any]:
    """Return the drop-down and the hint of a column's cells; other known words may stand there all the same."""
    hint = {"input_title": one.head[:_HINT_TITLE_MAX], "input_message": f"{one.demand}：{one.how}"[:_LIST_MAX]}
    if not one.choices or len(",".join(one.choices)) > _LIST_MAX:
        return hint | {"validate": "any"}
    return hint | {
        "validate": "list",
        "source": list(one.choices),
        "error_type": "warning",
        "error_title": one.head[:_HINT_TITLE_MAX],
        "error_message": "不在可选的词内，确定要这样写吗？",
    }


def _write_notes(book: Any, source: Source, asked: list[Asked]) -> None:
    """Write the instructions, one short text a row: a table beside the table would be taken for a second extract."""
    sheet = book.add_worksheet(NOTES_SHEET)
    sheet.set_column(0, 0, 2 * _LINE_MAX + 4)
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4)
    big = book.add_format({"font_name": "黑体", "font_size": 16})
    bold = book.add_format(_FONT | {"bold": True})
    plain = book.add_format(_FONT | {"indent": 2})
    sheet.write_string(0, 0, f"{source.title}填报说明", big)
    row = 1
    for name, said in [*terms(source, asked), *(_paragraph(number, one) for number, one in enumerate(asked, 1))]:
        lines = _lines(said)
        sheet.write_string(row, 0, name, bold)
        for place, line in enumerate(lines, row + 1):
            sheet.write_string(place, 0, line, plain)
        row += 1 + len(lines)


def _paragraph(number: int, one: Asked) -> tuple[str, str]:
    """Return what is said of one column: how much it matters; how it is written and which other heads are known."""
    also = f"表头也可写作{'、'.join(one.also)}。" if one.also else ""
    return f"{number}．{one.head}（{one.demand}）", f"{one.how}。{also}"


def _lines(said: str) -> list[str]:
    """Return a text in lines that fit the sheet's one column, broken after a mark."""
    lines = [""]
    for piece in _PIECES.findall(said):
        if lines[-1] and len(lines[-1] + piece) > _LINE_MAX:
            lines.append("")
        lines[-1] += piece
    return lines
