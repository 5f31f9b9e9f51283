"""Change against own history: functions that any rule may use over a list of months, this month first.

Floor 2. DuckDB macros over DOUBLE[]; element 1 is this month, 13 the same month last year, null a month nobody knows.
Whoever has no history at all is null and stays so: unknown is never zero, and nobody falls from what was never told.
A usual month is a median, so that neither one bad month, a harvest nor two paydays in one month moves it.
"""

from __future__ import annotations

from typing import Final

import duckdb

_KNOWN: Final = "list_filter({}, lambda x: x is not null)"
_EARLIER: Final = _KNOWN.format("h[2:13]")
_USUAL: Final = f"case when len({_EARLIER}) >= least then list_median({_EARLIER}) end"
_STREAK: Final = """case when h[1] is not null then
  coalesce(nullif(list_position(list_transform(h, lambda x: coalesce(x {} line, false)), false), 0) - 1, len(h))
end"""
_YEAR: Final = """case when len(list_filter(h[{first}:{last}], lambda x: x is not null)) = month_no
  then list_sum(h[{first}:{last}])
end"""

_FUNCTIONS: Final = {
    "usual(h, least)": _USUAL,
    "spike_times(h, least)": f"h[1] / nullif({_USUAL}, 0)",
    "drop_share(h, least)": f"1 - h[1] / nullif({_USUAL}, 0)",
    "recent_mean(h, n)": f"case when h[1] is not null then list_avg({_KNOWN.format('h[1:n]')}) end",
    "streak_at_least(h, line)": _STREAK.format(">="),
    "streak_at_most(h, line)": _STREAK.format("<="),
    "same_month_last_year(h)": "h[13]",
    "year_to_date(h, month_no)": _YEAR.format(first="1", last="month_no"),
    "year_to_date_before(h, month_no)": _YEAR.format(first="13", last="12 + month_no"),
    "crosses(h_before, h_now, line)": "h_before < line and h_now >= line",
}

CHANGE_FUNCTIONS: Final = frozenset(signature.split("(")[0] for signature in _FUNCTIONS)
"""The names a rule's SQL may call."""


def create_functions(con: duckdb.DuckDBPyConnection) -> None:
    """Make the change functions in a connection; made again they are the same.

    usual: median of the known of months 2 to 13, null with fewer than ``least`` known. spike_times, drop_share: this
    month against the usual one; null where the usual month is nothing. recent_mean: mean of the known of the first n.
    streak_at_least, streak_at_most: months in a row from now, an unknown one stops it. year_to_date: since January,
    null when a month is unknown. crosses: below the line before, at or above it now.

    Source: 2.4 (收入骤减), 2.3 (支出骤增) definitions against own earlier months.

    >>> con = duckdb.connect(); create_functions(con)
    >>> con.execute("select spike_times([900, 50, 60, null, 70]::double[], 3)").fetchone()
    (15.0,)
    """
    for signature, sql in _FUNCTIONS.items():
        con.execute(f"create or replace macro {signature} as ({sql})")
