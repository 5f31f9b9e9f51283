"""The commands of the schedule, of who is late, and of the copy."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from command_line import run

from fangpin.cli import context
from fangpin.cli.show import OUT
from fangpin.tasks.duedays import ZONE

NOW = dt.datetime(2024, 6, 14, 9, tzinfo=ZONE)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a county's folder on 3 June 2024; commands run on the 14th."""
    folder = tmp_path / "home"
    assert run("init", "--site", "huaxi", "--home", str(folder)) == 0
    with closing(sqlite3.connect(folder / "office.db")) as office, office:
        office.execute("update county set created_at = '2024-06-03 00:00:00.000000'")
    monkeypatch.setattr(context, "now", lambda: NOW)
    monkeypatch.setattr(OUT, "width", 160)
    return str(folder)


def test_the_jobs_are_listed_with_their_next_time(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In the words of the office: when, and for which month."""
    assert run("schedule", "list", "--home", home) == 0
    said = capsys.readouterr().out

    assert "次月10日 07:00，数据到齐即办" in said
    assert "2024-07-10 07:00（2024-06）" in said


def test_what_is_due_is_done_once_and_listed(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Done or failed, with its sentence; the second time nothing is due."""
    assert run("schedule", "run", "--once", "--home", home) == 0
    first = capsys.readouterr().out
    assert run("schedule", "run", "--once", "--home", home) == 0
    second = capsys.readouterr().out
    assert run("schedule", "due", "--home", home) == 0
    listed = capsys.readouterr().out

    assert "✓ remind_late 2024-06-14：新写催报函" in first
    assert "✗ screen_month 2024-05：筛查 2024-05：这个月没有收到任何数据" in first
    assert "错过的" in first
    assert second.strip() == "现在没有到期的任务"
    assert "失败，2024-06-14 09:05 再试" in listed
    assert "最近 20 次执行" in listed
    assert "一并办理" not in listed


def test_nothing_is_due_in_a_new_county(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence instead of an empty table."""
    assert run("schedule", "due", "--home", home) == 0
    assert capsys.readouterr().out.strip() == "没有到期而未完成的任务"


def test_who_is_late_is_listed(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each extract with its day and its delay, and the departments in one sentence."""
    assert run("sources", "--period", "2024-05", "--home", home) == 0
    said = capsys.readouterr().out
    assert run("sources", "--period", "2020-05", "--home", home) == 0

    assert "低保特困对象花名册" in said
    assert "2024年5月数据报送情况" in said
    assert "缺，9 天" in said
    assert "份数据逾期未报" in said
    assert "没有应报的数据" in capsys.readouterr().out


def test_a_copy_says_where_it_lies(home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside it how much it holds, and that it is not encrypted."""
    assert run("backup", str(tmp_path / "copies"), "--keep", "3", "--home", home) == 0
    said = capsys.readouterr().out

    assert "20240614-090000" in said
    assert "备份未加密" in said
    assert run("backup", str(tmp_path / "copies"), "--keep", "0", "--home", home) == 2
