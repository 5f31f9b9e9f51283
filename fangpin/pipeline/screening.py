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
from fangpin.pipeline.areas import area_tables, areas_of_screening
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.linking import link_batches
from fangpin.pipeline.pins import Pins, pin
from fangpin.pipeline.placing import placed_batches, speaks_of_places
from fangpin.pipeline.recipes import LinkedBatch
from fangpin.pipeline.relearning import taught
from fangpin.pipeline.runs import digest_of_tables, needed_sources, read_register, read_tables
from fangpin.pipeline.shadows import cast_shadows
from fangpin.pipeline.told import before_of, quiet_of
from fangpin.store.inputs import FactFiles, fill_inputs
from fangpin.store.leads import LeadChanges
from fangpin.store.runs import publish_run, published_runs, start_run
from fangpin.store.warehouse import CARRIED
from fangpin.types import BatchRef, Period
from fangpin.warnings.evaluate import evaluate
from fangpin.warnings.indicators import indicator_steps
from fangpin.warnings.inputs import run_steps
from fangpin.warnings.measures import source_measures
from fangpin.warnings.merging import merge
from fangpin.warnings.spot_check import drawn_kinds, remembered
from fangpin.warnings.wheres import require_sound


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
    later: tuple[Period, ...]  # months screened already that follow this one and stand on its quiet periods


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
            later = sorted(month for month, _ in published_runs(connection) if month > period)
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
        () if known else tuple(later),
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
    measures = source_measures(county.declared)
    require_sound(measures)
    links = {b.ref.batch_id: b.links_path for b in linked}
    read = [b for b in batches if b.batch_id in links or speaks_of_places(county, b)]
    files = [FactFiles(b.source_id, county.warehouse.part(b.batch_id, "facts"), links.get(b.batch_id)) for b in read]
    placed = placed_batches(county, batches, register)
    fill_inputs(con, files, in_effect=batches, register=register, period=period, measures=measures, places=placed)
    run_steps(con, indicator_steps(period, measures))


def tables_of(county: County, pins: Pins, linked: Sequence[LinkedBatch]) -> dict[str, pl.DataFrame]:
    """Return the result tables of a run, computed from its pins alone."""
    register = read_register(county, pins.register.batch_id)
    site = county.declared.site
    with county.compute() as con:
        fill_indicators(con, county, pins.period, batches=pins.batches, linked=linked, register=register)
        found = evaluate(con, pins.rules.values(), period=pins.period, site=site)
        shadows = cast_shadows(con, county, pins.period, shadows=pins.shadows, live=pins.rules, found=found)
        before = before_of(quiet_of(county, pins.before), pins.told)
        merged = merge(con, found.alerts, before, site=site, period=pins.period)
        areas = areas_of_screening(con, county, pins.period, rules=pins.rules, leads=merged.leads, before=pins.before)
    settled = merged.settled
    failed = (*found.failures, *areas.failures)
    failures = {name: [getattr(f, name) for f in failed] for name in ("rule_id", "step", "reason")}
    return {
        "lead": pl.concat([merged.leads, merged.drawn]),
        "lead_kind": pl.concat([merged.kinds, drawn_kinds(merged.drawn)]),
        "alert": settled.raised,
        "suppressed": settled.suppressed,
        "flag": settled.flags,
        "closed": settled.closed,
        "register_check": settled.register_checks,
        "quality": settled.quality,
        "quiet": remembered(merged.drawn, settled.quiet),
        "unjudged": found.unjudged,
        "parameter": pl.concat([found.values, areas.values]),
        "failure": pl.DataFrame(failures, schema=dict.fromkeys(failures, pl.String)),
        "link": _month_links(pins.period, linked),
        "register_finding": register.findings,
        **shadows,
        **area_tables(areas),
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


def _missing(county: County, pins: Pins) -> tuple[str, ...]:
    there = {b.source_id for b in pins.batches if b.period == pins.period}
    return tuple(s.title for s in needed_sources(county.declared, pins.rules.values()) if s.id not in there)
