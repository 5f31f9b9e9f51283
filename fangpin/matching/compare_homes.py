"""How the place and the household that a row tells stand to where a person lives and with whom.

Floor 2. Whole arrays of pairs; null on either side is unknown.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from fangpin.matching.levels import AT, Codes, Flags, Hashes, Pairs, agree, code_of, hashes, set_level

_ANOTHER_NAME: Final = ("one_character", "given", "given_short", "surname", "differs")


def compare_places(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame) -> None:
    """Whether township, village and group are those where a person lives."""
    town, village = (hashes(rows, c, pairs.row) for c in ("town_key_hash", "village_key_hash"))
    home, home_village = (hashes(persons, c, pairs.person) for c in ("town_key_hash", "village_key_hash"))
    near, here = agree(town, home), agree(village, home_village)
    told = (town != 0) & (home != 0)
    set_level(codes, "place", "differs", told & (village != 0))
    set_level(codes, "place", "other_village", near & (village != 0))
    set_level(codes, "place", "village", here)
    set_level(codes, "town", "differs", told & (village == 0))
    set_level(codes, "town", "township", near & (village == 0))
    seen = rows["town_seen"].is_not_null().to_numpy()[pairs.row]
    set_level(codes, "beyond", "registered", town != 0)
    set_level(codes, "beyond", "unregistered", (town == 0) & seen)
    mine, theirs = (
        frame["group_no"].fill_null(-1).to_numpy()[at] for frame, at in ((rows, pairs.row), (persons, pairs.person))
    )
    comparable = (here | (near & (village == 0))) & (mine >= 0) & (theirs >= 0)
    set_level(codes, "group", "differs", comparable)
    set_level(codes, "group", "same", comparable & (mine == theirs))


def compare_households(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame) -> None:
    """Whether the head or guardian that the row names lives in the candidate's household, or is the candidate."""
    home = hashes(persons, "household_no_hash", pairs.person)
    name = hashes(rows, "name_key_hash", pairs.row)
    theirs = hashes(persons, "name_key_hash", pairs.person)
    told = hashes(rows, "told_household", pairs.row)
    head, guardian = (hashes(rows, c, pairs.row) for c in ("head_key_hash", "guardian_key_hash"))
    # Who names himself as head or guardian tells nothing of others.
    head, guardian = (np.where(named == name, 0, named).astype(np.uint64) for named in (head, guardian))
    asked = (head != 0) | (guardian != 0)
    set_level(codes, "household", "differs", asked | (told != 0))
    homes = np.unique(home[(head != 0) | (guardian != 0)])
    near = persons.filter(pl.col("household_no_hash").is_in(pl.Series(homes).implode()))
    for column, level, of_head, of_guardian in (
        ("sound_key_hash", "sound", "head_sound_hash", "guardian_sound_hash"),
        ("name_key_hash", "member", "head_key_hash", "guardian_key_hash"),
    ):
        members = near.select(home="household_no_hash", value=column).drop_nulls()
        for named, here in ((of_head, head != 0), (of_guardian, guardian != 0)):
            at = np.flatnonzero(here)
            set_level(codes, "household", level, at[_lives(home[at], hashes(rows, named, pairs.row[at]), members)])
    set_level(codes, "household", "member", agree(told, home))
    another = np.isin(codes[:, AT["name"]], [code_of("name", level) for level in _ANOTHER_NAME])
    set_level(codes, "household", "named_other", ((head == theirs) | (guardian == theirs)) & another & asked)


def _lives(home: Hashes, value: Hashes, members: pl.DataFrame) -> Flags:
    asked = pl.DataFrame({"home": home, "value": value}).with_row_index("at")
    found: Flags = np.zeros(len(home), dtype=np.bool_)
    found[asked.join(members, on=["home", "value"], how="semi")["at"].to_numpy()] = True
    return found
