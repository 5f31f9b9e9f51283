"""What a rule read of one household: each measure with its value, its own history, and why an unknown one is unknown.

Floor 2. Reads the indicator tables in the in-memory database handed in, for one household; keys and figures, no name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from fangpin.config.rule_models import Rule
from fangpin.types import Period, Subject
from fangpin.warnings.inputs import quoted
from fangpin.warnings.measure import Measure
from fangpin.warnings.sentences import MEMBER

MONTHS: Final = 12
"""How far back histories and gaps are told."""
_KEYS: Final = frozenset({"person_no", "household_no", "relation"})
_LIST: Final = "double[]"
_HISTORY: Final = "_history"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measure of the household or a member (指标的取值).

    member: the role in the household, '' for a measure of the household. value: None is unknown.
    """

    measure: Measure
    member: str
    value: object


@dataclass(frozen=True, slots=True)
class OwnHistory:
    """A figure over the last months, this month first (自身历史): None where nobody knows."""

    measure: Measure
    member: str
    figures: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """The months of the last MONTHS without data of a source, earliest first (缺数据的月份)."""

    source_id: str
    months: tuple[Period, ...]


def only_household(con: duckdb.DuckDBPyConnection, household_no: str) -> None:
    """Leave nothing but one household in the tables that rules read: what follows concerns it alone.

    >>> from fangpin.warnings.inputs import create_inputs, run_steps
    >>> from fangpin.warnings.indicators import indicator_steps
    >>> con = duckdb.connect(); create_inputs(con); run_steps(con, indicator_steps(Period(2024, 3)))
    >>> only_household(con, "H"); con.execute("select count(*) from household").fetchall()
    [(0,)]
    """
    for table in ("person", "household", "person_month", "household_month"):
        con.execute(f"delete from {table} where household_no is distinct from $home", {"home": household_no}).fetchall()


def readings_of(
    con: duckdb.DuckDBPyConnection, rule: Rule, catalogue: Mapping[str, Sequence[Measure]], *, person_no: str | None
) -> tuple[tuple[Reading, ...], tuple[OwnHistory, ...]]:
    """Return what a rule read of the one household in the tables, and the histories behind those figures.

    A rule for persons read one person; a rule for households all members where it speaks of them. A history stands
    behind a figure when both have the beginning of their name in common (self_paid_history, self_paid_year_yuan).

    >>> readings_of(duckdb.connect(), Rule.model_construct(subject=Subject.PERSON, sql="select 1"), {}, person_no="P")
    ((), ())
    """
    words = {*re.findall(r"\w+", rule.sql)}
    readings: list[Reading] = []
    histories: list[OwnHistory] = []
    for table in ("household_month", "person_month"):
        named = _named(rule.sql, table)
        columns = catalogue.get(table, ()) if table in words else ()
        read = [m for m in columns if m.name in named - _KEYS and m.kind != _LIST]
        behind = [m for m in columns if m.kind == _LIST and _stands_behind(m.name, named)]
        for member, row in _rows(con, table, [*read, *behind], rule=rule, person_no=person_no):
            values = dict(zip((m.name for m in (*read, *behind)), row, strict=True))
            readings += [Reading(m, member, values[m.name]) for m in read]
            histories += [_history(m, member, values[m.name]) for m in behind if values[m.name] is not None]
    return tuple(readings), tuple(histories)


def gaps_of(con: duckdb.DuckDBPyConnection, source_ids: Sequence[str], *, period: Period) -> tuple[Gap, ...]:
    """Return which of the last months each source has no data of; a source without a gap is left out.

    >>> from fangpin.warnings.inputs import create_inputs
    >>> con = duckdb.connect(); create_inputs(con)
    >>> [len(gap.months) for gap in gaps_of(con, ["visit_ledger"], period=Period(2024, 3))]
    [12]
    """
    rows = con.execute("select distinct source_id, period_no from coverage").fetchall()
    covered = {(str(source_id), int(number)) for source_id, number in rows}
    months = [period.back(back) for back in range(MONTHS - 1, -1, -1)]
    found = (
        Gap(source_id, tuple(month for month in months if (source_id, month.ordinal) not in covered))
        for source_id in sorted(set(source_ids))
    )
    return tuple(gap for gap in found if gap.months)


def _named(sql: str, table: str) -> set[str]:
    """Return the words of a statement that may be columns of a table: not those said to be of another."""
    found = re.findall(r"(?:(\w+)\.)?(\w+)", sql)
    return {name for of, name in found if not of.endswith("_month") or of == table}


def _stands_behind(history: str, named: set[str]) -> bool:
    stem = history.removesuffix(_HISTORY)
    return history in named or any(name.startswith(f"{stem}_") for name in named)


def _rows(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Measure], *, rule: Rule, person_no: str | None
) -> list[tuple[str, tuple[object, ...]]]:
    """Return who a row speaks of, and its columns; no row when nothing of the table was read."""
    if not columns:
        return []
    selected = ", ".join(quoted(m.name) for m in columns)
    if table == "household_month":
        return [("", row) for row in con.execute(f"select {selected} from {table}").fetchall()]
    of_one = rule.subject is Subject.PERSON
    where = "where person_no = $person" if of_one else ""
    sql = f"select coalesce(relation, $member), {selected} from {table} {where} order by person_no"
    bound = {"member": MEMBER} | ({"person": person_no} if of_one else {})
    return [(str(row[0]), row[1:]) for row in con.execute(sql, bound).fetchall()]


def _history(measure: Measure, member: str, figures: object) -> OwnHistory:
    told = figures if isinstance(figures, list) else []
    return OwnHistory(measure, member, tuple(told[:MONTHS]))
