"""What the planted incidents change in people and households (the bills and incomes are in money.py).

Frames in, frames out; an incident writes month places and values, so that a month before it shows nothing.
"""

from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangpin.demo.people import ALWAYS, NEVER


def apply_incidents(
    people: pl.DataFrame,
    households: pl.DataFrame,
    *,
    incidents: pl.DataFrame,
    days: list[date],
    rng: np.random.Generator,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People and households with the marks of every incident."""
    first_days = np.array(days, dtype="datetime64[D]").astype(np.int64)
    people = mark_certificates(people, incidents, first_days, rng)
    ill = incidents.filter(pl.col("kind").is_in(["uninsured_illness", "uninsured_minor"]))
    people = put(people, "uninsured_from", ill["person"], ill["month"])
    aided = incidents.filter(pl.col("kind") == "new_dibao")
    month = np.full(len(households), NEVER)
    month[aided["household"].to_numpy()] = aided["month"].to_numpy()
    starts = month[people["household"].to_numpy()]
    new = pl.Series("new", starts != NEVER)
    people = people.with_columns(
        pl.when(new).then(pl.lit(1, dtype=pl.Int8)).otherwise("aid").alias("aid"),
        pl.when(new).then(pl.Series(starts.astype(np.int16))).otherwise("aid_from").alias("aid_from"),
    )
    return people, mark_houses(households, incidents)


def mark_certificates(
    people: pl.DataFrame, incidents: pl.DataFrame, first_days: NDArray[np.int64], rng: np.random.Generator
) -> pl.DataFrame:
    """Certificates: new ones, exchanged ones, and severe ones of people who will be found uninsured."""
    new = incidents.filter(pl.col("kind") == "new_disability")
    kinds = rng.choice([1, 2, 4, 6, 7], len(new), p=[0.15, 0.15, 0.5, 0.15, 0.05])
    people = put(people, "disability", new["person"], kinds)
    people = put(people, "grade", new["person"], new["magnitude"].cast(pl.Int64))
    people = put(people, "cert_month", new["person"], new["month"])
    issued = first_days[new["month"].to_numpy()] + rng.integers(0, 27, len(new))
    people = put(people, "cert_on", new["person"], issued)
    again = incidents.filter(pl.col("kind") == "disability_renewed")
    people = put(people, "renewed_month", again["person"], again["month"])
    severe = incidents.filter((pl.col("kind") == "uninsured_illness") & (pl.col("variant") >= 0.6))
    people = put(people, "disability", severe["person"], np.full(len(severe), 4))
    people = put(people, "grade", severe["person"], rng.integers(1, 3, len(severe)))
    return put(people, "cert_month", severe["person"], np.full(len(severe), ALWAYS))


def mark_houses(households: pl.DataFrame, incidents: pl.DataFrame) -> pl.DataFrame:
    """Houses newly found to be C or D, and C houses that turn out to be rebuilt already."""
    bad = incidents.filter(pl.col("kind").is_in(["unsafe_housing", "grade_c_rebuilt"]))
    households = put(households, "level", bad["household"], bad["magnitude"].cast(pl.Int64))
    households = put(households, "appraised_month", bad["household"], bad["month"])
    households = put(households, "rebuilt", bad["household"], (bad["kind"] == "grade_c_rebuilt").to_numpy())
    return put(households, "inhabited", bad["household"], np.full(len(bad), fill_value=True))


def put(frame: pl.DataFrame, column: str, places: pl.Series, values: Any) -> pl.DataFrame:
    """The frame with values written at places of one column."""
    kind = frame[column].dtype
    physical = frame[column].to_physical().to_numpy().copy()
    physical[places.to_numpy()] = np.asarray(values)
    return frame.with_columns(pl.Series(column, physical).cast(kind))
