"""Precision, stricter lines, early drift and the explanation of a lead on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run

from fangpin.cli.show import OUT
from fangpin.demo import CountyPlan, write_county
from fangpin.pipeline.county import open_county
from fangpin.pipeline.runs import read_tables, run_of
from fangpin.types import Period


@pytest.fixture(scope="module")
def screened_home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Receive and screen one month of a small county by the commands, once for all tests."""
    folder = tmp_path_factory.mktemp("learning")
    write_county(CountyPlan(seed=5, people=600, months=1, townships=2), folder, processes=1)
    home = str(folder / "home")
    files = [str(path) for path in sorted((folder / "county" / "2024-01").iterdir())]
    assert run("init", "--site", "huaxi", "--home", home) == 0
    assert run("receive", *files, "--home", home) == 0
    assert run("screen", "2024-01", "--home", home) == 0
    assert run("dispatch", "2024-01", "--home", home) == 0
    return home


@pytest.fixture
def home(screened_home: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the screened county in the environment, on a wide screen."""
    monkeypatch.setenv("FANGPIN_HOME", screened_home)
    monkeypatch.setattr(OUT, "_width", 400)
    return Path(screened_home)


def some_household(home: Path) -> str:
    """Return a household with an alert."""
    county = open_county(home, office_url=None)
    number = str(read_tables(county, run_of(county, Period(2024, 1))["run_id"])["alert"]["household_no"][0])
    county.close()
    return number


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rules", "precision"), ("预警精准度", "已交办", "各规则", "反馈不足 10 户次", "漏报：抽查")),
        (("rules", "precision", "--by", "township"), ("全部规则（按乡镇）", "各规则（按乡镇）")),
        (("rules", "precision", "--from", "2024-01", "--to", "2024-01", "--by", "month"), ("按月份", "2024-01")),
        (("rules", "suggest", "income_low"), ("仅供参考", "没有单独一个可移动的线")),
        (("drift", "2024-01"), ("早期苗头", "不生成线索", "看不出走势")),
    ],
)
def test_a_question_is_answered_on_the_screen(
    arguments: tuple[str, ...], words: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is known so far, and what is not."""
    assert home.exists()
    assert run(*arguments) == 0

    said = capsys.readouterr().out
    assert [word for word in words if word not in said] == []


def test_a_lead_is_explained_down_to_the_rows(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lead, its factors, what was read, what cannot be judged, the rows, and where the rest is."""
    number = some_household(home)
    capsys.readouterr()
    assert run("leads", "explain", number, "2024-01") == 0

    said = capsys.readouterr().out
    words = (
        "2024年1月线索：建议",
        "因素1",
        "实得",
        "用到的指标",
        "无法判断的规则",
        "所据的各行",
        f"trace 2024-01 {number}",
    )
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("rules", "precision", "--from", "2023-01", "--to", "2023-02"), 6, "都没有筛查过"),
        (("rules", "precision", "--from", "January"), 2, "收到“January”"),
        (("rules", "suggest", "nosuch"), 5, "收到“nosuch”"),
        (("drift", "2024-02"), 6, "还没有筛查"),
        (("leads", "explain", "1", "2024-01"), 5, "没有这一户的数据"),
        (("leads", "explain", "1", "2024-02"), 6, "还没有筛查"),
    ],
)
def test_an_error_is_one_sentence(
    arguments: tuple[str, ...], code: int, words: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing or not there, and what to do."""
    assert home.exists()
    assert run(*arguments) == code

    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
