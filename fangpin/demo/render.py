"""How values are written in a file: dates, months, amounts, codes, in the file's own way and now and then another.

Frames of values in, lists of cells out (text, or a number where a workbook would hold a number).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from fangpin.demo.fields import Field

DATES: Final = (
    "%Y-%m-%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y年%-m月%-d日",
    "%Y-%m-%d 00:00:00",
    "%Y/%-m/%-d",
    "%Y-%-m-%-d",
    "serial",
)
MONTHS: Final = ("%Y%m", "%Y-%m", "%Y年%-m月", "%Y.%m")
YES: Final = (("是", "否"), ("是", "否"), ("1", "0"), ("√", "×"), ("√", ""))
SEXES: Final = (("男", "女"), ("男", "女"), ("男", "女"), ("1", "2"), ("男性", "女性"))
GRADES: Final = (
    ("一级", "二级", "三级", "四级"),
    ("1级", "2级", "3级", "4级"),
    ("壹级", "贰级", "叁级", "肆级"),
    ("1", "2", "3", "4"),
)
LEVELS: Final = (
    ("A级", "B级", "C级", "D级"),
    ("A", "B", "C", "D"),
    ("Ａ级", "Ｂ级", "Ｃ级", "Ｄ级"),
    ("A 级", "B 级", "C 级", "D 级"),
)
CODES: Final = {"sex": SEXES, "grade": GRADES, "level": LEVELS}
BLANKS: Final = ("", "", "-", "—", "无")
EXCEL_EPOCH_DAYS: Final = 25_569


@dataclass(frozen=True, slots=True)
class Style:
    """Which way each kind of value is written in one file."""

    date: int
    month: int
    money: int
    sex: int
    yes: int
    grade: int
    level: int


def draw_style(rng: np.random.Generator) -> Style:
    """The ways of one file."""
    date = int(rng.choice(len(DATES), p=[0.34, 0.12, 0.14, 0.08, 0.10, 0.12, 0.06, 0.04]))
    money = int(rng.choice(4, p=[0.6, 0.2, 0.08, 0.12]))
    codes = [int(rng.integers(0, len(pool))) for pool in (YES, GRADES, LEVELS)]
    sex = int(rng.choice(len(SEXES), p=[0.3, 0.25, 0.25, 0.15, 0.05]))
    return Style(date, int(rng.integers(0, len(MONTHS))), money, sex, *codes)


def date_text(ways: tuple[str, ...], way: int) -> pl.Expr:
    """The date v in one way."""
    if ways[way] == "serial":
        return (pl.col("v").to_physical() + EXCEL_EPOCH_DAYS).cast(pl.String)
    return pl.col("v").dt.strftime(ways[way])


def money_text(way: int) -> pl.Expr:
    """The amount v in one way: 1234.50, 1,234.50, ￥1234.50, 1234.5."""
    v = pl.col("v")
    cents = (v.abs() * 100).round(0).cast(pl.Int64)
    sign = pl.when(v < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole = (cents // 100).cast(pl.String)
    fraction = "." + (cents % 100).cast(pl.String).str.zfill(2)
    if way == 1:
        thousand = (cents // 100_000).cast(pl.String) + "," + (cents // 100 % 1000).cast(pl.String).str.zfill(3)
        return sign + pl.when(cents >= 100_000).then(thousand).otherwise(whole) + fraction
    if way == 2:
        return "￥" + sign + whole + fraction
    if way == 3:
        return sign + whole + fraction.str.replace(r"\.?0+$", "")
    return sign + whole + fraction


def code_text(pool: tuple[tuple[str, ...], ...], way: int, lowest: int) -> pl.Expr:
    """The code v in one way."""
    words = pool[way]
    return (
        pl.col("v")
        .cast(pl.Int64)
        .replace_strict(list(range(lowest, lowest + len(words))), list(words), default="", return_dtype=pl.String)
    )


def yes_text(way: int) -> pl.Expr:
    """The Boolean v in one way."""
    return (
        pl.when(pl.col("v").is_null())
        .then(pl.lit(""))
        .when("v")
        .then(pl.lit(YES[way][0]))
        .otherwise(pl.lit(YES[way][1]))
    )


def written(kind: str, way: int) -> pl.Expr:
    """The expression that writes v of a kind in one of its ways."""
    if kind in CODES:
        return code_text(CODES[kind], way, 1)
    if kind in {"date", "month"}:
        return date_text(DATES if kind == "date" else MONTHS, way)
    if kind == "money":
        return money_text(way)
    return yes_text(way) if kind == "yes" else pl.col("v").cast(pl.String)


def ways_of(kind: str) -> int:
    """In how many ways a kind of value can be written."""
    counts = {"date": len(DATES), "month": len(MONTHS), "money": 4} | {code: len(pool) for code, pool in CODES.items()}
    return counts.get(kind, 1)


def write_column(values: pl.Series, field: Field, style: Style, *, odd: float, rng: np.random.Generator) -> pl.Series:
    """One column as text: mostly the file's way, an odd share in another, a few amounts left blank."""
    way = int(getattr(style, field.kind, 0))
    frame = values.alias("v").to_frame()
    text = frame.select(written(field.kind, way).fill_null("").alias("v")).to_series()
    if field.kind in {"date", "money", "grade", "level", "sex"} and len(text):
        rows = np.flatnonzero(rng.random(len(text)) < odd)
        other = (way + 1 + int(rng.integers(0, ways_of(field.kind)))) % ways_of(field.kind)
        if len(rows):
            text = text.scatter(rows, frame[rows.tolist()].select(written(field.kind, other).fill_null("")).to_series())
    if field.name in {"major", "aid"}:
        empty = pl.Series(BLANKS).gather(np.arange(len(text)) % len(BLANKS))
        zero = (values == 0) & pl.Series(rng.random(len(text)) < odd * 4)
        text = (
            pl.DataFrame({"t": text, "e": empty, "z": zero}).select(pl.when("z").then("e").otherwise("t")).to_series()
        )
    return text.alias(field.name)
