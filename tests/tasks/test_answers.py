"""Which rows of a returned sheet become answers, as literal tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from fangpin.tasks.answers import plan_answers

TODAY = dt.date(2024, 2, 6)
ROWS = {
    "sheet_row": pl.UInt32,
    "task_id": pl.String,
    "revision": pl.Int64,
    "result_code": pl.String,
    "reason_code": pl.String,
    "visited_on": pl.Date,
    "visitors": pl.String,
    "method": pl.String,
    "note": pl.String,
}
ROW = {
    "sheet_row": 4,
    "task_id": "2024-01:H1",
    "revision": 1,
    "result_code": "02",
    "reason_code": None,
    "visited_on": dt.date(2024, 2, 3),
    "visitors": "张三、李四",
    "method": "入户",
    "note": None,
}
TASK = {
    "task_id": "2024-01:H1",
    "township": "桐花镇",
    "state": "dispatched",
    "revision": 1,
    "dispatched_at": dt.datetime(2024, 1, 31, 23, 0, tzinfo=dt.UTC),  # 1 February in Shanghai
}


def _plan(row: dict[str, Any], task: dict[str, Any] | None, recorded: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Return (accepted, already, refused) of one row against one task and one recorded answer."""
    rows = pl.DataFrame([ROW | row], schema=ROWS)
    tasks = pl.DataFrame([TASK | (task or {})]) if task is not None else pl.DataFrame([TASK]).clear()
    answers = rows.clear() if recorded is None else pl.DataFrame([ROW | recorded], schema=ROWS)
    plan = plan_answers(rows, tasks, answers, township="桐花镇", today=TODAY)
    return plan.accepted.height, plan.already.height, plan.refused.select("sheet_row", "column", "expected").rows()


@pytest.mark.parametrize("state", ["dispatched", "returned"])
def test_an_open_task_takes_an_answer(state: str) -> None:
    """The newest revision of an own open task is accepted, with the state it came from."""
    rows = pl.DataFrame([ROW], schema=ROWS)
    plan = plan_answers(rows, pl.DataFrame([TASK | {"state": state}]), rows.clear(), township="桐花镇", today=TODAY)

    assert [*ROWS, "from_state"] == plan.accepted.columns
    assert [state] == plan.accepted["from_state"].to_list()


@pytest.mark.parametrize("day", [dt.date(2024, 2, 1), TODAY])
def test_the_first_and_last_day_are_possible(day: dt.date) -> None:
    """A visit on the day of dispatch, in Shanghai, and a visit today are both possible."""
    assert _plan({"visited_on": day}, {}) == (1, 0, [])


@pytest.mark.parametrize(
    ("row", "task", "column", "expected"),
    [
        ({}, None, "task_id", "县里下发给桐花镇的任务编号，请勿改动"),
        ({}, {"township": "柳河乡"}, "task_id", "县里下发给桐花镇的任务编号，请勿改动"),
        ({}, {"state": "closed"}, "task_id", "未办结的任务；本任务已办结，不必再报"),
        ({}, {"revision": 2}, "revision", "第2版；请在最新下发的表中填写"),
        ({"revision": 3}, {"revision": 2}, "revision", "第2版；请在最新下发的表中填写"),
        ({}, {"state": "answered"}, "task_id", "尚未反馈的任务；更正请报县里"),
        ({"visited_on": dt.date(2024, 1, 31)}, {}, "visited_on", "不早于交办日期 2024-02-01"),
        ({"visited_on": dt.date(2024, 2, 7)}, {}, "visited_on", "不晚于今天 2024-02-06"),
    ],
)
def test_a_refused_row_says_what_is_expected(
    row: dict[str, Any], task: dict[str, Any] | None, column: str, expected: str
) -> None:
    """Each reason for refusal names row, column and what is expected."""
    assert (0, 0, [(4, column, expected)]) == _plan(row, task)


def test_the_same_answer_again_is_no_error() -> None:
    """What was recorded with the same content, empty cells included, is counted as already there."""
    assert _plan({}, {"state": "answered"}, recorded={}) == (0, 1, [])


def test_the_same_answer_after_a_return_is_no_error() -> None:
    """A sheet sent twice stays recorded when the task has moved on."""
    assert _plan({}, {"state": "returned", "revision": 2}, recorded={}) == (0, 1, [])


@pytest.mark.parametrize("differing", [{"result_code": "04"}, {"note": "补充"}, {"visited_on": dt.date(2024, 2, 4)}])
def test_another_answer_is_refused(differing: dict[str, Any]) -> None:
    """An answer that differs from the recorded one needs the county to return the task first."""
    refused = [(4, "task_id", "尚未反馈的任务；更正请报县里")]

    assert (0, 0, refused) == _plan({}, {"state": "answered"}, recorded=differing)


def test_another_township_learns_nothing() -> None:
    """The same content from another township's sheet is refused, not confirmed."""
    accepted, already, refused = _plan({}, {"township": "柳河乡", "state": "answered"}, recorded={})

    assert (accepted, already, len(refused)) == (0, 0, 1)
