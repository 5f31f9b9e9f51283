"""Scores by literal tables: rows in, figures out, with the months at the edge of the window."""

import polars as pl
import pytest

from fangpin.demo.score import score_leads, score_links

ANSWERS = pl.DataFrame(
    {
        "source": ["民政", "民政", "民政", "医保", "医保"],
        "month": ["202403"] * 5,
        "row_number": [1, 2, 3, 1, 2],
        "person_id": [10, 11, None, 12, None],
        "id_kind": ["ok", "digit", "ok", "ok", "ok"],
    }
)


def links(rows: list[tuple[str, int, str | None]]) -> pl.DataFrame:
    columns = {"source": pl.String, "row_number": pl.Int64, "person_no": pl.String}
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(month=pl.lit("202403"))


def test_all_right() -> None:
    """Every person linked and every outsider left alone is perfect."""
    score = score_links(links([("民政", 1, "10"), ("民政", 2, "11"), ("民政", 3, None), ("医保", 1, "12")]), ANSWERS)

    assert (score.overall.precision, score.overall.recall, score.overall.f1) == (1.0, 1.0, 1.0)
    assert score.overall.outsiders_linked == 0


def test_wrong_person_and_linked_outsider() -> None:
    """A wrong person costs precision and recall, a linked outsider precision only."""
    score = score_links(links([("民政", 1, "10"), ("民政", 2, "99"), ("民政", 3, "10"), ("医保", 1, None)]), ANSWERS)

    assert score.overall.links == 3
    assert score.overall.right == 1
    assert score.overall.precision == pytest.approx(1 / 3)
    assert score.overall.recall == pytest.approx(1 / 3)
    assert score.overall.outsiders_linked == 1
    assert score.by_source["医保"].recall == 0.0
    assert score.by_source["医保"].precision is None
    assert score.by_id_kind["digit"].right == 0
    assert score.by_name_kind == {}


def test_no_links_at_all() -> None:
    """Nothing linked has no precision and a recall of nothing."""
    score = score_links(links([]), ANSWERS)

    assert score.overall.precision is None
    assert score.overall.recall == 0.0


def planted(rows: list[tuple[str, str, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"type": pl.String, "month": pl.String, "household_id": pl.Int64}, orient="row")


def leads(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["household_no", "period", "kind"], orient="row")


NO_DECOYS = planted([])


@pytest.mark.parametrize(
    ("period", "found"), [("2023-12", 0), ("2024-01", 1), ("2024-02", 1), ("2024-03", 1), ("2024-04", 0)]
)
def test_window(period: str, found: int) -> None:
    """A lead counts in the shock's month and the two after, not before and not later."""
    score = score_leads(leads([("7", period, "income_drop")]), planted([("income_drop", "202401", 7)]), NO_DECOYS)

    assert score.overall.found == found
    assert score.overall.recall == float(found)
    assert score.overall.precision == float(found)


def test_window_over_the_new_year() -> None:
    """A shock of November may be found in January."""
    score = score_leads(leads([("7", "2025-01", "dropout")]), planted([("dropout", "202411", 7)]), NO_DECOYS)

    assert score.overall.found == 1


def test_other_household_and_other_kind_do_not_count() -> None:
    """Only the right kind for the right household finds a shock; an unscored kind costs nothing."""
    told = leads([("8", "2024-05", "dropout"), ("7", "2024-05", "income_drop")])
    score = score_leads(told, planted([("dropout", "202405", 7)]), NO_DECOYS)

    assert (score.overall.found, score.overall.leads, score.overall.precision) == (0, 1, 0.0)


def test_the_same_lead_counts_once() -> None:
    """A lead told twice is one lead; two months of one shock are two wanted leads and one found shock."""
    told = leads([("7", "2024-05", "dropout"), ("7", "2024-05", "dropout"), ("7", "2024-06", "dropout")])
    score = score_leads(told, planted([("dropout", "202405", 7)]), NO_DECOYS)

    assert (score.overall.found, score.overall.leads, score.overall.right_leads) == (1, 2, 2)


def test_kinds_narrow_the_score() -> None:
    """Kinds that are not asked for are neither expected nor held against anyone."""
    told = leads([("7", "2024-05", "dropout"), ("8", "2024-05", "income_drop")])
    shocks = planted([("dropout", "202405", 7), ("income_drop", "202405", 9)])
    score = score_leads(told, shocks, NO_DECOYS, kinds=["dropout"])

    assert (score.overall.shocks, score.overall.precision, list(score.by_kind)) == (1, 1.0, ["dropout"])


def test_decoys_warned() -> None:
    """A decoy is warned when the kind it imitates is told in its window; another kind is no matter."""
    decoys = planted([("one_month_dip", "202405", 1), ("one_month_dip", "202405", 2), ("graduated", "202409", 3)])
    told = leads([("1", "2024-07", "income_drop"), ("2", "2024-08", "income_drop"), ("3", "2024-09", "income_drop")])
    shocks = planted([("income_drop", "202412", 9), ("dropout", "202412", 9)])
    score = score_leads(told, shocks, decoys)

    assert (score.decoys, score.decoys_warned) == (3, 1)
    assert score.decoys_warned_share == pytest.approx(1 / 3)
    assert score.decoys_by_type == {"one_month_dip": (2, 1), "graduated": (1, 0)}


def test_no_leads() -> None:
    """Without leads there is no precision."""
    score = score_leads(leads([]), planted([("dropout", "202405", 7)]), NO_DECOYS)

    assert score.overall.precision is None
    assert score.overall.recall == 0.0
    assert score.by_kind["dropout"].shocks == 1
