"""Random rows of the measures put before a rule, and what its twin says of the same rows."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
from warning_tables import shipped_rules, shipped_sites

from fangpin.config.rule_models import Rule
from fangpin.config.site_models import Site
from fangpin.warnings.check import laboratory
from fangpin.warnings.verdicts import parameters_in_force, verdict_rows

Row = dict[str, Any]
Columns = dict[str, list[Any]]
Twin = Callable[[Row, Row, list[Row], Row], Row | None]

RULES: dict[str, Rule] = {rule.id: rule for rule in shipped_rules()}
"""The shipped rules by id; the mutation script puts a changed one in the place of another."""

_SITES = shipped_sites()
_TABLES = ("person_month", "household_month")
# One for all: its tables have some hundred columns, and making them takes longer than a test.
_CON = laboratory()
_HOUSEHOLDS = 150


def site_of(rule: Rule) -> Site:
    """Return the first site that uses a rule."""
    return next(site for site in _SITES if rule.id in site.rules)


def values_of(rule: Rule) -> dict[str, float]:
    """Return the newest values of a rule's parameters at the first site that uses it."""
    return {p.name: p.value for p in parameters_in_force(rule, site_of(rule), on=dt.date.max)}


def around(*lines: float) -> list[Decimal | None]:
    """Return amounts on each line and a cent to either side of it, nothing, and not known."""
    cents = (Decimal("-0.01"), Decimal(0), Decimal("0.01"))
    return [None, Decimal(0), *(Decimal(str(line)) + cent for line in lines for cent in cents)]


def assert_like_twin(rule_id: str, twin: Twin, seed: int, *, home: Columns, person: Columns) -> None:
    """Assert that a rule answers and shows for every household or person drawn what its twin does.

    home, person: the columns with the values to draw from; a household has none to three members.
    """
    rule = RULES[rule_id]
    values = values_of(rule)
    homes, people = _filled(random.Random(seed), home, person)  # noqa: S311 no secret
    rows = verdict_rows(_CON, rule, values, judged=True).to_dicts()
    got = {(row.pop("household_no"), row.pop("person_no")): _plain(row) for row in rows}
    expected = {}
    for number, drawn in homes.items():
        members = [row for row in people if row["household_no"] == number]
        for member in members if rule.subject == "person" else [{"person_no": None}]:
            answer = twin(member, drawn, members, values)
            if answer is not None:
                expected[number, member["person_no"]] = answer
    assert got.keys() == expected.keys()
    wrong = {key: (row, expected[key]) for key, row in got.items() if not _same(row, expected[key])}
    assert wrong == {}


def _same(row: Row, other: Row) -> bool:
    return row.keys() == other.keys() and all(
        value == other[name]
        if value is None or other[name] is None or isinstance(value, bool | str)
        else abs(value - other[name]) < 1e-9 * max(1, abs(value))
        for name, value in row.items()
    )


def _filled(chance: random.Random, home: Columns, person: Columns) -> tuple[dict[str, Row], list[Row]]:
    """Draw households and members into both tables; return them by key, figures as floats."""
    homes, people = {}, []
    # What the register says of the household stands in both tables.
    shared = {"household_type", "monitored_type", "risk_eliminated"} & home.keys()
    for place in range(_HOUSEHOLDS):
        number = f"H{place}"
        homes[number] = {name: chance.choice(choices) for name, choices in home.items()} | {"household_no": number}
        for seat in range(chance.randrange(4) if person else 0):
            row = {name: chance.choice(choices) for name, choices in person.items()}
            row |= {name: homes[number][name] for name in shared}
            people.append(row | {"household_no": number, "person_no": f"{number}P{seat}"})
    for table, rows in zip(_TABLES, (people, list(homes.values())), strict=True):
        _CON.execute(f"delete from {table}").fetchall()
        if rows:
            _CON.register("drawn", pl.DataFrame(rows, infer_schema_length=None))
            _CON.execute(f"insert into {table} by name select * from drawn").fetchall()
            _CON.unregister("drawn")
    return {number: _plain(row) for number, row in homes.items()}, [_plain(row) for row in people]


def _plain(row: Row) -> Row:
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}
