"""Delivered rows of a month beside how they were linked, as far as a question about matching needs them.

Floor 4. Reads the warehouse and writes nothing; identity is read for the rows asked for only.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fangpin.matching.keys import IDENTITY
from fangpin.pipeline.county import County
from fangpin.pipeline.recipes import LinkedBatch
from fangpin.types import Band

_LINK = ("row_number", "band", "method", "score", "person_no", "household_no", "reasons")


def by_identity(county: County, linked: Sequence[LinkedBatch]) -> list[LinkedBatch]:
    """Return the batches whose rows are linked to people by what they tell of them."""
    return [b for b in linked if county.declared.source(b.ref.source_id).link_by == "identity"]


def read_links(batch: LinkedBatch) -> pl.DataFrame:
    """Return the links of a batch.

    Rows out: source_id, batch_id str, row_number u32, band, method, score, person_no, household_no, reasons; nearest
    bool (a candidate was found for a row that the exact tier did not decide).
    """
    found = pl.scan_parquet(batch.nearest_path).select(
        pl.col("row_number").unique(), pl.lit(value=True).alias("nearest")
    )
    lazy = pl.scan_parquet(batch.links_path).select(_LINK).join(found, on="row_number", how="left")
    return lazy.select(
        pl.lit(batch.ref.source_id).alias("source_id"),
        pl.lit(batch.ref.batch_id).alias("batch_id"),
        *_LINK,
        pl.col("nearest").fill_null(value=False),
    ).collect()


def read_rows(county: County, batch: LinkedBatch, *, bands: Sequence[Band]) -> pl.DataFrame:
    """Return the rows of a batch in some bands with what they tell.

    Rows out: agency, source_id, batch_id, row_number, sheet, sheet_row; the identity columns, household_no as told
    under told_household; band, method, score, person_no, household_no of the link.
    """
    links = pl.scan_parquet(batch.links_path).select(_LINK).filter(pl.col("band").is_in([b.value for b in bands]))
    identity = (
        pl.scan_parquet(county.warehouse.part(batch.ref.batch_id, "identity"))
        .select("row_number", "sheet", "sheet_row", *IDENTITY)
        .rename({"household_no": "told_household"})
    )
    source = county.declared.source(batch.ref.source_id)
    return (
        identity.join(links, on="row_number")
        .with_columns(
            pl.lit(source.agency).alias("agency"),
            pl.lit(source.id).alias("source_id"),
            pl.lit(batch.ref.batch_id).alias("batch_id"),
        )
        .collect()
    )


def with_places(county: County, batches: Sequence[LinkedBatch], rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows named by batch_id and row_number with where they stand in the file: sheet str, sheet_row u32."""
    wanted = rows.select("batch_id", "row_number").unique()
    places = [
        pl.scan_parquet(county.warehouse.part(b.ref.batch_id, "identity"))
        .select("row_number", "sheet", "sheet_row", pl.lit(b.ref.batch_id).alias("batch_id"))
        .join(wanted.lazy(), on=["batch_id", "row_number"], how="semi")
        .collect()
        for b in batches
        if b.ref.batch_id in wanted["batch_id"]
    ]
    schema = {"row_number": pl.UInt32, "sheet": pl.String, "sheet_row": pl.UInt32, "batch_id": pl.String}
    known = pl.concat([pl.DataFrame(schema=schema), *places])
    return rows.join(known, on=["batch_id", "row_number"], how="left", maintain_order="left")
