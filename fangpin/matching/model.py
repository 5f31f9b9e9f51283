"""What a county's links are weighed with: comparisons with m and u, by source; how common names and places are.

Floor 2. Shipped with sensible starts, learnt by learn.py on the county's own rows, then pinned: the same identity,
candidates and model always give the same decision, whatever else the month brings.
Source: Fellegi and Sunter, A theory for record linkage, JASA 64 (1969); data dictionary section 3.10, match ladder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import polars as pl

from fangpin.matching.em import Levels

LINK_FROM: Final = 0.95
"""The probability from which a link is made by itself."""
REVIEW_FROM: Final = 0.30
"""The probability from which a person is asked."""
REGISTERED: Final = 0.90
"""Rows that speak of a registered person, before the county's own rows have told."""


def _levels(name: str, **frequencies: tuple[float, float]) -> Levels:
    """One comparison from level = (m, u)."""
    return Levels(
        name,
        ("unknown", *frequencies),
        (0.0, *(m for m, _ in frequencies.values())),
        (1.0, *(u for _, u in frequencies.values())),
    )


# Where u is 1, what chance does is counted in the register (given, see weigh.py) and only m stands here.
STARTS: Final = (
    # A whole number that passes its check. The owner's people: a child under a parent's number is 1 row in 100. Kin: of
    # the owner's village. other: of somebody else in the register. differs: of nobody in it, which an outsider's is.
    _levels(
        "id",
        same=(0.97, 1.0),
        one_digit=(0.004, 2.5e-7),
        relative=(0.0075, 3.0),
        relative_near=(0.0005, 8e-6),
        kin=(0.001, 1.0),
        other=(0.0005, 0.01),
        differs=(0.002, 1.0),
    ),
    # A number that fails its check: about 200 numbers lie one slip from a given one, brothers and sisters among them.
    _levels(
        "id_wrong",
        one_digit=(0.93, 5.5e-5),
        two_digits=(0.02, 1.2e-3),
        relative_near=(0.01, 1.5e-4),
        differs=(0.04, 1.0),
    ),
    # Hidden or lost digits: how rare the visible ones are is counted.
    _levels("id_part", visible=(0.985, 1.0), relative_near=(0.01, 1.5e-4), differs=(0.005, 1.0)),
    # Slips are rare and rarer by chance; a former name keeps the surname, which 1 in 20 shares.
    _levels(
        "name",
        same=(0.955, 1.0),
        sound=(0.018, 1.0),
        near_sound=(0.004, 1.0),
        alike=(0.006, 5.5e-5),
        order=(0.002, 1.6e-5),
        part=(0.003, 4e-4),
        one_character=(0.003, 1.5e-3),
        given=(0.002, 1e-3),
        given_short=(0.001, 4e-3),
        surname=(0.005, 0.045),
        differs=(0.001, 0.95),
    ),
    _levels("name_hidden", hidden=(0.97, 1.0), surname=(0.02, 0.045), differs=(0.01, 0.95)),
    # 1 in 5,000 of an age group shares a birthday; a declared birth is wrong in 1 row of 100.
    _levels("birth", same=(0.985, 5e-5), near=(0.006, 3e-3), year=(0.003, 0.015), differs=(0.006, 0.98)),
    _levels("age", age=(0.975, 0.045), age_differs=(0.025, 0.955)),
    _levels("sex", same=(0.985, 0.5), differs=(0.015, 0.5)),
    # The township is wrong in 2 rows of 100; a neighbouring village may be an old name. Rows that tell only a township
    # say less; one the register does not know is an outsider's, or misspelt.
    _levels("place", village=(0.94, 1.0), other_village=(0.035, 0.06), differs=(0.025, 0.93)),
    _levels("town", township=(0.97, 1.0), differs=(0.03, 0.94)),
    _levels("beyond", registered=(0.99, 0.84), unregistered=(0.01, 0.16)),
    # A village has about 12 groups, and groups are renumbered.
    _levels("group", same=(0.86, 0.087), differs=(0.14, 0.913)),
    # A guardian may live in another household. Whoever bears the name that the row gives as another's is not meant.
    _levels("household", member=(0.86, 3e-3), sound=(0.05, 1.5e-3), differs=(0.085, 0.99), named_other=(0.002, 0.2)),
    _levels("head", head=(0.35, 0.28), member=(0.65, 0.72)),
)
"""The comparisons in the order of their codes."""
COMPARISONS: Final = tuple(levels.name for levels in STARTS)
FREQUENCIES: Final = ("name_key", "sound_key", "surname", "town_key", "village_key", "opening")
"""What the register's shares are counted of; opening: the first six and the first three digits of a number."""
_RARE: Final = 2
"""A name or place that fewer persons bear than this has the share of one."""


@dataclass(frozen=True, slots=True)
class SourceModel:
    """What the rows of one source are weighed with; registered: the share that speaks of a registered person (0-1)."""

    comparisons: tuple[Levels, ...] = STARTS
    registered: float = REGISTERED


@dataclass(frozen=True, slots=True)
class LinkModel:
    """What links are weighed with.

    people: persons in the register it was learnt on. shares: of each of FREQUENCIES, value (u64, the hash of a name, a
    place, an opening) and the share of persons (0-1) who bear it; what is not in it is borne by one. sources: by source
    id; other sources use common.
    """

    people: int
    shares: Mapping[str, pl.DataFrame]
    common: SourceModel = field(default_factory=SourceModel)
    sources: Mapping[str, SourceModel] = field(default_factory=dict)

    def of(self, source_id: str) -> SourceModel:
        """Return what the rows of a source are weighed with."""
        return self.sources.get(source_id, self.common)

    @property
    def model_id(self) -> str:
        """Return a name that is the same for the same model."""
        # Shares without what they are of: the hashes of another release may differ, the frequencies do not.
        digest = hashlib.sha256(json.dumps(self.weights, sort_keys=True).encode())
        for name in FREQUENCIES:
            digest.update(self.shares[name].select(pl.col("share").sort()).write_csv().encode())
        return digest.hexdigest()[:16]

    @property
    def weights(self) -> dict[str, Any]:
        """Return the learnt figures as plain values: no name and no place is among them."""
        every = {"": self.common, **self.sources}
        return {
            "people": self.people,
            "sources": {
                source_id: {"registered": source.registered, "m": {c.name: list(c.m[1:]) for c in source.comparisons},
                            "u": {c.name: list(c.u[1:]) for c in source.comparisons}}
                for source_id, source in sorted(every.items())
            },
        }  # fmt: skip


def model_of(weights: Mapping[str, Any], shares: Mapping[str, pl.DataFrame]) -> LinkModel:
    """The model that was written down as weights, with the shares it was learnt with."""
    sources = {source_id: _source(said) for source_id, said in weights["sources"].items()}
    common = sources.pop("")
    return LinkModel(people=weights["people"], shares=shares, common=common, sources=sources)


def _source(said: Mapping[str, Any]) -> SourceModel:
    comparisons = tuple(
        replace(levels, m=(0.0, *said["m"][levels.name]), u=(1.0, *said["u"][levels.name])) for levels in STARTS
    )
    return SourceModel(comparisons, said["registered"])


def shares_of(persons: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """How common names, places and openings of numbers are.

    Rows in: name_key_hash, sound_key_hash, surname_hash, town_key_hash, village_key_hash, id_text, one a person. Frames
    out, by FREQUENCIES: value u64 (hash), share f64, ordered by value, without what only one person bears.
    """
    people = max(persons.height, 1)
    return {
        name: values.drop_nulls()
        .to_frame("value")
        .group_by("value")
        .len()
        .filter(pl.col("len") >= _RARE)
        .select("value", (pl.col("len") / people).alias("share"))
        .sort("value")
        for name, values in _counted(persons).items()
    }


def _counted(persons: pl.DataFrame) -> dict[str, pl.Series]:
    values = {name: persons[f"{name}_hash"] for name in FREQUENCIES if name != "opening"}
    openings = [
        persons["id_text"].str.slice(0, digits).hash().set(persons["id_text"].is_null(), None) for digits in (3, 6)
    ]
    return values | {"opening": pl.concat(openings)}


def untaught(persons: pl.DataFrame) -> LinkModel:
    """The model of a register before any row was seen: the shipped starts and the register's own shares."""
    return LinkModel(people=max(persons.height, 1), shares=shares_of(persons))


def level_names(comparison: str) -> tuple[str, ...]:
    """The levels of a comparison by their code."""
    return next(levels.levels for levels in STARTS if levels.name == comparison)
