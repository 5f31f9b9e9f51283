"""Rigid spending by kind and the components of income: literal rows in, measures out, and the slow twin beside them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warning_tables import Month, at, months, shipped_rules, shipped_site
from warnings_rigid import NAMES, Fees, Loss, net_loss, rigid, school_cost

from fangpin.types import Period
from fangpin.warnings.evaluate import evaluate

P = Period(2024, 6)
YEAR = months("2023-07", "2024-06")
FEES = {"tuition_yuan": 9000, "lodging_yuan": 2000, "textbook_yuan": 500, "aid_yuan": 1500}


@pytest.mark.parametrize(
    ("changes", "cost", "complete"),
    [
        ({}, 10000, True),
        ({"lodging_yuan": None}, 8000, False),
        ({"aid_yuan": None}, None, False),
        ({"tuition_yuan": None}, None, False),
        ({"aid_yuan": 20000}, 0, True),
    ],
)
def test_the_cost_of_a_school_year(changes: dict[str, int | None], cost: int | None, *, complete: bool) -> None:
    """Fees less aid; a fee left blank makes a lower bound, tuition or aid left blank leaves nothing known."""
    month = Month(covered={"student_aid": [at("2024-04")]})
    month.fact("student_aid", "2024-04", **(FEES | changes))

    assert month.person("school_cost_yuan", "is_school_cost_complete") == (cost, complete)


@pytest.mark.parametrize(
    ("listed", "now", "expected"),
    [("2024-04", "2024-06", 10000), ("2023-07", "2024-06", 10000), ("2023-06", "2024-06", None)],
)
def test_a_list_of_fees_holds_twelve_months(listed: str, now: str, expected: int | None) -> None:
    """The list of eleven months ago still holds, one a month older says nothing any more."""
    month = Month(covered={"student_aid": [at(listed)]})
    month.fact("student_aid", listed, **FEES)

    assert month.person("school_cost_yuan", period=Period.parse(now)) == (expected,)


def test_a_later_list_of_fees_replaces_the_one_before() -> None:
    """Whoever is no longer on the list of the school year pays nothing beyond compulsory school."""
    month = Month(covered={"student_aid": [at("2023-10"), at("2024-04")]})
    month.fact("student_aid", "2023-10", **FEES)

    assert month.person("school_cost_yuan", "is_school_cost_complete", "school_aid_yuan") == (0, True, None)


def test_the_kinds_add_up() -> None:
    """Medical, school, disaster net of relief and accident net of compensation are one sum, each kind named."""
    month = Month(covered={"medical_settlement": YEAR, "visit_ledger": YEAR, "student_aid": YEAR[:1]}, people=2)
    for ordinal in YEAR:
        month.fact("visit_ledger", ordinal, income_yuan=5000)
    month.fact("medical_settlement", "2024-05", self_paid_yuan=6000)
    month.fact("student_aid", YEAR[0], person_no="P2", **FEES)
    month.fact("disaster_loss", "2024-06", person_no=None, loss_yuan=9000, relief_yuan=2000)
    month.fact("accident_event", "2023-08", loss_yuan=1500, compensation_yuan=500)

    assert month.household("rigid_yuan", "rigid_kinds", "is_rigid_complete", "rigid_share") == (
        24000,
        "医疗、上学、因灾、因意外",
        True,
        0.4,
    )
    assert month.household("income_after_rigid_per_head_yuan") == (18000,)


def test_medical_alone_is_what_it_was() -> None:
    """A county with 医保 and visits alone deducts the twelve months' self-paid sum, and nothing else."""
    month = Month(covered={"medical_settlement": YEAR, "visit_ledger": YEAR})
    month.fact("visit_ledger", "2024-06", income_yuan=1000)
    month.fact("medical_settlement", "2024-01", self_paid_yuan=2000)

    assert month.household("rigid_yuan", "self_paid_rolling_yuan", "rigid_kinds", "is_rigid_complete") == (
        2000,
        2000,
        "医疗",
        True,
    )


@pytest.mark.parametrize(
    ("relief", "expected"),
    [(None, (2000, False, None)), (5000, (6000, True, 4000)), (9500, (2000, True, 0))],
)
def test_a_loss_whose_relief_nobody_tells(relief: int | None, expected: tuple[int, bool, int | None]) -> None:
    """A loss without its relief is no net loss; the sum is a lower bound. More relief than loss is no income."""
    month = Month(covered={"medical_settlement": YEAR})
    month.fact("medical_settlement", "2024-01", self_paid_yuan=2000)
    month.fact("disaster_loss", "2024-02", person_no=None, loss_yuan=9000, relief_yuan=relief)

    assert month.household("rigid_yuan", "is_rigid_complete", "disaster_net_yuan") == expected


def test_without_the_settlements_a_sum_of_nothing_says_nothing() -> None:
    """No 医保 this month: what is known for certain counts, and nothing known is unknown."""
    month = Month(covered={"student_aid": [at("2024-04")]})
    assert month.household("rigid_yuan", "is_rigid_complete") == (None, False)

    month.fact("student_aid", "2024-04", **FEES)
    assert month.household("rigid_yuan", "is_rigid_complete", "rigid_kinds") == (10000, False, "上学")


def test_a_household_without_members_is_unknown() -> None:
    """Nobody's spending is known where nobody is registered."""
    month = Month(covered={"medical_settlement": YEAR}, people=0, size=2)

    assert month.household("rigid_yuan", "is_rigid_complete", "rigid_kinds") == (None, None, None)


def test_income_by_component_and_by_the_second_basis() -> None:
    """Each component stands on the visits that told it; what does not count is taken off for civil affairs."""
    month = Month(covered={"visit_ledger": YEAR}, people=2)
    month.fact("visit_ledger", "2024-05", income_yuan=3000, wage_yuan=2000, uncounted_yuan=600)
    month.fact("visit_ledger", "2024-06", income_yuan=1000, wage_yuan=1000, transfer_yuan=0, uncounted_yuan=0)

    assert month.household("wage_year_yuan", "business_year_yuan", "transfer_year_yuan") == (18000, None, 0)
    assert month.household("income_per_head_yuan", "disposable_per_head_yuan") == (12000, 10200)


def test_the_components_of_a_corrected_visit() -> None:
    """The later row of a month holds, blank cells included; a month before the window counts no more."""
    month = Month(covered={"visit_ledger": months("2023-06", "2024-06")})
    month.fact("visit_ledger", "2023-06", income_yuan=9000, wage_yuan=9000)
    month.fact("visit_ledger", "2024-06", income_yuan=3000, wage_yuan=3000, uncounted_yuan=100)
    month.fact("visit_ledger", "2024-06", income_yuan=2000, wage_yuan=2000)

    assert month.household("wage_year_yuan", "disposable_per_head_yuan") == (24000, None)


@pytest.mark.parametrize(("fees", "expected"), [(12000, "fires"), (11999, "quiet")])
def test_the_share_of_income_counts_school_fees(fees: int, expected: str) -> None:
    """Sixty per cent of a year's income spent at school is a burden like a hospital's."""
    month = Month(covered={"medical_settlement": YEAR, "visit_ledger": YEAR, "student_aid": YEAR[-1:]})
    for ordinal in YEAR[:3] + YEAR[-1:]:
        month.fact("visit_ledger", ordinal, income_yuan="1666.67" if ordinal == YEAR[0] else "1666.66")
    month.fact("student_aid", YEAR[-1], tuition_yuan=fees, lodging_yuan=0, textbook_yuan=0, aid_yuan=0)
    month.screen()
    burden = [rule for rule in shipped_rules() if rule.id == "medical_burden"]

    found = evaluate(month.con, burden, period=P, site=shipped_site())

    assert ("fires" if found.alerts.height else "quiet") == expected


cells = st.none() | st.integers(0, 20_000)
backs = st.integers(0, 14).map(lambda back: P.ordinal - back)
fees_rows = st.lists(st.builds(Fees, st.sampled_from(["P1", "P2"]), backs, cells, cells, cells, cells), max_size=4)
loss_rows = st.lists(st.builds(Loss, st.sampled_from(["因灾", "因意外"]), backs, cells, cells), max_size=4)
SOURCES = {"因灾": ("disaster_loss", "relief_yuan"), "因意外": ("accident_event", "compensation_yuan")}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(fees=fees_rows, losses=loss_rows, bills=st.dictionaries(backs, st.integers(0, 9_000)), settled=st.sets(backs))
def test_the_twin_agrees(fees: list[Fees], losses: list[Loss], bills: dict[int, int], settled: set[int]) -> None:
    """Whatever lists came and whatever they left blank, the plain sum says the same."""
    covered = {
        "student_aid": {row.month for row in fees},
        **{source: {one.month for one in losses if one.cause == cause} for cause, (source, _) in SOURCES.items()},
        "medical_settlement": settled,
    }
    month = Month(covered={source: sorted(told) for source, told in covered.items()}, people=2)
    for row in fees:
        told = {"tuition_yuan": row.tuition, "lodging_yuan": row.lodging, "textbook_yuan": row.textbook}
        month.fact("student_aid", row.month, person_no=row.person, aid_yuan=row.aid, **told)
    for one in losses:
        source, given_column = SOURCES[one.cause]
        month.fact(source, one.month, loss_yuan=one.loss, **{given_column: one.given})
    for ordinal, paid in bills.items():
        month.fact("medical_settlement", ordinal, self_paid_yuan=paid)

    paid_yuan = sum(paid for when, paid in bills.items() if when in settled and when > P.ordinal - 12)
    expected = rigid(
        paid_yuan if P.ordinal in settled else None,
        is_medical_complete=set(YEAR) <= settled,
        school={who: school_cost(who, fees, covered["student_aid"], now=P.ordinal) for who in ("P1", "P2")},
        nets={cause: net_loss(cause, losses, covered[source], now=P.ordinal) for cause, (source, _) in SOURCES.items()},
    )
    assert month.household(*NAMES) == expected
