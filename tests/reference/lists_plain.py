"""What the full monthly lists say of houses, basic living and certificates, again slow and plain."""

from __future__ import annotations

import datetime as dt
from typing import Any

Row = dict[str, Any]

NET = ("农村低保", "城市低保", "特困供养")
DIBAO = ("农村低保", "城市低保")


def house(rows: list[Row], covered: set[int], *, now: int, last_day: dt.date) -> Row:
    """Return what the appraisals say of one household."""
    current = [row for row in rows if row["period_no"] == now]
    # The least safe first, then the worse grade, then the later row.
    shown = max(
        current,
        key=lambda row: (_danger(row, last_day), row["house_grade"] or "", row["row_number"]),
        default=dict.fromkeys(("house_grade", "renovation", "inhabited")),
    )
    is_now = now in covered
    told = {name: shown[name] if is_now else None for name in ("house_grade", "renovation", "inhabited")}
    return told | {
        "is_unsafe_house": _unsafe(current, last_day) if is_now else None,
        "was_unsafe_house": _unsafe([row for row in rows if row["period_no"] == now - 1], last_day)
        if now - 1 in covered
        else None,
    }


def _unsafe(rows: list[Row], last_day: dt.date) -> bool | None:
    dangers = [_danger(row, last_day) for row in rows]
    return True if 2 in dangers else (None if 1 in dangers else False)


def _danger(row: Row, last_day: dt.date) -> int:
    """2 unsafe, 1 not known, 0 safe."""
    rebuilt = row["completed_on"] is not None and row["completed_on"] <= last_day
    if row["inhabited"] == "否" or row["house_grade"] in ("A", "B") or rebuilt:
        return 0
    if row["house_grade"] not in ("C", "D") or row["renovation"] is None:
        return 1
    return 0 if row["renovation"] in ("已改造", "改造中") else 2


def dibao(rows: list[Row], covered: set[int], *, now: int, size: int) -> Row:
    """Return what the basic-living lists say of one household."""
    names = ("has_safety_net", "dibao_persons", "dibao_first_period_no", "dibao_started_on")
    if now not in covered:
        return dict.fromkeys((*names, "is_dibao_whole_household", "is_dibao_new"))
    listed = [row for row in rows if row["period_no"] in covered and row["category"] in NET]
    current = [row for row in listed if row["period_no"] == now]
    first = min((row["period_no"] for row in listed), default=None)
    started = max((row["started_on"] for row in current if row["started_on"] is not None), default=None)
    persons = len({row["person_no"] for row in current if row["person_no"] is not None})
    reached = max([persons, *(row["insured_count"] or 0 for row in current)])
    is_dibao = any(row["category"] in DIBAO for row in current)
    if not is_dibao or first < now:
        is_new: bool | None = False
    elif started is not None:
        is_new = started.year * 12 + started.month >= now - 2
    else:
        is_new = True if any(month < now for month in covered) else None
    return {
        "has_safety_net": bool(current),
        "dibao_persons": persons,
        "dibao_first_period_no": first,
        "dibao_started_on": started,
        "is_dibao_whole_household": is_dibao and reached >= size,
        "is_dibao_new": is_new,
    }


def disability(rows: list[Row], covered: set[int], *, now: int) -> Row:
    """Return what the certificate lists say of one person."""
    names = ("is_disabled", "disability_type", "disability_level", "is_severely_disabled", "was_disabled")
    if now not in covered:
        return dict.fromkeys((*names, "certificate_event", "certificate_age_months", "is_newly_disabled"))
    rows = [row for row in rows if row["period_no"] in covered]
    valid = [row for row in rows if row["period_no"] == now and row["certificate_status"] in ("有效", None)]
    first = min((row["period_no"] for row in rows), default=None)
    worst = min(valid, key=lambda row: (_severity(row), row["row_number"]), default={})
    newest = max(valid, key=lambda row: (row["issued_on"] or dt.date(1990, 1, 1), row["row_number"]), default={})
    issued = _months(max((row["issued_on"] for row in valid if row["issued_on"]), default=None))
    began = _months(min((row["first_issued_on"] for row in valid if row["first_issued_on"]), default=None))
    severe = [_is_severe(row) for row in valid]
    return {
        "is_disabled": bool(valid),
        "disability_type": worst.get("disability_type"),
        "disability_level": worst.get("disability_level"),
        "is_severely_disabled": True if True in severe else (None if None in severe else False),
        "was_disabled": (first is not None and first < now) if min(covered) < now else None,
        "certificate_event": newest.get("certificate_event"),
        "certificate_age_months": None if issued is None else now - issued,
        "is_newly_disabled": bool(valid) and _is_new(newest, issued, began, (first, min(covered)), now),
    }


def _is_new(newest: Row, issued: int | None, began: int | None, firsts: tuple[int, int], now: int) -> bool | None:
    """Tell a first certificate; firsts: the first list with the person, and the first list there is."""
    event, (first, begun) = newest["certificate_event"], firsts
    if event not in ("新办", None):
        return False
    if began is not None:
        return now - 1 <= began <= now
    if issued is None:
        return None
    if not now - 1 <= issued <= now:
        return False
    if event == "新办":
        return True
    return False if first < issued else (True if begun < issued else None)


def _is_severe(row: Row) -> bool | None:
    """One and two are severe, three is for mind and intellect; of a kind that is not told nobody knows."""
    if _severity(row) != 3:
        return _severity(row) < 3
    return None if row["disability_type"] is None else row["disability_type"] in ("智力", "精神")


def _severity(row: Row) -> int:
    level = (row["disability_level"] or "")[:1]
    return "一二三四".index(level) + 1 if level and level in "一二三四" else 9


def _months(day: dt.date | None) -> int | None:
    return None if day is None else day.year * 12 + day.month
