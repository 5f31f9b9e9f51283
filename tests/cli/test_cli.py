"""The command line: one sentence an error, one exit code a category, results on standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import run


@pytest.fixture
def home(tmp_path: Path) -> str:
    """Make a county's folder by the command."""
    assert run("init", "--site", "huaxi", "--home", str(tmp_path / "home")) == 0
    return str(tmp_path / "home")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nosuch"], 2, "没有子命令“nosuch”"),
        (["screen"], 2, "缺少"),
        (["screen", "2024-13"], 2, "应为YYYY-MM"),
        (["screen", "2024-01", "--nosuch"], 2, "没有选项 --nosuch"),
        (["receive"], 2, "没有给出文件"),
        (["receive", "nosuch.csv"], 5, "不存在"),
        (["receive", "nosuch.csv", "--source", "nosuch"], 5, "visit_ledger"),
        (["screen", "2024-01"], 6, "没有收到任何数据"),
        (["dispatch", "2024-01"], 6, "还没有筛查"),
        (["tasks", "export"], 6, "还没有筛查过任何月份"),
        (["answer", "nosuch.xlsx"], 5, "不存在"),
        (["export", "links", "--period", "2024-01", "--out", "links.txt"], 2, ".csv 或 .parquet"),
        (["export", "names", "--period", "2024-01", "--out", "links.csv"], 2, "应为links、leads、issues"),
        (["receive", "--foo", "x.csv"], 2, "没有选项 --foo"),
    ],
)
def test_an_error_is_one_chinese_sentence(
    arguments: list[str], code: int, words: str, home: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where, what was given, what was expected; nothing of it on standard output; the category's code."""
    left = run(*arguments, "--home", home)
    said = capsys.readouterr()

    assert left == code
    assert words in said.err
    assert said.err.strip().count("\n") == 0
    assert said.err.startswith("✗ ")


def test_without_a_folder_the_user_is_told_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No --home and no FANGPIN_HOME is a usage error."""
    monkeypatch.delenv("FANGPIN_HOME", raising=False)

    assert run("status") == 2
    assert "FANGPIN_HOME" in capsys.readouterr().err


def test_home_may_come_from_the_environment(
    home: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """FANGPIN_HOME serves as --home, and --home may stand before the command."""
    monkeypatch.setenv("FANGPIN_HOME", home)

    assert run("status") == 0
    assert run("--home", home, "status") == 0
    assert "还没有收到任何数据" in capsys.readouterr().out


def test_an_unknown_site_names_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A site nobody declared is not found, and the sentence lists those there are."""
    assert run("init", "--site", "nosuch", "--home", str(tmp_path / "x")) == 5
    assert "huaxi" in capsys.readouterr().err


def test_a_closed_pipe_is_no_error() -> None:
    """Output into a reader that stops early ends without a word."""
    command = f"{sys.executable} -m fangpin check | head -c 1"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)

    assert done.stderr == b""


def test_check_finds_every_declaration_valid(capsys: pytest.CaptureFixture[str]) -> None:
    """All shipped declarations hold, with all their examples."""
    assert run("check") == 0
    assert "声明全部有效" in capsys.readouterr().out


def test_verify_speaks_json(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty county verifies, with every invariant by name and a digest by table."""
    capsys.readouterr()
    assert run("verify", "--json", "--home", home) == 0
    body = json.loads(capsys.readouterr().out)

    assert body["ok"] is True
    assert {c["invariant"] for c in body["checks"]} == {"I1", "I2", "I3", "I4", "I5", "I7"}
    assert {"batch", "lead", "task", "answer"} <= set(body["digest"])


def test_demo_refuses_a_folder_with_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing but a former demonstration is ever cleared away."""
    (tmp_path / "precious.txt").write_text("…", encoding="utf-8")

    assert run("demo", str(tmp_path)) == 6
    assert (tmp_path / "precious.txt").exists()
    assert "已有其他内容" in capsys.readouterr().err


def test_demo_runs_a_small_county_to_its_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The main job ends with figures in Chinese and workbooks on disk, and may be run again in the same folder."""
    folder = tmp_path / "demo"
    arguments = ["demo", str(folder), "--people", "1500", "--months", "3"]

    assert run(*arguments) == 0
    first = capsys.readouterr().out
    assert run(*arguments) == 0
    assert all(
        words in first for words in ("来件行", "线索（按规则和等级", "核查任务（按乡镇", "与已知答案核对", "峰值内存")
    )
    assert list((folder / "home" / "tasks").rglob("核查任务_*.xlsx"))
