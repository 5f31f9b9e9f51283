"""The county's schedule: which periods of its jobs are due, and doing them one at a time, each exactly once.

Floor 4. A period that is due is written down before anything is done, claimed with a lease, and marked done by who
holds the claim. Whatever happens between, the next look finds it: a missed hour, a restart, a clock that jumped.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from fangpin.config.site_models import Job, Work
from fangpin.errors import Busy, FangpinError
from fangpin.pipeline.county import County
from fangpin.pipeline.lateness import is_complete
from fangpin.store.due import (
    PASSED_OVER,
    Claim,
    Patience,
    add_due,
    claim,
    county_since,
    fail,
    finish,
    hand_back,
    last_due,
    mend_clock,
    renew,
    try_again,
)
from fangpin.tasks.duedays import DuePeriod, due_periods, is_overtaken, month_of, next_due, office_day
from fangpin.tasks.workdays import WorkDays, workdays_of
from fangpin.types import Period

Clock = Callable[[], dt.datetime]

_MINUTE: Final = dt.timedelta(minutes=1)
PATIENCE: Final = Patience(
    lease=10 * _MINUTE,
    waits=tuple(_MINUTE * n for n in (5, 15, 60, 4 * 60, 12 * 60, *[24 * 60] * 30)),  # for a month: data may come late
)
_OF_THE_MOMENT: Final = (Work.REMIND, Work.REBUILD_CHECK, Work.BACKUP)  # of a month or a day, what counts is today
AT_ONCE: Final = 36
"""How many periods of one job are written down at once: a clock years ahead must not fill the store."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One attempt at one period of a job: when, whether the job's next period is due already, where copies go."""

    job: Job
    period: str
    now: dt.datetime
    overtaken: bool
    backups: Path

    @property
    def month(self) -> Period:
        """The month the work is about."""
        return month_of(self.job, self.period)


Doing = Callable[[County, Turn], str]
"""Does a turn and returns the sentence that says what came of it; an error says why it did not."""


@dataclass(frozen=True, slots=True)
class Added:
    """How many periods were written down as due, and the jobs of which more are left for the next look."""

    new: int
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """An attempt at a due period: whether it is done, its sentence; ``passed_over`` had nothing left to do."""

    job_id: str
    period: str
    ok: bool
    sentence: str
    passed_over: bool = False


def add_due_periods(county: County, *, now: dt.datetime) -> Added:
    """Write down every period of the site's jobs that has become due since the county was set up.

    A job marked ``early`` is due as soon as every extract expected for its month is in effect.
    """
    jobs, days = county.declared.site.jobs, workdays_of(county.declared.site.days)
    with county.office.read() as connection:
        start = county_since(connection) or now
        last = {job.id: last_due(connection, job.id) or start for job in jobs}
    wanted: list[DuePeriod] = []
    left = []
    for job in jobs:
        found = list(islice(due_periods(job, since=max(start, last[job.id]), until=now, days=days), AT_ONCE + 1))
        wanted += found[:AT_ONCE]
        if len(found) > AT_ONCE:
            left.append(job.id)
        else:
            wanted += _early(county, job, now=now, days=days)
    with county.office.write() as connection:
        new = sum(add_due(connection, due) for due in wanted)
        mend_clock(connection, now=now, patience=PATIENCE)
    return Added(new, tuple(left))


def run_next(
    county: County, *, doing: Doing, owner: str, clock: Clock, backups: Path, patience: Patience = PATIENCE
) -> Ran | None:
    """Do the period that has been due longest and return what came of it; None when nothing waits.

    An error is the attempt's result, not this function's. An interrupted work is handed back for the next who looks. A
    day whose next day is due too is passed over: doing today's does for both.
    """
    now = clock()
    jobs = {job.id: job for job in county.declared.site.jobs}
    with county.office.write() as connection:
        taken = claim(connection, jobs=tuple(jobs), owner=owner, now=now, patience=patience)
    if taken is None:
        return None
    job = jobs[taken.job_id]
    foreign = (len(taken.period) > len("2024-03")) != (job.every == "day")  # the job's rhythm was declared anew since
    overtaken = foreign or is_overtaken(job, taken.period, now=now, days=workdays_of(county.declared.site.days))
    if foreign or (overtaken and (job.every == "day" or job.work in _OF_THE_MOMENT)):
        with county.office.write() as connection:
            finish(connection, taken, now=now, sentence=PASSED_OVER)
        return Ran(job.id, taken.period, ok=True, sentence=PASSED_OVER, passed_over=True)
    try:
        with _alive(county, taken, clock=clock, patience=patience):
            ok, sentence = _attempt(county, Turn(job, taken.period, now, overtaken, backups), doing)
    except BaseException:
        with county.office.write() as connection:
            hand_back(connection, taken, now=clock(), sentence="执行被中止，待继续")
        raise
    with county.office.write() as connection:
        if ok:
            held = finish(connection, taken, now=clock(), sentence=sentence)
        else:
            held = fail(connection, taken, now=clock(), sentence=sentence, patience=patience)
    told = sentence if held else f"{sentence}（已由另一进程接管，以其结果为准）"
    return Ran(job.id, taken.period, ok and held, told)


def retry_given_up(county: County, *, now: dt.datetime) -> int:
    """Let every period that was given up be tried again, and return how many there were."""
    with county.office.write() as connection:
        return try_again(connection, now=now)


def doubts(county: County, *, now: dt.datetime) -> tuple[str, ...]:
    """Return a sentence for each year that matters now and whose make-up days nobody has told yet."""
    if not _counts_working_days(county):
        return ()
    days, today = workdays_of(county.declared.site.days), office_day(now)
    years = sorted({today.year, (today + dt.timedelta(days=31)).year})
    return tuple(sentence for year in years if (sentence := days.doubt(year)))


def _counts_working_days(county: County) -> bool:
    site, sources = county.declared.site, county.declared.sources.values()
    kinds = {site.verification.day_type, *(j.day_type for j in site.jobs), *(s.cadence.day_type for s in sources)}
    return "working" in kinds


def _early(county: County, job: Job, *, now: dt.datetime, days: WorkDays) -> Iterator[DuePeriod]:
    """Return the months of a job that need not wait for their day, due now."""
    if not job.early or job.every != "month":
        return
    today = office_day(now)
    month = month_of(job, next_due(job, after=now, days=days).period)
    while month <= Period(today.year, today.month) and is_complete(county, month):
        yield DuePeriod(now, job.id, str(month))
        month = month.back(-1)


def _attempt(county: County, turn: Turn, doing: Doing) -> tuple[bool, str]:
    """Return whether a turn went well, and its sentence; what nobody foresaw is named by its kind only."""
    try:
        return True, doing(county, turn)
    except FangpinError as exc:
        return False, exc.sentence
    except Exception as exc:  # noqa: BLE001 - one job's failure must not end the schedule
        return False, f"程序：出现未预料的错误（{type(exc).__name__}）；将自动重试。"


@contextmanager
def _alive(county: County, taken: Claim, *, clock: Clock, patience: Patience) -> Iterator[None]:
    """Give signs of life for a claim while its work runs."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(patience.lease.total_seconds() / 5):
            try:
                with county.office.write() as connection:
                    renew(connection, taken, now=clock(), patience=patience)
            except Busy:
                continue  # somebody writes for long; the lease is five beats long

    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield
    finally:
        over.set()
        heart.join()
