"""Prints what operations return: sentences, tables and progress, in Chinese.

Floor 5. Results go to standard output, progress and errors to standard error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from fangpin.connectors.problem_words import PROBLEM_WORDS

if TYPE_CHECKING:
    import polars as pl

    from fangpin.connectors.difference import Difference
    from fangpin.pipeline.county import Progress as ProgressFunction
    from fangpin.pipeline.receipts import Receipt

OUT = Console(highlight=False, soft_wrap=True)
ERRORS = Console(stderr=True, highlight=False, soft_wrap=True)
KIND_TITLES = {
    "income_low": "收入低于监测线",
    "income_drop": "收入骤减",
    "medical_spike": "医疗支出骤增",
    "uninsured_illness": "重病重残未参保",
    "dropout": "义务教育失学辍学",
    "new_disability": "新增残疾",
    "unsafe_housing": "危房居住",
    "no_labour": "无劳动力无低保",
    "new_dibao": "新增整户低保",
    "water": "饮水",
    "education_cost": "因学支出",
    "accident": "意外事故",
    "disaster": "自然灾害",
    "employment": "务工就业",
    "support_gap": "应享未享",
    "project": "产业项目失败",
    "reported": "排查、申报或上级下发",
    "spot_check": "低风险户抽查",
    "other": "其他",
}
_ISSUES_SHOWN = 5
_NEVER_FOLDED = frozenset({"编号", "批次"})  # to be copied and typed again


@contextmanager
def progress_bar() -> Iterator[ProgressFunction]:
    """Give a progress function that draws one bar per kind of work."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERRORS, transient=True, disable=not ERRORS.is_terminal) as bars:
        known = {}

        def told(title: str, done: int, total: int) -> None:
            if title not in known:
                known[title] = bars.add_task(title, total=total)
            bars.update(known[title], completed=done, total=total)

        yield told


def table(title: str, heads: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; numbers stand to the right."""
    drawn = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    rows = list(rows)
    for index, head in enumerate(heads):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        whole = head in _NEVER_FOLDED
        drawn.add_column(head, justify="right" if numeric else "left", overflow="fold", no_wrap=whole)
    for row in rows:
        drawn.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    OUT.print(drawn)


def receipt(found: Receipt, *, dry: bool = False) -> None:
    """Print what a file was taken for, what became of its rows, and what its sender should do; ``dry``: would do."""
    counts = found.counts
    before = "（此前已收，未重复入库）" if found.known_before else ""
    mark = "[yellow]![/]" if found.held else "[green]✓[/]"
    OUT.print(f"{mark} {found.file_name}：{found.source_title} {found.period.title}（据{found.period_from}）{before}")
    OUT.print(
        f"  来件 {counts.rows_in:,} 行：采用 {counts.accepted:,}，退回 {counts.rejected:,}，重复 {counts.duplicate:,}"
        + "".join(f"；{name} {rows} 行未计入" for name, rows in found.skipped.items())
    )
    for sentence in (*_standing(found, dry=dry), *found.notices):
        OUT.print(f"  [yellow]![/] {sentence}")
    if found.superseded:
        OUT.print(f"  本次数据替代了此前收到的同月数据（{found.superseded}）")
    if found.changes is not None:
        OUT.print(f"  {_changed(found.changes)}", markup=False)
    if found.closed is not None:
        OUT.print(f"  更正单：解决问题 {found.closed:,} 个，尚余 {found.left:,} 个")
    if found.unknown_columns:
        OUT.print(f"  未识别的列：{'、'.join(found.unknown_columns)}", markup=False)
    if found.withheld_columns:
        OUT.print(f"  共享协议以外的列（未采用）：{'、'.join(found.withheld_columns)}", markup=False)
    for row in found.issues.head(_ISSUES_SHOWN).iter_rows(named=True):
        what = PROBLEM_WORDS.get(row["code"], row["code"])
        sentence = f"  [{row['severity']}] {row['column']}{what}：{row['rows']:,} 行；应为{row['expected']}"
        OUT.print(sentence, markup=False)
    if found.issues.height > _ISSUES_SHOWN:
        more = found.issues.slice(_ISSUES_SHOWN)
        OUT.print(f"  另有 {more.height} 种问题 {more['rows'].sum():,} 处，见更正单", markup=False)
    if found.quarantine is not None:
        OUT.print(f"  更正单（请部门填写后交回，用 fangpin receive 接收）：{found.quarantine}", markup=False)


def _standing(found: Receipt, *, dry: bool) -> list[str]:
    """Say where a batch stands when it is not simply in effect."""
    if found.held:
        if dry:
            return [f"如报送，将待人工确认：{sentence}" for sentence in found.held]
        batch = found.batch_id
        decide = f"请核对后采用：fangpin batches accept {batch}；或退回：fangpin batches refuse {batch} --reason 理由"
        return [f"待人工确认：{sentence}" for sentence in found.held] + [decide]
    if found.state == "superseded":
        return [f"这份数据后来已被替代，不是现行数据；如要恢复，请用 fangpin batches restore {found.batch_id}"]
    if found.state == "withdrawn":
        return [f"这份数据已被撤回；如要恢复，请用 fangpin batches restore {found.batch_id}"]
    return []


def _changed(changes: Difference) -> str:
    """Say what a delivery changed against the one it takes the place of."""
    columns = "、".join(f"{title} {rows:,}" for title, rows in list(changes.changed_columns.items())[:_ISSUES_SHOWN])
    told = f"与同月现行数据相比：新增 {changes.added:,} 行，减少 {changes.gone:,} 行，变更 {changes.changed:,} 行"
    which = f"（{columns}）" if columns else ""
    return f"{told}{which}，不变 {changes.unchanged:,} 行"


def counted(frame: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    """Return how often each combination occurs, most frequent first."""
    return frame.group_by(columns).len().sort(["len", *columns], descending=[True, *[False] * len(columns)]).rows()
