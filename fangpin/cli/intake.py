"""Setting up a county and receiving departments' files.

Floor 5. Reads arguments, calls the operation, prints its receipt.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import ERRORS, OUT, receipt
from fangpin.errors import FangpinError, UsageProblem
from fangpin.pipeline.county import create_county
from fangpin.pipeline.intake import Intake


def init(*, site: Annotated[str, Parameter(help="县的声明编号，如 huaxi")]) -> None:
    """建立县库目录。"""
    create_county(context.home(), site, office_url=context.office_url(), now=context.now()).close()
    OUT.print(f"[green]✓[/] 县库已就绪：{context.home()}")


def receive(
    *files: Annotated[Path, Parameter(help="部门来件")],
    source: Annotated[str | None, Parameter(help="数据源编号，省略时自动识别")] = None,
    period: Annotated[str | None, Parameter(help="月份，如 2024-03，省略时自动识别")] = None,
    replace: Annotated[bool, Parameter(negative="", help="确认用这份数据整体替换同月现行数据")] = False,
) -> None:
    """接收部门来件，说明识别为哪个数据源、哪个月份。"""
    if not files:
        raise UsageProblem("参数 FILE", "没有给出文件", action="请写明一个或多个来件")
    told = None if period is None else context.month(period, option="--period")
    county = context.county()
    if source is not None:
        county.declared.source(source)
    refused: list[FangpinError] = []
    with Intake(county) as intake:
        for file in files:
            try:
                found = intake.receive(
                    file, source_id=source, period=told, replace=replace, now=context.now(), by=context.login()
                )
                receipt(found)
            except FangpinError as exc:
                if len(files) == 1:
                    raise
                ERRORS.print(f"✗ {exc.sentence}", style="bold red", highlight=False, markup=False)
                refused.append(exc)
    if refused:
        summary = type(refused[0])(
            "接收", f"{len(files)} 个文件中有 {len(refused)} 个未能接收，其余已收妥", action="请按上面的说明处理"
        )
        raise summary
