"""Blocking: the SQL finds the pairs that a walk over everybody finds, common names left out, nothing left behind."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_blocks import block_pairs
from matching_people import FAMILIES, background, county, day, keyed, register_of

from fangpin.matching import candidates
from fangpin.matching.keys import BLOCK_KEYS, person_keys
from fangpin.matching.model import untaught

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


def _pairs(asked: pl.DataFrame, persons: pl.DataFrame) -> list[tuple[int, int]]:
    with duckdb.connect() as con:
        pairs = candidates.candidate_pairs(asked, persons, untaught(persons), con=con).pairs
        assert con.sql("select table_name from duckdb_tables()").pl().is_empty(), "a table of the computation is left"
    return list(zip(pairs.row.tolist(), pairs.person.tolist(), strict=True))


@settings(max_examples=10, deadline=None)
@given(picked=st.lists(cells, min_size=1, max_size=6))
def test_blocks_are_those_of_the_plain_twin(picked: list[dict[str, Any]]) -> None:
    """Every block pairs exactly the rows and persons that share its key, and the household of a number's owner."""
    persons = person_keys(county().persons)
    asked = keyed([_row(c) for c in picked], persons)
    caps = {block.name: block.cap for block in candidates.BLOCKS}
    expected = block_pairs(asked.to_dicts(), persons.select("person_id", *BLOCK_KEYS).to_dicts(), caps)
    homes = dict(persons.select("person_id", "household_no_hash").iter_rows())

    owned = {
        (row["row_id"], person)
        for row in asked.to_dicts()
        for person, home in homes.items()
        if row["owner_household"] == home
    }

    assert sorted(expected | owned) == _pairs(asked, persons)


def test_common_names_are_not_compared_county_wide() -> None:
    """A name held by more persons than the cap makes no pair by itself."""
    crowd = [
        p | {"person_name": "王芳", "township": f"第{i}镇", "village": None, "village_group": None}
        for i, p in enumerate(background()[: candidates.NAME_CAP + 1])
    ]
    persons = person_keys(register_of(crowd).persons)

    assert _pairs(keyed([{"person_name": "王芳"}], persons), persons) == []


def test_the_dearest_keys_are_left_out_when_there_would_be_too_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A placeholder that a crowd shares makes no pair and its rows are told; what is rare is still compared."""
    monkeypatch.setattr(candidates, "FEWEST_PAIRS", 20)
    monkeypatch.setattr(candidates, "PAIRS_A_ROW", 0)
    people = [
        p | {"id_kind": "missing", "id_no": None, "id_seen": None, "birth_on": day("1900-01-01")}
        for p in background()[:160]
    ]
    persons = person_keys(register_of([*people, *FAMILIES]).persons)
    rows = [{"person_name": "诸葛铁柱", "birth_on": day("1900-01-01"), "township": "云桥镇"}, {"person_name": "陈国华"}]
    asked = keyed(rows, persons)

    with duckdb.connect() as con:
        found = candidates.candidate_pairs(asked, persons, untaught(persons), con=con)

    crowd = int(asked.filter(pl.col("name_key") == "诸葛铁柱")["row_id"][0])
    assert found.crowded.tolist() == [crowd]
    assert set(found.pairs.row.tolist()) == {1 - crowd}


def test_a_placeholder_household_makes_no_pairs() -> None:
    """Everybody under one household number is not compared with a row that carries one of their IDs."""
    people = [p | {"household_no": "0"} for p in background()[: candidates.LARGEST_HOME + 1]]
    persons = person_keys(register_of(people).persons)
    row = {"person_name": "诸葛铁柱", "id_kind": "valid", "id_no": people[0]["id_no"], "id_seen": people[0]["id_no"]}

    assert len(_pairs(keyed([row], persons), persons)) < candidates.LARGEST_HOME
