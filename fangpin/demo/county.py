"""The whole invented county before any file: plan, places, people, households, incidents, outsiders.

Built once from the seed; a month's state is read off it by comparing month places (see month.py).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from fangpin.demo import words
from fangpin.demo.effects import apply_incidents
from fangpin.demo.households import PEOPLE_A_HOUSEHOLD, make_members
from fangpin.demo.idents import check_letters, citizen_numbers, pick
from fangpin.demo.lives import FIXED, RENAMED, SHARED, live, make_brides, make_newborns
from fangpin.demo.names import ALL_SURNAMES, draw_surnames, given_names, name_people
from fangpin.demo.people import (
    add_births,
    make_households,
    months_column,
    numbered,
    with_aid,
    with_condition,
    with_houses,
    with_life,
)
from fangpin.demo.places import make_villages
from fangpin.demo.shocks import draw_incidents

OUTSIDER_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class CountyPlan:
    """What county to invent: everything follows from these values."""

    seed: int
    people: int = 20_000
    months: int = 12
    first_month: str = "2024-01"
    townships: int = 17
    dirt: str = "typical"


@dataclass(frozen=True, slots=True)
class County:
    """An invented county: one frame of each kind of thing."""

    plan: CountyPlan
    villages: pl.DataFrame
    people: pl.DataFrame
    households: pl.DataFrame
    incidents: pl.DataFrame
    outsiders: pl.DataFrame


def calendar(plan: CountyPlan) -> list[date]:
    """The first day of each month of the plan."""
    year, month = (int(part) for part in plan.first_month.split("-"))
    return [date(year + (month - 1 + k) // 12, (month - 1 + k) % 12 + 1, 1) for k in range(plan.months)]


def build_county(plan: CountyPlan) -> County:
    """Invent the county of a plan, the same for the same plan."""
    rng = np.random.default_rng([plan.seed, 1])
    days = calendar(plan)
    families = max(40, round(plan.people / PEOPLE_A_HOUSEHOLD))
    villages = make_villages(families=families, townships=plan.townships, rng=rng)
    village_of = rng.integers(0, len(villages), families)
    members = make_members(families=families, rng=rng).with_columns(arrives=pl.lit(-1, dtype=pl.Int64))
    arrivals = [
        make(members, months=plan.months, rng=rng).select(members.columns) for make in (make_newborns, make_brides)
    ]
    people = add_births(pl.concat([members, *arrivals]), first=days[0], rng=rng)
    people = name_people(people, village_of=village_of, minority_village=villages["minority"].to_numpy(), rng=rng)
    people = with_life(with_condition(numbered(people, rng), first=days[0], rng=rng))
    lag = rng.choice([0, 1, 2], len(people), p=[0.6, 0.3, 0.1])
    came = people["arrives"].to_numpy()
    people = people.with_columns(
        pl.int_range(pl.len()).alias("person"),
        months_column("present_from", came),
        months_column("listed_from", np.where(came >= 0, came + lag, came)),
    )
    households = make_households(people.filter(pl.col("arrives") < 0), village_of=village_of, rng=rng)
    people = with_aid(people, households, rng)
    households = with_houses(households, months=plan.months, rng=rng)
    incidents = draw_incidents(people, households, days=days, rng=rng)
    people, households = live(people, households, incidents=incidents, months=plan.months, rng=rng)
    people, households = apply_incidents(people, households, incidents=incidents, days=days, rng=rng)
    people = correct(people, months=plan.months, rng=rng)
    return County(plan, villages, people, households, incidents, make_outsiders(people, days[0], rng))


def correct(people: pl.DataFrame, *, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """People with register mistakes: a name changed later, a wrong digit put right later, a father's number."""
    count = len(people)
    renamed, fixed, shared = rng.random(count) < RENAMED, rng.random(count) < FIXED, rng.random(count) < SHARED
    fresh = pick(ALL_SURNAMES, people["surname"].to_numpy()) + given_names(
        people["sex"].to_numpy().astype(np.int64),
        people["birth"].dt.year().to_numpy().astype(np.int64),
        pl.Series([None] * count, dtype=pl.String),
        rng,
    )
    last = pl.Series((rng.integers(1, 10, count) + people["id_no"].str.slice(16, 1).cast(pl.Int64).to_numpy()) % 10)
    wrong = people["id_no"].str.slice(0, 16) + last.cast(pl.String) + people["id_no"].str.slice(17)
    table = people.with_columns(
        pl.Series("renamed", renamed),
        pl.Series("fixed", fixed),
        pl.Series("shared", shared),
        fresh.alias("fresh"),
        wrong.alias("wrong"),
        pl.Series("when", rng.integers(0, months, count).astype(np.int16)),
    )
    plain = pl.col("renamed") & ~pl.col("minority")
    return table.with_columns(
        pl.when(plain).then("when").otherwise("rename_month").alias("rename_month"),
        pl.when(plain).then("fresh").otherwise("name").alias("name"),
        pl.when("fixed").then("when").otherwise("fix_month").alias("fix_month"),
        pl.when("fixed").then("wrong").otherwise("id_no").alias("wrong_id"),
        (pl.col("shared") & (pl.col("age") < 6)).alias("shared_id"),
    ).drop("renamed", "fixed", "shared", "fresh", "wrong", "when")


def make_outsiders(people: pl.DataFrame, first: date, rng: np.random.Generator) -> pl.DataFrame:
    """People who are in the departments' files but not in the register; some share a villager's name.

    One row a person: name, id_no, sex, birth, age, town (Boolean: lives in the county town), place (an address).
    """
    count = max(60, round(len(people) * OUTSIDER_SHARE))
    alike = rng.integers(0, len(people), count)
    copies = rng.random(count) < 0.3
    sex = np.where(copies, people["sex"].to_numpy()[alike], rng.integers(1, 3, count)).astype(np.int64)
    age = np.where(copies & (rng.random(count) < 0.3), people["age"].to_numpy()[alike], rng.uniform(1, 85, count)).clip(
        0.2
    )
    first_day = int(np.datetime64(first, "D").astype(np.int64))
    birth = pl.Series("birth", (first_day - age * 365.25).astype(np.int32)).cast(pl.Date)
    own = pick(ALL_SURNAMES, draw_surnames(count, rng)) + given_names(
        sex, birth.dt.year().to_numpy().astype(np.int64), pl.Series([None] * count, dtype=pl.String), rng
    )
    near = rng.random(count) < 0.45
    where = rng.integers(0, len(words.OTHER_CODES), count)
    frame = pl.DataFrame(
        {"alike": people["name"].gather(alike), "own": own, "copies": copies, "near": near, "birth": birth}
    )
    frame = frame.with_columns(
        pl.Series("sex", sex.astype(np.int8)),
        pl.Series("age", age),
        pl.when("copies").then("alike").otherwise("own").alias("name"),
        pl.when("near").then(pl.lit(words.COUNTY_CODE)).otherwise(pick(words.OTHER_CODES, where)).alias("area_code"),
        pl.when("near")
        .then(words.COUNTY + "城区" + pick(words.STREETS, rng.integers(0, len(words.STREETS), count)))
        .otherwise(pick(words.OTHER_COUNTIES, where))
        .alias("place"),
    )
    return frame.with_columns(unlike(citizen_numbers(frame, rng), people["id_no"])).drop("alike", "own", "copies")


def unlike(numbers: pl.Series, taken: pl.Series) -> pl.Series:
    """Numbers of which none is taken: a clash gets the area code that nobody else has."""
    clash = numbers.is_in(taken.implode())
    body = words.SPARE_CODE + numbers.str.slice(6, 11)
    return (
        pl.DataFrame({"n": numbers, "clash": clash, "spare": body + check_letters(body)})
        .select(pl.when("clash").then("spare").otherwise("n").alias("id_no"))
        .to_series()
    )
