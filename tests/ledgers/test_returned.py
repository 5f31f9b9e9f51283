"""A returned workbook, as office programs and clerks leave it: what is understood and what is refused."""

from __future__ import annotations

import datetime as dt
import io
import tomllib
from importlib import resources
from typing import Any

import openpyxl
import polars as pl
import pytest
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from fangpin.config.ledger_models import Ledger
from fangpin.connectors.grid import Grid
from fangpin.errors import IntakeRefused
from fangpin.ledgers.export import Form, render_workbook
from fangpin.ledgers.keys import row_checks
from fangpin.ledgers.returned import Returned, parse_returned
from fangpin.types import Period

LEDGER = Ledger.model_validate(
    tomllib.loads(resources.files("fangpin.config").joinpath("ledgers/township_tasks.toml").read_text(encoding="utf-8"))
)
NAMES = [column.name for column in LEDGER.columns]
FILLED = {
    "result": "02 拟纳入，启动识别",
    "visited_on": "2024-02-03",
    "visitors": "张三、李四",
    "method": "入户",
    "note": "已签授权书",
}


def _grids(content: bytes) -> list[Grid]:
    """Return the sheets of a workbook as text, as the readers hand them on."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    grids = []
    for facts in book.sheets_metadata:
        table = book.get_sheet_by_name(facts.name).to_python(skip_empty_area=False)
        rows = [[None if cell == "" else str(cell) for cell in row] for row in table]
        frame = pl.DataFrame(rows, schema={f"c{n}": pl.String for n in range(max(map(len, rows)))}, orient="row")
        numbered = frame.with_row_index("sheet_row", offset=1).filter(
            ~pl.all_horizontal(pl.exclude("sheet_row").is_null())
        )
        grids.append(Grid(facts.name, facts.visible is SheetVisibleEnum.Visible, numbered))
    return grids


def _workbook(*filled: dict[str, Any]) -> Any:
    """Return a workbook as handed out, then filled in by hand."""
    rows = [
        dict.fromkeys(NAMES) | {"no": str(n), "task_id": f"2024-01:H{n}", "revision": "1", "village": "下河村"}
        for n in range(1, len(filled) + 1)
    ]
    form = Form("huaxi", "桐花镇", Period(2024, 1), 3)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(NAMES, pl.String))
    frame = frame.with_columns(row_checks(frame))
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(LEDGER, frame, title="表", form=form)))
    for number, cells in enumerate(filled, 4):
        for name, value in cells.items():
            book.worksheets[0].cell(number, NAMES.index(name) + 1).value = value
    return book


def _parse(book: Any) -> Returned:
    target = io.BytesIO()
    book.save(target)
    return parse_returned(_grids(target.getvalue()), LEDGER)


def _read(**cells: Any) -> Returned:
    """Return what is read of one row that is filled in as usual but for these cells."""
    return _parse(_workbook(FILLED | cells))


def test_a_filled_row_is_read() -> None:
    """The form's facts and every filled-in cell come back; a row left empty is counted as such."""
    returned = _parse(_workbook(FILLED, {}))

    assert ("township_tasks", "huaxi", "桐花镇", Period(2024, 1), 3, 1) == (
        returned.form,
        returned.site_id,
        returned.township,
        returned.period,
        returned.sheet_revision,
        returned.blank,
    )
    expected = (4, "2024-01:H1", 1, "02", None, dt.date(2024, 2, 3), "张三、李四", "入户", "已签授权书")
    assert [expected] == returned.rows.rows()
    assert returned.refused.height == 0


@pytest.mark.parametrize(
    "cell", ["04 不纳入，无风险", "04", "4", 4, 4.0, "４", "不纳入，无风险", " 不纳入, 无风险 ", "04不纳入 无风险"]
)
def test_a_result_is_known_by_code_or_words(cell: Any) -> None:
    """A result is understood by its code, by its words, or by both, whatever the width and spaces."""
    returned = _read(result=cell, reason="5")

    assert returned.rows.select("result_code", "reason_code").rows() == [("04", "5")]


@pytest.mark.parametrize(
    "cell",
    [
        "2024-02-03",
        "2024-2-3",
        "2024/2/3",
        "2024.2.3",
        "2024．02．03",
        "2024年2月3日",
        "20240203",
        "2024-02-03 00:00:00",
        "45325",
        45325,
        dt.date(2024, 2, 3),
        dt.datetime(2024, 2, 3, 9, 30),  # noqa: DTZ001 - a cell has no zone
    ],
)
def test_a_day_is_known_however_it_is_written(cell: Any) -> None:
    """Text in the usual ways of writing, a date cell and a day number are the same day."""
    assert [dt.date(2024, 2, 3)] == _read(visited_on=cell).rows["visited_on"].to_list()


@pytest.mark.parametrize("cell", ["2月3日", "2024-02-30", "昨天", "24-2-3", "2024-02", "2024年2月", "202402"])
def test_an_unclear_day_is_refused(cell: str) -> None:
    """A day without its year, or one that does not exist, is not guessed."""
    assert _refusals(_read(visited_on=cell)) == [(4, "核查日期", "日期，如 2024-01-15")]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("张三、李四", "张三、李四"),
        ("张三，李四", "张三、李四"),
        ("张三 李四", "张三、李四"),
        ("张 三、李 四", "张三、李四"),
        ("张三\n李四", "张三、李四"),
        ("李和平、张三、王五", "李和平、张三、王五"),
    ],
)
def test_visitors_are_two_or_more_names(cell: str, expected: str) -> None:
    """Names are told apart by marks, and by spaces only where there is no mark."""
    assert [expected] == _read(visitors=cell).rows["visitors"].to_list()


def _refusals(returned: Returned) -> list[tuple[Any, ...]]:
    assert returned.rows.height == 0
    return returned.refused.select("sheet_row", "column", "expected").rows()


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"result": None}, "核查结果", "下拉框中的一项，如“04 不纳入，无风险”"),
        ({"result": "11"}, "核查结果", "下拉框中的一项，如“04 不纳入，无风险”"),
        ({"result": "没问题"}, "核查结果", "下拉框中的一项，如“04 不纳入，无风险”"),
        ({"result": "03"}, "不纳入原因", "核查结果为 03、04 时必选一项"),
        ({"result": "04"}, "不纳入原因", "核查结果为 03、04 时必选一项"),
        ({"reason": "11"}, "不纳入原因", "下拉框中的一项"),
        ({"visited_on": None}, "核查日期", "日期，如 2024-01-15"),
        ({"visitors": None}, "核查人（两人）", "两人姓名，用顿号隔开"),
        ({"visitors": "张三"}, "核查人（两人）", "两人姓名，用顿号隔开"),
        ({"visitors": "张三、张三"}, "核查人（两人）", "两人姓名，用顿号隔开"),
        ({"method": "走访"}, "核查方式", "入户或电话"),
        ({"task_id": None}, "任务编号", "县里下发的任务编号，请在原行填写"),
        ({"revision": "一"}, "版本", "县里下发的版本号，请勿改动"),
    ],
)
def test_an_unclear_cell_is_refused(cells: dict[str, Any], column: str, expected: str) -> None:
    """Each unclear cell is reported by row, column and what is expected."""
    assert [(4, column, expected)] == _refusals(_read(**cells))


def test_every_problem_of_a_row_is_reported() -> None:
    """A row with two unclear cells is reported twice, in the order of the columns."""
    assert [column for _row, column, _expected in _refusals(_read(result="?", visited_on="?"))] == [
        "核查结果",
        "核查日期",
    ]


def test_a_method_may_be_left_open() -> None:
    """The way of the visit is not compulsory."""
    assert _read(method=None).rows["method"].to_list() == [None]


def test_a_household_twice_is_refused() -> None:
    """Two rows for one household are both refused; the clerk decides."""
    returned = _parse(_workbook(FILLED, FILLED | {"task_id": "2024-01:H1"}))

    assert _refusals(returned) == [(4, "任务编号", "每户只填一行"), (5, "任务编号", "每户只填一行")]


def test_columns_are_found_by_their_heads() -> None:
    """Columns in another order, a further column and a further row on top do no harm."""
    book = _workbook(FILLED)
    sheet = book.worksheets[0]
    sheet.unmerge_cells("A1:T1")
    sheet.unmerge_cells("A2:T2")
    sheet.move_range("M3:T4", cols=3)
    sheet.move_range("B3:C4", cols=12)
    sheet.insert_rows(1)
    returned = _parse(book)

    assert returned.rows.select("sheet_row", "task_id", "result_code").rows() == [(5, "2024-01:H1", "02")]


def test_numbers_for_keys_are_read() -> None:
    """A revision that an office program turned into a number is still the revision."""
    assert _read(revision=1.0).rows["revision"].to_list() == [1]


def test_another_workbook_is_refused() -> None:
    """A workbook without the hidden sheet is not a task sheet."""
    book = _workbook(FILLED)
    del book["_form"]
    with pytest.raises(IntakeRefused, match="没有本表的标识页"):
        _parse(book)


def test_another_form_is_refused() -> None:
    """A workbook of another form is refused by its name."""
    book = _workbook(FILLED)
    book["_form"]["B1"].value = "case_ledger"
    with pytest.raises(IntakeRefused, match="case_ledger"):
        _parse(book)


@pytest.mark.parametrize("period", ["2024-13", "一月"])
def test_a_spoilt_hidden_sheet_is_refused(period: str) -> None:
    """A month that is none is refused as a spoilt form, not as a crash."""
    book = _workbook(FILLED)
    book["_form"]["B4"].value = period
    with pytest.raises(IntakeRefused, match="标识页"):
        _parse(book)


def test_a_missing_column_is_named() -> None:
    """A column that was deleted is named."""
    book = _workbook(FILLED)
    book.worksheets[0].cell(3, NAMES.index("note") + 1).value = "备注"
    with pytest.raises(IntakeRefused, match="缺少列“情况说明”"):
        _parse(book)


def test_a_sheet_without_heads_is_refused() -> None:
    """Without the two heads there is nothing to read."""
    book = _workbook(FILLED)
    book.worksheets[0].delete_rows(3)
    with pytest.raises(IntakeRefused, match="找不到"):
        _parse(book)


def test_a_row_whose_key_was_edited_is_refused() -> None:
    """An answer stays with the household it was given for: another task's number in the row does not take it along."""
    returned = _read(task_id="2024-01:H2")

    assert returned.rows.height == 0
    assert returned.refused["expected"].to_list() == ["原表原行：任务编号与本行的村、户主不符，请用原表在原行填写"]
