"""What the settlement rows say of a person and a household: self-paid sums, serious illness, insurance beside them.

Floor 2. Steps only, run by inputs.run_steps. Amounts are net of reversals (negative rows). A month
without a batch in force is no month of zero spending: sums over it are lower bounds, and the flags beside them say so.
"""

from __future__ import annotations

from fangpin.types import Period, Step
from fangpin.warnings.insurance import UNINSURED_STATUSES, insurance_steps

# Words of a diagnosis that make the illness serious by themselves. They follow the inpatient diseases of the
# national special-treatment list (农村贫困人口大病专项救治) and the 2020 definitions of critical illness. Cataract and
# cerebral infarction stand on the former too, but a settlement row with those words is mostly a mild or chronic
# case: for them the register's 患有大病 decides.
SERIOUS_DISEASES = (
    "癌",
    "恶性肿瘤",
    "白血病",
    "淋巴瘤",
    "骨髓瘤",
    "肉瘤",
    "母细胞瘤",
    "尿毒症",
    "终末期肾病",
    "肾衰竭",
    "肾功能衰竭",  # as ICD-10 writes it
    "肝衰竭",
    "肝功能衰竭",
    "肝硬化",
    "重症肝炎",
    "心肌梗死",
    "脑出血",
    "蛛网膜下腔出血",
    "主动脉夹层",
    "再生障碍性贫血",
    "血友病",
    "地中海贫血",
    "重症胰腺炎",
    "多脏器衰竭",
    "先天性心脏病",
    "运动神经元病",
    "系统性红斑狼疮",
    "器官移植",
    "耐多药肺结核",
    "尘肺",
)

_MONTHS = """
select
  period_no,
  person_no,
  sum(self_paid_yuan) as self_paid_yuan,
  sum(total_yuan) as total_yuan,
  -- A status left blank counts as insured: only a stated status makes a bill an uninsured one.
  sum(self_paid_yuan) filter (where care_type = '住院' and not is_uninsured) as inpatient_yuan,
  sum(self_paid_yuan) filter (where is_uninsured) as uninsured_yuan
from (
  select
    fact.period_no,
    fact.person_no,
    fact.care_type,
    fact.self_paid_yuan,
    fact.total_yuan,
    coalesce(list_contains($uninsured, fact.insured_status), false) as is_uninsured
  from fact_medical_settlement as fact
  where fact.person_no is not null
    and fact.period_no between $period_no - 23 and $period_no
    and fact.period_no in (select period_no from coverage where source_id = 'medical_settlement')
)
group by period_no, person_no
"""

_SERIOUS = """
with bills as (
  select
    person_no,
    settlement_no,
    coalesce(list_contains($uninsured, insured_status), false) as is_uninsured,
    coalesce(total_yuan, 0) < 0 as is_reversal,
    -- No diagnosis is no serious diagnosis; the register's health column may still say so.
    coalesce(regexp_matches(diagnosis, $serious), false) as is_serious
  from fact_medical_settlement
  where person_no is not null
    and period_no between $period_no - 11 and $period_no
    and period_no in (select period_no from coverage where source_id = 'medical_settlement')
)
, standing as (
  select
    person_no,
    bool_or(is_serious and is_uninsured and not is_reversal) as is_uninsured
  from bills
  group by person_no, settlement_no
  -- A bill reversed in whatever month of the window leaves no illness behind. Under one number the reversal need not
  -- repeat the diagnosis; without a number the serious rows of the person are weighed together.
  having count(*) filter (where is_serious) > 0
    and count(*) filter (where not is_reversal and (is_serious or settlement_no is not null))
      > count(*) filter (where is_reversal and (is_serious or settlement_no is not null))
)
select
  person_no,
  bool_or(is_uninsured) as is_uninsured
from standing
group by person_no
"""

_LARGEST = """
select
  person_no,
  max(self_paid_yuan) as largest_bill_yuan
from (
  -- A bill and its reversal carry one number and cancel out; a row without a number is a bill of its own.
  select
    person_no,
    sum(self_paid_yuan) as self_paid_yuan
  from fact_medical_settlement
  where person_no is not null
    and period_no = $period_no
  group by person_no, coalesce(settlement_no, concat(batch_id, '#', row_number))
)
group by person_no
"""

_PERSONS = """
with covered as (
  select
    count(distinct period_no) filter (where period_no = $period_no) = 1 as is_now,
    count(distinct period_no) filter (where period_no between $period_no - 12 and $period_no - 1) as months_before,
    count(distinct period_no) filter (where period_no between $year_no and $period_no)
      = $period_no - $year_no + 1 as is_year_complete,
    count(distinct period_no) filter (where period_no between $period_no - 11 and $period_no) = 12
      as is_rolling_complete
  from coverage
  where source_id = 'medical_settlement'
)
, sums as (
  select
    person_no,
    sum(self_paid_yuan) filter (where period_no = $period_no) as month_yuan,
    sum(self_paid_yuan) filter (where period_no >= $year_no) as year_yuan,
    sum(self_paid_yuan) filter (where period_no > $period_no - 12) as rolling_yuan,
    sum(self_paid_yuan) filter (where period_no between $period_no - 12 and $period_no - 1) as before_yuan,
    sum(inpatient_yuan) filter (where period_no >= $year_no) as inpatient_yuan,
    sum(uninsured_yuan) filter (where period_no = $period_no) as uninsured_month_yuan,
    sum(uninsured_yuan) filter (where period_no >= $year_no) as uninsured_year_yuan,
    sum(total_yuan) filter (where period_no = $period_no) as total_yuan
  from medical_month
  group by person_no
)
select
  person.person_no,
  -- Covered and no row: nothing was paid. Not covered: null, whoever it is.
  case when covered.is_now then coalesce(sums.month_yuan, 0)::decimal(18,2) end as self_paid_month_yuan,
  case when covered.is_now then coalesce(sums.year_yuan, 0)::decimal(18,2) end as self_paid_year_yuan,
  case when covered.is_now then coalesce(sums.rolling_yuan, 0)::decimal(18,2) end as self_paid_rolling_yuan,
  case
    when covered.is_now and covered.months_before > 0
      then (coalesce(sums.before_yuan, 0)::double / covered.months_before)::decimal(18,2)
  end as self_paid_mean_yuan,
  case when covered.is_now then coalesce(sums.inpatient_yuan, 0)::decimal(18,2) end as inpatient_self_paid_year_yuan,
  case when covered.is_now then coalesce(largest.largest_bill_yuan, 0)::decimal(18,2) end as largest_bill_yuan,
  case when covered.is_now then coalesce(sums.total_yuan, 0)::decimal(18,2) end as medical_total_month_yuan,
  case when covered.is_now then coalesce(sums.uninsured_month_yuan, 0)::decimal(18,2) end
    as self_paid_uninsured_month_yuan,
  case when covered.is_now then coalesce(sums.uninsured_year_yuan, 0)::decimal(18,2) end
    as self_paid_uninsured_year_yuan,
  case when covered.is_now then status.insured_status end as insured_status,
  case when covered.is_now then status.is_uninsured end as is_uninsured,
  case when covered.is_now then serious.person_no is not null end as has_serious_diagnosis,
  case when covered.is_now then coalesce(serious.is_uninsured, false) end as has_uninsured_serious_bill,
  -- Months are missing: the sums above hold at least what is known, and what they lack nobody knows.
  case when covered.is_now then covered.is_year_complete end as is_self_paid_year_complete,
  case when covered.is_now then covered.is_rolling_complete end as is_self_paid_rolling_complete
from person
cross join covered
left join sums on sums.person_no = person.person_no
left join medical_largest as largest on largest.person_no = person.person_no
left join medical_serious as serious on serious.person_no = person.person_no
left join medical_status as status on status.person_no = person.person_no
"""


def medical_steps(period: Period) -> list[Step]:
    """Return the steps that make person_medical: one row a registered person, columns as in core_measures.

    Source: 2.3 self-paid arithmetic (个人负担 after all reimbursement); year = calendar year to the end of the month.

    >>> [step.table for step in medical_steps(Period(2024, 3))][:3]
    ['medical_month', 'medical_serious', 'medical_largest']
    """
    now = ("period_no", period.ordinal)
    year = ("year_no", Period(period.year, 1).ordinal)
    uninsured = ("uninsured", list(UNINSURED_STATUSES))
    serious = ("serious", "|".join(SERIOUS_DISEASES))
    return [
        Step("medical_month", _MONTHS, (now, uninsured)),
        Step("medical_serious", _SERIOUS, (now, serious, uninsured)),
        Step("medical_largest", _LARGEST, (now,)),
        *insurance_steps(period),
        Step("person_medical", _PERSONS, (now, year)),
    ]
