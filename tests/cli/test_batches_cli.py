"""Deliveries on the command line: checked, waiting, accepted, withdrawn, put back; archives; templates."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from command_line import run
from identity import whole

ROWS = [f"甲{n},{whole('990101', f'19{n}0101', '123')},农村低保,4{n}" for n in range(60, 80)]
HEADS = "姓名,身份证号,低保类别,月保障金额"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a county's folder by the command, and name it in the environment."""
    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "400")
    assert run("init", "--site", "huaxi") == 0
    return tmp_path


def dibao(folder: Path, rows: list[str], *, name: str = "低保_2024年3月.csv") -> str:
    """Write a list of 低保 and return its path."""
    path = folder / name
    path.write_text("\n".join([HEADS, *rows]) + "\n", encoding="utf-8")
    return str(path)


def batch_ids(said: str) -> list[str]:
    """Return the batch ids a text speaks of, each once, in order."""
    words = said.replace("（", " ").replace("）", " ").replace("│", " ").split()
    return list(dict.fromkeys(word for word in words if word.startswith("dibao_roster-")))


def test_a_batch_from_checked_to_put_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Checked only, received, pushed aside by a held part that is accepted, withdrawn, restored."""
    whole_list = dibao(home, ROWS)
    assert run("receive", whole_list, "--validate-only") == 0
    assert "只作检查，没有入库" in capsys.readouterr().out
    assert run("batches", "list") == 0
    assert "没有收到过" in capsys.readouterr().out

    assert run("receive", whole_list) == 0
    (part,) = (home / "part",)
    part.mkdir()
    assert run("receive", dibao(part, ROWS[:5])) == 6
    said = capsys.readouterr()
    assert "有 1 份数据待人工确认" in said.err
    assert "请合并成一个文件再报" in said.out
    held = batch_ids(said.out)[-1]

    assert run("batches", "accept", held) == 0
    assert run("batches", "withdraw", held, "--reason", "只有部分乡镇") == 0
    assert run("batches", "show", held) == 0
    told = capsys.readouterr().out
    assert "已撤回" in told
    assert "理由 只有部分乡镇" in told
    assert run("batches", "restore", held) == 0
    assert run("batches", "list", "--period", "2024-03") == 0
    assert "现行" in capsys.readouterr().out


def test_problems_are_told_with_a_correction_sheet(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The receipt names the sheet, which lies in the county's folder, and it can be made again."""
    bad = [*ROWS[:-1], "乙,123456,农村低保,约四百"]
    assert run("receive", dibao(home, bad)) == 0
    said = capsys.readouterr().out
    batch = next(iter((home / "home" / "warehouse" / "batches").iterdir())).name

    assert "更正单" in said
    (sheet,) = (home / "home" / "quarantine").rglob("*.xlsx")
    sheet.unlink()
    assert run("batches", "sheet", batch) == 0
    assert sheet.is_file()


def test_an_archive_tells_of_each_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Good files of an archive are taken in, a bad one is told, and the exit code says so."""
    archive = home / "民政2024年3月.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("低保.csv", "\n".join([HEADS, *ROWS]))
        packed.writestr("说明.csv", "本月无变化\n")

    assert run("receive", str(archive)) == 4
    said = capsys.readouterr()
    assert "来件 20 行" in said.out
    assert "说明.csv" in said.err


def test_a_template_is_made_for_each_source_asked_for(home: Path) -> None:
    """One blank workbook a source."""
    assert run("template", "dibao_roster", "water_supply", "--out", str(home / "blank")) == 0
    assert len(list((home / "blank").glob("*.xlsx"))) == 2
