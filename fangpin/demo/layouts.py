"""The shape of each delivered file: name, title, headings of the quarter, order of columns, totals, signature.

Headings and columns change from quarter to quarter, file names and ways of writing from month to month, all drawn
from the seed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from fangpin.demo import fields
from fangpin.demo.fields import Field
from fangpin.demo.month import Month
from fangpin.demo.render import Style, draw_style
from fangpin.demo.words import COUNTY

ROWS_OF_A_WORKBOOK: Final = 60_000
"""Above this many rows departments send csv."""


@dataclass(frozen=True, slots=True)
class Source:
    """One department's file: how it is called and what is around its rows."""

    key: str
    stream: int
    columns: tuple[Field, ...]
    names: tuple[str, ...]
    title: str
    workbook: bool
    encoding: str = "gb18030"
    two_storeys: bool = False
    totals: bool = True
    ages: tuple[int, int] = (0, 120)
    """Of whom its rows can be: an outsider on the list is of these ages."""


SOURCES: Final = (
    Source(
        "民政",
        1,
        fields.CIVIL,
        ("低保特困花名册", "民政救助对象花名册", "农村低保发放花名册"),
        "农村低保、特困及低保边缘对象花名册",
        workbook=True,
        two_storeys=True,
    ),
    Source(
        "医保",
        2,
        fields.MEDICAL,
        ("医保结算明细", "城乡居民医保报销明细", "医保费用结算表"),
        "城乡居民基本医疗保险费用结算明细表",
        workbook=False,
    ),
    Source(
        "住建",
        3,
        fields.HOUSING,
        ("房屋安全鉴定台账", "住建危房鉴定表", "农村住房安全鉴定"),
        "农村住房安全鉴定及改造台账",
        workbook=True,
        two_storeys=True,
    ),
    Source(
        "教育",
        4,
        fields.EDUCATION,
        ("教育在校学生名册", "学籍信息表", "在校生花名册"),
        "",
        workbook=False,
        encoding="utf-8-sig",
        totals=False,
        ages=(7, 18),
    ),
    Source(
        "残联",
        5,
        fields.DISABLED,
        ("残联持证残疾人名册", "残疾人证信息", "持证残疾人台账"),
        "持证残疾人信息表",
        workbook=False,
    ),
)
REGISTER: Final = Source("台账", 6, fields.REGISTER, ("农户信息台账",), "农户信息台账", workbook=True, totals=False)
VISITS: Final = Source("走访", 7, fields.VISITS, ("走访收支台账",), "农户走访收支台账", workbook=False)


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of one delivered file."""

    source: Source
    columns: tuple[Field, ...]
    headers: tuple[str, ...]
    title: str
    file_name: str
    style: Style
    subtotals: bool
    blanks: int
    signature: bool


def draw_layout(source: Source, month: Month, *, rows: int) -> Layout:
    """The shape of a source's file this month."""
    seed = month.county.plan.seed
    quarter = np.random.default_rng([seed, 50, source.stream, month.first.year * 4 + (month.first.month - 1) // 3])
    now = month.rng(60 + source.stream)
    columns = draw_columns(source, quarter)
    headers = tuple(draw_header(column, quarter) for column in columns)
    workbook = source.workbook and rows <= ROWS_OF_A_WORKBOOK
    name = source.names[int(quarter.integers(0, len(source.names)))]
    return Layout(
        source=source,
        columns=columns,
        headers=headers,
        title=draw_title(source, month, now),
        file_name=draw_name(name, month, now, titled=bool(source.title)) + (".xlsx" if workbook else ".csv"),
        style=draw_style(now),
        subtotals=source.key == "民政" and bool(now.random() < 0.5),
        blanks=int(now.integers(1, 4)) if source.key in {"民政", "残联"} and now.random() < 0.4 else 0,
        signature=source.totals and bool(now.random() < 0.5),
    )


def draw_columns(source: Source, rng: np.random.Generator) -> tuple[Field, ...]:
    """The columns of a quarter: township and village or one address, some optional ones, now and then another order."""
    by_address = rng.random() < 0.4
    drop = {"township", "village"} if by_address else {"address"}
    names = {column.name for column in source.columns}
    kept = [
        c
        for c in source.columns
        if not (c.name in drop and "address" in names) and (not c.optional or rng.random() < 0.6)
    ]
    if source is REGISTER:
        return tuple(kept)
    if rng.random() < 0.4:
        by_name = {c.name: k for k, c in enumerate(kept)}
        a, b = by_name.get("name", 0), by_name.get("id_no", 0)
        kept[a], kept[b] = kept[b], kept[a]
    if rng.random() < 0.4:
        groups = list(dict.fromkeys(c.group for c in kept[1:]))
        order = {g: int(k) for g, k in zip(groups, rng.permutation(len(groups)), strict=True)}
        kept[1:] = sorted(kept[1:], key=lambda c: order[c.group])
    return tuple(kept)


def draw_header(column: Field, rng: np.random.Generator) -> str:
    """One of a column's headings, now and then with a star, an inner space or a line break."""
    header = column.headers[int(rng.integers(0, len(column.headers)))]
    odd = rng.random()
    if odd < 0.02:
        return header + "*"
    if odd < 0.04 and len(header) > 3:
        return header[:2] + "\n" + header[2:]
    if odd < 0.06 and len(header) == 2:
        return header[0] + " " + header[1]
    return header


def draw_title(source: Source, month: Month, rng: np.random.Generator) -> str:
    """The title row, empty for a source that sends none."""
    when = f"{month.first.year}年{month.first.month}月"
    shapes = (f"{COUNTY}{when}{source.title}", f"{COUNTY}{source.title}（{when}）", f"{when}{COUNTY}{source.title}")
    return shapes[int(rng.integers(0, len(shapes)))] if source.title else ""


def draw_name(name: str, month: Month, rng: np.random.Generator, *, titled: bool) -> str:
    """The file's name without ending; without the month only when the title row tells it."""
    year, moon = month.first.year, month.first.month
    shapes = [
        f"{year}年{moon}月{name}",
        f"{name}{year}{moon:02d}",
        f"{COUNTY}{name}（{year}年{moon:02d}月）",
        f"{name}_{year}-{moon:02d}",
    ]
    return name if titled and rng.random() < 0.2 else shapes[int(rng.integers(0, len(shapes)))]
