"""A month's leads on the command line: in order of urgency, what was held back and why, and the way back.

Floor 5. Reads arguments, calls the operation, prints the result; household numbers and places, no name.
"""

from __future__ import annotations

from typing import Annotated, Final

from cyclopts import Parameter, validators

from fangpin.cli import context
from fangpin.cli.show import KIND_TITLES, OUT, counted, table
from fangpin.pipeline import lead_deciding
from fangpin.tasks.lifecycle import LeadState
from fangpin.types import Channel, Standing

_STANDINGS: Final = {
    Standing.NEW: "新线索",
    Standing.NEW_FACTOR: "原档案新增风险",
    Standing.RE_MARKING: "重新标注",
    Standing.SPOT_CHECK: "随机抽查",
}
_CHANNELS: Final = {
    Channel.DEPARTMENT: "部门筛查",
    Channel.CADRE: "干部排查",
    Channel.SELF_REPORT: "农户申报",
    Channel.UPPER: "上级下发",
}
_STATES: Final = {LeadState.OPEN: "待交办", LeadState.DISPATCHED: "已交办", LeadState.WITHDRAWN: "已撤回"}
_Period = Annotated[str, Parameter(help="月份，如 2024-03")]
_Household = Annotated[str, Parameter(help="户编号")]
_Town = Annotated[str | None, Parameter(help="只看一个乡镇")]
_Limit = Annotated[int, Parameter(help="最多列出多少", validator=validators.Number(gte=1))]
_Rule = Annotated[str | None, Parameter(help="规则编号，省略时为这一户全部被抑制的预警")]
_By = Annotated[str | None, Parameter(help="决定人，省略时为登录用户")]


def list_(period: _Period, *, township: _Town = None, limit: _Limit = 50) -> None:
    """按轻重缓急列出一个月的线索，写明分数由哪几项组成。"""
    county = context.county()
    month = context.month(period, option="PERIOD")
    leads = lead_deciding.listed_leads(county, month, township=township)
    if leads.is_empty():
        OUT.print(f"[green]✓[/] {month.title}没有线索")
        return
    grades = {g.code: g.title for g in county.declared.site.grades}
    OUT.print(f"[bold]{month.title}线索：{leads.height:,} 户[/]")
    for place, row in enumerate(leads.head(limit).iter_rows(named=True), start=1):
        kinds = "、".join(KIND_TITLES.get(kind, kind) for kind in row["kinds"])
        where = " ".join(part for part in (row["township"], row["village"]) if part) or "未登记乡镇"
        parts = f"（{'，'.join(row['score_parts'])}）" if row["score_parts"] else ""
        channels = "、".join(_CHANNELS[Channel(channel)] for channel in row["channels"])
        state = _STATES[LeadState(row["state"])]
        head = f"{place:>3}  {row['household_no']}  {where}  {grades.get(row['grade'], row['grade'])}  {kinds}"
        OUT.print(f"{head}  {row['score']:.0f} 分{parts}", markup=False, highlight=False)
        OUT.print(f"     {_STANDINGS[Standing(row['standing'])]}，{channels}，{state}", markup=False, highlight=False)
        OUT.print(f"     {row['sentence']}", markup=False, highlight=False)
        for flag in row["flags"]:
            OUT.print(f"     比对提示：{flag}", markup=False, highlight=False)
    _more(leads.height, limit)


def suppressed(period: _Period, *, township: _Town = None, limit: _Limit = 50) -> None:
    """列出一个月被抑制的预警：为什么，到什么时候为止，谁决定恢复。"""
    county = context.county()
    month = context.month(period, option="PERIOD")
    held = lead_deciding.held_back(county, month, township=township)
    if held.is_empty():
        OUT.print(f"[green]✓[/] {month.title}没有被抑制的预警")
        return
    table(f"{month.title}被抑制的预警（按原因）", ("原因", "条"), counted(held, "reason"))
    rows = [
        (
            row["household_no"],
            row["township"] or "",
            row["village"] or "",
            row["rule_id"],
            KIND_TITLES.get(row["kind"], row["kind"]),
            f"{row['reason']}（{row['detail']}）",
            row["until"] or "",
            f"{row['decided_by']}已决定恢复" if row["decided_by"] else "",
        )
        for row in held.head(limit).iter_rows(named=True)
    ]
    table("明细", ("户编号", "乡镇", "村", "规则", "种类", "原因", "到", "决定"), rows)
    _more(held.height, limit)


def reopen(
    period: _Period,
    household: _Household,
    *,
    rule: _Rule = None,
    reason: Annotated[str, Parameter(help="理由，不要写姓名和证件号码")],
    by: _By = None,
) -> None:
    """决定恢复一户被抑制的预警；重新筛查这个月后生效。"""
    month = context.month(period, option="PERIOD")
    done = lead_deciding.reopen(
        context.county(),
        month,
        household,
        rule_id=rule,
        reason=reason,
        now=context.now(),
        by=by or context.login(),
    )
    again = "" if done.is_new else "（此前已决定）"
    OUT.print(f"[green]✓[/] 已记下{again}；重新筛查后将恢复 {done.alerts.height:,} 条预警：")
    for row in done.alerts.iter_rows(named=True):
        OUT.print(f"  {row['rule_id']}：{row['sentence']}（{row['reason']}，{row['detail']}）", markup=False)
    OUT.print(f"  请运行 fangpin screen {month}")


def undo(period: _Period, household: _Household, *, rule: _Rule = None, by: _By = None) -> None:
    """撤回恢复的决定；记录保留，重新筛查这个月后生效。"""
    month = context.month(period, option="PERIOD")
    who = by or context.login()
    lead_deciding.undo(context.county(), month, household, rule_id=rule, now=context.now(), by=who)
    OUT.print(f"[green]✓[/] 已撤回；请运行 fangpin screen {month}")


def _more(height: int, limit: int) -> None:
    if height > limit:
        OUT.print(f"  另有 {height - limit:,} 条，加 --limit 列出更多")
