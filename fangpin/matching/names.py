"""How two writings of a name agree, character by character: sound, southern sound, look-alike, hidden, missing.

Floor 2. Works on name keys (see standardise.py) as arrays: the few thousand characters that occur are graded once
against each other, and a pair of names is a few reads of that table, never a loop.
Never says who is meant: a level is one witness among several.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from fangpin.matching.characters import TWO_CHARACTER_SURNAMES
from fangpin.matching.hanzi import alike_pairs, alphabet_of, folded, letters, readings
from fangpin.matching.standardise import UNKNOWN

NAME_LEVELS: Final = (
    *("unknown", "same", "sound", "near_sound", "alike", "hidden", "order", "part", "one_character"),
    *("given", "given_short", "surname", "differs"),
)
"""The levels, closest first; unknown when either name is null."""

_SAME, _SOUND, _NEAR_SOUND, _ALIKE, _HIDDEN, _OTHER = range(6)
"""Grades of two characters, and of two names by their worst character."""
_LEVEL: Final = {name: np.uint8(number) for number, name in enumerate(NAME_LEVELS)}
_BY_WORST: Final = np.array([_LEVEL[name] for name in NAME_LEVELS[1:6]] + [_LEVEL["differs"]], dtype=np.uint8)
_USUAL: Final = 4
"""Characters of a usual name; longer pairs are compared apart, so that one of twenty does not widen all."""
_LONGEST: Final = 24
"""Characters of a name that are compared; what stands behind them is not a name."""
_SCRAMBLE: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose products spread code points over 64 bits, so that sums tell sets of characters apart."""
_CHUNK: Final = 1 << 17
"""Pairs compared at a time, so that their arrays stay in the processor's cache."""

Places: TypeAlias = npt.NDArray[np.integer]
Grades: TypeAlias = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class NameTable:
    """Name keys as arrays, made once and compared many times.

    letters: one row a character's place in a name, one column a name, values places in alphabet, 0 after the end;
    lengths: characters of each name, 0 for null; bags: equal for names of the same characters in any order;
    veiled: names with a hidden character; alphabet: code points that occur, the first is 0.
    """

    letters: npt.NDArray[np.uint16]
    lengths: npt.NDArray[np.uint8]
    bags: npt.NDArray[np.uint64]
    veiled: npt.NDArray[np.bool_]
    alphabet: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, keys: pl.Series) -> NameTable:
        """The table of these name keys, in their order.

        >>> NameTable.of(pl.Series(["王明", None])).lengths.tolist()
        [2, 0]
        """
        points, lengths = letters(keys.str.slice(0, _LONGEST))
        places, found = alphabet_of(points)
        starts = np.cumsum(lengths) - lengths
        within = np.arange(points.size) - np.repeat(starts, lengths)
        table = np.zeros((max(int(lengths.max(initial=0)), 1), lengths.size), dtype=np.uint16)
        table[within, np.repeat(np.arange(lengths.size), lengths)] = places + 1
        alphabet = np.concatenate([np.zeros(1, dtype=np.uint32), found])
        veiled = keys.str.contains(UNKNOWN, literal=True).fill_null(value=False).to_numpy()
        scrambled = alphabet.astype(np.uint64) * _SCRAMBLE
        scrambled = (scrambled ^ (scrambled >> np.uint64(29))) * _SCRAMBLE
        return cls(table, lengths.astype(np.uint8), scrambled[table].sum(axis=0), veiled, alphabet)


def name_codes(left: NameTable, left_at: Places, right: NameTable, right_at: Places) -> npt.NDArray[np.uint8]:
    """How the names of each pair agree, as places in NAME_LEVELS.

    left_at, right_at: the names of each pair, by their places in the two tables.

    >>> one, other = NameTable.of(pl.Series(["王晓明", "张*"])), NameTable.of(pl.Series(["王小明", "张兰", None]))
    >>> found = name_codes(one, np.array([0, 1, 0, 1]), other, np.array([0, 1, 1, 2]))
    >>> [NAME_LEVELS[code] for code in found]
    ['sound', 'hidden', 'differs', 'unknown']
    """
    table = _grade_table(left.alphabet, right.alphabet)
    found = np.zeros(len(left_at), dtype=np.uint8)
    for start in range(0, len(left_at), _CHUNK):
        one, other = left_at[start : start + _CHUNK], right_at[start : start + _CHUNK]
        long = np.maximum(left.lengths[one], right.lengths[other]) > _USUAL
        told = (left.lengths[one] > 0) & (right.lengths[other] > 0)
        for chosen, width in ((told & ~long, _USUAL), (told & long, _LONGEST)):
            at = np.flatnonzero(chosen)
            if at.size:
                found[start + at] = _levels(
                    table, _Side.of(left, one[at], width=width), _Side.of(right, other[at], width=width)
                )
    return found


def _grade_table(left: npt.NDArray[np.uint32], right: npt.NDArray[np.uint32]) -> Grades:
    """The grade of every character of the left alphabet against every one of the right."""
    table = np.full((left.size, right.size), _OTHER, dtype=np.uint8)
    at_left, at_right = ({chr(point): at for at, point in enumerate(points.tolist())} for points in (left, right))
    for one, other in alike_pairs():
        if one in at_left and other in at_right:
            table[at_left[one], at_right[other]] = _ALIKE
    for grade, near in ((_NEAR_SOUND, True), (_SOUND, False)):
        heard = _by_sound(at_right, near=near)
        for sound, places in _by_sound(at_left, near=near).items():
            table[np.ix_(places, heard.get(sound, []))] = grade
    both = [c for c in at_left if c in at_right]
    table[[at_left[c] for c in both], [at_right[c] for c in both]] = _SAME
    if UNKNOWN in at_left:
        table[at_left[UNKNOWN], 1:] = _HIDDEN
    if UNKNOWN in at_right:
        table[1:, at_right[UNKNOWN]] = _HIDDEN
    return table


def _by_sound(alphabet: dict[str, int], *, near: bool) -> dict[str, list[int]]:
    """The places of the characters that can be read so, by reading."""
    found: dict[str, list[int]] = defaultdict(list)
    for character, place in alphabet.items():
        for sound in {folded(r) if near else r for r in readings(character)}:
            found[sound].append(place)
    return found


@dataclass(frozen=True, slots=True)
class _Side:
    """The names of one side of some pairs: letters by character's place, lengths and bags, one entry a pair."""

    letters: list[npt.NDArray[np.uint16]]
    lengths: npt.NDArray[np.uint8]
    bags: npt.NDArray[np.uint64]
    veiled: npt.NDArray[np.bool_]
    alphabet: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, table: NameTable, at: Places, *, width: int) -> _Side:
        none = np.zeros(at.size, dtype=np.uint16)
        letters = [table.letters[i][at] if i < len(table.letters) else none for i in range(width)]
        return cls(letters, table.lengths[at], table.bags[at], table.veiled[at], table.alphabet)

    def at(self, chosen: npt.NDArray[np.bool_] | Places) -> _Side:
        return _Side(
            [x[chosen] for x in self.letters],
            self.lengths[chosen],
            self.bags[chosen],
            self.veiled[chosen],
            self.alphabet,
        )


def _levels(table: Grades, left: _Side, right: _Side) -> npt.NDArray[np.uint8]:
    """The level of each pair of names, none of them null."""
    flat, columns = table.ravel(), np.int32(table.shape[1])
    grades = [flat.take(a * columns + b) for a, b in zip(left.letters, right.letters, strict=True)]
    worst = np.maximum.reduce(grades)
    found = _BY_WORST[worst]
    rest = np.flatnonzero(worst == _OTHER)
    if rest.size:
        found[rest] = _looser([g[rest] != _SAME for g in grades], left.at(rest), right.at(rest))
    return found


def _looser(differ: list[npt.NDArray[np.bool_]], left: _Side, right: _Side) -> npt.NDArray[np.uint8]:
    """The level of pairs of which at least one character is simply another; differ: by character's place."""
    wrong = np.add.reduce(differ, dtype=np.uint8)
    level = np.where(differ[0], _LEVEL["differs"], _LEVEL["surname"])
    one_length = left.lengths == right.lengths
    lone = one_length & (wrong == 1)
    longer = left.lengths > 2  # noqa: PLR2004 - a name of three keeps two
    level[lone & differ[0]] = _LEVEL["given_short"]
    level[lone & longer] = _LEVEL["one_character"]
    level[lone & longer & differ[0]] = _LEVEL["given"]
    level[lone & (left.lengths == 1)] = _LEVEL["differs"]
    level[one_length & (left.bags == right.bags)] = _LEVEL["order"]
    for short, long in ((left, right), (right, left)):
        at = np.flatnonzero(~differ[0] & (short.lengths < long.lengths) & (short.lengths > 1))
        if at.size:
            level[at[_is_part(short.at(at), long.at(at))]] = _LEVEL["part"]
    for masked, other in ((left, right), (right, left)):
        at = np.flatnonzero(masked.veiled & ~one_length)
        if at.size:
            level[at[_is_veiled(masked.at(at), other.at(at))]] = _LEVEL["hidden"]
    return level


def _is_part(short: _Side, long: _Side) -> npt.NDArray[np.bool_]:
    """Pairs whose shorter name is the longer one with characters left out."""
    wanted = np.stack([short.alphabet[x] for x in short.letters] + [np.zeros(short.lengths.size, dtype=np.uint32)])
    met, pairs = np.zeros(short.lengths.size, dtype=np.intp), np.arange(short.lengths.size)
    for column in long.letters:
        point = long.alphabet[column]
        met += (wanted[met, pairs] == point) & (point != 0)
    complete: npt.NDArray[np.bool_] = met == short.lengths
    return complete


def _is_veiled(masked: _Side, other: _Side) -> npt.NDArray[np.bool_]:
    """Pairs whose first name is the other one with its middle, front or end hidden, whatever its length (张*, 张**)."""
    mine, theirs = (np.stack([side.alphabet[x] for x in side.letters]) for side in (masked, other))
    hidden = mine == ord(UNKNOWN)
    front = hidden.argmax(axis=0)
    back = masked.lengths.astype(np.intp) - (len(mine) - hidden[::-1].argmax(axis=0))
    pairs = np.arange(front.size)
    fits: npt.NDArray[np.bool_] = (front + back > 0) & (other.lengths > front + back)
    for place, (one, two) in enumerate(zip(mine, theirs, strict=True)):
        fits &= (place >= front) | (one == two)
        ends = masked.lengths.astype(np.intp) - 1 - place, other.lengths.astype(np.intp) - 1 - place
        fits &= (place >= back) | (mine[ends[0], pairs] == theirs[ends[1], pairs])
    return fits


def surnames(keys: pl.Expr) -> pl.Expr:
    """The surname of each name key: one character, or two where the name begins with a surname of two.

    >>> pl.select(surnames(pl.Series(["王明", "欧阳凤霞", "欧阳", None]))).to_series().to_list()
    ['王', '欧阳', '欧', None]
    """
    two = keys.str.slice(0, 2)
    compound = two.is_in(TWO_CHARACTER_SURNAMES.split()) & (keys.str.len_chars() > 2)  # noqa: PLR2004 - and a name
    return pl.when(compound).then(two).otherwise(keys.str.slice(0, 1))
