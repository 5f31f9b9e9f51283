"""The medical measures again, slow and plain: rows are dictionaries, months are numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

UNINSURED = {"未参保", "暂停参保", "终止参保"}
Row = dict[str, Any]


def medical_measures(people: list[str], facts: list[Row], covered: set[int], *, now: int) -> dict[str, Row]:
    """Return the measures of every person at a month; facts must have a serious flag, period_no and row_number."""
    january = (now - 1) // 12 * 12 + 1
    return {
        person: _measures([f for f in facts if f["person_no"] == person], covered, now, january) for person in people
    }


def _measures(rows: list[Row], covered: set[int], now: int, january: int) -> Row:
    if now not in covered:
        return dict.fromkeys(NAMES)
    rows = [row for row in rows if row["period_no"] in covered and row["period_no"] <= now]
    month = [row for row in rows if row["period_no"] == now]
    year = [row for row in rows if row["period_no"] >= january]
    rolling = [row for row in rows if row["period_no"] > now - 12]
    before = [row for row in rows if now - 12 <= row["period_no"] < now]
    covered_before = [m for m in covered if now - 12 <= m < now]
    insured = [row for row in year if row["insured_status"] is not None]
    status = max(insured, key=lambda row: (row["period_no"], row["row_number"]))["insured_status"] if insured else None
    return {
        "self_paid_month_yuan": _paid(month),
        "self_paid_year_yuan": _paid(year),
        "self_paid_rolling_yuan": _paid(rolling),
        "self_paid_mean_yuan": float(_paid(before)) / len(covered_before) if covered_before else None,
        "inpatient_self_paid_year_yuan": _paid(
            [row for row in year if row["care_type"] == "住院" and row["insured_status"] not in UNINSURED]
        ),
        "largest_bill_yuan": _largest(month),
        "self_paid_uninsured_month_yuan": _paid([row for row in month if row["insured_status"] in UNINSURED]),
        "self_paid_uninsured_year_yuan": _paid([row for row in year if row["insured_status"] in UNINSURED]),
        "insured_status": status,
        "is_uninsured": status in UNINSURED if status else None,
        "has_serious_diagnosis": _serious(rolling),
        "is_self_paid_year_complete": all(m in covered for m in range(january, now + 1)),
        "is_self_paid_rolling_complete": all(m in covered for m in range(now - 11, now + 1)),
    }


NAMES = (
    "self_paid_month_yuan",
    "self_paid_year_yuan",
    "self_paid_rolling_yuan",
    "self_paid_mean_yuan",
    "inpatient_self_paid_year_yuan",
    "largest_bill_yuan",
    "self_paid_uninsured_month_yuan",
    "self_paid_uninsured_year_yuan",
    "insured_status",
    "is_uninsured",
    "has_serious_diagnosis",
    "is_self_paid_year_complete",
    "is_self_paid_rolling_complete",
)


def _paid(rows: list[Row]) -> Decimal:
    return sum((row["self_paid_yuan"] for row in rows if row["self_paid_yuan"] is not None), Decimal(0))


def _largest(rows: list[Row]) -> Decimal:
    bills: dict[object, list[Row]] = {}
    for row in rows:
        bills.setdefault(row["settlement_no"] or ("row", row["row_number"]), []).append(row)
    known = [bill for bill in bills.values() if any(row["self_paid_yuan"] is not None for row in bill)]
    return max((_paid(bill) for bill in known), default=Decimal(0))


def _serious(rows: list[Row]) -> bool:
    """A number, or the rows without one, with a serious diagnosis and more bills than reversals."""
    for number in {row["settlement_no"] for row in rows}:
        rows_of = [row for row in rows if row["settlement_no"] == number]
        serious = [row for row in rows_of if row["diagnosis"] == "肺癌"]
        weighed = serious if number is None else rows_of
        reversals = [row for row in weighed if row["total_yuan"] is not None and row["total_yuan"] < 0]
        if serious and len(weighed) - len(reversals) > len(reversals):
            return True
    return False
