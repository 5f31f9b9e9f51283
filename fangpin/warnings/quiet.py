"""Quiet periods: a rule does not raise the same household and person again within its quiet months.

Floor 2. Pure frames in and out. A month run again gives what it gave: an alert of the same month is
never silenced by itself. Another rule, another person, another household is never silenced.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.warnings.urgency import severity

QUIET: Final[dict[str, pl.DataType]] = {
    "rule_id": pl.String(),
    "household_no": pl.String(),
    "person_no": pl.String(),
    "last_period": pl.String(),
    "kind": pl.String(),
    "severity": pl.Float64(),
}
KEYS: Final = ("rule_id", "household_no", "person_no")
_LAST: Final = ("last_period", "kind", "severity")
_DIGITS: Final = 6  # so that half as much again of 1.2 is 1.8


def apply_quiet(
    alerts: pl.DataFrame, quiet_before: pl.DataFrame, *, growth: float | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the alerts raised, and those silenced with the month in which the rule last raised the subject.

    Rows in: alerts (evaluate.ALERTS) of one month; quiet_before (QUIET): one row a rule × household × person (null in
    household rules, and null matches null), the month (YYYY-MM) and the kind of the last alert raised, and how far
    beyond its line that was (urgency.severity, null: unknown). growth: the share by which it must lie further beyond
    the line than then to be raised all the same; None: never. Rows out: the alerts, and the silenced ones with
    last_period and until, the last month of silence. An alert is silenced from the month after the last one up to
    and including quiet_months later.

    >>> from fangpin.warnings.evaluate import ALERTS
    >>> [frame.height for frame in apply_quiet(pl.DataFrame(schema=ALERTS), pl.DataFrame(schema=QUIET), growth=0.5)]
    [0, 0]
    """
    last = quiet_before.select(*KEYS, "last_period", pl.col("severity").alias("severity_before"))
    known = alerts.join(last, on=KEYS, how="left", nulls_equal=True)
    since = ordinal("period") - ordinal("last_period")
    # Never raised before: null, and null is not silenced.
    is_quiet = since.is_between(1, pl.col("quiet_months")).fill_null(value=False)
    silenced = is_quiet & ~has_grown("severity_before", growth)
    until = month_of(ordinal("last_period") + pl.col("quiet_months")).alias("until")
    return (
        known.filter(~silenced).select(alerts.columns),
        known.filter(silenced).select(*alerts.columns, "last_period", until),
    )


def quiet_after(raised: pl.DataFrame, quiet_before: pl.DataFrame) -> pl.DataFrame:
    """Return when each rule last raised each subject, with the month's alerts told.

    Rows in: raised (evaluate.ALERTS), quiet_before (QUIET). Rows out: QUIET, one row a rule × household × person.

    >>> from fangpin.warnings.evaluate import ALERTS
    >>> quiet_after(pl.DataFrame(schema=ALERTS), pl.DataFrame(schema=QUIET)).height
    0
    """
    latest = raised.select(*KEYS, pl.col("period").alias("last_period"), "kind", severity())
    both = pl.concat([quiet_before.select(*QUIET), latest])
    # The later month counts; of the same month what was raised now.
    return both.sort("last_period", maintain_order=True).group_by(KEYS).agg(pl.col(_LAST).last()).sort(KEYS)


def has_grown(before: str, growth: float | None) -> pl.Expr:
    """Say whether an alert lies further beyond its line than before by a share; unknown is no growth.

    >>> rows = pl.DataFrame({"measured": [1.8, 1.7, None], "threshold": 1.0, "then": 1.2})
    >>> rows.select(has_grown("then", 0.5)).to_series().to_list()
    [True, False, False]
    """
    if growth is None:
        return pl.lit(value=False)
    grown = severity().round(_DIGITS) >= (pl.col(before) * (1 + growth)).round(_DIGITS)
    return grown.fill_null(value=False)


def ordinal(column: str) -> pl.Expr:
    """Return the number of a month written YYYY-MM (Period.ordinal)."""
    year = pl.col(column).str.slice(0, 4).cast(pl.Int64)
    return year * 12 + pl.col(column).str.slice(5, 2).cast(pl.Int64)


def month_of(number: pl.Expr) -> pl.Expr:
    """Return a month written YYYY-MM from its number.

    >>> pl.select(month_of(pl.lit(24300))).item()
    '2024-12'
    """
    months = (number - 1) % 12 + 1
    return pl.format("{}-{}", (number - 1) // 12, months.cast(pl.String).str.zfill(2))
