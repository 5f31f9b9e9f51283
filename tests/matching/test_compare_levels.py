"""Comparisons: one row beside one person, the level of every evidence, boundary rows included."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from matching_people import county, day, keyed, seen, valid

from fangpin.matching.compare import EVIDENCE, REASONS, compare, evidence_levels
from fangpin.matching.keys import person_keys
from fangpin.matching.levels import Pairs
from fangpin.matching.model import level_names

PLACE = {"township": "云桥镇", "village": "柳沟村", "village_group": "3组"}
PERSONS = person_keys(county().persons)
CHEN, CHILD = valid(1)["id_no"], valid(3)["id_no"]


def levels(person: str, **row: Any) -> dict[str, str]:
    """The levels of a row beside a registered person, the unknown ones left out."""
    rows = keyed([row], PERSONS)
    home = PERSONS.filter(pl.col("person_no") == person)["household_no"][0]
    at = PERSONS.filter(pl.col("household_no") == home)["person_id"].to_numpy().astype(np.intp)
    codes = compare(Pairs(np.zeros(len(at), dtype=np.intp), at), rows, PERSONS)
    mine = int(np.flatnonzero(at == PERSONS.filter(pl.col("person_no") == person)["person_id"][0])[0])
    told = evidence_levels(codes).row(mine, named=True)
    return {name.removesuffix("_level"): level for name, level in told.items() if level != "unknown"}


NUMBERS = [
    ("the whole number", "P0001", "same", valid(1)),
    ("one digit wrong", "P0001", "one_digit", seen("invalid", "8" + CHEN[1:])),
    ("two digits wrong", "P0001", "two_digits", seen("invalid", "88" + CHEN[2:])),
    ("three digits wrong", "P0001", "differs", seen("invalid", "888" + CHEN[3:])),
    ("digits changed over", "P0001", "one_digit", seen("invalid", CHEN[:8] + CHEN[9] + CHEN[8] + CHEN[10:])),
    ("six and four visible", "P0001", "visible", seen("masked", CHEN[:6] + "*" * 8 + CHEN[14:])),
    ("other last digits visible", "P0001", "relative_near", seen("masked", CHILD[:6] + "*" * 8 + CHILD[14:])),
    ("cut by a spreadsheet", "P0001", "visible", seen("damaged", CHEN[:15])),
    ("the number of somebody at home", "P0003", "relative", valid(1)),
    ("the number of a neighbour", "P0001", "kin", valid(4)),
    ("the number of somebody far away", "P0001", "other", valid(7)),
    ("a number of nobody", "P0001", "differs", {"id_kind": "valid", "id_no": "963127196001010013"}),
    ("no number", "P0001", None, {"id_kind": "missing"}),
]


@pytest.mark.parametrize(("case", "person", "level", "cell"), NUMBERS, ids=[c[0] for c in NUMBERS])
def test_numbers(case: str, person: str, level: str | None, cell: dict[str, Any]) -> None:
    """How a number cell stands to a person's number."""
    cell = cell | {"id_seen": cell.get("id_seen", cell.get("id_no"))}

    assert levels(person, **cell).get("id") == level, case


BIRTHS = [
    ("the same day", "same", {"birth_on": day("1970-03-05")}),
    ("one digit off", "near", {"birth_on": day("1970-03-06")}),
    ("day and month changed over", "near", {"birth_on": day("1970-05-03")}),
    ("the same year", "year", {"birth_on": day("1970-11-28")}),
    ("another year", "differs", {"birth_on": day("1984-11-28")}),
    ("nothing told", None, {}),
]


@pytest.mark.parametrize(("case", "level", "row"), BIRTHS, ids=[c[0] for c in BIRTHS])
def test_births(case: str, level: str | None, row: dict[str, Any]) -> None:
    """How a declared birth stands to the registered one."""
    assert levels("P0001", **row).get("birth") == level, case


AGES = [("the age", 54, "age"), ("a year off", 53, "age"), ("two years off", 52, "age_differs")]


@pytest.mark.parametrize(("case", "age", "level"), AGES, ids=[c[0] for c in AGES])
def test_ages(case: str, age: int, level: str) -> None:
    """An age counts to the year that the batch's whole numbers tell."""
    rows = keyed([{"person_name": "陈国华", "age": 54, **valid(1)}, {"person_name": "陈国华", "age": age}], PERSONS)
    chosen = rows["row_id"].filter(rows["id_text"].is_null()).to_numpy().astype(np.intp)
    at = PERSONS.filter(pl.col("person_no") == "P0001")["person_id"].to_numpy().astype(np.intp)

    found = evidence_levels(compare(Pairs(chosen, at), rows, PERSONS))["birth_level"].to_list()

    assert found == [level], case


PLACES = [
    ("village and group", {**PLACE}, {"place": "village", "group": "same"}),
    ("another group", PLACE | {"village_group": "5组"}, {"place": "village", "group": "differs"}),
    ("another village", PLACE | {"village": "松坪村"}, {"place": "other_village"}),
    ("another township", PLACE | {"township": "大井乡", "village": "竹口村"}, {"place": "differs"}),
    ("the township alone", {"township": "云桥镇"}, {"place": "township"}),
    ("a township nobody knows", {"township": "远山镇"}, {"place": "unregistered"}),
    ("another county", {"address": "桃源县城关街道"}, {"place": "unregistered"}),
    ("nothing told", {}, {}),
]


@pytest.mark.parametrize(("case", "row", "expected"), PLACES, ids=[c[0] for c in PLACES])
def test_places(case: str, row: dict[str, Any], expected: dict[str, str]) -> None:
    """How a told place stands to where a person lives."""
    found = levels("P0001", **row)

    assert {name: found[name] for name in ("place", "group") if name in found} == expected, case


HOUSEHOLDS = [
    ("the head lives there", "P0003", {"person_name": "陈子涵", "head_name": "陈国华"}, "member"),
    ("a head who sounds like one there", "P0003", {"person_name": "陈子涵", "head_name": "陈国花"}, "sound"),
    ("a head who lives elsewhere", "P0003", {"person_name": "陈子涵", "head_name": "张伟"}, "differs"),
    ("the guardian lives there", "P0003", {"person_name": "陈子涵", "guardian_name": "李秀英"}, "member"),
    ("the household's own number", "P0003", {"person_name": "陈子涵", "household_no": "H1"}, "member"),
    ("he names himself as head", "P0001", {"person_name": "陈国华", "head_name": "陈国华"}, None),
    ("he names himself as guardian", "P0003", {"person_name": "陈子涵", "guardian_name": "陈子涵"}, None),
    ("whom he names as head is not he", "P0001", {"person_name": "陈小宝", "head_name": "陈国华"}, "named_other"),
    ("a slip in his own name", "P0001", {"person_name": "陈国", "head_name": "陈国华"}, "member"),
]


@pytest.mark.parametrize(("case", "person", "row", "level"), HOUSEHOLDS, ids=[c[0] for c in HOUSEHOLDS])
def test_households(case: str, person: str, row: dict[str, Any], level: str | None) -> None:
    """What the head or guardian a row names says of a person."""
    assert levels(person, **row).get("household") == level, case


def test_every_level_has_its_reason() -> None:
    """What weighs is told: each level of each evidence has words, save where the place is simply in the register."""
    wordless = {
        (evidence, level)
        for evidence, comparisons in EVIDENCE.items()
        for comparison in comparisons
        for level in level_names(comparison)[1:]
        if level not in REASONS[evidence]
    }

    assert wordless == {("place", "registered")}
