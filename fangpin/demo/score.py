"""Score a linker's links or a rule set's leads against the answers of an invented county.

Frames in, frozen figures out. Works on every set of answers in this layout (also the sample county). A figure whose
denominator is empty is None, never 0 or 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

IMITATES: Final = {
    "one_month_dip": "income_drop",
    "double_payday": "income_drop",
    "migrant_season": "income_drop",
    "large_but_reimbursed": "medical_spike",
    "reversal": "medical_spike",
    "chronic_steady": "medical_spike",
    "school_transfer": "dropout",
    "graduated": "dropout",
    "disability_renewed": "new_disability",
    "grade_c_rebuilt": "unsafe_housing",
    "uninsured_minor": "uninsured_illness",
}
"""The kind of lead each decoy is made to provoke."""
WINDOW_MONTHS: Final = 2
"""A shock is found in its month or up to so many months later."""


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """Counts and shares of one group of rows."""

    rows: int
    people_rows: int
    links: int
    right: int
    outsiders_linked: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class LinkScore:
    """How right the links are: over all, by source and by what was done to the row."""

    overall: LinkFigures
    by_source: dict[str, LinkFigures]
    by_id_kind: dict[str, LinkFigures]
    by_name_kind: dict[str, LinkFigures]


@dataclass(frozen=True, slots=True)
class LeadFigures:
    """Counts and shares of one kind of lead."""

    shocks: int
    found: int
    leads: int
    right_leads: int
    recall: float | None
    precision: float | None


@dataclass(frozen=True, slots=True)
class LeadScore:
    """How many planted shocks were found, how many leads were wanted, how many decoys provoked one."""

    overall: LeadFigures
    by_kind: dict[str, LeadFigures]
    decoys: int
    decoys_warned: int
    decoys_warned_share: float | None
    decoys_by_type: dict[str, tuple[int, int]]
    """Decoys and warned ones of each type."""


def share(part: int, whole: int) -> float | None:
    """The part of a whole, None when there is no whole."""
    return part / whole if whole else None


def score_links(links: pl.DataFrame, answers: pl.DataFrame) -> LinkScore:
    """How right links are.

    Rows in: links with source, month (YYYYMM), row_number, person_no (String, null: left unlinked), one row a data row
    at most; answers with source, month, row_number, person_id (Int64, null: nobody in the register).
    """
    keys = ("source", "month", "row_number")
    mine = links.select(
        *(pl.col(k).cast(pl.Int64 if k == "row_number" else pl.String) for k in keys),
        pl.col("person_no").cast(pl.String),
    )
    mine = mine.unique(keys, keep="first", maintain_order=True)
    truth = answers.with_columns(pl.col("row_number").cast(pl.Int64), person=pl.col("person_id").cast(pl.String))
    table = truth.join(mine, on=keys, how="left", maintain_order="left").with_columns(
        linked=pl.col("person_no").is_not_null(),
        known=pl.col("person").is_not_null(),
        right=(pl.col("person_no") == pl.col("person")).fill_null(value=False),
    )
    return LinkScore(
        overall=link_figures(table),
        by_source=link_groups(table, "source"),
        by_id_kind=link_groups(table, "id_kind"),
        by_name_kind=link_groups(table, "name_kind"),
    )


def link_groups(table: pl.DataFrame, column: str) -> dict[str, LinkFigures]:
    """Figures by each value of a column, nothing when the answers lack it."""
    if column not in table.columns:
        return {}
    parts = table.partition_by(column, as_dict=True, maintain_order=True)
    return {str(key[0]): link_figures(part) for key, part in parts.items()}


def link_figures(table: pl.DataFrame) -> LinkFigures:
    """Figures of rows with linked, known and right."""
    people, links, right = (int(table[c].sum()) for c in ("known", "linked", "right"))
    precision, recall = share(right, links), share(right, people)
    whole = links + people
    return LinkFigures(
        rows=len(table),
        people_rows=people,
        links=links,
        right=right,
        outsiders_linked=int((table["linked"] & ~table["known"]).sum()),
        precision=precision,
        recall=recall,
        f1=share(2 * right, whole),
    )


def score_leads(
    leads: pl.DataFrame, shocks: pl.DataFrame, decoys: pl.DataFrame, *, kinds: Sequence[str] | None = None
) -> LeadScore:
    """How good leads are.

    Rows in: leads with household_no (String), period (YYYY-MM), kind; shocks and decoys with shock_id, type, month
    (YYYYMM), household_id. Scored kinds are those of the shocks unless kinds says otherwise.
    """
    scored = list(dict.fromkeys(kinds if kinds is not None else sorted(shocks["type"].unique().to_list())))
    told = leads.select(
        household=pl.col("household_no").cast(pl.String),
        kind=pl.col("kind").cast(pl.String),
        told_at=month_number("period"),
    ).unique(maintain_order=True)
    mine = told.filter(pl.col("kind").is_in(scored))
    planted = events(shocks).filter(pl.col("kind").is_in(scored))
    hits = in_window(planted, mine)
    found = planted.with_columns(found=pl.col("event").is_in(hits["event"].implode()))
    right = mine.join(
        hits.select("household", "kind", "told_at").unique(), on=["household", "kind", "told_at"], how="semi"
    )
    imitations = events(decoys).with_columns(
        type=pl.col("kind"), kind=pl.col("kind").replace_strict(IMITATES, default=None, return_dtype=pl.String)
    )
    imitations = imitations.filter(pl.col("kind").is_in(scored))
    warned = set(in_window(imitations, told)["event"].to_list())
    by_type: dict[str, tuple[int, int]] = {}
    for name, event in imitations.select("type", "event").iter_rows():
        total, so_far = by_type.get(name, (0, 0))
        by_type[name] = (total + 1, so_far + (event in warned))
    return LeadScore(
        overall=lead_figures(found, mine, right),
        by_kind={
            k: lead_figures(*(frame.filter(pl.col("kind") == k) for frame in (found, mine, right))) for k in scored
        },
        decoys=len(imitations),
        decoys_warned=len(warned),
        decoys_warned_share=share(len(warned), len(imitations)),
        decoys_by_type=by_type,
    )


def lead_figures(found: pl.DataFrame, leads: pl.DataFrame, right: pl.DataFrame) -> LeadFigures:
    """Figures of planted shocks (found: Boolean), the leads told, and those of them that were wanted."""
    hit = int(found["found"].sum())
    return LeadFigures(len(found), hit, len(leads), len(right), share(hit, len(found)), share(len(right), len(leads)))


def month_number(column: str) -> pl.Expr:
    """Months since year 0 of a column that holds YYYYMM or YYYY-MM."""
    digits = pl.col(column).cast(pl.String).str.replace("-", "", literal=True)
    return digits.str.slice(0, 4).cast(pl.Int64) * 12 + digits.str.slice(4, 2).cast(pl.Int64)


def events(planted: pl.DataFrame) -> pl.DataFrame:
    """Planted events with event (row), household (String), kind and at (month number)."""
    return planted.select(
        event=pl.int_range(pl.len()),
        household=pl.col("household_id").cast(pl.String),
        kind=pl.col("type"),
        at=month_number("month"),
    )


def in_window(planted: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Pairs of an event and a lead of its kind for its household, in its month or up to two months later."""
    pairs = planted.join(told, on=["household", "kind"])
    return pairs.filter((pl.col("told_at") - pl.col("at")).is_between(0, WINDOW_MONTHS))
