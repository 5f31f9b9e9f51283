"""The township workbook as other programs see it: text cells, locks, drop-downs, hidden keys, print set-up."""

from __future__ import annotations

import io
import tomllib
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from fangpin.config.ledger_models import Ledger
from fangpin.ledgers.export import Form, render_workbook, write_workbook
from fangpin.types import Period

LEDGER = Ledger.model_validate(
    tomllib.loads(resources.files("fangpin.config").joinpath("ledgers/township_tasks.toml").read_text(encoding="utf-8"))
)
NAMES = [column.name for column in LEDGER.columns]
FORM = Form("huaxi", "桐花镇", Period(2024, 1), 3)
ROW = {"no": "1", "task_id": "2024-01:H1", "revision": "1", "village": "下河村", "due_on": "2024-02-08"}


def _rows(*rows: dict[str, str]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(NAMES) | ROW | row for row in rows], schema=dict.fromkeys(NAMES, pl.String))


def _render(*rows: dict[str, str]) -> bytes:
    return render_workbook(LEDGER, _rows(*rows), title="某县任务表（桐花镇）", form=FORM)


def _open(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def _place(name: str) -> int:
    return NAMES.index(name) + 1


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-2", "@x", "http://a.b/c", "mailto:a@b.c", "0012", "=cmd|'/c calc'!A0"]
)
def test_text_stays_text(text: str) -> None:
    """Nothing a cell holds becomes a formula, a link or a number."""
    content = _render({"reasons": text})
    cell = _open(content).worksheets[0].cell(4, _place("reasons"))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()

    assert (text, "s", None) == (cell.value, cell.data_type, cell.hyperlink)
    assert "<f>" not in sheet


def test_equal_rows_are_equal_bytes() -> None:
    """The same rows give the same file, other rows another."""
    assert _render({"reasons": "甲"}) == _render({"reasons": "甲"})
    assert _render({"reasons": "甲"}) != _render({"reasons": "乙"})


def test_only_fill_in_cells_are_open() -> None:
    """The sheet is protected without a password; the township's columns are unlocked and coloured."""
    sheet = _open(_render({})).worksheets[0]
    unlocked = [name for name in NAMES if not sheet.cell(4, _place(name)).protection.locked]

    assert unlocked == ["result", "reason", "visited_on", "visitors", "method", "note"]
    assert (sheet.protection.sheet, sheet.protection.password) == (True, None)
    assert sheet.cell(4, _place("result")).fill.fgColor.rgb == "FFFFF9DB"


def test_choices_are_offered() -> None:
    """Each coded column has a drop-down of its named list, which the very hidden sheet holds."""
    book = _open(_render({}, {}))
    offers = {str(v.sqref): v.formula1 for v in book.worksheets[0].data_validations.dataValidation}
    ranges = {name: book.defined_names[name].attr_text for name in ("list_results", "list_reasons", "list_methods")}

    assert offers == {"N4:N5": "list_results", "O4:O5": "list_reasons", "R4:R5": "list_methods"}
    assert {name: text if "'" in text else text.replace("_codes", "'_codes'") for name, text in ranges.items()} == {
        "list_results": "'_codes'!$A$1:$A$10",
        "list_reasons": "'_codes'!$B$1:$B$10",
        "list_methods": "'_codes'!$C$1:$C$2",
    }
    assert book["_codes"]["A4"].value == "04 不纳入，无风险"


def test_keys_are_hidden() -> None:
    """The key columns are hidden, and the form's own facts are on a very hidden sheet."""
    book = _open(_render({}))
    hidden = [
        name
        for name in NAMES
        if book.worksheets[0].column_dimensions[openpyxl.utils.get_column_letter(_place(name))].hidden
    ]
    facts = dict(book["_form"].iter_rows(values_only=True))

    assert [sheet.sheet_state for sheet in book.worksheets[1:]] == ["veryHidden", "veryHidden"]
    assert facts == {
        "form": "township_tasks",
        "site": "huaxi",
        "township": "桐花镇",
        "period": "2024-01",
        "sheet_revision": "3",
    }
    assert hidden == ["task_id", "revision", "row_check"]


def test_the_page_is_ready_to_print() -> None:
    """A4 across, one page wide, heads on every page, frozen and filterable heads."""
    sheet = _open(_render({}, {})).worksheets[0]

    assert (
        sheet.page_setup.orientation,
        int(sheet.page_setup.paperSize),
        sheet.sheet_properties.pageSetUpPr.fitToPage,
        sheet.page_setup.fitToWidth,  # not written: one page
        sheet.page_setup.fitToHeight,
    ) == ("landscape", 9, True, None, 0)
    assert (sheet.print_title_rows, sheet.freeze_panes, sheet.auto_filter.ref) == ("$1:$3", "G4", "A3:T5")


def test_a_long_reason_gets_a_high_row() -> None:
    """A row is as high as its longest text needs, up to what a spreadsheet allows."""
    sheet = _open(_render({"reasons": "短。"}, {"reasons": "长" * 100}, {"reasons": "长" * 3000})).worksheets[0]
    heights = [sheet.row_dimensions[row].height for row in (4, 5, 6)]

    assert heights == [33.75, 96.0, 408.75]


def test_a_number_is_not_broken_over_lines() -> None:
    """Digits that do not fit beside the text before them take a line of their own."""
    sheet = _open(_render({"household_type": "一二1234567"}, {"household_type": "一二一二"})).worksheets[0]

    assert sheet.row_dimensions[4].height >= sheet.row_dimensions[5].height


def test_no_rows_make_an_empty_table() -> None:
    """A workbook without rows has its heads and no drop-downs."""
    book = _open(render_workbook(LEDGER, _rows().clear(), title="表", form=FORM))

    assert book.worksheets[0].max_row == 3
    assert book.worksheets[0].data_validations.dataValidation == []


def test_the_file_is_its_owners_and_whole(tmp_path: Path) -> None:
    """The file is readable by its owner only, replaces an older one, and leaves nothing beside it."""
    path = tmp_path / "2024-01" / "表.xlsx"
    write_workbook(path, b"old")
    write_workbook(path, b"new")

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [path] == list(path.parent.iterdir())
