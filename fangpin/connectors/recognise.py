"""Says which source a file is of, which of its sheets are read, and why; never guesses between two.

Floor 2. Evidence for the source: headers first, then words in file name and title. No sheet is left
out in silence; no cell of a data row is printed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl
from rapidfuzz import process

from fangpin.config.loader import Declarations
from fangpin.connectors.grid import Grid
from fangpin.connectors.header import Header, best_header, find_header
from fangpin.connectors.heads import HeadBook, head_key
from fangpin.connectors.layout import Sheet, read_parts, sheet_of
from fangpin.connectors.months import bare_months, days_made, months_of_columns, months_of_name, months_of_text
from fangpin.errors import IntakeRefused
from fangpin.types import Period

_HEADS_SHOWN = 3
_NEAR, _FAR = 60, 40  # likeness of two heads (0-100): from here it is shown; from here its place is told
_LIKE_ID = r"(?:^|\D)\d{14,17}[\dXx]?(?:\D|$)"
_PEOPLE_LEFT_MAX = 1


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file was taken for: its source, the sheets to be read, and which months its texts speak of.

    left_out: how many filled rows each sheet holds that is not taken in, by a phrase that names it.
    notices: sentences the sender should read. months: where a month is named, and which; rows may name more.
    """

    source_id: str
    sheets: tuple[Sheet, ...]
    left_out: dict[str, int]
    notices: tuple[str, ...]
    months: tuple[tuple[str, Period], ...]
    told: Period | None
    made_on: dt.date | None


def recognise(
    grids: list[Grid], declared: Declarations, *, file_name: str, source_id: str | None, period: Period | None
) -> Recognised:
    """Return the source of a file and the sheets that hold its rows: one, or one a township, all of one month.

    Raises: IntakeRefused when no source fits, two fit alike, sheets are of different sources, a required column is
    missing, a visible sheet of people is not understood, or sheets speak of different months and nothing says which.
    """
    visible = [g for g in grids if g.visible and g.rows.height > 1]
    if not visible:
        raise IntakeRefused(f"文件 {file_name}", "没有可见的数据工作表", action="请检查后重新导出")
    books = [HeadBook(s, declared.identity) for s in declared.sources.values() if source_id in (None, s.id)]
    book, sheets = _best_source(visible, books, file_name)
    left_out = _left_out([g for g in grids if g.visible and all(s.grid is not g for s in sheets)], file_name)
    in_name = months_of_name(file_name)
    chosen, old = _of_one_month(sheets, in_name, told=period, file_name=file_name)
    return Recognised(
        book.source.id,
        tuple(chosen),
        left_out | old | _hidden(grids),
        _notices(chosen),
        tuple(dict.fromkeys(_named_months(chosen, in_name))),
        period,
        _made_on(chosen, grids),
    )


def _best_source(grids: list[Grid], books: list[HeadBook], file_name: str) -> tuple[HeadBook, list[Sheet]]:
    fits = [
        (_evidence(sheet_of(grid, header), book, file_name), grid, header, book)
        for grid in grids
        for book in books
        if (header := find_header(grid, book)) is not None
    ]
    if not fits:
        raise _nothing_fits(grids, books, file_name)
    best = max(fits, key=lambda fit: fit[0])
    rivals = list(dict.fromkeys(fit[3].source.title for fit in fits if fit[0] == best[0]))
    if len(rivals) > 1:
        raise IntakeRefused(
            f"文件 {file_name}", f"既像“{'”又像“'.join(rivals)}”", expected="一种数据", action="请用 --source 指定"
        )
    book = best[3]
    sheets = []
    for grid in grids:
        own = {fit[3].source.id: fit for fit in fits if fit[1] is grid}
        if not own:
            continue
        nearest = max(own.values(), key=lambda fit: fit[0])
        if book.source.id not in own or own[book.source.id][0] < nearest[0]:
            raise IntakeRefused(
                f"文件 {file_name}",
                f"工作表“{grid.name}”像“{nearest[3].source.title}”，其余像“{book.source.title}”",
                expected="一个文件一种数据",
                action="请拆分成几个文件，或把不报送的表删除、隐藏",
            )
        sheets.append(sheet_of(grid, own[book.source.id][2]))
    _refuse_named_otherwise(sheets, book, books, file_name)
    return book, sheets


def _refuse_named_otherwise(sheets: list[Sheet], chosen: HeadBook, books: list[HeadBook], file_name: str) -> None:
    """Refuse a file that is named as another source and only lacks a column of it.

    An agency's name says nothing here: it sends more than one extract.
    """
    title = "".join(sheet.title for sheet in sheets).replace(" ", "")

    def named(book: HeadBook) -> int:
        source = book.source
        words = {*source.file_words, *source.title_words} - {source.agency}
        return sum(word in file_name or word in title for word in words)

    rivals = [book for book in books if named(book) > named(chosen)]
    if rivals:
        raise _nothing_fits([sheet.grid for sheet in sheets], rivals, file_name)


def _of_one_month(
    sheets: list[Sheet], in_name: list[Period], *, told: Period | None, file_name: str
) -> tuple[list[Sheet], dict[str, int]]:
    """Return the sheets of the file's month, and the rows of those that speak of another month only.

    A sheet that names no month of its own is of the file's month.
    """
    if len(sheets) == 1:
        return sheets, {}
    dated = sorted({month for sheet in sheets for month in _own_months(sheet, of=None)})
    year = told or (in_name[0] if len(in_name) == 1 else None) or next(iter(dated), None)
    own = {sheet.grid.name: set(_own_months(sheet, of=year)) for sheet in sheets}
    if len(set().union(*own.values())) <= 1:
        return sheets, {}
    wanted = told or (in_name[0] if len(in_name) == 1 else None)
    if wanted is None or not any(wanted in named or not named for named in own.values()):
        given = "、".join(f"“{name}”为 {min(named)}" for name, named in own.items() if named)
        raise IntakeRefused(
            f"文件 {file_name}",
            f"工作表的月份不一致（{given}）",
            action="请在文件名中写明月份，或用 --period 指定后重报",
        )
    chosen = [s for s in sheets if wanted in own[s.grid.name] or not own[s.grid.name]]
    old = {
        f"其他月份的工作表“{s.grid.name}”": _filled_rows(s.grid) - s.header.first_row - s.header.storeys
        for s in sheets
        if s not in chosen
    }
    return chosen, old


def _own_months(sheet: Sheet, *, of: Period | None) -> list[Period]:
    """Return the months a sheet speaks of in its title, its name and the period columns of its first rows.

    A bare month in its name (2月) is of the year of the file's month.
    """
    first = next(read_parts([sheet]), None)
    in_columns = [] if first is None else months_of_columns(first.period_texts)
    named = [*(month for _, month in _named_months([sheet], [])), *in_columns]
    return named or ([] if of is None else bare_months(sheet.grid.name, year=of.year))


def _named_months(sheets: list[Sheet], in_name: list[Period]) -> list[tuple[str, Period]]:
    """Return every month that file name, titles and sheet names speak of, with the place; cells are read later."""
    named = [("文件名", month) for month in in_name]
    for sheet in sheets:
        named += [("标题", month) for month in months_of_text(sheet.title)]
        if not sheet.grid.delimited:  # a text file has no sheet; its name was read as the file's
            named += [("工作表名", month) for month in months_of_text(sheet.grid.name)]
    return named


def _left_out(others: list[Grid], file_name: str) -> dict[str, int]:
    """Return the filled rows of visible sheets without a known header, such as a leftover or a summary.

    Raises: IntakeRefused when one of them holds numbers that look like IDs: then it is a list of people.
    """
    for grid in others:
        cells = [pl.col(c).str.contains(_LIKE_ID).fill_null(value=False) for c in grid.columns]
        people = grid.rows.filter(pl.any_horizontal(cells)).height
        if people > _PEOPLE_LEFT_MAX:
            raise IntakeRefused(
                f"文件 {file_name}",
                f"工作表“{grid.name}”另有 {people} 行人员数据，但没有认识的表头",
                expected="每张人员表都有表头",
                action="请改正它的表头、拆分成另一个文件，或把不报送的表删除、隐藏",
            )
    return {f"未认出的工作表“{g.name}”": rows for g in others if (rows := _filled_rows(g))}


def _hidden(grids: list[Grid]) -> dict[str, int]:
    """Return how many filled rows each hidden sheet holds, which are not taken in."""
    return {f"隐藏工作表“{g.name}”": rows for g in grids if not g.visible and (rows := _filled_rows(g))}


def _filled_rows(grid: Grid) -> int:
    return sum(part.filter(pl.any_horizontal(_holds(part))).height for part in grid.parts())


def _notices(sheets: list[Sheet]) -> tuple[str, ...]:
    return tuple(
        f"工作表“{s.grid.name}”有 {s.grid.hidden_rows} 行被隐藏（可能是筛选），已一并读入"
        for s in sheets
        if s.grid.hidden_rows
    )


def _holds(part: pl.DataFrame) -> list[pl.Expr]:
    """Say of each cell whether anything but space stands in it."""
    return [pl.col(c).str.strip_chars().fill_null("") != "" for c in part.columns if part[c].dtype == pl.String]


def _made_on(sheets: list[Sheet], grids: list[Grid]) -> dt.date | None:
    """Return the day a file was made: what its notes say, else what the workbook says of itself, else None."""
    days = [day for sheet in sheets for day in days_made(sheet.title)]
    return max(days, default=None) or max((g.made_on for g in grids if g.made_on), default=None)


def _evidence(sheet: Sheet, book: HeadBook, file_name: str) -> tuple[int, float]:
    """Words in name and title first, then the share of heads that are declared."""
    title = sheet.title.replace(" ", "")
    words = sum(w in file_name for w in book.source.file_words) + sum(w in title for w in book.source.title_words)
    declared = len(sheet.header.taken) + len(sheet.header.ignored_columns)
    return words, declared / (declared + len(sheet.header.unknown))


def _nothing_fits(grids: list[Grid], books: list[HeadBook], file_name: str) -> IntakeRefused:
    """Name the nearest source, what it misses, and which heads come closest."""
    tries = [(best_header(g, b), g, b) for g in grids for b in books]
    scored = [(_nearness(sheet_of(g, h), b, file_name), h, b) for h, g, b in tries if h is not None]
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


def _nearness(sheet: Sheet, book: HeadBook, file_name: str) -> tuple[int, int, float]:
    """Words in name and title first, then how many declared columns a sheet has, then their share."""
    words, _ = _evidence(sheet, book, file_name)
    taken = len(sheet.header.taken)
    return words, taken, taken / len(book.columns)


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
