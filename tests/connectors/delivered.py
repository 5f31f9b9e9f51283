"""What a department's sheets become, without files: recognised, read, conformed, their month settled."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fangpin.config.loader import Declarations
from fangpin.connectors.conform import Conformed, conform
from fangpin.connectors.grid import Grid
from fangpin.connectors.header import find_header
from fangpin.connectors.heads import HeadBook
from fangpin.connectors.layout import Part, Sheet, read_parts, sheet_of
from fangpin.connectors.months import settle_period
from fangpin.connectors.recognise import Recognised, recognise
from fangpin.types import Period


@dataclass(frozen=True)
class Delivered:
    """A delivery that was taken in: what it was taken for, its month, its rows."""

    recognised: Recognised
    period: Period
    period_from: str
    conformed: Conformed

    @property
    def source_id(self) -> str:
        """The source it was taken for."""
        return self.recognised.source_id

    @property
    def sheets(self) -> list[str]:
        """Names of the sheets that were read."""
        return [sheet.grid.name for sheet in self.recognised.sheets]

    @property
    def skipped(self) -> dict[str, int]:
        """Rows that were no data, and the rows of sheets left out."""
        return self.conformed.skipped | self.recognised.left_out


def delivered(
    declared: Declarations,
    *grids: Grid,
    file_name: str = "来件.xlsx",
    source_id: str | None = None,
    period: Period | None = None,
) -> Delivered:
    """Return what sheets become; IntakeRefused as the product would raise it."""
    found = recognise(list(grids), declared, file_name=file_name, source_id=source_id, period=period)
    source = declared.sources[found.source_id]
    merged = (*source.merged, *(c.name for c in source.columns if c.merged))
    conformed = conform(read_parts(found.sheets, merged=merged), source, declared.identity)
    settled, place = settle_period(found.months, conformed.period_texts, told=found.told, file_name=file_name)
    return Delivered(found, settled, place, conformed)


def table_of(sheet: Grid, book: HeadBook) -> tuple[Sheet, Part]:
    """Return a sheet with its header found, and all its data rows as one part."""
    header = find_header(sheet, book)
    assert header is not None
    found = sheet_of(sheet, header)
    parts = list(read_parts([found]))
    skipped: dict[str, int] = {}
    for part in parts:
        skipped |= {name: skipped.get(name, 0) + rows for name, rows in part.skipped.items()}
    texts = frozenset().union(*(part.period_texts for part in parts))
    return found, Part(pl.concat([p.rows for p in parts]), parts[0].ten_thousands, skipped, texts)


def conformed_of(declared: Declarations, source_id: str, sheet: Grid) -> Conformed:
    """Return what becomes of a sheet read as one source."""
    source = declared.sources[source_id]
    _, part = table_of(sheet, HeadBook(source, declared.identity))
    return conform([part], source, declared.identity)
