"""The scheduler: wakes up each minute and at the jobs' own times, and has the pipeline do what is due.

Floor 5. It knows no work and keeps no times: what is due stands in the office store, and APScheduler, in memory, only
wakes us. One process a county leads; works are done one at a time.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from fangpin.errors import FangpinError
from fangpin.pipeline.county import County
from fangpin.pipeline.jobs import Clock, Doing, add_due_periods, run_next
from fangpin.store.leader import Leader, lead
from fangpin.tasks.duedays import ZONE

_EVERY_SECONDS: Final = 60
_NICENESS: Final = 10
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

Told = Callable[[str], None]
"""Told each thing that happened, in one line."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A county's schedule: what does its works, its clock, where copies go, whom to tell, whether it shall end."""

    county: County
    doing: Doing
    clock: Clock
    backups: Path
    tell: Told
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    stopping: threading.Event = field(default_factory=threading.Event)

    def look(self, leader: Leader) -> tuple[int, bool]:
        """Do everything that is due now, one work after the other; return how many works, and whether more is left.

        Raises: Busy when the lock was lost.
        """
        done = 0
        while not self.stopping.is_set():
            added = add_due_periods(self.county, now=self.clock())
            ran = self._do_all(leader)
            done += ran
            if added.left:
                self.tell(f"! {'、'.join(added.left)} 积压较多，已办一批，其余接着办；如时钟有误请先校时")
                return done, True
            if not ran:
                break
        return done, False

    def _do_all(self, leader: Leader) -> int:
        """Do what has been written down as due, and return how many works that were."""
        done = passed_over = 0
        while not self.stopping.is_set():
            leader.require()
            ran = run_next(self.county, doing=self.doing, owner=self.owner, clock=self.clock, backups=self.backups)
            if ran is None:
                break
            passed_over += ran.passed_over
            if not ran.passed_over:
                done += 1
                self.tell(f"{'✓' if ran.ok else '✗'} {ran.job_id} {ran.period}：{ran.sentence}")
        if passed_over:
            self.tell(f"! 错过的 {passed_over} 期由各任务最近一次一并办理")
        return done


def run_once(schedule: Schedule) -> int:
    """Do everything that is due now, and return how many works that were.

    Raises: Busy while another scheduler of the county runs.
    """
    with lead(schedule.county.office, _lock(schedule)) as leader:
        done, left = schedule.look(leader)
        while left:
            more, left = schedule.look(leader)
            done += more
        return done


def run_on(schedule: Schedule) -> None:
    """Go on until told to stop (SIGTERM, SIGINT): the work under way is finished, nothing new is begun.

    A second signal ends the process at once; the next scheduler takes the work up when its lease is over.
    Raises: Busy while another scheduler of the county runs, and when the lock was lost.
    """
    os.nice(_NICENESS)
    with lead(schedule.county.office, _lock(schedule)) as leader:
        before = {number: signal.signal(number, _stopper(schedule)) for number in _SIGNALS}
        failure: list[FangpinError] = []
        waker = _waker(schedule, lambda: _look(schedule, leader, failure))
        waker.start()
        try:
            schedule.stopping.wait()
        finally:
            waker.shutdown(wait=True)
            for number, handler in before.items():
                signal.signal(number, handler)
        if failure:
            raise failure[0]


def _lock(schedule: Schedule) -> Path:
    return schedule.county.home / "scheduler.lock"


def _stopper(schedule: Schedule) -> Callable[..., None]:
    def stop(*_: object) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        schedule.stopping.set()

    return stop


def _look(schedule: Schedule, leader: Leader, failure: list[FangpinError]) -> None:
    """Look what is due; without the lock the schedule ends, any other trouble with the store passes."""
    try:
        leader.require()
    except FangpinError as exc:
        failure.append(exc)
        schedule.stopping.set()
        return
    try:
        schedule.look(leader)
    except FangpinError as exc:
        schedule.tell(f"✗ {exc.sentence}")


def _waker(schedule: Schedule, look: Callable[[], None]) -> BackgroundScheduler:
    """Return what wakes us: at once, each minute, and at each job's hour; a missed waking is made up by one."""
    waker = BackgroundScheduler(
        timezone=ZONE,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )
    each_minute = IntervalTrigger(seconds=_EVERY_SECONDS, timezone=ZONE)
    waker.add_job(look, each_minute, id="minute", next_run_time=dt.datetime.now(ZONE))
    for at in sorted({job.at for job in schedule.county.declared.site.jobs}):
        waker.add_job(look, CronTrigger(hour=at.hour, minute=at.minute, second=at.second, timezone=ZONE), id=f"at {at}")
    return waker
