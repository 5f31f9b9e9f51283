"""One lead a household and month out of all its alerts, and its kinds for the export.

Floor 2. Pure frames in and out. A grade here is only suggested: the village judges, the township confirms.
"""

from __future__ import annotations

import polars as pl

from fangpin.config.models import Site

# An overshoot beyond ten times the line says no more than ten times.
_OVERSHOOT_CAP = 10.0


def merge_leads(alerts: pl.DataFrame, households: pl.DataFrame, *, site: Site) -> pl.DataFrame:
    """Return one lead per household and period, the most urgent first.

    Rows in: alerts (evaluate.ALERTS); households: household_no, township, village (null when not registered).
    Rows out: household_no, township, village, period, grade (the most urgent of its alerts), kinds, risks, rules
    (sorted lists), sentence, score (f64, larger is more urgent: grade, then number of kinds, then how far the
    worst figure lies beyond its line), alert_count. Order: score down, then household_no.

    Every registered rural household counts for now (S003-1/2): red and yellow presuppose a trigger, which is the
    alert itself.

    Source: S002-2 (unit = household), S002-14 (all risks recorded), S003 grades.

    >>> from fangpin.warnings.evaluate import ALERTS
    >>> homes = pl.DataFrame(schema={"household_no": pl.String, "township": pl.String, "village": pl.String})
    >>> merge_leads(pl.DataFrame(schema=ALERTS), homes, site=Site.model_construct(grades=())).height
    0
    """
    ranked = _ranked(alerts, site)
    grades = [grade.code for grade in site.grades]
    leads = ranked.group_by("household_no", "period", maintain_order=True).agg(
        pl.col("grade").first(),
        pl.col("kind").unique().sort().alias("kinds"),
        pl.col("risks").list.explode().unique().sort().alias("risks"),
        pl.col("rule_id").unique().sort().alias("rules"),
        _joined_sentences(),
        (
            (len(grades) - pl.col("rank").min()) * 1000.0
            + pl.col("kind").n_unique().clip(0, 99) * 10.0
            + (pl.col("overshoot").max() - 1).clip(0, _OVERSHOOT_CAP - 1)
        )
        .round(4)
        .alias("score"),
        pl.len().cast(pl.Int64).alias("alert_count"),
    )
    places = households.select("household_no", "township", "village")
    return (
        leads.join(places, on="household_no", how="left")
        .select("household_no", "township", "village", pl.exclude("household_no", "township", "village"))
        .sort("score", "household_no", "period", descending=[True, False, False])
    )


def lead_kinds(alerts: pl.DataFrame, *, site: Site) -> pl.DataFrame:
    """Return one row per household, period and kind.

    Rows out: household_no, period, kind, grade (the most urgent of the kind), rules, measured, thresholds (lists in
    the same order: one entry per alert, most urgent first), sentence. Order: household_no, period, kind.

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
        .sort("household_no", "period", "kind")
    )


def _ranked(alerts: pl.DataFrame, site: Site) -> pl.DataFrame:
    """Sort alerts by urgency; the tie-break is written down: grade, overshoot, rule, person."""
    ranks = pl.DataFrame(
        {"grade": [g.code for g in site.grades], "rank": range(len(site.grades))},
        schema={"grade": pl.String, "rank": pl.Int64},
    )
    # A rule fires above its line or below it: the ratio taken away from one is how far it went.
    # A figure or a line of zero, or no figure, has no ratio: it counts as the cap and as one.
    ratio = pl.col("measured") / pl.col("threshold")
    overshoot = (
        pl.when((pl.col("threshold") > 0) & (pl.col("measured") > 0))
        .then(pl.max_horizontal(ratio, 1 / ratio))
        .when((pl.col("threshold") > 0) & (pl.col("measured") <= 0))
        .then(_OVERSHOOT_CAP)
        .otherwise(1.0)
        .clip(1.0, _OVERSHOOT_CAP)
        .alias("overshoot")
    )
    return (
        alerts.join(ranks, on="grade", how="left")
        # A grade the site does not have is the least urgent.
        .with_columns(overshoot, pl.col("rank").fill_null(len(site.grades)))
        .sort(
            ["household_no", "period", "rank", "overshoot", "rule_id", "person_no"],
            descending=[False, False, False, True, False, False],
        )
    )


def _joined_sentences() -> pl.Expr:
    return (pl.col("sentence").unique(maintain_order=True).str.join("；") + "。").first().alias("sentence")
