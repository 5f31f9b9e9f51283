"""The indicators' input tables hold what the shipped sources declare."""

from __future__ import annotations

import pytest

from fangpin.config.loader import load
from fangpin.connectors.values import dtype
from fangpin.types import Role
from fangpin.warnings.inputs import FACTS

_KEYS = ("period_no", "batch_id", "row_number", "person_no", "household_no")
_TYPES = {"Decimal(precision=18, scale=2)": "decimal(18,2)", "Date": "date", "Int64": "bigint", "String": "varchar"}


@pytest.mark.parametrize("source_id", sorted(FACTS))
def test_a_fact_table_has_the_columns_its_source_declares(source_id: str) -> None:
    """Same columns, same types, in the order declared."""
    declared = load("huaxi").sources[source_id]
    expected = {c.name: _TYPES[str(dtype(c))] for c in declared.columns}

    assert {name: kind for name, kind in FACTS[source_id].items() if name not in _KEYS} == expected


def test_every_source_that_a_rule_needs_has_a_table() -> None:
    """No source a shipped rule reads is left out of the indicators' reach, and no table is of an unknown one."""
    declared = load("huaxi")
    facts = {s.id for s in declared.sources.values() if s.role is Role.FACT}
    needed = {source_id for rule in declared.rules.values() for source_id in rule.needs} & facts

    assert needed <= set(FACTS) <= facts
