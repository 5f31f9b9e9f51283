"""The life of a task as tables: transitions, clocks, and the plan of a dispatch."""

from __future__ import annotations

import datetime as dt
from itertools import product

import polars as pl
import pytest

from fangpin.errors import NeedsDecision
from fangpin.tasks.lifecycle import EVENT_TITLES, STATE_TITLES, Actor, Event, move, plan_dispatch
from fangpin.types import TaskState

TABLE = """
state       event           to          who
-           dispatched      dispatched  county system
dispatched  joined          dispatched  county system
returned    joined          returned    county system
closed      reopened        dispatched  county system
dispatched  answered        answered    township
returned    answered        answered    township
answered    returned        returned    county
answered    closed          closed      county
dispatched  all_withdrawn   closed      system
returned    all_withdrawn   closed      system
dispatched  lead_withdrawn  dispatched  system
answered    lead_withdrawn  answered    system
returned    lead_withdrawn  returned    system
closed      lead_withdrawn  closed      system
dispatched  lead_restored   dispatched  system
answered    lead_restored   answered    system
returned    lead_restored   returned    system
closed      lead_restored   closed      system
"""
ALLOWED = {
    (state, event, actor): to
    for state, event, to, *who in (line.split() for line in TABLE.strip().splitlines()[1:])
    for actor in who
}


@pytest.mark.parametrize("actor", list(Actor))
def test_every_transition_stands_in_the_table(actor: Actor) -> None:
    """Each state, event and actor leads where the table says, and nowhere else."""
    found = {}
    for state, event in product([None, *TaskState], Event):
        try:
            found[str(state or "-"), str(event), str(actor)] = str(move(state, event, actor=actor))
        except NeedsDecision:
            continue
    expected = {key: to for key, to in ALLOWED.items() if key[2] == actor}

    assert expected == found


def test_a_refused_event_says_why() -> None:
    """The sentence names the state and the event in the business's words."""
    with pytest.raises(NeedsDecision, match="“办结”的任务不能由 township 作“反馈”"):
        move(TaskState.CLOSED, Event.ANSWERED, actor=Actor.TOWNSHIP)


def test_every_state_and_event_has_a_title() -> None:
    """Nothing reaches a reader by its code."""
    assert set(TaskState) == set(STATE_TITLES)
    assert set(Event) == set(EVENT_TITLES)


DUE_ON = dt.date(2024, 2, 8)
EARLIER = dt.date(2024, 1, 9)
TASKS = {
    "task_id": pl.String,
    "household_no": pl.String,
    "state": pl.String,
    "result_code": pl.String,
    "revision": pl.Int64,
    "due_on": pl.Date,
}


def _leads(*rows: tuple[str, str | None, str]) -> pl.DataFrame:
    """Return leads of January from (household, township, state)."""
    made = [
        {"lead_id": f"2024-01:{no}", "period": "2024-01", "household_no": no, "township": place, "state": state}
        for no, place, state in rows
    ]
    return pl.DataFrame(made, schema_overrides={"township": pl.String}).with_columns(village=pl.lit("下河村"))


def _tasks(*rows: tuple[str, str, str, str | None, int]) -> pl.DataFrame:
    """Return tasks from (period, household, state, result, revision)."""
    made = [(f"{period}:{no}", no, state, result, revision, EARLIER) for period, no, state, result, revision in rows]
    return pl.DataFrame(made, schema=TASKS, orient="row")


def _plan(leads: pl.DataFrame, tasks: pl.DataFrame) -> dict[str, list[tuple[object, ...]]]:
    plan = plan_dispatch(leads, tasks, due_on=DUE_ON)
    return {
        "new": plan.new.select("task_id", "township", "due_on").rows(),
        "joins": plan.joins.select("lead_id", "task_id", "from_state", "revision", "due_on").rows(),
        "reopens": plan.reopens.select("lead_id", "task_id", "from_state", "revision", "due_on").rows(),
        "unplaced": plan.unplaced.rows(),
    }


def test_a_household_without_a_task_gets_one() -> None:
    """An open lead makes a task of its month, due a week later."""
    planned = _plan(_leads(("H1", "桐花镇", "open")), _tasks())

    assert {
        "new": [("2024-01:H1", "桐花镇", dt.date(2024, 2, 8))],
        "joins": [],
        "reopens": [],
        "unplaced": [],
    } == planned


@pytest.mark.parametrize("state", ["dispatched", "returned"])
def test_an_open_task_is_joined(state: str) -> None:
    """A lead of a household with an open task of any month joins it, one revision on, due as before."""
    planned = _plan(_leads(("H1", "桐花镇", "open")), _tasks(("2023-11", "H1", state, None, 3)))

    assert [("2024-01:H1", "2023-11:H1", state, 4, EARLIER)] == planned["joins"]
    assert planned["new"] == []


@pytest.mark.parametrize(("state", "result"), [("answered", "02"), ("closed", "04"), ("closed", None)])
def test_a_finished_task_of_another_month_is_left(state: str, result: str | None) -> None:
    """A task of an earlier month that is no longer open does not take the lead."""
    planned = _plan(_leads(("H1", "桐花镇", "open")), _tasks(("2023-11", "H1", state, result, 1)))

    assert [task_id for task_id, *_rest in planned["new"]] == ["2024-01:H1"]


def test_a_task_closed_unanswered_is_reopened() -> None:
    """The task of the same month, closed because its leads were withdrawn, is opened again."""
    planned = _plan(_leads(("H1", "桐花镇", "open")), _tasks(("2024-01", "H1", "closed", None, 1)))

    assert [("2024-01:H1", "2024-01:H1", "closed", 2, dt.date(2024, 2, 8))] == planned["reopens"]
    assert planned["new"] == []


@pytest.mark.parametrize("state", ["dispatched", "withdrawn"])
def test_other_leads_are_passed_over(state: str) -> None:
    """A lead that is dispatched or withdrawn plans nothing."""
    planned = _plan(_leads(("H1", "桐花镇", state)), _tasks())

    assert planned == {"new": [], "joins": [], "reopens": [], "unplaced": []}


@pytest.mark.parametrize("township", [None, ""])
def test_a_lead_without_a_township_waits(township: str | None) -> None:
    """Where no township is known nobody can be asked."""
    planned = _plan(_leads(("H1", township, "open"), ("H2", "桐花镇", "open")), _tasks())

    assert planned["unplaced"] == [("2024-01:H1",)]
    assert [task_id for task_id, *_rest in planned["new"]] == ["2024-01:H2"]
