"""The input tables of a month: what the register tells more reaches the people it speaks of."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from fangpin.matching.register import Register
from fangpin.store.inputs import fill_inputs
from fangpin.types import Period

PERSONS = {
    "person_no": ["P1", "P2"],
    "household_no": ["H1", "H1"],
    "person_name": ["甲某", "乙某"],
    "id_no": [None, None],
    "id_seen": [None, None],
    **{name: ["甲", "甲"] for name in ("township", "village", "relation", "sex", "health", "labour")},
    "is_head": [True, False],
}
HOUSEHOLDS = {
    "household_no": ["H1"],
    "head_name": ["甲某"],
    "size": [2],
    **{name: ["甲"] for name in ("township", "village", "village_group", "head_person_no")},
    **{name: ["甲"] for name in ("household_type", "monitored_type")},
    "risk_eliminated": [None],
}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, [("P1", None, None), ("P2", None, None)]),
        ({"toilet": [True, None]}, [("P1", True, None), ("P2", None, None)]),
        ({"toilet": [False, True], "student": [None, "小学"]}, [("P1", False, None), ("P2", True, "小学")]),
    ],
)
def test_what_the_register_tells_more(told: dict[str, list[object]], expected: list[tuple[object, ...]]) -> None:
    """A column that this register has reaches its people in their order; one it has not is unknown of everybody."""
    births = pl.Series("birth_on", [None, None], dtype=pl.Date)
    register = Register(
        persons=pl.DataFrame(PERSONS).with_columns(births),
        households=pl.DataFrame(HOUSEHOLDS),
        told=pl.DataFrame({"person_no": PERSONS["person_no"]} | told),
        rows=pl.DataFrame(),
    )
    with duckdb.connect(":memory:") as con:
        fill_inputs(con, [], in_effect=[], register=register, period=Period(2024, 3))

        assert con.execute("select person_no, toilet, student from person order by person_no").fetchall() == expected
        assert [row[0] for row in con.execute("describe person").fetchall() if "name" in row[0]] == []
