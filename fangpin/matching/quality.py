"""How a month's rows were decided, in figures: shares by source and method, review load, drift between months.

Floor 2, frames in and out; counts only.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.intervals import change_chance
from fangpin.types import Band

DRIFT_POINTS: Final = 2.0
"""Percentage points a share must move by before it is called drift."""
DRIFT_CHANCE: Final = 0.01
"""... and how unlikely that must be by chance."""
METHOD_TITLES: Final = {
    "id_exact": "证件号码一致",
    "id_name_differs": "证件号码一致、姓名不同",
    "id_fuzzy": "证件号码有错位",
    "id_masked": "证件号码带*",
    "id_damaged": "证件号码被截断",
    "relative_id": "用了亲属的证件号码",
    "name_birth": "姓名和出生日期",
    "name_place": "姓名和住址",
    "household_no": "户编号",
    "judgement": "人工判定",
    "review": "待人工核对",
    "leave": "未关联",
}
"""What a method, or the band of a row that was not linked, is called."""


def month_shares(links: pl.DataFrame) -> pl.DataFrame:
    """How each source's rows were decided.

    Rows in: source_id, band, method str|null. Rows out: source_id, method (the band where nothing was linked), rows
    u32, share f64 (0-1, of the source's rows); by source, most rows first.

    >>> links = pl.DataFrame({"source_id": "a", "band": ["link", "link", "leave"], "method": ["id_exact"] * 2 + [None]})
    >>> month_shares(links).rows()
    [('a', 'id_exact', 2, 0.6666666666666666), ('a', 'leave', 1, 0.3333333333333333)]
    """
    decided = pl.when(pl.col("band") == Band.LINK.value).then("method").otherwise("band")
    return (
        links.group_by("source_id", decided.alias("method"))
        .agg(pl.len().alias("rows"))
        .with_columns((pl.col("rows") / pl.col("rows").sum().over("source_id")).alias("share"))
        .sort("source_id", "rows", "method", descending=[False, True, False])
    )


def source_figures(links: pl.DataFrame) -> pl.DataFrame:
    """Each source in one row.

    Rows in: source_id, band, method, identity u64|null (equal for rows that tell the same of a person).
    Rows out: source_id, rows, linked, review, left u32, exact_share, linked_share f64 (0-1), review_load u32 (distinct
    identities under review: what somebody must look at); by source.
    """
    band, method = pl.col("band"), pl.col("method")
    exact = (band == Band.LINK.value) & (method == "id_exact").fill_null(value=False)
    counted = links.group_by("source_id").agg(
        pl.len().alias("rows"),
        *(
            (band == kind.value).sum().alias(name)
            for kind, name in ((Band.LINK, "linked"), (Band.REVIEW, "review"), (Band.LEAVE, "left"))
        ),
        exact.mean().alias("exact_share"),
        (band == Band.LINK.value).mean().alias("linked_share"),
        pl.col("identity").filter(band == Band.REVIEW.value).n_unique().cast(pl.UInt32).alias("review_load"),
    )
    return counted.sort("source_id")


def drift(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """What has moved since the month before.

    Rows in: both as from ``month_shares``. Rows out: source_id, method, share, share_before f64 (0-1; 0 where the
    source had none), points f64 (percentage points, positive: more), chance f64, moved bool (by more than DRIFT_POINTS
    and less likely than DRIFT_CHANCE); only sources that both months have, largest move first.
    """
    totals = [m.group_by("source_id").agg(pl.col("rows").sum().cast(pl.Int64).alias("all")) for m in (now, before)]
    sources = totals[0].join(totals[1], on="source_id", suffix="_before")
    both = (
        now.select("source_id", "method", "rows")
        .join(
            before.select("source_id", "method", "rows"),
            on=["source_id", "method"],
            how="full",
            coalesce=True,
            suffix="_before",
        )
        .join(sources, on="source_id")
        .with_columns(pl.col("rows", "rows_before").fill_null(0).cast(pl.Int64))
        .with_columns(share=pl.col("rows") / pl.col("all"), share_before=pl.col("rows_before") / pl.col("all_before"))
        .with_columns(points=(pl.col("share") - pl.col("share_before")) * 100)
    )
    chances = [
        change_chance((r, n), (b, m)) for r, n, b, m in both.select("rows", "all", "rows_before", "all_before").rows()
    ]
    return (
        both.with_columns(pl.Series("chance", chances, dtype=pl.Float64))
        .with_columns(moved=(pl.col("points").abs() > DRIFT_POINTS) & (pl.col("chance") < DRIFT_CHANCE))
        .select("source_id", "method", "share", "share_before", "points", "chance", "moved")
        .sort(pl.col("points").abs(), "source_id", "method", descending=[True, False, False])
    )
