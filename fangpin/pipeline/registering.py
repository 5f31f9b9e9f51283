"""The registers of all months as dated facts: who was in which household when, what happened, what is wrong.

Floor 4. The history is kept by recipe (register batches in effect, program version): a new month extends the one kept,
a corrected one makes it again from where it stood. Names and IDs come out as an office worker may see them.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.errors import NeedsDecision, NotFound
from fangpin.matching import MATCHING_VERSION
from fangpin.matching.history import EMPTY, History, extend_history, members_in
from fangpin.matching.history_causes import TOLD, lives_told, with_causes
from fangpin.matching.periods import number_of, period_of
from fangpin.matching.register_changes import change_findings, dead_listed
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.runs import is_register, read_register
from fangpin.store.batches import landed_batches
from fangpin.store.histories import read_history, write_history
from fangpin.store.runs import published_runs
from fangpin.types import Band, BatchRef, Period

HISTORY_VERSION: Final = "1"
_EVER: Final = Period(2099, 12)
_DEATHS, _CHANGES = "death_list", "residence_change"
_FACTS: Final = {_DEATHS: ("died_on", None), _CHANGES: ("changed_on", "change_type")}
"""What tells of coming and leaving: the source, the column of its date, the column of its word."""
_MEMBER: Final = ("person_no", "person_name", "id_seen", "sex", "age", "relation", "from_period", "seen")


@dataclass(frozen=True, slots=True)
class Members:
    """A household in one month.

    people: head first: person_no, person_name, id_seen (last four), sex, age i64, relation str, from_period str (since
    when nothing about this stay changed), seen bool (false: that month has no register of its own).
    """

    household_no: str
    period: Period
    place: str
    people: pl.DataFrame


def read_history_of(county: County, *, progress: Progress) -> History:
    """Return the history of all registers in effect, extending or making the kept one as needed.

    Raises: NeedsDecision when no register was ever received.
    """
    chain = _chain(county)
    keys = [_key(chain[: n + 1]) for n in range(len(chain))]
    known = next((n for n in reversed(range(len(keys))) if county.warehouse.history_path(keys[n]).exists()), -1)
    found = read_history(county.warehouse.history_path(keys[known])) if known >= 0 else None
    history, done = (EMPTY, 0) if found is None else (found, known + 1)
    for place in range(done, len(chain)):
        progress("农户底册", place - done, len(chain) - done)
        history = extend_history(history, chain[place].period, read_register(county, chain[place].batch_id))
    if done < len(chain):
        aside = county.incoming / f"history-{uuid.uuid4().hex}"
        write_history(history, county.warehouse.history_path(keys[-1]), aside=aside)
        progress("农户底册", len(chain) - done, len(chain) - done)
    return history


def members_of(county: County, household_no: str, period: Period | None, *, progress: Progress) -> Members:
    """Return who was in a household in a month, in the last known month when none is given.

    Raises: NeedsDecision without any register; NotFound when the month is not covered, or the household not in it.
    """
    history = read_history_of(county, progress=progress)
    month = _covered(history, period)
    people = members_in(history, household_no, month)
    if people.is_empty():
        raise _unknown_household(history, household_no, month)
    place = "".join(people.select("township", "village", pl.col("village_group").fill_null("")).row(0))
    days = pl.lit(month.last_day) - pl.col("birth_on")
    shown = people.with_columns(
        ("****" + pl.col("id_no").str.slice(-4)).alias("id_seen"),
        (days.dt.total_days() / 365.2425).floor().cast(pl.Int64).alias("age"),
        _written("from_period_no").alias("from_period"),
    )
    return Members(household_no, month, place, shown.select(_MEMBER))


def events_in(county: County, period: Period, *, township: str | None = None, progress: Progress) -> pl.DataFrame:
    """Return what happened in a month, with what departments told of it: EVENTS, only of one township when given.

    Raises: NeedsDecision without any register; NotFound when the month has no register of its own.
    """
    history = read_history_of(county, progress=progress)
    _registered(history, period)
    events = history.events.filter(pl.col("period_no") == period.ordinal)
    if township is not None:
        if township not in history.homes["township"]:
            raise NotFound(f"乡镇 {township}", "台账里没有", action="请写台账上的乡镇名称")
        events = events.filter(pl.col("township") == township)
    return with_causes(events, lives_told(history, _told(county)))


def findings_in(county: County, period: Period, *, progress: Progress) -> pl.DataFrame:
    """Return what the register of a month contradicts: itself, the register before, the lists of the dead (FINDINGS).

    Raises: NeedsDecision without any register; NotFound when the month has no register of its own.
    """
    history = read_history_of(county, progress=progress)
    _registered(history, period)
    chain = _chain(county)
    place = next(n for n, batch in enumerate(chain) if batch.period == period)
    register = read_register(county, chain[place].batch_id)
    found = [register.findings]
    if place:
        band = county.declared.source(chain[place].source_id).expect.rows
        before = read_register(county, chain[place - 1].batch_id)
        shares = {"fall": 1.0, "rise": float("inf")} if band is None else {"fall": band.fall, "rise": band.rise}
        found.append(change_findings(before, register, **shares))
    found.append(_dead_listed(history, register.rows, lives_told(history, _told(county)), period))
    return pl.concat(found)


def _chain(county: County) -> tuple[BatchRef, ...]:
    """Return the registers in effect, one a month, the earliest first."""
    with county.office.read() as connection:
        landed = landed_batches(connection, _EVER)
    by_month = {b.period: b for b in landed if is_register(county, b)}
    if not by_month:
        raise NeedsDecision("农户信息台账", "一个月都没有收到", action="请先接收台账")
    return tuple(by_month[period] for period in sorted(by_month))


def _key(chain: Sequence[BatchRef]) -> str:
    recipe = "|".join([HISTORY_VERSION, MATCHING_VERSION, *(b.batch_id for b in chain)])
    return f"{chain[-1].period}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"


def _told(county: County) -> pl.DataFrame:
    """Return what linked rows of the dead and of moves tell: person_no, period_no, and on_no, word, title of TOLD."""
    empty = pl.DataFrame(schema={"person_no": pl.String, "period_no": pl.Int64, **dict(list(TOLD.items())[1:])})
    with county.office.read() as connection:
        batches = [b for b in landed_batches(connection, _EVER) if b.source_id in _FACTS]
        runs = dict(published_runs(connection))
    return pl.concat([empty, *(_told_by(county, b, runs[b.period]) for b in batches if b.period in runs)])


def _told_by(county: County, batch: BatchRef, run_id: str) -> pl.DataFrame:
    day, word = _FACTS[batch.source_id]
    query = "select row_number, person_no from link where batch_id = $batch and band = $band and person_no is not null"
    with county.warehouse.open_run(run_id) as con:
        links = con.sql(query, params={"batch": batch.batch_id, "band": Band.LINK.value}).pl()
    facts = county.warehouse.read(batch.batch_id, "facts").join(links, on="row_number", how="inner")
    return facts.select(
        "person_no",
        pl.lit(batch.period.ordinal, pl.Int64).alias("period_no"),
        number_of(pl.col(day)).fill_null(batch.period.ordinal).alias("on_no"),
        (pl.lit("死亡") if word is None else pl.col(word)).alias("word"),
        pl.lit(county.declared.source(batch.source_id).title).alias("title"),
    )


def _dead_listed(history: History, rows: pl.DataFrame, told: pl.DataFrame, period: Period) -> pl.DataFrame:
    deaths = told.filter(pl.col("word") == "死亡").join(history.people, on="life_no", how="inner")
    begun = pl.col("from_period_no") <= period.ordinal
    numbered = deaths.filter(begun & (pl.col("to_period_no") >= period.ordinal).fill_null(value=True))
    return dead_listed(rows, numbered.select("person_no", "on_no", "title"), period_no=period.ordinal)


def _covered(history: History, period: Period | None) -> Period:
    first, last = period_of(history.months[0]), period_of(history.months[-1])
    if period is None:
        return last
    if not first <= period <= last:
        raise NotFound(f"{period} 的农户底册", "没有", expected=f"{first} 至 {last} 之间的月份", action="请核对月份")
    return period


def _registered(history: History, period: Period) -> None:
    if period.ordinal not in history.months:
        near = period_of(min(history.months, key=lambda n: (abs(n - period.ordinal), n)))
        raise NotFound(f"{period} 的农户信息台账", "没有收到", action=f"请先接收该月台账，或改看 {near}")


def _unknown_household(history: History, household_no: str, period: Period) -> NotFound:
    where = f"户 {household_no}"
    stays = history.households.filter(pl.col("household_no") == household_no)
    if stays.is_empty():
        return NotFound(where, "各月台账都没有这一户", action="请核对户编号")
    ends = stays["to_period_no"].fill_null(history.months[-1])
    first, last = (period_of(n) for n in (min(stays["from_period_no"]), max(ends)))
    return NotFound(where, f"{period} 不在名册中", expected=f"{first} 至 {last} 之间的月份", action="请核对月份")


def _written(column: str) -> pl.Expr:
    year, month = (pl.col(column) - 1) // 12, (pl.col(column) - 1) % 12 + 1
    return pl.concat_str(year.cast(pl.String), pl.lit("-"), month.cast(pl.String).str.zfill(2))
