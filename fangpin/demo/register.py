"""The two files the bureau keeps itself: the register of households (农户信息台账) and the visit ledger (走访收支台账).

Clean rows under the names of fields.py. The register is the state of the month with small staleness and a few of its
own mistakes; its rows are not linked to anything, they are what the others are linked to.
"""

from typing import Final

import numpy as np
import polars as pl

from fangpin.demo.extracts import AID_NAMES
from fangpin.demo.households import RELATION_NAMES, RELATION_SHORT
from fangpin.demo.idents import pick
from fangpin.demo.money import bills_of, incomes, is_insured, spending
from fangpin.demo.month import Month
from fangpin.demo.schooling import school_year, schooling_of
from fangpin.demo.words import COUNTY

LABOUR: Final = ("技能劳动力", "普通劳动力", "弱劳动力或半劳动力", "丧失劳动力", "无劳动力")
MONITORED: Final = ("", "脱贫不稳定户", "边缘易致贫户", "突发严重困难户")


def labour_of(folk: pl.DataFrame, classes: pl.Series, place: int) -> pl.Series:
    """劳动技能 by age, health and school; who is too old is settled once, when the plan begins."""
    years, able = folk["years"].to_numpy(), folk["able"].to_numpy()
    student = folk["senior"].to_numpy() & (classes.to_numpy() <= np.where(folk["college"].to_numpy(), 16, 12))
    severe = (folk["grade"].to_numpy() > 0) & (folk["grade"].to_numpy() <= 2)
    old = np.where(years - place / 12 >= 70, 4, 2)
    adult = np.where(severe, 3, np.where(years >= 60, old, able))
    return pick(LABOUR, np.where((years < 16) | (student & (years < 23)), 4, adult)).alias("labour")


def health_of(folk: pl.DataFrame, place: int) -> pl.Expr:
    """健康状况, several at once in one cell."""
    holds = (folk["disability"] > 0) & (folk["cert_month"] <= place)
    ill, big = folk["chronic"], folk["serious"]
    return (
        pl.when(holds & ill)
        .then(pl.lit("长期慢性病,残疾"))
        .when(holds)
        .then(pl.lit("残疾"))
        .when(big)
        .then(pl.lit("患有大病"))
        .when(ill)
        .then(pl.lit("长期慢性病"))
        .otherwise(pl.lit("健康"))
    )


def register_rows(month: Month) -> pl.DataFrame:
    """农户信息台账: everybody in the register this month, households together."""
    rng, folk = month.rng(15), month.folk
    homes = month.county.households.select("relieved", "monitored").select(pl.all().gather(folk["household"].to_list()))
    names = RELATION_SHORT if month.place % 4 == 2 else RELATION_NAMES
    blank = pl.Series(rng.random(len(folk)) < 0.004)
    spaced = pl.when(blank).then(pl.col("register_name") + " ").otherwise("register_name")
    rows = folk.with_columns(states_of(month)).with_columns(
        homes,
        county=pl.lit(COUNTY),
        group_text=pl.col("group").cast(pl.String) + "组",
        ethnic=pl.when("minority").then(pl.lit("彝族")).otherwise(pl.lit("汉族")),
        parent=folk["register_id"].gather(folk["head"]),
        name_text=spaced,
        relation_text=pick(names, folk["relation"].to_numpy()),
    )
    rows = rows.filter("listed").with_columns(hh_size=pl.len().over("household"))
    return rows.sort("township", "village", "household_no", "relation", "birth").with_columns(
        pl.col("household_no", "person_no").cast(pl.String),
        township="town_name",
        village="village_name",
        name="name_text",
        id_no=pl.when("shared_id").then("parent").otherwise("register_id"),
        relation="relation_text",
        relieved=pl.when("relieved").then(pl.lit("脱贫户")).otherwise(pl.lit("一般农户")),
        eliminated=pl.when(pl.col("monitored") > 0).then(pl.col("monitored") == 3),
        monitored=pl.col("monitored").replace_strict(dict(enumerate(MONITORED)), return_dtype=pl.String),
    )


def states_of(month: Month) -> list[pl.Series]:
    """What the register says of each person of the county: schooling, health, labour, dibao, insured."""
    folk, classes = month.folk, school_year(month)
    words = folk.select(
        schooling=schooling_of(folk, classes),
        health=health_of(folk, month.place),
        dibao=pl.when((pl.col("aid") == 1) & (pl.col("aid_from") <= month.place))
        .then(pl.lit(AID_NAMES[1]))
        .otherwise(pl.lit("未享受")),
    )
    return [*words.get_columns(), labour_of(folk, classes, month.place), is_insured(month).alias("insured")]


def visit_rows(month: Month, *, missed: float) -> pl.DataFrame:
    """走访收支台账: income and spending of each household visited this month, in tens of yuan."""
    rng, folk = month.rng(16), month.folk
    income = incomes(month)
    spent = spending(month, income, bills_of(month))
    homes = (
        folk.filter("listed")
        .group_by("household")
        .agg(
            pl.len().alias("hh_size"),
            pl.col("head").first(),
            pl.col("household_no").first(),
            pl.col("township").first(),
        )
        .sort("township", "household_no")
    )
    homes = homes.filter(pl.Series(rng.random(len(homes)) >= missed))
    places = homes["household"].to_numpy()
    return homes.select(
        pl.col("household_no").cast(pl.String),
        pl.Series("head_name", folk["register_name"].gather(homes["head"])),
        "hh_size",
        pl.Series("income", np.round(income[places], -1)),
        pl.Series("spent", np.round(spent[places], -1)),
        pl.lit(month.first).alias("visited"),
    )
