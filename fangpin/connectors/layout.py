"""Finds the table in a sheet: title rows, the real header of one or two storeys, data rows.

Floor 2. Totals, signatures, blanks and repeated headers are counted and never become data rows;
every other row below the header gets its row number, from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import HeadBook, HeadMatch, head_key, is_serial, is_ten_thousands, is_yuan

_HEADER_SEARCH_ROWS = 20
_STOREYS_MAX = 2
_TOTAL = r"^\S{0,12}(?:合计|小计|总计|共计)[:：]?\S{0,6}$"
_SIGNATURE = (
    r"^(?:(?:制表|填表|审核|复核|经办|负责人|填报|单位负责|领款人|主管|联系人|注|备注|说明|打印|导出)\S{0,12}[:：]"
    r"|(?:制表|填表|审核|复核|经办|负责)人$)"
)
_SPACE = r"[\s\u3000\u00a0\u200b\ufeff]+"


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header is and what each grid column was taken for."""

    first_row: int  # index into the grid, from 0
    storeys: int
    taken: dict[str, str]  # declared column -> grid column
    ten_thousands: frozenset[str]  # money columns given in 万元
    unknown: tuple[str, ...]  # heads nobody declared
    ignored_columns: tuple[str, ...]  # grid columns of declared-as-ignored heads
    heads: dict[str, str]  # grid column -> its whole head, group included


@dataclass(frozen=True, slots=True)
class Table:
    """One recognised sheet: rows hold row_number, sheet_row and one text column per declared column taken.

    ``rows`` also holds ``row_text``: all cells but the serial number joined, by which exact duplicates are known.
    """

    sheet: str
    title: str
    header: Header
    rows: pl.DataFrame
    skipped: dict[str, int] = field(default_factory=dict)  # 合计、签字、空行、重复表头


def find_header(grid: Grid, book: HeadBook) -> Header | None:
    """Return the best header for a source in the first rows of a sheet, or None when a required column is missing."""
    best = best_header(grid, book)
    if best is None or any(name not in best.taken for name in book.required):
        return None
    return best


def best_header(grid: Grid, book: HeadBook) -> Header | None:
    """Return the header that matches most declared, then most known columns; a tie goes to fewer storeys, upper row."""
    top = grid.rows.head(_HEADER_SEARCH_ROWS + _STOREYS_MAX).select(grid.columns).rows()
    best: Header | None = None
    for storeys in range(1, _STOREYS_MAX + 1):
        for index in range(min(_HEADER_SEARCH_ROWS, len(top) - storeys + 1)):
            found = _taken(_heads(top[index : index + storeys]), grid.columns, book, first_row=index, storeys=storeys)
            if found.taken and (best is None or _known(found) > _known(best)):
                best = found
    return best


def _known(header: Header) -> tuple[int, int]:
    return len(header.taken), len(header.ignored_columns)


def read_table(grid: Grid, header: Header) -> Table:
    """Return the data rows under a header; nothing but blank, total, signature and header rows is left out."""
    above = grid.rows.head(header.first_row).select(grid.columns)
    title = " ".join(cell for row in above.rows() for cell in row if cell)
    if is_ten_thousands(title):
        header = _all_in_ten_thousands(header)
    body = grid.rows.slice(header.first_row + header.storeys)
    body = body.with_columns(_trimmed(c) for c in grid.columns)
    storeys = grid.rows.slice(header.first_row, header.storeys).select(_trimmed(c) for c in grid.columns)
    noise = body.select(_noise(grid.columns, header, storeys.rows(named=True)).alias("noise"))["noise"]
    counts = dict(noise.drop_nulls().value_counts().sort("noise").iter_rows())
    kept = body.filter(noise.is_null())
    content = [c for c in grid.columns if not is_serial(header.heads[c])]
    rows = kept.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("row_number"),
        "sheet_row",
        *(pl.col(cell).alias(name) for name, cell in header.taken.items()),
        pl.concat_str([pl.col(c).fill_null("") for c in content], separator="\x1f").alias("row_text"),
    )
    return Table(grid.name, title, header, rows, counts)


def _heads(storeys: list[tuple[str | None, ...]]) -> list[tuple[str, str]]:
    """Return (group, head) of each column: the lowest filled storey names it, a merged cell above groups it."""
    lowest = [cell if cell and head_key(cell) else "" for cell in storeys[-1]]
    if len(storeys) == 1:
        return [("", head) for head in lowest]
    heads: list[tuple[str, str]] = []
    group = ""
    for above, head in zip(storeys[0], lowest, strict=True):
        upper = above if above and head_key(above) else ""
        if not head:  # merged downwards: the upper cell is the head itself
            heads.append(("", upper))
            group = ""
            continue
        group = upper or group
        heads.append((group, head))
    return heads


def _taken(heads: list[tuple[str, str]], cells: list[str], book: HeadBook, *, first_row: int, storeys: int) -> Header:
    taken: dict[str, tuple[HeadMatch, str]] = {}
    unknown: list[str] = []
    ignored: list[str] = []
    for (group, head), cell in zip(heads, cells, strict=True):
        found = book.match(head, group=group) if head else None
        if found is None:
            if head and book.is_ignored(head):
                ignored.append(cell)
            elif head:
                unknown.append(head)
            continue
        before = taken.get(found.column)
        if before is not None and before[0].rank <= found.rank:
            ignored.append(cell)
            continue
        if before is not None:
            ignored.append(before[1])
        taken[found.column] = (found, cell)
    places = {name: cell for name, (_, cell) in taken.items()}
    large = frozenset(name for name, (found, _) in taken.items() if found.ten_thousands)
    whole = {cell: group + head for (group, head), cell in zip(heads, cells, strict=True)}
    return Header(first_row, storeys, places, large, tuple(unknown), tuple(ignored), whole)


def _all_in_ten_thousands(header: Header) -> Header:
    """Return the header with all its columns in 万元, but for those whose own head says 元."""
    large = frozenset(name for name, cell in header.taken.items() if not is_yuan(header.heads[cell]))
    return replace(header, ten_thousands=large)


def _trimmed(cell: str) -> pl.Expr:
    trimmed = pl.col(cell).str.strip_chars(" \t\r\n\u3000\u00a0\u200b\ufeff")
    return pl.when(trimmed != "").then(trimmed).alias(cell)


def _noise(cells: list[str], header: Header, storeys: list[dict[str, str | None]]) -> pl.Expr:
    """Name what a row is when it is no data: blank, total, signature or the header again."""
    first = pl.coalesce(cells)
    leading = [first, *(pl.col(c) for c in cells[:4])]
    total = pl.any_horizontal(
        cell.str.replace_all(_SPACE, "").str.contains(_TOTAL).fill_null(value=False) for cell in leading
    )
    filled = pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int32) for c in cells)
    signature = first.str.replace_all(_SPACE, "").str.contains(_SIGNATURE).fill_null(value=False)
    taken = list(header.taken.values())
    repeated = [s for s in storeys if any(s[cell] for cell in taken)]
    again = pl.any_horizontal(
        pl.all_horizontal(pl.col(cell).eq_missing(pl.lit(storey[cell], dtype=pl.String)) for cell in taken)
        for storey in repeated
    )
    identifying = [header.taken[n] for n in ("id_no", "person_no", "household_no") if n in header.taken]
    has_number = pl.any_horizontal(
        [pl.col(c).str.contains(r"\d{6}").fill_null(value=False) for c in identifying] or [pl.lit(value=False)]
    )
    return (
        pl.when(filled == 0)
        .then(pl.lit("空行"))
        .when(again)
        .then(pl.lit("重复表头"))
        .when(total & ~has_number)
        .then(pl.lit("合计"))
        .when(signature & ~has_number)
        .then(pl.lit("签字"))
    )
