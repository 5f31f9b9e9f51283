"""What happened between two registers, each kind by a rule that is written beside it.

Floor 2. Events are read off the registers alone; what a department says of a death or a move is told beside them by
``history_causes``. An event names lives, households and places, never a name, an ID or a birth date.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from fangpin.matching.homes import renamed_places
from fangpin.matching.lives import changed
from fangpin.matching.periods import number_of, period_of, title_of

EVENTS: Final = pl.Schema(
    {
        "period_no": pl.Int64,
        "kind": pl.String,
        **dict.fromkeys(("life_no", "household_no", "other_household_no", "township", "village", "detail"), pl.String),
    }
)
"""One row per event: period_no: the first register that shows it; life_no null: it is the household's or the place's;
household_no null: it is a place's; other_household_no: where from; township, village: where they are now, or were last;
detail: in Chinese, empty when nothing to add."""


class EventKind(StrEnum):
    """What can happen, and the rule that decides it (变动类型)."""

    JOINED = "joined"
    """A life never seen before that is neither born nor married in."""
    BORN = "born"
    """A life never seen before, born in the twelve months up to this register."""
    MARRIED_IN = "married_in"
    """A life new to a household that stood in the register before, now its spouse, son's or brother's wife, or
    daughter's husband, never seen before or come alone from a household that goes on."""
    DIED_OR_LEFT = "died_or_left"
    """A life of the last register that this one does not hold; why is told only by a department."""
    MOVED = "moved"
    """A life gone over to another household that both go on; or (no life) a household with another place."""
    SPLIT = "split"
    """A household that is new, with lives from one that goes on."""
    MERGED = "merged"
    """A household that is gone, with lives in one that was there before, or in a new one beside others'."""
    HEAD_CHANGED = "head_changed"
    """Another life is head of a household that stood in both registers; no life: it has none now."""
    ID_CORRECTED = "id_corrected"
    """A life with another ID number, or with its first."""
    NAME_CORRECTED = "name_corrected"
    """A life with another name; hidden characters are no other name."""
    RENUMBERED = "renumbered"
    """A life under another 人编号; or (no life) a household gone whose lives alone make up a new one."""
    PLACE_RENAMED = "place_renamed"
    """See homes.renamed_places: no household moved."""
    RETURNED = "returned"
    """A life that an earlier register held and the last one did not."""


EVENT_TITLES: Final = {
    EventKind.JOINED: "新增",
    EventKind.BORN: "出生",
    EventKind.MARRIED_IN: "婚入",
    EventKind.DIED_OR_LEFT: "减少",
    EventKind.MOVED: "迁移",
    EventKind.SPLIT: "分户",
    EventKind.MERGED: "并户",
    EventKind.HEAD_CHANGED: "户主变更",
    EventKind.ID_CORRECTED: "证件号码更正",
    EventKind.NAME_CORRECTED: "姓名更正",
    EventKind.RENUMBERED: "编号变更",
    EventKind.PLACE_RENAMED: "地名变更",
    EventKind.RETURNED: "重新列入",
}
UNTOLD: Final = "离开名册，原因未报"
_WED: Final = ("配偶", "之儿媳", "之女婿", "之兄弟媳妇")
_BORN_WITHIN: Final = 12  # months


@dataclass(frozen=True, slots=True)
class Months:
    """The month of the register now and of the one before (None: it is the first)."""

    now: int
    last: int | None

    @property
    def missing(self) -> str:
        """Say in Chinese which months between have no register, empty when none is missing."""
        if self.last is None or self.now - self.last == 1:
            return ""
        first, end = period_of(self.last + 1), period_of(self.now - 1)
        between = first.title if first == end else f"{first.title}至{end.title}"
        return f"缺{between}台账，发生月份不确定"


def events_of(
    found: pl.DataFrame, left: pl.DataFrame, *, homes: pl.DataFrame, homes_before: pl.DataFrame, months: Months
) -> pl.DataFrame:
    """The events between two registers, by kind, household and life; none before the first register.

    Rows in: found as lives.carried_on, left (LIVES, of the last register and gone now), homes as homes.homes_carried,
    homes_before (HOMES). Rows out: EVENTS.
    """
    if months.last is None:
        return EVENTS.to_frame()
    stayed = found.filter("here_was")
    over = stayed.filter(pl.col("household_no") != pl.col("household_no_was"))
    events = [
        *_arrivals(found, homes, months),
        *_between_households(over, found, homes, homes_before),
        *_households_changed(homes),
        *_corrections(found),
        _departures(left, homes),
    ]
    detail = pl.col("detail")
    gap = pl.when(detail == "").then(pl.lit(months.missing)).otherwise(detail + "；" + months.missing)
    return (
        pl.concat(events)
        .with_columns(
            pl.lit(months.now, pl.Int64).alias("period_no"), gap.alias("detail") if months.missing else detail
        )
        .select(EVENTS.names())
        .sort("kind", "household_no", "life_no", "other_household_no", "detail", nulls_last=True)
    )


def _arrivals(found: pl.DataFrame, homes: pl.DataFrame, months: Months) -> list[pl.DataFrame]:
    new_homes = homes.filter(pl.col("household_no_was").is_null())["household_no"].implode()
    in_new = pl.col("household_no").is_in(new_homes)
    new = found.filter(pl.col("life_no_was").is_null())
    born = number_of(pl.col("birth_on")).is_between(months.now - _BORN_WITHIN, months.now).fill_null(value=False)
    wed = (pl.col("relation").is_in(_WED) & ~in_new).fill_null(value=False)
    kind = (
        pl.when(born)
        .then(pl.lit(EventKind.BORN.value))
        .when(wed)
        .then(pl.lit(EventKind.MARRIED_IN.value))
        .otherwise(pl.lit(EventKind.JOINED.value))
    )
    whole = pl.when(in_new).then(pl.lit("户也是新列入的")).otherwise(pl.lit(""))
    back = found.filter(~pl.col("here_was"))
    other = pl.when(pl.col("household_no") != pl.col("household_no_was")).then("household_no_was")
    seen = pl.concat_str(pl.lit("上次见于"), title_of(pl.col("seen_no_was")))
    return [
        _event(new, kind, detail=whole),
        _event(back, EventKind.RETURNED, other=other, detail=seen),
    ]


def _departures(left: pl.DataFrame, homes: pl.DataFrame) -> pl.DataFrame:
    house = pl.col("household_no").is_in(homes["household_no"].implode())
    told = pl.when(house).then(pl.lit(UNTOLD)).otherwise(pl.lit(f"{UNTOLD}；整户都不在册"))
    return _event(left, EventKind.DIED_OR_LEFT, detail=told)


def _between_households(
    over: pl.DataFrame, found: pl.DataFrame, homes: pl.DataFrame, homes_before: pl.DataFrame
) -> list[pl.DataFrame]:
    """Lives that went from one household to another: split, merged and renumbered are told once for both households."""
    now, before = homes["household_no"].implode(), homes_before["household_no"].implode()
    ways = over.with_columns(new=~pl.col("household_no").is_in(before), emptied=~pl.col("household_no_was").is_in(now))
    pairs = ways.group_by("household_no", "household_no_was", "new", "emptied").agg(
        pl.len().alias("lives"), pl.col("township", "village").first()
    )
    members = found.join(pairs, on="household_no", how="semi").group_by("household_no").agg(pl.len().alias("members"))
    pairs = pairs.join(members, on="household_no").with_columns(life_no=pl.lit(None, pl.String))
    alone = pl.col("new") & pl.col("emptied") & (pl.col("lives") == pl.col("members"))
    count = pl.format("{}人", "lives")
    single = over.filter(ways["new"].not_() & ways["emptied"].not_())
    company = pl.len().over("household_no", "household_no_was") > 1
    wed = pl.col("relation").is_in(_WED) & ~company
    how = pl.when(wed).then(pl.lit(EventKind.MARRIED_IN.value)).otherwise(pl.lit(EventKind.MOVED.value))
    was = pl.col("household_no_was")
    return [
        _event(pairs.filter(alone), EventKind.RENUMBERED, other=was, detail=pl.format("户编号变更，{}人", "lives")),
        _event(pairs.filter(pl.col("emptied") & ~alone), EventKind.MERGED, other=was, detail=count),
        _event(pairs.filter(pl.col("new") & ~pl.col("emptied")), EventKind.SPLIT, other=was, detail=count),
        _event(single, how, other=was, detail=pl.lit("转入另一户")),
    ]


def _households_changed(homes: pl.DataFrame) -> list[pl.DataFrame]:
    both = homes.filter(pl.col("household_no_was").is_not_null()).with_columns(life_no=pl.lit(None, pl.String))
    led = both.filter(changed("head_life_no")).with_columns(life_no="head_life_no")
    old = pl.when(pl.col("head_life_no_was").is_null()).then(pl.lit("原来没有户主"))
    now = pl.when(pl.col("head_life_no").is_null()).then(pl.lit("，现在没有户主")).otherwise(pl.lit(""))
    head = old.otherwise(pl.format("原户主 {}{}", pl.col("head_life_no_was").fill_null(""), now))
    renamed = renamed_places(homes)
    village = renamed.filter(pl.col("village_group").is_null())
    group = renamed.filter(pl.col("village_group").is_not_null())
    keys = ("township", "village", "township_was", "village_was")
    elsewhere = both.filter(changed("township", "village")).join(village, on=keys, how="anti")
    inside = both.filter(~changed("township", "village") & changed("village_group"))
    regrouped = inside.join(group, on=[*keys, "village_group", "village_group_was"], how="anti")
    way = pl.concat_str(_place("_was"), pl.lit(" → "), _place(""))
    merged = pl.when("merged").then(pl.lit("，并入")).otherwise(pl.lit(""))
    told = pl.concat_str(way, pl.format("（{}户{}）", "homes", merged))
    nobody = [pl.lit(None, pl.String).alias(c) for c in ("life_no", "household_no")]
    return [
        _event(led, EventKind.HEAD_CHANGED, detail=head),
        _event(pl.concat([elsewhere, regrouped]), EventKind.MOVED, detail=way),
        _event(renamed.with_columns(nobody), EventKind.PLACE_RENAMED, detail=told),
    ]


def _corrections(found: pl.DataFrame) -> list[pl.DataFrame]:
    known = found.filter(pl.col("life_no_was").is_not_null())
    first = pl.when(pl.col("id_no_was").is_null()).then(pl.lit("补登有效号码")).otherwise(pl.lit("更正"))
    return [
        _event(known.filter(changed("id_no")), EventKind.ID_CORRECTED, detail=first),
        _event(known.filter(changed("person_name")), EventKind.NAME_CORRECTED),
        _event(
            known.filter(changed("person_no")),
            EventKind.RENUMBERED,
            detail=pl.format("人编号 {} 改为 {}", "person_no_was", "person_no"),
        ),
    ]


def _event(
    rows: pl.DataFrame, kind: EventKind | pl.Expr, *, other: pl.Expr | None = None, detail: pl.Expr | None = None
) -> pl.DataFrame:
    return rows.select(
        (kind if isinstance(kind, pl.Expr) else pl.lit(kind.value)).alias("kind"),
        "life_no",
        "household_no",
        (pl.lit(None, pl.String) if other is None else other).alias("other_household_no"),
        "township",
        "village",
        (pl.lit("") if detail is None else detail).alias("detail"),
    )


def _place(suffix: str) -> pl.Expr:
    return pl.concat_str([pl.col(f"{c}{suffix}").fill_null("") for c in ("township", "village", "village_group")])
