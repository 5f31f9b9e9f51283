"""The register: persons, households, and what is wrong with them."""

from __future__ import annotations

import polars as pl
from register_rows import Person, person, register_of

from fangpin.matching.register import build_register

HOUSE: tuple[Person, ...] = (
    person(1, "H1", "陈国华", "19700305"),
    person(2, "H1", "李秀英", "19720817", sex="女", relation="配偶"),
    person(3, "H1", "陈子涵", "20120601", sex="女", relation="之女"),
)


def test_household_counts_its_members_and_names_its_head() -> None:
    """A household's size is its members counted; its head is the person with relation 户主."""
    households = register_of(list(HOUSE)).households

    assert households.select("household_no", "head_person_no", "head_name", "size").rows() == [
        ("H1", "P1", "陈国华", 3)
    ]


def test_birth_is_read_from_the_id() -> None:
    """A register without a birth column takes the birth date from the ID."""
    persons = register_of(list(HOUSE[:1])).persons

    assert [str(d) for d in persons["birth_on"]] == ["1970-03-05"]


def test_risk_eliminated_is_unknown_when_not_said() -> None:
    """是 and 否 become true and false, anything else is unknown."""
    people = [
        person(i, f"H{i}", "陈国华", "19700305", risk_eliminated=said) for i, said in enumerate(("是", "否", None))
    ]

    assert register_of(people).households["risk_eliminated"].to_list() == [True, False, None]


def test_person_listed_twice_is_kept_once() -> None:
    """The row with the smallest number counts; the other becomes a finding."""
    built = register_of([HOUSE[0], HOUSE[0] | {"relation": "其他"}])

    assert built.persons.select("person_no", "household_no").rows() == [("P1", "H1")]
    assert built.findings.select("code", "person_no", "row_number").rows() == [("person_twice", "P1", 2)]


def test_two_persons_on_one_id_are_reported() -> None:
    """Both rows are named, both persons stay."""
    built = register_of([HOUSE[0], HOUSE[0] | {"person_no": "P99", "relation": "其他"}])

    assert built.findings.select("code", "person_no").rows() == [("id_shared", "P1"), ("id_shared", "P99")]
    assert built.persons.height == 2


def test_household_without_head_is_reported() -> None:
    """The finding names the household, not a person."""
    built = register_of([HOUSE[1]])

    assert built.findings.select("code", "household_no", "person_no").rows() == [("household_without_head", "H1", None)]


def test_first_of_two_heads_counts() -> None:
    """The head with the smaller row number stays head of the household."""
    built = register_of([HOUSE[0], HOUSE[1] | {"relation": "户主"}])

    assert built.households["head_person_no"].to_list() == ["P1"]
    assert built.findings.select("code", "person_no").rows() == [("household_two_heads", "P2")]


def test_person_without_key_is_reported_and_left_out() -> None:
    """Without 人编号 or 户编号 nobody can be registered."""
    built = register_of([HOUSE[0], HOUSE[1] | {"person_no": None}])

    assert built.findings.select("code", "row_number").rows() == [("person_without_key", 2)]
    assert built.persons.height == 1


def test_findings_hold_no_personal_value() -> None:
    """A message never repeats a name or an ID."""
    built = register_of([HOUSE[0], HOUSE[0], HOUSE[1] | {"person_no": None}])

    assert not any("陈国华" in m or "9901" in m for m in built.findings["message"])


def test_rejected_rows_are_not_registered() -> None:
    """Only accepted rows make persons."""
    built = register_of([HOUSE[0], HOUSE[1] | {"row_status": "rejected"}])

    assert built.persons["person_no"].to_list() == ["P1"]


def test_empty_register_is_empty() -> None:
    """No rows in, empty frames out."""
    built = register_of([])

    assert (built.persons.height, built.households.height, built.findings.height) == (0, 0, 0)


def test_what_a_register_tells_more_stands_in_the_order_of_persons() -> None:
    """Of the further columns those are told that the register has, a cell not filled in as unknown."""
    rows = [{"row_number": n} | person(key, "H1", "甲某", "19900101") for n, key in enumerate((2, 1), start=1)]
    identity = pl.DataFrame(rows).with_columns(row_status=pl.lit("accepted"), birth_on=pl.lit(None, pl.Date))
    unsaid = dict.fromkeys(("health", "labour", "household_type", "monitored_type", "risk_eliminated"), pl.String)
    facts = pl.DataFrame(
        [{"row_number": 1, "relation": "配偶", "student": "小学"}, {"row_number": 2, "relation": "户主"}]
    ).with_columns(pl.lit(None, kind).alias(name) for name, kind in unsaid.items())

    found = build_register(identity.drop("relation"), facts)

    assert found.persons["person_no"].to_list() == found.told["person_no"].to_list()
    assert found.told.to_dicts() == [{"person_no": "P1", "student": None}, {"person_no": "P2", "student": "小学"}]


def test_a_register_without_further_columns_tells_none() -> None:
    """What many registers do not hold is not there, and is nothing."""
    assert register_of([person(1, "H1", "甲某", "19900101")]).told.columns == ["person_no"]
