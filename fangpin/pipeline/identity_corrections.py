"""Correction sheets for wrong IDs and names that matching found, one per delivery, for each department to fill in.

Floor 4. The sheet is the one every delivery's problems come on: filled in and received, it corrects the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fangpin.connectors.heads import declared_columns
from fangpin.errors import NeedsDecision, NotFound
from fangpin.ledgers.identity_corrections import identity_problems
from fangpin.ledgers.quarantine import Delivered, write_quarantine
from fangpin.matching.register import Register
from fangpin.pipeline.county import County
from fangpin.pipeline.matching_rows import by_identity, read_rows
from fangpin.pipeline.pins import month_links
from fangpin.pipeline.recipes import LinkedBatch
from fangpin.pipeline.runs import read_register
from fangpin.store.batches import batch_row
from fangpin.store.deliveries import BatchState
from fangpin.store.files import private_folder
from fangpin.types import Band, Period

_SHOWN = ("row_number", "sheet", "sheet_row", "person_name", "id_no", "township", "village", "village_group", "address")


@dataclass(frozen=True, slots=True)
class CorrectionSheet:
    """A sheet that was written: for which source, where it lies, how many lines and rows it has."""

    agency: str
    source_title: str
    path: Path
    lines: int
    rows: int


def write_corrections(
    county: County, period: Period, *, source_id: str | None, folder: Path | None
) -> list[CorrectionSheet]:
    """Write the correction sheets of one source, or of all, for a screened month; a source without a fault gets none.

    ``folder``: where to; None for the county's own folder of correction sheets.
    Raises: NeedsDecision when the month was never screened, or a delivery was replaced since; NotFound when the month
    holds no rows of the source.
    """
    linked = by_identity(county, month_links(county, period))
    wanted = [b for b in linked if source_id in (None, b.ref.source_id)]
    if not wanted:
        raise NotFound(f"数据源 {source_id or ''}", f"{period.title}没有按身份匹配的数据", action="请核对数据源和月份")
    target = folder or private_folder(county.home / "quarantine" / str(period))
    if not target.is_dir():
        raise NotFound(f"目录 {target}", "不存在", action="请先建立该目录")
    register = read_register(county, wanted[0].register_batch_id)
    sheets = [_write(county, batch, register, target) for batch in wanted]
    return [sheet for sheet in sheets if sheet is not None]


def _write(county: County, batch: LinkedBatch, register: Register, folder: Path) -> CorrectionSheet | None:
    source = county.declared.source(batch.ref.source_id)
    with county.office.read() as connection:
        delivery = batch_row(connection, batch.ref.batch_id)
    if delivery["state"] != BatchState.LANDED:
        given = f"{batch.ref.period.title}的数据在筛查后已被替代"
        raise NeedsDecision(f"数据源 {source.title}", given, action=f"请先运行 fangpin screen {batch.ref.period}")
    rows = _beside_register(read_rows(county, batch, bands=tuple(Band)), register.persons)
    problems = identity_problems(rows, id_required=source.identity["id_no"].required)
    if problems.is_empty():
        return None
    shown = rows.join(problems.select("row_number").unique(), on="row_number", how="semi")
    path = folder / f"{source.title}_{batch.ref.period}_证件姓名待更正_{batch.ref.batch_id[-12:]}.xlsx"
    write_quarantine(
        path,
        Delivered(batch.ref.batch_id, source, batch.ref.period, delivery["file_name"], {}),
        issues=problems,
        rows=shown.with_columns(id_no=pl.col("id_seen")).select(_taken(shown)),
        columns=declared_columns(source, county.declared.identity),
    )
    return CorrectionSheet(source.agency, source.title, path, problems.height, shown.height)


def _beside_register(rows: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Rows with whom they were linked to, and whether their number is another's of the same household."""
    theirs = persons.select("person_no", registered_id="id_no", registered_name="person_name")
    owners = persons.drop_nulls("id_no").unique("id_no", keep="none")
    owner = owners.select("id_no", owner_no="person_no", owner_household="household_no")
    other = (pl.col("owner_no") != pl.col("person_no")) & (pl.col("owner_household") == pl.col("household_no"))
    return (
        rows.join(theirs, on="person_no", how="left")
        .join(owner, on="id_no", how="left")
        .with_columns(linked=pl.col("band") == Band.LINK.value, relative=other)
        .sort("row_number")
    )


def _taken(rows: pl.DataFrame) -> list[str]:
    """What is shown of the rows: columns that hold anything."""
    needed = ("row_number", "sheet", "sheet_row", "person_name", "id_no")
    return [name for name in _SHOWN if name in needed or rows[name].null_count() < rows.height]
