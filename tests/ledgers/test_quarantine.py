"""The correction sheet as other programs see it: lines, links, locks, masks, and what does not fit in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from correction_toys import BATCH, COLUMNS, FIRST_LINE, ISSUES, LINES, ROWS, SOURCE, issues, rendered, rows
from toys import MAN, WOMAN

from fangpin.config.source_models import Column
from fangpin.connectors.correction_form import ACTIONS, HEADS, line_check, line_key
from fangpin.ledgers.masks import shown
from fangpin.ledgers.problem_lines import LINES_MAX
from fangpin.ledgers.quarantine import Delivered, write_quarantine
from fangpin.types import Period

NAMES = list(HEADS)


def _book(content: bytes | None = None) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content or rendered()))


def _lines(book: Any, *names: str) -> list[tuple[Any, ...]]:
    """Return these columns of the lines."""
    table = book["待更正"].iter_rows(min_row=FIRST_LINE, values_only=True)
    return [tuple(row[NAMES.index(name)] for name in names) for row in table]


def test_lines_are_the_problems_worst_first() -> None:
    """Rejected rows stand first; a row that lacks one of two cells has a line for each; a duplicate has none."""
    told = _lines(_book(), "number", "sheet", "row", "column", "problem", "expected")

    assert told == [
        ("1", "桐花镇", "4", "姓名", "退回：必填项空缺或无法识别", "填写可识别的姓名或证件号码"),
        ("2", "桐花镇", "4", "证件号码", "退回：必填项空缺或无法识别", "填写可识别的姓名或证件号码；18位证件号码"),
        ("3", "和桥乡", "9", "保障类别", "退回：必填项空缺或无法识别", "填写可识别的保障类别"),
        ("4", "桐花镇", "5", "证件号码", "提示：已被表格软件截断", "文本格式的18位证件号码"),
        ("5", "和桥乡", "9", "月保障金额", "提示：无法识别", "金额，如 1234.50"),
        ("6", "和桥乡", "10", "整行", "提示：与前面某行完全相同", "核对是否重复报送"),
    ]
    assert [f"{row} {column}" for row, column in _lines(_book(), "row", "column")] == LINES


def test_what_was_given_is_shown_masked() -> None:
    """Of an ID only its last characters are shown; another cell is shown as delivered, a whole row has none."""
    assert [given or "" for (given,) in _lines(_book(), "given")] == ["", "", "低保户", "****E+17", "约四百", ""]


def test_no_id_and_no_name_stands_anywhere() -> None:
    """Neither sheet nor any part of the file holds a whole ID or name."""
    with zipfile.ZipFile(io.BytesIO(rendered())) as parts:
        whole = "".join(parts.read(name).decode() for name in parts.namelist())

    assert not any(value in whole for value in (MAN, WOMAN, "甲一", "乙二", "丙三"))
    assert {"甲*", "乙*", f"****{MAN[-4:]}"} <= set(whole.replace("<", ">").split(">"))


def test_each_line_is_one_click_from_its_row() -> None:
    """The row number leads to the delivered row under the file's own heads, where the cell is marked."""
    book = _book()
    links = [row[NAMES.index("row")].hyperlink for row in book["待更正"].iter_rows(min_row=FIRST_LINE)]
    sheet = book["原始行"]

    assert [link.location for link in links] == [f"'原始行'!A{n}" for n in (2, 2, 4, 3, 4, 5)]
    assert next(sheet.values) == ("工作表", "行号", "姓 名", "身份证号", "低保类别", "月保障金额（元）")
    assert [cell.value for cell in sheet[4]] == ["和桥乡", "9", "乙*", f"****{MAN[-4:]}", "低保户", "约四百"]
    assert [cell.fill.fgColor.rgb == "FFFCE4D6" for cell in sheet[4]] == [False, False, False, False, True, True]


def test_a_row_that_was_not_kept_has_no_link() -> None:
    """A problem whose row is not at hand is told all the same, without a value and a link."""
    book = _book(rendered(given=ROWS[:2]))
    cells = book["待更正"][FIRST_LINE + 2]

    assert [cells[NAMES.index(name)].value for name in ("row", "column")] == ["9", "保障类别"]
    assert (cells[NAMES.index("row")].hyperlink, cells[NAMES.index("given")].value) == (None, "")


def test_hidden_keys_tie_a_line_to_its_cell() -> None:
    """The two hidden columns hold the key of the cell and the check over what the line shows."""
    book = _book()
    key = line_key(BATCH, "桐花镇", 5, "id_no")

    assert _lines(book, "key", "check")[3] == (key, line_check(key, ("桐花镇", "5", "证件号码")))
    hidden = [place for place in book["待更正"].column_dimensions.values() if place.hidden]
    assert [NAMES[place.min - 1 : place.max] for place in hidden] == [["key", "check"]]


def test_the_form_is_known_again() -> None:
    """The very hidden sheet says which batch the sheet is for; no personal value is in it."""
    form = _book()["_form"]

    assert form.sheet_state == "veryHidden"
    assert dict(form.values) == {
        "form": "quarantine",
        "version": "1",
        "batch_id": BATCH,
        "source_id": "dibao_roster",
        "period": "2024-03",
    }


def test_only_fill_in_cells_are_open() -> None:
    """Both sheets are protected without a password; three columns are unlocked, coloured and text."""
    book = _book()
    cells = dict(zip(NAMES, book["待更正"][FIRST_LINE], strict=True))

    assert [name for name, cell in cells.items() if not cell.protection.locked] == ["action", "value", "note"]
    assert (cells["value"].number_format, cells["value"].fill.fgColor.rgb) == ("@", "FFFFF9DB")
    for name in ("待更正", "原始行"):
        assert (book[name].protection.sheet, book[name].protection.password) == (True, None)


def test_actions_are_offered() -> None:
    """Every line offers the three answers."""
    (offer,) = _book()["待更正"].data_validations.dataValidation

    assert (str(offer.sqref), offer.formula1) == (f"H{FIRST_LINE}:H{FIRST_LINE + 5}", f'"{",".join(ACTIONS)}"')


def test_sheets_are_set_to_print() -> None:
    """A4 landscape, one page wide, heads on every page and in sight on the screen, hidden columns left out."""
    book = _book()
    sheet = book["待更正"]

    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == (
        9,
        "landscape",
        0,
    )
    assert (sheet.print_title_rows, sheet.freeze_panes, sheet.print_area) == ("$3:$3", "E4", "'待更正'!$A$1:$J$9")
    assert book["原始行"].freeze_panes == "C2"


def test_notes_tell_counts_and_what_to_do() -> None:
    """Above the heads stand the file, the counts, the way to fill in, and the duplicates nobody need answer."""
    notes = str(_book()["待更正"]["A2"].value).split("\n")

    assert notes[0] == "1．文件：某县2024年3月低保花名册.xlsx。共 6 处问题，退回 2 行。"
    assert notes[-1] == "6．另有 1 行与前面的行完全相同，只计一次，不必更正。"
    assert _book()["待更正"]["A1"].value == "数据问题更正单：低保特困对象花名册 2024年3月"


def test_what_does_not_fit_in_is_told_by_kind() -> None:
    """Of more problems than a clerk can answer the first are listed, rejected rows before all, the rest counted."""
    many = [(n, "桐花镇", n + 3, *ISSUES[2][3:]) for n in range(1, LINES_MAX + 3)]
    last = (LINES_MAX + 3, "桐花镇", LINES_MAX + 6, *ISSUES[4][3:])
    book = _book(rendered(told=[*many, last], given=ROWS[:2]))
    notes = str(book["待更正"]["A2"].value)

    assert book["待更正"].max_row == FIRST_LINE + LINES_MAX - 1
    assert _lines(book, "column")[0] == ("保障类别",)
    assert (
        "本表只列前 5,000 处，另有 3 处没有列出：“证件号码”提示：已被表格软件截断 3 处。请在业务系统中改正后整份重报。"
        in notes
    )


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2", "@x", "http://a.b/c", "mailto:a@b.c", "=cmd|'/c calc'!A0"])
def test_text_stays_text(text: str) -> None:
    """Nothing a delivered cell, sheet or file name holds becomes a formula or a link of its own."""
    given = [(3, text, 9, "乙二", MAN, text, text)]
    told = [(3, text, 9, *ISSUES[3][3:])]
    content = rendered(told=told, given=given)
    book = _book(content)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = "".join(parts.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))

    assert _lines(book, "sheet", "given") == [(text, text)]
    assert {cell.data_type for row in book["原始行"].iter_rows() for cell in row} == {"s"}
    assert ("<f>" in sheets, sheets.count("<hyperlink ")) == (False, 1)


def test_equal_problems_are_equal_bytes() -> None:
    """The same problems give the same file."""
    assert rendered() == rendered()


def test_a_file_without_lines_is_still_a_sheet() -> None:
    """With nothing but duplicates there is nothing to fill in, and the sheet says so."""
    book = _book(rendered(told=ISSUES[-1:], given=[]))

    assert _lines(book, "number") == []
    assert "共 0 处问题，退回 0 行" in str(book["待更正"]["A2"].value)


def test_a_sheet_is_written_for_its_owner_only(tmp_path: Path) -> None:
    """The file appears whole, readable by its owner alone, and holds what was rendered."""
    target = tmp_path / "更正单" / "一.xlsx"
    delivered = Delivered(BATCH, SOURCE, Period(2024, 3), "某县2024年3月低保花名册.xlsx", {})
    write_quarantine(target, delivered, issues=issues(*ISSUES), rows=rows(*ROWS), columns=COLUMNS)

    assert target.stat().st_mode & 0o077 == 0
    assert next(_book(target.read_bytes())["原始行"].values)[2:] == ("姓名", "证件号码", "保障类别", "月保障金额")


MASKED = [
    ("id_no", "id_no", MAN, f"****{MAN[-4:]}"),
    ("id_no", "certificate_no", f"{MAN}44", f"****{MAN[-2:]}44"),
    ("id_no", "head_id_no", "１２３４５６７８", "****5678"),
    ("id_no", "id_no", "阿依古丽·买买提", "****"),
    ("id_no", "id_no", "12345", "****"),
    ("id_no", "id_no", "无", "无"),
    ("name", "head_name", "甲", "甲*"),
    ("name", "person_name", " 乙二三 ", "乙*"),
    ("date", "birth_on", "19900105", "1990****"),
    ("date", "birth_on", "199001", "1990**"),
    ("date", "birth_on", "1990/1/5", "1990/*/*"),
    ("date", "birth_on", "90.1.5", "**.*.*"),
    ("date", "birth_on", "一九九〇年一月", "****年*月"),
    ("date", "birth_on", "32874", "*****"),
    ("date", "settled_on", "2024-03-05", "2024-03-05"),
    ("text", "household_no", "530130001", "530130001"),
    ("place", "village", f"下河村{MAN}", f"下河村****{MAN[-4:]}"),
    ("place", "village", f"{MAN[:6]} {MAN[6:14]} {MAN[14:]}", f"****{MAN[-4:]}"),
    ("text", "school", f"{MAN[:6]}{MAN[8:17]}", f"****{MAN[14:17]}"),
    ("place", "address", "2组13912345678,13887654321", "2组****5678,****4321"),
    ("place", "address", "2组１３９１２３４５６７８", "2组****5678"),
    ("text", "settlement_no", "139123456789", "139123456789"),
    ("text", "diagnosis", "a\x07b", "a b"),
    ("text", "diagnosis", "病" * 201, "病" * 200 + "…"),
]


@pytest.mark.parametrize(("kind", "name", "given", "expected"), MASKED)
def test_cells_are_shown_masked(kind: str, name: str, given: str, expected: str) -> None:
    """What tells who somebody is is hidden wherever it stands; everything else is shown as delivered."""
    column = Column.model_validate({"name": name, "title": "列", "kind": kind})

    assert pl.DataFrame({name: [given]}).select(shown(column)).item() == expected
