"""Shapes of a workbook: several sheets, old months, leftovers, what is hidden, struck through or computed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from corpus_pens import Case, Formula, Rows, Sheet, Told, book, case, id_of, person
from corpus_roster import HEADS, TITLE, dibao, first, roster

TOWN_HEADS = ["乡镇", "行政村", "姓名", "身份证号", "低保类别", "月保障金额"]
OTHER_ORDER = ["姓名", "乡镇", "身份证号", "月保障金额", "低保类别", "行政村"]


def town(name: str, *numbers: int) -> Rows:
    """Return rows of one township under TOWN_HEADS."""
    return [[name, "下河村", *person(number), "农村低保", "430"] for number in numbers]


def _other(name: str, *numbers: int) -> Rows:
    return [[who, name, no, "310", "农村低保", "上河村"] for who, no in (person(n) for n in numbers)]


def _towns(*, last: Rows | None = None) -> bytes:
    return book(
        {
            "桐花镇": [[TITLE], TOWN_HEADS, *town("桐花镇", 0, 1), ["合计", "", "", "", "", "860"]],
            "白水乡": [[TITLE], OTHER_ORDER, *_other("白水乡", 2, 3, 4), ["制表人：柳某"]],
            "云岭街道": last or [[TITLE], ["填报单位：云岭街道"], TOWN_HEADS, *town("云岭街道", 5)],
        }
    )


def _months(this: str, before: str, *, titles: bool) -> dict[str, Sheet | Rows]:
    months: dict[str, Sheet | Rows] = {}
    for name, title, rows in (
        (this, "某县2024年3月低保花名册", roster()),
        (before, "某县2024年2月低保花名册", roster(2, start=1)),
    ):
        months[name] = [*([[title]] if titles else []), HEADS, *rows]
    return months


SUMMARY = [["乡镇", "户数", "人数", "金额"], ["桐花镇", 12, 30, 5400], ["白水乡", 8, 15, 3200], ["合计", 20, 45, 8600]]

SHEETS = [
    case(
        "一个乡镇一张表，列序不同，各有标题、合计、签字",
        "低保2024年3月.xlsx",
        _towns,
        dibao(
            6,
            skipped={"合计": 1, "签字": 1},
            values={
                "桐花镇!3": {"township": "桐花镇", "person_name": person(0)[0], "amount_yuan": Decimal("430.00")},
                "白水乡!5": {
                    "township": "白水乡",
                    "id_no": id_of(4),
                    "village": "上河村",
                    "amount_yuan": Decimal("310.00"),
                },
                "云岭街道!4": {"township": "云岭街道", "id_no": id_of(5)},
            },
        ),
    ),
    case(
        "一个乡镇一张表，其中一张缺必有列：整份退回，说出哪张表",
        "低保2024年3月.xlsx",
        lambda: _towns(
            last=[
                [TITLE],
                ["乡镇", "姓名", "身份证号", "保障金"],
                ["云岭街道", *person(5), "430"],
                ["云岭街道", *person(6), "430"],
            ]
        ),
        Told("stopped", says=("云岭街道",)),
    ),
    case(
        "城市、农村各一张表",
        "低保2024年3月.xlsx",
        lambda: book(
            {
                "城市低保": [HEADS, *([*row[:3], "城市低保", row[4]] for row in roster(2))],
                "农村低保": [HEADS, *roster(3, start=2)],
            }
        ),
        dibao(
            5,
            values={"城市低保!2": {"category": "城市低保"}, "农村低保!2": {"category": "农村低保", "id_no": id_of(2)}},
        ),
    ),
    case(
        "同一人的同一行在两张表：只算一次",
        "低保2024年3月.xlsx",
        lambda: book({"一": [TOWN_HEADS, *town("桐花镇", 0, 1)], "二": [TOWN_HEADS, *town("桐花镇", 1, 2)]}),
        dibao(3, duplicate=1, issues={"row_duplicate": 1}),
    ),
    case(
        "同一人的同一行在两张列序不同的表：只算一次",
        "低保2024年3月.xlsx",
        lambda: book(
            {
                "一": [TOWN_HEADS, *town("桐花镇", 0, 1)],
                "二": [["", *TOWN_HEADS[::-1]], *(["", *row[::-1]] for row in town("桐花镇", 1, 2))],
            }
        ),
        dibao(3, duplicate=1, issues={"row_duplicate": 1}),
    ),
    case(
        "同一人在两个乡镇的表（户籍迁移）：都收",
        "低保2024年3月.xlsx",
        lambda: book({"桐花镇": [TOWN_HEADS, *town("桐花镇", 0, 1)], "白水乡": [TOWN_HEADS, *town("白水乡", 1, 2)]}),
        dibao(4, issues=None),
    ),
    case(
        "上月的表在旁边，标题写明2月；文件名是3月",
        "低保2024年3月.xlsx",
        lambda: book(_months("本月", "上月", titles=True)),
        dibao(told=("上月",), values={"本月!3": first()}),
    ),
    case(
        "上月的表在前面",
        "低保2024年3月.xlsx",
        lambda: book(dict(reversed(_months("本月", "上月", titles=True).items()))),
        dibao(told=("上月",), values={"本月!3": first()}),
    ),
    case(
        "表名2024年3月、2024年2月，文件名是3月",
        "低保2024年3月.xlsx",
        lambda: book(_months("2024年3月", "2024年2月", titles=False)),
        dibao(told=("2024年2月",), values={"2024年3月!2": first()}),
    ),
    case(
        "表名只写3月、2月，年份在文件名",
        "低保2024年3月.xlsx",
        lambda: book(_months("3月", "2月", titles=False)),
        Told("careful", source="dibao_roster", accepted=3, told=("2月",), values={"3月!2": first()}, says=("月",)),
    ),
    case(
        "两个月的表，文件名没有月份：不猜",
        "低保.xlsx",
        lambda: book(_months("甲", "乙", titles=True)),
        Told("stopped", says=("月",)),
    ),
    case(
        "剩下的 Sheet2：算数的格子，没有证件号",
        "低保2024年3月.xlsx",
        lambda: book(
            {"花名册": [HEADS, *roster()], "Sheet2": [[430, 310, 740], [12, 24, 36], [1, 2, 3]], "Sheet3": []}
        ),
        dibao(told=("Sheet2",)),
    ),
    case(
        "乡镇汇总表（无证件号）在旁边",
        "低保2024年3月.xlsx",
        lambda: book({"汇总": SUMMARY, "花名册": [HEADS, *roster()]}),
        dibao(told=("汇总",), values={"花名册!2": first()}),
    ),
    case(
        "填表说明一张表，一行一句",
        "低保2024年3月.xlsx",
        lambda: book(
            {
                "填表说明": [["填表说明"], ["一、每人一行"], ["二、金额按元"], ["三、按月报送"]],
                "花名册": [HEADS, *roster()],
            }
        ),
        dibao(skipped=None),
    ),
    case(
        "续表有证件号但没有表头：不能悄悄丢掉",
        "低保2024年3月.xlsx",
        lambda: book({"花名册": [HEADS, *roster(2)], "续表": roster(3, start=2)}),
        Told("stopped", says=("续表",)),
    ),
    case(
        "一个文件两种数据",
        "民政残联2024年3月.xlsx",
        lambda: book(
            {
                "低保": [HEADS, *roster(2)],
                "残疾": [
                    ["姓名", "残疾证号", "身份证号", "残疾类别", "残疾等级"],
                    [person(3)[0], id_of(3) + "44", id_of(3), "肢体", "四级"],
                    [person(4)[0], id_of(4) + "13", id_of(4), "视力", "三级"],
                ],
            }
        ),
        Told("stopped"),
    ),
]

_OLD: Any = [HEADS, *roster(2, start=7)]

HIDDEN = [
    case(
        "隐藏的上月表：说明有几行，不收",
        "低保2024年3月.xlsx",
        lambda: book({"本月": [HEADS, *roster()], "上月": Sheet(_OLD, hidden="hidden")}),
        dibao(told=("上月",)),
    ),
    case(
        "深度隐藏的表",
        "低保2024年3月.xlsx",
        lambda: book({"本月": [HEADS, *roster()], "字典": Sheet([["农村低保", "城市低保"]], hidden="very")}),
        dibao(told=("字典",)),
    ),
    case(
        "唯一有数据的表是隐藏的",
        "低保2024年3月.xlsx",
        lambda: book({"封面": [["某县民政局"]], "数据": Sheet(_OLD, hidden="hidden")}),
        Told("stopped"),
    ),
    case(
        "隐藏的行照收，并说明",
        "低保2024年3月.xlsx",
        lambda: book({"本月": Sheet([HEADS, *roster(4)], hidden_rows=(2, 3))}),
        dibao(4, told=("隐藏",), values={3: first(1), 4: first(2)}),
    ),
    case(
        "隐藏的列照读",
        "低保2024年3月.xlsx",
        lambda: book({"本月": Sheet([HEADS, *roster()], hidden_columns=(2,))}),
        dibao(skipped=None, values={2: first()}),
    ),
    case(
        "删除线的行（表示已取消）：不悄悄当作有效",
        "低保2024年3月.xlsx",
        lambda: book({"本月": Sheet([HEADS, *roster(4)], struck_rows=(2,))}),
        Told(
            "careful",
            source="dibao_roster",
            accepted=3,
            rejected=1,
            skipped=None,
            issues=None,
            flagged=(2,),
            values={2: first()},
        ),
    ),
    case(
        "公式取缓存值：数字和文字",
        "低保2024年3月.xlsx",
        lambda: book(
            {
                "本月": [
                    [*HEADS, "单价", "人数"],
                    [1, *person(0), Formula('="农村"&"低保"', "农村低保"), Formula("=F2*G2", 430), 215, 2],
                ]
            }
        ),
        dibao(1, unknown=("单价", "人数"), values={2: first()}),
    ),
    case(
        "#REF!、#N/A 的格子：不是零；必填格是它的行退回",
        "低保2024年3月.xlsx",
        lambda: book(
            {
                "本月": [
                    HEADS,
                    *roster(8),
                    ["9", *person(8), "农村低保", Formula("=#REF!", "#REF!")],
                    ["10", *person(9), Formula("=VLOOKUP(1,2,3)", "#N/A"), "430"],
                ]
            }
        ),
        dibao(9, rejected=1, issues=None, values={10: {"amount_yuan": None, "id_no": id_of(8)}}),
    ),
    case(
        "CSV 导出的 #REF! 文字",
        "低保2024年3月.csv",
        lambda: ("序号,姓名,身份证号,低保类别,月保障金额\n1,{},{},农村低保,#REF!\n".format(*person(0))).encode("gbk"),
        dibao(1, issues=None, values={2: {"amount_yuan": None}}),
    ),
]

BOOKS: list[Case] = [*SHEETS, *HIDDEN]
