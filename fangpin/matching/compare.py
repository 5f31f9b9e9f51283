"""Named comparisons of a row with a registered person: each gives a level, and every level has its Chinese reason.

Floor 2. Works on whole arrays of pairs, never pair by pair. A comparison says how two values agree; what that is worth
is decided in weigh.py. Null on either side is the level "unknown" (code 0), never a conflict.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from fangpin.matching.compare_births import compare_births, compare_sexes
from fangpin.matching.compare_homes import compare_households, compare_places
from fangpin.matching.compare_numbers import compare_numbers
from fangpin.matching.levels import AT, Codes, Pairs, set_level
from fangpin.matching.model import COMPARISONS, level_names
from fangpin.matching.names import NAME_LEVELS, NameTable, name_codes

REASONS: Final = {
    "id": {
        "same": "证件号码一致",
        "one_digit": "证件号码差一位（或相邻颠倒、缺位、多位）",
        "two_digits": "证件号码差两位",
        "visible": "证件号码可见位数一致",
        "prefix": "证件号码前段一致（原号已受损）",
        "relative": "证件号码属同户另一人",
        "relative_near": "证件号码与同户另一人相近",
        "kin": "证件号码属同村另一户的人",
        "other": "证件号码属名册中另一人",
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
    "household": {
        "member": "户主或监护人在户内",
        "sound": "户主或监护人姓名近似",
        "differs": "户主或监护人不在户内",
        "named_other": "与来件所填户主或监护人同名",
    },
    "head": {"head": "为户主", "member": "非户主"},
}
"""What a level says to the user, by evidence."""
EVIDENCE: Final = {
    "id": ("id", "id_wrong", "id_part"),
    "name": ("name", "name_hidden"),
    "birth": ("birth", "age"),
    "sex": ("sex",),
    "place": ("beyond", "place", "town"),
    "group": ("group",),
    "household": ("household",),
    "head": ("head",),
}
"""The comparisons that speak for each evidence; of those that know of a pair the last one is told."""


def compare(pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame) -> Codes:
    """The level of every comparison of every pair.

    Rows in: rows as from keys.with_owners, persons as from keys.person_keys, both met by position. Out: one row a pair,
    one column for each of model.COMPARISONS, holding the place of the level in model.level_names (0: unknown).
    """
    codes = np.zeros((len(pairs), len(COMPARISONS)), dtype=np.uint8, order="F")
    compare_numbers(codes, pairs, rows, persons)
    _compare_names(codes, pairs, rows, persons)
    compare_births(codes, pairs, rows, persons)
    compare_sexes(codes, pairs, rows, persons)
    compare_places(codes, pairs, rows, persons)
    compare_households(codes, pairs, rows, persons)
    head = persons["is_head"].to_numpy()[pairs.person]
    set_level(codes, "head", "head", head)
    set_level(codes, "head", "member", ~head)
    return codes


def _compare_names(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame) -> None:
    registered = NameTable.of(persons["name_key"])
    levels = name_codes(NameTable.of(rows["name_key"]), pairs.row, registered, pairs.person)
    former = np.flatnonzero(rows["former_key"].is_not_null().to_numpy()[pairs.row])
    second = name_codes(NameTable.of(rows["former_key"]), pairs.row[former], registered, pairs.person[former])
    levels[former] = np.where(second == 0, levels[former], np.minimum(levels[former], second))
    hidden = rows["name_hidden"].to_numpy()[pairs.row]
    plain, masked = (np.zeros(len(NAME_LEVELS), dtype=np.uint8) for _ in range(2))
    for place, level in enumerate(NAME_LEVELS):
        known, covered = level_names("name"), level_names("name_hidden")
        plain[place] = known.index(level if level in known else "same") if place else 0
        masked[place] = covered.index(_of_hidden(level)) if place else 0
    codes[:, AT["name"]] = np.where(hidden, 0, plain[levels])
    codes[:, AT["name_hidden"]] = np.where(hidden, masked[levels], 0)


def _of_hidden(level: str) -> str:
    """What a level is worth when a character of the row's name cannot be read."""
    if level in {"same", "sound", "near_sound", "alike", "hidden", "order", "part"}:
        return "hidden"
    return "surname" if level in {"one_character", "surname"} else "differs"


def evidence_levels(codes: Codes) -> pl.DataFrame:
    """The level of each evidence by name, for words: columns *_level of REASONS, "unknown" where nothing is known."""
    columns = {}
    for evidence, comparisons in EVIDENCE.items():
        level = (
            pl.Series(["unknown"]).extend_constant("unknown", len(codes) - 1)
            if len(codes)
            else pl.Series([], dtype=pl.String)
        )
        for comparison in comparisons:
            own = codes[:, AT[comparison]]
            words = pl.Series(level_names(comparison), dtype=pl.String)
            level = pl.select(pl.when(pl.lit(pl.Series(own != 0))).then(words[own]).otherwise(level)).to_series()
        columns[f"{evidence}_level"] = level
    return pl.DataFrame(columns)
