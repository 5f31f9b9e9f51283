"""The tables a screening stands on, with their DuckDB types, and the one executor of named steps.

Floor 2. The pipeline fills these tables for the screened month; nothing here reads a file or holds a
name. A table that a county has no source for is there and empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb

from fangpin.config.source_models import Source
from fangpin.errors import StoreDamaged
from fangpin.types import Step
from fangpin.warnings.change import create_functions
from fangpin.warnings.facts import fact_tables

PERSON: dict[str, str] = {
    "person_no": "varchar",
    "household_no": "varchar",
    "township": "varchar",
    "village": "varchar",
    "relation": "varchar",
    "sex": "varchar",
    "age": "bigint",  # full years at the end of the month
    "health": "varchar",
    "labour": "varchar",
    "is_head": "boolean",
    # What many registers do not hold (matching.register.TOLD): null for everybody where the column is not there.
    "education": "varchar",
    "student": "varchar",
    "worked_months": "bigint",
    "work_area": "varchar",
    "public_post": "varchar",
    "post_months": "bigint",
    "resident_insurance": "boolean",
    "employee_insurance": "boolean",
    "major_insurance": "boolean",
    "dibao": "varchar",
    "tekun": "varchar",
    "unsafe_house": "boolean",
    "safe_water": "boolean",
    "toilet": "boolean",
    "road": "varchar",
}
HOUSEHOLD: dict[str, str] = {
    "household_no": "varchar",
    "township": "varchar",
    "village": "varchar",
    "village_group": "varchar",
    "head_person_no": "varchar",
    "size": "bigint",
    "labour_count": "bigint",
    "household_type": "varchar",
    "monitored_type": "varchar",
    "risk_eliminated": "boolean",
}
COVERAGE: dict[str, str] = {"source_id": "varchar", "period_no": "bigint"}

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def quoted(name: str) -> str:
    """Return a declared name as an SQL identifier.

    >>> quoted('fact_x"; drop')
    '"fact_x""; drop"'
    """
    return '"' + name.replace('"', '""') + '"'


def create_table_sql(table: str, columns: dict[str, str]) -> str:
    """Return the statement that makes an empty typed table unless it is there.

    >>> create_table_sql("coverage", COVERAGE)
    'create table if not exists "coverage" ("source_id" varchar, "period_no" bigint)'
    """
    body = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    return f"create table if not exists {quoted(table)} ({body})"


def create_inputs(con: duckdb.DuckDBPyConnection, sources: Iterable[Source] = ()) -> None:
    """Make every input table that is not there yet, empty, and the change functions.

    sources: those whose rows are wanted beside what the hand-written steps read; a county without a source has no rows.

    >>> con = duckdb.connect(); create_inputs(con); con.execute("select count(*) from fact_visit_ledger").fetchall()
    [(0,)]
    """
    tables = {"person": PERSON, "household": HOUSEHOLD, "coverage": COVERAGE}
    tables |= {f"fact_{source_id}": columns for source_id, columns in fact_tables(sources).items()}
    for table, columns in tables.items():
        con.execute(create_table_sql(table, columns))
    create_functions(con)


def run_steps(con: duckdb.DuckDBPyConnection, steps: Iterable[Step]) -> None:
    """Make the table of every step, in order, replacing what stood there.

    Raises: StoreDamaged, naming the step, when the database refuses it.

    >>> con = duckdb.connect(); run_steps(con, [Step("one", "select $n::int as n", (("n", 1),))])
    >>> con.execute("select n from one").fetchall()
    [(1,)]
    """
    for step in steps:
        sql = f"create or replace table {quoted(step.table)} as {step.sql}"
        try:
            con.execute(sql, dict(step.params)).fetchall()
        except duckdb.Error as exc:
            raise StoreDamaged(f"计算步骤 {step.table}", reason_of(exc), action="请核对数据表后重新筛查") from exc


def reason_of(error: duckdb.Error) -> str:
    r"""Return the first line of a database error without the data it quotes.

    What the planner says names columns and functions only and is kept; what comes up while rows are
    read may quote a value, so every quotation is blanked.

    >>> reason_of(duckdb.ConversionException("Conversion Error: Could not convert string '5223' to INT32\nLINE 1: x"))
    "Conversion Error: Could not convert string '…' to INT32"
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    planned = isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.ParserException)
    return lines[0] if planned else _QUOTED.sub("'…'", lines[0])
