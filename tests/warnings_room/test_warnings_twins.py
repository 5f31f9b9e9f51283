"""The SQL of the measures against its slow twins in tests/reference, on random tables."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warning_tables import Month
from warnings_changes import SCHOOL_YEARS, dibao_is_new, is_newly_disabled, school_measures
from warnings_income import NAMES as INCOME_NAMES
from warnings_income import income_measures
from warnings_medical import NAMES as MEDICAL_NAMES
from warnings_medical import medical_measures

from fangpin.types import Period
from fangpin.warnings import income, insurance
from fangpin.warnings.income import income_steps
from fangpin.warnings.inputs import run_steps
from fangpin.warnings.medical import medical_steps
from fangpin.warnings.rosters import roster_steps
from fangpin.warnings.school import school_steps

NOW = Period(2024, 10)
PEOPLE = ["P1", "P2", "P3"]
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Rows = list[dict[str, Any]]

months_back = st.integers(0, 14).map(lambda back: NOW.ordinal - back)
coverage = st.sets(months_back, max_size=15) | st.just({NOW.ordinal - back for back in range(15)})
money = st.none() | st.integers(-2_000_000, 2_000_000).map(lambda cents: Decimal(cents) / 100)


def loaded(source_id: str, covered: set[int], rows: Rows, people: int = 3) -> Month:
    """Return a month with the covered months and facts of one source."""
    month = Month(covered={source_id: sorted(covered)}, people=people)
    if rows:
        frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(batch_id=pl.lit("b"))
        month.con.register("rows_in", frame)
        month.con.execute(f"insert into fact_{source_id} by name select * from rows_in").fetchall()
        month.con.unregister("rows_in")
    return month


def numbered(rows: Rows) -> Rows:
    """Return the rows with their row numbers."""
    return [row | {"row_number": place} for place, row in enumerate(rows, 1)]


def dated(ordinal: int | None) -> dt.date | None:
    """Return the first day of a month given by its ordinal."""
    return None if ordinal is None else dt.date((ordinal - 1) // 12, (ordinal - 1) % 12 + 1, 1)


bills = st.lists(
    st.fixed_dictionaries(
        {
            "person_no": st.sampled_from(PEOPLE),
            "period_no": months_back,
            "self_paid_yuan": money,
            "total_yuan": money,
            "care_type": st.sampled_from(["住院", "门诊"]),
            "diagnosis": st.sampled_from(["肺癌", "肠炎", None]),
            "insured_status": st.sampled_from(["正常参保", "未参保", "暂停参保", None]),
            "settlement_no": st.sampled_from(["1", "2", None]),
        }
    ),
    max_size=25,
).map(numbered)


@FEW
@given(bills, coverage, st.sampled_from([1, 2, 5]))
def test_medical(facts: Rows, covered: set[int], fleeting_people: int) -> None:
    """Every medical measure equals its twin, with and without enough people to call a status fleeting."""
    month = loaded("medical_settlement", covered, facts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(insurance, "FLEETING_PEOPLE", fleeting_people)
        run_steps(month.con, medical_steps(NOW))
    expected = medical_measures(PEOPLE, facts, covered, now=NOW.ordinal, fleeting_people=fleeting_people)

    for person in PEOPLE:
        sql = f"select {', '.join(MEDICAL_NAMES)} from person_medical where person_no = $person"
        got = dict(zip(MEDICAL_NAMES, month.con.execute(sql, {"person": person}).fetchall()[0], strict=True))
        mean = got.pop("self_paid_mean_yuan")
        assert (None if mean is None else float(mean)) == pytest.approx(
            expected[person].pop("self_paid_mean_yuan"), abs=0.01
        )
        assert got == expected[person]


yuan = st.integers(0, 9_000).map(float)
visits = st.dictionaries(
    st.tuples(st.sampled_from(["H", "H1", "H2"]), months_back), st.tuples(yuan, st.none() | yuan), max_size=40
)


@FEW
@given(visits, coverage, st.integers(0, 4), st.sampled_from([2, 30]))
def test_income(
    told: dict[tuple[str, int], tuple[float, float | None]], covered: set[int], size: int, season_households: int
) -> None:
    """Every income measure equals its twin, with and without a season."""
    facts = [
        {"household_no": home, "period_no": when, "income_yuan": paid, "spending_yuan": spent}
        for (home, when), (paid, spent) in told.items()
    ]
    month = loaded("visit_ledger", covered, numbered(facts), people=0)
    for home in ("H1", "H2"):
        month.add("household", household_no=home, size=size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(income, "SEASON_HOUSEHOLDS", season_households)
        run_steps(month.con, income_steps(NOW))
    expected = income_measures(
        {"H": 0, "H1": size, "H2": size}, told, covered, now=NOW.ordinal, season_households=season_households
    )

    for home, measures in expected.items():
        sql = f"select {', '.join(INCOME_NAMES)} from household_income where household_no = $home"
        row = month.con.execute(sql, {"home": home}).fetchall()[0]
        got = {name: None if value is None else float(value) for name, value in zip(INCOME_NAMES, row, strict=True)}
        assert got == pytest.approx(measures, abs=0.01)


enrolments = st.lists(
    st.fixed_dictionaries(
        {
            "period_no": months_back,
            "enrolment_status": st.sampled_from(["在读", "休学", "转学", "毕业", "辍学", None]),
            "school_grade": st.sampled_from([*SCHOOL_YEARS, None]),
        }
    ),
    max_size=12,
).map(numbered)


@FEW
@given(enrolments, coverage)
def test_school(rows: Rows, covered: set[int]) -> None:
    """Who left a school list, and for how long, equals its twin."""
    month = loaded("school_enrolment", covered, [row | {"person_no": "P1"} for row in rows], people=1)
    run_steps(month.con, school_steps(NOW))
    expected = school_measures(rows, covered, now=NOW.ordinal)

    assert month.con.execute(f"select {', '.join(expected)} from person_school").fetchall() == [
        tuple(expected.values())
    ]


grants = st.lists(
    st.fixed_dictionaries(
        {
            "period_no": months_back,
            "category": st.sampled_from(["农村低保", "特困供养", "低保边缘"]),
            "started_no": st.none() | months_back,
        }
    ),
    max_size=4,
).map(numbered)


@FEW
@given(grants, coverage)
def test_new_basic_living(rows: Rows, covered: set[int]) -> None:
    """A household new on the basic-living list equals its twin."""
    facts = [
        {"household_no": "H", "started_on": dated(row["started_no"])}
        | {key: row[key] for key in ("period_no", "category", "row_number")}
        for row in rows
    ]
    month = loaded("dibao_roster", covered, facts, people=1)
    run_steps(month.con, roster_steps(NOW))

    expected = dibao_is_new(rows, covered, now=NOW.ordinal)
    assert month.con.execute("select is_dibao_new from household_dibao").fetchall() == [(expected,)]


certificates = st.lists(
    st.fixed_dictionaries(
        {
            "period_no": st.integers(0, 3).map(lambda back: NOW.ordinal - back),
            "issued_no": st.none() | st.integers(-1, 4).map(lambda back: NOW.ordinal - back),
            "event": st.sampled_from(["新办", "换证", None]),
        }
    ),
    max_size=4,
).map(numbered)


@FEW
@given(certificates, coverage)
def test_new_disability(rows: Rows, covered: set[int]) -> None:
    """A first certificate equals its twin."""
    facts = [
        {"person_no": "P1", "issued_on": dated(row["issued_no"]), "certificate_event": row["event"]}
        | {key: row[key] for key in ("period_no", "row_number")}
        for row in rows
    ]
    month = loaded("disability_certificate", covered, facts, people=1)
    run_steps(month.con, roster_steps(NOW))

    expected = is_newly_disabled(rows, covered, now=NOW.ordinal)
    assert month.con.execute("select is_newly_disabled from person_disability").fetchall() == [(expected,)]
