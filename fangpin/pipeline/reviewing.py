"""What reviewers say of a month's pairs: one word written down, or taken back, with everything a reviewer needs to see.

Floor 4. One operation is one transaction. Reviewers reach only their own area and never see each other's word.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from fangpin.config.source_models import ColumnKind
from fangpin.errors import NeedsDecision, NotFound
from fangpin.matching.judgements import PairState, ReviewKind, Verdict, agreement
from fangpin.matching.review_items import blinded
from fangpin.pipeline.county import County
from fangpin.pipeline.reasons import require_no_number
from fangpin.pipeline.review_month import ReviewMonth, period_of, review_month
from fangpin.store.judgements import Said, add_judgements, history_of, judgements_of, undo_judgements

_TOLD: Final = (ColumnKind.MONEY, ColumnKind.DATE, ColumnKind.CODE, ColumnKind.INTEGER, ColumnKind.BOOLEAN)


@dataclass(frozen=True, slots=True)
class ReviewPair:
    """An item as it is put before a reviewer.

    item: its row of ``ReviewMonth.items``, without score where it is judged blind. sides: one row per candidate, best
    first, as in review_pairs with score|null and reasons. facts: what the row is about, by title, for the county only.
    said: what was said of it so far, as store.judgements.history_of; empty while two judge apart.
    """

    item: dict[str, Any]
    sides: pl.DataFrame
    facts: dict[str, str]
    said: pl.DataFrame


def show(county: County, item: str, *, township: str | None) -> ReviewPair:
    """Return an item with its candidates side by side; a township sees names masked where they agree.

    Raises: NotFound for an item not put before this area.
    """
    month = review_month(county, period_of(county, item))
    row = month.item(item, township=township)
    told_of_item = {name: pl.lit(row[name]) for name in ("reviewers_needed", "state")}
    pairs = blinded(month.candidates(row).with_columns(**told_of_item))
    sides = month.sides(pairs, clear_names=township is None)
    told = sides.with_columns(pairs["score"], pairs["reasons"])
    own = blinded(month.items.filter(pl.col("item") == item)).row(0, named=True)
    facts = _facts(county, row) if township is None else {}
    with county.office.read() as connection:
        said = history_of(connection, row["batch_id"], row["row_number"])
    is_blind = row["reviewers_needed"] > 1 and row["state"] != PairState.SETTLED
    return ReviewPair(own, told, facts, said.clear() if is_blind else said)


def judge(
    county: County,
    item: str,
    verdict: Verdict,
    *,
    person_no: str | None = None,
    township: str | None = None,
    reason: str | None = None,
    now: dt.datetime,
    by: str,
) -> bool:
    """Write down what a reviewer says of an item, of its best candidate or another; False when that was said before.

    Raises: NotFound for an item not put before this area, or a person who is no candidate of it; NeedsDecision when two
    have disagreed and this is one of them.
    """
    with county.exclusive():
        month = review_month(county, period_of(county, item))
        row = month.item(item, township=township)
        if person_no is not None and person_no not in month.candidates(row)["person_no"]:
            action = f"请用 fangpin review show {item} 查看候选人的人编号"
            raise NotFound(f"复核项 {item}", f"{person_no} 不是这一项的候选人", action=action)
        pair = row | {"person_no": person_no or row["person_no"]}
        words = [said_of(month, pair, verdict, township=township, reason=reason, by=by)]
        if verdict is Verdict.SAME and pair["person_no"] != row["person_no"]:  # then the one put forward is not meant
            words.append(said_of(month, row, Verdict.NOT_SAME, township=township, reason=reason, by=by))
        with county.office.write() as connection:
            return add_judgements(connection, words, now=now, by=[by] * len(words)) > 0


def said_of(
    month: ReviewMonth, row: dict[str, Any], verdict: Verdict, *, township: str | None, reason: str | None, by: str
) -> Said:
    """Return a reviewer's word on an item as it is written down: that of the first, the second or an arbitrator.

    Raises: NeedsDecision when two have disagreed and this is one of them, or it is settled by others; UsageProblem when
    the reason holds a number, which would stay in the office store for good.
    """
    of_row = (pl.col("batch_id") == row["batch_id"]) & (pl.col("row_number") == row["row_number"])
    words = month.standing.filter(of_row)
    own = words.filter(pl.col("by") == by)["kind"].to_list()
    disputed = row["state"] == PairState.DISPUTED
    if disputed and own:
        action = "请由没有判定过这一项的第三人裁定"
        raise NeedsDecision(f"复核项 {row['item']}", f"两人意见不一致，{by}是其中之一", action=action)
    if row["state"] == PairState.SETTLED and not own:
        action = "如有不同意见，请原判定人先撤回（fangpin review undo）"
        raise NeedsDecision(f"复核项 {row['item']}", "已有定论", action=action)
    if reason is not None:
        require_no_number(f"复核项 {row['item']}的说明", reason)
    if own:
        kind = ReviewKind(own[0])
    elif disputed:
        kind = ReviewKind.ARBITRATION
    else:
        kind = ReviewKind.SECOND if words.height else ReviewKind(row["kind"])
    taken = {name: row[name] for name in ("batch_id", "row_number", "person_no", "reviewers_needed", "band", "method")}
    return Said(**taken, score=row["score"], verdict=verdict, kind=kind, township=township, reason=reason)


def undo(county: County, item: str, *, now: dt.datetime, by: str) -> int:
    """Take back what a reviewer says of an item, and return how many judgements that were.

    Raises: NotFound for an item that names no batch; NeedsDecision when this reviewer says nothing of it.
    """
    period_of(county, item)
    batch_id, _, row = item.rpartition(":")
    with county.exclusive(), county.office.write() as connection:
        return undo_judgements(connection, batch_id, int(row), now=now, by=by)


def agreement_of(county: County) -> pl.DataFrame:
    """Return how often two reviewers said the same. Rows out: as matching.judgements.agreement."""
    with county.office.read() as connection:
        return agreement(judgements_of(connection))


def _facts(county: County, row: dict[str, Any]) -> dict[str, str]:
    """Return what a row says beside who is meant: its amounts, days and codes, never free text."""
    source = county.declared.source(row["source_id"])
    lazy = pl.scan_parquet(county.warehouse.part(row["batch_id"], "facts"))
    told = lazy.filter(pl.col("row_number") == row["row_number"]).collect().row(0, named=True)
    shown = {c.title: told.get(c.name) for c in source.columns if c.kind in _TOLD}
    return {title: str(value) for title, value in shown.items() if value is not None}
