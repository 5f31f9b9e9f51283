"""The rules and the site that ship: every worked example, every check, every reference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest
from warning_tables import shipped_rules, shipped_site

from fangpin.config.models import Example, Rule
from fangpin.types import Kind
from fangpin.warnings.check import check_rules, example_verdict, laboratory
from fangpin.warnings.evaluate import parameters_in_force
from fangpin.warnings.inputs import FACTS

SITE = shipped_site()
RULES = shipped_rules()
CASES = [(rule, example) for rule in RULES for example in rule.examples]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open one laboratory for all examples."""
    opened = laboratory()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("rule", "example"), CASES, ids=[f"{r.id}-{i}" for r in RULES for i, _ in enumerate(r.examples, 1)]
)
def test_example(con: duckdb.DuckDBPyConnection, rule: Rule, example: Example) -> None:
    """A rule answers for its worked examples what they say."""
    values = {p.name: p.value for p in parameters_in_force(rule, SITE, on=dt.date(2024, 1, 1))}

    assert example_verdict(con, rule, example, values=values) == example.expect


def test_nothing_is_found_by_check() -> None:
    """The shipped rules pass their own check."""
    assert check_rules(RULES, site=SITE) == []


def test_site_lists_every_rule_and_source() -> None:
    """花溪 uses every rule that ships, and has the register and every source of the indicators."""
    assert set(SITE.rules) == {rule.id for rule in RULES}
    assert {"household_register", *FACTS} <= set(SITE.sources)


def test_rules_point_at_what_there_is() -> None:
    """Grades and sources of a rule exist in the site."""
    grades = {grade.code for grade in SITE.grades}

    assert [rule.id for rule in RULES if rule.grade not in grades or not set(rule.needs) <= set(SITE.sources)] == []


def test_every_kind_but_water_has_a_rule() -> None:
    """Each kind of lead has a rule; water waits for its source."""
    assert set(Kind) - {rule.kind for rule in RULES} == {Kind.WATER}


def test_thresholds_without_a_clause_say_that_the_county_sets_them() -> None:
    """A parameter names a document, and one that no document fixes says so."""
    documents = {p.document for rule in RULES for p in rule.parameters}

    assert [d for d in documents if not ("待县级核定" in d or d.startswith("《"))] == []
