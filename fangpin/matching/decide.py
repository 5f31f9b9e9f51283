"""From weights to a judgement: a posterior over all candidates of a row, three bands, at most one person.

Floor 2. The score is the probability that this person, and neither another candidate nor somebody outside the
register, is meant. What no probability can settle (two readings of the same row) goes to a person.
Source: Fellegi and Sunter, A theory for record linkage, JASA 64 (1969); data dictionary section 3.10, match ladder.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from fangpin.matching.compare import evidence_levels
from fangpin.matching.keys import WHOLE_KINDS
from fangpin.matching.levels import Codes, Pairs
from fangpin.matching.model import LINK_FROM, REVIEW_FROM
from fangpin.matching.sentences import sentence
from fangpin.matching.weigh import Floats
from fangpin.types import Band

JUDGED: Final = "judgement"
"""The method of a link that a person decided."""
NEAREST: Final = 3
"""Candidates that are kept beside a decision."""
_AREA: Final = 6
_ORDER: Final = 4
_FITS_AS_WELL: Final = 0.1
_SUREST_IN_DOUBT: Final = 0.9
"""The most that is told of a pair that can be read in two ways."""
_OWN_NUMBER: Final = ("same", "one_digit", "two_digits", "visible", "prefix")
_NAME_AGREES: Final = ("same", "sound", "near_sound", "alike", "hidden", "order", "part", "one_character", "given")


def ranked(scores: Floats, pairs: Pairs) -> pl.DataFrame:
    """The best candidates of each row.

    Rows out: at (place of the pair), row_id u32, rank u8 (from 1), score f64, candidates u32 (persons who fit about as
    well as the best, himself counted), second f64|null; at most NEAREST a row, ties by person.
    """
    if not len(pairs):
        return _none_ranked()
    frame = pl.DataFrame({"at": np.arange(len(pairs)), "row_id": pairs.row.astype(np.uint32), "score": scores})
    ordered = frame.with_columns(person=pl.Series(pairs.person)).sort(
        ["row_id", "score", "person"], descending=[False, True, False]
    )
    row = pl.col("row_id")
    fits = pl.col("score") >= _FITS_AS_WELL * pl.col("score").max().over(row)
    first = ordered.with_columns(
        (pl.int_range(pl.len()).over(row) + 1).alias("rank"), fits.sum().over(row).cast(pl.UInt32).alias("candidates")
    ).filter(pl.col("rank") <= NEAREST)
    return first.select(
        "at",
        "row_id",
        pl.col("rank").cast(pl.UInt8),
        "score",
        "candidates",
        pl.col("score").get(1, null_on_oob=True).over(row).alias("second"),
    )


def _none_ranked() -> pl.DataFrame:
    schema = {
        "at": pl.Int64,
        "row_id": pl.UInt32,
        "rank": pl.UInt8,
        "score": pl.Float64,
        "candidates": pl.UInt32,
        "second": pl.Float64,
    }
    return pl.DataFrame(schema=schema)


def decisions(
    found: pl.DataFrame, pairs: Pairs, codes: Codes, rows: pl.DataFrame, persons: pl.DataFrame, truth: Floats
) -> pl.DataFrame:
    """The decision each kept candidate would make.

    Rows in: found as from ranked; rows, persons as from keys.py. Rows out: row_id, rank, person_no, household_no,
    score, band, method, reasons (a sentence), margin; a row's decision is its rank 1.
    """
    at = found["at"].to_numpy()
    row, person = pairs.row[at], pairs.person[at]
    told = rows.select(
        "id_kind",
        opening=pl.col("id_head").str.len_chars().fill_null(0),
        closing=pl.col("id_tail").str.len_chars().fill_null(0),
    )[row]
    theirs = persons.select("person_no", "household_no", person_id_kind="id_kind")[person]
    whole = pl.concat([found, told, theirs, evidence_levels(codes[at])], how="horizontal").with_columns(
        judged=pl.Series(truth[at] == 1.0), margin=pl.col("score") - pl.col("second")
    )
    damaged = (pl.col("id_kind") == "damaged") & (pl.col("id_level") == "visible")
    banded: pl.DataFrame = whole.with_columns(
        id_level=pl.when(damaged).then(pl.lit("prefix")).otherwise("id_level"),
    ).with_columns(doubtful=_doubtful() & ~pl.col("judged"))
    banded = banded.with_columns(
        _band().alias("band"),
        _method().alias("method"),
        score=pl.when("doubtful").then(pl.min_horizontal("score", pl.lit(_SUREST_IN_DOUBT))).otherwise("score"),
    )
    return banded.with_columns(reasons=sentence(banded)).select(
        "row_id", "rank", "person_no", "household_no", "score", "band", "method", "reasons", "margin"
    )


def _doubtful() -> pl.Expr:
    """What can be read in two ways whatever the weights say: never a link without a person, never told as sure."""
    name_agrees = pl.col("name_level").is_in(_NAME_AGREES)
    place_agrees = pl.col("place_level").is_in(["village", "township"])
    birth_agrees = pl.col("birth_level").is_in(["same", "near", "age"])
    household_agrees = pl.col("household_level").is_in(["member", "sound"])
    contradicted = pl.col("birth_level").is_in(["differs", "age_differs"]) | (pl.col("sex_level") == "differs")
    level = pl.col("id_level")
    # Six opening and four closing digits beside the birth date are the whole number.
    told_in_full = (
        (level == "visible")
        & (pl.col("birth_level") == "same")
        & (pl.col("opening") >= _AREA)
        & (pl.col("closing") >= _ORDER)
    )
    return (
        # Hidden digits and another name: a former name keeps its birth and place.
        (level.is_in(["visible", "prefix"]) & ~name_agrees & ~told_in_full & ~(birth_agrees & place_agrees))
        # Digits that are not his: a namesake from outside is likelier than two numbers.
        | ((level == "differs") & (pl.col("id_kind") != "invalid") & pl.col("person_id_kind").is_in(WHOLE_KINDS))
        # Another name, and no number of his own that stands for him.
        | (~level.is_in(_OWN_NUMBER) & ~name_agrees & ~((level == "relative") & birth_agrees))
        # Somebody else's number, and not a relative's.
        | (level.is_in(["kin", "other"]) & ~birth_agrees)
        # The number with another name: a former name keeps its birth, sex and place; a relative's number does not.
        | (
            (level.is_in(["same", "one_digit"]) | told_in_full)
            & ~name_agrees
            & (
                contradicted
                | ~(place_agrees | birth_agrees | household_agrees)
                | ((pl.col("name_level") == "differs") & ~(birth_agrees | household_agrees))
                | (pl.col("household_level") == "named_other")
            )
        )
    )


def _band() -> pl.Expr:
    return (
        pl.when("judged")
        .then(pl.lit(Band.LINK.value))
        .when((pl.col("score") >= LINK_FROM) & ~pl.col("doubtful"))
        .then(pl.lit(Band.LINK.value))
        .when(pl.col("score") >= REVIEW_FROM)
        .then(pl.lit(Band.REVIEW.value))
        .otherwise(pl.lit(Band.LEAVE.value))
    )


def _method() -> pl.Expr:
    level = pl.col("id_level")
    return (
        pl.when("judged")
        .then(pl.lit(JUDGED))
        .when((level == "same") & pl.col("name_level").is_in([*_NAME_AGREES, "unknown"]))
        .then(pl.lit("id_exact"))
        .when(level == "same")
        .then(pl.lit("id_name_differs"))
        .when(level.is_in(["one_digit", "two_digits"]))
        .then(pl.lit("id_fuzzy"))
        .when(level == "visible")
        .then(pl.lit("id_masked"))
        .when(level == "prefix")
        .then(pl.lit("id_damaged"))
        .when(level.is_in(["relative", "relative_near"]))
        .then(pl.lit("relative_id"))
        .when(pl.col("birth_level").is_in(["same", "near"]))
        .then(pl.lit("name_birth"))
        .otherwise(pl.lit("name_place"))
    )
