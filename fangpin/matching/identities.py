"""What the exact tier left: distinct identities with their keys, beside their candidates, compared.

Floor 2. One comparison for each distinct identity of a batch, however many rows tell it. What people judged comes in
here, as the truth of a pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from fangpin.matching.candidates import Candidates, candidate_pairs
from fangpin.matching.compare import compare
from fangpin.matching.keys import reference_years, row_keys, with_owners
from fangpin.matching.levels import Codes, Pairs
from fangpin.matching.model import LinkModel
from fangpin.matching.places import learned, row_places
from fangpin.matching.weigh import Floats

_COUNTY = r"^(?:\p{Han}{2,8}?(?:省|自治区))?(?:\p{Han}{2,8}?(?:市|自治州|盟))??(\p{Han}{2,6}?[县区市旗])"
_OURS = 0.5
_TRUTH = {"same": 1.0, "not_same": 0.0}
NOTHING_SAID = pl.DataFrame(
    schema={
        "source_id": pl.String,
        "judged_hash": pl.UInt64,
        "person_no": pl.String,
        "verdict": pl.String,
        "registered_id": pl.String,
        "registered_name": pl.String,
    }
)
"""What people judged before anybody has judged."""
_TAUGHT = {"batch": pl.UInt32, "village_seen": pl.String, "village_key": pl.String}


@dataclass(frozen=True, slots=True)
class Compared:
    """Identities beside their candidates.

    rows: as from keys.with_owners with batch, source_id, identity_hash; persons: as from keys.person_keys; both are met
    by position from pairs (ordered by row and person). codes: as from compare.compare. truth: 1 the same person, 0 not
    (people said so), NaN not known. blocked: how they were found.
    """

    rows: pl.DataFrame
    persons: pl.DataFrame
    pairs: Pairs
    codes: Codes
    truth: Floats
    blocked: Candidates


def compared(
    keyed: pl.DataFrame,
    persons: pl.DataFrame,
    base: LinkModel,
    *,
    con: duckdb.DuckDBPyConnection,
    said: pl.DataFrame,
) -> Compared:
    """Identities compared with every person worth it.

    Rows in: keyed as from keyed_rows; said: as NOTHING_SAID. base: tells common names.
    """
    rows = keyed.drop("row_id").with_row_index("row_id")
    blocked = candidate_pairs(rows, persons, base, con=con)
    pairs = blocked.pairs
    found = pl.DataFrame(
        {"row_id": pairs.row, "person_id": pairs.person}, schema={"row_id": pl.UInt32, "person_id": pl.UInt32}
    )
    judged = _judged(rows, persons, said)
    if not judged.is_empty():
        held = judged.filter(pl.col("truth") == 1.0).select("row_id", "person_id")
        found = pl.concat([found, held]).unique().sort("row_id", "person_id")
        pairs = Pairs(found["row_id"].to_numpy().astype(np.intp), found["person_id"].to_numpy().astype(np.intp))
    truth = found.join(judged, on=["row_id", "person_id"], how="left", maintain_order="left")["truth"].fill_null(np.nan)
    return Compared(rows, persons, pairs, compare(pairs, rows, persons), truth.to_numpy(), blocked)


def keyed_rows(rest: pl.DataFrame, rows: pl.DataFrame, persons: pl.DataFrame, *, county: str) -> pl.DataFrame:
    """The keys of distinct identities, by batch and content, with renamed villages and the owners of their IDs."""
    told = (
        rest.sort("batch", "identity_hash")
        .with_row_index("row_id")
        .join(reference_years(rows), on="batch", how="left", maintain_order="left")
    )
    keyed = _elsewhere(row_keys(told, persons, county=county), told)
    taught = _taught(keyed, rows, persons, county=county).rename({"village_key": "_taught"})
    met = keyed.join(taught, on=["batch", "village_seen"], how="left", maintain_order="left")
    renamed = met.with_columns(
        village_key=pl.coalesce("village_key", "_taught"),
        town_key=pl.coalesce("town_key", pl.col("_taught").str.split("/").list.first()),
    ).drop("_taught")
    return with_owners(renamed, persons).hstack(told.select("source_id", "identity_hash", "judged_hash", "exact"))


def _elsewhere(keyed: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Marks rows that name another county for their place: town_seen is what they name.

    A county is our own when most of a batch's rows that open with it name a township of the register.
    """
    text = pl.concat_str(["township", "village", "address"], ignore_nulls=True)
    named_ = pl.DataFrame({"batch": keyed["batch"], "known": keyed["town_key"].is_not_null()}).with_columns(
        told.select(text.str.extract(_COUNTY, 1).alias("county"))
    )
    own = pl.col("known").mean().over("batch", "county") >= _OURS
    other = named_.select(pl.when(~own & ~pl.col("known")).then("county")).to_series()
    return keyed.with_columns(pl.coalesce("town_seen", other).alias("town_seen"))


def _taught(keyed: pl.DataFrame, rows: pl.DataFrame, persons: pl.DataFrame, *, county: str) -> pl.DataFrame:
    """Villages the register does not know and what they stand for now, as each batch's rows linked by ID tell it.

    Rows out: batch, village_seen, village_key.
    """
    unknown = keyed.filter(pl.col("village_key").is_null())["village_seen"].drop_nulls().unique()
    stems = unknown.str.split("/").list.last().unique().sort().to_list()
    if not stems:
        return pl.DataFrame(schema=_TAUGHT)
    text = pl.concat_str(["village", "address"], ignore_nulls=True)
    sure = rows.filter(pl.col("exact").is_not_null() & text.str.contains_any(stems))
    told = row_places(sure, persons.select("town_key", "village_key"), county=county)
    homes = sure.select("batch").with_columns(told["village_seen"], persons["village_key"][sure["exact"]])
    met = homes.filter(told["village_key"].is_null())
    parts = [
        learned(part.select("village_seen", "village_key")).with_columns(
            pl.lit(part["batch"][0], pl.UInt32).alias("batch")
        )
        for part in met.partition_by("batch", maintain_order=True)
    ]
    return pl.concat([pl.DataFrame(schema=_TAUGHT), *(p.select(list(_TAUGHT)) for p in parts)])


def _judged(keyed: pl.DataFrame, persons: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """What people settled of these identities: row_id, person_id, truth (1.0 the same, 0.0 not).

    Where what they said of one identity contradicts itself, nothing of it holds.
    """
    meant = _meant(persons, said).with_columns(
        truth=pl.col("verdict").replace_strict(_TRUTH, default=None, return_dtype=pl.Float64)
    )
    of_row = (
        meant.drop_nulls("truth")
        .join(keyed.select("source_id", "judged_hash", "row_id"), on=["source_id", "judged_hash"])
        .select("row_id", "person_id", "truth")
        .unique(maintain_order=True)
        .filter(pl.len().over("row_id", "person_id") == 1)
    )
    same = pl.col("truth") == 1.0
    return of_row.filter(~same | (same.sum().over("row_id") == 1))


def _meant(persons: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """The judged persons as they are registered now: by their number, else by their key under the same name."""
    numbered = said.filter(pl.col("registered_id").is_not_null()).join(
        persons.select("person_id", registered_id="id_text"), on="registered_id"
    )
    rest = said.join(numbered.select(said.columns), on=said.columns, how="anti", nulls_equal=True)
    named = rest.join(persons.select("person_no", "person_id", _name="person_name"), on="person_no").filter(
        pl.col("registered_name").is_null() | (pl.col("registered_name") == pl.col("_name"))
    )
    return pl.concat([numbered, named.drop("_name")])
