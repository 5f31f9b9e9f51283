"""Citizen numbers of invented people: GB 11643 check digits, order numbers by sex, old 15-digit forms.

Whole columns at once. Prefixes are unassigned area codes, so no number made here can belong to a real person.
"""

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]

WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
CHECKS: Final = np.frombuffer(b"10X98765432", dtype=np.uint8)
ORDERS_A_DAY: Final = 500
ORDER_STEP: Final = 207
"""Coprime to 500, so that the people of one day and sex get scattered order numbers without a collision."""


def check_letters(bodies: pl.Series) -> pl.Series:
    """Check characters (String) of 17-digit bodies (String), one row in and one row out."""
    digits = np.frombuffer("".join(bodies.to_list()).encode(), dtype=np.uint8).reshape(-1, 17).astype(np.int64) - 48
    letters = CHECKS[(digits @ WEIGHTS) % 11]
    return pl.Series(letters.view("S1")).cast(pl.String)


def citizen_numbers(people: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """Unique valid 18-digit numbers for people.

    Rows in: area_code (String), birth (Date), sex (Int8, 1 male / 2 female). One String a row out.
    """
    shift = int(rng.integers(0, ORDERS_A_DAY))
    keys = people.select("area_code", "birth", "sex")
    rank = keys.select((pl.int_range(pl.len()).over("area_code", "birth", "sex")).alias("rank"))["rank"].to_numpy()
    days = people["birth"].to_physical().to_numpy().astype(np.int64)
    order = 2 * ((rank * ORDER_STEP + days * 131 + shift) % ORDERS_A_DAY) + (people["sex"].to_numpy() == 1)
    bodies = people.select(
        pl.concat_str(
            pl.col("area_code"),
            pl.col("birth").dt.strftime("%Y%m%d"),
            pl.Series("order", order).cast(pl.String).str.zfill(3),
        ).alias("body")
    )["body"]
    return (bodies + check_letters(bodies)).alias("id_no")


def is_valid(numbers: pl.Series) -> pl.Series:
    """Whether each String is 18 characters with the right check character (Boolean)."""
    shaped = numbers.str.contains(r"^\d{17}[\dX]$").fill_null(value=False)
    out: NDArray[np.bool_] = np.zeros(len(numbers), dtype=bool)
    rows = np.flatnonzero(shaped.to_numpy())
    if len(rows):
        good = numbers.gather(rows)
        out[rows] = (check_letters(good.str.slice(0, 17)) == good.str.slice(17)).to_numpy()
    return pl.Series(out)


def pick(pool: Any, places: Any) -> pl.Series:
    """Words of a pool (String) at the given places."""
    return pl.Series(list(pool), dtype=pl.String).gather(np.asarray(places, dtype=np.int64))
