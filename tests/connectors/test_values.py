"""Cells as money, dates, whole numbers, codes, names: boundaries, and what nobody can read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import identity as plain
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangpin.connectors import values


def _cells(*texts: str | None) -> pl.Series:
    return pl.Series("cell", texts, dtype=pl.String)


def _one(expression: pl.Expr, text: str | None) -> object:
    return _cells(text).to_frame().select(expression.alias("value"))["value"].item()


CELL = pl.col("cell")
UNREADABLE_OR_BLANK = [
    None,
    "",
    " ",
    "-",
    "—",
    "——",
    "/",
    "无",
    "空",
    "不详",
    "null",
    "NaN",
    "#N/A",
    "#REF!",
    "#DIV/0!",
]


@pytest.mark.parametrize("text", UNREADABLE_OR_BLANK)
def test_nothing_is_nothing(text: str | None) -> None:
    """A cell that only says that there is nothing is null, of whatever kind it is."""
    kinds = [values.filled(CELL), values.money(CELL, ten_thousands=False), values.date(CELL), values.integer(CELL)]
    kinds += [values.name(CELL), values.place(CELL), values.sex(CELL), values.text(CELL)]

    assert [_one(kind, text) for kind in kinds] == [None] * 8


@pytest.mark.parametrize(
    ("text", "yuan", "large"),
    [
        ("0", "0.00", "0.00"),
        ("-0", "0.00", "0.00"),
        ("1234.5", "1234.50", "12345000.00"),
        ("1,234.50", "1234.50", "12345000.00"),
        ("１，２３４．５", "1234.50", "12345000.00"),
        ("1 234.50", "1234.50", "12345000.00"),
        ("￥1,234", "1234.00", "12340000.00"),
        ("¥20", "20.00", "200000.00"),
        ("500元", "500.00", "500.00"),
        ("500 圆", "500.00", "500.00"),
        ("0.05", "0.05", "500.00"),
        ("0.05万", "500.00", "500.00"),
        ("0.05万元", "500.00", "500.00"),
        ("0.05 万 元", "500.00", "500.00"),
        ("1.2万", "12000.00", "12000.00"),
        ("1.2万元", "12000.00", "12000.00"),
        ("-30", "-30.00", "-300000.00"),
        ("−30", "-30.00", "-300000.00"),
        ("（30）", "-30.00", "-300000.00"),
        ("+30", "30.00", "300000.00"),
        (".5", "0.50", "5000.00"),
        ("5.", "5.00", "50000.00"),
        ("0.004", "0.00", "40.00"),
        ("0.005", "0.01", "50.00"),
        ("-0.005", "-0.01", "-50.00"),
        ("0.30000000000000004", "0.30", "3000.00"),
        ("9999999999999999.99", "9999999999999999.99", None),
        ("10000000000000000", None, None),
        ("123456789012345678901234567890", None, None),
        ("约五百", None, None),
        ("免费", None, None),
        ("1e5", None, None),
        ("1.2.3", None, None),
        ("--5", None, None),
        ("100/月", None, None),
    ],
)
def test_money(text: str, yuan: str | None, large: str | None) -> None:
    """An amount is read in 元 or 万元; what is no amount, or too large to keep, is null and never zero."""
    read = [_one(values.money(CELL, ten_thousands=unit), text) for unit in (False, True)]

    assert [None if a is None else str(a) for a in read] == [yuan, large]


amounts = st.decimals(min_value=-(10**11), max_value=10**11, places=4, allow_nan=False)


@given(st.lists(st.tuples(amounts, st.sampled_from(["", "元", "万"])), max_size=30), st.booleans())
def test_money_is_decimal_arithmetic(drawn: list[tuple[Decimal, str]], ten_thousands: bool) -> None:  # noqa: FBT001 - drawn by the property
    """Amounts come out as Python's decimal arithmetic has them, whatever the dress; a cell's own unit wins."""
    cells = _cells(*(f"￥{amount:,f} {unit}" for amount, unit in drawn))

    read = cells.to_frame().select(values.money(CELL, ten_thousands=ten_thousands)).to_series().to_list()

    large = {"": ten_thousands, "元": False, "万": True}
    assert read == [plain.yuan(amount * 10_000 if large[unit] else amount) for amount, unit in drawn]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03-01", "2024-03-01"),
        ("2024-3-1", "2024-03-01"),
        ("2024.3.1", "2024-03-01"),
        ("2024/03/01", "2024-03-01"),
        ("20240301", "2024-03-01"),
        ("２０２４－０３－０１", "2024-03-01"),
        ("2024年3月1日", "2024-03-01"),
        ("2024 年 3 月 1 日", "2024-03-01"),
        ("2024年3月", "2024-03-01"),
        ("2024-03", "2024-03-01"),
        ("202403", "2024-03-01"),
        ("2024-03-01 00:00:00", "2024-03-01"),
        ("2024/3/1 8:30", "2024-03-01"),
        ("2024-03-01T08:30:00", "2024-03-01"),
        ("45352", "2024-03-01"),
        ("45352.75", "2024-03-01"),
        ("Fri Mar 01 00:00:00 CST 2024", "2024-03-01"),
        ("2024-02-29", "2024-02-29"),
        ("2023-02-29", None),
        ("2024-02-30", None),
        ("2024-13-01", None),
        ("2024.13", None),
        ("20240230", None),
        ("1900-01-00", None),
        ("2024", None),
        ("3月", None),
        ("24-3-1", None),
        ("9999", None),
        ("60000", None),
        ("0", None),
        ("去年", None),
    ],
)
def test_date(text: str, day: str | None) -> None:
    """A date is read in every shape seen; a day that is none, or half a date, is null."""
    assert _one(values.date(CELL), text) == (dt.date.fromisoformat(day) if day else None)


@given(st.lists(st.dates(dt.date(1930, 1, 1), dt.date(2060, 12, 31)), max_size=20))
def test_serial_days(days: list[dt.date]) -> None:
    """A spreadsheet's day number is the day it stands for."""
    cells = _cells(*(str((day - dt.date(1899, 12, 30)).days) for day in days))

    assert cells.to_frame().select(values.date(CELL)).to_series().to_list() == days


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3), ("-1", -1), ("+2", 2), ("４", 4), ("5.0", 5), ("3人", 3), ("3 口", 3), ("61岁", 61), ("61周岁", 61),
        ("5.0人", 5), ("0", 0), ("999999999", 999999999), ("1000000000", None), ("3.5", None),
        ("1户3人", None), ("3人5", None),
    ],
)  # fmt: skip
def test_integer(text: str, number: int | None) -> None:
    """A count is read with its unit after it; two numbers in one cell are none."""
    assert _one(values.integer(CELL), text) == number


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("C", "C"),
        ("Ｃ级", "C"),
        ("c 级", "C"),
        ("局部危险", "C"),
        ("/", "无需"),
        ("C级危房", None),
        ("E", None),
        ("无", None),
    ],
)
def test_code(text: str, word: str | None) -> None:
    """A code is read in any width and case; a declared / is a word; an undeclared word is null."""
    words = {"C": "C", "C级": "C", "局部危险": "C", "/": "无需"}

    assert _one(values.code(CELL, words), text) == word


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("男", "男"),
        ("女", "女"),
        ("1", "男"),
        ("2", "女"),
        (" 女性", "女"),
        ("m", "男"),
        ("Ｆ", "女"),
        ("0", None),
        ("未知", None),
    ],
)
def test_sex(text: str, sex: str | None) -> None:
    """男 and 女 are read from words and digits; anything else is null."""
    assert _one(values.sex(CELL), text) == sex


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张三", "张三"),
        ("张 三", "张三"),
        (" 张　三\u00a0", "张三"),
        ("张\u200b三", "张三"),
        ("阿依•古丽", "阿依·古丽"),
        ("阿依・古丽", "阿依·古丽"),
        ("阿依．古丽", "阿依·古丽"),
        ("张三（已故）", "张三（已故）"),
        ("張三", "張三"),
        ("䶮三", "䶮三"),
        ("张?", "张?"),
        ("张*三", "张*三"),
    ],
)
def test_name(text: str, name: str) -> None:
    """A name loses its spaces and keeps its characters; only the middle dot is made one."""
    assert _one(values.name(CELL), text) == name


@pytest.mark.parametrize(
    ("text", "kept"),
    [(" 007 ", "007"), ("5.22391E+17", None), ("5.22391000000000E+15", None), ("E级", "E级"), ("3e级", "3e级")],
)
def test_text(text: str, kept: str | None) -> None:
    """A number of no arithmetic keeps its zeros; one that a spreadsheet cut is null."""
    assert _one(values.text(CELL), text) == kept


def test_place() -> None:
    """A place loses its spaces and nothing else."""
    assert _one(values.place(CELL), " 桐花镇 下河村 ") == "桐花镇下河村"
