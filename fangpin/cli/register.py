"""The register over the months: who was in a household, what happened, what is wrong.

Floor 5. Prints names to the office's own screen; of an ID only the last four.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, counted, progress_bar, table
from fangpin.matching.history_events import EVENT_TITLES, EventKind
from fangpin.matching.register_findings import FINDING_TITLES
from fangpin.pipeline.registering import events_in, findings_in, members_of

if TYPE_CHECKING:
    import polars as pl

_SHOWN = 100
_MEMBER_HEADS = ("人编号", "姓名", "证件号码", "性别", "年龄", "与户主关系", "自")
_MEMBER_COLUMNS = ("person_no", "person_name", "id_seen", "sex", "age", "relation", "from_period")
_EVENT_HEADS = ("变动", "乡镇", "村", "户编号", "原户编号", "人编号", "说明")
_EVENT_COLUMNS = ("kind", "township", "village", "household_no", "other_household_no", "life_no", "detail")


def show(
    household: Annotated[str, Parameter(help="户编号")],
    *,
    period: Annotated[str | None, Parameter(help="月份，如 2024-03；不写为最近一期台账的月份")] = None,
) -> None:
    """查看一户在一个月里有哪些人。"""
    month = None if period is None else context.month(period, option="--period")
    with progress_bar() as progress:
        found = members_of(context.county(), household, month, progress=progress)
    rows = [_blanked(row) for row in found.people.select(_MEMBER_COLUMNS).rows()]
    table(f"户 {household}（{found.place}）{found.period.title}", _MEMBER_HEADS, rows)
    if not found.people["seen"].all():
        OUT.print(f"[yellow]![/] {found.period.title}没有收到台账，以上按前后两期台账推定")


def events(
    *,
    period: Annotated[str, Parameter(help="月份，如 2024-03")],
    township: Annotated[str | None, Parameter(help="只看一个乡镇")] = None,
) -> None:
    """查看一个月里的人员和农户变动。"""
    month = context.month(period, option="--period")
    with progress_bar() as progress:
        found = events_in(context.county(), month, township=township, progress=progress)
    where = "" if township is None else township
    if found.is_empty():
        OUT.print(f"{where}{month.title}没有变动")
        return
    counts = [(EVENT_TITLES[EventKind(str(kind))], n) for kind, n in counted(found, "kind")]
    table(f"{where}{month.title}的变动", ("变动", "件"), counts)
    shown = found.select(_EVENT_COLUMNS) if township is not None else found.select(_EVENT_COLUMNS).head(_SHOWN)
    rows = [_blanked((EVENT_TITLES[EventKind(kind)], *rest)) for kind, *rest in shown.rows()]
    table("逐件", _EVENT_HEADS, rows)
    _tell_rest(found, shown, action="请用 --township 查看一个乡镇的全部变动")


def findings(*, period: Annotated[str, Parameter(help="月份，如 2024-03")]) -> None:
    """查看一个月的农户信息台账自相矛盾之处。"""
    month = context.month(period, option="--period")
    with progress_bar() as progress:
        found = findings_in(context.county(), month, progress=progress)
    if found.is_empty():
        OUT.print(f"{month.title}的台账没有发现问题")
        return
    counts = [(FINDING_TITLES[str(code)], n) for code, n in counted(found, "code")]
    table(f"{month.title}农户信息台账的问题", ("问题", "处"), counts)
    shown = found.select("code", "household_no", "person_no", "row_number", "message").head(_SHOWN)
    rows = [_blanked((FINDING_TITLES[code], *rest)) for code, *rest in shown.rows()]
    table("逐处", ("问题", "户编号", "人编号", "行", "说明"), rows)
    _tell_rest(found, shown, action=f"全部问题见 fangpin export issues --period {month}")


def _tell_rest(found: pl.DataFrame, shown: pl.DataFrame, *, action: str) -> None:
    if shown.height < found.height:
        OUT.print(f"另有 {found.height - shown.height:,} 条未列出；{action}")


def _blanked(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple("" if cell is None else cell for cell in row)
