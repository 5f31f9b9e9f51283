"""What agreement is worth, learnt from the data itself: expectation-maximisation over candidate pairs.

Floor 2. Fellegi-Sunter weights log2(m/u) per comparison and level. A row means one of its candidates or nobody in the
register, so the expectation is one posterior per row; u stays as given. Same pairs, same numbers: no randomness.
Source: Fellegi and Sunter, A theory for record linkage, JASA 64 (1969); Winkler, Using the EM algorithm (1988).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]

_SETTLED: Final = 1e-6
"""Largest change of any m in a round that is still worth another round."""
_WIDEST: Final = 60.0
"""Bits: odds beyond this are held, so that sums stay finite."""
_LARGEST_CODE: Final = 2**62
_LEAST_REGISTERED: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Levels:
    """One comparison: its levels, how often true pairs show each (m) and how often chance pairs do (u).

    levels[0] is "unknown": it weighs nothing and is never learnt. The m and u of the others are above 0.
    """

    name: str
    levels: tuple[str, ...]
    m: tuple[float, ...]
    u: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """What the pairs taught: comparisons with their new m, the share of rows that mean somebody registered (0-1).

    rounds: rounds taken; change: the largest change of any m in the last one.
    """

    comparisons: tuple[Levels, ...]
    registered: float
    rounds: int
    change: float


def log_weights(levels: Levels) -> Floats:
    """What each level weighs (log2 of m/u), by its code; the unknown level weighs 0.

    >>> log_weights(Levels("sex", ("unknown", "same", "differs"), (0.0, 1.0, 0.125), (0.0, 0.5, 0.5))).tolist()
    [0.0, 1.0, -2.0]
    """
    weights = np.zeros(len(levels.levels))
    weights[1:] = np.log2(levels.m[1:]) - np.log2(levels.u[1:])
    return weights


def posteriors(weights: Floats, rows: Whole, *, people: int, registered: float, truth: Floats | None = None) -> Floats:
    """The probability of each pair, against the other candidates of its row and against nobody.

    weights: log2 of each pair; rows: the row of each pair, ascending. truth: NaN = not judged, 1 or 0 = judged.

    >>> posteriors(np.array([10.0, 10.0, 0.0]), np.array([0, 0, 1]), people=1024, registered=0.5).round(3).tolist()
    [0.333, 0.333, 0.001]
    """
    odds = np.exp2(np.clip(weights, -_WIDEST, _WIDEST)) * (registered / people)
    starts = _starts(rows)
    nobody = np.full(len(starts), 1.0 - registered)
    if truth is not None:
        settled = np.maximum.reduceat(truth == 1.0, starts) if len(starts) else np.zeros(0, dtype=np.bool_)
        lengths = np.diff(np.append(starts, len(rows)))
        odds = np.where(np.repeat(settled, lengths), truth == 1.0, np.where(truth == 0.0, 0.0, odds))
        nobody[settled] = 0.0
    return _share(odds, starts, nobody)


def learn(  # noqa: PLR0913 - the pairs are columns, what starts and bounds the learning goes by keyword
    codes: Codes,
    rows: Whole,
    given: Floats,
    comparisons: Sequence[Levels],
    *,
    people: int,
    registered: float,
    truth: Floats | None = None,
    unpaired: int = 0,
    strength: float = 50.0,
    rounds: int = 25,
) -> Learned:
    """What true pairs of this data look like.

    codes: level codes, one row a pair, one column a comparison. rows: the row each pair belongs to, ascending.
    given: log2 weight of each pair that is not learnt (from frequencies). people: registered persons. registered: the
    share of rows that mean one of them, to start from. truth: NaN = not judged, 1 = the same person, 0 = not.
    unpaired: further rows without any candidate. strength: pseudo pairs (and rows) by which the start values hold.
    A level that no pair shows keeps its start. No pairs: everything stays as it was.
    """
    start = tuple(_normalised(levels) for levels in comparisons)
    if not len(rows):
        return Learned(tuple(comparisons), registered, 0, 0.0)
    known, pattern = _patterns(codes, start)
    counted = [np.bincount(known[:, k], minlength=len(levels.levels)) for k, levels in enumerate(start)]
    learnt, done, change = start, 0, np.inf
    every, before = len(_starts(rows)) + unpaired, registered
    while done < rounds and change > _SETTLED:
        of_pattern = sum((log_weights(levels)[known[:, k]] for k, levels in enumerate(learnt)), np.zeros(len(known)))
        found = posteriors(of_pattern[pattern] + given, rows, people=people, registered=registered, truth=truth)
        mass = _mass(pattern, found, len(known))
        following = tuple(
            _maximised(levels, _mass(known[:, k], mass, len(levels.levels)), seen > 0, strength)
            for (k, levels), seen in zip(enumerate(start), counted, strict=True)
        )
        change = max(_distance(one, other) for one, other in zip(learnt, following, strict=True))
        mean = (found.sum() + strength * before) / (every + strength)
        registered = float(np.clip(mean, _LEAST_REGISTERED, 1 - _LEAST_REGISTERED))
        learnt, done = following, done + 1
    return Learned(learnt, registered, done, change)


def estimate_u(
    codes: Codes, comparisons: Sequence[Levels], *, share: Floats | None = None, strength: float = 1.0
) -> tuple[Levels, ...]:
    """The comparisons with u as chance pairs show it.

    codes: level codes of pairs drawn by chance_pairs. share: how far each of them is a chance pair (1 - its
    probability to be true), so that true pairs among those drawn do not count. strength: pseudo pairs at the start u.

    >>> sex = Levels("sex", ("unknown", "same", "differs"), (0.0, 0.9, 0.1), (0.0, 0.9, 0.1))
    >>> estimate_u(np.array([[1], [2], [2], [2], [0]], dtype=np.uint8), [sex], strength=0.0)[0].u
    (0.0, 0.25, 0.75)
    """
    every = np.ones(len(codes)) if share is None else share
    estimated = []
    for k, levels in enumerate(comparisons):
        prior = np.array(levels.u[1:]) / sum(levels.u[1:])
        seen = _mass(codes[:, k], every, len(levels.levels))[1:] + strength * prior
        estimated.append(replace(levels, u=(levels.u[0], *(seen / seen.sum()).tolist())))
    return tuple(estimated)


def chance_pairs(left: int, right: int, count: int) -> tuple[Whole, Whole]:
    """Pairs of positions spread evenly over all left × right ones: the same every time, every left one equally often.

    >>> one, other = chance_pairs(3, 5, 6)
    >>> one.tolist(), other.tolist()
    ([0, 1, 2, 0, 1, 2], [3, 1, 4, 2, 0, 3])
    """
    turn = np.arange(count, dtype=np.int64)
    golden = (turn + 1) * 0.6180339887498949 % 1.0
    return turn % left, (golden * right).astype(np.int64)


def _starts(rows: Whole) -> Whole:
    """Where each row's pairs begin."""
    return np.flatnonzero(np.diff(rows, prepend=-1)).astype(np.int64)


def _share(odds: Floats, starts: Whole, nobody: Floats) -> Floats:
    if not len(starts):
        return odds
    whole = np.add.reduceat(odds, starts) + nobody
    shared: Floats = odds / np.repeat(whole, np.diff(np.append(starts, len(odds))))
    return shared


def _mass(codes: Codes | Whole, weights: Floats, size: int) -> Floats:
    return np.bincount(codes, weights=weights, minlength=size).astype(np.float64, copy=False)


def _normalised(levels: Levels) -> Levels:
    """The known levels of m add up to 1; what chance does is left as it was given."""
    whole = sum(levels.m[1:])
    return replace(levels, m=(levels.m[0], *(value / whole for value in levels.m[1:])))


def _patterns(codes: Codes, comparisons: Sequence[Levels]) -> tuple[Codes, Whole]:
    """The distinct rows of codes and which of them each pair shows: learning touches each pattern once a round."""
    folded, size = np.zeros(len(codes), dtype=np.int64), 1
    for k, levels in enumerate(comparisons):
        if size > _LARGEST_CODE // len(levels.levels):
            kinds, folded = np.unique(folded, return_inverse=True)
            size = len(kinds)
        folded, size = folded * len(levels.levels) + codes[:, k], size * len(levels.levels)
    _, first, pattern = np.unique(folded, return_index=True, return_inverse=True)
    return codes[first], pattern


def _maximised(start: Levels, mass: Floats, seen: npt.NDArray[np.bool_], strength: float) -> Levels:
    """The m that explains the mass best beside its start; the levels nobody showed keep theirs."""
    before = np.array(start.m[1:])
    shown = seen[1:]
    counts = np.where(shown, strength * before + mass[1:], 0.0)
    if not counts.sum():
        return start
    after = np.where(shown, counts / counts.sum() * before[shown].sum(), before)
    return replace(start, m=(start.m[0], *after.tolist()))


def _distance(one: Levels, other: Levels) -> float:
    return float(np.max(np.abs(np.array(one.m[1:]) - np.array(other.m[1:]))))
