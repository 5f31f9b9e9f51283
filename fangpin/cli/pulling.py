"""Pulling departments' files by hand, and how the ways in have fared.

Floor 5. Reads arguments, calls the operation, prints what came and what did not.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from fangpin.cli import context
from fangpin.cli.show import ERRORS, OUT, receipt
from fangpin.errors import FangpinError
from fangpin.pipeline.pulling import ChannelState, Pulled, channel_states
from fangpin.pipeline.pulling import pull as pull_connections


def pull(
    *connections: Annotated[str, Parameter(help="取数通道编号，省略时取全部通道")],
    period: Annotated[str | None, Parameter(help="向接口和数据库要哪个月，如 2024-03，省略时为上个月")] = None,
    again: Annotated[bool, Parameter(negative="", help="此前不能接收的文件再取一次")] = False,
) -> None:
    """从部门的目录、SFTP、接口或数据库取数并接收。"""
    asked = None if period is None else context.month(period, option="--period")
    county = context.county()
    pulls = pull_connections(county, connections, period=asked, again=again, now=context.now(), by=context.login())
    if not pulls:
        OUT.print("没有声明取数通道（config/connections/）")
    problems = [problem for pulled in pulls for problem in _told(pulled)]
    if problems:
        given = f"有 {len(problems)} 处没有成功，其余已收妥"
        raise type(problems[0])("取数", given, action="请按上面的说明处理")


def channels() -> None:
    """查看各取数通道的状态。"""
    states = channel_states(context.county())
    if not states:
        OUT.print("没有声明取数通道（config/connections/）")
        return
    for state in states:
        mark = "[red]✗[/]" if state.failures else ("[green]✓[/]" if state.worked_at else "·")
        OUT.print(f"{mark} {escape(state.title)}（{state.connection_id}，{state.kind}）：{_health(state)}")


def _health(state: ChannelState) -> str:
    """Return in words how a channel has fared."""
    if state.tried_at is None:
        return "还没有取过"
    worked = "从未成功" if state.worked_at is None else f"上次成功 {_time(state.worked_at)}"
    if not state.failures:
        return worked
    return f"{worked}；连续失败 {state.failures} 次，最近 {_time(state.tried_at)}：{escape(state.sentence or '')}"


def _told(pulled: Pulled) -> list[FangpinError]:
    """Print what one connection brought, and return what did not go well."""
    problems = [] if pulled.failure is None else [pulled.failure]
    OUT.print(f"{pulled.title}：取到 {len(pulled.brought)} 个文件", markup=False)
    for brought in pulled.brought:
        for found in brought.receipts:
            receipt(found)
        problems += brought.problems
    for name, why in pulled.left.items():
        OUT.print(f"  {name}：{why}，没有取", markup=False)
    for problem in problems:
        ERRORS.print(f"✗ {problem.sentence}", style="bold red", highlight=False, markup=False)
    return problems


def _time(moment: dt.datetime) -> str:
    return moment.astimezone(context.now().tzinfo).strftime("%Y-%m-%d %H:%M")
