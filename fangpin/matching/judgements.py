"""What people said about pairs of row and person (人工判定), and what of it holds.

Floor 2. Judgements are only ever added: one taken back is a further row that names it. What holds is a pure function
of all rows, made anew each time; nothing here knows a name or an ID.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl


class Verdict(StrEnum):
    """What a reviewer says of a pair (判定)."""

    SAME = "same"  # 同一人
    NOT_SAME = "not_same"  # 不是同一人
    UNSURE = "unsure"  # 不确定


class ReviewKind(StrEnum):
    """Why a pair was put before a reviewer (复核的种类)."""

    REVIEW = "review"  # 待人工核对
    CHECK = "check"  # 抽查已关联
    MISSED = "missed"  # 抽查未关联
    SECOND = "second"  # 第二人复核
    ARBITRATION = "arbitration"  # 裁定


class PairState(StrEnum):
    """How far the judging of a pair has come (复核进展)."""

    OPEN = "open"  # nobody has judged it
    WAITING = "waiting"  # one of two has
    DISPUTED = "disputed"  # two reviewers disagree
    SETTLED = "settled"


ROW: Final = ("batch_id", "row_number")
PAIR: Final = (*ROW, "person_no")
JUDGEMENTS: Final = pl.Schema(
    {
        "judgement_id": pl.Int64(),
        "batch_id": pl.String(),
        "row_number": pl.UInt32(),
        "person_no": pl.String(),
        "verdict": pl.String(),
        "kind": pl.String(),
        "by": pl.String(),
        "undoes": pl.Int64(),
        "reviewers_needed": pl.Int64(),
        "method": pl.String(),
        "score": pl.Float64(),
    }
)
"""The columns of judgements that this room reads, in the order they were given (judgement_id grows)."""
DOUBLE_SHARE: Final = 0.1
"""Share of the items that two reviewers judge without seeing each other's answer."""
_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))


def standing(judgements: pl.DataFrame) -> pl.DataFrame:
    """Return what each reviewer says now of each pair: the last word, without what was taken back.

    Rows in: ``judgements`` JUDGEMENTS; verdict is null exactly where undoes is not. Rows out: the same columns, one row
    per pair and reviewer. A row is one person at most: a reviewer's later "same" for another person takes the place of
    the earlier one.

    >>> said = {"batch_id": "b", "row_number": 1, "kind": "review", "by": "甲", "reviewers_needed": 1}
    >>> first = said | {"judgement_id": 1, "person_no": "P1", "verdict": "same"}
    >>> later = said | {"judgement_id": 2, "person_no": "P2", "verdict": "same"}
    >>> standing(pl.DataFrame([first, later], schema=JUDGEMENTS)).select("person_no", "verdict").rows()
    [('P2', 'same')]
    """
    taken_back = judgements["undoes"].drop_nulls().implode()
    said = judgements.filter(pl.col("verdict").is_not_null() & ~pl.col("judgement_id").is_in(taken_back))
    is_same = pl.col("verdict") == Verdict.SAME
    last_same = pl.col("judgement_id").filter(is_same).max().over(*ROW, "by")
    return (
        said.filter(~is_same | (pl.col("judgement_id") == last_same))
        .sort("judgement_id")
        .unique([*PAIR, "by"], keep="last", maintain_order=True)
    )


def settle(judgements: pl.DataFrame) -> pl.DataFrame:
    """Return what holds of every pair somebody has judged.

    An arbitration settles; else all reviewers must agree, and be two where two are needed. Who says that a row is one
    person says of every other person judged in that row that it is not.
    Rows in: as ``standing``. Rows out: batch_id, row_number u32, person_no str; verdict str|null (null: not settled);
    state str (PairState, never open); reviewers u32; kind str (as the pair was first put to somebody: review, check or
    missed), method str|null, score f64|null (as the linker had it then); one row per pair, sorted.
    """
    words = _with_implied(standing(judgements))
    unsure, needed = pl.col("verdict") == Verdict.UNSURE, pl.col("reviewers_needed").max().over(PAIR)
    words = words.filter(~unsure | (needed > 1) | unsure.all().over(PAIR))  # who is sure need not dispute who is not
    arbitrated = pl.col("verdict").filter(pl.col("kind") == ReviewKind.ARBITRATION)
    told = words.group_by(PAIR).agg(
        arbitrated.last().alias("arbitrated"),
        pl.col("verdict").first().alias("said"),
        pl.col("verdict").n_unique().alias("opinions"),
        pl.col("by").n_unique().cast(pl.UInt32).alias("reviewers"),
        pl.col("reviewers_needed").max().alias("needed"),
    )
    # One who cannot tell leaves it to another; two who cannot tell have said it.
    enough = pl.when(pl.col("said") == Verdict.UNSURE).then(2).otherwise("needed")
    agreed = (pl.col("opinions") == 1) & (pl.col("reviewers") >= enough)
    settled = told.with_columns(
        verdict=pl.coalesce("arbitrated", pl.when(agreed).then("said")),
        state=pl.when(pl.col("arbitrated").is_not_null() | agreed)
        .then(pl.lit(PairState.SETTLED.value))
        .when(pl.col("opinions") > 1)
        .then(pl.lit(PairState.DISPUTED.value))
        .otherwise(pl.lit(PairState.WAITING.value)),
    )
    first = judgements.sort("judgement_id").unique(PAIR, keep="first").select(*PAIR, "kind", "method", "score")
    columns = (*PAIR, "verdict", "state", "reviewers", "kind", "method", "score")
    return settled.join(first, on=PAIR, how="left").select(columns).sort(PAIR)


def _with_implied(said: pl.DataFrame) -> pl.DataFrame:
    """Return what reviewers say with what follows from it: one person a row, so nobody else."""
    sames = said.filter(pl.col("verdict") == Verdict.SAME).drop("person_no")
    others = sames.join(said.select(PAIR).unique(), on=ROW, how="inner").with_columns(
        verdict=pl.lit(Verdict.NOT_SAME.value)
    )
    sure = said.filter(pl.col("verdict") != Verdict.UNSURE)
    implied = others.join(sure, on=[*PAIR, "by"], how="anti")
    kept = said.join(implied, on=[*PAIR, "by"], how="anti", maintain_order="left")
    return pl.concat([kept, implied.select(said.columns)]).sort("judgement_id", *PAIR)


def effective(judgements: pl.DataFrame) -> pl.DataFrame:
    """Return what the linker must obey: settled pairs that are, or are not, the same person.

    Rows in: as ``standing``. Rows out: batch_id str, row_number u32, person_no, verdict str (same, not_same); one row
    per pair, sorted; at most one "same" a row.

    >>> said = {"judgement_id": 1, "batch_id": "b", "row_number": 1, "person_no": "P1", "verdict": "same"}
    >>> said |= {"kind": "review", "by": "甲", "reviewers_needed": 1}
    >>> effective(pl.DataFrame([said], schema=JUDGEMENTS)).rows()
    [('b', 1, 'P1', 'same')]
    """
    obeyed = settle(judgements).filter(pl.col("verdict").is_in([Verdict.SAME.value, Verdict.NOT_SAME.value]))
    return obeyed.select(*PAIR, "verdict")


def agreement(judgements: pl.DataFrame) -> pl.DataFrame:
    """Return how often two reviewers of a row said the same, by kind of the first; an arbitrator is no second reviewer.

    Rows in: as ``standing``. Rows out: kind str; rows, agreed u32 (rows judged by two, and alike); share f64; one row
    per kind with any such row, sorted; only the first two reviewers count.
    """
    reviewers = standing(judgements).filter(pl.col("kind") != ReviewKind.ARBITRATION)
    said = _with_implied(reviewers).group_by(PAIR).agg(pl.col("verdict").head(2), pl.col("kind").first())
    twice = said.filter(pl.col("verdict").list.len() > 1)
    rows = twice.group_by(ROW).agg((pl.col("verdict").list.n_unique() == 1).all().alias("agreed"), pl.col("kind").min())
    return (
        rows.group_by("kind")
        .agg(pl.len().cast(pl.UInt32).alias("rows"), pl.col("agreed").sum().cast(pl.UInt32))
        .with_columns(share=pl.col("agreed") / pl.col("rows"))
        .sort("kind")
    )


def drawn(rows: pl.DataFrame, *, purpose: str) -> pl.Series:
    """Return a number between 0 and 1 for each row that looks drawn by lot and is always the same.

    Rows in: ``rows`` batch_id str, row_number u32. Two purposes draw independently.

    >>> rows = pl.DataFrame({"batch_id": ["b", "b"], "row_number": [1, 2]})
    >>> [round(x, 3) for x in drawn(rows, purpose="double")]
    [0.385, 0.765]
    """
    seeds = {
        b: int.from_bytes(hashlib.sha256(f"{purpose}|{b}".encode()).digest()[:8]) for b in rows["batch_id"].unique()
    }
    seed = rows["batch_id"].replace_strict(seeds, return_dtype=pl.UInt64).to_numpy()
    with np.errstate(over="ignore"):
        mixed = seed + rows["row_number"].cast(pl.UInt64).to_numpy() * _GAMMA
        for shift, factor in _MIX:
            mixed = (mixed ^ (mixed >> shift)) * factor
        mixed ^= mixed >> np.uint64(31)
    return pl.Series("drawn", mixed / 2.0**64, dtype=pl.Float64)
