"""Mutation testing of the SQL: each statement of indicators and rules wrong in one place, and whether a test notices.

    python tests/mutation/sql_mutants.py [--of rules indicators] [--only NAME ...] [--sample 200] [--out FILE]

A rule is held against its slow twin (tests/warnings_room/test_twins_rules.py) and its worked examples; a statement of
the indicators against the twins and the literal tables of its family, all in this process. A mutant that the database
refuses counts as killed. Survivors that say the same as the statement in other words, or differ only where no row can
be, stand with their reason in survivors.toml beside this script; every other survivor is a test that is missing.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import random
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import duckdb
import pytest
from hypothesis import Phase, settings

HERE = Path(__file__).parent
ROOM = HERE.parent / "warnings_room"
sys.path[:0] = [str(HERE), str(ROOM), str(HERE.parent / "reference")]
# The same draws for every mutant, and no search for a smaller case once one is found.
settings.register_profile("mutation", derandomize=True, database=None, deadline=None, phases=[Phase.generate])
settings.load_profile("mutation")

from sql_mutations import Mutant, mutants  # noqa: E402
from test_rules_figures import is_unlike_a_fact  # noqa: E402
from test_twins_rules import HOME, PERSON, TWINS  # noqa: E402
from verdict_tables import RULES, assert_like_twin, site_of, values_of  # noqa: E402

from fangpin.config.loader import load  # noqa: E402
from fangpin.warnings.check import laboratory  # noqa: E402
from fangpin.warnings.examples import example_rows, example_sentences, example_verdict  # noqa: E402
from fangpin.warnings.measures import source_measures  # noqa: E402

SEEDS = (1, 2, 3)
# Module of the indicators → the tests of its family, those that are done soonest first: most mutants fall to them.
_TWINS = "test_warnings_twins.py::test_"
FAMILIES = {
    "medical": ("test_warnings_medical.py", f"{_TWINS}medical"),
    "insurance": ("test_warnings_medical.py", f"{_TWINS}medical"),
    "income": ("test_warnings_income.py", "test_warnings_falls.py", f"{_TWINS}income"),
    "school": ("test_warnings_school.py", f"{_TWINS}school"),
    "rosters": ("test_warnings_rosters.py", "test_twins_lists.py"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A statement: its group and name, its text, and what tells whether a text in its place is noticed."""

    group: str
    name: str
    sql: str
    is_noticed: Callable[[str], bool]


def rule_targets() -> Iterator[Target]:
    """Give every rule's statement, those with a twin and those with worked examples only."""
    for rule_id, rule in sorted(RULES.items()):
        group = "rules with a twin" if rule_id in TWINS else "rules with examples only"
        yield Target(group, rule_id, rule.sql, partial(_rule_noticed, rule_id))


def _rule_noticed(rule_id: str, sql: str) -> bool:
    shipped = RULES[rule_id]
    RULES[rule_id] = shipped.model_copy(update={"sql": sql})
    try:
        if is_unlike_a_fact(sql) or _examples_differ(rule_id):
            return True
        for seed in SEEDS if rule_id in TWINS else ():
            assert_like_twin(rule_id, TWINS[rule_id], seed, home=HOME, person=PERSON)
    except Exception:  # noqa: BLE001 whatever goes wrong is noticed
        return True
    else:
        return False
    finally:
        RULES[rule_id] = shipped


def _examples_differ(rule_id: str) -> bool:
    """Tell whether a rule answers one of its worked examples otherwise than it says."""
    rule = RULES[rule_id]
    values = values_of(rule)
    con = _laboratory(site_of(rule).id)
    for one in rule.examples:
        rows = example_rows(con, rule, one, values=values)
        said = "；".join(example_sentences(rule, one, rows))
        if example_verdict(rows) != one.expect or (one.says and said != one.says):
            return True
    return False


@cache
def _laboratory(site_id: str) -> duckdb.DuckDBPyConnection:
    return laboratory(source_measures(load(site_id)))


def indicator_targets() -> Iterator[Target]:
    """Give every statement of the modules of indicators."""
    for family, files in FAMILIES.items():
        module = importlib.import_module(f"fangpin.warnings.{family}")
        there = [str(ROOM / file) for file in files]
        for name, sql in sorted(vars(module).items()):
            if isinstance(sql, str) and name.isupper() and "\nselect" in sql:
                yield Target("indicators", f"{family}.{name}", sql, partial(_step_noticed, module, name, there))


def _step_noticed(module: object, name: str, files: list[str], sql: str) -> bool:
    whole = getattr(module, name)
    setattr(module, name, sql)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            # The files stay imported from one mutant to the next: pytest finds them among the modules.
            code = pytest.main(["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", *files])
    finally:
        setattr(module, name, whole)
    return code != pytest.ExitCode.OK


def judged(target: Target, chosen: list[Mutant], excused: dict[str, str]) -> list[str]:
    """Return what stands of a target's mutants, one line each, and print how many were killed."""
    start = time.perf_counter()
    alive = [mutant for mutant in chosen if not target.is_noticed(mutant.sql)]
    known = sum(f"{target.name}: {mutant.wrong}" in excused for mutant in alive)
    spent = time.perf_counter() - start
    print(f"{target.name:34}{len(chosen):>8}{len(chosen) - len(alive):>8}{known:>9}{spent:>8.0f}", flush=True)
    return [f"{target.name}: {mutant.wrong}" for mutant in alive]


def main() -> None:
    """Make the mutants, run each, print killed and survived by statement and by group."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", nargs="+", choices=["rules", "indicators"], default=["rules", "indicators"])
    parser.add_argument("--only", nargs="+", default=[], help="names that begin so")
    parser.add_argument("--sample", type=int, help="so many mutants of each group, drawn with one seed")
    parser.add_argument("--out", type=Path, help="file for the survivors")
    given = parser.parse_args()
    excused = tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8"))
    makers = {"rules": rule_targets, "indicators": indicator_targets}
    found = [t for kind in given.of for t in makers[kind]() if not given.only or t.name.startswith(tuple(given.only))]
    con = duckdb.connect()
    print(f"{'statement':34}{'mutants':>8}{'killed':>8}{'excused':>9}{'s':>8}")
    survivors: list[str] = []
    for group in dict.fromkeys(target.group for target in found):
        survivors += _group(group, [(t, mutants(con, t.sql)) for t in found if t.group == group], given, excused)
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text("\n".join(survivors) + "\n", encoding="utf-8")


def _group(
    group: str, work: list[tuple[Target, list[Mutant]]], given: argparse.Namespace, excused: dict[str, str]
) -> list[str]:
    """Judge the targets of a group, print its share, return its survivors."""
    everything = [(target.name, mutant) for target, made in work for mutant in made]
    drawn = everything
    if given.sample and given.sample < len(everything):
        drawn = random.Random(1).sample(everything, given.sample)  # noqa: S311 the same every time
    survivors: list[str] = []
    for target, _ in work:
        chosen = [mutant for name, mutant in drawn if name == target.name]
        if not chosen:
            continue
        if not target.is_noticed("select 1") or target.is_noticed(target.sql):
            # Its tests fail as things stand, or would not notice anything: a figure would say nothing.
            print(f"{target.name:34}{len(chosen):>8}  not judged", flush=True)
            drawn = [(name, mutant) for name, mutant in drawn if name != target.name]
            continue
        survivors += judged(target, chosen, excused)
    killed = len(drawn) - len(survivors)
    same = sum(survivor in excused for survivor in survivors)
    print(
        f"== {group}: {len(drawn):,} of {len(everything):,} mutants, {killed:,} killed ({killed / len(drawn):.1%}), "
        f"{same:,} excused ({killed / (len(drawn) - same):.1%} of the others)",
        flush=True,
    )
    return survivors


if __name__ == "__main__":
    main()
