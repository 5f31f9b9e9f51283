"""The rigid spending of a household again, slow and plain."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = ("rigid_yuan", "is_rigid_complete", "rigid_kinds", "disaster_net_yuan", "accident_net_yuan", "school_cost_yuan")


@dataclass(frozen=True)
class Fees:
    """One row of a list of fees: whose, of which month's list, in whole yuan; None is a blank cell."""

    person: str
    month: int
    tuition: int | None
    lodging: int | None
    textbook: int | None
    aid: int | None


@dataclass(frozen=True)
class Loss:
    """One loss of the household, and what was given towards it."""

    cause: str
    month: int
    loss: int | None
    given: int | None


def school_cost(person: str, rows: list[Fees], covered: set[int], *, now: int) -> tuple[int | None, bool | None]:
    """Return what a person's school year costs the family, and whether all of it is told."""
    lists = [month for month in covered if now - 11 <= month <= now]
    if not lists:
        return None, None
    mine = [row for row in rows if row.person == person and row.month == max(lists)]
    if not mine:
        return 0, True
    if any(row.tuition is None or row.aid is None for row in mine):
        return None, False
    fees = sum((row.tuition or 0) + (row.lodging or 0) + (row.textbook or 0) - (row.aid or 0) for row in mine)
    return max(fees, 0), all(row.lodging is not None and row.textbook is not None for row in mine)


def net_loss(cause: str, losses: list[Loss], covered: set[int], *, now: int) -> tuple[int | None, bool]:
    """Return the net losses of a cause in twelve months, and whether each is known."""
    mine = [one for one in losses if one.cause == cause and now - 11 <= one.month <= now]
    nets = [max(one.loss - one.given, 0) for one in mine if one.loss is not None and one.given is not None]
    if mine:
        return (sum(nets) if nets else None), len(nets) == len(mine)
    return (0 if any(now - 11 <= month <= now for month in covered) else None), True


def rigid(
    medical: int | None,
    *,
    is_medical_complete: bool,
    school: dict[str, tuple[int | None, bool | None]],
    nets: dict[str, tuple[int | None, bool]],
) -> tuple[int | None, bool | None, str | None, int | None, int | None, int | None]:
    """Return the measures of NAMES for a household; school by member, nets by cause."""
    costs = [cost for cost, _ in school.values() if cost is not None]
    school_yuan = sum(costs) if costs else None
    parts = {"医疗": medical, "上学": school_yuan, "因灾": nets["因灾"][0], "因意外": nets["因意外"][0]}
    known = [part for part in parts.values() if part is not None]
    is_counted = medical is not None or sum(known) > 0
    told = [flag for _, flag in school.values() if flag is not None]
    complete = medical is not None and is_medical_complete and all(told) and all(ok for _, ok in nets.values())
    named = [kind for kind, part in parts.items() if part is not None and (part > 0 or kind == "医疗")]
    return (
        sum(known) if is_counted else None,
        complete if known else None,
        "、".join(named) or None,
        nets["因灾"][0],
        nets["因意外"][0],
        school_yuan,
    )
