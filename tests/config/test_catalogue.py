"""The catalogue: every rule, exclusion and check by its number is held by rules, by the program or by a reason."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from fangpin.config.rule_models import Rule
from fangpin.matching.register_findings import FINDING_TITLES

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT.parent / "shared" / "domain" / "2-warning-rules.md"
ASKED = [f"{kind}{number:02}" for kind, last in (("R", 78), ("X", 14), ("DQ", 40)) for number in range(1, last + 1)]
TEXTS = {
    file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
    for file in resources.files("fangpin.config").joinpath("rules").iterdir()
    if file.name.endswith(".toml")
}
RULES = {rule_id: Rule.model_validate(tomllib.loads(text)) for rule_id, text in TEXTS.items()}
OFF = sorted(rule_id for rule_id, rule in RULES.items() if not rule.switched_on)
COUNTY = "待县级核定"


def _rows() -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for line in (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"(R|X|DQ)\d\d", cells[0]):
            found.setdefault(cells[0], []).append(cells[1:])
    return found


ROWS = _rows()


def _held(number: str) -> dict[str, list[str]]:
    """Return what holds a number, by how: rules (''), modules of the program (程序), codes of issues (问题)."""
    told = re.findall(r"(程序 |问题 |)`([a-z_/.]+)`", ROWS[number][0][1])
    return {how: [name for kind, name in told if kind.strip() == how] for how in ("", "程序", "问题")}


def _codes() -> set[str]:
    """Return the codes of what is reported on taking in a file and on building the register."""
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "fangpin" / "connectors").glob("*.py"))
    return {*FINDING_TITLES, *(code for text in texts for code in re.findall(r'"([a-z]+_[a-z]+)"', text))}


def test_every_number_stands_there_once() -> None:
    """The table has each of the 78 rules, 14 exclusions and 40 checks once."""
    assert {number: len(rows) for number, rows in ROWS.items()} == dict.fromkeys(ASKED, 1)


@pytest.mark.skipif(not CATALOGUE.exists(), reason="the catalogue of the domain lies beside the repository")
def test_the_numbers_are_those_of_the_domain() -> None:
    """What is asked for here is what the domain's catalogue numbers; a span of checks counts each of them."""
    told = set()
    for kind, first, last in re.findall(
        r"^\| (R|X|DQ)(\d\d)(?:[–—-](\d\d))? \|", CATALOGUE.read_text(encoding="utf-8"), flags=re.MULTILINE
    ):
        told |= {f"{kind}{number:02}" for number in range(int(first), int(last or first) + 1)}

    assert told == set(ASKED)


@pytest.mark.parametrize("number", ASKED)
def test_the_rules_of_a_number_are_those_that_name_it(number: str) -> None:
    """A row names exactly the rules whose basis has its number, and says whether they are switched on."""
    named = _held(number)[""]
    switched = {"启用" if RULES[rule_id].switched_on else "停用" for rule_id in named}

    assert sorted(named) == sorted(rule_id for rule_id, rule in RULES.items() if number in rule.basis)
    assert {word for word in ROWS[number][0][2].split("、") if word in {"启用", "停用"}} == switched


@pytest.mark.parametrize("number", ASKED)
def test_what_else_holds_a_number_exists(number: str) -> None:
    """A named module is there, a named code is one that is reported; whatever nothing holds has a reason."""
    held = _held(number)

    assert [name for name in held["程序"] if not (ROOT / "fangpin" / name).exists()] == []
    assert set(held["问题"]) <= _codes()
    assert any(held.values()) or re.fullmatch(r"[^。]{8,}。", ROWS[number][0][3].split("。")[0] + "。")


@pytest.mark.parametrize("rule_id", OFF)
def test_a_rule_switched_off_says_that_the_county_decides(rule_id: str) -> None:
    """What is off waits for a figure of the county, and says so in its file."""
    assert COUNTY in TEXTS[rule_id]


def test_a_rule_switched_on_rests_on_a_clause() -> None:
    """A figure that the county is still to set is used only where a notice names the thing itself."""
    assert [
        rule_id
        for rule_id, rule in RULES.items()
        if rule.switched_on and not any(basis.startswith("S") for basis in rule.basis)
    ] == []


def test_an_exclusion_raises_no_lead() -> None:
    """Exclusions are hints or close a lead; checks are of quality, or warn of an area."""
    effects = {
        number: {str(RULES[rule_id].effect) for rule_id in _held(number)[""]} for number in ASKED if number[0] in "XD"
    }
    allowed = {"X": {"flag", "close"}, "D": {"quality", "lead"}}

    assert {n: e for n, e in effects.items() if not e <= allowed[n[0]]} == {}
