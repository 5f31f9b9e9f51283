"""Which rows of a returned sheet become answers: own township, newest revision, possible day.

Floor 2. Frames in, a plan out; nothing is written here. A row that was recorded before with the same
content is no error.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.tasks.lifecycle import OPEN_STATES, TIME_ZONE
from fangpin.types import TaskState

_CONTENT: Final = ("result_code", "reason_code", "visited_on", "visitors", "method", "note")


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """What a returned sheet will do.

    ``accepted``: the columns of the rows handed in and from_state str; one row per answer to record.
    ``already``: sheet_row u32, task_id str; recorded before with the same content. ``refused``:
    sheet_row u32; task_id, column (name), expected str; one row per row refused.
    """

    accepted: pl.DataFrame
    already: pl.DataFrame
    refused: pl.DataFrame


def plan_answers(
    rows: pl.DataFrame, tasks: pl.DataFrame, answers: pl.DataFrame, *, township: str, today: dt.date
) -> AnswerPlan:
    """Return which rows to record, which were recorded before, and why the others are refused.

    Rows in: ``rows`` sheet_row u32, task_id str, revision i64, result_code str, reason_code str|null,
    visited_on date, visitors str, method, note str|null, one row per task; ``tasks`` task_id,
    township, state str, revision i64, dispatched_at datetime UTC; ``answers`` task_id str, revision
    i64 and the content of an answer, one row per task and revision. Null equals null in a content.
    Source: process §4.5, §4.7; security F22 (only its own, the newest revision).

    >>> row = {"sheet_row": 4, "task_id": "2024-01:H1", "revision": 1, "result_code": "02", "reason_code": None}
    >>> row |= {"visited_on": dt.date(2024, 2, 3), "visitors": "张三、李四", "method": "入户", "note": None}
    >>> task = {"task_id": "2024-01:H1", "township": "桐花镇", "state": "dispatched", "revision": 1}
    >>> task |= {"dispatched_at": dt.datetime(2024, 2, 1, tzinfo=dt.UTC)}
    >>> rows, tasks = pl.DataFrame([row]), pl.DataFrame([task])
    >>> plan = plan_answers(rows, tasks, rows.clear(), township="柳河乡", today=dt.date(2024, 2, 5))
    >>> plan.refused["expected"].item()
    '县里下发给柳河乡的任务编号，请勿改动'
    """
    recorded = answers.select("task_id", "revision", *(pl.col(name).alias(f"kept_{name}") for name in _CONTENT))
    known = tasks.select("task_id", "township", "dispatched_at", from_state="state", newest="revision")
    both = rows.join(known, on="task_id", how="left").join(
        recorded.with_columns(is_recorded=pl.lit(value=True)), on=["task_id", "revision"], how="left"
    )
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"kept_{name}")) for name in _CONTENT)
    is_own = pl.col("township").eq_missing(pl.lit(township))
    is_again = pl.col("is_recorded").fill_null(value=False) & same & is_own
    first = _first_problem(township=township, today=today)
    judged = both.with_columns(is_again=is_again, problem=first)
    fresh = judged.filter(~pl.col("is_again"))
    return AnswerPlan(
        fresh.filter(pl.col("problem").is_null()).select(*rows.columns, "from_state"),
        judged.filter(pl.col("is_again")).select("sheet_row", "task_id"),
        fresh.drop_nulls("problem").select(
            "sheet_row",
            "task_id",
            pl.col("problem").struct["column"],
            pl.col("problem").struct["expected"],
        ),
    )


def _first_problem(*, township: str, today: dt.date) -> pl.Expr:
    """Return the first thing wrong with a row as (column, expected), or null.

    An unknown task and another township's read the same, so that nobody learns who is being visited.
    """
    dispatched_on = pl.col("dispatched_at").dt.convert_time_zone(TIME_ZONE).dt.date()
    newest = pl.format("第{}版；请在最新下发的表中填写", "newest")
    problems = (
        (
            "task_id",
            pl.col("township").ne_missing(pl.lit(township)),
            pl.lit(f"县里下发给{township}的任务编号，请勿改动"),
        ),
        ("task_id", pl.col("from_state") == TaskState.CLOSED, pl.lit("未办结的任务；本任务已办结，不必再报")),
        ("revision", pl.col("revision") != pl.col("newest"), newest),
        (
            "task_id",
            ~pl.col("from_state").is_in([str(s) for s in OPEN_STATES]),
            pl.lit("尚未反馈的任务；更正请报县里"),
        ),
        ("visited_on", pl.col("visited_on") < dispatched_on, pl.format("不早于交办日期 {}", dispatched_on)),
        ("visited_on", pl.col("visited_on") > today, pl.format("不晚于今天 {}", pl.lit(today))),
    )
    found = (
        pl.when(broken).then(pl.struct(column=pl.lit(column), expected=expected))
        for column, broken, expected in problems
    )
    return pl.coalesce(*found)
