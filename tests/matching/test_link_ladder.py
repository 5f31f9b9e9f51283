"""The match ladder, rung by rung: one row in, one judgement out."""

from __future__ import annotations

from typing import Any

import pytest
from matching_people import day, link_one, link_rows, number, seen, valid

PLACE = {"township": "云桥镇", "village": "柳沟村"}
CHEN = valid(1)["id_no"]
CHILD = valid(3)["id_no"]
OUYANG = valid(7)["id_no"]
STRANGER = number("19700611", 77)

LINKED = [
    ("whole ID and name", "id_exact", "P0001", {"person_name": "陈国华", **valid(1)}),
    ("traditional writing, remark", "id_exact", "P0001", {"person_name": "陳國華（户主）", **valid(1)}),
    ("same sound", "id_exact", "P0001", {"person_name": "陈国花", **valid(1)}),
    ("southern sound", "id_exact", "P0002", {"person_name": "李秀音", **valid(2)}),
    ("middle dot lost", "id_exact", "P0006", {"person_name": "曲比热哈", **valid(6)}),
    ("hidden name", "id_exact", "P0001", {"person_name": "陈**", **valid(1)}),
    ("former name", "id_name_differs", "P0001", {"person_name": "陈阿牛", "sex": "男", **PLACE, **valid(1)}),
    ("one wrong digit", "id_fuzzy", "P0007", {"person_name": "欧阳凤霞", **seen("invalid", "8" + OUYANG[1:])}),
    ("lost digit", "id_fuzzy", "P0007", {"person_name": "欧阳凤霞", **seen("invalid", OUYANG[:9] + OUYANG[10:])}),
    (
        "swapped digits",
        "id_fuzzy",
        "P0001",
        {"person_name": "陈国华", **seen("invalid", CHEN[:8] + CHEN[9] + CHEN[8] + CHEN[10:])},
    ),
    (
        "6 + 4 visible, name, place",
        "id_masked",
        "P0001",
        {"person_name": "陈国华", **PLACE, **seen("masked", CHEN[:6] + "*" * 8 + CHEN[14:])},
    ),
    (
        "6 + 4 visible and name",
        "id_masked",
        "P0001",
        {"person_name": "陈国华", **seen("masked", CHEN[:6] + "*" * 8 + CHEN[14:])},
    ),
    (
        "3 + 4 visible, name, birth",
        "id_masked",
        "P0003",
        {"person_name": "陈子涵", "birth_on": day("2012-06-01"), **seen("masked", CHILD[:3] + "*" * 11 + CHILD[14:])},
    ),
    (
        "spreadsheet number",
        "id_damaged",
        "P0001",
        {"person_name": "陈国华", "address": "松岚县云桥镇柳沟村3组", **seen("damaged", CHEN[:15])},
    ),
    (
        "child with the father's ID",
        "relative_id",
        "P0003",
        {"person_name": "陈子涵", "birth_on": day("2012-06-01"), "sex": "女", **PLACE, **valid(1)},
    ),
    ("no ID, name, birth", "name_birth", "P0003", {"person_name": "陈子涵", "birth_on": day("2012-06-01"), **PLACE}),
    (
        "no ID, rare name, village, group",
        "name_place",
        "P0007",
        {"person_name": "欧阳凤霞", "sex": "女", "address": "大井竹口8组"},
    ),
    (
        "no ID, namesakes told apart by birth",
        "name_birth",
        "P0005",
        {"person_name": "张伟", "birth_on": day("1991-10-20"), **PLACE},
    ),
    (
        "no ID, head named",
        "name_place",
        "P0003",
        {"person_name": "陈紫涵", "head_name": "陈国华", "sex": "女", **PLACE},
    ),
]


@pytest.mark.parametrize(("case", "method", "person", "row"), LINKED, ids=[c[0] for c in LINKED])
def test_rung_links(case: str, method: str, person: str, row: dict[str, Any]) -> None:
    """Each rung of the ladder links its row to the right person and says how."""
    found = link_one(**row)

    assert ("link", method, person) == (found["band"], found["method"], found["person_no"]), case


REVIEWED = [
    ("namesakes in one village", {"person_name": "张伟", "sex": "男", **PLACE}),
    (
        "6 + 4 visible, place, another name",
        {"person_name": "赵铁柱", **PLACE, **seen("masked", CHEN[:6] + "*" * 8 + CHEN[14:])},
    ),
    ("visible digits alone", seen("masked", CHEN[:6] + "*" * 8 + CHEN[14:])),
    ("whole ID, another name, nothing else", {"person_name": "赵铁柱", **valid(1)}),
    (
        "whole ID, another name, another birth",
        {"person_name": "陈阿牛", "birth_on": day("2015-02-02"), "sex": "男", **PLACE, **valid(1)},
    ),
]


@pytest.mark.parametrize(("case", "row"), REVIEWED, ids=[c[0] for c in REVIEWED])
def test_doubt_goes_to_review(case: str, row: dict[str, Any]) -> None:
    """What two readings could explain is put before a person, with the best candidate named."""
    found = link_one(**row)

    assert (found["band"], found["person_no"] is None) == ("review", False), case


LEFT = [
    ("valid ID of a stranger", {"person_name": "赵铁柱", "id_kind": "valid", "id_no": STRANGER, "id_seen": STRANGER}),
    ("nothing told", {}),
    ("a name the register does not know", {"person_name": "诸葛铁柱", **PLACE}),
]


@pytest.mark.parametrize(("case", "row"), LEFT, ids=[c[0] for c in LEFT])
def test_stranger_is_left(case: str, row: dict[str, Any]) -> None:
    """A row of somebody outside the register stays without a person."""
    found = link_one(**row)

    assert (found["person_no"], found["household_no"], found["method"]) == (None, None, None), case


def test_namesake_with_a_valid_unknown_id_is_never_linked() -> None:
    """A valid ID the register does not know outweighs the same name in the same village."""
    found = link_one(person_name="陈国华", sex="男", id_kind="valid", id_no=STRANGER, id_seen=STRANGER, **PLACE)

    assert found["band"] != "link"


def test_wrong_unknown_id_is_never_linked() -> None:
    """A mistyped ID far from the namesake's own is a contradiction, not a blank."""
    wrong = STRANGER[:-1] + ("0" if STRANGER[-1] != "0" else "1")

    found = link_one(person_name="陈国华", sex="男", **PLACE, **seen("invalid", wrong))

    assert found["band"] != "link"


def test_reasons_are_told_in_chinese() -> None:
    """The reasons name what agreed, in the order of the ladder."""
    found = link_one(person_name="陈国花", sex="男", **PLACE, **valid(1))

    assert found["reasons"] == "证件号码与名册一致，性别一致，住同一村，姓名同音，判为同一人（把握99.9%）"


def test_margin_is_null_without_a_rival() -> None:
    """The exact tier knows no second candidate."""
    found = link_one(person_name="陈国华", **valid(1))

    assert found["margin"] is None


def test_household_number_links_the_household() -> None:
    """A ledger kept by household number is linked to households, never to persons."""
    rows: list[dict[str, Any]] = [{"household_no": "H1"}, {"household_no": "H9"}, {"household_no": None}]

    found = link_rows(rows, link_by="household_no")

    assert found.select("person_no", "household_no", "band", "method").rows() == [
        (None, "H1", "link", "household_no"),
        (None, None, "leave", None),
        (None, None, "leave", None),
    ]


def test_rejected_rows_are_not_linked() -> None:
    """Accepted and duplicate rows get a judgement, rejected rows none."""
    rows = [{"person_name": "陈国华", "row_status": s, **valid(1)} for s in ("accepted", "rejected", "duplicate")]

    found = link_rows(rows)

    assert found.select("row_number", "person_no").rows() == [(1, "P0001"), (3, "P0001")]


def test_empty_batch_gives_an_empty_frame() -> None:
    """No rows in, no rows out, same columns."""
    found = link_rows([])

    assert found.shape == (0, 8)
