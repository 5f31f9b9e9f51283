"""What the rows under review would change: the leads that households would get if each of them were linked.

Floor 4. Evaluates the month once more with every row under review taken as linked, once a run: what comes out is kept
in the warehouse, because after the first judgement the run is no longer the newest.
"""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.pins import Pins, pin
from fangpin.pipeline.recipes import LinkedBatch
from fangpin.pipeline.runs import read_tables, run_of
from fangpin.pipeline.screening import tables_of
from fangpin.store.files import private_folder, write_file
from fangpin.types import Band, Kind, Period

NO_GAINS: Final = pl.DataFrame(schema={"household_no": pl.String(), "leads": pl.UInt32()})
"""Nobody would get a lead, or nobody knows."""


def lead_gains(county: County, period: Period, *, progress: Progress) -> pl.DataFrame | None:
    """Return the households that would get leads of further kinds if the month's rows under review were linked.

    None when nobody asked before the month's data or judgements changed: then only a new screening can tell.
    Rows out: household_no str, leads u32 (kinds it has no lead of now, at least one); sorted.
    Raises: NeedsDecision when the month was not screened.
    """
    run_id = run_of(county, period)["run_id"]
    kept = private_folder(county.warehouse.folder / "reviews") / f"{run_id}.parquet"
    if kept.exists():
        return pl.read_parquet(kept)
    pins = pin(county, period)
    if pins.run_id != run_id:
        return None
    gains = _gains(county, pins, progress=progress)
    content = io.BytesIO()
    gains.write_parquet(content)
    write_file(kept, content.getvalue())
    return gains


def _gains(county: County, pins: Pins, *, progress: Progress) -> pl.DataFrame:
    progress("试算", 0, 1)
    with TemporaryDirectory(dir=county.incoming) as folder:
        accepted = [_accepted(b, Path(folder)) if b.ref.period == pins.period else b for b in pins.links]
        would_be = tables_of(county, pins, accepted)["lead_kind"]
    progress("试算", 1, 1)
    # Who is drawn for a spot check may move with any link: nobody's gain.
    would_be = would_be.filter(pl.col("kind") != Kind.SPOT_CHECK.value)
    known = read_tables(county, pins.run_id)["lead_kind"]
    return (
        would_be.join(known, on=["household_no", "kind"], how="anti")
        .group_by("household_no")
        .agg(pl.len().cast(pl.UInt32).alias("leads"))
        .sort("household_no")
    )


def _accepted(batch: LinkedBatch, folder: Path) -> LinkedBatch:
    """Return a batch whose rows under review are linked to their best candidates."""
    links = pl.read_parquet(batch.links_path)
    is_asked = (pl.col("band") == Band.REVIEW) & pl.col("person_no").is_not_null()
    band = pl.when(is_asked).then(pl.lit(Band.LINK.value)).otherwise("band").alias("band")
    path = folder / f"{batch.links_key}.parquet"
    links.with_columns(band).write_parquet(path)
    return dataclasses.replace(batch, links_path=path)
