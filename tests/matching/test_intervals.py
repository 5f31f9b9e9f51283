"""Intervals of shares: small samples, strata, parts and changes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fangpin.matching.intervals import NOTHING_KNOWN, Estimate, change_chance, part_of, together, wilson


@pytest.mark.parametrize(
    ("hits", "looked_at", "of", "low", "high"),
    [
        (0, 10, None, 0.0, 0.2775),
        (10, 10, None, 0.7225, 1.0),
        (5, 10, None, 0.2366, 0.7634),
        (95, 100, None, 0.8882, 0.9785),
        (9, 10, 10, 0.9, 0.9),
        (9, 10, 11, 0.8256, 0.9448),
    ],
)
def test_wilson(hits: int, looked_at: int, of: int | None, low: float, high: float) -> None:
    """The interval of one share, narrower the more of a finite stratum was looked at."""
    found = wilson(hits, looked_at, of=of)

    assert (found.value, round(found.low, 4), round(found.high, 4)) == (hits / looked_at, low, high)


def test_a_share_of_nothing_is_not_known() -> None:
    """Nobody looked: anything is possible."""
    assert wilson(0, 0) is NOTHING_KNOWN
    assert together([]) is NOTHING_KNOWN
    assert part_of(Estimate(0.0, 0.0, 0.0), Estimate(1.0, 0.5, 2.0)) is NOTHING_KNOWN
    assert math.isnan(NOTHING_KNOWN.value)


def test_strata_without_error_keep_their_doubt() -> None:
    """Two strata of thirty right ones are not certainly right together."""
    clean = wilson(30, 30)

    found = together([(0.5, clean), (0.5, clean)])

    assert found.value == found.high == 1.0
    assert clean.low < found.low < 1.0


def test_nothing_missed_is_all_of_it() -> None:
    """Where nothing is outside the part is whole, and its lower limit tells how much might be."""
    found = part_of(Estimate(100.0, 98.0, 100.0), Estimate(0.0, 0.0, 5.0))

    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.94 < found.low < 0.96


def test_a_part_of_an_amount_that_may_be_nothing_may_be_nothing() -> None:
    """An inside whose lower limit is zero gives no lower limit above zero."""
    assert part_of(Estimate(10.0, 0.0, 12.0), Estimate(5.0, 2.0, 9.0)).low == 0.0


def test_intervals_of_strata_hold_the_truth_nineteen_times_in_twenty() -> None:
    """Drawn a thousand times from known strata, the interval holds the true share in at least 93 of 100 draws."""
    random = np.random.default_rng(4)
    sizes, truths = np.array([5000, 400, 90]), np.array([0.999, 0.95, 0.8])
    weights = sizes / sizes.sum()
    real = float((weights * truths).sum())
    held = 0
    for _ in range(1000):
        hits = random.hypergeometric((sizes * truths).astype(int), (sizes * (1 - truths)).round().astype(int), 30)
        parts = [wilson(int(h), 30, of=int(n)) for h, n in zip(hits, sizes, strict=True)]
        found = together(list(zip(weights.tolist(), parts, strict=True)))
        held += found.low <= real <= found.high

    assert held >= 930


@pytest.mark.parametrize(
    ("one", "other", "chance"),
    [((10, 100), (10, 100), 1.0), ((0, 0), (5, 10), 1.0), ((100, 100), (50, 50), 1.0), ((60, 100), (40, 100), 0.0047)],
)
def test_chance_of_a_change(one: tuple[int, int], other: tuple[int, int], chance: float) -> None:
    """Equal shares differ by nothing; a share nobody could compare tells nothing."""
    assert round(change_chance(one, other), 4) == chance
