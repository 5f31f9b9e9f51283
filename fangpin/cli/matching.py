"""The quality of matching, the evidence for one row, what contradicts itself, and what goes back to departments.

Floor 5. Reads arguments, calls the operation, prints tables or writes them to a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, progress_bar, table
from fangpin.errors import UsageProblem
from fangpin.ledgers.report_tables import Table, write_tables
from fangpin.matching.decide import JUDGED
from fangpin.pipeline.county import County
from fangpin.pipeline.explaining import explain as explain_row
from fangpin.pipeline.identity_corrections import write_corrections
from fangpin.pipeline.matching_report import latest_month, matching_report, month_conflicts, month_unknown
from fangpin.pipeline.matching_tables import conflict_table, percent, report_tables, unknown_tables
from fangpin.pipeline.relearning import relearn
from fangpin.types import Band, Period

_LINES = 30
_SUREST = 0.9999  # nothing computed is certain
_BANDS = {Band.LINK: "自动关联", Band.REVIEW: "待人工核对", Band.LEAVE: "未关联"}
_Period = Annotated[str | None, Parameter(help="月份，省略时为最近筛查的月份")]
_Out = Annotated[Path | None, Parameter(help="写到文件，.xlsx 或 .md；省略时显示在屏幕上")]


def report(*, period: _Period = None, out: _Out = None) -> None:
    """查看一个月的匹配质量：占比、复核量、准确率、召回率、与上月相比。"""
    county, month = _asked(period)
    found = report_tables(matching_report(county, month), _titles(county))
    _tell(found, f"{month.title}匹配质量报告", out)


def explain(
    source: Annotated[str, Parameter(help="数据源的编号或名称，如 medical_settlement、医保结算明细")],
    row: Annotated[int, Parameter(help="数据行号，从 1 起，见 fangpin export links 的 row_number")],
    *,
    period: _Period = None,
) -> None:
    """说明一行是怎样匹配的，或为什么没有匹配；证件号码只显示末四位。"""
    county, month = _asked(period)
    found = explain_row(county, month, source, row)
    link = found.link
    place = "".join([f"{link['file_name']}", f"，工作表“{link['sheet']}”" if link["sheet"] else ""])
    OUT.print(f"{link['source_title']} {month.title} {place} 第 {link['sheet_row']} 行：", markup=False)
    person = f"，人编号 {link['person_no']}" if link["person_no"] else ""
    home = f"，户编号 {link['household_no']}" if link["household_no"] else ""
    OUT.print(f"  {_BANDS[Band(link['band'])]}{person}{home}", markup=False)
    OUT.print(f"  {link['reasons']}", markup=False)
    if link["method"] == JUDGED:
        OUT.print("  以下是不计人工判定的比对：")
    if found.nearest.is_empty():
        OUT.print("  名册中没有可比较的人")
    for rank, person_no, household_no, score in found.nearest.rows():
        lines = found.evidence.filter(pl.col("rank") == rank).rows()
        title = f"第 {rank} 相近：人编号 {person_no}，户编号 {household_no}，把握 {percent(min(score, _SUREST))}"
        heads = ("项目", "来件", "名册", "比较", "分量")
        table(title, heads, [(f, a or "", b or "", why or "未知", f"{w:+.1f}") for _, f, a, b, why, w in lines])


def conflicts(*, period: _Period = None, out: _Out = None) -> None:
    """列出部门之间、部门与名册之间的矛盾。"""
    county, month = _asked(period)
    found = conflict_table(month_conflicts(county, month), _titles(county))
    _tell([found], f"{month.title}匹配矛盾", out)


def unknown(*, period: _Period = None, out: _Out = None) -> None:
    """列出部门有而名册没有的家庭，几个部门都有的在前；姓名只显示姓。"""
    county, month = _asked(period)
    found = unknown_tables(month_unknown(county, month), _titles(county))
    _tell(found, f"{month.title}名册外的家庭", out)


def corrections(
    *,
    source: Annotated[str | None, Parameter(help="数据源编号")] = None,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="全部数据源")] = False,
    period: _Period = None,
    out: Annotated[Path | None, Parameter(help="写到哪个目录；省略时为县库的 quarantine/月份")] = None,
) -> None:
    """生成证件号码和姓名的更正单，退给部门；填好后用 fangpin receive 接收。"""
    if (source is None) is not all_:
        raise UsageProblem("参数 --source", "没有写明，或与 --all 同用", action="请写明一个数据源，或用 --all")
    county, month = _asked(period)
    sheets = write_corrections(county, month, source_id=source, folder=out)
    if not sheets:
        OUT.print(f"[green]✓[/] {month.title}没有要更正的证件号码和姓名")
        return
    table(
        f"{month.title}证件姓名更正单（请部门填写后交回，用 fangpin receive 接收）",
        ("部门", "数据源", "处", "行", "文件"),
        [(s.agency, s.source_title, s.lines, s.rows, str(s.path)) for s in sheets],
    )


def learn(*, period: _Period = None) -> None:
    """用一个月的数据和已有的人工判定重新学习匹配权重；各月重新筛查后生效。"""
    county, month = _asked(period)
    with progress_bar() as progress:
        model_id = relearn(county, month, now=context.now(), by=context.login(), progress=progress)
    OUT.print(f"[green]✓[/] 已按{month.title}的数据和人工判定学习（{model_id}），请重新筛查：fangpin screen {month}")


def _asked(period: str | None) -> tuple[County, Period]:
    county = context.county()
    return county, latest_month(county) if period is None else context.month(period, option="--period")


def _titles(county: County) -> Mapping[str, str]:
    return {s.id: s.title for s in county.declared.sources.values()}


def _tell(found: Sequence[Table], title: str, out: Path | None) -> None:
    if out is not None:
        write_tables(out, title, found)
        OUT.print(f"[green]✓[/] {title}：{out}")
        return
    for one in found:
        if one.rows:
            table(one.title, one.heads, one.rows[:_LINES])
            OUT.print(one.note, markup=False)
        else:
            OUT.print(f"{one.title}：无。{one.note}", markup=False)
        if len(one.rows) > _LINES:
            OUT.print(f"另有 {len(one.rows) - _LINES:,} 行，请用 --out 写到文件查看")
