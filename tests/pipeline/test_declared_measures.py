"""Declared measures through the county's operations: received, linked or placed, screened, read as rules read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from fangpin.errors import DeclarationError
from fangpin.pipeline.county import County, open_county
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.screening import screen
from fangpin.pipeline.trials import month_again
from fangpin.types import Period

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
MONTH = Period(2024, 1)
OWN = """
id = "own"
source = "temporary_aid"

[[measures]]
name = "large_aid_yuan"
level = "person"
form = "sum"
title = "本月较大的临时救助"
unit = "元"
column = "amount_yuan"
window = "month"
where = "WHERE"

[[measures]]
name = "village_aid_times"
level = "village"
form = "count"
title = "本月本村临时救助"
unit = "次"
window = "month"
"""
WATER = """
id = "own_water"
source = "water_supply"
""" + "".join(
    f"""
[[measures]]
name = "own_{name}outage_days"
level = "{level}"
form = "largest"
title = "停水天数"
unit = "天"
column = "outage_days"
window = "month"
"""
    for level, name in (("household", ""), ("village", "village_"))
)


def register_of(invented: Path) -> Path:
    """Return the register's file of the month."""
    return invented / "county" / str(MONTH) / "农户信息台账.xlsx"


def received(county: County, files: list[Path]) -> None:
    """Receive and screen one month."""
    with Intake(county) as intake:
        for file in files:
            intake.receive(file, now=NOW, by="测试")
    screen(county, MONTH, now=NOW, by="测试", progress=lambda *_: None)


@pytest.fixture
def screened(county: County, invented: Path, tmp_path: Path) -> Iterator[tuple[County, pl.DataFrame]]:
    """Return a county with a measure set of its own and an aid list of two payments, and whom they were made to."""
    own = county.home / "config" / "measures"
    own.mkdir(parents=True)
    (own / "own.toml").write_text(OWN.replace("WHERE", "amount_yuan >= 500"), encoding="utf-8")
    (own / "own_water.toml").write_text(WATER, encoding="utf-8")
    opened = open_county(county.home, office_url=None)
    received(opened, [register_of(invented)])
    with month_again(opened, MONTH) as month:
        persons = month.register.persons.filter(pl.col("id_kind") == "valid").drop_nulls(["village", "village_group"])
    one = persons.row(0, named=True)
    aid = tmp_path / "民政_临时救助_2024年1月.csv"
    who = f"{one['person_name']},{one['id_no']}"
    aid.write_text(
        "姓名,身份证号,救助日期,救助金额,救助事由\n" + f"{who},2024-01-10,499.99,因病\n{who},2024-01-20,500,因学\n",
        encoding="utf-8",
    )
    water = tmp_path / "水利_农村供水情况_2024年1月.csv"
    water.write_text(
        "乡镇,行政村,村民小组,供水方式,年内停水天数\n"
        f"{one['township']},{one['village']},{one['village_group']},集中供水,31\n",
        encoding="utf-8",
    )
    received(opened, [aid, water])
    yield opened, pl.DataFrame([one])
    opened.close()


def test_rows_of_people_count_for_them_their_homes_and_their_village(screened: tuple[County, pl.DataFrame]) -> None:
    """A person's payment over the line, the household's two, the village's two; nobody else has any."""
    county, one = screened
    with month_again(county, MONTH) as month:
        people = month.con.sql(
            "select person_no, large_aid_yuan::double from person_month where large_aid_yuan > 0"
        ).pl()
        homes = month.con.sql(
            "select household_no, temporary_aid_times, temporary_aid_rolling_yuan::double, "
            "is_temporary_aid_rolling_complete from household_month where temporary_aid_times > 0"
        ).pl()
        villages = month.con.sql(
            "select village, village_aid_times from village_month where village_aid_times > 0"
        ).pl()

    assert people.rows() == [(one["person_no"][0], 500.0)]
    assert homes.rows() == [(one["household_no"][0], 2, 999.99, False)]
    assert villages.rows() == [(one["village"][0], 2)]


def test_a_row_of_a_group_counts_for_its_homes_alone(screened: tuple[County, pl.DataFrame]) -> None:
    """The households of the group have the days without water, the others of the county have none; the village has."""
    county, one = screened
    place = one.select("township", "village", "village_group").row(0)
    with month_again(county, MONTH) as month:
        homes = month.register.households.filter(
            pl.concat_list("township", "village", "village_group") == pl.lit(list(place))
        )
        hit = month.con.sql("select household_no from household_month where own_outage_days = 31").pl()
        villages = month.con.sql("select village from village_month where own_village_outage_days = 31").pl()

    assert sorted(hit["household_no"]) == sorted(homes["household_no"])
    assert villages["village"].to_list() == [place[1]]


def test_a_condition_that_cannot_be_computed_stops_the_screening(county: County, invented: Path) -> None:
    """The file and the measure are named; nothing is published."""
    own = county.home / "config" / "measures"
    own.mkdir(parents=True)
    (own / "own.toml").write_text(OWN.replace("WHERE", "amount >= 500"), encoding="utf-8")
    opened = open_county(county.home, office_url=None)

    with pytest.raises(DeclarationError, match=r"声明 own.toml 的指标 large_aid_yuan"):
        received(opened, [register_of(invented)])
    opened.close()
