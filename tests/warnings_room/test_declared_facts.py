"""The fact tables hold what the shipped sources declare, and what the hand-written steps read whatever is declared."""

from __future__ import annotations

import pytest

from fangpin.config.loader import load
from fangpin.config.measure_models import DeclaredMeasure, Form, MeasureSet, Window
from fangpin.connectors.values import dtype
from fangpin.types import Role, Subject
from fangpin.warnings.facts import CORE, fact_columns, fact_tables
from fangpin.warnings.measures import SourceMeasures, source_measures, sources_read

DECLARED = load("huaxi")
FACTS = sorted(s.id for s in DECLARED.sources.values() if s.role is Role.FACT)
_CARRIED = ("period_no", "batch_id", "row_number")
_LINKED = ("person_no", "household_no")
_PLACED = ("township", "village", "village_group")
_TYPES = {
    "Decimal(precision=18, scale=2)": "decimal(18,2)",
    "Date": "date",
    "Int64": "bigint",
    "Boolean": "boolean",
    "String": "varchar",
}


@pytest.mark.parametrize("source_id", FACTS)
def test_a_fact_table_has_the_columns_its_source_declares(source_id: str) -> None:
    """Keys of people or names of places first, then the same columns as landed, same types, in the order declared."""
    source = DECLARED.sources[source_id]
    keys = _PLACED if source.subject is Subject.VILLAGE else _LINKED
    columns = fact_columns(source)

    assert tuple(columns)[: len(_CARRIED + keys)] == _CARRIED + keys
    assert dict(list(columns.items())[len(_CARRIED + keys) :]) == {
        c.name: _TYPES[str(dtype(c))] for c in source.columns
    }


def test_a_column_that_a_county_does_not_declare_is_there_for_the_steps_that_read_it() -> None:
    """A settlement list of one column has the others that are read all the same, and nothing else is added."""
    source = DECLARED.sources["medical_settlement"]
    short = source.model_copy(update={"columns": source.columns[:1], "key": ()})

    assert set(fact_columns(short)) == {*_CARRIED, *_LINKED, *CORE["medical_settlement"]}


def test_columns_that_nothing_looks_at_are_not_held() -> None:
    """Of a list that only declared measures read, what they name; of two sets over one source, what either names."""
    measures = source_measures(DECLARED)
    twice = (*measures, SourceMeasures(_over("residence_change", "changed_on"), DECLARED.sources["residence_change"]))
    read = {source.id: {column.name for column in source.columns} for source in sources_read(twice)}

    assert read["death_list"] == {"died_on", "dead"}
    assert "changed_on" in read["residence_change"]
    assert len(sources_read(twice)) == len({one.source.id for one in twice})


def _over(source_id: str, column: str) -> MeasureSet:
    last = DeclaredMeasure(
        name="last_on", level=Subject.PERSON, form=Form.LATEST, title="最近", column=column, window=Window.MONTH
    )
    return MeasureSet(id="another", source=source_id, measures=(last,))


def test_what_the_steps_read_is_what_the_shipped_sources_declare() -> None:
    """No core column is unknown to its source, and none has another type there."""
    assert {
        (source_id, name)
        for source_id, columns in CORE.items()
        for name, kind in columns.items()
        if {c.name: _TYPES[str(dtype(c))] for c in DECLARED.sources[source_id].columns}.get(name) != kind
    } == set()


def test_a_county_without_a_source_has_its_table_all_the_same() -> None:
    """The tables of the hand-written steps are there without any declaration."""
    assert set(fact_tables([])) == set(CORE)
