"""Named comparisons of a row with a registered person: each gives a level, and every level has its Chinese reason.

Floor 2. Names and digits are compared by character (rapidfuzz), never in SQL. A comparison says how two values
agree; what that is worth is decided in decide.py. Null on either side is the level "unknown", never a conflict.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from fangpin.matching.names import compare_names

REASONS: Final = {
    "id": {
        "same": "证件号码一致",
        "one_digit": "证件号码差一位（或相邻颠倒、缺位、多位）",
        "two_digits": "证件号码差两位",
        "visible": "证件号码可见位数一致",
        "prefix": "证件号码前段一致（原号已受损）",
        "relative": "证件号码属同户另一人",
        "relative_near": "证件号码与同户另一人相近",
        "differs": "证件号码不一致",
    },
    "name": {
        "same": "姓名一致",
        "sound": "姓名同音",
        "near_sound": "姓名近音",
        "alike": "姓名形近",
        "hidden": "姓名可见字一致",
        "order": "姓名用字颠倒",
        "part": "姓名缺字或多字",
        "one_character": "姓名一字不同",
        "given": "名同姓不同",
        "given_short": "名同姓不同（单名）",
        "surname": "姓名不一致（同姓）",
        "differs": "姓名不一致",
    },
    "birth": {
        "same": "出生日期一致",
        "near": "出生日期差一位",
        "year": "出生年份一致",
        "age": "年龄相符",
        "age_differs": "年龄不符",
        "differs": "出生日期不一致",
    },
    "sex": {"same": "性别一致", "differs": "性别不一致"},
    "place": {
        "village": "乡镇、村一致",
        "township": "乡镇一致",
        "other_village": "乡镇一致、村不同",
        "differs": "乡镇不同",
        "unregistered": "乡镇不在名册",
    },
    "group": {"same": "村民小组一致", "differs": "村民小组不同"},
    "household": {"member": "户主或监护人在户内", "sound": "户主或监护人姓名近似", "differs": "户主或监护人不在户内"},
    "head": {"head": "为户主", "member": "非户主"},
}
"""What a level says to the user, by comparison."""

_OF_PERSON: Final = ("name_key", "id_text", "id_kind", "birth_on", "sex", "town_key", "village_key", "group_no")
_EDITS: Final = 2
"""Digits that may be wrong, swapped, lost or doubled before two IDs are held to be different."""
_OWNER_LEVELS: Final = ("one_digit", "visible", "prefix")


def compare(pairs: pl.DataFrame, rows: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Pairs with the level of every comparison.

    Rows in: pairs (row_id, person_id), rows as from keys.with_owners, persons as from keys.person_keys.
    Rows out: the pairs with both sides' columns (the person's under person_ where both have one) and *_level.
    """
    theirs = persons.select(
        *("person_id", "person_no", "household_no", "is_head"),
        *("name_share", "sound_share", "surname_share", "town_share", "village_share"),
        *(pl.col(c).alias(f"person_{c}") for c in _OF_PERSON),
    )
    mine = rows.drop("household_no", "id_left", "id_right", "id_ends", "id_last")
    both = pairs.join(mine, on="row_id", maintain_order="left").join(theirs, on="person_id", maintain_order="left")
    levels = compare_places(compare_births(compare_ids(compare_names(both))))
    return compare_households(levels, persons.select("household_no", "name_key", "sound_key"))


def compare_ids(pairs: pl.DataFrame) -> pl.DataFrame:
    """How the IDs agree.

    Rows in: id_text, id_head, id_tail, id_kind, id_household (household of the ID's owner) of the row;
    person_id_text, person_id_kind, household_no of the person. Rows out: the same with id_level, id_edits.
    """
    texts = pairs.select("id_text", "person_id_text").to_dict(as_series=False)
    edits = cpdist(
        [t or "" for t in texts["id_text"]],
        [t or "" for t in texts["person_id_text"]],
        scorer=OSA.distance,
        score_cutoff=_EDITS,
        dtype=np.uint8,
    )
    mine, theirs = pl.col("id_text"), pl.col("person_id_text")
    whole = mine.is_not_null() & theirs.is_not_null()
    both_valid = (pl.col("id_kind") != "invalid") & (pl.col("person_id_kind") != "invalid")
    part = pl.col("id_head").is_not_null() | pl.col("id_tail").is_not_null()
    fits = theirs.str.starts_with(pl.col("id_head").fill_null("")) & theirs.str.ends_with(
        pl.col("id_tail").fill_null("")
    )
    level = (
        pl.when(whole & (mine == theirs))
        .then(pl.lit("same"))
        .when(whole & ~both_valid & (pl.col("id_edits") <= _EDITS))
        .then(pl.col("id_edits").replace_strict({1: "one_digit", 2: "two_digits"}, default=None))
        .when(whole & (pl.col("id_household") == pl.col("household_no")))
        .then(pl.lit("relative"))
        .when(whole)
        .then(pl.lit("differs"))
        .when(part & theirs.is_not_null() & (pl.col("person_id_kind") != "invalid"))
        .then(
            pl.when(~fits)
            .then(pl.lit("differs"))
            .when(pl.col("id_kind") == "masked")
            .then(pl.lit("visible"))
            .otherwise(pl.lit("prefix"))
        )
        .otherwise(pl.lit("unknown"))
    )
    levelled = pairs.with_columns(pl.Series("id_edits", edits)).with_columns(level.alias("id_level"))
    # Whose ID it is may itself be told by a damaged, masked or mistyped number of the same household.
    at_home = pl.col("id_level").is_in(_OWNER_LEVELS).any().over("row_id", "household_no")
    return levelled.with_columns(
        pl.when((pl.col("id_level") == "differs") & at_home)
        .then(pl.lit("relative_near"))
        .otherwise("id_level")
        .alias("id_level")
    )


def compare_births(pairs: pl.DataFrame) -> pl.DataFrame:
    """How declared birth, or else age, agrees with the registered birth.

    Rows in: birth_on, birth_year (of the age) of the row; person_birth_on. Rows out: the same with birth_level.
    """
    mine, theirs = pl.col("birth_on"), pl.col("person_birth_on")
    one, other = (d.dt.year() * 10000 + d.dt.month().cast(pl.Int32) * 100 + d.dt.day() for d in (mine, theirs))
    wrong = pl.sum_horizontal(*((one // 10**i % 10 != other // 10**i % 10).cast(pl.Int8) for i in range(8)))
    swapped = (
        (mine.dt.year() == theirs.dt.year())
        & (mine.dt.month() == theirs.dt.day())
        & (mine.dt.day() == theirs.dt.month())
    )
    gap = (pl.col("birth_year") - theirs.dt.year()).abs()
    level = (
        pl.when(theirs.is_null())
        .then(pl.lit("unknown"))
        .when(mine == theirs)
        .then(pl.lit("same"))
        .when(mine.is_not_null() & ((wrong == 1) | swapped))
        .then(pl.lit("near"))
        .when(mine.dt.year() == theirs.dt.year())
        .then(pl.lit("year"))
        .when(mine.is_not_null())
        .then(pl.lit("differs"))
        .when(gap <= 1)
        .then(pl.lit("age"))
        .when(gap > 1)
        .then(pl.lit("age_differs"))
        .otherwise(pl.lit("unknown"))
    )
    return pairs.with_columns(level.alias("birth_level"))


def compare_places(pairs: pl.DataFrame) -> pl.DataFrame:
    """How sex, township, village and group agree.

    Rows in: sex, town_key, town_seen, village_key, group_no of the row, the same with person_ of the person.
    Rows out: the same with sex_level, place_level, group_level.
    """
    town, village, group = (pl.col(c) == pl.col(f"person_{c}") for c in ("town_key", "village_key", "group_no"))
    place = (
        pl.when(village)
        .then(pl.lit("village"))
        .when(town & pl.col("village_key").is_null())
        .then(pl.lit("township"))
        .when(town)
        .then(pl.lit("other_village"))
        .when(~town)
        .then(pl.lit("differs"))
        .when(pl.col("town_key").is_null() & pl.col("town_seen").is_not_null())
        .then(pl.lit("unregistered"))
        .otherwise(pl.lit("unknown"))
    )
    sex = pl.col("sex") == pl.col("person_sex")
    return pairs.with_columns(
        sex_level=pl.when(sex).then(pl.lit("same")).when(~sex).then(pl.lit("differs")).otherwise(pl.lit("unknown")),
        place_level=place,
    ).with_columns(
        group_level=pl.when(~pl.col("place_level").is_in(["village", "township"]))
        .then(pl.lit("unknown"))
        .when(group)
        .then(pl.lit("same"))
        .when(~group)
        .then(pl.lit("differs"))
        .otherwise(pl.lit("unknown"))
    )


def compare_households(pairs: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Whether the head or guardian that the row names lives in the person's household.

    Rows in: head_key, guardian_key, head_sound, guardian_sound, told_household, name_key of the row, household_no;
    members (household_no, name_key, sound_key). Rows out: the same with household_level.
    """
    named = pairs.select(
        "household_no",
        "told_household",
        "head_sound",
        "guardian_sound",
        head_key=pl.when(pl.col("head_key") != pl.col("name_key").fill_null("")).then("head_key"),
        guardian_key="guardian_key",
    )
    flags = named.with_columns(
        *(
            named.join(
                members.select("household_no", pl.col(theirs).alias(mine), pl.lit(value=True).alias("found")).unique(),
                on=["household_no", mine],
                how="left",
                maintain_order="left",
            )["found"]
            .fill_null(value=False)
            .alias(f"has_{mine}")
            for mine, theirs in (
                ("head_key", "name_key"),
                ("guardian_key", "name_key"),
                ("head_sound", "sound_key"),
                ("guardian_sound", "sound_key"),
            )
        )
    )
    asked = pl.col("head_key").is_not_null() | pl.col("guardian_key").is_not_null()
    known = pl.col("told_household").is_not_null()
    level = (
        pl.when(known & (pl.col("told_household") == pl.col("household_no")))
        .then(pl.lit("member"))
        .when(asked & (pl.col("has_head_key") | pl.col("has_guardian_key")))
        .then(pl.lit("member"))
        .when(asked & (pl.col("has_head_sound") | pl.col("has_guardian_sound")))
        .then(pl.lit("sound"))
        .when(asked | known)
        .then(pl.lit("differs"))
        .otherwise(pl.lit("unknown"))
    )
    return pairs.with_columns(flags.select(level.alias("household_level")))
