"""The indicator tables as they would stand some months on, if every household went on as in the last months.

Floor 2. Steps only, run by inputs.run_steps over the tables of a month. A pace is a median or the better of two
months, so that one large bill or one bad month carries nobody over a line; where it is unknown, so is what comes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fangpin.types import Period, Step

PACE_MONTHS: Final = 6  # how far back the usual month of spending looks
PACE_LEAST: Final = 3  # months of data without which there is no usual month
_SUMMER: Final = (7, 8, 9)  # as in the school measures: between two lists nobody is absent

NOW: Final = {"person_month": "drift_person_now", "household_month": "drift_household_now"}
"""Where the tables of the month itself are kept while a later month stands in their place."""

_SPENDING = """
with months as (
  select distinct period_no
  from coverage
  where source_id = 'medical_settlement'
    and period_no between $period_no - $months + 1 and $period_no
)
, known as (
  select count(*) >= $least as is_enough
  from months
)
, usual as (
  -- A month of the source without a row of the person was a month of no bill.
  select
    people.person_no,
    median(coalesce(bill.self_paid_yuan, 0)::double) as paid_yuan,
    median(coalesce(bill.inpatient_yuan, 0)::double) as inpatient_yuan,
    median(coalesce(bill.uninsured_yuan, 0)::double) as uninsured_yuan
  from (
    select distinct person_no
    from medical_month
    where period_no between $period_no - $months + 1 and $period_no
  ) people
  cross join months
  left join medical_month bill on bill.person_no = people.person_no and bill.period_no = months.period_no
  group by people.person_no
)
select
  person.person_no,
  person.household_no,
  -- Bills net of reversals may come out below zero: nobody is paid back month after month.
  case when known.is_enough then greatest(coalesce(usual.paid_yuan, 0), 0) end as paid_yuan,
  case when known.is_enough then greatest(coalesce(usual.inpatient_yuan, 0), 0) end as inpatient_yuan,
  case when known.is_enough then greatest(coalesce(usual.uninsured_yuan, 0), 0) end as uninsured_yuan
from person
cross join known
left join usual on usual.person_no = person.person_no
"""

_PERSONS = """
with gone as (
  -- What leaves the twelve months behind.
  select
    person_no,
    sum(self_paid_yuan)::double as paid_yuan
  from medical_month
  where period_no between $period_no - 11 and $period_no - 12 + $ahead
  group by person_no
)
select month.* replace (
  (month.self_paid_year_yuan * $kept + $of_year * spending.paid_yuan)::decimal(18,2) as self_paid_year_yuan,
  (month.inpatient_self_paid_year_yuan * $kept + $of_year * spending.inpatient_yuan)::decimal(18,2)
    as inpatient_self_paid_year_yuan,
  (month.self_paid_uninsured_year_yuan * $kept + $of_year * spending.uninsured_yuan)::decimal(18,2)
    as self_paid_uninsured_year_yuan,
  (month.self_paid_rolling_yuan - coalesce(gone.paid_yuan, 0) + $ahead * spending.paid_yuan)::decimal(18,2)
    as self_paid_rolling_yuan,
  -- A new year begins whole: its months are those to come.
  case when $kept = 1 then month.is_self_paid_year_complete when month.is_self_paid_year_complete is not null then true
  end as is_self_paid_year_complete,
  case
    when not month.is_on_school_list and month.school_absent_months > 0 then month.school_absent_months + $term_months
    else month.school_absent_months
  end as school_absent_months
)
from drift_person_now month
join drift_spending spending on spending.person_no = month.person_no
left join gone on gone.person_no = month.person_no
"""

_HOUSEHOLDS = """
with members as (
  select
    household_no,
    sum(self_paid_year_yuan) as year_yuan,
    sum(inpatient_self_paid_year_yuan) as inpatient_yuan,
    sum(self_paid_uninsured_year_yuan) as uninsured_yuan,
    sum(self_paid_rolling_yuan) as rolling_yuan,
    bool_and(is_self_paid_year_complete) as is_year_complete
  from person_month
  group by household_no
)
, visits as (
  select
    household_no,
    sum(income_yuan)::double as income_yuan,
    count(*) as months
  from visit_month
  where period_no between $period_no - 11 + $ahead and $period_no
  group by household_no
)
, season as (
  -- The months to come stand as high or low as the same months last year did in the county's middle household.
  select coalesce(sum(season), 0) + $ahead - count(*) as months
  from visit_season
  where period_no between $period_no - 11 and $period_no - 12 + $ahead
)
, paced as (
  select
    month.household_no,
    -- The better of the last two months: one bad month is no way down. Not followed lately: null.
    (coalesce(visits.income_yuan, 0) + season.months * month.income_recent_high_yuan::double)
      / (coalesce(visits.months, 0) + $ahead) * 12 as income_yuan,
    month.rigid_yuan::double + members.rolling_yuan::double - month.self_paid_rolling_yuan::double as rigid_yuan
  from drift_household_now month
  cross join season
  left join visits on visits.household_no = month.household_no
  left join members on members.household_no = month.household_no
)
select month.* replace (
  {columns}
)
from drift_household_now month
join paced on paced.household_no = month.household_no
left join members on members.household_no = month.household_no
"""

_OF_HOUSEHOLDS: Final = {
    "self_paid_year_yuan": "members.year_yuan",
    "inpatient_self_paid_year_yuan": "members.inpatient_yuan",
    "self_paid_uninsured_year_yuan": "members.uninsured_yuan",
    "self_paid_rolling_yuan": "members.rolling_yuan",
    "is_self_paid_year_complete": "members.is_year_complete",
    # An income whose way nobody knows is what it is: rules that measure a bill against it keep their line.
    "income_year_yuan": "coalesce(paced.income_yuan, month.income_year_yuan::double)",
    "income_per_head_yuan": "paced.income_yuan / nullif(month.size, 0)",
    "rigid_yuan": "paced.rigid_yuan",
    "rigid_share": "paced.rigid_yuan / nullif(paced.income_yuan, 0)",
    "income_after_rigid_per_head_yuan": "(paced.income_yuan - paced.rigid_yuan) / nullif(month.size, 0)",
    "loan_overdue_days": "month.loan_overdue_days + case when month.is_loan_overdue then {days} else 0 end",
}

CARRIED: Final = frozenset(
    {
        "self_paid_year_yuan",
        "inpatient_self_paid_year_yuan",
        "self_paid_rolling_yuan",
        "school_absent_months",
        "income_year_yuan",
        "income_per_head_yuan",
        "rigid_yuan",
        "rigid_share",
        "income_after_rigid_per_head_yuan",
        "loan_overdue_days",
    }
)
"""The measures that a pace carries on; every other stands as it is, and a rule without any of these is not asked."""


def pace_steps(period: Period) -> list[Step]:
    """Return the steps that keep the month's own tables aside and work out each person's usual month of spending.

    Rows in: the tables of indicators.indicator_steps and the steps before them. Rows out: drift_spending, one row a
    person: paid_yuan, inpatient_yuan, uninsured_yuan (the median of the last six months with data, months without a
    bill as 0; null with fewer than three months of data).

    >>> [step.table for step in pace_steps(Period(2024, 3))]
    ['drift_person_now', 'drift_household_now', 'drift_spending']
    """
    values = (("period_no", period.ordinal), ("months", PACE_MONTHS), ("least", PACE_LEAST))
    kept = [Step(aside, f"select * from {table}") for table, aside in NOW.items()]
    return [*kept, Step("drift_spending", _SPENDING, values)]


def months_on(period: Period, ahead: int, *, columns: Mapping[str, str]) -> list[Step]:
    """Return the steps that put the tables of so many months later in the place of the month's own.

    columns: names and types of household_month; what a county has no source for is not carried. A calendar year's sums
    begin anew in January. Income goes on at the better of the last two visits, at the season of the same month last
    year; months not visited stay unknown; an absent pupil stays absent through the months of term, a debt unpaid.

    >>> [step.table for step in months_on(Period(2024, 12), 1, columns={"rigid_yuan": "decimal(18,2)"})]
    ['person_month', 'household_month']
    """
    later = period.back(-ahead)
    is_same_year = later.year == period.year
    term = sum(period.back(-step).month not in _SUMMER for step in range(1, ahead + 1))
    now = (("period_no", period.ordinal), ("ahead", ahead))
    year = (("kept", int(is_same_year)), ("of_year", ahead if is_same_year else later.month), ("term_months", term))
    days = (later.last_day - period.last_day).days
    carried = [
        f"({sql.format(days=days)})::{columns[name]} as {name}"
        for name, sql in _OF_HOUSEHOLDS.items()
        if name in columns
    ]
    households = _HOUSEHOLDS.format(columns=",\n  ".join(carried))
    return [Step("person_month", _PERSONS, (*now, *year)), Step("household_month", households, now)]


def month_itself() -> list[Step]:
    """Return the steps that put the month's own tables back.

    >>> [step.table for step in month_itself()]
    ['person_month', 'household_month']
    """
    return [Step(table, f"select * from {aside}") for table, aside in NOW.items()]
