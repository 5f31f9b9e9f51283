"""From levels to a judgement: summed log weights, a posterior over all candidates of a row, three bands, one person.

Floor 2. Fellegi-Sunter with weights set by hand from what each error costs in the files (m) and how often chance
gives the same agreement (u); all are log2(m/u). The score is the probability that this person, and neither another
candidate nor somebody outside the register, is meant.
Source: Fellegi and Sunter, A theory for record linkage, JASA 64 (1969); data dictionary section 3.10, match ladder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import polars as pl

from fangpin.matching.compare import REASONS
from fangpin.matching.keys import WHOLE_KINDS
from fangpin.types import Band


def _frozen(**weights: float) -> Mapping[str, float]:
    return MappingProxyType({level: float(weight) for level, weight in weights.items()})


@dataclass(frozen=True, slots=True)
class MatchSpec:
    """What agreement is worth (log2 of m/u) and what a score may be used for.

    A level not named here weighs nothing. Weights of whole-ID, name and place agreement are computed from frequencies.
    """

    link_from: float = 0.95
    review_from: float = 0.30
    registered_share: float = 0.85  # rows that speak of a registered person
    # About 200 numbers lie one slip away from a given one, of some 50 million in use: 0.95 / 4e-6 is 18, kept at 14
    # because brothers and sisters have like numbers; a whole number that is another's is wrong in 1 of 500 rows.
    id_weights: Mapping[str, float] = field(
        default_factory=lambda: _frozen(one_digit=14, two_digits=4, relative_near=6, differs=-9)
    )
    # Slips are rare (a look-alike 7 in 1000 rows) and rarer by chance; a surname alone is shared by 1 in 20.
    name_weights: Mapping[str, float] = field(
        default_factory=lambda: _frozen(
            alike=7, order=7, part=3, one_character=1, given=1, given_short=-2, surname=-3, differs=-9
        )
    )
    # 1 in 5,000 of an age group shares a birthday; a declared birth is quite wrong in 4 of 1000 rows.
    birth_weights: Mapping[str, float] = field(
        default_factory=lambda: _frozen(same=12, near=1, year=-3, differs=-8, age=4, age_differs=-6)
    )
    # Sex is wrong in 1-2 of 100 rows, the township in 2-3; a neighbouring village may be an old name.
    sex_weights: Mapping[str, float] = field(default_factory=lambda: _frozen(same=1, differs=-5))
    place_weights: Mapping[str, float] = field(
        default_factory=lambda: _frozen(other_village=-1, differs=-5, unregistered=-4)
    )
    # A village has about 12 groups, and groups are renumbered; a guardian may live in another household.
    group_weights: Mapping[str, float] = field(default_factory=lambda: _frozen(same=3.3, differs=-2.5))
    household_weights: Mapping[str, float] = field(default_factory=lambda: _frozen(member=8, sound=5, differs=-3.5))


ORDER: Final = ("id", "name", "birth", "sex", "place", "group", "household")
"""The order in which reasons are told."""
_BIRTH_IN_ID: Final = 14
_AREA: Final = 6
_ORDER: Final = 4
_BORROWED: Final = 0.01
"""Rows in a hundred that carry the ID of somebody else, nearly always of the same household."""
_NAME_AGREES: Final = ("same", "sound", "near_sound", "alike", "hidden", "order", "part", "one_character", "given")
_NO_PERSON: Final = "名册中没有足够相符的人"


@dataclass(frozen=True, slots=True)
class HeadShares:
    """Heads of household (0-1) among registered persons, and among the persons an extract speaks of."""

    registered: float
    linked: float


def weigh(pairs: pl.DataFrame, spec: MatchSpec, *, people: int, heads: HeadShares) -> pl.DataFrame:
    """The summed weight of each pair.

    Rows in: the *_level columns of compare.py; name_share, sound_share, surname_share, village_share, town_share,
    id_head_share (0-1, of registered persons); id_head, id_tail, name_key, is_head. people: registered persons.
    Rows out: the same with weight (f64, log2).
    """
    usual_head = _log2(pl.lit(heads.linked / heads.registered)).clip(-4, 3)
    usual_member = _log2(pl.lit((1 - heads.linked) / (1 - heads.registered))).clip(-4, 3)
    id_level, place = pl.col("id_level"), pl.col("place_level")
    total = (
        _of("id", spec.id_weights)
        + pl.when(id_level == "same").then(_log2(pl.lit(0.97 * people / _BORROWED))).otherwise(0.0)
        + pl.when(id_level == "relative").then(_log2(pl.lit(0.25 * people))).otherwise(0.0)
        + pl.when(id_level.is_in(["visible", "prefix"])).then(_visible_weight()).otherwise(0.0)
        + _of("name", spec.name_weights)
        + _name_weight()
        + _birth_weight(spec)
        + _of("sex", spec.sex_weights)
        + _of("place", spec.place_weights)
        + pl.when(place == "village").then(_log2(0.85 / pl.col("village_share"))).otherwise(0.0)
        + pl.when(place == "township").then(_log2(0.95 / pl.col("town_share"))).otherwise(0.0)
        + _of("group", spec.group_weights)
        + _of("household", spec.household_weights)
        + pl.when("is_head").then(usual_head).otherwise(usual_member)
    )
    return pairs.with_columns(total.alias("weight"))


def _log2(value: pl.Expr) -> pl.Expr:
    return value.log(2)


def _of(comparison: str, weights: Mapping[str, float]) -> pl.Expr:
    return pl.col(f"{comparison}_level").replace_strict(dict(weights), default=0.0, return_dtype=pl.Float64)


def _visible_weight() -> pl.Expr:
    """Visible digits weigh as much as they are rare: the opening by count, the closing by chance."""
    closing = pl.lit(0.1).pow(pl.col("id_tail").str.len_chars().fill_null(0).cast(pl.Float64)) * 1.5
    return _log2(0.98 / (pl.col("id_head_share").fill_null(1.0) * closing.clip(0, 1))).clip(0, 13)


def _name_weight() -> pl.Expr:
    """A rare name says more than a common one; same sound is rarer among true pairs than the same name."""
    level = pl.col("name_level")
    told = pl.col("name_key").str.replace_all(r"\*", "").str.len_chars().cast(pl.Float64)
    hidden = pl.col("surname_share") * pl.lit(1 / 60).pow(told - 1)
    return (
        pl.when(level == "same")
        .then(_log2(0.93 / pl.col("name_share")).clip(4, 14))
        .when(level == "sound")
        .then(_log2(0.03 / pl.col("sound_share")).clip(0, 10))
        .when(level == "near_sound")
        .then(_log2(0.006 / pl.col("sound_share")).clip(0, 8))
        .when(level == "hidden")
        .then(_log2(0.9 / hidden).clip(0, 10))
        .otherwise(0.0)
    )


def _birth_weight(spec: MatchSpec) -> pl.Expr:
    """A birth date that the ID already told is no second witness; a contradiction still counts."""
    level = pl.col("birth_level")
    told = pl.col("id_level").is_in(["same", "one_digit"]) | (
        pl.col("id_level").is_in(["prefix", "visible"]) & (pl.col("id_head").str.len_chars() >= _BIRTH_IN_ID)
    )
    own = _of("birth", spec.birth_weights)
    return pl.when(told & level.is_in(["same", "near", "age"])).then(0.5).otherwise(own)


def judge(pairs: pl.DataFrame, spec: MatchSpec, *, people: int) -> pl.DataFrame:
    """The judgement on each row: at most one person.

    Rows in: weighed pairs (row_id, person_no, household_no, weight, levels, id_kind, person_id_kind).
    Rows out: row_id, person_no|null, household_no|null, score (f64, 0-1), band, method|null, reasons, margin (f64|null:
    to the second candidate, null when there is none); one per row_id in, ordered.
    """
    odds = pl.col("weight").clip(-60, 60).mul(0.6931471805599453).exp() * (spec.registered_share / people)
    scored = pairs.with_columns((odds / (odds.sum().over("row_id") + 1 - spec.registered_share)).alias("score"))
    ranked = scored.sort(["row_id", "score", "person_no"], descending=[False, True, False])
    second = ranked.group_by("row_id", maintain_order=True).agg(
        pl.col("score").get(1, null_on_oob=True).alias("second")
    )
    best = ranked.unique("row_id", keep="first", maintain_order=True).join(second, on="row_id", maintain_order="left")
    banded = best.with_columns(_band(spec).alias("band"))
    left = pl.col("band") == Band.LEAVE.value
    return banded.select(
        "row_id",
        *(pl.when(~left).then(c).alias(c) for c in ("person_no", "household_no")),
        "score",
        "band",
        pl.when(~left).then(_method()).alias("method"),
        pl.when(left).then(pl.lit(_NO_PERSON)).otherwise(_reasons()).alias("reasons"),
        (pl.col("score") - pl.col("second")).alias("margin"),
    )


def _band(spec: MatchSpec) -> pl.Expr:
    name_agrees = pl.col("name_level").is_in(_NAME_AGREES)
    place_agrees = pl.col("place_level").is_in(["village", "township"])
    birth_agrees = pl.col("birth_level").is_in(["same", "near", "age"])
    household_agrees = pl.col("household_level").is_in(["member", "sound"])
    elsewhere = place_agrees | birth_agrees | household_agrees
    contradicted = pl.col("birth_level").is_in(["differs", "age_differs"]) | (pl.col("sex_level") == "differs")
    level = pl.col("id_level")
    # Six opening and four closing digits beside the birth date are the whole number.
    told_in_full = (
        (level == "visible")
        & (pl.col("birth_level") == "same")
        & (pl.col("id_head").str.len_chars() >= _AREA)
        & (pl.col("id_tail").str.len_chars() >= _ORDER)
    ).fill_null(value=False)
    doubtful = (
        # Hidden digits never carry a link alone (data dictionary 3.10).
        ((level == "visible") & ~told_in_full & ~(name_agrees & elsewhere))
        # Somebody else's ID: a namesake from outside is likelier than a person with two numbers.
        | ((level == "differs") & pl.col("person_id_kind").is_in(WHOLE_KINDS))
        # A former name keeps its birth, sex and place; a relative's ID does not.
        | ((level.is_in(["same", "one_digit"]) | told_in_full) & ~name_agrees & (contradicted | ~elsewhere))
    )
    return (
        pl.when((pl.col("score") >= spec.link_from) & ~doubtful)
        .then(pl.lit(Band.LINK.value))
        .when(pl.col("score") >= spec.review_from)
        .then(pl.lit(Band.REVIEW.value))
        .otherwise(pl.lit(Band.LEAVE.value))
    )


def _method() -> pl.Expr:
    level = pl.col("id_level")
    return (
        pl.when((level == "same") & pl.col("name_level").is_in([*_NAME_AGREES, "unknown"]))
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


def _reasons() -> pl.Expr:
    told = [
        pl.col(f"{name}_level").replace_strict(REASONS[name], default=None, return_dtype=pl.String) for name in ORDER
    ]
    return pl.concat_str(told, separator="；", ignore_nulls=True)
