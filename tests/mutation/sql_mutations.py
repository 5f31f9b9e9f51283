"""Small wrongs put into a statement, one at a time, through the tree that DuckDB itself makes of it.

No library of mutations reads SQL in a Python string or in a TOML file; DuckDB writes a statement as a tree
(json_serialize_sql) and a tree as a statement (json_deserialize_sql), so that every mutant parses.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import duckdb

Node = dict[str, Any]

COMPARISONS: Final = {
    "COMPARE_EQUAL": ("COMPARE_NOTEQUAL",),
    "COMPARE_NOTEQUAL": ("COMPARE_EQUAL",),
    "COMPARE_GREATERTHAN": ("COMPARE_GREATERTHANOREQUALTO", "COMPARE_LESSTHANOREQUALTO"),
    "COMPARE_GREATERTHANOREQUALTO": ("COMPARE_GREATERTHAN", "COMPARE_LESSTHAN"),
    "COMPARE_LESSTHAN": ("COMPARE_LESSTHANOREQUALTO", "COMPARE_GREATERTHANOREQUALTO"),
    "COMPARE_LESSTHANOREQUALTO": ("COMPARE_LESSTHAN", "COMPARE_GREATERTHAN"),
}
TYPES: Final = {
    "CONJUNCTION_AND": ("CONJUNCTION_OR",),
    "CONJUNCTION_OR": ("CONJUNCTION_AND",),
    "OPERATOR_IS_NULL": ("OPERATOR_IS_NOT_NULL",),
    "OPERATOR_IS_NOT_NULL": ("OPERATOR_IS_NULL",),
}
FUNCTIONS: Final = {
    "sum": "max",
    "avg": "max",
    "median": "min",
    "min": "max",
    "max": "min",
    "min_by": "max_by",
    "max_by": "min_by",
    "arg_max_null": "arg_min_null",
    "bool_or": "bool_and",
    "bool_and": "bool_or",
    "greatest": "least",
    "least": "greatest",
    "lag": "lead",
    "lead": "lag",
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A statement with one wrong in it, and what the wrong is."""

    sql: str
    wrong: str


def mutants(con: duckdb.DuckDBPyConnection, sql: str) -> list[Mutant]:
    """Return every mutant of a statement, without those that read the same.

    >>> [m.wrong for m in mutants(duckdb.connect(), "select a from t where b >= 3")]
    ['where left out', '>= to >', '>= to <', '3 to 4', '3 to 2']
    """
    tree = json.loads(con.execute("select json_serialize_sql($sql::varchar)", {"sql": sql}).fetchall()[0][0])
    found: dict[str, Mutant] = {}
    told: Counter[str] = Counter()
    for wrong, changed in _changed(tree):
        text = json.dumps(changed, ensure_ascii=False)
        written = con.execute("select json_deserialize_sql($tree::json)", {"tree": text}).fetchall()[0][0]
        told[wrong] += 1
        found.setdefault(written, Mutant(written, wrong if told[wrong] == 1 else f"{wrong} #{told[wrong]}"))
    return list(found.values())


def _changed(tree: Node) -> Iterator[tuple[str, Node]]:
    """Give every change with the whole tree so changed."""
    for path, node in list(_nodes(tree, ())):
        for wrong, replacement in _wrongs(node):
            whole = copy.deepcopy(tree)
            place = whole
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = replacement
            yield wrong, whole


def _nodes(part: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Node]]:
    if isinstance(part, dict):
        if path:
            yield path, part
        for key, value in part.items():
            yield from _nodes(value, (*path, key))
    elif isinstance(part, list):
        for place, value in enumerate(part):
            yield from _nodes(value, (*path, place))


def _wrongs(node: Node) -> Iterator[tuple[str, Node]]:
    """Give the changes of one node: what is wrong, and the node that stands in its place."""
    kind = str(node.get("type", ""))
    for key in ("where_clause", "having", "filter"):
        if node.get(key):
            yield f"{key.removesuffix('_clause')} left out", node | {key: None}
    for other in COMPARISONS.get(kind, ()):
        yield f"{_SIGNS[kind]} to {_SIGNS[other]}", node | {"type": other}
    for other in TYPES.get(kind, ()):
        yield f"{kind} to {other}", node | {"type": other}
    if node.get("join_type") == "LEFT":
        yield "left join to inner", node | {"join_type": "INNER"}
    yield from _parts(node, kind)
    yield from _cases(node)
    yield from _literals(node)
    yield from _functions(node)


def _parts(node: Node, kind: str) -> Iterator[tuple[str, Node]]:
    """Leave out one part of what is made of several."""
    if node.get("class") == "CONJUNCTION":
        for place, _ in enumerate(node["children"]):
            rest = [child for seat, child in enumerate(node["children"]) if seat != place]
            yield f"part {place + 1} of {kind} left out", node | {"children": rest} if len(rest) > 1 else rest[0]
    if kind == "OPERATOR_NOT":
        yield "not left out", node["children"][0]
    if kind == "OPERATOR_COALESCE":
        yield "default left out", node["children"][0]
    if kind == "COMPARE_BETWEEN":
        yield "lower end left out", _comparison(node, "COMPARE_LESSTHANOREQUALTO", "upper")
        yield "upper end left out", _comparison(node, "COMPARE_GREATERTHANOREQUALTO", "lower")


def _functions(node: Node) -> Iterator[tuple[str, Node]]:
    name = str(node.get("function_name"))
    if name in FUNCTIONS and not (name == "-" and len(node["arguments"]) == 1):
        other = FUNCTIONS[name]
        yield f"{name} to {other}", node | {"function_name": other, "qualified_name": {"path": [other]}}
    if name == "count" and node.get("distinct"):
        yield "distinct left out", node | {"distinct": False}


def _comparison(between: Node, kind: str, end: str) -> Node:
    sides = {"left": between["input"], "right": between[end]}
    return {"class": "COMPARISON", "type": kind, "alias": between["alias"], "query_location_length": 0} | sides


def _cases(node: Node) -> Iterator[tuple[str, Node]]:
    checks = node.get("case_checks", [])
    for place, _ in enumerate(checks):
        if len(checks) > 1:
            rest = [check for seat, check in enumerate(checks) if seat != place]
            yield f"when {place + 1} left out", node | {"case_checks": rest}
    if node.get("else_expr") and node["else_expr"].get("literal", {}).get("kind") != "NULL_LITERAL":
        null = {"class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location_length": 0}
        yield "else left out", node | {"else_expr": null | {"literal": {"kind": "NULL_LITERAL", "text": ""}}}


def _literals(node: Node) -> Iterator[tuple[str, Node]]:
    kind, text = (node.get("literal", {}).get(key) for key in ("kind", "text"))
    if kind == "STRING":
        yield f"“{text}” to another word", node | {"literal": {"kind": kind, "text": f"{text}x"}}
    if kind == "INTEGER":
        for other in (int(text) + 1, int(text) - 1):
            yield f"{text} to {other}", node | {"literal": {"kind": kind, "text": str(other)}}
    if kind == "BOOLEAN":
        yield f"{text} turned", node | {"literal": {"kind": kind, "text": str(text.lower() != "true").lower()}}


_SIGNS: Final = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
}
