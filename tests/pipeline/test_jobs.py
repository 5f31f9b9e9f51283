"""The schedule against the clock: every period runs exactly once, whatever the clock and the machine do."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fangpin.config.loader import Declarations, load
from fangpin.config.site_models import DayOverride, Job
from fangpin.errors import NeedsDecision
from fangpin.pipeline.county import County
from fangpin.pipeline.jobs import AT_ONCE, PATIENCE, Turn, add_due_periods, doubts, retry_given_up, run_next
from fangpin.store.county import claim_county
from fangpin.store.due import claim, dues, job_runs
from fangpin.store.files import Originals
from fangpin.store.office import Office, open_office
from fangpin.store.warehouse import Warehouse
from fangpin.tasks.duedays import ZONE

MONTHLY = {"id": "month", "work": "screen", "day": 10}
DAILY = {"id": "day", "work": "pull", "every": "day"}
LAST = MONTHLY | {"day": 31}
WORKING = MONTHLY | {"day": 1, "day_type": "working"}


def at(text: str) -> dt.datetime:
    """Return a moment of the office's clock."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class Played:
    """A county whose clock is in the test's hands, and the turns its works took."""

    county: County
    now: dt.datetime
    turns: list[str] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)

    def do(self, _county: County, turn: Turn) -> str:
        """Note a turn; fail when the test wants it."""
        if turn.period in self.fails:
            raise NeedsDecision("筛查", "这个月没有收到任何数据")
        self.turns.append(turn.period)
        return "完成"

    def clock(self) -> dt.datetime:
        """Return the moment it is."""
        return self.now

    def look(self, owner: str = "甲") -> None:
        """Do what is due, as the scheduler does."""
        while True:
            added = add_due_periods(self.county, now=self.now)
            if not self.once(owner) and not added.left:
                return

    def once(self, owner: str = "甲") -> bool:
        """Make one attempt, and say whether there was one to make."""
        ran = run_next(self.county, doing=self.do, owner=owner, clock=self.clock, backups=self.county.home)
        return ran is not None

    def claim_and_die(self) -> None:
        """Claim what is due as a process does that is killed before it is done."""
        add_due_periods(self.county, now=self.now)
        jobs = tuple(job.id for job in self.county.declared.site.jobs)
        with self.county.office.write() as connection:
            assert claim(connection, jobs=jobs, owner="死", now=self.now, patience=PATIENCE) is not None

    def states(self) -> dict[str, str]:
        """Return the state of every due period."""
        with self.county.office.read() as connection:
            return dict(dues(connection).select("period", "state").iter_rows())


@cache
def declared() -> Declarations:
    """Return what the county declares, read once."""
    return load("huaxi")


Play = Callable[..., Played]


@pytest.fixture
def play(tmp_path: Path, sqlite_template: Path) -> Iterator[Play]:
    """Return a function that sets a county up at a moment, with these jobs and whatever else its site declares."""
    opened: list[Office] = []

    def played(*jobs: dict[str, Any], start: str, **site: Any) -> Played:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        shutil.copyfile(sqlite_template, folder / "office.db")
        opened.append(open_office(f"sqlite:///{folder}/office.db"))
        with opened[-1].write() as connection:
            claim_county(connection, "huaxi", now=at(start))
        told = {"jobs": tuple(Job.model_validate(job) for job in jobs)} | site
        site_told = replace(declared(), site=declared().site.model_copy(update=told))
        places = Originals(folder / "originals"), Warehouse(folder / "warehouse")
        return Played(County(folder, site_told, opened[-1], *places), at(start))

    yield played
    for office in opened:
        office.close()


FEBRUARY, MARCH = "2024-02-20T00:00", "2024-03-01T07:00"
# When the county was set up; then the moments at which the scheduler looks: "x" claims and is killed, "2" two of them.
SCENARIOS: dict[str, tuple[dict[str, Any], str, list[str], list[str]]] = {
    "a second late": (MONTHLY, FEBRUARY, ["2024-03-10T05:59:59", "2024-03-10T06:00:01"], ["2024-02"]),
    "ten hours late": (MONTHLY, FEBRUARY, ["2024-03-09T08:00", "2024-03-10T16:00"], ["2024-02"]),
    "three months late": (
        MONTHLY,
        FEBRUARY,
        ["2024-03-10T06:00", "2024-06-12T09:00"],
        ["2024-02", "2024-03", "2024-04", "2024-05"],
    ),
    "restarted": (MONTHLY, FEBRUARY, ["2024-03-10T06:00", "2024-03-10T06:00", "2024-03-10T06:01"], ["2024-02"]),
    "two schedulers": (MONTHLY, FEBRUARY, ["2024-03-10T06:00 2", "2024-04-10T06:00 2"], ["2024-02", "2024-03"]),
    "clock a day ahead": (
        DAILY,
        MARCH,
        ["2024-03-02T07:00", "2024-03-03T07:00", "2024-03-02T07:05", "2024-03-03T08:00", "2024-03-04T06:00"],
        ["2024-03-02", "2024-03-03", "2024-03-04"],
    ),
    "clock two hours back": (
        DAILY,
        MARCH,
        ["2024-03-02T07:00", "2024-03-02T05:00", "2024-03-02T06:00"],
        ["2024-03-02"],
    ),
    "clock a month back": (
        MONTHLY,
        FEBRUARY,
        ["2024-04-10T06:00", "2024-03-10T06:00", "2024-04-10T06:00", "2024-05-10T06:00"],
        ["2024-02", "2024-03", "2024-04"],
    ),
    "leap day": (LAST, FEBRUARY, ["2024-02-29T05:59", "2024-02-29T06:00", "2024-03-01T06:00"], ["2024-01"]),
    "year end": (LAST, "2024-12-01", ["2024-12-31T06:00", "2025-01-31T06:00"], ["2024-11", "2024-12"]),
    "a month of 28 days": (LAST, "2025-02-01", ["2025-02-28T05:59", "2025-02-28T06:00"], ["2025-01"]),
    "the working day after a holiday": (
        WORKING,
        "2024-09-20",
        ["2024-10-01T06:00", "2024-10-07T23:00", "2024-10-08T06:00"],
        ["2024-09"],
    ),
    "killed between claim and done": (
        MONTHLY,
        FEBRUARY,
        ["2024-03-10T06:00 x", "2024-03-10T06:09", "2024-03-10T06:10"],
        ["2024-02"],
    ),
    "three days off": (
        DAILY,
        MARCH,
        ["2024-03-02T06:00", "2024-03-05T09:00"],
        ["2024-03-02", "2024-03-05"],
    ),
}


@pytest.fixture(params=["Asia/Shanghai", "America/New_York"])
def process_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run in the office's zone, and in one whose clocks jumped on 10 March 2024."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_period_runs_exactly_once(name: str, process_zone: str, play: Play) -> None:
    """The clock scenarios: the turns taken, in order, in either zone of the process."""
    job, start, steps, expected = SCENARIOS[name]
    county = play(job, start=start)
    for step in steps:
        moment, _, how = step.partition(" ")
        county.now = at(moment)
        if how == "x":
            county.claim_and_die()
            continue
        county.look()
        if how == "2":
            county.look(owner="乙")

    assert os.environ["TZ"] == process_zone
    assert county.turns == expected
    assert set(county.states().values()) == {"done"}


def test_a_day_missed_is_written_down_and_passed_over(play: Play) -> None:
    """Every period stands in the list once; the latest is the one that works."""
    county = play(DAILY, MONTHLY | {"id": "copy", "work": "backup"}, start=MARCH)
    county.now = at("2024-05-12T09:00")
    county.look()
    with county.county.office.read() as connection:
        runs = job_runs(connection).sort("job_id", "period").group_by("job_id", maintain_order=True).len().rows()

    assert county.turns == ["2024-04", "2024-05-12"]
    assert runs == [("copy", 3), ("day", 72)]


def test_schedulers_that_take_turns_share_the_work(play: Play) -> None:
    """Two owners claim one after the other: every period has one owner."""
    county = play(MONTHLY, start="2024-02-01")
    county.now = at("2024-05-10T06:00")
    add_due_periods(county.county, now=county.now)
    while county.once("甲") | county.once("乙"):
        pass
    with county.county.office.read() as connection:
        runs = job_runs(connection).select("period", "owner").rows()

    assert county.turns == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert runs == [("2024-01", "甲"), ("2024-02", "乙"), ("2024-03", "甲"), ("2024-04", "乙")]


def test_a_worker_that_lost_its_claim_may_not_finish(play: Play, tmp_path: Path) -> None:
    """It slept past its lease; the one who took over is the one who counts."""
    county = play(MONTHLY, start="2024-03-01")
    county.now = at("2024-03-10T06:00")
    add_due_periods(county.county, now=county.now)
    within: list[str] = []

    def oversleep(_county: County, turn: Turn) -> str:
        county.now += dt.timedelta(hours=1)
        county.once("乙")
        within.append(turn.period)
        return "迟了"

    ran = run_next(county.county, doing=oversleep, owner="甲", clock=county.clock, backups=tmp_path)

    assert (within, county.turns, county.states()) == (["2024-02"], ["2024-02"], {"2024-02": "done"})
    assert ran is not None
    assert (ran.ok, "已由另一进程接管" in ran.sentence) == (False, True)


def test_a_work_that_cannot_be_done_is_tried_again_then_left_to_a_person(play: Play) -> None:
    """Soon at first, then daily for a month, as data may come late; then again when a person says so."""
    county = play(MONTHLY, start=MARCH)
    county.fails = {"2024-02"}
    tried = []
    for minutes in (0, 4, 5, 19, 20, 80, 320, 1040, *(1040 + 1440 * day for day in range(1, 40))):
        county.now = at("2024-03-10T06:00") + dt.timedelta(minutes=minutes)
        add_due_periods(county.county, now=county.now)
        if county.once():
            tried.append(minutes)
    given_up = county.states()["2024-02"]
    county.fails.clear()
    again = retry_given_up(county.county, now=county.now)
    county.look()
    with county.county.office.read() as connection:
        told = job_runs(connection).filter(period="2024-02")["sentence"].to_list()

    assert tried[:7] == [0, 5, 20, 80, 320, 1040, 2480]
    assert (len(told), set(told[:-1]), told[-1]) == (37, {"筛查：这个月没有收到任何数据。"}, "完成")
    assert (given_up, again, county.states()["2024-02"]) == ("given_up", 1, "done")


def test_what_nobody_foresaw_is_told_without_its_words(play: Play, tmp_path: Path) -> None:
    """An unforeseen error may speak of a person: only its kind is kept."""
    county = play(MONTHLY, start="2024-03-01")
    county.now = at("2024-03-10T06:00")
    add_due_periods(county.county, now=county.now)

    def stumble(_county: County, _turn: Turn) -> str:
        raise ValueError("张三")

    ran = run_next(county.county, doing=stumble, owner="甲", clock=county.clock, backups=tmp_path)

    assert ran is not None
    assert (ran.ok, ran.sentence) == (False, "程序：出现未预料的错误（ValueError）；将自动重试。")


def test_an_interrupted_work_is_handed_back(play: Play, tmp_path: Path) -> None:
    """Ctrl-C ends the process; the next one takes the period up at once, as its first attempt."""
    county = play(MONTHLY, start="2024-03-01")
    county.now = at("2024-03-10T06:00")
    add_due_periods(county.county, now=county.now)

    def interrupt(_county: County, _turn: Turn) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_next(county.county, doing=interrupt, owner="甲", clock=county.clock, backups=tmp_path)
    before = county.states()
    county.look()

    assert (before, county.states()) == ({"2024-02": "waiting"}, {"2024-02": "done"})


def test_a_clock_years_ahead_does_not_fill_the_store_at_once(play: Play) -> None:
    """So many periods at a time, oldest first; what was not done before the clock was set right waits for its day."""
    county = play(MONTHLY, start="2024-03-01")
    added = add_due_periods(county.county, now=at("2034-03-10T06:00"))
    put_right = add_due_periods(county.county, now=at("2024-03-10T06:00"))
    county.now = at("2024-03-10T06:00")
    county.look()

    assert (added.new, added.left, put_right.new) == (AT_ONCE, ("month",), 0)
    assert county.turns == ["2024-02"]


def test_a_clock_ahead_does_not_cost_a_period_its_day(play: Play) -> None:
    """What failed or was passed over before its day is done when the day comes."""
    county = play(MONTHLY, DAILY, start=MARCH)
    county.fails = {"2024-02", "2024-03"}
    county.now = at("2024-04-15T06:00")
    county.look()
    ahead = list(county.turns)
    county.fails.clear()
    for moment in ("2024-03-09T07:00", "2024-03-10T07:00", "2024-03-11T05:00", "2024-04-09T07:00", "2024-04-10T06:00"):
        county.now = at(moment)
        county.look()

    assert ahead == ["2024-04-15"]
    assert county.turns[1:] == ["2024-02", "2024-03-10", "2024-04-09", "2024-03", "2024-04-10"]


def test_an_early_job_is_done_as_soon_as_all_is_in(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before, at the latest on its day, and only once."""
    county = play(MONTHLY | {"early": True}, start="2024-03-01")
    complete = {"2024-02": False}
    monkeypatch.setattr("fangpin.pipeline.jobs.is_complete", lambda _county, month: complete.get(str(month), False))
    seen = []
    for day, arrived in ((4, False), (5, True), (6, True), (10, True)):
        complete["2024-02"] = arrived
        county.now = at(f"2024-03-{day:02d}T09:00")
        county.look()
        seen.append(len(county.turns))
    county.now = at("2024-04-10T06:00")
    county.look()

    assert (seen, county.turns) == ([0, 1, 1, 1], ["2024-02", "2024-03"])


def test_a_year_nobody_knows_is_told_where_working_days_count(play: Play) -> None:
    """Only when the county counts working days, and until it declares the year's days."""
    told = tuple(DayOverride(on=dt.date(year, 2, 2), working=True, document="国办") for year in (2030, 2031))
    counted = play(WORKING, start="2030-12-20")
    settled = play(WORKING, start="2030-12-20", days=told)

    assert [sentence[:5] for sentence in doubts(counted.county, now=counted.now)] == ["2030年", "2031年"]
    assert doubts(settled.county, now=settled.now) == ()
