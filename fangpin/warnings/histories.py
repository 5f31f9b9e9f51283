"""Month by month, this one first: what was paid for illness, what the visits told; what the change functions read.

Floor 2. Steps only, run by inputs.run_steps, over medical_month and visit_month. Who never had a row in 24 months has
no list at all: a million empty ones would be carried for nothing, and nothing may be read out of them.
"""

from __future__ import annotations

from typing import Final

from fangpin.types import Period, Step

HISTORY_MONTHS: Final = 24


def months_map(amount: str) -> str:
    """Return the aggregate over rows of one subject, one a month, that holds its amounts by months back."""
    return f"map_from_entries(list(row(months_back, {amount})))"


def months_list(amounts: str, covered: str, *, absent: str) -> str:
    """Return the list of 24 months made of such a map: null where the county has no batch.

    covered: the months that have one, as bits, bit 0 this month. absent: what a covered month without a row is.
    """
    return f"""list_transform(range({HISTORY_MONTHS}), lambda m: case
      when ({covered} >> m) & 1 = 0 then null
      when map_contains({amounts}, m) then {amounts}[m]
      else {absent}
    end)"""


_COVERED: Final = """
select
  coalesce(bit_or(1::bigint << ($period_no - period_no)) filter (where source_id = 'medical_settlement'), 0)
    as medical_months,
  coalesce(bit_or(1::bigint << ($period_no - period_no)) filter (where source_id = 'visit_ledger'), 0) as visit_months
from coverage
where period_no between $period_no - 23 and $period_no
"""

# A month of settlements in which somebody has none: nothing was paid.
_SELF_PAID: Final = months_list("amounts", "history_coverage.medical_months", absent="0")
_PERSONS: Final = f"""
select
  paid.person_no,
  case when history_coverage.medical_months & 1 = 1 then {_SELF_PAID} end as self_paid_history
from (
  select
    person_no,
    {months_map("amount")} as amounts
  from (
    select person_no, $period_no - period_no as months_back, self_paid_yuan::double as amount
    from medical_month
  )
  group by person_no
) as paid
cross join history_coverage
"""
_HOUSEHOLDS_PAID: Final = f"""
select
  paid.household_no,
  case when history_coverage.medical_months & 1 = 1 then {_SELF_PAID} end as self_paid_history
from (
  select
    household_no,
    {months_map("amount")} as amounts
  from (
    select
      person.household_no,
      $period_no - medical_month.period_no as months_back,
      sum(medical_month.self_paid_yuan)::double as amount
    from medical_month
    join person on person.person_no = medical_month.person_no
    group by person.household_no, medical_month.period_no
  )
  group by household_no
) as paid
cross join history_coverage
"""
# A month in which nobody called is unknown, whatever the ledger holds of others.
_HOUSEHOLDS_TOLD: Final = f"""
select
  told.household_no,
  case when history_coverage.visit_months & 1 = 1
    then {months_list("incomes", "history_coverage.visit_months", absent="null")}
  end as income_history,
  case when history_coverage.visit_months & 1 = 1
    then {months_list("spendings", "history_coverage.visit_months", absent="null")}
  end as spending_history
from (
  select
    household_no,
    {months_map("income_yuan::double")} as incomes,
    {months_map("spending_yuan::double")} as spendings
  from (select *, $period_no - period_no as months_back from visit_month)
  group by household_no
) as told
cross join history_coverage
"""


def history_steps(period: Period) -> list[Step]:
    """Return the steps that make the histories; they stand on the tables of medical_steps and income_steps.

    Rows out: person_history, household_paid_history, household_told_history: one row a person / household with any row
    in 24 months, lists of yuan, null the months that nobody knows.

    >>> [step.table for step in history_steps(Period(2024, 3))][1:]
    ['person_history', 'household_paid_history', 'household_told_history']
    """
    now = (("period_no", period.ordinal),)
    return [
        Step("history_coverage", _COVERED, now),
        Step("person_history", _PERSONS, now),
        Step("household_paid_history", _HOUSEHOLDS_PAID, now),
        Step("household_told_history", _HOUSEHOLDS_TOLD, now),
    ]
