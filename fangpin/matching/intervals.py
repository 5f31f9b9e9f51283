"""How sure a share learnt from a sample is: 95 % intervals of one share, of strata together, of a part, of a change.

Floor 2. Small samples without a single error are the usual case here, so nothing rests on the normal curve alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Z95: Final = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


NOTHING_KNOWN: Final = Estimate(math.nan, 0.0, 1.0)
"""The share of which no row was looked at."""


def wilson(hits: int, looked_at: int, *, of: int | None = None) -> Estimate:
    """The share of hits in a sample; a sample of all rows ``of`` the stratum is certain.

    Source: Wilson, JASA 22 (1927); the sample counted as larger by (N - 1) / (N - n) where the stratum is finite.
    NOTHING_KNOWN when none was looked at.

    >>> [round(x, 4) for x in (wilson(30, 30).low, wilson(30, 30, of=40).low, wilson(30, 30, of=30).low)]
    [0.8865, 0.9682, 1.0]
    """
    if looked_at == 0:
        return NOTHING_KNOWN
    share = hits / looked_at
    if of is not None and looked_at >= of:
        return Estimate(share, share, share)
    size = looked_at if of is None else looked_at * (of - 1) / (of - looked_at)
    spread = Z95**2 / size
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(share * (1 - share) / size + spread / (4 * size)) / (1 + spread)
    low, high = max(middle - half, 0.0), min(middle + half, 1.0)
    return Estimate(share, 0.0 if hits == 0 else low, 1.0 if hits == looked_at else high)


def together(parts: Sequence[tuple[float, Estimate]]) -> Estimate:
    """The weighted sum of independent estimates, each given with its weight; NOTHING_KNOWN of none at all.

    Source: Zou and Donner, Statistics in Medicine 27 (2008): distances to the limits are squared and added, which
    keeps the one-sided interval of a stratum without errors.

    >>> whole = together([(0.9, Estimate(1.0, 0.9, 1.0)), (0.1, Estimate(0.5, 0.3, 0.7))])
    >>> [round(x, 4) for x in (whole.value, whole.low, whole.high)]
    [0.95, 0.8578, 0.97]
    """
    if not parts:
        return NOTHING_KNOWN
    value = sum(weight * part.value for weight, part in parts)
    below = math.sqrt(sum((weight * (part.value - part.low)) ** 2 for weight, part in parts))
    above = math.sqrt(sum((weight * (part.high - part.value)) ** 2 for weight, part in parts))
    return Estimate(value, value - below, value + above)


def part_of(inside: Estimate, outside: Estimate) -> Estimate:
    """The share that ``inside`` is of both together, for two independent amounts that are not negative.

    Source: Donner and Zou, Statistical Methods in Medical Research 21 (2012), limits of a ratio.

    >>> found = part_of(Estimate(990.0, 980.0, 995.0), Estimate(10.0, 4.0, 20.0))
    >>> [round(x, 4) for x in (found.value, found.low, found.high)]
    [0.99, 0.9802, 0.996]
    """
    if not inside.value > 0:
        return NOTHING_KNOWN
    missed = outside.value / inside.value
    least = min(max(_ratio_limit(outside, inside, from_below=True), 0.0), missed)
    most = max(_ratio_limit(outside, inside, from_below=False), missed)
    return Estimate(1 / (1 + missed), 1 / (1 + most), 1 / (1 + least))


def _ratio_limit(over: Estimate, under: Estimate, *, from_below: bool) -> float:
    """One limit of ``over`` divided by ``under``, from the limits of each that push it the same way."""
    one, other = (over.low, under.high) if from_below else (over.high, under.low)
    scale = other * (2 * under.value - other)
    if scale <= 0:
        return 0.0 if from_below else math.inf
    product = over.value * under.value
    root = math.sqrt(max(product**2 - one * scale * (2 * over.value - one), 0.0))
    return (product - root if from_below else product + root) / scale


def change_chance(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The chance (0-1) that two shares, each given as hits and rows, differ so much when nothing has changed.

    Test of two proportions with the pooled share, two-sided; 1 where either has no row.

    >>> round(change_chance((950, 1000), (930, 1000)), 4), change_chance((0, 0), (1, 2))
    (0.0597, 1.0)
    """
    (hits, rows), (hits_before, rows_before) = one, other
    if not rows or not rows_before:
        return 1.0
    pooled = (hits + hits_before) / (rows + rows_before)
    error = math.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / rows_before))
    if error == 0:
        return 1.0
    return math.erfc(abs(hits / rows - hits_before / rows_before) / error / math.sqrt(2))
