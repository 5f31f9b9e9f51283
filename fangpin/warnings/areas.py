"""Rules whose subject is a village or a township: the danger of many falling at once (规模性返贫).

Floor 2. A second pass over a month: it looks at the household tables and at the leads of the first. A rule that
cannot be evaluated fails alone; no household is named here, only counted.

Source: S002-16/17, S004-5, S004-10.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import duckdb
import polars as pl

from fangpin.config.rule_models import Parameter, Rule, effective
from fangpin.config.site_models import Site
from fangpin.types import Period, Subject
from fangpin.warnings.area_measures import COUNTED
from fangpin.warnings.area_steps import AREA_FACTS, area_steps
from fangpin.warnings.area_usual import LOOKED_BACK
from fangpin.warnings.evaluate import UNJUDGED, VALUES, Failure, sources_present
from fangpin.warnings.inputs import create_table_sql, run_steps
from fangpin.warnings.limits import LIMIT_SECONDS
from fangpin.warnings.sentences import fill
from fangpin.warnings.verdicts import RuleFailed, parameters_in_force, verdict_rows

AREA: Final = ("level", "township", "village")
AREA_HISTORY: Final[dict[str, pl.DataType]] = {
    "level": pl.String(),
    "township": pl.String(),
    "village": pl.String(),
    "period_no": pl.Int64(),
    "is_register_new": pl.Boolean(),
    "monitored": pl.Int64(),
    **{name: pl.Int64() for name in COUNTED},
}
AREA_WARNING: Final[dict[str, pl.DataType]] = {
    "rule_id": pl.String(),
    "rule_version": pl.Int64(),
    "kind": pl.String(),
    "effect": pl.String(),
    "level": pl.String(),
    "township": pl.String(),
    "village": pl.String(),
    "period": pl.String(),
    "measured": pl.Float64(),
    "threshold": pl.Float64(),
    "sentence": pl.String(),
    "risks": pl.List(pl.String()),
    "months": pl.Int64(),
}


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the run before left for the areas of this month; both frames empty in a county's first month.

    history: AREA_HISTORY of up to twelve months. warnings: AREA_WARNING of the run before.
    """

    history: pl.DataFrame
    warnings: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Areas:
    """What a month says of its townships and villages.

    month: one row an area, columns AREA_MONTH. history: AREA_HISTORY, this month included. warnings: AREA_WARNING, one
    row a rule × area that fires; months: how many months in a row. unjudged, values, failures: as in Evaluation.
    """

    month: pl.DataFrame
    history: pl.DataFrame
    warnings: pl.DataFrame
    unjudged: pl.DataFrame
    values: pl.DataFrame
    failures: tuple[Failure, ...]


def look_at_areas(
    con: duckdb.DuckDBPyConnection,
    rules: Iterable[Rule],
    *,
    leads: pl.DataFrame,
    earlier: Earlier,
    period: Period,
    site: Site,
    limit_seconds: float = LIMIT_SECONDS,
) -> Areas:
    """Return the areas of a month and which of them the rules for areas warn of.

    Rows in: the household tables of the month in con; leads: household_no of the month's leads (a random spot check is
    none). Only rules whose subject is village count here. Rows out: the frames of Areas, warnings by rule and area.
    """
    _fill(con, leads, earlier.history, site=site)
    run_steps(con, area_steps(period, near_line_yuan=near_line(site, on=_first_day(period))))
    month: pl.DataFrame = con.sql("select * from area_month").pl()
    warned: list[pl.DataFrame] = []
    unjudged: list[dict[str, object]] = []
    values: list[dict[str, object]] = []
    failures: list[Failure] = []
    present = sources_present(con, period)
    of_areas = (rule for rule in rules if rule.switched_on and rule.subject is Subject.VILLAGE)
    for rule in sorted(of_areas, key=lambda rule: rule.id):
        try:
            used = parameters_in_force(rule, site, on=_first_day(period))
            bound = {p.name: p.value for p in used}
            missing = sorted(set(rule.needs) - present)
            rows = verdict_rows(con, rule, bound, judged=not missing, limit_seconds=limit_seconds)
            warned.append(_warnings_of(rule, rows, month, period=period))
        except RuleFailed as failed:
            failures.append(Failure(rule.id, failed.step, failed.reason))
            continue
        told = (rule.id, rule.subject, rows.height, rows["fires"].null_count(), missing)
        unjudged.append(dict(zip(UNJUDGED, told, strict=True)))
        values.extend({"rule_id": rule.id} | p.model_dump(include=set(VALUES)) for p in used)
    found = pl.concat([pl.DataFrame(schema=AREA_WARNING), *warned])
    return Areas(
        month,
        _history(con, earlier.history, period=period),
        _counted_on(found, earlier.warnings, period=period),
        pl.DataFrame(unjudged, schema=UNJUDGED),
        pl.DataFrame(values, schema=VALUES),
        tuple(failures),
    )


def near_line(site: Site, *, on: dt.date) -> float | None:
    """Return the income per head a year under which a household counts as near the line; None where none is declared.

    The list of a county that keeps one (S004-3), else its monitoring line times near_line_times (R70).

    >>> near_line(Site.model_construct(parameters=()), on=dt.date(2024, 3, 1)) is None
    True
    """
    listed = effective(site.parameters, "income_list_yuan", on=on)
    if listed is not None:
        return listed.value
    line, times = (effective(site.parameters, name, on=on) for name in ("monitoring_line_yuan", "near_line_times"))
    return None if line is None or times is None else _rounded(line, times)


def _rounded(line: Parameter, times: Parameter) -> float:
    return round(line.value * times.value, 2)


def _first_day(period: Period) -> dt.date:
    return dt.date(period.year, period.month, 1)


def _fill(con: duckdb.DuckDBPyConnection, leads: pl.DataFrame, history: pl.DataFrame, *, site: Site) -> None:
    """Put what the steps read beside the household tables: leads, earlier months, key areas, facts nobody delivers."""
    for table, columns in AREA_FACTS.items():
        con.execute(create_table_sql(table, columns))
    keys = [
        {"level": "village" if key.village else "township", "township": key.township, "village": key.village or None}
        | {"title": key.title}
        for key in site.key_areas
    ]
    frames = {
        "area_lead": leads.select("household_no").unique(),
        "area_before": history.select(*AREA_HISTORY),
        "area_key": pl.DataFrame(keys, schema=dict.fromkeys((*AREA, "title"), pl.String)),
    }
    for name, frame in frames.items():
        con.register("given", frame)
        con.execute(f"create or replace table {name} as select * from given")
        con.unregister("given")


def _warnings_of(rule: Rule, rows: pl.DataFrame, month: pl.DataFrame, *, period: Period) -> pl.DataFrame:
    places = ["township", "village"]
    if not rows.join(month, on=places, how="anti", nulls_equal=True).is_empty():
        step = "结果"
        raise RuleFailed(step, "有的乡镇或村不在登记台账")
    fired = rows.filter(pl.col("fires")).sort(places, nulls_last=False)
    try:
        sentences = [fill(rule.sentence, row | {"period": period.title}) for row in fired.iter_rows(named=True)]
    except ValueError as exc:
        step = "文字"
        raise RuleFailed(step, f"sentence 的占位符有误：{rule.sentence}") from exc
    is_township = pl.col("village").is_null()
    return fired.select(
        pl.lit(rule.id).alias("rule_id"),
        pl.lit(rule.version, dtype=pl.Int64).alias("rule_version"),
        pl.lit(rule.kind.value).alias("kind"),
        pl.lit(rule.effect.value).alias("effect"),
        pl.when(is_township).then(pl.lit("township")).otherwise(pl.lit("village")).alias("level"),
        *places,
        pl.lit(str(period)).alias("period"),
        "measured",
        "threshold",
        pl.Series("sentence", sentences, dtype=pl.String),
        pl.lit(list(rule.risks), dtype=pl.List(pl.String)).alias("risks"),
        pl.lit(1, dtype=pl.Int64).alias("months"),
    )


def _counted_on(found: pl.DataFrame, before: pl.DataFrame, *, period: Period) -> pl.DataFrame:
    """Count the months in a row that a rule warns of an area: from the month before, which alone can go on."""
    keys = ["rule_id", *AREA]
    last = before.filter(pl.col("period") == str(period.back(1))).select(*keys, pl.col("months").alias("so_far"))
    return (
        found.join(last, on=keys, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(months=pl.col("months") + pl.col("so_far").fill_null(0))
        .select(*AREA_WARNING)
    )


def _history(con: duckdb.DuckDBPyConnection, before: pl.DataFrame, *, period: Period) -> pl.DataFrame:
    """Return the counts of this month beside those of the months that the next one still looks at."""
    names = [name for name in AREA_HISTORY if name != "period_no"]
    known: pl.DataFrame = con.sql(f"select {', '.join(names)} from area_known").pl()
    this = known.with_columns(period_no=pl.lit(period.ordinal, pl.Int64)).select(
        pl.col(name).cast(kind) for name, kind in AREA_HISTORY.items()
    )
    kept = before.filter(pl.col("period_no").is_between(period.ordinal - LOOKED_BACK + 1, period.ordinal - 1))
    return pl.concat([kept.select(*AREA_HISTORY), this]).sort(*AREA, "period_no")
