"""Says which source and which month a file is, and why; never guesses between two.

Floor 2. Evidence for the source: headers first, then words in file name and title. Evidence for the
month: file name, title, period columns; when they disagree a person must say (``--period``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import polars as pl
from rapidfuzz import process

from fangpin.config.loader import Declarations
from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import HeadBook, head_key
from fangpin.connectors.layout import Header, Table, best_header, find_header, read_table
from fangpin.errors import IntakeRefused
from fangpin.types import Period

_DATED = re.compile(r"(?<!\d)(20\d{2})\s*[年.\-_/]?\s*(1[0-2]|0?[1-9])(?!\d)")
_DAY = re.compile(r"^(20\d{2})(1[0-2]|0[1-9])(?:0[1-9]|[12]\d|3[01])$")  # a whole date without marks
_MONTH_WORDS = re.compile(r"(20\d{2})\s*年\s*(1[0-2]|0?[1-9])\s*月")
_DEVIATION_SHOWN = 3
_MONTHS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file was taken for: source, month, table, and where each was read from."""

    source_id: str
    period: Period
    table: Table
    period_from: str


def recognise(
    grids: list[Grid], declared: Declarations, *, file_name: str, source_id: str | None, period: Period | None
) -> Recognised:
    """Return the source, month and table of a file.

    Raises: IntakeRefused when no source fits, two fit alike, a required column is missing, or the month is
    nowhere or in two ways.
    """
    visible = [g for g in grids if g.visible and g.rows.height > 1]
    if not visible:
        raise IntakeRefused(f"文件 {file_name}", "没有可见的数据工作表", action="请检查后重新导出")
    books = [HeadBook(s, declared.identity) for s in declared.sources.values() if source_id in (None, s.id)]
    grid, header, book = _best_source(visible, books, file_name)
    table = read_table(grid, header)
    found, place = _period(table, file_name=file_name, told=period)
    return Recognised(book.source.id, found, table, place)


def _best_source(grids: list[Grid], books: list[HeadBook], file_name: str) -> tuple[Grid, Header, HeadBook]:
    fits = []
    for grid in grids:
        for book in books:
            header = find_header(grid, book)
            if header is not None:
                fits.append((_evidence(grid, header, book, file_name), grid, header, book))
    if not fits:
        raise _nothing_fits(grids, books, file_name)
    fits.sort(key=lambda fit: fit[0], reverse=True)
    sheets = list(dict.fromkeys(fit[1].name for fit in fits))
    if len(sheets) > 1:  # taking one would lose the rows of the others in silence
        raise IntakeRefused(
            f"文件 {file_name}",
            f"工作表“{'、'.join(sheets)}”都有数据",
            expected="一个文件一张表",
            action="请拆分成几个文件，或把不报送的表删除、隐藏",
        )
    rivals = [fit[3].source.title for fit in fits if fit[0] == fits[0][0]]
    if len(rivals) > 1:
        raise IntakeRefused(
            f"文件 {file_name}", f"既像“{'”又像“'.join(rivals)}”", expected="一种数据", action="请用 --source 指定"
        )
    return fits[0][1:]


def _evidence(grid: Grid, header: Header, book: HeadBook, file_name: str) -> tuple[int, float]:
    """Words in name and title first, then the share of heads that are declared."""
    above = grid.rows.head(header.first_row).select(grid.columns)
    title = "".join(cell for row in above.rows() for cell in row if cell)
    words = sum(w in file_name for w in book.source.file_words) + sum(w in title for w in book.source.title_words)
    declared = len(header.taken) + len(header.ignored_columns)
    return words, declared / (declared + len(header.unknown))


def _nothing_fits(grids: list[Grid], books: list[HeadBook], file_name: str) -> IntakeRefused:
    """Name the nearest source, what it misses, and which heads come closest."""
    tries = [(best_header(g, b), g, b) for g in grids for b in books]
    scored = [(len(h.taken) / len(b.columns), h, b) for h, g, b in tries if h is not None]
    where = f"文件 {file_name}"
    if not scored:
        titles = "、".join(b.source.title for b in books)
        return IntakeRefused(where, "没有找到表头", expected=f"以下数据之一：{titles}", action="请核对表头后重报")
    _, header, book = max(scored, key=lambda s: s[0])
    missing = [book.columns[n] for n in book.required if n not in header.taken]
    near = []
    for column in missing:
        close = process.extractOne(head_key(column.title), [head_key(u) for u in header.unknown], score_cutoff=40)
        near.append(
            f"{column.title}（可写作{'、'.join(column.heads[:_DEVIATION_SHOWN])}"
            + (f"；最接近的是“{close[0]}”）" if close else "）")
        )
    return IntakeRefused(
        where, f"最像“{book.source.title}”，但缺少列：{'、'.join(near)}", action="请补上该列或改正表头后重报"
    )


def _period(table: Table, *, file_name: str, told: Period | None) -> tuple[Period, str]:
    if told is not None:
        return told, "指定"
    seen = [
        ("文件名", _in_text(file_name, _DATED)),
        ("标题", _in_text(table.title, _MONTH_WORDS)),
        ("工作表名", _in_text(table.sheet, _MONTH_WORDS)),
        *(("月份列", period) for period in _in_columns(table.rows)),
    ]
    found = [(place, period) for place, period in seen if period is not None]
    where = f"文件 {file_name}"
    if not found:
        raise IntakeRefused(
            where, "文件名、标题和列中都没有月份", expected="例如 2024年3月", action="请用 --period 2024-03 指定"
        )
    if len({period for _, period in found}) > 1:
        given = "，".join(f"{place}为 {period}" for place, period in found[:_MONTHS_SHOWN])
        raise IntakeRefused(where, f"月份不一致（{given}）", action="请改正，或用 --period 指定后重报")
    return found[0][1], "、".join(place for place, _ in found)


def _in_text(text: str, pattern: re.Pattern[str]) -> Period | None:
    """Return the month a text speaks of; the last one when it gives a span, None when it gives none."""
    found = pattern.findall(unicodedata.normalize("NFKC", text))
    return Period(int(found[-1][0]), int(found[-1][1])) if found else None


def _in_columns(rows: pl.DataFrame) -> list[Period]:
    """Return the months the rows of the period columns speak of, in order; a cell that names none says nothing."""
    if "period" in rows.columns:
        texts = rows["period"].drop_nulls().unique().to_list()
    elif {"period_year", "period_month"} <= set(rows.columns):
        pairs = rows.select("period_year", "period_month").drop_nulls().unique().rows()
        texts = [f"{re.sub(r'[^0-9]', '', y)}年{re.sub(r'[^0-9]', '', m)}月" for y, m in pairs]
    else:
        return []
    months = {_in_text(_DAY.sub(r"\1年\2月", text), _DATED) for text in texts}
    return sorted(month for month in months if month is not None)
