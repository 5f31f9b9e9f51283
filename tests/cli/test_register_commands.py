"""The register on the command line: a household, the events and the findings of a month."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run
from identity import whole

from fangpin.cli.show import OUT

HEADS = "户编号,人编号,姓名,证件号码,乡镇,行政村,与户主关系"
FATHER = f"H1,P1,陈国华,{whole('990101', '19600305', '123')},云桥镇,柳沟村,户主"
MOTHER = f"H1,P2,李秀英,{whole('990101', '19620817', '124')},云桥镇,柳沟村,配偶"
SON = "H1,P3,陈子强,,云桥镇,柳沟村,之子"
OTHERS = [f"K{n},Q{n},王某{n},{whole('990101', f'19{n}0101', '321')},大井乡,石湾村,户主" for n in range(50, 90)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a county with two months of a register: in the second the mother is gone."""
    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(OUT, "_width", 400)
    assert run("init", "--site", "huaxi") == 0
    for month, family in ((1, [FATHER, MOTHER, SON]), (3, [FATHER, SON])):
        path = tmp_path / f"农户信息台账_2024年{month}月.csv"
        path.write_text("\n".join([HEADS, *family, *OTHERS]) + "\n", encoding="utf-8")
        assert run("receive", str(path)) == 0
    return tmp_path


def test_a_household_of_a_month_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Names as the office knows them, of an ID the last four; a month without register is said to be inferred."""
    capsys.readouterr()
    assert run("register", "show", "H1", "--period", "2024-01") == 0
    january = capsys.readouterr().out
    assert run("register", "show", "H1", "--period", "2024-02") == 0
    february = capsys.readouterr().out

    assert "户 H1（云桥镇柳沟村）2024年1月" in january
    assert "李秀英" in january
    assert "****1" in january
    assert "19600305" not in january
    assert "没有收到台账" not in january
    assert "李秀英" not in february
    assert "2024年2月没有收到台账，以上按前后两期台账推定" in february


def test_an_unknown_household_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Not found is exit code 5 and says what to do."""
    assert run("register", "show", "H7") == 5
    assert "各月台账都没有这一户；请核对户编号" in capsys.readouterr().err


def test_a_township_nobody_registered_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is no township is not a month without events."""
    assert run("register", "events", "--period", "2024-03", "--township", "无此镇") == 5
    assert "台账里没有" in capsys.readouterr().err


def test_the_events_of_a_month_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Counted by kind, then one by one; of a township with none it is said."""
    capsys.readouterr()
    assert run("register", "events", "--period", "2024-03") == 0
    every = capsys.readouterr().out
    assert run("register", "events", "--period", "2024-03", "--township", "大井乡") == 0
    quiet = capsys.readouterr().out

    assert "离开名册，原因未报；缺2024年2月台账，发生月份不确定" in every
    assert "李秀英" not in every
    assert "大井乡2024年3月没有变动" in quiet


def test_the_findings_of_a_month_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Counted by kind, then one by one, without a name."""
    capsys.readouterr()
    assert run("register", "findings", "--period", "2024-03") == 0
    said = capsys.readouterr().out

    assert "证件号码无效" in said
    assert "没有证件号码，请补登" in said
    assert "陈子强" not in said


def test_a_register_without_fault_is_said_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No table is drawn when there is nothing in it."""
    path = home / "农户信息台账_2024年4月.csv"
    path.write_text("\n".join([HEADS, FATHER, *OTHERS]) + "\n", encoding="utf-8")
    assert run("receive", str(path)) == 0
    capsys.readouterr()

    assert run("register", "findings", "--period", "2024-04") == 0
    assert "2024年4月的台账没有发现问题" in capsys.readouterr().out
