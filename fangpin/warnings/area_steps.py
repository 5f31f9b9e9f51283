"""The table that rules for areas select from: area_month, one row a township and one a village.

Floor 2. Counts what the household tables of the month say; area_usual holds it against other months and places.
Unknown is never zero.

Source: S002-16/17 (scale risk, shares of un-eliminated households), S004-10 (大进大出).
"""

from __future__ import annotations

from typing import Final

from fangpin.types import Period, Step
from fangpin.warnings.area_usual import month_sql

AREA_FACTS: Final = {
    f"fact_{source_id}": {"period_no": "bigint", "household_no": "varchar", "person_no": "varchar"}
    for source_id in ("disaster_loss", "death_list", "traffic_accident")
}
"""What is read of facts besides the household tables; a county without the source has the table empty."""

# One row a household with a township: the flags that are counted. Null is unknown.
_HOME = """
with people as (
  select
    person.household_no,
    -- Sixty is where the law on the elderly begins (老年人权益保障法第二条).
    case when bool_and(person.age is not null) or bool_or(person.age < 60) then bool_and(person.age >= 60) end
      as is_elderly,
    bool_or(month.is_disabled) as is_disabled
  from person
  join person_month as month on month.person_no = person.person_no
  group by person.household_no
)
, hit as (select distinct household_no from fact_disaster_loss where period_no = $period_no)
, died as (
  select household_no, count(distinct person_no) as deaths from fact_death_list
  where period_no = $period_no group by household_no
)
, hurt as (
  select household_no, count(distinct person_no) as accidents from fact_traffic_accident
  where period_no = $period_no group by household_no
)
select
  home.household_no,
  home.township,
  home.village,
  home.size,
  home.monitored_type is not null as is_case,
  home.risk_eliminated,
  home.labour_count = 0 as has_no_labour,
  month.income_per_head_yuan < $near_line_yuan::double as is_near_line,
  month.has_safety_net,
  month.is_dibao_new,
  month.is_unsafe_house,
  people.is_elderly,
  people.is_disabled,
  area_lead.household_no is not null as has_lead,
  hit.household_no is not null as is_hit,
  coalesce(died.deaths, 0) as deaths,
  coalesce(hurt.accidents, 0) as accidents
from household home
join household_month month on month.household_no = home.household_no
left join people on people.household_no = home.household_no
left join area_lead on area_lead.household_no = home.household_no
left join hit on hit.household_no = home.household_no
left join died on died.household_no = home.household_no
left join hurt on hurt.household_no = home.household_no
where home.township is not null
"""

_SHARES: Final = {
    "dibao_share": "has_safety_net",
    "disabled_share": "is_disabled",
    "elderly_share": "is_elderly",
    "no_labour_share": "has_no_labour",
}

_COUNTS = """
with covered as (select distinct source_id from coverage where period_no = $period_no)
, told as (
  select
    -- Not one household of the county marked as monitored: the register does not say it, not that there are none.
    (select bool_or(is_case) from area_home) as has_flags,
    (select bool_or(is_near_line is not null) from area_home) as has_line,
    exists (select 1 from covered where source_id = 'disaster_loss') as has_disasters,
    exists (select 1 from covered where source_id = 'death_list') as has_deaths,
    exists (select 1 from covered where source_id = 'traffic_accident') as has_accidents
)
, counted as (
  select
    case when grouping(home.village) = 0 then 'village' else 'township' end as level,
    home.township,
    home.village,
    count(*) as households,
    coalesce(sum(home.size), 0)::bigint as persons,
    count(*) filter (home.has_lead) as leads,
    count(*) filter (home.is_case and not home.risk_eliminated) as cases,
    count(*) filter (home.is_case and home.risk_eliminated is null) as unsure,
    count(*) filter (home.is_near_line and not (home.is_case and not coalesce(home.risk_eliminated, true))) as near,
    count(home.is_near_line) > 0 as knows_incomes,
    case when count(home.is_dibao_new) > 0 then count(*) filter (home.is_dibao_new) end as dibao_in,
    case when count(home.is_unsafe_house) > 0 then count(*) filter (home.is_unsafe_house) end as unsafe_houses,
    count(*) filter (home.is_hit) as hit,
    sum(home.deaths)::bigint as deaths,
    sum(home.accidents)::bigint as accidents,
    {shares}
  from area_home home
  group by grouping sets ((home.township, home.village), (home.township))
  having grouping(home.village) = 1 or home.village is not null
)
select
  counted.* exclude (cases, unsure, near, knows_incomes, hit, deaths, accidents),
  case when told.has_flags then counted.cases end as monitored,
  case when told.has_flags then counted.unsure end as monitored_unsure,
  case when told.has_line and counted.knows_incomes then counted.near end as near_line,
  case when told.has_disasters then counted.hit end as disaster_households,
  case when told.has_deaths then counted.deaths end as deaths,
  case when told.has_accidents then counted.accidents end as accidents,
  -- The register of an earlier month still holds where none came in; it says nothing about this month's changes.
  exists (select 1 from covered where source_id = 'household_register') as is_register_new
from counted, told
"""

# What the net change of un-eliminated households was since the month before, both registers at hand.
_KNOWN = """
select
  area.*,
  -- The greatest of null and zero is zero: what is unknown must not become it.
  case when area.monitored > before.monitored then area.monitored - before.monitored
    when area.monitored <= before.monitored then 0 end as monitored_in,
  case when area.monitored < before.monitored then before.monitored - area.monitored
    when area.monitored >= before.monitored then 0 end as monitored_out
from area_counts area
left join area_before before
  on before.level = area.level and before.township = area.township and before.village is not distinct from area.village
  and before.period_no = $period_no - 1 and before.is_register_new and area.is_register_new
"""


def area_steps(period: Period, *, near_line_yuan: float | None) -> list[Step]:
    """Return the steps that make area_month for a month, in the order they must run.

    Rows in: the tables of inputs.create_inputs and AREA_FACTS; person_month, household_month; area_lead (household_no
    of the month's leads, each once), area_before (level, township, village, period_no, is_register_new and the
    counts of earlier months), area_key (level, township, village, title). near_line_yuan: income per head a year
    under which a household is near the line; None where the county has none. Rows out: one row a township and one a
    village of the register, columns as in AREA_MEASURES; a household without a township is in none.

    >>> [step.table for step in area_steps(Period(2024, 3), near_line_yuan=None)]
    ['area_home', 'area_counts', 'area_known', 'area_month']
    """
    month = ("period_no", period.ordinal)
    shares = ",\n    ".join(
        f"count(*) filter (home.{flag}) / nullif(count(home.{flag}), 0) as {name}" for name, flag in _SHARES.items()
    )
    return [
        Step("area_home", _HOME, (month, ("near_line_yuan", near_line_yuan))),
        Step("area_counts", _COUNTS.format(shares=shares), (month,)),
        Step("area_known", _KNOWN, (month,)),
        Step("area_month", month_sql(), (month, ("month_end", period.last_day))),
    ]
