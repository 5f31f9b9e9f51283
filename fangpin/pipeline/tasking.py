"""From leads to townships and back: dispatch a month, write the workbooks, take the answers.

Floor 4. Puts names to the keys at the last moment, from the register the leads were made on.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from fangpin.connectors.readers import Readers
from fangpin.errors import NotFound
from fangpin.ledgers.returned import parse_returned
from fangpin.pipeline.arrival import shown_name
from fangpin.pipeline.county import County
from fangpin.pipeline.runs import read_register, run_of
from fangpin.store.batches import register_original
from fangpin.store.files import private_folder
from fangpin.tasks import actions
from fangpin.tasks.actions import AnswerResult, DispatchResult, SheetResult
from fangpin.tasks.duedays import office_day
from fangpin.tasks.workdays import workdays_of
from fangpin.types import Period

TASK_LEDGER = "township_tasks"


def dispatch_month(county: County, period: Period, *, now: dt.datetime, by: str) -> DispatchResult:
    """Give the open leads of a screened month to their townships; doing it again adds nothing.

    Raises: NeedsDecision when the month was not screened.
    """
    run_of(county, period)
    site = county.declared.site
    due_on = workdays_of(site.days).end_of(site.verification, start=office_day(now))
    with county.exclusive():
        return actions.dispatch(county.office, period, due_on=due_on, now=now, by=by)


def export_tasks(county: County, period: Period, *, now: dt.datetime, by: str) -> SheetResult:
    """Write the workbooks of a month's open tasks, one a township; unchanged ones are not written again."""
    people = read_register(county, run_of(county, period)["pins"]["register"])
    with county.exclusive():
        return actions.export_sheets(
            county.office,
            period,
            folder=task_folder(county),
            site=county.declared.site,
            ledger=county.declared.ledgers[TASK_LEDGER],
            members=people.persons.select("household_no", "person_no", "person_name", "relation", "is_head"),
            households=people.households.select(
                "household_no", "village_group", "head_name", "household_type", pl.col("size")
            ),
            now=now,
            by=by,
        )


def task_folder(county: County) -> Path:
    """Return the folder the townships' workbooks lie in."""
    return private_folder(county.home / "tasks")


def take_answer(county: County, path: Path, *, readers: Readers, now: dt.datetime, by: str) -> AnswerResult:
    """Record what a township filled in and return what was taken and what was refused, row by row.

    Raises: IntakeRefused for a file that is no task workbook of this county.
    """
    name = shown_name(path)
    if not path.is_file():
        raise NotFound(f"文件 {name}", "不存在", action="请核对路径")
    ledger = county.declared.ledgers[TASK_LEDGER]
    with county.exclusive():
        kept = county.originals.keep(path)
        with county.office.write() as connection:
            register_original(connection, kept.sha256, file_name=name, size_bytes=kept.size_bytes, now=now, by=by)
        with readers.read(county.originals.path(kept.sha256), file_name=name) as grids:
            returned = parse_returned(grids, ledger)
        return actions.answer(
            county.office, returned, ledger=ledger, sheet_sha256=kept.sha256, today=office_day(now), now=now, by=by
        )
