"""What one register, and two one after the other, contradict."""

from __future__ import annotations

import polars as pl
import pytest
from register_rows import NO_ID, Person, day, number, person, register_of

from fangpin.matching.history_events import EVENT_TITLES, EventKind
from fangpin.matching.register_changes import change_findings, dead_listed
from fangpin.matching.register_findings import FINDING_TITLES, register_findings

FATHER = person(1, "H1", "陈国华", "19600305")
MOTHER = person(2, "H1", "李秀英", "19620817", sex="女", relation="配偶")
SON = person(3, "H1", "陈子强", "19900601", relation="之子")
HOUSE = [FATHER, MOTHER, SON]
Found = tuple[str, str | None, str | None, int | None]


def house(**son: object) -> list[Person]:
    """The house with the son changed."""
    return [FATHER, MOTHER, SON | son]


CASES: tuple[tuple[str, list[Person], list[Found]], ...] = (
    ("nothing", HOUSE, []),
    ("no number", house(person_no=None), [("person_without_key", "H1", None, 3)]),
    ("number twice", [*HOUSE, SON], [("person_twice", "H1", "P3", 4)]),
    (
        "number in two households",
        [*HOUSE, FATHER | {"household_no": "H2"}],
        [("person_in_two_households", "H2", "P1", 4)],
    ),
    (
        "one person under two numbers",
        [*HOUSE, FATHER | {"household_no": "H2", "person_no": "P9"}],
        [
            ("id_shared", "H1", "P1", 1),
            ("id_shared", "H2", "P9", 4),
            ("person_in_two_households", "H1", "P1", 1),
            ("person_in_two_households", "H2", "P9", 4),
        ],
    ),
    (
        "the father's ID",
        house(id_no=FATHER["id_no"], id_seen=FATHER["id_no"]),
        [("id_shared", "H1", "P1", 1), ("id_shared", "H1", "P3", 3)],
    ),
    ("no ID", house(**NO_ID), [("id_fails", "H1", "P3", 3)]),
    ("damaged ID", house(**NO_ID | {"id_kind": "damaged"}), [("id_fails", "H1", "P3", 3)]),
    ("upgraded ID", house(id_kind="upgraded"), []),
    ("born in the month", house(**NO_ID | {"id_kind": "valid"}, birth_on=day("2024-03-31")), []),
    (
        "born after the month",
        house(**NO_ID | {"id_kind": "valid"}, birth_on=day("2024-04-01")),
        [("impossible_birth", "H1", "P3", 3)],
    ),
    ("119 years", house(**NO_ID | {"id_kind": "valid"}, birth_on=day("1904-04-01")), []),
    (
        "older than 120",
        house(**NO_ID | {"id_kind": "valid"}, birth_on=day("1903-03-01")),
        [("impossible_birth", "H1", "P3", 3)],
    ),
    ("sex against ID", house(sex="女"), [("sex_against_id", "H1", "P3", 3)]),
    ("sex not told", house(sex=None), []),
    ("no head", [MOTHER, SON], [("household_without_head", "H1", None, None)]),
    ("two heads", house(relation="户主"), [("household_two_heads", "H1", "P3", 3)]),
    ("a child as head", [person(7, "H3", "陈小宝", "20150101")], [("head_is_child", "H3", "P7", 1)]),
    ("sixteen as head", [person(7, "H3", "陈小宝", "20080301")], []),
    ("size right", [p | {"household_size": 3} for p in HOUSE], []),
    (
        "size wrong",
        [p | {"household_size": 4} for p in HOUSE],
        [("household_size_differs", "H1", None, None)],
    ),
    ("another village", house(village="石湾村"), [("household_place_differs", "H1", None, None)]),
    ("village not told", house(village=None), []),
)


@pytest.mark.parametrize(("people", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_contradiction_is_found(people: list[Person], expected: list[Found]) -> None:
    """Code, household, person and row of everything that is wrong, and of nothing else."""
    findings = register_of(people).findings

    assert findings.select("code", "household_no", "person_no", "row_number").rows() == expected
    assert set(findings["code"]) <= set(FINDING_TITLES)


def test_the_message_says_what_and_how_many() -> None:
    """Figures and the other household stand in the sentence, no personal value."""
    said = register_of([p | {"household_size": 4} for p in HOUSE] + [FATHER | {"household_no": "H2"}]).findings

    assert said.select("code", "message").rows() == [
        ("household_size_differs", "登记为 4 人，台账列出 3 人，须核对"),
        ("person_in_two_households", "同一人编号又列在户 H1，以行号最小的一行为准，须核对"),
    ]


def test_without_month_and_size_nothing_is_said_of_them() -> None:
    """A register whose frames carry neither is still read."""
    register = register_of([p | {"birth_on": day("2030-01-01"), **NO_ID, "id_kind": "valid"} for p in HOUSE])
    bare = register.rows.drop("period_no", "household_size")

    assert register_findings(bare, register.households).is_empty()


def test_changed_ids_and_sexes_are_found() -> None:
    """Told in both registers and different; one told for the first time is no change."""
    other = number("19900601", 88)
    before = [FATHER | NO_ID, MOTHER, SON]
    after = [FATHER, MOTHER | {"sex": "男"}, SON | {"id_no": other, "id_seen": other}]

    found = change_findings(register_of(before), register_of(after), fall=0.1, rise=0.2)

    assert found.select("code", "person_no", "row_number").rows() == [("id_changed", "P3", 3), ("sex_changed", "P2", 2)]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (10, []),
        (11, ["云桥镇：上一期 100 人中有 11 人的人编号不再出现，新出现 0 人，请核对名册是否完整、是否整体换号"]),
    ],
)
def test_many_gone_at_once_are_found(left: int, expected: list[str]) -> None:
    """More than the declared share of a township's people is gone; of a few people none is a mass."""
    few = [person(n, f"K{n}", "王某", "19600101") for n in range(9)]
    assert change_findings(register_of(few), register_of(few[:1]), fall=0.1, rise=0.2).is_empty()
    crowd = [person(n, f"H{n}", "王某", "19600101") for n in range(100)]

    found = change_findings(register_of(crowd), register_of(crowd[left:]), fall=0.1, rise=0.2)

    assert found["message"].to_list() == expected


def test_the_dead_who_are_still_listed_are_found() -> None:
    """Told dead in an earlier month, listed now; of several lists the earliest month is named."""
    deaths = pl.DataFrame(
        {
            "person_no": ["P2", "P2", "P3", "P8"],
            "on_no": [24290, 24289, 24291, 24280],
            "title": ["甲", "乙", "甲", "甲"],
        }
    )

    found = dead_listed(register_of(HOUSE).rows, deaths, period_no=24291)

    assert found.select("person_no", "row_number", "message").rows() == [
        ("P2", 2, "乙列有此人2024年1月死亡，名册仍在列，请核对")
    ]


def test_every_kind_has_its_title() -> None:
    """What can happen can be shown."""
    assert set(EVENT_TITLES) == set(EventKind)
