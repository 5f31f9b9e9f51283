"""Tries every rule before it may be used: shape, parameters, sentence, worked examples (fangpin check).

Floor 2. Works in a locked in-memory database of its own with empty typed tables; never sees a real row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from fangpin.config.rule_models import Cell, Example, Rule
from fangpin.config.site_models import Site
from fangpin.types import Subject
from fangpin.warnings.area_measures import AREA_MONTH
from fangpin.warnings.change import create_functions
from fangpin.warnings.examples import columns_of, empty, example_rows, example_sentences, example_verdict
from fangpin.warnings.inputs import HOUSEHOLD, PERSON, create_table_sql
from fangpin.warnings.measures import SourceMeasures, catalogue, table_columns
from fangpin.warnings.sentences import placeholders
from fangpin.warnings.statements import parameter_names, readable_by, statement_findings
from fangpin.warnings.verdicts import RuleFailed, parameters_in_force, verdict_rows

# Examples are judged with the values in force at the end of time, that is the newest ones.
_NEWEST = dt.date(9999, 12, 31)
_WORDS = {"fires": "触发（fires）", "quiet": "不触发（quiet）", "unknown": "无法判断（unknown）"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a rule: the rule, the key of its file, a Chinese sentence (规则问题)."""

    rule_id: str
    key: str
    sentence: str


def check_rules(rules: Iterable[Rule], *, site: Site, measures: Sequence[SourceMeasures] = ()) -> list[Finding]:
    """Return what is wrong with the rules of a site; an empty list when all may be used.

    measures: those declared over the site's sources, which its rules may read.

    >>> rule = Rule.model_construct(id="x", subject=Subject.HOUSEHOLD, sql="drop table person", examples=())
    >>> [finding.key for finding in check_rules([rule], site=Site.model_construct(parameters=()))]
    ['sql']
    """
    con = laboratory(measures)
    found: list[Finding] = []
    for rule in sorted(rules, key=lambda rule: rule.id):
        found += [Finding(rule.id, key, sentence) for key, sentence in _findings(con, rule, site)]
    return found


def laboratory(measures: Sequence[SourceMeasures] = ()) -> duckdb.DuckDBPyConnection:
    """Return a locked in-memory connection with the empty indicator tables and the change functions.

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
    tables = {"person": PERSON, "household": HOUSEHOLD}
    tables |= {table: table_columns(table, measures) for table in catalogue()} | {"area_month": AREA_MONTH}
    for table, columns in tables.items():
        con.execute(create_table_sql(table, columns))
    create_functions(con)
    return con


def _findings(con: duckdb.DuckDBPyConnection, rule: Rule, site: Site) -> Iterator[tuple[str, str]]:
    wrong = statement_findings(con, rule.sql, readable=readable_by(rule.subject))
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
        empty(con)
        columns = verdict_rows(con, rule, values, judged=True).columns
    except RuleFailed as failed:
        yield ("parameters" if failed.step == "参数" else "sql"), f"{failed.step}：{failed.reason}。"
        return
    unsaid = list(_sentence_findings(rule, columns))
    yield from unsaid
    yield from _example_findings(con, rule, values, is_said=not unsaid)


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
    con: duckdb.DuckDBPyConnection, rule: Rule, values: dict[str, float], *, is_said: bool
) -> Iterator[tuple[str, str]]:
    tables = columns_of(con)
    missing = [word for word in _WORDS if word not in {example.expect for example in rule.examples}]
    if missing:
        yield "examples", f"缺少 expect 为 {'、'.join(missing)} 的例子；触发、刚好不触发、无法判断各至少一个。"
    for place, example in enumerate(rule.examples, 1):
        key = f"examples.{place}"
        unknown = sorted(_unknown_keys(tables, example))
        if unknown:
            yield key, f"“{example.title}”用了不存在的列：{'、'.join(unknown)}。"
            continue
        undeclared = sorted(set(example.parameters) - set(values))
        if undeclared:
            yield key, f"“{example.title}”给了规则没有的参数：{'、'.join(undeclared)}。"
            continue
        try:
            rows = example_rows(con, rule, example, values=values, tables=tables)
        except RuleFailed as failed:
            yield key, f"“{example.title}”不能计算（{failed.step}：{failed.reason}）。"
            continue
        got = example_verdict(rows)
        if got != example.expect:
            lines = "、".join(f"{name}={value:g}" for name, value in sorted((values | example.parameters).items()))
            used = f"（按最新的参数 {lines}；线改了就改例子，或在例子里写 parameters）" if lines else ""
            yield key, f"“{example.title}”应为{_WORDS[example.expect]}，算得{_WORDS[got]}{used}。"
            continue
        if example.says and is_said:
            said = "；".join(example_sentences(rule, example, rows))
            if said != example.says:
                yield key, f"“{example.title}”应写作“{example.says}”，实得“{said}”。"


def _unknown_keys(tables: dict[str, set[str]], example: Example) -> set[str]:
    told: dict[tuple[str, str], tuple[Mapping[str, Cell], ...]] = {
        ("household", "household_month"): (example.household,),
        ("person", "person_month"): example.persons,
        ("village_month", "area_month"): example.areas,
    }
    return {
        key
        for offered, rows in told.items()
        for row in rows
        for key in row
        if not any(key in tables[table] for table in offered)
    }
