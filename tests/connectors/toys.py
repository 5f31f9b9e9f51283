"""Toy tables of the connectors' tests: invented people, one small table per source, written in place."""

from __future__ import annotations

import polars as pl
from identity import whole

from fangpin.connectors.grid import Grid

# No province has the number 99: these belong to nobody.
MAN = whole("990101", "19900101", "123")
WOMAN = whole("990101", "19850505", "232")
CHILD = whole("990101", "20120303", "454")

# Heads and one row of each source, as a department would write them.
SOURCES: dict[str, tuple[list[str], list[str]]] = {
    "household_register": (
        ["乡(镇)", "行政村", "户编号", "人编号", "姓名", "证件号码", "与户主关系", "健康状况"],
        ["桐花镇", "下河村", "H001", "P001", "甲一", MAN, "户主", "健康"],
    ),
    "visit_ledger": (["户编号", "户主姓名", "当月家庭收入", "当月家庭支出"], ["H001", "甲一", "3,200", "1800"]),
    "dibao_roster": (["序号", "姓名", "身份证号", "低保类别", "月保障金额"], ["1", "甲一", MAN, "农村低保", "430"]),
    "medical_settlement": (
        ["姓名", "身份证号", "医疗类别", "结算日期", "个人自付金额"],
        ["甲一", MAN, "住院", "2024-03-05", "1,200.50"],
    ),
    "housing_appraisal": (["户主姓名", "户主身份证号", "房屋鉴定等级", "鉴定日期"], ["甲一", MAN, "C级", "2024.3.1"]),
    "school_enrolment": (
        ["学生姓名", "身份证号", "就读学校", "年级", "学籍状态"],
        ["甲一", MAN, "中心小学", "小学三", "在读"],
    ),
    "disability_certificate": (
        ["姓名", "身份证号", "残疾证号", "残疾类别", "残疾等级", "发证日期"],
        ["甲一", MAN, MAN + "44", "肢体", "四级", "20240301"],
    ),
}


def grid(*rows: list[str | None], name: str = "Sheet1", visible: bool = True) -> Grid:
    """Return a sheet of these rows; rows may differ in width, "" is an empty cell."""
    width = max(len(row) for row in rows)
    cells = {f"c{i}": [(row[i] or None) if i < len(row) else None for row in rows] for i in range(width)}
    numbers = pl.Series("sheet_row", range(1, len(rows) + 1), dtype=pl.UInt32)
    return Grid(name, visible, pl.DataFrame([numbers, *(pl.Series(c, v, dtype=pl.String) for c, v in cells.items())]))


def toy(source_id: str, *, title: str = "", name: str = "Sheet1", visible: bool = True) -> Grid:
    """Return a source's toy table, under a title when one is given."""
    heads, row = SOURCES[source_id]
    return grid(*([[title]] if title else []), heads, row, name=name, visible=visible)
