"""Quiet periods: a rule does not raise the same household and person again within its quiet months.

Floor 2. Pure frames in and out. A month run again gives what it gave: an alert of the same month is
never silenced by itself.
"""

from __future__ import annotations

import polars as pl

QUIET: dict[str, pl.DataType] = {
    "rule_id": pl.String(),
    "household_no": pl.String(),
    "person_no": pl.String(),
    "last_period": pl.String(),
}
_KEYS = ["rule_id", "household_no", "person_no"]


def apply_quiet(alerts: pl.DataFrame, quiet_before: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the alerts raised, the alerts suppressed, and when each rule last raised each subject.

    Rows in: alerts (evaluate.ALERTS) of one month; quiet_before: one row a rule × household × person (null in
    household rules, and null matches null), last_period YYYY-MM. Rows out: the alerts split in two, and
    quiet_after with the columns of quiet_before. An alert is suppressed from the month after the last one up to
    and including quiet_months later.

    >>> from fangpin.warnings.evaluate import ALERTS
    >>> [frame.height for frame in apply_quiet(pl.DataFrame(schema=ALERTS), pl.DataFrame(schema=QUIET))]
    [0, 0, 0]
    """
    known = alerts.join(quiet_before.select(*_KEYS, "last_period"), on=_KEYS, how="left", nulls_equal=True)
    since = _ordinal("period") - _ordinal("last_period")
    # Never raised before: null, and null is not silenced.
    is_quiet = since.is_between(1, pl.col("quiet_months")).fill_null(value=False)
    raised = known.filter(~is_quiet).drop("last_period")
    suppressed = known.filter(is_quiet).drop("last_period")
    latest = raised.select(*_KEYS, pl.col("period").alias("last_period"))
    after = (
        pl.concat([quiet_before.select(*_KEYS, "last_period"), latest]).group_by(_KEYS).agg(pl.col("last_period").max())
    )
    return raised, suppressed, after.sort(_KEYS)


def _ordinal(column: str) -> pl.Expr:
    year = pl.col(column).str.slice(0, 4).cast(pl.Int64)
    return year * 12 + pl.col(column).str.slice(5, 2).cast(pl.Int64)
