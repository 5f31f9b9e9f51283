"""How the number a row carries stands to a person's: his own, a slip away, a relative's, a neighbour's, nobody's.

Floor 2. Whole arrays of pairs. Digits are compared by character (rapidfuzz), and only where one of the two numbers is
known to be wrong: two numbers that pass their checks are the same or they are not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from fangpin.matching.keys import WHOLE_KINDS
from fangpin.matching.levels import AT, Codes, Pairs, Places, agree, code_of, hashes, set_level

_EDITS: Final = 2
"""Digits that may be wrong, swapped, lost or doubled before two IDs are held to be different."""


def compare_numbers(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame) -> None:
    """Whose number it is, and how near one that fails its check or hides digits comes to a person's."""
    told, kept = rows["id_text"].is_not_null().to_numpy(), persons["id_text"].is_not_null().to_numpy()
    sound_row = rows["id_kind"].is_in(WHOLE_KINDS).to_numpy()
    sound_person = persons["id_kind"].is_in(WHOLE_KINDS).to_numpy()
    whole = np.flatnonzero(told[pairs.row] & kept[pairs.person])
    at_row, at_person = pairs.row[whole], pairs.person[whole]
    mine, theirs = rows["id_text"][at_row], persons["id_text"][at_person]
    same = (mine == theirs).to_numpy()
    edits = np.full(len(whole), _EDITS + 1, dtype=np.uint8)
    near = np.flatnonzero(~same & ~(sound_row[at_row] & sound_person[at_person]))
    if len(near):
        edits[near] = cpdist(
            mine[near].to_list(), theirs[near].to_list(), scorer=OSA.distance, score_cutoff=_EDITS, dtype=np.uint8
        )
    clean = sound_row[at_row]
    for comparison, here in (("id", clean), ("id_wrong", ~clean)):
        set_level(codes, comparison, "differs", whole[here])
        set_level(codes, comparison, "one_digit", whole[here & ((edits == 1) | (same & ~clean))])
    set_level(codes, "id", "same", whole[same & clean])
    set_level(codes, "id_wrong", "two_digits", whole[~clean & (edits == _EDITS)])
    _compare_owners(codes, pairs, whole[clean & ~same & (edits > 1)], rows, persons)
    _compare_parts(codes, pairs, rows, persons)
    _mark_relatives(codes, pairs, persons)


def _compare_owners(codes: Codes, pairs: Pairs, at: Places, rows: pl.DataFrame, persons: pl.DataFrame) -> None:
    """Whose number it is, when it is a registered person's but not the candidate's."""
    row, person = pairs.row[at], pairs.person[at]
    owner = hashes(rows, "owner_household", row)
    relative = agree(owner, hashes(persons, "household_no_hash", person))
    kin = agree(hashes(rows, "owner_village", row), hashes(persons, "village_key_hash", person))
    set_level(codes, "id", "other", at[owner != 0])
    set_level(codes, "id", "kin", at[(owner != 0) & kin])
    set_level(codes, "id", "relative", at[relative])


def _compare_parts(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame) -> None:
    """Whether the visible digits of a masked or damaged number are the candidate's."""
    part = (rows["id_head"].is_not_null() | rows["id_tail"].is_not_null()).to_numpy()
    kept = (persons["id_text"].is_not_null() & (persons["id_kind"] != "invalid")).to_numpy()
    at = np.flatnonzero(part[pairs.row] & kept[pairs.person])
    sides = rows.select("id_head", "id_tail")[pairs.row[at]].with_columns(theirs=persons["id_text"][pairs.person[at]])
    fits = sides.select(
        pl.col("theirs").str.starts_with(pl.col("id_head").fill_null(""))
        & pl.col("theirs").str.ends_with(pl.col("id_tail").fill_null(""))
    ).to_series()
    set_level(codes, "id_part", "differs", at)
    set_level(codes, "id_part", "visible", at[fits.to_numpy()])


def _mark_relatives(codes: Codes, pairs: Pairs, persons: pl.DataFrame) -> None:
    """Whose number it is may itself be told by a damaged, masked or mistyped number of the same household."""
    household = hashes(persons, "household_no_hash", pairs.person)
    for comparison, level in (("id", "one_digit"), ("id_wrong", "one_digit"), ("id_part", "visible")):
        column = codes[:, AT[comparison]]
        owners = np.flatnonzero(column == code_of(comparison, level))
        others = np.flatnonzero(column == code_of(comparison, "differs"))
        homes = pl.DataFrame({"row": pairs.row[owners], "household": household[owners]}).unique()
        found = (
            pl.DataFrame({"at": others, "row": pairs.row[others], "household": household[others]})
            .join(homes, on=["row", "household"], how="semi")["at"]
            .to_numpy()
        )
        set_level(codes, comparison, "relative_near", found)
