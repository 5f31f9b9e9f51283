"""Where the months stand.

Floor 5. Prints one line a month.
"""

from __future__ import annotations

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.pipeline.status import status as county_status

_TASK_WORDS = {"dispatched": "已交办", "answered": "已反馈", "returned": "退回重核", "closed": "办结"}


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
            "，".join(f"{_TASK_WORDS.get(state, state)} {n}" for state, n in m.tasks.items()) or "未交办",
        )
        for m in months
    ]
    table("各月进展", ("月份", "来件", "缺少", "筛查", "任务"), rows)
