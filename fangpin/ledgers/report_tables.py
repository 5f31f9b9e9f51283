"""Writes tables of figures for people to read: a workbook with a sheet a table, or one Markdown page.

Floor 3. The same tables give the same bytes; every cell is text or a number, nothing becomes a formula or a link.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from fangpin.errors import NotFound, UsageProblem
from fangpin.store.files import write_file

Cell = str | int
_MADE_ON: Final = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - xlsxwriter writes it as UTC; fixed, so that equal tables are equal bytes
_FONT: Final = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "text_wrap": True}
_BORDER: Final = {"border": 1, "border_color": "#808080"}
_WIDEST: Final = 60
_NAME_MAX: Final = 31  # what a spreadsheet allows a sheet's name
_ASCII: Final = 0x7F


@dataclass(frozen=True, slots=True)
class Table:
    """A table of figures (表): its title, a sentence on how to read it, heads and rows; no personal value."""

    title: str
    note: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def write_tables(path: Path, title: str, tables: Sequence[Table]) -> None:
    """Write tables to a .xlsx or .md file, for its owner only, whole or not at all.

    Raises: UsageProblem for another ending; NotFound when the folder is not there.
    """
    makers = {".xlsx": render_workbook, ".md": render_page}
    if path.suffix not in makers:
        raise UsageProblem("参数 --out", f"收到“{path.name}”", expected="以 .xlsx 或 .md 结尾的文件名")
    if not path.parent.is_dir():
        raise NotFound(f"目录 {path.parent}", "不存在", action="请先建立该目录")
    write_file(path, makers[path.suffix](title, tables))


def render_page(title: str, tables: Sequence[Table]) -> bytes:
    r"""Return one Markdown page.

    >>> table = Table("来源", "每个来源一行。", ("数据源", "行"), [("低保|花名册", 3)])
    >>> print(render_page("报告", [table]).decode(), end="")
    # 报告
    <BLANKLINE>
    ## 来源
    <BLANKLINE>
    每个来源一行。
    <BLANKLINE>
    | 数据源 | 行 |
    | --- | --- |
    | 低保\|花名册 | 3 |
    """
    parts = [f"# {title}\n"]
    for table in tables:
        lines = [table.heads, ("---",) * len(table.heads), *table.rows]
        drawn = "\n".join("| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines)
        body = drawn if table.rows else "（无）"
        parts.append(f"## {table.title}\n\n{table.note}\n\n{body}\n")
    return "\n".join(parts).encode()


def _plain(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else cell.replace("|", "\\|").replace("\n", " ")


def render_workbook(title: str, tables: Sequence[Table]) -> bytes:
    """Return a workbook with one sheet a table, ready for an A4 printer."""
    target = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, {"in_memory": True} | as_text) as book:
        book.set_properties({"title": title, "created": _MADE_ON})
        for table in tables:
            _write_sheet(book, table, title)
    return target.getvalue()


def _write_sheet(book: Any, table: Table, title: str) -> None:
    sheet = book.add_worksheet(table.title[:_NAME_MAX])
    big = book.add_format({"font_name": "黑体", "font_size": 14, "valign": "vcenter"})
    small = book.add_format({"font_name": "宋体", "font_size": 10, "font_color": "#404040"})
    head = book.add_format(_FONT | _BORDER | {"bold": True, "align": "center", "bg_color": "#E7EBF0"})
    plain, figure = book.add_format(_FONT | _BORDER), book.add_format(_FONT | _BORDER | {"num_format": "#,##0"})
    sheet.write_string(0, 0, f"{title}：{table.title}", big)
    sheet.write_string(1, 0, table.note, small)
    for place, words in enumerate(table.heads):
        sheet.write_string(2, place, words, head)
        cells = [words, *(str(row[place]) for row in table.rows)]
        sheet.set_column(place, place, min(max(map(_halves, cells)) + 3, _WIDEST))
    for number, row in enumerate(table.rows, 3):
        for place, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, place, cell, figure)
            else:
                sheet.write_string(number, place, cell, plain)
    sheet.freeze_panes(3, 0)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2)
    sheet.set_footer("&C第 &P 页，共 &N 页")


def _halves(text: str) -> int:
    """Return the width of a text in half characters."""
    return sum(1 if ord(character) <= _ASCII else 2 for character in text)
