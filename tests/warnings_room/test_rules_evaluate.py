"""Evaluation of a month: verdicts, dated values, sentences, rules that fail alone."""

from __future__ import annotations

import datetime as dt

import pytest
from warning_tables import SQL, Month, P, months, rule, shipped_site

from fangpin.config.rule_models import Rule
from fangpin.types import Period
from fangpin.warnings.evaluate import Evaluation, evaluate

SITE = shipped_site()

PERSON_SQL = """
select
  household_no,
  person_no,
  self_paid_month_yuan::double as measured,
  1000::double as threshold,
  self_paid_month_yuan >= 1000 as fires,
  self_paid_month_yuan as paid_yuan
from person_month
"""


def of_month(month: Month, *rules: Rule, period: Period = P) -> Evaluation:
    """Return the evaluation of a month."""
    month.screen(period)
    return evaluate(month.con, rules, period=period, site=SITE)


def test_verdicts_are_alert_silence_and_unjudged() -> None:
    """True is an alert, false nothing, null is counted."""
    month = Month(size=5)
    month.add("household", household_no="H2", size=4)
    month.add("household", household_no="H3")

    found = of_month(month, rule())

    assert found.alerts.select("household_no", "person_no", "measured", "threshold", "sentence").rows() == [
        ("H", None, 5.0, 5.0, "全家5人")
    ]
    assert found.unjudged.rows() == [("big_household", "household", 3, 1, [])]


@pytest.mark.parametrize(("period", "line"), [(Period(2024, 5), 3.0), (Period(2024, 6), 5.0)])
def test_value_in_force_on_the_first_of_the_month(period: Period, line: float) -> None:
    """An old month is judged by the value of its own time, and the value is recorded."""
    found = of_month(Month(size=9), rule(), period=period)

    assert found.alerts["threshold"].to_list() == [line]
    assert found.values.select("rule_id", "name", "value").rows() == [("big_household", "line", line)]


def test_site_line_is_bound_and_recorded() -> None:
    """A site parameter is bound like a rule's own."""
    sql = SQL.replace("$line", "$monitoring_line_yuan")
    found = of_month(Month(size=9), rule(sql=sql, parameters=[], site_parameters=["monitoring_line_yuan"]))

    assert found.values.select("name", "value", "since").rows() == [
        ("monitoring_line_yuan", 6700.0, dt.date(2022, 1, 1))
    ]


def test_missing_source_judges_nobody() -> None:
    """When a needed source has no batch of the month, everybody is unjudged and the source is named."""
    found = of_month(Month(size=9), rule(needs=["dibao_roster"]))

    assert (found.alerts.height, found.unjudged.rows()) == (0, [("big_household", "household", 1, 1, ["dibao_roster"])])


def test_person_is_named_by_role() -> None:
    """The sentence says the role in the household, or family member when the role is blank; never a name."""
    month = Month(covered={"medical_settlement": months("2024-06", "2024-06")})
    month.add("person", person_no="P2", household_no="H", relation="之子")
    for person, amount in (("P1", 12345.5), ("P2", 1000)):
        month.fact("medical_settlement", "2024-06", person_no=person, self_paid_yuan=amount)

    found = of_month(
        month, rule(subject="person", sql=PERSON_SQL, parameters=[], sentence="{period}{member}自付{paid_yuan}元")
    )

    assert found.alerts.select("person_no", "sentence").rows() == [
        ("P1", "2024年6月家庭成员自付12,345.5元"),
        ("P2", "2024年6月之子自付1,000元"),
    ]


def test_alert_carries_its_rule() -> None:
    """Kind, grade, version, risks, period and quiet months come from the rule."""
    found = of_month(Month(size=9), rule(version=2, risks=["因病", "因残"]))

    columns = ["rule_id", "rule_version", "kind", "grade", "period", "risks", "quiet_months"]
    assert found.alerts.select(columns).rows() == [
        ("big_household", 2, "other", "yellow", "2024-06", ["因病", "因残"], 12)
    ]


def test_switched_off_rule_is_not_evaluated() -> None:
    """A rule that is switched off leaves no trace."""
    found = of_month(Month(size=9), rule(switched_on=False))

    assert (found.alerts.height, found.unjudged.height, found.failures) == (0, 0, ())


BROKEN = {
    "no statement": {"sql": "-- nothing"},
    "syntax": {"sql": "select from"},
    "two statements": {"sql": f"{SQL}; select 1"},
    "deletes": {"sql": "delete from household_month"},
    "drops": {"sql": "drop table household_month"},
    "deletes in a with clause": {"sql": f"with gone as (delete from household_month returning 1) {SQL}"},
    "other table": {"sql": SQL.replace("household_month", "coverage")},
    "missing table": {"sql": SQL.replace("household_month", "nowhere")},
    "missing column": {"sql": SQL.replace("size >= $line", "sise >= $line")},
    "file": {"sql": SQL.replace("household_month", "read_csv('x.csv')")},
    "name of a table": {
        "sql": f"with a as (select * from coverage), coverage as (select 1) {SQL.replace('household_month', 'a')}"
    },
    "volatile": {"sql": SQL.replace("size >= $line", "random() < 2")},
    "wrong type": {"sql": SQL.replace("size >= $line as fires", "'yes' as fires")},
    "no person column": {"sql": SQL.replace("null::varchar as person_no,", "")},
    "undeclared parameter": {"parameters": []},
    "no value yet": {
        "parameters": [{"name": "line", "value": 1, "unit": "人", "since": "2030-01-01", "document": "x"}]
    },
    "unknown site parameter": {"site_parameters": ["nothing"]},
    "cast at run time": {
        "sql": SQL.replace("size >= $line", "size >= village_name_to_int").replace(
            "from household_month",
            "from (select *, cast(household_no as integer) as village_name_to_int from household_month)",
        )
    },
    "overflow": {"sql": SQL.replace("size >= $line", "size * 9223372036854775807 >= $line")},
    "doubled rows": {
        "sql": SQL.replace("from household_month", "from household_month cross join (values (1), (2)) v(n)")
    },
    "not registered": {"sql": SQL.replace("  household_no,", "  'X' || household_no as household_no,")},
    "no household": {"sql": SQL.replace("  household_no,", "  null::varchar as household_no,")},
    "person in a household rule": {"sql": SQL.replace("null::varchar", "'P1'")},
    "no person in a person rule": {"subject": "person"},
    "open brace": {"sentence": "全家{size人"},
    "nested type": {"sql": SQL.replace("  size\nfrom", "  [size] as size\nfrom")},
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_fails_alone(case: str) -> None:
    """A rule that cannot be evaluated is listed with its step; the others' alerts are what they would be."""
    month = Month(size=9)
    good = [rule(id="aa"), rule(id="zz")]
    alone = of_month(month, *good)

    found = evaluate(month.con, [*good, rule(id="mm", **BROKEN[case])], period=P, site=SITE)

    assert [failure.rule_id for failure in found.failures] == ["mm"]
    assert all(failure.step and failure.reason for failure in found.failures)
    assert found.alerts.equals(alone.alerts)
    assert found.alerts.height == 2


def test_a_rule_that_computes_too_long_fails_alone() -> None:
    """A rule over its time limit is interrupted and listed; the rules before and after it are judged."""
    month = Month(size=9)
    month.screen()
    ten = ", ".join(f"({n})" for n in range(10))
    crossed = ", ".join(f"(values {ten}) v{place}(n{place})" for place in range(12))
    product = " + ".join(f"n{place} * size" for place in range(12))
    endless = SQL.replace("size >= $line", f"(select sum({product}) from {crossed}) >= $line")

    found = evaluate(
        month.con, [rule(id="aa"), rule(id="mm", sql=endless), rule(id="zz")], period=P, site=SITE, limit_seconds=1
    )

    assert [(failure.rule_id, failure.step, failure.reason) for failure in found.failures] == [
        ("mm", "查询", "计算超过1秒，已中断；请检查语句的连接条件")
    ]
    assert found.alerts["rule_id"].to_list() == ["aa", "zz"]


def test_division_by_zero_judges_nobody() -> None:
    """A figure that is not finite is no verdict."""
    sql = SQL.replace("size::double as measured", "(size / 0)::double as measured")

    found = of_month(Month(size=9), rule(sql=sql))

    assert (found.alerts.height, found.unjudged["unjudged"].to_list(), found.failures) == (0, [1], ())


def test_reason_shows_no_value() -> None:
    """What the database says of a value it could not read is not passed on."""
    month = Month()
    month.add("household", household_no="张三")
    sql = SQL.replace("size >= $line", "cast(household_no as integer) >= $line")

    found = of_month(month, rule(sql=sql))

    assert "张三" not in found.failures[0].reason
    assert found.failures[0].step == "查询"
