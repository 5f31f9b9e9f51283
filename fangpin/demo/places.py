"""Townships, villages, groups and schools of the invented county.

One frame of villages, one row a village; some villages were merged or renamed and keep their old name,
which departments go on writing.
"""

import numpy as np
import polars as pl

from fangpin.demo.idents import pick
from fangpin.demo.words import COUNTY, TOWN_FIRST, TOWN_LAST, VILLAGE_FIRST, VILLAGE_LAST

FAMILIES_A_VILLAGE = 42
VILLAGES_AT_MOST = 600
RENAMED_SHARE = 0.09
MINORITY_SHARE = 0.06


def make_villages(*, families: int, townships: int, rng: np.random.Generator) -> pl.DataFrame:
    """Villages of the county.

    One row a village: village (Int64, its place), township (Int64), town_name (full, 镇/乡/街道), town_short,
    village_name (full, 村/社区), village_short, former_name (String, null when never renamed), minority (Boolean).
    """
    count = int(np.clip(families // FAMILIES_A_VILLAGE, townships, VILLAGES_AT_MOST))
    towns = make_townships(townships, rng)
    stems = [first + last for first in VILLAGE_FIRST for last in VILLAGE_LAST]
    drawn = rng.permutation(len(stems))
    names = pick(stems, drawn[np.arange(count) % len(stems)])
    former = pick(stems, drawn[(np.arange(count) + count) % len(stems)])
    township = np.arange(count) % townships
    seat = np.arange(count) < townships
    return pl.DataFrame(
        {
            "village": np.arange(count),
            "township": township,
            "town_name": towns["town_name"].gather(township),
            "town_short": towns["town_short"].gather(township),
            "village_short": names,
            "former_short": former,
            "seat": seat,
            "renamed": rng.random(count) < RENAMED_SHARE,
            "minority": rng.random(count) < MINORITY_SHARE,
        }
    ).select(
        "village",
        "township",
        "town_name",
        "town_short",
        pl.concat_str("village_short", pl.when("seat").then(pl.lit("社区")).otherwise(pl.lit("村"))).alias(
            "village_name"
        ),
        "village_short",
        pl.when("renamed").then(pl.concat_str("former_short", pl.lit("村"))).alias("former_name"),
        "minority",
    )


def make_townships(count: int, rng: np.random.Generator) -> pl.DataFrame:
    """One row a township: town_name (with 镇, 乡 or 街道) and town_short (without)."""
    stems = [first + last for first in TOWN_FIRST for last in TOWN_LAST]
    short = pick(stems, rng.permutation(len(stems))[:count])
    suffix = pick(["街道", "镇", "镇", "镇", "乡", "乡"], np.where(np.arange(count) == 0, 0, rng.integers(1, 6, count)))
    return pl.DataFrame({"town_name": short + suffix, "town_short": short})


def full_address(*, group: str = "group") -> pl.Expr:
    """The long address (县镇村组) of a frame that has town_name, village_name and a group number."""
    return pl.concat_str(
        pl.lit(COUNTY), "town_name", "village_name", pl.col(group).cast(pl.String) + "组", ignore_nulls=True
    )
