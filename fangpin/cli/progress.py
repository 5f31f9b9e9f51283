"""Where the months stand.

Floor 5. Prints one line a month.
"""

from __future__ import annotations

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.pipeline.status import status as county_status
from fangpin.tasks.lifecycle import STATE_TITLES
from fangpin.types import TaskState


def status() -> None:
    """查看各月数据、筛查和任务进展。"""
    months = county_status(context.county())
    if not months:
        OUT.print("还没有收到任何数据")
        return
    rows = [
        (
            m.period.title,
            f"{sum(m.received.values()):,} 行 / {len(m.received)} 个数据源",
            "、".join(m.missing) or "无",
            "未筛查" if not m.screened else ("已筛查" if m.current else "数据有更新，待重新筛查"),
            "，".join(f"{STATE_TITLES[TaskState(state)]} {n}" for state, n in m.tasks.items()) or "无任务",
        )
        for m in months
    ]
    table("各月进展", ("月份", "来件", "缺少", "筛查", "任务"), rows)
