"""Tasks out to the townships and their answers back.

Floor 5. Reads arguments, calls the operation, prints what went out or came in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import ERRORS, OUT, table
from fangpin.connectors.readers import Readers
from fangpin.errors import FangpinError, NeedsDecision, UsageProblem
from fangpin.pipeline.arrival import shown_name
from fangpin.pipeline.county import County
from fangpin.pipeline.status import status as county_status
from fangpin.pipeline.tasking import dispatch_month, export_tasks, take_answer, task_folder
from fangpin.tasks.actions import AnswerResult
from fangpin.types import Period

_Period = Annotated[str, Parameter(help="月份，如 2024-03")]


def dispatch(period: _Period) -> None:
    """把一个月的线索交办到乡镇：每户一项任务，已有未办结任务的并入。"""
    month = context.month(period, option="PERIOD")
    done = dispatch_month(context.county(), month, now=context.now(), by=context.login())
    OUT.print(f"[green]✓[/] {month.title}交办完成：新任务 {done.new:,} 项，并入 {done.joined:,} 项")
    if done.reopened:
        OUT.print(f"  重新交办 {done.reopened:,} 项")
    if done.unplaced:
        OUT.print(f"  [yellow]![/] {done.unplaced:,} 条线索的农户没有登记乡镇，未能交办；请先补全台账")


def tasks_export(*, period: Annotated[str | None, Parameter(help="月份，省略时为最近筛查的月份")] = None) -> None:
    """生成各乡镇的核查任务表（.xlsx）。"""
    county = context.county()
    month = _latest(county) if period is None else context.month(period, option="--period")
    found = export_tasks(county, month, now=context.now(), by=context.login())
    if not found.sheets:
        OUT.print(f"[green]✓[/] {month.title}没有待核查的任务（如还没有交办，请运行 fangpin dispatch {month}）")
        return
    table(
        f"{month.title}核查任务表（{len(found.sheets)} 个乡镇，本次写出 {found.written} 份）",
        ("乡镇", "版本", "文件"),
        [(s.township, s.revision, str(task_folder(county) / s.path)) for s in found.sheets],
    )


def answer(*files: Annotated[Path, Parameter(help="乡镇填好的核查任务表，可以多份")]) -> None:
    """收回乡镇填好的核查任务表。"""
    if not files:
        raise UsageProblem("参数 FILE", "没有给出文件", action="请写明一份或多份填好的任务表")
    county = context.county()
    refused: list[FangpinError] = []
    with Readers(county.scratch) as readers:
        for file in files:
            try:
                found = take_answer(county, file, readers=readers, now=context.now(), by=context.login())
                _tell_answer(shown_name(file), found)
            except FangpinError as exc:
                if len(files) == 1:
                    raise
                ERRORS.print(f"✗ {shown_name(file)}：{exc.sentence}", style="bold red", highlight=False, markup=False)
                refused.append(exc)
    if refused:
        given = f"{len(files)} 份任务表中有 {len(refused)} 份未能收回，其余已收"
        raise type(refused[0])("收回任务表", given, action="请按上面的说明处理")


def _tell_answer(name: str, found: AnswerResult) -> None:
    rows = found.refused.select("sheet_row", "column", "expected").rows()
    bad = found.refused["sheet_row"].n_unique()
    mark = "[yellow]![/]" if bad else "[green]✓[/]"
    OUT.print(
        f"{mark} {name}：采用 {found.accepted:,} 户，此前已收 {found.already:,} 户，"
        f"未采用 {bad:,} 户，未填 {found.blank:,} 户"
    )
    if rows:
        table("未采用的行", ("表内行号", "列", "应为"), rows)


def _latest(county: County) -> Period:
    screened = [m.period for m in county_status(county) if m.screened]
    if not screened:
        raise NeedsDecision("月份", "还没有筛查过任何月份", action="请先运行 fangpin screen")
    return screened[-1]
