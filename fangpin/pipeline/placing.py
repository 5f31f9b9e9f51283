"""Batches whose rows speak of villages: where each row lies, told anew at every screening from its identity alone.

Floor 4. Such batches hold a few hundred rows and are linked to nobody, so that no file of links is kept of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fangpin.matching.placed import PLACE_READ, PLACED, placed_rows
from fangpin.matching.register import Register
from fangpin.pipeline.county import County
from fangpin.store.warehouse import CARRIED
from fangpin.types import BatchRef


def speaks_of_places(county: County, batch: BatchRef) -> bool:
    """Say whether a batch's rows speak of villages; those of an undeclared source do not."""
    source = county.declared.sources.get(batch.source_id)
    return source is not None and source.link_by == "place"


def placed_batches(county: County, batches: Sequence[BatchRef], register: Register) -> pl.DataFrame:
    """Return where the rows of those batches lie that speak of places: batch_id and PLACED."""
    found = [pl.DataFrame(schema={"batch_id": CARRIED["batch_id"], **PLACED})]
    for batch in batches:
        if speaks_of_places(county, batch):
            rows = county.warehouse.read(batch.batch_id, "identity", columns=PLACE_READ)
            placed = placed_rows(rows, register.households, county=county.declared.site.title)
            found.append(placed.select(pl.lit(batch.batch_id).alias("batch_id"), *PLACED))
    return pl.concat(found)
