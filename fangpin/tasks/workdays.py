"""Which days are worked (工作日): weekends, statutory holidays, make-up days, and the county's own exceptions.

Floor 2. The State Council says each November which weekends of the next year are worked; until the library or the
county's declaration knows them, a count of working days may be off, and ``doubt`` says so.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from holidays import HolidayBase, country_holidays

from fangpin.config.site_models import DayOverride, Deadline


@dataclass(frozen=True, slots=True)
class WorkDays:
    """The working days of a county: those of the country, but for the days it declares otherwise."""

    worked: frozenset[dt.date] = frozenset()
    off: frozenset[dt.date] = frozenset()

    def is_working(self, day: dt.date) -> bool:
        """Return whether a day is worked.

        >>> days = WorkDays()
        >>> [days.is_working(dt.date(2026, 2, day)) for day in (13, 14, 15, 16)]  # the 14th, a Saturday, is made up
        [True, True, False, False]
        """
        if day in self.worked or day in self.off:
            return day in self.worked
        return _china().is_working_day(day)

    def nth(self, year: int, month: int, n: int) -> dt.date:
        """Return the n-th working day of a month, or its last one when it has fewer.

        >>> WorkDays().nth(2026, 10, 1)
        datetime.date(2026, 10, 8)
        """
        days = [dt.date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]
        working = [day for day in days if self.is_working(day)]
        return working[min(n, len(working)) - 1]

    def end_of(self, deadline: Deadline, *, start: dt.date) -> dt.date:
        """Return the last day of a deadline that starts to run on the day after ``start``.

        >>> five = Deadline(days=5, day_type="working", document="方案")
        >>> WorkDays().end_of(five, start=dt.date(2026, 2, 12))
        datetime.date(2026, 2, 26)
        """
        if deadline.day_type == "calendar":
            return start + dt.timedelta(days=deadline.days)
        day, left = start, deadline.days
        while left > 0:
            day += dt.timedelta(days=1)
            left -= self.is_working(day)
        return day

    def doubt(self, year: int) -> str:
        """Return a sentence when nobody knows yet which weekends of a year are worked, else nothing.

        >>> WorkDays().doubt(2026), WorkDays().doubt(2031)
        ('', '2031年调休尚未登记：工作日只按周末和法定节日推算，请在县的声明 days 中登记')
        """
        told = any(day.year == year for days in (_made_up(year), self.worked, self.off) for day in days)
        return "" if told else f"{year}年调休尚未登记：工作日只按周末和法定节日推算，请在县的声明 days 中登记"


def workdays_of(overrides: Iterable[DayOverride]) -> WorkDays:
    """Return the working days of a county from the exceptions its site declares.

    >>> make_up = DayOverride(on=dt.date(2027, 2, 14), working=True, document="国办发明电")
    >>> workdays_of([make_up]).is_working(dt.date(2027, 2, 14))
    True
    """
    told = {o.on: o.working for o in overrides}
    return WorkDays(
        frozenset(day for day, working in told.items() if working),
        frozenset(day for day, working in told.items() if not working),
    )


@cache
def _china() -> HolidayBase:
    return country_holidays("CN", language="zh_CN")


@cache
def _made_up(year: int) -> frozenset[dt.date]:
    return frozenset(country_holidays("CN", years=year).weekend_workdays)
