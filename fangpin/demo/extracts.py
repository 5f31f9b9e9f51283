"""What each department knows in a month: clean rows of facts, before identities are written and dirt falls on them.

Every function takes a Month and returns one row a row of the file: who (place in month.identities) and facts under
the names of fields.py. Outsiders and duplicates are added by one function for all.
"""

from typing import Final

import numpy as np
import polars as pl

from fangpin.demo import words
from fangpin.demo.households import RELATION_NAMES
from fangpin.demo.idents import pick
from fangpin.demo.money import bills_of
from fangpin.demo.month import Month
from fangpin.demo.people import ALWAYS

AID_NAMES: Final = ("", "农村低保", "农村特困", "低保边缘")
TIERS: Final = ("A类", "B类", "C类")
DISABILITIES: Final = ("", "视力", "听力", "言语", "肢体", "智力", "精神", "多重")
STRUCTURES: Final = ("土木", "砖木", "砖混", "框架")
SETTLED: Final = {"clinic": "普通门诊", "chronic": "门诊慢特病", "ward": "普通住院", "serious": "普通住院"}


def civil_rows(month: Month) -> pl.DataFrame:
    """民政: the people on the roster of 低保, 特困 and 低保边缘 this month."""
    folk = month.folk
    size = pl.len().over("household")
    roster = (
        folk.filter("listed")
        .with_columns(hh_size=size)
        .filter((pl.col("aid") > 0) & (pl.col("aid_from") <= month.place))
    )
    roster = roster.with_columns(
        insured_count=pl.len().over("household", "aid"), old=month.days[0].year - 1 - pl.col("person_no") % 9
    )
    new = month.day_of(roster["aid_from"], 1)
    amount = np.select(
        [roster["aid"] == 2, roster["aid"] == 3], [780.0, 0.0], 480.0 - 90.0 * roster["aid_tier"].to_numpy()
    )
    causes = pick(["疾病", "残疾", "缺劳动力", "上学", "其他"], roster["person_no"].to_numpy() % 5)
    return roster.select(
        pl.col("person").alias("who"),
        "hh_size",
        "insured_count",
        pl.Series("category", pick(AID_NAMES, roster["aid"].to_numpy())),
        pl.when(pl.col("aid") == 1)
        .then(pick(TIERS, roster["aid_tier"].to_numpy()))
        .otherwise(pl.lit(""))
        .alias("tier"),
        pl.Series("amount", amount),
        pl.when(pl.col("aid_from") == ALWAYS)
        .then(pl.date("old", pl.col("person_no") % 12 + 1, 1))
        .otherwise(new)
        .alias("start_month"),
        causes.alias("cause"),
        pl.Series("relation", pick(RELATION_NAMES, roster["relation"].to_numpy())),
    )


def medical_rows(month: Month) -> pl.DataFrame:
    """医保: settlements of this month, several rows a person."""
    rng, bills = month.rng(11), bills_of(month)
    count = len(bills)
    sick = pl.col("kind")
    fund = pl.col("total") - pl.col("self")
    poor = month.folk["aid"].gather(bills["who"]) == 1
    unpaid = pick(["未参保", "暂停参保", "停保", "终止参保"], rng.integers(0, 4, count))
    names = {
        k: pick(pool, rng.integers(0, len(pool), count))
        for k, pool in (
            ("clinic", words.COMMON),
            ("chronic", words.CHRONIC),
            ("ward", words.INPATIENT),
            ("serious", words.SERIOUS),
        )
    }
    where = pick(
        [*words.HOSPITALS, "乡镇卫生院", "村卫生室"],
        rng.integers(0, 6, count) + np.where(bills["kind"].is_in(["clinic", "chronic"]), 2, 0),
    )
    diagnosis = pl.when(sick == "clinic").then(names["clinic"]).when(sick == "chronic").then(names["chronic"])
    bills = bills.with_columns(
        status=pl.when("insured").then(pl.lit("正常参保")).otherwise(unpaid),
        insutype=pl.when("insured").then(pl.lit("城乡居民基本医疗保险")).otherwise(pl.lit("")),
        med_type=sick.replace_strict(SETTLED, return_dtype=pl.String),
        hospital=where,
        diagnosis=diagnosis.when(sick == "ward").then(names["ward"]).otherwise(names["serious"]),
        settled_on=pl.lit(month.first) + pl.duration(days=pl.col("day")),
        major=pl.when(pl.col("total").abs() > 25_000).then(fund * 0.22).otherwise(0.0).round(2),
        aid=pl.when(pl.Series(poor) & (pl.col("total").abs() > 2_000)).then(fund * 0.12).otherwise(0.0).round(2),
        fund_total=fund.round(2),
        settle_no=pl.lit(f"JS{month.period}") + pl.Series(rng.permutation(count)).cast(pl.String).str.zfill(7),
    )
    bills = bills.with_columns(pooled=(pl.col("fund_total") - pl.col("major") - pl.col("aid")).round(2))
    return bills.sample(fraction=1.0, shuffle=True, seed=int(rng.integers(0, 2**31))).drop("day", "insured", "kind")


def housing_rows(month: Month) -> pl.DataFrame:
    """住建: appraised houses, one row a household that still lives here, under its head."""
    folk = month.folk
    heads = folk.filter(pl.col("listed") & (pl.col("head") == pl.col("person")) & (pl.col("relation") == 0))
    sizes = folk.filter("listed").group_by("household").agg(pl.len().alias("hh_size"))
    homes = month.county.households.filter(pl.col("appraised_month") <= month.place)
    rows = heads.select(pl.col("person").alias("who"), "household").join(homes, on="household")
    rows = rows.join(sizes, on="household").sort("who")
    key, year = pl.col("household_no"), month.days[0].year
    long_ago = pl.date(year - 1 - key % 4, key % 12 + 1, key % 27 + 1)
    relieved = pl.when("relieved").then(pl.lit("脱贫户")).otherwise(pl.lit("一般农户"))
    renovation = pl.when("rebuilt").then(pl.lit("修缮加固")).when(pl.col("level") >= 3).then(pl.lit("未改造"))
    return rows.with_columns(fresh=month.day_of(rows["appraised_month"], 9)).select(
        "who",
        "hh_size",
        "built_year",
        relieved.alias("object_class"),
        pick(STRUCTURES, rows["household_no"].to_numpy() % 4).alias("structure"),
        (60 + key % 90).alias("area"),
        "inhabited",
        "level",
        pl.when(pl.col("appraised_month") == ALWAYS).then(long_ago).otherwise("fresh").alias("certified_on"),
        renovation.otherwise(pl.lit("无需改造")).alias("renovation"),
        pl.when("rebuilt").then(year - 1).alias("renovated_year"),
        pl.when("rebuilt").then(pl.date(year - 1, 3 + key % 9, 1 + key % 27)).alias("completed_on"),
    )


def disabled_rows(month: Month) -> pl.DataFrame:
    """残联: everybody who holds a certificate this month, with the tail of its number after the ID."""
    rows = month.folk.filter(pl.col("listed") & (pl.col("cert_month") <= month.place) & (pl.col("disability") > 0))
    again = pl.col("renewed_month") <= month.place
    renewed = month.day_of(rows["renewed_month"], 9).alias("renewed_on")
    lapsed = (pl.col("person_no") % 41 == 0) & ~again
    tail = pl.concat_str(pl.col("disability").cast(pl.String), pl.col("grade").cast(pl.String))
    return rows.with_columns(renewed).select(
        pl.col("person").alias("who"),
        pl.when(again).then(tail + "B1").otherwise(tail).alias("cert_no"),
        pl.Series("disability", pick(DISABILITIES, rows["disability"].to_numpy())),
        "grade",
        pl.when(again).then("renewed_on").otherwise("cert_on").alias("issued_on"),
        pl.col("cert_on").alias("first_on"),
        pl.when(lapsed).then(pl.lit("过期")).otherwise(pl.lit("持证")).alias("cert_status"),
        pl.when(again).then(pl.lit("换证")).otherwise(pl.lit("")).alias("remark"),
    )


def with_strangers(
    rows: pl.DataFrame, month: Month, *, share: float, ages: tuple[int, int], stream: int
) -> pl.DataFrame:
    """Rows with some of outsiders of fitting ages among them, mostly the same ones every month."""
    rng = month.rng(stream)
    fitting = np.flatnonzero(fits(month.county.outsiders, ages))
    if not len(rows) or not len(fitting):
        return rows
    few = rng.integers(0, len(rows), round(len(rows) * share))
    always = np.random.default_rng([month.county.plan.seed, 70, stream]).permutation(fitting)
    others = len(month.folk) + always[np.arange(len(few)) % len(always)]
    strange = rows.select(pl.all().gather(few.tolist())).with_columns(pl.Series("who", others))
    if "self" in rows.columns:
        strange = strange.filter(pl.col("total") < 20_000)
    mixed = pl.concat([rows, strange])
    return mixed.select(pl.all().gather(rng.permutation(len(mixed)).tolist()))


def fits(outsiders: pl.DataFrame, ages: tuple[int, int]) -> pl.Series:
    """Which outsiders are of an age (Boolean)."""
    return outsiders["age"].is_between(*ages)
