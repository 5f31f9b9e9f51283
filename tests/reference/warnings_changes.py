"""What is new and what has gone, again slow and plain: schooling, basic living, certificates."""

from __future__ import annotations

from typing import Any

ORDER = ["在读", "送教上门", "休学", "转学", "毕业", "辍学"]
SCHOOL_YEARS = {
    "小学三年级": 3,
    "六年级": 6,
    "3年级": 3,
    "一（2）班": 1,
    "初二": 8,
    "九年级": 9,
    "高一": 10,
    "职高二": 10,
    "幼儿园大班": 0,
    "学前班": 0,
    "复式班": None,
}
Row = dict[str, Any]


def school_measures(rows: list[Row], covered: set[int], *, now: int) -> Row:
    """Return the schooling of one person at a month."""
    rows = [row for row in rows if row["period_no"] in covered and row["period_no"] <= now]
    last = max((row["period_no"] for row in rows), default=None)
    # Newest month first, in it the row that keeps the child in class.
    stated = sorted(
        (row for row in rows if row["enrolment_status"] is not None),
        key=lambda row: (-row["period_no"], ORDER.index(row["enrolment_status"]), row["row_number"]),
    )
    status = stated[0]["enrolment_status"] if stated else None
    classes = sorted(
        (row for row in rows if row["school_grade"] is not None),
        key=lambda row: (-row["period_no"], _place(row["enrolment_status"]), row["row_number"]),
    )
    away = [m for m in covered if last is not None and last < m <= now and (m - 1) % 12 + 1 not in (7, 8, 9)]
    is_now = now in covered
    return {
        "is_on_school_list": last == now if is_now else None,
        "was_on_school_list": any(row["period_no"] == now - 1 for row in rows) if now - 1 in covered else None,
        "enrolment_status": status if is_now and stated and stated[0]["period_no"] == now else None,
        "last_enrolment_status": status if is_now else None,
        "school_year": SCHOOL_YEARS[classes[0]["school_grade"]] if is_now and classes else None,
        "school_last_month": (last - 1) % 12 + 1 if is_now and last is not None else None,
        "school_absent_months": len(away) if is_now and last is not None else None,
    }


def _place(status: str | None) -> int:
    return ORDER.index(status) if status in ORDER else 99


def dibao_is_new(rows: list[Row], covered: set[int], *, now: int) -> bool | None:
    """Tell whether a household came on the 低保 list this month; rows: period_no, category, started_no."""
    if now not in covered:
        return None
    listed = [row for row in rows if row["period_no"] in covered and row["category"] != "低保边缘"]
    current = [row for row in listed if row["period_no"] == now]
    if not any(row["category"] == "农村低保" for row in current):
        return False
    if any(row["period_no"] < now for row in listed):
        return False
    starts = [row["started_no"] for row in current if row["started_no"] is not None]
    if starts:
        return bool(max(starts) >= now - 2)
    return True if any(month < now for month in covered) else None


def is_newly_disabled(rows: list[Row], covered: set[int], *, now: int) -> bool | None:
    """Tell whether a person got a first certificate this month or last; rows: period_no, issued_no, event."""
    if now not in covered:
        return None
    rows = [row for row in rows if row["period_no"] in covered]
    current = [row for row in rows if row["period_no"] == now]
    if not current:
        return False
    newest = max(current, key=lambda row: (row["issued_no"] or 0, row["row_number"]))
    event, issued = newest["event"], newest["issued_no"]
    if event == "换证" or (issued is not None and not now - 1 <= issued <= now):
        return False
    if issued is None or event == "新办":
        return None if issued is None else True
    renewed = min(row["period_no"] for row in rows) < issued
    return False if renewed else (min(covered) < issued or None)
