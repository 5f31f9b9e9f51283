"""Early drift: the tables some months on against plain twins, and who is told, who is only counted."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warning_tables import Month, rule, shipped_site

from fangpin.config.rule_models import Rule
from fangpin.types import Effect, Period
from fangpin.warnings.drift import AHEAD, Drift, drift
from fangpin.warnings.inputs import run_steps
from fangpin.warnings.pace import month_itself, months_on, pace_steps

NOW = Period(2024, 10)
MEDICAL = "medical_settlement"
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Bills = dict[int, float]


def yearly(line: float = 1000.0, **changes: object) -> Rule:
    """Return a rule: what a person paid this year reaches a line; with months missing it may only fire."""
    sql = """
select household_no, person_no, self_paid_year_yuan::double as measured, $line::double as threshold,
  case when is_self_paid_year_complete or self_paid_year_yuan >= $line then self_paid_year_yuan >= $line end as fires
from person_month
"""
    parameters = [{"name": "line", "value": line, "unit": "元", "since": "2022-01-01", "document": "甲"}]
    body: dict[str, object] = {"id": "yearly", "title": "年累计超线", "subject": "person", "sql": sql}
    return rule(**(body | {"parameters": parameters, "needs": [MEDICAL], "sentence": "超线"} | changes))


def per_head(line: float = 6700.0) -> Rule:
    """Return a rule: the income of a head lies below a line."""
    sql = """
select household_no, null::varchar as person_no, income_per_head_yuan::double as measured, $line::double as threshold,
  case when months_visited >= 3 then income_per_head_yuan < $line end as fires
from household_month
"""
    parameters = [{"name": "line", "value": line, "unit": "元/人·年", "since": "2022-01-01", "document": "甲"}]
    return rule(id="per_head", title="收入低", sql=sql, parameters=parameters, needs=["visit_ledger"], sentence="低")


def month_with(bills: Mapping[int, float], *, covered: set[int] | None = None, now: Period = NOW) -> Month:
    """Return a month in which P1 paid these amounts so many months back."""
    told = range(24) if covered is None else covered
    month = Month(covered={MEDICAL: [now.ordinal - back for back in told]})
    for back, yuan in bills.items():
        month.fact(MEDICAL, now.ordinal - back, self_paid_yuan=yuan, care_type="住院", insured_status="正常参保")
    month.screen(now)
    return month


def told_of(month: Month, *rules: Rule, now: Period = NOW) -> Drift:
    """Return the drift of a month."""
    return drift(month.con, rules, period=now, site=shipped_site())


@pytest.mark.parametrize(
    ("bills", "crosses_in"),
    [
        ({0: 100, 1: 100, 2: 100, 3: 100, 4: 100, 5: 100, 6: 100, 7: 100, 8: 100}, "2024-11"),
        ({0: 100, 1: 100, 2: 100, 3: 100, 4: 100, 5: 100, 6: 100, 7: 100}, "2024-12"),
        ({0: 100, 1: 100, 2: 100, 3: 100, 4: 100, 5: 100, 6: 100}, None),  # the year is over before
        ({0: 950}, None),  # one large bill is no pace
        ({0: 450, 2: 450, 4: 49}, None),  # paid every other month: the middle month is none
        ({0: 1000}, None),  # there already: an alert, not a drift
    ],
)
def test_a_person_is_told_when_the_usual_month_carries_the_year_over_the_line(
    bills: Bills, crosses_in: str | None
) -> None:
    """Ten times the usual month crosses at the line itself; a new year begins at nothing."""
    told = told_of(month_with(bills), yearly()).told

    assert told["crosses_in"].to_list() == ([crosses_in] if crosses_in else [])
    assert told["person_no"].to_list() == (["P1"] if crosses_in else [])


def test_the_sentence_tells_the_month_the_figures_and_that_it_is_no_lead() -> None:
    """Figures with their unit, the member by role, never a name."""
    told = told_of(month_with(dict.fromkeys(range(9), 100.0)), yearly()).told

    assert told["sentence"].to_list() == [
        "按近几月进度，家庭成员预计2024年11月触及“年累计超线”：目前900元，预计1,000元，线1,000元（仅供提前关注，不生成线索）"
    ]
    assert told.select("measured", "projected", "threshold").rows() == [(900.0, 1000.0, 1000.0)]


def test_the_line_of_the_later_month_counts() -> None:
    """A line that rises next month is reached by the old figure's pace only if it is reached."""
    lines = [
        {"name": "line", "value": 1000, "unit": "元", "since": "2022-01-01", "document": "甲"},
        {"name": "line", "value": 1100, "unit": "元", "since": "2024-11-01", "document": "乙"},
    ]
    told = told_of(month_with(dict.fromkeys(range(9), 100.0)), yearly(parameters=lines)).told

    assert told.select("crosses_in", "threshold").rows() == [("2024-12", 1100.0)]


@pytest.mark.parametrize("covered", [{0, 1}, {1, 2, 3}, {0, 1, 2, 4, 5, 6, 7, 8, 9}])
def test_who_is_unknown_is_counted_and_never_told(covered: set[int]) -> None:
    """Too few months for a pace, no data this month, a year with a gap: nobody knows."""
    found = told_of(month_with({0: 999, 1: 999, 2: 999}, covered=covered), yearly(line=5000))

    assert found.told.height == 0
    assert found.unknown.rows() == [("yearly", 1, 1)]


@pytest.mark.parametrize(
    "changes",
    [{"switched_on": False}, {"effect": Effect.FLAG}, {"sql": "select household_no from household_month"}],
)
def test_only_rules_that_lead_and_that_a_pace_moves_are_asked(changes: dict[str, object]) -> None:
    """A flag, a rule that is off, a rule of this month alone: none is asked."""
    found = told_of(month_with(dict.fromkeys(range(9), 100.0)), yearly().model_copy(update=changes))

    assert (found.told.height, found.unknown.height, found.failed) == (0, 0, ())


def test_a_rule_that_fails_stops_no_other() -> None:
    """The failed one is named with its step."""
    broken = yearly().model_copy(update={"id": "broken", "sql": "select self_paid_year_yuan from person_month"})
    found = told_of(month_with(dict.fromkeys(range(9), 100.0)), broken, yearly())

    assert found.told["rule_id"].to_list() == ["yearly"]
    assert [failed.split("：")[0] for failed in found.failed] == ["broken"]


def test_a_rule_whose_line_begins_later_is_named_and_stops_no_other() -> None:
    """There is no line to stand on either side of yet."""
    lines = [{"name": "line", "value": 1000, "unit": "元", "since": "2024-11-01", "document": "甲"}]
    month = month_with(dict.fromkeys(range(9), 100.0))
    found = told_of(month, yearly(id="later", parameters=lines), yearly())

    assert found.told["rule_id"].to_list() == ["yearly"]
    assert found.failed == ("later：参数：参数 line 在 2024-10-01 没有生效的值",)


def test_the_months_tables_stand_as_before_afterwards() -> None:
    """What is asked next finds the month itself."""
    month = month_with(dict.fromkeys(range(9), 100.0))
    before = tables(month.con)
    told_of(month, yearly())

    assert [frame.equals(after) for frame, after in zip(before, tables(month.con), strict=True)] == [True, True]


@pytest.mark.parametrize(
    ("visits", "told"),
    [
        ({9: 900, 8: 900, 7: 900, 1: 400, 0: 400}, ["2024-11"]),
        ({9: 900, 8: 900, 7: 900, 1: 900, 0: 0}, []),  # one bad month is no way down
        ({1: 400, 0: 400}, []),  # below already, or not judged: an alert's matter
        ({9: 900, 8: 900, 7: 900, 1: 400}, []),  # not visited this month: nobody knows
    ],
)
def test_a_household_is_told_when_two_low_months_pull_the_year_down(visits: Bills, told: list[str]) -> None:
    """The better of the last two visits is the pace."""
    month = Month(covered={"visit_ledger": [NOW.ordinal - back for back in range(24)]})
    for back, yuan in visits.items():
        month.fact("visit_ledger", NOW.ordinal - back, income_yuan=yuan)
    month.screen(NOW)

    assert told_of(month, per_head(line=8000)).told["crosses_in"].to_list() == told


def test_a_household_that_climbs_from_below_is_not_on_its_way_to_the_line() -> None:
    """What fires later for another reason, on the same side of its line, is not told."""
    sql = """
select household_no, person_no, 1::double as measured, 2::double as threshold, self_paid_year_yuan >= 1000 as fires
from person_month
"""
    found = told_of(month_with(dict.fromkeys(range(9), 100.0)), yearly().model_copy(update={"sql": sql}))

    assert found.told.height == 0


def tables(con: duckdb.DuckDBPyConnection) -> list[pl.DataFrame]:
    """Return the two tables of the month."""
    return [con.sql(f"select * from {name} order by household_no").pl() for name in ("person_month", "household_month")]


def columns_of(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the columns of household_month with their types."""
    return {row[0]: row[1] for row in con.execute("describe household_month").fetchall()}


def projected(bills: Bills, covered: set[int], now: Period, ahead: int) -> dict[str, Any]:
    """Return what a person will have paid so many months on, month by month: the plain twin."""
    usual = [sum(yuan for back, yuan in bills.items() if back == month) for month in range(6) if month in covered]
    if 0 not in covered:
        return dict.fromkeys(("year", "rolling", "whole"))
    pace = max(float(median(usual)), 0.0) if len(usual) >= 3 else None
    later = now.back(-ahead)
    known: dict[Period, float | None] = {now.back(back): yuan for back, yuan in bills.items() if back in covered}
    known.update({now.back(-step): pace for step in range(1, ahead + 1)})
    year = [yuan for when, yuan in known.items() if when.year == later.year]
    rolling = [yuan for when, yuan in known.items() if later.back(11) <= when]
    this_year = {now.back(back) for back in covered} >= {Period(now.year, m) for m in range(1, now.month + 1)}
    return {
        "year": None if pace is None else sum(yuan or 0 for yuan in year),
        "rolling": None if pace is None else sum(yuan or 0 for yuan in rolling),
        "whole": this_year if later.year == now.year else True,
    }


@FEW
@given(
    st.dictionaries(st.integers(0, 14), st.integers(-300, 900).map(float), max_size=12),
    st.sets(st.integers(0, 14)) | st.just(set(range(15))),
    st.sampled_from([Period(2024, 10), Period(2024, 11), Period(2024, 2)]),
    st.integers(1, AHEAD),
)
def test_the_tables_some_months_on_are_their_plain_twin(
    bills: Bills, covered: set[int], now: Period, ahead: int
) -> None:
    """Sums of the year and of twelve months, for the person and the household, over a new year too."""
    month = month_with({back: yuan for back, yuan in bills.items() if back in covered}, covered=covered, now=now)
    run_steps(month.con, [*pace_steps(now), *months_on(now, ahead, columns=columns_of(month.con))])
    columns = "self_paid_year_yuan, self_paid_rolling_yuan, is_self_paid_year_complete"
    found = [month.con.execute(f"select {columns} from {t}").fetchall()[0] for t in ("person_month", "household_month")]
    run_steps(month.con, month_itself())
    expected = projected({b: y for b, y in bills.items() if b in covered}, covered, now, ahead)

    for year, rolling, whole in found:
        assert (None if year is None else float(year)) == pytest.approx(expected["year"], abs=0.01)
        assert (None if rolling is None else float(rolling)) == pytest.approx(expected["rolling"], abs=0.01)
        assert whole == expected["whole"]


@FEW
@given(
    st.dictionaries(st.integers(0, 14), st.integers(0, 2000).map(float), max_size=12),
    st.integers(1, 4),
    st.integers(1, AHEAD),
)
def test_income_some_months_on_is_its_plain_twin(visits: Bills, size: int, ahead: int) -> None:
    """The known months of the twelve up to then and the better of the last two visits for those to come."""
    month = Month(covered={"visit_ledger": [NOW.ordinal - back for back in range(24)]}, size=size)
    for back, yuan in visits.items():
        month.fact("visit_ledger", NOW.ordinal - back, income_yuan=yuan)
    month.screen(NOW)
    run_steps(month.con, [*pace_steps(NOW), *months_on(NOW, ahead, columns=columns_of(month.con))])
    found = month.con.execute("select income_per_head_yuan from household_month").fetchall()[0][0]
    run_steps(month.con, month_itself())
    before = sorted(back for back in visits if back)
    followed = 0 in visits and bool(before) and before[0] <= 3
    expected = None
    if followed:
        pace = max(visits[0], visits[before[0]])
        told = [yuan for back, yuan in visits.items() if back <= 11 - ahead] + [pace] * ahead
        expected = sum(told) / len(told) * 12 / size

    assert (None if found is None else float(found)) == pytest.approx(expected, abs=0.01)
