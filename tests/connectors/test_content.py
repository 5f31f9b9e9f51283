"""The digest of what a delivery says: blind to how it came, sharp on what it holds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from toys import MAN, WOMAN

from fangpin.connectors.conform import IDENTITY_SCHEMA
from fangpin.connectors.content import content_digest

FACTS = {"row_number": pl.UInt32(), "amount_yuan": pl.Decimal(18, 2), "paid_on": pl.Date(), "tier": pl.String()}
Row = tuple[str | None, str, str, Decimal | None, dt.date | None, str | None]  # id, name, status, facts

ROWS: list[Row] = [
    (MAN, "甲一", "accepted", Decimal("430.00"), dt.date(2024, 3, 1), "A"),
    (WOMAN, "乙二", "accepted", Decimal("-1.50"), None, None),
    (None, "丙三", "rejected", None, None, None),
    (MAN, "甲一", "duplicate", None, None, None),
]


def _frames(rows: list[Row], *, sheet: str = "Sheet1", first: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return identity and facts of these rows, numbered in their order."""
    numbered = list(enumerate(rows, first))
    identity = pl.DataFrame(
        [
            dict.fromkeys(IDENTITY_SCHEMA)
            | {"row_number": n, "sheet": sheet, "sheet_row": n + 1, "id_no": i, "person_name": p, "row_status": s}
            for n, (i, p, s, *_) in numbered
        ],
        schema=IDENTITY_SCHEMA,
    )
    facts = [(n, *told) for n, (_i, _p, status, *told) in numbered if status == "accepted"]
    return identity, pl.DataFrame(facts, schema=FACTS, orient="row")


def _digest(*parts: tuple[pl.DataFrame, pl.DataFrame]) -> str:
    return content_digest(parts)


def test_order_of_rows_sheets_and_columns_does_not_count() -> None:
    """The same rows in another order, on another sheet, with their columns turned round, are the same content."""
    identity, facts = _frames(list(reversed(ROWS)), sheet="桐花镇")

    turned = identity.select(reversed(identity.columns)), facts.select(reversed(facts.columns)).reverse()

    assert _digest(_frames(ROWS)) == _digest(turned)


def test_cutting_into_parts_does_not_count() -> None:
    """A long file that came in parts says what it says in one."""
    assert _digest(_frames(ROWS)) == _digest(_frames(ROWS[:1]), _frames([], first=2), _frames(ROWS[1:], first=2))


def test_landing_does_not_count() -> None:
    """Rows read back from a landed batch, which carry its id and month, say what they said when they were read."""
    carried = [pl.lit("dibao_roster-2024-03-0").alias("batch_id"), pl.lit(24291).alias("period_no")]
    identity, facts = _frames(ROWS)

    landed = identity.with_columns(carried), facts.with_columns(carried)

    assert _digest((identity, facts)) == _digest(landed)


CHANGES: list[tuple[int, Row]] = [
    (0, (MAN, "甲一", "accepted", Decimal("430.01"), dt.date(2024, 3, 1), "A")),
    (0, (MAN, "甲一", "accepted", Decimal("430.00"), dt.date(2024, 3, 2), "A")),
    (0, (MAN, "甲一", "accepted", Decimal("430.00"), dt.date(2024, 3, 1), None)),
    (1, (WOMAN, "乙二", "accepted", Decimal("-1.50"), None, "A")),
    (1, (WOMAN, "乙儿", "accepted", Decimal("-1.50"), None, None)),
    (1, (None, "乙二", "accepted", Decimal("-1.50"), None, None)),
    (2, (None, "丙三", "accepted", None, None, None)),
]


@pytest.mark.parametrize(("place", "row"), CHANGES)
def test_any_other_value_counts(place: int, row: Row) -> None:
    """One other value in one row, be it a fen, makes other content."""
    changed = [*ROWS[:place], row, *ROWS[place + 1 :]]

    assert _digest(_frames(ROWS)) != _digest(_frames(changed))


def test_values_exchanged_between_rows_count() -> None:
    """The same values on other people are other content."""
    (one, name, status, *told), (two, other, _status, *rest), *more = ROWS
    exchanged = [(one, name, status, *rest), (two, other, status, *told), *more]

    assert _digest(_frames(ROWS)) != _digest(_frames(exchanged))


def test_a_value_in_the_neighbouring_column_counts() -> None:
    """A text that moved to the next column is other content."""
    identity, facts = _frames(ROWS)
    moved = identity.with_columns(person_name=pl.lit(None, pl.String), sex="person_name")

    assert _digest((identity, facts)) != _digest((moved, facts))


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_row_more_often_counts(times: int) -> None:
    """A row that stands there twice, or any number of times, is not the same as once."""
    assert _digest(_frames(ROWS)) != _digest(_frames([*ROWS[:-1], *ROWS[-1:] * times]))


def test_no_rows_have_a_digest_of_their_own() -> None:
    """Nothing delivered is content too, and differs from a row of blanks."""
    blank: Row = (None, "", "accepted", None, None, None)

    assert _digest(_frames([])) != _digest(_frames([blank]))
