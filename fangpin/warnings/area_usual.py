"""What an area had this month, held against its own earlier months and against the rest of the county.

Floor 2. SQL as pure values; the steps before it are in area_steps.

Source: S002-17 (a high share), S004-10 (大进大出); R78 (mean and two deviations).
"""

from __future__ import annotations

from typing import Final

from fangpin.warnings.area_measures import AREA_MONTH, COUNTED

LOOKED_BACK: Final = 12
"""Months that an area's own usual is told from: a whole year, so that no season is missing from it."""

_MONTH = """
with whole as (
  select level, count(*) as areas, sum(households) as households, {sums}
  from area_known group by level
)
, usual as (
  select level, township, village, {usual}
  from area_before
  where period_no between $period_no - {back} and $period_no - 1
  group by level, township, village
)
, expected as (
  select
    area.*,
    whole.areas,
    county.cases / nullif(county.households, 0) as county_monitored_share,
    usual.* exclude (level, township, village),
    {expected}
  from area_known area
  join whole on whole.level = area.level
  cross join (
    select sum(monitored) as cases, sum(households) as households from area_known where level = 'township'
  ) county
  left join usual
    on usual.level = area.level and usual.township = area.township
    and usual.village is not distinct from area.village
)
, wide as (
  select
    expected.* exclude ({months}),
    $month_end::date as month_end,
    area_key.title as key_area,
    monitored / households as monitored_share,
    {wilson} as monitored_share_low,
    monitored + near_line as exposed,
    100.0 * leads / households as leads_per_hundred,
    disaster_households / households as disaster_share,
    {chances}
  from expected
  left join area_key
    on area_key.level = expected.level and area_key.township = expected.township
    and area_key.village is not distinct from expected.village
)
select
  {columns}
from wide
order by level, township, village
"""

# The lower end of Wilson's interval: a share of few households says little about the next one, of many a lot.
_WILSON = """(
      (monitored + 1.9208) / (households + 3.8416)
      - 1.96 / (households + 3.8416) * sqrt(monitored * (households - monitored) / households + 0.9604)
    )"""


def month_sql() -> str:
    """Return the statement of area_month over area_known, area_before and area_key; $period_no, $month_end are bound.

    >>> "area_known" in month_sql()
    True
    """
    return _MONTH.format(
        back=LOOKED_BACK,
        sums=", ".join(f"sum({name}) as {name}" for name in COUNTED),
        usual=", ".join(_told(name) for name in COUNTED),
        expected=",\n    ".join(_expected(name) for name in COUNTED),
        months=", ".join(f"{name}_months" for name in COUNTED),
        wilson=_WILSON,
        chances=",\n    ".join(
            f"coalesce({name}_months, 0) as {name}_months, {_chance(name)} as {name}_chance" for name in COUNTED
        ),
        columns=",\n  ".join(f"{name}::{kind} as {name}" for name, kind in AREA_MONTH.items()),
    )


def _told(name: str) -> str:
    # Of whole numbers: the database's own deviation depends in its last digit on the order in which rows come.
    squares = f"(count({name}) * sum({name} * {name}) - sum({name}) * sum({name}))::double"
    deviation = f"sqrt({squares} / (count({name}) * (count({name}) - 1)))"
    return (
        f"count({name}) as {name}_months, avg({name}) as {name}_mean,"
        f" case when count({name}) > 1 then {deviation} end as {name}_sd"
    )


def _expected(name: str) -> str:
    """Return how many an area could expect: its own usual, or what the rest of the county has, whichever is more.

    What rises everywhere, because a department began to report or a season came, is no matter of one village.
    """
    rest = f"(whole.{name} - area.{name}) / nullif(whole.households - area.households, 0) * area.households"
    return f"case when usual.{name}_mean is not null then greatest(usual.{name}_mean, {rest}) end as {name}_expected"


def _chance(name: str) -> str:
    """Return the chance that a Poisson count of the expected mean reaches this month's count or more.

    Small numbers jump by themselves: two leads in a village of thirty are no burst, whatever the standard deviation
    of twelve zeros says.
    """
    mean = f"{name}_expected"
    below = f"list_sum(list_transform(range(0, {name}), lambda i: exp(i * ln({mean}) - {mean} - lgamma(i + 1))))"
    return f"""case
      when {name} is null or {mean} is null then null
      when {name} = 0 then 1.0
      when {mean} = 0 then 0.0
      else greatest(0.0, 1.0 - {below})
    end"""
