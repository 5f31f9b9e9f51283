"""Invented sheets by a seed, as dirty as departments make them, together with the place of every data row written.

A file is known by its seed: the same seed writes the same sheets. Only what stands in ``Written`` is the truth; the
reader never sees it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import polars as pl
from corpus_pens import NAMES, id_of

from fangpin.connectors.grid import Grid, Merged

Line = list[str]

NAME = "name"
ID = "id"
AMOUNT = "amount"
DAY = "day"
TOWN, VILLAGE, NUMBER = "town", "village", "number"

# Source -> word of the file name, then each column: its heads, and what stands in it (a kind or the words).
SHAPES: dict[str, tuple[str, list[tuple[tuple[str, ...], str | tuple[str, ...]]]]] = {
    "dibao_roster": (
        "低保",
        [
            (("姓名", "保障对象", "姓 名*"), NAME),
            (("身份证号", "证件号码", "身份证\n号码"), ID),
            (("低保类别", "救助类别", "保障类型"), ("农村低保", "城市低保", "02", "特困", "某保", "")),
            (("月保障金额", "补差金额（元）", "发放金额(元/月)"), AMOUNT),
            (("乡镇", "乡（镇）"), TOWN),
            (("享受时间", "批准日期"), DAY),
            (("备注",), ("", "", "新增", "见附件")),
        ],
    ),
    "medical_settlement": (
        "医保结算明细",
        [
            (("姓名", "患者姓名"), NAME),
            (("身份证号", "身份证号码（18位）"), ID),
            (("医疗类别",), ("住院", "普通门诊", "21", "")),
            (("结算日期", "出院日期"), DAY),
            (("总费用", "医疗费总额"), AMOUNT),
            (("个人自付", "个人自付金额（元）"), AMOUNT),
            (("结算单号",), NUMBER),
        ],
    ),
    "housing_appraisal": (
        "住建危房",
        [
            (("户主姓名", "户主"), NAME),
            (("户主身份证号", "户主证件号码"), ID),
            (("房屋鉴定等级", "危房等级"), ("C级", "Ｄ级", "A", "局部危险", "")),
            (("鉴定日期",), DAY),
            (("行政村",), VILLAGE),
            (("改造情况",), ("未改造", "已竣工", "/", "")),
        ],
    ),
    "school_enrolment": (
        "教育学籍",
        [
            (("学生姓名", "姓名"), NAME),
            (("身份证号", "学生证件号码"), ID),
            (("就读学校", "学校名称"), ("中心小学", "第一中学", "")),
            (("年级",), ("三年级", "初一", "")),
            (("学籍状态", "学生状态"), ("在籍在读", "休学", "转出", "")),
        ],
    ),
    "disability_certificate": (
        "残联",
        [
            (("姓名", "残疾人姓名"), NAME),
            (("身份证号",), ID),
            (("残疾类别",), ("肢体", "视力残疾", "4", "")),
            (("残疾等级",), ("一级", "壹级", "3", "无", "")),
            (("发证日期",), DAY),
            (("行政村", "村（社区）"), VILLAGE),
        ],
    ),
    "visit_ledger": (
        "走访收支台账",
        [
            (("户编号", "户号"), NUMBER),
            (("户主姓名",), NAME),
            (("当月家庭收入", "月收入（元）"), AMOUNT),
            (("当月家庭支出", "月支出（元）"), AMOUNT),
            (("家庭人口",), ("1", "3人", "４", "")),
        ],
    ),
    "household_register": (
        "农户信息台账",
        [
            (("乡镇", "乡(镇)"), TOWN),
            (("行政村",), VILLAGE),
            (("户编号",), NUMBER),
            (("人编号", "人口编号"), NUMBER),
            (("姓名", "家庭成员姓名"), NAME),
            (("证件号码", "公民身份号码"), ID),
            (("与户主关系", "关系"), ("户主", "配偶", "之子", "女", "")),
            (("健康状况",), ("健康", "残疾,长期慢性病", "")),
        ],
    ),
}

TRAPS = ("王小计", "李合计", "江总计", "柳制表", "户主")
AMOUNTS = ("430", "1,234.50", "￥300", "1.2万", "0", "-500", "（30）", "约五百", "", "—", "#REF!", "99.995")
DAYS = ("2024-03-01", "20240301", "2024.3", "45352", "2024年3月1日", "1900-01-00", "去年", "")
GROUPS = (("基本信息", "有关情况", "业务数据"), ("其中", "明细"))
FIRST_PART = 30  # rows that are always together: the header is looked for in the first part only
NOTES = ("填报单位：某某局", "单位：元", "附件2", "注：每月5日前报", "内部资料", "填报日期：2024年4月2日")


@dataclass
class Written:
    """What was written: the source, the sheets, where each data row stands, which rows are no data."""

    source_id: str
    file_name: str
    delimited: bool
    grids: list[Grid] = field(default_factory=list)
    rows: list[tuple[str, int]] = field(default_factory=list)  # sheet, sheet row
    contents: list[tuple[str, ...]] = field(default_factory=list)  # of each data row, without its serial number
    noise: Counter[str] = field(default_factory=Counter)


def write(seed: int) -> Written:
    """Return the file of a seed: one to three sheets of one source."""
    dice = Random(seed)  # noqa: S311 - the same file for the same seed is the point
    source_id = dice.choice(list(SHAPES))
    word, columns = SHAPES[source_id]
    delimited = dice.random() < 0.3
    written = Written(source_id, f"{word}2024年3月{'.csv' if delimited else '.xlsx'}", delimited)
    heads = [dice.choice(spelled) for spelled, _ in columns]
    serial = dice.random() < 0.5
    for name in dice.sample(("桐花镇", "白水乡", "云岭街道"), 1 if delimited else dice.choice((1, 1, 2, 3))):
        _write_sheet(written, name, dice, heads=["序号", *heads] if serial else heads, serial=serial)
    return written


def _write_sheet(written: Written, name: str, dice: Random, *, heads: list[str], serial: bool) -> None:
    kinds = [kind for _, kind in SHAPES[written.source_id][1]]
    shift = [""] * dice.choice((0, 0, 0, 1, 2))
    lines: list[Line] = []
    if above := dice.randrange(5):
        lines = [[f"某县2024年3月{written.file_name[:2]}花名册"], *([note] for note in dice.sample(NOTES, above - 1))]
    storeys, merged = _storeys(heads, dice)
    at = len(lines) + 1
    lines += storeys
    data: list[Line] = []
    for number in range(dice.choice((1, 2, 3, 5, 8, 13, 40))):
        again = bool(data) and dice.random() < 0.1
        line = dice.choice(data) if again else _line(kinds, dice, serial=serial)
        data.append(line)
        ragged = ["多出一格"] if written.delimited and dice.random() < 0.03 else []
        lines.append([*([str(number + 1)] if serial else []), *line, *ragged])
        written.rows.append((name, len(lines)))
        written.contents.append(tuple(" ".join(cell.split()) for cell in [*line, *ragged]))
        _interrupt(written, lines, storeys, dice)
    _end(written, lines, storeys, dice)
    known = tuple(
        Merged(m.first_row + at, m.last_row + at, m.first_column + len(shift), m.last_column + len(shift))
        for m in merged
        if not written.delimited
    )
    written.grids.append(_grid(name, [[*shift, *line] for line in lines], dice, merged=known, text=written.delimited))


def _line(kinds: list[str | tuple[str, ...]], dice: Random, *, serial: bool) -> Line:
    """Return the cells of a data row, its serial number apart."""
    while True:
        line = [_cell(kind, dice) for kind in kinds]
        if serial or _is_a_row_for_sure(line, kinds):
            return line


def _is_a_row_for_sure(line: Line, kinds: list[str | tuple[str, ...]]) -> bool:
    """Say whether a number makes the row somebody's: without one, 李合计 beside an amount may well be a sub-total."""
    filled = [cell for cell in line if cell]
    telling = ID if ID in kinds else NUMBER
    numbers = [cell for cell, kind in zip(line, kinds, strict=True) if kind == telling and cell not in {"", "无"}]
    return len(filled) > 1 and (bool(numbers) or not set(line) & set(TRAPS))


def _storeys(heads: list[str], dice: Random) -> tuple[list[Line], list[Merged]]:
    """Return the header in one to three storeys, and the merged areas with rows from 0."""
    depth = dice.choice((1, 1, 2, 2, 3))
    if depth == 1:
        return [list(heads)], []
    rows = [[""] * len(heads) for _ in range(depth)]
    merged = []
    column = 0
    while column < len(heads):
        width = min(dice.choice((1, 2, 3)), len(heads) - column)
        if column == 0:  # the first group is the deepest, so that no storey stays blank
            width, top = 2, depth - 1
        else:
            top = dice.choice(range(1, depth))
        if width == 1:  # a head of its own, merged downwards
            rows[0][column] = heads[column]
            merged.append(Merged(0, depth - 1, column, column))
        else:
            for storey in range(top):
                rows[storey][column] = dice.choice(GROUPS[storey])
                merged.append(Merged(storey, storey, column, column + width - 1))
            for inner in range(column, column + width):
                rows[top][inner] = heads[inner]
                merged.append(Merged(top, depth - 1, inner, inner))
        column += width
    return rows, merged


def _interrupt(written: Written, lines: list[Line], storeys: list[Line], dice: Random) -> None:
    """Now and then write a row that is no data after a data row."""
    match dice.randrange(24):
        case 0:
            _noise(written, lines, "空行", dice.choice(([], ["", " "], ["\u3000"])))
        case 1:
            label = dice.choice(("小计", "下河村小计", "小 计", "本页小计："))
            _noise(written, lines, "合计", _total(label, written, storeys[0], dice))
        case 2:
            for storey in storeys:
                _noise(written, lines, "重复表头", list(storey))


def _end(written: Written, lines: list[Line], storeys: list[Line], dice: Random) -> None:
    if dice.random() < 0.4:
        label = dice.choice(("合计", "总  计", "全县合计", "合计：3人"))
        _noise(written, lines, "合计", _total(label, written, storeys[0], dice))
    if dice.random() < 0.4:
        line = dice.choice((["制表人：柳某", "", "审核人："], ["填报日期：2024年4月1日"], ["备注：截至月底"]))
        _noise(written, lines, "签字", line)


def _total(label: str, written: Written, width_of: Line, dice: Random) -> Line:
    """Return a total: its label in one of the first two columns, sums under the columns of amounts."""
    kinds = [kind for _, kind in SHAPES[written.source_id][1]]
    shown = ["", *kinds][len(kinds) + 1 - len(width_of) :]
    line = [dice.choice(("1480", "1,480.00", "0")) if kind == AMOUNT else "" for kind in shown]
    line[dice.randrange(2)] = label
    return line


def _noise(written: Written, lines: list[Line], kind: str, line: Line) -> None:
    lines.append(line)
    written.noise[kind] += 1


def _cell(kind: str | tuple[str, ...], dice: Random) -> str:
    if isinstance(kind, tuple):
        return dice.choice(kind)
    number = dice.randrange(300)
    name, whole = NAMES[number % len(NAMES)], id_of(number)
    shapes = {
        NAME: (name, name, name, f" {name}\u3000", dice.choice(TRAPS), "", "王*"),
        ID: (
            *(whole, whole, whole, whole.lower(), f"'{whole}", whole[:6] + "********" + whole[14:]),
            *("9.90101E+17", whole[:15] + "000", whole[:17], "", "无"),
        ),
        AMOUNT: AMOUNTS,
        DAY: DAYS,
        TOWN: ("桐花镇", "白水乡 ", ""),
        VILLAGE: ("下河村", "上河 村", ""),
        NUMBER: (f"{number:06d}", f"H{number}", ""),
    }
    return dice.choice(shapes[kind])


def _grid(name: str, lines: list[Line], dice: Random, *, merged: tuple[Merged, ...], text: bool) -> Grid:
    """Return the sheet, now and then in parts, its merged areas told only now and then."""
    told = merged if dice.random() < 0.5 else ()
    first = len(lines)
    if first > FIRST_PART and dice.random() < 0.5:
        first = dice.randrange(FIRST_PART, first)
    cuts = [0, first, *range(first + 7, len(lines), 7), len(lines)]
    parts = [_part(lines[start:end], start, text=text) for start, end in pairwise(cuts) if start < end]
    return Grid(name, visible=True, rows=parts[0], more=parts[1:], merged=told, delimited=text)


def _part(lines: list[Line], start: int, *, text: bool) -> pl.DataFrame:
    width = max(len(line) for line in lines)
    cells = {f"c{i}": [(line[i] or None) if i < len(line) else None for line in lines] for i in range(width)}
    counted = [pl.Series("cells", [len(line) for line in lines], dtype=pl.UInt16)] if text else []
    numbers = pl.Series("sheet_row", range(start + 1, start + len(lines) + 1), dtype=pl.UInt32)
    return pl.DataFrame([numbers, *(pl.Series(c, v, dtype=pl.String) for c, v in cells.items()), *counted])
