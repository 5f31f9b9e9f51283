"""The operations on tasks: dispatch a month, hand out the workbooks, take the answers back.

Floor 4. One operation = one function = one transaction of the office store, with the task's event in
it. Doing an operation twice adds nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fangpin.config.ledger_models import Ledger
from fangpin.config.site_models import Site
from fangpin.errors import Busy, IntakeRefused
from fangpin.ledgers.build import township_rows
from fangpin.ledgers.export import Form, render_workbook, write_workbook
from fangpin.ledgers.returned import Returned
from fangpin.store.county import county_of
from fangpin.store.leads import attach_leads, leads_of, leads_on_tasks
from fangpin.store.office import Office
from fangpin.store.sheets import SheetFile, newest_sheets, register_sheets
from fangpin.store.tasks import answers_named, insert_answers, insert_tasks, record, tasks_named, tasks_of
from fangpin.tasks.answers import plan_answers
from fangpin.tasks.lifecycle import Actor, Event, LeadState, plan_dispatch
from fangpin.types import Period


@dataclass(frozen=True, slots=True)
class DispatchResult:
    """How many leads made a task, joined one, reopened one, or wait because no township is known."""

    new: int
    joined: int
    reopened: int
    unplaced: int


@dataclass(frozen=True, slots=True)
class SheetResult:
    """The newest workbooks of a period by township, and how many of them this export wrote."""

    sheets: tuple[SheetFile, ...]
    written: int


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """What became of a returned sheet.

    ``refused``: sheet_row u32; task_id str|null; column (title), expected str; sorted by row. The
    other figures are households.
    """

    accepted: int
    already: int
    blank: int
    refused: pl.DataFrame


def dispatch(
    office: Office,
    period: Period,
    *,
    due_on: dt.date,
    now: dt.datetime,
    by: str,
) -> DispatchResult:
    """Give every open lead of a period to its township: a new task, or the household's open one."""
    with office.write() as connection:
        leads = leads_of(connection, period).filter(pl.col("state") == LeadState.OPEN)
        plan = plan_dispatch(leads, tasks_of(connection), due_on=due_on)
        insert_tasks(connection, plan.new, actor=Actor.COUNTY, now=now, by=by)
        detail = pl.struct("lead_id").alias("detail")
        joins = plan.joins.select("task_id", "from_state", "revision", detail)
        record(connection, joins, Event.JOINED, actor=Actor.COUNTY, now=now, by=by)
        opened = {"closed_at": pl.lit(None, pl.Datetime("us", "UTC")), "closed_by": pl.lit(None, pl.String)}
        reopens = plan.reopens.select("task_id", "from_state", "revision", "due_on", detail, **opened)
        record(connection, reopens, Event.REOPENED, actor=Actor.COUNTY, now=now, by=by)
        for made in (plan.new, plan.joins, plan.reopens):
            attach_leads(connection, made)
    return DispatchResult(plan.new.height, plan.joins.height, plan.reopens.height, plan.unplaced.height)


def export_sheets(  # noqa: PLR0913 - keyword-only, each said at the call
    office: Office,
    period: Period,
    *,
    folder: Path,
    site: Site,
    ledger: Ledger,
    members: pl.DataFrame,
    households: pl.DataFrame,
    now: dt.datetime,
    by: str,
) -> SheetResult:
    """Write one workbook for each township: the open tasks that hold a lead of the period.

    A workbook whose content has not changed since its last revision is not written again.
    Rows in: ``members``, ``households`` as in ``ledgers.build.township_rows``.
    """
    with office.read() as connection:
        leads = leads_on_tasks(connection, period)
        tasks = tasks_of(connection, is_open=True).join(leads, on="task_id", how="semi")
        newest = newest_sheets(connection, period)
    rows = township_rows(tasks, leads, members=members, households=households, ledger=ledger, grades=site.grades)
    current = [
        _sheet(township, part, site=site, ledger=ledger, period=period, folder=folder, last=newest.get(township))
        for township, part in rows.items()
    ]
    written = [sheet for sheet in current if newest.get(sheet.township) != sheet]
    with office.write() as connection:  # short: the workbooks lie on disk, now they are written down
        if newest_sheets(connection, period) != newest:
            raise Busy("核查任务表", "另一次导出刚刚完成", action="请重新导出")
        register_sheets(connection, written, now=now, by=by)
    return SheetResult(tuple(current), len(written))


def _sheet(
    township: str,
    rows: pl.DataFrame,
    *,
    site: Site,
    ledger: Ledger,
    period: Period,
    folder: Path,
    last: SheetFile | None,
) -> SheetFile:
    """Return the township's newest workbook, written now unless the last one says the same and is there."""
    title = f"{site.title}{ledger.title}（{township}  {period.title}）"
    revision = 1 if last is None else last.revision
    content = render_workbook(ledger, rows, title=title, form=Form(site.id, township, period, revision))
    digest = hashlib.sha256(content).hexdigest()
    if last is not None and digest != last.sha256:
        revision += 1
        content = render_workbook(ledger, rows, title=title, form=Form(site.id, township, period, revision))
        digest = hashlib.sha256(content).hexdigest()
    sheet = SheetFile(period, township, revision, digest, f"{period}/{_file_name(township, period, revision)}")
    if sheet != last or not (folder / sheet.path).is_file():
        write_workbook(folder / sheet.path, content)
    return sheet


def _file_name(township: str, period: Period, revision: int) -> str:
    """Return the name of a workbook; where a township's name cannot be a file name, a digest tells it apart."""
    plain = re.sub(r"\W", "_", township)
    if plain != township:
        plain = f"{plain}_{hashlib.sha256(township.encode()).hexdigest()[:8]}"
    return f"核查任务_{plain}_{period}_第{revision}版.xlsx"


def answer(
    office: Office,
    returned: Returned,
    *,
    ledger: Ledger,
    sheet_sha256: str,
    today: dt.date,
    now: dt.datetime,
    by: str,
) -> AnswerResult:
    """Record what a township filled in; rows that cannot be recorded are reported, the others stand.

    Raises: intake_refused when the sheet is another county's.
    """
    with office.write() as connection:
        owner = county_of(connection)
        if owner is not None and returned.site_id != owner:
            raise IntakeRefused("报回的任务表", f"属于“{returned.site_id}”", expected=f"“{owner}”的任务表")
        keys = returned.rows["task_id"].to_list()
        answers = answers_named(connection, keys)
        tasks = tasks_named(connection, keys)
        plan = plan_answers(returned.rows, tasks, answers, township=returned.township, today=today)
        stamp = {"sheet_sha256": pl.lit(sheet_sha256), "received_at": pl.lit(now), "received_by": pl.lit(by)}
        insert_answers(connection, plan.accepted.with_columns(**stamp))
        record(connection, _answered(plan.accepted, now, by), Event.ANSWERED, actor=Actor.TOWNSHIP, now=now, by=by)
    titles = {column.name: column.title for column in ledger.columns}
    named = plan.refused.with_columns(pl.col("column").replace_strict(titles, return_dtype=pl.String))
    refused = pl.concat([returned.refused, named]).sort("sheet_row", maintain_order=True)
    return AnswerResult(plan.accepted.height, plan.already.height, returned.blank, refused)


def _answered(accepted: pl.DataFrame, now: dt.datetime, by: str) -> pl.DataFrame:
    """Return the accepted rows as changes of their tasks."""
    return accepted.select(
        "task_id",
        "from_state",
        "revision",
        "result_code",
        answered_at=pl.lit(now),
        answered_by=pl.lit(by),
        detail=pl.struct("result_code", "reason_code"),
    )
