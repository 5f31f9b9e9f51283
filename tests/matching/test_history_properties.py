"""The history against a plain twin: whatever the registers do, each month says what its register said."""

from __future__ import annotations

from pathlib import Path
from random import Random

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from register_rows import NO_ID, Person, number, person, register_of

from fangpin.matching.history import EMPTY, History, build_history, extend_history, members_in
from fangpin.matching.register import Register
from fangpin.store.histories import read_history, write_history
from fangpin.types import Period

NAMES = ("王建", "王建国", "李梅", "李*")
BIRTHS = ("19600101", "19900202", "20231224")
MONTHS = tuple(Period(2023, 12).back(-n) for n in (0, 1, 2, 4, 5))


def _somebody(key: int) -> st.SearchStrategy[Person]:
    def made(drawn: tuple[str, str, str, int, bool, str]) -> Person:
        household, name, born, order, known, relation = drawn
        who = person(key, household, name, born, relation=relation, village_group=None if known else "3组")
        id_no = number(born, order)
        return who | ({"id_no": id_no, "id_seen": id_no} if known else NO_ID)

    households, relations = st.sampled_from(("H1", "H2", "H3")), st.sampled_from(("户主", "配偶", "之子", "其他"))
    return st.tuples(
        households, st.sampled_from(NAMES), st.sampled_from(BIRTHS), st.integers(1, 3), st.booleans(), relations
    ).map(made)


def _month() -> st.SearchStrategy[list[Person]]:
    keys = st.lists(st.integers(1, 6), unique=True, max_size=6)
    return keys.flatmap(lambda chosen: st.tuples(*map(_somebody, chosen)).map(list))


YEARS = st.lists(_month(), min_size=1, max_size=len(MONTHS))


def _registers(months: list[list[Person]]) -> list[tuple[Period, Register]]:
    return [(period, register_of(people)) for period, people in zip(MONTHS, months, strict=False)]


def _assert_same(one: History, other: History) -> None:
    assert one.months == other.months
    for name in ("people", "identities", "spells", "households", "events"):
        left, right = getattr(one, name), getattr(other, name)
        assert_frame_equal(left, right, check_row_order=False)


@settings(max_examples=40, deadline=None)
@given(YEARS)
def test_each_month_says_what_its_register_said(months: list[list[Person]]) -> None:
    """The members of every household in every month are those its register lists, under their numbers of then."""
    history = build_history(_registers(months))

    for period, people in zip(MONTHS, months, strict=False):
        for household in ("H1", "H2", "H3"):
            listed = sorted(p["person_no"] for p in people if p["household_no"] == household)
            assert sorted(members_in(history, household, period)["person_no"]) == listed


@settings(max_examples=30, deadline=None)
@given(YEARS)
def test_a_life_is_in_one_place_at_a_time(months: list[list[Person]]) -> None:
    """No two stays, numbers or identities of a life overlap, and no number belongs to two lives in one month."""
    history = build_history(_registers(months))

    for facts, key in (
        (history.spells, "life_no"),
        (history.identities, "life_no"),
        (history.people, "life_no"),
        (history.households, "household_no"),
    ):
        ordered = facts.sort(key, "from_period_no")
        until = pl.col("to_period_no").fill_null(10**6).shift(1).over(key)
        assert ordered.filter(until >= pl.col("from_period_no")).is_empty()
        assert ordered.filter(pl.col("to_period_no") < pl.col("from_period_no")).is_empty()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(YEARS, st.integers(0, len(MONTHS)))
def test_a_history_kept_and_extended_equals_one_made_at_once(
    tmp_path: Path, months: list[list[Person]], cut: int
) -> None:
    """Written after some months, read again and extended by the others, it is the same history."""
    registers = _registers(months)
    place = tmp_path / f"{len(list(tmp_path.iterdir()))}"
    write_history(build_history(registers[:cut]), place / "kept" / "history", aside=place / "aside")
    kept = read_history(place / "kept" / "history")
    assert kept is not None

    for period, register in registers[cut:]:
        kept = extend_history(kept, period, register)

    _assert_same(kept, build_history(registers))


@settings(max_examples=15, deadline=None)
@given(YEARS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(months: list[list[Person]], shuffled: Random) -> None:
    """A register in another order is the same register, but for whose row is the first head's."""
    headed = [[p | {"relation": "其他"} for p in people] for people in months]
    mixed = [shuffled.sample(people, len(people)) for people in headed]

    _assert_same(build_history(_registers(headed)), build_history(_registers(mixed)))


def test_nothing_is_kept_where_nothing_was_written(tmp_path: Path) -> None:
    """A folder that is not there holds no history; an empty one comes back empty."""
    assert read_history(tmp_path / "none") is None
    write_history(EMPTY, tmp_path / "kept" / "history", aside=tmp_path / "aside")
    kept = read_history(tmp_path / "kept" / "history")
    assert kept is not None
    _assert_same(kept, EMPTY)


def test_only_the_newest_few_histories_stay(tmp_path: Path) -> None:
    """Older histories are forgotten."""
    for n in range(5):
        write_history(EMPTY, tmp_path / "kept" / str(n), aside=tmp_path / f"aside{n}")

    assert len(list((tmp_path / "kept").iterdir())) == 3
