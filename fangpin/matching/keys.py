"""The two key tables that blocks and comparisons read: registered persons and delivered rows, column by column.

Floor 2. One row in, one row out. What pairs are found and compared by stands as 64-bit hashes, so that millions of
pairs compare integers and a key table holds few words. No key leaves the room.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.names import surnames
from fangpin.matching.places import register_places, row_places
from fangpin.matching.standardise import UNKNOWN, former_keys, id_blocks, id_keys, name_keys, reference_year

WHOLE_KINDS: Final = ("valid", "upgraded", "certificate")
"""Kinds of ID that are known in full and pass their own check."""
IDENTITY: Final = (
    *("person_name", "id_kind", "id_no", "id_seen", "birth_on", "sex", "age", "township", "village", "village_group"),
    *("address", "head_name", "head_id_no", "guardian_name", "household_no"),
)
"""What a delivered row tells of whom it means."""
JUDGED_BY: Final = tuple(column for column in IDENTITY if column != "age")
"""What a judgement is given on: an age grows by itself."""
BLOCK_KEYS: Final = (
    *("id_text_hash", "id_left_hash", "id_right_hash", "id_ends_hash", "id_last_hash", "born_hash", "birth_year"),
    *("name_key_hash", "sound_key_hash", "surname_hash", "given_hash", "closing_hash", "front_hash"),
    *("town_key_hash", "village_key_hash"),
)
"""What the blocks of candidates.py are made of, in both tables: u64, birth_year i64. A row has front_hash (its name's
first two characters) when its name hides one, and id_ends_hash when it has no name: else these find too many."""
_NAME_PARTS: Final = {"given": (1, None), "front": (0, 2)}


def hashed(*columns: str) -> list[pl.Expr]:
    """64-bit hashes of text columns as *_hash; null stays null."""
    return [_hash(pl.col(c), c) for c in columns]


def _hash(text: pl.Expr, name: str) -> pl.Expr:
    return pl.when(text.is_not_null()).then(text.hash()).alias(f"{name}_hash")


def _name_parts() -> list[pl.Expr]:
    name = pl.col("name_key")
    parts = [_hash(name.str.slice(*part), called) for called, part in _NAME_PARTS.items()]
    return [*parts, _hash(surnames(name), "surname"), _hash(name.str.tail(1), "closing")]


def _born() -> pl.Expr:
    """The day of birth as YYYYMMDD: as declared, else as the number tells it."""
    return pl.coalesce(pl.col("birth_on").dt.strftime("%Y%m%d"), pl.col("id_left").str.slice(6, 8)).alias("born")


def person_keys(persons: pl.DataFrame) -> pl.DataFrame:
    """Keys of registered persons, ordered by person_no.

    Rows in: as Register.persons. Rows out: person_id (u32, the place in this order), person_no, household_no,
    person_name, id_kind, id_text, birth_on, sex, is_head, name_key, town_key, village_key, group_no, household_no_hash
    and BLOCK_KEYS.
    """
    base = persons.select(
        "person_no", "household_no", "person_name", "id_kind", "birth_on", "sex", "is_head"
    ).with_columns(pl.col("birth_on").dt.year().cast(pl.Int64).alias("birth_year"))
    parts = [base, name_keys(persons["person_name"]), id_keys(persons), register_places(persons)]
    keyed = pl.concat(parts, how="horizontal")
    if not keyed["person_no"].is_sorted():
        keyed = keyed.sort("person_no")
    known = keyed.with_columns(*id_blocks()).with_columns(_born())
    return known.select(
        *("person_no", "household_no", "person_name", "id_kind", "id_text", "birth_on", "birth_year", "sex", "is_head"),
        *("name_key", "town_key", "village_key", "group_no"),
        *hashed("household_no", "id_text", "id_left", "id_right", "id_ends", "id_last", "born"),
        *hashed("name_key", "sound_key", "town_key", "village_key"),
        *_name_parts(),
    ).with_row_index("person_id")


def row_keys(rows: pl.DataFrame, persons: pl.DataFrame, *, county: str) -> pl.DataFrame:
    """Keys of delivered identities, in the order given, the rows of a batch together.

    Rows in: row_id, batch (u32, whose ages are counted to one year), reference_year, IDENTITY; persons as from
    person_keys (their places are the known ones). Rows out: row_id, batch, id_kind, id_text, id_head, id_tail,
    birth_on, sex, name_key, former_key (a second name told beside it), name_hidden, town_key, village_key, town_seen,
    village_seen, group_no, BLOCK_KEYS (birth_year also from age, where the batch's year is known), and the hashes of
    household_no, head_id_no and of the head's and guardian's name and sound.
    """
    base = rows.select(
        *("row_id", "batch", "id_kind", "birth_on", "sex", "household_no", "head_id_no"),
        pl.coalesce(pl.col("birth_on").dt.year().cast(pl.Int64), pl.col("reference_year") - pl.col("age")).alias(
            "birth_year"
        ),
    )
    parts = [
        base,
        *_places_by_batch(rows, persons, county=county),
        id_keys(rows),
        name_keys(rows["person_name"]),
        former_keys(rows["person_name"]).select("former_key"),
        name_keys(rows["head_name"]).rename({"name_key": "head_key", "sound_key": "head_sound"}),
        name_keys(rows["guardian_name"]).rename({"name_key": "guardian_key", "sound_key": "guardian_sound"}),
    ]
    hidden = pl.col("name_key").str.contains(UNKNOWN, literal=True).fill_null(value=False)
    known = pl.concat(parts, how="horizontal").with_columns(*id_blocks(), name_hidden=hidden).with_columns(_born())
    return known.select(
        *("row_id", "batch", "id_kind", "id_text", "id_head", "id_tail", "birth_on", "birth_year", "sex", "name_key"),
        *("former_key", "name_hidden", "town_key", "village_key", "town_seen", "village_seen", "group_no"),
        *hashed("id_text", "id_left", "id_right", "id_ends", "id_last", "born", "name_key", "sound_key"),
        *hashed("household_no", "head_id_no", "head_key", "head_sound", "guardian_key", "guardian_sound"),
        *_name_parts(),
    ).with_columns(
        front_hash=pl.when("name_hidden").then("front_hash"),
        id_ends_hash=pl.when(pl.col("name_key").is_null()).then("id_ends_hash"),
    )


def _places_by_batch(rows: pl.DataFrame, persons: pl.DataFrame, *, county: str) -> list[pl.DataFrame]:
    """The places of the rows, read batch by batch: which county a batch speaks of is told by its own rows alone."""
    known = persons.select("town_key", "village_key")
    parts = rows.partition_by("batch", maintain_order=True)
    places = [row_places(part, known, county=county) for part in parts] or [row_places(rows, known, county=county)]
    return [pl.concat(places)]


def reference_years(rows: pl.DataFrame) -> pl.DataFrame:
    """The year the ages of each batch are counted to.

    Rows in: batch, id_no, age. Rows out: batch, reference_year (i64|null: no row tells).
    """
    years = [
        {"batch": part["batch"][0], "reference_year": reference_year(part)}
        for part in rows.select("batch", "id_no", "age").drop_nulls("age").partition_by("batch", maintain_order=True)
    ]
    return pl.DataFrame(years, schema={"batch": pl.UInt32, "reference_year": pl.Int64})


def with_owners(rows: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Rows with the hashes of their places and what the register says of the IDs they carry.

    Rows in: as from row_keys. Rows out: the same with town_key_hash, village_key_hash, owner_household, owner_village
    (of the owner of the row's ID) and told_household (by its own number, else of the owner of the head's ID), all u64;
    null = not known.
    """
    numbers = pl.concat([rows["id_text_hash"], rows["head_id_no_hash"]]).drop_nulls().unique()
    homes = rows["household_no_hash"].drop_nulls().unique()
    owners = persons.filter(pl.col("id_text_hash").is_in(numbers.implode())).unique(
        "id_text_hash", keep="first", maintain_order=True
    )
    of_row = owners.select("id_text_hash", owner_household="household_no_hash", owner_village="village_key_hash")
    heads = owners.select(head_id_no_hash="id_text_hash", _of_head="household_no_hash")
    known = persons.select(household_no_hash="household_no_hash", _told="household_no_hash").filter(
        pl.col("household_no_hash").is_in(homes.implode())
    )
    return (
        rows.join(of_row, on="id_text_hash", how="left", maintain_order="left")
        .join(heads, on="head_id_no_hash", how="left", maintain_order="left")
        .join(known.unique(), on="household_no_hash", how="left", maintain_order="left")
        .with_columns(pl.coalesce("_told", "_of_head").alias("told_household"), *hashed("town_key", "village_key"))
        .drop("_told", "_of_head", "head_id_no_hash", "household_no_hash")
    )
