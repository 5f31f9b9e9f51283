"""Persons and households of one month's register (农户信息台账): one row a person, one row a household.

Floor 2. Keeps the county's own keys (人编号, 户编号) as they are; a fault of the register becomes a
finding that names row numbers and keys, never a name or an ID. It never repairs or merges persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.matching.register_findings import listed, register_findings

HEAD: Final = "户主"
_PERSON_COLUMNS: Final = ("person_no", "household_no", "person_name", "id_kind", "id_no", "id_seen", "birth_on", "sex")
_PLACE_COLUMNS: Final = ("township", "village", "village_group")
_HOUSEHOLD_COLUMNS: Final = ("household_type", "monitored_type", "risk_eliminated")
_KEPT: Final = (*_PERSON_COLUMNS, *_PLACE_COLUMNS, "relation", "health", "labour", "is_head")
_ROWS: Final = (
    *("row_number", "person_no", "household_no", "person_name", "id_kind", "id_no", "birth_on", "sex", "sex_by_id"),
    *("is_head", "township", "village", "period_no", "household_size"),
)
IDENTITY_READ: Final = ("row_number", "row_status", *_PERSON_COLUMNS, *_PLACE_COLUMNS, "period_no")
TOLD: Final = (
    *("education", "student", "worked_months", "work_area", "public_post", "post_months"),
    *("resident_insurance", "employee_insurance", "major_insurance", "dibao", "tekun"),
    *("unsafe_house", "safe_water", "toilet", "road"),
)
"""What many registers do not hold: not read for linking, only for the checks of the register (S002-18 to S002-21)."""
FACTS_READ: Final = ("row_number", "relation", "health", "labour", *_HOUSEHOLD_COLUMNS, "household_size", *TOLD)
"""What is read of a landed register; a caller that reads no more of its files than this saves the time."""


@dataclass(frozen=True, slots=True)
class Register:
    """The registered people of one month (农户名册).

    persons: one row per person_no; household_no, person_name, id_kind, id_no|null, id_seen|null, birth_on|null (from
    the ID first, else as declared), sex|null, township, village, village_group|null, relation, health, labour, is_head.
    households: one row per household_no; township, village, village_group, head_person_no|null, head_name|null,
    size (members counted), household_type, monitored_type, risk_eliminated (null = not said).
    told: person_no in the order of persons, with those columns of TOLD that this register has.
    rows: the accepted rows they were made of, by row_number, with those that made no person: what findings look at.
    """

    persons: pl.DataFrame
    households: pl.DataFrame
    told: pl.DataFrame
    rows: pl.DataFrame

    @property
    def findings(self) -> pl.DataFrame:
        """What the register contradicts itself in, found when asked for; see register_findings."""
        return register_findings(self.rows, self.households)


def build_register(identity: pl.DataFrame, facts: pl.DataFrame) -> Register:
    """The register of a month from its landed identity and facts frames.

    Rows in: identity (fixed schema; only row_status accepted counts), facts of household_register by row_number.
    Rows out: see Register.
    """
    rows = _rows(identity, facts)
    persons = listed(rows)
    by_number = persons["person_no"].arg_sort()
    return Register(
        persons=persons.select(_KEPT)[by_number],
        households=_households(persons),
        told=persons.select("person_no", *(c for c in TOLD if c in persons.columns))[by_number],
        rows=rows.select(c for c in _ROWS if c in rows.columns),
    )


def _rows(identity: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Accepted rows with their facts, by row_number: birth and sex completed from the ID, heads told."""
    said = identity.select(c for c in IDENTITY_READ if c in identity.columns)
    known = facts.select(c for c in FACTS_READ if c in facts.columns)
    accepted = _by_row(said.filter(pl.col("row_status") == "accepted").drop("row_status"))
    born = pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    odd = pl.col("id_no").str.slice(16, 1).cast(pl.Int8, strict=False) % 2
    sex_by_id = pl.when(odd == 1).then(pl.lit("男")).when(odd == 0).then(pl.lit("女"))
    return _beside(accepted, _by_row(known)).with_columns(
        birth_on=pl.coalesce(born, "birth_on"),
        sex=pl.coalesce("sex", sex_by_id),
        sex_by_id=sex_by_id,
        is_head=(pl.col("relation") == HEAD).fill_null(value=False),
    )


def _by_row(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows by row_number: as they landed, so that most often nothing is copied."""
    return rows if rows["row_number"].is_sorted() else rows.sort("row_number")


def _beside(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Rows with their facts: side by side when both hold the same rows, which is how a batch lands."""
    if rows["row_number"].equals(known["row_number"]):
        return rows.hstack(known.drop("row_number"))
    return rows.join(known, on="row_number", how="left", maintain_order="left")


def _households(persons: pl.DataFrame) -> pl.DataFrame:
    """One row per household, ordered by key; what a household says of itself is taken from its first row."""
    head = pl.col("is_head")
    said = pl.col("risk_eliminated").first(ignore_nulls=True)
    told = ("household_no", "person_no", "person_name", "is_head", *_PLACE_COLUMNS, *_HOUSEHOLD_COLUMNS)
    ordered = persons.select(told).sort("household_no", maintain_order=True)
    return ordered.group_by("household_no", maintain_order=True).agg(
        *(pl.col(c).first(ignore_nulls=True) for c in _PLACE_COLUMNS),
        pl.col("person_no").filter(head).first().alias("head_person_no"),
        pl.col("person_name").filter(head).first().alias("head_name"),
        pl.len().cast(pl.Int64).alias("size"),
        pl.col("household_type").first(ignore_nulls=True),
        pl.col("monitored_type").first(ignore_nulls=True),
        pl.when(said == "是").then(statement=True).when(said == "否").then(statement=False).alias("risk_eliminated"),
    )
