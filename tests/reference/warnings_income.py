"""The income measures again, slow and plain."""

from __future__ import annotations

from statistics import median
from typing import Any

Row = dict[str, Any]


def income_measures(
    sizes: dict[str, int],
    visits: dict[tuple[str, int], tuple[float, float | None]],
    covered: set[int],
    *,
    now: int,
    season_households: int,
) -> dict[str, Row]:
    """Return the measures of every household at a month; visits: (household, month) → income and spending told."""
    if now not in covered:
        return {home: dict.fromkeys(NAMES) for home in sizes}
    told = {key: visit for key, visit in visits.items() if key[1] in covered and now - 23 <= key[1] <= now}
    known = {key: income for key, (income, _) in told.items()}
    season = _season(known, season_households)
    spent = {key: spending for key, (_, spending) in told.items() if spending is not None}
    spending_season = _season(spent, season_households)
    levels = {key: spending / spending_season.get(key[1], 1.0) for key, spending in spent.items()}
    return {
        home: _measures(home, size, known, season, now) | _spent(home, known, levels, now)
        for home, size in sizes.items()
    }


NAMES = (
    "income_month_yuan",
    "income_recent_yuan",
    "income_recent_high_yuan",
    "income_usual_yuan",
    "income_earlier_visits",
    "income_month_share",
    "spending_month_share",
    "months_visited",
    "income_year_yuan",
    "income_per_head_yuan",
)


def _measures(home: str, size: int, known: dict[tuple[str, int], float], season: dict[int, float], now: int) -> Row:
    told = sorted(((month, income) for (who, month), income in known.items() if who == home), reverse=True)
    level = [income / season.get(month, 1.0) for month, income in told]
    year = [income for month, income in told if month > now - 12]
    followed = len(told) > 1 and told[0][0] == now and told[1][0] >= now - 3
    yearly = sum(year) / len(year) * 12 if year else None
    return {
        "income_month_yuan": known.get((home, now)),
        "income_recent_yuan": sum(level[:2]) / 2 if followed else None,
        "income_recent_high_yuan": max(level[:2]) if followed else None,
        "income_usual_yuan": median(level[2:14]) if len(level) >= 5 else min(level[2:], default=None),
        "income_earlier_visits": len(level[2:14]),
        "income_month_share": _share(level[0], level[1:13]) if told and told[0][0] == now else None,
        "months_visited": len(year),
        "income_year_yuan": yearly,
        "income_per_head_yuan": yearly / size if yearly is not None and size else None,
    }


def _spent(home: str, known: dict[tuple[str, int], float], levels: dict[tuple[str, int], float], now: int) -> Row:
    visited = sorted((month for who, month in known if who == home), reverse=True)
    earlier = [levels[home, month] for month in visited[1:13] if (home, month) in levels]
    is_told = bool(visited) and visited[0] == now and (home, now) in levels
    return {"spending_month_share": _share(levels[home, now], earlier) if is_told else None}


def _share(this: float, earlier: list[float]) -> float | None:
    return this / median(earlier) if len(earlier) >= 3 and median(earlier) else None


def _season(known: dict[tuple[str, int], float], needed: int) -> dict[int, float]:
    middles = {}
    for month in {month for _, month in known}:
        incomes = [income for (_, m), income in known.items() if m == month]
        if len(incomes) >= needed:
            middles[month] = median(incomes)
    usual = median(middles.values()) if middles else 0
    # Nothing to compare with: the lower bound, for all months alike.
    return {month: min(max(middle / usual, 0.8), 1.25) if usual else 0.8 for month, middle in middles.items()}
