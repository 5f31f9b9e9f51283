"""A small county for declared measures: two sources with every kind of column, three people in three homes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from fangpin.config.measure_models import DeclaredMeasure, MeasureSet
from fangpin.config.source_models import Agreement, Column, Source
from fangpin.types import Period, Role, Subject
from fangpin.warnings.facts import fact_columns
from fangpin.warnings.forms import declared_steps, joined
from fangpin.warnings.inputs import create_inputs, create_table_sql, quoted, run_steps
from fangpin.warnings.measures import SourceMeasures

HOMES = {"P1": "H1", "P2": "H1", "P3": "H2"}
PLACES = {"H1": ("甲镇", "东村", "1组"), "H2": ("甲镇", "东村", "2组"), "H3": ("甲镇", "西村", None)}
ORDER = ("轻", "中", "重")


def a_source(source_id: str, subject: Subject) -> Source:
    """Return a source with a code, an amount, a number, two dates and a flag."""
    return Source(
        id=source_id,
        title="名单",
        agency="甲局",
        role=Role.FACT,
        subject=subject,
        mode="full",
        link_by="place" if subject is Subject.VILLAGE else "identity",
        legal_basis="S003-23",
        agreement=Agreement(purpose="试"),
        file_words=("名单",),
        title_words=("名单",),
        identity={},
        row_needs=(),
        columns=(
            Column(name="grade", title="等级", kind="code", codes=dict.fromkeys((*ORDER, "不在序"), ())),
            Column(name="amount_yuan", title="金额", kind="money"),
            Column(name="times", title="次数", kind="integer"),
            Column(name="since", title="起始", kind="date"),
            Column(name="counted", title="计入", kind="boolean"),
        ),
    )


@dataclass(frozen=True)
class Row:
    """One row of a list: how many months back, whose, and its cells; None is a blank cell."""

    back: int
    whose: str
    grade: str | None = None
    amount_yuan: int | None = None
    times: int | None = None
    since: dt.date | None = None
    counted: bool | None = None


_CON = duckdb.connect(":memory:", config={"threads": "1"})
create_inputs(_CON)
for _source in (a_source("names", Subject.PERSON), a_source("places", Subject.VILLAGE)):
    _CON.execute(create_table_sql(f"fact_{_source.id}", fact_columns(_source)))
for _person, _home in HOMES.items():
    _CON.execute("insert into person (person_no, household_no) values ($p, $h)", {"p": _person, "h": _home})
for _home, (_town, _village, _group) in PLACES.items():
    _CON.execute(
        "insert into household (household_no, township, village, village_group) values ($h, $t, $v, $g)",
        {"h": _home, "t": _town, "v": _village, "g": _group},
    )
_WIDE = {
    Subject.PERSON: ("person", "person_no"),
    Subject.HOUSEHOLD: ("household", "household_no"),
    Subject.VILLAGE: ("(select distinct township, village from household)", "village"),
}


def measured(
    rows: Sequence[Row], covered: Iterable[int], measures: Sequence[DeclaredMeasure], *, now: Period
) -> dict[str, dict[str, Any]]:
    """Return the declared measures of every subject of their level, from rows about persons and the months covered."""
    keys = [{"person_no": row.whose, "household_no": HOMES[row.whose]} for row in rows]
    return _measured("names", Subject.PERSON, rows, keys, covered, measures, now)


def placed(
    rows: Sequence[Row], covered: Iterable[int], measures: Sequence[DeclaredMeasure], *, now: Period
) -> dict[str, dict[str, Any]]:
    """Return the declared measures from rows about places: whose is "town", "town/village" or "town/village/group"."""
    keys = [dict(zip(("township", "village", "village_group"), row.whose.split("/"), strict=False)) for row in rows]
    return _measured("places", Subject.VILLAGE, rows, keys, covered, measures, now)


def _measured(
    source_id: str,
    subject: Subject,
    rows: Sequence[Row],
    keys: Sequence[dict[str, str]],
    covered: Iterable[int],
    measures: Sequence[DeclaredMeasure],
    now: Period,
) -> dict[str, dict[str, Any]]:
    _CON.execute(f"delete from fact_{source_id}").fetchall()
    _CON.execute("delete from coverage").fetchall()
    for back in covered:
        _CON.execute("insert into coverage values ($s, $p)", {"s": source_id, "p": now.ordinal - back})
    for place, (row, key) in enumerate(zip(rows, keys, strict=True)):
        cells = {name: getattr(row, name) for name in ("grade", "amount_yuan", "times", "since", "counted")}
        told = cells | key | {"period_no": now.ordinal - row.back, "batch_id": "b", "row_number": place}
        names, places = (", ".join(form.format(name) for name in told) for form in ('"{}"', "${}"))
        _CON.execute(f"insert into fact_{source_id} ({names}) values ({places})", told).fetchall()
    declared = MeasureSet(id=source_id, source=source_id, measures=tuple(measures))
    one = SourceMeasures(declared, a_source(source_id, subject))
    run_steps(_CON, declared_steps(now, [one]))
    found: dict[str, dict[str, Any]] = {}
    for level in one.levels:
        relation, key_name = _WIDE[level]
        columns, joins = joined(level, now, [one], wide="wide")
        told = ", ".join([f"wide.{quoted(key_name)}", *columns])
        result = _CON.execute(f"select {told} from (select * from {relation}) wide\n{joins}")
        heads = [column[0] for column in result.description]
        for values in result.fetchall():
            found[values[0]] = {name: _plain(v) for name, v in zip(heads[1:], values[1:], strict=True)}
    return found


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value
