"""A small random sample of households that no rule speaks of, visited to measure what the rules miss (低风险户抽查).

Floor 2. Frames in and out. The draw hangs on nothing but site, month and household number: run again, it is the
same, and nobody can choose.
"""

from __future__ import annotations

from typing import Final

import duckdb
import polars as pl

from fangpin.config.site_models import Site
from fangpin.types import Channel, Kind, Period, Standing
from fangpin.warnings.leads import LEAD_KINDS, LEADS
from fangpin.warnings.quiet import KEYS, QUIET

RULE_ID: Final = "spot_check"
"""How a draw is written among the quiet periods, beside the ids of rules."""
MONTHS_APART: Final = 12
_SENTENCE: Final = "随机抽查：本月各部门数据和规则都没有发现风险，请入户核实是否有遗漏。"


def draw(
    con: duckdb.DuckDBPyConnection, homes: pl.DataFrame, busy: pl.DataFrame, *, site: Site, period: Period
) -> pl.DataFrame:
    """Return the households drawn for a month, as leads.

    Rows in: homes (standing.HOMES), one row a registered household; busy: household_no of those that have an alert
    this month, raised or not, or were visited or drawn within the last 12 months. Rows out: leads.LEADS of kind
    spot_check, the site's least urgent grade, score 0, by household_no; at most Site.spot_check.households, none
    where nothing is declared. A household that is monitored, or without a township to ask, is not drawn.

    >>> site = Site.model_construct(id="huaxi", spot_check=None, grades=())
    >>> draw(duckdb.connect(), pl.DataFrame(), pl.DataFrame(), site=site, period=Period(2024, 3)).height
    0
    """
    if site.spot_check is None or not site.grades:
        return pl.DataFrame(schema=LEADS)
    candidates = homes.filter(
        (pl.col("standing") == Standing.NEW.value) & (pl.col("township").fill_null("") != "")
    ).join(busy, on="household_no", how="anti")
    salt = f"{site.id}:{period}:"
    lots: pl.DataFrame = con.sql(
        "select household_no, md5($salt || household_no) as lot from household", params={"salt": salt}
    ).pl()
    drawn = candidates.join(lots, on="household_no", how="inner").sort("lot").head(site.spot_check.households)
    words = pl.List(pl.String)
    return drawn.select(
        "household_no",
        "township",
        "village",
        pl.lit(str(period)).alias("period"),
        pl.lit(site.grades[-1].code).alias("grade"),
        pl.lit([Kind.SPOT_CHECK.value], dtype=words).alias("kinds"),
        *(pl.lit([], dtype=words).alias(name) for name in ("risks", "rules")),
        pl.lit([Channel.DEPARTMENT.value], dtype=words).alias("channels"),
        pl.lit(Standing.SPOT_CHECK.value).alias("standing"),
        pl.lit([], dtype=words).alias("flags"),
        pl.lit(_SENTENCE).alias("sentence"),
        pl.lit(0.0).alias("score"),
        pl.lit([], dtype=words).alias("score_parts"),
        pl.lit(0, pl.Int64).alias("alert_count"),
    ).sort("household_no")


def drawn_kinds(drawn: pl.DataFrame) -> pl.DataFrame:
    """Return the kinds of drawn leads (leads.LEAD_KINDS): spot_check alone, without a rule or a figure.

    >>> drawn_kinds(pl.DataFrame(schema=LEADS)).height
    0
    """
    figures = [pl.lit([], dtype=pl.List(pl.Float64)).alias(name) for name in ("measured", "thresholds")]
    kind = pl.col("kinds").list.first().alias("kind")
    return drawn.select("household_no", "period", kind, "grade", "rules", *figures, "sentence").select(*LEAD_KINDS)


def remembered(drawn: pl.DataFrame, quiet: pl.DataFrame) -> pl.DataFrame:
    """Return the quiet periods (quiet.QUIET) with it told that, and when, these households were drawn.

    >>> remembered(pl.DataFrame(schema=LEADS), pl.DataFrame(schema=QUIET)).height
    0
    """
    told = drawn.select(
        pl.lit(RULE_ID).alias("rule_id"),
        "household_no",
        pl.lit(None, pl.String).alias("person_no"),
        pl.col("period").alias("last_period"),
        pl.lit(Kind.SPOT_CHECK.value).alias("kind"),
        pl.lit(None, pl.Float64).alias("severity"),
    )
    return pl.concat([quiet.select(*QUIET), told.select(*QUIET)]).unique(KEYS, keep="last", maintain_order=True)
