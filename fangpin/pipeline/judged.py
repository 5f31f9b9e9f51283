"""What people's judgements mean for linking now: the row each was given on, and the person as he was then.

Floor 4. Judgements are kept by reference; here they meet the row and the register again. A batch that was read again
under another id (a new declaration or program) is found by its file; a person by his number, or else by his key and
name, so that a key the county gives to somebody else takes no judgement with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.matching.keys import IDENTITY
from fangpin.matching.tiers import NO_IDENTITY
from fangpin.pipeline.county import County
from fangpin.pipeline.runs import is_register, register_ref
from fangpin.store.batches import batches
from fangpin.store.deliveries import BatchState
from fangpin.store.judgements import effective_judgements
from fangpin.types import BatchRef, Period

_FILE: Final = ("source_id", "period", "sha256")
_SAID: Final = {
    "person_no": pl.String(),
    "verdict": pl.String(),
    "registered_id": pl.String(),
    "registered_name": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """Judgements that hold.

    rows: source_id, the identity columns, person_no, verdict (same, not_same), registered_id and registered_name of the
    person in the register of the judged row's month (null: not known). lost: judged pairs whose row is no longer held.
    """

    rows: pl.DataFrame
    lost: int


def judged_rows(county: County) -> Judged:
    """Return what holds of people's judgements, beside what each row told."""
    with county.office.read() as connection:
        said = effective_judgements(connection)
        known = batches(connection).sort("batch_id")
    schema = {"source_id": pl.String(), **{c: NO_IDENTITY[c] for c in IDENTITY}, **_SAID}
    nothing = pl.DataFrame(schema=schema)
    if said.is_empty():
        return Judged(nothing, 0)
    landed = known.filter(pl.col("state") == BatchState.LANDED)
    refs = [BatchRef(r["batch_id"], r["source_id"], Period.parse(r["period"])) for r in landed.iter_rows(named=True)]
    parts = [
        _told(county, _held(county, known, str(batch_id)), part, refs)
        for (batch_id,), part in said.partition_by("batch_id", as_dict=True, maintain_order=True).items()
    ]
    rows = pl.concat([nothing, *(part.select(nothing.columns) for part in parts if part is not None)])
    return Judged(rows, said.height - rows.height)


def _held(county: County, known: pl.DataFrame, batch_id: str) -> BatchRef | None:
    """Return the batch itself, or the one made of the same file, as the warehouse holds it."""
    mine = known.filter(pl.col("batch_id") == batch_id)
    same = known.join(mine.select(_FILE), on=_FILE, how="semi")
    for row in [*mine.iter_rows(named=True), *same.iter_rows(named=True)]:
        if county.warehouse.counts(row["batch_id"]) is not None:
            return BatchRef(row["batch_id"], row["source_id"], Period.parse(row["period"]))
    return None


def _told(
    county: County, batch: BatchRef | None, said: pl.DataFrame, landed: Sequence[BatchRef]
) -> pl.DataFrame | None:
    """Return what a batch's judged rows told of whom they mean, beside what was judged."""
    if batch is None:
        return None
    rows = pl.scan_parquet(county.warehouse.part(batch.batch_id, "identity"))
    wanted = rows.filter(pl.col("row_number").is_in(said["row_number"].implode())).select("row_number", *IDENTITY)
    judged = wanted.collect().join(said, on="row_number").with_columns(pl.lit(batch.source_id).alias("source_id"))
    return judged.join(_as_registered(county, batch, said, landed), on="person_no", how="left")


def _as_registered(county: County, batch: BatchRef, said: pl.DataFrame, landed: Sequence[BatchRef]) -> pl.DataFrame:
    """Return number and name of the judged persons in the register of the judged month."""
    nobody = pl.DataFrame(schema={name: _SAID[name] for name in ("person_no", "registered_id", "registered_name")})
    if not any(is_register(county, b) for b in landed):
        return nobody
    register = county.warehouse.part(register_ref(county, landed, batch.period).batch_id, "identity")
    if not register.exists():
        return nobody
    meant = pl.scan_parquet(register).filter(pl.col("person_no").is_in(said["person_no"].implode()))
    return (
        meant.select("person_no", registered_id="id_no", registered_name="person_name")
        .unique("person_no", keep="first", maintain_order=True)
        .collect()
    )
