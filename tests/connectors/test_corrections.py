"""A correction sheet that came back: what becomes a patch, what is refused line by line, and what patches do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from correction_toys import BATCH, COLUMNS, FIRST_LINE, ISSUES, LINES, filled, grids, rendered
from toys import MAN, grid, toy

from fangpin.connectors.correction_form import HEADS, Form, form_of, line_check
from fangpin.connectors.corrections import PATCH_SCHEMA, Corrections, apply_corrections, read_corrections
from fangpin.connectors.readers import Readers
from fangpin.errors import IntakeRefused

Answer = dict[str, Any]
NAME, ID, CATEGORY, CUT, AMOUNT, WHOLE = range(len(LINES))


def _read(answers: dict[int, Answer]) -> Corrections:
    """Return what is read of the sheet with these lines answered."""
    return read_corrections(grids(filled(*(answers.get(n, {}) for n in range(len(LINES))))), COLUMNS)


def _patches(read: Corrections) -> list[tuple[Any, ...]]:
    return read.patches.rows()


def _reasons(read: Corrections) -> list[tuple[int, str]]:
    """Return the problems by line, counted from 0, without the row every sentence begins with."""
    assert all(problem.sentence.startswith(f"更正单第 {problem.line} 行：") for problem in read.problems)
    return [(problem.line - FIRST_LINE, problem.sentence.partition("：")[2]) for problem in read.problems]


def test_answers_become_patches() -> None:
    """A correction, a row to be left out and a confirmation come back with sheet and row of the delivered file."""
    read = _read(
        {
            NAME: {"action": "删除该行", "note": "重复报送"},
            CATEGORY: {"action": "更正", "value": "农村低保"},
            CUT: {"action": "更正", "value": MAN, "note": "已核身份证"},
            AMOUNT: {"action": "确认无误"},
        }
    )

    assert read.form == Form(BATCH, "dibao_roster", "2024-03")
    assert (read.problems, read.blank) == ((), 2)
    assert read.patches.schema == PATCH_SCHEMA
    assert _patches(read) == [
        ("和桥乡", 9, "amount_yuan", "keep", None, None),
        ("和桥乡", 9, "category", "set", "农村低保", None),
        ("桐花镇", 4, None, "drop", None, "重复报送"),
        ("桐花镇", 5, "id_no", "set", MAN, "已核身份证"),
    ]


def test_a_value_alone_is_a_correction() -> None:
    """A value filled in without a choice in the drop-down can mean nothing else."""
    assert _patches(_read({AMOUNT: {"value": " 400 "}})) == [("和桥乡", 9, "amount_yuan", "set", "400", None)]


def test_a_whole_row_is_confirmed() -> None:
    """A row's own problem is confirmed for the row, not for a cell."""
    assert _patches(_read({WHOLE: {"action": "确认无误"}})) == [("和桥乡", 10, None, "keep", None, None)]


def test_the_same_answer_twice_is_one() -> None:
    """Two lines that say the same of a row are one answer, with the note that was given."""
    read = _read({NAME: {"action": "删除该行"}, ID: {"action": " 删除该行", "note": "已迁出"}})

    assert _patches(read) == [("桐花镇", 4, None, "drop", None, "已迁出")]


def test_nothing_filled_in_is_nothing_said() -> None:
    """A sheet sent back empty has no patches and no problems; a note alone is no answer."""
    read = _read({AMOUNT: {"note": "在查"}})

    assert (_patches(read), read.problems, read.blank) == ([], (), len(LINES))


ANSWERS_REFUSED: list[tuple[int, Answer, str]] = [
    (AMOUNT, {"action": "更正"}, "选了“更正”，没有填更正值；请填写完整的值，应当为空的填“无”。"),
    (AMOUNT, {"action": "更正", "value": "  "}, "选了“更正”，没有填更正值；请填写完整的值，应当为空的填“无”。"),
    (AMOUNT, {"action": "已改"}, "处理不是下拉框中的一项；应为更正、删除该行、确认无误；请重新选择。"),
    (AMOUNT, {"action": "删除该行", "value": "400"}, "选了“删除该行”又填了更正值；请只留其一。"),
    (AMOUNT, {"action": "确认无误", "value": "400"}, "选了“确认无误”又填了更正值；请只留其一。"),
    (AMOUNT, {"value": "****1234"}, "更正值带*；应为完整的值；请对照本单位原文件填写。"),
    (CUT, {"value": "****E+17"}, "更正值带*；应为完整的值；请对照本单位原文件填写。"),
    (CUT, {"value": "990101＊＊＊＊＊＊＊＊1234"}, "更正值带*；应为完整的值；请对照本单位原文件填写。"),
    (NAME, {"value": "甲*"}, "更正值带*；应为完整的值；请对照本单位原文件填写。"),
    (CUT, {"value": "9.90101199001011E+17"}, "更正值已被表格软件改成数字，末几位丢失；请把单元格设为文本后重新填写。"),
    (
        WHOLE,
        {"value": "甲一"},
        "这是整行的问题，没有可更正的单元格；请选“删除该行”或“确认无误”，或改正原文件后重报。",
    ),
    (AMOUNT, {"value": "400", "row": "5"}, "工作表、行号、列或隐藏的键被改动过；请用县里下发的更正单在原行填写。"),
    (
        AMOUNT,
        {"value": "400", "sheet": "桐花镇"},
        "工作表、行号、列或隐藏的键被改动过；请用县里下发的更正单在原行填写。",
    ),
    (
        AMOUNT,
        {"value": "400", "column": "姓名"},
        "工作表、行号、列或隐藏的键被改动过；请用县里下发的更正单在原行填写。",
    ),
    (AMOUNT, {"value": "400", "check": None}, "工作表、行号、列或隐藏的键被改动过；请用县里下发的更正单在原行填写。"),
    (
        AMOUNT,
        {"value": "400", "key": None},
        "不是更正单原有的行；请在原行填写，更正单没有列出的问题请改正原文件后重报。",
    ),
]


@pytest.mark.parametrize(("line", "answer", "reason"), ANSWERS_REFUSED)
def test_an_unclear_answer_is_refused(line: int, answer: Answer, reason: str) -> None:
    """An answer that cannot be meant, or that is not certain to belong to its cell, is no patch and is told by line."""
    read = _read({line: answer})

    assert _reasons(read) == [(line, reason)]
    assert _patches(read) == []


def test_a_sorted_sheet_keeps_its_answers_apart() -> None:
    """Visible columns sorted past the hidden ones are noticed on every line that moved."""
    shown = ("sheet", "row", "column")
    book = filled(*({"action": "确认无误"} for _ in LINES))
    sheet = book["待更正"]
    for name in shown:
        column = list(HEADS).index(name) + 1
        cells = [sheet.cell(FIRST_LINE + n, column) for n in (NAME, CUT)]
        cells[0].value, cells[1].value = cells[1].value, cells[0].value
    read = read_corrections(grids(book), COLUMNS)

    assert [line for line, _ in _reasons(read)] == [NAME, CUT]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (
            {NAME: {"action": "删除该行"}, ID: {"value": MAN}},
            "同一行既要删除，又有别的处理（见更正单第 {} 行）；请只留其一。",
        ),
        (
            {CATEGORY: {"action": "确认无误"}, AMOUNT: {"action": "删除该行"}},
            "同一行既要删除，又有别的处理（见更正单第 {} 行）；请只留其一。",
        ),
    ],
)
def test_answers_that_contradict_each_other_are_refused(answers: dict[int, Answer], reason: str) -> None:
    """Both lines are told, each pointing to the other; the clerk decides."""
    read = _read(answers)
    one, two = answers

    assert _reasons(read) == [(one, reason.format(two + FIRST_LINE)), (two, reason.format(one + FIRST_LINE))]
    assert _patches(read) == []


@pytest.mark.parametrize("second", [{"value": "430"}, {"action": "确认无误"}])
def test_two_answers_for_one_cell_are_refused(second: Answer) -> None:
    """A line copied below itself and answered otherwise is refused on both lines."""
    book = filled(*({} for _ in range(AMOUNT)), {"value": "400"})
    sheet = book["待更正"]
    cells = {name: sheet.cell(FIRST_LINE + AMOUNT, place).value for place, name in enumerate(HEADS, 1)}
    for place, name in enumerate(HEADS, 1):
        told = cells | {"value": None, "action": None} | second
        sheet.cell(FIRST_LINE + len(LINES), place).value = told[name]
    read = read_corrections(grids(book), COLUMNS)

    assert _reasons(read) == [
        (AMOUNT, f"同一单元格有不同的答复（见更正单第 {FIRST_LINE + len(LINES)} 行）；请只留其一。"),
        (len(LINES), f"同一单元格有不同的答复（见更正单第 {FIRST_LINE + AMOUNT} 行）；请只留其一。"),
    ]


def test_every_problem_is_told_at_once() -> None:
    """All bad lines are told in their order, and the good ones are read all the same."""
    read = _read({CUT: {"value": "甲*"}, NAME: {"action": "更正"}, AMOUNT: {"value": "400"}})

    assert [line for line, _ in _reasons(read)] == [NAME, CUT]
    assert _patches(read) == [("和桥乡", 9, "amount_yuan", "set", "400", None)]


def test_a_line_of_another_sheet_is_refused() -> None:
    """A line copied from the correction sheet of another file says nothing about this one."""
    other = filled(content=rendered(batch="dibao_roster-2024-02-ffffffffffff"))["待更正"]
    book = filled()
    for place in range(1, len(HEADS) + 1):
        book["待更正"].cell(FIRST_LINE, place).value = other.cell(FIRST_LINE, place).value
    book["待更正"].cell(FIRST_LINE, list(HEADS).index("action") + 1).value = "删除该行"
    read = read_corrections(grids(book), COLUMNS)

    assert _reasons(read) == [(0, "是从另一份更正单复制来的；请在那份更正单中填写。")]


@pytest.mark.parametrize(
    "key", ["x", "1", "[]", '["a","b",0,null]', '["a","b","7",null]', '["a",1,7,null]', "[" * 30000, '{"a":1}']
)
def test_a_forged_key_is_refused(key: str) -> None:
    """A key that is none is refused even when its check has been made to fit."""
    check = line_check(key, ("和桥乡", "9", "月保障金额"))

    read = _read({AMOUNT: {"value": "400", "key": key, "check": check}})

    assert [line for line, _ in _reasons(read)] == [AMOUNT]


def test_a_column_no_longer_declared_is_refused() -> None:
    """A column that the declaration has lost since cannot be put right any more."""
    known = {name: column for name, column in COLUMNS.items() if name != "amount_yuan"}
    book = filled(*({} for _ in range(AMOUNT)), {"value": "400"})

    assert _reasons(read_corrections(grids(book), known)) == [
        (AMOUNT, "数据源的声明中已没有这一列；请改正原文件后重报。")
    ]


def test_columns_are_found_by_their_heads() -> None:
    """Moved columns, rows put on top and a further sheet in front do no harm."""
    book = filled(*({} for _ in range(AMOUNT)), {"value": "400"})
    sheet = book["待更正"]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.move_range("H3:I9", cols=8)
    sheet.insert_rows(1, 2)
    book.create_sheet("另一页", 0).append(["处理", "备注"])

    read = read_corrections(grids(book), COLUMNS)

    assert (_patches(read), read.problems) == ([("和桥乡", 9, "amount_yuan", "set", "400", None)], ())


def test_the_readers_hand_the_sheet_on(tmp_path: Path, readers: Readers) -> None:
    """Through the reading child a filled-in workbook says the same, the very hidden sheet included."""
    target = tmp_path / "更正单.xlsx"
    filled(*({"action": "确认无误"} for _ in LINES)).save(target)

    with readers.read(target, file_name=target.name) as sheets:
        read = read_corrections(sheets, COLUMNS)

    assert (read.patches.height, read.problems, read.blank) == (len(LINES), (), 0)


def test_another_workbook_is_no_correction_sheet() -> None:
    """A department's file has no form, and is refused as a correction sheet."""
    assert form_of([toy("dibao_roster")]) is None
    assert form_of([grid(["form", "township_tasks"], ["batch_id", "x"], name="_form")]) is None
    with pytest.raises(IntakeRefused, match="没有更正单的标识页"):
        read_corrections([toy("dibao_roster")], COLUMNS)


def test_another_version_is_refused() -> None:
    """A sheet of another version of the form is refused by its version."""
    book = filled()
    book["_form"]["B2"].value = "0"
    with pytest.raises(IntakeRefused, match="是第 0 版；应为第 1 版"):
        form_of(grids(book))


def test_a_missing_column_is_named() -> None:
    """A column that was deleted is named."""
    book = filled()
    book["待更正"].delete_cols(list(HEADS).index("key") + 1, 2)
    with pytest.raises(IntakeRefused, match="缺少列“键、校验”"):
        read_corrections(grids(book), COLUMNS)


def test_a_sheet_without_heads_is_refused() -> None:
    """Without its heads there is nothing to read."""
    book = filled()
    book["待更正"].delete_rows(3)
    with pytest.raises(IntakeRefused, match="找不到“处理”“更正值”两列"):
        read_corrections(grids(book), COLUMNS)


PART = pl.DataFrame(
    {"row_number": [1, 2, 3], "sheet_row": [4, 5, 6], "id_no": ["A", None, "C"], "tier": ["x", "y", "z"]},
    schema_overrides={"sheet_row": pl.UInt32},
)


@pytest.mark.parametrize(
    ("patches", "rows", "counts"),
    [
        ([], PART.rows(), (0, 0)),
        (
            [(5, "id_no", "set", "B"), (5, "tier", "set", "Y"), (6, "id_no", "set", "CC")],
            [(1, 4, "A", "x"), (2, 5, "B", "Y"), (3, 6, "CC", "z")],
            (3, 0),
        ),
        ([(5, None, "drop", None), (6, "tier", "keep", None)], [(1, 4, "A", "x"), (3, 6, "C", "z")], (0, 1)),
        ([(9, "tier", "set", "w"), (8, None, "drop", None)], PART.rows(), (0, 0)),
    ],
)
def test_patches_change_only_their_cells(
    patches: list[tuple[Any, ...]], rows: list[tuple[Any, ...]], counts: tuple[int, int]
) -> None:
    """Cells are replaced, rows are left out, everything else stays in its order; what is elsewhere is not counted."""
    frame = pl.DataFrame([("Sheet1", *patch, None) for patch in patches], schema=PATCH_SCHEMA, orient="row")

    applied = apply_corrections(PART, frame)

    assert applied.rows.rows() == rows
    assert (applied.replaced, applied.dropped) == counts


def test_a_patch_may_bring_a_column() -> None:
    """A cell of a declared column that the part did not have comes in with the column, empty elsewhere."""
    frame = pl.DataFrame([("Sheet1", 5, "village", "set", "下河村", None)], schema=PATCH_SCHEMA, orient="row")

    assert apply_corrections(PART, frame).rows["village"].to_list() == [None, "下河村", None]


def test_the_toy_has_every_kind_of_problem() -> None:
    """What is read back here covers a missing cell, a cut one, a bad one, a whole row and a duplicate."""
    assert {code for *_, code, _severity, _expected in ISSUES} == {
        *("row_unfilled", "id_missing", "id_damaged", "cell_unreadable", "row_repeated", "row_duplicate"),
    }
