"""The real header: under notes, of several storeys, with merged groups, doubled and renamed heads; never a data row."""

from __future__ import annotations

from dataclasses import replace

import pytest
from toys import CHILD, MAN, WOMAN, grid

from fangpin.config.loader import Declarations
from fangpin.connectors.grid import Grid, Merged
from fangpin.connectors.header import Header, best_header, find_header
from fangpin.connectors.heads import HeadBook

HEADS = ["序号", "姓名", "身份证号", "低保类别", "月保障金额"]
ONE = ["1", "甲一", MAN, "农村低保", "430"]
TAKEN = {"person_name": "c1", "id_no": "c2", "category": "c3", "amount_yuan": "c4"}


def _header(sheet: Grid, book: HeadBook) -> Header:
    header = find_header(sheet, book)
    assert header is not None
    return header


@pytest.fixture(scope="module")
def register(declared: Declarations) -> HeadBook:
    """Return the heads of the household register, which knows the head of household's name."""
    return HeadBook(declared.sources["household_register"], declared.identity)


@pytest.mark.parametrize(
    "heads",
    [
        ["序 号", "姓　名", "身份证\n号码", "低保类别*", "月保障金额(元/月)"],
        ["No.", "＊姓名", "证件号码（18位）", "低保\r\n类别", "月保障金额（元）"],
        ["序号", "姓名：", "身份证号【文本格式】", "低保类别（必填）", "月保障金额/元"],
        ["序号", "1.姓名", "2.身份证号", "3.低保类别", "4.月保障金额"],
        ["序号", "①姓名", "②身份证号", "③低保类别", "④月保障金额"],
        ["序号", "姓名1", "身份证号0", "低保类别_1", "月保障金额(1)"],
        ["序号", "姓\u200b名", "\ufeff身份证号", "低保类别★", "月保障金额［单位：元］"],
    ],
)
def test_ways_to_write_the_heads(heads: list[str | None], dibao: HeadBook) -> None:
    """Spaces, breaks, widths, stars, units, hints and numbers beside a head make no other head."""
    header = _header(grid(["低保花名册"], heads, ONE), dibao)

    assert (header.taken, header.unknown) == (TAKEN, ())


@pytest.mark.parametrize("unit", ["天", "千元", "公顷", "补发", "大写"])
def test_a_unit_that_changes_the_figure_makes_another_head(unit: str, dibao: HeadBook) -> None:
    """A head with a bracket that says something else is unknown, not nearly known."""
    header = _header(grid([*HEADS[:4], f"月保障金额（{unit}）"], ONE), dibao)

    assert ("amount_yuan" in header.taken, header.unknown) == (False, (f"月保障金额（{unit}）",))


def test_two_numbered_heads_of_one_column_are_not_chosen_between(dibao: HeadBook) -> None:
    """姓名1 and 姓名2 side by side are two persons in one row: neither is taken."""
    header = best_header(grid(["姓名1", "姓名2", "身份证号", "低保类别"], ["甲一", "乙二", MAN, "低保"]), dibao)

    assert header is not None
    assert ("person_name" in header.taken, header.unknown) == (False, ("姓名1（第1列）", "姓名2（第2列）"))


def test_a_numbered_head_gives_way_to_the_plain_one(dibao: HeadBook) -> None:
    """姓名1 beside 姓名 is reported, wherever it stands."""
    header = _header(grid(["姓名1", "姓名", "身份证号", "低保类别"], ["甲一", "乙二", MAN, "低保"]), dibao)

    assert (header.taken["person_name"], header.unknown) == ("c1", ("姓名1（第1列）",))


def test_three_storeys_without_merged_areas(dibao: HeadBook) -> None:
    """In a text file groups go on to their right; 保障人数 → 其中 → 重点保障人数 leaves 保障人数 readable."""
    first = ["序号", "基本信息", "", "低保类别", "保障人数", "", ""]
    second = ["", "姓名", "身份证号", "", "合计", "其中", ""]
    third = ["", "", "", "", "", "重点保障人数", "残疾人数"]

    header = _header(grid(["低保花名册"], first, second, third, ["1", "甲一", MAN, "低保", "3", "1", "1"]), dibao)

    expected = {"person_name": "c1", "id_no": "c2", "category": "c3", "insured_count": "c4"}
    assert (1, 3, expected) == (header.first_row, header.storeys, header.taken)
    assert header.unknown == ("保障人数其中重点保障人数", "保障人数其中残疾人数")


def test_three_storeys_with_merged_areas(dibao: HeadBook) -> None:
    """In a workbook the merged areas say what spans what."""
    first = ["序号", "户主", "", "家庭成员", "", "保障", ""]
    second = ["", "姓名", "身份证号", "姓名", "身份证号", "低保类别", "金额"]
    third = ["", "", "", "", "", "", "月保障金额"]
    sheet = grid(first, second, third, ["1", "甲一", MAN, "乙二", WOMAN, "低保", "430"])
    areas = [Merged(1, 3, 0, 0), Merged(1, 1, 1, 2), Merged(1, 1, 3, 4), Merged(1, 1, 5, 6)]
    areas += [Merged(2, 3, c, c) for c in range(1, 6)]

    header = _header(replace(sheet, merged=tuple(areas)), dibao)

    expected = {"head_name": "c1", "head_id_no": "c2", "person_name": "c3", "id_no": "c4", "category": "c5"}
    assert (3, expected | {"amount_yuan": "c6"}) == (header.storeys, header.taken)


def test_a_group_ends_with_its_merged_area(dibao: HeadBook) -> None:
    """What stands right of a merged group head is not the group's, though the cell above it is empty."""
    sheet = grid(
        ["户主", "", "", "", ""], ["姓名", "身份证号", "姓名", "身份证号", "低保类别"], ["甲", MAN, "乙", WOMAN, "低保"]
    )

    header = _header(replace(sheet, merged=(Merged(1, 1, 0, 1),)), dibao)

    expected = {"head_name": "c0", "head_id_no": "c1", "person_name": "c2", "id_no": "c3", "category": "c4"}
    assert header.taken == expected


def test_a_head_over_two_columns_is_one_column(dibao: HeadBook) -> None:
    """A head merged over two columns stands for the first of them."""
    sheet = grid(["姓名", "", "身份证号", "低保类别"], ["甲一", "", MAN, "低保"])

    header = _header(replace(sheet, merged=(Merged(1, 1, 0, 1),)), dibao)

    assert (header.taken["person_name"], header.unknown) == ("c0", ())


@pytest.mark.parametrize("group", ["户主", "户主信息", "监护人", "法定监护人基本情况"])
def test_the_only_name_is_another_persons(group: str, dibao: HeadBook) -> None:
    """Where the only 姓名 stands under another person's group, the row's own name is missing, not guessed."""
    sheet = grid([group, "", "保障", ""], ["姓名", "身份证号", "低保类别", "月保障金额"], ["甲一", MAN, "低保", "430"])

    assert find_header(sheet, dibao) is None


def test_a_signature_above_the_header_is_no_group(dibao: HeadBook) -> None:
    """负责人： on a line above the header says nothing of the heads below it."""
    header = _header(grid(["低保花名册"], ["填报单位：民政局", "", "负责人：", "", ""], HEADS, ONE), dibao)

    assert (header.first_row, header.taken) == (2, TAKEN)


MEMBERS = [
    ["H1", "甲一", MAN, "甲一", MAN, "户主"],
    ["H1", "甲一", MAN, "丙三", CHILD, "之子"],
    ["H2", "丁四", WOMAN, "丁四", WOMAN, "户主"],
]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [0, 3, 4, 1, 2, 5]])
@pytest.mark.parametrize("blank", [False, True])
def test_two_bare_names(order: list[int], blank: bool, register: HeadBook) -> None:  # noqa: FBT001 - a table
    """Of two columns 姓名 the one that changes from row to row is the person's, the other one the head's."""
    heads = ["户编号", "姓名", "证件号码", "姓名", "证件号码", "与户主关系"]
    rows = [[*row[:1], *(["", ""] if blank and row[5] != "户主" else row[1:3]), *row[3:]] for row in MEMBERS]
    places = ["乡镇", "行政村", "人编号"]
    sheet = grid(
        *(
            [row[i] for i in order] + extra
            for row, extra in zip([heads, *rows], [places, *[["甲镇", "乙村", f"P{n}"] for n in "123"]], strict=True)
        )
    )

    header = _header(sheet, register)

    own, heads_own = f"c{order.index(3)}", f"c{order.index(1)}"
    assert (own, heads_own) == (header.taken["person_name"], header.taken["head_name"])
    assert header.taken["id_no"] == f"c{order.index(4)}"
    # The register has no column for the head's number; what was told by its cells alone is told to the sender.
    assert header.unknown == (
        f"证件号码（第{order.index(2) + 1}列）",
        f"姓名（第{order.index(1) + 1}列，据内容作户主姓名）",
    )


@pytest.mark.parametrize("group", ["金额（万元）", "发放金额(单位：万元)"])
def test_a_group_that_gives_its_unit(group: str, dibao: HeadBook) -> None:
    """万元 over some columns holds for those: the group's row is part of the header, not of the title."""
    heads = ["姓名", "身份证号", "低保类别", "月保障金额", "补差"]
    sheet = grid(["低保花名册"], ["", "", "", group, ""], heads, ONE[1:])

    header = _header(sheet, dibao)

    assert (header.first_row, header.storeys, header.ten_thousands) == (1, 2, frozenset({"amount_yuan"}))


@pytest.mark.parametrize("title", ["2024年3月低保花名册（单位：万元）", "单位：万元", "低保表(万元)"])
def test_a_title_that_gives_the_unit_is_a_title(title: str, dibao: HeadBook) -> None:
    """A title or note with 万元 stays above the header."""
    assert _header(grid([title], HEADS, ONE), dibao).first_row == 1


def test_a_heads_own_unit_wins(dibao: HeadBook) -> None:
    """A head in 元 under a group in 万元 is in 元."""
    sheet = grid(["", "", "", "金额（万元）"], ["姓名", "身份证号", "低保类别", "月保障金额（元）"], ONE[1:])

    assert _header(sheet, dibao).ten_thousands == frozenset()


def test_two_alike_columns_without_evidence(dibao: HeadBook) -> None:
    """Where nothing tells two columns of one head apart the first is taken, and the second reported."""
    header = _header(grid([*HEADS, "姓名"], [*ONE, "甲一"]), dibao)

    assert (header.taken["person_name"], header.unknown) == ("c1", ("姓名（第6列）",))


def test_of_two_amounts_the_filled_one(dibao: HeadBook) -> None:
    """An empty column gives way to a filled one of the same head."""
    header = _header(grid([*HEADS[:4], "月保障金额", "月保障金额"], [*ONE[:4], "", "430"]), dibao)

    assert (header.taken["amount_yuan"], header.unknown) == ("c5", ("月保障金额（第5列）",))


@pytest.mark.parametrize(
    "rows",
    [
        [["户主", "女", MAN, "是", "低保"], HEADS, ONE],
        [HEADS, ["1", "户主", MAN, "农村低保", "430"], ["2", "", "", "户主", ""]],
        [["2024-03-01", "姓名", "20240301", "备注", "3"], HEADS, ONE],
        [[""], [""], ["姓名"], HEADS, ONE],
    ],
)
def test_a_data_row_is_no_header(rows: list[list[str | None]], dibao: HeadBook) -> None:
    """A row whose cells happen to be heads is not taken for the header, nor for a storey of it."""
    header = _header(grid(*rows), dibao)

    assert (rows.index(HEADS), 1, TAKEN) == (header.first_row, header.storeys, header.taken)


@pytest.mark.parametrize("above", [0, 4, 19])
def test_far_down(above: int, dibao: HeadBook) -> None:
    """The header is found under up to nineteen rows."""
    header = _header(grid(*[["说明"]] * above, HEADS, ONE), dibao)

    assert (above, TAKEN) == (header.first_row, header.taken)


def test_too_far_down(dibao: HeadBook) -> None:
    """Further down nothing is looked for."""
    assert best_header(grid(*[["说明一"]] * 22, HEADS, ONE), dibao) is None
