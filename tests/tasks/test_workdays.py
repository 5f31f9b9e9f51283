"""Working days: the country's calendar, the county's exceptions, and years nobody knows yet."""

from __future__ import annotations

import datetime as dt

import pytest

from fangpin.config.site_models import DayOverride, Deadline
from fangpin.tasks.workdays import WorkDays, workdays_of

CHINA = WorkDays()


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (dt.date(2026, 1, 1), False),  # Thursday, New Year
        (dt.date(2026, 1, 2), False),  # Friday, made up on the 4th
        (dt.date(2026, 1, 4), True),  # Sunday, worked
        (dt.date(2026, 2, 14), True),  # Saturday, worked
        (dt.date(2026, 2, 23), False),  # Monday, made up on the 28th
        (dt.date(2026, 2, 24), True),
        (dt.date(2026, 10, 7), False),
        (dt.date(2026, 10, 10), True),  # Saturday, worked
        (dt.date(2026, 11, 21), False),  # Saturday
        (dt.date(2024, 2, 29), True),  # leap day, a Thursday
    ],
)
def test_holidays_and_make_up_days_are_the_countrys(day: dt.date, *, working: bool) -> None:
    """A Saturday may be worked and a Monday may not, as the State Council said for the year."""
    assert CHINA.is_working(day) is working


def test_the_county_may_say_otherwise() -> None:
    """A declared day goes before the calendar, either way."""
    told = workdays_of(
        [
            DayOverride(on=dt.date(2027, 2, 14), working=True, document="国办"),
            DayOverride(on=dt.date(2027, 2, 11), working=False, document="国办"),
        ]
    )

    assert [told.is_working(dt.date(2027, 2, day)) for day in (11, 12, 14)] == [False, True, True]


@pytest.mark.parametrize(
    ("year", "month", "n", "expected"),
    [
        (2026, 10, 1, dt.date(2026, 10, 8)),  # after the National Day
        (2026, 10, 3, dt.date(2026, 10, 10)),  # the Saturday that is made up
        (2026, 2, 11, dt.date(2026, 2, 14)),
        (2026, 2, 31, dt.date(2026, 2, 28)),  # fewer working days than asked for: the last
        (2026, 6, 1, dt.date(2026, 6, 1)),
    ],
)
def test_the_nth_working_day_of_a_month(year: int, month: int, n: int, expected: dt.date) -> None:
    """Working days are counted from the first of the month; a month too short gives its last."""
    assert CHINA.nth(year, month, n) == expected


@pytest.mark.parametrize(
    ("days", "day_type", "start", "expected"),
    [
        (7, "calendar", dt.date(2026, 2, 12), dt.date(2026, 2, 19)),
        (1, "working", dt.date(2026, 2, 13), dt.date(2026, 2, 14)),  # a made-up Saturday counts
        (2, "working", dt.date(2026, 2, 13), dt.date(2026, 2, 24)),  # then the Spring Festival
        (0, "working", dt.date(2026, 2, 15), dt.date(2026, 2, 15)),
    ],
)
def test_a_deadline_ends_on_a_working_day(days: int, day_type: str, start: dt.date, expected: dt.date) -> None:
    """Calendar days count all days, working days those that are worked."""
    deadline = Deadline.model_validate({"days": days, "day_type": day_type, "document": "方案"})

    assert CHINA.end_of(deadline, start=start) == expected


def test_a_year_without_known_make_up_days_is_doubted() -> None:
    """The sentence goes away with the first day declared for the year."""
    told = workdays_of([DayOverride(on=dt.date(2031, 2, 1), working=True, document="国办")])

    assert (CHINA.doubt(2026), told.doubt(2031)) == ("", "")
    assert CHINA.doubt(2031).startswith("2031年调休尚未登记")
