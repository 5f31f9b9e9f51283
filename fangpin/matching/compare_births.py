"""How birth, age and sex of a row stand to a person's.

Floor 2. Whole arrays of pairs; null on either side is unknown.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from fangpin.matching.levels import Codes, Flags, Pairs, set_level

Days = npt.NDArray[np.int32]
_NO_DAY: Final = -(2**31) + 1


def compare_births(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame) -> None:
    """How a declared birth, or else an age, stands to the registered birth."""
    mine, theirs = (
        frame["birth_on"].to_physical().fill_null(_NO_DAY).to_numpy()[at]
        for frame, at in ((rows, pairs.row), (persons, pairs.person))
    )
    year, born = (
        frame["birth_year"].fill_null(0).to_numpy()[at] for frame, at in ((rows, pairs.row), (persons, pairs.person))
    )
    known = theirs != _NO_DAY
    told = known & (mine != _NO_DAY)
    set_level(codes, "birth", "differs", told)
    set_level(codes, "birth", "year", told & (year == born))
    set_level(codes, "birth", "same", told & (mine == theirs))
    other = np.flatnonzero(told & (mine != theirs))
    set_level(codes, "birth", "near", other[_one_slip(mine[other], theirs[other])])
    aged = known & (mine == _NO_DAY) & (year != 0)
    set_level(codes, "age", "age_differs", aged)
    set_level(codes, "age", "age", aged & (np.abs(year - born) <= 1))


def _one_slip(mine: Days, theirs: Days) -> Flags:
    """Whether two days differ in one digit of YYYYMMDD, or in day and month changed over."""
    parts = []
    for days in (mine, theirs):
        day = days.astype("datetime64[D]")
        month = day.astype("datetime64[M]")
        parts.append(
            (
                month.astype("datetime64[Y]").astype(int) + 1970,
                month.astype(int) % 12 + 1,
                (day - month).astype(int) + 1,
            )
        )
    (year, month_, date), (born, month_born, date_born) = parts
    one, other = year * 10000 + month_ * 100 + date, born * 10000 + month_born * 100 + date_born
    wrong = sum(((one // 10**i % 10) != (other // 10**i % 10)).astype(np.int8) for i in range(8))
    swapped = (year == born) & (month_ == date_born) & (date == month_born)
    slip: Flags = (wrong == 1) | swapped
    return slip


def compare_sexes(codes: Codes, pairs: Pairs, rows: pl.DataFrame, persons: pl.DataFrame) -> None:
    """Whether the sex is the same."""
    mine, theirs = (
        frame["sex"].replace_strict({"男": 1, "女": 2}, default=0, return_dtype=pl.UInt8).fill_null(0).to_numpy()[at]
        for frame, at in ((rows, pairs.row), (persons, pairs.person))
    )
    told = (mine != 0) & (theirs != 0)
    set_level(codes, "sex", "differs", told)
    set_level(codes, "sex", "same", told & (mine == theirs))
