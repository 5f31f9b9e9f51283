"""Rules over houses, water, work, events, reports, help and comparison: from rows of two months to the verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
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
APRIL_MAY = [at("2024-04"), at("2024-05")]
NOW = [at("2024-05")]
Row = tuple[str, str, dict[str, Any]]  # source, month, cells


def _verdict(
    rule_id: str,
    covered: Mapping[str, list[int]],
    rows: Sequence[Row],
    *,
    home: dict[str, Any] | None = None,
    **person: Any,
) -> str:
    """Return what a rule, switched on, says in May of household H and its only member P1: fires, quiet or unknown."""
    month = Month(covered={"household_register": NOW, **covered})
    measures = [one for one in source_measures(HUAXI) if one.source.id in covered]
    tables = {one.source.id: fact_columns(one.source) for one in measures}
    for source_id, columns in tables.items():
        month.con.execute(f"drop table if exists {quoted(f'fact_{source_id}')}").fetchall()
        month.con.execute(create_table_sql(f"fact_{source_id}", columns)).fetchall()
    for number, (source_id, when, cells) in enumerate(rows):
        keys = {"period_no": at(when), "batch_id": "b", "row_number": number}
        whose = {"person_no": "P1", "household_no": "H"} if "household_no" in tables[source_id] else {}
        month.add(f"fact_{source_id}", **(keys | whose | cells))
    for table, cells in (("household", home or {}), ("person", person)):
        for name, value in cells.items():
            month.con.execute(f"update {table} set {quoted(name)} = $value", {"value": value}).fetchall()
    run_steps(month.con, indicator_steps(MAY, measures))
    rule = HUAXI.rules[rule_id].model_copy(update={"switched_on": True})
    found = evaluate(month.con, [rule], period=MAY, site=HUAXI.site)
    assert found.failures == ()
    if found.alerts.height:
        return "fires"
    return "unknown" if found.unjudged["unjudged"].sum() else "quiet"


HOUSE = {"renovation": "改造中", "house_grade": "C"}


@pytest.mark.parametrize(
    ("rule_id", "cells", "expected"),
    [
        ("renovation_overdue", HOUSE | {"planned_on": dt.date(2024, 4, 30)}, "fires"),
        ("renovation_overdue", HOUSE | {"planned_on": dt.date(2024, 5, 1)}, "quiet"),
        (
            "renovation_overdue",
            HOUSE | {"planned_on": dt.date(2024, 4, 1), "completed_on": dt.date(2024, 5, 2)},
            "quiet",
        ),
        ("renovation_overdue", HOUSE, "unknown"),
        ("house_latent_risk", {"house_grade": "A", "built_year": 1993}, "fires"),
        ("house_latent_risk", {"house_grade": "A", "built_year": 1994}, "quiet"),
        ("house_latent_risk", {"house_grade": "A"}, "unknown"),
        ("house_latent_risk", {"house_grade": "A", "site_hazard": True}, "fires"),
        ("house_latent_risk", {"house_grade": "B", "inhabited": "否"}, "quiet"),
    ],
)
def test_houses(rule_id: str, cells: dict[str, Any], expected: str) -> None:
    """A plan is overdue from the month after its own, a house is old from its thirty-first year; unsaid is unknown."""
    assert _verdict(rule_id, {"housing_appraisal": NOW}, [("housing_appraisal", "2024-05", cells)]) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"litres": 19}, "fires"),
        ({"litres": 20}, "quiet"),
        ({"litres": 19, "village_group": "2组"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_supply_counts_for_the_homes_it_serves(cells: dict[str, Any], expected: str) -> None:
    """What a village's supply gives holds for a home there; a row that names another group says nothing of it."""
    home = {"township": "甲镇", "village": "东村", "village_group": "1组", "household_type": "脱贫户"}
    rows = [("water_supply", "2024-05", {"township": "甲镇", "village": "东村"} | cells)]

    assert _verdict("water_quantity", {"water_supply": NOW}, rows, home=home) == expected


def _out_of_work(*spells: str) -> list[Row]:
    return [("employment_roster", when, {"unemployed": True}) for when in spells]


@pytest.mark.parametrize(
    ("covered", "rows", "expected"),
    [
        (APRIL_MAY, _out_of_work("2024-04", "2024-05"), "fires"),
        (APRIL_MAY, _out_of_work("2024-05"), "quiet"),
        ([at("2024-03"), at("2024-05")], _out_of_work("2024-03", "2024-05"), "quiet"),
        ([at("2024-04")], _out_of_work("2024-04"), "unknown"),
    ],
)
def test_out_of_work_for_two_months(covered: list[int], rows: list[Row], expected: str) -> None:
    """Two months in a row on the list; a month without one ends the row, and without this month's nothing is known."""
    assert _verdict("job_lost", {"employment_roster": covered}, rows, labour="普通劳动力") == expected


@pytest.mark.parametrize(
    ("cells", "labour_count", "expected"),
    [
        ({"unemployed": True}, 1, "fires"),
        ({"unemployed": True}, 0, "quiet"),
        ({"unemployed": True}, None, "unknown"),
        ({"employer": "某厂"}, 1, "quiet"),
        ({"working": True, "unemployed": True}, 1, "quiet"),
    ],
)
def test_a_home_without_work(cells: dict[str, Any], labour_count: int | None, expected: str) -> None:
    """Somebody able, somebody registered out of work, nobody at work; an employer without a word more is work."""
    rows = [("employment_roster", "2024-05", cells)]

    assert (
        _verdict("zero_employment", {"employment_roster": NOW}, rows, home={"labour_count": labour_count}) == expected
    )


@pytest.mark.parametrize(("ended", "expected"), [((2024, 5), "fires"), ((2024, 4), "fires"), ((2024, 3), "quiet")])
def test_a_public_post_ends_this_month_or_last(ended: tuple[int, int], expected: str) -> None:
    """A post that ended two months ago was told before."""
    cells = {"public_post": "护林员", "post_ended_on": dt.date(*ended, 1), "working": False}

    assert (
        _verdict("public_post_ended", {"employment_roster": NOW}, [("employment_roster", "2024-05", cells)]) == expected
    )


@pytest.mark.parametrize(
    ("rule_id", "source_id", "cells", "expected"),
    [
        ("traffic_accident", "traffic_accident", {"injury": "轻伤"}, "fires"),
        ("traffic_accident", "traffic_accident", {"injury": "无伤"}, "quiet"),
        ("crime_hurt", "security_event", {"event": "刑案伤"}, "fires"),
        ("crime_hurt", "security_event", {"event": "羁押"}, "quiet"),
        ("labour_detained", "security_event", {"event": "羁押"}, "fires"),
        ("home_accident", "accident_event", {"accident": "火灾"}, "fires"),
        ("house_disaster_destroyed", "disaster_loss", {"rooms_badly_damaged": 1}, "fires"),
        ("house_disaster_destroyed", "disaster_loss", {"rooms_damaged": 3}, "quiet"),
        ("house_disaster_damaged", "disaster_loss", {"rooms_damaged": 1}, "fires"),
        ("house_disaster_damaged", "disaster_loss", {"rooms_damaged": 1, "rooms_collapsed": 1}, "quiet"),
        ("residence_update", "residence_change", {"change_type": "迁入"}, "fires"),
        ("residence_update", "residence_change", {"change_type": "其他"}, "quiet"),
        ("shield_paid", "farm_claim", {"insurance": "防贫保"}, "fires"),
        ("shield_paid", "farm_claim", {"insurance": "能繁母猪"}, "quiet"),
        ("loan_overdue", "loan_overdue", {"overdue_days": 31}, "fires"),
        ("loan_overdue", "loan_overdue", {"overdue_days": 30}, "quiet"),
        ("petition_request", "petition", {"request": "看病就医"}, "fires"),
        ("self_reported", "self_report", {"difficulty": "上学"}, "fires"),
        ("cadre_reported", "cadre_report", {"difficulty": "住房"}, "fires"),
        ("upper_clue", "upper_clue_list", {"must_fix": "必改"}, "fires"),
    ],
)
def test_an_event_is_one_of_its_month(rule_id: str, source_id: str, cells: dict[str, Any], expected: str) -> None:
    """An event is told in the month of its list: not in the next, and without this month's list nobody knows."""
    able = "普通劳动力"
    now, before = [(source_id, "2024-05", cells)], [(source_id, "2024-04", cells)]

    assert _verdict(rule_id, {source_id: APRIL_MAY}, now, labour=able) == expected
    assert _verdict(rule_id, {source_id: APRIL_MAY}, before, labour=able) == "quiet"
    assert _verdict(rule_id, {source_id: [at("2024-04")]}, before, labour=able) == "unknown"


@pytest.mark.parametrize(
    ("found_in", "category", "expected"),
    [("2023-06", "车辆", "fires"), ("2023-05", "车辆", "unknown"), ("2024-05", "未发现", "unknown")],
)
def test_what_a_comparison_found_holds_for_twelve_months(found_in: str, category: str, expected: str) -> None:
    """Found eleven months ago it holds still, without a list since; nothing found once says nothing of other months."""
    rows = [("asset_check", found_in, {"category": category})]

    assert _verdict("asset_vehicle", {"asset_check": [at(found_in)]}, rows) == expected


@pytest.mark.parametrize(
    ("source_id", "cells", "expected"),
    [
        ("death_list", {}, "fires"),
        ("death_list", {"dead": False}, "unknown"),
        ("residence_change", {"change_type": "迁出"}, "unknown"),  # an old move: this month's register lists the person
        ("residence_change", {"change_type": "死亡"}, "fires"),
        ("residence_change", {"change_type": "迁入"}, "unknown"),
    ],
)
def test_one_list_is_enough_to_say_that_somebody_is_gone(source_id: str, cells: dict[str, Any], expected: str) -> None:
    """The list of the dead or that of moves alone closes; that one of them is silent does not clear."""
    covered: dict[str, list[int]] = {"death_list": [], "residence_change": []}
    covered[source_id] = months("2023-06", "2024-05")

    assert _verdict("registered_gone", covered, [(source_id, "2024-03", cells)]) == expected


def _case(**cells: Any) -> Row:
    return ("monitored_roster", "2024-05", {"risk_eliminated": "否"} | cells)


@pytest.mark.parametrize(
    ("rule_id", "rows", "expected"),
    [
        ("help_measure_missing", [_case(identified_on=dt.date(2023, 11, 30))], "fires"),
        ("help_measure_missing", [_case(identified_on=dt.date(2023, 12, 1))], "quiet"),
        ("help_measure_none", [_case(identified_on=dt.date(2024, 4, 30))], "fires"),
        ("help_measure_none", [_case(identified_on=dt.date(2024, 5, 1))], "quiet"),
        (
            "help_measure_missing",
            [_case(identified_on=dt.date(2023, 1, 1)), ("help_measure", "2024-05", {"measure": "就业帮扶"})],
            "quiet",
        ),
        (
            "help_measure_missing",
            [_case(identified_on=dt.date(2023, 1, 1)), ("help_measure", "2024-05", {"measure": "综合保障"})],
            "fires",
        ),
        ("quality_helped_out", [_case(risk_eliminated="是", elimination="帮扶消除", risk_2="因病")], "fires"),
        ("quality_helped_out", [_case(risk_eliminated="是", elimination="自然消除", risks="因病")], "quiet"),
        ("quality_help_idle", [("help_measure", "2024-05", {"measure": "产业帮扶", "progress": "尚未实施"})], "fires"),
    ],
)
def test_help_for_the_monitored(rule_id: str, rows: list[Row], expected: str) -> None:
    """Six months, or the month after the inclusion, count by calendar months; any of the five risks counts."""
    covered = {"monitored_roster": NOW, "help_measure": NOW}

    assert _verdict(rule_id, covered, rows, home={"labour_count": 1}) == expected


@pytest.mark.parametrize(
    ("rule_id", "person", "expected"),
    [
        ("water_registered", {"safe_water": False}, "fires"),
        ("water_registered", {"safe_water": True}, "quiet"),
        ("water_registered", {}, "unknown"),
        ("quality_education", {"education": "初中", "student": "小学"}, "fires"),
        ("quality_education", {"education": "初中"}, "quiet"),
        ("quality_education", {}, "unknown"),
        ("quality_student_age", {"student": "小学", "age": 15}, "fires"),
        ("quality_two_insurances", {"resident_insurance": False, "employee_insurance": False}, "fires"),
        ("quality_child_labour", {"age": 15, "labour": "普通劳动力"}, "fires"),
        ("quality_child_labour", {"age": 16, "labour": "普通劳动力"}, "quiet"),
    ],
)
def test_what_the_register_says_of_itself(rule_id: str, person: dict[str, Any], expected: str) -> None:
    """A contradiction fires, a register without the column is unknown, not in order."""
    assert _verdict(rule_id, {}, [], **person) == expected
