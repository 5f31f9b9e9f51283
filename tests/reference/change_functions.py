"""The change functions in plain Python: a list of months, this one first, None a month nobody knows."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

History = Sequence[float | None]


def usual(h: History, least: int) -> float | None:
    """The middle of the known of months 2 to 13."""
    known = [month for month in h[1:13] if month is not None]
    return statistics.median(known) if known and len(known) >= least else None


def spike_times(h: History, least: int) -> float | None:
    """This month as so many usual ones."""
    middle = usual(h, least)
    return h[0] / middle if h and h[0] is not None and middle else None


def drop_share(h: History, least: int) -> float | None:
    """By how much of the usual month this one falls short."""
    times = spike_times(h, least)
    return None if times is None else 1 - times


def recent_mean(h: History, n: int) -> float | None:
    """The mean of the known of the first n, this month among them."""
    return statistics.fmean(m for m in h[:n] if m is not None) if h and h[0] is not None else None


def streak(h: History, line: float, *, up: bool) -> int | None:
    """Months in a row from now at or beyond a line."""
    if not h or h[0] is None:
        return None
    length = 0
    for month in h:
        if month is None or (month < line if up else month > line):
            break
        length += 1
    return length


def same_month_last_year(h: History) -> float | None:
    """The thirteenth."""
    return h[12] if len(h) > 12 else None


def year_to_date(h: History, month_no: int, *, back: int = 0) -> float | None:
    """What this year's months add up to, or the same months of the last one's; every one must be known."""
    months = h[back : back + month_no]
    known = [month for month in months if month is not None]
    return sum(known) if len(known) == month_no else None


def crosses(before: float | None, now: float | None, line: float) -> bool | None:
    """Below the line before, at or above it now; one side that rules it out is enough to know."""
    sides = (None if before is None else before < line, None if now is None else now >= line)
    return False if False in sides else None if None in sides else True
