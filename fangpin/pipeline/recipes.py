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

from fangpin.matching.keys import IDENTITY
from fangpin.matching.tiers import NO_IDENTITY, gathered
from fangpin.pipeline.county import County
from fangpin.pipeline.runs import is_register, program_versions, register_ref
from fangpin.store.batches import refs_of
from fangpin.store.judgements import effective_judgements
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
    judged = judged_rows(county)
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


def judged_rows(county: County) -> pl.DataFrame:
    """Return what holds of people's judgements, with the identity each was given on.

    Rows out: source_id, the identity columns, person_no, verdict, identity_hash u64; a row whose batch the warehouse no
    longer holds is left out.
    """
    with county.office.read() as connection:
        said = effective_judgements(connection)
        sources = {b.batch_id: b.source_id for b in refs_of(connection)}
    told = [
        _told(county.warehouse.part(batch_id, "identity"), said.filter(pl.col("batch_id") == batch_id), source_id)
        for batch_id, source_id in sorted(sources.items())
        if batch_id in said["batch_id"] and county.warehouse.part(batch_id, "identity").exists()
    ]
    judged = {"source_id": pl.String(), **NO_IDENTITY, "person_no": pl.String(), "verdict": pl.String()}
    nothing = pl.DataFrame(schema=judged).drop("row_number")
    return pl.concat([nothing, *told]).with_columns(pl.struct(IDENTITY).hash().alias("identity_hash"))


def _told(identity: Path, said: pl.DataFrame, source_id: str) -> pl.DataFrame:
    """Return what a batch's judged rows told of whom they mean, beside what was judged."""
    rows = pl.scan_parquet(identity).filter(pl.col("row_number").is_in(said["row_number"].implode()))
    judged = rows.select("row_number", *IDENTITY).collect().join(said, on="row_number")
    return judged.select(pl.lit(source_id).alias("source_id"), *IDENTITY, "person_no", "verdict")


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
    told = gathered([county.warehouse.read(batch.batch_id, "identity")])["identity_hash"]
    met = mine.filter(pl.col("identity_hash").is_in(told.implode())).select("identity_hash", "person_no", "verdict")
    return "" if met.is_empty() else hashlib.sha256(met.sort(pl.all()).write_csv().encode()).hexdigest()
