"""The exact tier: rows whose whole number and name are those of exactly one registered person.

Floor 2. Carries most rows of a month, so it compares numbers and names as they were written first and standardises only
the names that differ. It joins on the number alone, never on a name.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.keys import IDENTITY, JUDGED_BY, WHOLE_KINDS
from fangpin.matching.standardise import name_keys

NO_IDENTITY: Final = {
    "row_number": pl.UInt32(),
    **dict.fromkeys(IDENTITY, pl.String()),
    "birth_on": pl.Date(),
    "age": pl.Int64(),
}
"""The columns of an identity by type."""
_STATUSES: Final = ("accepted", "duplicate")


def gathered(identities: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows of several batches in one frame.

    Rows in: identity frames (fixed schema). Rows out: batch u32 (place in the list), row_number, IDENTITY,
    identity_hash u64 (of what the row tells), judged_hash u64 (of what a judgement is given on), one per accepted or
    duplicate row, in the order given.
    """
    if not identities:
        return pl.DataFrame(
            schema={"batch": pl.UInt32, **NO_IDENTITY, "identity_hash": pl.UInt64, "judged_hash": pl.UInt64}
        )
    parts = [
        frame.lazy()
        .filter(pl.col("row_status").is_in(_STATUSES))
        .select(pl.lit(batch, pl.UInt32).alias("batch"), "row_number", *IDENTITY)
        for batch, frame in enumerate(identities)
    ]
    return (
        pl.concat(parts)
        .with_columns(pl.struct(IDENTITY).hash().alias("identity_hash"), judged_hash=pl.struct(JUDGED_BY).hash())
        .collect()
    )


def exact_tier(rows: pl.DataFrame, persons: pl.DataFrame) -> pl.Series:
    """The person of each row of the exact tier.

    Rows in: as from gathered; persons as from keys.person_keys. Out: person_id u32, null where the row is left to be
    compared: no whole number, a number that is nobody's or several people's, another name.
    """
    numbers = rows.select(pl.when(pl.col("id_kind").is_in(WHOLE_KINDS)).then(pl.col("id_no").hash()).alias("id"))["id"]
    owners = (
        persons.filter(
            pl.col("id_kind").is_in(WHOLE_KINDS)
            & pl.col("id_text_hash").is_not_null()
            & pl.col("id_text_hash").is_in(numbers.implode())
        )
        .select(id="id_text_hash", person_id="person_id", _written="person_name", name_key="name_key")
        .filter(~pl.col("id").is_duplicated())
    )
    told = rows.select("person_name", id=numbers).join(owners, on="id", how="left", maintain_order="left")
    other = (
        told["person_id"].is_not_null() & (told["person_name"] != told["_written"]).fill_null(value=True)
    ).arg_true()
    names = name_keys(told["person_name"][other])["name_key"]
    differs = other.filter((names != told["name_key"][other]).fill_null(value=True))
    return told["person_id"].scatter(differs, None)
