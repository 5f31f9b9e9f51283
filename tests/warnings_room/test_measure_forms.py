"""Declared measures, form by form: literal months, and the plain twin over random ones."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import measure_forms as plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measure_rows import HOMES, ORDER, PLACES, Row, a_source, measured, placed

from fangpin.config.measure_models import DeclaredMeasure, Form, MeasureSet, Window
from fangpin.types import Period, Subject
from fangpin.warnings.aggregates import window_months
from fangpin.warnings.forms import months_read
from fangpin.warnings.measures import SourceMeasures

NOW = Period(2024, 6)
WINDOWED = {Form.HAPPENED: "", Form.COUNT: "", Form.SUM: "amount_yuan", Form.LARGEST: "times", Form.LATEST: "since"}
OF_LISTS: tuple[dict[str, Any], ...] = (
    {"form": Form.LISTED},
    {"form": Form.LISTED, "where": "counted"},
    {"form": Form.LISTED_BEFORE},
    {"form": Form.NEW},
    {"form": Form.NEW, "started": "since"},
    {"form": Form.NEW, "started": "since", "where": "counted"},
    {"form": Form.GONE},
    {"form": Form.GONE, "where": "counted"},
    {"form": Form.VALUE, "column": "grade"},
    {"form": Form.VALUE, "column": "grade", "order": ORDER},
    {"form": Form.VALUE, "column": "amount_yuan"},
    {"form": Form.VALUE_BEFORE, "column": "grade", "order": ORDER},
    {"form": Form.VALUE_BEFORE, "column": "since"},
    {"form": Form.WORSE, "column": "grade", "order": ORDER},
    {"form": Form.STREAK},
    {"form": Form.STREAK, "where": "counted"},
    {"form": Form.HISTORY, "column": "amount_yuan"},
    {"form": Form.HISTORY, "column": "times", "absent_is_zero": False},
    *({"form": f, "column": c, "window": w} for f, c in WINDOWED.items() for w in Window),
    *({"form": f, "column": c, "window": Window.ROLLING, "where": "counted"} for f, c in WINDOWED.items()),
)


def declared(level: Subject, **keys: Any) -> DeclaredMeasure:
    """Return a measure of a level."""
    name = keys.pop("name", f"{level.value}_measure")
    return DeclaredMeasure(name=name, level=level, title="试", **keys)


def every(level: Subject) -> list[DeclaredMeasure]:
    """Return a measure of each form and window."""
    return [declared(level, name=f"{level.value}_{place}", **keys) for place, keys in enumerate(OF_LISTS)]


def twin(measure: DeclaredMeasure, rows: list[Row], covered: set[int], *, now: Period) -> Any:
    """Return what plain Python makes of the rows of one subject."""
    told = [
        plain.Told(row.back, place, getattr(row, measure.column or "grade"), row.since)
        for place, row in enumerate(rows)
        if row.back in covered and row.back < plain.HISTORY and (not measure.where or row.counted)
    ]
    if measure.form is Form.NEW and not measure.started:
        told = [plain.Told(row.back, row.place) for row in told]
    months = {} if measure.window is None else {"months": window_months(measure.window, now)}
    forms = {
        Form.LISTED: plain.listed,
        Form.LISTED_BEFORE: plain.listed_before,
        Form.NEW: partial(plain.new, month_no=now.ordinal),
        Form.GONE: plain.gone,
        Form.VALUE: partial(plain.value, order=measure.order),
        Form.VALUE_BEFORE: partial(plain.value_before, order=measure.order),
        Form.WORSE: partial(plain.worse, order=measure.order),
        Form.STREAK: plain.streak,
        Form.HAPPENED: plain.happened,
        Form.COUNT: plain.count,
        Form.SUM: plain.total,
        Form.LARGEST: plain.largest,
        Form.LATEST: plain.largest,
        Form.HISTORY: partial(plain.history, absent=0.0 if measure.absent_is_zero else None),
    }
    return forms[measure.form](told, {back for back in covered if back < plain.HISTORY}, **months)


JUNE, MAY, APRIL = dt.date(2024, 6, 1), dt.date(2024, 5, 31), dt.date(2024, 4, 30)
ALL = set(range(24))


@pytest.mark.parametrize(
    ("keys", "rows", "covered", "expected"),
    [
        # On the list, off it, and no list.
        ({"form": Form.LISTED}, [Row(0, "P1")], {0}, True),
        ({"form": Form.LISTED}, [Row(1, "P1")], {0, 1}, False),
        ({"form": Form.LISTED}, [Row(0, "P1")], {1}, None),
        ({"form": Form.LISTED, "where": "counted"}, [Row(0, "P1")], {0}, False),
        # The first list ever says nothing of what is new, but for a date on it: last month is new, the one before not.
        ({"form": Form.NEW}, [Row(0, "P1")], {0}, None),
        ({"form": Form.NEW}, [], {0}, False),
        ({"form": Form.NEW}, [Row(0, "P1")], {0, 23}, True),
        ({"form": Form.NEW}, [Row(0, "P1")], {0, 24}, None),
        ({"form": Form.NEW, "started": "since"}, [Row(0, "P1", since=MAY)], {0}, True),
        ({"form": Form.NEW, "started": "since"}, [Row(0, "P1", since=APRIL)], {0, 1}, True),
        ({"form": Form.NEW, "started": "since"}, [Row(0, "P1", since=APRIL)], {0}, False),
        # Gone since the last list, which may be three months old and no older.
        ({"form": Form.GONE}, [Row(3, "P1")], {0, 3}, True),
        ({"form": Form.GONE}, [Row(4, "P1")], {0, 4}, None),
        ({"form": Form.GONE}, [Row(2, "P1")], {0, 1, 2}, False),
        ({"form": Form.GONE}, [Row(1, "P1"), Row(0, "P1")], {0, 1}, False),
        # Of several rows the worst word counts, without an order the last row; a blank one is no word.
        ({"form": Form.VALUE, "column": "grade", "order": ORDER}, [Row(0, "P1", "重"), Row(0, "P1", "中")], {0}, "重"),
        ({"form": Form.VALUE, "column": "grade", "order": ORDER}, [Row(0, "P1", "轻"), Row(0, "P1")], {0}, "轻"),
        ({"form": Form.VALUE, "column": "grade"}, [Row(0, "P1", "重"), Row(0, "P1", "中")], {0}, "中"),
        ({"form": Form.VALUE, "column": "grade"}, [Row(0, "P1", "重"), Row(0, "P1")], {0}, None),
        (
            {"form": Form.WORSE, "column": "grade", "order": ORDER},
            [Row(0, "P1", "重"), Row(2, "P1", "中")],
            {0, 2},
            True,
        ),
        (
            {"form": Form.WORSE, "column": "grade", "order": ORDER},
            [Row(0, "P1", "中"), Row(2, "P1", "中")],
            {0, 2},
            False,
        ),
        ({"form": Form.WORSE, "column": "grade", "order": ORDER}, [Row(0, "P1", "重")], {0, 2}, None),
        ({"form": Form.WORSE, "column": "grade", "order": ORDER}, [Row(2, "P1", "重")], {0, 2}, False),
        # A month without a batch ends a streak.
        ({"form": Form.STREAK}, [Row(n, "P1") for n in (0, 1, 2, 4)], ALL, 3),
        ({"form": Form.STREAK}, [Row(n, "P1") for n in (0, 1, 2)], {0, 2}, 1),
        ({"form": Form.STREAK}, [Row(n, "P1") for n in range(24)], ALL, 24),
        ({"form": Form.STREAK}, [], {0}, 0),
        # Nothing found is only certain when no month is missing; what is found is certain.
        ({"form": Form.HAPPENED, "window": Window.QUARTER}, [Row(3, "P1")], {0, 1, 2, 3}, False),
        ({"form": Form.HAPPENED, "window": Window.QUARTER}, [Row(2, "P1")], {2}, True),
        ({"form": Form.HAPPENED, "window": Window.QUARTER}, [], {0, 2}, None),
        # Amounts: none is zero, rows without one are unknown, a month outside the window does not count.
        ({"form": Form.SUM, "column": "amount_yuan", "window": Window.YEAR}, [Row(5, "P1", amount_yuan=7)], ALL, 7.0),
        ({"form": Form.SUM, "column": "amount_yuan", "window": Window.YEAR}, [Row(6, "P1", amount_yuan=7)], ALL, 0.0),
        ({"form": Form.SUM, "column": "amount_yuan", "window": Window.YEAR}, [Row(0, "P1")], ALL, None),
        ({"form": Form.SUM, "column": "amount_yuan", "window": Window.YEAR}, [Row(1, "P1", amount_yuan=7)], {1}, None),
        ({"form": Form.COUNT, "window": Window.SCHOOL_YEAR}, [Row(9, "P1"), Row(9, "P1"), Row(10, "P1")], ALL, 2),
        ({"form": Form.LATEST, "column": "since", "window": Window.MONTH}, [Row(0, "P1", since=MAY)], {0}, MAY),
    ],
)
def test_a_form_at_its_border(keys: dict[str, Any], rows: list[Row], covered: set[int], expected: object) -> None:
    """One person's rows, the months covered, and what the measure is."""
    measure = declared(Subject.PERSON, **keys)

    assert measured(rows, covered, [measure], now=NOW)["P1"][measure.name] == expected


def test_a_history_holds_unknown_months_apart_from_empty_ones() -> None:
    """No batch: unknown; a batch and no row: nothing, or unknown where absence says nothing; never a row: no list."""
    zero = declared(Subject.PERSON, name="zero", form=Form.HISTORY, column="amount_yuan")
    unknown = declared(Subject.PERSON, name="unknown", form=Form.HISTORY, column="amount_yuan", absent_is_zero=False)
    rows = [Row(0, "P1", amount_yuan=5), Row(0, "P1", amount_yuan=2), Row(2, "P1", amount_yuan=1), Row(3, "P1")]
    found = measured(rows, {0, 1, 2, 3}, [zero, unknown], now=NOW)

    assert found["P1"]["zero"] == [7, 0, 1, *[None] * 21]
    assert found["P1"]["unknown"] == [7, None, 1, *[None] * 21]
    assert found["P2"] == {"zero": None, "unknown": None}


def test_where_months_are_missing_a_sum_says_that_it_is_a_bound() -> None:
    """A column beside the measures says whether every month of the window has a batch."""
    measure = declared(Subject.HOUSEHOLD, form=Form.COUNT, window=Window.QUARTER)
    told = [measured([], covered, [measure], now=NOW)["H1"] for covered in ({0, 1, 2}, {0, 2}, {1, 2})]

    assert [one["is_names_quarter_complete"] for one in told] == [True, False, None]


def test_a_village_is_told_by_its_people() -> None:
    """Rows of people count for the village they live in; a village without any has none."""
    measure = declared(Subject.VILLAGE, form=Form.COUNT, window=Window.MONTH)
    found = measured([Row(0, "P1"), Row(0, "P3"), Row(0, "P3")], {0}, [measure], now=NOW)

    assert {village: told["village_measure"] for village, told in found.items()} == {"东村": 3, "西村": 0}


@pytest.mark.parametrize(
    ("keys", "months"),
    [
        ({"form": Form.LISTED}, 1),
        ({"form": Form.GONE}, 4),
        ({"form": Form.STREAK}, 24),
        ({"form": Form.COUNT, "window": Window.YEAR}, 6),
        ({"form": Form.COUNT, "window": Window.SCHOOL_YEAR}, 10),
    ],
)
def test_no_more_months_are_read_than_a_measure_looks_at(keys: dict[str, Any], months: int) -> None:
    """How far back a source's rows are held in memory."""
    one = MeasureSet(id="names", source="names", measures=(declared(Subject.PERSON, **keys),))

    assert months_read(SourceMeasures(one, a_source("names", Subject.PERSON)), NOW) == months


DAYS = st.one_of(st.none(), st.dates(dt.date(2023, 11, 1), dt.date(2024, 7, 31)))
CELLS = {
    "grade": st.one_of(st.none(), st.sampled_from([*ORDER, "不在序"])),
    "amount_yuan": st.one_of(st.none(), st.integers(-50, 50)),
    "times": st.one_of(st.none(), st.integers(0, 3)),
    "since": DAYS,
    "counted": st.one_of(st.none(), st.booleans()),
}
BACKS = st.one_of(st.integers(0, 4), st.integers(0, 26))
COVERED = st.one_of(st.sets(BACKS), st.sets(st.integers(0, 5)).map(lambda some: set(range(24)) - some), st.just({0}))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.builds(Row, BACKS, st.sampled_from(sorted(HOMES)), **CELLS), max_size=12),
    covered=COVERED,
    now=st.sampled_from([NOW, Period(2024, 1), Period(2024, 9), Period(2024, 12)]),
)
def test_people_and_homes_are_what_the_plain_twin_says(rows: list[Row], covered: set[int], now: Period) -> None:
    """Every form and window, with months missing, rows doubled, cells blank, and a first month ever."""
    for level, homes in ((Subject.PERSON, {p: [p] for p in HOMES}), (Subject.HOUSEHOLD, _members())):
        measures = every(level)
        found = measured(rows, covered, measures, now=now)
        for subject, members in homes.items():
            mine = [row for row in rows if row.whose in members]
            assert {m.name: found[subject][m.name] for m in measures} == {
                m.name: twin(m, mine, covered, now=now) for m in measures
            }


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.builds(Row, BACKS, st.sampled_from(["甲镇", "甲镇/东村", "甲镇/东村/1组", "甲镇/西村", "乙镇"]), **CELLS),
        max_size=10,
    ),
    covered=COVERED,
)
def test_homes_and_villages_are_told_by_the_rows_of_their_place(rows: list[Row], covered: set[int]) -> None:
    """A row of a township counts for all of it, of a village for every group, of a group for its homes and village."""
    homes, villages = every(Subject.HOUSEHOLD), every(Subject.VILLAGE)
    of_homes = placed(rows, covered, homes, now=NOW)
    of_villages = placed(rows, covered, villages, now=NOW)
    for home, (town, village, group) in PLACES.items():
        own = {town, f"{town}/{village}", f"{town}/{village}/{group}"}
        mine = [row for row in rows if row.whose in own]
        assert {m.name: of_homes[home][m.name] for m in homes} == {
            m.name: twin(m, mine, covered, now=NOW) for m in homes
        }
    for village in ("东村", "西村"):
        mine = [row for row in rows if row.whose == "甲镇" or row.whose.startswith(f"甲镇/{village}")]
        assert {m.name: of_villages[village][m.name] for m in villages} == {
            m.name: twin(m, mine, covered, now=NOW) for m in villages
        }


def _members() -> dict[str, list[str]]:
    homes = {home: [person for person, at in HOMES.items() if at == home] for home in PLACES}
    return {home: members for home, members in homes.items() if members}
