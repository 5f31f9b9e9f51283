"""The lists of months that the program makes itself: what was paid for illness, what the visits told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from warning_tables import Month, P

NOW = P.ordinal
HISTORIES = ("self_paid_history", "income_history", "spending_history")


def test_months_without_a_batch_or_a_visit_are_unknown_and_covered_ones_without_a_bill_are_zero() -> None:
    """This month first; reversals are counted off, members are added up."""
    month = Month(covered={"medical_settlement": [NOW, NOW - 1, NOW - 3], "visit_ledger": [NOW, NOW - 1]}, people=2)
    month.fact("medical_settlement", NOW, self_paid_yuan=100)
    month.fact("medical_settlement", NOW, self_paid_yuan=-30)
    month.fact("medical_settlement", NOW, self_paid_yuan=5, person_no="P2")
    month.fact("medical_settlement", NOW - 2, self_paid_yuan=9)
    month.fact("medical_settlement", NOW - 3, self_paid_yuan=7)
    month.fact("visit_ledger", NOW - 1, income_yuan=800)

    assert month.person("self_paid_history") == ([70, 0, None, 7, *[None] * 20],)
    assert month.household(*HISTORIES) == (
        [75, 0, None, 7, *[None] * 20],
        [None, 800, *[None] * 22],
        [None] * 24,
    )


def test_who_never_had_a_row_has_no_list_and_nobody_has_one_without_a_batch_of_the_month() -> None:
    """No list is no list of zeros."""
    never = Month(covered={"medical_settlement": [NOW], "visit_ledger": [NOW]})
    assert (never.person("self_paid_history"), never.household(*HISTORIES)) == ((None,), (None, None, None))

    late = Month(covered={"medical_settlement": [NOW - 1], "visit_ledger": [NOW - 1]})
    late.fact("medical_settlement", NOW - 1, self_paid_yuan=100)
    late.fact("visit_ledger", NOW - 1, income_yuan=800)
    assert (late.person("self_paid_history"), late.household(*HISTORIES)) == ((None,), (None, None, None))


@settings(max_examples=25, deadline=None)
@given(
    bills=st.lists(st.tuples(st.integers(0, 25), st.integers(-9, 99), st.sampled_from(["P1", "P2"])), max_size=8),
    covered=st.sets(st.integers(0, 25)),
)
def test_a_history_is_what_plain_python_adds_up(bills: list[tuple[int, int, str]], covered: set[int]) -> None:
    """Two people's bills, months missing, months older than two years."""
    month = Month(covered={"medical_settlement": [NOW - back for back in covered]}, people=2)
    for back, yuan, person in bills:
        month.fact("medical_settlement", NOW - back, self_paid_yuan=yuan, person_no=person)
    counted = [bill for bill in bills if bill[0] in covered and bill[0] < 24]
    home = [sum(b[1] for b in counted if b[0] == back) if back in covered else None for back in range(24)]
    own = [
        sum(b[1] for b in counted if b[0] == back and b[2] == "P1") if back in covered else None for back in range(24)
    ]

    assert month.household("self_paid_history") == (home if 0 in covered and counted else None,)
    assert month.person("self_paid_history") == (own if 0 in covered and any(b[2] == "P1" for b in counted) else None,)
