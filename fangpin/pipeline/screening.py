"""Screening a month: pin, link, evaluate, one lead per household, publish.

Floor 4. A run is named by what it stands on (batches, register, declarations, program versions, the run
before it); the same pins give the same digest, and screening a month again changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from fangpin.connectors.conform import CONFORM_VERSION
from fangpin.errors import NeedsDecision
from fangpin.matching.link import MATCHING_VERSION
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.linking import LinkedBatch, link_batches, read_register, register_ref
from fangpin.store.batches import landed_batches
from fangpin.store.inputs import FactFiles, fill_inputs
from fangpin.store.leads import LeadChanges
from fangpin.store.runs import current_run, previous_run, publish_run, start_run
from fangpin.types import BatchRef, Period
from fangpin.warnings.evaluate import evaluate
from fangpin.warnings.indicators import indicator_steps
from fangpin.warnings.inputs import run_steps
from fangpin.warnings.leads import lead_kinds, merge_leads
from fangpin.warnings.quiet import QUIET, apply_quiet

SCREENING_VERSION = "1"
HISTORY_MONTHS = 24
"""How far back a rule can see: bounds time and memory however long a county has run."""


@dataclass(frozen=True, slots=True)
class Pins:
    """What a run stands on."""

    period: Period
    batches: tuple[BatchRef, ...]
    register: BatchRef
    declarations: str
    before: str | None

    @property
    def content(self) -> dict[str, Any]:
        """The pins as they are written down."""
        return {
            "period": str(self.period),
            "batches": sorted(b.batch_id for b in self.batches),
            "register": self.register.batch_id,
            "declarations": self.declarations,
            "before": self.before,
            "versions": [CONFORM_VERSION, MATCHING_VERSION, SCREENING_VERSION],
        }

    @property
    def run_id(self) -> str:
        """The run's name: its month and a hash of its pins."""
        text = json.dumps(self.content, sort_keys=True)
        return f"{self.period}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Screened:
    """What a screening gave.

    leads, unjudged: as in the run's tables. missing: titles of declared sources without a batch for the month.
    """

    run_id: str
    period: Period
    digest: str
    known_before: bool
    changes: LeadChanges
    links: pl.DataFrame
    leads: pl.DataFrame
    unjudged: pl.DataFrame
    failures: tuple[str, ...]
    missing: tuple[str, ...]


def screen(county: County, period: Period, *, now: dt.datetime, by: str, progress: Progress) -> Screened:
    """Screen a month over the batches in effect and return what it gave.

    Raises: NeedsDecision when there is no register or no extract of the month at all.
    """
    with county.exclusive():
        pins = pin(county, period)
        linked = link_batches(county, pins.batches, progress=progress)
        known = county.warehouse.run_path(pins.run_id).exists()
        with county.office.write() as connection:
            start_run(connection, pins.run_id, period=period, pins=pins.content, now=now)
        progress("筛查", 0, 1)
        path = county.warehouse.publish_run(pins.run_id, lambda con: _write(con, tables_of(county, pins, linked)))
        tables = read_tables(county, pins.run_id)
        digest = digest_of_tables(tables)
        with county.office.write() as connection:
            changes = publish_run(
                connection, pins.run_id, digest=digest, path=path.name, leads=tables["lead"], now=now, by=by
            )
        progress("筛查", 1, 1)
    return Screened(
        pins.run_id,
        period,
        digest,
        known,
        changes,
        tables["link"],
        tables["lead"],
        tables["unjudged"],
        tuple(f"{row['rule_id']}：{row['reason']}" for row in tables["failure"].iter_rows(named=True)),
        _missing(county, pins),
    )


def pin(county: County, period: Period) -> Pins:
    """Return what a screening of the month would stand on now."""
    with county.office.read() as connection:
        in_effect = landed_batches(connection, period)
        before = previous_run(connection, period)
    batches = tuple(
        b for b in in_effect if b.period > period.back(HISTORY_MONTHS) and b.source_id in county.declared.sources
    )
    if not any(b.period == period for b in batches):
        raise NeedsDecision(f"筛查 {period}", "这个月没有收到任何数据", action="请先接收当月数据，或核对月份")
    return Pins(period, batches, register_ref(county, batches, period), county.declared.digest, before)


def tables_of(county: County, pins: Pins, linked: list[LinkedBatch]) -> dict[str, pl.DataFrame]:
    """Return the result tables of a run, computed from its pins alone."""
    register = read_register(county, pins.register.batch_id)
    site = county.declared.site
    with duckdb.connect() as con:
        fill_inputs(
            con,
            [_files(county, batch) for batch in linked],
            in_effect=pins.batches,
            register=register,
            period=pins.period,
        )
        run_steps(con, indicator_steps(pins.period))
        found = evaluate(con, county.declared.rules.values(), period=pins.period, site=site)
    raised, suppressed, quiet = apply_quiet(found.alerts, _quiet_before(county, pins))
    failures = {name: [getattr(f, name) for f in found.failures] for name in ("rule_id", "step", "reason")}
    return {
        "lead": merge_leads(raised, register.households, site=site),
        "lead_kind": lead_kinds(raised, site=site),
        "alert": raised,
        "suppressed": suppressed,
        "quiet": quiet,
        "unjudged": found.unjudged,
        "parameter": found.values,
        "failure": pl.DataFrame(failures, schema=dict.fromkeys(failures, pl.String)),
        "link": _month_links(pins.period, linked),
        "register_finding": register.findings,
    }


def read_tables(county: County, run_id: str) -> dict[str, pl.DataFrame]:
    """Return the result tables of a published run."""
    with county.warehouse.open_run(run_id) as con:
        names = [row[0] for row in con.execute("select table_name from information_schema.tables").fetchall()]
        return {name: con.sql(f'select * from "{name}"').pl() for name in sorted(names)}


def digest_of_tables(tables: dict[str, pl.DataFrame]) -> str:
    """Return one SHA-256 over tables whatever the order of their rows; a doubled row changes it."""
    digest = hashlib.sha256()
    for name, table in sorted(tables.items()):
        flat = table.with_columns(
            pl.col(pl.List(pl.String), pl.List(pl.Float64)).cast(pl.List(pl.String)).list.join("|")
        )
        digest.update(f"{name}\n".encode())
        digest.update(flat.sort(pl.all(), nulls_last=True).write_csv().encode())
    return digest.hexdigest()


def run_id_of(county: County, period: Period) -> str:
    """Return the id of the run a month shows.

    Raises: NeedsDecision when the month was never screened.
    """
    with county.office.read() as connection:
        run = current_run(connection, period)
    if run is None:
        raise NeedsDecision(f"月份 {period}", "还没有筛查", action=f"请先运行 fangpin screen {period}")
    return str(run["run_id"])


def _write(con: duckdb.DuckDBPyConnection, tables: dict[str, pl.DataFrame]) -> None:
    for name, table in tables.items():
        con.register("result", table)
        columns = ", ".join(f'"{c}"' for c in table.columns)
        con.execute(f'create table "{name}" as select {columns} from result')
        con.unregister("result")


def _files(county: County, batch: LinkedBatch) -> FactFiles:
    return FactFiles(batch.ref.source_id, county.warehouse.part(batch.ref.batch_id, "facts"), batch.links_path)


def _month_links(period: Period, linked: list[LinkedBatch]) -> pl.DataFrame:
    """Return how each row of the month's batches was linked: what the report counts and the digest holds."""
    month = [pl.read_parquet(b.links_path) for b in linked if b.ref.period == period]
    return pl.concat(month) if month else pl.DataFrame({"batch_id": []}, schema={"batch_id": pl.String})


def _quiet_before(county: County, pins: Pins) -> pl.DataFrame:
    if pins.before is None:
        return pl.DataFrame(schema=QUIET)
    return read_tables(county, pins.before)["quiet"]


def _missing(county: County, pins: Pins) -> tuple[str, ...]:
    there = {b.source_id for b in pins.batches if b.period == pins.period}
    return tuple(s.title for s in county.declared.sources.values() if s.id not in there)
