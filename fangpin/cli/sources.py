"""What departments owe and delivered: the calendar of expected extracts.

Floor 5. Prints one line an extract.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.pipeline.lateness import ARRIVAL_TITLES, OWED, Arrival, expected, recent_periods
from fangpin.pipeline.reminders import reminded
from fangpin.tasks.duedays import office_day
from fangpin.tasks.workdays import workdays_of
from fangpin.types import Period

_HEADS = ("数据源", "应报", "收到", "情况", "来件", "采用", "退回", "较上期", "催报")


def sources(*, period: Annotated[str | None, Parameter(help="只看一个月，如 2024-03")] = None) -> None:
    """查看各部门数据的报送情况：谁按时、谁迟到、谁还没报，行数变化多少。"""
    county, today = context.county(), office_day(context.now())
    asked = () if period is None else (context.month(period, option="--period"),)
    periods = asked or recent_periods(county, today=today)
    calendar = expected(county, today=today, periods=periods)
    if calendar.is_empty():
        OUT.print("这些月份没有应报的数据，也没有收到数据")
        return
    for (month,), extracts in calendar.group_by("period", maintain_order=True):
        rows = [_row(row, reminded(county, row["source_id"], row["period"])) for row in extracts.iter_rows(named=True)]
        table(f"{Period.parse(str(month)).title}数据报送情况", _HEADS, rows)
    late = calendar.filter(pl.col("state").is_in([str(s) for s in OWED]), pl.col("days_late") > 0)
    if late.height:
        OUT.print(f"[yellow]![/] {late.height} 份数据逾期未报：{'、'.join(late['agency'].unique(maintain_order=True))}")
    days = workdays_of(county.declared.site.days)
    by_working_day = {s.id for s in county.declared.sources.values() if s.cadence.day_type == "working"}
    shown = calendar.filter(pl.col("source_id").is_in(list(by_working_day)))
    for year in shown["due_on"].drop_nulls().dt.year().unique().sort():
        if doubt := days.doubt(year):
            OUT.print(f"[yellow]![/] {doubt}")


def _row(row: dict[str, Any], letters: int) -> tuple[object, ...]:
    change = "" if None in (row["accepted"], row["before"]) else f"{row['accepted'] - row['before']:+,}"
    counts = ("" if row[name] is None else row[name] for name in ("rows_in", "accepted", "rejected"))
    received = "" if row["received_at"] is None else _day(office_day(row["received_at"]))
    state = ARRIVAL_TITLES[Arrival(row["state"])]
    late = f"，{row['days_late']} 天" if row["days_late"] else ""
    due_on = "不定期" if row["due_on"] is None else _day(row["due_on"])
    return row["title"], due_on, received, f"{state}{late}", *counts, change, f"{letters} 次" if letters else ""


def _day(day: dt.date) -> str:
    return f"{day.month}月{day.day}日"
