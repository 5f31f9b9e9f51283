"""Shapes of the header: what stands above it, its storeys and merged group heads."""

from __future__ import annotations

from decimal import Decimal

from corpus_pens import Case, Rows, Sheet, Told, book, case, id_of, person, text
from corpus_roster import HEADS, TITLE, dibao, first, roster

UNIT = ["填报单位：某县民政局", "", "", "", "单位：元"]
NOTE = ["注：本表按月报送，每月5日前报民政股；金额保留两位小数。"]


def _titled(*above: list[str]) -> bytes:
    rows = [*above, HEADS, *roster()]
    merged = tuple((i, 0, i, 4) for i, row in enumerate(above) if len(row) == 1 and row[0])
    return book({"Sheet1": Sheet(rows, merged=merged)})


TITLES = [
    case("无标题行", "低保2024年3月.xlsx", _titled, dibao(values={2: first(), 4: first(2)})),
    case("一行合并标题", "低保.xlsx", lambda: _titled([TITLE]), dibao(values={3: first()})),
    case("标题+填报单位、单位行", "低保.xlsx", lambda: _titled([TITLE], UNIT), dibao(values={4: first()})),
    case("标题+单位+空行", "低保.xlsx", lambda: _titled([TITLE], UNIT, [""]), dibao(values={5: first()})),
    case(
        "附件号+标题+单位+填表说明",
        "低保.xlsx",
        lambda: _titled(["附件3"], [TITLE], UNIT, NOTE),
        dibao(values={6: first()}),
    ),
    case(
        "标题前有空行、左侧有空列",
        "低保.xlsx",
        lambda: book({"Sheet1": [[], ["", "", TITLE], [], *(["", "", *row] for row in [HEADS, *roster()])]}),
        dibao(values={5: first()}),
    ),
    case(
        "水印文字：浮动文本框和标题区一行",
        "低保.xlsx",
        lambda: book(
            {"Sheet1": Sheet([["内部资料 严禁外传"], [TITLE], HEADS, *roster()], floating_text="内部资料 严禁外传")}
        ),
        dibao(values={4: first()}),
    ),
    case(
        "CSV 的标题、单位行",
        "低保.csv",
        lambda: text([[TITLE, "", "", "", ""], UNIT, HEADS, *roster()]).encode("gb18030"),
        dibao(values={4: first()}),
    ),
]

TWO_STOREYS = [
    ["序号", "户主", "", "保障对象", "", "低保类别", "保障情况", ""],
    ["", "姓名", "身份证号", "姓名", "身份证号", "", "保障人数", "月保障金额（元）"],
]
_THREE = [
    ["序号", "基本信息", "", "", "保障情况", "", "", ""],
    ["", "姓名", "身份证号", "低保类别", "保障人数（人）", "其中", "", "月保障金额（元）"],
    ["", "", "", "", "", "重点保障人数", "残疾人数", ""],
]
_REGISTER_TWO = [
    ["乡（镇）", "行政村", "户编号", "户主", "", "家庭成员", "", "", ""],
    ["", "", "", "姓名", "联系电话", "人编号", "姓名", "证件号码", "与户主关系"],
]


def of_another() -> Rows:
    """Return two rows under TWO_STOREYS: a head of a household, and a member of it."""
    head, member = person(5), person(6)
    return [["1", *head, *head, "农村低保", "2", "620"], ["2", *head, *member, "农村低保", "", ""]]


def _member(number: int, no: str, relation: str) -> Rows:
    head, (name, id_no) = person(0)[0], person(number)
    return [["桐花镇", "下河村", "H001", head, "", no, name, id_no, relation]]


STOREYS = [
    case(
        "两层表头，户主、保障对象各有姓名",
        "低保2024年3月.xlsx",
        lambda: book(
            {
                "Sheet1": Sheet(
                    [[TITLE], *TWO_STOREYS, *of_another()],
                    merged=((0, 0, 0, 7), (1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 1, 4), (1, 5, 2, 5), (1, 6, 1, 7)),
                )
            }
        ),
        dibao(
            2,
            values={
                4: {
                    "person_name": person(5)[0],
                    "head_name": person(5)[0],
                    "insured_count": 2,
                    "amount_yuan": Decimal("620.00"),
                },
                5: {
                    "person_name": person(6)[0],
                    "id_no": id_of(6),
                    "head_name": person(5)[0],
                    "head_id_no": id_of(5),
                    "amount_yuan": None,
                },
            },
        ),
    ),
    case(
        "两层表头的 CSV：合并单元格只剩左上角的字",
        "低保2024年3月.csv",
        lambda: text([*TWO_STOREYS, *of_another()]).encode("utf-8-sig"),
        dibao(2, values={4: {"person_name": person(6)[0], "id_no": id_of(6), "head_id_no": id_of(5)}}),
    ),
    case(
        "三层表头：保障情况→其中→重点保障人数",
        "低保2024年3月.xlsx",
        lambda: book(
            {
                "Sheet1": Sheet(
                    [
                        [TITLE],
                        *_THREE,
                        ["1", *person(0), "农村低保", "3", "1", "2", "430"],
                        ["2", *person(1), "城市低保", "1", "1", "0", "600"],
                    ],
                    merged=(
                        (0, 0, 0, 7),
                        (1, 0, 3, 0),
                        (1, 1, 1, 3),
                        (1, 4, 1, 7),
                        (2, 1, 3, 1),
                        (2, 2, 3, 2),
                        (2, 3, 3, 3),
                        (2, 4, 3, 4),
                        (2, 5, 2, 6),
                        (2, 7, 3, 7),
                    ),
                )
            }
        ),
        dibao(
            2,
            unknown=("重点保障人数", "残疾人数"),
            values={
                5: first() | {"insured_count": 3},
                6: {"category": "城市低保", "insured_count": 1, "amount_yuan": Decimal("600.00")},
            },
        ),
    ),
    case(
        "两层表头：户主→姓名，家庭成员→姓名",
        "农户信息台账2024年3月.xlsx",
        lambda: book(
            {
                "Sheet1": Sheet(
                    [*_REGISTER_TWO, *_member(0, "P001", "户主"), *_member(1, "P002", "配偶")],
                    merged=((0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 1, 2), (0, 3, 0, 4), (0, 5, 0, 8)),
                )
            }
        ),
        Told(
            source="household_register",
            accepted=2,
            values={
                3: {"person_name": person(0)[0], "relation": "户主", "person_no": "P001", "household_no": "H001"},
                4: {"person_name": person(1)[0], "head_name": person(0)[0], "relation": "配偶", "id_no": id_of(1)},
            },
        ),
    ),
    case(
        "重复列名：户主姓名、成员姓名都写作“姓名”",
        "农户信息台账2024年3月.xlsx",
        lambda: book(
            {
                "Sheet1": [
                    ["乡镇", "行政村", "户编号", "姓名", "人编号", "姓名", "证件号码", "与户主关系"],
                    ["桐花镇", "下河村", "H001", person(0)[0], "P001", *person(0), "户主"],
                    ["桐花镇", "下河村", "H001", person(0)[0], "P002", *person(1), "配偶"],
                ]
            }
        ),
        Told(
            "careful",
            source="household_register",
            accepted=2,
            unknown=("姓名",),
            values={3: {"person_name": person(1)[0], "id_no": id_of(1), "relation": "配偶"}},
            says=("姓名",),
        ),
    ),
]

HEADERS: list[Case] = [*TITLES, *STOREYS]
