"""The level at which pairs agree, as arrays of codes: one row a pair, one column for each comparison of the model.

Floor 2. What the comparisons of names, numbers, births and homes are written down with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from fangpin.matching.model import COMPARISONS, level_names

Codes = npt.NDArray[np.uint8]
"""Levels of pairs by their place in model.level_names (0: unknown); one column for each of model.COMPARISONS."""
Places = npt.NDArray[np.intp]
"""Positions, of rows, persons or pairs."""
Flags = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
AT: Final = {name: place for place, name in enumerate(COMPARISONS)}
"""The column of each comparison."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs as arrays: the row and the person of each (positions in the key tables), ordered by both."""

    row: Places
    person: Places

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.row)


def code_of(comparison: str, level: str) -> int:
    """Return the code of a level."""
    return level_names(comparison).index(level)


def set_level(codes: Codes, comparison: str, level: str, where: Flags | Places) -> None:
    """Write a level down for some pairs."""
    codes[where, AT[comparison]] = code_of(comparison, level)


def hashes(frame: pl.DataFrame, column: str, at: Places) -> Hashes:
    """Return the hashes at these positions, 0 where nothing is known."""
    known: Hashes = frame[column].fill_null(0).to_numpy()[at]
    return known


def agree(mine: Hashes, theirs: Hashes) -> Flags:
    """Return where both are known and the same."""
    same: Flags = (mine == theirs) & (mine != 0)
    return same
