"""The review queue on the command line: what waits, one pair side by side, a verdict, workbooks out and back.

Floor 5. Reads arguments, calls the operation, prints the result. The reviewer is who is at the keyboard unless another
name is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, progress_bar, table
from fangpin.connectors.readers import Readers
from fangpin.errors import IntakeRefused, NeedsDecision, UsageProblem
from fangpin.ledgers.review_pairs import FIELDS
from fangpin.ledgers.review_returned import VERDICT_TITLES, VERDICT_WORDS
from fangpin.matching.judgements import PairState, ReviewKind, Verdict
from fangpin.matching.review_items import blinded, ordered
from fangpin.pipeline import reviewing
from fangpin.pipeline.county import County
from fangpin.pipeline.review_effects import NO_GAINS, lead_gains
from fangpin.pipeline.review_month import COUNTY_AREA, review_month
from fangpin.pipeline.review_sheets import KIND_TITLES, take_review_sheet, write_review_sheet
from fangpin.store.runs import published_runs
from fangpin.types import Period

_STATES: Final = {
    PairState.OPEN: "待判定",
    PairState.WAITING: "待第二人",
    PairState.DISPUTED: "待裁定",
    PairState.SETTLED: "已定",
}
_Item = Annotated[str, Parameter(help="复核编号，见 fangpin review list")]
_Month = Annotated[str | None, Parameter(help="月份，省略时为最近筛查的月份")]
_Town = Annotated[str | None, Parameter(help="只看一个乡镇；县级 指跨乡镇、须县里判定的")]
_By = Annotated[str | None, Parameter(help="复核人，省略时为登录用户")]
_Kind = Annotated[str, Parameter(help="review 待核对，check 抽查已关联，missed 抽查未关联")]


def list_(
    *,
    period: _Month = None,
    township: _Town = None,
    kind: _Kind = "review",
    by: _By = None,
    limit: Annotated[int, Parameter(help="最多列出多少项")] = 50,
) -> None:
    """列出待复核的匹配，最要紧的在前。"""
    county = context.county()
    month = _month(county, period)
    wanted = _kind(kind)
    gains = _gains(county, month)
    reviewer = by or context.login()
    waiting = review_month(county, month).open_for(township=township, by=reviewer).filter(pl.col("kind") == wanted)
    if waiting.is_empty():
        OUT.print(f"[green]✓[/] {month.title}没有等{reviewer}判定的匹配（{KIND_TITLES[wanted]}）")
        return
    titles = {s.id: s.title for s in county.declared.sources.values()}
    shown = blinded(ordered(waiting, gains)).head(limit)
    OUT.print(f"[bold]{month.title}{KIND_TITLES[wanted]}：{waiting.height:,} 项[/]")
    for place, row in enumerate(shown.iter_rows(named=True), start=1):
        OUT.print(f"{place:>3}  {row['item']}", markup=False, highlight=False)
        OUT.print(f"     {_told(row, titles)}", markup=False, highlight=False)
        OUT.print(f"     {row['reasons']}", markup=False, highlight=False)
    if waiting.height > limit:
        OUT.print(f"  另有 {waiting.height - limit:,} 项，加 --limit 列出更多")


def show(item: _Item, *, township: _Town = None) -> None:
    """并排查看一项：来件所报和台账所记，候选人的户内成员，其他候选人。"""
    county = context.county()
    found = reviewing.show(county, item, township=township)
    row, best = found.item, found.sides.row(0, named=True)
    source = county.declared.source(row["source_id"])
    double = "，由两人分别判定" if row["reviewers_needed"] > 1 else ""
    place = row["township"] or COUNTY_AREA
    OUT.print(
        f"{item}：{source.agency}《{source.title}》，{place}，{_STATES[PairState(row['state'])]}{double}", markup=False
    )
    compared = [
        (title, best[f"row_{name}"] or "", best[f"person_{name}"] or "", best[f"agrees_{name}"] or "")
        for name, title in FIELDS.items()
    ]
    table(f"候选人 {best['person_no']}", ("项目", "来件所报", "台账所记", "比对"), compared)
    OUT.print(f"  依据：{best['reasons']}", markup=False)
    OUT.print(f"  户内成员（{best['household_no']}）：{best['members'] or ''}", markup=False)
    if found.facts:
        OUT.print(
            f"  这一行所报：{'；'.join(f'{title} {value}' for title, value in found.facts.items())}", markup=False
        )
    others = [
        (
            one["person_no"],
            one["person_name"] or "",
            one["person_born"] or "",
            one["person_place"] or "",
            one["reasons"],
        )
        for one in found.sides.slice(1).iter_rows(named=True)
    ]
    if others:
        table("其他候选人", ("人编号", "姓名", "出生", "住址", "依据"), others)
    zone = context.now().tzinfo
    told = [
        (f"{one['at'].astimezone(zone):%Y-%m-%d %H:%M}", one["by"], one["person_no"], _word(one), one["reason"] or "")
        for one in found.said.iter_rows(named=True)
    ]
    if told:
        table("判定记录", ("时间", "复核人", "人编号", "判定", "说明"), told)


def judge(
    item: _Item,
    verdict: Annotated[str, Parameter(help="同一人、不是同一人、不确定（same、not_same、unsure）")],
    *,
    person: Annotated[str | None, Parameter(help="人编号，判定的是其他候选人时写明")] = None,
    township: _Town = None,
    reason: Annotated[str | None, Parameter(help="说明")] = None,
    by: _By = None,
) -> None:
    """判定一项是不是同一人。"""
    said = _verdict(verdict)
    reviewer = by or context.login()
    is_new = reviewing.judge(
        context.county(),
        item,
        said,
        person_no=person,
        township=township,
        reason=reason,
        now=context.now(),
        by=reviewer,
    )
    told = "已记下" if is_new else "此前已记下，没有变化"
    OUT.print(f"[green]✓[/] {item}：{reviewer}判定{VERDICT_TITLES[said]}，{told}；重新筛查后生效")


def undo(item: _Item, *, by: _By = None) -> None:
    """撤回自己对一项的判定；记录保留。"""
    reviewer = by or context.login()
    count = reviewing.undo(context.county(), item, now=context.now(), by=reviewer)
    OUT.print(f"[green]✓[/] {item}：已撤回{reviewer}的判定 {count} 条；重新筛查后生效")


def sheet(
    *,
    township: Annotated[str, Parameter(help="乡镇；县级 指跨乡镇、须县里判定的")],
    period: _Month = None,
    kind: _Kind = "review",
) -> None:
    """生成一个乡镇的匹配复核表（.xlsx）。"""
    county = context.county()
    month = _month(county, period)
    gains = _gains(county, month)
    made = write_review_sheet(county, month, township=township, kind=_kind(kind), gains=gains)
    if made is None:
        OUT.print(f"[green]✓[/] {month.title}{township}没有待复核的匹配")
        return
    OUT.print(f"[green]✓[/] {township}：{made.pairs:,} 项，{made.path}", markup=True)


def receive(file: Annotated[Path, Parameter(help="填好的匹配复核表")]) -> None:
    """收回填好的匹配复核表：整份采用，有错则整份不采用。"""
    county = context.county()
    with Readers(county.scratch) as readers:
        found = take_review_sheet(county, file, readers=readers, now=context.now(), by=context.login())
    if found.refused.height:
        table("需要改正的地方", ("表内行号", "列", "应为"), found.refused.rows())
        given = f"有 {found.refused['sheet_row'].n_unique()} 行需要改正，整份没有采用"
        raise IntakeRefused("报回的复核表", given, action="请改正后整份再报")
    OUT.print(
        f"[green]✓[/] 新判定 {found.new:,} 项，此前已记 {found.already:,} 项，未填 {found.blank:,} 项；重新筛查后生效"
    )


def agreement() -> None:
    """查看两人分别判定的一致率。"""
    found = reviewing.agreement_of(context.county())
    if found.is_empty():
        OUT.print("还没有两人都判定过的匹配")
        return
    rows = [
        (KIND_TITLES[ReviewKind(row["kind"])], row["rows"], row["agreed"], f"{row['share']:.1%}")
        for row in found.iter_rows(named=True)
    ]
    table("两人分别判定", ("种类", "项", "一致", "一致率"), rows)


def _told(row: dict[str, Any], titles: dict[str, str]) -> str:
    """Return where an item is from, what hangs on it and how far it has come; how sure it is stands in its reasons."""
    told = [
        row["township"] or f"{COUNTY_AREA}（跨乡镇）",
        f"{titles[row['source_id']]}{row['rows']:,}行",
        f"判为同一人将新增线索{row['leads']}种" if row["leads"] else "",
        _STATES[PairState(row["state"])],
    ]
    return "，".join(part for part in told if part)


def _word(said: dict[str, Any]) -> str:
    return "撤回" if said["verdict"] is None else VERDICT_TITLES[Verdict(said["verdict"])]


def _month(county: County, period: str | None) -> Period:
    if period is not None:
        return context.month(period, option="--period")
    with county.office.read() as connection:
        screened = published_runs(connection)
    if not screened:
        raise NeedsDecision("月份", "还没有筛查过任何月份", action="请先运行 fangpin screen")
    return screened[-1][0]


def _kind(text: str) -> ReviewKind:
    wanted = {kind.value: kind for kind in KIND_TITLES}
    if text not in wanted:
        raise UsageProblem("参数 --kind", f"收到“{text}”", expected="、".join(wanted))
    return wanted[text]


def _verdict(text: str) -> Verdict:
    if text not in VERDICT_WORDS:
        raise UsageProblem("判定", f"收到“{text}”", expected="、".join(VERDICT_TITLES.values()))
    return VERDICT_WORDS[text]


def _gains(county: County, month: Period) -> pl.DataFrame:
    with progress_bar() as progress:
        gains = lead_gains(county, month, progress=progress)
    if gains is None:
        OUT.print(f"[yellow]![/] {month.title}筛查之后数据或判定有更新，未按新增线索排序；重新筛查后再列即可")
        return NO_GAINS
    return gains
