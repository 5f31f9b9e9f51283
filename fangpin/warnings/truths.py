"""What is known of the families themselves, held against what two versions of the rules led to.

Floor 2. Pure frames in and out. What a visit found is known afterwards, so a lead may come before it; what happened to
a family is known from the day it happened, so a lead may come after it.
"""

from __future__ import annotations

import polars as pl

from fangpin.types import ResultCode

# A family warned up to two months before the visit's answer is found all the same, and so is one warned up to two
# months after the blow: departments deliver a month late, and a visit takes its time.
_MONTHS = 2
_ANSWERS = {ResultCode.TO_IDENTIFY: "查实（02 拟纳入）", ResultCode.NO_RISK: "查否（04 无风险）"}
NO_KIND = "（不分种类）"

TRUTHS: dict[str, pl.DataType] = {"household_no": pl.String(), "period_no": pl.Int64(), "result_code": pl.String()}
EVENTS: dict[str, pl.DataType] = {
    "household_no": pl.String(),
    "period_no": pl.Int64(),
    "kind": pl.String(),  # the kind a lead must be of (types.Kind); null: any
}
LED: dict[str, pl.DataType] = {
    "household_no": pl.String(),
    "period_no": pl.Int64(),
    "kinds": pl.List(pl.String()),
}
_COUNTS: dict[str, pl.DataType] = {
    "today": pl.Int64(),
    "tried": pl.Int64(),
    "gained": pl.Int64(),
    "lost": pl.Int64(),
}
HELD: dict[str, pl.DataType] = {"result": pl.String(), "answers": pl.Int64(), **_COUNTS}
MET: dict[str, pl.DataType] = {"kind": pl.String(), "events": pl.Int64(), **_COUNTS}


def held_against(truths: pl.DataFrame, *, today: pl.DataFrame, tried: pl.DataFrame) -> pl.DataFrame:
    """Return how many visits with a clear answer each version would have led to.

    Rows in: truths (TRUTHS, the month of the task); today, tried (LED): every lead of either. Rows out: HELD, one row
    for 02 and one for 04, counted by household; another answer proves neither and is left out. A lead counts for an
    answer in its month and the two after.

    >>> led = pl.DataFrame([("H", 5, [])], schema=LED, orient="row")
    >>> truths = pl.DataFrame([("H", 6, "02"), ("K", 6, "04")], schema=TRUTHS, orient="row")
    >>> held_against(truths, today=led, tried=led.clear()).rows()
    [('查实（02 拟纳入）', 1, 1, 0, 0, 1), ('查否（04 无风险）', 1, 0, 0, 0, 0)]
    """
    answers = truths.with_columns(pl.lit(None, pl.String).alias("kind"))
    caught = answers.with_columns(
        today=_is_met(answers, today, months=(-_MONTHS, 0)), tried=_is_met(answers, tried, months=(-_MONTHS, 0))
    )
    rows = [(title, *_counted(caught.filter(pl.col("result_code") == code))) for code, title in _ANSWERS.items()]
    return pl.DataFrame(rows, schema=HELD, orient="row")


def events_met(events: pl.DataFrame, *, today: pl.DataFrame, tried: pl.DataFrame) -> pl.DataFrame:
    """Return how many of the things that happened to families each version found, by kind.

    Rows in: events (EVENTS), planted or verified; today, tried (LED). Rows out: MET, by kind; an event is found by a
    lead of its kind in its month or one of the two after.

    >>> led = pl.DataFrame([("H", 6, ["dropout"])], schema=LED, orient="row")
    >>> events = pl.DataFrame([("H", 5, "dropout"), ("H", 5, "water")], schema=EVENTS, orient="row")
    >>> events_met(events, today=led.clear(), tried=led).rows()
    [('dropout', 1, 0, 1, 1, 0), ('water', 1, 0, 0, 0, 0)]
    """
    met = events.with_columns(
        today=_is_met(events, today, months=(0, _MONTHS)), tried=_is_met(events, tried, months=(0, _MONTHS))
    )
    parts = met.with_columns(pl.col("kind").fill_null(NO_KIND)).partition_by("kind", as_dict=True)
    rows = [(name, *_counted(part)) for (name,), part in sorted(parts.items(), key=lambda item: str(item[0]))]
    return pl.DataFrame(rows, schema=MET, orient="row")


def leads_that_met(events: pl.DataFrame, leads: pl.DataFrame) -> int:
    """Return how many leads, each one visit, came to a family to whom something had happened: the hits.

    Rows in: events (EVENTS), leads (LED).

    >>> events = pl.DataFrame([("H", 5, "dropout")], schema=EVENTS, orient="row")
    >>> leads = pl.DataFrame([("H", 6, ["dropout"]), ("K", 6, ["dropout"])], schema=LED, orient="row")
    >>> leads_that_met(events, leads)
    1
    """
    pairs = _pairs(events, leads, months=(0, _MONTHS))
    return pairs.select("household_no", "led_no").unique().height


def _counted(part: pl.DataFrame) -> tuple[int, ...]:
    now, then = part["today"], part["tried"]
    return (part.height, int(now.sum()), int(then.sum()), int((then & ~now).sum()), int((now & ~then).sum()))


def _is_met(truths: pl.DataFrame, leads: pl.DataFrame, *, months: tuple[int, int]) -> pl.Series:
    """Return for each truth whether a lead of its kind came to it in time."""
    numbered = truths.with_row_index("place")
    return numbered["place"].is_in(_pairs(numbered, leads, months=months)["place"].implode())


def _pairs(truths: pl.DataFrame, leads: pl.DataFrame, *, months: tuple[int, int]) -> pl.DataFrame:
    both = truths.join(leads.select("household_no", pl.col("period_no").alias("led_no"), "kinds"), on="household_no")
    in_time = (pl.col("led_no") - pl.col("period_no")).is_between(*months)
    is_kind = pl.col("kind").is_null() | pl.col("kinds").list.contains(pl.col("kind"))
    return both.filter(in_time & is_kind)
