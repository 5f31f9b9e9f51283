"""From a household's figures back to department, file, sheet and row."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from fangpin.connectors.readers import Readers
from fangpin.errors import NotFound
from fangpin.pipeline.county import County
from fangpin.pipeline.exports import leads_of
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.provenance import rows_behind
from fangpin.pipeline.screening import screen
from fangpin.types import Period

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
JANUARY = Period(2024, 1)


@pytest.fixture
def screened(county: County, invented: Path) -> County:
    """Receive and screen a month."""
    with Intake(county) as intake:
        for file in sorted((invented / "county" / str(JANUARY)).iterdir()):
            intake.receive(file, now=NOW, by="甲")
    screen(county, JANUARY, now=NOW, by="甲", progress=lambda *_: None)
    return county


def test_every_row_of_a_household_leads_to_the_cell_it_stood_in(
    screened: County, invented: Path, tmp_path: Path
) -> None:
    """The file, sheet and row told for a household's visit hold the household's number, as delivered."""
    household = leads_of(screened, JANUARY)["household_no"][0]

    rows = rows_behind(screened, JANUARY, household)
    visit = rows.filter(pl.col("source_id") == "visit_ledger").row(0, named=True)
    file = invented / "county" / str(JANUARY) / visit["file_name"]
    with Readers(tmp_path) as readers, readers.read(file, file_name=file.name) as grids:
        grid = next(g for g in grids if g.name == visit["sheet"])
        cells = grid.rows.filter(pl.col("sheet_row") == visit["sheet_row"]).row(0)

    assert {"household_register", "visit_ledger"} <= set(rows["source_id"])
    assert household in cells
    assert visit["facts"].startswith("家庭人口：")


def test_nothing_is_told_of_a_household_nobody_knows(screened: County) -> None:
    """A household number without any row is not found."""
    with pytest.raises(NotFound, match="没有这一户的数据"):
        rows_behind(screened, JANUARY, "无此户")
