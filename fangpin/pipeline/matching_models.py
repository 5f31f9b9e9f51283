"""The model a county's links are made with: its weights in the office store, its frequencies made from its register.

Floor 4. Weights are kept once under their id and never changed; names and places stay in the warehouse.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from fangpin.matching.keys import person_keys
from fangpin.matching.model import FREQUENCIES, LinkModel, model_of, shares_of
from fangpin.pipeline.county import County
from fangpin.pipeline.runs import read_register, versions_digest
from fangpin.store import models


def current_model(county: County) -> LinkModel | None:
    """Return the model learnt last, with the frequencies of the register it was learnt on.

    None before any was learnt, and when its register is no longer held as it was (read again by a new declaration or
    program): then a model has to be learnt again.
    """
    with county.office.read() as connection:
        stored = models.model_of(connection)
    if stored is None:
        return None
    kept = county.warehouse.shares(_kept_as(stored.model_id))
    if kept is None:
        register = stored.learned_from["register"]
        if county.warehouse.counts(register) is None:
            return None
        kept = _long(shares_of(person_keys(read_register(county, register).persons)))
        county.warehouse.write_shares(_kept_as(stored.model_id), kept)
    model = model_of(stored.weights, _by_name(kept))
    return model if model.model_id == stored.model_id else None


def keep_model(
    county: County, model: LinkModel, register: str, batches: Sequence[str], *, now: dt.datetime, by: str
) -> None:
    """Keep a model as the one that links are made with from now on."""
    county.warehouse.write_shares(_kept_as(model.model_id), _long(model.shares))
    learned_from = {"register": register, "batches": sorted(batches)}
    with county.office.write() as connection:
        models.save_model(connection, model.model_id, learned_from=learned_from, weights=model.weights, now=now, by=by)


def _kept_as(model_id: str) -> str:
    """Return the name of a model's frequencies: other programs hash names otherwise."""
    return f"{model_id}-{versions_digest()}"


def _long(shares: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([shares[name].select(pl.lit(name).alias("of"), "value", "share") for name in FREQUENCIES])


def _by_name(kept: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {name: kept.filter(pl.col("of") == name).select("value", "share") for name in FREQUENCIES}
