"""The two wide tables that rules select from: person_month and household_month.

Floor 2. One row per person / household registered at the month; columns, units and the meaning of null
stand in measures.MEASURES. Unknown is never zero.
"""

from __future__ import annotations

from fangpin.types import Period, Step
from fangpin.warnings.income import income_steps
from fangpin.warnings.measures import table_columns
from fangpin.warnings.medical import medical_steps
from fangpin.warnings.rosters import roster_steps
from fangpin.warnings.school import school_steps

_PERSON_MONTH = """
with wide as (
  select
    person.*,
    household.household_type,
    household.monitored_type,
    household.risk_eliminated,
    person_medical.* exclude (person_no),
    person_school.* exclude (person_no),
    person_dibao.* exclude (person_no),
    person_disability.* exclude (person_no)
  from person
  join household on household.household_no = person.household_no
  join person_medical on person_medical.person_no = person.person_no
  join person_school on person_school.person_no = person.person_no
  join person_dibao on person_dibao.person_no = person.person_no
  join person_disability on person_disability.person_no = person.person_no
)
"""

_HOUSEHOLD_MONTH = """
with members as (
  select
    person.household_no,
    sum(medical.self_paid_month_yuan)::decimal(18,2) as self_paid_month_yuan,
    sum(medical.self_paid_year_yuan)::decimal(18,2) as self_paid_year_yuan,
    sum(medical.self_paid_rolling_yuan)::decimal(18,2) as self_paid_rolling_yuan,
    sum(medical.self_paid_mean_yuan)::decimal(18,2) as self_paid_mean_yuan,
    sum(medical.inpatient_self_paid_year_yuan)::decimal(18,2) as inpatient_self_paid_year_yuan,
    max(medical.largest_bill_yuan) as largest_bill_yuan,
    sum(medical.medical_total_month_yuan)::decimal(18,2) as medical_total_month_yuan,
    sum(medical.self_paid_uninsured_month_yuan)::decimal(18,2) as self_paid_uninsured_month_yuan,
    sum(medical.self_paid_uninsured_year_yuan)::decimal(18,2) as self_paid_uninsured_year_yuan,
    -- Coverage is the county's, the same for every member.
    bool_and(medical.is_self_paid_year_complete) as is_self_paid_year_complete,
    bool_and(medical.is_self_paid_rolling_complete) as is_self_paid_rolling_complete
  from person
  join person_medical as medical on medical.person_no = person.person_no
  group by person.household_no
)
, wide as (
  select
    household.*,
    members.* exclude (household_no),
    household_income.* exclude (household_no),
    (
      (household_income.income_year_yuan - members.self_paid_rolling_yuan)::double / nullif(household.size, 0)
    )::decimal(18,2) as income_after_rigid_per_head_yuan,
    household_house.* exclude (household_no),
    household_dibao.* exclude (household_no)
  from household
  join household_income on household_income.household_no = household.household_no
  join household_house on household_house.household_no = household.household_no
  join household_dibao on household_dibao.household_no = household.household_no
  -- A household without a registered member: its sums are unknown.
  left join members on members.household_no = household.household_no
)
"""


def indicator_steps(period: Period) -> list[Step]:
    """Return the steps that make person_month and household_month for a month, in the order they must run.

    Rows in: the tables of inputs.create_inputs. Rows out: one row per registered person / household, columns as
    in measures.MEASURES.

    >>> [step.table for step in indicator_steps(Period(2024, 3))][-2:]
    ['person_month', 'household_month']
    """
    return [
        *medical_steps(period),
        *income_steps(period),
        *school_steps(period),
        *roster_steps(period),
        Step("person_month", _PERSON_MONTH + _selected("person_month")),
        Step("household_month", _HOUSEHOLD_MONTH + _selected("household_month")),
    ]


def _selected(table: str) -> str:
    columns = ",\n  ".join(f"{name}::{kind} as {name}" for name, kind in table_columns(table).items())
    return f"select\n  {columns}\nfrom wide\n"
