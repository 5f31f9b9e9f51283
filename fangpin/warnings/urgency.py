"""How urgent a lead is: a few whole points, each with its reason, so that anyone can add them up again.

Floor 2. Pure frames in and out. The grade decides first: all other points together are fewer than one grade is
worth. The steps are this program's own, not a notice's; ``docs/bureau.md`` has the table for the bureau.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.types import Channel

GRADE_POINTS: Final = 100  # for each grade that stands below
KIND_POINTS: Final = 5  # for each kind
KINDS_COUNTED: Final = 5
BEYOND_POINTS: Final = ((5.0, 15), (2.0, 10), (1.5, 5))  # so many times the line, so many points
WEAK_POINTS: Final = 5  # for each weakness of the household
UNKNOWN_POINTS: Final = 2  # for each that nobody knows: less than yes, more than no
WAITING_POINTS: Final = 10  # somebody reported it and waits for an answer
BELOW_CAP: Final = 10.0  # a figure below its line says no more than a tenth of it

WEAKNESSES: Final = {
    "has_child": "未成年人",
    "has_elder": "老年人",
    "has_disabled": "重病残疾",
    "has_no_labour": "无劳动力",
    "has_low_income": "低保监测户",
}
"""What makes a household less able to bear a blow; boolean columns, null where nobody knows."""


def severity() -> pl.Expr:
    """How far a figure lies beyond its line: 1 at the line, 2 at twice (or half of) it; null where unknown.

    A rule fires above its line or below it: the ratio away from one counts. Below, it is capped (0 yuan is not
    infinitely far from 6,700). A line of zero, or without a figure, tells nothing of how far.

    >>> rows = pl.DataFrame({"measured": [30.0, 5.0, 0.0, None], "threshold": [10.0, 10.0, 10.0, 10.0]})
    >>> rows.select(severity()).to_series().to_list()
    [3.0, 2.0, 10.0, None]
    """
    measured, line = pl.col("measured"), pl.col("threshold")
    below = pl.when(measured > 0).then(line / measured).otherwise(BELOW_CAP).clip(upper_bound=BELOW_CAP)
    return (
        pl.when((line > 0) & (measured >= line))
        .then(measured / line)
        .when((line > 0) & measured.is_not_null())
        .then(below)
        .alias("severity")
    )


def scored(leads: pl.DataFrame, *, grades: int) -> pl.DataFrame:
    """Return leads with their points and what these are made of.

    Rows in: rank i64 (place of the grade in the site's scheme, from 0; ``grades`` for one that it does not have),
    kinds, channels lists of str, severity f64|null (of the worst figure), the columns of WEAKNESSES.
    Rows out: score f64 (whole points, larger is more urgent) and score_parts, list of str such as 等级 200, the
    parts that gave any; the columns of WEAKNESSES, rank and severity are gone.

    >>> lead = {"rank": 1, "kinds": ["dropout"], "channels": ["department"], "severity": 2.0} | dict.fromkeys(
    ...     WEAKNESSES, False)
    >>> scored(pl.DataFrame([lead]), grades=3).row(0, named=True)["score_parts"]
    ['等级 200', '种类 5', '超线 10']
    """
    parts = _parts(grades)
    told = [pl.when(points > 0).then(pl.format("{} {}", pl.lit(title), points)) for title, points in parts.items()]
    return leads.with_columns(
        pl.sum_horizontal(parts.values()).cast(pl.Float64).alias("score"),
        pl.concat_list(told).list.drop_nulls().alias("score_parts"),
    ).drop(*WEAKNESSES, "rank", "severity")


def _parts(grades: int) -> dict[str, pl.Expr]:
    """Return the points by what they are for."""
    weak = pl.sum_horizontal(pl.col(name).fill_null(value=False).cast(pl.Int64) for name in WEAKNESSES)
    unknown = pl.sum_horizontal(pl.col(name).is_null().cast(pl.Int64) for name in WEAKNESSES)
    waiting = pl.col("channels").list.set_difference([str(c) for c in Channel if c is not Channel.DEPARTMENT])
    told_by_people = waiting.list.len() < pl.col("channels").list.len()
    beyond = pl.coalesce(pl.when(pl.col("severity") >= times).then(points) for times, points in BEYOND_POINTS)
    return {
        "等级": (grades - pl.col("rank")) * GRADE_POINTS,
        "种类": pl.col("kinds").list.len().cast(pl.Int64).clip(upper_bound=KINDS_COUNTED) * KIND_POINTS,
        "超线": beyond.fill_null(0).cast(pl.Int64),
        "困难": weak * WEAK_POINTS,
        "不明": unknown * UNKNOWN_POINTS,
        "待答复": pl.when(told_by_people).then(WAITING_POINTS).otherwise(0).cast(pl.Int64),
    }
