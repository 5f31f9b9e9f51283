"""Pairs worth comparing: rows and persons that share at least one block key, or whose household the row names.

Floor 2. SQL over two tables of keys (asked: rows left after the exact tier; offered: registered persons) in an
in-memory connection handed in; blocks.py counts each block before pairs are made, so the cost stays linear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import polars as pl

from fangpin.matching.blocks import Block, count_pairs, leave_out_dearest, make_pairs
from fangpin.matching.keys import BLOCK_KEYS
from fangpin.matching.levels import Pairs, Places
from fangpin.matching.model import LinkModel

NAME_CAP: Final = 60
"""Persons of one name, when the model was learnt, that are still compared county-wide."""
_SOUND_CAP: Final = 20
"""The same for those who sound alike."""
_CAP: Final = 5_000
"""Persons under one key: no honest key comes near, so what shares a key does not hang on who joins the register."""
_COMMON: Final = (("name_rare", "name_key_hash"), ("sound_rare", "sound_key_hash"))
_COMMON_HEADS: Final = (("head_rare", "head_key_hash"), ("guardian_rare", "guardian_key_hash"))
PAIRS_A_ROW: Final = 400
"""Candidates that a row may have on average before the most common keys are left out."""
FEWEST_PAIRS: Final = 1_000_000
"""Pairs that are always allowed."""
LARGEST_HOME: Final = 50
"""Persons under one household number before it is taken for a placeholder."""
_BEARERS: Final = 100
"""Persons of one name in one township who may be the head that a row names."""

BLOCKS: Final = tuple(
    Block(name, tuple(keys.split()), _CAP)
    for name, keys in (
        ("id_whole", "id_text_hash"),
        ("id_right", "id_right_hash"),
        ("id_ends", "id_ends_hash"),
        ("id_last_given", "id_last_hash given_hash"),
        ("id_last_surname", "id_last_hash surname_hash"),
        ("id_last_village", "id_last_hash village_key_hash"),
        ("id_left_surname", "id_left_hash surname_hash"),
        ("id_left_given", "id_left_hash given_hash"),
        ("id_left_town", "id_left_hash town_key_hash"),
        ("birth_surname", "born_hash surname_hash"),
        ("birth_given", "born_hash given_hash"),
        ("birth_village", "born_hash village_key_hash"),
        ("birth_town", "born_hash town_key_hash"),
        ("name", "name_rare"),
        ("name_town", "name_key_hash town_key_hash"),
        ("sound", "sound_rare"),
        ("sound_year", "sound_key_hash birth_year"),
        ("sound_town", "sound_key_hash town_key_hash"),
        ("village_ends", "village_key_hash surname_hash closing_hash"),
        ("village_front", "village_key_hash front_hash"),
        ("village_given", "village_key_hash given_hash"),
        ("surname_age_village", "village_key_hash surname_hash birth_year"),
    )
)

_HOUSEHOLD_SQL: Final = f"""
with homes as (
    select household_no_hash
    from offered
    group by household_no_hash
    having count(*) <= {LARGEST_HOME}
),
bearers as (
    select name_rare, town_key_hash, household_no_hash
    from offered
    where name_rare is not null and town_key_hash is not null
    qualify count(*) over (partition by name_rare, town_key_hash) <= {_BEARERS}
),
named as (
    select row_id, town_key_hash, head_rare as key
    from asked
    where head_rare is not null and town_key_hash is not null
    union
    select row_id, town_key_hash, guardian_rare
    from asked
    where guardian_rare is not null and town_key_hash is not null
),
found as (
    select n.row_id, o.household_no_hash
    from named n
    join bearers o on o.name_rare = n.key and o.town_key_hash = n.town_key_hash
    union
    select row_id, owner_household
    from asked
    where owner_household is not null
    union
    select row_id, told_household
    from asked
    where told_household is not null
)
select f.row_id, o.person_id
from found f
join homes h on h.household_no_hash = f.household_no_hash
join offered o on o.household_no_hash = f.household_no_hash
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What blocking found.

    pairs: each once, ordered by row and person. counts: as blocks.count_pairs. crowded: the rows that share a key with
    so many persons that they were not compared by it.
    """

    pairs: Pairs
    counts: pl.DataFrame
    crowded: Places


def candidate_pairs(
    asked: pl.DataFrame, offered: pl.DataFrame, model: LinkModel, *, con: duckdb.DuckDBPyConnection
) -> Candidates:
    """Pairs to compare, how many each block makes, and the rows with a key too common to be compared.

    Rows in: asked (row_id u32: its place, keys), offered (person_id u32: its place, keys), see keys.py.
    """
    rows = asked.select(
        "row_id", "head_key_hash", "guardian_key_hash", "owner_household", "told_household", *BLOCK_KEYS
    )
    persons = offered.select("person_id", "household_no_hash", *BLOCK_KEYS)
    con.register("asked", rows.with_columns(_rare(model, *_COMMON, *_COMMON_HEADS)).to_arrow())
    con.register("offered", persons.with_columns(_rare(model, *_COMMON)).to_arrow())
    counts = count_pairs(con, BLOCKS)
    at_most = max(FEWEST_PAIRS, PAIRS_A_ROW * asked.height)
    is_crowded = counts["pairs"].sum() > at_most or counts["left_out_keys"].sum() > 0
    crowded = leave_out_dearest(con, at_most=at_most) if is_crowded else asked.select("row_id").clear()
    con.execute(f"create or replace temp table block_household as {_HOUSEHOLD_SQL}")
    found = make_pairs(con, counts, at_most=int(counts["pairs"].sum()), beside=("block_household",))
    con.execute("drop table block_household")
    for table in ("asked", "offered"):
        con.unregister(table)
    pairs = Pairs(found["row_id"].to_numpy().astype(np.intp), found["person_id"].to_numpy().astype(np.intp))
    return Candidates(pairs, counts, crowded["row_id"].to_numpy().astype(np.intp))


def _rare(model: LinkModel, *columns: tuple[str, str]) -> list[pl.Expr]:
    """Names and sounds that few persons bore when the model was learnt; null for the others."""
    expressions = []
    for rare, key in columns:
        of, cap = ("sound_key", _SOUND_CAP) if key == "sound_key_hash" else ("name_key", NAME_CAP)
        common = model.shares[of].filter(pl.col("share") * model.people > cap)["value"]
        expressions.append(pl.when(~pl.col(key).is_in(common.implode())).then(key).alias(rare))
    return expressions
