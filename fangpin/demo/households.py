"""Households of real shapes and who lives in them at the start: relation to the head, sex, age.

One row a person. Nine shapes (couple with children, three generations, elder alone, …), each a row of chances;
no names or numbers yet.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Relation(IntEnum):
    """Relation to the head (与户主关系), the places of RELATION_NAMES."""

    HEAD = 0
    SPOUSE = 1
    SON = 2
    DAUGHTER = 3
    SON_WIFE = 4
    GRANDSON = 5
    GRANDDAUGHTER = 6
    FATHER = 7
    MOTHER = 8
    WIFE_FATHER = 9
    WIFE_MOTHER = 10
    HUSBAND_FATHER = 11
    HUSBAND_MOTHER = 12
    GRANDFATHER = 13
    GRANDMOTHER = 14
    SIBLING = 15
    OTHER = 16


RELATION_NAMES: Final = (
    *("户主", "配偶", "之子", "之女", "之儿媳", "之孙子", "之孙女", "之父", "之母", "之岳父", "之岳母"),
    *("之公公", "之婆婆", "之祖父", "之祖母", "之兄弟姐妹", "其他"),
)
RELATION_SHORT: Final = (
    *("户主", "配偶", "子", "女", "儿媳", "孙子", "孙女", "父亲", "母亲", "岳父", "岳母"),
    *("公公", "婆婆", "祖父", "祖母", "兄弟姐妹", "其他"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of household: its share, the head's ages, and the chances of each further member."""

    share: float
    ages: tuple[int, int]
    woman: float
    spouse: float
    children: tuple[float, ...]
    father: float = 0.0
    mother: float = 0.0
    married_son: float = 0.0
    grandchildren: tuple[float, ...] = (1.0,)


SHAPES: Final = (
    Shape(0.33, (27, 50), 0.08, 0.96, (0.08, 0.42, 0.40, 0.08, 0.02)),
    Shape(0.17, (49, 72), 0.10, 0.85, (0.0, 0.75, 0.25), married_son=1.0, grandchildren=(0.10, 0.45, 0.38, 0.07)),
    Shape(0.13, (30, 52), 0.05, 0.94, (0.10, 0.40, 0.40, 0.10), father=0.5, mother=0.75),
    Shape(0.13, (45, 82), 0.10, 1.0, (1.0,)),
    Shape(0.10, (65, 90), 0.60, 0.0, (1.0,)),
    Shape(0.05, (28, 55), 0.50, 0.0, (0.0, 0.60, 0.35, 0.05)),
    Shape(0.04, (55, 74), 0.30, 0.7, (1.0,), grandchildren=(0.0, 0.6, 0.4)),
    Shape(0.03, (34, 50), 0.05, 0.95, (0.0, 0.0, 0.0, 0.6, 0.4)),
    Shape(0.02, (35, 62), 0.0, 0.0, (1.0,), mother=0.4),
)
PEOPLE_A_HOUSEHOLD: Final = 3.42


def make_members(*, families: int, rng: np.random.Generator) -> pl.DataFrame:
    """Who lives where at the start.

    One row a person: household (Int64), relation (Int8), sex (Int8, 1/2), age (Float64, years), line (Int8: 0 bears
    the head's surname, 1 the spouse's, 2 one of their own), shape (Int8); sorted by household, then age falling.
    """
    shape = rng.choice(len(SHAPES), families, p=np.array([s.share for s in SHAPES]))
    low, high = np.array([s.ages for s in SHAPES])[shape].T
    head_age = rng.integers(low, high + 1).astype(np.float64) + rng.random(families)
    woman = rng.random(families) < np.array([s.woman for s in SHAPES])[shape]
    couple = rng.random(families) < np.array([s.spouse for s in SHAPES])[shape]
    house = np.arange(families)
    sex = np.where(woman, 2, 1)
    parts = [
        members_of(house, Relation.HEAD, sex, head_age, 0),
        members_of(house[couple], Relation.SPOUSE, 3 - sex[couple], spouse_age(head_age, sex, rng)[couple], 2),
        make_children(shape, head_age, woman & couple, rng),
        make_grandchildren(shape, head_age, rng),
        *make_parents(shape, head_age, rng),
    ]
    people = pl.concat(parts).filter(pl.col("age") > 0)
    people = people.with_columns(pl.Series("shape", shape.astype(np.int8)).gather(people["household"]))
    return people.sort("household", "age", descending=[False, True], maintain_order=True)


def members_of(
    house: Ints, relation: int | Ints, sex: int | Ints, age: NDArray[np.float64], line: int | Ints
) -> pl.DataFrame:
    """Rows of one kind of member, one a place of house."""
    size = len(house)
    return pl.DataFrame(
        {
            "household": house.astype(np.int64),
            "relation": np.broadcast_to(np.asarray(relation, dtype=np.int8), size).copy(),
            "sex": np.broadcast_to(np.asarray(sex, dtype=np.int8), size).copy(),
            "age": age.astype(np.float64),
            "line": np.broadcast_to(np.asarray(line, dtype=np.int8), size).copy(),
        }
    )


def spouse_age(head_age: NDArray[np.float64], sex: Ints, rng: np.random.Generator) -> NDArray[np.float64]:
    """Ages of the heads' spouses, wives mostly two years younger."""
    return np.maximum(head_age + np.where(sex == 1, -2.0, 2.0) + rng.normal(0, 2.2, len(head_age)), 21.0)


def draw_counts(shape: Ints, weights: list[tuple[float, ...]], rng: np.random.Generator) -> Ints:
    """How many members of one kind each household has, by the weights of its shape."""
    width = max(len(w) for w in weights)
    ladder = np.cumsum(np.array([list(w) + [0.0] * (width - len(w)) for w in weights]), axis=1)[shape]
    return np.asarray((rng.random(len(shape))[:, None] > ladder[:, :-1]).sum(axis=1), dtype=np.int64)


def make_children(
    shape: Ints, head_age: NDArray[np.float64], of_spouse: NDArray[np.bool_], rng: np.random.Generator
) -> pl.DataFrame:
    """Children of the head; the first of a three-generation house is a married son, and his wife comes along."""
    counts = draw_counts(shape, [s.children for s in SHAPES], rng)
    house = np.repeat(np.arange(len(shape)), counts)
    place = np.arange(len(house)) - np.repeat(np.cumsum(counts) - counts, counts)
    settled = np.array([s.married_son for s in SHAPES])[shape][house] > 0
    gap = 22.5 + rng.gamma(2.0, 1.6, len(shape))[house] + place * (2.0 + 2.0 * rng.random(len(house)))
    age = np.where(settled & (place == 0), np.maximum(head_age[house] - gap, 23.0), head_age[house] - gap)
    sex = np.where(rng.random(len(house)) < 0.53, 1, 2)
    sex = np.where(settled & (place == 0), 1, sex)
    line = np.where(of_spouse[house], 1, 0)
    children = members_of(house, np.where(sex == 1, Relation.SON, Relation.DAUGHTER), sex, age, line)
    married = settled & (place == 0) & (rng.random(len(house)) < 0.92)
    wives = members_of(
        house[married], Relation.SON_WIFE, 2, age[married] - 1.0 + rng.normal(0, 1.5, int(married.sum())), 2
    )
    return pl.concat([children, wives])


def make_grandchildren(shape: Ints, head_age: NDArray[np.float64], rng: np.random.Generator) -> pl.DataFrame:
    """Grandchildren of the head, at most 22 years old."""
    counts = draw_counts(shape, [s.grandchildren for s in SHAPES], rng)
    house = np.repeat(np.arange(len(shape)), counts)
    place = np.arange(len(house)) - np.repeat(np.cumsum(counts) - counts, counts)
    age = head_age[house] - 48.0 - rng.gamma(2.0, 1.5, len(shape))[house] - 3.0 * place
    age = np.where(age > 22, rng.uniform(1, 17, len(house)), age)
    sex = np.where(rng.random(len(house)) < 0.52, 1, 2)
    return members_of(house, np.where(sex == 1, Relation.GRANDSON, Relation.GRANDDAUGHTER), sex, age, 0)


def make_parents(shape: Ints, head_age: NDArray[np.float64], rng: np.random.Generator) -> list[pl.DataFrame]:
    """Fathers and mothers of the head who live in the house."""
    parts: list[pl.DataFrame] = []
    for relation, sex, line, chances in (
        (Relation.FATHER, 1, 0, [s.father for s in SHAPES]),
        (Relation.MOTHER, 2, 2, [s.mother for s in SHAPES]),
    ):
        house = np.flatnonzero(rng.random(len(shape)) < np.array(chances)[shape])
        age = np.minimum(head_age[house] + 23.0 + rng.gamma(2.0, 1.5, len(house)), 96.0)
        parts.append(members_of(house, relation, sex, age, line))
    return parts
