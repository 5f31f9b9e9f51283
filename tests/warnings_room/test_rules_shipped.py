"""The rules and the sites that ship: every worked example, every check, every reference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest
from warning_tables import shipped_rules, shipped_site, shipped_sites

from fangpin.config.loader import load
from fangpin.config.rule_models import Example, Rule
from fangpin.config.site_models import Site
from fangpin.types import Kind
from fangpin.warnings.check import check_rules, laboratory
from fangpin.warnings.examples import example_rows, example_sentences, example_verdict
from fangpin.warnings.facts import CORE
from fangpin.warnings.measures import source_measures
from fangpin.warnings.verdicts import parameters_in_force

SITE = shipped_site()
SITES = shipped_sites()
RULES = shipped_rules()
PLACES = [(rule, site) for rule in RULES for site in SITES if rule.id in site.rules]
MEASURES = {site.id: source_measures(load(site.id)) for site in SITES}
CASES = [(rule, site, example) for rule, site in PLACES for example in rule.examples]


@pytest.fixture(scope="module")
def cons() -> Iterator[dict[str, duckdb.DuckDBPyConnection]]:
    """Open one laboratory a site for all examples."""
    opened = {site_id: laboratory(measures) for site_id, measures in MEASURES.items()}
    yield opened
    for con in opened.values():
        con.close()


@pytest.mark.parametrize(
    ("rule", "site", "example"),
    CASES,
    ids=[f"{r.id}-{s.id}-{i}" for r, s in PLACES for i, _ in enumerate(r.examples, 1)],
)
def test_example(cons: dict[str, duckdb.DuckDBPyConnection], rule: Rule, site: Site, example: Example) -> None:
    """A rule answers for its worked examples what they say, at every site that uses it."""
    values = {p.name: p.value for p in parameters_in_force(rule, site, on=dt.date(2024, 1, 1))}

    rows = example_rows(cons[site.id], rule, example, values=values)

    assert example_verdict(rows) == example.expect
    if example.says:
        assert "；".join(example_sentences(rule, example, rows)) == example.says


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.id)
def test_nothing_is_found_by_check(site: Site) -> None:
    """The shipped rules pass their own check at the sites that use them."""
    used = [rule for rule, used_by in PLACES if used_by == site]

    assert check_rules(used, site=site, measures=MEASURES[site.id]) == []


def test_every_rule_is_used_and_every_source_is_there() -> None:
    """No rule ships that no site uses; 花溪 has the register and every source of the indicators."""
    assert {rule.id for rule in RULES} == {name for site in SITES for name in site.rules}
    assert {"household_register", *CORE} <= set(SITE.sources)


def test_rules_point_at_what_there_is() -> None:
    """Grades and sources of a rule exist in every site that uses it."""
    assert [
        (rule.id, site.id)
        for rule, site in PLACES
        if (rule.grade and rule.grade not in {grade.code for grade in site.grades})
        or not set(rule.needs) <= set(site.sources)
    ] == []


def test_every_kind_but_the_spot_check_has_a_rule() -> None:
    """Each kind of lead has a rule; who is visited by lot is raised by none."""
    assert set(Kind) - {rule.kind for rule in RULES} == {Kind.SPOT_CHECK}


def test_thresholds_without_a_clause_say_that_the_county_sets_them() -> None:
    """A parameter names a document, and one that no document fixes says so."""
    documents = {p.document for rule in RULES for p in rule.parameters}

    assert [d for d in documents if not ("待县级核定" in d or d.startswith("《"))] == []
