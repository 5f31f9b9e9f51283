"""One measure as rule authors see it: name, type, unit, title and what null means.

Floor 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from fangpin.warnings.facts import MONEY

NO_BATCH = "本月没有该数据源的有效批次"


@dataclass(frozen=True, slots=True)
class Measure:
    """One column: name, SQL type, unit, Chinese title, and when it is null (指标)."""

    name: str
    kind: str
    unit: str
    title: str
    null_means: str
    source_id: str


def medical_measure(name: str, title: str, *, null: str = NO_BATCH) -> Measure:
    """Return a money measure of the settlement rows."""
    return Measure(name, MONEY, "元", title, null, "medical_settlement")


def flag_measure(name: str, title: str, source_id: str, *, null: str = NO_BATCH) -> Measure:
    """Return a measure that is true, false or unknown."""
    return Measure(name, "boolean", "是否", title, null, source_id)


def text_measure(name: str, title: str, source_id: str, *, null: str) -> Measure:
    """Return a measure in words."""
    return Measure(name, "varchar", "", title, null, source_id)


def history_measure(name: str, title: str, source_id: str, *, null: str) -> Measure:
    """Return a measure of twenty-four months, this one first."""
    return Measure(name, "double[]", "元", f"{title}（24个月，第1个是本月）", null, source_id)
