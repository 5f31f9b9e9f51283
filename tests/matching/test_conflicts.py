"""Contradictions over one person between departments, the register and a department itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from identity import whole

from fangpin.matching.conflicts import CONFLICTS, KIND_TITLES, conflicts

ROWS: dict[str, Any] = {
    **dict.fromkeys(("agency", "source_id", "batch_id"), pl.String),
    "row_number": pl.UInt32,
    **dict.fromkeys(
        ("band", "method", "person_no", "household_no", "person_name", "id_no", "village", "sex"), pl.String
    ),
    "birth_on": pl.Date,
}
OWN, OTHER, FATHERS = (whole("990101", day, "123") for day in ("19700305", "19700306", "19450101"))
PERSONS = pl.DataFrame(
    {"person_no": ["P1", "P2", "P3"], "person_name": ["陈国华", "陈子涵", "陈大"], "id_no": [OWN, None, FATHERS]}
)
FOUND = {"civil": "民政局", "health": "医保局", "school": "教育局"}


def rows(*told: dict[str, Any]) -> pl.DataFrame:
    """Return linked rows: one of person P1 with his own ID unless said otherwise."""
    usual = {
        "band": "link",
        "method": "id_exact",
        "person_no": "P1",
        "household_no": "H1",
        "id_no": OWN,
        "village": "柳沟",
    }
    usual |= {"person_name": "陈国华", "sex": "男", "source_id": "civil"}
    filled = [usual | {"row_number": n} | row for n, row in enumerate(told, 1)]
    named = [row | {"agency": FOUND[row["source_id"]], "batch_id": f"{row['source_id']}-1"} for row in filled]
    return pl.DataFrame([dict.fromkeys(ROWS) | row for row in named], schema=ROWS)


def kinds(*told: dict[str, Any]) -> list[tuple[str, list[int]]]:
    """Return the conflicts found: kind and rows."""
    found = conflicts(rows(*told), PERSONS)
    grouped = found.group_by("conflict", "kind", maintain_order=True).agg("row_number")
    return [(kind, numbers) for _, kind, numbers in grouped.rows()]


def test_rows_that_agree_are_no_conflict() -> None:
    """Three departments with the same name, ID and birth contradict nobody."""
    assert kinds({}, {"source_id": "health"}, {"source_id": "school"}) == []
    assert dict(conflicts(rows(), PERSONS).schema) == CONFLICTS


@pytest.mark.parametrize("band", ["link", "review"])
def test_two_departments_against_the_registers_id(band: str) -> None:
    """Two that agree on another sound ID make the register doubtful, though the rows only wait for review."""
    told = {"id_no": OTHER, "method": "name_birth", "band": band}

    assert kinds(told, told | {"source_id": "health"}) == [("register_id", [1, 2])]


@pytest.mark.parametrize(
    "second",
    [
        {"source_id": "civil", "id_no": OTHER},
        {"source_id": "health", "id_no": whole("990101", "19700307", "123")},
        {"source_id": "health", "id_no": OTHER, "method": "relative_id"},
        {"source_id": "health", "id_no": FATHERS},
    ],
    ids=["one department twice", "another ID again", "a relative's by method", "another registered person's"],
)
def test_no_agreement_against_the_registers_id(second: dict[str, Any]) -> None:
    """One voice is none, and a number that is somebody else's tells nothing of this person's."""
    first = {"id_no": FATHERS if second["id_no"] == FATHERS else OTHER, "method": "name_birth"}

    assert [kind for kind, _ in kinds(first, {"method": "name_birth"} | second)] == []


def test_two_departments_against_the_registers_name() -> None:
    """The same other name beside the person's own ID, in two departments, however spaced."""
    assert kinds({"person_name": "陈建华"}, {"person_name": "陈 建华", "source_id": "health"}) == [
        ("register_name", [1, 2])
    ]


@pytest.mark.parametrize("name", ["陈 国华", "陳國華", "陈国华（低保）", "陈*华"])
def test_another_spelling_is_no_other_name(name: str) -> None:
    """Spaces, traditional characters, remarks and hidden characters are no voice against the register."""
    assert kinds({"person_name": name}, {"person_name": name, "source_id": "health"}) == []


def test_one_identity_and_two_persons() -> None:
    """The same name and ID went to different persons; that is also a shared ID."""
    found = kinds({}, {"source_id": "health", "person_no": "P9", "household_no": "H9"})

    assert found == [("identity_split", [1, 2]), ("id_shared", [1, 2])]


def test_one_identity_without_id_and_two_persons() -> None:
    """Without an ID the same name, birth and village are one identity; a missing village is not."""
    born = {"id_no": None, "birth_on": dt.date(1970, 3, 5), "method": "name_birth"}

    assert kinds(born, born | {"person_no": "P9"}) == [("identity_split", [1, 2])]
    assert kinds(born | {"village": None}, born | {"person_no": "P9", "village": None}) == []


def test_a_borrowed_id_is_told_apart_from_a_shared_one() -> None:
    """Between relatives it is a borrowed number, between households a contradiction."""
    child = {"person_no": "P2", "person_name": "陈子涵", "method": "relative_id", "source_id": "school"}
    at_home = conflicts(rows({}, child), PERSONS)
    elsewhere = conflicts(rows({}, child | {"household_no": "H9"}), PERSONS)

    assert at_home["reason"].unique().to_list() == ["同一证件号码关联到同户2个人，应是用了亲属的号码"]
    assert elsewhere["reason"].unique().to_list() == ["同一证件号码关联到2个人，不在同一户"]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("1970-03-05", "1970-03-06", ["birth_differs"]),
        ("1970-03-05", "1970-03-01", []),
        ("1970-03-01", "1970-04-01", ["birth_differs"]),
        ("1970-03-05", "1970-03-05", []),
    ],
)
def test_births_that_cannot_all_be_true(one: str, other: str, found: list[str]) -> None:
    """Different days contradict each other; the first of the month may stand for the month."""
    first, second = ({"birth_on": dt.date.fromisoformat(day)} for day in (one, other))

    assert [kind for kind, _ in kinds(first, second)] == found


def test_two_departments_may_differ_in_birth_and_sex() -> None:
    """Only one source contradicting itself is told here: one of its rows may be somebody else's."""
    woman = {"sex": "女", "source_id": "health"}

    assert kinds({}, woman) == []
    assert kinds(woman, woman | {"sex": "男"}) == [("sex_differs", [1, 2])]


def test_the_most_telling_come_first_and_are_numbered() -> None:
    """Kinds stand in their order, conflicts are numbered through."""
    man = {"person_no": "P3", "id_no": None, "person_name": "陈大"}
    found = conflicts(
        rows(
            *(man | {"sex": sex} for sex in ("男", "女")),
            {"person_name": "陈建华"},
            {"person_name": "陈建华", "source_id": "health"},
        ),
        PERSONS,
    )

    assert found.select("conflict", "kind").unique(maintain_order=True).rows() == [
        (1, "register_name"),
        (2, "sex_differs"),
    ]
    assert set(found["kind"]) <= set(KIND_TITLES)


def test_no_value_is_told() -> None:
    """A reason has no name, no ID and no birth."""
    told = conflicts(rows({"id_no": OTHER}, {"id_no": OTHER, "source_id": "health"}, {"sex": "女"}), PERSONS)

    assert not told["reason"].str.contains(r"陈|\d{2,}").any()
