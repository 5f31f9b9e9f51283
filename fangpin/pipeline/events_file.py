"""Reads a file of what happened to families, planted or verified, for the bench to be held against.

Floor 4. The file is read and nothing of it is kept.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from fangpin.errors import NotFound, UsageProblem
from fangpin.types import Kind, Period
from fangpin.warnings.truths import EVENTS

_NEEDED = ("household_no", "month")


def read_events(file: Path) -> pl.DataFrame:
    """Return what happened to which household in which month.

    The file is a .csv in UTF-8 or a .parquet with household_no, month (YYYY-MM) and, if known, kind (types.Kind; empty:
    any). Rows out: truths.EVENTS, doubled rows once.
    Raises: NotFound when there is no such file; UsageProblem when it is not such a file, never with a value of it.
    """
    if not file.is_file():
        raise NotFound(f"文件 {file.name}", "不存在", action="请核对文件名")
    where = f"文件 {file.name}"
    try:
        rows = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, infer_schema=False)
    except (PolarsError, UnicodeDecodeError) as exc:
        raise UsageProblem(where, "读不出来", expected="UTF-8 的 .csv，或 .parquet") from exc
    missing = [name for name in _NEEDED if name not in rows.columns]
    if missing:
        raise UsageProblem(where, f"缺少列 {'、'.join(missing)}", expected="household_no、month，可以有 kind")
    if "kind" not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.String).alias("kind"))
    told = rows.select(pl.col(name).cast(pl.String).replace("", None) for name in (*_NEEDED, "kind"))
    return _checked(told, where=where)


def _checked(told: pl.DataFrame, *, where: str) -> pl.DataFrame:
    numbered = told.with_row_index("row", offset=1)
    for name in _NEEDED:
        blank = numbered.filter(pl.col(name).is_null())
        if blank.height:
            raise UsageProblem(where, f"第 {blank['row'][0]} 行没有 {name}", action="请补齐后重试")
    months = {text: _ordinal(text) for text in told["month"].unique()}
    wrong = numbered.filter(pl.col("month").is_in([text for text, number in months.items() if number is None]))
    if wrong.height:
        raise UsageProblem(where, f"第 {wrong['row'][0]} 行的 month 不是月份", expected="YYYY-MM，如 2024-03")
    kinds = [kind.value for kind in Kind]
    other = numbered.filter(pl.col("kind").is_not_null() & ~pl.col("kind").is_in(kinds))
    if other.height:
        raise UsageProblem(where, f"第 {other['row'][0]} 行的 kind 不在允许之列", expected="、".join(kinds))
    number = pl.col("month").replace_strict(months, return_dtype=pl.Int64).alias("period_no")
    return told.with_columns(number).select(*EVENTS).unique(maintain_order=True)


def _ordinal(text: str) -> int | None:
    try:
        return Period.parse(text).ordinal
    except ValueError:
        return None
