"""The sentence of a decision: what agrees, what does not, how sure; never a value."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest

from fangpin.matching.compare import REASONS
from fangpin.matching.sentences import EXACT, NO_CANDIDATE, sentence

SCHEMA = {
    "band": pl.String,
    "method": pl.String,
    "score": pl.Float64,
    "margin": pl.Float64,
    "candidates": pl.UInt32,
    **{f"{name}_level": pl.String for name in REASONS},
}


def told(band: str, score: float | None = 0.9987, candidates: int | None = 1, **levels: str | None) -> str:
    """Return the sentence of one decision; levels by comparison, unknown unless given."""
    method = levels.pop("method", "name_place")
    row: dict[str, Any] = {"band": band, "method": method, "score": score, "margin": 0.5, "candidates": candidates}
    row |= {f"{name}_level": levels.get(name, "unknown") for name in REASONS}
    return str(sentence(pl.DataFrame([row], schema=SCHEMA))[0])


HOME = {"place": "village", "group": "same"}
CASES = [
    (
        "link",
        {"id": "same", "name": "sound"} | HOME,
        "证件号码与名册一致，住同一村组，姓名同音，判为同一人（把握99.8%）",
    ),
    (
        "link",
        {"id": "relative", "name": "same", "birth": "age"} | HOME,
        "证件号码是同户另一人的，姓名、年龄一致，住同一村组，判为同一人（把握99.8%）",
    ),
    (
        "link",
        {"name": "same", "place": "village", "group": "differs", "household": "member"},
        "没有可用的证件号码，姓名一致，住同一村，户主或监护人在户内，但村民小组不同，判为同一人（把握99.8%）",
    ),
    (
        "review",
        {"id": "same", "name": "surname", "sex": "differs"},
        "证件号码与名册一致，但姓名不同（同姓）、性别不同，待人工核对（把握99.8%）",
    ),
    ("leave", {"id": "differs", "name": "same"}, "未匹配：与名册中姓名相符的人证件号码不同，应是同名的另一人"),
    (
        "leave",
        {"id": "differs", "name": "same", "birth": "differs"},
        "未匹配：与名册中姓名相符的人证件号码不同，且出生日期不同",
    ),
    (
        "leave",
        {"name": "part", "place": "village"},
        "未匹配：与最接近的人相比，没有可用的证件号码，住同一村，姓名缺字或多字，证据不足",
    ),
]


@pytest.mark.parametrize(("band", "levels", "words"), CASES)
def test_a_decision_is_told_in_one_sentence(band: str, levels: dict[str, str], words: str) -> None:
    """What agrees comes first, then what agrees nearly, then what contradicts, then the decision."""
    assert told(band, **levels) == words


def test_namesakes_are_counted() -> None:
    """Several who fit as well are the reason why nobody was taken."""
    village = {"name": "same", "place": "village"}

    assert told("leave", candidates=2, **village) == "未匹配：姓名在该村有2人相符，无可用的证件号码，不能判定"
    assert "名册中有3人同样相符，待人工核对" in told("review", candidates=3, **village)


def test_a_decision_of_a_person_says_so() -> None:
    """A judgement and a household number need no evidence."""
    assert told("link", method="judgement") == "人工判定为同一人"
    assert told("link", method="household_no") == "户编号与名册一致，判为该户"


def test_nobody_near_is_told() -> None:
    """A row without a candidate has its own sentence, whatever its score."""
    assert [told("leave", candidates=n, score=None) for n in (None, 0)] == [NO_CANDIDATE] * 2


@pytest.mark.parametrize(("score", "shown"), [(0.99999, "99.9%"), (1.0, "99.9%"), (0.9999, "99.9%"), (0.95, "95.0%")])
def test_what_is_told_is_never_more_than_was_found(score: float, shown: str) -> None:
    """A probability is cut, not rounded, and never certain."""
    assert f"（把握{shown}）" in told("link", score=score, id="same")


@pytest.mark.parametrize(("name", "level"), [(n, x) for n, levels in REASONS.items() if n != "head" for x in levels])
def test_every_level_is_told(name: str, level: str) -> None:
    """No comparison is silent: each level changes the sentence, a shared group only of one village."""
    base = {"place": "village"} if name == "group" else {}

    assert told("review", **base | {name: level}) != told("review", **base)


def test_no_sentence_holds_a_digit_beyond_its_own_figures() -> None:
    """The only figures are the probability and the number of persons."""
    whole = "".join([EXACT, NO_CANDIDATE, *(told(b, candidates=1, **lv) for b, lv, _ in CASES)])

    assert re.sub(r"（把握\d+\.\d%）", "", whole) == re.sub(r"\d|（把握\d+\.\d%）", "", whole)
