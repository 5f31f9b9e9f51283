"""The counties that ship: lines by date and document, deadlines, grades as the notice grades, whom each looks at."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError
from warning_tables import Month, months

from fangpin.config.loader import load, site_ids
from fangpin.config.rule_models import Parameter, effective
from fangpin.config.site_models import Deadline, Focus, Grade, LedgerColour, Site, Work
from fangpin.types import Period
from fangpin.warnings.check import check_rules
from fangpin.warnings.evaluate import evaluate
from fangpin.warnings.measures import source_measures

DECLARED = {site_id: load(site_id) for site_id in site_ids()}
SITES = {site_id: declared.site for site_id, declared in DECLARED.items()}
COLOURS = "红橙黄蓝绿"


def _value(site_id: str, name: str, on: str) -> float | None:
    found = effective(SITES[site_id].parameters, name, on=dt.date.fromisoformat(on))
    return None if found is None else found.value


def test_the_counties_of_the_notices_ship() -> None:
    """Each county of the five notices is a site, by its name."""
    assert {site_id: site.title for site_id, site in SITES.items()} == {
        "huaxi": "花溪区",
        "laiyuan": "涞源县",
        "liujiang": "柳江区",
    }


@pytest.mark.parametrize(
    ("site_id", "name", "on", "expected"),
    [
        ("huaxi", "monitoring_line_yuan", "2021-12-31", None),
        ("huaxi", "monitoring_line_yuan", "2022-01-01", 6700),
        ("laiyuan", "monitoring_line_yuan", "2022-04-15", None),
        ("laiyuan", "monitoring_line_yuan", "2022-04-16", 7300),
        ("liujiang", "monitoring_line_yuan", "2024-01-01", None),
        ("liujiang", "income_list_yuan", "2022-12-31", None),
        ("liujiang", "income_list_yuan", "2023-01-01", 10_000),
    ],
)
def test_a_line_begins_on_its_day(site_id: str, name: str, on: str, expected: float | None) -> None:
    """A line holds from the day its notice names; before that day, and where no notice names one, there is none."""
    assert _value(site_id, name, on) == expected


@pytest.mark.parametrize(("site_id", "days"), [("huaxi", 7), ("laiyuan", 15), ("liujiang", 15)])
def test_the_notices_count_calendar_days(site_id: str, days: int) -> None:
    """The notices say 天 and 日, never 工作日; the deadline names its document."""
    deadline = SITES[site_id].verification

    assert deadline == Deadline(days=days, day_type="calendar", document=deadline.document)
    assert deadline.document


@pytest.mark.parametrize("site_id", site_ids())
def test_each_county_screens_and_dispatches_by_itself(site_id: str) -> None:
    """The month's work is scheduled, the screening before the dispatch."""
    days = {job.work: job.day for job in SITES[site_id].jobs if job.every == "month"}

    assert days[Work.SCREEN] < days[Work.DISPATCH]


def test_only_huaxi_grades_leads_by_colour() -> None:
    """The colours of Laiyuan's elimination ledger are no grades of a lead: another list, other codes, other titles."""
    coloured = {site_id: any(c in g.title for g in site.grades for c in COLOURS) for site_id, site in SITES.items()}
    laiyuan = SITES["laiyuan"]

    assert coloured == {"huaxi": True, "laiyuan": False, "liujiang": False}
    assert {c.code for c in laiyuan.ledger_colours} & {g.code for g in laiyuan.grades} == set()


def test_the_elimination_ledger_divides_all_time_to_come() -> None:
    """Red begins where yellow ends, yellow where blue ends; green has no time left to count."""
    bounds = {c.code: (c.over_months, c.within_months) for c in SITES["laiyuan"].ledger_colours}

    assert bounds == {
        "ledger_red": (12, None),
        "ledger_yellow": (6, 12),
        "ledger_blue": (None, 6),
        "ledger_green": (None, None),
    }


def test_laiyuan_looks_at_nine_groups() -> None:
    """The nine key groups stand there in the notice's order."""
    groups = [focus.title[0] for focus in SITES["laiyuan"].focuses if "S002-4" in focus.basis]

    assert groups == list("一二三四五六七八九")


def test_liujiang_checks_new_dibao_and_new_renovations_each_month() -> None:
    """The two groups of the monthly special check are each seen by a rule."""
    seen = {rule for focus in SITES["liujiang"].focuses if "S004-6" in focus.basis for rule in focus.rules}

    assert seen >= {"dibao_new", "house_renovation_new"}


@pytest.mark.parametrize("site_id", site_ids())
def test_a_focus_is_named_once(site_id: str) -> None:
    """No two focuses of a county have one id, and what is lacking is said in a sentence."""
    names = [focus.id for focus in SITES[site_id].focuses]

    assert (len(set(names)), names != []) == (len(names), True)
    assert [f.id for f in SITES[site_id].focuses if f.lacking and not f.lacking.endswith("。")] == []


@pytest.mark.parametrize(
    "rule_id",
    [
        "dibao_single_new",
        "disabled_several",
        "eliminated_no_labour",
        "house_renovation_new",
        "income_list",
        "students_beyond_compulsory",
    ],
)
def test_a_rule_of_one_county_passes_its_check(rule_id: str) -> None:
    """The rules that not every county uses hold with their examples where they are used."""
    users = [declared for declared in DECLARED.values() if rule_id in declared.rules]

    assert [check_rules([one.rules[rule_id]], site=one.site, measures=source_measures(one)) for one in users] == [[]]


def _income_leads(site: Site, rule_id: str, period: Period, *, month_yuan: int) -> tuple[list[str], list[str]]:
    """Return the sentences and the failures of one rule for a single of that monthly income, visited all year."""
    told = months(str(period.back(11)), str(period))
    month = Month(covered={"visit_ledger": told, "medical_settlement": told})
    for ordinal in told:
        month.fact("visit_ledger", ordinal, income_yuan=month_yuan, spending_yuan=0)
    month.screen(period)
    found = evaluate(month.con, [_rule(rule_id)], period=period, site=site)
    return found.alerts["sentence"].to_list(), [failure.reason for failure in found.failures]


def _rule(rule_id: str) -> Any:
    return next(declared.rules[rule_id] for declared in DECLARED.values() if rule_id in declared.rules)


def _with_line(site: Site, name: str, value: float, since: str) -> Site:
    """Return a site with one further line, as a bureau adds it when the province moves it."""
    line = Parameter(name=name, value=value, unit="元/人·年", since=dt.date.fromisoformat(since), document="甲")
    return site.model_copy(update={"parameters": (*site.parameters, line)})


def test_a_month_before_the_first_line_has_no_verdict() -> None:
    """Laiyuan's line begins in the middle of April 2022: April cannot be judged by it, May is."""
    april = _income_leads(SITES["laiyuan"], "income_low", Period(2022, 4), month_yuan=600)
    may = _income_leads(SITES["laiyuan"], "income_low", Period(2022, 5), month_yuan=600)

    assert april == ([], ["参数 monitoring_line_yuan 在 2022-04-01 没有生效的值"])
    assert may == (["按近12个月内12次走访折算，家庭人均年收入7,200元，低于监测线7,300元"], [])


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (Period(2023, 5), []),
        (Period(2023, 6), ["按近12个月内12次走访折算，家庭人均年收入7,800元，低于监测线8,000元"]),
    ],
)
def test_an_old_month_is_judged_by_the_old_line(month: Period, expected: list[str]) -> None:
    """With a new line from June on, May is still judged by the old one, however late it is screened again."""
    site = _with_line(SITES["laiyuan"], "monitoring_line_yuan", 8000, "2023-06-01")

    assert _income_leads(site, "income_low", month, month_yuan=650) == (expected, [])


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (Period(2023, 12), ["按近12个月内12次走访折算，家庭人均年收入9,600元，低于增收帮扶名单线10,000元"]),
        (Period(2024, 1), []),
    ],
)
def test_a_lowered_list_lets_go_from_its_day_on(month: Period, expected: list[str]) -> None:
    """A list of the year before keeps its own amount when the next year's is lower."""
    site = _with_line(SITES["liujiang"], "income_list_yuan", 9000, "2024-01-01")

    assert _income_leads(site, "income_list", month, month_yuan=800) == (expected, [])


def test_what_explains_the_rules_changes_no_result() -> None:
    """Focuses and ledger colours are no part of what a screening depends on; a line is."""
    site = SITES["laiyuan"]
    bare = site.model_copy(update={"focuses": (), "ledger_colours": ()})

    assert bare.recipe == site.recipe
    assert _with_line(site, "monitoring_line_yuan", 8000, "2023-06-01").recipe != site.recipe


def test_a_focus_nobody_sees_must_say_why() -> None:
    """A focus without rules and without a word about it is refused."""
    with pytest.raises(ValidationError, match="elderly: rules 和 lacking 至少写一个"):
        Focus(id="elderly", title="老人户", basis=("S003-2",))


def test_a_focus_names_rules_of_its_county() -> None:
    """A focus that names a rule the county does not use is refused with the rule's id."""
    body = SITES["liujiang"].model_dump() | {
        "focuses": [{"id": "low", "title": "甲", "basis": ["S004-5"], "rules": ["income_low"]}]
    }

    with pytest.raises(ValidationError, match="focuses 的 low 提到“income_low”，rules 中没有"):
        Site.model_validate(body)


def test_a_ledger_colour_cannot_be_mistaken_for_a_grade() -> None:
    """A ledger colour's code says that it is one; a grade has no such code."""
    with pytest.raises(ValidationError):
        LedgerColour(code="red", title="红色管理台账", meaning="")

    assert Grade(code="red", title="红色监测", meaning="").code == "red"
