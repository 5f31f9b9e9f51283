"""Office tables as polars frames: the columns asked for, with declared types.

Floor 3. Reading only; a frame's columns and types do not depend on which database held the rows.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select
from sqlalchemy.types import TypeEngine

from fangpin.store.columns import JsonText, UtcTime


def frame(connection: Connection, statement: Select[*tuple[Any, ...]]) -> pl.DataFrame:
    """Return the rows of a SELECT over office columns, in the statement's order.

    Rows out: text → str, integer → i64, float → f64, date → date, moment → datetime (µs, UTC),
    JSON list → list of str.
    """
    schema = {column.name: _dtype(column.type) for column in statement.selected_columns}
    rows = [tuple(row) for row in connection.execute(statement)]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _dtype(kind: TypeEngine[Any]) -> pl.DataType:
    if isinstance(kind, UtcTime):
        return pl.Datetime("us", "UTC")
    if isinstance(kind, JsonText):
        return pl.List(pl.String)
    return {str: pl.String(), int: pl.Int64(), float: pl.Float64(), dt.date: pl.Date()}[kind.python_type]
