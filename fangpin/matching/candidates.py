"""Pairs worth comparing: rows and persons that share at least one block key.

Floor 2. SQL over two tables of keys (asked: rows left after the exact tier; offered: registered persons) in an
in-memory connection handed in. Each step counts its blocks before it makes pairs, so the cost stays linear:
a key held by more than block_cap persons gives none. Null never matches.
"""

from __future__ import annotations

from typing import Final

import duckdb
import polars as pl

from fangpin.matching.keys import BLOCK_KEYS
from fangpin.types import Step

NAME_CAP: Final = 60
"""Persons of one name or sound that are still compared county-wide."""
PLACE_CAP: Final = 400
"""Persons under one narrow key (place or birth beside part of a name)."""

_RULES: Final = (
    # name of the block, its key, cap
    ("id_whole", "id_text", 50),
    ("id_left", "id_left", 200),
    ("id_right", "id_right", 200),
    ("id_ends", "id_ends", 200),
    ("id_last_name", "id_last || '|' || name_key", PLACE_CAP),
    ("id_last_birth", "id_last || '|' || birth_on", PLACE_CAP),
    ("id_last_village", "id_last || '|' || village_key", PLACE_CAP),
    ("name", "name_key", NAME_CAP),
    ("name_town", "name_key || '|' || town_key", PLACE_CAP),
    ("sound", "sound_key", NAME_CAP),
    ("sound_town", "sound_key || '|' || town_key", PLACE_CAP),
    ("birth_surname", "birth_on || '|' || name_key[1]", PLACE_CAP),
    ("birth_town", "birth_on || '|' || town_key", PLACE_CAP),
    ("birth_given", "birth_on || '|' || name_key[2:]", PLACE_CAP),
    ("village_ends", "village_key || '|' || name_key[1] || name_key[-1]", PLACE_CAP),
    ("village_front", "village_key || '|' || name_key[1:2]", PLACE_CAP),
    ("village_given", "village_key || '|' || name_key[2:]", PLACE_CAP),
    ("group_surname", "village_key || '|' || group_no || '|' || name_key[1]", PLACE_CAP),
    ("surname_age_village", "village_key || '|' || name_key[1] || '|' || birth_year", PLACE_CAP),
)

_BLOCK_SQL: Final = """
with asked_keys as (
    select row_id, {key} as block_key
    from asked
    where {key} is not null
),
offered_keys as (
    select person_id, {key} as block_key
    from offered
    where {key} is not null
),
wanted as (
    select o.person_id, o.block_key
    from offered_keys o
    semi join asked_keys a on a.block_key = o.block_key
),
fitting as (
    select block_key
    from wanted
    group by block_key
    having count(*) <= $block_cap
)
select a.row_id, w.person_id
from asked_keys a
join fitting f on f.block_key = a.block_key
join wanted w on w.block_key = a.block_key
"""

_HOUSEHOLD_SQL: Final = """
with named as (
    select row_id, town_key || '|' || head_key as block_key
    from asked
    where head_key is not null
    union
    select row_id, town_key || '|' || guardian_key
    from asked
    where guardian_key is not null
),
keepers as (
    select distinct town_key || '|' || name_key as block_key, household_no
    from offered
    where name_key is not null
),
fitting as (
    select k.block_key
    from keepers k
    semi join named n on n.block_key = k.block_key
    group by k.block_key
    having count(*) <= $block_cap
),
found as (
    select n.row_id, k.household_no
    from named n
    join fitting f on f.block_key = n.block_key
    join keepers k on k.block_key = n.block_key
    union
    select a.row_id, o.household_no
    from asked a
    join offered o on o.id_text = a.id_text
    union
    select a.row_id, o.household_no
    from asked a
    join offered o on o.id_text = a.head_id
    union
    select a.row_id, o.household_no
    from asked a
    join offered o on o.household_no = a.told_household
)
select f.row_id, o.person_id
from found f
join offered o on o.household_no = f.household_no
"""


def candidate_steps() -> list[Step]:
    """The steps that make one table of pairs per block, and pairs: row_id, person_id, once each.

    >>> [step.table for step in candidate_steps()][-2:]
    ['block_household', 'pairs']
    """
    steps = [Step(f"block_{name}", _BLOCK_SQL.format(key=key), (("block_cap", cap),)) for name, key, cap in _RULES]
    steps.append(Step("block_household", _HOUSEHOLD_SQL, (("block_cap", 20),)))
    union = "\nunion\n".join(f"select row_id, person_id from {step.table}" for step in steps)
    return [*steps, Step("pairs", f"select row_id, person_id\nfrom ({union})\norder by row_id, person_id")]


def candidate_pairs(asked: pl.DataFrame, offered: pl.DataFrame, *, con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Pairs to compare.

    Rows in: asked (row_id u32, keys), offered (person_id u32, household_no, keys), see link.py.
    Rows out: row_id, person_id (u32), ordered, one row a pair.
    """
    _write(con, "asked", asked.select("row_id", "head_key", "guardian_key", "head_id", "told_household", *BLOCK_KEYS))
    _write(con, "offered", offered.select("person_id", "household_no", *BLOCK_KEYS))
    for step in candidate_steps():
        con.execute(f"create or replace temp table {step.table} as {step.sql}", dict(step.params))
    pairs: pl.DataFrame = con.sql("select row_id, person_id from pairs order by row_id, person_id").pl()
    for table in ("asked", "offered", *(step.table for step in candidate_steps())):
        con.execute(f"drop table {table}")
    return pairs


def _write(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    columns = ", ".join(frame.columns)
    con.register("frame_view", frame.to_arrow())
    con.execute(f"create or replace temp table {table} as select {columns} from frame_view")
    con.unregister("frame_view")
