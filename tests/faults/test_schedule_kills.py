"""Power cuts in the schedule: killed between claim and done, every period is done once and its effect is there once.

``make faults`` runs fifty kills, the test suite a few (FANGPIN_KILLS). Each trial starts two schedulers by mistake and
kills both; the next trial is the next month.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from fangpin.config.site_models import Job
from fangpin.errors import Busy
from fangpin.pipeline.county import County, create_county, open_county
from fangpin.pipeline.jobs import Turn
from fangpin.scheduler import Schedule, run_once
from fangpin.store.due import dues, job_runs
from fangpin.tasks.duedays import ZONE
from fangpin.types import Period

KILLS = int(os.environ.get("FANGPIN_KILLS", "2"))
SEED = int(os.environ.get("FANGPIN_KILLS_SEED", "2024"))
SETUP = Period(2024, 1)
JOBS = tuple(Job.model_validate({"id": i, "work": "screen", "day": 10}) for i in ("first", "second", "third"))
WORK_SECONDS = 0.03


def noon(month: int) -> dt.datetime:
    """Return noon of the tenth, so many months after the county was set up."""
    period = SETUP.back(-month)
    return dt.datetime(period.year, period.month, 10, 12, 0, tzinfo=ZONE)


def county_at(home: Path) -> County:
    """Open the county with the jobs of this test."""
    county = open_county(home, office_url=None)
    site = county.declared.site.model_copy(update={"jobs": JOBS})
    return replace(county, declared=replace(county.declared, site=site))


def effect(county: County, turn: Turn) -> str:
    """Write one row keyed by job and period, and one line for the attempt, with time to be killed around both."""
    with closing(sqlite3.connect(county.home / "effects.db", timeout=10)) as effects:
        for statement in ("insert into attempt values (?, ?)", "insert or ignore into effect values (?, ?)"):
            time.sleep(WORK_SECONDS)
            with effects:
                effects.execute(statement, (turn.job.id, turn.period))
    time.sleep(WORK_SECONDS)
    return "完成"


def schedule(home: Path, month: int) -> None:
    """Run what is due in a month, as a scheduler's process does."""
    county = county_at(home)
    print("ready", flush=True)
    run_once(Schedule(county, effect, lambda: noon(month), home / "backups", print))


def start(home: Path, month: int) -> subprocess.Popen[str]:
    """Start a scheduler's process and return it when it is about to begin."""
    command = [sys.executable, __file__, str(home), str(month)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_at_any_moment_every_period_is_done_once(tmp_path: Path) -> None:
    """Two schedulers a month, SIGKILLed at a random moment: nothing is lost, nothing is done twice."""
    home = tmp_path / "home"
    create_county(home, "huaxi", office_url=None, now=noon(0)).close()
    with closing(sqlite3.connect(home / "effects.db")) as effects, effects:
        effects.execute("create table effect (job text, period text, primary key (job, period))")
        effects.execute("create table attempt (job text, period text)")
    draw = random.Random(SEED)  # noqa: S311 - chooses a moment, guards nothing
    for trial in range(1, KILLS + 1):
        both = [start(home, trial) for _ in range(2)]
        for process in both:
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(draw.uniform(0, len(JOBS) * 4 * WORK_SECONDS))
        for process in both:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    county = county_at(home)
    run_once(Schedule(county, effect, lambda: noon(KILLS + 1), home / "backups", print))
    with county.office.read() as connection:
        states = {(r["job_id"], r["period"]): r["state"] for r in dues(connection).to_dicts()}
        runs = job_runs(connection)
    county.close()
    with closing(sqlite3.connect(home / "effects.db")) as effects:
        done = sorted(effects.execute("select job, period from effect").fetchall())
        attempts = Counter(effects.execute("select job, period from attempt").fetchall())
    killed = runs.filter(runs["ok"].is_null()).height
    print(f"{KILLS} kills, {killed} of them between claim and done; works done again: {attempts.total() - len(done)}")

    expected = sorted((job.id, str(SETUP.back(1 - month))) for job in JOBS for month in range(1, KILLS + 2))
    finished = runs.filter(runs["ok"] == 1).select("job_id", "period").rows()
    assert done == expected
    assert states == dict.fromkeys(expected, "done")
    assert sorted(finished) == expected


if __name__ == "__main__":
    try:
        schedule(Path(sys.argv[1]), int(sys.argv[2]))
    except Busy:
        sys.exit(Busy.exit_code)
