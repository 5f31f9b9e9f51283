"""Registers of several months as dated facts: each kind of event, and who was where in which month."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from register_rows import NO_ID, Person, day, number, person, register_of

from fangpin.matching.history import EMPTY, History, build_history, extend_history, household_of, members_in
from fangpin.types import Period

FATHER = person(1, "H1", "陈国华", "19600305")
MOTHER = person(2, "H1", "李秀英", "19620817", sex="女", relation="配偶")
SON = person(3, "H1", "陈子强", "19900601", relation="之子")
WIFE = person(4, "H1", "王芳", "19920405", sex="女", relation="之儿媳")
OTHER = person(5, "H2", "张伟", "19700112")
HOUSE = [FATHER, MOTHER, SON, WIFE, OTHER]
JANUARY = Period(2024, 1)


def history(*months: list[Person], first: Period = JANUARY) -> History:
    """The history of these months, one after the other."""
    return build_history((first.back(-n), register_of(people)) for n, people in enumerate(months))


def told(found: History) -> list[tuple[str, str | None, str | None, str | None]]:
    """Events without month, place and detail."""
    return found.events.select("kind", "life_no", "household_no", "other_household_no").rows()


def without(*gone: Person) -> list[Person]:
    """The house without some of its people."""
    return [p for p in HOUSE if p not in gone]


def with_(person: Person, **changes: Any) -> list[Person]:
    """The house with one person changed."""
    return [p | changes if p is person else p for p in HOUSE]


BABY = person(9, "H1", "陈小宝", "20240120", relation="之孙子")
BRIDE = person(9, "H2", "周丽", "19720120", sex="女", relation="配偶")
COUSIN = person(9, "H2", "周强", "19720120", relation="其他")
NEW_ID = number("19900601", 77)

EVENTS: tuple[tuple[str, list[Person], list[tuple[str, str | None, str | None, str | None]]], ...] = (
    ("nothing", HOUSE, []),
    ("born", [*HOUSE, BABY], [("born", "P9", "H1", None)]),
    ("married in", [*HOUSE, BRIDE], [("married_in", "P9", "H2", None)]),
    ("joined", [*HOUSE, COUSIN], [("joined", "P9", "H2", None)]),
    ("left", without(MOTHER), [("died_or_left", "P2", "H1", None)]),
    ("moved over", with_(SON, household_no="H2"), [("moved", "P3", "H2", "H1")]),
    ("married over", with_(MOTHER, household_no="H2"), [("married_in", "P2", "H2", "H1")]),
    (
        "split",
        [FATHER, MOTHER, SON | {"household_no": "H3", "relation": "户主"}, WIFE | {"household_no": "H3"}, OTHER],
        [("split", None, "H3", "H1")],
    ),
    ("merged", with_(OTHER, household_no="H1", relation="其他"), [("merged", None, "H1", "H2")]),
    ("household renumbered", with_(OTHER, household_no="H8"), [("renumbered", None, "H8", "H2")]),
    (
        "head changed",
        [FATHER | {"relation": "之父"}, MOTHER | {"relation": "之母"}, SON | {"relation": "户主"}, WIFE, OTHER],
        [("head_changed", "P3", "H1", None)],
    ),
    ("ID corrected", with_(SON, id_no=NEW_ID, id_seen=NEW_ID), [("id_corrected", "P3", "H1", None)]),
    ("ID no longer told", with_(SON, **NO_ID), []),
    ("name corrected", with_(SON, person_name="陈志强"), [("name_corrected", "P3", "H1", None)]),
    ("name hidden", with_(SON, person_name="陈*强"), []),
    ("renumbered", with_(SON, person_no="P99"), [("renumbered", "P3", "H1", None)]),
    (
        "renumbered without ID",
        with_(SON, person_no="P99", **NO_ID),
        [("joined", "P99", "H1", None), ("died_or_left", "P3", "H1", None)],
    ),
    ("household moved", with_(OTHER, village="石湾村"), [("moved", None, "H2", None)]),
    ("place not told", with_(OTHER, village_group=None), []),
)


@pytest.mark.parametrize(("after", "expected"), [case[1:] for case in EVENTS], ids=[case[0] for case in EVENTS])
def test_each_event_has_its_kind(after: list[Person], expected: list[tuple[str, ...]]) -> None:
    """What differs between two registers is told by its rule."""
    assert sorted(told(history(HOUSE, after)), key=str) == sorted(expected, key=str)


def test_an_id_missing_is_found_by_name_and_birth() -> None:
    """A number that vanished is found under a new one by name, birth date and household."""
    before = with_(SON, **NO_ID, birth_on=day("1990-06-01"))
    after = [p | {"person_no": "P99"} if p["person_no"] == "P3" else p for p in before]

    assert told(history(before, after)) == [("renumbered", "P3", "H1", None)]


def test_a_life_keeps_its_first_number() -> None:
    """Each number of a life has its months."""
    found = history(HOUSE, with_(SON, person_no="P99"), with_(SON, person_no="P100"))

    assert found.people.filter(pl.col("life_no") == "P3").sort("from_period_no").rows() == [
        ("P3", "P3", 24289, 24289),
        ("P3", "P99", 24290, 24290),
        ("P3", "P100", 24291, None),
    ]


def test_a_number_given_to_somebody_else_is_another_life() -> None:
    """Name, ID, birth and household all differ: the number is the same, the life is not."""
    stranger = person(3, "H2", "赵铁柱", "19550505", relation="其他")

    found = history(HOUSE, [*without(SON), stranger])

    assert told(found) == [("died_or_left", "P3", "H1", None), ("joined", "P3@2024-02", "H2", None)]


def test_two_people_whose_numbers_were_exchanged_stay_themselves() -> None:
    """Each is found by the own ID and name under the other's number."""
    crossed = [FATHER, MOTHER, SON | {"person_no": "P4"}, WIFE | {"person_no": "P3"}, OTHER]

    assert told(history(HOUSE, crossed)) == [
        ("renumbered", "P3", "H1", None),
        ("renumbered", "P4", "H1", None),
    ]


def test_an_infant_under_the_fathers_id_is_not_the_father() -> None:
    """The father leaves in the month a child comes under his number: two lives."""
    infant = BABY | {"id_no": FATHER["id_no"], "id_seen": FATHER["id_no"]}
    found = history(HOUSE, [*without(FATHER), infant])

    assert ("died_or_left", "P1", "H1", None) in told(found)
    assert household_of(found, "P9", Period(2024, 2)) == "H1"


def test_an_infant_that_gets_its_own_id_and_name_stays_itself() -> None:
    """Name, ID and birth date change in the same household under the same number: one life."""
    infant = BABY | {"id_no": FATHER["id_no"], "id_seen": FATHER["id_no"], "person_name": "陈国华之孙"}
    found = history([*HOUSE, infant], [*HOUSE, BABY])

    assert told(found) == [("id_corrected", "P9", "H1", None), ("name_corrected", "P9", "H1", None)]


def test_who_comes_back_is_the_same_life() -> None:
    """A person missing for a month returns with the life and a new stay."""
    found = history(HOUSE, without(SON), with_(SON, household_no="H2"))

    assert told(found)[1:] == [("returned", "P3", "H2", "H1")]
    assert [household_of(found, "P3", Period(2024, m)) for m in (1, 2, 3, 4)] == ["H1", None, "H2", None]
    assert found.events["detail"][-1] == "上次见于2024年1月"


def test_members_are_as_they_were_told_in_that_month() -> None:
    """Head first; the name and number of that month, not of today."""
    found = history(HOUSE, with_(OTHER, person_name="张玮", person_no="P50"))

    asked = [members_in(found, "H2", Period(2024, m)).select("life_no", "person_no", "person_name") for m in (1, 2)]

    assert [frame.rows() for frame in asked] == [[("P5", "P5", "张伟")], [("P5", "P50", "张玮")]]
    assert members_in(found, "H2", Period(2024, 3)).is_empty()
    assert members_in(EMPTY, "H2", JANUARY).is_empty()


def test_a_month_without_register_is_bridged_and_said() -> None:
    """Who stood before and after stood in between; who left was last seen before."""
    built = build_history([(JANUARY, register_of(HOUSE)), (Period(2024, 4), register_of(without(SON)))])

    between = members_in(built, "H1", Period(2024, 2))

    assert between.select("life_no", "seen").rows() == [("P1", False), ("P2", False), ("P4", False)]
    assert members_in(built, "H1", Period(2024, 4))["seen"].all()
    assert built.events["detail"].to_list() == ["离开名册，原因未报；缺2024年2月至2024年3月台账，发生月份不确定"]


def test_a_stay_ends_when_a_fact_changes() -> None:
    """A household that moved has two stays, the second still open."""
    found = history(HOUSE, HOUSE, with_(OTHER, village="石湾村"))
    stays = found.spells.filter(pl.col("life_no") == "P5").sort("from_period_no")

    assert stays.select("village", "from_period_no", "to_period_no").rows() == [
        ("柳沟村", 24289, 24290),
        ("石湾村", 24291, None),
    ]
    assert found.households.filter(pl.col("household_no") == "H2").height == 2


def _village(name: str, houses: int, *, start: int = 100) -> list[Person]:
    return [
        person(start + n, f"V{start + n}", f"王{'甲乙丙丁戊己庚辛壬癸'[n]}", f"19{60 + n}0101", village=name)
        for n in range(houses)
    ]


def test_a_renamed_village_moves_nobody() -> None:
    """All its households have the same new name: one event, no move."""
    found = history(_village("松坪村", 5), _village("新松村", 5))

    assert found.events.select("kind", "village", "detail").rows() == [
        ("place_renamed", "新松村", "云桥镇松坪村 → 云桥镇新松村（5户）")
    ]


def test_a_village_merged_into_another_moves_nobody() -> None:
    """The new name was there before: it is said."""
    there = _village("竹口村", 3, start=200)

    found = history([*there, *_village("松坪村", 5)], [*there, *_village("竹口村", 5)])

    assert found.events["detail"].to_list() == ["云桥镇松坪村 → 云桥镇竹口村（5户，并入）"]


def test_a_village_that_half_moved_away_was_not_renamed() -> None:
    """Where the old name is still in use, each household moved."""
    found = history(_village("松坪村", 4), [*_village("松坪村", 4)[:2], *_village("新松村", 4)[2:]])

    assert found.events["kind"].to_list() == ["moved", "moved"]


def test_a_renamed_group_moves_nobody() -> None:
    """A group of a village with another name is a place renamed."""
    before = _village("松坪村", 4)
    found = history(before, [p | {"village_group": "上组"} for p in before])

    assert found.events.select("kind", "detail").rows() == [
        ("place_renamed", "云桥镇松坪村3组 → 云桥镇松坪村上组（4户）")
    ]


def test_household_that_loses_its_head_is_told() -> None:
    """No life is named as the new head; the old one is."""
    found = history(HOUSE, without(FATHER))
    (event,) = found.events.filter(pl.col("kind") == "head_changed").rows(named=True)

    assert (event["life_no"], event["detail"]) == (None, "原户主 P1，现在没有户主")


def test_an_earlier_month_cannot_be_added() -> None:
    """A register that comes late makes the history again; it is never slipped in."""
    with pytest.raises(ValueError, match="2024-01"):
        extend_history(history(HOUSE, HOUSE), JANUARY, register_of(HOUSE))


def test_events_hold_no_personal_value() -> None:
    """Names, IDs and birth dates stay out of the events."""
    found = history(HOUSE, with_(SON, person_name="陈志强", id_no=NEW_ID, id_seen=NEW_ID), without(MOTHER))
    text = found.events.write_csv()

    assert not any(word in text for word in ("陈", "李", "9901", "1990"))
