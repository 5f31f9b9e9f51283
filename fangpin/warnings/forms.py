"""The SQL of declared measures, form by form: the steps that aggregate a source's rows, and what a wide table adds.

Floor 2. A subject without a row of a source has no aggregates; what its measures are then is said here, of the county's
coverage alone. Unknown is never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fangpin.config.measure_models import DeclaredMeasure, Form, Window
from fangpin.types import Period, Step, Subject
from fangpin.warnings.aggregates import (
    aggregates_sql,
    conditions,
    coverage_sql,
    covered_now,
    is_spread,
    key_of,
    keys_of,
    table_name,
    window_months,
)
from fangpin.warnings.histories import HISTORY_MONTHS
from fangpin.warnings.inputs import quoted
from fangpin.warnings.measures import SourceMeasures, complete_name, measure_type

GONE_MONTHS: Final = 3
"""Who was on a list longer ago than this has not just left it: the lists between are missing."""
_ALL_HISTORY: Final = frozenset(
    {Form.LISTED_BEFORE, Form.NEW, Form.STREAK, Form.HISTORY, Form.VALUE_BEFORE, Form.WORSE}
)


def months_read(one: SourceMeasures, period: Period) -> int:
    """Return how many months of a source its measures look at: of a long list, nothing older need be held in memory."""
    told = [_months_of(measure, period) for measure in one.declared.measures]
    return max(told, default=0)


def _months_of(measure: DeclaredMeasure, period: Period) -> int:
    if measure.form in _ALL_HISTORY:
        return HISTORY_MONTHS
    if measure.form is Form.GONE:
        return GONE_MONTHS + 1
    return 1 if measure.window is None else window_months(measure.window, period)


def declared_steps(period: Period, measures: Sequence[SourceMeasures]) -> list[Step]:
    """Return the steps that make measure_coverage (one row) and a table of aggregates per source and level.

    Rows in: coverage, household and the fact tables. Rows out: only subjects with a row of the source; what the others
    are is said where the tables are joined (``joined``).

    >>> [step.table for step in declared_steps(Period(2024, 3), ())]
    []
    """
    if not measures:
        return []
    now = ("period_no", period.ordinal)
    steps = [Step("measure_coverage", coverage_sql(measures), (now,))]
    for one in measures:
        for level in one.levels:
            params = (now, *_orders(one, level))
            steps.append(Step(table_name(one, level), aggregates_sql(one, level, period), params))
    return steps


def _orders(one: SourceMeasures, level: Subject) -> list[tuple[str, object]]:
    return [(f"order_{m.name}", list(m.order)) for m in one.at(level) if m.order]


def joined(level: Subject, period: Period, measures: Iterable[SourceMeasures], *, wide: str) -> tuple[list[str], str]:
    """Return the select list of a level's declared measures and the joins that bring them beside a wide table.

    wide: the name of the relation with the level's keys, one row a subject.
    """
    used = [one for one in measures if level in one.levels]
    if not used:
        return [], ""
    columns: list[str] = []
    joins = ["cross join measure_coverage"]
    for one in used:
        table = table_name(one, level)
        keys = " and ".join(f"{table}.{key} = {key_of(wide, key)}" for key in keys_of(one, level))
        joins.append(f"left join {table} on {keys}")
        for measure in one.at(level):
            kind = measure_type(measure, one.source)
            told = _formula(one, level, measure, period)
            if is_spread(one, level):
                # Of a household whose village is not registered, nobody knows what befell its village.
                told = f"case when {wide}.village is not null then {told} end"
            columns.append(f"({told})::{kind} as {quoted(measure.name)}")
        for window in one.bounded(level):
            covered = _full(f"measure_coverage.{one.declared.id}_months", window, period)
            told = f"case when {covered_now(one)} then {covered} end"
            columns.append(f"{told} as {complete_name(one.declared.id, window)}")
    return columns, "\n".join(joins)


def _full(months: str, window: Window, period: Period) -> str:
    every = (1 << window_months(window, period)) - 1
    return f"({months} & {every}) = {every}"


def _formula(one: SourceMeasures, level: Subject, measure: DeclaredMeasure, period: Period) -> str:
    """Return what a subject's measure is, of its aggregates (all null: it has no row) and the county's coverage."""
    seen = f"coalesce({table_name(one, level)}.months_{conditions(one, level).index(measure.where)}, 0)"
    found = f"{table_name(one, level)}.{quoted(measure.name)}"
    if measure.window is not None:
        return _of_window(one, measure, measure.window, period, seen=seen, found=found)
    if measure.form in {Form.VALUE_BEFORE, Form.HISTORY}:
        return found
    if measure.form in {Form.STREAK, Form.VALUE}:
        # A streak: the bits set from the lowest up, without a gap.
        told = found if measure.form is Form.VALUE else f"bit_count(xor({seen}, {seen} + 1)) - 1"
    else:
        told = _of_lists(one, level, measure, period, seen=seen)
    return f"case when {covered_now(one)} then {told} end"


def _of_window(
    one: SourceMeasures, measure: DeclaredMeasure, window: Window, period: Period, *, seen: str, found: str
) -> str:
    within = f"({seen} & {(1 << window_months(window, period)) - 1})"
    if measure.form is Form.HAPPENED:
        full = _full(f"measure_coverage.{one.declared.id}_months", window, period)
        return f"case when {within} <> 0 then true when {full} then false end"
    told = {
        Form.COUNT: f"coalesce({found}, 0)",
        # Rows without a single known amount add up to nothing known, not to nothing.
        Form.SUM: f"case when {within} = 0 then 0 else {found} end",
    }.get(measure.form, found)
    return f"case when {covered_now(one)} then {told} end"


def _of_lists(one: SourceMeasures, level: Subject, measure: DeclaredMeasure, period: Period, *, seen: str) -> str:
    """Return what this month's list and the ones before it say together; the month is covered."""
    before = f"measure_coverage.{one.declared.id}_before"
    listed = f"({seen} & 1) = 1"
    found = f"{table_name(one, level)}.{quoted(measure.name)}"
    match measure.form:
        case Form.LISTED_BEFORE:
            return f"case when {before} is not null then ({seen} >> 1) <> 0 end"
        case Form.NEW:
            return _new(measure, found, listed=listed, seen=seen, before=before, period=period)
        case Form.GONE:
            return f"case when {before} <= {GONE_MONTHS} then not {listed} and (({seen} >> {before}) & 1) = 1 end"
        case Form.WORSE:
            now, was = (f"{table_name(one, level)}.{quoted(f'{measure.name}_{at}')}" for at in ("now", "before"))
            return f"case when not {listed} then false else {now} > {was} end"
        case _:
            return listed


def _new(measure: DeclaredMeasure, found: str, *, listed: str, seen: str, before: str, period: Period) -> str:
    """Return whether somebody is on a list for the first time: a recent date says so where no list before can.

    An old date does not make old what no list before had: a diagnosis is often months older than its registration.
    """
    when = [f"not {listed} then false", f"({seen} >> 1) <> 0 then false", f"{before} is not null then true"]
    if measure.started:
        when.append(f"{found} is not null then year({found}) * 12 + month({found}) >= {period.ordinal - 1}")
    return f"case when {' when '.join(when)} end"
