"""``fangpin demo``: a year of an invented county, and a page of figures.

Floor 5. Writes only into a folder of its own, which it knows by a marker; any other folder it refuses.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from fangpin.cli.show import KIND_TITLES, OUT, progress_bar, table
from fangpin.config.loader import load
from fangpin.demo.county import CountyPlan
from fangpin.demo.score import LeadScore
from fangpin.demo.tour import Tour, run_tour
from fangpin.errors import NeedsDecision
from fangpin.types import Band

_SITE = "huaxi"
_MARKER = ".fangpin-demo"


def demo(
    folder: Annotated[Path, Parameter(help="示例目录")] = Path("demo-county"),
    *,
    people: Annotated[
        int, Parameter(help="人口数，200 至 1,000,000", validator=Number(gte=200, lte=1_000_000))
    ] = 20_000,
    months: Annotated[int, Parameter(help="月数，1 至 36", validator=Number(gte=1, lte=36))] = 12,
    seed: Annotated[int, Parameter(help="随机种子：相同种子生成相同的县")] = 20240101,
    dirt: Annotated[Literal["typical", "heavy"], Parameter(help="数据脏乱程度")] = "typical",
) -> None:
    """生成一个虚构县的一年数据，走完接收、匹配、筛查、交办、反馈，并与已知答案核对。"""
    _make_room(folder)
    plan = CountyPlan(seed=seed, people=people, months=months, dirt=dirt)
    with progress_bar() as progress:
        tour = run_tour(folder, plan, site_id=_SITE, progress=progress)
    _page(tour)


def _make_room(folder: Path) -> None:
    """Clear a former demonstration away; refuse a folder that holds anything else."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARKER).exists():
            raise NeedsDecision(f"目录 {folder}", "已有其他内容", action="请换一个空目录")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARKER).touch()


def _page(tour: Tour) -> None:
    rows = tour.rows
    OUT.rule("示例县一年运行结果（全部为虚构数据）")
    table(
        "数据",
        ("来件行", "采用", "退回", "重复", "自动关联", "待人工核对", "未关联"),
        [
            [
                rows["来件"],
                rows["采用"],
                rows["退回"],
                rows["重复"],
                *(tour.bands[b] for b in (Band.LINK, Band.REVIEW, Band.LEAVE)),
            ]
        ],
    )
    declared = load(_SITE)
    titles = {r.id: r.title for r in declared.rules.values()}
    grades = {g.code: g.title for g in declared.site.grades}
    table(
        "线索（按规则和等级，条）",
        ("规则", "等级", "条"),
        [(titles.get(r, r), grades.get(g, g), n) for r, g, n in tour.by_rule.rows()],
    )
    by_township = tour.tasks.group_by("township").len().sort("len", descending=True)
    answered = dict(tour.tasks.filter(tour.tasks["state"] != "dispatched").group_by("township").len().iter_rows())
    table(
        "核查任务（按乡镇，项）",
        ("乡镇", "任务", "已反馈"),
        [(t, n, answered.get(t, 0)) for t, n in by_township.rows()],
    )
    if tour.leads is not None and tour.standing is not None:
        _leads(tour.leads, tour.standing)
    if tour.links is not None:
        found = tour.links.overall
        OUT.print(
            f"匹配与答案核对：准确率 {_share(found.precision)}，召回率 {_share(found.recall)}，F1 {_share(found.f1)}；"
            f"县外人员误关联 {found.outsiders_linked:,} 行"
        )
    table("用时（秒）", ("步骤", "秒"), [(step, round(seconds, 1)) for step, seconds in tour.seconds.items()])
    OUT.print(
        f"峰值内存 {tour.peak_mib:,} MiB；反馈采用 {tour.answers['采用']:,} 户，未采用 {tour.answers['未采用']:,} 户"
    )
    OUT.print(f"核查任务表（每乡镇一份）在：{tour.workbooks.resolve()}")


def _leads(score: LeadScore, standing: LeadScore) -> None:
    rows = [
        (
            KIND_TITLES.get(kind, kind),
            f.shocks,
            f.found,
            f.shocks - f.found,
            _share(f.recall),
            f.leads,
            _share(f.precision),
        )
        for kind, f in sorted(score.by_kind.items())
    ]
    whole = score.overall
    rows.append(
        (
            "合计",
            whole.shocks,
            whole.found,
            whole.shocks - whole.found,
            _share(whole.recall),
            whole.leads,
            _share(whole.precision),
        )
    )
    table("与已知答案核对", ("种类", "应发现", "已发现", "漏掉", "召回率", "线索", "准确率"), rows)
    for kind, figures in sorted(standing.by_kind.items()):
        told = (
            f"线索 {figures.leads:,} 户（多数从首月起即如此），新出现的 {figures.shocks:,} 例找到 {figures.found:,} 例"
        )
        OUT.print(f"存量情形“{KIND_TITLES[kind]}”：{told}")
    OUT.print(
        f"无害的相似情形 {score.decoys:,} 例，误报 {score.decoys_warned:,} 例（{_share(score.decoys_warned_share)}）"
    )


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.2%}"
