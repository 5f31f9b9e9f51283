"""Medical measures: sums, means, coverage, reversals, insurance, serious illness."""

from __future__ import annotations

from decimal import Decimal

from warning_tables import Month, months

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
