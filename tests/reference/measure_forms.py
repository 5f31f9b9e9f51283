"""The forms of declared measures in plain Python: one subject at a time, as the contract of declarations words them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

HISTORY = 24


@dataclass(frozen=True)
class Told:
    """One row that counts: how many months back, its place in the delivery, the cell the measure is made of."""

    back: int
    place: int
    cell: Any = None
    since: dt.date | None = None


def listed(rows: Sequence[Told], covered: set[int]) -> bool | None:
    """On this month's list; unknown without a batch."""
    return any(row.back == 0 for row in rows) if 0 in covered else None


def listed_before(rows: Sequence[Told], covered: set[int]) -> bool | None:
    """On any earlier list."""
    if 0 not in covered or not earlier(covered):
        return None
    return any(row.back > 0 for row in rows)


def new(rows: Sequence[Told], covered: set[int], *, month_no: int) -> bool | None:
    """On this month's list and on none before; where there is none before, a date of beginning decides."""
    if 0 not in covered:
        return None
    here = [row for row in rows if row.back == 0]
    if not here:
        return False
    if any(row.back > 0 for row in rows):
        return False
    if any(back > 0 for back in covered):
        return True
    dates = [row.since for row in here if row.since is not None]
    if not dates:
        return None
    last = max(dates)
    return last.year * 12 + last.month >= month_no - 1


def gone(rows: Sequence[Told], covered: set[int]) -> bool | None:
    """On the last covered list before this month, at most three months back, and not on this month's."""
    if 0 not in covered or not earlier(covered) or earlier(covered)[0] > 3:
        return None
    return any(row.back == earlier(covered)[0] for row in rows) and not any(row.back == 0 for row in rows)


def value(rows: Sequence[Told], covered: set[int], *, order: Sequence[str] = ()) -> Any:
    """What this month's list says."""
    return _said([row for row in rows if row.back == 0], order) if 0 in covered else None


def value_before(rows: Sequence[Told], covered: set[int], *, order: Sequence[str] = ()) -> Any:
    """What the last earlier covered list says."""
    return _said([row for row in rows if row.back == earlier(covered)[0]], order) if earlier(covered) else None


def worse(rows: Sequence[Told], covered: set[int], *, order: Sequence[str]) -> bool | None:
    """Whether this month's list says something further down the order than the last one before."""
    if 0 not in covered:
        return None
    if not any(row.back == 0 for row in rows):
        return False
    stands = [form(rows, covered, order=order) for form in (value, value_before)]
    if any(said not in order for said in stands):
        return None
    return order.index(stands[0]) > order.index(stands[1])


def streak(rows: Sequence[Told], covered: set[int]) -> int | None:
    """Months in a row on the list, this one included."""
    if 0 not in covered:
        return None
    months = 0
    while months < HISTORY and months in covered and any(row.back == months for row in rows):
        months += 1
    return months


def happened(rows: Sequence[Told], covered: set[int], *, months: int) -> bool | None:
    """Any row in the window; none found is only certain when no month of it is missing."""
    if any(row.back < months for row in rows):
        return True
    return False if all(back in covered for back in range(months)) else None


def count(rows: Sequence[Told], covered: set[int], *, months: int) -> int | None:
    """Rows in the window."""
    return len([row for row in rows if row.back < months]) if 0 in covered else None


def total(rows: Sequence[Told], covered: set[int], *, months: int) -> Any:
    """What the known cells of the window add up to; of rows without any known cell nothing is known."""
    return _of(sum, rows, covered, months, nothing=0)


def largest(rows: Sequence[Told], covered: set[int], *, months: int) -> Any:
    """The largest known cell of the window."""
    return _of(max, rows, covered, months, nothing=None)


def history(rows: Sequence[Told], covered: set[int], *, absent: float | None) -> list[float | None] | None:
    """The monthly sums, this month first; nothing at all for who never had a row."""
    if 0 not in covered or not rows:
        return None
    months: list[float | None] = []
    for back in range(HISTORY):
        here = [row for row in rows if row.back == back]
        known = [float(row.cell) for row in here if row.cell is not None]
        if back not in covered:
            months.append(None)
        elif not here:
            months.append(absent)
        else:
            months.append(sum(known) if known else None)
    return months


def earlier(covered: set[int]) -> list[int]:
    """Return the months back of the covered lists before this month, the last first."""
    return sorted(back for back in covered if 0 < back < HISTORY)


def _said(rows: Sequence[Told], order: Sequence[str]) -> Any:
    if not rows:
        return None
    if not order:
        return max(rows, key=lambda row: row.place).cell
    known = [row for row in rows if row.cell is not None]
    place = {word: at for at, word in enumerate(order, 1)}
    return max(known, key=lambda row: (place.get(row.cell, 0), row.place)).cell if known else None


def _of(fold: Callable[[list[Any]], Any], rows: Sequence[Told], covered: set[int], months: int, *, nothing: Any) -> Any:
    if 0 not in covered:
        return None
    here = [row for row in rows if row.back < months]
    if not here:
        return nothing
    known = [row.cell for row in here if row.cell is not None]
    return fold(known) if known else None
