"""School measures: on the list, last status, class, months away."""

from __future__ import annotations

import pytest
from warning_tables import Month, months

from fangpin.types import Period

SOURCE = "school_enrolment"
ALL = {SOURCE: months("2023-06", "2024-12")}


def enrolled(*rows: tuple[str, str | None, str | None], covered: list[int] | None = None) -> Month:
    """Return a month with these (month, status, class) rows of P1."""
    month = Month(covered={SOURCE: covered} if covered is not None else ALL)
    for when, status, school_grade in rows:
        month.fact(SOURCE, when, enrolment_status=status, school_grade=school_grade)
    return month


def test_absent_from_a_covered_list_is_false() -> None:
    """Who is not on a covered month's list is not on it."""
    month = enrolled(("2024-05", "在读", "小学三"))

    assert month.person("is_on_school_list", "was_on_school_list", "enrolment_status", "last_enrolment_status") == (
        False,
        True,
        None,
        "在读",
    )


def test_uncovered_list_is_null() -> None:
    """Without a batch nobody has left the list."""
    month = enrolled(("2024-05", "在读", "小学三"), covered=months("2024-01", "2024-05"))

    assert month.person("is_on_school_list", "school_absent_months") == (None, None)


def test_uncovered_month_before_is_null() -> None:
    """Whether somebody was on the list of an uncovered month is unknown."""
    month = enrolled(("2024-06", "在读", "小学三"), covered=months("2024-06", "2024-06"))

    assert month.person("is_on_school_list", "was_on_school_list", "school_absent_months") == (True, None, 0)


def test_absence_counts_covered_months_only() -> None:
    """A month without a batch is no month of absence."""
    covered = [*months("2024-03", "2024-04"), *months("2024-06", "2024-06")]
    month = enrolled(("2024-03", "在读", "小学三"), covered=covered)

    assert month.person("school_absent_months", "school_last_month") == (2, 3)


def test_summer_is_no_absence() -> None:
    """July to September count for nobody; October is the first month away."""
    month = enrolled(("2024-06", "在读", "小学六"))

    assert month.person("school_absent_months", period=Period(2024, 9)) == (0,)
    assert month.person("school_absent_months", period=Period(2024, 10)) == (1,)


def test_never_on_a_list() -> None:
    """Who was never on a list is not away from it."""
    assert enrolled().person("is_on_school_list", "school_absent_months", "school_year") == (False, None, None)


def test_old_and_new_school_in_one_month() -> None:
    """The row that keeps the child in class counts."""
    month = enrolled(("2024-06", "转学", "小学三"), ("2024-06", "在读", "小学四"))

    assert month.person("enrolment_status", "school_year") == ("在读", 4)


def test_blank_status_of_the_month_is_unknown() -> None:
    """A status of an earlier month is the last known, not this month's."""
    month = enrolled(("2024-05", "辍学", "小学三"), ("2024-06", None, None))

    assert month.person("enrolment_status", "last_enrolment_status", "school_year") == (None, "辍学", 3)


@pytest.mark.parametrize(
    ("school_grade", "expected"),
    [
        ("幼一", 0),
        ("学前班", 0),
        ("小学三", 3),
        ("小学五年级", 5),
        ("五（2）班", 5),
        ("3年级", 3),
        ("三（1）", 3),
        ("七年级", 7),
        ("八年级3班", 8),
        ("初二", 8),
        ("初中二年级", 8),
        ("初三(4)班", 9),
        ("高一", 10),
        ("高四", 10),
        ("中职二年级", 10),
        ("2019级", None),
        ("", None),
        (None, None),
    ],
)
def test_class_is_read(school_grade: str | None, expected: int | None) -> None:
    """Free text of a class becomes a school year, or unknown."""
    assert enrolled(("2024-06", "在读", school_grade)).person("school_year") == (expected,)
