"""The register over the months: kept, extended, corrected; households, events and findings with what lists told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from fangpin.errors import NeedsDecision, NotFound
from fangpin.matching.history import History, build_history
from fangpin.pipeline.county import County
from fangpin.pipeline.decisions import withdraw
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.registering import events_in, findings_in, members_of, read_history_of
from fangpin.pipeline.runs import read_register
from fangpin.pipeline.screening import screen
from fangpin.store.batches import landed_batches
from fangpin.types import BatchRef, Period

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
MONTHS = [Period(2024, month) for month in (1, 2, 3, 4)]


class Bar:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    def __call__(self, title: str, done: int, total: int) -> None:
        """Take a step."""
        self.told.append((title, done, total))


def receive(county: County, invented: Path, months: list[Period]) -> None:
    """Receive the registers of these months."""
    with Intake(county) as intake:
        for month in months:
            (file,) = (f for f in (invented / "county" / str(month)).iterdir() if "农户" in f.name)
            intake.receive(file, now=NOW, by="甲")


def registers(county: County) -> list[BatchRef]:
    """Return the registers in effect."""
    with county.office.read() as connection:
        return [b for b in landed_batches(connection, Period(2099, 12)) if b.source_id == "household_register"]


def from_scratch(county: County) -> History:
    """Build the history of the registers in effect at once."""
    return build_history((b.period, read_register(county, b.batch_id)) for b in registers(county))


def same(one: History, other: History) -> bool:
    """Say whether two histories tell the same."""
    names = ("people", "identities", "spells", "households", "events")
    frames = ((getattr(one, n), getattr(other, n)) for n in names)
    return all(a.sort(pl.all()).equals(b.sort(pl.all())) for a, b in frames)


def test_who_was_where_is_answered_for_every_month(county: County, invented: Path) -> None:
    """Everybody is in the household of the answers in every month."""
    receive(county, invented, MONTHS)
    history = read_history_of(county, progress=Bar())
    truth = pl.read_parquet(invented / "answers" / "members.parquet").cast(pl.String)

    for month in MONTHS:
        begun = pl.col("from_period_no") <= month.ordinal
        held = begun & (pl.col("to_period_no") >= month.ordinal).fill_null(value=True)
        numbers = history.people.filter(held).select("life_no", "person_no")
        stays = history.spells.filter(held).join(numbers, on="life_no").select("person_no", "household_no")
        expected = truth.filter(pl.col("month") == f"{month.year}{month.month:02d}")

        assert sorted(stays.rows()) == sorted(expected.select("person_id", "household_id").rows())


def test_a_new_month_extends_the_kept_history(county: County, invented: Path) -> None:
    """Only the new month is added, nothing is done twice, and the result is that of all months at once."""
    receive(county, invented, MONTHS[:2])
    first, second, third = Bar(), Bar(), Bar()
    read_history_of(county, progress=first)
    receive(county, invented, MONTHS[2:3])
    found = read_history_of(county, progress=second)
    again = read_history_of(county, progress=third)

    assert (first.told[-1], second.told[-1], third.told) == (("农户底册", 2, 2), ("农户底册", 1, 1), [])
    assert same(found, from_scratch(county))
    assert same(found, again)


def test_a_month_withdrawn_makes_the_history_again(county: County, invented: Path) -> None:
    """Without its register a month is bridged, and the kept history of the months before is gone on from."""
    receive(county, invented, MONTHS[:3])
    read_history_of(county, progress=Bar())
    (middle,) = (b for b in registers(county) if b.period == MONTHS[1])
    withdraw(county, middle.batch_id, now=NOW, by="甲", reason="缺乡镇")

    found = read_history_of(county, progress=Bar())

    assert found.months == (MONTHS[0].ordinal, MONTHS[2].ordinal)
    assert same(found, from_scratch(county))


def test_a_household_is_shown_masked(county: County, invented: Path) -> None:
    """The last known month unless one is named; of an ID the last four, an age and no birth date."""
    receive(county, invented, MONTHS[:2])
    household = read_register(county, registers(county)[0].batch_id).households["household_no"][0]

    latest = members_of(county, household, None, progress=Bar())
    january = members_of(county, household, MONTHS[0], progress=Bar())

    assert (latest.period, january.period) == (MONTHS[1], MONTHS[0])
    assert latest.people.columns == [
        *("person_no", "person_name", "id_seen", "sex", "age", "relation", "from_period", "seen")
    ]
    assert all(seen is None or (len(seen) == 8 and seen.startswith("****")) for seen in latest.people["id_seen"])


def test_what_is_not_there_is_said(county: County, invented: Path) -> None:
    """No register at all, an unknown household, a month outside, a month without its own register."""
    with pytest.raises(NeedsDecision, match="农户信息台账"):
        read_history_of(county, progress=Bar())
    receive(county, invented, [MONTHS[0], MONTHS[2]])
    with pytest.raises(NotFound, match="没有这一户"):
        members_of(county, "77", None, progress=Bar())
    with pytest.raises(NotFound, match="2024-01 至 2024-03"):
        members_of(county, "77", MONTHS[3], progress=Bar())
    with pytest.raises(NotFound, match="没有收到"):
        events_in(county, MONTHS[1], progress=Bar())
    with pytest.raises(NotFound, match="没有收到"):
        findings_in(county, MONTHS[3], progress=Bar())


def test_a_household_that_came_later_is_not_in_an_earlier_month(county: County, invented: Path) -> None:
    """The answer names the months in which the household is known."""
    receive(county, invented, MONTHS)
    households = read_history_of(county, progress=Bar()).households
    late = households.filter(pl.col("from_period_no") > MONTHS[0].ordinal)["household_no"].to_list()
    early = households.filter(pl.col("from_period_no") == MONTHS[0].ordinal)["household_no"].to_list()
    (newest, *_) = sorted(set(late) - set(early))

    with pytest.raises(NotFound, match="不在名册中"):
        members_of(county, newest, MONTHS[0], progress=Bar())


def test_events_of_a_township_are_its_own(county: County, invented: Path) -> None:
    """Named a township, only what happened there is told."""
    receive(county, invented, MONTHS[:2])
    every = events_in(county, MONTHS[1], progress=Bar())
    town = every["township"][0]

    assert events_in(county, MONTHS[1], township=town, progress=Bar()).equals(every.filter(township=town))


def test_a_death_told_by_a_list_explains_who_left_and_who_is_still_listed(county: County, invented: Path) -> None:
    """One of two people on the list of the dead leaves the register: one event has its cause, one finding remains."""
    receive(county, invented, MONTHS)
    lives = read_history_of(county, progress=Bar()).lives.filter(pl.col("id_no").is_unique())
    gone = lives.filter(~pl.col("here")).row(0, named=True)
    left = lives.filter(pl.col("here") & (pl.col("number_from") == MONTHS[0].ordinal)).row(0, named=True)
    month = next(m for m in MONTHS if m.ordinal == gone["seen_no"])
    lines = [f"{p['person_name']},{p['id_no']},{month}-20,{p['township']},{p['village']}" for p in (gone, left)]
    listed = county.home / f"死亡人员名单_{month.title}.csv"
    listed.write_text("\n".join(["姓名,身份证号,死亡日期,乡镇,村", *lines]) + "\n", encoding="utf-8")
    with Intake(county) as intake:
        intake.receive(listed, now=NOW, by="甲")
    screen(county, month, now=NOW, by="甲", progress=Bar())

    events = events_in(county, month.back(-1), progress=Bar()).filter(life_no=gone["life_no"])
    findings = findings_in(county, month.back(-1), progress=Bar()).filter(code="dead_still_listed")

    assert events["detail"][0].startswith(f"{month.title}死亡（死亡人员名单）")
    assert findings["person_no"].to_list() == [left["person_no"]]
