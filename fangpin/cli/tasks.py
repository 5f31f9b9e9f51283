"""Tasks out to the townships and their answers back.

Floor 5. Reads arguments, calls the operation, prints what went out or came in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.connectors.readers import Readers
from fangpin.errors import NeedsDecision
from fangpin.pipeline.county import County
from fangpin.pipeline.status import status as county_status
from fangpin.pipeline.tasking import dispatch_month, export_tasks, take_answer, task_folder
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
        raise NeedsDecision(f"月份 {month}", "没有待核查的任务", action=f"如未交办，请先运行 fangpin dispatch {month}")
    table(
        f"{month.title}核查任务表（{len(found.sheets)} 个乡镇，本次写出 {found.written} 份）",
        ("乡镇", "版本", "文件"),
        [(s.township, s.revision, str(task_folder(county) / s.path)) for s in found.sheets],
    )


def answer(file: Annotated[Path, Parameter(help="乡镇填好的核查任务表")]) -> None:
    """收回乡镇填好的核查任务表。"""
    county = context.county()
    with Readers(county.scratch) as readers:
        found = take_answer(county, file, readers=readers, now=context.now(), by=context.login())
    OUT.print(
        f"[green]✓[/] {file.name}：采用 {found.accepted:,} 户，此前已收 {found.already:,} 户，未填 {found.blank:,} 户"
    )
    if found.refused.height:
        rows = found.refused.select("sheet_row", "column", "expected").rows()
        table(f"未采用 {found.refused.height} 行", ("表内行号", "列", "应为"), rows)


def _latest(county: County) -> Period:
    screened = [m.period for m in county_status(county) if m.screened]
    if not screened:
        raise NeedsDecision("月份", "还没有筛查过任何月份", action="请先运行 fangpin screen")
    return screened[-1]
