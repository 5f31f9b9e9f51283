"""What the full monthly lists say: houses (住建), basic living (民政), disability certificates (残联).

Floor 2. Steps only, run by inputs.run_steps. In a covered month who is not on a list is not on it (false);
in a month without a batch nobody's standing is known (null).
"""

from __future__ import annotations

from fangpin.types import Period, Step

# 低保边缘 is a list to watch, not a safety net.
DIBAO = ("农村低保", "城市低保")
SAFETY_NET = (*DIBAO, "特困供养")

_HOUSES = """
with covered as (
  select
    count(*) filter (where period_no = $period_no) > 0 as is_now,
    count(*) filter (where period_no = $period_no - 1) > 0 as is_before
  from coverage
  where source_id = 'housing_appraisal'
)
, houses as (
  select
    household_no,
    period_no,
    batch_id,
    row_number,
    house_grade,
    renovation,
    inhabited,
    -- Not said to be empty: somebody's home. Rebuilt or being rebuilt: the help is there.
    -- C or D and nothing known of rebuilding: null.
    case
      when coalesce(inhabited, '是') = '否' then false
      when house_grade in ('A', 'B') then false
      when completed_on <= $last_day::date then false
      when house_grade in ('C', 'D') then renovation not in ('已改造', '改造中')
    end as is_unsafe
  from fact_housing_appraisal
  where household_no is not null
    and period_no between $period_no - 1 and $period_no
)
, places as (
  select
    *,
    -- Unsafe before unknown before safe, then the worse grade; a blank grade comes last.
    row(
      case when is_unsafe then 2 when is_unsafe is null then 1 else 0 end,
      coalesce(house_grade, ''),
      batch_id,
      row_number
    ) as place
  from houses
)
, verdicts as (
  select
    household_no,
    period_no,
    -- One unsafe house is enough; else one unknown house leaves it unknown.
    case
      when bool_or(is_unsafe) then true
      when count(*) = count(is_unsafe) then false
    end as is_unsafe,
    -- Of that one house, blank cells included (max_by would take the next house's).
    arg_max_null(house_grade, place) as house_grade,
    arg_max_null(renovation, place) as renovation,
    arg_max_null(inhabited, place) as inhabited,
    count(*) as houses
  from places
  group by household_no, period_no
)
select
  household.household_no,
  case when covered.is_now then now.house_grade end as house_grade,
  case when covered.is_now then now.renovation end as renovation,
  case when covered.is_now then now.inhabited end as inhabited,
  case
    when covered.is_now and now.houses is null then false
    when covered.is_now then now.is_unsafe
  end as is_unsafe_house,
  case
    when covered.is_before and before.houses is null then false
    when covered.is_before then before.is_unsafe
  end as was_unsafe_house
from household
cross join covered
left join verdicts as now on now.household_no = household.household_no and now.period_no = $period_no
left join verdicts as before on before.household_no = household.household_no and before.period_no = $period_no - 1
"""

# A roster that keeps those whose aid has ended says until when; the month of the end is still paid.
_DIBAO = """
select *
from fact_dibao_roster
where ended_on is null
  or year(ended_on) * 12 + month(ended_on) >= period_no
"""

_DIBAO_PERSONS = """
with covered as (
  select count(*) > 0 as is_now
  from coverage
  where source_id = 'dibao_roster'
    and period_no = $period_no
)
, listed as (
  select
    person_no,
    max_by(category, row(list_contains($net, category), category)) as category
  from dibao_month
  where person_no is not null
    and period_no = $period_no
  group by person_no
)
select
  person.person_no,
  case when covered.is_now then listed.category end as dibao_category
from person
cross join covered
left join listed on listed.person_no = person.person_no
"""

_DIBAO_HOUSEHOLDS = """
with covered as (
  select
    count(*) filter (where period_no = $period_no) > 0 as is_now,
    count(*) filter (where period_no < $period_no) > 0 as is_before
  from coverage
  where source_id = 'dibao_roster'
    and period_no between $period_no - 23 and $period_no
)
, listed as (
  select
    household_no,
    count(*) filter (where period_no = $period_no) as rows_now,
    count(*) filter (where period_no = $period_no and list_contains($dibao, category)) as dibao_rows_now,
    count(distinct person_no) filter (where period_no = $period_no) as persons,
    max(insured_count) filter (where period_no = $period_no) as insured_count,
    max(started_on) filter (where period_no = $period_no) as started_on,
    min(period_no) as first_period_no
  from dibao_month
  where household_no is not null
    and list_contains($net, category)
    and period_no between $period_no - 23 and $period_no
    and period_no in (select period_no from coverage where source_id = 'dibao_roster')
  group by household_no
)
select
  household.household_no,
  case when covered.is_now then coalesce(listed.rows_now, 0) > 0 end as has_safety_net,
  case when covered.is_now then coalesce(listed.persons, 0) end as dibao_persons,
  case when covered.is_now then listed.first_period_no end as dibao_first_period_no,
  case when covered.is_now then listed.started_on end as dibao_started_on,
  -- The list names every recipient, or the head with the number insured: either reaches the whole household.
  case
    when covered.is_now
      then coalesce(listed.dibao_rows_now, 0) > 0
        and greatest(listed.persons, coalesce(listed.insured_count, 0)) >= household.size
  end as is_dibao_whole_household,
  case
    when not covered.is_now then null
    when coalesce(listed.dibao_rows_now, 0) = 0 then false
    when listed.first_period_no < $period_no then false
    -- A start of long ago is a list that came late or a moved member, not a new grant.
    when listed.started_on is not null
      then year(listed.started_on) * 12 + month(listed.started_on) >= $period_no - 2
    when covered.is_before then true
  end as is_dibao_new
from household
cross join covered
left join listed on listed.household_no = household.household_no
"""

_DISABILITY = """
with covered as (
  select
    count(*) filter (where period_no = $period_no) > 0 as is_now,
    min(period_no) as first_period_no
  from coverage
  where source_id = 'disability_certificate'
    and period_no between $period_no - 23 and $period_no
)
, certificates as (
  select
    *,
    -- Position in 一二三四: the smaller, the more severe; 9 when the level cannot be read.
    coalesce(nullif(instr('一二三四', left(disability_level, 1)), 0), 9) as severity,
    severity <= 2 or (severity = 3 and disability_type in ('智力', '精神')) as is_severe
  from fact_disability_certificate
  where person_no is not null
    and period_no between $period_no - 23 and $period_no
    and period_no in (select period_no from coverage where source_id = 'disability_certificate')
)
, listed as (
  select
    person_no,
    min(period_no) as first_period_no,
    count(*) filter (where is_current) > 0 as is_listed,
    -- Of that one certificate, blank cells included (min_by would take the next certificate's).
    arg_min_null(disability_type, row(severity, batch_id, row_number)) filter (where is_current) as disability_type,
    arg_min_null(disability_level, row(severity, batch_id, row_number)) filter (where is_current) as disability_level,
    -- Of two certificates one severe is enough; else one whose kind is not told leaves it unknown.
    case
      when bool_or(is_severe) filter (where is_current) then true
      when count(*) filter (where is_current and is_severe is null) = 0 then false
    end as is_severe,
    max(issued_on) filter (where is_current) as issued_on,
    min(first_issued_on) filter (where is_current) as first_issued_on,
    arg_max_null(certificate_event, row(coalesce(issued_on, date '1990-01-01'), batch_id, row_number))
      filter (where is_current) as certificate_event
  from (
    select
      *,
      -- A certificate whose status is not stated counts as valid: lists without that column hold valid ones.
      period_no = $period_no and coalesce(certificate_status, '有效') = '有效' as is_current
    from certificates
  )
  group by person_no
)
, dated as (
  select
    *,
    year(issued_on) * 12 + month(issued_on) as issued_no,
    year(first_issued_on) * 12 + month(first_issued_on) as first_issued_no
  from listed
)
select
  person.person_no,
  case when covered.is_now then coalesce(dated.is_listed, false) end as is_disabled,
  case when covered.is_now then dated.disability_type end as disability_type,
  case when covered.is_now then dated.disability_level end as disability_level,
  case
    when covered.is_now and not coalesce(dated.is_listed, false) then false
    when covered.is_now then dated.is_severe
  end as is_severely_disabled,
  case
    when covered.is_now and covered.first_period_no < $period_no
      then coalesce(dated.first_period_no < $period_no, false)
  end as was_disabled,
  case when covered.is_now then dated.certificate_event end as certificate_event,
  case when covered.is_now then $period_no - dated.issued_no end as certificate_age_months,
  case
    when not covered.is_now then null
    when not coalesce(dated.is_listed, false) then false
    when dated.certificate_event <> '新办' then false
    -- The list says when this person was first certified: nothing else need be inferred.
    when dated.first_issued_no is not null then $period_no - dated.first_issued_no between 0 and 1
    when dated.issued_no is null then null
    when $period_no - dated.issued_no not between 0 and 1 then false
    when dated.certificate_event = '新办' then true
    -- Listed before this certificate was issued: a renewal, whatever the remark leaves out.
    when dated.first_period_no < dated.issued_no then false
    when covered.first_period_no < dated.issued_no then true
  end as is_newly_disabled
from person
cross join covered
left join dated on dated.person_no = person.person_no
"""


def roster_steps(period: Period) -> list[Step]:
    """Return the steps of the three lists: household_house, person_dibao and household_dibao, person_disability.

    Source: S003-9 (C/D houses), S003-10 and S004-6 (低保), S002-4⑥ and S004-5 (newly and severely disabled).

    >>> [step.table for step in roster_steps(Period(2024, 3))]
    ['household_house', 'dibao_month', 'person_dibao', 'household_dibao', 'person_disability']
    """
    now = ("period_no", period.ordinal)
    dibao, net = ("dibao", list(DIBAO)), ("net", list(SAFETY_NET))
    return [
        Step("household_house", _HOUSES, (now, ("last_day", period.last_day))),
        Step("dibao_month", _DIBAO),
        Step("person_dibao", _DIBAO_PERSONS, (now, net)),
        Step("household_dibao", _DIBAO_HOUSEHOLDS, (now, dibao, net)),
        Step("person_disability", _DISABILITY, (now,)),
    ]
