"""Reviewing on the command line: what waits is listed, shown, judged and taken back, each in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import run
from identity import whole

REGISTER = "户编号,人编号,姓名,证件号码,性别,乡镇,行政村,与户主关系"
PEOPLE = [f"H{n},P{n},张伟,{whole('990101', f'19{60 + n}0101', '123')},男,云桥镇,柳沟村,户主" for n in (1, 2)]
OTHERS = [f"K{n},Q{n},王某{n},{whole('990101', f'19{n}0101', '321')},男,大井乡,石湾村,户主" for n in range(50, 90)]
PUPILS = [f"王某{n},{whole('990101', f'19{n}0101', '321')},石湾小学,在读,大井乡石湾村" for n in range(60, 70)]
SCHOOL = "姓名,身份证号,学校名称,学籍状态,户籍地址"


@pytest.fixture(autouse=True)
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Screen a month in which a department names one of two namesakes of a village, and return the item."""
    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "home"))
    assert run("init", "--site", "huaxi") == 0
    for name, lines in (
        ("农户信息台账_2024年1月.csv", [REGISTER, *PEOPLE, *OTHERS]),
        ("学籍名册_2024年1月.csv", [SCHOOL, "张伟,,柳沟小学,在读,云桥镇柳沟村", *PUPILS]),
    ):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        assert run("receive", str(tmp_path / name)) == 0
    assert run("screen", "2024-01") == 0
    return "2024-01"


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what the list prints."""
    capsys.readouterr()
    assert run("review", "list", *arguments) == 0
    return capsys.readouterr().out


def test_an_item_is_listed_shown_judged_and_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    """From the list to the two sides, to a word, to its taking back."""
    told = listed(capsys, "--by", "甲")
    [item] = re.findall(r"school_enrolment-2024-01-[0-9a-f]+:1", told)
    assert "待核对：1 项" in told
    assert "云桥镇" in told

    assert run("review", "show", item) == 0
    shown = capsys.readouterr().out
    assert "来件所报" in shown
    assert "19610101" not in shown

    assert run("review", "judge", item, "同一人", "--by", "甲") == 0
    assert "已记下" in capsys.readouterr().out
    assert "没有等甲判定的匹配" in listed(capsys, "--by", "甲")
    assert run("review", "judge", item, "不是同一人", "--by", "乙") != 0
    assert "已有定论" in capsys.readouterr().err

    assert run("review", "undo", item, "--by", "甲") == 0
    assert "待核对：1 项" in listed(capsys, "--by", "甲")


def test_an_area_sees_its_own_items_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Another township's list is empty, and says for whom."""
    assert "没有等甲判定的匹配" in listed(capsys, "--by", "甲", "--township", "大井乡")


def test_words_that_mean_nothing_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A verdict, an item or a kind that does not exist is a sentence and an exit code."""
    assert run("review", "judge", "没有:1", "同一人") != 0
    assert run("review", "list", "--kind", "全部") != 0
    assert "review" in capsys.readouterr().err
