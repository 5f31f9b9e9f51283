"""The answers, written apart from the county's files: who each row is, who lives where, what was planted.

links.parquet, members.parquet, shocks.parquet, decoys.parquet, summary.json, in the layout of the sample county.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from fangpin.demo.county import County, calendar
from fangpin.demo.delivery import MonthAnswers


@dataclass(frozen=True, slots=True)
class CountySummary:
    """What was written: counts only."""

    people: int
    households: int
    villages: int
    outsiders: int
    shocks: int
    decoys: int
    months: tuple[str, ...]
    rows: dict[str, int]
    folder: Path


def incident_answers(county: County, *, shock: bool) -> pl.DataFrame:
    """Planted events of one class.

    One row an event: shock_id (UInt32), type, month (YYYYMM), magnitude, household_id, person_id (the county's keys).
    """
    periods = [f"{day:%Y%m}" for day in calendar(county.plan)]
    rows = county.incidents.filter(pl.col("shock") == shock)
    return rows.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("shock_id"),
        pl.col("kind").alias("type"),
        pl.Series("month", [periods[m] for m in rows["month"].to_list()], dtype=pl.String),
        pl.col("magnitude").round(4),
        county.households["household_no"].gather(rows["household"]).alias("household_id"),
        county.people["person_no"].gather(rows["person"]).alias("person_id"),
    )


def write_answers(county: County, months: Sequence[MonthAnswers], folder: Path) -> CountySummary:
    """Write the answers of all months into folder/answers."""
    target = folder / "answers"
    target.mkdir(parents=True, exist_ok=True)
    shocks, decoys = (incident_answers(county, shock=flag) for flag in (True, False))
    shocks.write_parquet(target / "shocks.parquet")
    decoys.write_parquet(target / "decoys.parquet")
    pl.concat([m.links for m in months]).write_parquet(target / "links.parquet")
    pl.concat([m.members for m in months]).write_parquet(target / "members.parquet")
    rows = {key: sum(m.rows[key] for m in months) for key in (months[0].rows if months else {})}
    summary = CountySummary(
        people=len(county.people),
        households=len(county.households),
        villages=len(county.villages),
        outsiders=len(county.outsiders),
        shocks=len(shocks),
        decoys=len(decoys),
        months=tuple(f"{day:%Y%m}" for day in calendar(county.plan)),
        rows=rows,
        folder=folder,
    )
    told = asdict(summary) | {"folder": folder.name, "plan": asdict(county.plan)}
    (target / "summary.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return summary
