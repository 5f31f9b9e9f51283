"""Left rows put together to families that no register knows."""

from __future__ import annotations

from typing import Any

import polars as pl
from identity import whole

from fangpin.matching.unknown import UnknownFamilies, unknown_families

LEFT: dict[str, Any] = {
    **dict.fromkeys(("agency", "source_id", "batch_id"), pl.String),
    "row_number": pl.UInt32,
    **dict.fromkeys(
        (
            *("person_name", "id_no", "head_name", "head_id_no", "guardian_name", "household_no"),
            *("township", "village", "village_group", "address"),
        ),
        pl.String,
    ),
    "score": pl.Float64,
}
PERSONS = pl.DataFrame(
    [
        ("H1", "陈国华", whole("990101", "19600305", "123"), "云桥镇", "柳沟村", "3组"),
        ("H2", "张伟", None, "云桥镇", "松坪村", None),
        ("H3", "曲比·热哈", None, "五江民族乡", "石湾村", "1组"),
    ],
    schema=["household_no", "person_name", "id_no", "township", "village", "village_group"],
    orient="row",
)
FATHER, SON = whole("990101", "19700305", "123"), whole("990101", "20100305", "123")


def families(*told: dict[str, Any]) -> UnknownFamilies:
    """Return what these left rows speak of; of 云桥镇柳沟村 unless said otherwise."""
    usual = {"agency": "民政局", "source_id": "civil", "batch_id": "c", "township": "云桥镇", "village": "柳沟村"}
    rows = [dict.fromkeys(LEFT) | usual | {"row_number": n} | row for n, row in enumerate(told, 1)]
    return unknown_families(pl.DataFrame(rows, schema=LEFT), PERSONS, county="松岚县")


HEALTH = {"agency": "医保局", "source_id": "health", "batch_id": "h"}
SCHOOL = {"agency": "教育局", "source_id": "school", "batch_id": "s"}


def test_a_family_of_three_departments() -> None:
    """Father by ID, the same man by name, his son by the guardian's name: one family, told with its place, masked."""
    found = families(
        {"person_name": "卫青山", "id_no": FATHER},
        HEALTH
        | {"person_name": "卫青山", "id_no": FATHER, "township": None, "village": None, "address": "云桥镇柳沟村2组"},
        SCHOOL | {"person_name": "卫小宝", "id_no": SON, "guardian_name": "卫青山", "village": "柳沟"},
    )

    assert found.families.rows(named=True) == [
        {
            "family": 1,
            "township": "云桥镇",
            "village": "柳沟村",
            "called": "卫*",
            "people": 2,
            "departments": 3,
            "rows": 3,
            "agencies": "医保局、教育局、民政局",
            "household_no": None,
        }
    ]
    assert found.rows.rows() == [(1, "civil", "c", 1), (1, "health", "h", 2), (1, "school", "s", 3)]


def test_ties_reach_through_others() -> None:
    """One tied to another who is tied to a third are one family, by head's ID, household number and name."""
    found = families(
        {"person_name": "卫青山", "id_no": FATHER, "household_no": "77"},
        {"person_name": "卫小宝", "head_id_no": FATHER},
        {"person_name": "孟秀云", "household_no": "77", "village": None},
    )

    assert found.families.select("people", "rows").rows() == [(3, 3)]


def test_strangers_stay_apart() -> None:
    """The same name in another village is somebody else; the one more departments know comes first."""
    found = families(
        {"person_name": "卫青山"},
        {"person_name": "卫青山", "village": "松坪村"},
        HEALTH | {"person_name": "卫青山", "village": "松坪村"},
    )

    assert found.families.select("village", "departments").rows() == [("松坪村", 2), ("柳沟村", 1)]


def test_a_surname_in_a_group_ties_a_few_and_not_a_crowd() -> None:
    """Three 卫 of one group may be a family; seven are a clan."""
    few = [{"person_name": f"卫{c}", "village_group": "2组"} for c in "甲乙丙"]
    crowd = [{"person_name": f"卫{c}", "village_group": "2组"} for c in "甲乙丙丁戊己庚"]

    assert families(*few).families.height == 1
    assert families(*crowd).families.height == 7


def test_a_missing_member_of_a_registered_household_is_told_apart() -> None:
    """A child whose guardian is registered in the village is missing in that household, not an unknown family."""
    found = families({"person_name": "陈新生", "guardian_name": "陈国华"}, {"person_name": "卫青山"})

    assert found.families.select("called", "household_no").rows() == [("陈*", "H1"), ("卫*", None)]


def test_a_doubtful_match_is_no_unknown_person() -> None:
    """A left row with a likely candidate is left out; without any, or an unlikely one, it is news."""
    found = families(
        {"person_name": "卫一", "score": 0.25}, {"person_name": "卫二", "score": 0.01}, {"person_name": "卫三"}
    )

    assert sorted(found.rows["row_number"]) == [2, 3]


def test_people_from_elsewhere_come_without_a_place() -> None:
    """A township the register does not know gives no place; hidden characters tie nobody."""
    found = families(
        {"person_name": "卫*", "township": "城关街道", "village": "北街社区"},
        {"person_name": "卫*", "township": "城关街道", "village": "北街社区"},
    )

    assert found.families.select("township", "rows").rows() == [(None, 1), (None, 1)]


def test_nobody_left_nobody_told() -> None:
    """No left rows, no families."""
    assert families().families.is_empty()
