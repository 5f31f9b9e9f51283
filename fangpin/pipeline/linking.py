"""Linking the batches in effect: each batch once against the register of its month, kept by recipe.

Floor 4. The recipe (batch, register batch, county name, program versions) names the file, so a month already linked is
never linked again and a new register or a correction relinks exactly what it touches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fangpin.matching.keys import person_keys
from fangpin.matching.link import link_batch
from fangpin.matching.register import Register
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.runs import is_register, program_versions, read_register, register_ref
from fangpin.types import BatchRef


@dataclass(frozen=True, slots=True)
class LinkedBatch:
    """A batch in effect with the register it was linked against and where its links lie."""

    ref: BatchRef
    register_batch_id: str
    links_key: str
    links_path: Path


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A register with its persons' comparison keys, made once for all batches of its month."""

    register: Register
    keys: pl.DataFrame


def link_batches(county: County, batches: Sequence[BatchRef], *, progress: Progress) -> list[LinkedBatch]:
    """Return every fact batch with its links, linking those that are not linked yet."""
    facts = [b for b in batches if _is_linked(county, b)]
    linked = [_recipe(county, b, register_ref(county, batches, b.period)) for b in facts]
    todo = [b for b in linked if not b.links_path.exists()]
    registers: dict[str, _Keyed] = {}
    for done, batch in enumerate(sorted(todo, key=lambda b: (b.register_batch_id, b.ref.batch_id))):
        progress("匹配", done, len(todo))
        if batch.register_batch_id not in registers:
            read = read_register(county, batch.register_batch_id)
            registers = {batch.register_batch_id: _Keyed(read, person_keys(read.persons))}
        _link(county, batch, registers[batch.register_batch_id])
    progress("匹配", len(todo), len(todo))
    return linked


def _is_linked(county: County, batch: BatchRef) -> bool:
    """Say whether rows of a batch speak of people or households; those that speak of villages are linked to nobody."""
    return not is_register(county, batch) and county.declared.source(batch.source_id).link_by != "place"


def _recipe(county: County, batch: BatchRef, register: BatchRef) -> LinkedBatch:
    recipe = "|".join([batch.batch_id, register.batch_id, county.declared.site.title, *program_versions()])
    key = f"{batch.batch_id}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    return LinkedBatch(batch, register.batch_id, key, county.warehouse.links_path(key))


def _link(county: County, batch: LinkedBatch, keyed: _Keyed) -> None:
    source = county.declared.source(batch.ref.source_id)
    identity = county.warehouse.read(batch.ref.batch_id, "identity")
    with county.compute() as con:
        links = link_batch(
            identity,
            keyed.register,
            con=con,
            keys=keyed.keys,
            link_by="household_no" if source.link_by == "household_no" else "identity",
            county=county.declared.site.title,
        )
    county.warehouse.write_links(batch.links_key, batch.ref, links)
