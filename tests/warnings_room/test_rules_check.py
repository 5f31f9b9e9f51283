"""What check refuses: each broken rule with the key it is found under."""

from __future__ import annotations

import pytest
from warning_tables import SQL, rule, shipped_site

from fangpin.warnings.check import check_rules

SITE = shipped_site()


def keys(**changes: object) -> list[str]:
    """Return the keys under which check finds fault with the small rule so changed."""
    return [finding.key for finding in check_rules([rule(**changes)], site=SITE)]


def test_a_whole_rule_passes() -> None:
    """The small rule of these tests has no fault."""
    assert keys() == []


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "select from where",
        f"{SQL}; {SQL}",
        f"{SQL}; drop table person",
        "drop table person",
        "insert into person_month select * from person_month",
        "copy (select 1) to '/tmp/x.csv'",
        "pragma database_list",
        "set memory_limit = '1GB'",
        "attach 'x.db'",
        "describe select 1",
        "show tables",
        SQL.replace("household_month", "fact_visit_ledger"),
        SQL.replace("household_month", "duckdb_settings()"),
        SQL.replace("household_month", "read_csv('/etc/passwd')"),
        SQL.replace("household_month", "'/etc/passwd'"),
        SQL.replace("household_month", "information_schema.tables"),
        SQL.replace("household_month", "main.household_month"),
        SQL.replace("size >= $line", "size >= $line and random() > 0.5"),
        SQL.replace("size >= $line", "size >= $line and getvariable('x') is null"),
        SQL.replace("size >= $line", "size >= $line and current_setting('threads') > 0"),
        SQL.replace("size >= $line", "size >= $line and exists (select 1 from glob('/*'))"),
        SQL.replace("size >= $line", "size >= $line and datediff('month', current_date, current_date) = 0"),
        "with household_month as (select 1) select * from household_month",
        f"with pg_class as (select 1) {SQL}",
        f"with recursive r as (select 1 as n union all select n + 1 from r) {SQL}",
        f"with gone as (delete from person returning 1) {SQL}",
        f"with more as (insert into person (person_no) values ('P') returning 1) {SQL}",
        f"with other as (update household_month set size = 9 returning 1) {SQL}",
        f"with out as (copy person to '/tmp/x.csv') {SQL}",
        SQL.replace("from household_month", "from household_month using sample 5"),
        SQL.replace("from household_month", "from household_month at (version => 1)"),
        SQL.replace("household_month", "(pivot household_month on size in (1, 2) using count(*))"),
        SQL.replace("household_month", "query_table('household_month')"),
        SQL.replace("household_month", "(describe person)"),
        SQL.replace("$line::double", "?::double"),
        SQL.replace("size >= $line", "nobody >= $line"),
        SQL.replace("size >= $line as fires", "size as fires"),
        SQL.replace("null::varchar as person_no,", ""),
        SQL.replace("size::double as measured", "size as measured"),
        SQL.replace("$line::double", "$other::double"),
        SQL.replace("  size\nfrom", "  [size] as size\nfrom"),
    ],
)
def test_statement_is_refused(sql: str) -> None:
    """A statement that is not one plain select over the indicator tables with the right columns is no rule."""
    assert "sql" in keys(sql=sql)


def test_declared_but_unused_parameter() -> None:
    """A parameter that the statement does not bind is found."""
    assert keys(site_parameters=["monitoring_line_yuan"]) == ["parameters"]


def test_site_parameter_the_site_does_not_have() -> None:
    """A line nobody declared is found."""
    sql = SQL.replace("size >= $line", "size >= $line + $line_nobody_knows")

    assert keys(sql=sql, site_parameters=["line_nobody_knows"]) == ["parameters"]


@pytest.mark.parametrize("sentence", ["全家{people}人", "{member}全家{size}人", "全家{size", "{size:>3}人", "{0}人"])
def test_sentence_is_refused(sentence: str) -> None:
    """A placeholder must be a column as it stands; a household rule has no member."""
    assert keys(sentence=sentence) == ["sentence"]


def test_example_that_answers_otherwise() -> None:
    """An example that gets another answer is found by its place."""
    examples = [
        {"title": "到线", "expect": "fires", "household": {"size": 4}},
        {"title": "不到线", "expect": "quiet", "household": {"size": 4}},
        {"title": "不明", "expect": "unknown"},
    ]

    found = check_rules([rule(examples=examples)], site=SITE)

    said = (
        "“到线”应为触发（fires），算得不触发（quiet）（按最新的参数 line=5；线改了就改例子，或在例子里写 parameters）。"
    )
    assert [(f.key, f.sentence) for f in found] == [("examples.1", said)]


@pytest.mark.parametrize("household", [{"sise": 5}, {"size": "五"}])
def test_example_with_an_impossible_value(household: dict[str, object]) -> None:
    """A column that does not exist and a value of the wrong type are found."""
    good = rule().model_dump()["examples"][1:]

    assert keys(examples=[{"title": "到线", "expect": "fires", "household": household}, *good]) == ["examples.1"]


def test_examples_of_all_three_answers_are_wanted() -> None:
    """Fires, just does not, cannot be told: one of each at least."""
    assert keys(examples=rule().model_dump()["examples"][:2]) == ["examples"]


def test_person_rule_must_name_its_person() -> None:
    """A person rule whose rows have no person is found as soon as an example brings a row."""
    examples = rule().model_dump()["examples"]

    assert keys(subject="person", examples=examples) == ["examples.1", "examples.2", "examples.3"]


def test_the_newest_value_judges_the_examples() -> None:
    """Examples are judged with the parameter value in force last."""
    found = keys(parameters=[{"name": "line", "value": 5, "unit": "人", "since": "2030-01-01", "document": "丙"}])

    assert found == []


def test_an_example_may_bring_its_own_line() -> None:
    """An example worked with a line of its own holds whatever the county's is; a name the rule lacks is told."""
    examples = rule().model_dump()["examples"]
    examples[0]["parameters"] = {"line": 9}
    examples[0]["household"] = {"size": 9}
    examples[1]["parameters"] = {"line": 9}
    examples[1]["household"] = {"size": 8}

    assert check_rules([rule(examples=examples)], site=SITE) == []

    examples[1]["parameters"] = {"lime": 9}

    assert [(f.key, f.sentence) for f in check_rules([rule(examples=examples)], site=SITE)] == [
        ("examples.2", "“不到线”给了规则没有的参数：lime。")
    ]
