"""What was decided before and still holds: identities met again are not compared again.

Floor 2. A cache and nothing more: a decision is a function of an identity's keys, its candidates and the model, so what
is remembered equals what would be computed. An identity is compared again when its keys changed (also through the
register: whose number it carries), or when a person of a changed household, as he was or as he is, could be meant by
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import polars as pl

from fangpin.matching.candidates import candidate_pairs
from fangpin.matching.compare import compare
from fangpin.matching.keys import person_keys
from fangpin.matching.model import LinkModel
from fangpin.matching.weigh import weights

_SAID: Final = (
    *("person_no", "household_no", "person_name", "id_kind", "id_no", "id_seen", "birth_on", "sex"),
    *("township", "village", "village_group", "is_head"),
)
"""What the register says of a person, as far as keys are made of it."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What an earlier month decided with one model.

    persons: keys.person_keys of its register with said (u64, hash of what the register said). rows: keyed identities
    with known (u64, hash of source and keys). found: their decisions, by known and rank. model_id: of the model used.
    """

    persons: pl.DataFrame
    rows: pl.DataFrame
    found: pl.DataFrame
    model_id: str


def remembered_keys(persons: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    """The keys of a register's persons, made anew only for those of whom it says something new.

    Rows in: as Register.persons; before: the keys of an earlier register with said. Rows out: keys.person_keys with
    said.
    """
    persons = persons if persons["person_no"].is_sorted() else persons.sort("person_no")
    said = persons.select(pl.struct(_SAID).hash().alias("said"))
    if before is None:
        return person_keys(persons).with_columns(said["said"])
    new = ~said["said"].is_in(before["said"].implode())
    made = person_keys(persons.filter(new)).with_columns(said.filter(new)["said"])
    both = pl.concat([before, made.select(before.columns)]).drop("person_id")
    keys = said.join(both, on="said", how="left", maintain_order="left").select(both.columns)
    return keys.with_row_index("person_id")


def named(keyed: pl.DataFrame) -> pl.DataFrame:
    """Keyed identities with known, the hash of their source and of everything a decision reads of them."""
    told = [c for c in keyed.columns if c not in {"row_id", "batch"}]
    return keyed.with_columns(pl.struct(told).hash().alias("known"))


def still_known(
    keyed: pl.DataFrame, persons: pl.DataFrame, memory: Memory, model: LinkModel, *, con: duckdb.DuckDBPyConnection
) -> pl.Series:
    """Whether what was decided on an identity still holds.

    Rows in: keyed as from named; persons as from remembered_keys. Out: bool, one a row of keyed.
    """
    if memory.model_id != model.model_id:
        return pl.Series([False]).new_from_index(0, keyed.height)
    met = keyed["known"].is_in(memory.rows["known"].implode())
    changed = _changed(persons, memory.persons)
    rows = keyed.filter(met).drop("row_id").with_row_index("row_id")
    if changed.is_empty() or rows.is_empty():
        return met
    pairs = candidate_pairs(rows, changed, model, con=con).pairs
    _, counts = weights(compare(pairs, rows, changed), pairs, rows, changed, model)
    touched = np.unique(pairs.row[counts])
    return met & ~keyed["known"].is_in(rows["known"][touched].implode())


def _changed(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Everybody of a household of which the register says something new, as he is and as he was, numbered."""
    new = now.filter(~pl.col("said").is_in(before["said"].implode()))["household_no"]
    old = before.filter(~pl.col("said").is_in(now["said"].implode()))["household_no"]
    homes = pl.concat([new, old]).unique().implode()
    both = [frame.filter(pl.col("household_no").is_in(homes)).drop("person_id") for frame in (now, before)]
    return pl.concat([both[0], both[1].select(both[0].columns)]).with_row_index("person_id")
