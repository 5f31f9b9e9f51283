"""Links judged right and matches missed, estimated from what reviewers settled: precision, recall, calibration.

Floor 2, frames in and out; rows are named by reference (batch and row number). What was estimated carries its
interval, and a stratum nobody looked at is said to be unknown, not right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from fangpin.matching.intervals import NOTHING_KNOWN, Estimate, part_of, together, wilson
from fangpin.types import Band

SCORE_BANDS: Final = (0.0, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999, 1.0)
"""The bands in which scores are held against what reviewers found."""
_ROW: Final = ("batch_id", "row_number")
_STRATUM: Final = ("source_id", "method")
_KNOWN: Final = ("same", "not_same")
_NOT_COMPARED: Final = ("judgement", "household_no")
_ESTIMATE: Final = {"share": pl.Float64(), "low": pl.Float64(), "high": pl.Float64()}


@dataclass(frozen=True, slots=True)
class Precision:
    """How many automatic links are right: one row a stratum, and all strata together.

    strata: source_id, method, links u32 (rows), looked_at, right i64, share, low, high f64 (share null: nobody looked),
    by source and method. total: over the strata that were looked at; covered: their share of all links (0-1).
    """

    strata: pl.DataFrame
    total: Estimate
    covered: float


def precision(links: pl.DataFrame, judged: pl.DataFrame) -> Precision:
    """How many automatic links are right, from settled judgements of kind check.

    Rows in: links (batch_id, source_id, row_number, person_no, band, method); judged (batch_id, source_id, row_number,
    person_no, kind, verdict|null: not settled, method and score of the automatic link when it was looked at; as
    judgements.settle gives them). A checked link counts to the stratum it was drawn from, also when it was undone.
    """
    checked = _checked(links, judged)
    rows = pl.concat([_automatic(links).select(*_ROW, *_STRATUM), checked.select(*_ROW, *_STRATUM)])
    counts = rows.unique(_ROW, keep="last").group_by(_STRATUM).agg(pl.len().alias("links"))
    looked = checked.group_by(_STRATUM).agg(
        pl.len().cast(pl.Int64).alias("looked_at"), pl.col("right").sum().cast(pl.Int64)
    )
    strata = counts.join(looked, on=_STRATUM, how="left").sort(_STRATUM)
    strata = strata.with_columns(pl.col("looked_at", "right").fill_null(0))
    found = [wilson(s["right"], s["looked_at"], of=s["links"]) for s in strata.iter_rows(named=True)]
    sampled = [(int(n), e) for n, e in zip(strata["links"], found, strict=True) if not math.isnan(e.value)]
    size = sum(n for n, _ in sampled)
    total = together([(n / size, e) for n, e in sampled])
    return Precision(strata.hstack(_estimates(found)), total, size / max(int(strata["links"].sum()), 1))


def recall(links: pl.DataFrame, judged: pl.DataFrame, *, right: Estimate) -> Estimate:
    """How many rows of registered persons were linked automatically.

    Rows in: links (as in ``precision``, and nearest bool: a left row that has a candidate);
    judged as in ``precision``: what was found in rows under review and in left ones (kind missed). ``right``: the
    estimated precision. Left rows without any candidate are taken to speak of nobody in the register.
    NOTHING_KNOWN while there are rows of a kind and nobody has looked at one.
    """
    automatic = _automatic(links).select(_ROW)
    linked = pl.concat([automatic, _checked(links, judged).select(_ROW)]).unique().height
    lost = [*_lost(links, judged, "review"), *_lost(links, judged, "missed")]
    if math.isnan(right.value) or any(math.isnan(e.value) for _, e in lost):
        return NOTHING_KNOWN
    inside = Estimate(linked * right.value, linked * right.low, linked * right.high)
    return part_of(inside, together([(float(n), e) for n, e in lost]) if lost else Estimate(0.0, 0.0, 0.0))


def calibration(judged: pl.DataFrame) -> pl.DataFrame:
    """Whether a score means what it says, by score band.

    Rows in: judged as in ``precision``, of every kind. Rows out: band_from, band_to f64, looked_at, right i64,
    mean_score f64, share, low, high f64, fits bool (the mean score lies within the interval); bands with a row only.
    """
    told = judged.filter(pl.col("verdict").is_in(_KNOWN) & pl.col("score").is_not_null())
    place = pl.sum_horizontal((pl.col("score") >= edge).cast(pl.Int64) for edge in SCORE_BANDS[1:-1])
    counted = (
        told.unique([*_ROW, "person_no"], keep="last")
        .group_by(place.alias("place"))
        .agg(
            pl.len().cast(pl.Int64).alias("looked_at"),
            (pl.col("verdict") == "same").sum().cast(pl.Int64).alias("right"),
            pl.col("score").mean().alias("mean_score"),
        )
        .sort("place")
    )
    found = [wilson(row["right"], row["looked_at"]) for row in counted.iter_rows(named=True)]
    edges = {
        "band_from": [SCORE_BANDS[p] for p in counted["place"]],
        "band_to": [SCORE_BANDS[p + 1] for p in counted["place"]],
    }
    table = pl.DataFrame(edges, schema=dict.fromkeys(edges, pl.Float64)).hstack(counted.drop("place"))
    fits = pl.col("mean_score").is_between(pl.col("low"), pl.col("high"))
    return table.hstack(_estimates(found)).with_columns(fits.alias("fits"))


def wrong_links(links: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """Automatic links that a person found to be wrong, by reference, so that somebody looks at each.

    Rows in: as in ``precision``. Rows out: source_id, batch_id, row_number, person_no, method, score.
    """
    found = _checked(links, judged).filter(~pl.col("right"))
    return found.select("source_id", *_ROW, "person_no", "method", "score").sort("source_id", "row_number")


def _automatic(links: pl.DataFrame) -> pl.DataFrame:
    """Links that were made by comparing: neither by a person nor by a household number."""
    made = (pl.col("band") == Band.LINK.value) & ~pl.col("method").is_in(_NOT_COMPARED)
    return links.filter(made)


def _checked(links: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """Each checked row once, with its automatic person and whether that was right.

    Of several persons judged in a row the one it is linked to was looked at, else the likeliest; whoever chose another
    than the row is linked to said that the link is wrong.
    """
    wrong = pl.col("verdict") == "not_same"
    made = _automatic(links).select(*_ROW, pl.col("person_no").alias("made"))
    pairs = _settled(judged, "check").join(made, on=_ROW, how="left", maintain_order="left")
    other = (pl.col("made") != pl.col("person_no")).fill_null(value=False)
    likeliest = pairs.sort(other, pl.col("score"), wrong, descending=[False, True, True], maintain_order=True)
    return likeliest.unique(_ROW, keep="first", maintain_order=True).with_columns(
        person_no=pl.when(~wrong & other).then("made").otherwise("person_no"), right=~wrong & ~other
    )


def _settled(judged: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Settled judgements of one kind that say yes or no."""
    return judged.filter((pl.col("kind") == kind) & pl.col("verdict").is_in(_KNOWN))


def _lost(links: pl.DataFrame, judged: pl.DataFrame, kind: str) -> list[tuple[int, Estimate]]:
    """Rows of one kind by source, and how many of them were found to be of a registered person after all."""
    found = _settled(judged, kind).group_by(*_ROW, "source_id").agg((pl.col("verdict") == "same").any().alias("hit"))
    band = Band.REVIEW if kind == "review" else Band.LEAVE
    open_rows = links.filter((pl.col("band") == band.value) & ((band is Band.REVIEW) | pl.col("nearest")))
    rows = pl.concat([open_rows.select(*_ROW, "source_id"), found.select(*_ROW, "source_id")]).unique(_ROW)
    sizes = rows.group_by("source_id").agg(pl.len().alias("rows"))
    hits = found.group_by("source_id").agg(pl.len().alias("looked_at"), pl.col("hit").sum())
    whole = sizes.join(hits, on="source_id", how="left").sort("source_id").fill_null(0)
    # What nobody looked at in one source is taken to be as in the others, without the certainty of a finite sample.
    others = wilson(int(whole["hit"].sum()), int(whole["looked_at"].sum()))
    counts = whole.select("rows", "looked_at", "hit").rows()
    return [(int(n), wilson(int(hit), int(seen), of=int(n)) if seen else others) for n, seen, hit in counts]


def _estimates(found: list[Estimate]) -> pl.DataFrame:
    rows: list[dict[str, Any]] = [
        {"share": None if math.isnan(e.value) else e.value, "low": e.low, "high": e.high} for e in found
    ]
    return pl.DataFrame(rows, schema=_ESTIMATE)
