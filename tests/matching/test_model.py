"""The model: what it ships with, what it learns, how it is written down."""

from __future__ import annotations

import json

import polars as pl
import pytest
from matching_people import county, link_all, valid

from fangpin.matching.keys import hashed, person_keys
from fangpin.matching.model import COMPARISONS, STARTS, LinkModel, level_names, model_of, shares_of, untaught

MODEL = untaught(person_keys(county().persons))


def test_shipped_levels_are_known_frequencies() -> None:
    """Every level but "unknown" has an m and a u above 0, and the m of a comparison add up to 1."""
    for levels in STARTS:
        assert levels.levels[0] == "unknown"
        assert min(levels.m[1:]) > 0
        assert min(levels.u[1:]) > 0
        assert sum(levels.m[1:]) == pytest.approx(1.0, abs=0.02), levels.name


def test_shares_count_what_more_than_one_bears() -> None:
    """A share is persons who bear a name or live in a place, over all persons; single bearers are left out."""
    names = {
        "name_key": ["王芳", "王芳", "李明", None],
        "sound_key": ["a", "a", "b", None],
        "surname": ["王", "王", "李", None],
        "town_key": ["甲", "甲", "甲", "乙"],
        "village_key": ["甲/一", "甲/一", "甲/二", "乙/一"],
    }
    ids = ["963127198001010011", "963127198001010012", "963128198001010011", None]
    persons = pl.DataFrame(names).select(hashed(*names)).with_columns(pl.Series("id_text", ids))

    found = {name: dict(frame.iter_rows()) for name, frame in shares_of(persons).items()}

    expected = {
        "name_key": {"王芳": 0.5},
        "sound_key": {"a": 0.5},
        "surname": {"王": 0.5},
        "town_key": {"甲": 0.75},
        "village_key": {"甲/一": 0.5},
        "opening": {"963": 0.75, "963127": 0.5},
    }
    told = {name: {pl.Series([k]).hash()[0]: v for k, v in values.items()} for name, values in expected.items()}
    assert found == told


def test_a_model_comes_back_from_its_weights_and_shares() -> None:
    """What was written down as figures is the same model, by the same id."""
    learnt = link_all([{"person_name": "陈国华", **valid(1)}, {"person_name": "陈国花", **valid(1)}]).model

    again = model_of(json.loads(json.dumps(learnt.weights)), learnt.shares)

    assert (again.model_id, again.sources, again.common) == (learnt.model_id, learnt.sources, learnt.common)


def test_weights_hold_no_name_and_no_place() -> None:
    """What goes into the office store is figures under the names of comparisons."""
    text = json.dumps(MODEL.weights, ensure_ascii=False)

    assert not any(word in text for word in ("陈国华", "云桥", "柳沟", "963127"))


def test_another_share_is_another_model() -> None:
    """The id stands for weights and frequencies alike."""
    other = untaught(person_keys(county().persons.head(100)))

    assert other.model_id != MODEL.model_id


def test_other_hashes_are_the_same_model() -> None:
    """The id hangs on how common things are, not on how a release hashes their names."""
    rehashed = {name: frame.with_columns(pl.col("value") ^ 1) for name, frame in MODEL.shares.items()}

    assert LinkModel(MODEL.people, rehashed).model_id == MODEL.model_id


def test_codes_follow_the_levels() -> None:
    """A level's code is its place, 0 is unknown."""
    assert [level_names(name)[0] for name in COMPARISONS] == ["unknown"] * len(COMPARISONS)
    assert level_names("sex") == ("unknown", "same", "differs")
