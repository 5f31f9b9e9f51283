"""The quality of matching on the command line: tables on the screen or in a file, one sentence an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run

from fangpin.demo import CountyPlan, write_county


@pytest.fixture(scope="module")
def screened_home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Receive and screen one month of a small county by the commands, once for all tests that only read it."""
    folder = tmp_path_factory.mktemp("cli")
    write_county(CountyPlan(seed=5, people=600, months=1, townships=2), folder, processes=1)
    home = str(folder / "home")
    files = [str(path) for path in sorted((folder / "county" / "2024-01").iterdir())]
    assert run("init", "--site", "huaxi", "--home", home) == 0
    assert run("receive", *files, "--home", home) == 0
    assert run("screen", "2024-01", "--home", home) == 0
    return home


@pytest.fixture
def home(screened_home: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the screened county in the environment, on a wide screen."""
    monkeypatch.setenv("FANGPIN_HOME", screened_home)
    monkeypatch.setenv("COLUMNS", "400")
    return screened_home


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("report",), ("总览", "各数据源", "准确率估计", "未知")),
        (("report", "--period", "2024-01"), ("没有更早的已筛查月份可比",)),
        (("explain", "medical_settlement", "1"), ("第 1 相近", "证件号码", "****", "分量")),
        (("conflicts",), ("矛盾",)),
        (("unknown",), ("名册外的家庭", "所在各行")),
    ],
)
def test_a_question_is_answered_on_the_screen(
    arguments: tuple[str, ...], words: tuple[str, ...], home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The latest month is meant unless another is named."""
    assert home
    assert run("matching", *arguments) == 0

    said = capsys.readouterr().out
    assert [word for word in words if word not in said] == []


def test_tables_are_written_to_a_file(home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Report, conflicts and unknown families go to a workbook or a page; sheets of corrections to a folder."""
    assert home
    for name in ("report", "conflicts", "unknown"):
        assert run("matching", name, "--out", str(tmp_path / f"{name}.xlsx")) == 0
        assert run("matching", name, "--out", str(tmp_path / f"{name}.md")) == 0
    (tmp_path / "sheets").mkdir()
    assert run("matching", "corrections", "--all", "--out", str(tmp_path / "sheets")) == 0

    assert len(list(tmp_path.glob("*.xlsx"))) == len(list(tmp_path.glob("*.md"))) == 3
    assert list((tmp_path / "sheets").glob("*_证件姓名待更正_*.xlsx"))
    assert "请部门填写后交回" in capsys.readouterr().out


def test_weights_are_learnt_anew_and_the_same(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same data and judgements give the same model; the month is still screened as it was."""
    assert home
    assert [run("matching", "learn"), run("matching", "learn", "--period", "2024-01")] == [0, 0]

    first, again = capsys.readouterr().out.splitlines()
    assert first == again
    assert "请重新筛查：fangpin screen 2024-01" in first


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("corrections",), 2, "请写明一个数据源，或用 --all"),
        (("corrections", "--all", "--source", "dibao_roster"), 2, "与 --all 同用"),
        (("corrections", "--source", "nosuch"), 5, "没有按身份匹配的数据"),
        (("corrections", "--all", "--out", "/nosuch"), 5, "不存在"),
        (("explain", "medical_settlement", "999999"), 5, "没有这一行"),
        (("report", "--period", "2023-01"), 6, "还没有筛查"),
        (("report", "--out", "report.csv"), 2, ".xlsx 或 .md"),
    ],
)
def test_an_error_is_one_sentence(
    arguments: tuple[str, ...], code: int, words: str, home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing or not there, and what to do."""
    assert home
    assert run("matching", *arguments) == code

    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
