"""Income measures: recent months, the usual month, the year per head, season, unknown months."""

from __future__ import annotations

import pytest
from warning_tables import Month, at, months

SOURCE = "visit_ledger"
ALL = {SOURCE: months("2023-01", "2024-06"), "medical_settlement": months("2023-01", "2024-06")}


def visited(incomes: dict[str, float], *, size: int = 2) -> Month:
    """Return a month whose household told these incomes."""
    month = Month(covered=ALL, people=size)
    for when, income in incomes.items():
        month.fact(SOURCE, when, income_yuan=income)
    return month


def test_usual_is_the_median_before_the_last_two() -> None:
    """One odd month among the earlier ones moves nothing."""
    month = visited({"2024-01": 3000, "2024-02": 9000, "2024-03": 3000, "2024-05": 1000, "2024-06": 2000})

    assert month.household("income_recent_yuan", "income_recent_high_yuan", "income_usual_yuan") == (1500, 2000, 3000)


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [([], (None, 0)), ([3000], (3000, 1)), ([3000, 2800], (2800, 2)), ([3000, 2800, 2900], (2900, 3))],
)
def test_of_fewer_than_three_earlier_months_the_lower_stands_in(earlier: list[float], expected: object) -> None:
    """One or two months have no middle: the lower is the least to compare with, and their number is told."""
    incomes = {f"2024-{place:02d}": income for place, income in enumerate(earlier, 1)}
    month = visited(incomes | {"2024-05": 1000, "2024-06": 1000})

    assert month.household("income_usual_yuan", "income_earlier_visits") == expected


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        (
            {"2024-03": (3000, 2000), "2024-04": (3000, 2000), "2024-05": (3000, 2000), "2024-06": (1500, 1600)},
            (0.5, 0.8),
        ),
        ({"2024-04": (3000, 2000), "2024-05": (3000, 2000), "2024-06": (1500, 1600)}, (None, None)),
        ({"2024-03": (0, 0), "2024-04": (0, 0), "2024-05": (0, 0), "2024-06": (1500, 1600)}, (None, None)),
        (
            {"2024-03": (3000, None), "2024-04": (3000, 2000), "2024-05": (3000, 2000), "2024-06": (1500, 1600)},
            (0.5, None),
        ),
        (
            {"2024-03": (3000, 2000), "2024-04": (3000, 2000), "2024-05": (3000, 2000), "2024-06": (1500, None)},
            (0.5, None),
        ),
        (
            {"2024-02": (3000, 2000), "2024-03": (3000, 2000), "2024-04": (3000, 2000), "2024-05": (900, 900)},
            (None, None),
        ),
    ],
    ids=["both", "history too short", "usual nothing", "spending told twice", "spending not told", "not visited"],
)
def test_this_month_beside_the_usual(visits: dict[str, tuple[float, float | None]], expected: object) -> None:
    """Income and spending of this month as parts of their middle, unknown without three months or a visit."""
    month = Month(covered=ALL)
    for when, (income, spending) in visits.items():
        month.fact(SOURCE, when, income_yuan=income, spending_yuan=spending)

    assert month.household("income_month_share", "spending_month_share") == expected


def test_usual_looks_at_most_twelve_months_back() -> None:
    """The thirteenth earlier month is too long ago."""
    incomes = {f"2023-{m:02d}": 100.0 for m in range(1, 5)}
    incomes |= {f"2023-{m:02d}": 200.0 for m in range(5, 13)} | {f"2024-{m:02d}": 300.0 for m in range(1, 7)}
    month = visited(incomes)
    month.fact(SOURCE, at("2022-12"), income_yuan=1)

    assert month.household("income_usual_yuan") == (200,)


def test_not_visited_this_month_is_unknown() -> None:
    """A household nobody visited has no income of the month and no recent pair, but still a year."""
    month = visited({"2024-03": 1000, "2024-04": 1000, "2024-05": 1000})

    assert month.household(
        "income_month_yuan", "income_recent_yuan", "months_visited", "income_year_yuan", "income_per_head_yuan"
    ) == (None, None, 3, 12000, 6000)


@pytest.mark.parametrize(("before", "expected"), [("2024-03", 750), ("2024-02", None)])
def test_the_visit_before_is_at_most_three_months_old(before: str, expected: float | None) -> None:
    """Two visits make a pair only when the earlier is at most three months before this one."""
    month = visited({before: 1000, "2024-06": 500})

    assert month.household("income_recent_yuan") == (expected,)


def test_year_scales_by_months_visited() -> None:
    """A month nobody visited is not a month without income."""
    month = visited({"2023-06": 99999, "2023-07": 1000, "2024-06": 2000}, size=3)

    assert month.household("months_visited", "income_year_yuan", "income_per_head_yuan") == (2, 18000, 6000)


def test_income_of_zero_is_known() -> None:
    """A visited household that earned nothing has zero, not null."""
    month = visited({"2024-05": 0, "2024-06": 0})

    assert month.household("income_month_yuan", "income_recent_yuan", "income_per_head_yuan") == (0, 0, 0)


def test_never_visited() -> None:
    """Who was never visited has no figure at all."""
    assert visited({}).household("months_visited", "income_year_yuan", "income_per_head_yuan") == (0, None, None)


def test_told_twice_the_later_row_counts() -> None:
    """The later row of a month corrects the earlier one."""
    month = visited({"2024-06": 100})
    month.fact(SOURCE, "2024-06", income_yuan=300, spending_yuan=80)

    assert month.household("income_month_yuan", "spending_month_yuan") == (300, 80)


def test_uncovered_month_is_null() -> None:
    """Without a batch of the month nothing of the ledger is known."""
    month = Month(covered={SOURCE: months("2024-01", "2024-05")})
    month.fact(SOURCE, "2024-05", income_yuan=100)

    assert month.household("months_visited", "income_year_yuan", "income_month_yuan") == (None, None, None)


def test_household_of_size_zero_has_no_figure_per_head() -> None:
    """Nothing is divided by zero."""
    month = Month(covered=ALL, size=0)
    month.fact(SOURCE, "2024-06", income_yuan=100)

    assert month.household("income_year_yuan", "income_per_head_yuan") == (1200, None)


def test_income_after_rigid_spending() -> None:
    """What twelve months cost at the doctor's is taken off the year, and unknown stays unknown."""
    month = visited({"2024-05": 1000, "2024-06": 1000})
    month.fact("medical_settlement", "2024-06", self_paid_yuan=2000)

    assert month.household("income_after_rigid_per_head_yuan") == (5000,)

    unknown = Month(covered={SOURCE: ALL[SOURCE]}, people=2)
    unknown.fact(SOURCE, "2024-06", income_yuan=1000)

    assert unknown.household("income_per_head_yuan", "income_after_rigid_per_head_yuan") == (6000, None)


def county_of(households: int, *, fall: float) -> Month:
    """Return a county where every household earns 3,000, and `fall` of it in the last two months."""
    month = Month(covered=ALL)
    for place in range(1, households):
        month.add("household", household_no=f"H{place}", size=1)
    for when in months("2024-01", "2024-06"):
        for place in range(households):
            income = 3000 * (fall if when >= at("2024-05") else 1)
            month.fact(SOURCE, when, household_no=f"H{place}" if place else "H", income_yuan=income)
    return month


def test_common_movement_is_season() -> None:
    """When the whole county earns a tenth less, nobody has fallen."""
    month = county_of(30, fall=0.9)

    assert month.household("income_recent_yuan", "income_usual_yuan", "income_month_yuan") == (3000, 3000, 2700)


def test_season_is_bounded() -> None:
    """When the whole county loses half, that is no season: the fall stays visible."""
    month = county_of(30, fall=0.5)

    assert month.household("income_recent_yuan", "income_usual_yuan") == (1875, 3000)


def test_few_households_make_no_season() -> None:
    """Below thirty visited households a month stands as told."""
    month = county_of(29, fall=0.9)

    assert month.household("income_recent_yuan", "income_usual_yuan") == (2700, 3000)


def test_common_saving_is_season() -> None:
    """When the whole county spends a tenth less in a month, nobody has cut back."""
    month = Month(covered=ALL)
    for place in range(1, 30):
        month.add("household", household_no=f"H{place}", size=1)
    for when in months("2024-01", "2024-06"):
        for place in range(30):
            spent = 2000 * (0.9 if when == at("2024-06") else 1)
            month.fact(SOURCE, when, household_no=f"H{place}" if place else "H", income_yuan=3000, spending_yuan=spent)

    assert month.household("income_month_share", "spending_month_share") == (1, 1)


def test_spending_told_by_few_has_no_season() -> None:
    """Thirty told their income, one the spending: spending stands as told."""
    month = county_of(30, fall=1)
    for when in months("2024-01", "2024-06"):
        month.fact(SOURCE, when, income_yuan=3000, spending_yuan=1000 if when == at("2024-06") else 2000)

    assert month.household("spending_month_share") == (0.5,)
