"""Flat files of links, leads and issues.

Floor 5. Reads arguments, calls the operation, says how many rows went where.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT
from fangpin.pipeline.exports import Export
from fangpin.pipeline.exports import export as export_rows

_Period = Annotated[str, Parameter(help="月份，如 2024-03")]


def export(
    what: Annotated[Export, Parameter(help="links 匹配、leads 线索、issues 数据问题")],
    *,
    period: _Period,
    out: Annotated[Path, Parameter(help="输出文件，.csv 或 .parquet")],
) -> None:
    """导出一个月的匹配、线索或数据问题。"""
    month = context.month(period, option="--period")
    rows = export_rows(context.county(), what, period=month, out=out)
    OUT.print(f"[green]✓[/] 已导出 {rows:,} 行：{out}")
