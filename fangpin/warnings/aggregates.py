"""Every source's rows aggregated once a level: what a subject's measures are made of, for those that have any row.

Floor 2. Months are bits of one number (bit 0 this month, bit 23 the oldest that counts), for the county's coverage of a
source as for one subject's presence on a list, so that every form is arithmetic on two numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from fangpin.config.measure_models import DeclaredMeasure, Form, Window
from fangpin.types import Period, Subject
from fangpin.warnings.histories import HISTORY_MONTHS, months_list, months_map
from fangpin.warnings.inputs import quoted
from fangpin.warnings.measures import SourceMeasures


def window_months(window: Window, period: Period) -> int:
    """Return how many months a window has at a month, that month included.

    >>> [window_months(window, Period(2024, 3)) for window in (Window.QUARTER, Window.YEAR, Window.SCHOOL_YEAR)]
    [3, 3, 7]
    """
    match window:
        case Window.MONTH:
            return 1
        case Window.QUARTER:
            return 3
        case Window.YEAR:
            return period.month
        case Window.SCHOOL_YEAR:
            return (period.month - 9) % 12 + 1
        case Window.ROLLING:
            return 12


def table_name(one: SourceMeasures, level: Subject) -> str:
    """Return the table of one source's aggregates at a level."""
    return f"measured_{one.declared.id}_{level.value}"


def is_spread(one: SourceMeasures, level: Subject) -> bool:
    """Say whether rows of places count for every household that lives there."""
    return one.source.subject is Subject.VILLAGE and level is Subject.HOUSEHOLD


def keys_of(one: SourceMeasures, level: Subject) -> tuple[str, ...]:
    """Return the columns that name a subject in the aggregates of a level."""
    if is_spread(one, level):
        return "township", "village", "village_group"
    return {
        Subject.PERSON: ("person_no",),
        Subject.HOUSEHOLD: ("household_no",),
        Subject.VILLAGE: ("township", "village"),
    }[level]


def conditions(one: SourceMeasures, level: Subject) -> list[str]:
    """Return the distinct conditions of a level's measures; a condition's place names its columns."""
    return sorted({measure.where for measure in one.at(level)})


def key_of(wide: str, key: str) -> str:
    """Return a key of a wide table; a household without a group is in the group of no name."""
    return f"coalesce({wide}.village_group, '')" if key == "village_group" else f"{wide}.{key}"


def covered_now(one: SourceMeasures) -> str:
    """Return the condition that the source has a batch of this month."""
    return f"(measure_coverage.{one.declared.id}_months & 1) = 1"


def coverage_sql(measures: Sequence[SourceMeasures]) -> str:
    """Return the SELECT of one row: by set the covered months as bits, and how long ago the last list before was."""
    columns = ",\n  ".join(
        f"coalesce(bit_or(1::bigint << ($period_no - period_no)) filter (where source_id = '{one.source.id}'), 0) "
        f"as {one.declared.id}_months,\n"
        f"  min($period_no - period_no) filter (where source_id = '{one.source.id}' and period_no < $period_no) "
        f"as {one.declared.id}_before"
        for one in measures
    )
    return f"""
select
  {columns}
from coverage
where period_no between $period_no - {HISTORY_MONTHS - 1} and $period_no
"""


def aggregates_sql(one: SourceMeasures, level: Subject, period: Period) -> str:
    """Return the SELECT of one row per subject with a row that counts: its months as bits, its measures' sums."""
    wheres = conditions(one, level)
    keys = ", ".join(keys_of(one, level))
    # Unknown whether a row counts: it does not.
    counted = ",\n    ".join(
        f"coalesce(({where or 'true'}\n    ), false) as counts_{place}" for place, where in enumerate(wheres)
    )
    histories = [measure for measure in one.at(level) if measure.form is Form.HISTORY]
    told = [
        *(f"bit_or(1::bigint << months_back) filter (where counts_{p}) as months_{p}" for p in range(len(wheres))),
        *(sql for measure in one.at(level) for sql in _raw(one, level, measure, period)),
    ]
    grouped = ",\n    ".join(told)
    return f"""
with told as (
  select
    *,
    $period_no - period_no as months_back,
    {counted}
  from {quoted("fact_" + one.source.id)}
  where period_no between $period_no - {HISTORY_MONTHS - 1} and $period_no
    and period_no in (select period_no from coverage where source_id = '{one.source.id}')
)
, rows_of as (
  {_subjects(one, level)}
  where {" or ".join(f"told.counts_{place}" for place in range(len(wheres)))}
)
, grouped as (
  select
    {keys},
    {grouped}
  from rows_of
  cross join measure_coverage
  group by {keys}
)
{"".join(_monthly(one, level, measure) for measure in histories)}
select
  grouped.*{"".join(_listed_months(one, measure) for measure in histories)}
from grouped
cross join measure_coverage
{"".join(f"left join months_{m.name} using ({keys}){chr(10)}" for m in histories)}
"""


def _counts(one: SourceMeasures, level: Subject, measure: DeclaredMeasure) -> str:
    return f"counts_{conditions(one, level).index(measure.where)}"


def _subjects(one: SourceMeasures, level: Subject) -> str:
    """Return the rows that count with the keys of a level; a row of a place counts for all who live there."""
    if one.source.subject is not Subject.VILLAGE:
        if level is Subject.VILLAGE:
            return (
                "select home.township, home.village, told.* from told\n"
                "  join household home on home.household_no = told.household_no and home.village is not null"
            )
        key = keys_of(one, level)[0]
        return f"select * from (select * from told where {key} is not null) as told"
    places = ", ".join(keys_of(one, level))
    homes = f"(select distinct {places.replace('village_group', key_of('household', 'village_group'))}"
    group = ""
    if level is Subject.HOUSEHOLD:
        homes += " as village_group"
        group = "\n    and (told.village_group is null or told.village_group = home.village_group)"
    # A row of several groups of a village is one row of that village.
    return (
        f"select distinct {', '.join(f'home.{key}' for key in keys_of(one, level))}, "
        "told.* exclude (township, village, village_group) from told\n"
        f"  join {homes} from household where village is not null) home on home.township = told.township\n"
        f"    and (told.village is null or told.village = home.village){group}"
    )


def _raw(one: SourceMeasures, level: Subject, measure: DeclaredMeasure, period: Period) -> list[str]:
    """Return the aggregates of a measure over the rows of one subject."""
    name, column = quoted(measure.name), quoted(measure.column)
    counts = _counts(one, level, measure)
    here, before = (f"filter (where {counts} and months_back = {back})" for back in ("0", f"{one.declared.id}_before"))
    match measure.form:
        case Form.NEW if measure.started:
            return [f"max({quoted(measure.started)}) {here} as {name}"]
        case Form.VALUE | Form.VALUE_BEFORE:
            when = here if measure.form is Form.VALUE else before
            if measure.order:
                return [f"arg_max({column}, row({_place(measure)}, batch_id, row_number)) {when} as {name}"]
            return [f"arg_max_null({column}, row(batch_id, row_number)) {when} as {name}"]
        case Form.WORSE:
            place = f"nullif({_place(measure)}, 0)"
            told = ((here, "now"), (before, "before"))
            return [f"max({place}) {when} as {quoted(f'{measure.name}_{at}')}" for when, at in told]
        case Form.COUNT | Form.SUM | Form.LARGEST | Form.LATEST if measure.window is not None:
            months = window_months(measure.window, period)
            call = {Form.COUNT: "count(*)", Form.SUM: f"sum({column})"}.get(measure.form, f"max({column})")
            return [f"{call} filter (where {counts} and months_back < {months}) as {name}"]
        case _:
            return []


def _place(measure: DeclaredMeasure) -> str:
    """Return where a word stands in the order; one that stands nowhere loses to any that does."""
    return f"coalesce(list_position($order_{measure.name}, {quoted(measure.column)}), 0)"


def _monthly(one: SourceMeasures, level: Subject, measure: DeclaredMeasure) -> str:
    keys = ", ".join(keys_of(one, level))
    return f""", months_{measure.name} as (
  select {keys}, {months_map("amount")} as amounts
  from (
    select {keys}, months_back, sum({quoted(measure.column)})::double as amount
    from rows_of
    where {_counts(one, level, measure)}
    group by {keys}, months_back
  )
  group by {keys}
)
"""


def _listed_months(one: SourceMeasures, measure: DeclaredMeasure) -> str:
    amounts = f"months_{measure.name}.amounts"
    absent = "0" if measure.absent_is_zero else "null"
    return f""",
  case when {amounts} is not null and {covered_now(one)} then
    {months_list(amounts, f"measure_coverage.{one.declared.id}_months", absent=absent)}
  end as {quoted(measure.name)}"""
