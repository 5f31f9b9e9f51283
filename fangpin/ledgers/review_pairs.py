"""A delivered row and a registered person side by side, as a reviewer may see them.

Floor 2. Of an ID the last four characters, and then of a birth day only the year. The county sees names; a township
sees the surname where both names agree, and both names where their difference is what must be judged.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from fangpin.config.source_models import Column, ColumnKind
from fangpin.ledgers.masks import shown

FIELDS: Final = {
    "name": "姓名",
    "id": "证件号码",
    "sex": "性别",
    "born": "出生",
    "place": "住址",
    "head": "户主",
}
"""The fields that are compared, in the order they are shown."""
_ROW: Final = ("batch_id", "row_number")
_PLACE: Final = ("township", "village", "village_group")
_ID: Final = Column(name="id_seen", title="证件号码", kind=ColumnKind.ID_NO)
_ADDRESS: Final = Column(name="address", title="住址", kind=ColumnKind.TEXT)


def side_by_side(
    pairs: pl.DataFrame,
    identity: pl.DataFrame,
    persons: pl.DataFrame,
    households: pl.DataFrame,
    *,
    last_day: dt.date,
    clear_names: bool,
) -> pl.DataFrame:
    """Return the fields of both sides of each pair as text, and who lives in the person's household.

    Rows in: ``pairs`` batch_id, row_number, person_no, one row per pair; ``identity`` the delivered rows with batch_id;
    ``persons``, ``households`` as in Register; ``last_day`` of the month, on which ages are counted.
    Rows out: batch_id, row_number, person_no; for each of FIELDS row_<field>, person_<field> str|null (null: not told)
    and agrees_<field> str|null (一致, 不同, 同年不同日, 末四位一致; null: nothing can be said); household_no, members
    str|null; in the pairs' order.
    """
    home = persons.select("person_no", "household_no")
    needed = pairs.join(home, on="person_no", how="left", maintain_order="left")
    family = persons.join(needed, on="household_no", how="semi")
    return (
        pairs.join(_row_side(identity, last_day), on=_ROW, how="left", maintain_order="left")
        .join(_person_side(family, households), on="person_no", how="left", maintain_order="left")
        .with_columns(*_compared())
        .with_columns(*([] if clear_names else _hidden_names()))
        .join(home, on="person_no", how="left", maintain_order="left")
        .join(_members(family, last_day, clear_names=clear_names), on="household_no", how="left", maintain_order="left")
        .select(
            *(*_ROW, "person_no"),
            *(f"{side}_{name}" for name in FIELDS for side in ("row", "person", "agrees")),
            *("household_no", "members"),
        )
    )


def _row_side(identity: pl.DataFrame, last_day: dt.date) -> pl.DataFrame:
    year = pl.coalesce("birth_on", _id_day()).dt.year()
    return identity.select(
        *_ROW,
        row_name="person_name",
        row_id=shown(_ID),
        row_id_no="id_no",
        row_sex=pl.coalesce("sex", _id_sex()),
        row_born_on=pl.coalesce("birth_on", _id_day()),
        row_born=pl.coalesce(pl.format("{}年", year), pl.format("{}年前后", last_day.year - pl.col("age"))),
        row_place=pl.coalesce(_place(), shown(_ADDRESS)),
        row_head="head_name",
    )


def _person_side(persons: pl.DataFrame, households: pl.DataFrame) -> pl.DataFrame:
    heads = households.select("household_no", "head_name")
    return persons.join(heads, on="household_no", how="left").select(
        "person_no",
        person_name="person_name",
        person_id=shown(_ID),
        person_id_no="id_no",
        person_sex="sex",
        person_born_on="birth_on",
        person_born=pl.format("{}年", pl.col("birth_on").dt.year()),
        person_place=_place(),
        person_head="head_name",
    )


def _id_day() -> pl.Expr:
    return pl.col("id_no").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)


def _id_sex() -> pl.Expr:
    odd = pl.col("id_no").str.slice(16, 1).cast(pl.Int8, strict=False) % 2
    return pl.when(odd == 1).then(pl.lit("男")).when(odd == 0).then(pl.lit("女"))


def _place() -> pl.Expr:
    told = pl.concat_str([pl.col(c) for c in _PLACE], ignore_nulls=True)
    return pl.when(told != "").then(told)


def _compared() -> list[pl.Expr]:
    """Say how each field agrees; of an ID the whole number where it is known, and a place may be told in part."""
    same = {name: _said_alike(name) for name in ("name", "sex", "head", "id_no", "place")}
    told = {name: pl.when(one).then(pl.lit("一致")).when(~one).then(pl.lit("不同")) for name, one in same.items()}
    row, person = pl.col("row_born_on"), pl.col("person_born_on")
    born = (
        pl.when(row == person)
        .then(pl.lit("一致"))
        .when(row.dt.year() == person.dt.year())
        .then(pl.lit("同年不同日"))
        .when(row != person)
        .then(pl.lit("不同"))
    )
    place = pl.when(same["place"]).then(pl.lit("一致"))
    seen = pl.when(_said_alike("id")).then(pl.lit("末四位一致")).when(~_said_alike("id")).then(pl.lit("不同"))
    agreed = told | {"id": pl.coalesce(told["id_no"], seen), "born": born, "place": place}
    return [agreed[name].alias(f"agrees_{name}") for name in FIELDS]


def _said_alike(name: str) -> pl.Expr:
    row, person = (pl.col(f"{side}_{name}").str.replace_all(r"\s", "") for side in ("row", "person"))
    return row == person


def _hidden_names() -> list[pl.Expr]:
    agrees = pl.col("agrees_name").ne_missing("不同")
    names = [pl.when(agrees).then(_surname(n)).otherwise(n).alias(n) for n in ("row_name", "person_name")]
    return [*names, *(_surname(n).alias(n) for n in ("row_head", "person_head"))]


def _surname(name: str) -> pl.Expr:
    return pl.col(name).str.slice(0, 1) + "*"


def _members(persons: pl.DataFrame, last_day: dt.date, *, clear_names: bool) -> pl.DataFrame:
    """Return for each household its members in one line, the head first: name, relation, age."""
    born = pl.col("birth_on")
    before = born.dt.strftime("%m%d") > f"{last_day:%m%d}"
    age = pl.format("{}岁", last_day.year - born.dt.year() - before.cast(pl.Int32))
    told = pl.concat_str(["relation", age], separator="，", ignore_nulls=True)
    name = pl.col("person_name") if clear_names else _surname("person_name")
    line = pl.when(told == "").then(name).otherwise(pl.format("{}（{}）", name, told))
    return (
        persons.drop_nulls("person_name")
        .sort("household_no", pl.col("is_head").not_(), "person_no")
        .group_by("household_no", maintain_order=True)
        .agg(line.str.join("、").alias("members"))
    )
