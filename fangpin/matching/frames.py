"""Links any two polars frames by a declared specification, learning from the frames alone what agreement is worth.

Floor 2. Nothing here knows about counties or Chinese names: blocks say which pairs are looked at, comparisons say how
two cells agree, expectation-maximisation finds the weights without any labelled pair. Same frames, same answer.
Source: Fellegi and Sunter, A theory for record linkage, JASA 64 (1969).
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Final

import duckdb
import numpy as np
import polars as pl
from pydantic import Field, StrictBool, ValidationError

from fangpin.config.declaration import Declaration
from fangpin.errors import DeclarationError, UsageProblem
from fangpin.matching.blocks import Block, count_pairs, make_pairs
from fangpin.matching.em import Codes, Floats, Levels, Whole, chance_pairs, estimate_u, learn, log_weights, posteriors
from fangpin.matching.frame_levels import Comparison, as_text, level_codes
from fangpin.types import Band

_CHANCE_PAIRS: Final = 500_000
_M_SAME: Final = 0.9
_START_REGISTERED: Final = 0.5
_STRENGTH: Final = 10.0
_PASSES: Final = 3
"""Times that u is estimated anew without the pairs that turned out to be true."""


class FrameSpec(Declaration):
    """How two frames are linked.

    key: the column of either frame that names its rows. blocks: pairs must agree in at least one of them.
    one_to_one: a right row belongs to at most one left row. link_from, review_from: probabilities of the bands.
    at_most: pairs that may be made.
    """

    key: str
    blocks: tuple[Block, ...] = Field(min_length=1)
    comparisons: tuple[Comparison, ...] = Field(min_length=1)
    one_to_one: StrictBool = False
    link_from: float = Field(default=0.95, gt=0, le=1)
    review_from: float = Field(default=0.30, gt=0, le=1)
    at_most: int = Field(default=50_000_000, gt=0)


def spec_from_toml(text: str) -> FrameSpec:
    """The specification that a TOML text declares.

    Raises: DeclarationError naming the first key that is wrong.

    >>> text = '''
    ... key = "id"
    ... blocks = [{name = "surname", keys = ["surname"], cap = 100}]
    ... comparisons = [{column = "surname", kind = "edits", steps = [1, 2]}]
    ... '''
    >>> spec_from_toml(text).comparisons[0].kind
    'edits'
    """
    try:
        return FrameSpec.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as exc:
        raise DeclarationError("匹配规格", "不是有效的 TOML", action="请改正后重试") from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise DeclarationError("匹配规格", f"键 {key} 有误", expected=first["msg"], action="请改正后重试") from exc


def link_frames(
    left: pl.DataFrame, right: pl.DataFrame, spec: FrameSpec, *, con: duckdb.DuckDBPyConnection
) -> pl.DataFrame:
    """The best right row for each left row, how probable it is, and why.

    Rows in: two frames that both hold spec.key and every column that blocks and comparisons name.
    Rows out: one per left row, in its order: left_id, right_id (null when no block found a candidate), probability (f64
    0-1), band (link, review, leave), and per comparison its level (str) and <column>_weight (f64, log2; null with the
    candidate).
    Raises: UsageProblem when a column is missing or a block key cannot be computed; NeedsDecision when the blocks make
    more than spec.at_most pairs.
    """
    _check(left, right, spec)
    best = _decide(left, right, _pairs(left, right, spec, con=con), spec)
    found = left.select(left_id=spec.key).with_row_index("row_id").join(best, on="row_id", how="left")
    named = right.select(right_id=spec.key).with_row_index("person_id")
    linked = found.sort("row_id").join(named, on="person_id", how="left", maintain_order="left")
    evidence = [c for comparison in spec.comparisons for c in (comparison.column, f"{comparison.column}_weight")]
    return linked.with_columns(pl.col("probability").fill_null(0.0), pl.col("band").fill_null(Band.LEAVE.value)).select(
        "left_id", "right_id", "probability", "band", *evidence
    )


def _pairs(left: pl.DataFrame, right: pl.DataFrame, spec: FrameSpec, *, con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    con.register("asked", left.with_row_index("row_id").to_arrow())
    con.register("offered", right.with_row_index("person_id").to_arrow())
    try:
        return make_pairs(con, count_pairs(con, spec.blocks), at_most=spec.at_most)
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as exc:
        expected = "两张表都有的列组成的 SQL 表达式"
        raise UsageProblem("匹配分块", "有的键无法计算", expected=expected, action="请核对列名和写法") from exc
    finally:
        for table in ("asked", "offered"):
            con.unregister(table)


def _check(left: pl.DataFrame, right: pl.DataFrame, spec: FrameSpec) -> None:
    for side, frame in (("左表", left), ("右表", right)):
        absent = [c for c in (spec.key, *(c.column for c in spec.comparisons)) if c not in frame.columns]
        if absent:
            raise UsageProblem(f"匹配{side}", f"没有列 {'、'.join(absent)}", expected="、".join(frame.columns))


def _decide(left: pl.DataFrame, right: pl.DataFrame, pairs: pl.DataFrame, spec: FrameSpec) -> pl.DataFrame:
    """The best candidate of each row that has any: row_id, person_id, probability, band, evidence."""
    people = max(right.height, 1)
    rows, persons = (pairs[c].to_numpy().astype(np.int64) for c in ("row_id", "person_id"))
    codes = _codes(left, right, rows, persons, spec)
    given = _frequency_weights(right, persons, codes, spec)
    learnt, registered = _learnt(left, right, pairs, codes, given, spec)
    weights = np.column_stack([log_weights(levels)[codes[:, k]] for k, levels in enumerate(learnt)]) + given
    total = weights.sum(axis=1)
    probability = posteriors(total, rows, people=people, registered=registered)
    if spec.one_to_one:
        probability = _against_both(total, rows, persons, people=people, registered=registered)
    evidence = [_evidence(c, codes[:, k], weights[:, k]) for k, c in enumerate(spec.comparisons)]
    scored = pl.concat([pairs.with_columns(pl.Series("probability", probability)), *evidence], how="horizontal")
    chosen = _one_to_one(scored) if spec.one_to_one else _best(scored, "row_id")
    probable = pl.col("probability")
    band = (
        pl.when(probable >= spec.link_from)
        .then(pl.lit(Band.LINK.value))
        .when(probable >= spec.review_from)
        .then(pl.lit(Band.REVIEW.value))
        .otherwise(pl.lit(Band.LEAVE.value))
    )
    return chosen.with_columns(band=band)


def _evidence(comparison: Comparison, codes: Codes, weights: Floats) -> pl.DataFrame:
    """The level of a comparison and what it weighs, per pair."""
    levels = pl.Series(comparison.column, comparison.levels)[codes]
    return pl.DataFrame([levels, pl.Series(f"{comparison.column}_weight", weights)])


def _codes(left: pl.DataFrame, right: pl.DataFrame, rows: Whole, persons: Whole, spec: FrameSpec) -> Codes:
    columns = [level_codes(left[c.column][rows], right[c.column][persons], c) for c in spec.comparisons]
    return np.column_stack(columns)


def _frequency_weights(right: pl.DataFrame, persons: Whole, codes: Codes, spec: FrameSpec) -> Floats:
    """What agreement on a value weighs by how rare the value is among right rows (log2), per pair and comparison."""
    given = np.zeros(codes.shape)
    for k, comparison in enumerate(spec.comparisons):
        if comparison.by_frequency:
            text = pl.DataFrame({"value": as_text(right[comparison.column], comparison)})
            shares = text.select((pl.len().over("value") / pl.len()).alias("share"))["share"].to_numpy()
            given[:, k] = np.where(codes[:, k] == 1, -np.log2(shares[persons]), 0.0)
    return given


def _learnt(
    left: pl.DataFrame, right: pl.DataFrame, pairs: pl.DataFrame, codes: Codes, given: Floats, spec: FrameSpec
) -> tuple[tuple[Levels, ...], float]:
    """The weights: u from chance pairs, m from candidates, in turn, so that no true pair counts as chance."""
    one, other = chance_pairs(left.height, right.height, min(_CHANCE_PAIRS, left.height * right.height))
    by_chance = _codes(left, right, one, other, spec)
    rows = pairs["row_id"].to_numpy().astype(np.int64)
    made = rows * right.height + pairs["person_id"].to_numpy()
    at = np.searchsorted(made, one * right.height + other).clip(0, max(len(made) - 1, 0))
    share, registered = np.ones(len(one)), _START_REGISTERED
    starts = learnt = tuple(_start(c) for c in spec.comparisons)
    for _ in range(_PASSES):
        chance = map(_by_frequency, estimate_u(by_chance, starts, share=share), spec.comparisons)
        found = learn(
            codes,
            rows,
            given.sum(axis=1),
            [replace(known, u=new.u) for known, new in zip(learnt, chance, strict=True)],
            people=right.height,
            registered=registered,
            unpaired=left.height - len(np.unique(rows)),
            strength=_STRENGTH,
        )
        learnt, registered = found.comparisons, found.registered
        if len(made):
            weights = sum(log_weights(levels)[codes[:, k]] for k, levels in enumerate(learnt)) + given.sum(axis=1)
            true = posteriors(weights, rows, people=right.height, registered=registered)
            share = 1.0 - np.where(made[at] == one * right.height + other, true[at], 0.0)
    return learnt, registered


def _start(comparison: Comparison) -> Levels:
    levels = comparison.levels
    m = (0.0, _M_SAME, *[(1 - _M_SAME) / (len(levels) - 2)] * (len(levels) - 2))
    return Levels(comparison.column, levels, m, (0.0, *[1 / (len(levels) - 1)] * (len(levels) - 1)))


def _by_frequency(levels: Levels, comparison: Comparison) -> Levels:
    """Where a value's own frequency is counted, chance agreement is not counted a second time."""
    return replace(levels, u=(0.0, 1.0, *levels.u[2:])) if comparison.by_frequency else levels


def _against_both(weights: Floats, rows: Whole, persons: Whole, *, people: int, registered: float) -> Floats:
    """The probability of each pair against the other candidates of its left row, of its right row, and nobody."""
    odds = np.exp2(weights.clip(-60, 60)) * (registered / people)
    of_row, of_person = (np.bincount(side, weights=odds)[side] for side in (rows, persons))
    shared: Floats = odds / (of_row + of_person - odds + 1.0 - registered)
    return shared


def _best(pairs: pl.DataFrame, side: str) -> pl.DataFrame:
    ordered = pairs.sort("probability", "row_id", "person_id", descending=[True, False, False])
    return ordered.unique(side, keep="first", maintain_order=True)


def _one_to_one(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs that are each other's best, then the best of what is left, until nothing is left."""
    chosen, rest = [], pairs
    while not rest.is_empty():
        mutual = _best(rest, "row_id").join(_best(rest, "person_id"), on=["row_id", "person_id"], how="semi")
        chosen.append(mutual)
        rest = rest.join(mutual, on="row_id", how="anti").join(mutual, on="person_id", how="anti")
    return pl.concat(chosen) if chosen else pairs
