"""Tries every rule before it may be used: shape, parameters, sentence, worked examples (fangpin check).

Floor 2. Works in a locked in-memory database of its own with empty typed tables; never sees a real row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb

from fangpin.config.models import Example, Rule, Site
from fangpin.types import Subject
from fangpin.warnings.evaluate import RuleFailed, parameters_in_force, verdict_rows
from fangpin.warnings.inputs import create_table_sql, quoted, reason_of
from fangpin.warnings.sentences import placeholders
from fangpin.warnings.statements import TABLES, parameter_names, statement_findings

# Examples are judged with the values in force at the end of time, that is the newest ones.
_NEWEST = dt.date(9999, 12, 31)
_EXPECTATIONS = ("fires", "quiet", "unknown")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a rule: the rule, the key of its file, a Chinese sentence (规则问题)."""

    rule_id: str
    key: str
    sentence: str


def check_rules(rules: Iterable[Rule], *, site: Site) -> list[Finding]:
    """Return what is wrong with the rules of a site; an empty list when all may be used.

    >>> rule = Rule.model_construct(id="x", subject=Subject.HOUSEHOLD, sql="drop table person", examples=())
    >>> [finding.key for finding in check_rules([rule], site=Site.model_construct(parameters=()))]
    ['sql']
    """
    con = laboratory()
    found: list[Finding] = []
    for rule in sorted(rules, key=lambda rule: rule.id):
        found += [Finding(rule.id, key, sentence) for key, sentence in _findings(con, rule, site)]
    return found


def laboratory() -> duckdb.DuckDBPyConnection:
    """Return a locked in-memory connection with the four empty indicator tables.

    Source: security C36 (no external access, no extensions, configuration locked).

    >>> laboratory().execute("select count(*) from person_month").fetchall()
    [(0,)]
    """
    settings = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "memory_limit": "512MB",
        "threads": "1",
    }
    con = duckdb.connect(":memory:", config={**settings})
    con.execute("set lock_configuration = true")
    for table, columns in TABLES.items():
        con.execute(create_table_sql(table, columns))
    return con


def _findings(con: duckdb.DuckDBPyConnection, rule: Rule, site: Site) -> Iterator[tuple[str, str]]:
    wrong = statement_findings(con, rule.sql)
    if wrong:
        # What cannot be parsed or may not be run says nothing about the rest.
        yield from (("sql", f"{clause}。") for clause in wrong)
        return
    bound = list(_parameter_findings(con, rule))
    yield from bound
    if bound:
        return
    try:
        values = {p.name: p.value for p in parameters_in_force(rule, site, on=_NEWEST)}
        _clear(con)
        columns = verdict_rows(con, rule, values, judged=True).columns
    except RuleFailed as failed:
        yield ("parameters" if failed.step == "参数" else "sql"), f"{failed.step}：{failed.reason}。"
        return
    yield from _sentence_findings(rule, columns)
    yield from _example_findings(con, rule, values)


def _parameter_findings(con: duckdb.DuckDBPyConnection, rule: Rule) -> Iterator[tuple[str, str]]:
    used = parameter_names(con, rule.sql)
    declared = {p.name for p in rule.parameters} | set(rule.site_parameters)
    for name in sorted(used - declared):
        yield "sql", f"参数 ${name} 没有声明；请在 parameters 或 site_parameters 中声明。"
    for name in sorted(declared - used):
        yield "parameters", f"参数 {name} 已声明，但语句没有使用；请删去或使用。"


def _sentence_findings(rule: Rule, columns: list[str]) -> Iterator[tuple[str, str]]:
    try:
        named = placeholders(rule.sentence)
    except ValueError:
        yield "sentence", "占位符应写作 {列名}，不带格式。"
        return
    offered = {*columns, "period", *(["member"] if rule.subject is Subject.PERSON else [])}
    for name in sorted(named - offered):
        yield "sentence", f"占位符 {{{name}}} 不是语句的列；可用：{'、'.join(sorted(offered))}。"


def _example_findings(
    con: duckdb.DuckDBPyConnection, rule: Rule, values: dict[str, float]
) -> Iterator[tuple[str, str]]:
    missing = [word for word in _EXPECTATIONS if word not in {example.expect for example in rule.examples}]
    if missing:
        yield "examples", f"缺少 expect 为 {'、'.join(missing)} 的例子；触发、刚好不触发、无法判断各至少一个。"
    for place, example in enumerate(rule.examples, 1):
        key = f"examples.{place}"
        unknown = sorted(_unknown_keys(example))
        if unknown:
            yield key, f"“{example.title}”用了不存在的列：{'、'.join(unknown)}。"
            continue
        undeclared = sorted(set(example.parameters) - set(values))
        if undeclared:
            yield key, f"“{example.title}”给了规则没有的参数：{'、'.join(undeclared)}。"
            continue
        try:
            got = example_verdict(con, rule, example, values=values)
        except RuleFailed as failed:
            yield key, f"“{example.title}”不能计算（{failed.step}：{failed.reason}）。"
            continue
        if got != example.expect:
            yield key, f"“{example.title}”应为 {example.expect}，实得 {got}。"


def example_verdict(con: duckdb.DuckDBPyConnection, rule: Rule, example: Example, *, values: dict[str, float]) -> str:
    """Return fires, quiet or unknown: what a rule answers for the rows of an example.

    A key of the example fills every indicator table that has a column of that name; a key left out is null. The
    example's own parameters stand for the county's: a worked example holds wherever the line lies.
    Raises: RuleFailed when the rule cannot be evaluated or a value has the wrong type.

    >>> sql = "select household_no, null::varchar as person_no, 1::double as measured, 1::double as threshold,"
    >>> rule = Rule.model_construct(subject=Subject.HOUSEHOLD, sql=sql + " size > 2 as fires from household")
    >>> example = Example(title="", expect="fires", household={"size": 3})
    >>> example_verdict(laboratory(), rule, example, values={})
    'fires'
    """
    _clear(con)
    home = {"household_no": "H1"} | example.household
    for table in ("household", "household_month"):
        _insert(con, table, home)
    # What the register says of the household holds for its members (household_type, for one).
    shared = {name: value for name, value in home.items() if name in TABLES["household"]}
    for place, person in enumerate(example.persons, 1):
        member = shared | {"person_no": f"P{place}"} | person
        for table in ("person", "person_month"):
            _insert(con, table, member)
    verdicts = verdict_rows(con, rule, values | example.parameters, judged=True)["fires"]
    if verdicts.any():
        return "fires"
    return "unknown" if verdicts.null_count() else "quiet"


def _unknown_keys(example: Example) -> set[str]:
    of_household = {*TABLES["household"], *TABLES["household_month"]}
    of_person = {*TABLES["person"], *TABLES["person_month"]}
    named = {key for person in example.persons for key in person}
    return (set(example.household) - of_household) | (named - of_person)


def _insert(con: duckdb.DuckDBPyConnection, table: str, row: dict[str, str | int | float | bool]) -> None:
    known = {name: value for name, value in row.items() if name in TABLES[table]}
    names = ", ".join(quoted(name) for name in known)
    places = ", ".join(f"${name}" for name in known)
    try:
        con.execute(f"insert into {quoted(table)} ({names}) values ({places})", known).fetchall()
    except duckdb.Error as exc:
        step = "例子"
        raise RuleFailed(step, reason_of(exc)) from exc


def _clear(con: duckdb.DuckDBPyConnection) -> None:
    for table in TABLES:
        con.execute(f"delete from {quoted(table)}").fetchall()
