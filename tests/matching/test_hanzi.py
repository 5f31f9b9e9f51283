"""What is known of single characters."""

from __future__ import annotations

import polars as pl
import pytest

from fangpin.matching.alike import SURNAMES
from fangpin.matching.characters import SIMPLIFIED, SURNAME_READINGS, SYLLABLES, TRADITIONAL
from fangpin.matching.hanzi import (
    _dictionary,
    alike_pairs,
    folded,
    letters,
    readings,
    simplified,
    sounds,
    spoken,
    syllables,
)


def test_each_traditional_form_has_one_simplified_form() -> None:
    """The two tables are of one length, no form stands twice, and no simplified form changes again."""
    assert len(TRADITIONAL) == len(SIMPLIFIED) == len(set(TRADITIONAL))
    assert not set(TRADITIONAL) & set(SIMPLIFIED)


def test_syllables_keep_their_numbers() -> None:
    """Keys number syllables, so the list may only grow at its end."""
    assert [SYLLABLES.split().index(s) for s in ("a", "ming", "zuo")] == [0, 204, 408]
    assert len(set(syllables())) == len(syllables())


def test_a_spoken_character_reads_as_its_syllable() -> None:
    """What stands in keys for a syllable is read so, and is no character of any script."""
    assert {syllable: readings(character) for syllable, character in spoken().items()} == {
        syllable: (syllable,) for syllable in syllables()
    }


def test_surname_readings_are_syllables() -> None:
    """Every reading of a surname is a syllable of Mandarin."""
    assert {pair.split(":")[1] for pair in SURNAME_READINGS.split()} <= set(syllables())


def test_surnames_written_for_one_another_sound_differently() -> None:
    """A pair of one sound needs no place in the table of look-alikes."""
    pairs = [(a, b) for group in SURNAMES.split() for a in group for b in group if a < b]

    assert [pair for pair in pairs if set(readings(pair[0])) & set(readings(pair[1]))] == []


@pytest.mark.parametrize(
    ("one", "other"),
    ["闫阎", "肖萧", "付傅", "代戴", "邱丘", "兰蓝", "仝同", "洗冼", "辛莘", "俞喻", "乾干", "著着", "藉借", "瞭了"],
)
def test_surnames_and_variants_used_side_by_side_share_a_reading(one: str, other: str) -> None:
    """What clerks write for one another without thinking is at least of one sound."""
    assert set(readings(one)) & set(readings(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("nan", "lang"), ("fei", "hui"), ("zhang", "zan"), ("shi", "si"), ("hong", "feng"), ("hun", "fen")],
)
def test_southern_sounds_are_one(one: str, other: str) -> None:
    """Sounds that the south does not tell apart are folded to one."""
    assert folded(one) == folded(other)


def test_look_alikes_go_both_ways() -> None:
    """A pair is alike in both orders, and nothing is alike to itself."""
    assert all((b, a) in alike_pairs() and a != b for a, b in alike_pairs())


@pytest.mark.parametrize("text", [[], [None], [""], [None, ""]])
def test_empty_texts_have_no_letters_and_no_sound(text: list[str | None]) -> None:
    """Nothing comes of nothing, null stays null."""
    told = pl.Series(text, dtype=pl.String)

    assert letters(told)[0].size == 0
    assert sounds(told).to_list() == text


def test_text_outside_the_first_plane_is_one_character_each() -> None:
    """A rare character of the extensions is one character, read like others."""
    assert sounds(pl.Series(["李\U00020c3c", "李\ue123"])).to_list() == ["li po ", "li \ue123"]


def test_simplified_leaves_other_text_alone() -> None:
    """Null and Latin text stay."""
    assert pl.select(simplified(pl.Series(["龍A", None]))).to_series().to_list() == ["龙A", None]


def test_without_pypinyin_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dictionary that is not installed is named in the error."""
    monkeypatch.setattr("importlib.machinery.PathFinder.find_spec", lambda *_: None)
    _dictionary.cache_clear()

    with pytest.raises(ModuleNotFoundError) as raised:
        _dictionary()

    assert raised.value.name == "pypinyin"
