"""The registers of many months as dated facts: who lived in which household, as what, from which month to which.

Floor 2. A month is added to what is known and nothing known is changed, so twelve months added one by one are the same
history as twelve months at once. A month without a register is bridged: what stood before and after stood in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.matching.history_events import EVENTS, Months, events_of
from fangpin.matching.homes import HOMES, homes_carried, homes_of
from fangpin.matching.lives import LIVES, carried_on, led_back
from fangpin.matching.register import Register
from fangpin.types import Period

_NUMBER: Final = ("life_no", "person_no")
_IDENTITY: Final = ("life_no", "person_name", "id_no", "birth_on", "sex")
_STAY: Final = ("life_no", "household_no", "relation", "is_head", "township", "village", "village_group")
_HOME: Final = tuple(name for name in HOMES if name != "from_period_no")
_DATED: Final = {"from_period_no": pl.Int64(), "to_period_no": pl.Int64()}


def _dated(columns: tuple[str, ...], schema: pl.Schema) -> pl.Schema:
    return pl.Schema({**{name: schema[name] for name in columns}, **_DATED})


PAST: Final = {
    "numbers": _dated(_NUMBER, LIVES),
    "identities": _dated(_IDENTITY, LIVES),
    "spells": _dated(_STAY, LIVES),
    "homes": _dated(_HOME, HOMES),
}
"""What is over, with the month it began and the last month it held."""


@dataclass(frozen=True, slots=True)
class History:
    """The dated facts of all registers so far.

    months: period_no i64 of every register, ascending. lives: LIVES, homes: HOMES, as they stand now.
    past: what is over, by kind (PAST). events: EVENTS.
    """

    months: tuple[int, ...]
    lives: pl.DataFrame
    homes: pl.DataFrame
    past: dict[str, pl.DataFrame]
    events: pl.DataFrame

    @property
    def people(self) -> pl.DataFrame:
        """Numbers of each life: life_no, person_no str, from_period_no, to_period_no i64 (null: no other followed)."""
        return _with_open(self.past["numbers"], self.lives, since="number_from")

    @property
    def identities(self) -> pl.DataFrame:
        """Identities of each life: life_no, person_name, id_no|null str, birth_on|null, sex|null, from/to_period_no."""
        return _with_open(self.past["identities"], self.lives, since="identity_from")

    @property
    def spells(self) -> pl.DataFrame:
        """Unbroken stays with the same facts, one row each.

        Rows: life_no, household_no, relation|null, is_head bool, township, village, village_group|null, from_period_no,
        to_period_no i64 (null: still there).
        """
        return _with_open(self.past["spells"], self.lives.filter("here"), since="spell_from")

    @property
    def households(self) -> pl.DataFrame:
        """Households as long as head and place stayed the same.

        Rows: household_no, head_life_no|null (no head told), township, village, village_group|null, from_period_no,
        to_period_no i64 (null: still there).
        """
        return _with_open(self.past["homes"], self.homes, since="from_period_no")


EMPTY: Final = History(
    months=(),
    lives=LIVES.to_frame(),
    homes=HOMES.to_frame(),
    past={name: schema.to_frame() for name, schema in PAST.items()},
    events=EVENTS.to_frame(),
)


def build_history(registers: Iterable[tuple[Period, Register]]) -> History:
    """The history of registers handed in month by month, the earliest first.

    Raises: ValueError when a month is not later than the one before.
    """
    history = EMPTY
    for period, register in registers:
        history = extend_history(history, period, register)
    return history


def extend_history(history: History, period: Period, register: Register) -> History:
    """The history with one later month added.

    Raises: ValueError when the month is not later than the last one known.
    """
    if history.months and period.ordinal <= history.months[-1]:
        msg = f"{period} is not later than the last register"
        raise ValueError(msg)
    months = Months(period.ordinal, history.months[-1] if history.months else None)
    found, gone = led_back(register.persons, history.lives)
    found = carried_on(found, lives=history.lives, period=period)
    homes = homes_carried(homes_of(register.households, found), history.homes, period_no=months.now)
    left = gone.filter("here")
    events = events_of(found, left, homes=homes, homes_before=history.homes, months=months)
    over = _over(history, found, left, homes, months)
    return History(
        months=(*history.months, months.now),
        lives=pl.concat([found.select(LIVES.names()), gone.with_columns(here=pl.lit(value=False))]),
        homes=homes.select(HOMES.names()),
        past={name: pl.concat([past, over[name]]) for name, past in history.past.items()},
        events=pl.concat([history.events, events]),
    )


def members_in(history: History, household_no: str, period: Period) -> pl.DataFrame:
    """Who was in a household in a month, the head first: empty outside the months known or when nobody was.

    Rows: the columns of spells, then person_no, person_name, id_no, birth_on, sex as they were in that month, and seen
    bool (false: that month has no register, they stood there before and after).
    """
    stays = _holding(history.spells, period).filter(pl.col("household_no") == household_no)
    return _as_told(history, stays, period).sort("is_head", "life_no", descending=[True, False])


def household_of(history: History, life_no: str, period: Period) -> str | None:
    """The household a life was in in a month, None when it was in none.

    >>> household_of(EMPTY, "1", Period(2024, 3)) is None
    True
    """
    stays = _holding(history.spells, period).filter(pl.col("life_no") == life_no)
    return None if stays.is_empty() or not _covers(history, period) else str(stays["household_no"][0])


def _as_told(history: History, stays: pl.DataFrame, period: Period) -> pl.DataFrame:
    found = stays if _covers(history, period) else stays.clear()
    for facts in (history.people, history.identities):
        held = _holding(facts, period).drop(*_DATED)
        found = found.join(held, on="life_no", how="left", maintain_order="left")
    return found.with_columns(seen=pl.lit(period.ordinal in history.months))


def _covers(history: History, period: Period) -> bool:
    return bool(history.months) and history.months[0] <= period.ordinal <= history.months[-1]


def _holding(facts: pl.DataFrame, period: Period) -> pl.DataFrame:
    begun = pl.col("from_period_no") <= period.ordinal
    return facts.filter(begun & (pl.col("to_period_no") >= period.ordinal).fill_null(value=True))


def _with_open(past: pl.DataFrame, now: pl.DataFrame, *, since: str) -> pl.DataFrame:
    facts = [name for name in past.columns if name not in _DATED]
    still = now.select(*facts, pl.col(since).alias("from_period_no"), pl.lit(None, pl.Int64).alias("to_period_no"))
    return pl.concat([past, still])


def _over(
    history: History, found: pl.DataFrame, left: pl.DataFrame, homes: pl.DataFrame, months: Months
) -> dict[str, pl.DataFrame]:
    """What this month ended, by kind: a changed fact held until the month before, who left was last seen before."""
    until = pl.when("here_was").then(pl.lit(months.now - 1, pl.Int64)).otherwise("seen_no_was")
    known = found.filter(pl.col("life_no_was").is_not_null())
    here = known.filter("here_was")
    gone = history.homes.join(homes, on="household_no", how="anti", maintain_order="left")
    kept = homes.filter(pl.col("household_no_was").is_not_null() & (pl.col("from_period_no") == months.now))
    month_before, last = pl.lit(months.now - 1, pl.Int64), pl.lit(months.last, pl.Int64)
    return {
        "numbers": _ended(known, _NUMBER, since="number_from", until=until),
        "identities": _ended(known, _IDENTITY, since="identity_from", until=until),
        "spells": pl.concat(
            [
                _ended(here, _STAY, since="spell_from", until=until),
                _closed(left, _STAY, since="spell_from", until=last),
            ]
        ),
        "homes": pl.concat(
            [
                _ended(kept, _HOME, since="from_period_no", until=month_before),
                _closed(gone, _HOME, since="from_period_no", until=last),
            ]
        ),
    }


def _ended(rows: pl.DataFrame, columns: tuple[str, ...], *, since: str, until: pl.Expr) -> pl.DataFrame:
    """The facts before the change of rows whose facts changed."""
    was = [pl.col(f"{c}_was").alias(c) for c in columns]
    dated = pl.col(f"{since}_was").alias("from_period_no"), until.alias("to_period_no")
    return rows.filter(pl.col(since) != pl.col(f"{since}_was")).select(*was, *dated)


def _closed(rows: pl.DataFrame, columns: tuple[str, ...], *, since: str, until: pl.Expr) -> pl.DataFrame:
    return rows.select(*columns, pl.col(since).alias("from_period_no"), until.alias("to_period_no"))
