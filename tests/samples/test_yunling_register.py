"""The sample county beside the checkout: who was in which household in each of its twelve months."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from fangpin.matching.history import members_in
from fangpin.pipeline.county import create_county
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.registering import read_history_of
from fangpin.types import Period

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "samples" / "yunling"
NOW = dt.datetime(2025, 1, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample county is not beside this checkout"),
]


def test_everybody_is_in_the_household_of_the_answers(tmp_path: Path) -> None:
    """Every person in every month, and of some households the members asked for one by one."""
    county = create_county(tmp_path / "home", "huaxi", office_url=None, now=NOW)
    with Intake(county) as intake:
        for folder in sorted((SAMPLE / "county").iterdir()):
            for file in folder.glob("农户信息台账_*"):
                intake.receive(file, now=NOW, by="甲")
    history = read_history_of(county, progress=lambda *_: None)
    county.close()
    truth = pl.read_parquet(SAMPLE / "answers" / "members.parquet").cast(pl.String)

    for (month,), members in truth.group_by("month", maintain_order=True):
        period = Period(int(str(month)[:4]), int(str(month)[4:]))
        begun = pl.col("from_period_no") <= period.ordinal
        held = begun & (pl.col("to_period_no") >= period.ordinal).fill_null(value=True)
        stays = history.spells.filter(held).select("life_no", "household_no")
        assert sorted(stays.rows()) == sorted(members.select("person_id", "household_id").rows())
        for (household,), people in members.sort("household_id").head(20).group_by("household_id"):
            found = members_in(history, str(household), period)["person_no"]
            assert set(people["person_id"]) <= set(found)
