"""Shapes of an amount and of a date (dictionary 3.11): what is read, what is unknown and told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from corpus_pens import Case, Formula, Rows, Told, book, case, person, text
from corpus_roster import HEADS, dibao


def _bills(*cells: object) -> Rows:
    heads = ["姓名", "身份证号", "结算单号", "总费用", "个人自付"]
    return [heads, *([*person(i), f"S{i:03d}", cell, "100"] for i, cell in enumerate(cells))]


def _yuan(*amounts: str | None) -> dict[int | str, dict[str, object]]:
    return {row: {"total_yuan": None if a is None else Decimal(a)} for row, a in enumerate(amounts, start=2)}


def _money(shape: str, cells: list[object], amounts: list[str | None], *, unreadable: int = 0) -> Case:
    issues = {"cell_unreadable": unreadable} if unreadable else {}
    told = Told(source="medical_settlement", accepted=len(cells), issues=issues, values=_yuan(*amounts))
    return case(shape, "医保结算明细2024年3月.xlsx", lambda: book({"Sheet1": _bills(*cells)}), told)


MONEY = [
    _money(
        "千分号、￥、空格、全角",
        ["1,234.50", "￥1,234.5", "¥ 1234.50", " 1234.5 ", "１，２３４．５０", "1 234.50"],
        ["1234.50"] * 6,
    ),
    _money(
        "元、万、万元",
        ["500元", "500.00 元", "1.2万", "0.12万元", "1.2 万元"],
        ["500.00", "500.00", "12000.00", "1200.00", "12000.00"],
    ),
    _money(
        "负数和冲红：减号、全角减号、括号",
        ["-500", "－500", "(500)", "（500.00）", "-1,200.5", "−500"],
        ["-500.00"] * 4 + ["-1200.50", "-500.00"],
    ),
    _money(
        "空、0、—、无、null 各是各",
        ["", "0", "0.00", "—", "无", "null", "/"],
        [None, "0.00", "0.00", None, None, None, None],
    ),
    _money(
        "数字格：整数、小数、二进制尾巴、公式",
        [1234, 0.1 + 0.2, 99.995, Formula("=1+1", 2)],
        ["1234.00", "0.30", "100.00", "2.00"],
    ),
    _money("读不出的金额：说出来，不当零", ["约500", "五百", "500-600", "见附件", "1,23,4"], [None] * 5, unreadable=5),
    case(
        "必填金额：0 收，空白和读不出的退回",
        "医保结算明细2024年3月.csv",
        text(
            [
                ["姓名", "身份证号", "个人自付"],
                *([*person(n), "100"] for n in range(8)),
                [*person(8), "0"],
                [*person(9), ""],
                [*person(10), "约百元"],
            ]
        ).encode(),
        Told(
            source="medical_settlement",
            accepted=9,
            rejected=2,
            issues=None,
            flagged=(10, 11),
            values={10: {"self_paid_yuan": Decimal("0.00")}},
        ),
    ),
]

_DAY = dt.date(2024, 3, 1)
_MORNING = dt.datetime(2024, 3, 1, 8, 30)  # noqa: DTZ001 - a cell knows no zone


def _houses(*cells: object) -> Rows:
    heads = ["户主姓名", "户主身份证号", "房屋鉴定等级", "鉴定日期"]
    return [heads, *([*person(i), "C级", cell] for i, cell in enumerate(cells))]


def _dates(shape: str, cells: list[object], days: list[dt.date | None], *, unreadable: int = 0) -> Case:
    issues = {"cell_unreadable": unreadable} if unreadable else {}
    values: dict[int | str, dict[str, object]] = {row: {"appraised_on": day} for row, day in enumerate(days, start=2)}
    told = Told(source="housing_appraisal", accepted=len(cells), issues=issues, values=values)
    return case(shape, "住建房屋2024年3月.xlsx", lambda: book({"Sheet1": _houses(*cells)}), told)


DATES = [
    _dates(
        "日期的写法",
        [
            "2024-3-1",
            "2024.3.1",
            "2024/03/01",
            "20240301",
            "2024年3月1日",
            "2024-03-01 00:00:00",
            "２０２４－３－１",
            "2024 年 3 月 1 日",
        ],
        [_DAY] * 8,
    ),
    _dates("只有年月", ["2024年3月", "202403", "2024-03", "2024.3", "2024/3"], [_DAY] * 5),
    _dates(
        "日期格、序列数、Java 文字",
        [_DAY, _MORNING, 45352, "45352", "Fri Mar 01 00:00:00 CST 2024"],
        [_DAY] * 5,
    ),
    _dates("空和没有", ["", "无", "—"], [None] * 3),
    _dates(
        "不存在或读不出的日期：说出来",
        ["1900-01-00", "2024-02-30", "2024-13-01", "去年春天", "3月", "24.3.1"],
        [None] * 6,
        unreadable=6,
    ),
    case(
        "出生年月",
        "低保2024年3月.csv",
        text(
            [
                [*HEADS, "出生年月"],
                *(
                    [str(i), *person(i), "农村低保", "1", cell]
                    for i, cell in enumerate(["1950-02", "195102", "1952年4月", "1953.5"])
                ),
            ]
        ).encode("gbk"),
        dibao(
            4,
            issues=None,
            values={
                2: {"birth_on": dt.date(1950, 2, 1)},
                3: {"birth_on": dt.date(1951, 2, 1)},
                4: {"birth_on": dt.date(1952, 4, 1)},
                5: {"birth_on": dt.date(1953, 5, 1)},
            },
        ),
    ),
    case(
        "出生日期与身份证号里的不符：收下并提示",
        "低保2024年3月.csv",
        text(
            [
                [*HEADS, "出生日期"],
                ["1", *person(0), "农村低保", "1", "1950-01-10"],
                ["2", *person(1), "农村低保", "1", "1990-01-01"],
            ]
        ).encode("gbk"),
        dibao(2, issues=None, flagged=(2,), values={3: {"birth_on": dt.date(1990, 1, 1)}}),
    ),
]


FIGURES: list[Case] = [*MONEY, *DATES]
