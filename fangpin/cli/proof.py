"""Proving declarations and stores: check, verify, rebuild.

Floor 5. A failed proof is an error with its category's exit code.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, progress_bar, table
from fangpin.errors import StoreDamaged
from fangpin.pipeline.checking import rebuild as rebuild_county
from fangpin.pipeline.checking import verify as verify_county


def verify(*, json_: Annotated[bool, Parameter(name="--json", negative="", help="以 JSON 输出")] = False) -> None:
    """核验数据是否自洽（不变量 I1–I5、I7）。"""
    county = context.county()
    with progress_bar() as progress:
        found = verify_county(county, progress=progress)
    if json_:
        body = {"ok": found.ok, "checks": [asdict(c) for c in found.checks], "digest": found.digest}
        OUT.print_json(json.dumps(body, ensure_ascii=False))
    else:
        table(
            "核验",
            ("编号", "结论", "内容", "不符"),
            [(c.invariant, "✓" if c.ok else "✗", c.sentence, c.count) for c in found.checks],
        )
    if not found.ok:
        raise StoreDamaged("核验", "有不变量不成立", action="请保留现场并运行 fangpin rebuild；仍不成立时联系维护人员")


def rebuild() -> None:
    """由原始文件和办公库重建数据仓，并比对摘要。"""
    with progress_bar() as progress:
        months = rebuild_county(context.county(), now=context.now(), by=context.login(), progress=progress)
    table("重建", ("月份", "摘要"), [(p.title, "相同" if same else "不同") for p, same in months])
    if not all(same for _, same in months):
        raise StoreDamaged("重建", "有月份的摘要与此前不同", action="如声明或数据已更新属正常；否则请联系维护人员")
