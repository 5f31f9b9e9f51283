"""What of a month is put before reviewers: rows under review, samples that stay, whose area, in which order."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from fangpin.matching.judgements import JUDGEMENTS, settle, standing
from fangpin.matching.review_items import ITEMS, blinded, items, left_for, one_per_identity, ordered, with_township

LINK: dict[str, Any] = {"batch_id": "b", "person_no": "P1", "household_no": "H1", "score": 0.9, "reasons": "姓名一致"}
LINKS = pl.Schema(
    {
        "batch_id": pl.String(),
        "row_number": pl.UInt32(),
        "person_no": pl.String(),
        "household_no": pl.String(),
        "band": pl.String(),
        "method": pl.String(),
        "score": pl.Float64(),
        "reasons": pl.String(),
    }
)
NEAREST = pl.Schema({**{n: LINKS[n] for n in LINKS if n not in {"band", "method"}}, "rank": pl.UInt8()})


def links(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return links numbered from 1, each under review to P1 unless said otherwise."""
    usual = LINK | {"band": "review", "method": "name_place"}
    return pl.DataFrame([usual | {"row_number": n} | row for n, row in enumerate(rows, 1)], schema=LINKS)


def nearest(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return nearest candidates, of rank 1 and P1 unless said otherwise."""
    return pl.DataFrame([LINK | {"rank": 1} | row for row in rows], schema=NEAREST)


def settled(*words: dict[str, Any]) -> pl.DataFrame:
    """Return what holds of words of 甲 about row 1 and P1 unless said otherwise."""
    return settle(judgements(*words))


def judgements(*words: dict[str, Any]) -> pl.DataFrame:
    """Return judgements of 甲 about row 1 and P1 unless said otherwise."""
    usual = {"batch_id": "b", "row_number": 1, "person_no": "P1", "verdict": "same", "kind": "review", "by": "甲"}
    usual |= {"reviewers_needed": 1, "method": "name_place", "score": 0.9}
    return pl.DataFrame([usual | {"judgement_id": n} | w for n, w in enumerate(words, 1)], schema=JUDGEMENTS)


def put(linked: pl.DataFrame, near: pl.DataFrame | None = None, held: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the items with samples of two, none judged by two."""
    none = pl.DataFrame(schema=JUDGEMENTS)
    return items(
        linked,
        nearest() if near is None else near,
        settle(none) if held is None else held,
        check_rows=2,
        double_share=0,
    )


def test_every_row_under_review_is_an_item() -> None:
    """Rows under review are put before somebody, whatever their number; other rows only as far as they are drawn."""
    found = put(links({}, {}, {}, {"band": "leave", "person_no": None}, {"band": "link", "method": "id_exact"}))

    assert found.select("item", "kind").rows() == [
        ("b:5", "check"),
        ("b:1", "review"),
        ("b:2", "review"),
        ("b:3", "review"),
    ]


def test_a_sample_is_drawn_of_each_batch_and_method() -> None:
    """Two rows of each method in each batch, as far as there are so many; links to households are not judged."""
    exact = {"band": "link", "method": "id_exact"}
    other = exact | {"batch_id": "c", "row_number": 1}
    household = exact | {"method": "household_no", "person_no": None}
    found = put(links(*[exact] * 9, exact | {"method": "id_fuzzy"}, household, other))

    counted = found.group_by("batch_id", "method").len().sort("batch_id", "method").rows()
    assert counted == [("b", "id_exact", 2), ("b", "id_fuzzy", 1), ("c", "id_exact", 1)]


def test_rows_left_out_are_drawn_where_somebody_comes_near() -> None:
    """A row without any candidate has nobody to be judged to be; of the others the best candidate is asked about."""
    left = {"band": "leave", "person_no": None, "household_no": None}
    near = nearest({"row_number": 2, "person_no": "P7"}, {"row_number": 2, "person_no": "P8", "rank": 2})

    found = put(links(left, left), near)

    assert found.select("item", "kind", "person_no", "band").rows() == [("b:2", "missed", "P7", "leave")]


def test_judging_a_sample_draws_no_other_row() -> None:
    """Rows judged keep their places in the sample, also after a new run has obeyed the judgements."""
    exact = {"band": "link", "method": "id_exact"}
    drawn_rows = put(links(*[exact] * 9))["row_number"].to_list()
    said = [{"row_number": row, "kind": "check", "method": "id_exact"} for row in drawn_rows]
    judged = links(*[exact | {"method": "judgement"} if row in drawn_rows else exact for row in range(1, 10)])

    before_the_run = put(links(*[exact] * 9), held=settled(*said))
    after_the_run = put(judged, held=settled(*said))

    assert before_the_run.select("row_number", "state").rows() == [(row, "settled") for row in drawn_rows]
    assert after_the_run.height == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ("open", None)),
        ([{}], ("settled", "same")),
        ([{"verdict": "unsure"}], ("waiting", None)),
        ([{"reviewers_needed": 2}], ("waiting", None)),
        ([{}, {"by": "乙", "verdict": "not_same"}], ("disputed", None)),
        ([{"person_no": "P2"}], ("settled", "not_same")),
        ([{"person_no": "P2", "verdict": "not_same"}], ("open", None)),
        ([{"person_no": "P2", "reviewers_needed": 2}], ("waiting", None)),
        ([{"row_number": 2}], ("open", None)),
    ],
)
def test_the_state_of_an_item(words: list[dict[str, Any]], expected: tuple[str, str | None]) -> None:
    """What was said of another candidate of the row counts as far as it says something of this one."""
    found = put(links({}), held=settled(*words))

    assert found.select("state", "verdict").row(0) == expected


def test_rows_of_one_identity_are_one_item() -> None:
    """The first row stands for all of them, unless another one was judged."""
    found = put(links({}, {}, {}))
    same = pl.DataFrame(
        {"batch_id": ["b"] * 3, "row_number": [1, 2, 3], "identity": [1, 1, 2]},
        schema_overrides={"row_number": pl.UInt32},
    )
    judged = put(links({}, {}, {}), held=settled({"row_number": 2}))

    assert one_per_identity(found, same).select("item", "rows").rows() == [("b:1", 2), ("b:3", 1)]
    assert one_per_identity(judged, same).select("item", "rows", "state").rows() == [
        ("b:2", 2, "settled"),
        ("b:3", 1, "open"),
    ]


@pytest.mark.parametrize(
    ("seen", "known", "home", "expected"),
    [
        ("云桥", "云桥", "云桥", "云桥镇"),
        (None, None, "云桥", "云桥镇"),
        ("大井", "大井", "云桥", None),
        ("外县", None, "云桥", None),
        ("云桥", "云桥", None, None),
    ],
)
def test_whose_area_a_pair_is(seen: str | None, known: str | None, home: str | None, expected: str | None) -> None:
    """The person's township judges, unless the row tells another place: then the county does."""
    text = pl.String()
    told = pl.DataFrame(
        [("b", 1, seen, known)],
        schema={"batch_id": text, "row_number": pl.UInt32(), "town_seen": text, "town_key": text},
        orient="row",
    )
    homes = pl.DataFrame(
        [("P1", "云桥镇", home)], schema=dict.fromkeys(("person_no", "township", "home_key"), text), orient="row"
    )

    assert with_township(put(links({})), told, homes)["township"].to_list() == [expected]


def test_what_changes_most_comes_first() -> None:
    """The county's own first, then who would get leads, then the least certain, then by row."""
    rows = [
        {"score": 0.9},
        {"score": 0.4, "household_no": "H2"},
        {"score": 0.5, "household_no": "H2"},
        {"score": 0.9},
        {"score": 0.95},
    ]
    placed = put(links(*rows)).with_columns(
        township=pl.when(pl.col("row_number") == 5).then(None).otherwise(pl.lit("云桥镇"))
    )
    gains = pl.DataFrame({"household_no": ["H1"], "leads": [2]}, schema_overrides={"leads": pl.UInt32})

    assert ordered(placed, gains)["row_number"].to_list() == [5, 1, 4, 3, 2]
    assert ordered(placed, gains.clear())["row_number"].to_list() == [5, 3, 2, 1, 4]


def test_a_reviewer_is_asked_once() -> None:
    """Who has judged an item does not meet it again; a second and a third person do, until it is settled."""
    words = judgements({"reviewers_needed": 2})
    waiting = put(links({}, {}), held=settle(words))

    assert left_for(waiting, standing(words), by="甲")["item"].to_list() == ["b:2"]
    assert left_for(waiting, standing(words), by="乙")["item"].to_list() == ["b:1", "b:2"]
    agreed = judgements({"reviewers_needed": 2}, {"reviewers_needed": 2, "by": "乙"})
    assert left_for(put(links({}), held=settle(agreed)), standing(agreed), by="丙").height == 0


def test_blind_items_tell_no_score() -> None:
    """Score and certainty are hidden while two judge apart, and shown again when it is settled."""
    told = {"reasons": "姓名一致，待人工核对（把握90.0%）"}
    blind = put(links(told)).with_columns(reviewers_needed=pl.lit(2, pl.Int64))

    assert blinded(blind).select("score", "reasons").row(0) == (None, "姓名一致，待人工核对")
    done = blind.with_columns(state=pl.lit("settled"))
    assert blinded(done).select("score", "reasons").row(0) == (0.9, told["reasons"])


def test_about_a_tenth_is_judged_by_two() -> None:
    """The share asked for is drawn, and always the same rows."""
    many = links(*[{}] * 5000)
    none = settle(pl.DataFrame(schema=JUDGEMENTS))

    needed = items(many, nearest(), none)["reviewers_needed"]

    assert 400 < (needed == 2).sum() < 600
    assert items(many, nearest(), none)["reviewers_needed"].equals(needed)


def test_nothing_linked_puts_nothing() -> None:
    """Empty frames give an empty frame of the same columns."""
    found = put(links())

    assert (found.height, found.schema) == (0, ITEMS)
