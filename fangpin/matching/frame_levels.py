"""How two cells of any two frames agree: a level code per pair, by the kind of comparison declared.

Floor 2. Code 0 is "unknown" (null or blank on either side), 1 is "same", then the declared steps, last "differs".
Texts are compared by character (rapidfuzz), all pairs of a column at once.
"""

from __future__ import annotations

from typing import Final, Literal, Self

import numpy as np
import polars as pl
from pydantic import Field, StrictBool, model_validator
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from fangpin.config.declaration import Declaration
from fangpin.matching.em import Codes

_STEPLESS: Final = ("exact", "date")
_DATE_LEVELS: Final = ("swapped", "one_digit", "same_year")


class Comparison(Declaration):
    """One column compared in both frames.

    kind: exact; edits (slips of the pen: wrong, lost, doubled or exchanged characters); digits (the same, other
    characters ignored); similarity (Jaro-Winkler, 0-1); date (polars dates or texts like 19410317: day and month
    swapped, one digit wrong or two exchanged, same year). steps: of edits and digits the most edits of each level,
    rising; of similarity the least similarity, falling.
    by_frequency: a rare value says more than a common one when both sides have it.

    >>> Comparison(column="surname", kind="edits", steps=(1, 2)).levels
    ('unknown', 'same', 'within_1', 'within_2', 'differs')
    """

    column: str
    kind: Literal["exact", "edits", "digits", "similarity", "date"]
    steps: tuple[float, ...] = Field(default=(), max_length=8)
    by_frequency: StrictBool = False

    @model_validator(mode="after")
    def _steps_fit_the_kind(self) -> Self:
        if (self.kind in _STEPLESS) != (not self.steps):
            message = "steps belong to edits, digits and similarity, and only to them"
            raise ValueError(message)
        if list(self.steps) != sorted(set(self.steps), reverse=self.kind == "similarity"):
            message = "steps go from near to far"
            raise ValueError(message)
        return self

    @property
    def levels(self) -> tuple[str, ...]:
        """The names of its levels, by code."""
        word = "from" if self.kind == "similarity" else "within"
        steps = _DATE_LEVELS if self.kind == "date" else tuple(f"{word}_{step:g}" for step in self.steps)
        return ("unknown", "same", *steps, "differs")


def level_codes(left: pl.Series, right: pl.Series, comparison: Comparison) -> Codes:
    """The level of each pair of cells (u8): the index into comparison.levels.

    >>> one, other = pl.Series(["smith", "smith", "smith", None]), pl.Series(["smith", "smiht", "jones", "smith"])
    >>> level_codes(one, other, Comparison(column="surname", kind="edits", steps=(1,))).tolist()
    [1, 2, 3, 0]
    """
    mine, theirs = as_text(left, comparison), as_text(right, comparison)
    unknown = (mine.is_null() | theirs.is_null()).to_numpy()
    same = (mine == theirs).fill_null(value=False).to_numpy()
    codes = np.full(len(mine), len(comparison.levels) - 1, dtype=np.uint8)
    if comparison.kind == "date":
        codes = _date_codes(mine, theirs, codes)
    elif comparison.kind == "similarity":
        codes = _similarity_codes(mine, theirs, comparison, codes)
    elif comparison.kind != "exact":
        codes = _edit_codes(mine, theirs, comparison, codes)
    codes[same] = 1
    codes[unknown] = 0
    return codes


def as_text(values: pl.Series, comparison: Comparison) -> pl.Series:
    """The cells as the comparison reads them; blank is null."""
    if values.dtype == pl.Date:
        return values.dt.strftime("%Y%m%d")
    text = values.cast(pl.String).str.strip_chars()
    if comparison.kind in ("digits", "date"):
        text = text.str.replace_all(r"[^0-9]", "")
    return text.replace("", None)


def _edit_codes(mine: pl.Series, theirs: pl.Series, comparison: Comparison, codes: Codes) -> Codes:
    edits = _edits(mine, theirs, int(comparison.steps[-1]))
    for code, step in reversed(list(enumerate(comparison.steps, start=2))):
        codes[edits <= step] = code
    return codes


def _similarity_codes(mine: pl.Series, theirs: pl.Series, comparison: Comparison, codes: Codes) -> Codes:
    alike = cpdist(
        *(side.fill_null("").to_list() for side in (mine, theirs)),
        scorer=JaroWinkler.similarity,
        dtype=np.float32,
        workers=-1,
    )
    for code, step in reversed(list(enumerate(comparison.steps, start=2))):
        codes[alike >= np.float32(step)] = code
    return codes


def _date_codes(mine: pl.Series, theirs: pl.Series, codes: Codes) -> Codes:
    year = mine.str.head(4) == theirs.str.head(4)
    month, day, other_month, other_day = (s.str.slice(at, 2) for s in (mine, theirs) for at in (4, 6))
    swapped = year & (month == other_day) & (day == other_month)
    edits = _edits(mine, theirs, 1)
    codes[year.fill_null(value=False).to_numpy()] = 4
    codes[edits <= 1] = 3
    codes[swapped.fill_null(value=False).to_numpy()] = 2
    return codes


def _edits(mine: pl.Series, theirs: pl.Series, most: int) -> Codes:
    edits: Codes = cpdist(
        *(side.fill_null("").to_list() for side in (mine, theirs)),
        scorer=OSA.distance,
        score_cutoff=most,
        dtype=np.uint8,
        workers=-1,
    )
    return edits
