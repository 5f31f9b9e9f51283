"""The wide tables that rules select from: person_month, household_month and village_month.

Floor 2. One row per person / household registered at the month, and per village they live in; columns, units and the
meaning of null stand in measures.catalogue. Unknown is never zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from fangpin.types import Period, Step, Subject
from fangpin.warnings.forms import declared_steps, joined
from fangpin.warnings.histories import history_steps
from fangpin.warnings.income import income_steps
from fangpin.warnings.measures import COMPUTED, TABLE_OF, SourceMeasures
from fangpin.warnings.medical import medical_steps
from fangpin.warnings.rigid import rigid_steps
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
    person_history.self_paid_history,
    person_school.* exclude (person_no),
    person_dibao.* exclude (person_no),
    person_disability.* exclude (person_no),
    person_school_cost.* exclude (person_no)
  from person
  join household on household.household_no = person.household_no
  join person_medical on person_medical.person_no = person.person_no
  left join person_history on person_history.person_no = person.person_no
  join person_school on person_school.person_no = person.person_no
  join person_dibao on person_dibao.person_no = person.person_no
  join person_disability on person_disability.person_no = person.person_no
  join person_school_cost on person_school_cost.person_no = person.person_no
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
    household_paid_history.self_paid_history,
    household_told_history.* exclude (household_no),
    household_income.* exclude (household_no),
    household_rigid.* exclude (household_no),
    household_components.* exclude (household_no),
    household_house.* exclude (household_no),
    household_dibao.* exclude (household_no)
  from household
  join household_income on household_income.household_no = household.household_no
  join household_rigid on household_rigid.household_no = household.household_no
  join household_components on household_components.household_no = household.household_no
  join household_house on household_house.household_no = household.household_no
  join household_dibao on household_dibao.household_no = household.household_no
  left join household_paid_history on household_paid_history.household_no = household.household_no
  left join household_told_history on household_told_history.household_no = household.household_no
  -- A household without a registered member: its sums are unknown.
  left join members on members.household_no = household.household_no
)
"""


_VILLAGE_MONTH = """
with wide as (
  select
    township,
    village,
    count(distinct household_no) as households,
    sum(size) as persons
  from household
  where village is not null
  group by township, village
)
"""


def indicator_steps(period: Period, measures: Sequence[SourceMeasures] = ()) -> list[Step]:
    """Return the steps that make the wide tables for a month, in the order they must run.

    Rows in: the tables of inputs.create_inputs. Rows out: person_month, household_month, village_month, one row per
    registered person / household / village; columns as in measures.catalogue(measures).

    >>> [step.table for step in indicator_steps(Period(2024, 3))][-3:]
    ['person_month', 'household_month', 'village_month']
    """
    wide = {Subject.PERSON: _PERSON_MONTH, Subject.HOUSEHOLD: _HOUSEHOLD_MONTH, Subject.VILLAGE: _VILLAGE_MONTH}
    return [
        *medical_steps(period),
        *income_steps(period),
        *school_steps(period),
        *roster_steps(period),
        *rigid_steps(period),
        *history_steps(period),
        *declared_steps(period, measures),
        *(Step(TABLE_OF[level], sql + _selected(level, period, measures)) for level, sql in wide.items()),
    ]


def _selected(level: Subject, period: Period, measures: Sequence[SourceMeasures]) -> str:
    core = [f"wide.{measure.name}::{measure.kind} as {measure.name}" for measure in COMPUTED[TABLE_OF[level]]]
    declared, joins = joined(level, period, measures, wide="wide")
    columns = ",\n  ".join([*core, *declared])
    return f"select\n  {columns}\nfrom wide\n{joins}\n"
