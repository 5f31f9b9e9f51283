"""What a rule's SQL may be: one SELECT over the indicator tables, with a short list of functions.

Floor 2. Reads the parsed statement, never runs it. Volatile, file, network and catalogue functions are not
on the list, nor is anything whose value differs between engines (month differences of dates, for one) or
with the order in which rows happen to be read (any_value, first_value, row_number, list).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from fangpin.types import Subject
from fangpin.warnings.change import CHANGE_FUNCTIONS
from fangpin.warnings.inputs import reason_of

READABLE = ("person", "household", "person_month", "household_month", "village_month", "area_month")
"""The tables a rule may read."""
_AFTER_LEADS = "area_month"

FUNCTIONS = frozenset(
    {
        *("+", "-", "*", "/", "//", "%", "||", "~~", "!~~"),
        *("abs", "round", "floor", "ceil", "greatest", "least", "sign"),
        *("count", "count_star", "sum", "min", "max", "avg", "median", "bool_or", "bool_and"),
        *("concat", "lower", "upper", "length", "left", "right", "substr", "substring", "replace", "trim"),
        *("nullif", "contains", "starts_with", "regexp_matches", "list_contains", "list_value"),
        *("year", "month", "make_date", "if"),
        *("rank", "dense_rank"),
        *CHANGE_FUNCTIONS,
    }
)

# What a query may be made of. DuckDB also admits delete, insert, update and copy inside a with clause, and still
# calls the whole a select: what is not named here is refused.
_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE"})
_RELATIONS = frozenset({"BASE_TABLE", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "EMPTY"})

# Words that read like a column and are the clock, the session or a row's place in memory. No measure has such a name.
_NO_COLUMNS = frozenset(
    {
        *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"),
        *("user", "current_user", "session_user", "current_role"),
        *("current_schema", "current_catalog", "current_database", "rowid"),
    }
)


def statement_findings(con: duckdb.DuckDBPyConnection, sql: str, *, readable: Sequence[str] = READABLE) -> list[str]:
    """Return what is wrong with a rule's SQL as Chinese clauses; an empty list when it may be run.

    readable: the tables it may read.

    Source: security C35 (rules from an allow-list), F20 (a bad rule stays alone).

    >>> con = duckdb.connect()
    >>> statement_findings(con, "select household_no from household_month")
    []
    >>> statement_findings(con, "drop table person")
    ['应为一条 select 语句，收到 DROP']
    """
    try:
        statements = con.extract_statements(sql)
    except duckdb.Error as exc:
        return [f"不能解析（{reason_of(exc)}）"]
    if len(statements) != 1:
        return [f"应为一条 select 语句，收到 {len(statements)} 条"]
    kind = statements[0].type
    if kind != duckdb.StatementType.SELECT:
        return [f"应为一条 select 语句，收到 {kind.name}"]
    rows = con.execute("select json_serialize_sql($sql::varchar)", {"sql": sql}).fetchall()
    return tree_findings(json.loads(rows[0][0]), tables=_table_names(con), readable=readable)


def readable_by(subject: Subject) -> tuple[str, ...]:
    """Return the tables that a rule of a subject may read: area_month is made after the leads, for villages alone.

    >>> "area_month" in readable_by(Subject.HOUSEHOLD), "area_month" in readable_by(Subject.VILLAGE)
    (False, True)
    """
    return READABLE if subject is Subject.VILLAGE else tuple(name for name in READABLE if name != _AFTER_LEADS)


def parameter_names(con: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """Return the names of the $parameters that a statement binds.

    >>> sorted(parameter_names(duckdb.connect(), "select $b, $a"))
    ['a', 'b']
    """
    return set(con.extract_statements(sql)[0].named_parameters)


def tree_findings(tree: dict[str, Any], *, tables: set[str], readable: Sequence[str] = READABLE) -> list[str]:
    """Return what is wrong with a statement's tree as DuckDB writes it (json_serialize_sql).

    tables: every table and view there is. A common table expression must not take the name of one: outside its
    scope the name would mean the table.

    >>> tree_findings({"error": True, "error_message": "?"}, tables=set())
    ['不能解析（?）']
    """
    if tree.get("error"):
        return [f"不能解析（{tree.get('error_message', '')}）"]
    nodes = list(_nodes(tree))
    named = {entry["key"] for node in nodes for entry in node.get("cte_map", {}).get("map", [])}
    shadowed = [f"公用表表达式不得与库中的表同名（{name}）" for name in named if name.lower() in {*readable, *tables}]
    return sorted({*shadowed, *(clause for node in nodes for clause in _node_findings(node, named, readable))})


def _table_names(con: duckdb.DuckDBPyConnection) -> set[str]:
    sql = "select table_name from duckdb_tables() union select view_name from duckdb_views()"
    return {str(row[0]).lower() for row in con.execute(sql).fetchall()}


def _node_findings(node: dict[str, Any], named: set[str], readable: Sequence[str]) -> Iterator[str]:
    kind = str(node.get("type", ""))
    if kind.endswith("_NODE") and kind not in _QUERIES:
        yield f"只能取数，不能使用 {kind.removesuffix('_NODE')}"
    # Every relation of a from clause has a sample entry, used or not.
    if "sample" in node and kind not in _QUERIES | _RELATIONS:
        yield f"不能从 {kind} 取数"
    if node.get("sample") or node.get("at_clause"):
        yield "不能抽样或取旧版本的数据"
    if kind == "BASE_TABLE":
        path = node["qualified_name"]["path"]
        if len(path) != 1 or path[0] not in {*readable, *named}:
            yield f"读取了“{'.'.join(path)}”，只能读取 {'、'.join(readable)}"
    if kind == "COLUMN_REF" and node["column_names"][-1].lower() in _NO_COLUMNS:
        yield f"使用了 {node['column_names'][-1]}：它随时间、会话或存放位置而变，不是指标"
    function = node.get("function_name")
    if function and function not in FUNCTIONS:
        yield f"使用了函数 {function}，不在允许之列"


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    # A walk with a stack: a statement nested a thousand deep must not exhaust Python's.
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
