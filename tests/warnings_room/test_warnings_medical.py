"""Medical measures: sums, means, coverage, reversals, insurance, serious illness."""

from __future__ import annotations

from decimal import Decimal

import pytest
from warning_tables import Month, P, months, shipped_rules, shipped_site

from fangpin.types import Period
from fangpin.warnings.evaluate import evaluate

SOURCE = "medical_settlement"
ALL = {SOURCE: months("2023-06", "2024-06")}


def test_covered_month_without_rows_is_zero() -> None:
    """Nothing settled in a covered month is zero, not unknown."""
    month = Month(covered=ALL)

    assert month.person("self_paid_month_yuan", "self_paid_mean_yuan", "largest_bill_yuan") == (0, 0, 0)


def test_uncovered_month_is_null_for_everybody() -> None:
    """Without a batch in force for the month every medical measure is null, also for who settled before."""
    month = Month(covered={SOURCE: months("2024-01", "2024-05")})
    month.fact(SOURCE, "2024-05", self_paid_yuan=900, insured_status="未参保", diagnosis="肺癌")

    assert month.person(
        "self_paid_month_yuan", "self_paid_year_yuan", "self_paid_mean_yuan", "is_uninsured", "has_serious_diagnosis"
    ) == (None, None, None, None, None)


def test_sums_by_window() -> None:
    """Month, calendar year and twelve months are three windows, both ends included."""
    month = Month(covered={SOURCE: months("2023-01", "2024-06")})
    for when, amount in (("2023-06", 1), ("2023-07", 10), ("2023-12", 100), ("2024-01", 1000), ("2024-06", 10000)):
        month.fact(SOURCE, when, self_paid_yuan=amount)

    assert month.person("self_paid_month_yuan", "self_paid_year_yuan", "self_paid_rolling_yuan") == (
        10000,
        11000,
        11110,
    )


def test_mean_divides_by_covered_months_only() -> None:
    """A month without a batch is no month of zero spending."""
    month = Month(covered={SOURCE: [*months("2024-02", "2024-03"), *months("2024-05", "2024-06")]})
    month.fact(SOURCE, "2024-02", self_paid_yuan=300)

    assert month.person("self_paid_mean_yuan") == (100,)


def test_rows_of_an_uncovered_month_do_not_count() -> None:
    """Rows whose batch is no longer in force enter no sum."""
    month = Month(covered={SOURCE: months("2024-05", "2024-06")})
    month.fact(SOURCE, "2024-04", self_paid_yuan=700)

    assert month.person("self_paid_year_yuan", "self_paid_mean_yuan") == (0, 0)


def test_first_covered_month_has_no_mean() -> None:
    """Without an earlier covered month the own mean is unknown."""
    month = Month(covered={SOURCE: months("2024-06", "2024-06")})
    month.fact(SOURCE, "2024-06", self_paid_yuan=700)

    assert month.person("self_paid_month_yuan", "self_paid_mean_yuan") == (700, None)


def test_reversal_cancels_its_bill() -> None:
    """A negative row takes the amount back, the largest bill and the serious illness with it."""
    month = Month(covered=ALL)
    for total, paid in ((20000, 9000), (-20000, -9000)):
        month.fact(SOURCE, "2024-06", settlement_no="1", total_yuan=total, self_paid_yuan=paid, diagnosis="白血病")
    month.fact(SOURCE, "2024-06", settlement_no="2", total_yuan=100, self_paid_yuan=40, diagnosis="肠炎")

    assert month.person("self_paid_month_yuan", "largest_bill_yuan", "has_serious_diagnosis") == (40, 40, False)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("2024-05", "1", 9000, "肺癌"), ("2024-06", "1", -9000, "肺癌")], False),
        ([("2024-05", "1", 9000, "肺癌"), ("2024-06", "1", -9000, None)], False),
        ([("2024-05", None, 9000, "肺癌"), ("2024-06", None, -9000, "肺癌")], False),
        ([("2024-05", None, 9000, "肺癌"), ("2024-06", None, -9000, None)], True),
        ([("2024-04", "1", 9000, "肺癌"), ("2024-05", "1", -9000, "肺癌"), ("2024-06", "1", 8000, "肺癌")], True),
        ([("2024-05", "1", 9000, "肺癌"), ("2024-06", "2", -50, "肠炎")], True),
        ([("2023-06", "1", 9000, "肺癌"), ("2024-06", "1", -9000, "肺癌"), ("2024-06", "2", 70, "肺癌")], True),
        ([("2023-06", "1", 9000, "肺癌"), ("2023-07", "1", -9000, "肺癌")], False),
    ],
    ids=[
        "reversed in a later month",
        "reversal repeats the number only",
        "no numbers",
        "no number and no diagnosis",
        "billed again",
        "reversal of another bill",
        "bill before the window takes no other with it",
        "only the reversal in the window",
    ],
)
def test_reversal_of_a_serious_bill(rows: list[tuple[str, str | None, int, str | None]], expected: object) -> None:
    """A serious bill taken back in any month of the window leaves no illness behind."""
    month = Month(covered=ALL)
    for when, number, total, diagnosis in rows:
        month.fact(SOURCE, when, settlement_no=number, total_yuan=total, self_paid_yuan=total, diagnosis=diagnosis)

    assert month.person("has_serious_diagnosis") == (expected,)


COMPLETE = ("is_self_paid_year_complete", "is_self_paid_rolling_complete")


@pytest.mark.parametrize(
    ("covered", "expected"),
    [
        (months("2023-07", "2024-06"), (True, True)),
        (months("2023-08", "2024-06"), (True, False)),
        (months("2024-01", "2024-06"), (True, False)),
        (months("2024-02", "2024-06"), (False, False)),
        ([*months("2023-01", "2024-03"), *months("2024-05", "2024-06")], (False, False)),
        (months("2024-06", "2024-06"), (False, False)),
        (months("2023-01", "2024-05"), (None, None)),
    ],
)
def test_complete_when_every_month_is_covered(covered: list[int], expected: tuple[bool | None, bool | None]) -> None:
    """A sum is complete when every month of its window has a batch; person and household say the same."""
    month = Month(covered={SOURCE: covered})

    assert (month.person(*COMPLETE), month.household(*COMPLETE)) == (expected, expected)


def test_january_alone_is_a_complete_year_to_date() -> None:
    """In January the year to date is one month."""
    month = Month(covered={SOURCE: months("2024-01", "2024-01")})

    assert month.person(*COMPLETE, period=Period(2024, 1)) == (True, False)


def test_household_without_a_member_has_no_sums() -> None:
    """Nobody's sums are neither complete nor incomplete."""
    assert Month(covered=ALL, people=0).household(*COMPLETE) == (None, None)


YEAR_AND_ROLLING = (
    "income_after_rigid",
    "medical_burden",
    "medical_year_general",
    "medical_year_relieved",
    "uninsured_bill",
)


@pytest.mark.parametrize(
    ("covered", "paid", "expected"),
    [
        ("2024-06", 100, "unknown"),
        ("2024-06", 40000, "fires"),
        ("2023-07", 100, "quiet"),
        ("2023-07", 40000, "fires"),
    ],
)
@pytest.mark.parametrize("rule_id", YEAR_AND_ROLLING)
def test_missing_months_are_not_months_of_zero(rule_id: str, covered: str, paid: int, expected: str) -> None:
    """Over the line with what is known fires; under it is quiet only when every month is known."""
    month = Month(covered={SOURCE: months(covered, "2024-06"), "visit_ledger": months("2024-01", "2024-06")})
    relieved = rule_id == "medical_year_relieved"
    month.con.execute("update household set household_type = $it", {"it": "脱贫户" if relieved else "一般农户"})
    for when in months("2024-01", "2024-06"):
        month.fact("visit_ledger", when, income_yuan=1000)
    status = "未参保" if rule_id == "uninsured_bill" else "正常参保"
    month.fact(SOURCE, "2024-06", self_paid_yuan=paid, care_type="住院", insured_status=status)
    month.screen()

    found = evaluate(month.con, [rule for rule in shipped_rules() if rule.id == rule_id], period=P, site=shipped_site())

    answer = "fires" if found.alerts.height else "unknown" if found.unjudged["unjudged"].sum() else "quiet"
    assert answer == expected


def test_rows_without_a_number_are_bills_of_their_own() -> None:
    """Two rows without a settlement number are not summed into one bill."""
    month = Month(covered=ALL)
    month.fact(SOURCE, "2024-06", self_paid_yuan=300)
    month.fact(SOURCE, "2024-06", self_paid_yuan=200)

    assert month.person("self_paid_month_yuan", "largest_bill_yuan") == (500, 300)


def test_insured_status_is_the_last_of_the_year() -> None:
    """The latest settlement of this calendar year says whether a person is insured."""
    month = Month(covered=ALL)
    month.fact(SOURCE, "2023-12", insured_status="未参保", self_paid_yuan=5)
    month.fact(SOURCE, "2024-02", insured_status="未参保", self_paid_yuan=5)
    month.fact(SOURCE, "2024-03", insured_status="正常参保", self_paid_yuan=5)

    assert month.person("insured_status", "is_uninsured") == ("正常参保", False)


def test_nobody_seen_this_year_is_unknown() -> None:
    """A status of last year says nothing of this year's insurance."""
    month = Month(covered=ALL)
    month.fact(SOURCE, "2023-12", insured_status="未参保", self_paid_yuan=5)

    assert month.person("insured_status", "is_uninsured") == (None, None)


def seen_again(statuses: list[tuple[str, str]], *, mine: list[tuple[str, str]]) -> Month:
    """Return a county where others were seen in May and June with these statuses, and P1 with mine."""
    month = Month(covered=ALL)
    for place, (may, june) in enumerate(statuses):
        month.fact(SOURCE, "2024-05", person_no=f"Q{place}", insured_status=may, self_paid_yuan=1)
        month.fact(SOURCE, "2024-06", person_no=f"Q{place}", insured_status=june, self_paid_yuan=1)
    for when, status in mine:
        month.fact(SOURCE, when, insured_status=status, self_paid_yuan=1)
    return month


GONE, STAYED = ("暂停参保", "正常参保"), ("暂停参保", "未参保")


@pytest.mark.parametrize(
    ("others", "mine", "expected"),
    [
        ([GONE] * 4, [("2024-06", "暂停参保")], True),
        ([GONE] * 5, [("2024-06", "暂停参保")], None),
        ([GONE] * 3 + [STAYED] * 3, [("2024-06", "暂停参保")], None),
        ([GONE] * 2 + [STAYED] * 3, [("2024-06", "暂停参保")], True),
        ([GONE] * 5, [("2024-06", "终止参保")], True),
        ([GONE] * 5, [("2024-06", "正常参保")], False),
        ([GONE] * 5, [("2024-03", "暂停参保"), ("2024-06", "暂停参保")], True),
        ([GONE] * 5, [("2024-03", "正常参保"), ("2024-06", "暂停参保")], None),
        ([GONE] * 5, [("2023-12", "暂停参保"), ("2024-06", "暂停参保")], None),
    ],
    ids=[
        "four seen again say nothing",
        "five who came back",
        "half came back",
        "most stayed uninsured",
        "another status",
        "insured",
        "a second month says so",
        "insured before",
        "last year is another premium",
    ],
)
def test_a_fleeting_status_needs_a_second_month(
    others: list[tuple[str, str]], mine: list[tuple[str, str]], expected: object
) -> None:
    """Where a status mostly passes by the next bill, one row of it leaves the insurance unknown."""
    assert seen_again(others, mine=mine).person("insured_status", "is_uninsured") == (mine[-1][1], expected)


@pytest.mark.parametrize(
    ("bill", "expected"),
    [
        ({"insured_status": "未参保", "diagnosis": "慢性肾功能衰竭"}, (True, True)),
        ({"insured_status": "正常参保", "diagnosis": "慢性肾功能衰竭"}, (True, False)),
        ({"insured_status": None, "diagnosis": "慢性肾功能衰竭"}, (True, False)),
        ({"insured_status": "未参保", "diagnosis": "肠炎"}, (False, False)),
    ],
    ids=["uninsured", "insured", "blank counts as insured", "a mild illness"],
)
def test_serious_bill_without_insurance(bill: dict[str, str | None], expected: object) -> None:
    """The serious bill itself must be an uninsured one; a later insured row does not undo it."""
    month = Month(covered=ALL)
    month.fact(SOURCE, "2024-04", total_yuan=100, self_paid_yuan=100, settlement_no="1", **bill)
    month.fact(SOURCE, "2024-06", total_yuan=9, self_paid_yuan=5, insured_status="正常参保")

    assert month.person("has_serious_diagnosis", "has_uninsured_serious_bill") == expected


def test_paid_while_uninsured() -> None:
    """Stopped and absent insurance count, a status left blank does not; inpatient sums leave it out."""
    month = Month(covered=ALL)
    month.fact(SOURCE, "2024-05", insured_status="暂停参保", self_paid_yuan=700, care_type="住院")
    month.fact(SOURCE, "2024-06", insured_status="未参保", self_paid_yuan=50)
    month.fact(SOURCE, "2024-06", self_paid_yuan=6, care_type="住院")

    assert month.person(
        "self_paid_uninsured_month_yuan", "self_paid_uninsured_year_yuan", "inpatient_self_paid_year_yuan"
    ) == (50, 750, 6)


def test_serious_diagnosis_lasts_twelve_months() -> None:
    """A serious diagnosis counts for the month and eleven after it."""
    for when, expected in (("2023-07", True), ("2023-06", False)):
        month = Month(covered=ALL)
        month.fact(SOURCE, when, diagnosis="慢性肾衰竭（尿毒症期）", total_yuan=1, self_paid_yuan=1)

        assert month.person("has_serious_diagnosis") == (expected,)


def test_household_sums_its_members() -> None:
    """A household pays what its members pay; nobody else's rows come in."""
    month = Month(covered=ALL, people=2)
    month.add("household", household_no="H9", size=1)
    month.add("person", person_no="P9", household_no="H9")
    for person, amount in (("P1", Decimal("0.10")), ("P2", Decimal("0.20")), ("P9", Decimal(9))):
        month.fact(SOURCE, "2024-06", person_no=person, self_paid_yuan=amount)

    assert month.household("self_paid_month_yuan", "largest_bill_yuan") == (0.3, 0.2)
