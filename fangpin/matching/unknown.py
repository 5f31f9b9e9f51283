"""Families the register does not know: left rows of all departments put together to presumable households.

Floor 2. That a family is told by several departments and by no register is news, not dirt. A family is named by its
place, a surname and the rows it stands in; nobody is added to the register here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.matching.places import register_places, row_places
from fangpin.matching.standardise import is_partly_told, name_keys

NEAR: Final = 0.1
"""A left row whose nearest registered person is likelier than this is a doubtful match, not an unknown person."""
_LARGEST_FAMILY: Final = 20
"""Names under one number or one head's name before it is taken for a placeholder."""
_NEIGHBOURS: Final = 6
"""Names of one surname in one group that may still be one family."""


@dataclass(frozen=True, slots=True)
class UnknownFamilies:
    """What departments know and the register does not.

    families: family u32 (from 1), township, village str|null (as the register writes them; null: told nowhere, or not
    of the county), called str (surname and *), people, departments, rows u32, agencies str (by name, joined by 、),
    household_no str|null (a registered household its head or guardian belongs to: then a member is missing there; null:
    the family is unknown); most departments first, then most people.
    rows: family u32, source_id, batch_id str, row_number u32.
    """

    families: pl.DataFrame
    rows: pl.DataFrame


def unknown_families(left: pl.DataFrame, persons: pl.DataFrame, *, county: str) -> UnknownFamilies:
    """The families that left rows speak of.

    Rows in: ``left`` agency, source_id, batch_id str, row_number u32, the identity columns person_name, id_no (whole
    and sound, else null), head_name, head_id_no, guardian_name, household_no, township, village, village_group,
    address, and score f64|null of the nearest registered person. ``persons`` Register.persons. ``county``: its full
    name, taken off the front of addresses.
    """
    news = left.filter(pl.col("score").fill_null(0.0) < NEAR).sort("source_id", "batch_id", "row_number")
    news = news.with_row_index("row_id")
    places = register_places(persons)
    keyed = pl.concat(
        [
            news.select("row_id", "agency", "source_id", "batch_id", "row_number", "person_name"),
            news.select("id_no", "head_id_no", "household_no"),
            row_places(news, places.select("town_key", "village_key"), county=county).select("village_key", "group_no"),
            *(name_keys(news[told]).select(pl.col("name_key").alias(key)) for told, key in _NAMES.items()),
        ],
        how="horizontal",
    )
    families = _together(keyed.select("row_id"), _ties(keyed))
    told = keyed.join(families, on="row_id").join(_homes(keyed, persons, places), on="row_id", how="left")
    return _counted(told, _place_names(persons, places))


_NAMES: Final = {"person_name": "name_key", "head_name": "head_key", "guardian_name": "guardian_key"}


def _ties(keyed: pl.DataFrame) -> pl.DataFrame:
    """What may tie rows to one family: an ID, a name in a village, a household number, a surname in a small group."""
    village, name = pl.col("village_key"), pl.col("name_key")
    surname = village + "|" + pl.col("group_no").cast(pl.String) + "|" + name.str.slice(0, 1)
    few = pl.when(name.n_unique().over(surname) <= _NEIGHBOURS).then("group|" + surname)
    keys = [
        *("id|" + pl.col(c) for c in ("id_no", "head_id_no")),
        *("name|" + village + "|" + _sure(c) for c in _NAMES.values()),
        "number|" + pl.col("household_no"),
        few,
    ]
    parts = [keyed.select("row_id", "name_key", key.alias("tie")).drop_nulls("tie") for key in keys]
    tied = pl.concat(parts).unique()
    people = pl.col("name_key").n_unique().over("tie")
    return tied.filter((pl.len().over("tie") > 1) & (people <= _LARGEST_FAMILY)).select("row_id", "tie")


def _sure(column: str) -> pl.Expr:
    """A name of which every character is known."""
    return pl.when(~is_partly_told(pl.col(column))).then(column)


def _together(rows: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """Rows with the smallest row they are tied to, directly or through others: row_id, first."""
    labels = rows.with_columns(first="row_id")
    while True:
        met = ties.join(labels, on="row_id").with_columns(pl.col("first").min().over("tie"))
        least = met.group_by("row_id").agg(pl.col("first").min().alias("least"))
        spread = labels.join(least, on="row_id", how="left", maintain_order="left").select(
            "row_id", first=pl.min_horizontal("first", "least")
        )
        if spread.equals(labels):
            return labels
        of_first = spread.select(first="row_id", root="first")  # a chain is halved, not walked
        labels = spread.join(of_first, on="first", maintain_order="left").select("row_id", first="root")


def _homes(keyed: pl.DataFrame, persons: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The one registered household that a row's head or guardian is of: row_id, household_no."""
    known = pl.concat(
        [persons.select("household_no", "person_name", "id_no"), places.select("village_key")], how="horizontal"
    )
    named = known.select(
        "household_no", tie="name|" + pl.col("village_key") + "|" + name_keys(known["person_name"])["name_key"]
    )
    numbered = known.select("household_no", tie="id|" + pl.col("id_no"))
    homes = pl.concat([named, numbered]).drop_nulls().unique()
    asked = [
        keyed.select("row_id", tie="id|" + pl.col("head_id_no")),
        *(
            keyed.select("row_id", tie="name|" + pl.col("village_key") + "|" + _sure(c))
            for c in ("head_key", "guardian_key")
        ),
    ]
    met = pl.concat(asked).drop_nulls().unique().join(homes, on="tie")
    return met.group_by("row_id").agg(pl.col("household_no").unique().alias("homes"))


def _place_names(persons: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """How the register writes each of its villages: village_key, township, village."""
    both = pl.concat([places.select("village_key"), persons.select("township", "village")], how="horizontal")
    return both.drop_nulls().group_by("village_key").agg(pl.col("township", "village").sort().first())


def _counted(told: pl.DataFrame, places: pl.DataFrame) -> UnknownFamilies:
    homes = pl.col("homes").explode(empty_as_null=True).drop_nulls().unique()
    # A character told by its sound alone stands for itself in a key and is never shown.
    opening = pl.coalesce("head_key", "guardian_key", "name_key").str.slice(0, 1)
    head = pl.when(~is_partly_told(opening)).then(opening).otherwise(pl.lit("")).mode().sort().first()
    families = (
        told.group_by("first")
        .agg(
            pl.col("village_key").drop_nulls().mode().sort().first(),
            (head + "*").alias("called"),
            pl.col("name_key").n_unique().alias("people"),
            pl.col("agency").n_unique().alias("departments"),
            pl.len().alias("rows"),
            pl.col("agency").unique().sort().str.join("、").alias("agencies"),
            pl.when(homes.len() == 1).then(homes.first()).alias("household_no"),
        )
        .join(places, on="village_key", how="left")
        .sort("departments", "people", "rows", "first", descending=[True, True, True, False])
        .with_row_index("family", offset=1)
    )
    rows = told.join(families.select("first", "family"), on="first")
    shown = ("family", "township", "village", "called", "people", "departments", "rows", "agencies", "household_no")
    return UnknownFamilies(
        families.select(shown),
        rows.select("family", "source_id", "batch_id", "row_number").sort("family", "source_id", "row_number"),
    )
