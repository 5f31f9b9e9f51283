"""Why somebody came into the registers or left them, where a department told it (死亡人员名单、户籍变动名单).

Floor 2. Told beside the events, never inside the history: a list that comes late changes no life and no stay.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.history import History
from fangpin.matching.history_events import UNTOLD, EventKind
from fangpin.matching.periods import title_of

TOLD: Final = pl.Schema({"life_no": pl.String, "on_no": pl.Int64, "word": pl.String, "title": pl.String})
"""One row per thing told of a life: on_no: the month it happened in; word: 死亡、迁入…; title: the list that told."""
_LEAVING: Final = ("死亡", "迁出", "其他注销")
_COMING: Final = ("出生", "迁入")
_ARRIVALS: Final = (EventKind.BORN, EventKind.JOINED, EventKind.MARRIED_IN, EventKind.RETURNED)
_LATE: Final = 12  # months a register may lag behind what happened
_EARLY: Final = 1  # months a register may be ahead of the list


def lives_told(history: History, told: pl.DataFrame) -> pl.DataFrame:
    """What was told of numbers as told of lives: TOLD.

    Rows in: told: person_no, period_no (the month in which the number was linked), and on_no, word, title of TOLD.
    A number linked in a month is that of the life that had it then (before the first register: that had it first); one
    that nobody had then is left out.
    """
    joined = told.join(history.people, on="person_no", how="inner")
    linked = pl.col("period_no").clip(min(history.months))
    begun = pl.col("from_period_no") <= linked
    then = begun & (pl.col("to_period_no") >= linked).fill_null(value=True)
    return joined.filter(then).select(TOLD.names()).unique().sort(TOLD.names())


def with_causes(events: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Events with what departments told of them in the detail; the others as they are.

    Told of a departure: 死亡 before 迁出 before 其他注销; of an arrival: 出生 before 迁入; not more than twelve months
    before the register that shows it and one month after it, of several the last.
    Rows in: EVENTS, TOLD. Rows out: EVENTS, in the same order.
    """
    rows = events.with_row_index("place")
    left = _causes(rows.filter(pl.col("kind") == EventKind.DIED_OR_LEFT.value), told, _LEAVING)
    came = _causes(rows.filter(pl.col("kind").is_in([k.value for k in _ARRIVALS])), told, _COMING)
    detail = pl.col("detail")
    return (
        rows.join(pl.concat([left, came]), on="place", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("cause").is_null())
            .then(detail)
            .when(detail.str.contains(UNTOLD, literal=True))
            .then(detail.str.replace(UNTOLD, pl.col("cause"), literal=True))
            .when(detail == "")
            .then("cause")
            .otherwise(pl.concat_str("cause", pl.lit("；"), detail))
            .alias("detail")
        )
        .select(events.columns)
    )


def _causes(rows: pl.DataFrame, told: pl.DataFrame, words: tuple[str, ...]) -> pl.DataFrame:
    """One cause in words for each event that has any: place, cause."""
    ranked = told.filter(pl.col("word").is_in(words)).with_columns(
        rank=pl.col("word").replace_strict({w: i for i, w in enumerate(words)}, return_dtype=pl.Int64, default=None)
    )
    lag = pl.col("period_no") - pl.col("on_no")
    return (
        rows.select("place", "life_no", "period_no")
        .join(ranked, on="life_no")
        .filter(lag.is_between(-_EARLY, _LATE))
        .sort("place", "rank", -pl.col("on_no"), "title")
        .unique("place", keep="first", maintain_order=True)
        .select("place", pl.format("{}{}（{}）", title_of(pl.col("on_no")), "word", "title").alias("cause"))
    )
