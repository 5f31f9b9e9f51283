"""One lead a household and month out of all its alerts, and its kinds for the export.

Floor 2. Pure frames in and out. A grade here is only suggested: the village judges, the township confirms.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.config.site_models import Site
from fangpin.types import Standing
from fangpin.warnings.standing import told
from fangpin.warnings.urgency import WEAKNESSES, scored, severity

LEADS: Final[dict[str, pl.DataType]] = {
    "household_no": pl.String(),
    "township": pl.String(),
    "village": pl.String(),
    "period": pl.String(),
    "grade": pl.String(),
    "kinds": pl.List(pl.String()),
    "risks": pl.List(pl.String()),
    "rules": pl.List(pl.String()),
    "channels": pl.List(pl.String()),
    "standing": pl.String(),
    "flags": pl.List(pl.String()),
    "sentence": pl.String(),
    "score": pl.Float64(),
    "score_parts": pl.List(pl.String()),
    "alert_count": pl.Int64(),
}
LEAD_KINDS: Final[dict[str, pl.DataType]] = {
    "household_no": pl.String(),
    "period": pl.String(),
    "kind": pl.String(),
    "grade": pl.String(),
    "rules": pl.List(pl.String()),
    "measured": pl.List(pl.Float64()),
    "thresholds": pl.List(pl.Float64()),
    "sentence": pl.String(),
}
_OF_HOMES: Final = {"standing": pl.String(), **dict.fromkeys(WEAKNESSES, pl.Boolean())}


def merge_leads(
    alerts: pl.DataFrame, homes: pl.DataFrame, *, site: Site, flags: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return one lead per household and period, the most urgent first.

    Rows in: alerts (evaluate.ALERTS) that are raised; homes: household_no, township, village (null when not
    registered) and what is known of standing and weaknesses (standing.HOMES; a column that is not there is unknown);
    flags: alerts (evaluate.ALERTS) that only remark on a household.
    Rows out: LEADS; grade is the most urgent of the alerts, kinds, risks, rules, channels are sorted, standing is
    ``new`` where nothing else is known, flags are sentences, score and score_parts as in urgency.scored.
    Order: score down, then household_no.

    Every registered rural household counts for now (S003-1/2): red and yellow presuppose a trigger, which is the
    alert itself.

    Source: S002-2 (unit = household), S002-14 (all risks recorded), S001-4 and S002-6 (channels end in the same
    lead), S003 grades.

    >>> from fangpin.warnings.evaluate import ALERTS
    >>> homes = pl.DataFrame(schema={"household_no": pl.String, "township": pl.String, "village": pl.String})
    >>> merge_leads(pl.DataFrame(schema=ALERTS), homes, site=Site.model_construct(grades=())).height
    0
    """
    missing = [pl.lit(None, kind).alias(name) for name, kind in _OF_HOMES.items() if name not in homes.columns]
    known = homes.with_columns(missing).select("household_no", "township", "village", *_OF_HOMES)
    leads = (
        _ranked(alerts, site)
        .group_by("household_no", "period", maintain_order=True)
        .agg(
            pl.col("grade", "rank").first(),
            pl.col("kind").unique().sort().alias("kinds"),
            pl.col("risks").list.explode().drop_nulls().unique().sort().alias("risks"),
            pl.col("rule_id").unique().sort().alias("rules"),
            pl.col("channel").unique().sort().alias("channels"),
            _joined_sentences(),
            pl.col("severity").max(),
            pl.len().alias("alert_count"),
        )
        .join(known, on="household_no", how="left")
        .join(_flags(alerts.clear() if flags is None else flags), on="household_no", how="left")
        .with_columns(
            pl.col("standing").fill_null(Standing.NEW.value),
            pl.col("flags").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        )
    )
    told_all = pl.concat_str(["sentence", told(pl.col("standing")) + "。"], ignore_nulls=True).alias("sentence")
    return (
        scored(leads.with_columns(told_all), grades=len(site.grades))
        .select(pl.col(name).cast(kind) for name, kind in LEADS.items())
        .sort("score", "household_no", "period", descending=[True, False, False])
    )


def lead_kinds(alerts: pl.DataFrame, *, site: Site) -> pl.DataFrame:
    """Return one row per household, period and kind.

    Rows out: LEAD_KINDS; grade is the most urgent of the kind; rules, measured and thresholds are lists in the same
    order: one entry per alert, most urgent first. Order: household_no, period, kind.

    >>> from fangpin.warnings.evaluate import ALERTS
    >>> lead_kinds(pl.DataFrame(schema=ALERTS), site=Site.model_construct(grades=())).columns[:3]
    ['household_no', 'period', 'kind']
    """
    return (
        _ranked(alerts, site)
        .group_by("household_no", "period", "kind", maintain_order=True)
        .agg(
            pl.col("grade").first(),
            pl.col("rule_id").alias("rules"),
            pl.col("measured"),
            pl.col("threshold").alias("thresholds"),
            _joined_sentences(),
        )
        .select(pl.col(name).cast(kind) for name, kind in LEAD_KINDS.items())
        .sort("household_no", "period", "kind")
    )


def _flags(flags: pl.DataFrame) -> pl.DataFrame:
    """Return the remarks on each household, by rule and person."""
    ordered = flags.sort("rule_id", "person_no")
    return ordered.group_by("household_no").agg(pl.col("sentence").unique(maintain_order=True).alias("flags"))


def _ranked(alerts: pl.DataFrame, site: Site) -> pl.DataFrame:
    """Sort alerts by urgency; the tie-break is written down: grade, how far beyond the line, rule, person."""
    ranks = pl.DataFrame(
        {"grade": [g.code for g in site.grades], "rank": range(len(site.grades))},
        schema={"grade": pl.String, "rank": pl.Int64},
    )
    return (
        alerts.join(ranks, on="grade", how="left")
        # A grade the site does not have is the least urgent.
        .with_columns(severity(), pl.col("rank").fill_null(len(site.grades)))
        .sort(
            ["household_no", "period", "rank", "severity", "rule_id", "person_no"],
            descending=[False, False, False, True, False, False],
            nulls_last=[False, False, False, True, False, False],
        )
    )


def _joined_sentences() -> pl.Expr:
    return (pl.col("sentence").unique(maintain_order=True).str.join("；") + "。").first().alias("sentence")
