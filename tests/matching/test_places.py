"""Places of delivered rows, told in the register's own names, or unknown."""

from __future__ import annotations

import polars as pl
import pytest

from fangpin.matching.places import learned, register_places, row_places

COLUMNS = ("township", "village", "village_group", "address")
REGISTERED = [
    ("云桥镇", "柳沟村", "3组"),
    ("云桥镇", "杨坡村", None),
    ("云桥镇", "大河边李家寨村", "5"),
    ("云桥镇", "李家寨村", None),
    ("五江民族乡", "石湾村", "十二组"),
    ("五江民族乡", "云桥村", None),
    ("大井乡", "解放路社区", "李家湾"),
    ("大井乡", "杨坡村", None),
    ("红旗农场", "一分场", None),
]
KNOWN = register_places(pl.DataFrame(REGISTERED, schema=COLUMNS[:3], orient="row"))


def places_of(*rows: dict[str, str], county: str = "松岚县", known: pl.DataFrame = KNOWN) -> pl.DataFrame:
    """The place keys of these rows."""
    frame = pl.DataFrame([dict.fromkeys(COLUMNS) | row for row in rows], schema=dict.fromkeys(COLUMNS, pl.String))
    return row_places(frame, known, county=county)


def test_registered_places() -> None:
    """A registered place is known by its stem; a group by its number, a named group by none."""
    assert KNOWN.rows() == [
        ("云桥", "云桥/柳沟", 3),
        ("云桥", "云桥/杨坡", None),
        ("云桥", "云桥/大河边李家寨", 5),
        ("云桥", "云桥/李家寨", None),
        ("五江", "五江/石湾", 12),
        ("五江", "五江/云桥", None),
        ("大井", "大井/解放路", None),
        ("大井", "大井/杨坡", None),
        ("红旗农场", "红旗农场/一分场", None),
    ]


@pytest.mark.parametrize(
    ("place", "town", "village"),
    [
        # the kind of township: changed, left out, its office
        ({"township": "云桥镇", "village": "柳沟村"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥乡", "village": "柳沟村"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥街道办事处", "village": "柳沟村"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥镇人民政府", "village": "柳沟"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥", "village": "柳沟"}, "云桥", "云桥/柳沟"),
        ({"township": "五江布依族乡", "village": "石湾村"}, "五江", "五江/石湾"),
        ({"township": "五江布依族苗族乡", "village": "石湾村"}, "五江", "五江/石湾"),
        ({"township": "红旗农场管委会", "village": "一分场"}, "红旗农场", "红旗农场/一分场"),
        ({"township": "红旗", "village": "一分场"}, "红旗农场", "红旗农场/一分场"),
        ({"township": "松岚县云桥镇", "village": "松岚县柳沟村"}, "云桥", "云桥/柳沟"),
        ({"township": "松岚县", "address": "云桥镇柳沟村"}, "云桥", "云桥/柳沟"),
        ({"township": "城郊乡", "village": "柳沟村"}, None, None),
        # the kind of village
        ({"township": "云桥镇", "village": "柳沟社区"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥镇", "village": "柳沟村委会"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥镇", "village": "柳沟村村民委员会"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥镇", "village": "柳沟居委会"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥镇", "village": "柳沟行政村"}, "云桥", "云桥/柳沟"),
        ({"township": "大井乡", "village": "解放路居民委员会"}, "大井", "大井/解放路"),
        # how it is written
        ({"township": "雲橋鎮", "village": "柳溝村"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥 镇", "village": "柳\u3000沟\u200b村"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥镇（原五江乡）", "village": "柳沟村(原杨坡)"}, "云桥", "云桥/柳沟"),
        ({"township": "云乔镇", "village": "柳沟村"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥镇", "village": "阳坡村"}, "云桥", "云桥/杨坡"),
        ({"township": "云桥镇", "village": "抑沟村"}, "云桥", "云桥/柳沟"),
        ({"township": "云桥镇", "village": "茶沟村"}, "云桥", None),
        ({"township": "云桥镇", "village": "大河边李家塞村"}, "云桥", "云桥/大河边李家寨"),
        ({"township": "云桥镇", "village": "李家湾村"}, "云桥", None),
        # a place in another column
        ({"township": "云桥镇柳沟村"}, "云桥", "云桥/柳沟"),
        ({"township": "柳沟村"}, "云桥", "云桥/柳沟"),
        ({"village": "云桥镇柳沟村3组"}, "云桥", "云桥/柳沟"),
        ({"village": "云桥镇"}, "云桥", None),
        # a village told without its township
        ({"village": "柳沟村"}, "云桥", "云桥/柳沟"),
        ({"address": "柳沟村3组"}, "云桥", "云桥/柳沟"),
        ({"village": "杨坡村"}, None, None),
        ({"address": "云桥村3组"}, "五江", "五江/云桥"),
        # an address
        ({"address": "松岚县云桥镇柳沟村12组"}, "云桥", "云桥/柳沟"),
        ({"address": "某省某某市松岚县云桥镇柳沟村12组"}, "云桥", "云桥/柳沟"),
        ({"address": "松岚云桥镇柳沟村3组附5号"}, "云桥", "云桥/柳沟"),
        ({"address": "云桥镇柳沟村李家湾十二号"}, "云桥", "云桥/柳沟"),
        ({"address": "云桥柳沟"}, "云桥", "云桥/柳沟"),
        ({"address": "云桥柳沟李家湾12号"}, "云桥", "云桥/柳沟"),
        ({"address": "云桥乡柳沟村民委员会 3组"}, "云桥", "云桥/柳沟"),
        ({"address": "大井乡解放路社区"}, "大井", "大井/解放路"),
        ({"address": "红旗农场一分场"}, "红旗农场", "红旗农场/一分场"),
        ({"address": "云桥镇5组"}, "云桥", None),
        ({"address": "城关街道东街社区"}, None, None),
        ({"address": "白山县云桥镇柳沟村"}, None, None),
        ({"address": "某省白山县云桥镇柳沟村"}, None, None),
        # nothing told
        ({"township": "无", "village": "不详", "address": "云桥镇柳沟村"}, "云桥", "云桥/柳沟"),
        ({}, None, None),
    ],
)
def test_row_place(place: dict[str, str], town: str | None, village: str | None) -> None:
    """A place is told in the register's own names, or stays unknown."""
    assert places_of(place).select("town_key", "village_key").row(0) == (town, village)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("3组", 3),
        ("３组", 3),
        ("03组", 3),
        ("3号组", 3),
        ("三组", 3),
        ("叁组", 3),
        ("第三村民小组", 3),
        ("第三居民小组", 3),
        ("三生产队", 3),
        ("三队", 3),
        ("3社", 3),
        ("3屯", 3),
        ("十二组", 12),
        ("二十三组", 23),
        ("廿三组", 23),
        ("3", 3),
        ("十", 10),
        ("李家湾", None),
        ("三社区", None),
        (None, None),
    ],
)
def test_group(written: str | None, number: int | None) -> None:
    """A group is known by its number, however it is written."""
    assert places_of({"village_group": written})["group_no"].item() == number


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ({"village": "柳沟村3组"}, 3),
        ({"address": "云桥镇柳沟村三组12号"}, 3),
        ({"address": "云桥镇三屯村"}, None),
        ({"address": "云桥镇柳沟村12号"}, None),
        ({"village_group": "5组", "address": "云桥镇柳沟村三组"}, 5),
    ],
)
def test_group_in_another_column(place: dict[str, str], number: int | None) -> None:
    """A group is also read behind the village; a house number or a village's name is no group."""
    assert places_of(place)["group_no"].item() == number


def test_what_was_told_is_kept() -> None:
    """What the register does not know is kept as told, so that linked rows may teach it; another county as well."""
    found = places_of(
        {"township": "云桥镇", "village": "茶沟村"},
        {"township": "城郊乡", "village": "茶沟村"},
        {"address": "白山县云桥镇柳沟村"},
    )

    assert found.select("town_seen", "village_seen").rows() == [
        ("云桥", "云桥/茶沟"),
        ("城郊", "城郊/茶沟"),
        ("白山县", None),
    ]


OURS = [{"address": f"松岚区云桥镇{village}"} for village in ("柳沟村", "杨坡村", "李家寨村", "茶沟村")]
ELSEWHERE = {"address": "白山县云桥镇柳沟村"}


def test_without_the_countys_name_nothing_lies_outside() -> None:
    """Where neither the county's name nor its addresses tell it, no other county is told apart from it."""
    assert places_of(ELSEWHERE, county="")["village_key"].item() == "云桥/柳沟"


@pytest.mark.parametrize("county", ["", "松岚县", "某省某某市松岚县", "新岚市"])
def test_a_county_is_known_by_its_villages(county: str) -> None:
    """A county whose villages are mostly registered is this one, under an old or another name; others lie outside."""
    found = places_of(*OURS, ELSEWHERE, county=county)

    assert found["village_key"].to_list() == ["云桥/柳沟", "云桥/杨坡", "云桥/李家寨", None, None]
    assert found["town_key"].to_list() == ["云桥"] * 4 + [None]


def test_nothing_is_known_of_an_empty_register() -> None:
    """Without registered places every place is unknown."""
    found = places_of({"address": "云桥镇柳沟村3组"}, known=KNOWN.clear())

    assert found.rows() == [(None, "云桥", None, "云桥/柳沟", 3)]


def test_village_merged_away_is_learned_from_linked_rows() -> None:
    """Two agreeing rows teach what an old name stands for; one row or a split vote does not."""
    linked = pl.DataFrame(
        [("云桥/旧村", "云桥/柳沟")] * 2
        + [("云桥/孤村", "云桥/柳沟"), ("云桥/杂村", "云桥/柳沟"), ("云桥/杂村", "云桥/杨坡")],
        schema=["village_seen", "village_key"],
        orient="row",
    )

    assert learned(linked).rows() == [("云桥/旧村", "云桥/柳沟")]
