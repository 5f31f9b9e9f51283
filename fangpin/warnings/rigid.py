"""What a household cannot help spending in twelve months, by kind, and its income by component and by both bases.

Floor 2. Steps only, run by inputs.run_steps. A kind nobody tells of is not counted and not named; one told in part is a
lower bound, and so is the sum. Rehabilitation is known only as far as the settlements of 医保 hold it.
"""

from __future__ import annotations

from fangpin.types import Period, Step

_SCHOOL = """
with lists as (
  -- One list a school year: the last one of twelve months holds, whatever it replaced.
  select max(period_no) as last_no
  from coverage
  where source_id = 'student_aid'
    and period_no between $period_no - 11 and $period_no
)
, told as (
  select
    fact.person_no,
    case when count(*) = count(fact.tuition_yuan) then sum(fact.tuition_yuan) end
      + coalesce(sum(fact.lodging_yuan), 0)
      + coalesce(sum(fact.textbook_yuan), 0) as fees_yuan,
    -- Aid of one row left blank leaves the aid unknown, and with it what the family paid itself.
    case when count(*) = count(fact.aid_yuan) then sum(fact.aid_yuan) end as aid_yuan,
    count(*) = count(fact.lodging_yuan) and count(*) = count(fact.textbook_yuan) as is_complete
  from fact_student_aid as fact
  join lists on lists.last_no = fact.period_no
  where fact.person_no is not null
  group by fact.person_no
)
select
  person.person_no,
  -- Not on the list: no fees beyond compulsory school.
  case
    when lists.last_no is null then null
    when told.person_no is null then 0
    -- More aid than fees is no income. (greatest would take an unknown for nothing.)
    when told.fees_yuan < told.aid_yuan then 0
    else told.fees_yuan - told.aid_yuan
  end::decimal(18,2) as school_cost_yuan,
  case
    when lists.last_no is null then null
    when told.person_no is null then true
    else told.is_complete and told.fees_yuan - told.aid_yuan is not null
  end as is_school_cost_complete,
  told.aid_yuan::decimal(18,2) as school_aid_yuan
from person
cross join lists
left join told on told.person_no = person.person_no
"""

_LOSSES = """
with covered as (
  select
    count(*) filter (where source_id = 'disaster_loss') > 0 as is_disaster,
    count(*) filter (where source_id = 'accident_event') > 0 as is_accident
  from coverage
  where period_no between $period_no - 11 and $period_no
)
, losses as (
  select household_no, 'disaster' as cause, loss_yuan - relief_yuan as net_yuan
  from fact_disaster_loss
  where household_no is not null
    and period_no between $period_no - 11 and $period_no
  union all
  select household_no, 'accident' as cause, loss_yuan - compensation_yuan as net_yuan
  from fact_accident_event
  where household_no is not null
    and period_no between $period_no - 11 and $period_no
)
, sums as (
  -- A loss whose relief nobody tells is no net loss yet: it stands out, and the sum is a lower bound.
  select
    household_no,
    sum(case when net_yuan < 0 then 0 else net_yuan end) filter (where cause = 'disaster') as disaster_yuan,
    sum(case when net_yuan < 0 then 0 else net_yuan end) filter (where cause = 'accident') as accident_yuan,
    count(*) filter (where cause = 'disaster') as disasters,
    count(*) filter (where cause = 'accident') as accidents,
    count(*) = count(net_yuan) as is_complete
  from losses
  group by household_no
)
select
  household.household_no,
  case
    when sums.disasters > 0 then sums.disaster_yuan
    when covered.is_disaster then 0
  end::decimal(18,2) as disaster_net_yuan,
  case
    when sums.accidents > 0 then sums.accident_yuan
    when covered.is_accident then 0
  end::decimal(18,2) as accident_net_yuan,
  coalesce(sums.is_complete, true) as is_complete
from household
cross join covered
left join sums on sums.household_no = household.household_no
"""

_HOUSEHOLDS = """
with members as (
  select
    person.household_no,
    sum(medical.self_paid_rolling_yuan) as medical_yuan,
    bool_and(medical.is_self_paid_rolling_complete) as is_medical_complete,
    sum(school.school_cost_yuan) as school_yuan,
    bool_and(school.is_school_cost_complete) as is_school_complete
  from person
  join person_medical as medical on medical.person_no = person.person_no
  join person_school_cost as school on school.person_no = person.person_no
  group by person.household_no
)
, kinds as (
  select
    household.household_no,
    members.medical_yuan,
    members.school_yuan,
    losses.disaster_net_yuan,
    losses.accident_net_yuan,
    members.is_school_complete,
    -- Without 医保 the greatest kind is missing: never complete. A kind without a list of its own is not waited for.
    coalesce(members.is_medical_complete, false)
      and coalesce(members.is_school_complete, true)
      and losses.is_complete as is_complete,
    [
      case when members.medical_yuan is not null then '医疗' end,
      case when members.school_yuan > 0 then '上学' end,
      case when losses.disaster_net_yuan > 0 then '因灾' end,
      case when losses.accident_net_yuan > 0 then '因意外' end
    ] as names
  from household
  join household_losses as losses on losses.household_no = household.household_no
  left join members on members.household_no = household.household_no
)
, sums as (
  select
    *,
    coalesce(medical_yuan, school_yuan, disaster_net_yuan, accident_net_yuan) is not null as is_known,
    coalesce(medical_yuan, 0) + coalesce(school_yuan, 0) + coalesce(disaster_net_yuan, 0)
      + coalesce(accident_net_yuan, 0) as known_yuan
  from kinds
)
select
  sums.household_no,
  sums.school_yuan::decimal(18,2) as school_cost_yuan,
  sums.is_school_complete as is_school_cost_complete,
  sums.disaster_net_yuan,
  sums.accident_net_yuan,
  -- Without 医保 a sum of nothing says nothing: only what is spent for certain counts.
  case when sums.medical_yuan is not null or sums.known_yuan > 0 then sums.known_yuan end::decimal(18,2) as rigid_yuan,
  case when sums.is_known then sums.is_complete end as is_rigid_complete,
  nullif(array_to_string(list_filter(sums.names, lambda name: name is not null), '、'), '') as rigid_kinds,
  case when sums.medical_yuan is not null or sums.known_yuan > 0
    then sums.known_yuan::double / nullif(household_income.income_year_yuan, 0)
  end as rigid_share,
  (
    case when sums.medical_yuan is not null or sums.known_yuan > 0
      then household_income.income_year_yuan - sums.known_yuan
    end::double / nullif(household.size, 0)
  )::decimal(18,2) as income_after_rigid_per_head_yuan
from sums
join household on household.household_no = sums.household_no
join household_income on household_income.household_no = sums.household_no
"""

_COMPONENTS = """
with covered as (
  select count(*) > 0 as is_now
  from coverage
  where source_id = 'visit_ledger'
    and period_no = $period_no
)
, visits as (
  -- Told twice in a month: the later row corrects the earlier one, blank cells included.
  select
    household_no,
    period_no,
    arg_max_null(income_yuan, row(batch_id, row_number)) as income_yuan,
    arg_max_null(wage_yuan, row(batch_id, row_number)) as wage_yuan,
    arg_max_null(business_yuan, row(batch_id, row_number)) as business_yuan,
    arg_max_null(property_yuan, row(batch_id, row_number)) as property_yuan,
    arg_max_null(transfer_yuan, row(batch_id, row_number)) as transfer_yuan,
    arg_max_null(uncounted_yuan, row(batch_id, row_number)) as uncounted_yuan
  from fact_visit_ledger
  where household_no is not null
    and period_no between $period_no - 11 and $period_no
    and period_no in (select period_no from coverage where source_id = 'visit_ledger')
    -- Most counties tell no components: only households that ever told one are worth the sorting.
    and household_no in (
      select household_no
      from fact_visit_ledger
      where coalesce(wage_yuan, business_yuan, property_yuan, transfer_yuan, uncounted_yuan) is not null
    )
  group by household_no, period_no
)
, means as (
  select
    household_no,
    avg(wage_yuan::double) as wage_yuan,
    avg(business_yuan::double) as business_yuan,
    avg(property_yuan::double) as property_yuan,
    avg(transfer_yuan::double) as transfer_yuan,
    avg((income_yuan - uncounted_yuan)::double) as disposable_yuan
  from visits
  group by household_no
)
select
  household.household_no,
  case when covered.is_now then means.wage_yuan * 12 end::decimal(18,2) as wage_year_yuan,
  case when covered.is_now then means.business_yuan * 12 end::decimal(18,2) as business_year_yuan,
  case when covered.is_now then means.property_yuan * 12 end::decimal(18,2) as property_year_yuan,
  case when covered.is_now then means.transfer_yuan * 12 end::decimal(18,2) as transfer_year_yuan,
  case when covered.is_now then means.disposable_yuan * 12 / nullif(household.size, 0) end::decimal(18,2)
    as disposable_per_head_yuan
from household
cross join covered
left join means on means.household_no = household.household_no
"""


def rigid_steps(period: Period) -> list[Step]:
    """Return the steps that make person_school_cost, household_losses, household_rigid and household_components.

    They stand on person_medical and household_income. Rows out: one a registered person / household, columns as in
    rigid_measures. Twelve months to the end of the month; school costs are those of the last list of a school year.

    Source: S003-12 (上学、就医刚性支出), 2.3 F and G; 2.2 the two bases of income.

    >>> [step.table for step in rigid_steps(Period(2024, 3))]
    ['person_school_cost', 'household_losses', 'household_rigid', 'household_components']
    """
    now = ("period_no", period.ordinal)
    return [
        Step("person_school_cost", _SCHOOL, (now,)),
        Step("household_losses", _LOSSES, (now,)),
        Step("household_rigid", _HOUSEHOLDS),
        Step("household_components", _COMPONENTS, (now,)),
    ]
