"""What all tables of the office store share: the metadata, and the constraints written more than once.

Floor 3. Natural keys, UTC times, CHECK constraints where a state stands. No name, ID number or amount of a person
is ever a column.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, Date, Float, Index, Integer, MetaData, Text, text
from sqlalchemy.orm import DeclarativeBase

from fangpin.store.columns import UtcTime

MONTH: Final = "length(period) = 7"


def one_of(column: str, values: type[StrEnum]) -> str:
    """Return the condition that a column holds one of an enum's values."""
    return f"{column} in ({', '.join(repr(str(v)) for v in values)})"


def at_and_by(stem: str) -> CheckConstraint:
    """Return the constraint that a moment and its person are known together or not at all."""
    return CheckConstraint(f"({stem}_at is null) = ({stem}_by is null)", name=f"{stem}_at_and_by")


def unique_where(name: str, *columns: str, where: str) -> Index:
    """Return a unique index over the rows that fulfil a condition."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


class Base(DeclarativeBase):
    """The metadata of the office store: names by convention, text without a length."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {str: Text(), int: Integer(), float: Float(), dt.date: Date(), dt.datetime: UtcTime()}  # noqa: RUF012 - SQLAlchemy's own attribute
