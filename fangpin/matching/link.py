"""One month's extract linked to the register: the one public entry of the room.

Floor 2. The exact tier carries most rows; what is left is blocked, compared and judged once per distinct identity
and fanned out to its rows. Same frames, same links, in whatever order the rows come. It never invents a person.
"""

from __future__ import annotations

from typing import Final, Literal

import duckdb
import polars as pl

from fangpin.matching.candidates import candidate_pairs
from fangpin.matching.compare import compare
from fangpin.matching.decide import HeadShares, MatchSpec, judge, weigh
from fangpin.matching.keys import WHOLE_KINDS, person_keys, row_keys, with_owners
from fangpin.matching.places import learned
from fangpin.matching.register import Register
from fangpin.types import Band

DEFAULT_SPEC: Final = MatchSpec()
_EXACT_SCORE: Final = 0.9999
_IDENTITY: Final = (
    *("person_name", "id_kind", "id_no", "id_seen", "birth_on", "sex", "age", "township", "village", "village_group"),
    *("address", "head_name", "head_id_no", "guardian_name", "household_no"),
)
_DECISION: Final = {
    "person_no": pl.String(),
    "household_no": pl.String(),
    "score": pl.Float64(),
    "band": pl.String(),
    "method": pl.String(),
    "reasons": pl.String(),
    "margin": pl.Float64(),
}
LINKS: Final = {"row_number": pl.UInt32(), **_DECISION}
"""The columns of the links of one batch."""
_SMOOTHING: Final = 20
"""Rows an extract must show before its own share of heads outweighs the register's."""


def link_batch(
    identity: pl.DataFrame,
    register: Register,
    *,
    con: duckdb.DuckDBPyConnection,
    keys: pl.DataFrame | None = None,
    spec: MatchSpec = DEFAULT_SPEC,
    link_by: Literal["identity", "household_no"] = "identity",
    county: str = "",
) -> pl.DataFrame:
    """The links of one batch.

    Rows in: identity (fixed schema). Rows out: one per accepted or duplicate row, by row_number: row_number u32,
    person_no str|null (set for link, and for review as the best candidate), household_no str|null, score f64 0-1,
    band, method str|null, reasons str (Chinese, no personal value), margin f64|null (lead over the second candidate).
    link_by household_no: person_no is null, household_no is set where the register knows it. county: its full name,
    taken off the front of addresses. keys: keys.person_keys of the register's persons, made here when not handed in
    (hand them in to make them once for all batches of a month).
    """
    rows = identity.filter(pl.col("row_status").is_in(["accepted", "duplicate"])).sort("row_number")
    if link_by == "household_no":
        return _by_household(rows, register.households)
    distinct = rows.select(_IDENTITY).unique().sort(_IDENTITY).with_row_index("row_id")
    decided = pl.DataFrame(schema={"row_id": pl.UInt32, **_DECISION})
    if not distinct.is_empty() and not register.persons.is_empty():
        known = person_keys(register.persons) if keys is None else keys
        decided = _decide(distinct, known, con=con, spec=spec, county=county)
    found = rows.select("row_number", *_IDENTITY).join(
        distinct, on=_IDENTITY, how="left", nulls_equal=True, maintain_order="left"
    )
    linked = found.select("row_number", "row_id").join(decided, on="row_id", how="left", maintain_order="left")
    return linked.select("row_number", *_DECISION).with_columns(
        pl.col("score").fill_null(0.0),
        pl.col("band").fill_null(Band.LEAVE.value),
        pl.col("reasons").fill_null("名册中没有相近的人"),
    )


def _by_household(rows: pl.DataFrame, households: pl.DataFrame) -> pl.DataFrame:
    hit = pl.col("household_no").is_in(households["household_no"].implode()).fill_null(value=False)
    return rows.select(
        "row_number",
        pl.lit(None, pl.String).alias("person_no"),
        pl.when(hit).then("household_no").alias("household_no"),
        pl.when(hit).then(1.0).otherwise(0.0).alias("score"),
        pl.when(hit).then(pl.lit(Band.LINK.value)).otherwise(pl.lit(Band.LEAVE.value)).alias("band"),
        pl.when(hit).then(pl.lit("household_no")).alias("method"),
        pl.when(hit).then(pl.lit("户编号一致")).otherwise(pl.lit("户编号不在名册")).alias("reasons"),
        pl.lit(None, pl.Float64).alias("margin"),
    )


def _decide(
    distinct: pl.DataFrame, persons: pl.DataFrame, *, con: duckdb.DuckDBPyConnection, spec: MatchSpec, county: str
) -> pl.DataFrame:
    """One decision per row_id that has any candidate: row_id and the columns of _DECISION."""
    keyed = row_keys(distinct, persons, county=county)
    exact = _exact(keyed, persons)
    decided = exact.select("row_id", *_DECISION)
    rest = keyed.join(exact, on="row_id", how="anti", maintain_order="left")
    if rest.is_empty():
        return decided
    asked = with_owners(_with_learned_villages(rest, _homes(keyed, exact)), persons)
    pairs = candidate_pairs(asked, persons, con=con)
    if pairs.is_empty():
        return decided
    compared = compare(pairs, asked, persons)
    weighed = weigh(compared, spec, people=persons.height, heads=_head_shares(exact, persons))
    return pl.concat([decided, judge(weighed, spec, people=persons.height)])


def _exact(rows: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Rows whose whole ID and name are those of exactly one registered person, with that person's home_key, is_head."""
    owners = persons.filter(pl.col("id_kind").is_in(WHOLE_KINDS) & ~pl.col("id_text").is_duplicated()).select(
        "id_text", "name_key", "person_no", "household_no", "is_head", pl.col("village_key").alias("home_key")
    )
    told = rows.filter(pl.col("id_kind").is_in(WHOLE_KINDS)).select("row_id", "id_text", "name_key")
    return told.join(owners, on=["id_text", "name_key"], how="inner", maintain_order="left").with_columns(
        pl.lit(_EXACT_SCORE).alias("score"),
        pl.lit(Band.LINK.value).alias("band"),
        pl.lit("id_exact").alias("method"),
        pl.lit("证件号码一致；姓名一致").alias("reasons"),
        pl.lit(None, pl.Float64).alias("margin"),
    )


def _homes(rows: pl.DataFrame, exact: pl.DataFrame) -> pl.DataFrame:
    """Told villages the register does not know, beside the village where the person linked by ID lives."""
    unknown = rows.filter(pl.col("village_key").is_null()).select("row_id", "village_seen")
    homes = exact.select("row_id", pl.col("home_key").alias("village_key"))
    return unknown.join(homes, on="row_id").select("village_seen", "village_key")


def _with_learned_villages(rows: pl.DataFrame, homes: pl.DataFrame) -> pl.DataFrame:
    taught = learned(homes).rename({"village_key": "_taught"})
    met = rows.join(taught, on="village_seen", how="left", maintain_order="left")
    return met.with_columns(pl.coalesce("village_key", "_taught").alias("village_key")).drop("_taught")


def _head_shares(exact: pl.DataFrame, persons: pl.DataFrame) -> HeadShares:
    """Heads of household among registered persons, and among those this extract speaks of (smoothed)."""
    registered = (int(persons["is_head"].sum()) + 1) / (persons.height + 2)
    linked = (int(exact["is_head"].sum()) + _SMOOTHING * registered) / (exact.height + _SMOOTHING)
    return HeadShares(registered=registered, linked=linked)
