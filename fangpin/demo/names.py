"""Names of invented people: clans of a village, generation characters, cohorts, rare characters, minority names.

Names are built from columns of places in the word pools; a person's surname follows the father's line.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangpin.demo import words
from fangpin.demo.idents import pick

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ALL_SURNAMES: Final = (*words.SURNAMES, *words.COMPOUND_SURNAMES)
CLAN_SHARE: Final = 0.58
MINORITY_IN_VILLAGE: Final = 0.8
MINORITY_ELSEWHERE: Final = 0.008
RARE_SHARE: Final = 0.012
NAMESAKE_SHARE: Final = 0.008
POOLS: Final = (
    (words.MALE_OLD, words.MALE_MID, words.MALE_NEW),
    (words.FEMALE_OLD, words.FEMALE_MID, words.FEMALE_NEW),
)


def surname_chances() -> NDArray[np.float64]:
    """Chance of each surname of ALL_SURNAMES."""
    known = list(words.SURNAME_WEIGHTS)
    rest = [4.0 * 0.97**k for k in range(len(words.SURNAMES) - len(known))]
    chances = np.array(known + rest + [0.15] * len(words.COMPOUND_SURNAMES))
    return np.asarray(chances / chances.sum())


def draw_surnames(count: int, rng: np.random.Generator) -> Ints:
    """Places of ALL_SURNAMES, by real frequency."""
    return rng.choice(len(ALL_SURNAMES), count, p=surname_chances())


def family_surnames(village_of: Ints, rng: np.random.Generator) -> Ints:
    """Surname of each household's head line: one of its village's clans, or any."""
    villages = int(village_of.max()) + 1
    clans = draw_surnames(villages * 3, rng).reshape(villages, 3)
    which = np.minimum(rng.geometric(0.6, len(village_of)) - 1, 2)
    return np.where(
        rng.random(len(village_of)) < CLAN_SHARE, clans[village_of, which], draw_surnames(len(village_of), rng)
    )


def given_names(sex: Ints, born: Ints, generation: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Given names by sex and birth year; generation is the family's shared character or null."""
    count = len(sex)
    cohort = np.where(born < 1966, 0, np.where(born < 1994, 1, 2))
    first, second = np.empty(count, dtype="<U1"), np.empty(count, dtype="<U1")
    for s in (1, 2):
        for c in range(3):
            rows = np.flatnonzero((sex == s) & (cohort == c))
            pool = np.array(list(POOLS[s - 1][c]))
            first[rows] = pool[rng.integers(0, len(pool), len(rows))]
            second[rows] = pool[np.minimum(rng.geometric(0.06, len(rows)) - 1, len(pool) - 1)]
    rare = rng.random(count) < RARE_SHARE
    second[rare] = np.array(list(words.RARE))[rng.integers(0, len(words.RARE), int(rare.sum()))]
    short = rng.random(count) < np.array([0.09, 0.22, 0.12])[cohort]
    frame = pl.DataFrame(
        {
            "first": pl.Series(first.tolist(), dtype=pl.String),
            "second": pl.Series(second.tolist(), dtype=pl.String),
            "short": short,
            "generation": generation,
        }
    )
    return frame.select(
        pl.when(pl.col("generation").is_not_null())
        .then(pl.col("generation") + pl.col("second"))
        .when("short")
        .then("second")
        .otherwise(pl.col("first") + pl.col("second"))
    ).to_series()


def minority_names(family: Ints, rng: np.random.Generator) -> pl.Series:
    """Names of two parts with a middle dot, the first part the family's."""
    first = pick(words.ETHNIC_FIRST, family % len(words.ETHNIC_FIRST))
    return first + "·" + pick(words.ETHNIC_LAST, rng.integers(0, len(words.ETHNIC_LAST), len(family)))


def name_people(
    people: pl.DataFrame, *, village_of: Ints, minority_village: Flags, rng: np.random.Generator
) -> pl.DataFrame:
    """People with surname (Int64, a place of ALL_SURNAMES), name (String) and minority (Boolean) added.

    Rows in: household, line, sex, birth (Date); village_of gives each household's village.
    """
    house = people["household"].to_numpy()
    line = people["line"].to_numpy()
    sex = people["sex"].to_numpy().astype(np.int64)
    born = people["birth"].dt.year().to_numpy().astype(np.int64)
    head_line, spouse_line = family_surnames(village_of, rng), draw_surnames(len(village_of), rng)
    own = draw_surnames(len(people), rng)
    relation = people["relation"].to_numpy()
    surname = np.where(line == 0, head_line[house], np.where((line == 1) | (relation == 1), spouse_line[house], own))
    chance = np.where(minority_village[village_of], MINORITY_IN_VILLAGE, MINORITY_ELSEWHERE)
    minority = (rng.random(len(village_of)) < chance)[house]
    keeps = rng.random(len(village_of)) < 0.5
    letter = (head_line[house] * 7 + village_of[house] * 13 + (born // 24) * 5) % len(words.GENERATIONS)
    carried = keeps[house] & (line < 2) & ((sex == 1) | (rng.random(len(house)) < 0.1))
    generation = (
        pl.DataFrame({"c": pick(words.GENERATIONS, letter), "k": carried}).select(pl.when("k").then("c")).to_series()
    )
    given = namesakes(given_names(sex, born, generation, rng), village_of[house], surname, sex, rng)
    plain = pick(ALL_SURNAMES, surname) + given
    named = pl.DataFrame({"plain": plain, "dotted": minority_names(surname, rng), "minority": minority})
    name = named.select(pl.when("minority").then("dotted").otherwise("plain").alias("name")).to_series()
    return people.with_columns(pl.Series("surname", surname), name, pl.Series("minority", minority))


def namesakes(given: pl.Series, village: Ints, surname: Ints, sex: Ints, rng: np.random.Generator) -> pl.Series:
    """Given names with a few copied from another of the same village, surname and sex."""
    key = (village * 1000 + surname) * 2 + sex
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.searchsorted(ordered, key, side="left")
    size = np.searchsorted(ordered, key, side="right") - first
    other = order[first + (rng.random(len(key)) * size).astype(np.int64)]
    copied = rng.random(len(key)) < NAMESAKE_SHARE
    return given.gather(np.where(copied, other, np.arange(len(key))))
