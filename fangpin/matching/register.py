"""Persons and households of one month's register (农户信息台账): one row a person, one row a household.

Floor 2. Keeps the county's own keys (人编号, 户编号) as they are; a fault of the register becomes a
finding that names row numbers and keys, never a name or an ID. It never repairs or merges persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

HEAD: Final = "户主"
_PERSON_COLUMNS: Final = ("person_no", "household_no", "person_name", "id_kind", "id_no", "id_seen", "birth_on", "sex")
_PLACE_COLUMNS: Final = ("township", "village", "village_group")
_MESSAGES: Final = {
    "person_without_key": "人编号或户编号空缺，未列入农户名册",
    "person_twice": "同一人编号出现多次，只取行号最小的一行",
    "id_shared": "同一证件号码对应多个人编号，须核对",
    "household_without_head": "户内没有户主，须核对",
    "household_two_heads": "户内有两个以上户主，以行号最小的为准",
}


@dataclass(frozen=True, slots=True)
class Register:
    """The registered people of one month (农户名册).

    persons: one row per person_no; household_no, person_name, id_kind, id_no|null, id_seen|null, birth_on|null (from
    the ID first, else as declared), sex|null, township, village, village_group|null, relation, health, labour, is_head.
    households: one row per household_no; township, village, village_group, head_person_no|null, head_name|null,
    size (members counted), household_type, monitored_type, risk_eliminated (null = not said).
    findings: code, household_no, person_no, row_number, message (Chinese, no personal value).
    """

    persons: pl.DataFrame
    households: pl.DataFrame
    findings: pl.DataFrame


def build_register(identity: pl.DataFrame, facts: pl.DataFrame) -> Register:
    """The register of a month from its landed identity and facts frames.

    Rows in: identity (fixed schema; only row_status accepted counts), facts of household_register by row_number.
    Rows out: see Register.
    """
    rows = (
        identity.filter(pl.col("row_status") == "accepted").join(facts, on="row_number", how="left").sort("row_number")
    )
    keyed = pl.col("person_no").is_not_null() & pl.col("household_no").is_not_null()
    persons = _persons(rows.filter(keyed).unique("person_no", keep="first", maintain_order=True))
    households = _households(persons)
    findings = pl.concat(
        [
            _finding(rows.filter(~keyed), "person_without_key"),
            _finding(rows.filter(keyed & ~pl.col("person_no").is_first_distinct()), "person_twice"),
            _finding(persons.filter(pl.col("id_no").is_not_null() & pl.col("id_no").is_duplicated()), "id_shared"),
            *_head_findings(persons, households),
        ]
    )
    kept = (*_PERSON_COLUMNS, *_PLACE_COLUMNS, "relation", "health", "labour", "is_head")
    return Register(
        persons=persons.select(kept),
        households=households,
        findings=findings.sort("code", "row_number", "household_no", nulls_last=True),
    )


def _persons(rows: pl.DataFrame) -> pl.DataFrame:
    from_id = pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    odd = pl.col("id_no").str.slice(16, 1).cast(pl.Int8, strict=False) % 2
    sex_of_id = pl.when(odd == 1).then(pl.lit("男")).when(odd == 0).then(pl.lit("女"))
    return rows.with_columns(
        birth_on=pl.coalesce(from_id, "birth_on"),
        sex=pl.coalesce("sex", sex_of_id),
        is_head=(pl.col("relation") == HEAD).fill_null(value=False),
    ).sort("person_no")


def _households(persons: pl.DataFrame) -> pl.DataFrame:
    """One row per household, ordered by key; what a household says of itself is taken from its first row."""
    ordered = persons.sort("household_no", "row_number")
    head = pl.col("is_head")
    said = pl.col("risk_eliminated").drop_nulls().first()
    return ordered.group_by("household_no", maintain_order=True).agg(
        *(pl.col(c).drop_nulls().first() for c in _PLACE_COLUMNS),
        pl.col("person_no").filter(head).first().alias("head_person_no"),
        pl.col("person_name").filter(head).first().alias("head_name"),
        pl.len().cast(pl.Int64).alias("size"),
        pl.col("household_type").drop_nulls().first(),
        pl.col("monitored_type").drop_nulls().first(),
        pl.when(said == "是").then(statement=True).when(said == "否").then(statement=False).alias("risk_eliminated"),
    )


def _head_findings(persons: pl.DataFrame, households: pl.DataFrame) -> list[pl.DataFrame]:
    blank = households.filter(pl.col("head_person_no").is_null()).select(
        "household_no", pl.lit(None, pl.String).alias("person_no"), pl.lit(None, pl.UInt32).alias("row_number")
    )
    heads = persons.filter("is_head").sort("household_no", "row_number")
    second = heads.filter(~pl.col("household_no").is_first_distinct())
    return [_finding(blank, "household_without_head"), _finding(second, "household_two_heads")]


def _finding(rows: pl.DataFrame, code: str) -> pl.DataFrame:
    return rows.select(
        pl.lit(code).alias("code"),
        "household_no",
        "person_no",
        pl.col("row_number").cast(pl.UInt32),
        pl.lit(_MESSAGES[code]).alias("message"),
    )
