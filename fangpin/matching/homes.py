"""Households between two registers: head and place of each, and the place names that changed for whole villages.

Floor 2. A household is what the county numbers as one (户编号); who its head is, is told by the head's life.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.lives import changed

_VILLAGE: Final = ("township", "village")
_PLACE: Final = (*_VILLAGE, "village_group")
HOMES: Final = pl.Schema(
    {**dict.fromkeys(("household_no", "head_life_no", *_PLACE), pl.String), "from_period_no": pl.Int64}
)
"""One row per household of the last register: head_life_no null: no head told; since when head and place are these."""
RENAMED: Final = pl.Schema(
    {**dict.fromkeys((*_PLACE, *(f"{c}_was" for c in _PLACE)), pl.String), "homes": pl.Int64, "merged": pl.Boolean}
)
"""One row per place renamed (village_group null on both sides: the village itself): homes: households that went along;
merged: the new name was there before."""
_RENAMED_SHARE: Final = 0.9
_RENAMED_HOMES: Final = 3


def homes_of(households: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Households of a register with their heads as lives.

    Rows in: Register.households; found: person_no, life_no. Rows out: HOMES without from_period_no.
    """
    heads = found.filter("is_head").select(head_person_no="person_no", head_life_no="life_no")
    return households.join(heads, on="head_person_no", how="left", maintain_order="left").select(
        "household_no", "head_life_no", *_PLACE
    )


def homes_carried(homes: pl.DataFrame, before: pl.DataFrame, *, period_no: int) -> pl.DataFrame:
    """Households of this month with what they were before: a place not told stays what it was.

    Rows in: homes_of, HOMES of the last register. Rows out: HOMES and the same columns ending in _was, null when the
    household is new.
    """
    was = before.rename({name: f"{name}_was" for name in HOMES})
    joined = homes.join(
        was, left_on="household_no", right_on="household_no_was", how="left", maintain_order="left", coalesce=False
    ).with_columns(pl.coalesce(c, f"{c}_was").alias(c) for c in _PLACE)
    new = pl.col("household_no_was").is_null() | changed("head_life_no", *_PLACE)
    since = pl.when(new).then(pl.lit(period_no, pl.Int64)).otherwise("from_period_no_was")
    return joined.with_columns(since.alias("from_period_no"))


def renamed_places(homes: pl.DataFrame) -> pl.DataFrame:
    """Places whose name changed, not their people (撤并、更名): RENAMED.

    A village was renamed when no household has its old name any more and nine tenths of its households that are still
    registered, three at least, now have one and the same other name; a group inside a village likewise.
    Rows in: as homes_carried gives them.
    """
    stayed = homes.filter(pl.col("household_no_was").is_not_null())
    village = _renamed(stayed, homes, _VILLAGE)
    group = _renamed(stayed.filter(~changed(*_VILLAGE)), homes, _PLACE)
    return pl.concat([village, group], how="diagonal").select(RENAMED.names()).sort(f"{c}_was" for c in _PLACE)


def _renamed(stayed: pl.DataFrame, homes: pl.DataFrame, place: tuple[str, ...]) -> pl.DataFrame:
    was = [f"{c}_was" for c in place]
    moved = stayed.filter(changed(*place))
    if moved.is_empty():
        return RENAMED.to_frame()
    named = [pl.col(c).is_not_null() for c in (*place, *was)]
    old = stayed.join(moved.select(was).unique(), on=was, how="semi")
    sizes = old.group_by(was).agg(pl.len().alias("size"))
    ways = moved.filter(named).group_by(*place, *was).agg(pl.len().cast(pl.Int64).alias("homes"))
    enough = (pl.col("homes") >= _RENAMED_HOMES) & (pl.col("homes") >= _RENAMED_SHARE * pl.col("size"))
    whole = ways.join(sizes, on=was, how="inner").filter(enough)
    gone = whole.join(homes, left_on=was, right_on=list(place), how="anti")
    there = homes.select(was).unique().with_columns(merged=pl.lit(value=True))
    known = gone.join(there, left_on=list(place), right_on=was, how="left").with_columns(
        pl.col("merged").fill_null(value=False)
    )
    blank = [pl.lit(None, pl.String).alias(c) for c in RENAMED if c not in known.columns]
    return known.with_columns(blank).select(RENAMED.names())
