"""One month's folder: seven files and the answers to them.

The only place of this package, beside files.py, that writes. A month depends on the county alone, so months may be
written in any order and by two processes.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fangpin.demo.assemble import Delivery, deliver, sheet_of
from fangpin.demo.county import County
from fangpin.demo.extracts import civil_rows, disabled_rows, housing_rows, medical_rows
from fangpin.demo.files import write_csv, write_workbook
from fangpin.demo.layouts import REGISTER, SOURCES, VISITS, Layout, Source, draw_layout
from fangpin.demo.month import Month, month_of
from fangpin.demo.profiles import PROFILES
from fangpin.demo.register import register_rows, visit_rows
from fangpin.demo.render import write_column
from fangpin.demo.schooling import pupil_rows

ROWS = {"民政": civil_rows, "医保": medical_rows, "住建": housing_rows, "教育": pupil_rows, "残联": disabled_rows}


@dataclass(frozen=True, slots=True)
class MonthAnswers:
    """What is true about one month's files."""

    links: pl.DataFrame
    members: pl.DataFrame
    rows: dict[str, int]


def write_month(county: County, place: int, folder: Path) -> MonthAnswers:
    """Write the files of the month at a place of the plan into folder; the answers come back unwritten."""
    month = month_of(county, place)
    dirt = PROFILES[county.plan.dirt]
    folder.mkdir(parents=True, exist_ok=True)
    links: list[pl.DataFrame] = []
    counts: dict[str, int] = {}
    for source in SOURCES:
        rows = ROWS[source.key](month)
        layout = draw_layout(source, month, rows=len(rows))
        delivery = deliver(rows, month, layout, dirt=dirt)
        write_sheet(delivery, month, layout, folder)
        links.append(delivery.answers)
        counts[source.key] = len(delivery.answers)
    people = register_rows(month)
    counts["农户信息台账"] = write_plain(REGISTER, people, month, folder)
    counts["走访收支台账"] = write_plain(VISITS, visit_rows(month, missed=dirt.not_visited), month, folder)
    members = people.select(
        pl.col("person_no").cast(pl.Int64).alias("person_id"),
        pl.col("household_no").cast(pl.Int64).alias("household_id"),
        pl.lit(month.period).alias("month"),
    )
    return MonthAnswers(pl.concat(links), members, counts)


def write_plain(source: Source, rows: pl.DataFrame, month: Month, folder: Path) -> int:
    """Write one of the bureau's own files: no identities to damage, only ways of writing; returns its rows."""
    layout = draw_layout(source, month, rows=len(rows))
    rng = month.rng(20 + source.stream)
    odd = PROFILES[month.county.plan.dirt].odd_cells / 3
    table = rows.with_row_index("seq", offset=1).with_columns(remark=pl.lit(""))
    cells = pl.DataFrame([write_column(table[c.name], c, layout.style, odd=odd, rng=rng) for c in layout.columns])
    write_sheet(Delivery(cells, pl.DataFrame()), month, layout, folder)
    return len(rows)


def write_sheet(delivery: Delivery, month: Month, layout: Layout, folder: Path) -> None:
    """Write a delivery under the layout's name."""
    sheet = sheet_of(delivery, month, layout)
    path = folder / layout.file_name
    if path.suffix == ".xlsx":
        write_workbook(sheet, path)
    else:
        write_csv(sheet, path, encoding=layout.source.encoding)
