"""Rules over the departments' lists, from the rows of two months to the verdict: what the declared measures are for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from warning_tables import Month, at, months

from fangpin.config.loader import load
from fangpin.types import Period
from fangpin.warnings.evaluate import evaluate
from fangpin.warnings.facts import fact_columns
from fangpin.warnings.indicators import indicator_steps
from fangpin.warnings.inputs import create_table_sql, quoted, run_steps
from fangpin.warnings.measures import source_measures

MAY = Period(2024, 5)
HUAXI = load("huaxi")
Rows = dict[str, dict[str, Any] | list[dict[str, Any]]]  # month -> the cells of its row or rows


def _screened(covered: dict[str, list[int]], rows: dict[str, Rows], *, household_type: str | None = None) -> Month:
    """Return the month of a household of one person, with the declared measures of the sources named in covered."""
    month = Month(covered=covered)
    measures = [one for one in source_measures(HUAXI) if one.source.id in covered]
    for one in measures:
        # Every declared column, not only those that the hand-written steps read, and nothing left of the month before.
        month.con.execute(f"drop table if exists {quoted(f'fact_{one.source.id}')}").fetchall()
        month.con.execute(create_table_sql(f"fact_{one.source.id}", fact_columns(one.source))).fetchall()
    for source_id, told in rows.items():
        for when, row in told.items():
            for cells in row if isinstance(row, list) else [row]:
                month.fact(source_id, when, **cells)
    month.con.execute("update household set household_type = $it", {"it": household_type}).fetchall()
    run_steps(month.con, indicator_steps(MAY, measures))
    return month


def _answer(month: Month, rule_id: str) -> str:
    """Return what a rule, switched on, says in May: fires, quiet or unknown."""
    rule = HUAXI.rules[rule_id].model_copy(update={"switched_on": True})
    found = evaluate(month.con, [rule], period=MAY, site=HUAXI.site)
    assert found.failures == ()
    if found.alerts.height:
        return "fires"
    return "unknown" if found.unjudged["unjudged"].sum() else "quiet"


def _verdict(rule_id: str, source_id: str, covered: list[int], rows: Rows) -> str:
    """Return what a rule says in May on the rows of one source."""
    return _answer(_screened({source_id: covered}, {source_id: rows}), rule_id)


BOTH = [at("2024-04"), at("2024-05")]
NOW = [at("2024-05")]
ILL = {"patient_type": "大病", "disease": "尿毒症"}


@pytest.mark.parametrize(
    ("covered", "rows", "expected"),
    [
        (BOTH, {"2024-05": ILL}, "fires"),
        (BOTH, {"2024-04": ILL, "2024-05": ILL}, "quiet"),
        (BOTH, {"2024-05": ILL | {"diagnosed_on": dt.date(2020, 1, 1)}}, "fires"),
        (NOW, {"2024-05": ILL | {"diagnosed_on": dt.date(2020, 1, 1)}}, "quiet"),
        (NOW, {"2024-05": ILL | {"diagnosed_on": dt.date(2024, 4, 20)}}, "fires"),
        (NOW, {"2024-05": ILL}, "unknown"),
        (BOTH, {"2024-05": ILL | {"patient_type": "慢病"}}, "quiet"),
        (BOTH, {}, "quiet"),
        ([], {}, "unknown"),
    ],
)
def test_a_new_major_illness(covered: list[int], rows: Rows, expected: str) -> None:
    """The list before decides; where there is none, the date of the diagnosis does."""
    assert _verdict("serious_illness_new", "serious_illness", covered, rows) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [({"treatment": "未救治"}, "fires"), ({"treatment": "治疗中"}, "quiet"), ({}, "quiet")],
)
def test_an_illness_left_untreated(row: dict[str, str], expected: str) -> None:
    """Only the word itself says that nobody treats it; a blank cell says nothing of the kind."""
    assert _verdict("illness_untreated", "serious_illness", NOW, {"2024-05": ILL | row}) == expected


@pytest.mark.parametrize(
    ("rule_id", "row", "expected"),
    [
        ("tekun_new", {"category": "特困供养"}, "fires"),
        ("tekun_new", {"category": "特困供养", "care": "分散供养"}, "fires"),
        ("tekun_new", {"category": "特困供养", "care": "集中供养"}, "quiet"),
        ("tekun_new", {"category": "农村低保"}, "quiet"),
        ("low_income_new", {"category": "刚性支出困难"}, "fires"),
        ("low_income_new", {"category": "低保边缘"}, "fires"),
        ("low_income_new", {"category": "农村低保"}, "quiet"),
        ("orphan_new", {"category": "孤儿"}, "fires"),
        ("orphan_new", {"category": "孤儿", "started_on": dt.date(2019, 1, 1)}, "fires"),
    ],
)
def test_who_is_new_on_the_roster_of_civil_affairs(rule_id: str, row: dict[str, Any], expected: str) -> None:
    """Each class has its rule; nobody cared for in a home is left alone; who was on no list before is new."""
    assert _verdict(rule_id, "dibao_roster", BOTH, {"2024-05": row}) == expected


@pytest.mark.parametrize(
    ("may", "reason", "expected"),
    [
        (None, "其他", "fires"),
        (None, "收入增加", "quiet"),
        (None, None, "unknown"),
        ({"category": "农村低保"}, "其他", "quiet"),
        ({"category": "低保边缘"}, "其他", "fires"),
    ],
)
def test_basic_living_that_stops(may: dict[str, str] | None, reason: str | None, expected: str) -> None:
    """Off the roster for a reason that is neither death nor better income; no reason told is not judged."""
    rows: Rows = {"2024-04": {"category": "农村低保", "stop_reason": reason}}
    if may:
        rows["2024-05"] = may

    assert _verdict("dibao_stopped", "dibao_roster", BOTH, rows) == expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [("四级", "二级", "fires"), ("二级", "四级", "quiet"), ("二级", "二级", "quiet"), (None, "二级", "unknown")],
)
def test_a_disability_that_gets_worse(before: str | None, now: str, expected: str) -> None:
    """Worse is nearer to the first grade."""
    rows: Rows = {"2024-04": {"disability_level": before}, "2024-05": {"disability_level": now}}

    assert _verdict("disability_worse", "disability_certificate", BOTH, rows) == expected


@pytest.mark.parametrize(
    ("april", "may", "expected"),
    [
        ({"enrolment_status": "送教上门"}, None, "fires"),
        ({"enrolment_status": "在读", "boarding": "送教上门"}, {"enrolment_status": "休学"}, "fires"),
        ({"enrolment_status": "送教上门"}, {"enrolment_status": "送教上门"}, "quiet"),
        ({"enrolment_status": "在读", "boarding": "走读"}, None, "quiet"),
    ],
)
def test_home_teaching_that_breaks_off(april: dict[str, str], may: dict[str, str] | None, expected: str) -> None:
    """Taught at home on the last list, off it or suspended now."""
    rows: Rows = {"2024-04": april}
    if may:
        rows["2024-05"] = may
    covered = months("2024-03", "2024-05")

    assert _verdict("home_teaching_unstable", "school_enrolment", covered, rows) == expected


@pytest.mark.parametrize(
    ("march", "may", "expected"), [("辍学", None, "fires"), ("在读", None, "quiet"), ("辍学", "在读", "quiet")]
)
def test_a_student_persuaded_back_who_is_away_again(march: str, may: str | None, expected: str) -> None:
    """Dropped out once, at school again, now off the list; a student who never dropped out is another rule's."""
    rows: Rows = {
        "2024-03": {"enrolment_status": march},
        "2024-04": {"enrolment_status": "在读", "boarding": "走读"},
    }
    if may:
        rows["2024-05"] = {"enrolment_status": may}
    covered = months("2024-03", "2024-05")

    assert _verdict("home_teaching_unstable", "school_enrolment", covered, rows) == expected


@pytest.mark.parametrize(
    ("status", "household_type", "expected"),
    [
        ("未参保", "脱贫户", "fires"),
        ("正常参保", "脱贫户", "quiet"),
        (None, "脱贫户", "unknown"),
        ("未参保", "一般农户", "unknown"),
    ],
)
def test_an_enrolment_list_without_premium(status: str | None, household_type: str, expected: str) -> None:
    """Without the roster of civil affairs nobody knows whether another household is a poor one."""
    rows: Rows = {"2024-05": {"insured_status": status}} if status else {}
    covered: dict[str, list[int]] = {"insurance_enrolment": NOW, "dibao_roster": []}
    month = _screened(covered, {"insurance_enrolment": rows}, household_type=household_type)

    assert _answer(month, "uninsured_enrolled") == expected


def test_the_best_of_several_insurances_counts() -> None:
    """Stopped as a resident, paid as an employee: insured, whichever row comes first."""
    rows: Rows = {"2024-05": [{"insured_status": "正常参保"}, {"insured_status": "终止参保"}]}
    month = _screened({"insurance_enrolment": NOW}, {"insurance_enrolment": rows})

    assert month.con.execute("select enrolled_status from person_month").fetchall() == [("正常参保",)]


@pytest.mark.parametrize(
    ("aids", "expected"),
    [((0,), "fires"), ((0, 300), "quiet"), ((None,), "unknown"), ((300,), "quiet"), ((), "quiet")],
)
def test_a_stay_in_hospital_without_aid(aids: tuple[int | None, ...], expected: str) -> None:
    """Nothing from 医疗救助 on any bill of three months; a bill that does not tell leaves it open."""
    bills: Rows = {"2024-05": [{"care_type": "住院", "self_paid_yuan": 2000, "aid_yuan": aid} for aid in aids]}
    poor: Rows = {"2024-05": {"category": "农村低保"}}
    month = _screened(
        {"medical_settlement": months("2024-03", "2024-05"), "dibao_roster": NOW},
        {"medical_settlement": bills, "dibao_roster": poor},
    )

    assert _answer(month, "medical_aid_missing") == expected
