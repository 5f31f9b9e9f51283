"""Whether a fall of income lasts: what is ordinary in the county's month, and which falls of the past lasted.

Floor 2. Steps only, run by inputs.run_steps. No line here is set by hand for a county: both answers are counted from
its own visits, so that a county of steady wages and one of harvests are each measured by their own months.
"""

from __future__ import annotations

from fangpin.types import Step

# A month counts as fallen at seven tenths of the household's middle month: what the past is searched for.
FALL_SHARE = 0.7
# Of fewer past falls no share can be told.
FALL_CASES = 10
# What is ordinary is the robust standard deviation of how the county's households stand against their own middle month
# (1.4826 times the median distance is the standard deviation where nothing is wrong, and a few that fell do not move
# it). Beyond three of them is out of the ordinary: the limit of control charts.
SWING_SIGMAS = 3.0
_ROBUST = 1.4826

_SWING = """
select
  case
    when count(*) filter (where month_share > 0) >= $households
      then 1 - exp(-$sigmas * $robust * median(abs(ln(month_share))) filter (where month_share > 0))
  end as income_swing
from visit_standing
"""

# Falls of the past, each in its first month: what the family spent in it, and whether the next visit found it still
# fallen. A household that thinks a loss will last cuts its spending; one that lives through a bad month does less so.
# How far that holds in this county, its own past falls say.
_FALLS = """
with fallen as (
  select household_no
  from visit_level
  group by household_no
  having min(level_yuan) <= $fall * max(level_yuan)
)
, standing as (
  select
    household_no,
    period_no,
    level_yuan,
    lag(level_yuan) over in_order as before_yuan,
    lead(level_yuan) over in_order as next_yuan,
    lead(period_no) over in_order as next_no,
    count(*) over earlier as visits,
    median(level_yuan) over earlier as usual_yuan,
    count(spending_level_yuan) over earlier as spending_visits,
    1 - spending_level_yuan / nullif(median(spending_level_yuan) over earlier, 0) as spending_fall
  from visit_level
  where household_no in (select household_no from fallen)
  window in_order as (partition by household_no order by period_no),
    earlier as (partition by household_no order by period_no rows between 12 preceding and 1 preceding)
)
, falls as (
  select
    spending_fall,
    count(*) as cases,
    count(*) filter (where next_yuan <= $fall * usual_yuan) as lasting
  from standing
  where visits >= 3
    and spending_visits >= 3
    and level_yuan <= $fall * usual_yuan
    and before_yuan > $fall * usual_yuan
    and next_no <= period_no + 3
    and spending_fall is not null
  group by spending_fall
)
select
  spending_fall,
  -- Of all falls in which the family cut its spending at least as much.
  sum(cases) over at_least as cases,
  sum(lasting) over at_least as lasting
from falls
window at_least as (order by spending_fall desc rows unbounded preceding)
-- A family that cut more than any of the first so many is compared with them.
qualify sum(cases) over at_least >= $cases
"""


def fall_steps(*, households: int) -> list[Step]:
    """Return the steps that make visit_swing and visit_fall, from visit_level and visit_standing of income_steps.

    Rows out: visit_swing, one row: income_swing, the share by which a month may lie under its household's middle one
    and still be ordinary (null with fewer than so many households to compare); visit_fall: spending_fall, and of the
    falls of the past with at least that much spending cut how many there were (cases) and lasted (lasting).

    Source: S003-13 (a lasting fall, not one bad month); three sigma: Shewhart (1931).

    >>> [step.table for step in fall_steps(households=30)]
    ['visit_swing', 'visit_fall']
    """
    return [
        Step("visit_swing", _SWING, (("households", households), ("sigmas", SWING_SIGMAS), ("robust", _ROBUST))),
        Step("visit_fall", _FALLS, (("fall", FALL_SHARE), ("cases", FALL_CASES))),
    ]
