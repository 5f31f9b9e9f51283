"""Screening a month: pin, link, evaluate, one lead per household, publish.

Floor 4. A run is named by what it stands on (batches, register, declarations, program versions, the run
before it); the same pins give the same digest, and screening a month again changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from fangpin.matching.link import LINKS
from fangpin.matching.register import Register
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.linking import link_batches
from fangpin.pipeline.pins import Pins, pin
from fangpin.pipeline.recipes import LinkedBatch
from fangpin.pipeline.relearning import taught
from fangpin.pipeline.runs import digest_of_tables, needed_sources, read_register, read_tables
from fangpin.store.inputs import FactFiles, fill_inputs
from fangpin.store.leads import LeadChanges
from fangpin.store.runs import publish_run, start_run
from fangpin.store.warehouse import CARRIED
from fangpin.types import BatchRef, Period
from fangpin.warnings.evaluate import evaluate
from fangpin.warnings.indicators import indicator_steps
from fangpin.warnings.inputs import run_steps
from fangpin.warnings.leads import lead_kinds, merge_leads
from fangpin.warnings.quiet import QUIET, apply_quiet


@dataclass(frozen=True, slots=True)
class Screened:
    """What a screening gave.

    leads, unjudged: as in the run's tables. missing: titles of sources that rules need and the month has no batch of.
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
        taught(county, period, now=now, by=by, progress=progress)
        pins = pin(county, period)
        link_batches(county, pins.links, progress=progress)
        known = county.warehouse.run_path(pins.run_id).exists()
        with county.office.write() as connection:
            start_run(connection, pins.run_id, period=period, pins=pins.content, now=now)
        progress("筛查", 0, 1)
        path = county.warehouse.publish_run(pins.run_id, lambda con: _write(con, tables_of(county, pins, pins.links)))
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


def fill_indicators(
    con: duckdb.DuckDBPyConnection,
    county: County,
    period: Period,
    *,
    batches: Sequence[BatchRef],
    linked: Sequence[LinkedBatch],
    register: Register,
) -> None:
    """Fill a connection with the indicator tables of a month, as its batches and their links tell them, and lock it."""
    files = [FactFiles(b.ref.source_id, county.warehouse.part(b.ref.batch_id, "facts"), b.links_path) for b in linked]
    fill_inputs(con, files, in_effect=batches, register=register, period=period)
    run_steps(con, indicator_steps(period))


def tables_of(county: County, pins: Pins, linked: Sequence[LinkedBatch]) -> dict[str, pl.DataFrame]:
    """Return the result tables of a run, computed from its pins alone."""
    register = read_register(county, pins.register.batch_id)
    site = county.declared.site
    with county.compute() as con:
        fill_indicators(con, county, pins.period, batches=pins.batches, linked=linked, register=register)
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


def _write(con: duckdb.DuckDBPyConnection, tables: dict[str, pl.DataFrame]) -> None:
    for name, table in tables.items():
        con.register("result", table)
        columns = ", ".join(f'"{c}"' for c in table.columns)
        con.execute(f'create table "{name}" as select {columns} from result')
        con.unregister("result")


def _month_links(period: Period, linked: Sequence[LinkedBatch]) -> pl.DataFrame:
    """Return how each row of the month's batches was linked: what the report counts and the digest holds."""
    month = [pl.read_parquet(b.links_path, columns=list(LINKS | CARRIED)) for b in linked if b.ref.period == period]
    return pl.concat([pl.DataFrame(schema=LINKS | CARRIED), *month])


def _quiet_before(county: County, pins: Pins) -> pl.DataFrame:
    if pins.before is None:
        return pl.DataFrame(schema=QUIET)
    return read_tables(county, pins.before)["quiet"]


def _missing(county: County, pins: Pins) -> tuple[str, ...]:
    there = {b.source_id for b in pins.batches if b.period == pins.period}
    return tuple(s.title for s in needed_sources(county.declared) if s.id not in there)
