"""Setting up a county and receiving departments' files.

Floor 5. Reads arguments, calls the operation, prints its receipt.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import ERRORS, OUT, receipt
from fangpin.errors import FangpinError, NeedsDecision, UsageProblem
from fangpin.pipeline.county import create_county
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.receipts import Receipt
from fangpin.types import Period


def init(*, site: Annotated[str, Parameter(help="县的声明编号，如 huaxi")]) -> None:
    """建立县库目录。"""
    create_county(context.home(), site, office_url=context.office_url(), now=context.now()).close()
    OUT.print(f"[green]✓[/] 县库已就绪：{context.home()}")


def receive(
    *files: Annotated[Path, Parameter(help="部门来件、来件的 .zip 压缩包，或填好的更正单")],
    source: Annotated[str | None, Parameter(help="数据源编号，省略时自动识别")] = None,
    period: Annotated[str | None, Parameter(help="月份，如 2024-03，省略时自动识别")] = None,
    replace: Annotated[bool, Parameter(negative="", help="确认用这份数据整体替换同月现行数据")] = False,
    validate_only: Annotated[bool, Parameter(negative="", help="只检查，不入库")] = False,
) -> None:
    """接收部门来件，说明识别为哪个数据源、哪个月份。"""
    if not files:
        raise UsageProblem("参数 FILE", "没有给出文件", action="请写明一个或多个来件")
    told = None if period is None else context.month(period, option="--period")
    county = context.county()
    if source is not None:
        county.declared.source(source)
    refused: list[FangpinError] = []
    waiting = taken = 0
    with Intake(county) as intake:
        for file in files:
            found = _received(intake, file, source=source, period=told, replace=replace, dry=validate_only)
            for each in found:
                if isinstance(each, Receipt):
                    receipt(each, dry=validate_only)
                    waiting += bool(each.held)
                    taken += 1
                    if validate_only:
                        OUT.print("  只作检查，没有入库")
                elif len(files) == len(found) == 1:
                    raise each
                else:
                    ERRORS.print(f"✗ {each.sentence}", style="bold red", highlight=False, markup=False)
                    refused.append(each)
    if refused:
        rest = "，其余已收妥" if taken and not validate_only else ""
        given = f"有 {len(refused)} 个文件未能接收{rest}"
        raise type(refused[0])("接收", given, action="请按上面的说明处理")
    if waiting and not validate_only:
        raise NeedsDecision("接收", f"有 {waiting} 份数据待人工确认", action="请按上面的说明处理")


def _received(
    intake: Intake, file: Path, *, source: str | None, period: Period | None, replace: bool, dry: bool
) -> list[Receipt | FangpinError]:
    """Return what became of a file, or of each file of an archive."""
    now, by = context.now(), context.login()
    try:
        if dry:
            return [intake.check(file, source_id=source, period=period, now=now, by=by)]
        return intake.receive_all(file, source_id=source, period=period, replace=replace, now=now, by=by)
    except FangpinError as exc:
        return [exc]
