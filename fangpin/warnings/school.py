"""What the monthly enrolment lists say of a person: on the list, last status, class, months away.

Floor 2. Steps only, run by inputs.run_steps. A month without a batch is no month of absence, and July to
September are none either: lists of those who change school come late.
"""

from __future__ import annotations

from fangpin.types import Period, Step

# Two rows of one month (the old and the new school): the one that keeps the child in class counts.
STATUS_ORDER = ("在读", "送教上门", "休学", "转学", "毕业", "辍学")
SUMMER_MONTHS = (7, 8, 9)

_MONTHS = """
select
  person_no,
  period_no,
  -- A status outside the order comes last; no status at all loses to any.
  min_by(enrolment_status, row(place, batch_id, row_number)) as enrolment_status,
  min_by(school_grade, row(place, batch_id, row_number)) as school_grade
from (
  select
    person_no,
    period_no,
    batch_id,
    row_number,
    enrolment_status,
    school_grade,
    coalesce(nullif(list_position($statuses, enrolment_status), 0), 99) as place
  from fact_school_enrolment
  where person_no is not null
    and period_no between $period_no - 23 and $period_no
    and period_no in (select period_no from coverage where source_id = 'school_enrolment')
)
group by person_no, period_no
"""

_PERSONS = """
with covered as (
  select
    count(*) filter (where period_no = $period_no) > 0 as is_now,
    count(*) filter (where period_no = $period_no - 1) > 0 as is_before,
    list(distinct period_no) filter (where not list_contains($summer, (period_no - 1) % 12 + 1)) as term_months
  from coverage
  where source_id = 'school_enrolment'
    and period_no between $period_no - 23 and $period_no
)
, seen as (
  select
    person_no,
    max(period_no) as last_no,
    bool_or(period_no = $period_no) as is_now,
    bool_or(period_no = $period_no - 1) as is_before,
    max(enrolment_status) filter (where period_no = $period_no) as status_now,
    -- The last that is known: a blank cell of a later month hides nothing.
    max_by(enrolment_status, period_no) as last_status,
    max_by(school_grade, period_no) as last_grade
  from school_month
  group by person_no
)
, classes as (
  select
    *,
    regexp_extract(last_grade, '([一二三四五六七八九1-9])(?:年级|（|[(]|班|$)', 1) as figure
  from seen
)
, figures as (
  select
    *,
    -- No figure is an empty text, which stands at no place: null.
    case
      when figure <> '' then greatest(instr('一二三四五六七八九', figure), instr('123456789', figure))
    end as figure_no
  from classes
)
, years as (
  select
    *,
    -- School years of nine-year compulsory education: 1-6 primary, 7-9 junior; 0 before, 10 after; null unreadable.
    case
      when regexp_matches(last_grade, '幼|学前|托|小班|中班|大班') then 0
      when regexp_matches(last_grade, '高|职|中专|技校|大学|大专|专科|本科|研') then 10
      when last_grade like '%初%' and figure_no <= 3 then 6 + figure_no
      else figure_no
    end as school_year
  from figures
)
select
  person.person_no,
  case when covered.is_now then coalesce(years.is_now, false) end as is_on_school_list,
  case when covered.is_before then coalesce(years.is_before, false) end as was_on_school_list,
  case when covered.is_now then years.status_now end as enrolment_status,
  case when covered.is_now then years.last_status end as last_enrolment_status,
  case when covered.is_now then years.school_year end as school_year,
  case when covered.is_now then (years.last_no - 1) % 12 + 1 end as school_last_month,
  -- Never seen: not away from anything, null.
  case
    when covered.is_now and years.last_no is not null
      then coalesce(len(list_filter(covered.term_months, lambda m: m > years.last_no)), 0)
  end as school_absent_months
from person
cross join covered
left join years on years.person_no = person.person_no
"""


def school_steps(period: Period) -> list[Step]:
    """Return the steps that make person_school: one row a registered person, columns as in core_measures.

    Source: S003-7 and 四查三比对 (R32): who left the list without 转学 or 毕业.

    >>> [step.table for step in school_steps(Period(2024, 3))]
    ['school_month', 'person_school']
    """
    now = ("period_no", period.ordinal)
    return [
        Step("school_month", _MONTHS, (now, ("statuses", list(STATUS_ORDER)))),
        Step("person_school", _PERSONS, (now, ("summer", list(SUMMER_MONTHS)))),
    ]
