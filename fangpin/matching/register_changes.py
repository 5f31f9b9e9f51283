"""What a register contradicts when it is held against the register before, or against the lists of the dead.

Floor 2. Same rows as the findings of one register: keys, row numbers, places, never a name, an ID or a birth date.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.periods import title_of
from fangpin.matching.register import Register
from fangpin.matching.register_findings import FINDINGS, listed

_MESSAGES: Final = {
    "id_changed": "证件号码与上一期台账不同，请核对是更正还是填错",
    "sex_changed": "性别与上一期台账不同，请核对",
}

_MASS: Final = 10  # people; in a small township one family that moves is no mass


def change_findings(before: Register, after: Register, *, fall: float, rise: float) -> pl.DataFrame:
    """What changed between two registers that seldom changes rightly.

    id_changed and sex_changed: under one number, both told and different. mass_change: of a township more than the
    share ``fall`` of the numbers is gone, or more than the share ``rise`` is new, ten at least.
    Rows out: FINDINGS, by code and row_number.
    """
    was = before.persons.select("person_no", "township", id_was="id_no", sex_was="sex")
    both = listed(after.rows).join(was.drop("township"), on="person_no", how="inner", maintain_order="left")
    found = [
        _told(both.filter(pl.col("id_no") != pl.col("id_was")), "id_changed"),
        _told(both.filter(pl.col("sex") != pl.col("sex_was")), "sex_changed"),
        _mass(was, after.persons, fall=fall, rise=rise),
    ]
    return pl.concat(found).sort("code", "row_number", "message", nulls_last=True)


def _mass(was: pl.DataFrame, now: pl.DataFrame, *, fall: float, rise: float) -> pl.DataFrame:
    lost = was.join(now, on="person_no", how="anti").group_by("township").agg(pl.len().alias("lost"))
    come = now.join(was, on="person_no", how="anti").group_by("township").agg(pl.len().alias("come"))
    sizes = was.group_by("township").agg(pl.len().alias("size"))
    counted = (
        sizes.join(lost, on="township", how="left", nulls_equal=True)
        .join(come, on="township", how="left", nulls_equal=True)
        .with_columns(pl.col("lost", "come").fill_null(0))
    )
    fallen = (pl.col("lost") > fall * pl.col("size")) & (pl.col("lost") >= _MASS)
    risen = (pl.col("come") > rise * pl.col("size")) & (pl.col("come") >= _MASS)
    words = "{}：上一期 {} 人中有 {} 人的人编号不再出现，新出现 {} 人，请核对名册是否完整、是否整体换号"
    told = counted.filter(fallen | risen).select(
        pl.lit("mass_change").alias("code"),
        *(pl.lit(None, kind).alias(name) for name, kind in list(FINDINGS.items())[1:4]),
        pl.format(words, pl.col("township").fill_null("乡镇不详"), "size", "lost", "come").alias("message"),
    )
    return told.cast(FINDINGS)


def dead_listed(rows: pl.DataFrame, deaths: pl.DataFrame, *, period_no: int) -> pl.DataFrame:
    """The people a register still lists although a department told their death in an earlier month.

    Rows in: Register.rows; deaths: person_no str (as numbered in this register), on_no i64 (month of death), title str
    (who told it). Rows out: FINDINGS with code dead_still_listed, by row_number.
    """
    earlier = deaths.filter(pl.col("on_no") < period_no).sort("on_no", "title").unique("person_no", keep="first")
    found = listed(rows).join(earlier, on="person_no", how="inner", maintain_order="left")
    words = pl.format("{}列有此人{}死亡，名册仍在列，请核对", "title", title_of(pl.col("on_no")))
    return found.select(
        pl.lit("dead_still_listed").alias("code"), "household_no", "person_no", "row_number", words.alias("message")
    ).cast(FINDINGS)


def _told(rows: pl.DataFrame, code: str) -> pl.DataFrame:
    return rows.select(
        pl.lit(code).alias("code"),
        "household_no",
        "person_no",
        "row_number",
        pl.lit(_MESSAGES[code]).alias("message"),
    ).cast(FINDINGS)
