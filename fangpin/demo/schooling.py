"""教育 enrolment of a month: stages and classes by age, transfers, drop-outs, leavers.

Clean rows like those of extracts.py. A child who dropped out either stays on the list with the status or is gone.
"""

from typing import Final

import numpy as np
import polars as pl

from fangpin.demo.idents import pick
from fangpin.demo.month import Month

GRADES: Final = (
    *("一年级", "二年级", "三年级", "四年级", "五年级", "六年级"),
    *("初一", "初二", "初三", "高一", "高二", "高三"),
)
IN_SCHOOL: Final = "在籍在读"


def school_year(month: Month) -> pl.Series:
    """The class (1–12) each person of the county would be in by age this month, before who goes is asked."""
    began = month.first.year if month.first.month >= 9 else month.first.year - 1
    birth = month.folk["birth"]
    after = (birth.dt.month() >= 9).cast(pl.Int32)
    return (began - birth.dt.year() - after - 5).alias("class")


def pupil_rows(month: Month) -> pl.DataFrame:
    """教育: pupils on the list this month."""
    rows = pupils_of(month)
    stage = pl.when(pl.col("class") <= 6).then(pl.lit("小学")).when(pl.col("class") <= 9).then(pl.lit("初中"))
    return rows.select(
        pl.col("person").alias("who"),
        stage.otherwise(pl.lit("普通高中")).alias("stage"),
        pl.Series("grade_name", pick(GRADES, rows["class"].to_numpy() - 1)),
        school_names(rows),
        "status",
        pl.Series("boarding", pick(["走读", "走读", "住校"], rows["person_no"].to_numpy() % 3)),
    )


def pupils_of(month: Month) -> pl.DataFrame:
    """Who is on the list: class, status (学籍状态) and other (Boolean: in another township's school).

    A transfer has two rows in its month; a child who dropped out has a status or is gone from the list.
    """
    folk = month.folk.with_columns(school_year(month))
    goes = pl.col("class").is_between(1, 9) | (pl.col("class").is_between(10, 12) & pl.col("senior"))
    pupils = folk.filter(pl.col("listed") & pl.col("present") & goes & ~pl.col("away"))
    so_far = month.county.incidents.filter(pl.col("month") <= month.place)
    left = so_far.filter(pl.col("kind") == "dropout").select("person", "variant")
    moved = so_far.filter(pl.col("kind") == "school_transfer").select("person", moved_month="month")
    pupils = pupils.join(left, on="person", how="left", maintain_order="left")
    pupils = pupils.join(moved, on="person", how="left", maintain_order="left")
    variant = pl.col("variant")
    status = pl.when(variant < 0.25).then(pl.lit("辍学")).when(variant.is_not_null()).then(pl.lit("疑似辍学"))
    rows = pupils.filter(variant.is_null() | (variant < 0.5)).with_columns(
        status=status.otherwise(pl.lit(IN_SCHOOL)), other=pl.col("moved_month").is_not_null()
    )
    leaving = rows.filter(pl.col("moved_month") == month.place)
    leaving = leaving.with_columns(status=pl.lit("转出"), other=pl.lit(value=False))
    return pl.concat([rows, leaving]).sort("township", "class", "person", "other")


def school_names(rows: pl.DataFrame) -> pl.Series:
    """The school of each pupil: of the township, or of the next one after a transfer."""
    towns = rows.select("township", "town_short").unique().sort("township")
    short = dict(zip(towns["township"].to_list(), towns["town_short"].to_list(), strict=True))
    places = sorted(short)
    following = {t: short[places[(k + 1) % len(places)]] for k, t in enumerate(places)}
    level = np.where(rows["class"].to_numpy() <= 6, 0, np.where(rows["class"].to_numpy() <= 9, 1, 2))
    kind = pick(["中心小学", "初级中学", "高级中学"], level)
    home = pl.col("township").replace_strict(short, return_dtype=pl.String)
    next_one = pl.col("township").replace_strict(following, return_dtype=pl.String)
    town = rows.select(pl.when("other").then(next_one).otherwise(home)).to_series()
    return (town + kind).alias("school")


def schooling_of(folk: pl.DataFrame, classes: pl.Series) -> pl.Expr:
    """在校生状况 of the register, blank when not at school."""
    table = folk.select(c=classes, senior="senior", college="college")
    c = table["c"]
    names = (
        pl.when(c.is_between(-2, 0))
        .then(pl.lit("学前教育"))
        .when(c.is_between(1, 6))
        .then(pl.lit("小学"))
        .when(c == 7)
        .then(pl.lit("七年级"))
        .when(c == 8)
        .then(pl.lit("八年级"))
        .when(c == 9)
        .then(pl.lit("九年级"))
        .when((c == 10) & table["senior"])
        .then(pl.lit("普通高中一年级"))
        .when((c == 11) & table["senior"])
        .then(pl.lit("普通高中二年级"))
        .when((c == 12) & table["senior"])
        .then(pl.lit("普通高中三年级"))
        .when(c.is_between(13, 16) & table["senior"] & table["college"])
        .then(pl.lit("本科"))
        .when(c < -2)
        .then(pl.lit("学龄前儿童"))
    )
    return names.otherwise(pl.lit(""))
