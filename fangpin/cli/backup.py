"""A copy of the county for the day its disk fails.

Floor 5. Reads arguments, calls the operation, prints what was copied.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from fangpin.cli import context
from fangpin.cli.show import OUT
from fangpin.pipeline.backup import backup as backup_county


def backup(
    folder: Annotated[Path, Parameter(help="备份目录，宜在另一块磁盘")],
    *,
    keep: Annotated[int | None, Parameter(validator=Number(gte=1), help="只留最近几份，省略时全部保留")] = None,
) -> None:
    """备份办公库、声明、原始文件和任务表；数据仓不备份，恢复后用 fangpin rebuild 重建。"""
    made = backup_county(context.county(), folder.resolve(), now=context.now(), keep=keep)
    removed = f"；删去旧备份 {made.removed} 份" if made.removed else ""
    OUT.print(f"[green]✓[/] 已备份到 {made.path}")
    OUT.print(f"  {made.files:,} 个文件，{made.size_bytes:,} 字节，其中新增 {made.new:,} 个{removed}")
    OUT.print("  备份未加密，请存放在受保护的磁盘上")
