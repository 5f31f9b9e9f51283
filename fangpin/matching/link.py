"""A month's extracts linked to the register: the one public entry of the room.

Floor 2. The exact tier carries most rows; what is left is blocked, compared and judged once per distinct identity and
fanned out to its rows. Same rows, register and model, same links, in whatever order the rows come and whichever
batches are linked together. It never invents a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import duckdb
import numpy as np
import polars as pl

from fangpin.matching.compare import compare
from fangpin.matching.decide import decisions, ranked
from fangpin.matching.em import posteriors
from fangpin.matching.identities import NOTHING_SAID, Compared, compared, keyed_rows
from fangpin.matching.keys import JUDGED_BY
from fangpin.matching.learn import learnt
from fangpin.matching.levels import Pairs
from fangpin.matching.memory import Memory, named, remembered_keys, still_known
from fangpin.matching.model import LinkModel, untaught
from fangpin.matching.register import Register
from fangpin.matching.sentences import CROWDED, EXACT, NO_CANDIDATE
from fangpin.matching.tiers import exact_tier, gathered
from fangpin.matching.weigh import given_weights, told_by_number, weights
from fangpin.types import Band

_EXACT_SCORE: Final = 0.9999
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
NEAREST_COLUMNS: Final = {
    "row_number": pl.UInt32(),
    "rank": pl.UInt8(),
    "person_no": pl.String(),
    "household_no": pl.String(),
    "score": pl.Float64(),
    "reasons": pl.String(),
}
"""The columns of the nearest candidates of one batch: of rows the exact tier did not decide, up to three each."""
_CROWD: Final = {
    "rank": pl.lit(1, pl.UInt8),
    **{name: pl.lit(None, kind) for name, kind in _DECISION.items()},
    "score": pl.lit(0.0),
    "band": pl.lit(Band.LEAVE.value),
    "reasons": pl.lit(CROWDED),
}
"""The decision on a row that nobody was compared with because too many share its keys."""
_SAMPLE: Final = 15_000
"""Rows that a model is learnt from."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One batch to link: its identity frame (fixed schema) and what its rows are linked by."""

    batch_id: str
    source_id: str
    identity: pl.DataFrame
    link_by: Literal["identity", "household_no"] = "identity"


@dataclass(frozen=True, slots=True)
class MonthLinks:
    """What linking gave.

    links, nearest: by batch, columns LINKS and NEAREST_COLUMNS, ordered by row_number (and rank). model: what was
    weighed with. counts: pairs by block, as blocks.count_pairs.
    """

    links: Mapping[str, pl.DataFrame]
    nearest: Mapping[str, pl.DataFrame]
    model: LinkModel
    memory: Memory
    counts: pl.DataFrame


def link_month(
    extracts: Sequence[Extract],
    register: Register,
    *,
    con: duckdb.DuckDBPyConnection,
    model: LinkModel | None = None,
    memory: Memory | None = None,
    judged: pl.DataFrame | None = None,
    county: str = "",
) -> MonthLinks:
    """The links of a month's batches.

    Rows out, by batch, one per accepted or duplicate row: row_number u32, person_no str|null (set for link, and for
    review as the best candidate), household_no str|null, score f64 0-1 (the probability), band, method str|null,
    reasons str (a Chinese sentence, no personal value), margin f64|null (lead over the second candidate). link_by
    household_no: person_no is null, household_no is set where the register knows it. model: learnt from these rows when
    not handed in. memory: of an earlier month; changes nothing but the time it takes. judged: source_id, the identity
    columns, person_no, verdict, and registered_id, registered_name of that person when he was judged (null: not known):
    what people decided of such rows. county: its name, taken off the front of addresses.
    """
    persons = remembered_keys(register.persons, None if memory is None else memory.persons)
    said = _said(judged)
    mine = [e for e in extracts if e.link_by == "identity"]
    links = {e.batch_id: _by_household(e.identity, register.households) for e in extracts if e.link_by != "identity"}
    nearest = {batch_id: pl.DataFrame(schema=NEAREST_COLUMNS) for batch_id in links}
    rows = rows_of(mine, persons, said)
    asked = pl.concat([_left(rows), _sample(rows) if model is None else rows.clear()])
    every = keyed_rows(asked, rows, persons, county=county)
    one_in, rows = _one_in(rows), rows.select("batch", "row_number", "identity_hash", "exact")
    keyed, sure = named(every.filter(pl.col("exact").is_null())), every.filter(pl.col("exact").is_not_null())
    settled = _settled(keyed, persons, memory, model, said, con=con)
    base = untaught(persons) if model is None else model
    pairs = compared(keyed.filter(~settled), persons, base, con=con, said=said)
    model = _learnt(sure, pairs, base, one_in=one_in) if model is None else model
    found = _decided(pairs, model)
    if memory is not None and settled.any():
        kept = keyed.filter(settled).select("batch", "identity_hash", "known")
        once = memory.found.unique(["known", "rank"], keep="any")  # two batches may have told the same
        found = pl.concat([found, kept.join(once, on="known").select(found.columns)])
    for batch, extract in enumerate(mine):
        here = rows.filter(pl.col("batch") == batch)
        links[extract.batch_id] = _links_of(here, found, persons)
        nearest[extract.batch_id] = _nearest_of(here, found)
    ids = pl.Series([e.batch_id for e in mine], dtype=pl.String)
    told = keyed.filter(~_judged(keyed, said))
    remembered = told.with_columns(ids[told["batch"]].alias("batch_id")).drop("batch", "row_id")
    known = Memory(persons, remembered, found.drop("batch", "identity_hash"), model.model_id)
    return MonthLinks(links, nearest, model, known, pairs.blocked.counts)


def _left(rows: pl.DataFrame) -> pl.DataFrame:
    """The distinct identities that the exact tier left."""
    return rows.filter(pl.col("exact").is_null()).unique(["batch", "identity_hash"], keep="any")


def _settled(
    keyed: pl.DataFrame,
    persons: pl.DataFrame,
    memory: Memory | None,
    model: LinkModel | None,
    said: pl.DataFrame,
    *,
    con: duckdb.DuckDBPyConnection,
) -> pl.Series:
    """Which identities need not be compared again; what was ever judged always is."""
    if memory is None or model is None:
        return pl.repeat(value=False, n=keyed.height, eager=True, dtype=pl.Boolean)
    return still_known(keyed, persons, memory, model, con=con) & ~_judged(keyed, said)


def _judged(keyed: pl.DataFrame, said: pl.DataFrame) -> pl.Series:
    """Which identities people have judged: never remembered, so that a judgement taken back leaves no trace."""
    pair = pl.struct("source_id", "judged_hash")
    return keyed.select(pair).to_series().is_in(said.select(pair).to_series().implode())


def rows_of(extracts: list[Extract], persons: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """All rows with source_id and exact (person_id|null); what people judged is never left to the exact tier."""
    rows = gathered([e.identity for e in extracts])
    sources = pl.Series([e.source_id for e in extracts], dtype=pl.String)
    rows = rows.with_columns(sources[rows["batch"]].alias("source_id"), exact_tier(rows, persons).alias("exact"))
    judged = said.select("source_id", "judged_hash").unique().with_columns(said=True)
    met = rows.join(judged, on=["source_id", "judged_hash"], how="left", maintain_order="left")
    return met.with_columns(pl.when(pl.col("said").is_null()).then("exact").alias("exact")).drop("said")


def _said(judged: pl.DataFrame | None) -> pl.DataFrame:
    """What people judged, by the hash of what they judged it on."""
    if judged is None:
        return NOTHING_SAID
    told = pl.struct(JUDGED_BY).hash().alias("judged_hash")
    return judged.with_columns(told).select(NOTHING_SAID.columns)


def _one_in(rows: pl.DataFrame) -> int:
    return -(-rows.height // _SAMPLE)


def _sample(rows: pl.DataFrame) -> pl.DataFrame:
    """An even share of the exact tier's identities, to learn from."""
    sure = rows.filter(pl.col("exact").is_not_null() & (pl.col("identity_hash") % _one_in(rows) == 0))
    return sure.unique(["batch", "identity_hash"], keep="any")


def _learnt(sure: pl.DataFrame, pairs: Compared, base: LinkModel, *, one_in: int) -> LinkModel:
    """A model from an even share of the rows: keyed ones of the exact tier (exact: whose), and compared ones."""
    chosen = (pairs.rows["identity_hash"] % one_in == 0).to_numpy()
    mask = chosen[pairs.pairs.row]
    asked = Pairs(pairs.pairs.row[mask], pairs.pairs.person[mask])
    own = Pairs(np.arange(sure.height), sure["exact"].to_numpy().astype(np.intp))
    found, exact = pairs.codes[mask], compare(own, sure, pairs.persons)
    both = ((found, asked, pairs.rows), (exact, own, sure))
    lonely = np.setdiff1d(np.flatnonzero(chosen), pairs.pairs.row)
    counted = pairs.rows["source_id"][lonely].value_counts().rows()
    return learnt(
        base,
        np.concatenate([found, exact]),
        Pairs(np.concatenate([asked.row, own.row + len(chosen)]), np.concatenate([asked.person, own.person])),
        np.concatenate([given_weights(c, p, r, pairs.persons, base) for c, p, r in both]),
        np.concatenate([told_by_number(c, p, r) for c, p, r in both]),
        truth=np.concatenate([pairs.truth[mask], np.ones(len(own))]),
        source=pl.concat([pairs.rows["source_id"][asked.row], sure["source_id"]]),
        unpaired={str(source): int(count) for source, count in counted},
    )


def _decided(pairs: Compared, model: LinkModel) -> pl.DataFrame:
    """The best candidates of every identity with the decision each would make; batch, identity_hash, known beside."""
    whole, counts = weights(pairs.codes, pairs.pairs, pairs.rows, pairs.persons, model)
    kept = np.flatnonzero(counts | (pairs.truth == 1.0))
    here, truth = Pairs(pairs.pairs.row[kept], pairs.pairs.person[kept]), pairs.truth[kept]
    scores = posteriors(whole[kept], here.row, people=model.people, registered=0.5, truth=truth)
    found = decisions(ranked(scores, here), here, pairs.codes[kept], pairs.rows, pairs.persons, truth)
    told = pairs.rows.select("row_id", "batch", "identity_hash", "known")
    crowded = told[np.setdiff1d(pairs.blocked.crowded, found["row_id"].to_numpy())].with_columns(**_CROWD)
    decided = found.join(told, on="row_id", maintain_order="left")
    return pl.concat([decided, crowded.select(decided.columns)]).drop("row_id")


def _links_of(rows: pl.DataFrame, found: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """One decision a row: the exact tier's, else its identity's best candidate, else nobody."""
    left = pl.col("band") == Band.LEAVE.value
    best = found.filter(pl.col("rank") == 1).with_columns(
        *(pl.when(~left).then(c).alias(c) for c in ("person_no", "household_no", "method"))
    )
    sure = pl.col("exact").is_not_null()
    owner = persons.select("person_no", "household_no")[rows["exact"]]
    linked = rows.select("row_number", "batch", "identity_hash", "exact").join(
        best.select("batch", "identity_hash", *_DECISION),
        on=["batch", "identity_hash"],
        how="left",
        maintain_order="left",
    )
    return (
        linked.with_columns(
            pl.coalesce(owner["person_no"], "person_no").alias("person_no"),
            pl.coalesce(owner["household_no"], "household_no").alias("household_no"),
            pl.when(sure).then(_EXACT_SCORE).otherwise(pl.col("score").fill_null(0.0)).alias("score"),
            pl.when(sure)
            .then(pl.lit(Band.LINK.value))
            .otherwise(pl.col("band").fill_null(Band.LEAVE.value))
            .alias("band"),
            pl.when(sure).then(pl.lit("id_exact")).otherwise("method").alias("method"),
            pl.when(sure).then(pl.lit(EXACT)).otherwise(pl.col("reasons").fill_null(NO_CANDIDATE)).alias("reasons"),
        )
        .select("row_number", *_DECISION)
        .sort("row_number")
    )


def _nearest_of(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    asked = rows.filter(pl.col("exact").is_null()).select("row_number", "batch", "identity_hash")
    return (
        asked.join(found.drop_nulls("person_no"), on=["batch", "identity_hash"])
        .select(list(NEAREST_COLUMNS))
        .sort("row_number", "rank")
    )


def _by_household(identity: pl.DataFrame, households: pl.DataFrame) -> pl.DataFrame:
    rows = gathered([identity]).sort("row_number")
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
