"""The way back from a household's figures to the departments' files.

Floor 5. Prints one line a delivered row.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import table
from fangpin.pipeline.provenance import rows_behind


def trace(
    period: Annotated[str, Parameter(help="月份，如 2024-03")],
    household: Annotated[str, Parameter(help="户编号")],
) -> None:
    """查看一户的数据来自哪个部门、哪个文件、哪一行。"""
    rows = rows_behind(context.county(), context.month(period, option="PERIOD"), household)
    shown = ("agency", "title", "period", "file_name", "sheet", "sheet_row", "facts")
    table(
        f"{household} 的数据来源", ("部门", "数据源", "月份", "文件", "工作表", "行", "内容"), rows.select(shown).rows()
    )
