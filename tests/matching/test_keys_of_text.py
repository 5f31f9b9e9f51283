"""Keys of names, IDs and places: what is written differently and means the same."""

from __future__ import annotations

import polars as pl
import pytest
from matching_people import identity_frame

from fangpin.matching.names import name_level
from fangpin.matching.places import learned, register_places, row_places
from fangpin.matching.standardise import id_keys, name_keys, reference_year

KNOWN = register_places(
    pl.DataFrame(
        {
            "township": ["云桥镇", "云桥镇", "五江民族乡", "大井乡"],
            "village": ["柳沟村", "杨坡村", "石湾村", "解放路社区"],
            "village_group": ["3组", None, "十二组", None],
        }
    )
)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("陳國華", "陈国华"),
        ("陈国华（低保）", "陈国华"),
        ("陈国华1", "陈国华"),
        ("陈 国 华", "陈国华"),
        ("曲比·热哈", "曲比热哈"),
        ("陈?华", "陈*华"),
        ("陈某某", "陈**"),
        ("田绍(yue)", "田绍*"),
        ("零德(马非)", "零德*"),
        ("", None),
        (None, None),
    ],
)
def test_name_key(written: str | None, key: str | None) -> None:
    """One person's name gives one key however it is written."""
    assert name_keys(pl.Series([written], dtype=pl.String))["name_key"].item() == key


@pytest.mark.parametrize(
    ("one", "other", "edits", "level"),
    [
        ("陈国华", "陈国华", 0, "same"),
        ("陈*华", "陈*华", 0, "hidden"),
        ("陈国华", "陈国花", 1, "sound"),
        ("曾国华", "增国华", 1, "sound"),
        ("李兰", "李男", 1, "near_sound"),
        ("李未", "李末", 1, "alike"),
        ("陈国华", "陈华国", 1, "order"),
        ("陈国华", "陈国", 1, "part"),
        ("陈国华", "陈国龙", 1, "one_character"),
        ("林国华", "陈国华", 1, "given"),
        ("林华", "陈华", 1, "given_short"),
        ("陈国华", "陈小龙", 2, "surname"),
        ("陈国华", "王小龙", 3, "differs"),
        (None, "陈国华", 3, "unknown"),
        ("陈国华", None, 3, "unknown"),
    ],
)
def test_name_level(one: str | None, other: str | None, edits: int, level: str) -> None:
    """Two names agree at the closest level that explains them."""
    assert name_level(one, other, edits=edits) == level


@pytest.mark.parametrize(
    ("place", "town", "village", "group"),
    [
        ({"township": "云桥镇", "village": "柳沟村", "village_group": "三组"}, "云桥", "云桥/柳沟", 3),
        ({"address": "松岚县云桥镇柳沟村12组"}, "云桥", "云桥/柳沟", 12),
        ({"address": "云桥柳沟"}, "云桥", "云桥/柳沟", None),
        ({"address": "云桥乡柳沟村民委员会 3组"}, "云桥", "云桥/柳沟", 3),
        ({"township": "五江布依族乡", "village": "石湾村委会"}, "五江", "五江/石湾", None),
        ({"township": "云桥镇", "village": "阳坡村"}, "云桥", "云桥/杨坡", None),
        ({"township": "云桥镇", "village": "茶沟村"}, "云桥", None, None),
        ({"address": "大井乡解放路社区"}, "大井", "大井/解放路", None),
        ({"address": "云桥镇5组"}, "云桥", None, 5),
        ({"address": "城关街道东街社区"}, None, None, None),
        ({}, None, None, None),
    ],
)
def test_row_place(place: dict[str, str], town: str | None, village: str | None, group: int | None) -> None:
    """A place is told in the register's own names, or stays unknown."""
    found = row_places(identity_frame([place]), KNOWN, county="松岚县")

    assert found.select("town_key", "village_key", "group_no").row(0) == (town, village, group)


def test_village_merged_away_is_learned_from_linked_rows() -> None:
    """Two agreeing rows teach what an old name stands for; one row or a split vote does not."""
    linked = pl.DataFrame(
        [("云桥/旧村", "云桥/柳沟")] * 2
        + [("云桥/孤村", "云桥/柳沟"), ("云桥/杂村", "云桥/柳沟"), ("云桥/杂村", "云桥/杨坡")],
        schema=["village_seen", "village_key"],
        orient="row",
    )

    assert learned(linked).rows() == [("云桥/旧村", "云桥/柳沟")]


@pytest.mark.parametrize(
    ("kind", "id_seen", "expected"),
    [
        ("invalid", "963127198001010010", ("963127198001010010", None, None)),
        ("masked", "963***********1234", (None, "963", "1234")),
        ("masked", "******************", (None, None, None)),
        ("damaged", "963127198001011", (None, "96312719800101", None)),
        ("missing", None, (None, None, None)),
    ],
)
def test_id_keys(kind: str, id_seen: str | None, expected: tuple[str | None, ...]) -> None:
    """Only what is known of an ID becomes a key; the rounded digit of a damaged one does not."""
    cell = pl.DataFrame(
        {"id_kind": [kind], "id_no": [None], "id_seen": [id_seen]},
        schema_overrides={"id_no": pl.String, "id_seen": pl.String},
    )

    assert id_keys(cell).row(0) == expected


def test_ages_of_an_extract_without_ids_tell_no_year() -> None:
    """Without a row that has both an age and a whole ID, ages stay unread."""
    rows = pl.DataFrame({"id_no": [None], "age": [40]}, schema={"id_no": pl.String, "age": pl.Int64})

    assert reference_year(rows) is None
