"""Declared measures before they are computed: what a file may say, what is refused, what the catalogue makes of it."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import duckdb
import pytest
from measure_rows import ORDER, a_source
from warning_tables import rule

from fangpin.config.loader import load, site_ids
from fangpin.config.measure_models import DeclaredMeasure, MeasureSet
from fangpin.config.rule_models import Example
from fangpin.errors import DeclarationError
from fangpin.types import Period, Subject
from fangpin.warnings.check import laboratory
from fangpin.warnings.examples import example_rows, example_verdict
from fangpin.warnings.indicators import indicator_steps
from fangpin.warnings.inputs import create_inputs, run_steps
from fangpin.warnings.measures import SourceMeasures, catalogue, source_measures, table_columns
from fangpin.warnings.statements import READABLE
from fangpin.warnings.wheres import measure_findings, require_sound

TABLES = ("person_month", "household_month", "village_month")


def over(source_id: str = "names", **keys: Any) -> SourceMeasures:
    """Return one measure over the small county's list of names or of places."""
    subject = Subject.VILLAGE if source_id == "places" else Subject.PERSON
    told = {"name": "one", "level": Subject.HOUSEHOLD, "form": "listed", "title": "在名单"} | keys
    measures = MeasureSet(id=source_id, source=source_id, measures=(DeclaredMeasure(**told),))
    return SourceMeasures(measures, a_source(source_id, subject))


@pytest.mark.parametrize(
    "where",
    ["", "counted", "grade in ('中', '重')", "amount_yuan > 0 -- 以上", "year(since) * 12 + month(since) = period_no"],
)
def test_a_condition_over_the_rows_is_taken(where: str) -> None:
    """Columns of the source and the month of the row, and nothing that a rule could not say either."""
    assert measure_findings([over(where=where)]) == []


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("amount_yuan >", "不能解析"),
        ("amount > 0", "不能计算"),
        ("person_no in (select person_no from person)", "只能读取 fact_names"),
        ("count(*) > 1", "不能计算"),
        ("random() < 0.5", "不在允许之列"),
        ("true), (counted", "应为一个条件"),
        ("true) from fact_names where (counted", "不能解析"),
        ("amount_yuan > $line", "不能计算"),
        ("true) as a; drop table fact_names; select (true", "应为一条 select 语句"),
    ],
)
def test_a_condition_that_says_more_or_cannot_be_computed_is_refused(where: str, words: str) -> None:
    """The set and the measure are named, and a screening does not begin."""
    measures = [over(where=where)]

    assert [(f.rule_id, f.key, words in f.sentence) for f in measure_findings(measures)] == [("names", "one", True)]
    with pytest.raises(DeclarationError, match=r"声明 names.toml 的指标 one"):
        require_sound(measures)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"form": "sum", "column": "grade", "window": "month"}, "取值类型"),
        ({"form": "latest", "column": "times", "window": "month"}, "取值类型"),
        ({"form": "history", "column": "since"}, "取值类型"),
        ({"form": "new", "started": "times"}, "应为日期"),
        ({"form": "worse", "column": "grade", "order": (*ORDER, "极重")}, "“极重”"),
        ({"form": "value", "column": "amount_yuan", "order": ORDER}, "应为代码列"),
        ({"name": "size"}, "同名"),
        ({"source_id": "places", "level": Subject.PERSON}, "不对应到人"),
    ],
)
def test_a_measure_that_its_source_cannot_give_is_refused(keys: dict[str, Any], words: str) -> None:
    """A sum of words, a worst of numbers, a column that is there already, a person in a row about a village."""
    assert [words in found.sentence for found in measure_findings([over(**keys)])] == [True]


@pytest.mark.parametrize("site_id", site_ids())
def test_what_ships_is_sound_and_gives_the_columns_it_says(site_id: str) -> None:
    """Every shipped measure is computed over empty tables, with the types and in the order of the catalogue."""
    declared = load(site_id)
    measures = source_measures(declared)
    con = duckdb.connect(":memory:")
    create_inputs(con, [one.source for one in measures])
    run_steps(con, indicator_steps(Period(2024, 6), measures))
    made = {table: con.execute(f"describe {table}").fetchall() for table in TABLES}

    assert measure_findings(measures) == []
    assert {table: [(row[0], row[1].lower()) for row in rows] for table, rows in made.items()} == {
        table: list(table_columns(table, measures).items()) for table in TABLES
    }


def test_a_catalogue_says_of_every_column_what_it_is() -> None:
    """No name twice, a title, and what null means, for all three counties' sources."""
    tables = catalogue(source_measures(load("huaxi")))
    columns = [column for measures in tables.values() for column in measures]

    assert [max(Counter(m.name for m in measures).values()) for measures in tables.values()] == [1, 1, 1]
    assert [column.name for column in columns if not (column.title and column.null_means and column.source_id)] == []


def test_a_sum_brings_the_column_that_says_whether_it_is_whole() -> None:
    """Beside the measure, once a window and level."""
    one = over(form="sum", column="amount_yuan", window="rolling", title="金额")
    added = catalogue([one])["household_month"][len(catalogue()["household_month"]) :]

    assert [(column.name, column.kind, column.title) for column in added] == [
        ("one", "decimal(18,2)", "金额（缺月时为下限）"),
        (
            "is_names_rolling_complete",
            "boolean",
            "名单近12个月每月都有数据（否：合计、次数只是下限）",
        ),
    ]


def test_the_laboratory_has_every_table_a_rule_may_read() -> None:
    """Empty, with the declared measures in their places."""
    con = laboratory([over(name="on_names", level=Subject.VILLAGE)])

    assert {name: con.execute(f"select count(*) from {name}").fetchone() for name in READABLE} == dict.fromkeys(
        READABLE, (0,)
    )
    assert con.execute("select on_names from village_month").fetchall() == []


@pytest.mark.parametrize(
    ("months", "expected"),
    [((3000.0, 1000.0, 1000.0, 1000.0), "fires"), ((3000.0, 1000.0, math.nan, 1000.0), "unknown"), ((), "unknown")],
)
def test_a_worked_example_may_tell_a_history(months: tuple[float, ...], expected: str) -> None:
    """An example's list of months is what a change function reads; nan is a month nobody knows."""
    spike = rule(
        parameters=[{"name": "times", "value": 3, "unit": "倍", "since": "2022-01-01", "document": "甲"}],
        sql="select household_no, null::varchar as person_no, spike_times(self_paid_history, 3) as measured, "
        "$times::double as threshold, spike_times(self_paid_history, 3) >= $times as fires from household_month",
        sentence="突增",
    )
    example = Example(title="例", expect="fires", household={"self_paid_history": months})

    assert example_verdict(example_rows(laboratory(), spike, example, values={"times": 3})) == expected
