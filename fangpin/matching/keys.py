"""The two key tables that candidates and comparisons read: registered persons and delivered rows, column by column.

Floor 2. One row in, one row out. The shares beside the keys of persons say how common a name or place is in the
register; they make a rare agreement weigh more. No key leaves the room.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.places import register_places, row_places
from fangpin.matching.standardise import id_blocks, id_keys, name_keys, reference_year

WHOLE_KINDS: Final = ("valid", "upgraded", "certificate")
"""Kinds of ID that are known in full and pass their own check."""
BLOCK_KEYS: Final = (
    *("id_text", "id_left", "id_right", "id_ends", "id_last", "name_key", "sound_key", "birth_on", "birth_year"),
    *("town_key", "village_key", "group_no"),
)
"""What the blocks of candidates.py are made of, in both tables."""


def person_keys(persons: pl.DataFrame) -> pl.DataFrame:
    """Keys of registered persons, ordered by person_no.

    Rows in: as Register.persons. Rows out: person_id (u32, the place in this order), person_no, household_no, id_kind,
    sex, is_head, BLOCK_KEYS, and name_share, sound_share, surname_share, town_share, village_share (0-1).
    """
    base = persons.select("person_no", "household_no", "id_kind", "birth_on", "sex", "is_head").with_columns(
        pl.col("birth_on").dt.year().cast(pl.Int64).alias("birth_year")
    )
    parts = [base, name_keys(persons["person_name"]), id_keys(persons), register_places(persons)]
    surname = pl.col("name_key").str.slice(0, 1)
    shared = {
        "name_share": pl.col("name_key"),
        "sound_share": pl.col("sound_key"),
        "surname_share": surname,
        "town_share": pl.col("town_key"),
        "village_share": pl.col("village_key"),
    }
    return (
        pl.concat(parts, how="horizontal")
        .sort("person_no")
        .with_columns(*id_blocks(), *((pl.len().over(key) / pl.len()).alias(share) for share, key in shared.items()))
        .with_row_index("person_id")
    )


def row_keys(rows: pl.DataFrame, persons: pl.DataFrame, *, county: str) -> pl.DataFrame:
    """Keys of distinct delivered identities, in the order given.

    Rows in: row_id and the identity columns; persons as from person_keys (their places are the known ones).
    Rows out: row_id, id_kind, sex, household_no, head_id, BLOCK_KEYS, id_head, id_tail, town_seen, village_seen,
    head_key, head_sound, guardian_key, guardian_sound; birth_year also from age, where the extract's year is known.
    """
    year = reference_year(rows)
    by_age = pl.lit(None, pl.Int64) if year is None else year - pl.col("age")
    base = rows.select(
        *("row_id", "id_kind", "birth_on", "sex", "household_no"),
        pl.col("head_id_no").alias("head_id"),
        pl.coalesce(pl.col("birth_on").dt.year().cast(pl.Int64), by_age).alias("birth_year"),
    )
    parts = [
        base,
        row_places(rows, persons.select("town_key", "village_key"), county=county),
        id_keys(rows),
        name_keys(rows["person_name"]),
        name_keys(rows["head_name"]).rename({"name_key": "head_key", "sound_key": "head_sound"}),
        name_keys(rows["guardian_name"]).rename({"name_key": "guardian_key", "sound_key": "guardian_sound"}),
    ]
    return pl.concat(parts, how="horizontal").with_columns(id_blocks())


def with_owners(rows: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Rows with what the register says of the IDs they carry.

    Rows out: the same with id_household (of the owner of the row's ID), told_household (by household number, else of
    the owner of the head's ID), id_head_share (persons whose ID opens like the row's, 0-1); null = not known.
    """
    owners = (
        persons.drop_nulls("id_text")
        .sort("id_text", "person_no")
        .unique("id_text", keep="first", maintain_order=True)
        .select("id_text", pl.col("household_no").alias("id_household"))
    )
    heads = owners.rename({"id_text": "head_id", "id_household": "_head_household"})
    known = persons.select("household_no", pl.col("household_no").alias("_household")).unique()
    return (
        rows.join(owners, on="id_text", how="left", maintain_order="left")
        .join(heads, on="head_id", how="left", maintain_order="left")
        .join(known, on="household_no", how="left", maintain_order="left")
        .join(_opening_shares(rows, persons), on="id_head", how="left", maintain_order="left")
        .with_columns(pl.coalesce("_household", "_head_household").alias("told_household"))
        .drop("_household", "_head_household")
    )


def _opening_shares(rows: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """How large a share of registered persons has an ID that begins with a known opening; at least one person."""
    openings = rows.select("id_head").drop_nulls().unique().sort("id_head")
    lengths = openings["id_head"].str.len_chars().unique().sort().to_list()
    counted = [
        persons.select(pl.col("id_text").str.slice(0, n).alias("id_head")).drop_nulls().group_by("id_head").len()
        for n in lengths
    ]
    found = pl.concat([openings.clear().with_columns(pl.lit(0, pl.UInt32).alias("len")), *counted])
    return openings.join(found, on="id_head", how="left", maintain_order="left").select(
        "id_head", (pl.col("len").fill_null(1).clip(1) / persons.height).alias("id_head_share")
    )
