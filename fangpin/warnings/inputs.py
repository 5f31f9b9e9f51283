"""The tables a screening stands on, with their DuckDB types, and the one executor of named steps.

Floor 2. The pipeline fills these tables for the screened month; nothing here reads a file or holds a
name. A table that a county has no source for is there and empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb

from fangpin.errors import StoreDamaged
from fangpin.types import Step

MONEY = "decimal(18,2)"

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

_LINKED: dict[str, str] = {
    "period_no": "bigint",
    "batch_id": "varchar",
    "row_number": "uinteger",
    "person_no": "varchar",
    "household_no": "varchar",
}
FACTS: dict[str, dict[str, str]] = {
    "visit_ledger": _LINKED | {"household_size": "bigint", "income_yuan": MONEY, "spending_yuan": MONEY},
    "dibao_roster": _LINKED
    | {
        "category": "varchar",
        "tier": "varchar",
        "amount_yuan": MONEY,
        "started_on": "date",
        "insured_count": "bigint",
        "household_size": "bigint",
    },
    "medical_settlement": _LINKED
    | {
        "insured_status": "varchar",
        "care_type": "varchar",
        "diagnosis": "varchar",
        "settled_on": "date",
        "total_yuan": MONEY,
        "fund_yuan": MONEY,
        "self_paid_yuan": MONEY,
        "settlement_no": "varchar",
    },
    "housing_appraisal": _LINKED
    | {
        "house_grade": "varchar",
        "renovation": "varchar",
        "inhabited": "varchar",
        "appraised_on": "date",
        "completed_on": "date",
        "household_size": "bigint",
    },
    "school_enrolment": _LINKED | {"school": "varchar", "school_grade": "varchar", "enrolment_status": "varchar"},
    "disability_certificate": _LINKED
    | {
        "disability_type": "varchar",
        "disability_level": "varchar",
        "issued_on": "date",
        "first_issued_on": "date",
        "certificate_status": "varchar",
        "certificate_event": "varchar",
    },
}

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


def create_inputs(con: duckdb.DuckDBPyConnection) -> None:
    """Make every input table that is not there yet, empty: a county without a source has no rows of it.

    >>> con = duckdb.connect(); create_inputs(con); con.execute("select count(*) from fact_visit_ledger").fetchall()
    [(0,)]
    """
    tables = {"person": PERSON, "household": HOUSEHOLD, "coverage": COVERAGE}
    tables |= {f"fact_{source_id}": columns for source_id, columns in FACTS.items()}
    for table, columns in tables.items():
        con.execute(create_table_sql(table, columns))


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
