"""Linking the batches in effect: each batch once under its recipe, the months in order so that each remembers the last.

Floor 4. A month already linked is never linked again; a new register, a correction or a judgement relinks exactly
what it touches.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from fangpin.matching.keys import IDENTITY
from fangpin.matching.link import Extract, MonthLinks, link_month
from fangpin.matching.memory import Memory
from fangpin.matching.model import LinkModel
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.judged import judged_rows
from fangpin.pipeline.matching_models import current_model, keep_model
from fangpin.pipeline.recipes import LinkedBatch, recipes
from fangpin.pipeline.runs import read_register, versions_digest
from fangpin.types import BatchRef


def link_batches(county: County, linked: Sequence[LinkedBatch], *, progress: Progress) -> None:
    """Link every batch that is not linked yet under its recipe."""
    todo = [b for b in linked if not b.links_path.exists()]
    if not todo:
        return
    model = current_model(county)
    groups: dict[str, list[LinkedBatch]] = {}
    for batch in sorted(todo, key=lambda b: (b.ref.period, b.ref.batch_id)):
        groups.setdefault(batch.register_batch_id, []).append(batch)
    done = 0
    for register, group in groups.items():
        progress("匹配", done, len(todo))
        month = _link(county, register, group, model, _memory(county, group, linked, model))
        _keep(county, group, month)
        done += len(group)
    progress("匹配", len(todo), len(todo))


def learn_model(
    county: County, batches: Sequence[BatchRef], *, now: dt.datetime, by: str, progress: Progress
) -> LinkModel:
    """Learn a model on batches of one month, keep it as the one links are made with from now on, and return it.

    What people judged counts as told.
    """
    linked = recipes(county, batches)
    register = linked[0].register_batch_id
    progress("学习匹配权重", 0, 1)
    month = _link(county, register, linked, None, None)
    keep_model(county, month.model, register, [b.ref.batch_id for b in linked], now=now, by=by)
    progress("学习匹配权重", 1, 1)
    return month.model


def _link(
    county: County, register: str, group: Sequence[LinkedBatch], model: LinkModel | None, memory: Memory | None
) -> MonthLinks:
    extracts = [_extract(county, b) for b in group]
    with county.compute(threads=2) as con:
        return link_month(
            extracts,
            read_register(county, register),
            con=con,
            model=model,
            memory=memory,
            judged=judged_rows(county).rows,
            county=county.declared.site.title,
        )


def _extract(county: County, batch: LinkedBatch) -> Extract:
    source = county.declared.source(batch.ref.source_id)
    identity = county.warehouse.read(batch.ref.batch_id, "identity", columns=("row_number", "row_status", *IDENTITY))
    by_household = source.link_by == "household_no"
    return Extract(batch.ref.batch_id, source.id, identity, "household_no" if by_household else "identity")


def _memory(
    county: County, group: list[LinkedBatch], linked: Sequence[LinkedBatch], model: LinkModel | None
) -> Memory | None:
    """Return what the same sources' latest earlier batches taught, as far as they were linked against one register."""
    earlier = [
        max(before, key=lambda b: b.ref.period)
        for batch in group
        if (before := [b for b in linked if _is_before(b, batch) and b.links_path.exists()])
    ]
    if not earlier or model is None:
        return None
    register = max(earlier, key=lambda b: b.ref.period).register_batch_id
    keys = [b.links_key for b in earlier if b.register_batch_id == register]
    found = county.warehouse.remembered(_keys(register), keys)
    return None if found is None else Memory(*found, model.model_id)


def _is_before(one: LinkedBatch, other: LinkedBatch) -> bool:
    return one.ref.source_id == other.ref.source_id and one.ref.period < other.ref.period


def _keep(county: County, group: Sequence[LinkedBatch], month: MonthLinks) -> None:
    """Keep what was found of each batch, and what the next month may remember of it."""
    memory = month.memory
    county.warehouse.write_keys(_keys(group[0].register_batch_id), memory.persons)
    for batch in group:
        batch_id = batch.ref.batch_id
        known = memory.rows.filter(pl.col("batch_id") == batch_id).drop("batch_id")
        decided = memory.found.join(known.select("known").unique(), on="known", how="semi")
        found = {"links": month.links[batch_id], "nearest": month.nearest[batch_id]}
        county.warehouse.write_links(batch.links_key, batch.ref, found | {"known": known, "decided": decided})


def _keys(register: str) -> str:
    """Return under what name the keys of a register's persons are kept: other programs may make other keys."""
    return f"{register}-{versions_digest()}"
