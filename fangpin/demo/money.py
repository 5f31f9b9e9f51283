"""Money of a month: household incomes and spending, and the medical bills of people.

Season, paydays, noise and growth for everybody; planted incidents on top. Random bills stay small beside the
household's income, so that a spike is always a planted one.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangpin.demo.month import Month
from fangpin.demo.people import NEVER

Floats = NDArray[np.float64]

FARM: Final = np.array([0.72, 0.66, 0.78, 0.82, 0.95, 1.12, 1.02, 0.92, 1.35, 1.52, 1.18, 0.96])
MIGRANT: Final = np.array([1.14, 0.58, 0.88, 1.02, 1.04, 1.02, 1.02, 1.02, 1.04, 1.06, 1.06, 1.12])
WAGE: Final = np.array([1.06, 0.95, 0.98, 1.0, 1.0, 1.0, 1.0, 1.0, 1.01, 1.0, 1.0, 1.0])
GROWTH: Final = 0.04
SERIOUS_SHARE_PAID: Final = 0.42
"""Share of a large bill that stays with the patient after all reimbursement."""


def income_factors(month: Month) -> Floats:
    """What the incidents leave of each household's income this month (1 when nothing happened)."""
    factors = np.ones(len(month.county.households))
    last = month.county.plan.months - 1
    for kind, at, size, house in month.county.incidents.select("kind", "month", "magnitude", "household").iter_rows():
        since = month.place - at
        left = 1.0
        if kind == "income_drop" and since >= 0:
            left = 1 - size
        elif kind == "income_low" and since >= 0:
            left = 1 - size * min(since + 1, 3) / 3
        elif kind == "one_month_dip" and since == 0:
            left = 1 - size
        elif kind == "double_payday" and since in (0, 1 if at < last else -1):
            left = 1 - size if since == 0 else 1 + size
        elif kind == "migrant_season" and since == 0:
            left = (1 - size) / MIGRANT[month.first.month - 1]
        factors[house] *= left
    return factors


def incomes(month: Month) -> Floats:
    """Income of each household this month (yuan)."""
    households, moon, rng = month.county.households, month.first.month - 1, month.rng(1)
    farm = households["farm"].to_numpy()
    wage = np.where(households["migrant"].to_numpy(), MIGRANT[moon], WAGE[moon])
    season = 0.6 * farm * FARM[moon] + (1 - 0.6 * farm) * wage
    steadiness = 0.04 + 0.07 * (households["household_no"].to_numpy() % 97) / 97
    noise = np.exp(rng.normal(0, 1, len(households)) * steadiness)
    level = households["income_yuan"].to_numpy() / 12 * (1 + GROWTH * month.place / 12)
    return np.asarray(level * season * noise * income_factors(month))


def spending(month: Month, income: Floats, bills: pl.DataFrame) -> Floats:
    """Spending of each household this month (yuan): living, and most of what it paid for treatment."""
    rng = month.rng(2)
    house = month.folk["household"].gather(bills["who"]).to_numpy()
    paid = np.bincount(house, weights=bills["self"].to_numpy(), minlength=len(income))
    level = month.county.households["income_yuan"].to_numpy() / 12
    return np.asarray(level * 0.5 + income * 0.12 + level * 0.08 * rng.random(len(income)) + np.maximum(paid, 0) * 0.9)


def bills_of(month: Month) -> pl.DataFrame:
    """Settled medical bills of the county's people.

    One row a settlement: who (place in people), total, self (yuan), kind (String: clinic, chronic, ward, serious),
    day (Int64, 0–27), insured (Boolean).
    """
    rng = month.rng(3)
    folk = month.folk
    here = folk["present"].to_numpy() & (folk["years"].to_numpy() > 0)
    steady = month.county.incidents.filter(pl.col("kind") == "chronic_steady")["person"].to_numpy()
    chronic = folk["chronic"].to_numpy() & here
    chronic[steady] = False
    income = month.county.households["income_yuan"].to_numpy()[folk["household"].to_numpy()]
    small = drawn(here, 0.045, rng)
    many = drawn(chronic, 0.60, rng)
    beds = drawn(here & is_insured(month).to_numpy(), 0.0055, rng)
    parts = [
        bill_rows(small, np.exp(rng.normal(5.1, 0.6, len(small))), rng.uniform(0.40, 0.62, len(small)), "clinic"),
        bill_rows(many, rng.uniform(110, 460, len(many)), rng.uniform(0.32, 0.45, len(many)), "chronic"),
    ]
    total = np.exp(rng.normal(8.35, 0.45, len(beds)))
    cap = np.minimum(np.minimum(2_800.0, 0.07 * income[beds]) / total, rng.uniform(0.22, 0.33, len(beds)))
    parts.append(bill_rows(beds, total, cap, "ward"))
    parts.append(planned_bills(month, rng))
    bills = with_reversals(pl.concat(parts), rng)
    uninsured = folk["uninsured_from"].gather(bills["who"]) <= month.place
    bills = bills.with_columns(pl.Series("day", rng.integers(0, 27, len(bills))), (~uninsured).alias("insured"))
    return bills.with_columns(
        pl.when("insured").then("self").otherwise("total").alias("self").round(2), pl.col("total").round(2)
    )


def drawn(mask: NDArray[np.bool_], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """A share of the places where the mask holds."""
    return np.flatnonzero(mask & (rng.random(len(mask)) < share))


def bill_rows(who: NDArray[np.int64], total: Floats, share: Floats, kind: str) -> pl.DataFrame:
    """Bills of one kind, the share staying with the patient."""
    return pl.DataFrame(
        {"who": who, "total": total, "self": total * share, "kind": pl.Series([kind] * len(who), dtype=pl.String)}
    )


def with_reversals(bills: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Bills with a few settled wrongly: the row, its negative (冲红) and the row again."""
    wrong = bills.filter(pl.Series(rng.random(len(bills)) < 0.004) & (pl.col("total") > 0))
    return pl.concat([bills, wrong.with_columns(-pl.col("total"), -pl.col("self")), wrong])


def planned_bills(month: Month, rng: np.random.Generator) -> pl.DataFrame:
    """Bills that the incidents of this month bring."""
    rows: list[tuple[int, float, float, str]] = []
    income = month.county.households["income_yuan"].to_numpy()
    present = month.folk["present"].to_numpy()
    columns = ("kind", "month", "magnitude", "household", "person", "variant")
    for kind, at, size, house, who, variant in month.county.incidents.select(columns).iter_rows():
        since = month.place - at
        if kind == "chronic_steady" and present[who]:
            rows += [(who, size / 0.8 * rng.uniform(0.97, 1.03), 0.4, "chronic") for _ in range(2)]
        elif kind == "medical_spike" and 0 <= since < spread(variant, at, month.county.plan.months):
            paid = spike_yuan(size, income[house]) / spread(variant, at, month.county.plan.months)
            rows.append((who, paid / SERIOUS_SHARE_PAID, SERIOUS_SHARE_PAID, "serious"))
        elif since == 0:
            rows += month_bills(kind, size, who, variant, rng)
    frame = pl.DataFrame(
        rows, schema={"who": pl.Int64, "total": pl.Float64, "share": pl.Float64, "kind": pl.String}, orient="row"
    )
    return frame.select("who", "total", (pl.col("total") * pl.col("share")).alias("self"), "kind")


def month_bills(
    kind: str, size: float, who: int, variant: float, rng: np.random.Generator
) -> list[tuple[int, float, float, str]]:
    """Bills of an incident that shows in its own month only."""
    if kind == "uninsured_illness":
        severe = variant >= 0.6
        return [(who, rng.uniform(300, 800) if severe else size, 1.0, "clinic" if severe else "serious")]
    if kind == "uninsured_minor":
        return [(who, size, 1.0, "clinic")]
    if kind == "large_but_reimbursed":
        return [(who, size, rng.uniform(600, 1_400) / size, "serious")]
    if kind == "reversal":
        right = [(who, rng.uniform(200, 900), 0.4, "clinic")] if variant < 0.5 else []
        return [(who, size, 0.45, "serious"), (who, -size, 0.45, "serious"), *right]
    return []


def spread(variant: float, at: int, months: int) -> int:
    """Over how many months a large bill comes."""
    return 3 if variant < 0.2 and at + 3 <= months else 1


def spike_yuan(size: float, income: float) -> float:
    """What a medical spike leaves with the household (yuan)."""
    return max(9_000.0, size * income)


def is_insured(month: Month) -> pl.Series:
    """Whether each person's insurance holds this month (Boolean)."""
    return (month.folk["uninsured_from"] > month.place) | (month.folk["uninsured_from"] == NEVER)
