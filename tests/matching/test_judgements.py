"""What holds of what reviewers said: one, two who agree, two who do not, an arbitrator, and words taken back."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from fangpin.matching.judgements import JUDGEMENTS, agreement, drawn, effective, settle, standing

Word = tuple[str, str, str | int]  # reviewer, person, verdict; or reviewer, "undo", number of the word taken back


def said(*words: Word, needed: int = 1, arbitrator: str = "") -> pl.DataFrame:
    """Return judgements of row 7 of batch b in the order given; ``arbitrator`` is the one who arbitrates."""
    rows: list[dict[str, Any]] = []
    for number, (by, person, verdict) in enumerate(words, 1):
        known = {"judgement_id": number, "batch_id": "b", "row_number": 7, "by": by, "reviewers_needed": needed}
        known |= {"kind": "arbitration" if by == arbitrator else "second" if rows else "review"}
        if person == "undo":
            rows.append(known | {"person_no": rows[int(verdict) - 1]["person_no"], "undoes": int(verdict)})
        else:
            rows.append(known | {"person_no": person, "verdict": verdict})
    return pl.DataFrame(rows, schema=JUDGEMENTS)


def held(*words: Word, needed: int = 1, arbitrator: str = "") -> list[tuple[Any, ...]]:
    """Return person, verdict and state of every pair of the row."""
    return settle(said(*words, needed=needed, arbitrator=arbitrator)).select("person_no", "verdict", "state").rows()


@pytest.mark.parametrize(
    ("words", "needed", "expected"),
    [
        ([("甲", "P1", "same")], 1, [("P1", "same", "settled")]),
        ([("甲", "P1", "unsure")], 1, [("P1", None, "waiting")]),
        ([("甲", "P1", "same")], 2, [("P1", None, "waiting")]),
        ([("甲", "P1", "same"), ("甲", "P1", "same")], 2, [("P1", None, "waiting")]),
        ([("甲", "P1", "same"), ("乙", "P1", "same")], 2, [("P1", "same", "settled")]),
        ([("甲", "P1", "same"), ("乙", "P1", "not_same")], 2, [("P1", None, "disputed")]),
        ([("甲", "P1", "same"), ("乙", "P1", "unsure")], 2, [("P1", None, "disputed")]),
        ([("甲", "P1", "same"), ("乙", "P1", "not_same")], 1, [("P1", None, "disputed")]),
        ([("甲", "P1", "same"), ("甲", "P1", "not_same")], 1, [("P1", "not_same", "settled")]),
        ([("甲", "P1", "same"), ("甲", "undo", 1)], 1, []),
        ([("甲", "P1", "same"), ("甲", "P1", "not_same"), ("甲", "undo", 2)], 1, [("P1", "same", "settled")]),
        ([("甲", "P1", "same"), ("乙", "P1", "not_same"), ("乙", "undo", 2)], 1, [("P1", "same", "settled")]),
        ([("甲", "P1", "same"), ("甲", "undo", 1), ("甲", "P1", "unsure")], 1, [("P1", None, "waiting")]),
        ([("甲", "P1", "unsure"), ("乙", "P1", "same")], 1, [("P1", "same", "settled")]),
        ([("甲", "P1", "unsure"), ("乙", "P1", "unsure")], 1, [("P1", "unsure", "settled")]),
    ],
)
def test_what_holds_of_one_pair(words: list[Word], needed: int, expected: list[tuple[Any, ...]]) -> None:
    """The last word of each reviewer counts; two who differ settle nothing."""
    assert held(*words, needed=needed) == expected


@pytest.mark.parametrize("verdict", ["same", "not_same", "unsure"])
def test_a_third_person_settles_what_two_dispute(verdict: str) -> None:
    """What an arbitrator says holds, whatever it is, also where two reviewers are needed."""
    words: list[Word] = [("甲", "P1", "same"), ("乙", "P1", "not_same"), ("丙", "P1", verdict)]

    assert held(*words, needed=2, arbitrator="丙") == [("P1", verdict, "settled")]


def test_an_arbitration_taken_back_leaves_the_dispute() -> None:
    """Without the arbitrator's word the two still disagree."""
    words: list[Word] = [("甲", "P1", "same"), ("乙", "P1", "not_same"), ("丙", "P1", "same"), ("丙", "undo", 3)]

    assert held(*words, arbitrator="丙") == [("P1", None, "disputed")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("甲", "P1", "not_same"), ("甲", "P2", "same")], [("P1", "not_same", "settled"), ("P2", "same", "settled")]),
        ([("甲", "P1", "same"), ("甲", "P2", "same")], [("P2", "same", "settled")]),
        ([("甲", "P1", "same"), ("乙", "P2", "same")], [("P1", None, "disputed"), ("P2", None, "disputed")]),
        (
            [("甲", "P1", "not_same"), ("乙", "P2", "same")],
            [("P1", "not_same", "settled"), ("P2", "same", "settled")],
        ),
    ],
)
def test_a_row_is_one_person_at_most(words: list[Word], expected: list[tuple[Any, ...]]) -> None:
    """Who says that a row is somebody says that it is nobody else."""
    assert held(*words) == expected


def test_the_linker_hears_only_what_is_settled_and_says_something() -> None:
    """Neither a dispute nor "unsure" changes a link."""
    disputed = said(("甲", "P1", "same"), ("乙", "P1", "not_same"))
    unsure = said(("甲", "P1", "unsure"))
    told = said(("甲", "P1", "not_same"), ("甲", "P2", "same"))

    assert effective(disputed).height == effective(unsure).height == 0
    assert effective(told).rows() == [("b", 7, "P1", "not_same"), ("b", 7, "P2", "same")]


def test_each_row_has_at_most_one_same() -> None:
    """However many reviewers say however much, no row is told to be two people."""
    people, verdicts = ("P1", "P2", "P3"), ("same", "not_same", "unsure")
    for case in range(400):
        lots = drawn(pl.DataFrame({"batch_id": [f"case {case}"] * 24, "row_number": list(range(24))}), purpose="test")
        a, b, c = (lots.slice(start, 8).to_list() for start in (0, 8, 16))
        words: list[Word] = [
            ("甲乙丙"[int(3 * x)], people[int(3 * y)], verdicts[int(3 * z)]) for x, y, z in zip(a, b, c, strict=True)
        ]
        sames = effective(said(*words, arbitrator="丙")).filter(pl.col("verdict") == "same")

        assert sames.height <= 1, words


def test_agreement_counts_rows_judged_by_two() -> None:
    """Two rows judged twice, one of them alike; an arbitrator and a single reviewer do not count."""
    alike = said(("甲", "P1", "same"), ("乙", "P1", "same"))
    apart = said(("甲", "P1", "same"), ("乙", "P2", "same"), ("丙", "P1", "same"), arbitrator="丙")
    alone = said(("甲", "P1", "same"))
    frames = [
        frame.with_columns(
            pl.col("judgement_id") + 10 * place,
            row_number=pl.lit(place, pl.UInt32),
        )
        for place, frame in enumerate((alike, apart, alone))
    ]

    assert agreement(pl.concat(frames)).rows() == [("review", 2, 1, 0.5)]


def test_nothing_said_holds_nothing() -> None:
    """Empty in, empty out."""
    nothing = pl.DataFrame(schema=JUDGEMENTS)

    assert settle(nothing).height == effective(nothing).height == agreement(nothing).height == 0
    assert standing(nothing).height == 0


def test_lots_look_drawn_and_never_change() -> None:
    """A tenth of many rows lies below 0.1, purposes are independent, and the numbers are the same on every machine."""
    rows = pl.DataFrame({"batch_id": ["b"] * 50_000, "row_number": list(range(50_000))})
    one, other = drawn(rows, purpose="double"), drawn(rows, purpose="check")

    assert abs(float((one < 0.1).mean() or 0) - 0.1) < 0.005
    assert abs(float(((one < 0.1) & (other < 0.1)).mean() or 0) - 0.01) < 0.002
    assert [round(x, 6) for x in one.slice(1, 2)] == [0.385361, 0.764957]
