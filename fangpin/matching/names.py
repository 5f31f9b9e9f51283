"""How two writings of a name agree, character by character: sound, southern sound, look-alike, hidden, missing.

Floor 2. Works on name keys (see standardise.py); rapidfuzz counts characters, DuckDB would count bytes.
Never says who is meant: a level is one witness among several.
"""

from __future__ import annotations

import functools
from typing import Final

import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from fangpin.matching.hanzi import folded, is_alike, readings
from fangpin.matching.standardise import UNKNOWN

_GRADES: Final = ("same", "sound", "near_sound", "alike", "hidden")
_EDITS: Final = 2
"""Characters of a name that may differ before they are no longer looked at one by one."""


def compare_names(pairs: pl.DataFrame) -> pl.DataFrame:
    """How the names agree.

    Rows in: name_key, person_name_key. Rows out: the same with name_level ("unknown" when either is null).
    """
    names = pairs.select("name_key", "person_name_key").unique(maintain_order=True)
    return pairs.join(
        names.with_columns(_name_levels(names)),
        on=["name_key", "person_name_key"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )


def _name_levels(names: pl.DataFrame) -> pl.Series:
    one, other = names["name_key"].to_list(), names["person_name_key"].to_list()
    edits = cpdist([a or "" for a in one], [b or "" for b in other], scorer=OSA.distance, score_cutoff=_EDITS)
    closer = [name_level(a, b, edits=int(e)) for a, b, e in zip(one, other, edits, strict=True)]
    return pl.Series("name_level", closer, dtype=pl.String)


def name_level(one: str | None, other: str | None, *, edits: int) -> str:
    """The level at which two name keys agree, given how many characters must change.

    >>> [name_level(a, b, edits=e) for a, b, e in (("王小明", "王晓明", 1), ("张*", "张兰", 1), ("王明", "王小明", 1))]
    ['sound', 'hidden', 'part']
    """
    if one is None or other is None:
        return "unknown"
    if one == other:
        return "hidden" if UNKNOWN in one else "same"
    if len(one) == len(other) and (edits <= _EDITS or UNKNOWN in one or UNKNOWN in other):
        level = _aligned_level(one, other, edits=edits)
        if level is not None:
            return level
    return _looser_level(one, other)


def _aligned_level(one: str, other: str, *, edits: int) -> str | None:
    """The level of two names of one length, None when more than one character is simply another."""
    grade = max(_character_grade(a, b) for a, b in zip(one, other, strict=True))
    if grade < len(_GRADES):
        return _GRADES[grade]
    if sorted(one) == sorted(other):
        return "order"
    if edits == 1 and len(one) > 2 and one[0] == other[0]:  # noqa: PLR2004 - a name of three keeps two
        return "one_character"
    return None


def _looser_level(one: str, other: str) -> str:
    if _is_part(one, other) or _is_part(other, one):
        return "part"
    if len(one) > 1 and one[1:] == other[1:]:
        return "given" if len(one) > 2 else "given_short"  # noqa: PLR2004 - a given name of two says more
    return "surname" if one[0] == other[0] else "differs"


@functools.cache
def _character_grade(one: str, other: str) -> int:
    if one == other:
        return 0
    if UNKNOWN in (one, other):
        return 4
    if readings(one) & readings(other):
        return 1
    if {folded(r) for r in readings(one)} & {folded(r) for r in readings(other)}:
        return 2
    return 3 if is_alike(one, other) else 5


def _is_part(short: str, long: str) -> bool:
    if len(short) < 2 or short[0] != long[0] or len(short) >= len(long):  # noqa: PLR2004 - one character is no name
        return False
    left = iter(long)
    return all(character in left for character in short)
