"""From leads to townships and back: dispatch a month, write the workbooks, take the answers.

Floor 4. Puts names to the keys at the last moment, from the register the leads were made on.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from fangpin.connectors.readers import Readers
from fangpin.errors import NotFound
from fangpin.ledgers.returned import parse_returned
from fangpin.pipeline.county import County
from fangpin.pipeline.runs import read_register, register_ref, run_id_of
from fangpin.store.batches import landed_batches
from fangpin.tasks import actions
from fangpin.tasks.actions import AnswerResult, DispatchResult, SheetResult
from fangpin.tasks.lifecycle import TIME_ZONE
from fangpin.types import Period

TASK_LEDGER = "township_tasks"
_ZONE = ZoneInfo(TIME_ZONE)


def dispatch_month(county: County, period: Period, *, now: dt.datetime, by: str) -> DispatchResult:
    """Give the open leads of a screened month to their townships; doing it again adds nothing.

    Raises: NeedsDecision when the month was not screened.
    """
    run_id_of(county, period)
    deadline = county.declared.site.verification
    with county.exclusive():
        return actions.dispatch(county.office, period, deadline=deadline, today=_office_day(now), now=now, by=by)


def export_tasks(county: County, period: Period, *, now: dt.datetime, by: str) -> SheetResult:
    """Write the workbooks of a month's open tasks, one a township; unchanged ones are not written again."""
    with county.office.read() as connection:
        register = register_ref(county, landed_batches(connection, period), period)
    people = read_register(county, register.batch_id)
    with county.exclusive():
        return actions.export_sheets(
            county.office,
            period,
            folder=county.home / "tasks",
            site=county.declared.site,
            ledger=county.declared.ledgers[TASK_LEDGER],
            members=people.persons.select("household_no", "person_no", "person_name", "relation", "is_head"),
            households=people.households.select(
                "household_no", "village_group", "head_name", "household_type", pl.col("size")
            ),
            now=now,
            by=by,
        )


def take_answer(county: County, path: Path, *, readers: Readers, now: dt.datetime, by: str) -> AnswerResult:
    """Record what a township filled in and return what was taken and what was refused, row by row.

    Raises: IntakeRefused for a file that is no task workbook of this county.
    """
    if not path.is_file():
        raise NotFound(f"文件 {path.name}", "不存在", action="请核对路径")
    ledger = county.declared.ledgers[TASK_LEDGER]
    with county.exclusive():
        kept = county.originals.keep(path)
        grids = readers.read(county.originals.path(kept.sha256), file_name=path.name)
        returned = parse_returned(grids, ledger)
        return actions.answer(
            county.office, returned, ledger=ledger, sheet_sha256=kept.sha256, today=_office_day(now), now=now, by=by
        )


def _office_day(moment: dt.datetime) -> dt.date:
    """Return the calendar day a moment falls on in the office, whatever zone it was told in."""
    return moment.astimezone(_ZONE).date()
