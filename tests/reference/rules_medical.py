"""The rules about medical bills and insurance as their documents have it, one person or household at a time."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from plain_logic import Row, all_of, any_of, at_least, below, is_poor_type, reaches


def medical_spike(person: Row, home: Row, _members: list[Row], line: Row) -> Row:
    """This month far above the own months before, above a floor, and of weight for the family's income."""
    month, uninsured = person["self_paid_month_yuan"], person["self_paid_uninsured_month_yuan"]
    paid = None if month is None or uninsured is None else month - uninsured
    usual = person["self_paid_mean_yuan"]
    floor = line["relieved_yuan"] if is_poor_type(person) else line["general_yuan"]
    threshold = None
    if usual is not None:
        threshold = max(floor, line["times"] * usual, line["income_share"] * (home["income_year_yuan"] or 0))
    fires = all_of(at_least(paid, floor), at_least(paid, threshold))
    times = ""
    if paid is not None and usual is not None and usual > 0:
        # Added to nothing, a small minus is plain nothing.
        multiple = Decimal(paid / usual).quantize(Decimal("0.1"), ROUND_HALF_UP) + 0
        times = f"（{multiple}倍）" if paid <= 100 * usual else "（超过100倍）"
    return {
        "fires": fires,
        "measured": paid,
        "threshold": threshold,
        "paid_yuan": paid,
        "usual_yuan": usual,
        "year_yuan": person["self_paid_year_yuan"],
        "times": times,
    }


def medical_year_general(person: Row, _home: Row, _members: list[Row], line: Row) -> Row | None:
    """A general family's member paid so much this year, bills settled without insurance left to another rule."""
    if is_poor_type(person):
        return None
    year, uninsured = person["self_paid_year_yuan"], person["self_paid_uninsured_year_yuan"]
    paid = None if year is None or uninsured is None else year - uninsured
    return _yearly(paid, line["line_yuan"], person)


def medical_year_relieved(person: Row, _home: Row, _members: list[Row], line: Row) -> Row | None:
    """A relieved or monitored family's member paid so much in hospital this year."""
    if not is_poor_type(person):
        return None
    return _yearly(person["inpatient_self_paid_year_yuan"], line["line_yuan"], person)


def _yearly(paid: float | None, line: float, person: Row) -> Row:
    fires = reaches(paid, line, is_whole=person["is_self_paid_year_complete"])
    return {"fires": fires, "measured": paid, "threshold": line, "paid_yuan": paid, "line_yuan": line}


def uninsured_bill(person: Row, home: Row, _members: list[Row], line: Row) -> Row:
    """What was paid without insurance this year is large for such a family and for its income."""
    floor = line["relieved_yuan"] if is_poor_type(person) else line["general_yuan"]
    threshold = max(floor, line["income_share"] * (home["income_year_yuan"] or 0))
    paid = person["self_paid_uninsured_year_yuan"]
    fires = reaches(paid, threshold, is_whole=person["is_self_paid_year_complete"])
    return {"fires": fires, "measured": paid, "threshold": threshold, "paid_yuan": paid, "line_yuan": threshold}


def uninsured_illness(person: Row, _home: Row, _members: list[Row], _line: Row) -> Row:
    """A serious illness was settled without insurance."""
    paid = person["self_paid_uninsured_year_yuan"]
    return {"fires": person["has_uninsured_serious_bill"], "measured": 1, "threshold": 1, "paid_yuan": paid}


def uninsured_registered(person: Row, _home: Row, _members: list[Row], _line: Row) -> Row | None:
    """Somebody seriously ill or severely disabled stands uninsured; whose bill it hit already is another rule's."""
    if person["has_uninsured_serious_bill"]:
        return None
    registered = None if person["health"] is None else "患有大病" in person["health"]
    diagnosed, severe = person["has_serious_diagnosis"], person["is_severely_disabled"]
    if diagnosed:
        reason = "近12个月有重大疾病诊断"
    elif registered:
        reason = "登记患有大病且重度残疾" if severe else "登记患有大病"
    else:
        reason = "重度残疾"
    fires = all_of(person["is_uninsured"], any_of(diagnosed, registered, severe))
    return {
        "fires": fires,
        "measured": 1,
        "threshold": 1,
        "insured_status": person["insured_status"],
        "reason": reason,
    }


def medical_burden(_person: Row, home: Row, _members: list[Row], line: Row) -> Row:
    """Twelve months' spending takes a large part of twelve months' income; who spent nothing carries no burden."""
    spent, income, visited = home["rigid_yuan"], home["income_year_yuan"], home["months_visited"]
    is_known = visited is not None and visited >= line["months"]
    heavy = at_least(spent, line["share"] * income) if is_known and income is not None else None
    burdened = all_of(None if spent is None else spent > 0, heavy)
    fires = burdened if burdened or home["is_rigid_complete"] else None
    return {
        "fires": fires,
        "measured": home["rigid_share"],
        "threshold": line["share"],
        "spent_yuan": spent,
        "spent_share": home["rigid_share"],
        "kinds": home["rigid_kinds"],
        "line_share": line["share"],
    }


def income_after_rigid(_person: Row, home: Row, _members: list[Row], line: Row) -> Row:
    """Above the line before the bills, below it after them."""
    left, lowest = home["income_after_rigid_per_head_yuan"], line["monitoring_line_yuan"]
    is_below = below(left, lowest)
    certain = is_below if is_below or home["is_rigid_complete"] else None
    enough = at_least(home["months_visited"], line["months"])
    fires = all_of(at_least(home["income_per_head_yuan"], lowest), certain) if enough else None
    return {
        "fires": fires,
        "measured": left,
        "threshold": lowest,
        "per_head_yuan": home["income_per_head_yuan"],
        "kinds": home["rigid_kinds"],
        "spent_yuan": home["rigid_yuan"],
        "left_yuan": left,
        "line_yuan": lowest,
    }
