"""What the monthly visits say of a household: income, spending, the year per head, its usual month, this one's share.

Floor 2. Steps only, run by inputs.run_steps. A month nobody visited is unknown: it enters no mean, no
median and no sum.
"""

from __future__ import annotations

from fangpin.types import Period, Step
from fangpin.warnings.falls import FALL_SHARE, fall_steps

# A month's common movement is taken for season only inside these bounds and with so many households behind it:
# a county where all incomes fall by half has no season, it has a disaster.
SEASON_LOW, SEASON_HIGH = 0.8, 1.25
SEASON_HOUSEHOLDS = 30

_VISITS = """
select
  household_no,
  period_no,
  -- Told twice in a month: the later row corrects the earlier one.
  max_by(income_yuan, row(batch_id, row_number)) as income_yuan,
  max_by(spending_yuan, row(batch_id, row_number)) as spending_yuan,
  row_number() over (partition by household_no order by period_no desc) as place
from fact_visit_ledger
where household_no is not null
  and income_yuan is not null
  and period_no between $period_no - 23 and $period_no
  and period_no in (select period_no from coverage where source_id = 'visit_ledger')
group by household_no, period_no
"""

_SEASON = """
with months as (
  select
    period_no,
    median(income_yuan::double) as income_yuan,
    case when count(spending_yuan) >= $households then median(spending_yuan::double) end as spending_yuan
  from visit_month
  group by period_no
  having count(*) >= $households
)
, usual as (
  select
    median(income_yuan) as income_yuan,
    median(spending_yuan) as spending_yuan
  from months
)
select
  months.period_no,
  -- A month of no income at all in the middle household is no season either: the bound holds.
  least(greatest(months.income_yuan / nullif(usual.income_yuan, 0), $low), $high) as season,
  case when months.spending_yuan is not null
    then least(greatest(months.spending_yuan / nullif(usual.spending_yuan, 0), $low), $high)
  end as spending_season
from months
cross join usual
"""

_LEVELS = """
select
  visit_month.household_no,
  visit_month.period_no,
  visit_month.place,
  visit_month.income_yuan,
  visit_month.spending_yuan,
  -- Too few households for a season: the month stands as told.
  visit_month.income_yuan / coalesce(visit_season.season, 1) as level_yuan,
  visit_month.spending_yuan / coalesce(visit_season.spending_season, 1) as spending_level_yuan
from visit_month
left join visit_season on visit_season.period_no = visit_month.period_no
"""

_STANDING = """
select
  household_no,
  max(income_yuan) filter (where period_no = $period_no) as month_yuan,
  max(spending_yuan) filter (where period_no = $period_no) as spending_yuan,
  -- Two visits in a row, the later one this month, the other at most three months before.
  bool_or(place = 1 and period_no = $period_no)
    and bool_or(place = 2 and period_no >= $period_no - 3) as is_followed,
  avg(level_yuan) filter (where place <= 2) as recent_yuan,
  max(level_yuan) filter (where place <= 2) as recent_high_yuan,
  count(*) filter (where place between 3 and 14) as earlier_visits,
  median(level_yuan) filter (where place between 3 and 14) as middle_yuan,
  min(level_yuan) filter (where place between 3 and 14) as lowest_yuan,
  -- This month alone against the months before it: only three have a middle.
  case when count(*) filter (where place between 2 and 13) >= 3 then
    max(level_yuan) filter (where period_no = $period_no)
      / nullif(median(level_yuan) filter (where place between 2 and 13), 0)
  end as month_share,
  case when count(spending_level_yuan) filter (where place between 2 and 13) >= 3 then
    max(spending_level_yuan) filter (where period_no = $period_no)
      / nullif(median(spending_level_yuan) filter (where place between 2 and 13), 0)
  end as spending_share,
  sum(income_yuan) filter (where period_no > $period_no - 12) as rolling_yuan,
  count(*) filter (where period_no > $period_no - 12) as months_visited
from visit_level
group by household_no
"""

_HOUSEHOLDS = """
with covered as (
  select count(*) > 0 as is_now
  from coverage
  where source_id = 'visit_ledger'
    and period_no = $period_no
)
select
  household.household_no,
  case when covered.is_now then visits.month_yuan end as income_month_yuan,
  case when covered.is_now then visits.spending_yuan end as spending_month_yuan,
  case when covered.is_now and visits.is_followed then visits.recent_yuan::decimal(18,2) end as income_recent_yuan,
  case when covered.is_now and visits.is_followed then visits.recent_high_yuan::decimal(18,2) end
    as income_recent_high_yuan,
  -- Three months have a middle; of fewer the lowest is the least they can be compared with.
  case
    when covered.is_now
      then case when visits.earlier_visits >= 3 then visits.middle_yuan else visits.lowest_yuan end::decimal(18,2)
  end as income_usual_yuan,
  case when covered.is_now then coalesce(visits.earlier_visits, 0) end as income_earlier_visits,
  case when covered.is_now and visits.month_yuan is not null then visits.month_share end as income_month_share,
  case when covered.is_now and visits.month_yuan is not null then visits.spending_share end as spending_month_share,
  case when covered.is_now then visit_swing.income_swing end as income_swing_share,
  case when covered.is_now and visits.month_share <= $fall then visit_fall.cases::bigint end as income_fall_cases,
  case when covered.is_now and visits.month_share <= $fall then visit_fall.lasting::double / visit_fall.cases end
    as income_fall_lasting_share,
  case when covered.is_now then coalesce(visits.months_visited, 0) end as months_visited,
  -- No visit in twelve months: nothing divided by nothing is null.
  case
    when covered.is_now
      then (visits.rolling_yuan::double / nullif(visits.months_visited, 0) * 12)::decimal(18,2)
  end as income_year_yuan,
  case
    when covered.is_now
      then (
        visits.rolling_yuan::double / nullif(visits.months_visited, 0) * 12 / nullif(household.size, 0)
      )::decimal(18,2)
  end as income_per_head_yuan
from household
cross join covered
cross join visit_swing
left join visit_standing as visits on visits.household_no = household.household_no
asof left join visit_fall on visit_fall.spending_fall <= 1 - visits.spending_share
"""


def income_steps(period: Period) -> list[Step]:
    """Return the steps that make household_income: one row a registered household, columns as in core_measures.

    The usual month is the median of up to twelve visited months before the last two, so that neither one bad
    month, a harvest nor a double payday moves it; of one or two months the lower one stands in, and the number of
    visits beside it tells a rule how far to trust it. Usual and recent months are compared at the level of the season:
    divided by how the county's middle household stood in that month (Spring Festival wages, harvest), within bounds.
    Whether a fall of this month lasts is not known before the next visit: how many like it did stands in fall_steps.

    Source: 2.2 income window (twelve months before), S003-4 per head and year.

    >>> [step.table for step in income_steps(Period(2024, 3))][-2:]
    ['visit_fall', 'household_income']
    """
    now = ("period_no", period.ordinal)
    bounds = (("households", SEASON_HOUSEHOLDS), ("low", SEASON_LOW), ("high", SEASON_HIGH))
    return [
        Step("visit_month", _VISITS, (now,)),
        Step("visit_season", _SEASON, bounds),
        Step("visit_level", _LEVELS),
        Step("visit_standing", _STANDING, (now,)),
        *fall_steps(households=SEASON_HOUSEHOLDS),
        Step("household_income", _HOUSEHOLDS, (now, ("fall", FALL_SHARE))),
    ]
