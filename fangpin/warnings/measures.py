"""The catalogue of measures: what the program computes itself and what a county's declarations add to it.

Floor 2. It types the indicator tables, also the empty ones that a rule is tried on, and it is what the reference page
of rule authors prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fangpin.config.loader import Declarations
from fangpin.config.measure_models import DeclaredMeasure, Form, MeasureSet, Window
from fangpin.config.source_models import Source
from fangpin.types import Subject
from fangpin.warnings.core_measures import CORE_MEASURES
from fangpin.warnings.facts import column_type
from fangpin.warnings.measure import Measure
from fangpin.warnings.rigid_measures import RIGID_MEASURES

TABLE_OF = {
    Subject.PERSON: "person_month",
    Subject.HOUSEHOLD: "household_month",
    Subject.VILLAGE: "village_month",
}
# What the program computes itself, of every county.
COMPUTED: dict[str, tuple[Measure, ...]] = {
    table: (*core, *RIGID_MEASURES.get(table, ())) for table, core in CORE_MEASURES.items()
}
WINDOW_TITLES = {
    Window.MONTH: "本月",
    Window.QUARTER: "近3个月",
    Window.YEAR: "本年1月至本月",
    Window.SCHOOL_YEAR: "本学年（9月起）",
    Window.ROLLING: "近12个月",
}
_BOOLEAN = frozenset({Form.LISTED, Form.LISTED_BEFORE, Form.NEW, Form.GONE, Form.WORSE, Form.HAPPENED})
_NO_BATCH = "本月没有该数据源的有效批次"
_MORE_NULLS = {
    Form.LISTED_BEFORE: "，或此前24个月都没有批次",
    Form.NEW: "，或在名单而此前没有批次可比",
    Form.GONE: "，或此前3个月没有批次",
    Form.VALUE: "，或不在名单，或未填",
    Form.VALUE_BEFORE: "，或此前没有批次，或不在上一份名单，或未填",
    Form.WORSE: "，或在名单而前后有一次不明",
    Form.HAPPENED: "，或没有发现而期间有的月份没有批次",
    Form.SUM: "，或有记录而都未填",
    Form.LARGEST: "，或期间没有记录",
    Form.LATEST: "，或期间没有记录",
    Form.HISTORY: "，或24个月内从无记录（其中没有批次的月份各自为空）",
}
_OF_EARLIER = frozenset({Form.VALUE_BEFORE, Form.HAPPENED})
"""What these say does not hang on a batch of this month."""
_BOUNDED = frozenset({Form.COUNT, Form.SUM, Form.LARGEST})


@dataclass(frozen=True, slots=True)
class SourceMeasures:
    """The measures declared over one source of a county, with that source's declaration (一个数据源的指标)."""

    declared: MeasureSet
    source: Source

    @property
    def levels(self) -> tuple[Subject, ...]:
        """For whom there are measures, in the order of the tables."""
        told = {measure.level for measure in self.declared.measures}
        return tuple(level for level in Subject if level in told)

    def at(self, level: Subject) -> tuple[DeclaredMeasure, ...]:
        """Return the measures of one level."""
        return tuple(measure for measure in self.declared.measures if measure.level is level)

    def bounded(self, level: Subject) -> tuple[Window, ...]:
        """Return the windows of one level over which something is added up: where months are missing it is a bound."""
        told = {measure.window for measure in self.at(level) if measure.form in _BOUNDED}
        return tuple(window for window in Window if window in told)


def source_measures(declared: Declarations) -> tuple[SourceMeasures, ...]:
    """Return the measure sets of a county beside their sources, by id.

    >>> from fangpin.config.loader import load
    >>> [one.source.id for one in source_measures(load("huaxi")) if one.declared.id == "temporary_aid"]
    ['temporary_aid']
    """
    known = sorted(declared.measures.values(), key=lambda measures: measures.id)
    return tuple(SourceMeasures(measures, declared.sources[measures.source]) for measures in known)


def sources_read(measures: Iterable[SourceMeasures]) -> tuple[Source, ...]:
    """Return each source that measures are made of, with those of its columns that any of them looks at.

    >>> from fangpin.config.loader import load
    >>> aid = next(s for s in sources_read(source_measures(load("huaxi"))) if s.id == "death_list")
    >>> [column.name for column in aid.columns]
    ['died_on', 'dead']
    """
    sources: dict[str, Source] = {}
    named: dict[str, set[str]] = {}
    for one in measures:
        sources[one.source.id] = one.source
        for measure in one.declared.measures:
            # Every word of a condition: one too many costs a column, none is missed.
            named.setdefault(one.source.id, set()).update(measure.columns, re.findall(r"\w+", measure.where))
    return tuple(
        source.model_copy(update={"columns": tuple(c for c in source.columns if c.name in named[source.id])})
        for source in sources.values()
    )


def complete_name(set_id: str, window: Window) -> str:
    """Return the column that says whether every month of a window has a batch.

    >>> complete_name("temporary_aid", Window.ROLLING)
    'is_temporary_aid_rolling_complete'
    """
    return f"is_{set_id}_{window.value}_complete"


def catalogue(measures: Iterable[SourceMeasures] = ()) -> dict[str, tuple[Measure, ...]]:
    """Return every column of person_month, household_month and village_month with unit, title and meaning of null.

    >>> [measure.name for measure in catalogue()["village_month"]]
    ['township', 'village', 'households', 'persons']
    """
    found = {table: list(computed) for table, computed in COMPUTED.items()}
    for one in measures:
        for level in one.levels:
            found[TABLE_OF[level]] += [_measure(one, m) for m in one.at(level)]
            found[TABLE_OF[level]] += [_complete(one, window) for window in one.bounded(level)]
    return {table: tuple(columns) for table, columns in found.items()}


def table_columns(table: str, measures: Iterable[SourceMeasures] = ()) -> dict[str, str]:
    """Return the columns of an indicator table with their DuckDB types.

    >>> table_columns("household_month")["is_dibao_new"]
    'boolean'
    """
    return {measure.name: measure.kind for measure in catalogue(measures)[table]}


def measure_type(measure: DeclaredMeasure, source: Source) -> str:
    """Return the DuckDB type of a declared measure."""
    if measure.form in _BOOLEAN:
        return "boolean"
    if measure.form is Form.HISTORY:
        return "double[]"
    return column_type(source, measure.column) if measure.column else "bigint"


def _measure(one: SourceMeasures, measure: DeclaredMeasure) -> Measure:
    bound = "（缺月时为下限）" if measure.form in _BOUNDED else ""
    return Measure(
        measure.name,
        measure_type(measure, one.source),
        measure.unit,
        measure.title + bound,
        _null_means(measure),
        one.source.id,
    )


def _complete(one: SourceMeasures, window: Window) -> Measure:
    title = f"{one.source.title}{WINDOW_TITLES[window]}每月都有数据（否：合计、次数只是下限）"
    name = complete_name(one.declared.id, window)
    return Measure(name, "boolean", "是否", title, "本月没有该数据源的有效批次", one.source.id)


def _null_means(measure: DeclaredMeasure) -> str:
    more = _MORE_NULLS.get(measure.form, "")
    if measure.form is Form.NEW and measure.started:
        more += "且起始日期不明"
    return more.removeprefix("，或") if measure.form in _OF_EARLIER else _NO_BATCH + more
