"""Registers of a few invented people, for the tests of the register and its history."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import polars as pl
from identity import whole

from fangpin.matching.register import Register, build_register

IDENTITY: Final[dict[str, Any]] = {
    "row_number": pl.UInt32,
    "row_status": pl.String,
    **dict.fromkeys(("person_name", "id_kind", "id_no", "id_seen"), pl.String),
    "birth_on": pl.Date,
    **dict.fromkeys(("sex", "township", "village", "village_group", "household_no", "person_no"), pl.String),
    "period_no": pl.Int64,
}
FACTS: Final[dict[str, Any]] = {
    "row_number": pl.UInt32,
    **dict.fromkeys(("relation", "health", "labour", "household_type", "monitored_type", "risk_eliminated"), pl.String),
    "household_size": pl.Int64,
}
Person = dict[str, Any]
NO_ID: Final[Person] = {"id_no": None, "id_seen": None, "id_kind": "missing"}


def number(born: str, order: int, *, sex: str = "男") -> str:
    """A valid invented number."""
    return whole("990101", born, f"{2 * order + (sex == '男'):03d}")


def person(key: int, household: str, name: str, born: str, **more: Any) -> Person:
    """A head of household in 云桥镇柳沟村3组 unless said otherwise, in the register of 2024-03."""
    given = {"sex": "男", "township": "云桥镇", "village": "柳沟村", "village_group": "3组", "relation": "户主"} | more
    id_no = number(born, key, sex=given["sex"])
    told = {"id_kind": "valid", "id_no": id_no, "id_seen": id_no, "person_name": name, "period_no": 24291}
    return told | {"person_no": f"P{key}", "household_no": household} | given


def register_of(people: list[Person]) -> Register:
    """The register that lists these people in this order."""
    rows = [{"row_number": n, "row_status": "accepted"} | p for n, p in enumerate(people, start=1)]
    identity, facts = (
        pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
        for schema in (IDENTITY, FACTS)
    )
    return build_register(identity, facts)


def day(text: str) -> dt.date:
    """A date written YYYY-MM-DD."""
    return dt.date.fromisoformat(text)
