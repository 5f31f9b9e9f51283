"""The change functions against their plain twins, and at the borders a notice draws."""

from __future__ import annotations

import math
from typing import Any

import change_functions as plain
import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangpin.warnings.change import CHANGE_FUNCTIONS, create_functions

_CON = duckdb.connect(":memory:", config={"threads": "1"})
create_functions(_CON)


def told(sql: str, **values: Any) -> Any:
    """Return what DuckDB makes of an expression over h and the other values."""
    parts = ", ".join(f"${name}::{'double[]' if name == 'h' else 'double'} as {name}" for name in values)
    return _CON.execute(f"select {sql} from (select {parts})", values).fetchall()[0][0]


@pytest.mark.parametrize(
    ("sql", "h", "expected"),
    [
        # One bad month, one harvest or two paydays in one month leave the usual month where it was.
        ("usual(h, 3)", [0, 300, 300, 5, 300, 9000, 300], 300),
        ("usual(h, 3)", [0, 300, 310], None),
        ("usual(h, 3)", [0, 300, 310, 320], 310),
        ("usual(h, 1)", [0, *[None] * 12, 7], None),
        ("usual(h, 1)", [0, *[None] * 11, 7], 7),
        ("usual(h, 1)", None, None),
        ("usual(h, 0)", [1], None),
        ("spike_times(h, 3)", [18240, 1000, 1020, 1040], 18240 / 1020),
        ("spike_times(h, 3)", [500, 0, 0, 0], None),
        ("spike_times(h, 3)", [None, 1, 1, 1], None),
        ("drop_share(h, 3)", [600, 1000, 1000, 1000], 0.4),
        ("recent_mean(h, 3)", [6, None, 3, 100], 4.5),
        ("recent_mean(h, 3)", [None, 6, 3], None),
        ("streak_at_least(h, 500)", [500, 501, 499.99, 800], 2),
        ("streak_at_least(h, 500)", [500, None, 800], 1),
        ("streak_at_least(h, 500)", [499.99, 800], 0),
        ("streak_at_most(h, 500)", [500, 500.01], 1),
        ("streak_at_most(h, 500)", [], None),
        ("same_month_last_year(h)", [*range(12), 77, 5], 77),
        ("same_month_last_year(h)", [1, 2], None),
        ("year_to_date(h, 3)", [1, 2, 4, 100], 7),
        ("year_to_date(h, 3)", [1, None, 4, 100], None),
        ("year_to_date_before(h, 2)", [*[0] * 12, 5, 6, 100], 11),
        ("year_to_date_before(h, 2)", [*[0] * 12, 5], None),
        ("crosses(h[2], h[1], 10000)", [10000, 9999.99], True),
        ("crosses(h[2], h[1], 10000)", [10000, 10000], False),
        ("crosses(h[2], h[1], 10000)", [9999.99, None], False),
        ("crosses(h[2], h[1], 10000)", [10000, None], None),
    ],
)
def test_at_the_border(sql: str, h: list[float | None] | None, expected: object) -> None:
    """One history and what is made of it."""
    assert told(sql, h=h) == (expected if not isinstance(expected, float) else pytest.approx(expected))


MONTHS = st.one_of(st.none(), st.sampled_from([0, 1, 1.5, 3, 10, 500.25, -2]))
HISTORIES = st.one_of(st.none(), st.lists(MONTHS, max_size=26), st.lists(MONTHS, min_size=24, max_size=24))
TWINS = {
    "usual": plain.usual,
    "spike_times": plain.spike_times,
    "drop_share": plain.drop_share,
    "recent_mean": plain.recent_mean,
    "year_to_date": plain.year_to_date,
    "year_to_date_before": lambda h, n: plain.year_to_date(h, n, back=12),
    "streak_at_least": lambda h, line: plain.streak(h, line, up=True),
    "streak_at_most": lambda h, line: plain.streak(h, line, up=False),
}


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(TWINS)), h=HISTORIES, number=st.integers(1, 12))
def test_a_function_is_what_its_twin_says(name: str, h: list[float | None] | None, number: int) -> None:
    """Unknown months, short histories, zeros, no history at all."""
    found = told(f"{name}(h, {number})", h=h)
    expected = TWINS[name](h or [], number)

    assert (found is None) == (expected is None)
    assert found is None or math.isclose(found, expected, abs_tol=1e-9)


@given(before=MONTHS, now=MONTHS, line=st.sampled_from([0, 1, 3.0, 500.25]))
def test_crossing_is_what_its_twin_says(before: float | None, now: float | None, line: float) -> None:
    """Three answers."""
    found = told("crosses(b, n, l)", b=before, n=now, l=line)

    assert found == plain.crosses(before, now, line)


@given(h=HISTORIES)
def test_last_year_is_what_its_twin_says(h: list[float | None] | None) -> None:
    """The thirteenth month, or nothing."""
    assert told("same_month_last_year(h)", h=h) == plain.same_month_last_year(h or [])


@given(
    usual=st.integers(100, 10_000),
    odd=st.tuples(st.integers(1, 12), st.sampled_from([0.0, 2.0, 20.0])),
    season=st.lists(st.floats(0.9, 1.1), min_size=12, max_size=12),
)
def test_one_odd_month_hardly_moves_the_usual_one(usual: int, odd: tuple[int, float], season: list[float]) -> None:
    """A month of nothing or of twenty-fold among eleven like each other: still within the season's own bounds."""
    months = [usual * share for share in season]
    months[odd[0] - 1] *= odd[1]
    found = told("usual(h, 6)", h=[0.0, *months])

    assert usual * 0.89 <= found <= usual * 1.11


def test_every_function_has_a_twin() -> None:
    """None is left out of this file."""
    assert set(CHANGE_FUNCTIONS) == {*TWINS, "crosses", "same_month_last_year"}
