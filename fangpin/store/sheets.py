"""The workbooks handed to townships: which, in which revision, with which content.

Floor 3. A sheet is written to disk before it is written down here; the same content twice is one sheet.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, insert, select

from fangpin.store.frames import frame
from fangpin.store.schema import Sheet
from fangpin.types import Period


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A workbook that lies on disk; ``path`` is relative to the folder of the export."""

    period: Period
    township: str
    revision: int
    sha256: str
    path: str


def newest_sheets(connection: Connection, period: Period) -> dict[str, SheetFile]:
    """Return the newest sheet of each township for a period, by township."""
    statement = select(Sheet).where(Sheet.period == str(period)).order_by(Sheet.township, Sheet.revision)
    return {
        row.township: SheetFile(period, row.township, row.revision, row.sha256, row.path)
        for row in connection.execute(statement)
    }


def register_sheets(connection: Connection, files: list[SheetFile], *, now: dt.datetime, by: str) -> None:
    """Write down the workbooks of an export."""
    rows = [
        {
            "sheet_id": f"{file.period}:{file.township}:{file.revision}",
            "period": str(file.period),
            "township": file.township,
            "revision": file.revision,
            "sha256": file.sha256,
            "path": file.path,
            "exported_at": now,
            "exported_by": by,
        }
        for file in files
    ]
    if rows:
        connection.execute(insert(Sheet), rows)


def sheets_of(connection: Connection, period: Period) -> pl.DataFrame:
    """Return the sheets of a period, every revision.

    Rows out: sheet_id, period, township str; revision i64; sha256, path str; exported_at datetime UTC;
    exported_by str; sorted by township and revision.
    """
    columns = [getattr(Sheet, name) for name in Sheet.__table__.columns.keys()]  # noqa: SIM118 - keys() gives names
    return frame(
        connection, select(*columns).where(Sheet.period == str(period)).order_by(Sheet.township, Sheet.revision)
    )
