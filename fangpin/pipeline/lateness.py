"""Who is late: for each declared extract and month, by when it was due, whether it came, and what changed.

Floor 4. Reads the office store and the declarations only. A department is measured by the day its first delivery of
the month arrived; a correction that comes later makes nobody late.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import polars as pl

from fangpin.config.source_models import Source
from fangpin.pipeline.county import County
from fangpin.store.batches import batches
from fangpin.store.deliveries import BatchState
from fangpin.store.due import county_since
from fangpin.tasks.duedays import covered, due_on, office_day
from fangpin.tasks.workdays import WorkDays, workdays_of
from fangpin.types import Period


class Arrival(StrEnum):
    """Where an expected extract stands (报送情况)."""

    IN_TIME = "in_time"
    LATE = "late"
    NOT_DUE = "not_due"
    MISSING = "missing"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


ARRIVAL_TITLES: Final = {
    Arrival.IN_TIME: "按时",
    Arrival.LATE: "迟到",
    Arrival.NOT_DUE: "未到期",
    Arrival.MISSING: "缺",
    Arrival.HELD: "待确认",
    Arrival.WITHDRAWN: "已撤回",
    Arrival.REFUSED: "已退回",
}
OWED: Final = (Arrival.MISSING, Arrival.WITHDRAWN, Arrival.REFUSED)
_SCHEMA: Final = {
    "period": pl.String(),
    "source_id": pl.String(),
    "title": pl.String(),
    "agency": pl.String(),
    "due_on": pl.Date(),
    "state": pl.String(),
    "received_at": pl.Datetime("us", "UTC"),
    "days_late": pl.Int64(),
    "rows_in": pl.Int64(),
    "accepted": pl.Int64(),
    "rejected": pl.Int64(),
    "before": pl.Int64(),
}
_COUNTS: Final = ("rows_in", "accepted", "rejected")
_LANDED: Final = (BatchState.LANDED, BatchState.SUPERSEDED)
_WITHOUT_LANDING: Final = {
    BatchState.HELD: Arrival.HELD,
    BatchState.WITHDRAWN: Arrival.WITHDRAWN,
    BatchState.REFUSED: Arrival.REFUSED,
}
_RECENT_MONTHS: Final = 3


def expected(county: County, *, today: dt.date, periods: Sequence[Period]) -> pl.DataFrame:
    """Return the extracts expected for some months, and those that came unasked, as they stand on a day.

    Rows out: period (the last month it speaks of), source_id, title, agency, state (Arrival) str; due_on date (null:
    no fixed day); received_at datetime (of what stands, null: nothing); days_late i64 (0: not late); rows_in, accepted,
    rejected i64 (null: nothing in effect); before i64 (accepted rows of the extract before, null: none); by period,
    then in the order of the site's sources. An extract due before the county was set up is nobody's debt.
    """
    with county.office.read() as connection:
        known = batches(connection)
        since = county_since(connection)
    days = workdays_of(county.declared.site.days)
    rows = [
        row
        for period in sorted(periods)
        for source in county.declared.sources.values()
        if (row := _row(source, period, known.filter(pl.col("source_id") == source.id), days=days, today=today))
        and (row["received_at"] is not None or _is_owed(row, today=today, since=since))
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def recent_periods(county: County, *, today: dt.date) -> list[Period]:
    """Return the months worth showing on a day: the last ones of the calendar, and the last ones anything came for."""
    with county.office.read() as connection:
        came = batches(connection)["period"].unique().sort().tail(_RECENT_MONTHS)
    this = Period(today.year, today.month)
    return sorted({*(this.back(n) for n in range(_RECENT_MONTHS + 1)), *map(Period.parse, came)})


def is_complete(county: County, period: Period) -> bool:
    """Return whether every extract that is expected for a month is in effect; False when none is expected."""
    with county.office.read() as connection:
        landed = batches(connection).filter(pl.col("state") == BatchState.LANDED)
    there = set(landed.select("source_id", "period").iter_rows())
    wanted = [(s.id, covered(s.cadence, period)) for s in county.declared.sources.values()]
    asked = [(source_id, months) for source_id, months in wanted if months]
    return bool(asked) and all(any((source_id, str(m)) in there for m in months) for source_id, months in asked)


def _is_owed(row: dict[str, Any], *, today: dt.date, since: dt.datetime | None) -> bool:
    """Say whether an extract that did not come belongs into the calendar: its month is over, the county was there."""
    due, period = row["due_on"], Period.parse(row["period"])
    return due is not None and since is not None and due >= office_day(since) and period.last_day < today


def _row(source: Source, period: Period, known: pl.DataFrame, *, days: WorkDays, today: dt.date) -> dict[str, Any]:
    """Return the line of one source and month; empty when its cadence does not end with this month."""
    event = source.cadence.every == "event"
    months = (period,) if event else covered(source.cadence, period)
    if not months:
        return {}
    due = None if event else due_on(source.cadence, period, days=days)
    mine = known.filter(pl.col("period").is_in([str(m) for m in months]))
    before = known.filter(pl.col("period").is_in([str(m.back(len(months))) for m in months]))
    state, received_at, days_late = _standing(mine, due, today)
    return {
        "period": str(period),
        "source_id": source.id,
        "title": source.title,
        "agency": source.agency,
        "due_on": due,
        "state": state,
        "received_at": received_at,
        "days_late": days_late,
        **{name: _sum_in_effect(mine, name) for name in _COUNTS},
        "before": _sum_in_effect(before, "accepted"),
    }


def _standing(mine: pl.DataFrame, due: dt.date | None, today: dt.date) -> tuple[Arrival, dt.datetime | None, int]:
    """Return state, time of receipt and days late of the batches of one extract."""
    times: dict[str, list[dt.datetime]] = {}
    for batch_state, received_at in mine.select("state", "received_at").iter_rows():
        times.setdefault(batch_state, []).append(received_at)
    if BatchState.LANDED in times:
        first = min(moment for state in _LANDED for moment in times.get(state, []))
        late = _days(due, office_day(first))
        return (Arrival.LATE if late else Arrival.IN_TIME), first, late
    for batch_state, arrival in _WITHOUT_LANDING.items():
        if batch_state in times:
            last = max(times[batch_state])
            return arrival, last, _days(due, office_day(last) if arrival is Arrival.HELD else today)
    late = _days(due, today)
    return (Arrival.MISSING if late else Arrival.NOT_DUE), None, late


def _days(due: dt.date | None, day: dt.date) -> int:
    return 0 if due is None else max((day - due).days, 0)


def _sum_in_effect(known: pl.DataFrame, name: str) -> int | None:
    landed = known.filter(pl.col("state") == BatchState.LANDED)
    return int(landed[name].sum()) if landed.height else None
