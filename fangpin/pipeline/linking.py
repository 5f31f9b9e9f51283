"""Linking the batches in effect: each batch once against the register of its month, kept by recipe.

Floor 4. The recipe (batch, register batch, matching version) names the file, so a month already linked is
never linked again and a new register or a correction relinks exactly what it touches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fangpin.errors import NeedsDecision
from fangpin.matching.link import MATCHING_VERSION, link_batch
from fangpin.matching.register import Register, build_register
from fangpin.pipeline.county import County, Progress
from fangpin.types import BatchRef, Period, Role


@dataclass(frozen=True, slots=True)
class LinkedBatch:
    """A batch in effect with the register it was linked against and where its links lie."""

    ref: BatchRef
    register_batch_id: str
    links_key: str
    links_path: Path


def register_ref(county: County, batches: Sequence[BatchRef], period: Period) -> BatchRef:
    """Return the register batch that holds for a month: the latest up to it, else the earliest after it.

    Raises: NeedsDecision when no register was ever received.
    """
    registers = [b for b in batches if county.declared.source(b.source_id).role is Role.REGISTER]
    if not registers:
        raise NeedsDecision(
            "农户信息台账", "一个月都没有收到", expected="至少一个月的台账", action="请先接收台账再筛查"
        )
    known = [b for b in registers if b.period <= period]
    return max(known, key=lambda b: b.period) if known else min(registers, key=lambda b: b.period)


def read_register(county: County, batch_id: str) -> Register:
    """Return people and households of a landed register batch."""
    return build_register(county.warehouse.read(batch_id, "identity"), county.warehouse.read(batch_id, "facts"))


def link_batches(county: County, batches: Sequence[BatchRef], *, progress: Progress) -> list[LinkedBatch]:
    """Return every fact batch with its links, linking those that are not linked yet."""
    facts = [b for b in batches if county.declared.source(b.source_id).role is Role.FACT]
    linked = [_recipe(county, b, register_ref(county, batches, b.period)) for b in facts]
    todo = [b for b in linked if not b.links_path.exists()]
    registers: dict[str, Register] = {}
    for done, batch in enumerate(sorted(todo, key=lambda b: (b.register_batch_id, b.ref.batch_id))):
        progress("匹配", done, len(todo))
        if batch.register_batch_id not in registers:
            registers = {batch.register_batch_id: read_register(county, batch.register_batch_id)}
        _link(county, batch, registers[batch.register_batch_id])
    progress("匹配", len(todo), len(todo))
    return linked


def _recipe(county: County, batch: BatchRef, register: BatchRef) -> LinkedBatch:
    recipe = f"{batch.batch_id}|{register.batch_id}|{MATCHING_VERSION}"
    key = f"{batch.batch_id}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    return LinkedBatch(batch, register.batch_id, key, county.warehouse.links_path(key))


def _link(county: County, batch: LinkedBatch, register: Register) -> None:
    source = county.declared.source(batch.ref.source_id)
    identity = county.warehouse.read(batch.ref.batch_id, "identity")
    with duckdb.connect() as con:
        links = link_batch(identity, register, con=con, link_by=source.link_by, county=county.declared.site.title)
    county.warehouse.write_links(batch.links_key, batch.ref, links)
