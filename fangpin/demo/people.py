"""What people and households are at the start: numbers, labour, health, disability, insurance, aid, house, income.

One frame of people (a row a person who ever lives here during the plan) and one of households. A month column
holds the place of a month from 0; NEVER says that it does not come, ALWAYS that it was so before the first.
"""

from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangpin.demo import words
from fangpin.demo.households import Relation
from fangpin.demo.idents import citizen_numbers, pick

ALWAYS: Final = -1
NEVER: Final = 99
PERSON_BASE: Final = 21_000_000
HOUSEHOLD_BASE: Final = 7_000_000
STANDING_POOR: Final = 0.003
"""Households under the line from the start; they stay there."""
WORKER_AGES: Final = (16, 59)
INCOMES: Final = (17_800.0, 12_600.0)
"""Typical income a head and year of ordinary and of relieved households (yuan)."""


def add_births(members: pl.DataFrame, *, first: date, rng: np.random.Generator) -> pl.DataFrame:
    """Members with birth (Date) from age in years before the first day of the plan."""
    days = np.maximum((members["age"].to_numpy() * 365.25).astype(np.int64), 1)
    first_day = np.datetime64(first, "D").astype(np.int64)
    births = pl.Series("birth", (first_day - days).astype(np.int32)).cast(pl.Date)
    prefix = rng.integers(0, len(words.OTHER_CODES), len(members))
    came = rng.random(len(members)) < np.where(members["line"].to_numpy() == 2, 0.17, 0.008)
    code = pl.DataFrame({"c": pick(words.OTHER_CODES, prefix), "came": came})
    codes = code.select(pl.when("came").then("c").otherwise(pl.lit(words.COUNTY_CODE)).alias("area_code")).to_series()
    return members.with_columns(births, codes)


def numbered(people: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """People with id_no, person_no (Int64, 人编号) and phone added."""
    count = len(people)
    phones = pl.Series("phone", rng.integers(13_000_000_000, 19_999_999_999, count)).cast(pl.String)
    return people.with_columns(
        citizen_numbers(people, rng),
        pl.Series("person_no", PERSON_BASE + rng.permutation(count)),
        phones,
    )


def with_condition(people: pl.DataFrame, *, first: date, rng: np.random.Generator) -> pl.DataFrame:
    """People with labour, health, disability, schooling and insurance.

    Added: able (Int8: 0 skilled … 3 lost), chronic, serious (Boolean), disability and grade (Int8, 0 none),
    cert_on (Date), cert_month, renewed_month, uninsured_from, (Int16 months), senior, college, away (Boolean).
    """
    count = len(people)
    age = people["age"].to_numpy()
    adult = age >= 18
    odds = np.interp(age, [0, 15, 40, 60, 80], [0.006, 0.014, 0.03, 0.07, 0.13])
    disabled = rng.random(count) < odds * 0.85
    kind = np.where(disabled, rng.choice([1, 2, 3, 4, 5, 6, 7], count, p=[0.13, 0.14, 0.03, 0.48, 0.08, 0.10, 0.04]), 0)
    grade = np.where(disabled, rng.choice([1, 2, 3, 4], count, p=[0.16, 0.28, 0.30, 0.26]), 0)
    chronic = adult & (rng.random(count) < np.interp(age, [18, 45, 60, 80], [0.01, 0.06, 0.16, 0.26]))
    able = np.where(disabled & (grade <= 2), 3, rng.choice([0, 1, 2], count, p=[0.13, 0.82, 0.05]))
    first_day = np.datetime64(first, "D").astype(np.int64)
    certified = first_day - rng.integers(40, 14 * 365, count)
    born = people["birth"].to_physical().to_numpy().astype(np.int64)
    healthy = ~disabled & ~chronic
    return people.with_columns(
        pl.Series("able", able.astype(np.int8)),
        pl.Series("chronic", chronic),
        pl.Series("serious", chronic & (rng.random(count) < 0.05)),
        pl.Series("disability", kind.astype(np.int8)),
        pl.Series("grade", grade.astype(np.int8)),
        pl.Series("cert_on", np.maximum(certified, born + 30).astype(np.int32)).cast(pl.Date),
        months_column("cert_month", np.where(disabled, ALWAYS, NEVER)),
        months_column("renewed_month", np.full(count, NEVER)),
        months_column("uninsured_from", np.where(healthy & (rng.random(count) < 0.025), ALWAYS, NEVER)),
        pl.Series("senior", rng.random(count) < 0.82),
        pl.Series("college", rng.random(count) < 0.5),
        pl.Series("away", rng.random(count) < 0.02),
    )


def with_life(people: pl.DataFrame) -> pl.DataFrame:
    """People with the columns that a life event fills, none filled yet."""
    count = len(people)
    now, later = np.full(count, ALWAYS), np.full(count, NEVER)
    return people.with_columns(
        *(months_column(c, now) for c in ("present_from", "listed_from")),
        *(
            months_column(c, later)
            for c in ("present_until", "listed_until", "change_month", "rename_month", "fix_month")
        ),
        pl.col("household").alias("new_household"),
        pl.col("relation").alias("new_relation"),
        pl.col("name").alias("former_name"),
        pl.col("id_no").alias("wrong_id"),
        pl.lit(value=False).alias("shared_id"),
    )


def months_column(name: str, values: NDArray[np.int64]) -> pl.Series:
    """A column of month places (Int16)."""
    return pl.Series(name, values.astype(np.int16))


def is_worker(people: pl.DataFrame) -> NDArray[np.bool_]:
    """Who earns at the start: of working age, able, not a student."""
    age = people["age"].to_numpy()
    student = people["senior"].to_numpy() & ((age < 18.5) | (people["college"].to_numpy() & (age < 22)))
    able = people["able"].to_numpy() <= 1
    return np.asarray((age >= WORKER_AGES[0]) & (age < WORKER_AGES[1]) & able & ~student)


def make_households(people: pl.DataFrame, *, village_of: NDArray[np.int64], rng: np.random.Generator) -> pl.DataFrame:
    """Households of people.

    One row a household: household, household_no (Int64, 户编号), village, group, size, workers, relieved, monitored
    (Int8, 0 none), income_yuan (a year), farm, migrant (0–1), move_month, new_village.
    """
    count = len(village_of)
    worker = pl.Series("worker", is_worker(people))
    counts = (
        people.with_columns(worker)
        .group_by("household")
        .agg(pl.len().alias("size"), pl.col("worker").sum().alias("workers"))
        .sort("household")
    )
    size, workers = counts["size"].to_numpy(), counts["workers"].to_numpy()
    relieved = rng.random(count) < np.where(workers == 0, 0.30, 0.16)
    level = np.where(relieved, INCOMES[1], INCOMES[0]) * np.exp(rng.normal(0, 0.30, count))
    rate = np.where(workers == 0, 0.62, np.clip(0.72 + 0.5 * workers / size, 0.75, 1.25))
    standing = rng.random(count) < STANDING_POOR
    a_head = np.where(standing, rng.uniform(5_600, 6_600, count), np.maximum(level * rate, 9_000.0))
    monitored = (standing | (rng.random(count) < np.where(relieved, 0.05, 0.008))) * rng.integers(1, 4, count)
    return pl.DataFrame(
        {
            "household": np.arange(count),
            "household_no": HOUSEHOLD_BASE + rng.permutation(count),
            "village": village_of,
            "group": rng.integers(1, 13, count),
            "size": size,
            "workers": workers,
            "relieved": relieved,
            "monitored": monitored.astype(np.int8),
            "income_yuan": a_head * size,
            "farm": rng.beta(1.5, 4.0, count),
            "migrant": (rng.random(count) < 0.42) & (workers > 0),
            "move_month": np.full(count, NEVER, dtype=np.int16),
            "new_village": village_of,
        }
    )


COVERED_IDLE: Final = 0.95
"""Share of households without a worker that are on the roster as a whole: the safety net reaches nearly all of them."""


def with_aid(people: pl.DataFrame, households: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """People with aid (Int8: 0 none, 1 rural 低保, 2 特困, 3 低保边缘), aid_tier (Int8) and aid_from (month place)."""
    count = len(households)
    poor = households["income_yuan"].to_numpy() / households["size"].to_numpy() < 11_500
    idle = households["workers"].to_numpy() == 0
    alone = (households["size"].to_numpy() == 1) & idle
    draw = rng.random(count)
    whole = draw < np.where(idle, COVERED_IDLE, np.where(poor, 0.13, 0.004))
    edge = ~whole & (draw > 0.994)
    cared = alone & (rng.random(count) < 0.06)
    house = people["household"].to_numpy()
    single = (people["grade"].to_numpy() > 0) & (people["grade"].to_numpy() <= 2) & (rng.random(len(people)) < 0.35)
    aid = np.where(cared[house], 2, np.where(whole[house] | single, 1, np.where(edge[house], 3, 0)))
    tier = rng.integers(0, 3, count)[house]
    return people.with_columns(
        pl.Series("aid", aid.astype(np.int8)),
        pl.Series("aid_tier", tier.astype(np.int8)),
        months_column("aid_from", np.where(aid > 0, ALWAYS, NEVER)),
    )


def with_houses(households: pl.DataFrame, *, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """Households with their house: level (Int8: 0 not appraised, 1–4 A–D), appraised_month, rebuilt, inhabited."""
    count = len(households)
    listed = rng.random(count) < np.where(households["relieved"].to_numpy(), 0.62, 0.16)
    later = ~listed & (rng.random(count) < 0.02)
    level = np.where(
        listed, rng.choice([1, 2, 3, 4], count, p=[0.66, 0.27, 0.055, 0.015]), rng.choice([1, 2], count, p=[0.7, 0.3])
    )
    month = np.where(listed, ALWAYS, np.where(later, rng.integers(0, max(months, 1), count), NEVER))
    return households.with_columns(
        pl.Series("level", np.where(listed | later, level, 0).astype(np.int8)),
        months_column("appraised_month", month),
        pl.Series("rebuilt", level >= 3),
        pl.Series("inhabited", (level < 3) | (rng.random(count) < 0.93)),
        pl.Series("built_year", rng.integers(1975, 2020, count)),
    )


def heads(people: pl.DataFrame) -> pl.DataFrame:
    """The head of each household at the start, one row a household."""
    return people.filter(pl.col("relation") == Relation.HEAD).unique("household", keep="first", maintain_order=True)
