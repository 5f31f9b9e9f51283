"""Worked examples: rows of the indicator tables put into the laboratory, and what a rule answers and says of them.

Floor 2. Pure computation in the database handed in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import duckdb
import polars as pl

from fangpin.config.rule_models import Cell, Example, Rule
from fangpin.types import Period
from fangpin.warnings.inputs import quoted, reason_of
from fangpin.warnings.sentences import MEMBER, fill
from fangpin.warnings.statements import READABLE
from fangpin.warnings.verdicts import RuleFailed, verdict_rows

EXAMPLE_PERIOD = Period(2024, 6)
"""The month an example's sentence speaks of."""


def example_rows(
    con: duckdb.DuckDBPyConnection,
    rule: Rule,
    example: Example,
    *,
    values: dict[str, float],
    tables: Mapping[str, set[str]] | None = None,
) -> pl.DataFrame:
    """Return the verdicts of a rule for the rows of an example, as verdicts.verdict_rows.

    A key of the example fills every indicator table that has a column of that name; a key left out is null. The
    example's own parameters stand for the county's: a worked example holds wherever the line lies. tables: the
    columns of the connection's tables, where they are known already.
    Raises: RuleFailed when the rule cannot be evaluated or a value has the wrong type.

    >>> from fangpin.types import Subject
    >>> sql = "select household_no, null::varchar as person_no, 1::double as measured, 1::double as threshold,"
    >>> rule = Rule.model_construct(subject=Subject.HOUSEHOLD, sql=sql + " size > 2 as fires from household")
    >>> example = Example(title="", expect="fires", household={"size": 3})
    >>> con = duckdb.connect()
    >>> made = [con.execute(f"create table {t} (household_no varchar, size bigint)") for t in READABLE]
    >>> example_rows(con, rule, example, values={})["fires"].to_list()
    [True]
    """
    # Only what the statement names is filled: of wide tables an insert takes longer than the rule.
    known = columns_of(con) if tables is None else tables
    read = {table: columns for table, columns in known.items() if table in rule.sql}
    empty(con, read)
    home: dict[str, Cell] = {"household_no": "H1", **example.household}
    _insert(con, read, ("household", "household_month"), home)
    # What the register says of the household holds for its members (household_type, for one).
    shared = {name: value for name, value in home.items() if name in known["household"]}
    for place, person in enumerate(example.persons, 1):
        member = {**shared, "person_no": f"P{place}", **person}
        _insert(con, read, ("person", "person_month"), member)
    for area in example.areas:
        _insert(con, read, ("village_month", "area_month"), {"township": "甲镇", "village": "甲村", **area})
    return verdict_rows(con, rule, values | example.parameters, judged=True)


def example_verdict(rows: pl.DataFrame) -> str:
    """Return fires, quiet or unknown: what the rows of an example come to.

    >>> example_verdict(pl.DataFrame({"fires": [False, None]}))
    'unknown'
    """
    if rows["fires"].any():
        return "fires"
    return "unknown" if rows["fires"].null_count() else "quiet"


def example_sentences(rule: Rule, example: Example, rows: pl.DataFrame) -> list[str]:
    """Return what is said of everybody in an example for whom the rule fires, in their order.

    Raises: ValueError when the rule's sentence has a placeholder that is not plain.

    >>> rule = Rule.model_construct(sentence="{member}{age}岁")
    >>> example = Example(title="", expect="fires", persons=({"relation": "之子"},))
    >>> rows = pl.DataFrame({"person_no": ["P1"], "age": [7], "fires": [True]})
    >>> example_sentences(rule, example, rows)
    ['之子7岁']
    """
    members = {f"P{place}": person.get("relation") for place, person in enumerate(example.persons, 1)}
    fired = rows.filter(pl.col("fires")).sort("person_no" if "person_no" in rows.columns else "village")
    return [
        fill(
            rule.sentence,
            row | {"period": EXAMPLE_PERIOD.title, "member": members.get(str(row.get("person_no"))) or MEMBER},
        )
        for row in fired.iter_rows(named=True)
    ]


def columns_of(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """Return the columns of every table there is."""
    found: dict[str, set[str]] = {}
    for table, column in con.execute("select table_name, column_name from duckdb_columns()").fetchall():
        found.setdefault(table, set()).add(column)
    return found


def _insert(
    con: duckdb.DuckDBPyConnection, read: Mapping[str, set[str]], tables: tuple[str, ...], row: Mapping[str, Cell]
) -> None:
    for table in tables:
        if table in read:
            _insert_into(con, table, {name: _told(value) for name, value in row.items() if name in read[table]})


def _insert_into(con: duckdb.DuckDBPyConnection, table: str, known: Mapping[str, object]) -> None:
    names = ", ".join(quoted(name) for name in known)
    places = ", ".join(f"${name}" for name in known)
    try:
        con.execute(f"insert into {quoted(table)} ({names}) values ({places})", dict(known)).fetchall()
    except duckdb.Error as exc:
        step = "例子"
        raise RuleFailed(step, reason_of(exc)) from exc


def _told(value: Cell) -> object:
    """Return an example's value as the database takes it: in a list of months, nan is a month nobody knows."""
    if not isinstance(value, tuple):
        return value
    return [None if math.isnan(month) else month for month in value]


def empty(con: duckdb.DuckDBPyConnection, tables: Iterable[str] = READABLE) -> None:
    """Take every row out of the indicator tables."""
    for table in tables:
        con.execute(f"delete from {quoted(table)}").fetchall()
