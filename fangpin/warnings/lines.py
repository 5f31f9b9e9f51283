"""What a stricter line would have done to the visits answered so far: who would not have been visited, who lost.

Floor 2. Advisory: a line is moved by people, through the bench. A looser line is not judged here: of households nobody
visited there is no answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.matching.intervals import Estimate, wilson
from fangpin.warnings.learning import INCLUDED, UNSEEN

_ABOVE: Final = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0)
_BELOW: Final = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
_STEPS: Final = 5  # of a line counted in whole things: so many more, so many fewer
_DIGITS: Final = 2  # of a candidate: a round number is a line, a longer one is somebody's bill

VALUES: dict[str, pl.DataType] = {"period": pl.String(), "name": pl.String(), "value": pl.Float64()}
TRIED: dict[str, pl.DataType] = {
    "value": pl.Float64(),
    "kept": pl.Int64(),
    "kept_included": pl.Int64(),
    "precision": pl.Float64(),
    "precision_low": pl.Float64(),
    "precision_high": pl.Float64(),
    "dropped": pl.Int64(),
    "saved": pl.Int64(),
    "lost": pl.Int64(),
    "lost_for_good": pl.Int64(),
}


@dataclass(frozen=True, slots=True)
class Line:
    """The parameter a rule's figures are held against: its value now, and on which side of it the rule fires."""

    name: str
    value: float
    fires_above: bool
    fires_at: bool  # also exactly at the line


def line_of(told: pl.DataFrame, values: pl.DataFrame) -> Line | None:
    """Return the one parameter that was the line of every alert of a rule, or None when there is no such parameter.

    Rows in: told (learning.TOLD) and values (VALUES: what the parameters were in each month) of one rule. A line made
    of a figure of the household itself (a share of its income) is none: it has no value to move. Its value is that of
    the last month.

    >>> told = pl.DataFrame({"period": ["2024-01"], "measured": [9.0], "threshold": [5.0]})
    >>> values = pl.DataFrame([("2024-01", "line", 5.0), ("2024-01", "months", 3.0)], schema=VALUES, orient="row")
    >>> line_of(told, values)
    Line(name='line', value=5.0, fires_above=True, fires_at=False)
    """
    known = told.select("period", "measured", "threshold")
    if known.is_empty() or known.null_count().sum_horizontal().item():
        return None
    own = [
        name
        for (name,), given in values.group_by("name", maintain_order=True)
        if (known.join(given, on="period", how="left")["value"] - known["threshold"]).abs().fill_null(1.0).max() == 0
    ]
    beyond = known["measured"] - known["threshold"]
    above, below = bool((beyond >= 0).all()), bool((beyond <= 0).all())
    if len(own) != 1 or above == below:
        return None
    latest = values.filter(name=own[0]).sort("period")["value"][-1]
    return Line(own[0], float(latest), fires_above=above, fires_at=bool((beyond == 0).any()))


def stricter(line: Line, measured: pl.Series) -> list[float]:
    """Return the stricter values to try, the mildest first: round numbers only, none a household's own figure.

    measured: what the rule's alerts had; beyond the farthest of them nothing is left to try.

    >>> line = Line("line_yuan", 20000.0, fires_above=True, fires_at=True)
    >>> stricter(line, pl.Series([20000.0, 31000.5]))
    [22000.0, 25000.0, 30000.0]
    >>> stricter(Line("persons", 2.0, fires_above=True, fires_at=True), pl.Series([2.0, 3.0, 4.0]))
    [3.0, 4.0]
    """
    sign = 1 if line.fires_above else -1
    if _whole(line.value) and all(_whole(figure) and abs(figure) < 100 for figure in measured):  # noqa: PLR2004 - counts
        offered = [line.value + sign * step for step in range(1, _STEPS + 1)]
    else:
        offered = [_rounded(line.value * part) for part in (_ABOVE if line.fires_above else _BELOW)]
    farthest = max((sign * figure for figure in measured), default=-math.inf)
    found = (value for value in offered if value >= 0 and sign * line.value < sign * value <= farthest)
    return sorted(set(found), reverse=not line.fires_above)


def tried_on(told: pl.DataFrame, line: Line, value: float, *, led_otherwise: pl.Series) -> dict[str, float | None]:
    """Return what a stricter value would have left of the visits answered so far, as a row of TRIED.

    Rows in: told (learning.TOLD) of one rule, whose visits not judged (08, 09, 10) are left out; led_otherwise: tasks
    that another rule leads to. kept: visits that some alert beyond the value still leads to; dropped: the others;
    saved: dropped ones no other rule leads to; lost: included households dropped; lost_for_good: those nobody else
    leads to. Exactly at the value a household is kept only by a rule known to fire at its line.

    >>> told = pl.DataFrame({"task_id": ["A", "B"], "result_code": ["02", "04"], "measured": [9.0, 6.0]})
    >>> line = Line("line", 5.0, fires_above=True, fires_at=True)
    >>> row = tried_on(told, line, 8.0, led_otherwise=pl.Series([], dtype=pl.String))
    >>> row["kept"], row["kept_included"], row["dropped"], row["saved"], row["lost"]
    (1, 1, 1, 1, 0)
    """
    far = pl.col("measured") - value if line.fires_above else value - pl.col("measured")
    seen = told.drop_nulls("result_code").filter(~pl.col("result_code").is_in([str(code) for code in UNSEEN]))
    tasks = seen.group_by("task_id").agg(
        is_kept=((far > 0) | ((far == 0) & line.fires_at)).any(),
        is_included=pl.col("result_code").is_in([str(code) for code in INCLUDED]).any(),
    )
    kept, dropped = tasks.filter("is_kept"), tasks.filter(~pl.col("is_kept"))
    alone = dropped.filter(~pl.col("task_id").is_in(led_otherwise.implode()))
    hits = int(kept["is_included"].sum())
    share = wilson(hits, kept.height)
    figures = (share.value, share.low, share.high) if kept.height else (None, None, None)
    return {
        "value": value,
        "kept": kept.height,
        "kept_included": hits,
        **dict(zip(("precision", "precision_low", "precision_high"), figures, strict=True)),
        "dropped": dropped.height,
        "saved": alone.height,
        "lost": int(dropped["is_included"].sum()),
        "lost_for_good": int(alone["is_included"].sum()),
    }


def farthest_without_loss(tried: pl.DataFrame) -> tuple[float, Estimate] | None:
    """Return the strictest value that drops visits and not one included household, with the share it might still lose.

    Rows in: TRIED, the mildest first. None when every value that drops anything loses somebody. The share's upper end
    is what the dropped visits leave open: nothing lost of few is no promise.

    >>> rows = [{"value": 6.0, "dropped": 3, "lost": 0}, {"value": 8.0, "dropped": 5, "lost": 1}]
    >>> value, share = farthest_without_loss(pl.DataFrame(rows))
    >>> value, round(share.high, 2)
    (6.0, 0.56)
    """
    free = tried.filter((pl.col("dropped") > 0) & (pl.col("lost") == 0))
    if free.is_empty():
        return None
    last = free.row(-1, named=True)
    return float(last["value"]), wilson(0, int(last["dropped"]))


def _whole(figure: float | None) -> bool:
    return figure is not None and float(figure).is_integer()


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
