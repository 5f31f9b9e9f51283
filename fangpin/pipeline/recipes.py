"""Recipes of links: everything that a batch's links are made from, in one key, so that they are made once.

Floor 4. Batch, register of its month, county name, programs, model, and what people judged of rows that this batch
holds: a judgement makes only the batches anew that tell the judged identity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fangpin.matching.keys import IDENTITY, JUDGED_BY
from fangpin.matching.tiers import gathered
from fangpin.pipeline.county import County
from fangpin.pipeline.judged import judged_rows
from fangpin.pipeline.runs import is_register, program_versions, register_ref
from fangpin.store.models import model_of
from fangpin.types import BatchRef

UNTAUGHT = "untaught"
"""The model a county stands on before one was learnt."""


@dataclass(frozen=True, slots=True)
class LinkedBatch:
    """A batch with the register it is linked against and where its links and their nearest candidates lie."""

    ref: BatchRef
    register_batch_id: str
    links_key: str
    links_path: Path
    nearest_path: Path


def recipes(county: County, batches: Sequence[BatchRef]) -> tuple[LinkedBatch, ...]:
    """Return every batch whose rows speak of people or households, under the recipe its links have now.

    Rows that speak of villages are linked to nobody.
    """
    with county.office.read() as connection:
        stored = model_of(connection)
    judged = judged_rows(county).rows
    model_id = UNTAUGHT if stored is None else stored.model_id
    return tuple(
        _recipe(county, batch, register_ref(county, batches, batch.period), model_id, judged)
        for batch in batches
        if not is_register(county, batch) and county.declared.source(batch.source_id).link_by != "place"
    )


def linked_as(county: County, batch: BatchRef, key: str) -> LinkedBatch:
    """Return a batch with the links of one recipe."""
    where = county.warehouse.links_path(key)
    return LinkedBatch(batch, key.split(".")[1], key, where, county.warehouse.nearest_path(key))


def _recipe(county: County, batch: BatchRef, register: BatchRef, model_id: str, judged: pl.DataFrame) -> LinkedBatch:
    made_of = [batch.batch_id, register.batch_id, county.declared.site.title, model_id, *program_versions()]
    made_of.append(_hits(county, batch, judged))
    digest = hashlib.sha256("|".join(made_of).encode()).hexdigest()[:12]
    return linked_as(county, batch, f"{batch.batch_id}.{register.batch_id}.{digest}")


def _hits(county: County, batch: BatchRef, judged: pl.DataFrame) -> str:
    """Return what of the judgements a batch's rows meet, as one digest; empty when none."""
    mine = judged.filter(pl.col("source_id") == batch.source_id)
    if mine.is_empty():
        return ""
    identity = county.warehouse.read(batch.batch_id, "identity", columns=("row_number", "row_status", *IDENTITY))
    told = gathered([identity])["judged_hash"]
    hashed = mine.with_columns(pl.struct(JUDGED_BY).hash().alias("judged_hash"))
    said = ("judged_hash", "person_no", "verdict", "registered_id", "registered_name")
    met = hashed.filter(pl.col("judged_hash").is_in(told.implode())).select(said)
    return "" if met.is_empty() else hashlib.sha256(met.sort(pl.all()).write_csv().encode()).hexdigest()
