"""Batches: where each stands, what happened to it, and what a person decides about it.

Floor 5. Reads arguments, calls the operation, prints the result.
"""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.pipeline import decisions
from fangpin.pipeline.intake import Intake
from fangpin.store.batches import batch_row, events_of, inputs_of
from fangpin.store.batches import batches as all_batches
from fangpin.store.deliveries import BatchState

_STATES = {
    BatchState.RECEIVED: "已收到",
    BatchState.HELD: "待确认",
    BatchState.LANDED: "现行",
    BatchState.REFUSED: "已退回",
    BatchState.SUPERSEDED: "已被替代",
    BatchState.WITHDRAWN: "已撤回",
}
_EVENTS = {
    "received": "收到",
    "held": "待人工确认",
    "landed": "生效",
    "refused": "退回",
    "superseded": "被替代",
    "withdrawn": "撤回",
    "restored": "恢复",
    "repeated": "相同内容再次报来",
}
_Batch = Annotated[str, Parameter(help="批次编号，见 fangpin batches list")]
_Reason = Annotated[str, Parameter(help="理由，写给报送部门看")]


def list_(*, period: Annotated[str | None, Parameter(help="只看一个月，如 2024-03")] = None) -> None:
    """列出各批次及其状态。"""
    county = context.county()
    with county.office.read() as connection:
        known = all_batches(connection)
    if period is not None:
        known = known.filter(pl.col("period") == str(context.month(period, option="--period")))
    if known.is_empty():
        OUT.print("没有收到过这样的数据")
        return
    titles = {s.id: s.title for s in county.declared.sources.values()}
    rows = [
        (
            *(row["batch_id"], titles.get(row["source_id"], row["source_id"]), row["period"]),
            *(_STATES[BatchState(row["state"])], _number(row["rows_in"]), _number(row["accepted"])),
            *(_number(row["rejected"]), row["file_name"]),
        )
        for row in known.iter_rows(named=True)
    ]
    table("批次", ("编号", "数据源", "月份", "状态", "来件", "采用", "退回", "文件"), rows)


def show(batch: _Batch) -> None:
    """查看一个批次由哪些文件组成、为何待确认、发生过什么。"""
    county = context.county()
    with county.office.read() as connection:
        row = batch_row(connection, batch)
        files, events = inputs_of(connection, batch), events_of(connection, batch)
    OUT.print(f"{batch}：{_STATES[BatchState(row['state'])]}", markup=False)
    for reason in row["held"] or ():
        OUT.print(f"  待人工确认：{reason['sentence']}", markup=False)
    if row["reason"]:
        OUT.print(f"  退回理由：{row['reason']}", markup=False)
    kinds = {"base": "来件", "correction": "更正单"}
    table("组成", ("文件", "作用", "内容编号"), [(f.file_name, kinds[f.kind], f.sha256[:12]) for f in files])
    zone = context.now().tzinfo
    told = [(f"{e['at'].astimezone(zone):%Y-%m-%d %H:%M}", e["by"], _EVENTS[e["event"]], _detail(e)) for e in events]
    table("记录", ("时间", "经办", "事项", "说明"), told)


def accept(batch: _Batch) -> None:
    """采用一个待确认的批次。"""
    superseded = decisions.accept(context.county(), batch, now=context.now(), by=context.login())
    OUT.print(f"[green]✓[/] {batch} 已采用" + (f"，替代了 {superseded}" if superseded else ""))


def refuse(batch: _Batch, *, reason: _Reason) -> None:
    """退回一个待确认的批次。"""
    decisions.refuse(context.county(), batch, reason=reason, now=context.now(), by=context.login())
    OUT.print(f"[green]✓[/] {batch} 已退回")


def withdraw(batch: _Batch, *, reason: _Reason) -> None:
    """撤回一个现行批次；它此前替代的批次恢复为现行。"""
    back = decisions.withdraw(context.county(), batch, reason=reason, now=context.now(), by=context.login())
    after = f"，现行的是 {back}" if back else "，这个月现在没有这类数据"
    OUT.print(f"[green]✓[/] {batch} 已撤回{after}；如要恢复，请用 fangpin batches restore {batch}")


def restore(batch: _Batch) -> None:
    """恢复一个被替代或已撤回的批次。"""
    out = decisions.restore(context.county(), batch, now=context.now(), by=context.login())
    OUT.print(f"[green]✓[/] {batch} 已恢复为现行" + (f"，替代了 {out}" if out else ""))


def sheet(batch: _Batch) -> None:
    """重新生成一个批次的更正单。"""
    with Intake(context.county()) as intake:
        OUT.print(f"[green]✓[/] 更正单：{intake.correction_sheet(batch)}")


def _number(count: int | None) -> object:
    return "" if count is None else count


def _detail(event: dict[str, Any]) -> str:
    words = {"reason": "理由", "superseded": "替代", "superseded_by": "被替代于", "sha256": "内容"}
    told = {words[name]: str(value)[:40] for name, value in event["detail"].items() if name in words}
    return "；".join(f"{name} {value}" for name, value in told.items())
