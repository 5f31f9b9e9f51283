"""Who is late: the calendar of expected extracts, and the letters to those who owe one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from fangpin.config.source_models import Cadence
from fangpin.pipeline.county import County
from fangpin.pipeline.lateness import expected, is_complete, recent_periods
from fangpin.pipeline.reminders import remind, reminded
from fangpin.store.batches import (
    InputFile,
    Reading,
    RowCounts,
    hold_batch,
    land_batch,
    refuse_batch,
    register_batch,
    register_original,
    withdraw_batch,
)
from fangpin.store.deliveries import InputKind
from fangpin.types import BatchRef, Period

ZONE = dt.timezone(dt.timedelta(hours=8))
MAY = Period(2024, 5)
SOURCE = "dibao_roster"


@pytest.fixture
def calm(county: County) -> County:
    """Return the county, set up on 6 May 2024, with two sources: one a month by the tenth, one a quarter."""
    sources = county.declared.sources
    quarterly = sources["housing_appraisal"].model_copy(update={"cadence": Cadence(every="quarter", due_day=5)})
    chosen = {SOURCE: sources[SOURCE].model_copy(update={"cadence": Cadence()}), "housing_appraisal": quarterly}
    return replace(county, declared=replace(county.declared, sources=chosen))


def deliver(
    county: County, batch_id: str, period: Period, day: dt.date, *, accepted: int = 9, source_id: str = SOURCE
) -> None:
    """Receive a batch of ten rows on a day, and land it."""
    moment = dt.datetime(day.year, day.month, day.day, 23, 30, tzinfo=ZONE)
    with county.office.write() as connection:
        register(connection, batch_id, period, moment, source_id)
        counts = RowCounts(rows_in=10, accepted=accepted, rejected=10 - accepted, duplicate=0)
        land_batch(connection, batch_id, Reading(counts, "d"), now=moment, by="甲")


def register(connection: Any, batch_id: str, period: Period, moment: dt.datetime, source_id: str = SOURCE) -> None:
    """Write an original and its batch down."""
    sha256 = batch_id.rjust(64, "0")
    register_original(connection, sha256, file_name="来件.csv", size_bytes=1, now=moment, by="甲")
    file = InputFile(InputKind.BASE, sha256, "来件.csv")
    register_batch(connection, BatchRef(batch_id, source_id, period), (file,), now=moment, by="甲")


def standing(county: County, today: dt.date, *, source_id: str = SOURCE, period: Period = MAY) -> tuple[Any, ...]:
    """Return state and days late of one extract on a day."""
    found = expected(county, today=today, periods=[period])
    return found.filter(source_id=source_id).select("state", "days_late").row(0)


@pytest.mark.parametrize(
    ("today", "expect"),
    [
        (dt.date(2024, 6, 1), ("not_due", 0)),
        (dt.date(2024, 6, 10), ("not_due", 0)),
        (dt.date(2024, 6, 11), ("missing", 1)),
        (dt.date(2024, 7, 1), ("missing", 21)),
    ],
)
def test_what_did_not_come_is_late_from_the_day_after_it_was_due(
    today: dt.date, expect: tuple[str, int], calm: County
) -> None:
    """On its day an extract is not late yet."""
    assert standing(calm, today) == expect


@pytest.mark.parametrize(
    ("day", "expect"),
    [(dt.date(2024, 6, 10), ("in_time", 0)), (dt.date(2024, 6, 11), ("late", 1))],
)
def test_what_came_is_measured_by_its_day_in_the_office(day: dt.date, expect: tuple[str, int], calm: County) -> None:
    """Half past eleven in the evening of the day it is due is in time."""
    deliver(calm, "b1", MAY, day)

    assert standing(calm, dt.date(2024, 8, 1)) == expect


def test_a_later_correction_makes_nobody_late(calm: County) -> None:
    """The first delivery counts; rows and their change are those in effect."""
    deliver(calm, "b0", MAY.back(1), dt.date(2024, 5, 9), accepted=4)
    deliver(calm, "b1", MAY, dt.date(2024, 6, 9), accepted=7)
    deliver(calm, "b2", MAY, dt.date(2024, 6, 20), accepted=8)
    found = expected(calm, today=dt.date(2024, 7, 1), periods=[MAY]).row(0, named=True)

    assert (found["state"], found["days_late"]) == ("in_time", 0)
    assert (found["rows_in"], found["accepted"], found["rejected"], found["before"]) == (10, 8, 2, 4)


def test_what_is_held_refused_or_withdrawn_is_not_there_yet(calm: County) -> None:
    """A held extract waits for the county, not for the department; a refused or withdrawn one is still owed."""
    moment = dt.datetime(2024, 6, 10, 9, tzinfo=ZONE)
    today = dt.date(2024, 6, 15)
    seen = []
    with calm.office.write() as connection:
        register(connection, "b1", MAY, moment)
        refuse_batch(connection, "b1", reason="缺列", now=moment, by="甲")
    seen.append(standing(calm, today))
    deliver(calm, "b2", MAY, dt.date(2024, 6, 10))
    with calm.office.write() as connection:
        withdraw_batch(connection, "b2", now=moment, by="乙", reason="发错")
    seen.append(standing(calm, today))
    with calm.office.write() as connection:
        register(connection, "b3", MAY, moment)
        reading = Reading(RowCounts(rows_in=1, accepted=1, rejected=0, duplicate=0), "d")
        hold_batch(connection, "b3", reading, reasons=[{"code": "rows", "sentence": "行数骤减"}], now=moment, by="甲")
    seen.append(standing(calm, today))

    assert seen == [("refused", 5), ("withdrawn", 5), ("held", 0)]


def test_a_quarter_is_expected_for_its_last_month(calm: County) -> None:
    """Any month of the quarter will do; other months expect nothing."""
    may = expected(calm, today=dt.date(2024, 8, 1), periods=[MAY])
    missing = standing(calm, dt.date(2024, 7, 6), source_id="housing_appraisal", period=Period(2024, 6))
    deliver(calm, "b1", MAY, dt.date(2024, 6, 2), source_id="housing_appraisal")
    came = standing(calm, dt.date(2024, 7, 6), source_id="housing_appraisal", period=Period(2024, 6))

    assert may["source_id"].to_list() == [SOURCE]
    assert (missing, came) == (("missing", 1), ("in_time", 0))


def test_an_event_is_never_late(calm: County) -> None:
    """It stands in the calendar when it comes."""
    event = calm.declared.sources[SOURCE].model_copy(update={"cadence": Cadence(every="event")})
    county = replace(calm, declared=replace(calm.declared, sources={SOURCE: event}))
    before = expected(county, today=dt.date(2024, 9, 1), periods=[MAY]).height
    deliver(county, "b1", MAY, dt.date(2024, 8, 1))

    assert (before, standing(county, dt.date(2024, 9, 1))) == (0, ("in_time", 0))


def test_nothing_is_owed_from_before_the_county_was_set_up(calm: County) -> None:
    """What was due on the day it was set up, or later, is; a month that is not over is not."""
    periods = [Period(2024, month) for month in (2, 3, 4, 5, 6)]
    found = expected(calm, today=dt.date(2024, 6, 20), periods=periods)

    assert found.select("period", "source_id").rows() == [("2024-04", SOURCE), ("2024-05", SOURCE)]


def test_a_month_is_complete_when_all_it_expects_is_in_effect(calm: County) -> None:
    """A quarter's extract counts in the quarter's last month only."""
    june = Period(2024, 6)
    seen = [is_complete(calm, MAY)]
    deliver(calm, "b1", MAY, dt.date(2024, 6, 1))
    deliver(calm, "b2", june, dt.date(2024, 7, 1))
    seen += [is_complete(calm, MAY), is_complete(calm, june)]
    deliver(calm, "b3", june, dt.date(2024, 7, 1), source_id="housing_appraisal")

    assert [*seen, is_complete(calm, june)] == [False, True, False, True]


def test_the_months_shown_are_the_last_ones_and_those_something_came_for(calm: County) -> None:
    """An old county's last months are shown beside the calendar's."""
    deliver(calm, "b1", Period(2020, 12), dt.date(2024, 6, 1))

    found = [str(period) for period in recent_periods(calm, today=dt.date(2024, 6, 1))]

    assert found == ["2020-12", "2024-03", "2024-04", "2024-05", "2024-06"]


def test_a_late_department_gets_one_letter_a_day(calm: County) -> None:
    """The letter says who owes what since when; the next day it is written anew; what came is not asked for."""
    first = remind(calm, today=dt.date(2024, 6, 14))
    again = remind(calm, today=dt.date(2024, 6, 14))
    next_day = remind(calm, today=dt.date(2024, 6, 15))
    deliver(calm, "b1", MAY, dt.date(2024, 6, 16))
    quiet = [p for p in remind(calm, today=dt.date(2024, 6, 17)) if p.parent.name == "2024-05"]
    letter = (calm.home / "reminders" / "2024-05" / f"2024-06-14_{SOURCE}.txt").read_text(encoding="utf-8")

    assert sorted(p.parent.name for p in first) == ["2024-04", "2024-05"]
    assert (again, len(next_day), quiet, reminded(calm, SOURCE, "2024-05")) == ((), 2, [], 2)
    assert "民政：" in letter
    assert "“低保特困对象花名册”2024年5月的数据应于2024年6月10日前报送" in letter
    assert "截至2024年6月14日已逾期4天，至今未收到" in letter
    assert "花溪区乡村振兴局" in letter
