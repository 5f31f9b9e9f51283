"""Versions that are not live yet, run beside the live ones at each screening: who would be told of, and who no longer.

Floor 4. A shadow gives no alert and no lead; one that cannot be evaluated says so and changes nothing of the month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from fangpin.config.rule_models import Rule
from fangpin.errors import DeclarationError, StoreDamaged
from fangpin.pipeline.county import County
from fangpin.pipeline.rule_versions import rule_in
from fangpin.pipeline.runs import read_register
from fangpin.store.rule_versions import version_of
from fangpin.store.runs import current_run, published_runs
from fangpin.types import Period, Subject
from fangpin.warnings.evaluate import Evaluation, evaluate
from fangpin.warnings.versions import SHADOW, SHADOW_RUNS, shadow_rows


@dataclass(frozen=True, slots=True)
class ShadowMonth:
    """A version in the shadow of a month (影子运行): households of each kind, and by township.

    failure: why it could not be evaluated; None: it was. places: township (null: not registered), change, households.
    """

    period: Period
    version: int
    live_version: int | None
    gained: int
    lost: int
    both: int
    live_unjudged: int | None
    unjudged: int | None
    failure: str | None
    places: pl.DataFrame


def cast_shadows(
    con: duckdb.DuckDBPyConnection,
    county: County,
    period: Period,
    *,
    shadows: tuple[tuple[str, int], ...],
    live: Mapping[str, Rule],
    found: Evaluation,
) -> dict[str, pl.DataFrame]:
    """Return the run tables ``shadow`` (versions.SHADOW) and ``shadow_run`` (versions.SHADOW_RUNS) of a month.

    live: the rules in force, found: what they gave; con: the month's indicator tables.
    """
    households, runs = [pl.DataFrame(schema=SHADOW)], []
    for rule_id, version in shadows:
        cast = _evaluated(con, county, period, rule_id, version)
        own = pl.col("rule_id") == rule_id
        failure = cast if isinstance(cast, str) else None
        judged = None if isinstance(cast, str) else _unjudged(cast.unjudged.filter(own))
        live_version = live[rule_id].version if rule_id in live else None
        runs.append((rule_id, version, live_version, _unjudged(found.unjudged.filter(own)), judged, failure))
        if not isinstance(cast, str):
            households.append(shadow_rows(rule_id, version, live=found.alerts.filter(own), cast=cast.alerts))
    return {"shadow": pl.concat(households), "shadow_run": pl.DataFrame(runs, schema=SHADOW_RUNS, orient="row")}


def shadow_months(county: County, rule_id: str) -> list[ShadowMonth]:
    """Return what the versions of a rule did in the shadow of the months screened so far, earliest first."""
    with county.office.read() as connection:
        runs = [current_run(connection, period) for period, _ in published_runs(connection)]
    found = []
    for run in runs:
        if run is None or not any(name.startswith(f"{rule_id}:") for name in run["pins"].get("shadows", ())):
            continue
        with county.warehouse.open_run(run["run_id"]) as con:
            ran, said = (_of_rule(con, table, rule_id) for table in ("shadow_run", "shadow"))
        homes = read_register(county, run["pins"]["register"]).households.select("household_no", "township")
        for row in ran.sort("version").iter_rows(named=True):
            own = said.filter(version=row["version"])
            found.append(_month(Period.parse(run["period"]), row, own, homes))
    return found


def _of_rule(con: duckdb.DuckDBPyConnection, table: str, rule_id: str) -> pl.DataFrame:
    rows: pl.DataFrame = con.sql(f"select * from {table} where rule_id = $rule_id", params={"rule_id": rule_id}).pl()
    return rows


def _month(period: Period, row: dict[str, object], own: pl.DataFrame, homes: pl.DataFrame) -> ShadowMonth:
    counts = dict(own["change"].value_counts().iter_rows())
    placed = own.join(homes, on="household_no", how="left").group_by("township", "change").agg(households=pl.len())
    told = {name: row[name] for name in ("version", "live_version", "live_unjudged", "unjudged", "failure")}
    moved = {name: counts.get(name, 0) for name in ("gained", "lost", "both")}
    places = placed.sort("township", "change", nulls_last=True)
    return ShadowMonth(period=period, places=places, **moved, **told)  # type: ignore[arg-type]


def _evaluated(
    con: duckdb.DuckDBPyConnection, county: County, period: Period, rule_id: str, version: int
) -> Evaluation | str:
    """Return what a version gives, or why it gives nothing."""
    with county.office.read() as connection:
        stored = version_of(connection, rule_id, version)
    try:
        rule = rule_in(county, stored)
    except (DeclarationError, StoreDamaged) as wrong:
        return wrong.sentence
    if rule.subject is Subject.VILLAGE:
        return "对乡镇和村的规则不作影子运行，请用 fangpin rules try 试算。"
    cast = evaluate(con, [rule], period=period, site=county.declared.site)
    return next((f"{failed.step}：{failed.reason}" for failed in cast.failures), cast)


def _unjudged(rows: pl.DataFrame) -> int | None:
    return None if rows.is_empty() else int(rows["unjudged"].sum())
