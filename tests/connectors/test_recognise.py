"""What a file is taken for: its source, its month, and every way in which it is refused."""

from __future__ import annotations

import pytest
from delivered import Delivered, delivered
from toys import MAN, SOURCES, WOMAN, grid, toy

from fangpin.config.loader import Declarations
from fangpin.connectors.grid import Grid
from fangpin.errors import IntakeRefused
from fangpin.types import Period

MARCH = Period(2024, 3)


def _taken(
    declared: Declarations,
    *grids: Grid,
    file_name: str = "来件.xlsx",
    source_id: str | None = None,
    period: Period | None = None,
) -> Delivered:
    return delivered(declared, *grids, file_name=file_name, source_id=source_id, period=period)


def _refusal(declared: Declarations, *grids: Grid, file_name: str = "来件2024-03.xlsx") -> str:
    with pytest.raises(IntakeRefused) as refused:
        _taken(declared, *grids, file_name=file_name)
    return refused.value.sentence


@pytest.mark.parametrize("source_id", SOURCES)
def test_by_heads_alone(source_id: str, declared: Declarations) -> None:
    """Each source is known by its heads, without a word in file name or title."""
    assert source_id == _taken(declared, toy(source_id), period=MARCH).source_id


ALIKE = ["姓名", "身份证号", "低保类别", "学籍状态"]  # fits 低保 roster and school list equally well


@pytest.mark.parametrize(
    ("file_name", "title", "expected"),
    [
        ("低保.xlsx", "标题", "dibao_roster"),
        ("学籍.xlsx", "标题", "school_enrolment"),
        ("来件.xlsx", "某县低保花名册", "dibao_roster"),
        ("来件.xlsx", "某县学生名册", "school_enrolment"),
    ],
)
def test_by_words(file_name: str, title: str, expected: str, declared: Declarations) -> None:
    """Where the heads fit two sources, words in file name or title decide."""
    sheet = grid([title], ALIKE, ["甲一", MAN, "低保", "在读"])

    assert expected == _taken(declared, sheet, file_name=file_name, period=MARCH).source_id


def test_two_sources_alike(declared: Declarations) -> None:
    """Where nothing decides between two sources the file is refused and both are named."""
    sentence = _refusal(declared, grid(ALIKE, ["甲一", MAN, "低保", "在读"]))

    expected = (
        "文件 来件2024-03.xlsx：既像“低保特困对象花名册”又像“在校学生学籍名册”；应为一种数据；请用 --source 指定。"
    )
    assert sentence == expected


def test_source_given(declared: Declarations) -> None:
    """--source decides between two."""
    sheet = grid(ALIKE, ["甲一", MAN, "低保", "在读"])

    assert _taken(declared, sheet, source_id="school_enrolment", period=MARCH).source_id == "school_enrolment"


def test_source_given_and_wrong(declared: Declarations) -> None:
    """--source does not make a file fit: what the source needs is still asked for."""
    with pytest.raises(IntakeRefused) as refused:
        _taken(declared, toy("school_enrolment"), source_id="dibao_roster", period=MARCH)

    assert "最像“低保特困对象花名册”，但缺少列：姓名（可写作" in refused.value.sentence


def test_missing_column(declared: Declarations) -> None:
    """A missing column is named with what it may be called and the head that comes nearest."""
    sheet = grid(["姓名", "身份证号", "保障类别名", "月保障金额", "享受起始月"], ["甲一", MAN, "低保", "1", "2024-01"])

    expected = (
        "文件 来件2024-03.xlsx：最像“低保特困对象花名册”，但缺少列："
        "保障类别（可写作保障类别、救助类别、低保类别；最接近的是“保障类别名”）；请补上该列或改正表头后重报。"
    )
    assert expected == _refusal(declared, sheet)


def test_no_name_in_a_refusal(declared: Declarations) -> None:
    """A data row taken for the header is not quoted; heads that all sources know come first."""
    sheet = grid(["姓名甲", MAN, "低保类别", "年龄五十", "三组"], ["姓名乙", MAN, "低保", "六十", "二组"])

    sentence = _refusal(declared, sheet)

    assert "姓名（可写作姓名、名字、人员姓名；最接近的是第1列）" in sentence
    assert [cell for cell in ("姓名甲", "姓名乙", MAN) if cell in sentence] == []


def test_a_distant_head_is_not_quoted(declared: Declarations) -> None:
    """Under a real header, a head not near enough is told by its place."""
    sheet = grid(["姓名", "身份证号", "类别二", "月保障金额"], ["甲一", MAN, "低保", "1"])

    assert "低保类别；最接近的是第3列）" in _refusal(declared, sheet)


def test_no_header(declared: Declarations) -> None:
    """A sheet without any known head is refused with what could be taken in."""
    sentence = _refusal(declared, grid(["甲", "乙"], ["1", "2"]))

    assert "没有找到表头；应为以下数据之一：" in sentence
    assert "低保特困对象花名册" in sentence


@pytest.mark.parametrize("grids", [[], [toy("dibao_roster", visible=False)], [grid(["姓名"])]])
def test_nothing_to_see(grids: list[Grid], declared: Declarations) -> None:
    """Hidden sheets and sheets of one row are no data."""
    expected = "文件 来件2024-03.xlsx：没有可见的数据工作表；请检查后重新导出。"
    assert expected == _refusal(declared, *grids)


def test_a_sheet_a_township(declared: Declarations) -> None:
    """Sheets of one source and month are read one after another, whatever the order of their columns."""
    heads, row = SOURCES["dibao_roster"]
    other = grid([*reversed(heads)], [*reversed(["2", "乙二", WOMAN, "农村低保", "310"])], name="乙乡")

    taken = _taken(declared, grid(heads, row, name="甲乡"), other, period=MARCH)

    rows = taken.conformed.identity.select("row_number", "sheet", "sheet_row", "person_name").rows()
    assert rows == [(1, "甲乡", 2, "甲一"), (2, "乙乡", 2, "乙二")]


def test_sheets_of_two_sources(declared: Declarations) -> None:
    """Sheets of different data in one file are refused, both named."""
    sheets = [toy("dibao_roster", title="某县低保花名册", name="甲"), toy("school_enrolment", name="乙")]

    expected = (
        "文件 来件2024-03.xlsx：工作表“乙”像“在校学生学籍名册”，其余像“低保特困对象花名册”；应为一个文件一种数据；"
        "请拆分成几个文件，或把不报送的表删除、隐藏。"
    )
    assert expected == _refusal(declared, *sheets)


@pytest.mark.parametrize(
    ("names", "titles"), [(("2024年2月", "2024年3月"), ("", "")), (("上", "本"), ("2024年2月低保", "2024年3月低保"))]
)
def test_an_old_sheet_beside_the_months(
    names: tuple[str, str], titles: tuple[str, str], declared: Declarations
) -> None:
    """Where the file's name says the month, a sheet of another month is left out and told."""
    old, new = (toy("dibao_roster", name=n, title=t) for n, t in zip(names, titles, strict=True))

    taken = _taken(declared, old, new, file_name="低保2024-03.xlsx")

    assert (taken.sheets, taken.period, taken.skipped) == ([names[1]], MARCH, {f"其他月份的工作表“{names[0]}”": 1})


def test_sheets_of_two_months(declared: Declarations) -> None:
    """Where nothing says which of two months is meant, the file is refused with both."""
    sheets = [toy("dibao_roster", name=name) for name in ("2024年2月", "2024年3月")]

    sentence = _refusal(declared, *sheets, file_name="低保.xlsx")

    assert "工作表的月份不一致（“2024年2月”为 2024-02、“2024年3月”为 2024-03）" in sentence


def test_other_sheets_do_not_matter(declared: Declarations) -> None:
    """A hidden sheet of old data and a leftover without a header stand in nobody's way; both are told."""
    old = toy("dibao_roster", title="2024年2月", name="上月", visible=False)
    rest = grid(["1", "2"], ["3", "4"], [""], ["汇总", "9"], name="Sheet2")

    taken = _taken(declared, old, rest, toy("dibao_roster", title="2024年3月低保", name="本月"))

    assert (taken.sheets, taken.period) == (["本月"], MARCH)
    assert taken.skipped == {"未认出的工作表“Sheet2”": 3, "隐藏工作表“上月”": 3}


def test_a_second_sheet_of_people(declared: Declarations) -> None:
    """A visible sheet of people without a known header is refused by name: its rows would be lost."""
    rest = grid(["丙三", MAN], ["丁四", WOMAN], name="续表")

    expected = (
        "文件 来件2024-03.xlsx：工作表“续表”另有 2 行人员数据，但没有认识的表头；应为每张人员表都有表头；"
        "请改正它的表头、拆分成另一个文件，或把不报送的表删除、隐藏。"
    )
    assert expected == _refusal(declared, toy("dibao_roster"), rest)


def test_a_sheet_of_remarks(declared: Declarations) -> None:
    """A visible sheet of sentences is no data."""
    notes = grid(["填表说明", ""], ["一、每人一行", ""], ["二、金额按元", ""], ["三、按月报送", ""], name="说明")

    assert _taken(declared, notes, toy("dibao_roster"), period=MARCH).sheets == ["Sheet1"]


def test_hidden_sheets_are_told(declared: Declarations) -> None:
    """A hidden sheet is left out and told with its filled rows; an empty one is not worth a word."""
    old = grid(["姓名", "金额"], ["丙三", "3"], ["", " "], name="旧", visible=False)
    empty = grid([""], [" "], name="空", visible=False)

    taken = _taken(declared, old, empty, toy("dibao_roster"), period=MARCH)

    assert taken.skipped == {"隐藏工作表“旧”": 2}


@pytest.mark.parametrize(
    ("file_name", "title", "sheet", "month", "place"),
    [
        ("低保2024年3月.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保2024-03.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保_2024.3.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保202403.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保２０２４年３月.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保202412.xlsx", "标题", "Sheet1", Period(2024, 12), "文件名"),
        ("低保2024年1月-2024年3月.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保2024年1-3月.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保2024.1-3月.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保202401-202403.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保2023年11月至2024年3月.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保202403-1.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保_2024年3月_2024-06-03导出.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保_202403_20240603.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保_2024年3月_导出2024年6月.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保_2024年3月 打印时间：2024.06.xlsx", "标题", "Sheet1", MARCH, "文件名"),
        ("低保.xlsx", "某县2024年3月低保 填报日期：2024年4月5日", "Sheet1", MARCH, "标题"),
        ("低保.xlsx", "某县2024年3月低保（制表时间：2024年4月）", "Sheet1", MARCH, "标题"),
        ("低保.xlsx", "填报单位：民政局 2024年3月", "Sheet1", MARCH, "标题"),
        ("低保.xlsx", "某县2024年1-3月低保", "Sheet1", MARCH, "标题"),
        ("低保.xlsx", "某县2024年1月—3月低保", "Sheet1", MARCH, "标题"),
        ("低保.xlsx", "2024年3月低保，2024年3月发放", "Sheet1", MARCH, "标题"),
        ("低保.xlsx", "某县2024年3月低保", "Sheet1", MARCH, "标题"),
        ("低保.xlsx", "某县2024 年 03 月低保", "Sheet1", MARCH, "标题"),
        ("低保.xlsx", "标题", "2024年3月", MARCH, "工作表名"),
        ("低保2024-03.xlsx", "2024年3月", "2024年3月", MARCH, "文件名、标题、工作表名"),
    ],
)
def test_month_from_texts(
    file_name: str, title: str, sheet: str, month: Period, place: str, declared: Declarations
) -> None:
    """The month is read from file name, title and name of the sheet, and it is told where."""
    taken = _taken(declared, toy("dibao_roster", title=title, name=sheet), file_name=file_name)

    assert (month, place) == (taken.period, taken.period_from)


@pytest.mark.parametrize(
    ("heads", "cells", "month"),
    [
        (["统计月份"], ["2024-03"], MARCH),
        (["统计月份"], ["202403"], MARCH),
        (["数据日期"], ["2024-03-31 00:00:00"], MARCH),
        (["数据日期"], ["20240331"], MARCH),
        (["数据日期"], ["2024年3月31日"], MARCH),
        (["数据日期"], ["2024-03-01至2024-03-31"], MARCH),
        (["所属年份", "所属月份"], ["2024", "3"], MARCH),
        (["所属年份", "所属月份"], ["2024年", "03月"], MARCH),
    ],
)
def test_month_from_columns(heads: list[str], cells: list[str], month: Period, declared: Declarations) -> None:
    """The month is read from a column of its own, or from year and month apart."""
    known, row = SOURCES["dibao_roster"]

    taken = _taken(declared, grid([*known, *heads], [*row, *cells]))

    assert (month, "月份列") == (taken.period, taken.period_from)


@pytest.mark.parametrize(
    "file_name",
    [
        "低保.xlsx",
        "低保3月.xlsx",
        "低保2024.xlsx",
        "低保20240301.xlsx",
        "低保2024-03-01.xlsx",
        "低保2024年3月1日.xlsx",
        "低保2024年1季度.xlsx",
        "低保2024年1-3.xlsx",
        "低保1202403.xlsx",
        "低保2024-13.xlsx",
        "低保导出202403.xlsx",
    ],
)
def test_no_month(file_name: str, declared: Declarations) -> None:
    """A file that speaks of no month is refused; a whole date without marks or longer digits are no month."""
    expected = f"文件 {file_name}：文件名、标题和列中都没有月份；应为例如 2024年3月；请用 --period 2024-03 指定。"
    assert expected == _refusal(declared, toy("dibao_roster"), file_name=file_name)


def test_months_disagree(declared: Declarations) -> None:
    """A file name and a title of two months are refused, both are told."""
    sentence = _refusal(declared, toy("dibao_roster", title="2024年2月低保"))

    expected = "月份不一致（文件名为 2024-03，标题为 2024-02）；请改正，或用 --period 指定后重报。"
    assert sentence == f"文件 来件2024-03.xlsx：{expected}"


@pytest.mark.parametrize(
    ("file_name", "title", "given"),
    [
        ("2024年1月2024年2月.xlsx", "标题", "文件名为 2024-01，文件名为 2024-02"),
        ("2024年1、2月.xlsx", "标题", "文件名为 2024-01，文件名为 2024-02"),
        ("2024年5月_2024年6月导出.xlsx", "标题", "文件名为 2024-05，文件名为 2024-06"),
        ("来件.xlsx", "2024年1月低保（2024年2月发放）", "标题为 2024-01，标题为 2024-02"),
        ("来件.xlsx", "2024年1月、2月低保", "标题为 2024-01，标题为 2024-02"),
        ("来件.xlsx", "2024年11月-1月低保", "标题为 2024-11，标题为 2024-01"),
    ],
)
def test_two_months_in_one_place(file_name: str, title: str, given: str, declared: Declarations) -> None:
    """One place that speaks of two months, and is no span, is refused with both."""
    sentence = _refusal(declared, toy("dibao_roster", title=title), file_name=file_name)

    assert f"月份不一致（{given}）；请改正，或用 --period 指定后重报。" in sentence


def test_rows_of_two_months(declared: Declarations) -> None:
    """Rows of two months are refused even where the file name speaks of one."""
    heads, row = SOURCES["dibao_roster"]
    sheet = grid([*heads, "统计月份"], [*row, "2024-03"], [*row, "2024-02"])

    assert "月份不一致（文件名为 2024-03，月份列为 2024-02，月份列为 2024-03）" in _refusal(declared, sheet)


def test_period_given(declared: Declarations) -> None:
    """--period settles any disagreement."""
    sheet = toy("dibao_roster", title="2024年2月低保")

    taken = _taken(declared, sheet, file_name="2024-03.xlsx", period=Period(2024, 1))

    assert (Period(2024, 1), "指定") == (taken.period, taken.period_from)
