"""What is due: written down once, claimed by one, taken over when its worker is gone, finished by who holds it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import text

from fangpin.errors import Busy
from fangpin.store.due import (
    Claim,
    Patience,
    add_due,
    claim,
    dues,
    fail,
    finish,
    hand_back,
    job_runs,
    last_due,
    mend_clock,
    renew,
    try_again,
)
from fangpin.store.leader import lead
from fangpin.store.office import Office, open_office
from fangpin.tasks.duedays import DuePeriod

NOW = dt.datetime(2024, 3, 10, 6, 0, tzinfo=dt.UTC)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
PATIENCE = Patience(lease=10 * MINUTE, waits=(HOUR, DAY))
JOBS = ("pull", "screen")


def _add(office: Office, job_id: str, period: str, *, due_at: dt.datetime = NOW) -> bool:
    with office.write() as connection:
        return add_due(connection, DuePeriod(due_at, job_id, period))


def _claim(office: Office, *, now: dt.datetime = NOW, owner: str = "甲") -> Claim | None:
    with office.write() as connection:
        return claim(connection, jobs=JOBS, owner=owner, now=now, patience=PATIENCE)


def _taken(office: Office, *, now: dt.datetime = NOW, owner: str = "甲") -> Claim:
    taken = _claim(office, now=now, owner=owner)
    assert taken is not None
    return taken


def _finish(office: Office, taken: Claim) -> bool:
    with office.write() as connection:
        return finish(connection, taken, now=NOW, sentence="完成")


def _fail(office: Office, taken: Claim, *, now: dt.datetime = NOW) -> bool:
    with office.write() as connection:
        return fail(connection, taken, now=now, sentence="失败", patience=PATIENCE)


def _states(office: Office) -> dict[tuple[str, str], str]:
    with office.read() as connection:
        return {(row["job_id"], row["period"]): row["state"] for row in dues(connection).to_dicts()}


def test_a_period_is_due_once(office: Office) -> None:
    """Writing it down again changes nothing, done or not."""
    first = [_add(office, "pull", "2024-02"), _add(office, "pull", "2024-02")]
    _finish(office, _taken(office))
    again = _add(office, "pull", "2024-02", due_at=NOW + DAY)

    assert ([*first, again], _states(office)) == ([True, False, False], {("pull", "2024-02"): "done"})
    with office.read() as connection:
        assert last_due(connection, "pull") == NOW


def test_the_longest_due_comes_first_then_the_declared_order(office: Office) -> None:
    """Of the same moment, pulling comes before screening; a job no longer declared is left alone."""
    _add(office, "screen", "2024-02")
    _add(office, "pull", "2024-02")
    _add(office, "screen", "2024-01", due_at=NOW - DAY)
    _add(office, "gone", "2024-01", due_at=NOW - DAY)
    order = [(taken.job_id, taken.period) for _ in range(3) if (taken := _taken(office))]

    assert order == [("screen", "2024-01"), ("pull", "2024-02"), ("screen", "2024-02")]
    assert _claim(office) is None


def test_nothing_is_claimed_before_its_moment(office: Office) -> None:
    """A second early is too early."""
    _add(office, "pull", "2024-02")

    assert _claim(office, now=NOW - dt.timedelta(seconds=1)) is None


def test_a_claimed_period_is_nobody_elses_until_its_lease_is_over(office: Office) -> None:
    """The second worker gets it with a higher fence; the first can neither renew, finish nor fail it."""
    _add(office, "pull", "2024-02")
    first = _taken(office, owner="甲")
    too_soon = _claim(office, now=NOW + 10 * MINUTE - dt.timedelta(seconds=1), owner="乙")
    second = _taken(office, now=NOW + 10 * MINUTE, owner="乙")
    with office.write() as connection:
        renewed = renew(connection, first, now=NOW, patience=PATIENCE)
    late = [renewed, _finish(office, first), _fail(office, first)]
    done = _finish(office, second)
    with office.read() as connection:
        runs = job_runs(connection).select("fence", "owner", "ok").rows()

    assert (too_soon, second.fence, second.attempt) == (None, first.fence + 1, 2)
    assert (late, done) == ([False, False, False], True)
    assert runs == [(1, "甲", 0), (2, "乙", 1)]


def test_a_sign_of_life_keeps_the_claim(office: Office) -> None:
    """A renewed lease counts from its renewal."""
    _add(office, "pull", "2024-02")
    taken = _taken(office)
    with office.write() as connection:
        renewed = renew(connection, taken, now=NOW + 9 * MINUTE, patience=PATIENCE)

    assert (renewed, _claim(office, now=NOW + 15 * MINUTE)) == (True, None)
    assert _claim(office, now=NOW + 19 * MINUTE) is not None


def test_a_failed_period_waits_longer_each_time_and_is_given_up(office: Office) -> None:
    """After the last wait it stays for a person, who may have it tried again."""
    _add(office, "pull", "2024-02")
    moments = [NOW, NOW + HOUR, NOW + HOUR + DAY]
    for moment in moments:
        assert _claim(office, now=moment - dt.timedelta(seconds=1)) is None
        _fail(office, _taken(office, now=moment), now=moment)
    given_up = _states(office)
    never = _claim(office, now=NOW + 365 * DAY)
    with office.write() as connection:
        again = try_again(connection, now=NOW)

    assert (given_up, never, again) == ({("pull", "2024-02"): "given_up"}, None, 1)
    assert _taken(office).attempt == 1


def test_a_period_that_kills_its_worker_is_given_up(office: Office) -> None:
    """Claims without an end count as attempts."""
    _add(office, "pull", "2024-02")
    for n in range(3):
        _taken(office, now=NOW + n * HOUR)

    assert _claim(office, now=NOW + DAY) is None
    assert _states(office) == {("pull", "2024-02"): "given_up"}


def test_a_claim_handed_back_costs_no_attempt(office: Office) -> None:
    """Whoever comes next takes it up at once."""
    _add(office, "pull", "2024-02")
    taken = _taken(office)
    with office.write() as connection:
        hand_back(connection, taken, now=NOW, sentence="停止")

    assert (_taken(office).attempt, _states(office)) == (1, {("pull", "2024-02"): "claimed"})


def test_what_a_clock_that_was_ahead_left_is_mended(office: Office) -> None:
    """Work not done waits for its own day, a wait that is too long is over, a lease from the future holds nothing."""
    year = 365 * DAY
    _add(office, "screen", "2025-02", due_at=NOW + year)
    for n in range(3):
        moment = NOW + year + n * 2 * DAY
        _fail(office, _taken(office, now=moment), now=moment)
    _add(office, "pull", "2024-02")
    _fail(office, _taken(office, now=NOW + year), now=NOW + year)
    _add(office, "pull", "2024-01")
    _taken(office, now=NOW + year)
    with office.write() as connection:
        mend_clock(connection, now=NOW, patience=PATIENCE)
        told = {(r["job_id"], r["period"]): (r["state"], r["next_try_at"]) for r in dues(connection).to_dicts()}

    assert told["screen", "2025-02"] == ("waiting", NOW + year)
    assert told["pull", "2024-02"] == ("failed", NOW)
    assert [_taken(office).period, _taken(office).period] == ["2024-01", "2024-02"]


def test_there_is_one_scheduler(office: Office, tmp_path: Path) -> None:
    """The second is told so, in another folder too when the store is shared; the lock ends with its holder."""
    elsewhere = tmp_path / "elsewhere.lock"
    with lead(office, tmp_path / "scheduler.lock") as leader:
        leader.require()
        with pytest.raises(Busy, match="另一个 fangpin schedule"), lead(office, tmp_path / "scheduler.lock"):
            pass
        if office.engine.dialect.name == "postgresql":
            with pytest.raises(Busy, match="另一个 fangpin schedule"), lead(office, elsewhere):
                pass
    with lead(office, tmp_path / "scheduler.lock"):
        pass


def test_a_scheduler_that_lost_its_lock_is_told(postgresql_url: str, tmp_path: Path) -> None:
    """When the server ends the session, the lock is gone: work may not go on."""
    office = open_office(postgresql_url)
    with lead(office, tmp_path / "scheduler.lock") as leader:
        with office.write() as connection:
            others = (
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()"
                " and database = (select oid from pg_database where datname = current_database())"
            )
            connection.execute(text(others))
        with pytest.raises(Busy, match="连接中断"):
            leader.require()
    office.close()
