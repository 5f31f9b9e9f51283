"""Leads in order, what was held back, and the decision to raise it, on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from command_line import run

from fangpin.cli.show import OUT
from fangpin.demo import CountyPlan, write_county
from fangpin.pipeline.county import open_county
from fangpin.pipeline.runs import read_register, read_tables, run_of
from fangpin.types import Period

MONTHS = ("2024-01", "2024-02")
RULE = """
id = "no_labour"
title = "两人户"
kind = "no_labour"
subject = "household"
grade = "red"
risks = ["缺劳动力"]
basis = ["S003-13"]
needs = []
quiet_months = 6
sql = '''
select household_no, null::varchar as person_no, size::double as measured, 2.0::double as threshold,
  size = 2 as fires, size
from household_month
'''
sentence = "全家{size}人"
examples = [{ title = "两人", expect = "fires", household = { size = 2 } }]
"""  # every month again the same households: raised in January, silent in February
FEBRUARY = Period(2024, 2)


@pytest.fixture(scope="module")
def screened_home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Receive and screen two months of a small county by the commands, once for all tests."""
    folder = tmp_path_factory.mktemp("leads")
    write_county(CountyPlan(seed=5, people=600, months=2, townships=2), folder, processes=1)
    home = str(folder / "home")
    assert run("init", "--site", "huaxi", "--home", home) == 0
    (folder / "home" / "config" / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "home" / "config" / "rules" / "no_labour.toml").write_text(RULE, encoding="utf-8")
    for month in MONTHS:
        files = [str(path) for path in sorted((folder / "county" / month).iterdir())]
        assert run("receive", *files, "--home", home) == 0
        assert run("screen", month, "--home", home) == 0
    return home


@pytest.fixture
def home(screened_home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the screened county and name the copy in the environment, on a wide screen."""
    copied = tmp_path / "home"
    shutil.copytree(screened_home, copied)
    monkeypatch.setenv("FANGPIN_HOME", str(copied))
    monkeypatch.setattr(OUT, "_width", 400)
    return copied


def tables(home: Path, period: Period = FEBRUARY) -> tuple[dict[str, pl.DataFrame], str]:
    """Return the result tables of a month and their digest."""
    county = open_county(home, office_url=None)
    try:
        found = run_of(county, period)
        return read_tables(county, found["run_id"]), found["digest"]
    finally:
        county.close()


def names(home: Path) -> list[str]:
    """Return the names of everybody in the register."""
    county = open_county(home, office_url=None)
    try:
        return read_register(county, run_of(county, FEBRUARY)["pins"]["register"]).persons["person_name"].to_list()
    finally:
        county.close()


def test_leads_are_listed_by_urgency_without_names(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The most urgent first, each with its points; no name; a limit and a township."""
    leads = tables(home, Period(2024, 1))[0]["lead"]
    assert run("leads", "list", "2024-01", "--limit", "1000") == 0
    told = capsys.readouterr().out

    places = [
        told.index(f"  {no}  ") for no in leads.sort("score", "household_no", descending=[True, False])["household_no"]
    ]
    assert places == sorted(places)
    assert told.splitlines()[0] == f"2024年1月线索：{leads.height} 户"
    assert "等级 300" in told
    assert "随机抽查，部门筛查，待交办" in told
    assert not [name for name in names(home) if name in told]

    township = leads["township"].drop_nulls()[0]
    assert run("leads", "list", "2024-01", "--township", township, "--limit", "1") == 0
    own = leads.filter(pl.col("township") == township).height
    assert f"另有 {own - 1} 条" in capsys.readouterr().out
    assert run("leads", "list", "2024-01", "--township", "没有的镇") == 5
    assert run("leads", "list", "2024-09") == 6


def test_a_silenced_alert_comes_back_and_goes_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Listed with its reason; raised at the next screening after a decision; undone, the month is what it was."""
    before, digest = tables(home)
    held = before["suppressed"].row(0, named=True)
    which = (held["household_no"], "--rule", held["rule_id"])
    assert run("leads", "suppressed", "2024-02") == 0
    listed = capsys.readouterr().out
    assert "静默期内（2024-01已报过）" in listed
    assert held["household_no"] in listed

    assert run("leads", "reopen", "2024-02", *which, "--reason", "情况有变", "--by", "甲") == 0
    told = capsys.readouterr().out
    assert held["sentence"] in told
    assert "请运行 fangpin screen 2024-02" in told
    assert tables(home)[1] == digest  # nothing yet
    assert run("leads", "suppressed", "2024-02", "--limit", "1000") == 0
    assert "甲已决定恢复" in capsys.readouterr().out

    assert run("screen", "2024-02") == 0
    raised = tables(home)[0]["alert"].filter(household_no=held["household_no"], rule_id=held["rule_id"])
    assert raised.height >= 1

    assert run("leads", "undo", "2024-02", *which) == 0
    assert run("screen", "2024-02") == 0
    assert tables(home)[1] == digest
    assert run("leads", "undo", "2024-02", *which) == 6


@pytest.mark.parametrize(
    ("household", "reason", "sentence"),
    [("没有的户", "情况有变", "没有被抑制的预警"), (None, "  ", "没有写理由")],
)
def test_what_cannot_be_reopened(
    home: Path, capsys: pytest.CaptureFixture[str], household: str | None, reason: str, sentence: str
) -> None:
    """Only what was held back comes back, and somebody says why."""
    no = household or tables(home)[0]["suppressed"]["household_no"][0]

    assert run("leads", "reopen", "2024-02", no, "--reason", reason) == 6
    assert sentence in capsys.readouterr().err


def test_households_drawn_for_a_spot_check(home: Path) -> None:
    """Ten households that no rule spoke of, in neither month drawn twice, as leads of a kind of their own."""
    found = tables(home)[0]
    drawn = found["lead"].filter(standing="spot_check")
    spoken_of = pl.concat([found["alert"]["household_no"], found["suppressed"]["household_no"]])

    assert drawn.height == 10
    assert not set(drawn["household_no"]) & set(spoken_of)
    assert (
        found["lead_kind"].filter(kind="spot_check")["household_no"].sort().to_list()
        == drawn["household_no"].sort().to_list()
    )
    remembered = found["quiet"].filter(rule_id="spot_check")
    assert remembered.group_by("last_period").len().sort("last_period").rows() == [("2024-01", 10), ("2024-02", 10)]
