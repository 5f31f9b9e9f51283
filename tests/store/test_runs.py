"""A published run and its leads: new, changed, unchanged, withdrawn, and what the tasks hear of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select

from fangpin.errors import NotFound
from fangpin.store.leads import LeadChanges, leads_of
from fangpin.store.office import Office
from fangpin.store.runs import current_run, previous_run, publish_run, published_runs, start_run
from fangpin.store.schema import Run, RunState, TaskEvent
from fangpin.store.tasks import tasks_of
from fangpin.tasks.actions import dispatch
from fangpin.types import Period

NOW = dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC)
JANUARY = Period(2024, 1)
DUE_ON = dt.date(2024, 2, 8)


def _states(office: Office, period: Period = JANUARY) -> dict[str, str]:
    with office.read() as connection:
        return dict(leads_of(connection, period).select("household_no", "state").iter_rows())


def _events(office: Office) -> list[tuple[Any, ...]]:
    columns = (TaskEvent.task_id, TaskEvent.event, TaskEvent.from_state, TaskEvent.to_state)
    with office.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(TaskEvent.event_id))]


def _dispatch(office: Office, period: Period = JANUARY) -> None:
    dispatch(office, period, due_on=DUE_ON, now=NOW, by="县办")


def test_the_first_run_makes_leads(office: Office, lead_rows: Any, publish: Any) -> None:
    """Every household a first run names has an open lead."""
    changes = publish(office, "2024-01", lead_rows("H1", "H2"), run_id="r1")

    assert LeadChanges(new=2, changed=0, unchanged=0, withdrawn=0) == changes
    assert _states(office) == {"H1": "open", "H2": "open"}


def test_publishing_again_changes_nothing(office: Office, lead_rows: Any, publish: Any) -> None:
    """The same run with the same leads leaves every row as it is."""
    publish(office, "2024-01", lead_rows("H1", "H2"), run_id="r1")
    with office.read() as connection:
        before = leads_of(connection, JANUARY)
    changes = publish(office, "2024-01", lead_rows("H2", "H1"), run_id="r1")
    with office.read() as connection:
        after = leads_of(connection, JANUARY)

    assert LeadChanges(new=0, changed=0, unchanged=2, withdrawn=0) == changes
    assert before.equals(after)


def test_a_later_run_is_compared(office: Office, lead_rows: Any, publish: Any) -> None:
    """A later run of the month adds, changes and withdraws; what it repeats keeps its first run."""
    publish(office, "2024-01", lead_rows("H1", "H2", "H3"), run_id="r1")
    later = pl.concat([lead_rows("H1"), lead_rows("H2", grade="green"), lead_rows("H4")])
    changes = publish(office, "2024-01", later, run_id="r2")
    with office.read() as connection:
        kept = leads_of(connection, JANUARY).select("household_no", "grade", "run_id", "state").rows()

    assert LeadChanges(new=1, changed=1, unchanged=1, withdrawn=1) == changes
    assert kept == [
        ("H1", "red", "r1", "open"),
        ("H2", "green", "r2", "open"),
        ("H3", "red", "r1", "withdrawn"),
        ("H4", "red", "r2", "open"),
    ]


@pytest.mark.parametrize(
    "differing",
    [
        {"township": "柳河乡"},
        {"village": None},
        {"kinds": ["dropout", "water"]},
        {"sentence": "另一句。"},
        {"score": 2.0},
    ],
)
def test_any_content_counts_as_a_change(
    office: Office, lead_rows: Any, publish: Any, differing: dict[str, Any]
) -> None:
    """Place, kinds, sentence and score are all compared; an unknown place is not the same as a known one."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    changes = publish(office, "2024-01", lead_rows("H1", **differing), run_id="r2")

    assert LeadChanges(new=0, changed=1, unchanged=0, withdrawn=0) == changes


def test_the_later_run_is_current(office: Office, lead_rows: Any, publish: Any) -> None:
    """Of two published runs of a month the later one is current, also when the first is published again."""
    current = []
    for run_id in ("r1", "r2", "r1"):
        publish(office, "2024-01", lead_rows("H1"), run_id=run_id)
        with office.read() as connection:
            run = current_run(connection, JANUARY)
            assert run is not None
            current.append((run["run_id"], run["pins"], run["path"]))
    with office.read() as connection:
        states = {row.run_id: row.state for row in connection.execute(select(Run.run_id, Run.state))}

    assert [(r, {"batches": [r]}, f"runs/{r}") for r in ("r1", "r2", "r1")] == current
    assert states == {"r1": "published", "r2": "replaced"}


def test_a_month_without_a_run_has_none(office: Office) -> None:
    """A run that only started is not current."""
    with office.write() as connection:
        started = [start_run(connection, "r1", period=JANUARY, pins={}, now=NOW) for _ in range(2)]
        current = current_run(connection, JANUARY)

    assert started == [RunState.STARTED, RunState.STARTED]
    assert current is None


def test_a_run_must_have_started(office: Office, lead_rows: Any) -> None:
    """A run nobody started cannot be published."""
    with pytest.raises(NotFound, match="r9"), office.write() as connection:
        publish_run(connection, "r9", digest="d", path="p", leads=lead_rows("H1"), now=NOW, by="系统")


def test_no_leads_withdraw_all(office: Office, lead_rows: Any, publish: Any) -> None:
    """A run that finds nothing withdraws what stood, and says so once."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    changes = [publish(office, "2024-01", lead_rows(), run_id=run_id) for run_id in ("r2", "r3")]

    assert [change.withdrawn for change in changes] == [1, 0]
    assert _states(office) == {"H1": "withdrawn"}


def test_a_task_without_leads_closes(office: Office, lead_rows: Any, publish: Any) -> None:
    """When its only lead is withdrawn, an open task closes with an event; it is not deleted."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    _dispatch(office)
    publish(office, "2024-01", lead_rows(), run_id="r2")
    with office.read() as connection:
        task = tasks_of(connection).select("task_id", "state", "closed_by").row(0)

    assert task == ("2024-01:H1", "closed", "系统")
    assert _events(office) == [
        ("2024-01:H1", "dispatched", None, "dispatched"),
        ("2024-01:H1", "all_withdrawn", "dispatched", "closed"),
    ]


def test_a_task_with_another_lead_stays_open(office: Office, lead_rows: Any, publish: Any) -> None:
    """When one of two leads is withdrawn, the task only notes it."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    _dispatch(office)
    publish(office, "2024-02", lead_rows("H1"), run_id="r2")
    _dispatch(office, Period(2024, 2))
    publish(office, "2024-01", lead_rows(), run_id="r3")

    assert _events(office)[-1] == ("2024-01:H1", "lead_withdrawn", "dispatched", "dispatched")


def test_a_lead_that_is_back_rejoins_its_open_task(office: Office, lead_rows: Any, publish: Any) -> None:
    """A lead withdrawn and found again is on its task again, each time with an event."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    _dispatch(office)
    publish(office, "2024-02", lead_rows("H1"), run_id="r2")
    _dispatch(office, Period(2024, 2))
    for leads, run_id in ((lead_rows(), "r3"), (lead_rows("H1"), "r1"), (lead_rows(), "r3"), (lead_rows("H1"), "r1")):
        publish(office, "2024-01", leads, run_id=run_id)

    assert _states(office) == {"H1": "dispatched"}
    assert [event for _task, event, *_states in _events(office)[2:]] == ["lead_withdrawn", "lead_restored"] * 2


def test_a_lead_that_is_back_reopens_its_closed_task(office: Office, lead_rows: Any, publish: Any) -> None:
    """After its task closed unanswered, a lead that is back waits, and the next dispatch reopens the task."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    _dispatch(office)
    publish(office, "2024-01", lead_rows(), run_id="r2")
    publish(office, "2024-01", lead_rows("H1"), run_id="r3")
    waiting = _states(office)
    _dispatch(office)
    with office.read() as connection:
        task = tasks_of(connection).select("task_id", "state", "revision", "closed_at").row(0)

    assert waiting == {"H1": "open"}
    assert task == ("2024-01:H1", "dispatched", 2, None)
    assert _events(office)[-1] == ("2024-01:H1", "reopened", "closed", "dispatched")


def test_published_runs_stand_by_month(office: Office, lead_rows: Any, publish: Any) -> None:
    """Published runs are told by month; the one before a month is the latest earlier one, or none."""
    for period in ("2024-03", "2023-12", "2024-01"):
        publish(office, period, lead_rows("H1"), run_id=f"r{period}")
    with office.read() as connection:
        runs = published_runs(connection)
        before = [previous_run(connection, Period.parse(month)) for month in ("2024-03", "2024-01", "2023-12")]

    assert [(Period(2023, 12), "r2023-12"), (Period(2024, 1), "r2024-01"), (Period(2024, 3), "r2024-03")] == runs
    assert before == ["r2024-01", "r2023-12", None]


def test_tasks_are_asked_for_by_month_and_openness(office: Office, lead_rows: Any, publish: Any) -> None:
    """Tasks can be narrowed to a month and to the open or the finished ones."""
    for period, household in (("2024-01", "H1"), ("2024-02", "H2")):
        publish(office, period, lead_rows(household), run_id=period)
        _dispatch(office, Period.parse(period))
    publish(office, "2024-01", lead_rows(), run_id="r3")
    with office.read() as connection:
        asked = [tasks_of(connection, period=JANUARY), tasks_of(connection, is_open=True), tasks_of(connection)]

    assert [tasks["task_id"].to_list() for tasks in asked] == [
        ["2024-01:H1"],
        ["2024-02:H2"],
        ["2024-01:H1", "2024-02:H2"],
    ]
