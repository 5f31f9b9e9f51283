"""What of a month is put before a reviewer (复核项), for which area, and in which order.

Floor 2. Rows under review all of them; of automatic links and of rows left out a sample drawn by lot that is always the
same, from which precision and recall are estimated. Rows of one identity are one item. Nothing here knows a name.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.judgements import DOUBLE_SHARE, PAIR, ROW, PairState, ReviewKind, Verdict, drawn
from fangpin.types import Band

CHECK_ROWS: Final = 30
"""Rows drawn of each batch and method of automatic links, and of each batch's rows left out."""
ITEMS: Final = pl.Schema(
    {
        "item": pl.String(),
        "batch_id": pl.String(),
        "row_number": pl.UInt32(),
        "person_no": pl.String(),
        "household_no": pl.String(),
        "kind": pl.String(),
        "band": pl.String(),
        "method": pl.String(),
        "score": pl.Float64(),
        "reasons": pl.String(),
        "rows": pl.UInt32(),
        "reviewers_needed": pl.Int64(),
        "state": pl.String(),
        "verdict": pl.String(),
    }
)
"""The columns of items: item is batch:row; rows counts the item rows of one identity; verdict is null until settled."""
_LINK: Final = (*PAIR, "household_no", "band", "method", "score", "reasons")
_CERTAINTY: Final = r"，?(?:判为同一人)?(?:[（(，]把握[^；，。）)]*[）)]?)?$"  # how a sentence ends


def items(
    links: pl.DataFrame,
    nearest: pl.DataFrame,
    settled: pl.DataFrame,
    *,
    check_rows: int = CHECK_ROWS,
    double_share: float = DOUBLE_SHARE,
) -> pl.DataFrame:
    """Return what a month puts before reviewers, one row per delivered row; rows of one identity not yet made one.

    Rows in: ``links`` LINKS and batch_id; ``nearest`` batch_id, row_number, rank, person_no, household_no, score,
    reasons; ``settled`` as from judgements.settle. Rows out: ITEMS, sorted by kind, batch and row; rows is 1.
    """
    best = nearest.filter(pl.col("rank") == 1).select(*PAIR, "household_no", "score", "reasons")
    left = links.filter(pl.col("band") == Band.LEAVE).select(*ROW, "band", method=pl.lit(None, pl.String))
    known = links.filter(pl.col("person_no").is_not_null()).select(_LINK)
    by_itself = known.filter((pl.col("band") == Band.LINK) & (pl.col("method") != "judgement"))
    missed = left.join(best, on=ROW, how="inner").select(_LINK)
    parts = {
        ReviewKind.CHECK: _sample(by_itself, settled, ReviewKind.CHECK, size=check_rows),
        ReviewKind.MISSED: _sample(missed, settled, ReviewKind.MISSED, size=check_rows),
        ReviewKind.REVIEW: known.filter(pl.col("band") == Band.REVIEW),
    }
    found = pl.concat(part.with_columns(kind=pl.lit(kind.value)) for kind, part in parts.items())
    told = found.with_columns(
        item=pl.format("{}:{}", "batch_id", "row_number"),
        rows=pl.lit(1, pl.UInt32),
        reviewers_needed=pl.when(drawn(found, purpose="double") < double_share).then(2).otherwise(1).cast(pl.Int64),
    )
    return _with_state(told, settled).select(*ITEMS).cast(ITEMS).sort("kind", *ROW)


def _sample(rows: pl.DataFrame, settled: pl.DataFrame, kind: ReviewKind, *, size: int) -> pl.DataFrame:
    """Return the rows drawn of each batch and method; a row once judged keeps its place in the sample."""
    stratum = ["batch_id", "method"]
    judged = settled.filter(pl.col("kind") == kind).unique(ROW, maintain_order=True).select(*ROW, "method")
    used = judged.group_by(stratum).agg(pl.len().alias("used"))
    lots = rows.with_columns(drawn(rows, purpose=kind)).join(
        judged.select(*ROW, is_judged=pl.lit(value=True)), on=ROW, how="left"
    )
    fresh = pl.col("is_judged").is_null()
    place = pl.when(fresh).then("drawn").rank("ordinal").over(stratum)
    quota = lots.join(used, on=stratum, how="left", nulls_equal=True).with_columns(place=place)
    free = pl.lit(size) - pl.col("used").fill_null(0).cast(pl.Int64)
    return quota.filter(~fresh | (pl.col("place").cast(pl.Int64) <= free)).select(_LINK)


def _with_state(found: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """Add state and verdict: a row is one person, so what is open about another candidate of the row counts too."""
    own = settled.select(*PAIR, own="verdict")
    of_row = settled.group_by(ROW).agg(
        (pl.col("state") == PairState.DISPUTED).any().alias("is_disputed"),
        (pl.col("state") == PairState.WAITING).any().alias("is_waiting"),
        (pl.col("verdict") == Verdict.SAME).any().alias("is_found"),
    )
    told = found.join(own, on=PAIR, how="left").join(of_row, on=ROW, how="left")
    elsewhere = pl.when("is_found").then(pl.lit(Verdict.NOT_SAME.value))
    verdict = pl.when(~(pl.col("is_disputed") | pl.col("is_waiting"))).then(pl.coalesce("own", elsewhere))
    return told.with_columns(
        verdict=verdict,
        state=pl.when("is_disputed")
        .then(pl.lit(PairState.DISPUTED.value))
        .when("is_waiting")
        .then(pl.lit(PairState.WAITING.value))
        .when(verdict.is_not_null())
        .then(pl.lit(PairState.SETTLED.value))
        .otherwise(pl.lit(PairState.OPEN.value)),
    )


def one_per_identity(found: pl.DataFrame, identities: pl.DataFrame) -> pl.DataFrame:
    """Return the items with rows of one identity made one: the row somebody has judged, else the first.

    Rows in: ``found`` ITEMS; ``identities`` batch_id, row_number, identity (equal where all that was told is equal).
    Rows out: ITEMS, sorted by kind, batch and row; rows counts.
    """
    keyed = found.join(identities, on=ROW, how="left").sort(pl.col("state") == PairState.OPEN, *ROW)
    of_identity = ["batch_id", "kind", "identity"]
    counted = keyed.with_columns(rows=pl.len().cast(pl.UInt32).over(of_identity))
    return counted.unique(of_identity, keep="first", maintain_order=True).select(*ITEMS).sort("kind", *ROW)


def with_township(found: pl.DataFrame, told: pl.DataFrame, homes: pl.DataFrame) -> pl.DataFrame:
    """Add the area that may judge each item: the person's township, null (the county) where the row tells another.

    Rows in: ``found`` ITEMS; ``told`` batch_id, row_number, town_seen|null (as the row tells it), town_key|null (as the
    register knows it); ``homes`` person_no, township|null, home_key|null. Rows out: ITEMS and township str|null.
    """
    both = found.join(told, on=ROW, how="left").join(homes, on="person_no", how="left")
    own = pl.col("town_seen").is_null() | (pl.col("town_key") == pl.col("home_key")).fill_null(value=False)
    township = pl.when(own).then("township").alias("township")
    return both.select(*ITEMS, township)


def ordered(found: pl.DataFrame, gains: pl.DataFrame) -> pl.DataFrame:
    """Return the items in the order in which an answer changes most.

    The county's own (no township may judge them) first, then those whose household would get most leads, then those the
    linker knows least about. Rows in: ``found`` ITEMS and township; ``gains`` household_no str, leads u32 (one row per
    household that would get any). Rows out: as in, and leads u32.
    """
    told = found.join(gains.select("household_no", "leads"), on="household_no", how="left")
    return told.with_columns(pl.col("leads").fill_null(0).cast(pl.UInt32)).sort(
        pl.col("township").is_not_null(),
        pl.col("leads").cast(pl.Int64).neg(),
        (pl.col("score") - 0.5).abs(),
        *ROW,
    )


def left_for(found: pl.DataFrame, standing: pl.DataFrame, *, by: str) -> pl.DataFrame:
    """Return the items a reviewer may still judge: not settled, and without a word of theirs.

    Rows in: ``found`` ITEMS; ``standing`` as from judgements.standing. Rows out: as ``found``, in its order.
    """
    own = standing.filter(pl.col("by") == by).select(ROW)
    unsettled = found.filter(pl.col("state") != PairState.SETTLED)
    return unsettled.join(own, on=ROW, how="anti", maintain_order="left")


def blinded(found: pl.DataFrame) -> pl.DataFrame:
    """Return the items without the linker's score where two reviewers judge apart and are not done.

    >>> blind = {"reviewers_needed": 2, "state": "open", "score": 0.7, "reasons": "姓名同音，判为同一人（把握70.0%）"}
    >>> blinded(pl.DataFrame([blind, blind | {"reviewers_needed": 1}])).select("score", "reasons").rows()
    [(None, '姓名同音'), (0.7, '姓名同音，判为同一人（把握70.0%）')]
    """
    is_blind = (pl.col("reviewers_needed") > 1) & (pl.col("state") != PairState.SETTLED)
    return found.with_columns(
        score=pl.when(~is_blind).then("score"),
        reasons=pl.when(is_blind).then(pl.col("reasons").str.replace_all(_CERTAINTY, "")).otherwise("reasons"),
    )
