"""When work is due: the periods of scheduled jobs, and the months extracts are expected for.

Floor 2. Times are told in the office's zone whatever the machine's; ``period`` is YYYY-MM for monthly jobs and
YYYY-MM-DD for daily ones.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo

from fangpin.config.site_models import Job, Work
from fangpin.config.source_models import Cadence
from fangpin.tasks.lifecycle import TIME_ZONE
from fangpin.tasks.workdays import WorkDays
from fangpin.types import Period

ZONE: Final = ZoneInfo(TIME_ZONE)
WORK_TITLES: Final = {
    Work.PULL: "取数",
    Work.REMIND: "催报",
    Work.SCREEN: "筛查",
    Work.DISPATCH: "交办",
    Work.REBUILD_CHECK: "重建核验",
    Work.BACKUP: "备份",
}
_DAY: Final = dt.timedelta(days=1)
_COVERED: Final = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True, order=True)
class DuePeriod:
    """A period of a job and the moment from which its work is due."""

    due_at: dt.datetime
    job_id: str
    period: str


def office_day(moment: dt.datetime) -> dt.date:
    """Return the calendar day a moment falls on in the office, whatever zone it was told in.

    >>> office_day(dt.datetime(2024, 2, 29, 16, 30, tzinfo=dt.UTC))
    datetime.date(2024, 3, 1)
    """
    return moment.astimezone(ZONE).date()


def due_periods(job: Job, *, since: dt.datetime, until: dt.datetime, days: WorkDays) -> Iterator[DuePeriod]:
    """Return the periods of a job that became due after ``since`` and up to ``until``, in order.

    >>> job = Job(id="screen", work="screen", day=31)
    >>> since, until = (dt.datetime(2024, month, 10, tzinfo=ZONE) for month in (2, 4))
    >>> [(d.period, str(d.due_at)) for d in due_periods(job, since=since, until=until, days=WorkDays())]
    [('2024-01', '2024-02-29 06:00:00+08:00'), ('2024-02', '2024-03-31 06:00:00+08:00')]
    """
    told = _daily(job, since, days) if job.every == "day" else _monthly(job, since, days)
    for due in told:
        if due.due_at > until:
            return
        if due.due_at > since:
            yield due


def next_due(job: Job, *, after: dt.datetime, days: WorkDays) -> DuePeriod:
    """Return the first period of a job that becomes due after a moment.

    >>> job = Job(id="pull", work="pull", every="day", at=dt.time(6, 30))
    >>> str(next_due(job, after=dt.datetime(2024, 2, 28, 7, 0, tzinfo=ZONE), days=WorkDays()).due_at)
    '2024-02-29 06:30:00+08:00'
    """
    return next(due_periods(job, since=after, until=dt.datetime.max.replace(tzinfo=ZONE), days=days))


def is_overtaken(job: Job, period: str, *, now: dt.datetime, days: WorkDays) -> bool:
    """Return whether the period after this one of the job is due too: of daily work only the latest is worth doing.

    >>> job = Job(id="pull", work="pull", every="day")
    >>> noon = dt.datetime(2024, 3, 1, 12, 0, tzinfo=ZONE)
    >>> [is_overtaken(job, day, now=noon, days=WorkDays()) for day in ("2024-02-29", "2024-03-01")]
    [True, False]
    """
    return next_due(job, after=_due_at(job, period, days), days=days).due_at <= now


def month_of(job: Job, period: str) -> Period:
    """Return the month a job's period works on: of a day, the month before it.

    >>> month_of(Job(id="pull", work="pull", every="day"), "2024-03-01")
    Period(year=2024, month=2)
    """
    return Period.parse(period) if job.every == "month" else Period.parse(period[:7]).back(1)


def covered(cadence: Cadence, period: Period) -> tuple[Period, ...]:
    """Return the months that an extract expected for a month speaks of; none when no extract is expected for it.

    >>> [len(covered(Cadence(every="quarter"), Period(2024, month))) for month in (1, 2, 3)]
    [0, 0, 3]
    """
    months = _COVERED.get(cadence.every)
    if months is None or period.month % months:
        return ()
    return tuple(period.back(n) for n in reversed(range(months)))


def due_on(cadence: Cadence, period: Period, *, days: WorkDays) -> dt.date:
    """Return by which day the extract of a month must be here.

    >>> due_on(Cadence(due_day=31), Period(2024, 1), days=WorkDays())
    datetime.date(2024, 2, 29)
    >>> due_on(Cadence(due_day=5, day_type="working"), Period(2024, 1), days=WorkDays())  # Sunday the 4th is made up
    datetime.date(2024, 2, 6)
    """
    return _day_after(period, cadence.due_day, cadence.day_type, days)


def _day_after(period: Period, day: int, day_type: Literal["calendar", "working"], days: WorkDays) -> dt.date:
    """Return a day of the month after a period; a month that is too short gives its last."""
    month = period.back(-1)
    if day_type == "working":
        return days.nth(month.year, month.month, day)
    return dt.date(month.year, month.month, min(day, calendar.monthrange(month.year, month.month)[1]))


def _due_at(job: Job, period: str, days: WorkDays) -> dt.datetime:
    on = dt.date.fromisoformat(period) if job.every == "day" else _month_day(job, Period.parse(period), days)
    return dt.datetime.combine(on, job.at, tzinfo=ZONE)


def _month_day(job: Job, period: Period, days: WorkDays) -> dt.date:
    return _day_after(period, job.day, job.day_type, days)


def _monthly(job: Job, since: dt.datetime, days: WorkDays) -> Iterator[DuePeriod]:
    start = office_day(since)
    period = Period(start.year, start.month).back(1)
    while True:
        yield DuePeriod(_due_at(job, str(period), days), job.id, str(period))
        period = period.back(-1)


def _daily(job: Job, since: dt.datetime, days: WorkDays) -> Iterator[DuePeriod]:
    day = office_day(since)
    while True:
        if job.day_type == "calendar" or days.is_working(day):
            yield DuePeriod(_due_at(job, day.isoformat(), days), job.id, day.isoformat())
        day += _DAY
