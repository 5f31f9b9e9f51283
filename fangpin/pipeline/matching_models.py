"""The model a county's links are made with: its weights in the office store, its frequencies made from its register.

Floor 4. Weights are kept once under their id and never changed; names and places stay in the warehouse.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from fangpin.errors import StoreDamaged
from fangpin.matching.keys import person_keys
from fangpin.matching.model import FREQUENCIES, LinkModel, model_of, shares_of
from fangpin.pipeline.county import County
from fangpin.pipeline.runs import read_register
from fangpin.store import models


def current_model(county: County) -> LinkModel | None:
    """Return the model learnt last, with the frequencies of the register it was learnt on; None before any was learnt.

    Raises: StoreDamaged when its register no longer gives its frequencies.
    """
    with county.office.read() as connection:
        stored = models.model_of(connection)
    if stored is None:
        return None
    kept = county.warehouse.shares(stored.model_id)
    if kept is None:
        persons = person_keys(read_register(county, stored.learned_from["register"]).persons)
        kept = _long(shares_of(persons))
        county.warehouse.write_shares(stored.model_id, kept)
    model = model_of(stored.weights, _by_name(kept))
    if model.model_id != stored.model_id:
        action = "请运行 fangpin matching learn 重新学习"
        raise StoreDamaged(f"匹配模型 {stored.model_id}", "与所依据的农户名册不符", action=action)
    return model


def keep_model(
    county: County, model: LinkModel, register: str, batches: Sequence[str], *, now: dt.datetime, by: str
) -> None:
    """Keep a model as the one that links are made with from now on."""
    county.warehouse.write_shares(model.model_id, _long(model.shares))
    learned_from = {"register": register, "batches": sorted(batches)}
    with county.office.write() as connection:
        models.save_model(connection, model.model_id, learned_from=learned_from, weights=model.weights, now=now, by=by)


def _long(shares: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([shares[name].select(pl.lit(name).alias("of"), "value", "share") for name in FREQUENCIES])


def _by_name(kept: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {name: kept.filter(pl.col("of") == name).select("value", "share") for name in FREQUENCIES}
