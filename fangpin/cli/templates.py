"""Blank workbooks for the departments.

Floor 5. Reads arguments, calls the writer, says where each workbook lies.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT
from fangpin.ledgers.templates import write_template


def template(
    *sources: Annotated[str, Parameter(help="数据源编号，如 dibao_roster；不写时为全部")],
    out: Annotated[Path, Parameter(help="存放空白表的目录")],
) -> None:
    """按数据源的声明生成给部门填报的空白表（.xlsx）。"""
    declared = context.county().declared
    chosen = [declared.source(source_id) for source_id in sources or declared.sources]
    for source in chosen:
        path = write_template(out, source, declared.identity, county=declared.site.title)
        OUT.print(f"[green]✓[/] {source.agency}：{path}")
