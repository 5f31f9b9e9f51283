"""Rows that speak of places, told in the register's own names of them: what a village's figures are joined by.

Floor 2. A row whose village the register does not know is nobody's; it is never given to the whole township.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.places import register_places, row_places

PLACE_READ: Final = ("row_number", "row_status", "township", "village", "village_group", "address")
PLACED: Final = {
    "row_number": pl.UInt32(),
    "township": pl.String(),
    "village": pl.String(),
    "village_group": pl.String(),
}
"""One row per delivered row and place it speaks of, as the register writes it."""


def placed_rows(rows: pl.DataFrame, households: pl.DataFrame, *, county: str) -> pl.DataFrame:
    """Places that delivered rows speak of, in every spelling the register has of each.

    Rows in: PLACE_READ; households with township, village, village_group (Register.households). county: its full name.
    Rows out: PLACED; village null: the row names the township alone; village_group null: the whole village. Rows that
    were not accepted, or whose place the register does not know, are left out.
    """
    told = rows.filter(pl.col("row_status") == "accepted")
    homes = households.select("township", "village", "village_group").unique(maintain_order=True)
    known = pl.concat([homes, register_places(homes)], how="horizontal")
    places = row_places(told, known, county=county).select("town_key", "village_key", "group_no")
    asked = pl.concat([told.select("row_number", named=_names_a_village()), places], how="horizontal")
    of_village = asked.filter(pl.col("village_key").is_not_null())
    parts = [
        of_village.drop_nulls("group_no").join(known.drop_nulls("village"), on=["village_key", "group_no"]),
        of_village.filter(pl.col("group_no").is_null()).join(_without(known, "village_group"), on="village_key"),
        asked.filter(pl.col("village_key").is_null() & ~pl.col("named")).join(
            _without(known, "village", "village_group"), on="town_key"
        ),
    ]
    found = [part.select(pl.col(name).cast(kind) for name, kind in PLACED.items()) for part in parts]
    return pl.concat(found).unique().sort(pl.all(), nulls_last=True)


def _names_a_village() -> pl.Expr:
    """Whether a row says more than its township: what it says may be a village that is not registered."""
    return pl.any_horizontal(pl.col(c).str.strip_chars().str.len_chars() > 0 for c in ("village", "address")).fill_null(
        value=False
    )


def _without(known: pl.DataFrame, *names: str) -> pl.DataFrame:
    return known.with_columns(pl.lit(None, pl.String).alias(name) for name in names)
