"""Falls of income: the ordinary swing of a county's month, and what became of the falls of its past."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log
from statistics import median

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangpin.warnings import falls
from fangpin.warnings.falls import fall_steps
from fangpin.warnings.inputs import run_steps

Visit = tuple[str, int, float, float | None]  # household, month, income and spending at the season's level


def computed(visits: Iterable[Visit] = (), *, shares: Iterable[float | None] = ()) -> duckdb.DuckDBPyConnection:
    """Return a database with the two tables, computed from these visits and these shares of the middle month."""
    con = duckdb.connect(config={"threads": "1"})
    con.execute(
        "create table visit_level"
        " (household_no varchar, period_no bigint, level_yuan double, spending_level_yuan double);"
        "create table visit_standing (month_share double)"
    )
    for visit in visits:
        con.execute("insert into visit_level values (?, ?, ?, ?)", visit)
    for share in shares:
        con.execute("insert into visit_standing values (?)", [share])
    run_steps(con, fall_steps(households=3))
    return con


def fall_rows(con: duckdb.DuckDBPyConnection) -> list[tuple[float, int, int]]:
    """Return the past falls as computed, the largest cut of spending first."""
    sql = "select round(spending_fall, 6), cases::int, lasting::int from visit_fall order by spending_fall desc"
    return con.execute(sql).fetchall()


def home(name: str, *levels: tuple[float, float | None]) -> list[Visit]:
    """Return a household's visits, month after month from 1 on."""
    return [(name, month, income, spending) for month, (income, spending) in enumerate(levels, 1)]


STEADY = ((1000.0, 800.0),) * 3


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([1.0, 1.0, 1.0], 0.0),
        ([0.9, 1.0, 1.1], 1 - exp(-3 * 1.4826 * abs(log(1.1)))),
        ([0.9, 1.0, 1.1, None, 0.0], 1 - exp(-3 * 1.4826 * abs(log(1.1)))),
        ([0.9, 1.0], None),
    ],
    ids=["all as usual", "a tenth up and down", "who cannot be compared does not count", "too few"],
)
def test_the_ordinary_swing(shares: list[float | None], expected: float | None) -> None:
    """Three robust standard deviations; unknown where too few households can be compared."""
    got = computed(shares=shares).execute("select income_swing from visit_swing").fetchall()

    assert got == [(pytest.approx(expected) if expected is not None else None,)]


def test_one_fallen_household_does_not_move_the_swing() -> None:
    """A family that lost all but a hundredth is no reason to call more of the others ordinary."""
    usual = [0.95, 0.97, 1.0, 1.03, 1.05]
    swing = computed(shares=[*usual, 0.01]).execute("select income_swing from visit_swing").fetchall()[0][0]

    assert swing < 0.25


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((*STEADY, (700, 600), (700, 600)), [(0.25, 1, 1)]),
        ((*STEADY, (700, 600), (701, 600)), [(0.25, 1, 0)]),
        ((*STEADY, (701, 600), (700, 600)), []),
        ((*STEADY, (700, None), (700, 600)), []),
        ((*STEADY, (700, 600)), []),
        ((*STEADY[:2], (700, 600), (700, 600)), []),
        ((*STEADY, (700, 600), (700, 400), (700, 400)), [(0.25, 1, 1)]),
    ],
    ids=[
        "fell to seven tenths and stayed",
        "came back just above",
        "a yuan above is no fall, and the next has no visit after it",
        "spending not told",
        "nobody knows yet",
        "only two months before it",
        "told once, in its first month",
    ],
)
def test_a_past_fall(
    levels: tuple[tuple[float, float | None], ...],
    expected: list[tuple[float, int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fall counts in its first month when three months lie before it and a visit after it says what became of it."""
    monkeypatch.setattr(falls, "FALL_CASES", 1)

    assert fall_rows(computed(home("A", *levels))) == expected


def test_a_visit_four_months_later_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the next visit finds counts for three months."""
    monkeypatch.setattr(falls, "FALL_CASES", 1)
    before = home("A", *STEADY, (700, 600))

    assert fall_rows(computed([*before, ("A", 7, 700.0, 600.0)])) == [(0.25, 1, 1)]
    assert fall_rows(computed([*before, ("A", 8, 700.0, 600.0)])) == []


def test_shares_run_from_the_deepest_cut_and_begin_with_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row counts the falls with at least its cut; rows of fewer cases than asked for are left out."""
    monkeypatch.setattr(falls, "FALL_CASES", 2)
    visits = [
        *home("A", *STEADY, (500, 400), (500, 400)),  # cut half, lasted
        *home("B", *STEADY, (500, 600), (500, 600)),  # cut a quarter, lasted
        *home("C", *STEADY, (500, 800), (990, 800)),  # cut nothing, came back
    ]

    assert fall_rows(computed(visits)) == [(0.25, 2, 2), (0.0, 3, 2)]


def plain(visits: list[Visit], *, cases: int) -> list[tuple[float, int, int]]:
    """The twin, read off the definition: one household after the other, one visit after the other."""
    found: dict[float, list[bool]] = {}
    for name in {visit[0] for visit in visits}:
        own = sorted(visit for visit in visits if visit[0] == name)
        for place in range(3, len(own) - 1):
            before, (_, month, income, spending), (_, next_month, next_income, _) = (
                own[:place],
                own[place],
                own[place + 1],
            )
            usual = median(v[2] for v in before[-12:])
            spent = [v[3] for v in before[-12:] if v[3] is not None]
            if len(spent) < 3 or spending is None or median(spent) == 0 or next_month > month + 3:
                continue
            if income <= 0.7 * usual < before[-1][2]:
                found.setdefault(1 - spending / median(spent), []).append(next_income <= 0.7 * usual)
    rows, count, lasted = [], 0, 0
    for cut in sorted(found, reverse=True):
        count, lasted = count + len(found[cut]), lasted + sum(found[cut])
        if count >= cases:
            rows.append((round(cut, 6), count, lasted))
    return rows


amounts = st.sampled_from([0.0, 100.0, 300.0, 690.0, 700.0, 710.0, 1000.0, 1500.0])


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("AB"), st.integers(1, 20)),
        st.tuples(amounts, st.none() | amounts),
        max_size=34,
    ),
    st.integers(1, 3),
)
def test_as_the_twin(told: dict[tuple[str, int], tuple[float, float | None]], cases: int) -> None:
    """On any visits the past falls are those of the plain twin."""
    visits = [(name, month, *amount) for (name, month), amount in told.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(falls, "FALL_CASES", cases)
        assert fall_rows(computed(visits)) == plain(visits, cases=cases)
