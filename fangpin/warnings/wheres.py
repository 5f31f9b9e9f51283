"""Tries every declared measure before it may be computed: its condition, and whether its columns suit its form.

Floor 2. Works in a database of its own with empty fact tables; never sees a real row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import duckdb

from fangpin.config.measure_models import DeclaredMeasure, Form
from fangpin.config.source_models import ColumnKind
from fangpin.errors import DeclarationError
from fangpin.types import Subject
from fangpin.warnings.check import Finding, laboratory
from fangpin.warnings.facts import column_type, fact_columns
from fangpin.warnings.inputs import create_table_sql, quoted, reason_of
from fangpin.warnings.measures import TABLE_OF, SourceMeasures, catalogue
from fangpin.warnings.statements import statement_findings

_NUMBERS = ("bigint", "decimal(18,2)")
_SUITS = {
    Form.SUM: _NUMBERS,
    Form.LARGEST: _NUMBERS,
    Form.HISTORY: _NUMBERS,
    Form.LATEST: ("date",),
    Form.WORSE: ("varchar",),
}


def measure_findings(measures: Sequence[SourceMeasures]) -> list[Finding]:
    """Return what is wrong with declared measures, by set and measure; an empty list when all may be computed.

    >>> measure_findings([])
    []
    """
    found = []
    with laboratory() as con:
        for one in measures:
            con.execute(create_table_sql(_rows(one), fact_columns(one.source)))
            for measure in one.declared.measures:
                wrong = [*_of_columns(one, measure), *_of_level(one, measure), *_of_where(con, one, measure)]
                found += [Finding(one.declared.id, measure.name, sentence) for sentence in wrong]
    return found + [Finding(set_id, name, "与已有的列同名。") for set_id, name in _taken(measures)]


def require_sound(measures: Sequence[SourceMeasures]) -> None:
    """Refuse measures that cannot be computed.

    Raises: DeclarationError that names the file, the measure and what is wrong with it.
    """
    for found in measure_findings(measures):
        where = f"声明 {found.rule_id}.toml 的指标 {found.key}"
        raise DeclarationError(where, found.sentence.rstrip("。"), action="请改正后运行 fangpin check")


def _rows(one: SourceMeasures) -> str:
    return f"fact_{one.source.id}"


def _taken(measures: Sequence[SourceMeasures]) -> Iterator[tuple[str, str]]:
    """Return measures that would take the name of a column that is there without them."""
    core = catalogue()
    for one in measures:
        for measure in one.declared.measures:
            if measure.name in {column.name for column in core[TABLE_OF[measure.level]]}:
                yield one.declared.id, measure.name


def _of_columns(one: SourceMeasures, measure: DeclaredMeasure) -> Iterator[str]:
    suits = _SUITS.get(measure.form)
    if suits and column_type(one.source, measure.column) not in suits:
        yield f"列 {measure.column} 的取值类型与 form = “{measure.form}”不合。"
    if measure.started and column_type(one.source, measure.started) != "date":
        yield f"started 的列 {measure.started} 应为日期。"
    if measure.order:
        words = {c.name: c.codes for c in one.source.columns if c.kind is ColumnKind.CODE}.get(measure.column)
        if words is None:
            yield f"写了 order 的列 {measure.column} 应为代码列。"
        elif not set(measure.order) <= set(words):
            unknown = "、".join(sorted(set(measure.order) - set(words)))
            yield f"order 提到“{unknown}”，列 {measure.column} 的代码中没有。"


def _of_level(one: SourceMeasures, measure: DeclaredMeasure) -> Iterator[str]:
    if measure.level is Subject.PERSON and one.source.link_by != "identity":
        yield "数据源的各行不对应到人，level 不能为 person。"


def _of_where(con: duckdb.DuckDBPyConnection, one: SourceMeasures, measure: DeclaredMeasure) -> Iterator[str]:
    if not measure.where:
        return
    # One value and nothing beside it: else the text could close the bracket and say more than a condition.
    told = f"select ({measure.where}\n) as told"
    wrong = statement_findings(con, f"{told} from {quoted(_rows(one))}", readable=(_rows(one),))
    if wrong:
        yield from (f"where {clause}。" for clause in wrong)
        return
    tree = con.execute("select json_serialize_sql($sql::varchar)", {"sql": told}).fetchall()[0][0]
    node = json.loads(tree)["statements"][0]["node"]
    if node["type"] != "SELECT_NODE" or len(node["select_list"]) != 1 or node["from_table"]["type"] != "EMPTY":
        yield "where 应为一个条件。"
        return
    try:
        con.execute(f"select 1 from {quoted(_rows(one))} where ({measure.where}\n) is true").fetchall()
    except duckdb.Error as exc:
        yield f"where 不能计算（{reason_of(exc)}）。"
