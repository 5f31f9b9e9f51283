"""Where departments contradict each other, the register or themselves over one person: for somebody to look at.

Floor 2. Works on linked rows by reference; what contradicts what is said in words, never by its value. A conflict
undoes no link.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.standardise import is_partly_told, name_keys

KIND_TITLES: Final = {
    "register_id": "名册证件号码可能有误",
    "register_name": "名册姓名可能有误",
    "identity_split": "同一身份关联到不同的人",
    "id_shared": "同一证件号码出现在不同的人名下",
    "birth_differs": "同一来源同一人出生日期矛盾",
    "sex_differs": "同一来源同一人性别矛盾",
}
"""Kinds of conflict, the most telling first."""
CONFLICTS: Final = {
    "kind": pl.String(),
    "conflict": pl.UInt32(),
    "source_id": pl.String(),
    "batch_id": pl.String(),
    "row_number": pl.UInt32(),
    "person_no": pl.String(),
    "household_no": pl.String(),
    "reason": pl.String(),
}
"""One row per delivered row of a conflict; rows of one conflict have its number."""
_AGREEING: Final = 2
"""Departments that must agree against the register."""
_ONE: Final = ("source_id", "batch_id", "row_number", "person_no", "household_no")
_BORROWED: Final = "relative_id"


def conflicts(rows: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Every conflict of a month.

    Rows in: ``rows`` one per linked row or row under review: agency, source_id, batch_id str, row_number u32, band,
    method, person_no, household_no, person_name, id_no (whole and sound, else null), village, sex str|null, birth_on
    date|null. ``persons`` Register.persons. Rows out: CONFLICTS; by kind as in KIND_TITLES, then conflict and row.
    """
    linked = rows.filter((pl.col("band") == "link") & pl.col("person_no").is_not_null())
    told = rows.filter(pl.col("person_no").is_not_null()).join(
        persons.select("person_no", registered_id="id_no", registered_name="person_name"), on="person_no"
    )
    found = [
        _against_register(_with_other_id(told, persons), "register_id", "id_no"),
        _against_register(_with_other_name(told), "register_name", "name_key"),
        _split(linked),
        _shared(linked),
        _contradicting(linked, "birth_differs", _births()),
        _contradicting(linked, "sex_differs", pl.col("sex").drop_nulls().n_unique() > 1),
    ]
    rank = pl.col("kind").replace_strict({k: n for n, k in enumerate(KIND_TITLES)}, return_dtype=pl.Int64)
    whole = pl.concat(found).sort(rank, "group", "source_id", "row_number", maintain_order=True)
    number = pl.struct("kind", "group").rle_id() + 1
    return whole.with_columns(number.cast(pl.UInt32).alias("conflict")).select(*CONFLICTS)


def _with_other_id(told: pl.DataFrame, persons: pl.DataFrame) -> pl.DataFrame:
    """Rows whose sound ID is neither the person's in the register nor any other registered person's."""
    other = told.filter((pl.col("id_no") != pl.col("registered_id").fill_null("")) & (pl.col("method") != _BORROWED))
    return other.join(persons.select("id_no").drop_nulls(), on="id_no", how="anti")


def _with_other_name(told: pl.DataFrame) -> pl.DataFrame:
    """Rows that have the person's ID and another name; a name with a hidden character says nothing."""
    sure = told.filter(
        (pl.col("id_no") == pl.col("registered_id")) & (pl.col("person_name") != pl.col("registered_name"))
    )
    keyed = sure.with_columns(
        name_keys(sure["person_name"])["name_key"],
        name_keys(sure["registered_name"])["name_key"].alias("registered_key"),
    )
    return keyed.filter(
        (pl.col("name_key") != pl.col("registered_key"))
        & ~is_partly_told(pl.col("name_key"))
        & ~is_partly_told(pl.col("registered_key"))
    )


def _against_register(rows: pl.DataFrame, kind: str, value: str) -> pl.DataFrame:
    """Rows of a person on whom at least two departments agree with each other and not with the register."""
    agencies = pl.col("agency").n_unique().over("person_no", value)
    agreed = rows.with_columns(agencies.alias("agencies")).filter(pl.col("agencies") >= _AGREEING)
    what = "证件号码" if value == "id_no" else "姓名"
    reason = pl.format("{}个部门报的{}相同，与名册不同，名册可能有误", "agencies", pl.lit(what))
    return _told(agreed, kind, group="person_no", reason=reason)


def _split(linked: pl.DataFrame) -> pl.DataFrame:
    """Rows that tell the same of a person and went to different ones: by ID and name, without ID by birth and place."""
    base = linked.with_columns(pl.col("person_name").str.replace_all(r"\s", "").alias("name"))
    by_id = base.filter(pl.col("id_no").is_not_null())
    without = base.filter(
        pl.col("id_no").is_null() & pl.col("birth_on").is_not_null() & pl.col("village").is_not_null()
    )
    parts = [
        _where_persons_differ(by_id, ["name", "id_no"]),
        _where_persons_differ(without, ["name", "birth_on", "village"]),
    ]
    reason = pl.format("身份信息相同的行关联到{}个人", "persons")
    return pl.concat([_told(p, "identity_split", group="first_person", reason=reason) for p in parts])


def _shared(linked: pl.DataFrame) -> pl.DataFrame:
    """Rows with one ID that went to different persons; between relatives it is a borrowed number."""
    found = _where_persons_differ(linked.filter(pl.col("id_no").is_not_null()), ["id_no"])
    homes = pl.col("household_no").n_unique().over("id_no")
    reason = (
        pl.when(homes > 1)
        .then(pl.format("同一证件号码关联到{}个人，不在同一户", "persons"))
        .otherwise(pl.format("同一证件号码关联到同户{}个人，应是用了亲属的号码", "persons"))
    )
    return _told(found, "id_shared", group="first_person", reason=reason)


def _where_persons_differ(rows: pl.DataFrame, identity: list[str]) -> pl.DataFrame:
    known = rows.filter(pl.col("name").is_not_null()) if "name" in identity else rows
    told = known.with_columns(
        pl.col("person_no").n_unique().over(identity).alias("persons"),
        pl.col("person_no").min().over(identity).alias("first_person"),
    )
    return told.filter(pl.col("persons") > 1)


def _births() -> pl.Expr:
    """Whether births of one person cannot all be true; the first of a month may stand for the month."""
    of_id = pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    born = pl.coalesce("birth_on", pl.when(pl.col("method") != _BORROWED).then(of_id)).drop_nulls()
    return (born.dt.month_start().n_unique() > 1) | (born.filter(born.dt.day() > 1).n_unique() > 1)


def _contradicting(linked: pl.DataFrame, kind: str, differs: pl.Expr) -> pl.DataFrame:
    several = linked.filter(pl.len().over("source_id", "person_no") > 1)
    persons = several.group_by("source_id", "person_no").agg(differs.alias("differs")).filter("differs")
    what = "出生日期" if kind == "birth_differs" else "性别"
    rows = several.join(persons, on=["source_id", "person_no"], how="semi")
    reason = pl.lit(f"同一来源对这个人报了不同的{what}，可能其中一行是另一个人")
    return _told(rows, kind, group="person_no", reason=reason)


def _told(rows: pl.DataFrame, kind: str, *, group: str, reason: pl.Expr) -> pl.DataFrame:
    return rows.select(pl.lit(kind).alias("kind"), pl.col(group).alias("group"), *_ONE, reason.alias("reason"))
