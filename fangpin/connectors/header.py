"""Finds the real header of a sheet: under title rows, of one to three storeys, with merged group heads.

Floor 2. Only the first rows are looked at. Nothing is guessed in silence: a head nobody declared is unknown;
where two grid columns claim one declared column the better evidence wins and the other is reported.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

import polars as pl

from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import LOOSE, HeadBook, HeadMatch, head_key, is_of_another, is_serial, is_ten_thousands
from fangpin.connectors.storeys import Top

_HEADER_SEARCH_ROWS = 20
_STOREYS_MAX = 3
_ROWS_OF_EVIDENCE = 2_000
_GROUP_LENGTH = 8
_DATA_CELL = re.compile(r"^[+-]?[\d,.]+%?$|\d{8}|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}")  # a figure, a number, a day
# A second 姓名 and 身份证号 are the head of household's, where a source knows the head.
_HEADS_COLUMN = {"person_name": "head_name", "id_no": "head_id_no"}


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header is and what each grid column was taken for."""

    first_row: int  # index into the grid, from 0
    storeys: int
    taken: dict[str, str]  # declared column -> grid column
    ten_thousands: frozenset[str]  # money columns given in 万元
    unknown: tuple[str, ...]  # heads nobody declared, set aside for another column of the same head, or told by content
    ignored_columns: tuple[str, ...]  # grid columns of declared-as-ignored heads
    heads: dict[str, str]  # grid column -> its whole head, groups included


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands over one grid column."""

    cell: str
    groups: tuple[str, ...]
    text: str
    match: HeadMatch | None

    @property
    def whole(self) -> str:
        return self.text if is_serial(self.text) else "".join((*self.groups, self.text))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Some rows of the sheet read as a header."""

    first_row: int
    storeys: int
    heads: list[_Head]
    claims: dict[str, list[_Head]]  # declared column -> the heads that stand for it best, left to right
    ignored: list[_Head]
    data_cells: int

    @property
    def likeness(self) -> tuple[int, int, int]:
        """How much this looks like a header: many declared heads and no figures, no head twice, many known heads."""
        doubled = sum(len(heads) - 1 for heads in self.claims.values())
        return len(self.claims) - self.data_cells, -doubled, len(self.ignored)


def find_header(grid: Grid, book: HeadBook) -> Header | None:
    """Return the best header for a source in the first rows of a sheet, or None when a required column is missing."""
    top = Top.of(grid, _HEADER_SEARCH_ROWS + _STOREYS_MAX)
    signs = {sign for row in top.rows for cell in row if cell for sign in head_key(cell)}
    best = best_header(grid, book) if book.may_fit(signs) else None
    if best is None or any(name not in best.taken for name in book.required):
        return None
    return best


def best_header(grid: Grid, book: HeadBook) -> Header | None:
    """Return the header that matches most declared, then most known columns; a tie goes to fewer storeys, upper row."""
    top = Top.of(grid, _HEADER_SEARCH_ROWS + _STOREYS_MAX)
    known = [any(cell and book.is_known(cell) for cell in row) for row in top.rows]
    best: _Candidate | None = None
    for storeys in range(1, _STOREYS_MAX + 1):
        for index in range(min(_HEADER_SEARCH_ROWS, len(top.rows) - storeys + 1)):
            if not any(known[index : index + storeys]) or (index and _belongs_to_the_heads_below(top.rows[index - 1])):
                continue
            found = _candidate(grid.columns, book, top, index, storeys)
            if found.claims and (best is None or found.likeness > best.likeness):
                best = found
    return _settled(grid, book, _with_lower_storeys(grid.columns, book, top, best)) if best else None


def _belongs_to_the_heads_below(row: tuple[str | None, ...]) -> bool:
    """Say whether a row says of the heads below it that they are another person's, or in 万元: then it is a storey."""
    if any(cell and _DATA_CELL.search(cell.strip()) for cell in row):
        return False
    return any(
        cell
        and not cell.strip().endswith((":", "："))
        and (is_of_another(cell) or (place > 0 and _gives_its_unit(cell)))
        for place, cell in enumerate(row)
    )


def _gives_its_unit(cell: str) -> bool:
    """Say whether a group is in 万元; a title, which is longer, speaks of the whole table."""
    return is_ten_thousands(cell) and 0 < len(head_key(cell)) <= _GROUP_LENGTH and not cell.startswith("单位")


def _with_lower_storeys(cells: list[str], book: HeadBook, top: Top, best: _Candidate) -> _Candidate:
    """Return the header with the storeys that follow it, which name nothing declared: they are no data either."""
    while best.storeys < _STOREYS_MAX and top.goes_on(best.first_row, best.storeys, is_head=book.is_known):
        longer = _candidate(cells, book, top, best.first_row, best.storeys + 1)
        if longer.data_cells > best.data_cells or not longer.claims.keys() >= best.claims.keys():
            break
        best = longer
    return best


def _candidate(cells: list[str], book: HeadBook, top: Top, index: int, storeys: int) -> _Candidate:
    heads = []
    for cell, path in zip(cells, top.paths(index, storeys), strict=True):
        if path:
            heads.append(_Head(cell, path[:-1], path[-1], book.match(path[-1], groups=path[:-1])))
    found: dict[str, list[_Head]] = defaultdict(list)
    for head in heads:
        if head.match:
            found[head.match.column].append(head)
    claims = {name: [h for h in those if _rank(h) == min(map(_rank, those))] for name, those in found.items()}
    claims = {name: those for name, those in claims.items() if len(those) == 1 or _rank(those[0]) < LOOSE}
    ignored = [h for h in heads if h.match is None and (book.is_ignored(h.text) or book.is_ignored(h.whole))]
    rows = top.rows[index : index + storeys]
    data_cells = sum(1 for row in rows for cell in row if cell and _DATA_CELL.search(cell.strip()))
    return _Candidate(index, storeys, heads, claims, ignored, data_cells)


def _rank(head: _Head) -> int:
    return head.match.rank if head.match else LOOSE


def _settled(grid: Grid, book: HeadBook, best: _Candidate) -> Header:
    """Return the header of a candidate, each declared column with the one grid column that stands for it."""
    chosen = _chosen(grid, best)
    inferred = _heads_of_household(grid, book, best, chosen)
    chosen |= inferred
    taken = {name: head.cell for name, head in chosen.items()}
    outdone = [h for h in best.heads if h.match and h.cell not in taken.values()]
    rivals = [h for heads in best.claims.values() for h in heads]
    twice = [h for h in outdone if _rank(h) >= LOOSE or h in rivals]
    aside = [h for h in outdone if h not in twice] + best.ignored
    nobodys = [h for h in best.heads if h.match is None and h not in best.ignored]
    order = [cell for cell in grid.columns if any(h.cell == cell for h in aside)]
    return Header(
        first_row=best.first_row,
        storeys=best.storeys,
        taken=taken,
        ten_thousands=frozenset(name for name, h in chosen.items() if h.match and h.match.ten_thousands),
        unknown=tuple(
            [h.whole for h in nobodys]
            + [f"{h.whole}（第{grid.columns.index(h.cell) + 1}列）" for h in twice]
            + [
                f"{h.whole}（第{grid.columns.index(h.cell) + 1}列，据内容作{book.columns[name].title}）"
                for name, h in inferred.items()
            ]
        ),
        ignored_columns=tuple(order),
        heads={cell: next((h.whole for h in best.heads if h.cell == cell), "") for cell in grid.columns},
    )


def _chosen(grid: Grid, best: _Candidate) -> dict[str, _Head]:
    """Return the head of each declared column; of several, the one whose cells speak for it, else the first.

    Of two names or ID numbers the row's own person is the one that changes more from row to row: the head of
    household stays the same for every member. Of any other two columns the fuller one is taken.
    """
    chosen = {name: heads[0] for name, heads in best.claims.items()}
    doubled = {name: heads for name, heads in best.claims.items() if len(heads) > 1}
    persons = [heads for name, heads in doubled.items() if name in _HEADS_COLUMN]
    for name, heads in doubled.items():
        if name in _HEADS_COLUMN:
            together = [those for those in persons if len(those) == len(heads)]  # a name and its number stay together
            speaks = [sum(_distinct(grid, best, those[i]) for those in together) for i in range(len(heads))]
        else:
            speaks = [_body(grid, best, head).count() for head in heads]
        chosen[name] = heads[speaks.index(max(speaks))]
    return chosen


def _heads_of_household(grid: Grid, book: HeadBook, best: _Candidate, chosen: dict[str, _Head]) -> dict[str, _Head]:
    """Return the second name and number as the head of household's, where their cells say so and none is declared."""
    found = {}
    for name, of_head in _HEADS_COLUMN.items():
        others = [h for h in best.claims.get(name, ()) if h is not chosen[name]]
        if len(others) == 1 and of_head in book.columns and of_head not in chosen:
            (other,) = others
            if _distinct(grid, best, other) < _distinct(grid, best, chosen[name]):
                found[of_head] = other
    return found


def _distinct(grid: Grid, best: _Candidate, head: _Head) -> int:
    return _body(grid, best, head).drop_nulls().n_unique()


def _body(grid: Grid, best: _Candidate, head: _Head) -> pl.Series:
    return grid.rows[head.cell].slice(best.first_row + best.storeys, _ROWS_OF_EVIDENCE)
