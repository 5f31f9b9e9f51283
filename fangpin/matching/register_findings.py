"""What a monthly register contradicts in itself and against the calendar.

Floor 2. A finding names row numbers, keys and places, never a name, an ID or a birth date; it repairs nothing.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.periods import last_day_of

FINDINGS: Final = pl.Schema(
    {
        "code": pl.String,
        "household_no": pl.String,
        "person_no": pl.String,
        "row_number": pl.UInt32,
        "message": pl.String,
    }
)
"""household_no, person_no, row_number null: the finding speaks of no single household, person or row."""
FINDING_TITLES: Final = {
    "person_without_key": "人编号或户编号空缺",
    "person_twice": "同一人编号重复",
    "person_in_two_households": "一人列在两户",
    "id_shared": "多人共用一个证件号码",
    "id_fails": "证件号码无效",
    "impossible_birth": "出生日期不可能",
    "sex_against_id": "性别与证件号码不符",
    "household_without_head": "户内没有户主",
    "household_two_heads": "户内多名户主",
    "head_is_child": "户主未成年",
    "household_size_differs": "户内人数不符",
    "household_place_differs": "户内住址不一",
    "id_changed": "证件号码变更",
    "sex_changed": "性别变更",
    "mass_change": "人员大量增减",
    "dead_still_listed": "死亡人员仍在列",
}
_MESSAGES: Final = {
    "person_without_key": "人编号或户编号空缺，未列入农户名册",
    "person_twice": "同一人编号出现多次，只取行号最小的一行",
    "id_shared": "同一证件号码对应多个人编号，须核对",
    "sex_against_id": "登记的性别与证件号码第17位不符，须核对",
    "household_without_head": "户内没有户主，须核对",
    "household_two_heads": "户内有两个以上户主，以行号最小的为准",
    "household_place_differs": "户内成员的乡镇或村不一致，以行号最小的一行为准，须核对",
}
_ID_MESSAGES: Final = {
    "invalid": "证件号码位数、日期或校验位不对，请核对更正",
    "damaged": "证件号码被表格软件当作数字存过，末几位已丢失，请重新填报",
    "masked": "证件号码被遮盖，请填报完整号码",
    "missing": "没有证件号码，请补登",
}
_OLDEST: Final = 120  # years
_GROWN: Final = 16  # 民法典第十八条: who lives by own labour from sixteen on counts as grown
_DAYS_A_YEAR: Final = 365.2425
_KEYED: Final = pl.col("person_no").is_not_null() & pl.col("household_no").is_not_null()


def register_findings(rows: pl.DataFrame, households: pl.DataFrame) -> pl.DataFrame:
    """What one register contradicts itself in.

    Rows in: Register.rows (period_no and household_size may be absent: nothing is then said about births after the
    month, the aged, children as heads, or about sizes), Register.households.
    Rows out: FINDINGS, by code, row_number and household_no.
    """
    rows = rows.with_columns(
        pl.lit(None, kind).alias(name)
        for name, kind in (("period_no", pl.Int64), ("household_size", pl.Int64))
        if name not in rows.columns
    )
    persons = listed(rows)
    found = [
        _finding(rows.filter(~_KEYED), "person_without_key"),
        *_listed_twice(rows.filter(_KEYED).filter(~pl.col("person_no").is_first_distinct()), persons),
        *_id_findings(persons),
        *_age_findings(persons),
        *_head_findings(persons, households),
        *_household_findings(persons, households),
    ]
    return pl.concat(found).sort("code", "row_number", "household_no", nulls_last=True)


def listed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that make persons: with both keys, and the first of each person_no.

    >>> listed(pl.DataFrame({"person_no": ["1", "1", "2"], "household_no": ["H", "H", None]})).rows()
    [('1', 'H')]
    """
    keyed = rows if rows.select(_KEYED.all()).item() else rows.filter(_KEYED)
    return keyed if keyed["person_no"].is_unique().all() else keyed.filter(pl.col("person_no").is_first_distinct())


def _listed_twice(again: pl.DataFrame, persons: pl.DataFrame) -> list[pl.DataFrame]:
    """One number in two rows, and one ID and name under two numbers in two households."""
    kept = persons.select("person_no", kept="household_no")
    rows = again.join(kept, on="person_no", how="left", maintain_order="left")
    elsewhere = pl.col("household_no") != pl.col("kept")
    numbered = rows.filter(elsewhere).with_columns(
        pl.format("同一人编号又列在户 {}，以行号最小的一行为准，须核对", "kept").alias("message")
    )
    same = persons.filter(pl.col("id_no").is_not_null() & pl.col("id_no").is_duplicated())
    others = same.select("id_no", "person_name", kept="household_no")
    twice = same.join(others, on=["id_no", "person_name"], how="inner").filter(elsewhere)
    told = twice.unique("person_no", keep="first", maintain_order=True).with_columns(
        pl.format("证件号码和姓名都相同的人还列在户 {}，须核对留在哪一户", "kept").alias("message")
    )
    two = "person_in_two_households"
    return [_finding(rows.filter(~elsewhere), "person_twice"), _told(numbered, two), _told(told, two)]


def _id_findings(persons: pl.DataFrame) -> list[pl.DataFrame]:
    held = pl.col("id_no").is_not_null()
    fails = persons.filter(pl.col("id_kind").is_in(list(_ID_MESSAGES))).with_columns(
        pl.col("id_kind").replace_strict(_ID_MESSAGES, return_dtype=pl.String).alias("message")
    )
    return [
        _finding(persons.filter(held & pl.col("id_no").is_duplicated()), "id_shared"),
        _told(fails, "id_fails"),
        _finding(persons.filter(pl.col("sex") != pl.col("sex_by_id")), "sex_against_id"),
    ]


def _age_findings(persons: pl.DataFrame) -> list[pl.DataFrame]:
    """Births after the month, the very old, and heads who are children; the age is that on the month's last day."""
    age = ((last_day_of(pl.col("period_no")) - pl.col("birth_on")).dt.total_days() / _DAYS_A_YEAR).alias("age")
    aged = persons.select("household_no", "person_no", "row_number", "is_head", age)
    after = aged.filter(pl.col("age") < 0).with_columns(message=pl.lit("出生日期晚于台账月份，须核对"))
    old = aged.filter(pl.col("age") > _OLDEST).with_columns(message=pl.lit(f"年龄超过{_OLDEST}岁，须核对是否在世"))
    young = aged.filter(pl.col("is_head") & pl.col("age").is_between(0, _GROWN, closed="left"))
    told = young.with_columns(message=pl.lit(f"户主未满{_GROWN}周岁，请核对是否确为户主"))
    return [_told(after, "impossible_birth"), _told(old, "impossible_birth"), _told(told, "head_is_child")]


def _head_findings(persons: pl.DataFrame, households: pl.DataFrame) -> list[pl.DataFrame]:
    heads = persons.filter("is_head").sort("household_no", "row_number")
    second = heads.filter(~pl.col("household_no").is_first_distinct())
    headless = _of_households(households.filter(pl.col("head_person_no").is_null()))
    return [_finding(headless, "household_without_head"), _finding(second, "household_two_heads")]


def _household_findings(persons: pl.DataFrame, households: pl.DataFrame) -> list[pl.DataFrame]:
    told = persons.group_by("household_no", maintain_order=True).agg(
        pl.col("household_size").first(ignore_nulls=True).alias("said"),
        (pl.col("township").drop_nulls().n_unique() > 1).alias("townships"),
        (pl.col("village").drop_nulls().n_unique() > 1).alias("villages"),
    )
    checked = households.join(told, on="household_no", maintain_order="left")
    sizes = checked.filter(pl.col("said") != pl.col("size")).with_columns(
        pl.format("登记为 {} 人，台账列出 {} 人，须核对", "said", "size").alias("message")
    )
    places = checked.filter(pl.col("townships") | pl.col("villages"))
    return [
        _told(_of_households(sizes), "household_size_differs"),
        _finding(_of_households(places), "household_place_differs"),
    ]


def _of_households(households: pl.DataFrame) -> pl.DataFrame:
    nobody = pl.lit(None, pl.String).alias("person_no"), pl.lit(None, pl.UInt32).alias("row_number")
    return households.with_columns(*nobody)


def _finding(rows: pl.DataFrame, code: str) -> pl.DataFrame:
    return _told(rows.with_columns(message=pl.lit(_MESSAGES[code])), code)


def _told(rows: pl.DataFrame, code: str) -> pl.DataFrame:
    return rows.select(pl.lit(code).alias("code"), "household_no", "person_no", "row_number", "message").cast(FINDINGS)
