"""Learning weights: what true pairs look like is found again from pairs alone, the same every time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangpin.matching.em import Levels, chance_pairs, estimate_u, learn, log_weights, posteriors

AGREE = ("unknown", "same", "differs")
NAME = Levels("name", AGREE, (0.0, 0.8, 0.2), (0.0, 0.01, 0.99))
BIRTH = Levels("birth", (*AGREE, "near"), (0.0, 0.8, 0.1, 0.1), (0.0, 0.001, 0.979, 0.02))
SEX = Levels("sex", AGREE, (0.0, 0.9, 0.1), (0.0, 0.5, 0.5))
COMPARISONS = (NAME, BIRTH, SEX)
TRUE_M = ((0.93, 0.07), (0.85, 0.05, 0.10), (0.98, 0.02))
ROWS, EACH, REGISTERED = 4000, 5, 0.7


def invented() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Pairs of 4,000 rows, five a row: of 70 % of the rows the first one is true and shows TRUE_M, the rest chance."""
    draw = np.random.default_rng(7)
    rows = np.repeat(np.arange(ROWS), EACH)
    true = (np.tile(np.arange(EACH), ROWS) == 0) & (rows < ROWS * REGISTERED)
    columns = []
    for levels, m in zip(COMPARISONS, TRUE_M, strict=True):
        by_chance = draw.choice(np.arange(1, len(levels.u)), size=len(rows), p=np.array(levels.u[1:]))
        by_person = draw.choice(np.arange(1, len(levels.u)), size=len(rows), p=np.array(m))
        columns.append(np.where(true, by_person, by_chance))
    return np.column_stack(columns).astype(np.uint8), rows, true


def learnt(**options: object) -> tuple[list[tuple[float, ...]], float]:
    """The m found, rounded, and the share registered."""
    codes, rows, _ = invented()
    found = learn(codes, rows, np.zeros(len(rows)), COMPARISONS, people=EACH, registered=0.9, **options)  # type: ignore[arg-type]
    return [tuple(round(m, 2) for m in levels.m[1:]) for levels in found.comparisons], round(found.registered, 2)


def test_what_true_pairs_show_is_found_again() -> None:
    """The m behind the pairs and the share of registered rows come back, up to chance."""
    found, registered = learnt(strength=1.0)

    for levels, expected in zip(found, TRUE_M, strict=True):
        assert levels == pytest.approx(expected, abs=0.02)
    assert registered == pytest.approx(REGISTERED, abs=0.03)


def test_the_same_pairs_give_the_same_numbers() -> None:
    """Nothing is drawn by lot."""
    assert learnt() == learnt()


def test_a_strong_start_holds() -> None:
    """With more pseudo pairs than pairs the start values stay."""
    found, _ = learnt(strength=1e9)

    assert found == [levels.m[1:] for levels in COMPARISONS]


def test_rows_without_candidates_lower_the_registered_share() -> None:
    """A row that found nobody counts as a row."""
    _, alone = learnt()
    _, with_more = learnt(unpaired=ROWS)

    assert with_more == pytest.approx(alone / 2, abs=0.03)


def test_a_level_never_seen_keeps_its_start() -> None:
    """What no pair shows is not learnt; the others share what is left."""
    codes = np.array([[1], [1], [1], [0]], dtype=np.uint8)
    given_weights = np.full(4, 30.0)
    levels = Levels("name", ("unknown", "same", "differs", "sound"), (0.0, 0.5, 0.3, 0.2), (0.0, 0.1, 0.6, 0.3))

    found = learn(codes, np.arange(4), given_weights, [levels], people=100, registered=0.9, strength=0.0)

    assert found.comparisons[0].m == pytest.approx((0.0, 0.5, 0.3, 0.2))


def test_no_pairs_teach_nothing() -> None:
    """Without pairs everything stays as it was."""
    none = np.zeros((0, 3), dtype=np.uint8)

    found = learn(none, np.zeros(0, dtype=np.int64), np.zeros(0), COMPARISONS, people=10, registered=0.9)

    assert (found.comparisons, found.registered, found.rounds) == (COMPARISONS, 0.9, 0)


def test_unknown_weighs_nothing() -> None:
    """The unknown level weighs 0 whatever its m and u."""
    assert log_weights(Levels("x", AGREE, (0.7, 0.5, 0.5), (0.1, 0.25, 0.5))).tolist() == [0.0, 1.0, 0.0]


def test_one_row_means_at_most_one() -> None:
    """Two equal candidates share; nobody takes the rest."""
    found = posteriors(np.array([20.0, 20.0]), np.array([0, 0]), people=1000, registered=0.9)

    assert found[0] == found[1]
    assert 0.49 < found[0] < 0.5


def test_a_judgement_overrides_the_figures() -> None:
    """The same takes all of its row, not the same takes nothing, and the others of that row share what is left."""
    weights = np.array([20.0, 20.0, 20.0, 20.0, 20.0])
    rows = np.array([0, 0, 1, 1, 2])
    truth = np.array([np.nan, 1.0, 0.0, np.nan, np.nan])

    found = posteriors(weights, rows, people=1000, registered=0.9, truth=truth)

    assert found.round(3).tolist() == [0.0, 1.0, 0.0, 1.0, 1.0]


def test_judgements_teach() -> None:
    """Judged pairs move the m of the level they show."""
    codes, _, true = invented()
    truth = np.where(true & (codes[:, 0] == 2), 0.0, np.nan)  # every true pair of differing names judged "not the same"

    found, _ = learnt(truth=truth)

    assert found[0][0] > 0.97


def test_a_true_pair_among_chance_pairs_does_not_count() -> None:
    """A pair that is surely true leaves u as the others show it."""
    codes = np.array([[1], [2], [2], [1]], dtype=np.uint8)

    found = estimate_u(codes, [SEX], share=np.array([0.0, 1.0, 1.0, 1.0]), strength=0.0)

    assert found[0].u == pytest.approx((0.0, 1 / 3, 2 / 3))


@settings(max_examples=30, deadline=None)
@given(left=st.integers(1, 50), right=st.integers(1, 50))
def test_chance_pairs_lie_inside_both_sides(left: int, right: int) -> None:
    """Every drawn pair exists."""
    one, other = chance_pairs(left, right, 200)

    assert one.min() >= 0
    assert other.min() >= 0
    assert one.max() < left
    assert other.max() < right


def test_more_patterns_than_a_number_holds_are_kept_apart() -> None:
    """Forty comparisons of four levels are still learnt one by one."""
    many = tuple(Levels(f"c{k}", (*AGREE, "near"), BIRTH.m, BIRTH.u) for k in range(40))
    codes = np.ones((3, 40), dtype=np.uint8)
    codes[2] = 2

    found = learn(codes, np.arange(3), np.zeros(3), many, people=100, registered=0.5, strength=1.0)

    assert all(levels.m == found.comparisons[0].m for levels in found.comparisons)
    assert found.comparisons[0].m[1] > found.comparisons[0].m[2]
