"""The townships and villages of a month: computed with its screening, read back for whoever asks.

Floor 4. A second pass over a month's tables, after its leads are known; what an area's own usual is comes from the
run before. Counts and shares only, no household.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from fangpin.config.rule_models import Rule
from fangpin.errors import NeedsDecision, NotFound
from fangpin.pipeline.county import County
from fangpin.pipeline.runs import run_of
from fangpin.types import Period
from fangpin.warnings.areas import AREA_HISTORY, AREA_WARNING, Areas, Earlier, look_at_areas


@dataclass(frozen=True, slots=True)
class AreasOfMonth:
    """What a screened month says of its areas: the frames month, warnings and unjudged of warnings.areas.Areas."""

    month: pl.DataFrame
    warnings: pl.DataFrame
    unjudged: pl.DataFrame


def areas_of_screening(
    con: duckdb.DuckDBPyConnection,
    county: County,
    period: Period,
    *,
    rules: Mapping[str, Rule],
    leads: pl.DataFrame,
    before: str | None,
) -> Areas:
    """Return the areas of a month that is being screened.

    Rows in: the household tables of the month in con; leads: household_no of the month's leads, without those drawn at
    random, who say nothing of the place. before: the run before, whose counts and warnings are gone on from; None in a
    county's first month.
    """
    return look_at_areas(
        con,
        rules.values(),
        leads=leads,
        earlier=_earlier(county, before),
        period=period,
        site=county.declared.site,
    )


def area_tables(areas: Areas) -> dict[str, pl.DataFrame]:
    """Return the tables of a run that speak of areas; what the rules had in force is told with the other rules."""
    return {
        "area_month": areas.month,
        "area_history": areas.history,
        "area_warning": areas.warnings,
        "area_unjudged": areas.unjudged,
    }


def areas_of_month(county: County, period: Period, *, township: str | None = None) -> AreasOfMonth:
    """Return what a screened month says of its townships and villages, or of one township and its villages.

    Raises: NeedsDecision when the month was never screened, or before areas were looked at; NotFound for a township
    the month's register does not have.
    """
    run = run_of(county, period)
    with county.warehouse.open_run(run["run_id"]) as con:
        if "area_month" not in _names(con):
            action = f"请运行 fangpin screen {period}"
            raise NeedsDecision(f"月份 {period}", "筛查时还没有统计乡镇和村", action=action)
        found = AreasOfMonth(*(con.table(name).pl() for name in ("area_month", "area_warning", "area_unjudged")))
    if township is None:
        return found
    known = found.month["township"].unique().sort().to_list()
    if township not in known:
        raise NotFound("乡镇（--township）", f"收到“{township}”", expected="、".join(known))
    here = pl.col("township") == township
    return AreasOfMonth(found.month.filter(here), found.warnings.filter(here), found.unjudged)


def _earlier(county: County, before: str | None) -> Earlier:
    frames = {"area_history": pl.DataFrame(schema=AREA_HISTORY), "area_warning": pl.DataFrame(schema=AREA_WARNING)}
    if before is not None:
        with county.warehouse.open_run(before) as con:
            # What an older program did not count yet is unknown: an area's usual of it begins anew.
            frames |= {
                name: pl.concat([empty, con.table(name).pl()], how="diagonal").select(empty.columns)
                for name, empty in frames.items()
                if name in _names(con)
            }
    return Earlier(frames["area_history"], frames["area_warning"])


def _names(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {row[0] for row in con.execute("select table_name from information_schema.tables").fetchall()}
