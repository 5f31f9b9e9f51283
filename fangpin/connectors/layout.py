"""Finds the table in a sheet: title rows, the real header of one or two storeys, data rows.

Floor 2. Totals, signatures, blanks and repeated headers are counted and never become data rows;
every other row below the header gets its row number, from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import HeadBook, head_key, is_ten_thousands

_HEADER_SEARCH_ROWS = 20
_STOREYS_MAX = 2
_TOTAL = r"^\S{0,12}(?:合计|小计|总计|共计)[:：]?\S{0,6}$"
_SIGNATURE = (
    r"^(?:制表|填表|审核|复核|经办|负责人|填报|单位负责|领款人|主管|联系人|注|备注|说明|打印|导出)\S{0,12}[:：]"
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
    """Return the header that matches most declared columns; fewer storeys, then the upper row, win a tie."""
    top = grid.rows.head(_HEADER_SEARCH_ROWS + _STOREYS_MAX).select(grid.columns).rows()
    best: Header | None = None
    for storeys in range(1, _STOREYS_MAX + 1):
        for index in range(min(_HEADER_SEARCH_ROWS, len(top) - storeys + 1)):
            heads = [_head_text([top[index + s][c] for s in range(storeys)]) for c in range(len(grid.columns))]
            found = _taken(heads, grid.columns, book, index, storeys)
            if found.taken and (best is None or len(found.taken) > len(best.taken)):
                best = found
    return best


def read_table(grid: Grid, header: Header) -> Table:
    """Return the data rows under a header; nothing but blank, total, signature and header rows is left out."""
    above = grid.rows.head(header.first_row).select(grid.columns)
    title = " ".join(cell for row in above.rows() for cell in row if cell)
    if is_ten_thousands(title):
        header = _all_in_ten_thousands(header)
    body = grid.rows.slice(header.first_row + header.storeys)
    body = body.with_columns(_trimmed(c) for c in grid.columns)
    heads = grid.rows.row(header.first_row + header.storeys - 1, named=True)
    noise = body.select(_noise(grid.columns, header, heads).alias("noise"))["noise"]
    counts = dict(noise.drop_nulls().value_counts().sort("noise").iter_rows())
    kept = body.filter(noise.is_null())
    content = [c for c in grid.columns if not _is_serial(heads[c])]
    rows = kept.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("row_number"),
        "sheet_row",
        *(pl.col(cell).alias(name) for name, cell in header.taken.items()),
        pl.concat_str([pl.col(c).fill_null("") for c in content], separator="\x1f").alias("row_text"),
    )
    return Table(grid.name, title, header, rows, counts)


def _head_text(storeys: list[str | None]) -> str:
    # The lowest filled storey names the column; the group above it only says what it belongs to.
    return next((text for text in reversed(storeys) if text and head_key(text)), "")


def _taken(heads: list[str], cells: list[str], book: HeadBook, first_row: int, storeys: int) -> Header:
    taken: dict[str, tuple[int, str]] = {}
    ten_thousands: set[str] = set()
    unknown: list[str] = []
    ignored: list[str] = []
    for head, cell in zip(heads, cells, strict=True):
        found = book.match(head) if head else None
        if found is None:
            if head and book.is_ignored(head):
                ignored.append(cell)
            elif head:
                unknown.append(head)
            continue
        if found.column in taken and taken[found.column][0] <= found.rank:
            ignored.append(cell)
            continue
        taken[found.column] = (found.rank, cell)
        if found.ten_thousands:
            ten_thousands.add(found.column)
    places = {name: cell for name, (_, cell) in taken.items()}
    return Header(first_row, storeys, places, frozenset(ten_thousands), tuple(unknown), tuple(ignored))


def _all_in_ten_thousands(header: Header) -> Header:
    return Header(
        header.first_row, header.storeys, header.taken, frozenset(header.taken), header.unknown, header.ignored_columns
    )


def _trimmed(cell: str) -> pl.Expr:
    trimmed = pl.col(cell).str.strip_chars(" \t\r\n\u3000\u00a0\u200b\ufeff")
    return pl.when(trimmed != "").then(trimmed).alias(cell)


def _is_serial(head: str | None) -> bool:
    return head is not None and head_key(head) in {"序号", "编号"}


def _noise(cells: list[str], header: Header, heads: dict[str, object]) -> pl.Expr:
    """Name what a row is when it is no data: blank, total, signature or the header again."""
    first = pl.coalesce(cells)
    leading = cells[:4]
    total = pl.any_horizontal(
        pl.col(c).str.replace_all(_SPACE, "").str.contains(_TOTAL).fill_null(value=False) for c in leading
    )
    filled = pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int32) for c in cells)
    signature = first.str.replace_all(_SPACE, "").str.contains(_SIGNATURE).fill_null(value=False)
    again = pl.all_horizontal(
        pl.col(cell).eq_missing(pl.lit(heads[cell], dtype=pl.String)) for cell in header.taken.values()
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
