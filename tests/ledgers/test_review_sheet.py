"""Pairs side by side as reviewers may see them, and the review workbook out and back."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import polars as pl
import pytest
from identity import whole
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from fangpin.connectors.grid import Grid
from fangpin.errors import IntakeRefused
from fangpin.ledgers.review_pairs import FIELDS, side_by_side
from fangpin.ledgers.review_returned import COLUMNS, ReviewForm, ReviewReturned, pair_checks, parse_review
from fangpin.ledgers.review_sheet import render_review
from fangpin.types import Period

NAMES = [column.name for column in COLUMNS]
FORM = ReviewForm("huaxi", "桐花镇", Period(2024, 1))
PERSON = {
    "person_no": "P1",
    "household_no": "H1",
    "person_name": "王小明",
    "id_no": whole("990101", "19700305", "123"),
    "birth_on": dt.date(1970, 3, 5),
    "sex": "男",
    "township": "桐花镇",
    "village": "下河村",
    "village_group": "3组",
    "relation": "户主",
    "is_head": True,
}
ROW = {
    "batch_id": "b",
    "row_number": 1,
    "person_name": "王小明",
    "id_no": None,
    "id_seen": None,
    "birth_on": None,
    "sex": None,
    "age": None,
    "township": None,
    "village": None,
    "village_group": None,
    "address": None,
    "head_name": None,
}
TYPES = {
    "row_number": pl.UInt32(),
    "birth_on": pl.Date(),
    "age": pl.Int64(),
    **dict.fromkeys(
        ("person_name", "id_no", "id_seen", "sex", "township", "village", "village_group", "address", "head_name"),
        pl.String(),
    ),
}


def sides(*, clear_names: bool = True, **told: Any) -> dict[str, Any]:
    """Return a row that tells these things beside the registered person."""
    known = PERSON | {"id_seen": PERSON["id_no"]}
    wife = {"person_no": "P2", "person_name": "李秀英", "relation": "配偶", "is_head": False, "birth_on": None}
    persons = pl.DataFrame([known, known | wife], schema_overrides={"birth_on": pl.Date()})
    households = pl.DataFrame([{"household_no": "H1", "head_name": "王小明"}])
    row = pl.DataFrame([ROW | told], schema_overrides=TYPES)
    pairs = row.select("batch_id", "row_number", person_no=pl.lit("P1"))
    found = side_by_side(pairs, row, persons, households, last_day=dt.date(2024, 1, 31), clear_names=clear_names)
    return found.row(0, named=True)


def test_both_sides_of_a_pair() -> None:
    """Each field as the row tells it and as the register knows it; the household with relation and age."""
    number = whole("990101", "19700306", "123")
    found = sides(id_no=number, id_seen=number, township="桐花镇", village="下河", head_name="王小明")

    assert {name: found[f"row_{name}"] for name in FIELDS} == {
        "name": "王小明",
        "id": f"****{number[-4:]}",
        "sex": "男",
        "born": "1970年",
        "place": "桐花镇下河",
        "head": "王小明",
    }
    assert {name: found[f"agrees_{name}"] for name in FIELDS} == {
        "name": "一致",
        "id": "不同",
        "sex": "一致",
        "born": "同年不同日",
        "place": None,
        "head": "一致",
    }
    assert found["members"] == "王小明（户主，53岁）、李秀英（配偶）"


@pytest.mark.parametrize(
    ("told", "field", "shown", "agrees"),
    [
        ({"birth_on": dt.date(1970, 3, 5)}, "born", "1970年", "一致"),
        ({"birth_on": dt.date(1971, 3, 5)}, "born", "1971年", "不同"),
        ({"age": 54}, "born", "1970年前后", None),
        ({}, "born", None, None),
        ({"id_seen": f"990101********{PERSON['id_no'][-4:]}"}, "id", f"****{PERSON['id_no'][-4:]}", "末四位一致"),
        (
            {"address": f"下河村 电话13912345678 {PERSON['id_no']}"},
            "place",
            f"下河村 电话****5678 ****{PERSON['id_no'][-4:]}",
            None,
        ),
        ({"sex": "女"}, "sex", "女", "不同"),
        ({"person_name": None}, "name", None, None),
    ],
)
def test_what_is_shown_of_a_field(told: dict[str, Any], field: str, shown: str | None, agrees: str | None) -> None:
    """Of an ID the last four, of a birth the year; nothing is said where one side tells nothing."""
    found = sides(**told)

    assert (found[f"row_{field}"], found[f"agrees_{field}"]) == (shown, agrees)


def test_a_township_sees_names_only_where_they_differ() -> None:
    """Where both names agree the surname is enough; heads and family are surnames always."""
    alike = sides(clear_names=False, head_name="王小明")
    apart = sides(clear_names=False, person_name="王晓明")

    assert (alike["row_name"], alike["person_name"], alike["row_head"], alike["person_head"]) == ("王*",) * 4
    assert (apart["row_name"], apart["person_name"]) == ("王晓明", "王小明")
    assert alike["members"] == "王*（户主，53岁）、李*（配偶）"


def handed_out(*pairs: str) -> Any:
    """Return the workbook of these items as a reviewer opens it."""
    rows = [
        dict.fromkeys(NAMES)
        | {"no": str(n), "item": item, "person_no": "P1", "row_side": "姓名：王*", "person_side": item}
        for n, item in enumerate(pairs, 1)
    ]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(NAMES, pl.String))
    content = render_review(frame.with_columns(pair_checks(frame)), title="复核表", form=FORM)
    return openpyxl.load_workbook(io.BytesIO(content))


def fill(book: Any, row: int, **cells: Any) -> Any:
    """Write into the cells of the n-th pair."""
    for name, value in cells.items():
        book.worksheets[0].cell(3 + row, NAMES.index(name) + 1).value = value
    return book


def read(book: Any) -> ReviewReturned:
    """Return what is read of a workbook that was saved."""
    target = io.BytesIO()
    book.save(target)
    grids = []
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(target.getvalue()))
    for facts in workbook.sheets_metadata:
        table = workbook.get_sheet_by_name(facts.name).to_python(skip_empty_area=False)
        rows = [[None if cell == "" else str(cell) for cell in row] for row in table]
        frame = pl.DataFrame(rows, schema={f"c{n}": pl.String for n in range(max(map(len, rows)))}, orient="row")
        grids.append(
            Grid(facts.name, facts.visible is SheetVisibleEnum.Visible, frame.with_row_index("sheet_row", offset=1))
        )
    return parse_review(grids)


def test_a_filled_workbook_is_read_back() -> None:
    """The form, each verdict with its reviewer, and how many pairs were left."""
    book = handed_out("b:1", "b:2", "b:3")
    fill(book, 1, verdict="同一人", reviewer="赵一", reason="同一户口簿")
    fill(book, 2, verdict=" 不是同一人", reviewer="赵一")
    found = read(book)

    assert found.form == FORM
    assert found.blank == 1
    assert found.refused.height == 0
    assert found.rows.select("sheet_row", "item", "person_no", "verdict", "reviewer", "reason").rows() == [
        (4, "b:1", "P1", "same", "赵一", "同一户口簿"),
        (5, "b:2", "P1", "not_same", "赵一", None),
    ]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"verdict": "也许", "reviewer": "赵一"}, "判定"),
        ({"verdict": None, "reason": "看不清"}, "判定"),
        ({"verdict": "同一人"}, "复核人"),
        ({"verdict": "同一人", "reviewer": "赵一", "item": "b:9"}, "复核编号"),
        ({"verdict": "同一人", "reviewer": "赵一", "item": None}, "复核编号"),
        ({"verdict": "同一人", "reviewer": "赵一", "person_no": "P9"}, "复核编号"),
        ({"verdict": "同一人", "reviewer": "赵一", "person_side": "姓名：李*"}, "复核编号"),
    ],
)
def test_an_unclear_row_is_named(cells: dict[str, Any], column: str) -> None:
    """What is wrong is told by row and column, and the row is not read."""
    found = read(fill(handed_out("b:1", "b:2"), 1, **cells))

    assert found.rows.height == 0
    assert column in found.refused.filter(pl.col("sheet_row") == 4)["column"].to_list()


def test_an_item_twice_is_refused() -> None:
    """Two rows of one item are both refused."""
    book = handed_out("b:1", "b:1")
    for row in (1, 2):
        fill(book, row, verdict="同一人", reviewer="赵一")

    assert read(book).refused.select("sheet_row", "expected").rows() == [(4, "每项只填一行"), (5, "每项只填一行")]


def _other_form(book: Any) -> None:
    book["_form"]["B1"].value = "township_tasks"


def _other_month(book: Any) -> None:
    book["_form"]["B4"].value = "一月"


def _no_form(book: Any) -> None:
    del book["_form"]


def _no_column(book: Any) -> None:
    book.worksheets[0].cell(3, NAMES.index("reviewer") + 1).value = "谁"


def _no_heads(book: Any) -> None:
    book.worksheets[0].delete_rows(3)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_other_form, "是另一种表"),
        (_other_month, "月份被改动"),
        (_no_form, "没有本表的标识页"),
        (_no_column, "缺少列“复核人”"),
        (_no_heads, "找不到"),
    ],
)
def test_a_workbook_that_is_not_the_one_handed_out_is_refused(spoil: Any, said: str) -> None:
    """Another form, or one without what it is known by, is refused as a whole."""
    book = handed_out("b:1")
    spoil(book)
    with pytest.raises(IntakeRefused, match=said):
        read(book)


def test_the_same_rows_give_the_same_bytes_and_no_formula() -> None:
    """Nothing that a department wrote becomes a formula, and a workbook does not depend on when it was made."""
    rows = pl.DataFrame([dict.fromkeys(NAMES, "=1+1")], schema=dict.fromkeys(NAMES, pl.String))
    content = render_review(rows, title="表", form=FORM)

    assert content == render_review(rows, title="表", form=FORM)
    cell = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].cell(4, NAMES.index("row_side") + 1)
    assert (cell.value, cell.data_type) == ("=1+1", "s")
