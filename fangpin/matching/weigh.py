"""From levels to one weight a pair: learnt log weights by source, and what the register's own counts tell.

Floor 2. All weights are log2(m/u), against somebody outside the register. A rare name, a small village, many visible
digits weigh more than common ones; a birth date that the number already told is no second witness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from fangpin.matching.em import log_weights
from fangpin.matching.levels import AT, Codes, Flags, Pairs, Places, code_of
from fangpin.matching.model import COMPARISONS, LinkModel
from fangpin.matching.standardise import UNKNOWN

Floats = npt.NDArray[np.float64]
_BORROWED: Final = 0.01
"""Rows of outsiders in a hundred that carry the number of somebody registered, nearly always a relative's."""
_BIRTH_IN_ID: Final = 14
TOLD_TWICE: Final = 0.5
"""What an agreeing birth weighs when the number has told it already."""
_AREA: Final = 6
_PROVINCE: Final = 3
_DAYS: Final = {1: 0.5, 2: 0.4, 3: 0.1, 4: 1 / 75, 5: 1 / 150, 6: 1 / 900, 7: 1 / 3_000, 8: 1 / 25_000}
"""Chance of the first digits of a birth date to agree, by how many are told."""
_NAME_RANGE: Final = {"same": (4.0, 14.0), "sound": (2.0, 15.0), "near_sound": (2.0, 15.0)}
_A_CHARACTER: Final = float(np.log2(60))
_MOST_OF_A_HIDDEN_NAME: Final = 10.0
_MOST_DIGITS: Final = 16.0
_LEAST: Final = float(np.log2(1e-4))
"""Odds against nobody below which a pair does not count."""


Part = tuple[str, Places, Floats | float]
"""A comparison, the places of some pairs, and what it weighs there."""


def weights(
    codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame, model: LinkModel
) -> tuple[Floats, Flags]:
    """The whole weight of each pair, its source's share of registered people counted in, and whether it counts at all.

    Rows in: as compare.compare, rows with source_id. Out: log2, to be held against one over the people; pairs that do
    not count are taken for impossible, so that nobody far away ever moves a decision.
    """
    share = rows["source_id"].replace_strict(
        {name: model.of(name).registered for name in rows["source_id"].unique()}, return_dtype=pl.Float64
    )
    whole: Floats = np.log2(share.to_numpy() / (1 - share.to_numpy()))[pairs.row]
    for _, at, worth in _parts(codes, pairs, rows, persons, model):
        whole[at] += worth
    return whole, whole - np.log2(model.people) >= _LEAST


def weights_by_comparison(
    codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame, model: LinkModel
) -> Floats:
    """What each comparison of each pair weighs (log2), one column for each of COMPARISONS; for a handful of pairs."""
    parts = np.zeros(codes.shape)
    for comparison, at, worth in _parts(codes, pairs, rows, persons, model):
        parts[at, AT[comparison]] += worth
    return parts


def given_weights(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame, model: LinkModel) -> Floats:
    """What each pair weighs by counts in the register alone (log2), which is never learnt."""
    given = np.zeros(len(pairs))
    for _, at, worth in _given(codes, pairs, rows, persons, model):
        given[at] += worth
    return given


def _parts(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame, model: LinkModel) -> Iterator[Part]:
    yield from _learnt(codes, pairs, rows, model)
    yield from _given(codes, pairs, rows, persons, model)


def _learnt(codes: Codes, pairs: Pairs, rows: pl.DataFrame, model: LinkModel) -> Iterator[Part]:
    """What the levels of each comparison weigh as the row's source taught it."""
    names = sorted(rows["source_id"].unique().to_list())
    if not names:
        return
    at = rows["source_id"].replace_strict(names, list(range(len(names))), return_dtype=pl.UInt8).to_numpy()
    source = at[pairs.row]
    told = told_by_number(codes, pairs, rows)
    for k, comparison in enumerate(COMPARISONS):
        table = np.stack([log_weights(model.of(name).comparisons[k]) for name in names])
        known = np.flatnonzero(codes[:, k])
        worth = table[source[known], codes[known, k]]
        if comparison in {"birth", "age"}:
            worth[told[known]] = TOLD_TWICE
        yield comparison, known, worth


def _given(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame, model: LinkModel) -> Iterator[Part]:
    """What is counted in the register: whose number, how rare the name, the place, the visible digits."""
    shares = _Shares(pairs, persons, model)
    for level in ("same", "relative"):
        yield "id", _at(codes, "id", level), float(np.log2(model.people / _BORROWED))
    kin = _at(codes, "id", "kin")
    yield "id", kin, -np.log2(shares.of("village_key", kin) * _BORROWED)
    for level, of in (("same", "name_key"), ("sound", "sound_key"), ("near_sound", "sound_key")):
        here = _at(codes, "name", level)
        yield "name", here, np.clip(-np.log2(shares.of(of, here)), *_NAME_RANGE[level])
    hidden = _at(codes, "name_hidden", "hidden")
    yield "name_hidden", hidden, _visible_names(rows, pairs.row[hidden], shares.of("surname", hidden))
    for comparison, level, of in (("place", "village", "village_key"), ("town", "township", "town_key")):
        here = _at(codes, comparison, level)
        yield comparison, here, -np.log2(shares.of(of, here))
    visible = _at(codes, "id_part", "visible")
    yield "id_part", visible, _digit_weights(rows, model)[pairs.row[visible]]


def _at(codes: Codes, comparison: str, level: str) -> Places:
    """Where pairs show a level."""
    return np.flatnonzero(codes[:, AT[comparison]] == code_of(comparison, level))


@dataclass(frozen=True, slots=True)
class _Shares:
    """How common the names and places of pairs' persons are, 0-1."""

    pairs: Pairs
    persons: pl.DataFrame
    model: LinkModel

    def of(self, name: str, at: Places) -> Floats:
        """Return the shares for the pairs at some places."""
        values = self.persons[f"{name}_hash"][self.pairs.person[at]].to_frame("value")
        known = values.join(self.model.shares[name], on="value", how="left", maintain_order="left")["share"]
        shares: Floats = known.fill_null(1 / self.model.people).to_numpy()
        return shares


def _visible_names(rows: pl.DataFrame, at: Places, surname: Floats) -> Floats:
    """What the characters of a partly hidden name weigh that can be read: a surname by how common it is."""
    name = rows["name_key"]
    told = name.str.replace_all(UNKNOWN, "", literal=True).str.len_chars().fill_null(0).to_numpy()[at]
    opens = (~name.str.starts_with(UNKNOWN)).fill_null(value=False).to_numpy()[at]
    weight: Floats = np.where(opens, -np.log2(surname), 0.0) + _A_CHARACTER * (told - opens)
    return np.clip(weight, 0, _MOST_OF_A_HIDDEN_NAME)


def _digit_weights(rows: pl.DataFrame, model: LinkModel) -> Floats:
    """What the visible digits of each row weigh: the area by how common it is, birth and order by chance."""
    head = pl.col("id_head").str.len_chars().fill_null(0)
    told_opening = pl.col("id_head").str.slice(0, pl.when(head >= _AREA).then(_AREA).otherwise(_PROVINCE))
    area = (
        rows.select(told_opening.hash().alias("value"))
        .join(model.shares["opening"], on="value", how="left", maintain_order="left")["share"]
        .fill_null(1 / model.people)
    )
    told = rows.select(head.alias("head"), pl.col("id_tail").str.len_chars().fill_null(0).alias("tail"))
    opening = told["head"].to_numpy().astype(np.int64)
    born = np.array([1.0, *(_DAYS[n] for n in range(1, 9))])[np.clip(opening - _AREA, 0, 8)]
    order = 0.1 ** (np.clip(opening - _BIRTH_IN_ID, 0, 3) + np.clip(told["tail"].to_numpy(), 0, 4)) * 1.5
    chance = np.where(opening >= _PROVINCE, area.to_numpy(), 1.0) * born * np.minimum(order, 1.0)
    weights: Floats = np.clip(-np.log2(np.maximum(chance, 1e-9)), 0, _MOST_DIGITS)
    return weights


def told_by_number(codes: Codes, pairs: Pairs, rows: pl.DataFrame) -> Flags:
    """Whether the number has already told the birth, so that an agreeing one is no second witness."""
    same = codes[:, AT["id"]]
    whole = (same == code_of("id", "same")) | (same == code_of("id", "one_digit"))
    whole |= codes[:, AT["id_wrong"]] == code_of("id_wrong", "one_digit")
    opening = (rows["id_head"].str.len_chars().fill_null(0) >= _BIRTH_IN_ID).to_numpy()[pairs.row]
    part = (codes[:, AT["id_part"]] == code_of("id_part", "visible")) & opening
    births = codes[:, AT["birth"]]
    agrees = (births == code_of("birth", "same")) | (births == code_of("birth", "near"))
    agrees |= codes[:, AT["age"]] == code_of("age", "age")
    flags: Flags = (whole | part) & agrees
    return flags
