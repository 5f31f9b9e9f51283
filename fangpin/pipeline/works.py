"""What each kind of scheduled job does for a due period, ending in one sentence for the list.

Floor 4. Every work may be done again without harm: it is what makes a killed schedule safe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from fangpin.config.site_models import Work
from fangpin.errors import StoreDamaged, TransportFailed
from fangpin.pipeline.backup import backup
from fangpin.pipeline.checking import verify
from fangpin.pipeline.county import County
from fangpin.pipeline.jobs import Doing, Turn
from fangpin.pipeline.pulling import pull
from fangpin.pipeline.reminders import remind
from fangpin.pipeline.screening import screen
from fangpin.pipeline.tasking import dispatch_month, export_tasks
from fangpin.store.channels import Outcome
from fangpin.store.runs import current_run
from fangpin.tasks.duedays import office_day

BY: Final = "定时任务"
_BACKUPS_KEPT: Final = 14
_OUTCOMES: Final = {
    Outcome.RECEIVED: "新收",
    Outcome.KNOWN: "此前已收",
    Outcome.HELD: "待确认",
    Outcome.REFUSED: "退回",
}


def do(county: County, turn: Turn) -> str:
    """Do what a job is for and return the sentence that says what came of it."""
    return _DOINGS[turn.job.work](county, turn)


def _pull(county: County, turn: Turn) -> str:
    mine = tuple(c.id for c in county.declared.connections.values() if turn.job.source in ("", c.source))
    if not mine:
        return "没有声明取数通道，无需取数"
    pulled = pull(county, mine, period=turn.month, now=turn.now, by=BY)
    failed = [p.failure for p in pulled if p.failure is not None]
    if failed:
        given = f"{len(pulled)} 个通道中有 {len(failed)} 个未取成，首个：{failed[0].where}，{failed[0].given}"
        raise TransportFailed("取数", given, action="稍后自动重试")
    outcomes = Counter(brought.outcome for p in pulled for brought in p.brought)
    told = "".join(f"，{title} {n} 份" for outcome, title in _OUTCOMES.items() if (n := outcomes[outcome]))
    return f"{len(pulled)} 个通道已取数{told or '，没有新文件'}"


def _remind(county: County, turn: Turn) -> str:
    letters = remind(county, today=office_day(turn.now))
    return f"新写催报函 {len(letters)} 份" if letters else "没有新的逾期数据"


def _screen(county: County, turn: Turn) -> str:
    with county.office.read() as connection:
        known = current_run(connection, turn.month)
    if turn.overtaken and known is not None:
        return f"{turn.month.title}此前已筛查，之后的月份也已到期，不再重筛"
    found = screen(county, turn.month, now=turn.now, by=BY, progress=_quietly)
    gaps = f"；缺少{'、'.join(found.missing)}" if found.missing else ""
    return f"{turn.month.title}线索 {found.leads.height} 户{gaps}"


def _dispatch(county: County, turn: Turn) -> str:
    done = dispatch_month(county, turn.month, now=turn.now, by=BY)
    sheets = export_tasks(county, turn.month, now=turn.now, by=BY)
    unplaced = f"；{done.unplaced} 条不知属哪个乡镇" if done.unplaced else ""
    return f"{turn.month.title}新交办 {done.new} 户，并入 {done.joined} 户，任务表 {len(sheets.sheets)} 份{unplaced}"


def _rebuild_check(county: County, turn: Turn) -> str:  # noqa: ARG001 - a Doing's signature
    found = verify(county, progress=_quietly)
    if not found.ok:
        wrong = "、".join(sorted({c.invariant for c in found.checks if not c.ok}))
        raise StoreDamaged("重建核验", f"不变量 {wrong} 不成立", action="请运行 fangpin verify 查明")
    return "各项不变量成立，各月结果与重新计算的一致"


def _backup(county: County, turn: Turn) -> str:
    made = backup(county, turn.backups, now=turn.now, keep=_BACKUPS_KEPT)
    return f"已备份到 {made.path.name}：{made.files} 个文件，其中新增 {made.new} 个"


def _quietly(_title: str, _done: int, _total: int) -> None:
    """Tell nobody: nobody watches a scheduled work."""


_DOINGS: Final[Mapping[Work, Doing]] = {
    Work.PULL: _pull,
    Work.REMIND: _remind,
    Work.SCREEN: _screen,
    Work.DISPATCH: _dispatch,
    Work.REBUILD_CHECK: _rebuild_check,
    Work.BACKUP: _backup,
}
