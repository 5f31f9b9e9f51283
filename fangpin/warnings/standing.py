"""What the county knows of a household when a lead comes: is it monitored already, was it before, how strong is it.

Floor 2. Reads the month's input tables in the in-memory database handed in; keys and words only, no name.
"""

from __future__ import annotations

from typing import Final

import duckdb
import polars as pl

from fangpin.types import Period, Standing
from fangpin.warnings.urgency import WEAKNESSES

CHILD_BEFORE: Final = 18  # 未成年人：民法典第十七条
ELDER_FROM: Final = 60  # 老年人：老年人权益保障法第二条
_ROSTER: Final = "fact_monitored_roster"
_RISKS: Final = ("risks", "risk_2", "risk_3", "risk_4", "risk_5")
_BETWEEN: Final = "、"  # how several words in one cell are kept apart


HOMES: Final[dict[str, pl.DataType]] = {
    "household_no": pl.String(),
    "township": pl.String(),
    "village": pl.String(),
    "persons": pl.Int64(),
    "standing": pl.String(),
    "case_risks": pl.List(pl.String()),
    **dict.fromkeys(WEAKNESSES, pl.Boolean()),
}
SENTENCES: Final = {
    Standing.NEW_FACTOR: "本户已纳入监测且风险未消除，作为原档案的新增风险核查",
    Standing.RE_MARKING: "本户曾纳入监测、风险已消除，核实后按程序重新标注（回退）",
}


def homes_of(con: duckdb.DuckDBPyConnection, period: Period) -> pl.DataFrame:
    """Return every registered household with what stands on file of it.

    Rows in: person, household, person_month, household_month of the month, and this month's list of monitored people
    where the county has one. Rows out: HOMES; persons counts the registered members; case_risks are the risks that
    stand on an open case ([] otherwise, or when no list says them); a weakness is null when nobody shows it and
    of somebody it is unknown. This month's list speaks before the register.
    Source: S002-12, S000-9 (risk eliminated: rolled back and marked again), S002-14 (all risks recorded).

    >>> from fangpin.warnings.indicators import indicator_steps
    >>> from fangpin.warnings.inputs import create_inputs, run_steps
    >>> con = duckdb.connect(); create_inputs(con); run_steps(con, indicator_steps(Period(2024, 3)))
    >>> homes_of(con, Period(2024, 3)).height
    0
    """
    values = {"child": CHILD_BEFORE, "elder": ELDER_FROM}
    homes: pl.DataFrame = con.sql(_HOMES, params=values).pl()
    both = homes.join(_listed(con, period), on="household_no", how="left")
    monitored = pl.coalesce("listed", "monitored").fill_null(value=False)
    over = pl.coalesce("listed_over", "over").fill_null(value=False)
    standing = (
        pl.when(~monitored)
        .then(pl.lit(Standing.NEW.value))
        .when(over)
        .then(pl.lit(Standing.RE_MARKING.value))
        .otherwise(pl.lit(Standing.NEW_FACTOR.value))
    )
    is_open = standing == Standing.NEW_FACTOR.value
    nothing = pl.lit([], dtype=pl.List(pl.String))
    # Only a list that says the case is open names risks that stand on it.
    case_risks = pl.when(is_open & pl.col("is_told_open")).then(pl.col("listed_risks")).fill_null(nothing)
    has_low_income = pl.when(is_open).then(pl.lit(value=True)).otherwise("has_safety_net")
    return (
        both.with_columns(standing.alias("standing"), case_risks.alias("case_risks"))
        .with_columns(has_low_income.alias("has_low_income"))
        .select(pl.col(name).cast(kind) for name, kind in HOMES.items())
        .sort("household_no")
    )


def told(standing: pl.Expr) -> pl.Expr:
    """Return the sentence that a standing adds to a lead, null for none."""
    return standing.replace_strict(
        {str(s): text for s, text in SENTENCES.items()}, default=None, return_dtype=pl.String
    )


def _listed(con: duckdb.DuckDBPyConnection, period: Period) -> pl.DataFrame:
    """Return the households of this month's list of monitored people: whether the risk is over, and which risks."""
    there = {
        row[0]
        for row in con.execute(
            "select column_name from duckdb_columns() where table_name = $t", {"t": _ROSTER}
        ).fetchall()
    }
    columns = [name for name in _RISKS if name in there]
    if "risk_eliminated" not in there or not columns:
        kinds = {"household_no": pl.String, "listed": pl.Boolean, "listed_over": pl.Boolean}
        kinds |= {"is_told_open": pl.Boolean}
        return pl.DataFrame(schema=kinds | {"listed_risks": pl.List(pl.String)})
    rows: pl.DataFrame = con.sql(
        f"select household_no, risk_eliminated, {', '.join(columns)} from {_ROSTER} "
        "where period_no = $period_no and household_no is not null",
        params={"period_no": period.ordinal},
    ).pl()
    words = pl.concat_str([pl.col(name) for name in columns], separator=_BETWEEN, ignore_nulls=True)
    told_words = pl.col("words").list.explode()
    return (
        rows.with_columns(words.str.split(_BETWEEN).alias("words"))
        .group_by("household_no")
        .agg(
            pl.lit(value=True).alias("listed"),
            # Said of nobody: unknown, and the register is asked.
            (pl.col("risk_eliminated") == "是").all(ignore_nulls=False).alias("listed_over"),
            (pl.col("risk_eliminated") == "否").any().alias("is_told_open"),
            told_words.filter(told_words != "").unique().sort().alias("listed_risks"),
        )
    )


# Somebody is: true. Nobody is and of somebody nobody knows: unknown.
_HOMES = """
with members as (
  select
    person.household_no,
    count(*) as persons,
    case when bool_or(person.age < $child) then true when count(*) = count(person.age) then false end as has_child,
    case when bool_or(person.age >= $elder) then true when count(*) = count(person.age) then false end as has_elder,
    case
      when bool_or(month.is_disabled or regexp_matches(person.health, '残疾|大病')) then true
      when count(*) = count(month.is_disabled) and count(*) = count(person.health) then false
    end as has_disabled
  from person
  join person_month as month on month.person_no = person.person_no
  group by person.household_no
)
select
  household.household_no,
  household.township,
  household.village,
  coalesce(members.persons, 0) as persons,
  household.monitored_type is not null as monitored,
  household.risk_eliminated as over,
  members.has_child,
  members.has_elder,
  members.has_disabled,
  household.labour_count = 0 as has_no_labour,
  month.has_safety_net
from household
left join members on members.household_no = household.household_no
left join household_month as month on month.household_no = household.household_no
"""
