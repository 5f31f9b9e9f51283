"""Township, village and group of a row, told in the register's own place names.

Floor 2. Reads split columns or one address text; a place is found by its stem (云桥镇人民政府 and 云桥乡 are 云桥), a
village also by its sound or a look-alike character inside its township. It never guesses: a name the register
does not know stays unknown, and only rows linked by their ID may teach what it stands for now (learned).
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import polars as pl

from fangpin.matching.hanzi import sounds
from fangpin.matching.names import NAME_LEVELS, NameTable, name_codes
from fangpin.matching.place_names import (
    GROUP,
    OFFICE,
    TOWN_TAIL,
    VILLAGE_TAIL,
    cleaned,
    estate_stem,
    group_column,
    group_numbers,
    town_stem,
    village_stem,
)

_COLUMNS: Final = ("township", "village", "village_group", "address")
_WRITTEN: Final = ("township", "village", "address")
_TEXTS: Final = ("_township", "_village", "_address")
_ABOVE: Final = r"(?:[\p{Han}--[镇乡村道]]{2,8}?(?:省|自治区|市|州|地区|盟|县|区|旗))*"
_COUNTY: Final = (
    r"^(?:[\p{Han}]{2,8}?(?:省|自治区))?(?:[\p{Han}]{2,8}?(?:市|州|地区|盟))?"
    r"([\p{Han}]{2,6}?(?:县|区|旗))(?:[\p{Han}]{2}|$)"
)
_NO_COUNTY: Final = "(?:开发|新|园|社|城|矿|林|灌|库|小|校|片|郊|居民|住宅|管理|景|山|牧|自治)区$"
_HOUSE: Final = r"(?:[0-9].*|附?[一二三四五六七八九十百]+(?:号|栋|幢|单元|弄|巷|室).*|附[0-9].*)$"
_MOSTLY: Final = 0.5
_SOME: Final = 3
"""Villages that are registered, and how many of them, before a county of another name is taken for this one."""
_LONG: Final = 4
"""Characters from which a village's name keeps its identity with one of them quite wrong (李家寨 is not 李家湾)."""


def register_places(persons: pl.DataFrame) -> pl.DataFrame:
    """Place keys of registered persons.

    Rows: township, village, village_group in; town_key, village_key (township/village), group_no out; null = not known.
    """
    told = persons.select("township", "village", "village_group")
    distinct = told.unique(maintain_order=True)
    town = town_stem(cleaned(pl.col("township")))
    keys = distinct.with_columns(
        town.alias("town_key"),
        (town + "/" + village_stem(cleaned(pl.col("village")))).alias("village_key"),
        group_column(cleaned(pl.col("village_group"))).alias("group_no"),
    )
    return _fanned_out(told, keys).select("town_key", "village_key", "group_no")


def _fanned_out(rows: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    return rows.join(keys, on=rows.columns, how="left", nulls_equal=True, maintain_order="left")


def row_places(rows: pl.DataFrame, known: pl.DataFrame, *, county: str) -> pl.DataFrame:
    """Place keys of delivered rows, told in the register's places.

    Rows in: township, village, village_group, address; known as from register_places. county: its full name; an
    address that names another county lies outside. Rows out: town_key, village_key (null: not told or not known),
    town_seen, village_seen (what was told), group_no.
    """
    told = rows.select(_COLUMNS)
    places = known.select("town_key", "village_key").drop_nulls("town_key").unique().sort("town_key", "village_key")
    towns = _towns(places)
    texts = _texts(told.unique(maintain_order=True), county=county)
    split = _split(texts.select(_TEXTS).unique(maintain_order=True), towns, county=county)
    town = _by_sound(split["town_seen"], towns["town_seen"], towns["town_key"])
    met = _villages_met(split.with_columns(town.alias("town_key")), places.drop_nulls("village_key"))
    keyed = _without_outside(met, has_county=bool(county))
    return _fanned_out(told, _fanned_out(texts.select(_TEXTS), keyed).with_columns(texts.drop(_TEXTS))).select(
        "town_key", "town_seen", "village_key", "village_seen", "group_no"
    )


def _texts(rows: pl.DataFrame, *, county: str) -> pl.DataFrame:
    """Distinct rows with their texts cleaned and cut before the group and the house, and with group_no."""
    whole = rows.with_columns(cleaned(pl.col(c)).alias(text) for c, text in zip(_WRITTEN, _TEXTS, strict=True))
    cut = {text: pl.col(text).str.replace(GROUP + ".*$", "").str.replace(_HOUSE, "") for text in _TEXTS}
    cut["_township"] = pl.when(~pl.lit(county).str.ends_with(cut["_township"])).then(cut["_township"])
    return whole.with_columns(
        *(pl.when(place != "").then(place).alias(text) for text, place in cut.items()),
        group_no=pl.coalesce(
            group_column(cleaned(pl.col("village_group"))),
            *(group_numbers(pl.col(text)) for text in ("_village", "_township", "_address")),
        ),
    )


def _towns(places: pl.DataFrame) -> pl.DataFrame:
    """The register's townships under each name they go by: town_seen, town_key; a name of two townships is none's."""
    towns = places.select("town_key").unique()
    short = towns.select(estate_stem(pl.col("town_key")).alias("town_seen"), "town_key").drop_nulls()
    lone = short.filter(~pl.col("town_seen").is_duplicated() & ~pl.col("town_seen").is_in(towns["town_key"].implode()))
    return pl.concat([towns.select(town_seen="town_key", town_key="town_key"), lone]).sort("town_seen")


def _split(rows: pl.DataFrame, towns: pl.DataFrame, *, county: str) -> pl.DataFrame:
    """Texts with town_seen, stem (of the village), is_open (no kind of village closes it) and county (another one).

    A village may stand in the township's column, a township before the village's name, either in the address.
    """
    own = re.split("[省市州盟]", county.removesuffix("市"))[-1]
    prefix = _ABOVE + (f"(?:{re.escape(own[:-1])}[县区市旗]?)?" if own[:-1] else "")
    names = "|".join(re.escape(t) for t in sorted(towns["town_seen"].to_list(), key=lambda t: (-len(t), t))) or r"\x00"
    parted = rows.with_columns(part for text in _TEXTS for part in _parted(text, prefix, names)).with_columns(
        county=_county_told(names, own),
        is_lone=pl.col("_township").str.contains(f"{VILLAGE_TAIL}$") & pl.col("_township_town").is_null(),
    )
    own_town = pl.when(~pl.col("is_lone")).then(town_stem(pl.col("_township")))
    town = pl.coalesce("_township_town", own_town, "_village_town", "_address_town")
    place = pl.coalesce(
        pl.when(pl.col("_village_town").is_null()).then("_village").otherwise("_village_rest"),
        pl.when("is_lone").then("_township").otherwise("_township_rest"),
        pl.when(pl.col("_address_town").is_null()).then("_address").otherwise("_address_rest"),
    )
    if own:
        place = place.str.replace(rf"^{_ABOVE}{re.escape(own)}", "")
    closed = place.str.replace(rf"^([\p{{Han}}]{{2,}}?{VILLAGE_TAIL}).+$", "$1")
    return parted.select(
        *_TEXTS,
        town_seen=town,
        stem=village_stem(closed),
        is_open=~closed.str.contains(f"{VILLAGE_TAIL}$"),
        county="county",
    )


def _parted(column: str, prefix: str, names: str) -> tuple[pl.Expr, pl.Expr]:
    """The township that a text opens with and what follows it, both null when it names none."""
    text = pl.col(column)
    other = text.str.extract_groups(rf"^{prefix}([\p{{Han}}]{{2,6}}?)(?:{TOWN_TAIL})(.*)$")
    if column == "_village":
        town, rest = other.struct[0], other.struct[1]
    else:
        known = text.str.extract_groups(rf"^{prefix}({names})({TOWN_TAIL}|{OFFICE})?(.*)$")
        # 云桥村 is a village that has a township's name, and may lie in another one.
        is_village = known.struct[1].is_null() & known.struct[2].str.contains(f"^{VILLAGE_TAIL}")
        town = pl.when(is_village.not_().fill_null(value=True)).then(pl.coalesce(known.struct[0], other.struct[0]))
        rest = pl.coalesce(known.struct[2], other.struct[1])
    return town.alias(f"{column}_town"), pl.when(rest != "").then(rest).alias(f"{column}_rest")


def _county_told(names: str, own: str) -> pl.Expr:
    """The other county that an address names before any township that the register knows."""
    address = pl.col("_address")
    unit = address.str.extract(_COUNTY, 1)
    other = ~unit.str.contains(_NO_COUNTY) & (unit.str.head(-1) != own[:-1]) & ~address.str.contains(f"^(?:{names})")
    return pl.when(pl.col("_township").is_null() & other).then(unit)


def _without_outside(met: pl.DataFrame, *, has_county: bool) -> pl.DataFrame:
    """Places without those of other counties, whose townships and villages only happen to be called the same.

    A county named in addresses is this one, whatever it is called, when its villages are mostly registered here.
    """
    told = met.drop_nulls("county")
    counted = told.group_by("county").agg(
        known=pl.col("village_key").is_not_null().mean(), villages=pl.col("village_key").drop_nulls().n_unique()
    )
    ours = counted.filter((pl.col("known") >= _MOSTLY) & (pl.col("villages") >= _SOME))["county"]
    if not has_county and ours.is_empty():
        return met
    outside = (pl.col("county").is_not_null() & ~pl.col("county").is_in(ours.implode())).fill_null(value=False)
    return met.with_columns(
        *(pl.when(~outside).then(c).alias(c) for c in ("town_key", "village_key", "village_seen")),
        town_seen=pl.when(outside).then("county").otherwise("town_seen"),
    )


def _by_sound(told: pl.Series, names: pl.Series, keys: pl.Series) -> pl.Series:
    """The key of each told name: of the same name, else of the only one of the same sound, else null."""
    known = pl.DataFrame({"name": names, "key": keys, "sound": sounds(names)})
    heard = known.filter(~pl.col("sound").is_duplicated()).select("sound", alike="key")
    asked = pl.DataFrame({"name": told, "sound": sounds(told)})
    exact = asked.join(known.select("name", "key"), on="name", how="left", maintain_order="left")
    return exact.join(heard, on="sound", how="left", maintain_order="left").select(pl.coalesce("key", "alike"))["key"]


def _villages_met(met: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Rows with village_seen and village_key; a village told without township may tell the township."""
    villages = places.with_columns(pl.col("village_key").str.split("/").list.last().alias("stem"))
    told = met.select("town_key", "town_seen", "stem", "is_open").unique(maintain_order=True)
    seen = told["town_key"] + "/" + told["stem"]
    found = told.with_columns(_by_sound(seen, villages["village_key"], villages["village_key"]).alias("village_key"))
    asked = found.filter(pl.col("village_key").is_null() & pl.col("stem").is_not_null())
    lone = villages.filter(~pl.col("stem").is_duplicated()).select("stem", "village_key")
    untold = asked.filter(pl.col("town_seen").is_null()).drop("village_key").join(lone, on="stem")
    inside = asked.filter(pl.col("town_key").is_not_null()).drop("village_key").with_row_index("asked")
    pairs = inside.join(villages, on="town_key", suffix="_known").sort("asked", "village_key")
    near = pl.concat([_opened(pairs), _misread(pairs)]).unique("asked", keep="first", maintain_order=True)
    more = pl.concat([untold, inside.join(near, on="asked").drop("asked").select(untold.columns)])
    resolved = met.join(found, on=told.columns, how="left", nulls_equal=True, maintain_order="left").join(
        more.rename({"village_key": "_more"}), on=told.columns, how="left", nulls_equal=True, maintain_order="left"
    )
    village = pl.coalesce("village_key", "_more")
    return resolved.with_columns(
        village_key=village,
        town_key=pl.coalesce("town_key", village.str.split("/").list.first()),
        village_seen=pl.coalesce("town_key", "town_seen") + "/" + pl.col("stem"),
    )


def _opened(pairs: pl.DataFrame) -> pl.DataFrame:
    """Told villages without an end (柳沟李家湾12号) with the longest village of their township that they open with."""
    fits = pl.col("is_open") & pl.col("stem").str.starts_with(pl.col("stem_known"))
    found = pairs.filter(fits).sort("asked", pl.col("stem_known").str.len_chars(), descending=[False, True])
    return found.unique("asked", keep="first", maintain_order=True).select("asked", "village_key")


def _misread(pairs: pl.DataFrame) -> pl.DataFrame:
    """Told villages with the only village of their township that is written alike."""
    told, known = NameTable.of(pairs["stem"]), NameTable.of(pairs["stem_known"])
    every = np.arange(pairs.height)
    level = pl.Series(name_codes(told, every, known, every)).replace_strict(dict(enumerate(NAME_LEVELS)), default=None)
    long = pl.col("stem").str.len_chars() >= _LONG
    fits = level.is_in(["sound", "near_sound", "alike"]) | (
        level.is_in(["one_character", "given"]) & pairs.select(long)["stem"]
    )
    found = pairs.filter(fits)
    return found.filter(~pl.col("asked").is_duplicated()).select("asked", "village_key")


def learned(linked: pl.DataFrame) -> pl.DataFrame:
    """Old village names and the register's village they stand for now (撤并村), learned from rows linked by ID.

    Rows in: village_seen, village_key (of the linked person), one per linked row whose told village is not registered.
    Rows out: village_seen, village_key; at least 2 rows, of which 4 in 5 agree.
    """
    counted = linked.drop_nulls().group_by("village_seen", "village_key").len()
    share = pl.col("len") / pl.col("len").sum().over("village_seen")
    agreed = counted.filter((share >= 0.8) & (pl.col("len") >= 2))  # noqa: PLR2004 - said in the docstring
    return agreed.select("village_seen", "village_key").sort("village_seen")
