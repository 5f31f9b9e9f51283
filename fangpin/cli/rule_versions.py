"""The commands of a rule version's life: propose, approve, refuse, withdraw, history, diff, shadow.

Floor 5. Reads arguments, calls the operation, prints what changes.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.errors import NotFound
from fangpin.pipeline.rule_author import revise_rule
from fangpin.pipeline.rule_life import (
    VersionChange,
    approve_rule,
    compare_versions,
    propose_rule,
    refuse_rule,
    rule_history,
    version_change,
    withdraw_rule,
)
from fangpin.pipeline.shadows import ShadowMonth, shadow_months
from fangpin.store.rule_versions import StoredVersion, VersionState

_STATES = {
    VersionState.PROPOSED: "待核准",
    VersionState.APPROVED: "已核准",
    VersionState.REFUSED: "不核准",
    VersionState.WITHDRAWN: "已撤回",
}
_CHANGES = {"gained": "新增", "lost": "减少", "both": "两版都报"}
_Rule = Annotated[str, Parameter(help="规则编号")]
_Version = Annotated[int, Parameter(help="版本号，见 fangpin rules history")]
_Reason = Annotated[str, Parameter(help="理由，写给另一位工作人员看")]
_By = Annotated[str | None, Parameter(help="经办人，省略时为登录用户")]


def revise(rule: _Rule, version: int | None = None) -> None:
    """把一条规则的文本存为草稿，改好后用 rules propose 提出；写版本号时是那一版的文本。"""
    path = revise_rule(context.county(), rule, version=version)
    OUT.print(f"[green]✓[/] 已存为草稿：{path}")
    OUT.print(f"  改好后检查：fangpin rules check {path}", markup=False)
    OUT.print(f"  再提出：fangpin rules propose {path} --since 月份 --reason 理由", markup=False)


def propose(
    file: Annotated[Path, Parameter(help="规则文件，如 config/rules/drafts/rent_debt.toml")],
    *,
    since: Annotated[str, Parameter(help="从哪个月起用，如 2024-07")],
    reason: _Reason,
    by: _By = None,
) -> None:
    """提出一条规则的新版本，等第二人核准；核准之前只作影子运行。"""
    county = context.county()
    month = context.month(since, option="--since")
    made = propose_rule(county, file, since=month, reason=reason, now=context.now(), by=by or context.login())
    OUT.print(f"[green]✓[/] 已提出 {made.rule_id} 第 {made.after} 版，等待第二人核准")
    _print_change(made)
    months = f"{made.screened[0]}..{made.screened[-1]}" if made.screened else "月份"
    OUT.print(f"  会多报谁、少报谁：fangpin backtest {file} --months {months}", markup=False)
    OUT.print(f"  核准：fangpin rules approve {made.rule_id} {made.after}", markup=False)


def approve(rule: _Rule, version: _Version, *, by: _By = None) -> None:
    """核准一个待核准的版本，由提出人以外的人办；事先用 rules diff、rules shadow 和 backtest 看清楚。"""
    county = context.county()
    made = approve_rule(county, rule, version, now=context.now(), by=by or context.login())
    OUT.print(f"[green]✓[/] {rule} 第 {version} 版已核准，从 {made.since} 起用")
    _print_change(made)


def refuse(rule: _Rule, version: _Version, *, reason: _Reason, by: _By = None) -> None:
    """不核准一个待核准的版本，写明理由。"""
    refuse_rule(context.county(), rule, version, reason=reason, now=context.now(), by=by or context.login())
    OUT.print(f"[green]✓[/] {rule} 第 {version} 版不核准，规则照旧")


def withdraw(rule: _Rule, version: _Version, *, reason: _Reason, by: _By = None) -> None:
    """撤回一个还没有生效的版本；已按它筛查过的，请把旧文本另提一版。"""
    withdraw_rule(context.county(), rule, version, reason=reason, now=context.now(), by=by or context.login())
    OUT.print(f"[green]✓[/] {rule} 第 {version} 版已撤回，规则照旧")


def history(rule: _Rule) -> None:
    """列出一条规则的各个版本：谁提出、谁核准、从哪个月起、哪些月份已按它筛查。"""
    found = rule_history(context.county(), rule)
    if found.declared is not None:
        OUT.print(f"声明中的是第 {found.declared} 版", markup=False)
    if not found.versions:
        OUT.print("还没有提出过新版本")
        return
    rows = [_history_row(one, [str(month) for month in found.live.get(one.version, ())]) for one in found.versions]
    heads = ("版本", "起用", "状态", "提出", "理由", "核准", "撤回", "说明", "已按它筛查")
    table(f"{rule} 的版本", heads, rows)


def diff(rule: _Rule, version: int | None = None, other: int | None = None) -> None:
    """比较两个版本；写一个版本号时与它之前的比，不写时是最后提出的那一版。"""
    county = context.county()
    if version is not None and other is not None:
        _print_change(compare_versions(county, rule, version, other))
        return
    known = rule_history(county, rule).versions
    if not known:
        raise NotFound(f"规则 {rule}", "还没有提出过新版本", action="新版本用 fangpin rules propose 文件 提出")
    _print_change(version_change(county, rule, version or known[-1].version))


def shadow(rule: _Rule) -> None:
    """查看一条规则的新版本在各月影子运行的结果：与现行版本相比多报谁、少报谁；不产生线索。"""
    county = context.county()
    rule_history(county, rule)
    months = shadow_months(county, rule)
    if not months:
        OUT.print("还没有影子运行过：提出新版本以后筛查的月份才有；以前的月份请用 fangpin backtest 回测")
        return
    heads = (
        "月份",
        "现行版",
        "影子版",
        "现行（户）",
        "影子（户）",
        "新增户",
        "减少户",
        "无法判断（现行→影子）",
        "说明",
    )
    table(f"{rule} 的影子运行（不计静默期，不产生线索）", heads, [_shadow_row(month) for month in months])
    for month in months[-1:]:
        moved = [row for row in month.places.rows() if row[1] != "both"]
        if moved:
            rows = [(place or "（没有登记乡镇）", _CHANGES[change], households) for place, change, households in moved]
            table(f"{month.period.title}新增和减少（按乡镇，户）", ("乡镇", "变化", "户"), rows)


def _shadow_row(month: ShadowMonth) -> tuple[object, ...]:
    failed = month.failure is not None
    unjudged = "→".join("—" if count is None else f"{count:,}" for count in (month.live_unjudged, month.unjudged))
    counts = (
        month.lost + month.both if not failed else "—",
        *("—" if failed else count for count in (month.gained + month.both, month.gained, month.lost)),
    )
    live = "—" if month.live_version is None else month.live_version
    return (str(month.period), live, month.version, *counts, unjudged, f"未能运行：{month.failure}" if failed else "")


def _history_row(one: StoredVersion, months: list[str]) -> tuple[object, ...]:
    return (
        one.version,
        str(one.since),
        _STATES[one.state],
        _who(one.proposed_at, one.proposed_by),
        one.reason,
        _who(one.decided_at, one.decided_by),
        _who(one.withdrawn_at, one.withdrawn_by),
        one.withdrawn_reason or one.decided_reason or "",
        f"{months[0]} 至 {months[-1]}" if len(months) > 1 else "".join(months),
    )


def _who(at: dt.datetime | None, by: str | None) -> str:
    return "" if at is None else f"{at.astimezone(context.now().tzinfo):%Y-%m-%d} {by}"


def _print_change(change: VersionChange) -> None:
    before = "（新规则）" if change.before is None else f"第 {change.before} 版"
    OUT.print(f"[bold]{change.title}[/]（{change.rule_id}）：{before} → 第 {change.after} 版，{change.since} 起")
    if change.differences:
        table("改了什么", ("项目", "原来", "现在"), [(d.title, d.before, d.after) for d in change.differences])
    if change.sql:
        OUT.print("  语句（- 原来，+ 现在）：")
        for line in change.sql:
            OUT.print(f"    {line}", markup=False)
    if change.screened:
        months = "、".join(str(month) for month in change.screened)
        OUT.print(f"  这些月份筛查时还没有这一版：{months}；核准后要按它重算，请按先后重新筛查")
