"""The table in a sheet: where the header is, what it says, which rows are data and which are not."""

from __future__ import annotations

import pytest
from delivered import table_of
from toys import MAN, WOMAN, grid

from fangpin.connectors.grid import Grid
from fangpin.connectors.header import Header, best_header, find_header
from fangpin.connectors.heads import HeadBook
from fangpin.connectors.layout import Part, Sheet

HEADS = ["序号", "姓名", "身份证号", "低保类别", "月保障金额"]
ONE = ["1", "甲一", MAN, "农村低保", "430"]
TWO = ["2", "乙二", WOMAN, "农村低保", "310"]
TAKEN = {"person_name": "c1", "id_no": "c2", "category": "c3", "amount_yuan": "c4"}


def _header(sheet: Grid, book: HeadBook) -> Header:
    header = find_header(sheet, book)
    assert header is not None
    return header


def _table(sheet: Grid, book: HeadBook) -> tuple[Sheet, Part]:
    return table_of(sheet, book)


@pytest.mark.parametrize(
    "above",
    [
        [],
        [["某县2024年3月低保花名册"]],
        [["某县低保花名册"], ["填报单位：民政局", "", "", "单位：元"]],
        [["某县低保花名册"], [""], ["填报单位：民政局"]],
        [["附件1"], ["某县低保花名册"], ["填报单位：民政局"], ["2024年3月"]],
    ],
)
def test_title_rows(above: list[list[str | None]], dibao: HeadBook) -> None:
    """The header is found under none to four rows of title, which are kept as the title."""
    sheet, part = _table(grid(*above, HEADS, ONE), dibao)

    assert (len(above), TAKEN) == (sheet.header.first_row, sheet.header.taken)
    assert sheet.title == " ".join(cell for row in above for cell in row if cell)
    assert part.rows["sheet_row"].to_list() == [len(above) + 2]


def test_header_of_two_storeys(dibao: HeadBook) -> None:
    """Under merged group heads the lower storey names the columns; a cell merged downwards names its own."""
    upper = ["序号", "基本信息", "", "低保类别", "保障情况"]
    lower = ["", "姓名", "身份证号", "", "月保障金额"]

    header = _header(grid(["某县低保花名册"], upper, lower, ONE), dibao)

    assert (header.first_row, header.storeys, header.taken, header.ignored_columns) == (1, 2, TAKEN, ("c0",))


def test_two_storeys_leave_no_row_of_the_header_as_data(dibao: HeadBook) -> None:
    """The first data row comes right under the lower storey, and the title holds no group head."""
    sheet, part = _table(grid(["标题"], ["序号", "基本信息", "", "保障情况"], ["", *HEADS[1:]], ONE), dibao)

    assert (sheet.title, part.rows["person_name"].to_list()) == ("标题", ["甲一"])


def test_group_of_another_person(dibao: HeadBook) -> None:
    """姓名 under 户主 is the head's name, whichever group comes first; the row's own person stands in the other."""
    upper = ["户主", "", "保障对象", "", "低保类别"]
    lower = ["姓名", "身份证号", "姓名", "身份证号", ""]

    header = _header(grid(upper, lower, ["甲一", MAN, "乙二", WOMAN, "农村低保"]), dibao)

    expected = {"head_name": "c0", "head_id_no": "c1", "person_name": "c2", "id_no": "c3", "category": "c4"}
    assert header.taken == expected


def test_a_group_ends_where_a_head_is_merged_downwards(dibao: HeadBook) -> None:
    """A column after a head that spans both storeys belongs to no group before it."""
    upper = ["户主", "低保类别", "", ""]
    lower = ["姓名", "", "姓名", "身份证号"]

    header = _header(grid(upper, lower, ["甲一", "农村低保", "乙二", WOMAN]), dibao)

    assert header.taken == {"head_name": "c0", "category": "c1", "person_name": "c2", "id_no": "c3"}


def test_better_head_wins(dibao: HeadBook) -> None:
    """Of two heads for one column the one declared earlier is taken, with its own unit, and the other is set aside."""
    heads = ["姓名", "身份证号", "低保类别", "发放金额（万元）", "月保障金额（元）"]

    header = _header(grid(heads, ["甲一", MAN, "低保", "1", "2"]), dibao)

    assert ("c4", frozenset(), ("c3",)) == (header.taken["amount_yuan"], header.ten_thousands, header.ignored_columns)


def test_unknown_heads_are_reported(dibao: HeadBook) -> None:
    """A head nobody declared is told; one declared as ignored is not."""
    header = _header(grid([*HEADS, "星座", "备注"], [*ONE, "", ""]), dibao)

    assert (header.unknown, header.ignored_columns) == (("星座",), ("c0", "c6"))


def test_missing_required_column(dibao: HeadBook) -> None:
    """Without a required column there is no header, only a best try."""
    sheet = grid(["姓名", "身份证号", "月保障金额"], ["甲一", MAN, "430"])
    best = best_header(sheet, dibao)

    assert find_header(sheet, dibao) is None
    assert best is not None
    assert set(best.taken) == {"person_name", "id_no", "amount_yuan"}


def test_no_header_at_all(dibao: HeadBook) -> None:
    """A sheet without any known head has none."""
    assert best_header(grid(["甲", "乙"], ["1", "2"]), dibao) is None


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (["合计", "", "", "", "740"], "合计"),
        (["", "小 计", "", "", "740"], "合计"),
        (["", "", "合\u3000计：", "", "740"], "合计"),
        (["", "", "", "总计", "740"], "合计"),
        (["", "", "", "", "共计740元"], "合计"),
        (["下河村小计", "", "", "", "740"], "合计"),
        (["合计2人", "", "", "", "740"], "合计"),
        (["制表人：甲一", "", "审核人：乙二"], "签字"),
        (["", "审核人", "", "负责人"], "签字"),
        (["填报日期：2024年4月1日"], "签字"),
        (["小计", "桐花镇20人", "", "", "9350"], "合计"),
        (["备注：以上数据截至3月底"], "签字"),
        ([""], "空行"),
        (["  ", "\u3000"], "空行"),
        (HEADS, "重复表头"),
        (["序号 ", "姓名", "身份证号", "低保类别", "月保障金额 "], "重复表头"),
    ],
)
def test_rows_that_are_no_data(row: list[str | None], name: str, dibao: HeadBook) -> None:
    """Totals, signatures, blanks and the header again are counted, and the rows keep their own numbers."""
    _, table = _table(grid(HEADS, ONE, row, TWO), dibao)

    assert {name: 1} == table.skipped
    assert table.rows.select("row_number", "sheet_row", "person_name").rows() == [(1, 2, "甲一"), (2, 4, "乙二")]


@pytest.mark.parametrize(
    "row",
    [
        ["3", "合计", WOMAN, "农村低保", "1"],  # an odd name with a number is a person
        ["3", "制表人", WOMAN, "农村低保", "1"],
        ["3", "丙三", "", "农村低保", ""],
        ["3", "", "", "", ""],
        ["说明一下", "", "", "", ""],
        ["备注：孤儿", "丙三", "", "农村低保", "430"],
        ["3", "姓名", "身份证号", "低保类别", ""],
    ],
)
def test_rows_that_are_data(row: list[str | None], dibao: HeadBook) -> None:
    """Any other row below the header is a data row, however poor."""
    _, table = _table(grid(HEADS, ONE, row), dibao)

    assert (table.skipped, table.rows.height) == ({}, 2)


def test_both_storeys_again(dibao: HeadBook) -> None:
    """A header of two storeys repeated on the next page is no data, neither storey of it."""
    upper, lower = ["序号", "基本信息", "", "低保类别", "保障"], ["", "姓名", "身份证号", "", "月保障金额"]

    _, table = _table(grid(upper, lower, ONE, upper, lower, TWO), dibao)

    assert (table.skipped, table.rows["person_name"].to_list()) == ({"重复表头": 2}, ["甲一", "乙二"])


@pytest.mark.parametrize(
    ("title", "head", "large"),
    [
        ("", "月保障金额", False),
        ("", "月保障金额（万元）", True),
        ("单位：万元", "月保障金额", True),
        ("单位：万元", "月保障金额（元）", False),
        ("单位：元", "月保障金额（万元）", True),
        ("单位：元", "月保障金额", False),
    ],
)
def test_ten_thousands(title: str, head: str, large: bool, dibao: HeadBook) -> None:  # noqa: FBT001 - a table
    """万元 is said by the head, or by a note above the table for all heads that say nothing."""
    sheet, _ = _table(grid([title or "标题"], [*HEADS[:4], head], ONE), dibao)

    assert large == ("amount_yuan" in sheet.header.ten_thousands)


def test_serial_number_is_no_content(dibao: HeadBook) -> None:
    """The text by which duplicates are known leaves the serial number out, also under two storeys."""
    upper, lower = ["序号", "基本信息", "", "低保类别", "保障"], ["", "姓名", "身份证号", "", "月保障金额"]

    _, table = _table(grid(upper, lower, ONE, ["9", *ONE[1:]], TWO), dibao)

    first, again, other = table.rows.select("hash_low", "hash_high").rows()
    assert (first == again, first == other) == (True, False)


def test_cells_are_trimmed(dibao: HeadBook) -> None:
    """Outer spaces of every kind go; a cell of spaces only is empty."""
    _, table = _table(grid(HEADS, ["1", " 甲一\u3000", "\u00a0", "农村低保", "430"]), dibao)

    assert table.rows.select("person_name", "id_no").rows() == [("甲一", None)]
