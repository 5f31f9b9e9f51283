"""Where a household's figures come from: department, file, sheet and row of everything linked to it.

Floor 4. Every row that a screening used for a household, as delivered: the way back from any figure to its paper.
"""

from __future__ import annotations

import polars as pl

from fangpin.errors import NotFound
from fangpin.pipeline.county import County
from fangpin.pipeline.linking import link_batches
from fangpin.pipeline.pins import pins_again
from fangpin.pipeline.runs import is_register, run_of
from fangpin.store.batches import batches
from fangpin.types import Band, BatchRef, Period

_SCHEMA = pl.Schema(
    {
        "period": pl.String,
        "source_id": pl.String,
        "title": pl.String,
        "agency": pl.String,
        "file_name": pl.String,
        "sheet": pl.String,
        "sheet_row": pl.UInt32,
        "batch_id": pl.String,
        "facts": pl.String,
    }
)


def rows_behind(county: County, period: Period, household_no: str) -> pl.DataFrame:
    """Return the delivered rows that the screening of a month used for a household.

    Rows out: period, source_id, title, agency, file_name (as delivered), sheet str, sheet_row u32, batch_id str, facts
    str (title：value of every known fact, joined by ；); by source, month, sheet and row. No name, no ID.
    Raises: NeedsDecision when the month was never screened; NotFound when nothing was linked to the household, or the
    month must be screened again because its data or declarations have changed since.
    """
    pins = pins_again(county, run_of(county, period)["pins"])
    if pins is None:
        raise NotFound(f"{period} 的筛查依据", "数据或声明此后有变动", action=f"请先运行 fangpin screen {period}")
    link_batches(county, pins.links, progress=lambda *_: None)
    linked = {b.ref: b for b in pins.links}
    with county.office.read() as connection:
        names = dict(batches(connection).select("batch_id", "file_name").iter_rows())
    found = [pl.DataFrame(schema=_SCHEMA)]
    for ref in pins.batches:
        links = None if is_register(county, ref) else pl.read_parquet(linked[ref].links_path) if ref in linked else None
        rows = _rows_of(county, ref, links, household_no)
        if rows is not None:
            found.append(_told(county, ref, rows, file_name=names[ref.batch_id]))
    whole = pl.concat(found)
    if whole.is_empty():
        raise NotFound(f"户 {household_no}", f"{period} 的筛查中没有这一户的数据", action="请核对户编号和月份")
    return whole.sort("source_id", "period", "sheet", "sheet_row")


def _rows_of(county: County, ref: BatchRef, links: pl.DataFrame | None, household_no: str) -> pl.DataFrame | None:
    """Return the accepted rows of a batch that belong to a household, with sheet and row; None when there are none."""
    identity = county.warehouse.read(ref.batch_id, "identity").filter(pl.col("row_status") == "accepted")
    if links is None and not is_register(county, ref):
        return None
    if links is None:
        own = identity.filter(pl.col("household_no") == household_no)
    else:
        mine = links.filter((pl.col("band") == Band.LINK) & (pl.col("household_no") == household_no))
        own = identity.join(mine.select("row_number"), on="row_number", how="semi")
    if own.is_empty():
        return None
    return own.select("row_number", "sheet", "sheet_row").join(
        county.warehouse.read(ref.batch_id, "facts"), on="row_number"
    )


def _told(county: County, ref: BatchRef, rows: pl.DataFrame, *, file_name: str) -> pl.DataFrame:
    source = county.declared.source(ref.source_id)
    titles = {c.name: c.title for c in source.columns if c.name in rows.columns}
    said = [
        pl.when(pl.col(name).is_not_null()).then(pl.lit(f"{title}：") + pl.col(name).cast(pl.String))
        for name, title in titles.items()
    ]
    facts = pl.concat_str(said, separator="；", ignore_nulls=True) if said else pl.lit("")
    return rows.select(
        pl.lit(str(ref.period)).alias("period"),
        pl.lit(source.id).alias("source_id"),
        pl.lit(source.title).alias("title"),
        pl.lit(source.agency).alias("agency"),
        pl.lit(file_name).alias("file_name"),
        "sheet",
        "sheet_row",
        pl.lit(ref.batch_id).alias("batch_id"),
        facts.alias("facts"),
    )
