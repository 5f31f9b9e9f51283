"""The fact tables: one a source, typed by its declaration; what the hand-written steps read is always there.

Floor 2. Rows of persons and households carry their keys, rows of places the register's own names of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from fangpin.config.source_models import ColumnKind, Source
from fangpin.types import Subject

MONEY = "decimal(18,2)"

_TYPES = {
    ColumnKind.MONEY: MONEY,
    ColumnKind.DATE: "date",
    ColumnKind.INTEGER: "bigint",
    ColumnKind.BOOLEAN: "boolean",
}
_CARRIED: dict[str, str] = {"period_no": "bigint", "batch_id": "varchar", "row_number": "uinteger"}
_LINKED: dict[str, str] = _CARRIED | {"person_no": "varchar", "household_no": "varchar"}
# village null: the row speaks of the whole township; village_group null: of the whole village.
_PLACED: dict[str, str] = _CARRIED | {"township": "varchar", "village": "varchar", "village_group": "varchar"}

# What medical, insurance, income, school, rosters, rigid and standing read: a county without the source, or whose
# declaration lacks the column, has it all the same, and empty.
CORE: dict[str, dict[str, str]] = {
    "visit_ledger": {
        "household_size": "bigint",
        "income_yuan": MONEY,
        "spending_yuan": MONEY,
        "wage_yuan": MONEY,
        "business_yuan": MONEY,
        "property_yuan": MONEY,
        "transfer_yuan": MONEY,
        "uncounted_yuan": MONEY,
    },
    "student_aid": {
        "tuition_yuan": MONEY,
        "lodging_yuan": MONEY,
        "textbook_yuan": MONEY,
        "aid_yuan": MONEY,
    },
    "disaster_loss": {"loss_yuan": MONEY, "relief_yuan": MONEY},
    "accident_event": {"loss_yuan": MONEY, "compensation_yuan": MONEY},
    "monitored_roster": dict.fromkeys(("risk_eliminated", "risks", "risk_2", "risk_3", "risk_4", "risk_5"), "varchar"),
    "dibao_roster": {"category": "varchar", "started_on": "date", "ended_on": "date", "insured_count": "bigint"},
    "medical_settlement": {
        "insured_status": "varchar",
        "care_type": "varchar",
        "diagnosis": "varchar",
        "settled_on": "date",
        "total_yuan": MONEY,
        "self_paid_yuan": MONEY,
        "settlement_no": "varchar",
    },
    "housing_appraisal": {
        "house_grade": "varchar",
        "renovation": "varchar",
        "inhabited": "varchar",
        "completed_on": "date",
    },
    "school_enrolment": {"school_grade": "varchar", "enrolment_status": "varchar"},
    "disability_certificate": {
        "disability_type": "varchar",
        "disability_level": "varchar",
        "issued_on": "date",
        "first_issued_on": "date",
        "certificate_status": "varchar",
        "certificate_event": "varchar",
    },
}


def column_type(source: Source, name: str) -> str:
    """Return the DuckDB type of a declared column.

    >>> from fangpin.config.loader import load
    >>> column_type(load("huaxi").sources["temporary_aid"], "amount_yuan")
    'decimal(18,2)'
    """
    kinds = {column.name: column.kind for column in source.columns}
    return _TYPES.get(kinds[name], "varchar")


def fact_columns(source: Source) -> dict[str, str]:
    """Return the columns of a source's fact table with their DuckDB types: keys or places, then what is declared.

    >>> from fangpin.config.loader import load
    >>> list(fact_columns(load("huaxi").sources["death_list"]))[3:6]
    ['person_no', 'household_no', 'died_on']
    """
    keys = _PLACED if source.subject is Subject.VILLAGE else _LINKED
    return keys | {c.name: column_type(source, c.name) for c in source.columns} | _missing(source)


def fact_tables(sources: Iterable[Source]) -> dict[str, dict[str, str]]:
    """Return the columns of every fact table by source id: of the sources handed in, and of those in CORE.

    >>> fact_tables([]).keys() == CORE.keys()
    True
    """
    core = {source_id: _LINKED | columns for source_id, columns in CORE.items()}
    return core | {source.id: fact_columns(source) for source in sources}


def _missing(source: Source) -> dict[str, str]:
    declared = {column.name for column in source.columns}
    return {name: kind for name, kind in CORE.get(source.id, {}).items() if name not in declared}
