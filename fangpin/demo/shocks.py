"""The planted events: shocks that deserve a visit and decoys that only look like one.

One frame of incidents, one row a household at most (a lost only worker adds a second row for the income). An incident
is only drawn for somebody it can befall; what it does to the files is written into people, households and bills.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangpin.demo.people import ALWAYS, NEVER, is_worker

SHOCK_SHARE: Final = 0.012
DECOY_SHARE: Final = 0.018
FIRST_MONTH: Final = 2
LINE_YUAN: Final = 7_000.0
SEPTEMBER: Final = 9


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of incident: its share of all of its class, whom it can befall, how large it is."""

    name: str
    role: str
    share: float
    eligible: str
    low: float
    high: float

    @property
    def shock(self) -> bool:
        """Whether it deserves a visit."""
        return self.role == "shock"


KINDS: Final = (
    Kind("no_labour", "shock", 0.03, "only_worker", 0.60, 0.80),
    Kind("dropout", "shock", 0.10, "pupil", 1.0, 1.0),
    Kind("income_low", "shock", 0.03, "near_line", 0.0, 0.0),
    Kind("new_disability", "shock", 0.10, "able", 1.0, 4.0),
    Kind("uninsured_illness", "shock", 0.08, "insured_adult", 2_500.0, 5_500.0),
    Kind("unsafe_housing", "shock", 0.09, "no_appraisal", 3.0, 4.0),
    Kind("new_dibao", "shock", 0.06, "no_aid", 1.0, 1.0),
    Kind("medical_spike", "shock", 0.20, "healthy_adult", 0.30, 0.90),
    Kind("income_drop", "shock", 0.31, "earner", 0.35, 0.80),
    Kind("graduated", "decoy", 0.06, "last_year_pupil", 0.0, 0.0),
    Kind("school_transfer", "decoy", 0.08, "pupil", 0.0, 0.0),
    Kind("disability_renewed", "decoy", 0.09, "certified", 0.0, 0.0),
    Kind("chronic_steady", "decoy", 0.07, "chronic", 420.0, 760.0),
    Kind("uninsured_minor", "decoy", 0.09, "insured_adult", 40.0, 300.0),
    Kind("grade_c_rebuilt", "decoy", 0.08, "no_appraisal", 3.0, 3.0),
    Kind("large_but_reimbursed", "decoy", 0.12, "healthy_adult", 45_000.0, 110_000.0),
    Kind("reversal", "decoy", 0.08, "healthy_adult", 12_000.0, 60_000.0),
    Kind("double_payday", "decoy", 0.09, "earner", 0.75, 0.95),
    Kind("migrant_season", "decoy", 0.10, "migrant", 0.55, 0.75),
    Kind("one_month_dip", "decoy", 0.24, "earner", 0.40, 0.80),
)
"""Rare conditions come first, so that a common one does not take their households."""


def eligible_people(
    people: pl.DataFrame, households: pl.DataFrame, *, leaving_year: int
) -> dict[str, NDArray[np.bool_]]:
    """Who each condition holds for, one Boolean a person and condition."""
    age = people["age"].to_numpy()
    house = people["household"].to_numpy()
    worker = is_worker(people)
    workers = households["workers"].to_numpy()[house]
    size = households["size"].to_numpy()
    a_head = (households["income_yuan"].to_numpy() / size)[house]
    not_able = people["disability"].to_numpy() > 0
    chronic = people["chronic"].to_numpy()
    aid = people["aid"].to_numpy()
    home_aid = np.bincount(house, weights=aid, minlength=len(households))[house] > 0
    able_rest = worker | ((age >= 15) & (age < 70))
    grown = np.bincount(house, weights=able_rest, minlength=len(households))[house]
    insured = people["uninsured_from"].to_numpy() == NEVER
    pupil = (age >= 6.9) & (age < 14.3) & ~people["away"].to_numpy() & ~not_able
    adult = (age >= 24) & (age < 85)
    appraised = (households["appraised_month"].to_numpy() != NEVER)[house]
    head = people["relation"].to_numpy() == 0
    big = households["size"].to_numpy()[house] > 1
    return {
        "only_worker": worker & (workers == 1) & (grown == 1) & ~home_aid & big,
        "pupil": pupil,
        "near_line": worker & (a_head > LINE_YUAN * 1.25) & (a_head < LINE_YUAN * 1.6) & ~home_aid,
        "able": (age > 8) & ~not_able & ~chronic & insured,
        "insured_adult": adult & insured & ~chronic & ~not_able,
        "no_appraisal": head & ~appraised,
        "no_aid": head & ~home_aid & (a_head < 16_000),
        "healthy_adult": adult & insured & ~chronic,
        "earner": worker & (workers >= 1),
        "last_year_pupil": pupil_of_last_year(people, leaving_year),
        "certified": not_able & (age > 12),
        "chronic": chronic & insured & ~people["serious"].to_numpy(),
        "migrant": worker & households["migrant"].to_numpy()[house],
    }


def pupil_of_last_year(people: pl.DataFrame, leaving_year: int) -> NDArray[np.bool_]:
    """Who finishes the ninth year in the summer of a year and does not go on."""
    born = people["birth"]
    ninth = (leaving_year - 1 - born.dt.year() - (born.dt.month() >= SEPTEMBER).cast(pl.Int32) - 5 == 9).to_numpy()
    leaves = ~people["senior"].to_numpy() & ~people["away"].to_numpy() & (people["disability"].to_numpy() == 0)
    return np.asarray(ninth & leaves)


def draw_incidents(
    people: pl.DataFrame, households: pl.DataFrame, *, days: list[date], rng: np.random.Generator
) -> pl.DataFrame:
    """The incidents of a county.

    One row an incident: kind, shock (Boolean), month (place), magnitude (Float64), household, person, variant (0–1).
    days holds the first day of each month.
    """
    months, calendar = len(days), [day.month for day in days]
    leaving = [day.year for day in days[FIRST_MONTH:] if day.month == SEPTEMBER]
    able = eligible_people(people, households, leaving_year=leaving[0] if leaving else 0)
    house = people["household"].to_numpy()
    settled = people["present_from"].to_numpy() == ALWAYS
    free = np.ones(len(households), dtype=bool)
    parts: list[pl.DataFrame] = []
    for kind in KINDS if months > FIRST_MONTH else ():
        month_pool = months_of(kind.name, months, calendar)
        if not month_pool:
            continue
        candidates = rng.permutation(np.flatnonzero(able[kind.eligible] & settled & free[house]))
        homes, first = np.unique(house[candidates], return_index=True)
        total = len(households) * (SHOCK_SHARE if kind.shock else DECOY_SHARE) * kind.share
        chosen = rng.permutation(len(homes))[: max(1, round(total))]
        free[homes[chosen]] = False
        parts.append(incident_rows(kind, candidates[first[chosen]], house, np.array(month_pool), rng))
    if not parts:
        return incident_rows(KINDS[0], np.array([], dtype=np.int64), house, np.array([0]), rng)
    incidents = pl.concat(parts)
    incidents = incidents.with_columns(shrunk(incidents, households))
    fallen = incidents.filter(pl.col("kind").is_in(["no_labour", "income_low"])).with_columns(
        kind=pl.lit("income_drop"), variant=pl.lit(2.0)
    )
    return pl.concat([incidents, fallen])


def shrunk(incidents: pl.DataFrame, households: pl.DataFrame) -> pl.Expr:
    """The magnitude of each incident; a household that comes under the line loses what brings it there."""
    a_head = pl.Series(households["income_yuan"].to_numpy() / households["size"].to_numpy()).gather(
        incidents["household"]
    )
    under = 1 - LINE_YUAN * 0.8 / a_head
    return pl.when(pl.col("kind") == "income_low").then(under).otherwise("magnitude").alias("magnitude")


def months_of(kind: str, months: int, calendar: list[int]) -> list[int]:
    """Month places a kind of incident may fall in."""
    later = [m for m in range(FIRST_MONTH, months) if kind != "dropout" or calendar[m] not in (7, 8)]
    if kind == "graduated":
        return [m for m in later if calendar[m] == SEPTEMBER]
    if kind == "migrant_season":
        return [m for m in range(months) if calendar[m] == 2]
    return later


def incident_rows(
    kind: Kind,
    chosen: NDArray[np.int64],
    house: NDArray[np.int64],
    month_pool: NDArray[np.int64],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Incidents of one kind for the chosen people."""
    count = len(chosen)
    sizes = rng.uniform(kind.low, kind.high, count)
    whole = kind.name in {"new_disability", "unsafe_housing", "grade_c_rebuilt"}
    return pl.DataFrame(
        {
            "kind": pl.Series([kind.name] * count, dtype=pl.String),
            "shock": pl.Series([kind.shock] * count, dtype=pl.Boolean),
            "month": month_pool[rng.integers(0, len(month_pool), count)].astype(np.int64),
            "magnitude": np.floor(sizes + 0.5) if whole else sizes,
            "household": house[chosen],
            "person": chosen,
            "variant": rng.random(count),
        }
    )
