"""What answers teach of each rule: how often its visits include a family, how often they help at all, how sure that is.

Floor 2. Pure frames in and out. Nothing here moves a rule: it only says what townships found, with intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from fangpin.matching.intervals import Estimate, wilson
from fangpin.types import ResultCode

FEW: Final = 10
"""Fewer answers than this say nothing of a rule: not one hit in nine still leaves room for three in ten (Wilson)."""

# 01 counts: the family was in need, and the lead is a factor of its case (01 已是监测对象).
INCLUDED: Final = (ResultCode.TO_IDENTIFY, ResultCode.RE_MARKED, ResultCode.ALREADY_MONITORED)
USEFUL: Final = (*INCLUDED, ResultCode.REFERRED, ResultCode.DATA_WRONG)
# Not looked at, or looked at under another lead: such an answer speaks neither for the rule nor against it.
UNSEEN: Final = (ResultCode.ELSEWHERE, ResultCode.OUT_OF_REACH, ResultCode.REPEATED)

TOLD: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "period": pl.String(),
    "household_no": pl.String(),
    "township": pl.String(),
    "task_id": pl.String(),  # null: not dispatched
    "result_code": pl.String(),  # null: not answered
    "reason_code": pl.String(),  # null: not given
    "measured": pl.Float64(),
    "threshold": pl.Float64(),
}
COUNTS: dict[str, pl.DataType] = {
    "leads": pl.Int64(),
    "visits": pl.Int64(),
    "judged": pl.Int64(),
    "included": pl.Int64(),
    "useful": pl.Int64(),
    "is_few": pl.Boolean(),
    "precision": pl.Float64(),
    "precision_low": pl.Float64(),
    "precision_high": pl.Float64(),
    "usefulness": pl.Float64(),
    "usefulness_low": pl.Float64(),
    "usefulness_high": pl.Float64(),
}
WEAK: dict[str, pl.DataType] = {"rule_id": pl.String(), "reason": pl.String()}


def precision(told: pl.DataFrame, *, by: Sequence[str] = ()) -> pl.DataFrame:
    """Return for each rule how many of its visits included a family and how many were of any use.

    Rows in: TOLD, one row an alert of a lead in force, with the answer of the lead's task; ``by``: township, period.
    Rows out: ``by``, rule_id and COUNTS, sorted by them. leads: households and months; visits: tasks answered, each
    counted once a rule however many of the rule's leads it holds (in the month of the first); judged: those without
    08, 09, 10; included: 01, 02, 06; useful: included, 05, 07. Shares are of judged, with Wilson intervals of 95 %;
    null where none was judged. is_few: fewer than FEW judged. A lead of several rules counts for each of them.
    Source: process §4.5 (result codes).

    >>> row = {"rule_id": "r", "period": "2024-01", "household_no": "H", "township": "甲镇", "task_id": "T"}
    >>> told = pl.DataFrame([row | {"result_code": "02"}], schema=TOLD)
    >>> precision(told).select("visits", "included", "precision", pl.col("precision_low").round(2)).row(0)
    (1, 1, 1.0, 0.21)
    """
    keys = [*by, "rule_id"]
    once = told.select(*dict.fromkeys([*keys, "period", "household_no"])).unique()
    leads = once.group_by(keys).agg(leads=pl.len().cast(pl.Int64))
    counted = leads.join(_answered(told, keys), on=keys, how="left", nulls_equal=True)
    numbers = ("visits", "judged", "included", "useful")
    rows = counted.with_columns(pl.col(*numbers).fill_null(0)).sort(keys)
    shares = [_shares(row) for row in rows.select("included", "useful", "judged").iter_rows()]
    schema = {name: COUNTS[name] for name in list(COUNTS)[6:]}
    few = (pl.col("judged") < FEW).alias("is_few")
    return rows.with_columns(few).hstack(pl.DataFrame(shares, schema=schema, orient="row")).select(*keys, *COUNTS)


def overall(told: pl.DataFrame, *, by: Sequence[str] = ()) -> pl.DataFrame:
    """Return the same of all rules together: every household's lead and every visit counts once.

    Rows in: TOLD. Rows out: as ``precision``, rule_id empty; no row without any lead.

    >>> overall(pl.DataFrame(schema=TOLD)).height
    0
    """
    return precision(told.with_columns(pl.lit("").alias("rule_id")), by=by)


def weak_rules(by_rule: pl.DataFrame, whole: pl.DataFrame, *, floor: float | None) -> pl.DataFrame:
    """Return the rules that are surely less useful than the rest, or than the county asks, with the reason in words.

    Rows in: ``precision`` by rule alone and ``overall``; floor: the least usefulness the county asks of a rule, None
    where it has declared none. Rows out: WEAK. A rule with fewer than FEW judged answers is never weak: too little is
    known of it.

    >>> counts = {"rule_id": "r", "judged": 40, "is_few": False, "usefulness": 0.0, "usefulness_high": 0.09}
    >>> county = pl.DataFrame([{"usefulness": 0.5, "usefulness_low": 0.4}])
    >>> weak_rules(pl.DataFrame([counts]), county, floor=None)["reason"].item()
    '有用率至多 9%，低于全县至少的 40%'
    """
    least = whole["usefulness_low"].drop_nulls().to_list()
    found = []
    for row in by_rule.filter(~pl.col("is_few")).iter_rows(named=True):
        most = row["usefulness_high"]
        if floor is not None and most < floor:
            found.append((row["rule_id"], f"有用率至多 {_percent(most)}，低于县定的下限 {_percent(floor)}"))
        elif least and most < least[0]:
            found.append((row["rule_id"], f"有用率至多 {_percent(most)}，低于全县至少的 {_percent(least[0])}"))
    return pl.DataFrame(found, schema=WEAK, orient="row")


def reasons(told: pl.DataFrame) -> pl.DataFrame:
    """Return why visits of each rule did not include the family, most frequent first.

    Rows in: TOLD. Rows out: rule_id, reason_code (null: none given), visits i64; of answers 03 and 04 only, each task
    once a rule. Source: process §4.5.

    >>> reasons(pl.DataFrame(schema=TOLD)).columns
    ['rule_id', 'reason_code', 'visits']
    """
    refused = _tasks(told, ["rule_id"]).filter(
        pl.col("result_code").is_in([str(ResultCode.KEEP_WATCHING), str(ResultCode.NO_RISK)])
    )
    counted = refused.group_by("rule_id", "reason_code").agg(visits=pl.len().cast(pl.Int64))
    return counted.sort("rule_id", "visits", "reason_code", descending=[False, True, False])


def missed(checks: pl.DataFrame) -> tuple[int, int, Estimate]:
    """Return how many low-risk households were looked at, how many should have been warned, and the share of them.

    Rows in: result_code str|null, one row a household drawn for a spot check and visited for nothing else. 01 counts
    as any answer but 02 and 06: a monitored household was not missed. Small samples are the rule here: the interval is
    Wilson's.

    >>> looked_at, hits, share = missed(pl.DataFrame({"result_code": ["02", "04", None, "09"]}))
    >>> looked_at, hits, share.value
    (2, 1, 0.5)
    """
    codes = checks["result_code"].drop_nulls()
    seen = codes.filter(~codes.is_in([str(code) for code in UNSEEN]))
    hits = int(seen.is_in([str(ResultCode.TO_IDENTIFY), str(ResultCode.RE_MARKED)]).sum())
    return seen.len(), hits, wilson(hits, seen.len())


def _tasks(told: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Return one row a rule and answered task: the rule's first lead on it."""
    answered = told.drop_nulls("result_code").sort("period", "household_no")
    once = ["rule_id", *(name for name in keys if name not in {"rule_id", "period"}), "task_id"]
    return answered.unique(once, keep="first", maintain_order=True)


def _answered(told: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    code = pl.col("result_code")
    return (
        _tasks(told, keys)
        .group_by(keys)
        .agg(
            visits=pl.len().cast(pl.Int64),
            judged=(~code.is_in([str(c) for c in UNSEEN])).sum().cast(pl.Int64),
            included=code.is_in([str(c) for c in INCLUDED]).sum().cast(pl.Int64),
            useful=code.is_in([str(c) for c in USEFUL]).sum().cast(pl.Int64),
        )
    )


def _shares(counts: tuple[int, int, int]) -> tuple[float | None, ...]:
    included, useful, judged = counts
    if not judged:
        return (None,) * 6
    found = [wilson(hits, judged) for hits in (included, useful)]
    return tuple(figure for share in found for figure in (share.value, share.low, share.high))


def _percent(share: float) -> str:
    return f"{share * 100:.2g}%"
