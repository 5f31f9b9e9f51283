"""The medical measures again, slow and plain: rows are dictionaries, months are numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

UNINSURED = {"未参保", "暂停参保", "终止参保"}
Row = dict[str, Any]


def medical_measures(
    people: list[str], facts: list[Row], covered: set[int], *, now: int, fleeting_people: int
) -> dict[str, Row]:
    """Return the measures of every person at a month; facts must have a serious flag, period_no and row_number."""
    january = (now - 1) // 12 * 12 + 1
    told = {p: _told([f for f in facts if f["person_no"] == p], covered, now) for p in people}
    fleeting = {status for status in UNINSURED if _is_fleeting(status, told, fleeting_people)}
    return {
        person: _measures([f for f in facts if f["person_no"] == person], covered, now, january)
        | {"is_uninsured": _uninsured(told[person], fleeting, january) if now in covered else None}
        for person in people
    }


def _told(rows: list[Row], covered: set[int], now: int) -> dict[int, str]:
    """The last status of every month."""
    known = [r for r in rows if r["insured_status"] and r["period_no"] in covered and r["period_no"] <= now]
    return {r["period_no"]: r["insured_status"] for r in sorted(known, key=lambda r: r["row_number"])}


def _is_fleeting(status: str, told: dict[str, dict[int, str]], needed: int) -> bool:
    followed = [
        (person, months[_neighbour(months, month, 1)])
        for person, months in told.items()
        for month, said in months.items()
        if said == status and _neighbour(months, month, 1)
    ]
    held = sum(said in UNINSURED for _, said in followed)
    return len({person for person, _ in followed}) >= needed and held * 2 <= len(followed)


def _neighbour(months: dict[int, str], month: int, step: int) -> int:
    """The next month told (1) or the one before (-1) of the same calendar year, 0 when there is none."""
    year = [m for m in months if (m - 1) // 12 == (month - 1) // 12 and (m - month) * step > 0]
    return min(year, key=lambda m: abs(m - month), default=0)


def _uninsured(months: dict[int, str], fleeting: set[str], january: int) -> bool | None:
    last = max((month for month in months if month >= january), default=None)
    if last is None:
        return None
    if months[last] not in UNINSURED:
        return False
    before = _neighbour(months, last, -1)
    return True if months[last] not in fleeting or (before and months[before] in UNINSURED) else None


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
        "has_serious_diagnosis": bool(_serious(rolling)),
        "has_uninsured_serious_bill": any(
            row["insured_status"] in UNINSURED and (row["total_yuan"] or 0) >= 0 for row in _serious(rolling)
        ),
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
    "has_uninsured_serious_bill",
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


def _serious(rows: list[Row]) -> list[Row]:
    """The serious bills of numbers, or of the rows without one, that have more bills than reversals."""
    standing = []
    for number in {row["settlement_no"] for row in rows}:
        rows_of = [row for row in rows if row["settlement_no"] == number]
        serious = [row for row in rows_of if row["diagnosis"] == "肺癌"]
        weighed = serious if number is None else rows_of
        reversals = [row for row in weighed if row["total_yuan"] is not None and row["total_yuan"] < 0]
        if serious and len(weighed) - len(reversals) > len(reversals):
            standing += serious
    return standing
