"""How two names agree: the level of each kind of slip, and the arrays against a plain reading of the same rules."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangpin.matching.hanzi import alike_pairs, folded, readings, spoken
from fangpin.matching.names import NAME_LEVELS, NameTable, name_codes, surnames

ALPHABET = "王玉主曾增李兰男南陈国华花晓小未末*" + spoken()["hua"]


def level_of(one: str | None, other: str | None) -> str:
    """The level by the arrays."""
    left, right = (NameTable.of(pl.Series([name], dtype=pl.String)) for name in (one, other))
    return NAME_LEVELS[name_codes(left, np.array([0]), right, np.array([0]))[0]]


def plain_level(one: str | None, other: str | None) -> str:
    """The same rules, one pair at a time."""
    if one is None or other is None:
        return "unknown"
    level = aligned_level(one, other) if len(one) == len(other) else unequal_level(one, other)
    return level or ("surname" if grade(one[0], other[0]) == 0 else "differs")


def aligned_level(one: str, other: str) -> str | None:
    """The level of names of one length, None when they share no more than a surname."""
    grades = [grade(a, b) for a, b in zip(one, other, strict=True)]
    wrong = [place for place, found in enumerate(grades) if found]
    if max(grades) < 5:
        return NAME_LEVELS[1 + max(grades)]
    if sorted(one) == sorted(other):
        return "order"
    if len(wrong) == 1 < len(one):
        if wrong == [0]:
            return "given" if len(one) > 2 else "given_short"
        return "one_character" if len(one) > 2 else None
    return None


def unequal_level(one: str, other: str) -> str | None:
    """The level of names of different lengths, None when they share no more than a surname."""
    if is_veiled(one, other) or is_veiled(other, one):
        return "hidden"
    return "part" if is_part(one, other) or is_part(other, one) else None


def grade(one: str, other: str) -> int:
    """How two characters agree: same, sound, near sound, alike, hidden, other."""
    if "*" in (one, other):
        return 4
    if one == other:
        return 0
    if set(readings(one)) & set(readings(other)):
        return 1
    if {folded(r) for r in readings(one)} & {folded(r) for r in readings(other)}:
        return 2
    return 3 if (one, other) in alike_pairs() else 5


def is_veiled(masked: str, other: str) -> bool:
    """Whether the first is the second with everything between its first and last * hidden."""
    if "*" not in masked:
        return False
    front, back = masked[: masked.index("*")], masked[masked.rindex("*") + 1 :]
    fits = other.startswith(front) and other.endswith(back) and len(other) > len(front + back)
    return fits and bool(front + back)


def is_part(short: str, long: str) -> bool:
    """Whether the first is the second with characters left out behind its surname."""
    if not 1 < len(short) < len(long) or grade(short[0], long[0]) != 0:
        return False
    left = iter(long)
    return all(character in left for character in short)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("陈国华", "陈国华", "same"),
        ("陈国华", "陈国花", "sound"),
        ("曾国华", "增国华", "sound"),
        ("闫国华", "阎国华", "sound"),
        ("肖国华", "萧国华", "sound"),
        ("王秀英", spoken()["wang"] + spoken()["xiu"] + spoken()["ying"], "sound"),
        ("王秀英", "汪绣瑛", "sound"),
        ("李兰", "李男", "near_sound"),
        ("胡辉", "胡飞", "near_sound"),
        ("李昆", "李坤", "sound"),
        ("李静", "李进", "near_sound"),
        ("李未", "李末", "alike"),
        ("段小兰", "叚小兰", "alike"),
        ("陈*华", "陈*华", "hidden"),
        ("陈*华", "陈国华", "hidden"),
        ("张*", "张小明", "hidden"),
        ("张**", "张明", "hidden"),
        ("*明", "张小明", "hidden"),
        ("张*明", "张明", "part"),
        ("张*明", "张小兰", "surname"),
        ("*", "张小明", "differs"),
        ("陈国华", "陈华国", "order"),
        ("曲比热哈", "热哈曲比", "order"),
        ("陈国华", "陈国", "part"),
        ("欧凤霞", "欧阳凤霞", "part"),
        ("凤霞", "欧阳凤霞", "differs"),
        ("陈国华", "陈国龙", "one_character"),
        ("林国华", "陈国华", "given"),
        ("林华", "陈华", "given_short"),
        ("林", "陈", "differs"),
        ("陈国华", "陈小龙", "surname"),
        ("陈国华", "王小龙", "differs"),
        ("阿卜杜热合曼", "阿卜杜热和曼", "sound"),
        (None, "陈国华", "unknown"),
        ("陈国华", None, "unknown"),
    ],
)
def test_name_level(one: str | None, other: str | None, level: str) -> None:
    """Two names agree at the closest level that explains them, on whichever side each stands."""
    assert level_of(one, other) == level
    assert level_of(other, one) == level


names = st.one_of(st.none(), st.text(ALPHABET, min_size=1, max_size=4), st.text(ALPHABET, min_size=1, max_size=7))


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(names, names), min_size=1, max_size=40))
def test_arrays_say_what_a_plain_reading_says(pairs: list[tuple[str | None, str | None]]) -> None:
    """The arrays give every pair the level that the rules give it one by one."""
    left, right = (pl.Series([pair[i] for pair in pairs], dtype=pl.String) for i in (0, 1))
    every = np.arange(len(pairs))

    found = name_codes(NameTable.of(left), every, NameTable.of(right), every)

    assert [NAME_LEVELS[code] for code in found] == [plain_level(one, other) for one, other in pairs]


def test_pairs_point_into_their_tables() -> None:
    """A name of a table may stand in many pairs."""
    left, right = NameTable.of(pl.Series(["张伟", "李兰"])), NameTable.of(pl.Series(["李男", "张伟", "张玮"]))

    found = name_codes(left, np.array([0, 0, 1, 1]), right, np.array([1, 2, 0, 1]))

    assert [NAME_LEVELS[code] for code in found] == ["same", "sound", "near_sound", "differs"]


def test_many_pairs_are_compared_in_shares() -> None:
    """More pairs than are held at a time are all compared."""
    left, right = NameTable.of(pl.Series(["张伟"])), NameTable.of(pl.Series(["张伟", "李兰"]))
    other_at = np.arange(300_000) % 2

    found = name_codes(left, np.zeros(300_000, dtype=np.int64), right, other_at)

    assert found.tolist() == [NAME_LEVELS.index("same"), NAME_LEVELS.index("differs")] * 150_000


def test_no_names_no_levels() -> None:
    """Empty tables pass."""
    empty, none = NameTable.of(pl.Series([], dtype=pl.String)), np.array([], dtype=np.int64)

    assert name_codes(empty, none, empty, none).tolist() == []


@pytest.mark.parametrize(
    ("key", "surname"),
    [
        ("王秀英", "王"),
        ("欧阳凤霞", "欧阳"),
        ("诸葛亮", "诸葛"),
        ("司马", "司"),
        ("张*", "张"),
        ("*三", "*"),
        (None, None),
    ],
)
def test_surname(key: str | None, surname: str | None) -> None:
    """A surname has one character, or two where a name follows such a surname."""
    assert pl.select(surnames(pl.Series([key], dtype=pl.String))).item() == surname
