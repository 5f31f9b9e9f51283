"""Figures of a month's links: shares, review load, drift."""

from __future__ import annotations

import polars as pl

from fangpin.matching.quality import METHOD_TITLES, drift, month_shares, source_figures


def links_of(*decided: tuple[str, str, str | None, int], identity: int | None = None) -> pl.DataFrame:
    """Return rows of source, band, method, so many of each."""
    rows = [(s, b, m, identity) for s, b, m, n in decided for _ in range(n)]
    schema = {"source_id": pl.String, "band": pl.String, "method": pl.String, "identity": pl.UInt64}
    return pl.DataFrame(rows, schema=schema, orient="row")


MONTH = links_of(("dibao", "link", "id_exact", 90), ("dibao", "link", "name_place", 5), ("dibao", "leave", None, 5))


def test_shares_stand_by_source_and_method() -> None:
    """What was not linked stands under its band; a candidate's method under review does not count as linked."""
    rows = links_of(("b", "link", "id_exact", 3), ("b", "review", "name_place", 1), ("a", "leave", None, 2))

    assert month_shares(rows).rows() == [("a", "leave", 2, 1.0), ("b", "id_exact", 3, 0.75), ("b", "review", 1, 0.25)]


def test_a_source_in_one_row() -> None:
    """Rows of one identity under review are looked at once."""
    rows = pl.concat(
        [
            links_of(("a", "link", "id_exact", 6), ("a", "link", "id_fuzzy", 2), ("a", "leave", None, 2)),
            links_of(("a", "review", "name_place", 3), identity=7),
            links_of(("a", "review", "name_place", 1), identity=8),
        ]
    )

    found = source_figures(rows).row(0, named=True)

    assert {k: found[k] for k in ("rows", "linked", "review", "left", "review_load")} == {
        "rows": 14,
        "linked": 8,
        "review": 4,
        "left": 2,
        "review_load": 2,
    }
    assert round(found["exact_share"], 4) == round(6 / 14, 4)


def test_no_rows_no_figures() -> None:
    """An empty month gives empty tables."""
    assert source_figures(links_of()).is_empty()
    assert month_shares(links_of()).is_empty()
    assert drift(month_shares(links_of()), month_shares(MONTH)).is_empty()


def test_a_share_that_moved_is_called() -> None:
    """Fifteen points fewer exact rows among a hundred are drift, and so are the rows they became."""
    now = links_of(("dibao", "link", "id_exact", 70), ("dibao", "link", "id_masked", 25), ("dibao", "leave", None, 5))

    found = drift(month_shares(now), month_shares(MONTH))

    assert found.select("method", pl.col("points").round(1), "moved").rows() == [
        ("id_masked", 25.0, True),
        ("id_exact", -20.0, True),
        ("name_place", -5.0, False),
        ("leave", 0.0, False),
    ]


def test_a_small_move_in_many_rows_and_a_large_one_in_few_are_no_drift() -> None:
    """One point of a million rows is certain and small; twenty points of ten rows are large and chance."""
    many = pl.DataFrame({"source_id": "a", "method": ["id_exact", "leave"], "rows": [990_000, 10_000]})
    few = pl.DataFrame({"source_id": "a", "method": ["id_exact", "leave"], "rows": [8, 2]})

    for now, before in (
        (many, many.with_columns(rows=pl.Series([980_000, 20_000]))),
        (few, few.with_columns(rows=pl.Series([10, 0]))),
    ):
        assert drift(now, before)["moved"].to_list() == [False, False]


def test_a_source_of_one_month_only_has_no_drift() -> None:
    """What was not there the month before cannot have moved."""
    other = links_of(("medical", "link", "id_exact", 10))

    assert drift(month_shares(pl.concat([MONTH, other])), month_shares(MONTH))["source_id"].unique().to_list() == [
        "dibao"
    ]


def test_methods_have_their_chinese_title() -> None:
    """Every title is another."""
    assert len(set(METHOD_TITLES.values())) == len(METHOD_TITLES)
