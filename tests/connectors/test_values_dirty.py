"""Cells as departments really write them (data dictionary 3.11), and twins that read them one by one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import plain_values as plain
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangpin.config.source_models import Column, ColumnKind
from fangpin.connectors import values

CELL = pl.col("cell")


def _read(expression: pl.Expr, *texts: str | None) -> list[object]:
    return pl.Series("cell", texts, dtype=pl.String).to_frame().select(expression.alias("value"))["value"].to_list()


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("￥1,234", "1234"), ("¥ 1,234.50 元", "1234.50"), ("RMB1234", "1234"), ("CNY 20", "20"),
        ("人民币500元整", "500"), ("500圆", "500"), ("1，234，567.8", "1234567.8"), ("1'234.00", "1234"),
        ("'1234", "1234"), ('="45.5"', "45.5"), ("1.2万", "12000"), ("1.2 万元", "12000"), ("0.5亿", "50000000"),
        ("3千元", "3000"), ("１２．５", "12.5"), ("-500", "-500"), ("－500", "-500"), ("−500", "-500"),
        ("–500", "-500"), ("(500)", "-500"), ("（￥500.00）", "-500"), ("￥-500", "-500"), ("-￥500", "-500"),
        ("负500", "-500"), ("负:500元", "-500"), ("冲红500", "-500"), ("冲红-500", "-500"), ("-500（冲红）", "-500"),
        ("500(冲销)", "-500"), ("0", "0"), ("0.00元", "0"), ("1.2E3", "1200"), ("1.23456789E7", "12345678.9"),
        ("1E-05", "0"), ("4.5474735088646412E-13", "0"), ("1.23456E+03", "1234.56"),
        ("1234.5000000000001", "1234.5"), ("\u200e1234", "1234"), ("1\u00a0234.50", "1234.50"),
    ],
)  # fmt: skip
def test_money_in_every_dress(text: str, yuan: str) -> None:
    """Currency, unit, marks, minus in words or brackets and a double's own text are read exactly."""
    assert _read(values.money(CELL, ten_thousands=False), text) == [Decimal(yuan).quantize(Decimal("0.01"))]


@pytest.mark.parametrize(
    "text",
    [
        "约500", "500元/月", "500左右", "500-600", "500-", "--500", "-(500)", "负-500", "1,2345", "12,34", "1,23,456",
        ",500", "1.23457E+11", "1.2E+03", "1e5", "9.9E99", "五百", "500美元", "$500", "5百", "1.2.3", "免费",
        "500;600", "1 万 2 千",
    ],
)  # fmt: skip
def test_no_amount_is_made_up(text: str) -> None:
    """What is malformed, vague, in another currency or has lost digits is null."""
    assert _read(values.money(CELL, ten_thousands=False), text) == [None]


def test_blank_is_not_zero() -> None:
    """A blank, 无 and — are unknown; 0 is none."""
    cells = ["", "无", "—", "－", "null", "N/A", "#VALUE!", "0", "0.00", "0元"]

    assert _read(values.money(CELL, ten_thousands=False), *cells) == [None] * 7 + [Decimal(0)] * 3


@pytest.mark.parametrize(
    "text",
    [
        "2024-3-1", "2024.3.1", "2024/03/01", "2024\\3\\1", "20240301", "20240301.0", "20240301083000",
        "2024年3月1日", "2024年3月1号", "2024 年 03 月 01 日", "2024年3月1日 08:30", "2024年3月1日8时30分",
        "2024年3月1日星期五",
        "2024-3-1 8:30:00 ", "2024-03-01 00:00:00.0", "2024-03-01T08:30:00+08:00", "2024-02-29T16:00:00Z",
        "2024-02-29T16:00:00.000+0000", "Fri Mar 01 00:00:00 CST 2024", "Thu Feb 29 16:00:00 UTC 2024",
        "Fri Mar 01 2024 00:00:00 GMT+0800 (中国标准时间)", "45352", "45352.5", "二〇二四年三月一日",
        "二零二四年三月一日",
        "二○二四年三月一日",
        "２０２４．３．１", "2024。3。1", "2024，3，1", "2024.3.1.", "'2024-03-01", "\u200e2024-03-01", "2024年3月",
        "2024年03月", "202403", "202403.0", "2024.3", "2024.03", "2024-03", "2024/3", "2024年3", "二〇二四年三月",
    ],
)  # fmt: skip
def test_the_first_of_march(text: str) -> None:
    """One day in every shape seen is that day."""
    assert _read(values.date(CELL), text) == [dt.date(2024, 3, 1)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1990.05", "1990-05-01"),
        ("1990.10", "1990-10-01"),
        ("二〇二三年十二月三十一日", "2023-12-31"),
        ("二〇二三年十月二十日", "2023-10-20"),
        ("二〇二三年元月", "2023-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("2024-02-29T15:59:59Z", "2024-02-29"),
    ],
)
def test_other_days(text: str, day: str) -> None:
    """Months of birth, Chinese numerals, the day without end, the last moment before a day in China."""
    assert _read(values.date(CELL), text) == [dt.date.fromisoformat(day)]


@pytest.mark.parametrize(
    "text",
    [
        "24.3.1", "24-3-1", "3月", "3月1日", "2024", "2024年", "1990.1", "2024.3-5", "2024.3-2024.5", "2024年1-3月",
        "2024-02-30", "1900-01-00", "0000-00-00", "0001-01-01", "900101", "2024031234", "2024 3 1",
        "03/01/2024", "1-Mar-24", "2024年3月上旬", "2024-03-01至2025-03-01", "长期", "60000", "2024/3-1", "2024-13-01",
        "202413",
    ],
)  # fmt: skip
def test_no_day_is_made_up(text: str) -> None:
    """A year of two digits, half a date, a span, 1990.1 (October or January?) and days that are none are null."""
    assert _read(values.date(CELL), text) == [None]


def test_moments_of_one_day() -> None:
    """Many different moments are read like the days they are in."""
    cells = [f"2024-03-01 {h:02d}:{m:02d}:00" for h in range(24) for m in range(60)]

    assert set(_read(values.date(CELL), *cells)) == {dt.date(2024, 3, 1)}


@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        (["是", "有", "1", "1.0", "√", "✓", "✔", "Y", "yes", "TRUE", "t", "对", " 是 ", "“是”", "１", "Ｙ"], True),
        (["否", "无", "0", "×", "✗", "✘", "N", "no", "False", "f", "错", "没有", "不是", "X", "ｘ"], False),
        ([None, "", "空", "-", "/", "未知", "2", "是/否"], None),
    ],
)
def test_yes_and_no(texts: list[str | None], answer: bool | None) -> None:  # noqa: FBT001 - a table
    """Every spelling of yes is yes, of no is no; a blank and any other word is neither."""
    assert _read(values.boolean(CELL), *texts) == [answer] * len(texts)


@pytest.mark.parametrize(
    "text", ["一级", "1级", "１级", "壹级", "“壹级”", '"一级"', " 一 级 ", "Ⅰ级", "I级", "一\u200b级"]
)
def test_ranks_by_their_words(text: str) -> None:
    """A rank declared once is known in Chinese, Arabic, formal and Roman numerals."""
    assert _read(values.code(CELL, {"一级": "一级", "二级": "二级"}), text) == ["一级"]


@pytest.mark.parametrize(
    ("text", "word"), [("Ｃ级", "C级"), ("D", None), ("3级", "三级"), ("Ⅲ级", "三级"), ("肆级", None), ("11级", None)]
)
def test_other_ranks(text: str, word: str | None) -> None:
    """A rank that is not declared is null, however near."""
    assert _read(values.code(CELL, {"C级": "C级", "三级": "三级", "一级": "一级"}), text) == [word]


def test_the_first_of_two_words_written_alike_stands() -> None:
    """Where two declared words fold into one the one declared first keeps it."""
    assert _read(values.code(CELL, {"一级": "a", "1级": "b"}), "1级") == ["a"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("残疾,长期慢性病", "残疾、长期慢性病"),
        ("长期慢性病，残疾", "残疾、长期慢性病"),
        ("长期慢性病;残疾；残疾", "残疾、长期慢性病"),
        ("残疾 / 长期慢性病、", "残疾、长期慢性病"),
        ("健康", "健康"),
        ("无", None),
        (" ", None),
    ],
)
def test_several_words(text: str, kept: str | None) -> None:
    """Words in any order and with any mark between them are the same words."""
    assert _read(values.words(CELL), text) == [kept]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三", 3),
        ("两", 2),
        ("十", 10),
        ("十二人", 12),
        ("九十九", 99),
        ("1,234", 1234),
        ("2024年", 2024),
        ("12,34", None),
    ],
)
def test_counts_in_words(text: str, number: int | None) -> None:
    """Small counts are read in Chinese numerals, large ones with their thousands marks."""
    assert _read(values.integer(CELL), text) == [number]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("'0012", "0012"),
        ('="0012"', "0012"),
        ("Ｈ００１", "H001"),
        ("1201.0", "1201"),
        ("12.50", "12.50"),
        ("h\u200b1", "h1"),
    ],
)
def test_numbers_of_no_arithmetic(text: str, kept: str) -> None:
    """What a spreadsheet put around a number goes, the number stays as it is."""
    assert _read(values.text(CELL), text) == [kept]


@pytest.mark.parametrize("kind", [k for k in ColumnKind if k is not ColumnKind.CODE])
def test_a_column_of_nothing(kind: ColumnKind) -> None:
    """No rows give no rows, blank rows give nulls, of the type the column is kept in."""
    column = Column(name="cell", title="列", kind=kind)
    read = values.typed(column, ten_thousands=False)

    frames = [pl.DataFrame({"cell": cells}, schema={"cell": pl.String}).select(read) for cells in ([], [None, ""])]

    assert [f["cell"].to_list() for f in frames] == [[], [None, None]]
    assert [f["cell"].dtype for f in frames] == [values.dtype(column)] * 2


amounts = st.text("0123456789,.-+()￥元万 ", max_size=12) | st.from_regex(
    r"-?[0-9]{1,3}(,[0-9]{3}){0,3}(\.[0-9]{0,4})?", fullmatch=True
)


@given(st.lists(amounts, max_size=30))
def test_money_is_the_plain_one(cells: list[str]) -> None:
    """The set-based reading of money equals the plain one on any text of its signs."""
    assert _read(values.money(CELL, ten_thousands=False), *cells) == [plain.money(cell) for cell in cells]


years = st.integers(1795, 2110).map(str)
small = st.integers(0, 32).flatmap(lambda n: st.sampled_from([str(n), f"{n:02d}"]))
marks = st.sampled_from(["-", ".", "/", "年", "月", "日", ""])
shaped = st.tuples(years, marks, small, marks, small, marks).map("".join)
loose = st.text("0123456789-./年月日", max_size=11)


@given(st.lists(shaped | loose, max_size=30))
def test_a_date_is_the_plain_one(cells: list[str]) -> None:
    """The set-based reading of dates equals the plain one on any digits and marks."""
    assert _read(values.date(CELL), *cells) == [plain.day(cell) for cell in cells]


WORDS = ["是", "1,234.5", "2024-03-01", " 甲 一", "二级", "无", "x", None]


@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_repeated_words_read_like_single_ones(cells: list[str | None]) -> None:
    """Reading each different word once gives what reading each cell gives."""
    single = dict(zip(WORDS, _read(values.words(CELL), *WORDS), strict=True))

    assert _read(values.words(CELL), *cells) == [single[cell] for cell in cells]
