"""What one rule answers for everybody of its population: checked, bound, computed, and refused when it is out of shape.

Floor 2. A rule that fails says in which step and why; nothing of it reaches an alert.
"""

from __future__ import annotations

import datetime as dt
import re

import duckdb
import polars as pl

from fangpin.config.rule_models import Parameter, Rule, effective
from fangpin.config.site_models import Site
from fangpin.types import Subject
from fangpin.warnings.inputs import reason_of
from fangpin.warnings.limits import LIMIT_SECONDS, interrupted_after
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


class RuleFailed(Exception):
    """One rule's evaluation stops; caught in evaluate and check, never an error of the run."""

    def __init__(self, step: str, reason: str) -> None:
        self.step = step
        self.reason = reason
        super().__init__(f"{step}: {reason}")


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
