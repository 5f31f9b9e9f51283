"""How dirty the departments' files are: chances of each kind of damage, for the two profiles.

A chance is a share of all rows, except the kinds in OF_THOSE, which are shares of the rows they can befall
(a final X, a middle dot, a rare character, a former name, a renamed village).
"""

from dataclasses import dataclass
from typing import Final

OF_THOSE: Final = frozenset({"lower_x", "cross_x", "dot_missing", "dot_variant", "rare", "former", "merged"})


@dataclass(frozen=True, slots=True)
class Dirt:
    """Chances of damage."""

    ids: dict[str, float]
    names: dict[str, float]
    places: dict[str, float]
    duplicates: float
    outsiders: float
    odd_cells: float
    """Share of dates, amounts and codes written in another way than the rest of the file."""
    not_visited: float


TYPICAL: Final = Dirt(
    ids={
        "mask64": 0.022,
        "mask34": 0.009,
        "id15": 0.005,
        "full_width": 0.006,
        "lower_x": 0.20,
        "cross_x": 0.05,
        "quote": 0.010,
        "space": 0.012,
        "nbsp": 0.003,
        "zero_width": 0.003,
        "float_sci": 0.004,
        "float_zero": 0.009,
        "digit": 0.008,
        "transpose": 0.005,
        "lost": 0.003,
        "missing": 0.018,
        "father": 0.006,
    },
    names={
        "space": 0.010,
        "wide_space": 0.005,
        "dot_missing": 0.15,
        "dot_variant": 0.30,
        "homophone": 0.013,
        "glyph": 0.005,
        "traditional": 0.004,
        "suffix": 0.006,
        "masked": 0.006,
        "rare": 0.35,
        "former": 0.50,
        "order": 0.002,
    },
    places={
        "short": 0.10,
        "committee": 0.06,
        "county": 0.05,
        "town_dropped": 0.03,
        "merged": 0.35,
        "missing": 0.02,
        "wrong": 0.012,
    },
    duplicates=0.010,
    outsiders=0.07,
    odd_cells=0.03,
    not_visited=0.035,
)
HEAVY: Final = Dirt(
    ids={
        "mask64": 0.060,
        "mask34": 0.030,
        "id15": 0.012,
        "full_width": 0.015,
        "lower_x": 0.35,
        "cross_x": 0.12,
        "quote": 0.020,
        "space": 0.025,
        "nbsp": 0.008,
        "zero_width": 0.008,
        "float_sci": 0.012,
        "float_zero": 0.028,
        "digit": 0.022,
        "transpose": 0.014,
        "lost": 0.009,
        "missing": 0.055,
        "father": 0.015,
    },
    names={
        "space": 0.025,
        "wide_space": 0.014,
        "dot_missing": 0.30,
        "dot_variant": 0.40,
        "homophone": 0.032,
        "glyph": 0.014,
        "traditional": 0.010,
        "suffix": 0.014,
        "masked": 0.018,
        "rare": 0.60,
        "former": 0.70,
        "order": 0.006,
    },
    places={
        "short": 0.17,
        "committee": 0.10,
        "county": 0.08,
        "town_dropped": 0.07,
        "merged": 0.60,
        "missing": 0.06,
        "wrong": 0.035,
    },
    duplicates=0.025,
    outsiders=0.11,
    odd_cells=0.10,
    not_visited=0.06,
)
PROFILES: Final = {"typical": TYPICAL, "heavy": HEAVY}
