"""What is wrong with the IDs and names a department delivered, as problems for its correction sheet (更正单).

Floor 2. Says which places of a number or name to look at and never what stands there in the register: the department
looks it up in its own papers. The sheet itself is the one of ``ledgers.quarantine``.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.connectors.problems import ISSUE_SCHEMA
from fangpin.matching.standardise import is_partly_told, name_keys
from fangpin.types import IdKind

_LENGTH: Final = 18
_MOST: Final = 3
"""More differing places are told as 多处: then it is another number or name, not a slip."""
_ID: Final = "证件号码"
_WHOLE: Final = "本人的18位证件号码"
_TOLD_ALWAYS: Final = (IdKind.INVALID.value, IdKind.DAMAGED.value)
_TOLD_IF_REQUIRED: Final = (IdKind.MASKED.value, IdKind.MISSING.value)
_EXPECTED: Final = {
    IdKind.DAMAGED.value: f"{_WHOLE}（单元格设为文本）",
    IdKind.MASKED.value: f"{_WHOLE}（不带*）",
    IdKind.MISSING.value: _WHOLE,
}


def identity_problems(rows: pl.DataFrame, *, id_required: bool) -> pl.DataFrame:
    """The wrong or damaged IDs and the wrong names of one delivery.

    Rows in: one per row; row_number, sheet, sheet_row; person_name, id_kind, id_seen; linked bool (automatically or by
    a person); registered_id (whole and sound, else null) and registered_name of the linked person; relative bool (the
    ID is that of another registered person of the same household). ``id_required``: the source must give whole IDs.
    Rows out: ISSUE_SCHEMA, severity 提示; by row, ID before name. No value of either side is told.
    """
    linked = pl.col("linked").fill_null(value=False)
    kinds = _TOLD_ALWAYS + (_TOLD_IF_REQUIRED if id_required else ())
    faulty = rows.filter(pl.col("id_kind").is_in(kinds))
    slipped = pl.when(linked & (pl.col("id_kind") == IdKind.INVALID.value)).then(_id_places())
    sound = _WHOLE + pl.when(slipped.is_not_null()).then("（" + slipped + "）").otherwise(pl.lit(""))
    expected = pl.col("id_kind").replace_strict(_EXPECTED, default=sound, return_dtype=pl.String)
    borrowed = rows.filter(linked & pl.col("relative").fill_null(value=False))
    named = _named(rows.filter(linked))
    told = [
        _problems(faulty, "id_no", code="id_" + pl.col("id_kind"), expected=expected),
        _problems(
            borrowed, "id_no", code=pl.lit("id_of_relative"), expected=pl.lit(f"{_WHOLE}（所填的属于同户另一人）")
        ),
        _problems(named, "person_name", code=pl.lit("name_differs"), expected=_name_expected()),
    ]
    return pl.concat(told).sort("row_number", "name", maintain_order=True)


def _problems(rows: pl.DataFrame, name: str, *, code: pl.Expr, expected: pl.Expr) -> pl.DataFrame:
    told = rows.select(
        "row_number",
        "sheet",
        "sheet_row",
        pl.lit(_ID if name == "id_no" else "姓名").alias("column"),
        pl.lit(name).alias("name"),
        code.alias("code"),
        pl.lit("提示").alias("severity"),
        expected.alias("expected"),
    )
    return told.cast(pl.Schema(ISSUE_SCHEMA))


def _id_places() -> pl.Expr:
    """Where a number of the right person differs from the registered one; null where that is not known."""
    mine, theirs = pl.col("id_seen"), pl.col("registered_id")
    length = mine.str.len_chars().cast(pl.Int64)
    before = _common_opening(mine, theirs, upto=_LENGTH) + 1
    return (
        pl.when(theirs.is_null())
        .then(None)
        .when(length == _LENGTH)
        .then(_places(mine, theirs, upto=_LENGTH, unit="位"))
        .when(length == _LENGTH - 1)
        .then(pl.format("少一位，从第{}位起核对", before))
        .when(length == _LENGTH + 1)
        .then(pl.format("多一位，从第{}位起核对", before))
    )


def _common_opening(mine: pl.Expr, theirs: pl.Expr, *, upto: int) -> pl.Expr:
    """How many characters both begin with alike."""
    openings = ((mine.str.slice(0, n) == theirs.str.slice(0, n)).cast(pl.Int64) for n in range(1, upto + 1))
    return pl.sum_horizontal(*openings)


def _places(mine: pl.Expr, theirs: pl.Expr, *, upto: int, unit: str) -> pl.Expr:
    """The places, from 1, at which two texts of one length differ, in words."""
    differs = [mine.str.slice(n, 1) != theirs.str.slice(n, 1) for n in range(upto)]
    told = pl.concat_str(
        [pl.when(d).then(pl.lit(f"第{n}{unit}")) for n, d in enumerate(differs, 1)], separator="、", ignore_nulls=True
    )
    count = pl.sum_horizontal(*(d.cast(pl.Int64) for d in differs))
    return pl.when(count > _MOST).then(pl.lit(f"多{unit}不一致")).otherwise(told + "须核对")


def _named(linked: pl.DataFrame) -> pl.DataFrame:
    """Linked rows whose name is another than the registered one in spelling, not only in spacing, dots or remarks."""
    given = linked.filter(
        pl.col("person_name").is_not_null() & (pl.col("person_name") != pl.col("registered_name").fill_null(""))
    )
    keyed = given.with_columns(
        name_keys(given["person_name"])["name_key"],
        name_keys(given["registered_name"])["name_key"].alias("registered_key"),
    )
    return keyed.filter(pl.col("name_key") != pl.col("registered_key"))


def _name_expected() -> pl.Expr:
    mine, theirs = pl.col("name_key"), pl.col("registered_key")
    alike_long = mine.str.len_chars() == theirs.str.len_chars()
    where = (
        pl.when(is_partly_told(mine))
        .then(pl.lit("有字无法辨认"))
        .when(alike_long)
        .then(_places(mine, theirs, upto=_LENGTH, unit="字"))
        .when(mine.str.len_chars() < theirs.str.len_chars())
        .then(pl.lit("少字"))
        .otherwise(pl.lit("多字"))
    )
    return "与本人证件一致的姓名（与登记的不一致：" + where + "；已改名或所填无误的选“确认无误”）"
