"""What the settlement rows say of a person's insurance this year, and whether a single word of it can be trusted.

Floor 2. Steps only, run by inputs.run_steps. Residents pay once for a calendar year, so a standing of uninsured lasts
until its end. Some extracts write this standing; others write the state of one bill (a visit before the premium was
booked, one settled by hand), and the next bill of the same person is an insured one again. Which of the two a
county's extract does is counted from its own rows, status by status.
"""

from __future__ import annotations

from fangpin.types import Period, Step

UNINSURED_STATUSES = ("未参保", "暂停参保", "终止参保")

# A status is fleeting when at most half of those seen again the same year still have one like it, and at least so
# many were seen again: of fewer nothing can be said, and the word stands (S003-8 is a red warning).
FLEETING_PEOPLE = 5

_MONTHS = """
with told as (
  select
    person_no,
    period_no,
    max_by(insured_status, row(coalesce(settled_on, date '1990-01-01'), batch_id, row_number)) as insured_status
  from fact_medical_settlement
  where person_no is not null
    and insured_status is not null
    and period_no between $period_no - 23 and $period_no
    and period_no in (select period_no from coverage where source_id = 'medical_settlement')
  group by person_no, period_no
)
select
  *,
  lag(insured_status) over year_of_person as status_before,
  lead(insured_status) over year_of_person as status_next
from told
-- A new year is a new premium: what was told in another year is no contradiction.
window year_of_person as (partition by person_no, (period_no - 1) // 12 order by period_no)
"""

_FLEETING = """
select insured_status
from insured_month
where list_contains($uninsured, insured_status)
  and status_next is not null
group by insured_status
having count(distinct person_no) >= $people
  and count(*) filter (where list_contains($uninsured, status_next)) * 2 <= count(*)
"""

_STATUS = """
with last_told as (
  select
    person_no,
    max(period_no) as period_no
  from insured_month
  where period_no >= $year_no
  group by person_no
)
select
  insured_month.person_no,
  insured_month.insured_status,
  case
    when not list_contains($uninsured, insured_month.insured_status) then false
    when insured_fleeting.insured_status is null then true
    -- A fleeting word needs a second month that says the same: once, nobody can tell.
    when list_contains($uninsured, insured_month.status_before) then true
  end as is_uninsured
from insured_month
join last_told
  on last_told.person_no = insured_month.person_no
  and last_told.period_no = insured_month.period_no
left join insured_fleeting on insured_fleeting.insured_status = insured_month.insured_status
"""


def insurance_steps(period: Period) -> list[Step]:
    """Return the steps that make medical_status: one row a person seen this year, its last status, uninsured or not.

    Source: S003-8 (uninsured and seriously ill or severely disabled); uninsured is null where a single row of a
    fleeting status says so.

    >>> [step.table for step in insurance_steps(Period(2024, 3))]
    ['insured_month', 'insured_fleeting', 'medical_status']
    """
    now = ("period_no", period.ordinal)
    uninsured = ("uninsured", list(UNINSURED_STATUSES))
    return [
        Step("insured_month", _MONTHS, (now,)),
        Step("insured_fleeting", _FLEETING, (uninsured, ("people", FLEETING_PEOPLE))),
        Step("medical_status", _STATUS, (("year_no", Period(period.year, 1).ordinal), uninsured)),
    ]
