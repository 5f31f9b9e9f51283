"""Sentences and steps: how values are written, what a failed step says."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import pytest
from warning_tables import SQL

from fangpin.errors import StoreDamaged
from fangpin.types import Step
from fangpin.warnings.inputs import run_steps
from fangpin.warnings.sentences import fill
from fangpin.warnings.statements import statement_findings, tree_findings


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("paid_yuan", Decimal("1234567.50"), "1,234,567.5"),
        ("paid_yuan", Decimal("0.00"), "0"),
        ("paid_yuan", -1500.0, "-1,500"),
        ("measured", 3.0, "3"),
        ("drop_share", 0.4567, "45.7%"),
        ("line_share", Decimal("0.6"), "60%"),
        ("started_on", dt.date(2024, 11, 1), "2024年11月"),
        ("is_new", True, "是"),
        ("is_new", False, "否"),
        ("house_grade", "C", "C"),
        ("paid_yuan", None, "不明"),
    ],
)
def test_value_is_written(name: str, value: object, written: str) -> None:
    """Amounts with separators, shares in per cent, months in Chinese, unknown as 不明."""
    assert fill(f"{{{name}}}", {name: value}) == written


def test_failed_step_is_named_without_values() -> None:
    """A step that the database refuses is named; what it quotes of the rows is not shown."""
    step = Step("person_medical", "select cast(n as integer) as n from (values ('某人')) t(n)")

    with pytest.raises(StoreDamaged, match="计算步骤 person_medical") as caught:
        run_steps(duckdb.connect(), [step])

    assert "某人" not in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        SQL,
        f"{SQL} union all {SQL}",
        "with homes as (select household_no from household) select household_no from homes order by 1 limit 1",
        "select p.person_no from person p left join (values ('P')) v(n) on v.n = p.person_no",
        "select count(*) filter (where age > 60) over (partition by household_no) from person",
    ],
)
def test_plain_selects_are_let_through(sql: str) -> None:
    """Joins, unions, common table expressions and windows over the indicator tables are fine."""
    assert statement_findings(duckdb.connect(), sql) == []


@pytest.mark.parametrize(
    "call",
    [
        "any_value(size)",
        "arbitrary(size)",
        "first(size)",
        "last(size)",
        "arg_max(size, size)",
        "max_by(size, size)",
        "list(size)",
        "array_agg(size)",
        "string_agg(village)",
        "mode(size)",
        "row_number() over ()",
        "ntile(2) over ()",
        "lag(size) over (order by size)",
        "lead(size) over (order by size)",
        "first_value(size) over (order by size)",
        "last_value(size) over (order by size)",
        "nth_value(size, 2) over (order by size)",
    ],
)
def test_what_depends_on_the_order_of_rows_is_refused(call: str) -> None:
    """A rule must answer the same from run to run, in whatever order the rows are read."""
    name = call.split("(", maxsplit=1)[0]

    found = statement_findings(duckdb.connect(), f"select {call} from household")

    assert [clause.startswith("使用了函数 ") for clause in found] == [True], (name, found)


def test_statement_without_a_tree_is_refused() -> None:
    """What the parser cannot hand over as a tree is refused, not waved through."""
    assert tree_findings({"error": True, "error_message": "x"}, tables=set()) == ["不能解析（x）"]
