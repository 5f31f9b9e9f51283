"""Blocking of any two tables: counted before made, capped, each pair once, null never matches."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangpin.errors import NeedsDecision
from fangpin.matching.blocks import Block, count_pairs, make_pairs

Rows = list[tuple[str | None, str | None]]
NAME = Block("name", ("name",), 2)
NAME_TOWN = Block("name_town", ("name", "town"), 10)
SURNAME = Block("surname", ("name[1]",), 10)


def paired(
    asked: Rows, offered: Rows, blocks: list[Block], **options: int
) -> tuple[list[tuple[int, int]], pl.DataFrame]:
    """The pairs of two tables of (name, town), numbered from 0, and the counts."""
    with duckdb.connect() as con:
        for table, row, rows in (("asked", "row_id", asked), ("offered", "person_id", offered)):
            frame = pl.DataFrame(rows, schema={"name": pl.String, "town": pl.String}, orient="row")
            con.register(table, frame.with_row_index(row).to_arrow())
        counts = count_pairs(con, blocks)
        try:
            pairs = make_pairs(con, counts, at_most=options.get("at_most", 1000))
        finally:
            assert con.sql("select table_name from duckdb_tables()").pl().is_empty()
        return pairs.rows(), counts


def test_every_pair_comes_once() -> None:
    """Two blocks that find the same pair give it once; the counts say what each found."""
    pairs, counts = paired([("Ann", "A"), ("Bob", "B")], [("Ann", "A"), ("Ann", "C"), ("Cid", "B")], [NAME, NAME_TOWN])

    assert pairs == [(0, 0), (0, 1)]
    assert counts.rows() == [("name", 1, 2, 0, 0), ("name_town", 1, 1, 0, 0)]


def test_a_key_too_common_makes_no_pair() -> None:
    """Three offered rows of one name are more than its cap of two; the rows that ask for it are counted."""
    pairs, counts = paired([("Ann", None), ("Ann", None)], [("Ann", None)] * 3, [NAME])

    assert pairs == []
    assert counts.row(0, named=True) == {
        "block": "name",
        "keys": 1,
        "pairs": 0,
        "left_out_keys": 1,
        "left_out_rows": 2,
    }


def test_the_cap_itself_still_makes_pairs() -> None:
    """As many offered rows as the cap allows are compared."""
    pairs, _ = paired([("Ann", None)], [("Ann", None)] * 2, [NAME])

    assert pairs == [(0, 0), (0, 1)]


def test_null_never_matches() -> None:
    """A key of which one part is null is no key."""
    pairs, _ = paired([("Ann", None), (None, None)], [("Ann", None), (None, None)], [NAME_TOWN])

    assert pairs == []


def test_parts_of_a_key_stay_apart() -> None:
    """Ann of B is not An of nB."""
    pairs, _ = paired([("Ann", "B")], [("An", "nB")], [NAME_TOWN])

    assert pairs == []


def test_the_same_value_under_two_blocks_stays_apart() -> None:
    """A name equal to somebody's surname is no shared key."""
    pairs, _ = paired([("A", None)], [("Ab", None)], [NAME])

    assert pairs == []


def test_no_shared_key_no_pairs() -> None:
    """A block that finds nothing counts zero and the frame keeps its columns."""
    pairs, counts = paired([("Ann", None)], [("Bob", None)], [NAME, SURNAME])

    assert pairs == []
    assert counts["pairs"].to_list() == [0, 0]


def test_too_many_pairs_are_not_made() -> None:
    """Above the limit a person is asked, in one sentence with the dearest block."""
    with pytest.raises(NeedsDecision, match="匹配分块：将产生4对候选，最多的分块是“surname”；应为不超过3对"):
        paired([("Ann", None)] * 2, [("Ann", None), ("Amy", None)], [SURNAME], at_most=3)


def test_pairs_found_elsewhere_count_in_once() -> None:
    """A table of further pairs joins the others, and what both found stays one pair."""
    with duckdb.connect() as con:
        con.execute("create temp table asked as select 0::uinteger as row_id, 'Ann' as name")
        con.execute(
            "create temp table offered as select unnest([0, 1])::uinteger as person_id, unnest(['Ann', 'Bo']) as name"
        )
        con.execute("create temp table kin as select 0::uinteger as row_id, unnest([0, 1])::uinteger as person_id")

        pairs = make_pairs(con, count_pairs(con, [NAME]), at_most=10, beside=["kin"])

    assert pairs.rows() == [(0, 0), (0, 1)]


values = st.lists(
    st.tuples(st.sampled_from(["Ann", "Amy", "Bob", "", None]), st.sampled_from(["A", "B", None])), max_size=8
)


@settings(max_examples=60, deadline=None)
@given(asked=values, offered=values)
def test_blocks_find_what_a_walk_over_all_pairs_finds(asked: Rows, offered: Rows) -> None:
    """The pairs are those a plain double loop finds by the same keys and caps."""

    def keys(row: tuple[str | None, str | None]) -> dict[str, object]:
        name, town = row
        both = None if name is None or town is None else (name, town)
        return {"name": name, "name_town": both, "surname": None if name is None else name[:1]}

    expected = sorted(
        (i, j)
        for i, one in enumerate(asked)
        for j, other in enumerate(offered)
        if any(
            keys(one)[b.name] is not None
            and keys(one)[b.name] == keys(other)[b.name]
            and sum(keys(o)[b.name] == keys(one)[b.name] for o in offered) <= b.cap
            for b in (NAME, NAME_TOWN, SURNAME)
        )
    )

    found, counts = paired(asked, offered, [NAME, NAME_TOWN, SURNAME])

    assert found == expected
    assert counts["pairs"].sum() >= len(expected)
