"""Evaluates every rule of a county over the indicator tables of one month.

Floor 2. A rule that cannot be evaluated fails alone, with the step and the reason, and leaves no alert;
the others are what they would be without it. A verdict that cannot be reached is counted, never an alert.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import polars as pl

from fangpin.config.rule_models import Parameter, Rule, effective
from fangpin.config.site_models import Site
from fangpin.types import Period, Subject
from fangpin.warnings.inputs import reason_of
from fangpin.warnings.limits import LIMIT_SECONDS, interrupted_after
from fangpin.warnings.sentences import MEMBER, fill
from fangpin.warnings.statements import parameter_names, readable_by, statement_findings

_PLAIN = re.compile(r'VARCHAR|BOOLEAN|DATE|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)|U?(TINY|SMALL|BIG|HUGE)?INT|INTEGER|"NULL"')

REQUIRED: dict[str, str] = {
    "household_no": "VARCHAR",
    "person_no": "VARCHAR",  # null in a household rule
    "measured": "DOUBLE",
    "threshold": "DOUBLE",
    "fires": "BOOLEAN",  # null: 无法判断
}
REQUIRED_OF_AREAS: dict[str, str] = {
    "township": "VARCHAR",
    "village": "VARCHAR",  # null at the level of townships
    "measured": "DOUBLE",
    "threshold": "DOUBLE",
    "fires": "BOOLEAN",  # null: 无法判断
}

ALERTS: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "rule_version": pl.Int64(),
    "kind": pl.String(),
    "grade": pl.String(),
    "effect": pl.String(),
    "channel": pl.String(),
    "household_no": pl.String(),
    "person_no": pl.String(),
    "period": pl.String(),
    "measured": pl.Float64(),
    "threshold": pl.Float64(),
    "sentence": pl.String(),
    "risks": pl.List(pl.String()),
    "quiet_months": pl.Int64(),
}
UNJUDGED: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "subject": pl.String(),
    "population": pl.Int64(),
    "unjudged": pl.Int64(),
    "missing_sources": pl.List(pl.String()),
}
VALUES: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "name": pl.String(),
    "value": pl.Float64(),
    "unit": pl.String(),
    "since": pl.Date(),
    "document": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that could not be evaluated: the step it failed in and why (规则失败)."""

    rule_id: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules of a month gave (预警结果).

    alerts: one row a rule × household × person that fires. unjudged: one row a rule, how many of its population
    could not be judged and which sources were missing. values: one row a rule × parameter, the value used.
    """

    alerts: pl.DataFrame
    unjudged: pl.DataFrame
    values: pl.DataFrame
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the rules evaluated so far gave, row by row."""

    alerts: list[pl.DataFrame]
    unjudged: list[dict[str, object]]
    values: list[dict[str, object]]
    failures: list[Failure]


class RuleFailed(Exception):
    """One rule's evaluation stops; caught in evaluate and check, never an error of the run."""

    def __init__(self, step: str, reason: str) -> None:
        self.step = step
        self.reason = reason
        super().__init__(f"{step}: {reason}")


def evaluate(
    con: duckdb.DuckDBPyConnection,
    rules: Iterable[Rule],
    *,
    period: Period,
    site: Site,
    limit_seconds: float = LIMIT_SECONDS,
) -> Evaluation:
    """Return the alerts of a month, who could not be judged, the parameter values used, and the rules that failed.

    Rows in: person, household, coverage, person_month, household_month of the month. Rows out: the frames of
    Evaluation, sorted by rule, household, person. Dated parameters are those in force on the month's first day.
    A rule that computes longer than limit_seconds is interrupted and fails alone.

    >>> from fangpin.warnings.inputs import create_inputs
    >>> con = duckdb.connect(); create_inputs(con)
    >>> evaluate(con, [], period=Period(2024, 3), site=Site.model_construct(parameters=())).alerts.height
    0
    """
    present = sources_present(con, period)
    registered = {subject: _registered(con, subject) for subject in Subject}
    found = _Found([], [], [], [])
    # Rules for areas look at what these gave: see areas.
    of_homes = (rule for rule in rules if rule.switched_on and rule.subject is not Subject.VILLAGE)
    for rule in sorted(of_homes, key=lambda rule: rule.id):
        try:
            used = parameters_in_force(rule, site, on=dt.date(period.year, period.month, 1))
            bound = {p.name: p.value for p in used}
            missing = sorted(set(rule.needs) - present)
            rows = verdict_rows(con, rule, bound, judged=not missing, limit_seconds=limit_seconds)
            fired = _alerts_of(rule, rows, registered[rule.subject], period=period)
        except RuleFailed as failed:
            found.failures.append(Failure(rule.id, failed.step, failed.reason))
            continue
        found.alerts.append(fired)
        unknown = rows["fires"].null_count()
        found.unjudged.append(dict(zip(UNJUDGED, (rule.id, rule.subject, rows.height, unknown, missing), strict=True)))
        found.values.extend({"rule_id": rule.id} | p.model_dump(include=set(VALUES)) for p in used)
    return _as_evaluation(found)


def parameters_in_force(rule: Rule, site: Site, *, on: dt.date) -> list[Parameter]:
    """Return the rule's own and its site parameters with the values in force on a day.

    Raises: RuleFailed when one has no value yet on that day.

    >>> rule = Rule.model_construct(parameters=(), site_parameters=())
    >>> parameters_in_force(rule, Site.model_construct(parameters=()), on=dt.date(2024, 3, 1))
    []
    """
    found = []
    own = sorted({p.name for p in rule.parameters})
    for name, declared in [(n, rule.parameters) for n in own] + [(n, site.parameters) for n in rule.site_parameters]:
        value = effective(declared, name, on=on)
        if value is None:
            step = "参数"
            raise RuleFailed(step, f"参数 {name} 在 {on:%Y-%m-%d} 没有生效的值")
        found.append(value)
    return found


def verdict_rows(
    con: duckdb.DuckDBPyConnection,
    rule: Rule,
    values: dict[str, float],
    *,
    judged: bool,
    limit_seconds: float = LIMIT_SECONDS,
) -> pl.DataFrame:
    """Return one row per household / person of the rule's population with its verdict.

    Rows out: the columns of REQUIRED and those the sentence needs; fires is null where the figures are not finite,
    and for everybody when a needed source has no batch (judged false).
    Raises: RuleFailed with the step: 语句, 查询, 列, 结果.

    >>> rule = Rule.model_construct(subject=Subject.HOUSEHOLD, sql="select 1 as one")
    >>> try: verdict_rows(duckdb.connect(), rule, {}, judged=True)
    ... except RuleFailed as failed: failed.step
    '列'
    """
    wrong = statement_findings(con, rule.sql, readable=readable_by(rule.subject))
    if wrong:
        step = "语句"
        raise RuleFailed(step, "；".join(wrong))
    bound = {name: values[name] for name in parameter_names(con, rule.sql) if name in values}
    try:
        with interrupted_after(con, limit_seconds):
            relation = con.sql(rule.sql, params=bound)
            types = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
            _require_columns(types, REQUIRED_OF_AREAS if rule.subject is Subject.VILLAGE else REQUIRED)
            rows: pl.DataFrame = relation.pl()
    except duckdb.InterruptException as exc:
        step = "查询"
        raise RuleFailed(step, f"计算超过{limit_seconds:g}秒，已中断；请检查语句的连接条件") from exc
    except duckdb.Error as exc:
        step = "查询"
        raise RuleFailed(step, reason_of(exc)) from exc
    _require_one_row_a_subject(rule, rows)
    # A division by zero is infinite here, no error: such a figure judges nobody.
    figures = (pl.col("measured").is_finite() & pl.col("threshold").is_finite()).fill_null(value=True)
    return rows.with_columns(pl.when(figures & judged).then(pl.col("fires")).alias("fires"))


def _as_evaluation(found: _Found) -> Evaluation:
    return Evaluation(
        pl.concat([pl.DataFrame(schema=ALERTS), *found.alerts]),
        pl.DataFrame(found.unjudged, schema=UNJUDGED),
        pl.DataFrame(found.values, schema=VALUES),
        tuple(found.failures),
    )


def _require_columns(types: dict[str, str], required: dict[str, str]) -> None:
    wrong = [
        f"{name} 应为 {kind}，收到 {types.get(name, '无')}"
        for name, kind in required.items()
        if types.get(name) != kind
    ]
    wrong += [f"{name} 的类型 {kind} 不能写进文字" for name, kind in types.items() if not _PLAIN.fullmatch(kind)]
    if wrong:
        step = "列"
        raise RuleFailed(step, "；".join(wrong))


def _require_one_row_a_subject(rule: Rule, rows: pl.DataFrame) -> None:
    step = "结果"
    if rule.subject is Subject.VILLAGE:
        if rows["township"].null_count():
            raise RuleFailed(step, "有的行没有乡镇")
        if rows.select("township", "village").is_duplicated().any():
            raise RuleFailed(step, "同一乡镇或村出现多行")
        return
    if rows["household_no"].null_count():
        raise RuleFailed(step, "有的行没有户编号")
    nameless = rows["person_no"].null_count()
    if nameless != (0 if rule.subject is Subject.PERSON else rows.height):
        raise RuleFailed(step, "对人的规则每行要有人编号，对户的规则不得有人编号")
    if rows["person_no" if rule.subject is Subject.PERSON else "household_no"].is_duplicated().any():
        raise RuleFailed(step, "同一对象出现多行")


def sources_present(con: duckdb.DuckDBPyConnection, period: Period) -> set[str]:
    """Return the ids of the sources that have a batch of the month."""
    sql = "select distinct source_id from coverage where period_no = $period_no"
    return {row[0] for row in con.execute(sql, {"period_no": period.ordinal}).fetchall()}


def _registered(con: duckdb.DuckDBPyConnection, subject: Subject) -> pl.DataFrame:
    """Return who can be alerted: the keys of all persons or households, and how a sentence calls them."""
    if subject is Subject.PERSON:
        sql = "select household_no, person_no, coalesce(relation, $member) as member from person"
    else:
        sql = "select household_no, null::varchar as person_no, $member as member from household"
    keys: pl.DataFrame = con.sql(sql, params={"member": MEMBER}).pl()
    return keys


def _alerts_of(rule: Rule, rows: pl.DataFrame, registered: pl.DataFrame, *, period: Period) -> pl.DataFrame:
    keys = ["household_no", "person_no"]
    # Of those the rule does not speak for only their number matters: who fires is looked up, one by one.
    fired = rows.filter(pl.col("fires")).join(registered, on=keys, how="left", nulls_equal=True).sort(keys)
    if rows.height > registered.height or fired["member"].null_count():
        step = "结果"
        raise RuleFailed(step, "有的对象不在登记台账")
    try:
        sentences = [fill(rule.sentence, row | {"period": period.title}) for row in fired.iter_rows(named=True)]
    except ValueError as exc:
        step = "文字"
        raise RuleFailed(step, f"sentence 的占位符有误：{rule.sentence}") from exc
    return fired.select(
        pl.lit(rule.id).alias("rule_id"),
        pl.lit(rule.version, dtype=pl.Int64).alias("rule_version"),
        pl.lit(rule.kind.value).alias("kind"),
        pl.lit(rule.grade).alias("grade"),
        pl.lit(rule.effect.value).alias("effect"),
        pl.lit(rule.channel.value).alias("channel"),
        *keys,
        pl.lit(str(period)).alias("period"),
        "measured",
        "threshold",
        pl.Series("sentence", sentences, dtype=pl.String),
        pl.lit(list(rule.risks), dtype=pl.List(pl.String)).alias("risks"),
        pl.lit(rule.quiet_months, dtype=pl.Int64).alias("quiet_months"),
    )
