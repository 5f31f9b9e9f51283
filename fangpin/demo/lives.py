"""A year of life: births, brides, deaths, marriages, splits, moves, changed heads, corrected names and numbers.

A household meets at most one such event in a plan, and none if an incident is planned for it, so every event is
drawn for all at once. What happens is written as month places into people and households, never as a new state.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangpin.demo.households import Relation, members_of
from fangpin.demo.people import ALWAYS, NEVER

Ints = NDArray[np.int64]

BIRTHS, BRIDES, WEDDINGS, SPLITS, MOVES, LEAVES, NEW_HEADS = 0.030, 0.006, 0.004, 0.004, 0.006, 0.0025, 0.006
"""Share of households a year."""
RENAMED, FIXED, SHARED = 0.003, 0.004, 0.0024
"""Share of people: a new name, a register number put right, an infant under the father's number."""
SPOUSE_LEADS: Final = np.array([1, 0, 2, 3, 4, 5, 6, 11, 12, 7, 8, 16, 16, 16, 16, 16, 16], dtype=np.int8)
"""New relation by old relation when the spouse becomes the head; a father of the old head is now a parent-in-law."""
CHILD_LEADS: Final = np.array([16, 8, 15, 15, 1, 2, 3, 13, 14, 16, 16, 16, 16, 16, 16, 16, 16], dtype=np.int8)
"""The same when a son or daughter of the head becomes the head."""


def make_newborns(members: pl.DataFrame, *, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """Children still to be born: rows like members, with age below zero (years to go) and the month they come."""
    young = (pl.col("sex") == 2) & pl.col("age").is_between(20, 39)
    mothers = members.filter(young & pl.col("relation").is_in([Relation.SPOUSE, Relation.SON_WIFE])).unique(
        "household", maintain_order=True
    )
    count = min(len(mothers), round(members["household"].n_unique() * BIRTHS * months / 12))
    chosen = mothers[rng.permutation(len(mothers))[:count]]
    grand = chosen["relation"].to_numpy() == Relation.SON_WIFE
    sex = np.where(rng.random(count) < 0.53, 1, 2)
    relation = np.where(
        sex == 1,
        np.where(grand, Relation.GRANDSON, Relation.SON),
        np.where(grand, Relation.GRANDDAUGHTER, Relation.DAUGHTER),
    )
    month = rng.integers(0, months, count)
    rows = members_of(chosen["household"].to_numpy(), relation, sex, -(month + rng.uniform(0.05, 0.9, count)) / 12, 0)
    return rows.with_columns(pl.Series("shape", chosen["shape"]), pl.Series("arrives", month))


def make_brides(members: pl.DataFrame, *, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """Wives from elsewhere who will marry an unmarried son: rows like members, with the month they come."""
    grooms = unmarried(members, Relation.SON, (22, 37)).filter(~pl.col("household").is_in(married_houses(members)))
    count = min(len(grooms), round(members["household"].n_unique() * BRIDES * months / 12))
    chosen = grooms[rng.permutation(len(grooms))[:count]]
    age = np.maximum(chosen["age"].to_numpy() + rng.normal(-1, 2, count), 20.0)
    rows = members_of(chosen["household"].to_numpy(), Relation.SON_WIFE, 2, age, 2)
    return rows.with_columns(pl.Series("shape", chosen["shape"]), pl.Series("arrives", rng.integers(0, months, count)))


def married_houses(members: pl.DataFrame) -> list[int]:
    """Households where a daughter-in-law lives already."""
    return members.filter(pl.col("relation") == Relation.SON_WIFE)["household"].unique(maintain_order=True).to_list()


def unmarried(members: pl.DataFrame, relation: Relation, ages: tuple[float, float]) -> pl.DataFrame:
    """One grown child of each household that has one."""
    grown = (pl.col("relation") == relation) & pl.col("age").is_between(*ages)
    return members.filter(grown).unique("household", keep="first", maintain_order=True)


def first_of(
    people: pl.DataFrame, mask: pl.Expr, taken: NDArray[np.bool_], count: int, rng: np.random.Generator
) -> Ints:
    """At most count people for whom mask holds, one a household, whose household is not taken; takes them."""
    rows = people.filter(mask & (pl.col("present_from") == ALWAYS))
    places, house = rows["person"].to_numpy(), rows["household"].to_numpy()
    order = rng.permutation(np.flatnonzero(~taken[house]))
    _, first = np.unique(house[order], return_index=True)
    chosen = order[rng.permutation(first)[:count]]
    taken[house[chosen]] = True
    return np.asarray(places[chosen], dtype=np.int64)


def live(
    people: pl.DataFrame, households: pl.DataFrame, *, incidents: pl.DataFrame, months: int, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People and households with every event of the plan written into their month columns."""
    total, year = len(households), months / 12
    taken = np.zeros(total, dtype=bool)
    taken[incidents["household"].to_numpy()] = True
    taken[people.filter(pl.col("present_from") >= 0)["household"].to_numpy()] = True
    table = Table(people)
    age = pl.col("age")
    hazard = np.exp(-10.2 + 0.088 * people["age"].to_numpy().clip(0, 100)) * year
    dies = pl.Series("dies", (rng.random(len(people)) < hazard) & (people["age"].to_numpy() > 70))
    dead = first_of(people.with_columns(dies), pl.col("dies"), taken, len(people), rng)
    killed = incidents.filter(
        (pl.col("kind") == "no_labour") | ((pl.col("kind") == "income_drop") & (pl.col("variant") < 0.15))
    )
    planned = np.concatenate([dead, killed["person"].to_numpy()])
    bury(table, planned, np.concatenate([rng.integers(0, months, len(dead)), killed["month"].to_numpy()]), rng)
    wed(table, taken, count=round(total * WEDDINGS * year), months=months, rng=rng)
    splits = first_of(
        people, (pl.col("relation") == Relation.SON_WIFE) & (age < 48), taken, round(total * SPLITS * year), rng
    )
    households = split(table, people, households, house_of(people, splits), rng.integers(0, months, len(splits)))
    couples = first_of(people, pl.col("relation") == Relation.SPOUSE, taken, round(total * NEW_HEADS * year), rng)
    lead(table, couples, rng.integers(0, months, len(couples)))
    leaving = first_of(people, age > 20, taken, round(total * LEAVES * year), rng)
    table.set_house("present_until", house_of(people, leaving), rng.integers(0, months, len(leaving)))
    table.set_house(
        "listed_until", house_of(people, leaving), table["present_until"][table.heads_of(house_of(people, leaving))] + 1
    )
    moving = house_of(people, first_of(people, age > 20, taken, round(total * MOVES * year), rng))
    households = move(households, moving, rng.integers(0, months, len(moving)), rng)
    return table.frame(), households


def house_of(people: pl.DataFrame, who: Ints) -> Ints:
    """Households of people."""
    return people["household"].to_numpy()[who]


class Table:
    """People's columns as writable arrays, with an index from household to its people."""

    def __init__(self, people: pl.DataFrame) -> None:
        """Copy what events may write."""
        self.people = people
        names = ("present_until", "listed_until", "change_month", "new_household", "new_relation")
        self.columns = {name: people[name].to_numpy().copy() for name in names}
        self.house = people["household"].to_numpy()
        self.relation = people["relation"].to_numpy()

    def __getitem__(self, name: str) -> NDArray[np.int64]:
        """The writable column of a name."""
        return self.columns[name]

    def members(self, houses: Ints) -> tuple[Ints, Ints]:
        """People of households, and the place in houses of each one's household."""
        place = np.full(int(self.house.max(initial=0)) + 1, -1, dtype=np.int64)
        place[houses] = np.arange(len(houses))
        who = np.flatnonzero(place[self.house] >= 0)
        return who, place[self.house[who]]

    def heads_of(self, houses: Ints) -> Ints:
        """The head of each household, in the order of houses."""
        who, place = self.members(houses)
        out = np.zeros(len(houses), dtype=np.int64)
        head = self.relation[who] == Relation.HEAD
        out[place[head]] = who[head]
        return out

    def set_house(self, name: str, houses: Ints, values: Ints) -> None:
        """Write a value for everybody of each household."""
        who, place = self.members(houses)
        self.columns[name][who] = values[place]

    def frame(self) -> pl.DataFrame:
        """People with the written columns."""
        return self.people.with_columns(*(pl.Series(name, values) for name, values in self.columns.items()))


def bury(table: Table, dead: Ints, month: Ints, rng: np.random.Generator) -> None:
    """Deaths: gone at once, off the register up to two months later; a dead head's place is filled."""
    table["present_until"][dead] = month
    table["listed_until"][dead] = month + rng.choice([0, 1, 2], len(dead), p=[0.5, 0.3, 0.2])
    was_head = table.relation[dead] == Relation.HEAD
    houses = table.house[dead[was_head]]
    who, place = table.members(houses)
    alive = ~np.isin(who, dead)
    who, place = who[alive], place[alive]
    if not len(who):
        return
    age = table.people["age"].to_numpy()[who]
    relation = table.relation[who]
    rank = np.where(relation == 1, 0, np.where((relation <= 3) & (age >= 16), 1, np.where(age >= 16, 2, 3)))
    order = np.lexsort((-age, rank, place))
    _, first = np.unique(place[order], return_index=True)
    relead(table, who[order[first]], place[order[first]], table["listed_until"][dead[was_head]])


def relead(table: Table, new_heads: Ints, place: Ints, month: Ints) -> None:
    """A new head for each household: everybody's relation is told anew from the month on."""
    of_head = dict(zip(table.house[new_heads].tolist(), range(len(new_heads)), strict=True))
    who, spot = table.members(np.array(list(of_head), dtype=np.int64))
    led_by = table.relation[new_heads][spot]
    old = table.relation[who]
    fresh = np.where(
        led_by == 1, SPOUSE_LEADS[old], np.where((led_by == 2) | (led_by == 3), CHILD_LEADS[old], Relation.OTHER)
    )
    table["new_relation"][who] = np.where(who == new_heads[spot], Relation.HEAD, fresh)
    table["change_month"][who] = month[place][spot]


def lead(table: Table, spouses: Ints, month: Ints) -> None:
    """The spouse takes over as head while both live."""
    relead(table, spouses, np.arange(len(spouses)), month)


def wed(table: Table, taken: NDArray[np.bool_], *, count: int, months: int, rng: np.random.Generator) -> None:
    """Daughters marry sons of other households and move there."""
    people, age = table.people, pl.col("age")
    used = pl.col("household").is_in(married_houses(people))
    brides = first_of(people, (pl.col("relation") == Relation.DAUGHTER) & age.is_between(20, 33), taken, count, rng)
    grooms = first_of(people, (pl.col("relation") == Relation.SON) & age.is_between(22, 37) & ~used, taken, count, rng)
    pairs = min(len(brides), len(grooms))
    table["new_household"][brides[:pairs]] = table.house[grooms[:pairs]]
    table["new_relation"][brides[:pairs]] = Relation.SON_WIFE
    table["change_month"][brides[:pairs]] = rng.integers(0, months, pairs)


def split(table: Table, people: pl.DataFrame, households: pl.DataFrame, houses: Ints, month: Ints) -> pl.DataFrame:
    """The married son's family becomes a household of its own, with its share of the income."""
    if not len(houses):
        return households
    who, place = table.members(houses)
    relation = table.relation[who]
    oldest = people["age"].to_numpy()[who]
    first_son = np.full(len(houses), -1.0)
    np.maximum.at(first_son, place[relation == Relation.SON], oldest[relation == Relation.SON])
    heir = (relation == Relation.SON) & (oldest == first_son[place])
    goes = heir | np.isin(relation, [Relation.SON_WIFE, Relation.GRANDSON, Relation.GRANDDAUGHTER])
    told = np.select([heir, relation == Relation.SON_WIFE, relation == Relation.GRANDSON], [0, 1, 2], 3)
    has_heir = np.bincount(place[heir], minlength=len(houses))[place] > 0
    goes &= has_heir
    table["new_household"][who[goes]] = len(households) + place[goes]
    table["new_relation"][who[goes]] = told[goes]
    table["change_month"][who[goes]] = month[place[goes]]
    last_no = int(households["household_no"].to_numpy().max())
    young = households.select(pl.all().gather(houses.tolist())).with_columns(
        pl.Series("household", len(households) + np.arange(len(houses))),
        pl.Series("household_no", last_no + 1 + np.arange(len(houses))),
        pl.lit(NEVER, dtype=pl.Int16).alias("appraised_month"),
        pl.col("income_yuan") * 0.55,
    )
    return pl.concat([households, young])


def move(households: pl.DataFrame, moving: Ints, month: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """Households that settle in another village."""
    to, when = households["new_village"].to_numpy().copy(), households["move_month"].to_numpy().copy()
    to[moving] = rng.integers(0, int(to.max()) + 1, len(moving))
    when[moving] = month
    return households.with_columns(pl.Series("new_village", to), pl.Series("move_month", when))
