"""Learning the matching weights on a month's batches and on what people judged: once by itself, again when asked.

Floor 4. Changes no link that stands: the months that are screened from now on are linked with the new model.
"""

from __future__ import annotations

import datetime as dt

from fangpin.errors import NeedsDecision
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.linking import learn_model
from fangpin.pipeline.matching_models import current_model
from fangpin.pipeline.pins import pin
from fangpin.pipeline.runs import is_register
from fangpin.types import Period


def relearn(county: County, period: Period, *, now: dt.datetime, by: str, progress: Progress) -> str:
    """Learn a model on the batches a month has in effect and return its id; the same data give the same model.

    Raises: NeedsDecision when nothing came in for the month that speaks of people, or no register ever.
    """
    with county.exclusive():
        model_id = _learn(county, period, now=now, by=by, progress=progress)
    if model_id is None:
        raise NeedsDecision(f"月份 {period}", "没有需要匹配到人的数据", action="请换一个收齐了部门数据的月份")
    return model_id


def taught(county: County, period: Period, *, now: dt.datetime, by: str, progress: Progress) -> None:
    """Learn a model unless there is one that still can be used; the caller holds the county."""
    if current_model(county) is None:
        _learn(county, period, now=now, by=by, progress=progress)


def _learn(county: County, period: Period, *, now: dt.datetime, by: str, progress: Progress) -> str | None:
    """Return the id of what a month teaches; None when no row of it speaks of a person by name or number."""
    pins = pin(county, period)
    month = [b for b in pins.batches if b.period == period or b == pins.register]
    if not any(county.declared.source(b.source_id).link_by == "identity" for b in month if not is_register(county, b)):
        return None
    return learn_model(county, month, now=now, by=by, progress=progress).model_id
