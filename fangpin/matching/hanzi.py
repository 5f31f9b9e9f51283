"""What is known of single characters: simplified forms, readings without tones, southern confusions, look-alikes.

Floor 2. Small functions over the tables of characters.py and alike.py and pypinyin's dictionary of single
characters (its phrases, four fifths of its loading time, are not read); nothing here knows of persons or rows.
"""

from __future__ import annotations

import functools
import importlib.util
import unicodedata
from importlib.machinery import PathFinder
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from fangpin.matching.alike import LOOK_ALIKES, SURNAMES
from fangpin.matching.characters import SIMPLIFIED, SURNAME_READINGS, SYLLABLES, TRADITIONAL

_INITIALS: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("hu", "f"))
_CLOSED: Final = {"f": "fu", "fi": "fei", "fn": "fen", "fong": "feng", "hong": "feng"}
"""Sounds that come out of h → f otherwise than they are written."""
_SPOKEN: Final = 0xF0000
"""A syllable written in place of a character stands in keys as this code point plus its number (plane 15)."""

Points: TypeAlias = npt.NDArray[np.uint32]
Lengths: TypeAlias = npt.NDArray[np.int64]


def simplified(text: pl.Expr) -> pl.Expr:
    """Text with traditional and variant characters written in their simplified form.

    >>> pl.select(simplified(pl.lit("陳國華"))).item()
    '陈国华'
    """
    return text.str.replace_many(list(TRADITIONAL), list(SIMPLIFIED))


@functools.cache
def _dictionary() -> dict[int, str]:
    """Readings by code point from pypinyin, without importing the package around them."""
    package = importlib.util.find_spec("pypinyin")
    found = PathFinder.find_spec("pinyin_dict", package.submodule_search_locations if package else None)
    if found is None or found.loader is None:
        raise ModuleNotFoundError(name="pypinyin")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    readings_of: dict[int, str] = module.pinyin_dict
    return readings_of


@functools.cache
def syllables() -> tuple[str, ...]:
    """The syllables of Mandarin without tones, in the order in which keys number them."""
    return tuple(SYLLABLES.split())


def spoken() -> dict[str, str]:
    """The character that stands in keys for a syllable written in place of a character.

    >>> readings(spoken()["yue"])
    ('yue',)
    """
    return {syllable: chr(_SPOKEN + number) for number, syllable in enumerate(syllables())}


@functools.cache
def readings(character: str) -> tuple[str, ...]:
    """All readings of a character without tones, the usual one first; none when it is not read.

    >>> readings("曾"), readings("绿"), readings("*")
    (('ceng', 'zeng'), ('lv', 'lu'), ())
    """
    number = ord(character) - _SPOKEN
    if 0 <= number < len(syllables()):
        return (syllables()[number],)
    toned = unicodedata.normalize("NFD", _dictionary().get(ord(character), "")).replace("u\u0308", "v")
    plain = "".join(c for c in toned if not unicodedata.combining(c))
    return tuple(dict.fromkeys(plain.split(","))) if plain else ()


@functools.cache
def folded(sound: str) -> str:
    """A reading with the southern confusions n/l, f/h, z/zh and -n/-ng made one.

    >>> folded("zhang"), folded("zan"), folded("hui"), folded("fei"), folded("nan"), folded("hun"), folded("hong")
    ('zan', 'zan', 'fei', 'fei', 'lan', 'fen', 'fen')
    """
    for seen, kept in _INITIALS:
        if sound.startswith(seen):
            sound = kept + sound[len(seen) :]
            break
    sound = _CLOSED.get(sound, sound)
    return sound[:-1] if sound.endswith("ng") else sound


def sounds(text: pl.Series, *, of_names: bool = False) -> pl.Series:
    """The usual reading of every character, folded, in order; what stays unread is kept as it is.

    Rows: one String in, one String out, null stays null. of_names: the first character is read as a surname.

    >>> sounds(pl.Series(["张兰", "章男", "曾*", None])).to_list()
    ['zan lan ', 'zan lan ', 'cen *', None]
    >>> sounds(pl.Series(["曾兰"]), of_names=True).to_list()
    ['zen lan ']
    """
    points, lengths = letters(text)
    if not points.size:
        return text
    places, alphabet = alphabet_of(points)
    characters = [chr(point) for point in alphabet.tolist()]
    spelled = [_spelled(c, readings(c)[:1]) for c in characters]
    if of_names:
        surnames = dict(pair.split(":") for pair in SURNAME_READINGS.split())
        changed = {at: surnames[c] for at, c in enumerate(characters) if c in surnames}
        place = np.arange(alphabet.size + len(changed), dtype=np.uint32)
        place[list(changed)] = range(alphabet.size, place.size)
        first = (np.cumsum(lengths) - lengths)[lengths > 0]
        places[first] = place[places[first]]
        spelled += [_spelled("", (reading,)) for reading in changed.values()]
    return _joined(places, spelled, lengths, text.is_null())


def _spelled(character: str, reading: tuple[str, ...]) -> bytes:
    return (folded(reading[0]) + " ").encode() if reading else character.encode()


def _joined(places: Points, spelled: list[bytes], lengths: Lengths, nulls: pl.Series) -> pl.Series:
    """The texts whose characters are written as spelled, put together as one Arrow buffer."""
    sizes = np.array([len(s) for s in spelled], dtype=np.int64)
    padded = np.array(spelled, dtype=np.bytes_).view(np.uint8).reshape(sizes.size, -1)
    kept = np.arange(padded.shape[1]) < sizes[:, None]
    ends = np.concatenate([[0], np.cumsum(sizes[places])])[np.concatenate([[0], np.cumsum(lengths)])]
    text = pa.LargeStringArray.from_buffers(
        lengths.size, pa.py_buffer(ends.astype(np.int64)), pa.py_buffer(padded[places][kept[places]])
    )
    joined = pl.Series(pl.from_arrow(text), dtype=pl.String)
    return joined.set(nulls, None) if nulls.any() else joined


def letters(text: pl.Series) -> tuple[Points, Lengths]:
    """The code points of all texts one after another, and how many each has (null: none).

    >>> [part.tolist() for part in letters(pl.Series(["王", None, "ab"]))]
    [[29579, 97, 98], [1, 0, 2]]
    """
    points = np.frombuffer(str(text.str.join("").item()).encode("utf-32-le"), dtype=np.uint32)
    return points, text.str.len_chars().fill_null(0).to_numpy().astype(np.int64)


def alphabet_of(points: Points) -> tuple[Points, Points]:
    """The place of each code point among those that occur, and these in order.

    >>> [part.tolist() for part in alphabet_of(np.array([98, 97, 98], dtype=np.uint32))]
    [[1, 0, 1], [97, 98]]
    """
    place = np.zeros(int(points.max(initial=0)) + 1, dtype=np.uint32)
    place[points] = 1
    alphabet = np.flatnonzero(place).astype(np.uint32)
    place[alphabet] = np.arange(alphabet.size, dtype=np.uint32)
    return place[points], alphabet


@functools.cache
def alike_pairs() -> frozenset[tuple[str, str]]:
    """Pairs of characters that are easily taken for each other on paper, in both orders.

    >>> ("未", "末") in alike_pairs(), ("末", "未") in alike_pairs(), ("未", "来") in alike_pairs()
    (True, True, False)
    """
    groups = f"{LOOK_ALIKES} {SURNAMES}".split()
    return frozenset((a, b) for group in groups for a in group for b in group if a != b)
