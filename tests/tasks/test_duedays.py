"""Due days: which periods of a job are due when, and for which months extracts are expected."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fangpin.config.site_models import Job
from fangpin.config.source_models import Cadence
from fangpin.tasks.duedays import ZONE, covered, due_on, due_periods, is_overtaken, month_of, next_due
from fangpin.tasks.workdays import WorkDays
from fangpin.types import Period

CHINA = WorkDays()


def at(text: str) -> dt.datetime:
    """Return a moment of the office's clock."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)


def job(**told: Any) -> Job:
    """Return a job that is due on the tenth, but for what is told."""
    return Job.model_validate({"id": "j", "work": "screen", "day": 10} | told)


@pytest.mark.parametrize(
    ("told", "since", "until", "expected"),
    [
        ({}, "2024-03-01", "2024-03-10T05:59:59", []),
        ({}, "2024-03-01", "2024-03-10T06:00:00", ["2024-02"]),
        ({}, "2024-03-10T06:00:00", "2024-03-31", []),  # due once, not again at the same moment
        ({}, "2023-12-01", "2024-03-31", ["2023-11", "2023-12", "2024-01", "2024-02"]),  # over the year's end
        ({"day": 31}, "2023-02-01", "2023-03-01", ["2023-01"]),  # 28 February
        ({"day": 31}, "2024-02-01", "2024-02-29T05:00:00", []),
        ({"day": 31}, "2024-02-01", "2024-02-29T07:00:00", ["2024-01"]),  # the leap day
        ({"day": 1, "day_type": "working"}, "2026-10-01", "2026-10-07T23:59:59", []),  # the National Day
        ({"day": 1, "day_type": "working"}, "2026-10-01", "2026-10-08T06:00:00", ["2026-09"]),
        ({"every": "day"}, "2024-02-28T12:00:00", "2024-03-01T06:00:00", ["2024-02-29", "2024-03-01"]),
        ({"every": "day"}, "2024-12-31T06:00:00", "2025-01-01T06:00:00", ["2025-01-01"]),
        (
            {"every": "day", "day_type": "working"},
            "2026-02-13",
            "2026-02-24T09:00:00",
            ["2026-02-13", "2026-02-14", "2026-02-24"],
        ),
    ],
)
def test_periods_are_due_from_their_moment_on(
    told: dict[str, Any], since: str, until: str, expected: list[str]
) -> None:
    """A period is due once, at its day and hour in the office's zone; a month too short gives its last day."""
    found = [d.period for d in due_periods(job(**told), since=at(since), until=at(until), days=CHINA)]

    assert found == expected


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_the_zone_a_moment_is_told_in_does_not_matter(zone: str) -> None:
    """The same instant in another zone gives the same periods, over its change of clocks too."""
    there = ZoneInfo(zone)
    since, until = at("2024-03-09T00:00:00").astimezone(there), at("2024-03-11T06:00:00").astimezone(there)

    found = [d.period for d in due_periods(job(every="day"), since=since, until=until, days=CHINA)]

    assert found == ["2024-03-09", "2024-03-10", "2024-03-11"]


def test_a_declared_day_off_moves_what_is_due() -> None:
    """The first working day is the next one when the county does not work on it."""
    days = WorkDays(off=frozenset({dt.date(2026, 10, 8)}))

    assert next_due(job(day=1, day_type="working"), after=at("2026-10-01"), days=days).due_at == at("2026-10-09T06:00")


@pytest.mark.parametrize(
    ("told", "period", "now", "expected"),
    [
        ({}, "2024-01", "2024-03-10T05:59:59", False),
        ({}, "2024-01", "2024-03-10T06:00:00", True),
        ({"every": "day"}, "2024-03-09", "2024-03-10T05:59:59", False),
        ({"every": "day"}, "2024-03-09", "2024-03-10T06:00:00", True),
    ],
)
def test_a_period_is_overtaken_when_the_next_is_due(
    told: dict[str, Any], period: str, now: str, *, expected: bool
) -> None:
    """From the moment on at which the next period is due."""
    assert is_overtaken(job(**told), period, now=at(now), days=CHINA) is expected


def test_a_daily_job_works_on_the_month_before() -> None:
    """A day of January works on December; a monthly period on itself."""
    found = [month_of(job(every="day"), "2024-01-01"), month_of(job(), "2024-01")]

    assert found == [Period(2023, 12), Period(2024, 1)]


@pytest.mark.parametrize(
    ("every", "month", "expected"),
    [
        ("month", 2, ["2024-02"]),
        ("quarter", 2, []),
        ("quarter", 6, ["2024-04", "2024-05", "2024-06"]),
        ("year", 11, []),
        ("year", 12, [f"2024-{month:02d}" for month in range(1, 13)]),
        ("event", 12, []),
    ],
)
def test_an_extract_speaks_of_the_months_of_its_cadence(every: str, month: int, expected: list[str]) -> None:
    """A quarter's extract is expected for its last month, a year's for December, an event's never."""
    found = covered(Cadence.model_validate({"every": every}), Period(2024, month))

    assert [str(period) for period in found] == expected


@pytest.mark.parametrize(
    ("day", "day_type", "period", "expected"),
    [
        (10, "calendar", Period(2023, 12), dt.date(2024, 1, 10)),
        (31, "calendar", Period(2023, 1), dt.date(2023, 2, 28)),
        (5, "working", Period(2026, 9), dt.date(2026, 10, 13)),
    ],
)
def test_an_extract_is_due_in_the_month_after(day: int, day_type: str, period: Period, expected: dt.date) -> None:
    """On the day of the month, or on the n-th working day."""
    cadence = Cadence.model_validate({"due_day": day, "day_type": day_type})

    assert due_on(cadence, period, days=CHINA) == expected
