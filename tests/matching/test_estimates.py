"""Precision, recall and calibration from settled judgements."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from fangpin.matching.estimates import calibration, precision, recall, wrong_links

LINKS: dict[str, Any] = {
    "batch_id": pl.String,
    "source_id": pl.String,
    "row_number": pl.UInt32,
    "person_no": pl.String,
    "band": pl.String,
    "method": pl.String,
    "nearest": pl.Boolean,
}
JUDGED: dict[str, Any] = {
    "batch_id": pl.String,
    "source_id": pl.String,
    "row_number": pl.UInt32,
    "person_no": pl.String,
    "verdict": pl.String,
    "kind": pl.String,
    "method": pl.String,
    "score": pl.Float64,
}


def month(**rows: tuple[str, str | None, int]) -> pl.DataFrame:
    """Return the rows of one batch: band, method and how many (names mean nothing); persons are numbered as rows."""
    told = [(band, method) for band, method, n in rows.values() for _ in range(n)]
    filled = [
        ("b", "dibao", i, f"P{i}" if band != "leave" else None, band, method, band == "leave")
        for i, (band, method) in enumerate(told, 1)
    ]
    return pl.DataFrame(filled, schema=LINKS, orient="row")


def judged(*rows: tuple[int, str, str | None], method: str = "id_exact", score: float = 0.99) -> pl.DataFrame:
    """Return what was settled: row number, kind, verdict; about the person numbered as the row."""
    filled = [("b", "dibao", n, f"P{n}", verdict, kind, method, score) for n, kind, verdict in rows]
    return pl.DataFrame(filled, schema=JUDGED, orient="row")


def test_strata_are_weighed_by_their_links() -> None:
    """Ten of ten exact and one of two by name give the share of the links they stand for."""
    links = month(exact=("link", "id_exact", 900), name=("link", "name_place", 100))
    said = pl.concat(
        [
            judged(*((n, "check", "same") for n in range(1, 11))),
            judged((901, "check", "same"), (902, "check", "not_same"), method="name_place"),
        ]
    )

    found = precision(links, said)

    assert found.strata.select("method", "links", "looked_at", "right", "share").rows() == [
        ("id_exact", 900, 10, 10, 1.0),
        ("name_place", 100, 2, 1, 0.5),
    ]
    assert (round(found.total.value, 4), found.covered) == (0.95, 1.0)
    assert found.total.low < 0.95 < found.total.high


def test_a_stratum_nobody_looked_at_is_unknown() -> None:
    """It has no share, and the total says how much it covers."""
    found = precision(
        month(exact=("link", "id_exact", 75), name=("link", "name_place", 25)), judged((1, "check", "same"))
    )

    assert found.strata["share"].to_list() == [1.0, None]
    assert found.covered == 0.75


def test_what_a_person_decided_counts_where_it_was_drawn() -> None:
    """A checked link confirmed or undone since keeps its stratum; it is not a link by judgement to be estimated."""
    links = month(exact=("link", "id_exact", 8), judged=("link", "judgement", 1), gone=("leave", None, 1))
    said = judged((9, "check", "same"), (10, "check", "not_same"))

    found = precision(links, said)

    assert found.strata.select("method", "links", "looked_at", "right").rows() == [("id_exact", 10, 2, 1)]


def test_unsettled_and_unsure_count_for_nothing() -> None:
    """Neither right nor wrong was said."""
    found = precision(month(exact=("link", "id_exact", 5)), judged((1, "check", None), (2, "check", "unsure")))

    assert found.strata["looked_at"].to_list() == [0]
    assert math.isnan(found.total.value)


def test_another_person_chosen_makes_the_link_wrong() -> None:
    """Who finds another person for a checked row says that its link is wrong."""
    links = month(exact=("link", "id_exact", 2))
    said = judged((1, "check", "same"), (2, "check", "same")).with_columns(person_no=pl.Series(["P1", "P77"]))

    assert wrong_links(links, said).rows() == [("dibao", "b", 2, "P2", "id_exact", 0.99)]
    assert precision(links, said).strata["right"].to_list() == [1]


def test_of_two_persons_judged_the_likelier_was_linked() -> None:
    """The link undone and the person found instead are one wrong link."""
    undone = judged((1, "check", "not_same"))
    instead = judged((1, "check", "same"), score=0.2).with_columns(person_no=pl.lit("P9"))
    links = month(judged=("link", "judgement", 1)).with_columns(person_no=pl.lit("P9"))

    assert wrong_links(links, pl.concat([instead, undone]))["person_no"].to_list() == ["P1"]


def test_recall_counts_what_was_found_elsewhere() -> None:
    """Ninety linked; all ten under review were looked at and four found; none of five left ones."""
    links = month(exact=("link", "id_exact", 90), review=("review", "name_place", 10), left=("leave", None, 5))
    said = pl.concat(
        [
            judged(*((n, "check", "same") for n in range(1, 91))),
            judged(*((n, "review", "same" if n < 95 else "not_same") for n in range(91, 101))),
            judged(*((n, "missed", "not_same") for n in range(101, 106))),
        ]
    )

    found = recall(links, said, right=precision(links, said).total)

    assert [round(x, 4) for x in (found.value, found.low, found.high)] == [0.9574, 0.9574, 0.9574]


@pytest.mark.parametrize("kind", ["review", "missed", "check"])
def test_recall_is_unknown_while_a_kind_was_not_looked_at(kind: str) -> None:
    """A figure without evidence is not given."""
    links = month(exact=("link", "id_exact", 3), review=("review", "name_place", 1), left=("leave", None, 1))
    said = judged((1, "check", "same"), (4, "review", "same"), (5, "missed", "not_same"))
    said = said.filter(pl.col("kind") != kind)

    assert math.isnan(recall(links, said, right=precision(links, said).total).value)


def test_scores_are_held_against_what_was_found() -> None:
    """Ninety-eight of a hundred right at 0.97 fit; half of a hundred do not."""
    fit = judged(*((n, "check", "same" if n > 2 else "not_same") for n in range(1, 101)), score=0.97)
    unfit = judged(*((n, "review", "same" if n % 2 else "not_same") for n in range(201, 301)), score=0.85)

    found = calibration(pl.concat([fit, unfit]))

    assert found.select("band_from", "band_to", "looked_at", "right", "fits").rows() == [
        (0.7, 0.9, 100, 50, False),
        (0.95, 0.99, 100, 98, True),
    ]


def test_an_edge_belongs_to_the_band_above() -> None:
    """A score of 0.95 stands in the band that begins there; the highest band holds 1."""
    edges = pl.concat([judged((1, "check", "same"), score=0.95), judged((2, "check", "same"), score=1.0)])

    assert calibration(edges)["band_from"].to_list() == [0.95, 0.999]
