"""What a rule read of one household: values, histories, gaps; an unknown one stays unknown."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest
from warning_tables import rule

from fangpin.config.rule_models import Rule
from fangpin.types import Period, Subject
from fangpin.warnings.measure import Measure
from fangpin.warnings.readings import Gap, OwnHistory, Reading, gaps_of, only_household, readings_of

PAID = Measure("self_paid_year_yuan", "double", "元", "本年累计个人负担", "本月没有数据", "medical_settlement")
HISTORY = Measure("self_paid_history", "double[]", "元", "各月个人负担", "没有数据", "medical_settlement")
INCOME = Measure("income_year_yuan", "double", "元", "全年收入", "没有走访", "visit_ledger")
CATALOGUE: Mapping[str, tuple[Measure, ...]] = {"person_month": (PAID, HISTORY), "household_month": (PAID, INCOME)}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """Return two households, the first with two members, of whom one's spending nobody knows."""
    made = duckdb.connect()
    keys = "household_no varchar, person_no varchar, relation varchar"
    made.execute(f"create table person_month ({keys}, self_paid_year_yuan double, self_paid_history double[])")
    made.execute(
        "create table household_month (household_no varchar, self_paid_year_yuan double, income_year_yuan double)"
    )
    made.execute("create table person (household_no varchar)")
    made.execute("create table household (household_no varchar)")
    made.execute("create table coverage (source_id varchar, period_no bigint)")
    made.execute(
        "insert into person_month values ('H', 'P1', '户主', 900, [900, null, 0]), ('H', 'P2', null, null, null),"
        " ('K', 'P3', '户主', 1, [1])"
    )
    made.execute("insert into household_month values ('H', 900, null), ('K', 1, 2)")
    only_household(made, "H")
    return made


def asked(sql: str, subject: Subject) -> Rule:
    """Return a rule with this statement."""
    return rule(sql=sql, subject=subject)


def test_a_rule_for_persons_read_one_person_with_the_history_behind(con: duckdb.DuckDBPyConnection) -> None:
    """The person alone, by role; the months as they stand, an unknown one between."""
    found = readings_of(
        con, asked("select self_paid_year_yuan from person_month", Subject.PERSON), CATALOGUE, person_no="P1"
    )

    assert found == ((Reading(PAID, "户主", 900.0),), (OwnHistory(HISTORY, "户主", (900.0, None, 0.0)),))


def test_a_rule_for_households_read_every_member_where_it_speaks_of_them(con: duckdb.DuckDBPyConnection) -> None:
    """A member without a role is one all the same; what is unknown is told as unknown, without a history."""
    sql = "select sum(self_paid_year_yuan) from person_month"
    readings, histories = readings_of(con, asked(sql, Subject.HOUSEHOLD), CATALOGUE, person_no=None)

    assert readings == (Reading(PAID, "户主", 900.0), Reading(PAID, "家庭成员", None))
    assert [history.member for history in histories] == ["户主"]


def test_a_column_said_to_be_of_one_table_is_not_read_of_the_other(con: duckdb.DuckDBPyConnection) -> None:
    """The household's column of the same name is another figure."""
    sql = "select person_month.self_paid_year_yuan, income_year_yuan from person_month join household_month using (x)"
    readings, _ = readings_of(con, asked(sql, Subject.PERSON), CATALOGUE, person_no="P1")

    assert readings == (Reading(INCOME, "", None), Reading(PAID, "户主", 900.0))


def test_nothing_of_another_household_is_read(con: duckdb.DuckDBPyConnection) -> None:
    """The other household is gone from the tables."""
    assert con.execute("select distinct household_no from person_month").fetchall() == [("H",)]


def test_months_without_data_are_named_by_source(con: duckdb.DuckDBPyConnection) -> None:
    """A source that has every month is not named; one with a gap is, with the month."""
    now = Period(2024, 3)
    for back in range(12):
        con.execute("insert into coverage values ('whole', $no)", {"no": now.back(back).ordinal})
        if back != 1:
            con.execute("insert into coverage values ('gappy', $no)", {"no": now.back(back).ordinal})

    assert gaps_of(con, ["whole", "gappy", "gappy"], period=now) == (Gap("gappy", (Period(2024, 2),)),)
