"""Townships and villages through the county's operations: counted with the screening, read back, printed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from fangpin.cli import areas as areas_cli
from fangpin.cli import context
from fangpin.cli.show import OUT
from fangpin.config.site_models import KeyArea
from fangpin.errors import NeedsDecision, NotFound, UsageProblem
from fangpin.pipeline.area_trials import try_area_rule
from fangpin.pipeline.areas import areas_of_month
from fangpin.pipeline.county import County
from fangpin.pipeline.exports import leads_of
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.rule_author import explain_rule
from fangpin.pipeline.runs import read_tables, run_of
from fangpin.pipeline.screening import screen
from fangpin.types import Kind, Period

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
BY = "测试"
MONTHS = [Period(2024, month) for month in (1, 2, 3)]


def screened(county: County, invented: Path, months: list[Period], *, more: dict[Period, Path] | None = None) -> None:
    """Receive and screen months in order, with further files where there are."""
    for period in months:
        files = sorted((invented / "county" / str(period)).iterdir())
        extra = [] if more is None or period not in more else [more[period]]
        with Intake(county) as intake:
            for file in (*files, *extra):
                intake.receive(file, now=NOW, by=BY)
        screen(county, period, now=NOW, by=BY, progress=lambda _title, _done, _total: None)


def first_village(county: County, period: Period) -> tuple[str, str]:
    """Return the township and the name of a village of the register."""
    villages = areas_of_month(county, period).month.filter(pl.col("level") == "village")
    return villages.select("township", "village").row(0)


def test_leads_are_counted_in_their_villages_and_townships(county: County, invented: Path) -> None:
    """Townships add up to the leads of the month without the spot checks; villages to no more than that."""
    screened(county, invented, MONTHS[:1])
    month = areas_of_month(county, MONTHS[0]).month
    leads = leads_of(county, MONTHS[0]).filter(pl.col("kind") != Kind.SPOT_CHECK.value)
    by_level = dict(month.group_by("level").agg(pl.col("leads").sum()).iter_rows())

    assert by_level["township"] == leads["household_no"].n_unique() > 0
    assert by_level["village"] <= by_level["township"]
    assert month["leads_mean"].null_count() == month.height


def test_the_usual_is_carried_from_run_to_run(county: County, invented: Path) -> None:
    """In the third month the mean of each township is that of the two months before."""
    screened(county, invented, MONTHS)
    told = [
        areas_of_month(county, period).month.filter(pl.col("level") == "township").sort("township") for period in MONTHS
    ]

    assert told[2]["leads_months"].to_list() == [2] * told[2].height
    assert told[2]["leads_mean"].to_list() == ((told[0]["leads"] + told[1]["leads"]) / 2).to_list()


def test_a_month_screened_again_counts_itself_once(county: County, invented: Path) -> None:
    """The history of a month has one row an area and month, however often it was screened."""
    screened(county, invented, MONTHS[:2])
    screen(county, MONTHS[1], now=NOW, by=BY, progress=lambda _title, _done, _total: None)
    history = read_tables(county, run_of(county, MONTHS[1])["run_id"])["area_history"]

    assert not history.select("level", "township", "village", "period_no").is_duplicated().any()
    assert history["period_no"].n_unique() == 2


def test_a_reported_event_warns_of_its_village(
    county: County, invented: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slump reported for one village warns of that village, in that month alone, and no household is printed."""
    screened(county, invented, MONTHS[:1])
    township, village = first_village(county, MONTHS[0])
    event = tmp_path / "规模性风险事件报告_2024年2月.csv"
    event.write_text(
        f"乡镇,行政村,事件类型,发生日期,影响户数,事件内容\n{township},{village},价格大跌,2024-02-10,12,大蒜\n",
        encoding="utf-8",
    )
    screened(county, invented, MONTHS[1:], more={MONTHS[1]: event})
    found = [areas_of_month(county, period) for period in MONTHS[1:]]
    monkeypatch.setattr(OUT, "_width", 400)
    monkeypatch.setattr(context, "county", lambda: county)
    with OUT.capture() as printed:
        areas_cli.areas(str(MONTHS[1]), township=township)

    assert found[0].warnings.select("rule_id", "township", "village", "measured").rows() == [
        ("area_price_slump", township, village, 1.0)
    ]
    assert found[1].warnings.is_empty()
    assert found[1].unjudged.filter(pl.col("rule_id") == "area_price_slump")["missing_sources"].to_list() == [
        ["area_event"]
    ]
    assert "农产品价格大跌1起，影响12户" in printed.get()
    assert not any(number in printed.get() for number in leads_of(county, MONTHS[1])["household_no"])


def test_a_key_area_that_the_register_does_not_know_is_told(
    county: County, invented: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listed village is marked in the table; one written otherwise is named, not taken for looked at."""
    screened(county, invented, MONTHS[:1])
    township, village = first_village(county, MONTHS[0])
    keys = [
        KeyArea(township=township, village=name, title="易地搬迁安置区", document="甲") for name in (village, "别村")
    ]
    site = county.declared.site.model_copy(update={"key_areas": tuple(keys)})
    other = replace(county, declared=replace(county.declared, site=site))
    screen(other, MONTHS[0], now=NOW, by=BY, progress=lambda _title, _done, _total: None)
    monkeypatch.setattr(OUT, "_width", 400)
    monkeypatch.setattr(context, "county", lambda: other)
    with OUT.capture() as printed:
        areas_cli.areas(str(MONTHS[0]), all_=True)

    marked = areas_of_month(other, MONTHS[0]).month.drop_nulls("key_area")
    assert marked.select("township", "village").rows() == [(township, village)]
    assert f"没有这些重点区域：{township}别村；" in printed.get()


def test_only_one_township_is_shown_when_asked(county: County, invented: Path) -> None:
    """A township's own rows, or a sentence that says which there are."""
    screened(county, invented, MONTHS[:1])
    township, _ = first_village(county, MONTHS[0])

    assert set(areas_of_month(county, MONTHS[0], township=township).month["township"]) == {township}
    with pytest.raises(NotFound, match=township):
        areas_of_month(county, MONTHS[0], township="别处")


def test_a_rule_switched_off_is_tried_on_a_screened_month(county: County, invented: Path) -> None:
    """A trial judges every area of the month and keeps nothing; a household is not explained by it."""
    screened(county, invented, MONTHS[:1])
    before = read_tables(county, run_of(county, MONTHS[0])["run_id"])
    rule = county.declared.rules["area_leads_burst"]
    tried = try_area_rule(county, rule, MONTHS[0])
    household = before["lead"]["household_no"][0]

    assert not rule.switched_on
    assert (tried.population, tried.missing, tried.warnings.height) == (before["area_month"].height, (), 0)
    assert {value.name for value in tried.values} == {"deviations", "households_least", "months_least", "false_alarms"}
    with pytest.raises(UsageProblem, match="不判断农户"):
        explain_rule(county, rule, household_no=household, period=MONTHS[0])


def test_a_month_that_was_not_screened_says_so(county: County) -> None:
    """Nothing is told of a month nobody screened."""
    with pytest.raises(NeedsDecision, match="还没有筛查"):
        areas_of_month(county, MONTHS[0])
