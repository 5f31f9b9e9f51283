"""Equal rows among events: one where their key says so, two where nothing does."""

from __future__ import annotations

import pytest
from delivered import conformed_of
from toys import MAN, SOURCES, grid

from fangpin.config.loader import Declarations
from fangpin.connectors.conform import Conformed
from fangpin.types import RowStatus


def _conformed(declared: Declarations, source_id: str, heads: list[str], *rows: list[str]) -> Conformed:
    return conformed_of(declared, source_id, grid(list(heads), *(list(row) for row in rows)))


def _problems(conformed: Conformed) -> list[tuple[object, ...]]:
    return conformed.issues.select("row_number", "column", "code", "severity").rows()


BILL_HEADS = ["姓名", "身份证号", "结算日期", "个人自付金额", "结算单号"]
BILL = ["甲一", MAN, "2024-03-05", "120", "B1"]


@pytest.mark.parametrize(
    ("number", "status", "problem"),
    [
        ("B1", "duplicate", [(2, "整行", "row_duplicate", "重复")]),
        ("", "accepted", [(2, "整行", "row_repeated", "提示")]),
        ("无", "accepted", [(2, "整行", "row_repeated", "提示")]),
    ],
)
def test_equal_bills(number: str, status: str, problem: list[tuple[object, ...]], declared: Declarations) -> None:
    """Equal rows of events are one where their key says so; without it both are kept and the second is told."""
    bill = [*BILL[:4], number]

    conformed = _conformed(declared, "medical_settlement", BILL_HEADS, bill, bill)

    assert ["accepted", status] == conformed.identity["row_status"].to_list()
    assert problem == _problems(conformed)


def test_bills_without_a_column_of_their_key(declared: Declarations) -> None:
    """Where the file has no column of the key, equal rows are kept and told."""
    conformed = _conformed(declared, "medical_settlement", BILL_HEADS[:4], BILL[:4], BILL[:4], BILL[:4])

    assert (conformed.count(RowStatus.ACCEPTED), conformed.count(RowStatus.DUPLICATE)) == (3, 0)
    assert conformed.issues.select("row_number", "code").rows() == [(2, "row_repeated"), (3, "row_repeated")]
    assert conformed.identity["duplicate_of"].null_count() == conformed.identity.height


def test_bills_of_one_number(declared: Declarations) -> None:
    """Rows of one bill that differ in any cell, such as a reversal, are two events."""
    conformed = _conformed(declared, "medical_settlement", BILL_HEADS, BILL, [*BILL[:3], "-120", "B1"])

    assert (conformed.count(RowStatus.ACCEPTED), _problems(conformed)) == (2, [])


def test_a_rejected_repeat_is_rejected_once(declared: Declarations) -> None:
    """A repeated bill that is rejected anyway says why and nothing of the repeat."""
    bill = [*BILL[:3], "", ""]

    conformed = _conformed(declared, "medical_settlement", BILL_HEADS, bill, bill)

    assert [(n, "个人自付", "row_unfilled", "退回") for n in (1, 2)] == _problems(conformed)


def test_equal_visits(declared: Declarations) -> None:
    """A monthly list of households has no key: equal rows are one."""
    heads, row = SOURCES["visit_ledger"]

    conformed = _conformed(declared, "visit_ledger", heads, row, row)

    assert conformed.identity["row_status"].to_list() == ["accepted", "duplicate"]
