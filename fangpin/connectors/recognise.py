"""Says which source and which month a file is, and why; never guesses between two.

Floor 2. Evidence for the source: headers first, then words in file name and title. Evidence for the
month: file name, title, period columns; when they disagree, or one of them names two, a person must
say (``--period``). No visible sheet of data is left out in silence; no cell of a data row is printed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

import polars as pl
from rapidfuzz import process

from fangpin.config.loader import Declarations
from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import HeadBook, head_key
from fangpin.connectors.layout import Header, Table, best_header, find_header, read_table
from fangpin.errors import IntakeRefused
from fangpin.types import Period

_MONTH = r"(?:1[0-2]|0?[1-9])"
_ANY_MARK, _NIAN = r"\s*[年.\-_/]?\s*", r"\s*年\s*"
_SPAN_MARK = "[-—–~至到]+"
_NEXT = (  # the end of a span (1-3月) or of a list (1、2、3月); its year may be left out, then not its 月
    rf"\s*(?P<mark>{_SPAN_MARK}|[、和及,](?:\s*{_MONTH}\s*月?\s*[、和及,])*)\s*"
    rf"(?:(?P<end_year>20\d{{2}}){_ANY_MARK}(?P<end_full>{_MONTH})(?!\d)|(?P<end_month>{_MONTH})\s*月)"
)
_NEXT_AHEAD = re.sub(r"\(\?P<\w+>", "(?:", _NEXT)
_OTHER_NUMBER = rf"\d|\s*[季期批次版]|\s*{_SPAN_MARK}\s*\d{{1,2}}(?!\d)"  # 2024年1-3 is no month, nor is 2024年1季度
_DATED = re.compile(
    rf"(?<!\d)(?P<year>20\d{{2}}){_ANY_MARK}(?P<month>{_MONTH})"
    rf"(?:\s*月|(?={_NEXT_AHEAD})|(?!{_OTHER_NUMBER})|(?<=\d{{6}})(?!\d))(?:{_NEXT})?"
)
_MONTH_WORDS = re.compile(rf"(?P<year>20\d{{2}}){_NIAN}(?P<month>{_MONTH})(?:\s*月|(?={_NEXT_AHEAD}))(?:{_NEXT})?")
_DAY = re.compile(  # a whole date in a month column speaks of its month
    r"(?<!\d)(20\d{2})(?:(1[0-2]|0[1-9])(?:0[1-9]|[12]\d|3[01])(?!\d)"
    rf"|\s*[-./年]\s*({_MONTH})\s*[-./月]\s*\d{{1,2}}(?!\d|\s*月)\s*日?)"
)
_NO_MONTH = re.compile(  # a whole date, and the day or month on which a file was made, are not what it is about
    rf"20\d{{2}}{_NIAN}{_MONTH}\s*月\s*\d{{1,2}}\s*[日号]"
    r"|(?<!\d)20\d{2}(?P<sep>[-./_])\d{1,2}(?P=sep)\d{1,2}(?!\d|\s*月)"
    rf"|(?:填报|制表|导出|打印|填表|报送)(?:日期|时间|年月|日|于)?[\s:_(\-]*20\d{{2}}{_ANY_MARK}{_MONTH}(?!\d)\s*月?"
)
_HEADS_SHOWN = 3
_NEAR, _FAR = 60, 40  # likeness of two heads (0-100): from here it is shown; from here its place is told
_DATA_CELLS = 2  # a row of one cell only is a remark
_ROWS_LEFT_MAX = 1
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

    Raises: IntakeRefused when no source fits, two fit alike, a required column is missing, another visible
    sheet holds data, or the month is nowhere or in two ways.
    """
    visible = [g for g in grids if g.visible and g.rows.height > 1]
    if not visible:
        raise IntakeRefused(f"文件 {file_name}", "没有可见的数据工作表", action="请检查后重新导出")
    books = [HeadBook(s, declared.identity) for s in declared.sources.values() if source_id in (None, s.id)]
    grid, header, book = _best_source(visible, books, file_name)
    _refuse_left_out([g for g in visible if g is not grid], file_name)
    table = read_table(grid, header)
    table = replace(table, skipped=table.skipped | _hidden(grids))
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


def _refuse_left_out(others: list[Grid], file_name: str) -> None:
    """Refuse the file when a visible sheet without a known header holds more than a row below its first."""
    for grid in others:
        cells = pl.sum_horizontal(_holds(grid).cast(pl.Int32))
        rows = grid.rows.filter(cells >= _DATA_CELLS).height - 1
        if rows > _ROWS_LEFT_MAX:
            raise IntakeRefused(
                f"文件 {file_name}",
                f"工作表“{grid.name}”另有 {rows} 行数据，但没有认识的表头",
                expected="一个文件一张表",
                action="请改正它的表头、拆分成另一个文件，或把不报送的表删除、隐藏",
            )


def _hidden(grids: list[Grid]) -> dict[str, int]:
    """Return how many filled rows each hidden sheet holds, which are not taken in."""
    rows = {g.name: g.rows.filter(pl.any_horizontal(_holds(g))).height for g in grids if not g.visible}
    return {f"隐藏工作表“{name}”": count for name, count in rows.items() if count}


def _holds(grid: Grid) -> pl.Expr:
    """Say of each cell whether anything but space stands in it."""
    return pl.col(grid.columns).str.strip_chars().fill_null("") != ""


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
    missing = [n for n in book.required if n not in header.taken]
    lacking = "、".join(
        f"{book.columns[n].title}（可写作{'、'.join(book.usual_heads(n)[:_HEADS_SHOWN])}{_nearest(n, header, book)}）"
        for n in missing
    )
    return IntakeRefused(where, f"最像“{book.source.title}”，但缺少列：{lacking}", action="请补上该列或改正表头后重报")


def _nearest(name: str, header: Header, book: HeadBook) -> str:
    """Say which unknown head comes nearest to a column: by its words only where they are surely a head's.

    A data row taken for the header may hold a person's name: then, and where the likeness is small, only its place
    is told.
    """
    aside = {*header.taken.values(), *header.ignored_columns}
    unknown = {cell: head_key(head) for cell, head in header.heads.items() if head and cell not in aside}
    tries = [process.extractOne(head_key(h), unknown, score_cutoff=_FAR) for h in book.columns[name].heads]
    close = max((found for found in tries if found), key=lambda found: found[1], default=None)
    if close is None:
        return ""
    head, score, cell = close
    is_header = len(aside) >= len(unknown)
    return f"；最接近的是“{head}”" if is_header and score >= _NEAR else f"；最接近的是第{int(cell[1:]) + 1}列"


def _period(table: Table, *, file_name: str, told: Period | None) -> tuple[Period, str]:
    if told is not None:
        return told, "指定"
    places = [
        ("文件名", _months(_NO_MONTH.sub(" ", _plain(file_name)), _DATED)),
        ("标题", _months(_NO_MONTH.sub(" ", _plain(table.title)), _MONTH_WORDS)),
        ("工作表名", _months(_NO_MONTH.sub(" ", _plain(table.sheet)), _MONTH_WORDS)),
        ("月份列", _in_columns(table.rows)),
    ]
    found = [(place, period) for place, periods in places for period in periods]
    where = f"文件 {file_name}"
    if not found:
        raise IntakeRefused(
            where, "文件名、标题和列中都没有月份", expected="例如 2024年3月", action="请用 --period 2024-03 指定"
        )
    if len({period for _, period in found}) > 1:
        given = "，".join(f"{place}为 {period}" for place, period in found[:_MONTHS_SHOWN])
        raise IntakeRefused(where, f"月份不一致（{given}）", action="请改正，或用 --period 指定后重报")
    return found[0][1], "、".join(place for place, _ in found)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _months(text: str, pattern: re.Pattern[str]) -> list[Period]:
    """Return the distinct months a text speaks of, in its order; a span (1-3月) speaks of its last."""
    found: list[Period] = []
    for match in pattern.finditer(text):
        first = Period(int(match["year"]), int(match["month"]))
        end = match["end_full"] or match["end_month"]
        if not end:
            found.append(first)
            continue
        last = Period(int(match["end_year"] or match["year"]), int(end))
        is_span = re.fullmatch(_SPAN_MARK, match["mark"]) and first < last
        found += [last] if is_span else [first, last]
    return list(dict.fromkeys(found))


def _in_columns(rows: pl.DataFrame) -> list[Period]:
    """Return the months the rows of the period columns speak of, in order; a cell that names none says nothing."""
    if "period" in rows.columns:
        texts = rows["period"].drop_nulls().unique().to_list()
    elif {"period_year", "period_month"} <= set(rows.columns):
        pairs = rows.select("period_year", "period_month").drop_nulls().unique().rows()
        texts = [f"{re.sub(r'[^0-9]', '', y)}年{re.sub(r'[^0-9]', '', m)}月" for y, m in pairs]
    else:
        return []
    return sorted({month for text in texts for month in _months(_DAY.sub(r"\1年\2\3月", _plain(text)), _DATED)})
