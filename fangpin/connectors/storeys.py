"""The first rows of a sheet as storeys of heads: which group heads stand over which column.

Floor 2. Where the workbook says which cells are merged, a group spans just those; elsewhere it spans the cells
to its right until the next group head, and ends where a head is merged downwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import head_key


@dataclass(frozen=True, slots=True)
class _Area:
    """A merged area: rows and columns from 0, all of them inside; rows count as in the grid."""

    first_row: int
    last_row: int
    first_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Top:
    """The first rows of a sheet, and the merged areas that touch them."""

    rows: list[tuple[str | None, ...]]
    areas: dict[tuple[int, int], _Area]  # by row and column

    @classmethod
    def of(cls, grid: Grid, count: int) -> Top:
        """Return the first rows of a sheet."""
        first = grid.rows.head(count)
        rows = first.select(grid.columns).rows()
        places = {sheet_row: index for index, sheet_row in enumerate(first["sheet_row"])}
        areas: dict[tuple[int, int], _Area] = {}
        for merged in grid.merged:
            inside = [places[row] for row in range(merged.first_row, merged.last_row + 1) if row in places]
            if not inside or merged.first_row not in places:
                continue
            column = merged.first_column
            text = rows[inside[0]][column] if column < len(grid.columns) else None
            area = _Area(inside[0], inside[-1], column, text or "")
            areas |= {(row, c): area for row in inside for c in range(column, merged.last_column + 1)}
        return cls(rows, areas)

    def paths(self, index: int, storeys: int) -> list[tuple[str, ...]]:
        """Return for each column its head with the group heads above it, outermost first; () where there is none.

        >>> Top([("户主", None, "低保类别"), ("姓名", "身份证号", None)], {}).paths(0, 2)
        [('户主', '姓名'), ('户主', '身份证号'), ('低保类别',)]
        """
        carried = [""] * storeys
        return [self._path(index, storeys, column, carried) for column in range(len(self.rows[index]))]

    def goes_on(self, index: int, storeys: int, *, is_head: Callable[[str], bool]) -> bool:
        """Say whether the row under some storeys is one more: a head is merged down into it, or it splits a group.

        Without merged areas a row splits a group when it fills the cells under a head and under the empty cell to the
        head's right, or when all it holds is heads.
        """
        below = index + storeys
        if below >= len(self.rows):
            return False
        if any(row == below and index <= area.first_row < below for (row, _), area in self.areas.items()):
            return True
        row = self.rows[below]
        filled = [column for column, cell in enumerate(row) if cell and head_key(cell)]
        named = [column for column in filled if any(self.rows[r][column] for r in range(index, below))]
        splits = any(column not in named and column - 1 in named for column in filled)
        return bool(filled) and (splits or all(is_head(row[column] or "") for column in filled))

    def _path(self, index: int, storeys: int, column: int, carried: list[str]) -> tuple[str, ...]:
        """Return the path of one column, and leave in ``carried`` the groups that go on to its right."""
        last = index + storeys - 1
        own = [self._own(index, row, column) for row in range(index, last + 1)]
        area = self.areas.get((last, column))
        covered = area is not None and area.first_column != column  # the right part of a head over two columns
        if covered or not any(own):
            carried[:] = [""] * storeys
            return ()
        lowest = max(level for level, text in enumerate(own) if text)
        path = []
        for level in range(lowest):
            if own[level] or (index + level, column) in self.areas:
                carried[level:] = ["" if (index + level, column) in self.areas else own[level]] + [""] * (
                    storeys - level - 1
                )
                path.append(own[level])
            else:
                path.append(carried[level])
        if lowest < storeys - 1:
            carried[lowest:] = [""] * (storeys - lowest)
        return (*(text for text in path if text), own[lowest])

    def _own(self, index: int, row: int, column: int) -> str:
        """Return the head a cell shows, "" for none and for what another row of the same area shows."""
        area = self.areas.get((row, column))
        if area is None:
            text = self.rows[row][column] or ""
        elif area.first_row < index or area.first_row < row:
            text = ""
        else:
            text = area.text
        return text if head_key(text) else ""
