"""Blocking: the SQL finds the pairs that a walk over everybody finds, and no crowd is paired."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_blocks import block_pairs
from matching_people import FAMILIES, background, county, identity_frame, register_of

from fangpin.matching import candidates
from fangpin.matching.keys import BLOCK_KEYS, person_keys, row_keys, with_owners

PEOPLE = [*FAMILIES, *background()]
IDENTITY = ("person_name", "id_kind", "id_no", "id_seen", "birth_on", "sex", "township", "village", "village_group")
cells = st.fixed_dictionaries(
    {
        "person": st.sampled_from(PEOPLE),
        "dropped": st.sets(st.sampled_from(IDENTITY)),
        "given": st.sampled_from([None, "张兰", "陈国花", "王*"]),
    }
)


def _row(cell: dict[str, Any]) -> dict[str, Any]:
    row = {k: v for k, v in cell["person"].items() if k in IDENTITY and k not in cell["dropped"]}
    return row | ({"person_name": cell["given"]} if cell["given"] else {})


@settings(max_examples=10, deadline=None)
@given(picked=st.lists(cells, min_size=1, max_size=6))
def test_blocks_are_those_of_the_plain_twin(picked: list[dict[str, Any]]) -> None:
    """Every block pairs exactly the rows and persons that share its key."""
    rows = identity_frame([_row(c) for c in picked]).with_row_index("row_id")
    asked = with_owners(row_keys(rows, person_keys(county().persons), county=""), person_keys(county().persons))
    caps = {
        step.table.removeprefix("block_"): dict(step.params)["block_cap"] for step in candidates.candidate_steps()[:-2]
    }
    persons = person_keys(county().persons).select("person_id", *BLOCK_KEYS).to_dicts()
    expected = block_pairs(asked.to_dicts(), persons, caps)

    with duckdb.connect() as con:
        found = candidates.candidate_pairs(asked, person_keys(county().persons), con=con)

    households = dict(person_keys(county().persons).select("person_id", "household_no").iter_rows())
    owned = {
        (r["row_id"], p)
        for r in asked.to_dicts()
        for p, home in households.items()
        if r["id_household"] is not None and r["id_household"] == home
    }
    assert sorted(expected | owned) == found.rows()


def test_crowd_under_one_key_makes_no_pairs() -> None:
    """A name held by more persons than the cap is not compared county-wide."""
    crowd = [
        p | {"person_name": "王芳", "township": f"第{i}镇", "village": None, "village_group": None}
        for i, p in enumerate(background()[: candidates.NAME_CAP + 1])
    ]
    keys = person_keys(register_of(crowd).persons)
    rows = identity_frame([{"person_name": "王芳"}]).with_row_index("row_id")

    with duckdb.connect() as con:
        found = candidates.candidate_pairs(with_owners(row_keys(rows, keys, county=""), keys), keys, con=con)

    assert found.height == 0


def test_connection_is_left_clean() -> None:
    """No table of the computation outlives it."""
    rows = identity_frame([{"person_name": "陈国华"}]).with_row_index("row_id")
    asked = with_owners(row_keys(rows, person_keys(county().persons), county=""), person_keys(county().persons))
    with duckdb.connect() as con:
        candidates.candidate_pairs(asked, person_keys(county().persons), con=con)
        left = con.sql("select table_name from duckdb_tables()").pl()

    assert isinstance(left, pl.DataFrame)
    assert left.height == 0
