"""A small invented county's files, and a county's folder to take them in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from fangpin.demo import CountyPlan, write_county
from fangpin.pipeline.county import County, create_county

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write four months of a county of 1,500 people, once for all tests."""
    folder = tmp_path_factory.mktemp("invented")
    write_county(CountyPlan(seed=11, people=1_500, months=4, townships=3), folder, processes=1)
    return folder


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """Open a new county on SQLite."""
    made = create_county(tmp_path / "home", "huaxi", office_url=None, now=NOW)
    yield made
    made.close()


@pytest.fixture
def county_anywhere(tmp_path: Path, empty_url: str) -> Iterator[County]:
    """Open a new county whose office store is on SQLite and then on PostgreSQL."""
    made = create_county(tmp_path / "home", "huaxi", office_url=empty_url, now=NOW)
    yield made
    made.close()
