"""The scheduler: one a county, ended between two works, and never left without its lock unnoticed."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fangpin.config.loader import load
from fangpin.config.site_models import Job
from fangpin.errors import Busy
from fangpin.pipeline.county import County
from fangpin.pipeline.jobs import Turn
from fangpin.scheduler import Schedule, run_on, run_once
from fangpin.store.county import claim_county
from fangpin.store.due import dues
from fangpin.store.files import Originals
from fangpin.store.leader import lead
from fangpin.store.office import Office, open_office
from fangpin.store.warehouse import Warehouse
from fangpin.tasks.duedays import ZONE

START = dt.datetime(2024, 3, 1, 7, 0, tzinfo=ZONE)
NOW = dt.datetime(2024, 4, 20, 7, 0, tzinfo=ZONE)
MONTHLY = Job.model_validate({"id": "month", "work": "screen", "day": 10})
DAILY = Job.model_validate({"id": "day", "work": "pull", "every": "day"})


@pytest.fixture
def county(sqlite_template: Path, tmp_path: Path) -> Iterator[County]:
    """Set a county up with one monthly job of which two months are due."""
    shutil.copyfile(sqlite_template, tmp_path / "office.db")
    office = open_office(f"sqlite:///{tmp_path}/office.db")
    with office.write() as connection:
        claim_county(connection, "huaxi", now=START)
    told = load("huaxi")
    told = replace(told, site=told.site.model_copy(update={"jobs": (MONTHLY,)}))
    yield County(tmp_path, told, office, Originals(tmp_path / "originals"), Warehouse(tmp_path / "warehouse"))
    office.close()


def states(office: Office) -> dict[str, str]:
    """Return the state of every due period."""
    with office.read() as connection:
        return dict(dues(connection).sort("period").select("period", "state").iter_rows())


def schedule_of(county: County, turns: list[str], lines: list[str]) -> Schedule:
    """Return a schedule that notes its turns and what it tells."""

    def note(_county: County, turn: Turn) -> str:
        turns.append(turn.period)
        return "完成"

    return Schedule(county, note, lambda: NOW, county.home / "backups", lines.append)


def test_once_does_what_is_due_and_ends(county: County) -> None:
    """Each period in one line; a second time there is nothing to do."""
    turns: list[str] = []
    lines: list[str] = []
    schedule = schedule_of(county, turns, lines)

    done = [run_once(schedule), run_once(schedule)]

    assert (done, turns) == ([2, 0], ["2024-02", "2024-03"])
    assert lines == ["✓ month 2024-02：完成", "✓ month 2024-03：完成"]


def test_missed_days_are_done_by_the_latest(county: County) -> None:
    """So many at a time, with one line for what was missed; only the last day of each batch is worth a work."""
    turns: list[str] = []
    lines: list[str] = []
    site = county.declared.site.model_copy(update={"jobs": (DAILY,)})
    daily = replace(county, declared=replace(county.declared, site=site))

    done = run_once(schedule_of(daily, turns, lines))

    assert (done, turns) == (1, ["2024-04-20"])
    assert lines == [
        "! 错过的 36 期由各任务最近一次一并办理",
        "! day 积压较多，已办一批，其余接着办；如时钟有误请先校时",
        "✓ day 2024-04-20：完成",
        "! 错过的 13 期由各任务最近一次一并办理",
    ]
    assert (len(states(county.office)), set(states(county.office).values())) == (50, {"done"})


def test_a_second_scheduler_ends_with_a_sentence(county: County) -> None:
    """Neither once nor for good."""
    schedule = schedule_of(county, [], [])
    with lead(county.office, county.home / "scheduler.lock"):
        for run in (run_once, run_on):
            with pytest.raises(Busy, match="另一个 fangpin schedule 正在运行"):
                run(schedule)


def test_told_to_stop_it_ends_after_the_work_under_way(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM: the first month is done, the second stays for the next scheduler, the handlers are as before."""
    monkeypatch.setattr(os, "nice", lambda _: 0)  # the tests go on after this one
    turns: list[str] = []
    before = signal.getsignal(signal.SIGTERM)

    def stopped(_county: County, turn: Turn) -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        while not schedule.stopping.is_set():
            time.sleep(0.01)
        turns.append(turn.period)
        return "完成"

    schedule = replace(schedule_of(county, turns, []), doing=stopped)
    run_on(schedule)

    assert (turns, states(county.office)) == (["2024-02"], {"2024-02": "done", "2024-03": "waiting"})
    assert signal.getsignal(signal.SIGTERM) is before


def test_without_its_lock_it_begins_nothing(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock lost is the end of the schedule, in a sentence."""
    monkeypatch.setattr(os, "nice", lambda _: 0)
    turns: list[str] = []

    class Lost:
        def require(self) -> None:
            raise Busy("定时任务", "与办公库的连接中断", action="请重新启动")

    @contextmanager
    def lose(_office: Office, _lock: Path) -> Iterator[Lost]:
        yield Lost()

    monkeypatch.setattr("fangpin.scheduler.lead", lose)
    with pytest.raises(Busy, match="连接中断"):
        run_on(schedule_of(county, turns, []))

    assert turns == []


def test_a_store_that_is_busy_does_not_end_the_schedule(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trouble is told; the next minute looks again."""
    monkeypatch.setattr(os, "nice", lambda _: 0)
    lines: list[str] = []
    schedule = schedule_of(county, [], lines)

    def busy(_county: County, *, now: dt.datetime) -> None:
        threading.Timer(0.1, schedule.stopping.set).start()
        raise Busy("办公库", f"另一进程正在写入（{now:%H}）", action="请稍后重试")

    monkeypatch.setattr("fangpin.scheduler.add_due_periods", busy)
    run_on(schedule)

    assert lines == ["✗ 办公库：另一进程正在写入（07）；请稍后重试。"]
