"""The county's schedule: run it, list its jobs, show what is due and what came of it.

Floor 5. Reads arguments, calls the scheduler, prints tables.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.config.site_models import Job
from fangpin.store.due import PASSED_OVER, dues, job_runs
from fangpin.store.schedules import DueState
from fangpin.tasks.duedays import WORK_TITLES, ZONE, next_due
from fangpin.tasks.workdays import workdays_of

_STATES = {
    DueState.WAITING: "待执行",
    DueState.CLAIMED: "执行中",
    DueState.FAILED: "失败",
    DueState.GIVEN_UP: "多次失败，待人工处理",
    DueState.DONE: "已完成",
}
_RESULTS = {1: "成功", 0: "失败", None: "未结束"}
_SHOWN = 20


def run(
    *,
    once: Annotated[bool, Parameter(negative="", help="只执行现在到期的任务，然后结束")] = False,
    again: Annotated[bool, Parameter(negative="", help="先让多次失败的任务重新执行")] = False,
    backups: Annotated[
        Path | None, Parameter(env_var="FANGPIN_BACKUPS", help="备份目录，宜在另一块磁盘，省略时为县库目录下的 backups")
    ] = None,
) -> None:
    """按声明的定时任务运行：取数、催报、筛查、交办、核验、备份。"""
    from fangpin.pipeline.jobs import doubts, retry_given_up  # noqa: PLC0415 - listing needs none of the works
    from fangpin.pipeline.works import do  # noqa: PLC0415 - the same
    from fangpin.scheduler import Schedule, run_on, run_once  # noqa: PLC0415 - the same

    county = context.county()
    for doubt in doubts(county, now=context.now()):
        _tell(f"! {doubt}")
    if again:
        _tell(f"{retry_given_up(county, now=context.now())} 项任务将重新执行")
    schedule = Schedule(county, do, context.now, (backups or county.home / "backups").resolve(), _tell)
    if once:
        done = run_once(schedule)
        OUT.print(f"本次执行 {done} 次" if done else "现在没有到期的任务")
        return
    _tell(f"定时任务已启动，共 {len(county.declared.site.jobs)} 项；按 Ctrl-C 停止")
    run_on(schedule)
    _tell("定时任务已停止")


def list_() -> None:
    """列出定时任务及下次执行的时间。"""
    county = context.county()
    site = county.declared.site
    if not site.jobs:
        OUT.print(f"{site.title}没有声明定时任务：请在县的声明中写 [[jobs]]")
        return
    days, now = workdays_of(site.days), context.now()
    rows = []
    for job in site.jobs:
        following = next_due(job, after=now, days=days)
        source = f"：{county.declared.sources[job.source].title}" if job.source else ""
        work = f"{WORK_TITLES[job.work]}{source}"
        rows.append((job.id, work, _when(job), f"{_clock(following.due_at)}（{following.period}）"))
    table("定时任务", ("编号", "内容", "时间", "下次（所属日期或月份）"), rows)


def due() -> None:
    """列出到期而未完成的任务，以及最近执行的结果。"""
    county = context.county()
    with county.office.read() as connection:
        known, runs = dues(connection), job_runs(connection)
    waiting = [row for row in known.reverse().iter_rows(named=True) if row["state"] != DueState.DONE]
    if waiting:
        table("未完成", ("任务", "到期", "状态", "说明"), [_due_row(row) for row in waiting])
    else:
        OUT.print("没有到期而未完成的任务")
    last = runs.filter(pl.col("sentence").ne_missing(PASSED_OVER)).tail(_SHOWN).reverse()
    rows = [
        (f"{r['job_id']} {r['period']}", _clock(r["started_at"]), _RESULTS[r["ok"]], r["sentence"] or "")
        for r in last.iter_rows(named=True)
    ]
    if rows:
        table(f"最近 {_SHOWN} 次执行", ("任务", "开始", "结果", "说明"), rows)


def _due_row(row: dict[str, Any]) -> tuple[object, ...]:
    again = f"，{_clock(row['next_try_at'])} 再试" if row["state"] == DueState.FAILED else ""
    state = f"{_STATES[DueState(row['state'])]}{again}"
    return f"{row['job_id']} {row['period']}", _clock(row["due_at"]), state, row["sentence"] or ""


def _when(job: Job) -> str:
    """Return in words when a job is due."""
    clock = f"{job.at:%H:%M}"
    if job.every == "day":
        return f"每{'个工作日' if job.day_type == 'working' else '天'} {clock}"
    day = f"第{job.day}个工作日" if job.day_type == "working" else f"{job.day}日"
    return f"次月{day} {clock}" + ("，数据到齐即办" if job.early else "")


def _clock(moment: dt.datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}"


def _tell(line: str) -> None:
    OUT.print(f"{context.now():%Y-%m-%d %H:%M:%S} {line}", markup=False)
