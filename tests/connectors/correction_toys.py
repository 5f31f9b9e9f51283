"""A small delivery with problems, its correction sheet as handed out, filled in by hand, and read back."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import polars as pl
from python_calamine import CalamineWorkbook, SheetVisibleEnum
from toys import MAN, WOMAN

from fangpin.config.loader import load
from fangpin.connectors.correction_form import HEADS
from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import declared_columns
from fangpin.connectors.problems import ISSUE_SCHEMA
from fangpin.ledgers.quarantine import Delivered, render_quarantine
from fangpin.types import Period

DECLARED = load("huaxi")
SOURCE = DECLARED.sources["dibao_roster"]
COLUMNS = declared_columns(SOURCE, DECLARED.identity)
BATCH = "dibao_roster-2024-03-0123456789ab"
GIVEN = {"person_name": "姓 名", "id_no": "身份证号", "category": "低保类别", "amount_yuan": "月保障金额（元）"}
FIRST_LINE = 4  # the sheet row of the first line

# row_number, sheet, sheet_row, then the cells as delivered
ROWS: list[tuple[Any, ...]] = [
    (1, "桐花镇", 4, None, None, "农村低保", "430"),
    (2, "桐花镇", 5, "甲一", "5.22391E+17", "农村低保", "430"),
    (3, "和桥乡", 9, "乙二", MAN, "低保户", "约四百"),
    (4, "和桥乡", 10, "丙三", WOMAN, "农村低保", "430"),
]
# row_number, sheet, sheet_row, column, name, code, severity, expected
ISSUES: list[tuple[Any, ...]] = [
    (1, "桐花镇", 4, "姓名或证件号码", "person_name", "row_unfilled", "退回", "填写可识别的姓名或证件号码"),
    (1, "桐花镇", 4, "证件号码", "id_no", "id_missing", "提示", "18位证件号码"),
    (2, "桐花镇", 5, "证件号码", "id_no", "id_damaged", "提示", "文本格式的18位证件号码"),
    (3, "和桥乡", 9, "月保障金额", "amount_yuan", "cell_unreadable", "提示", "金额，如 1234.50"),
    (3, "和桥乡", 9, "保障类别", "category", "row_unfilled", "退回", "填写可识别的保障类别"),
    (4, "和桥乡", 10, "整行", None, "row_repeated", "提示", "核对是否重复报送"),
    (5, "和桥乡", 11, "整行", None, "row_duplicate", "重复", "每行只报一次"),
]
# What the lines of the sheet speak of, in its order.
LINES = ["4 姓名", "4 证件号码", "9 保障类别", "5 证件号码", "9 月保障金额", "10 整行"]


def rows(*given: tuple[Any, ...]) -> pl.DataFrame:
    """Return delivered rows as the reader keeps them."""
    kinds = {"row_number": pl.UInt32, "sheet": pl.String, "sheet_row": pl.UInt32}
    return pl.DataFrame(list(given), schema=kinds | dict.fromkeys(GIVEN, pl.String), orient="row")


def issues(*told: tuple[Any, ...]) -> pl.DataFrame:
    """Return problems as conform tells them."""
    return pl.DataFrame(list(told), schema=ISSUE_SCHEMA, orient="row")


def rendered(*, told: list[tuple[Any, ...]] = ISSUES, given: list[tuple[Any, ...]] = ROWS, batch: str = BATCH) -> bytes:
    """Return the correction sheet as it is handed out."""
    delivered = Delivered(batch, SOURCE, Period(2024, 3), "某县2024年3月低保花名册.xlsx", GIVEN)
    return render_quarantine(delivered, issues=issues(*told), rows=rows(*given), columns=COLUMNS)


def filled(*answers: dict[str, Any], content: bytes | None = None) -> Any:
    """Return the workbook with these cells of its lines filled in, line after line, by the columns' names."""
    book = openpyxl.load_workbook(io.BytesIO(content or rendered()))
    for line, cells in enumerate(answers, FIRST_LINE):
        for name, value in cells.items():
            book["待更正"].cell(line, list(HEADS).index(name) + 1).value = value
    return book


def grids(book: Any) -> list[Grid]:
    """Return the sheets of a workbook as text, as the readers hand them on."""
    target = io.BytesIO()
    book.save(target)
    found = []
    opened = CalamineWorkbook.from_filelike(io.BytesIO(target.getvalue()))
    for facts in opened.sheets_metadata:
        table = opened.get_sheet_by_name(facts.name).to_python(skip_empty_area=False)
        cells = [[None if cell == "" else str(cell) for cell in row] for row in table]
        frame = pl.DataFrame(cells, schema={f"c{n}": pl.String for n in range(max(map(len, cells)))}, orient="row")
        numbers = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("sheet_row")
        found.append(Grid(facts.name, facts.visible is SheetVisibleEnum.Visible, frame.select(numbers, pl.all())))
    return found
