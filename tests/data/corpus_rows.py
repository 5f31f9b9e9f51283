"""Shapes of a row that is no data, and of cells merged downwards."""

from __future__ import annotations

from decimal import Decimal

from corpus_headers import TWO_STOREYS, of_another
from corpus_pens import Case, Formula, Rows, Sheet, Told, book, case, person, text
from corpus_roster import HEADS, TITLE, dibao, first, roster


def _with(rows: Rows, name: str = "低保2024年3月.xlsx", **more: object) -> tuple[str, bytes, Told]:
    return name, book({"Sheet1": rows}), dibao(**more)


VILLAGES = [*HEADS, "行政村"]


def _by_village() -> Rows:
    rows = [[*row, "下河村"] for row in roster(2)] + [["小计", "", "", "2人", "740", "下河村"]]
    rows += [[*row, "上河村"] for row in roster(2, start=2)] + [["", "上河村小计", "", "2人", "740", ""]]
    return [*rows, ["合  计", "", "", "4人", "1480", ""]]


def _pages() -> Rows:
    return [[TITLE], HEADS, *roster(2), [TITLE], HEADS, *roster(2, start=2), [TITLE], HEADS, *roster(1, start=4)]


NOISE = [
    case(
        "每村小计、全县合计",
        *_with(
            [VILLAGES, *_by_village()], accepted=4, skipped={"合计": 3}, values={2: first(), 5: {"village": "上河村"}}
        ),
    ),
    case(
        "合计是公式，留有缓存值",
        *_with([HEADS, *roster(), ["合计", "", "", "", Formula("=SUM(E2:E4)", 1015.5)]], skipped={"合计": 1}),
    ),
    case(
        "总计、共计、本页小计、全县合计：",
        *_with(
            [
                HEADS,
                *roster(),
                ["本页小计", "", "", "", "1"],
                ["", "全县合计：", "", "", "1"],
                ["总计（人）", "3"],
                ["", "", "", "", "共计1015.50元"],
            ],
            skipped={"合计": 4},
        ),
    ),
    case(
        "合计行的身份证列写人数", *_with([HEADS, *roster(), ["合计", "", "共3人", "", "1015.5"]], skipped={"合计": 1})
    ),
    case(
        "签字行：制表人、审核人、领款人签字",
        *_with(
            [HEADS, *roster(), ["制表人：柳某", "", "", "审核人：石某"], ["领款人签字：", "", "日期："]],
            skipped={"签字": 2},
        ),
    ),
    case(
        "签字行的电话落在身份证列",
        *_with(
            [HEADS, *roster(), ["制表人：柳某", "", "联系电话：08550000000", "", "填报日期：2024年4月1日"]],
            skipped={"签字": 1},
        ),
    ),
    case(
        "表末备注说明",
        *_with(
            [HEADS, *roster(), ["备注：以上数据截至2024年3月31日"], ["说明：1.金额为补差金额"]], skipped={"签字": 2}
        ),
    ),
    case(
        "村与村之间的空行",
        *_with(
            [HEADS, *roster(2), [], ["", " ", "\u3000"], *roster(1, start=2)],
            skipped={"空行": 2},
            values={6: first(2) | {"amount_yuan": Decimal("430.00")}},
        ),
    ),
    case("分页打印：表头重复", *_with([HEADS, *roster(2), HEADS, *roster(1, start=2)], skipped={"重复表头": 1})),
    case("分页打印：标题和表头都重复", *_with(_pages(), accepted=5, skipped=None)),
    case(
        "每页两层表头重复",
        *_with(
            [*TWO_STOREYS, *of_another(), *TWO_STOREYS, ["3", *person(7), *person(7), "城市低保", "1", "600"]],
            accepted=3,
            skipped={"重复表头": 2},
        ),
    ),
    case(
        "名叫王小计、没有证件号的人不是合计",
        *_with(
            [HEADS, *roster(2), ["3", "王小计", "", "农村低保", "310"]],
            issues={"id_missing": 1},
            values={4: {"person_name": "王小计", "category": "农村低保"}},
        ),
    ),
    case(
        "CSV 里一行逗号的空行和合计",
        "低保2024年3月.csv",
        lambda: text([HEADS, *roster(2), [""] * 5, ["合计", "", "", "", "740"]]).encode(),
        dibao(2, skipped={"空行": 1, "合计": 1}),
    ),
]

_HOUSEHOLD = ["乡镇", "行政村", "户编号", "户主姓名", "人编号", "姓名", "证件号码", "与户主关系"]


def _families() -> Rows:
    return [
        _HOUSEHOLD,
        ["桐花镇", "下河村", "0001", person(0)[0], "P1", *person(0), "户主"],
        ["", "", "", "", "P2", *person(1), "配偶"],
        ["", "", "", "", "P3", *person(2), "之子"],
        ["桐花镇", "上河村", "0002", person(3)[0], "P4", *person(3), "户主"],
        ["", "", "", "", "P5", *person(4), "之女"],
    ]


_SPANS = tuple((top, column, bottom, column) for top, bottom in ((1, 3), (4, 5)) for column in range(4))
MERGED = [
    case(
        "户主、户编号、村合并单元格只填首行：声明了合并的列向下填",
        "农户信息台账2024年3月.xlsx",
        lambda: book({"Sheet1": Sheet(_families(), merged=_SPANS)}),
        Told(
            source="household_register",
            accepted=5,
            values={
                3: {
                    "household_no": "0001",
                    "village": "下河村",
                    "head_name": person(0)[0],
                    "person_name": person(1)[0],
                },
                4: {"household_no": "0001", "township": "桐花镇"},
                6: {"household_no": "0002", "village": "上河村", "head_name": person(3)[0]},
            },
        ),
    ),
    case(
        "没有合并、只是留空：不往下填，缺户编号的行退回",
        "农户信息台账2024年3月.xlsx",
        lambda: book({"Sheet1": _families()}),
        Told("stopped"),
    ),
    case(
        "没有声明合并的列（金额合并）不往下填",
        "低保2024年3月.xlsx",
        lambda: book({"Sheet1": Sheet([HEADS, *roster(2), ["3", *person(2), "农村低保", ""]], merged=((2, 4, 3, 4),))}),
        dibao(values={3: first(1), 4: {"amount_yuan": None, "person_name": person(2)[0]}}),
    ),
]

NO_DATA: list[Case] = [*NOISE, *MERGED]
