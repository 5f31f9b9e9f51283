"""What a correction changes: each kind of row, by the surest key two rows share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from fangpin.config.loader import Declarations
from fangpin.connectors.conform import IDENTITY_SCHEMA
from fangpin.connectors.difference import Difference, Rows, difference
from fangpin.connectors.heads import declared_columns
from fangpin.types import Subject

Row = dict[str, Any]
FACTS = {
    "dibao_roster": pl.Schema({"amount_yuan": pl.Decimal(18, 2), "tier": pl.String}),
    "medical_settlement": pl.Schema({"settlement_no": pl.String, "self_paid_yuan": pl.Decimal(18, 2)}),
    "visit_ledger": pl.Schema({"income_yuan": pl.Decimal(18, 2)}),
}
A, B, C = "990101199001010011", "990101199001010038", "990101199001010054"


def _delivery(source_id: str, rows: list[Row]) -> Rows:
    """Return identity and facts of rows given by column name; a row is accepted unless it says otherwise."""
    kinds = FACTS[source_id]
    identity = [
        dict.fromkeys(IDENTITY_SCHEMA)
        | {"row_number": n, "row_status": "accepted"}
        | {name: value for name, value in row.items() if name in IDENTITY_SCHEMA}
        for n, row in enumerate(rows, 1)
    ]
    facts = [
        {"row_number": n} | {name: row.get(name) for name in kinds}
        for n, row in enumerate(rows, 1)
        if row.get("row_status", "accepted") == "accepted"
    ]
    return (
        pl.DataFrame(identity, schema=IDENTITY_SCHEMA),
        pl.DataFrame(facts, schema={"row_number": pl.UInt32(), **kinds}),
    )


def _differ(declared: Declarations, before: list[Row], after: list[Row], source_id: str = "dibao_roster") -> Difference:
    source = declared.sources[source_id]
    columns = declared_columns(source, declared.identity)
    return difference(_delivery(source_id, before), _delivery(source_id, after), source, columns=columns)


def _paid(id_no: str | None, yuan: str, **more: Any) -> Row:
    return {"id_no": id_no, "amount_yuan": Decimal(yuan), **more}


def test_rows_are_new_gone_changed_or_the_same(declared: Declarations) -> None:
    """Every row of either side is told once, with the row numbers of both files and the columns that moved."""
    before = [_paid(A, "430"), _paid(B, "300", tier="A"), _paid("X", "100")]
    after = [_paid(C, "200"), _paid(B, "310", tier="B"), _paid(A, "430")]

    told = _differ(declared, before, after)

    assert (told.added, told.gone, told.changed, told.unchanged) == (1, 1, 1, 1)
    assert told.changed_columns == {"月保障金额": 1, "保障档次": 1}
    assert told.rows.rows() == [
        (2, 2, "变更", "月保障金额、保障档次"),
        (3, None, "减少", None),
        (None, 1, "新增", None),
    ]


def test_only_accepted_rows_are_compared(declared: Declarations) -> None:
    """A row that is rejected or a duplicate on one side does not stand on that side."""
    before = [_paid(A, "430"), _paid(A, "430", row_status="duplicate"), _paid(None, "1", row_status="rejected")]

    told = _differ(declared, before, [_paid(A, "430")])

    assert (told.added, told.gone, told.changed, told.unchanged) == (0, 0, 0, 1)
    assert told.rows.is_empty()


def test_an_id_handed_in_later_is_a_change(declared: Declarations) -> None:
    """A row without an ID and the same name, village and birth with one is one row whose ID became known."""
    who = {"person_name": "甲一", "village": "下河村"}
    before = [_paid(None, "430", **who, id_kind="damaged", id_seen="99010119900101")]

    told = _differ(declared, before, [_paid(A, "430", **who, id_kind="valid", id_seen=A)])

    assert (told.added, told.gone, told.changed) == (0, 0, 1)
    assert told.changed_columns == {"证件号码": 1}


def test_another_id_is_another_person(declared: Declarations) -> None:
    """Two known IDs that differ are two persons, even of one name in one village."""
    who = {"person_name": "甲一", "village": "下河村"}

    told = _differ(declared, [_paid(A, "430", **who)], [_paid(B, "430", **who)])

    assert (told.added, told.gone, told.changed) == (1, 1, 0)


def test_rows_without_any_key_are_compared_by_all_they_say(declared: Declarations) -> None:
    """A row that names nobody is the same as one that says the same, and never becomes another."""
    told = _differ(declared, [_paid(None, "1"), _paid(None, "2")], [_paid(None, "2"), _paid(None, "3")])

    assert (told.added, told.gone, told.changed, told.unchanged) == (1, 1, 0, 1)


def test_repeats_of_a_person_are_paired_after_the_equal_ones(declared: Declarations) -> None:
    """Of several rows of one person the equal ones are the same, the others are changed in their order."""
    before = [_paid(A, "1"), _paid(A, "2"), _paid(A, "3")]
    after = [_paid(A, "3"), _paid(A, "2"), _paid(A, "4"), _paid(A, "5")]

    told = _differ(declared, before, after)

    assert (told.added, told.gone, told.changed, told.unchanged) == (1, 0, 1, 2)
    assert told.rows.rows() == [(1, 3, "变更", "月保障金额"), (None, 4, "新增", None)]


def test_events_of_a_person_are_told_apart_by_their_key(declared: Declarations) -> None:
    """A bill is changed into the bill of the same number, not into the person's other one."""
    before = [
        {"id_no": A, "settlement_no": "1", "self_paid_yuan": Decimal(10)},
        {"id_no": A, "settlement_no": "2", "self_paid_yuan": Decimal(20)},
    ]
    after = [
        {"id_no": A, "settlement_no": "2", "self_paid_yuan": Decimal(25)},
        {"id_no": A, "settlement_no": "3", "self_paid_yuan": Decimal(10)},
    ]

    told = _differ(declared, before, after, "medical_settlement")

    assert told.rows.rows() == [(1, None, "减少", None), (2, 1, "变更", "个人自付"), (None, 2, "新增", None)]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"household_no": "H1"}, {"household_no": "H1"}, 1),
        ({"household_no": "H1"}, {"household_no": "H2"}, 0),
        ({"household_no": "H1", "head_name": "甲一"}, {"household_no": "H2", "head_name": "甲一"}, 0),
        ({"head_id_no": A}, {"id_no": A}, 1),
        ({"household_no": "H1", "head_id_no": A}, {"head_id_no": A}, 1),
        ({"head_name": "甲一", "village": "下河村"}, {"person_name": "甲一", "village": "下河村"}, 1),
        ({"head_name": "甲一", "village": "下河村"}, {"head_name": "甲一", "village": "上河村"}, 0),
    ],
)
def test_households_are_known_by_number_head_or_name(
    declared: Declarations, before: Row, after: Row, changed: int
) -> None:
    """A household is its number, else its head's ID, else its head's name in its village."""
    told = _differ(
        declared, [before | {"income_yuan": Decimal(1)}], [after | {"income_yuan": Decimal(2)}], "visit_ledger"
    )

    assert (told.changed, told.added, told.gone) == (changed, 1 - changed, 1 - changed)


def test_villages_are_known_by_their_name(declared: Declarations) -> None:
    """A row of a village list is the village's, whoever is named in it."""
    source = declared.sources["dibao_roster"].model_copy(update={"subject": Subject.VILLAGE, "link_by": "place"})
    columns = declared_columns(source, declared.identity)
    sides = [_delivery("dibao_roster", [_paid(None, yuan, village="下河村", township="桐花镇")]) for yuan in "12"]

    assert difference(sides[0], sides[1], source, columns=columns).changed == 1


@pytest.mark.parametrize("side", [0, 1])
def test_an_empty_side_is_all_new_or_all_gone(declared: Declarations, side: int) -> None:
    """Against nothing, every row is new; against a file without rows, every row is gone."""
    sides: list[list[Row]] = [[], []]
    sides[side] = [_paid(A, "1"), _paid(B, "1")]

    told = _differ(declared, *sides)

    assert (told.gone, told.added, told.changed, told.unchanged) == ((2, 0, 0, 0) if side == 0 else (0, 2, 0, 0))


def test_no_value_of_a_row_is_told(declared: Declarations) -> None:
    """Names, numbers and amounts stay where they are."""
    told = _differ(declared, [_paid(A, "777", person_name="甲一")], [_paid(A, "888", person_name="乙二")])

    assert not any(
        value in str((told.rows.rows(), told.changed_columns)) for value in (A, "甲一", "乙二", "777", "888")
    )
