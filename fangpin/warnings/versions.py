"""Two versions of a rule side by side: what was rewritten, and what one of them would have said instead of the other.

Floor 2. Pure values and frames in and out.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from fangpin.config.rule_models import Example, Rule

SHADOW: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "version": pl.Int64(),
    "household_no": pl.String(),
    "change": pl.String(),  # gained: the shadow alone; lost: the live version alone; both
}
SHADOW_RUNS: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "version": pl.Int64(),
    "live_version": pl.Int64(),  # null: the rule is new
    "live_unjudged": pl.Int64(),  # null: not evaluated
    "unjudged": pl.Int64(),  # null: it failed, or it switches the rule off
    "failure": pl.String(),  # why it could not be evaluated; null: it was
}
_TITLES = {
    "title": "查什么",
    "kind": "种类",
    "subject": "对象",
    "effect": "作用",
    "channel": "渠道",
    "must_fix": "必改",
    "grade": "建议等级",
    "risks": "返贫风险",
    "basis": "依据",
    "needs": "所需数据",
    "quiet_months": "静默期（月）",
    "switched_on": "启用",
    "site_parameters": "本县参数",
    "sentence": "文字",
}
_EXPECTED = {"fires": "触发", "quiet": "不触发", "unknown": "无法判断"}
_NOTHING = "（无）"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two versions say differently, in words."""

    title: str
    before: str
    after: str


def differences(before: Rule | None, after: Rule) -> tuple[Difference, ...]:
    """Return what a version says otherwise than the one before it (None: there is none), but for its SQL.

    >>> old = Rule.model_construct(title="甲", grade="red", parameters=(), examples=())
    >>> new = old.model_copy(update={"grade": "blue"})
    >>> [(d.title, d.before, d.after) for d in differences(old, new)]
    [('建议等级', 'red', 'blue')]
    """
    told = ({} if before is None else _told(before), _told(after))
    names = list(dict.fromkeys([*told[1], *told[0]]))
    pairs = [(name, *(side.get(name, _NOTHING) for side in told)) for name in names]
    return tuple(Difference(*pair) for pair in pairs if pair[1] != pair[2])


def sql_difference(before: Rule | None, after: Rule) -> tuple[str, ...]:
    """Return the lines of a version's SQL that changed, with those around them: ``-`` before, ``+`` after.

    >>> old, new = Rule.model_construct(sql="select 1"), Rule.model_construct(sql="select 2")
    >>> sql_difference(old, new)
    ('-select 1', '+select 2')
    """
    old = [] if before is None else before.sql.strip().splitlines()
    lines = difflib.unified_diff(old, after.sql.strip().splitlines(), lineterm="", n=2)
    return tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))


def shadow_rows(rule_id: str, version: int, *, live: pl.DataFrame, cast: pl.DataFrame) -> pl.DataFrame:
    """Return the households that a version in the shadow or the live one speaks of, and which of them does.

    Rows in: live, cast: household_no of the alerts of either, before quiet periods. Rows out: SHADOW, by household.

    >>> live, cast = (pl.DataFrame({"household_no": names}) for names in (["A", "B"], ["B", "C"]))
    >>> [row[2:] for row in shadow_rows("r", 2, live=live, cast=cast).rows()]
    [('A', 'lost'), ('B', 'both'), ('C', 'gained')]
    """
    said = [alerts.select("household_no").unique() for alerts in (live, cast)]
    sides = (
        said[0]
        .with_columns(is_live=True)
        .join(said[1].with_columns(is_cast=True), on="household_no", how="full", coalesce=True)
    )
    change = (
        pl.when(pl.col("is_live").is_null())
        .then(pl.lit("gained"))
        .when(pl.col("is_cast").is_null())
        .then(pl.lit("lost"))
        .otherwise(pl.lit("both"))
    )
    named = {"rule_id": pl.lit(rule_id), "version": pl.lit(version, dtype=pl.Int64), "change": change}
    return (
        sides.with_columns(**named)
        .select(pl.col(name).cast(kind) for name, kind in SHADOW.items())
        .sort("household_no")
    )


def _told(rule: Rule) -> dict[str, str]:
    """Return what a rule says, each thing under its title."""
    told = {title: _in_words(getattr(rule, name)) for name, title in _TITLES.items() if hasattr(rule, name)}
    for one in rule.parameters:
        told[f"参数 {one.name}（{one.since} 起）"] = f"{one.value:,g} {one.unit}；{one.document}"
    return told | {f"例子“{example.title}”": _worked(example) for example in rule.examples}


def _worked(example: Example) -> str:
    """Return what an example gives and what must come of it."""
    rows: list[Mapping[str, object]] = [example.household, *example.persons, example.parameters]
    given = "；".join("、".join(f"{name}={value}" for name, value in row.items()) for row in rows if row)
    return f"{given or _NOTHING} → {_EXPECTED[example.expect]}"


def _in_words(value: object) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case tuple():
            return "、".join(str(one) for one in value) or _NOTHING
        case str():
            return value or _NOTHING
        case _:
            return str(value)
