"""The rules that one county has of its own, from the departments' rows to the verdict of a month."""

from __future__ import annotations

import pytest
from warning_tables import Month, at, months

from fangpin.config.loader import load
from fangpin.types import Period
from fangpin.warnings.evaluate import evaluate

MAY = Period(2024, 5)
HOUSE = {"house_grade": "C", "inhabited": "是"}


def _verdict(month: Month, rule_id: str, *, site_id: str) -> str:
    """Return what a rule of a county, switched on, says of household H in May: fires, quiet or unknown."""
    declared = load(site_id)
    rule = declared.rules[rule_id].model_copy(update={"switched_on": True})
    month.screen(MAY)
    found = evaluate(month.con, [rule], period=MAY, site=declared.site)
    assert found.failures == ()
    if found.alerts.height:
        return "fires"
    return "unknown" if found.unjudged["unjudged"].sum() else "quiet"


@pytest.mark.parametrize(
    ("april", "may", "expected"),
    [
        (HOUSE | {"renovation": "未改造"}, HOUSE | {"renovation": "改造中"}, "fires"),
        (HOUSE | {"renovation": "改造中"}, HOUSE | {"renovation": "改造中"}, "quiet"),
        (HOUSE | {"renovation": "未改造"}, HOUSE | {"renovation": "未改造"}, "quiet"),
        (HOUSE | {"renovation": "未改造"}, HOUSE, "unknown"),
        (HOUSE | {"renovation": "未改造"}, None, "quiet"),
        (None, HOUSE | {"renovation": "改造中"}, "quiet"),
    ],
)
def test_a_house_taken_into_renovation(april: dict[str, str] | None, may: dict[str, str] | None, expected: str) -> None:
    """A house that stood there as unsafe last month and is being renovated now is new in the plan."""
    month = Month(covered={"housing_appraisal": [at("2024-04"), at("2024-05")]})
    for period, row in (("2024-04", april), ("2024-05", may)):
        if row is not None:
            month.fact("housing_appraisal", period, **row)

    assert _verdict(month, "house_renovation_new", site_id="liujiang") == expected


def test_a_renovation_without_a_list_last_month() -> None:
    """Without last month's list nobody can say that a renovation is new."""
    month = Month(covered={"housing_appraisal": [at("2024-05")]})
    month.fact("housing_appraisal", "2024-05", **HOUSE, renovation="改造中")

    assert _verdict(month, "house_renovation_new", site_id="liujiang") == "unknown"


@pytest.mark.parametrize(
    ("people", "before", "now", "expected"),
    [
        (3, 0, 1, "fires"),
        (3, 0, 2, "fires"),
        (1, 0, 1, "quiet"),
        (3, 1, 1, "quiet"),
        (3, 0, 0, "quiet"),
    ],
)
def test_a_single_member_taken_into_basic_living(people: int, before: int, now: int, expected: str) -> None:
    """Some members, not all, on a roster that had none of the household in the month before."""
    month = Month(covered={"dibao_roster": [at("2024-04"), at("2024-05")]}, people=people)
    for period, listed in (("2024-04", before), ("2024-05", now)):
        for place in range(1, listed + 1):
            month.fact("dibao_roster", period, person_no=f"P{place}", category="农村低保")

    assert _verdict(month, "dibao_single_new", site_id="laiyuan") == expected


@pytest.mark.parametrize(
    ("monitored_type", "risk_eliminated", "labour_count", "expected"),
    [
        ("边缘易致贫户", True, 0, "fires"),
        ("边缘易致贫户", True, 1, "quiet"),
        ("边缘易致贫户", False, 0, "quiet"),
        ("边缘易致贫户", None, 0, "unknown"),
        ("边缘易致贫户", True, None, "unknown"),
        (None, None, 0, "quiet"),
    ],
)
def test_a_mark_of_elimination_without_any_labour(
    *, monitored_type: str | None, risk_eliminated: bool | None, labour_count: int | None, expected: str
) -> None:
    """Only a household that was monitored and marked has a mark to take back."""
    month = Month(covered={"household_register": [at("2024-05")]})
    month.con.execute(
        "update household set monitored_type = $monitored_type, risk_eliminated = $risk_eliminated, "
        "labour_count = $labour_count",
        {"monitored_type": monitored_type, "risk_eliminated": risk_eliminated, "labour_count": labour_count},
    )

    assert _verdict(month, "eliminated_no_labour", site_id="laiyuan") == expected


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        (("高一", "高三"), "fires"),
        (("高一", "初三"), "quiet"),
        (("高一", None), "unknown"),
        (("高一", "高二", None), "fires"),
        ((), "quiet"),
    ],
)
def test_students_beyond_compulsory_school(grades: tuple[str | None, ...], expected: str) -> None:
    """Two at senior school are enough; a year that cannot be read leaves one of two open."""
    month = Month(covered={"school_enrolment": [at("2024-05")]}, people=3)
    for place, grade in enumerate(grades, 1):
        month.fact("school_enrolment", "2024-05", person_no=f"P{place}", school_grade=grade, enrolment_status="在读")

    assert _verdict(month, "students_beyond_compulsory", site_id="laiyuan") == expected


@pytest.mark.parametrize(("disabled", "expected"), [(2, "fires"), (1, "quiet"), (0, "quiet")])
def test_several_disabled_in_one_household(disabled: int, expected: str) -> None:
    """Two valid certificates in one household are several."""
    month = Month(covered={"disability_certificate": [at("2024-05")]}, people=3)
    for place in range(1, disabled + 1):
        month.fact(
            "disability_certificate",
            "2024-05",
            person_no=f"P{place}",
            disability_level="四级",
            certificate_status="有效",
        )

    assert _verdict(month, "disabled_several", site_id="laiyuan") == expected


@pytest.mark.parametrize("rule_id", ["disabled_several", "students_beyond_compulsory"])
def test_a_rule_whose_number_no_document_gives_is_off(rule_id: str) -> None:
    """A rule whose line the county has yet to set ships switched off and raises nothing."""
    declared = load("laiyuan")
    month = Month(covered={"school_enrolment": [at("2024-05")], "disability_certificate": [at("2024-05")]})
    month.screen(MAY)

    found = evaluate(month.con, [declared.rules[rule_id]], period=MAY, site=declared.site)
    assert (found.alerts.height, found.unjudged.height) == (0, 0)


@pytest.mark.parametrize(
    ("month_yuan", "visits", "expected"),
    [(833, 12, "fires"), (834, 12, "quiet"), (0, 3, "fires"), (0, 2, "unknown"), (5000, 2, "unknown")],
)
def test_the_list_of_ten_thousand(month_yuan: int, visits: int, expected: str) -> None:
    """833 yuan a month are below 10,000 a year, 834 are not; two visits do not make a year."""
    told = months("2023-06", "2024-05")
    month = Month(covered={"visit_ledger": told})
    for ordinal in told[-visits:]:
        month.fact("visit_ledger", ordinal, income_yuan=month_yuan, spending_yuan=0)

    assert _verdict(month, "income_list", site_id="liujiang") == expected


def test_a_rule_of_one_county_is_not_run_in_another() -> None:
    """A county screens by the rules its notices give it, and by no other county's."""
    only = {
        "laiyuan": {"dibao_single_new", "disabled_several", "eliminated_no_labour", "students_beyond_compulsory"},
        "liujiang": {"house_renovation_new", "income_list"},
    }

    assert {site_id: set(load(site_id).rules) - set(load("huaxi").rules) for site_id in only} == only
