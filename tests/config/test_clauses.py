"""The table of clauses: every rule and threshold of the notices is held by a rule, a site's key or a written reason."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from fangpin.config.loader import load, site_ids
from fangpin.config.rule_models import Rule

ROOT = Path(__file__).parents[2]
DIGEST = ROOT.parent / "shared" / "domain" / "1-notices-digest.md"
SITES = {site_id: load(site_id).site for site_id in site_ids()}
RULES = {
    file.name.removesuffix(".toml"): Rule.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    for file in resources.files("fangpin.config").joinpath("rules").iterdir()
    if file.name.endswith(".toml")
}
TYPES = {"rule": "规则", "thr": "界线"}

# What the five notices rule (规则) and where they draw a line (界线), by notice.
CLAUSES = {
    "S000": {"rule": (2, 6, 7, 8, 9, 17, 19, 20), "thr": (12, 13, 14, 15)},
    "S001": {"rule": (3, 10, 11, 22, 32), "thr": ()},
    "S002": {"rule": (2, 5, 7, 8, 9, 10, 12, 13, 14, 17, 18, 19, 20, 21, 26, 31), "thr": (3,)},
    "S003": {
        "rule": (1, 3, 11, 14, 34, 35, 36, 37, 38, 40, 44, 45),
        "thr": (4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 17, 18, 32),
    },
    "S004": {"rule": (5, 10, 28), "thr": (3, 20)},
}
ASKED = sorted(
    (f"{notice}-{number}", TYPES[kind])
    for notice, kinds in CLAUSES.items()
    for kind, numbers in kinds.items()
    for number in numbers
)


def _rows() -> list[list[str]]:
    text = (ROOT / "docs" / "clauses.md").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line.startswith("| S"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


ROWS = _rows()
HELD = [(clause, held) for clause, _, _, cell, _ in ROWS for held in cell.split("、") if held]


def _holds(held: str, clause: str) -> bool:
    """Say whether what is named exists, and names the clause where it tells its clauses."""
    if held.startswith("rule:"):
        rule = RULES.get(held.removeprefix("rule:"))
        return rule is not None and clause in rule.basis
    found = re.fullmatch(r"site:(\w+)\.(parameters|grades|ledger_colours|focuses)\.(\w+)", held)
    if found is None or found[1] not in SITES:
        return False
    site = SITES[found[1]]
    match found[2]:
        case "parameters":
            return found[3] in {p.name for p in site.parameters}
        case "grades":
            return found[3] in {g.code for g in site.grades}
        case "ledger_colours":
            return found[3] in {c.code for c in site.ledger_colours}
        case _:
            return any(found[3] == f.id and clause in f.basis for f in site.focuses)


def test_every_clause_stands_there_once() -> None:
    """The table has each rule and threshold once, with its type, and nothing else."""
    assert sorted((clause, kind) for clause, kind, *_ in ROWS) == ASKED


@pytest.mark.skipif(not DIGEST.exists(), reason="the digest of the notices lies beside the repository")
def test_the_clauses_are_those_of_the_digest() -> None:
    """What is asked for here is what the digest types as a rule or a threshold."""
    text = DIGEST.read_text(encoding="utf-8")
    told = re.findall(r"^\| (S\d{3}-\d+) \| (rule|thr) \|", text, flags=re.MULTILINE)

    assert sorted((clause, TYPES[kind]) for clause, kind in told) == ASKED


@pytest.mark.parametrize(("clause", "held"), HELD)
def test_what_holds_a_clause_exists(clause: str, held: str) -> None:
    """A named rule or focus exists and names the clause in its basis; another named key of a site exists."""
    assert _holds(held, clause)


def test_a_clause_without_a_rule_or_key_has_a_reason() -> None:
    """Every row says what it asks, and is held or says in a sentence why not."""
    assert [row[0] for row in ROWS if not row[2] or not (row[3] or row[4])] == []
    assert [row[0] for row in ROWS if row[4] and not re.fullmatch(r"[^。]{8,}。", row[4])] == []


@pytest.mark.parametrize(
    ("held", "clause"),
    [
        ("rule:nowhere", "S003-4"),
        ("rule:income_low", "S003-5"),
        ("site:nowhere.grades.red", "S003-4"),
        ("site:huaxi.grades.blue", "S003-4"),
        ("site:huaxi.parameters.nothing", "S003-4"),
        ("site:huaxi.focuses.nobody", "S003-1"),
        ("site:huaxi.focuses.relieved", "S003-2"),
        ("site:huaxi.ledger_colours.ledger_red", "S000-12"),
        ("通知", "S003-4"),
    ],
)
def test_a_wrong_name_is_seen(held: str, clause: str) -> None:
    """A rule that is not there or lacks the clause, a key that is not there, or a mere word holds nothing."""
    assert not _holds(held, clause)


def test_every_rule_that_ships_names_a_clause_or_a_rule_of_the_catalogue() -> None:
    """No rule stands without a basis; each basis is a clause of a notice or a rule of the catalogue."""
    wrong = {
        rule.id: rule.basis
        for rule in RULES.values()
        if not all(re.fullmatch(r"S00\d-\d+|R\d\d|X\d\d|DQ\d\d", b) for b in rule.basis)
    }

    assert (wrong, [rule.id for rule in RULES.values() if not rule.basis]) == ({}, [])
