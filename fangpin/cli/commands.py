"""The commands: each reads its arguments, calls one operation and prints what it returned.

Floor 5. No rule of the business stands here.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import ERRORS, OUT, counted, progress_bar, receipt, table
from fangpin.config.loader import load, site_ids
from fangpin.errors import DeclarationError, FangpinError, NeedsDecision, StoreDamaged, UsageProblem
from fangpin.pipeline.checking import rebuild as rebuild_county
from fangpin.pipeline.checking import verify as verify_county
from fangpin.pipeline.county import County, create_county
from fangpin.pipeline.exports import Export
from fangpin.pipeline.exports import export as export_rows
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.screening import screen as screen_month
from fangpin.pipeline.status import status as county_status
from fangpin.pipeline.tasking import dispatch_month, export_tasks, take_answer
from fangpin.types import Band, Period
from fangpin.warnings.check import check_rules

_Period = Annotated[str, Parameter(help="月份，如 2024-03")]


def register(app: cyclopts.App) -> None:
    """Put the commands on the command line."""
    for command in (init, receive, screen, dispatch, answer, status, check, verify, rebuild, export):
        app.command(command)
    tasks = cyclopts.App(name="tasks", help="核查任务")
    tasks.command(tasks_export, name="export")
    app.command(tasks)


def init(*, site: Annotated[str, Parameter(help="县的声明编号，如 huaxi")]) -> None:
    """建立县库目录。"""
    create_county(context.home(), site, office_url=context.office_url(), now=context.now()).close()
    OUT.print(f"[green]✓[/] 县库已就绪：{context.home()}")


def receive(
    *files: Annotated[Path, Parameter(help="部门来件")],
    source: Annotated[str | None, Parameter(help="数据源编号，省略时自动识别")] = None,
    period: Annotated[str | None, Parameter(help="月份，如 2024-03，省略时自动识别")] = None,
) -> None:
    """接收部门来件，说明识别为哪个数据源、哪个月份。"""
    if not files:
        raise UsageProblem("参数 FILE", "没有给出文件", action="请写明一个或多个来件")
    told = None if period is None else context.month(period, option="--period")
    county = context.county()
    if source is not None:
        county.declared.source(source)
    refused: list[FangpinError] = []
    with Intake(county) as intake:
        for file in files:
            try:
                receipt(intake.receive(file, source_id=source, period=told, now=context.now(), by=context.login()))
            except FangpinError as exc:
                if len(files) == 1:
                    raise
                ERRORS.print(f"✗ {exc.sentence}", style="bold red", highlight=False, markup=False)
                refused.append(exc)
    if refused:
        summary = type(refused[0])(
            "接收", f"{len(files)} 个文件中有 {len(refused)} 个未能接收，其余已收妥", action="请按上面的说明处理"
        )
        raise summary


def screen(period: _Period) -> None:
    """筛查一个月：匹配、按规则预警、每户一条线索。"""
    month = context.month(period, option="PERIOD")
    county = context.county()
    with progress_bar() as progress:
        found = screen_month(county, month, now=context.now(), by=context.login(), progress=progress)
    again = "（依据与上次相同，结果不变）" if found.known_before else ""
    OUT.print(f"[green]✓[/] {month.title}筛查完成{again}：线索 {found.leads.height:,} 户")
    changes = found.changes
    OUT.print(
        f"  新增 {changes.new:,}，变化 {changes.changed:,}，不变 {changes.unchanged:,}，撤回 {changes.withdrawn:,}"
    )
    bands = {str(band): count for band, count in counted(found.links, "band")}
    link, review, leave = (bands.get(band, 0) for band in Band)
    OUT.print(f"  匹配：自动关联 {link:,} 行，待人工核对 {review:,} 行，未关联 {leave:,} 行")
    _warn_gaps(found.missing, found.failures)
    grades = {g.code: g.title for g in county.declared.site.grades}
    kinds = found.leads.explode("kinds")
    table(
        "线索（按种类和等级，户）",
        ("种类", "等级", "户"),
        [(k, grades.get(str(g), g), n) for k, g, n in counted(kinds, "kinds", "grade")],
    )


def dispatch(period: _Period) -> None:
    """把一个月的线索交办到乡镇：每户一项任务，已有未办结任务的并入。"""
    month = context.month(period, option="PERIOD")
    done = dispatch_month(context.county(), month, now=context.now(), by=context.login())
    OUT.print(f"[green]✓[/] {month.title}交办完成：新任务 {done.new:,} 项，并入 {done.joined:,} 项")
    if done.reopened:
        OUT.print(f"  重新交办 {done.reopened:,} 项")
    if done.unplaced:
        OUT.print(f"  [yellow]![/] {done.unplaced:,} 条线索的农户没有登记乡镇，未能交办；请先补全台账")


def tasks_export(*, period: Annotated[str | None, Parameter(help="月份，省略时为最近筛查的月份")] = None) -> None:
    """生成各乡镇的核查任务表（.xlsx）。"""
    county = context.county()
    month = _latest(county) if period is None else context.month(period, option="--period")
    found = export_tasks(county, month, now=context.now(), by=context.login())
    if not found.sheets:
        raise NeedsDecision(f"月份 {month}", "没有待核查的任务", action=f"请先运行 fangpin dispatch {month}")
    table(
        f"{month.title}核查任务表（{len(found.sheets)} 个乡镇，本次写出 {found.written} 份）",
        ("乡镇", "版本", "文件"),
        [(s.township, s.revision, str(county.home / "tasks" / s.path)) for s in found.sheets],
    )


def answer(file: Annotated[Path, Parameter(help="乡镇填好的核查任务表")]) -> None:
    """收回乡镇填好的核查任务表。"""
    found = take_answer(context.county(), file, now=context.now(), by=context.login())
    OUT.print(
        f"[green]✓[/] {file.name}：采用 {found.accepted:,} 户，此前已收 {found.already:,} 户，未填 {found.blank:,} 户"
    )
    if found.refused.height:
        rows = found.refused.select("sheet_row", "column", "expected").rows()
        table(f"未采用 {found.refused.height} 行", ("表内行号", "列", "应为"), rows)


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


def check() -> None:
    """检查全部声明（数据源、规则、县）及规则的样例。"""
    wrong = 0
    for site_id in site_ids(context.home_or_none()):
        declared = load(site_id, home=context.home_or_none())
        findings = check_rules(declared.rules.values(), site=declared.site)
        examples = sum(len(r.examples) for r in declared.rules.values())
        OUT.print(
            f"{declared.site.title}：数据源 {len(declared.sources)}，规则 {len(declared.rules)}，样例 {examples}，"
            f"问题 {len(findings)}"
        )
        for found in findings:
            OUT.print(f"  ✗ {found.rule_id}：{found.sentence}", markup=False)
        wrong += len(findings)
    if wrong:
        raise DeclarationError("声明检查", f"有 {wrong} 处问题", action="请按上面的说明改正")
    OUT.print("[green]✓[/] 声明全部有效")


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


_TASK_WORDS = {"dispatched": "已交办", "answered": "已反馈", "returned": "退回重核", "closed": "办结"}


def _latest(county: County) -> Period:
    screened = [m.period for m in county_status(county) if m.screened]
    if not screened:
        raise NeedsDecision("月份", "还没有筛查过任何月份", action="请先运行 fangpin screen")
    return screened[-1]


def _warn_gaps(missing: tuple[str, ...], failures: tuple[str, ...]) -> None:
    if missing:
        OUT.print(f"  [yellow]![/] 本月缺少：{'、'.join(missing)}；需要它们的规则作“无法判断”")
    for failure in failures:
        OUT.print(f"  [yellow]![/] 规则未能运行：{failure}")
