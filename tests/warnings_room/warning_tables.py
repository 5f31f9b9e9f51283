"""Literal tables for the tests of the room: a month with its people, households, facts and coverage."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from fangpin.config.rule_models import Rule
from fangpin.config.site_models import Site
from fangpin.types import Period
from fangpin.warnings.evaluate import ALERTS
from fangpin.warnings.indicators import indicator_steps
from fangpin.warnings.inputs import create_inputs, quoted, run_steps

CONFIG = Path(__file__).parents[2] / "fangpin" / "config"
P = Period(2024, 6)


def months(first: str, last: str) -> list[int]:
    """Return the ordinals of all months from first to last."""
    return list(range(Period.parse(first).ordinal, Period.parse(last).ordinal + 1))


def at(text: str) -> int:
    """Return the ordinal of a month."""
    return Period.parse(text).ordinal


# One database for all tests, emptied for each: making ten tables takes longer than most tests.
_CON = duckdb.connect(":memory:", config={"threads": "1"})
create_inputs(_CON)
_TABLES = [row[0] for row in _CON.execute("select table_name from information_schema.tables").fetchall()]


class Month:
    """The input tables of a month; people P1, P2, … live in household H unless said otherwise.

    Making a month empties the one before: read it first.
    """

    def __init__(
        self, *, covered: dict[str, list[int]] | None = None, people: int = 1, size: int | None = None
    ) -> None:
        self.con = _CON
        for table in _TABLES:
            self.con.execute(f"delete from {quoted(table)}").fetchall()
        self.facts = 0
        self.add("household", household_no="H", size=people if size is None else size)
        for place in range(1, people + 1):
            self.add("person", person_no=f"P{place}", household_no="H")
        for source_id, ordinals in (covered or {}).items():
            for ordinal in ordinals:
                self.add("coverage", source_id=source_id, period_no=ordinal)

    def add(self, table: str, **row: object) -> None:
        """Insert one row; columns left out are null."""
        names = ", ".join(quoted(name) for name in row)
        places = ", ".join(f"${name}" for name in row)
        self.con.execute(f"insert into {quoted(table)} ({names}) values ({places})", row).fetchall()

    def fact(self, source_id: str, month: str | int, **row: object) -> None:
        """Insert one linked row of a source for a month, for person P1 of household H unless said otherwise."""
        self.facts += 1
        person = {} if source_id == "visit_ledger" else {"person_no": "P1"}
        keys = {"period_no": at(month) if isinstance(month, str) else month, "batch_id": "b", "row_number": self.facts}
        self.add(f"fact_{source_id}", **(keys | {"household_no": "H"} | person | row))

    def screen(self, period: Period = P) -> None:
        """Make person_month and household_month."""
        run_steps(self.con, indicator_steps(period))

    def person(self, *columns: str, period: Period = P) -> tuple[Any, ...]:
        """Return the measures of P1."""
        return self._row("person_month", columns, period, "person_no = 'P1'")

    def household(self, *columns: str, period: Period = P) -> tuple[Any, ...]:
        """Return the measures of H."""
        return self._row("household_month", columns, period, "household_no = 'H'")

    def _row(self, table: str, columns: tuple[str, ...], period: Period, where: str) -> tuple[Any, ...]:
        self.screen(period)
        rows = self.con.execute(f"select {', '.join(columns)} from {table} where {where}").fetchall()
        assert len(rows) == 1
        return tuple(float(v) if type(v).__name__ == "Decimal" else v for v in rows[0])


def shipped_site(site_id: str = "huaxi") -> Site:
    """Return a site as shipped."""
    return Site.model_validate(tomllib.loads((CONFIG / "sites" / f"{site_id}.toml").read_text(encoding="utf-8")))


def shipped_sites() -> list[Site]:
    """Return the sites as shipped, by id."""
    return [shipped_site(file.stem) for file in sorted((CONFIG / "sites").glob("*.toml"))]


def shipped_rules() -> list[Rule]:
    """Return the rules as shipped, by id."""
    files = sorted((CONFIG / "rules").glob("*.toml"))
    return [Rule.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]


def rule(**changes: object) -> Rule:
    """Return a small rule that holds, with the given keys changed."""
    body: dict[str, object] = {
        "id": "big_household",
        "title": "人多的家庭",
        "kind": "other",
        "subject": "household",
        "grade": "yellow",
        "risks": ["其他"],
        "basis": ["S003-13"],
        "needs": [],
        "parameters": [
            {"name": "line", "value": 3, "unit": "人", "since": "2022-01-01", "document": "甲"},
            {"name": "line", "value": 5, "unit": "人", "since": "2024-06-01", "document": "乙"},
        ],
        "sql": SQL,
        "sentence": "全家{size}人",
        "examples": [
            {"title": "到线", "expect": "fires", "household": {"size": 5}},
            {"title": "不到线", "expect": "quiet", "household": {"size": 4}},
            {"title": "不明", "expect": "unknown"},
        ],
    }
    return Rule.model_validate(body | changes)


SQL = """
select
  household_no,
  null::varchar as person_no,
  size::double as measured,
  $line::double as threshold,
  size >= $line as fires,
  size
from household_month
"""


def alerts(*rows: dict[str, object]) -> pl.DataFrame:
    """Return an alerts frame; keys left out take plain values."""
    plain: dict[str, object] = {
        "rule_id": "r",
        "rule_version": 1,
        "kind": "other",
        "grade": "yellow",
        "effect": "lead",
        "channel": "department",
        "household_no": "H",
        "person_no": None,
        "period": "2024-06",
        "measured": 2.0,
        "threshold": 1.0,
        "sentence": "甲",
        "risks": ["其他"],
        "quiet_months": 3,
    }
    return pl.DataFrame([plain | row for row in rows], schema=ALERTS)
