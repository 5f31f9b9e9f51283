"""A rule author's commands and the bench on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from command_line import run

from fangpin.cli.show import OUT
from fangpin.demo import CountyPlan, write_county
from fangpin.pipeline.county import open_county
from fangpin.pipeline.trials import month_again
from fangpin.types import Period


@pytest.fixture(scope="module")
def screened_home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Receive and screen one month of a small county by the commands and begin a draft, once for all tests."""
    folder = tmp_path_factory.mktemp("cli")
    write_county(CountyPlan(seed=5, people=600, months=1, townships=2), folder, processes=1)
    home = str(folder / "home")
    files = [str(path) for path in sorted((folder / "county" / "2024-01").iterdir())]
    assert run("init", "--site", "huaxi", "--home", home) == 0
    assert run("receive", *files, "--home", home) == 0
    assert run("screen", "2024-01", "--home", home) == 0
    assert run("rules", "new", "yearly_bill", "--home", home) == 0
    return home


@pytest.fixture
def versions(screened_home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Copy the screened county: a version of the draft is proposed in it and approved, and another proposed."""
    home = str(tmp_path / "home")
    shutil.copytree(screened_home, home)
    file = draft_with(Path(home), ("switched_on = false", "switched_on = true"))
    why = ("--since", "2024-02", "--reason", "试行", "--home", home)
    assert run("rules", "propose", file, *why, "--by", "甲") == 0
    assert run("rules", "approve", "other_bill", "1", "--by", "乙", "--home", home) == 0
    file = draft_with(Path(home), ("switched_on = false", "switched_on = true"), ("value = 10000", "value = 9000"))
    Path(file).write_text(
        Path(file).read_text(encoding="utf-8").replace("= 10000 }", "= 9000 }").replace("9999", "8999")
    )
    assert run("rules", "propose", file, *why, "--by", "甲") == 0
    monkeypatch.setenv("FANGPIN_HOME", home)
    monkeypatch.setattr(OUT, "_width", 400)
    return home


@pytest.fixture
def home(screened_home: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the screened county in the environment, on a wide screen."""
    monkeypatch.setenv("FANGPIN_HOME", screened_home)
    monkeypatch.setattr(OUT, "_width", 400)
    return Path(screened_home)


def draft_with(home: Path, *changes: tuple[str, str]) -> str:
    """Return the draft's file beside it, changed, under an id of its own."""
    text = (home / "config" / "rules" / "drafts" / "yearly_bill.toml").read_text(encoding="utf-8")
    for old, new in (('"yearly_bill"', '"other_bill"'), *changes):
        assert old in text
        text = text.replace(old, new)
    path = home / "other_bill.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rules", "list"), ("income_low", "花名册", "草稿：yearly_bill")),
        (("rules", "explain", "income_low"), ("人均年收入低于监测线", "S003-4", "monitoring_line_yuan", "2022-01-01")),
        (("rules", "measures"), ("household_month：每户一行", "income_per_head_yuan", "元", "什么时候不明")),
        (("rules", "explain", "no_labour"), ("依据", "例子", "无法判断")),
        (
            ("backtest", "income_low", "--set", "monitoring_line_yuan=9000", "months=1", "--months", "2024-01"),
            ("2024-01", "→", "一村最多", "新增", "原来无法判断", "核查结果可比"),
        ),
        (
            ("backtest", "income_low", "--months", "2024-01..2024-01", "--set", "months=3"),
            ("没有一户因此新增或减少",),
        ),
        (
            ("backtest", "income_low", "income_drop", "--months", "2024-01", "--set", "months=3"),
            ("各条规则（各月合计，户次）", "income_drop"),
        ),
        (
            ("backtest", "income_low", "--months", "2024-01", "--grid", "monitoring_line_yuan=6700,9000", "months=1,3"),
            ("逐值试算", "monitoring_line_yuan=6700，months=1", "monitoring_line_yuan=9000，months=3", "查实报到"),
        ),
        (("rules", "history", "income_low"), ("声明中的是第", "还没有提出过新版本")),
        (("rules", "shadow", "income_low"), ("还没有影子运行过", "backtest")),
    ],
)
def test_a_question_is_answered_on_the_screen(
    arguments: tuple[str, ...], words: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is in use, what it stands on, and what other values would do."""
    assert home.exists()
    assert run(*arguments) == 0

    said = capsys.readouterr().out
    assert [word for word in words if word not in said] == []


def test_a_household_is_explained(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer, the measures, the parameters and the delivered rows."""
    number = _some_household(home)
    capsys.readouterr()
    assert run("rules", "explain", "income_low", "--household", number, "--period", "2024-01") == 0

    said = capsys.readouterr().out
    words = ("无法判断", "近12个月走访月数", "所据的各行", "走访收支台账", "花乡振领通〔2022〕3号")
    assert [word for word in words if word not in said] == []


def test_a_draft_is_checked_and_tried(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A draft is found right, tried on the month, and put beside today's rules by its file."""
    file = draft_with(home, ("value = 10000", "value = 100"), ("_yuan = 10000", "_yuan = 100"), ("9999.99", "99.99"))
    assert run("rules", "check", file) == 0
    assert run("rules", "try", file, "--period", "2024-01") == 0
    assert run("backtest", file, "--months", "2024-01") == 0

    said = capsys.readouterr().out
    words = ("问题 0", "规则文件有效", "什么都没有保存", "触发（按乡镇，户）", "****", "新增")
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("rules", "explain", "nosuch"), 5, "收到“nosuch”"),
        (("rules", "explain", "income_low", "--household", "1"), 2, "只写了一个"),
        (("rules", "explain", "income_low", "--household", "1", "--period", "2024-01"), 5, "没有这一户的数据"),
        (("rules", "new", "income_low"), 6, "rules revise income_low"),
        (("rules", "revise", "nosuch"), 5, "收到“nosuch”"),
        (("rules", "revise", "income_low", "99"), 5, "没有第 99 版"),
        (("rules", "revise", "yearly_bill", "1"), 5, "没有第 1 版"),
        (("rules", "new", "Bad"), 2, "小写字母"),
        (("rules", "check", "nosuch.toml"), 5, "不存在"),
        (("rules", "try", "nosuch.toml", "--period", "2024-01"), 5, "不存在"),
        (("backtest", "income_low", "--months", "2024-01"), 2, "没有写"),
        (("backtest", "income_low", "--set", "x=1", "--months", "2024-01"), 2, "没有参数“x”"),
        (("backtest", "income_low", "--set", "months=many", "--months", "2024-01"), 2, "名称=数"),
        (("backtest", "income_low", "--set", "months=inf", "--months", "2024-01"), 2, "名称=数"),
        (("backtest", "income_low", "--set", "months=1", "--months", "2024-03..2024-01"), 2, "先早后晚"),
        (("backtest", "income_low", "--grid", "months=1,x", "--months", "2024-01"), 2, "名称=数,数"),
        (("backtest", "income_low", "--grid", "months=" + "1," * 60 + "1", "--months", "2024-01"), 2, "不超过 60 种"),
        (("backtest", "income_low", "--set", "months=1", "--truths", "nosuch.csv", "--months", "2024-01"), 5, "不存在"),
        (("rules", "diff", "income_low"), 5, "还没有提出过新版本"),
        (("rules", "approve", "income_low", "9"), 5, "没有第 9 版"),
        (("rules", "history", "nosuch"), 5, "收到“nosuch”"),
        (("rules", "propose", "nosuch.toml", "--since", "2024-02", "--reason", "x"), 5, "不存在"),
        (("rules", "propose", "nosuch.toml", "--since", "2024-13", "--reason", "x"), 2, "参数 --since"),
        (("backtest", "income_low", "--set", "months=1", "--months", "2024-01..2024-02"), 6, "还没有筛查"),
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


def test_a_draft_with_a_wrong_example_is_not_tried(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check names the example; the trial sends the author back to the check."""
    file = draft_with(home, ("9999.99", "10000.01"))
    assert run("rules", "check", file) == 3
    assert run("rules", "try", file, "--period", "2024-01") == 3

    said = capsys.readouterr()
    assert "“差一分”应为不触发（quiet），算得触发（fires）" in said.out
    assert "rules check" in said.err


_LIFE = [
    (("list",), ("other_bill", "启用；第 2 版待核准")),
    (("explain", "other_bill"), ("第 1 版，启用", "line_yuan", "10,000")),
    (("history", "other_bill"), ("2024-02", "已核准", "待核准", "甲", "乙", "试行")),
    (("diff", "other_bill"), ("第 1 版 → 第 2 版，2024-02 起", "9,000 元", "10,000 元", "“差一分”")),
    (("diff", "other_bill", "1"), ("（新规则） → 第 1 版", "+select")),
    (("diff", "other_bill", "2", "1"), ("第 2 版 → 第 1 版",)),
    (("refuse", "other_bill", "2", "--reason", "线太低", "--by", "乙"), ("第 2 版不核准",)),
    (("history", "other_bill"), ("不核准", "线太低")),
    (("withdraw", "other_bill", "1", "--reason", "缓行"), ("第 1 版已撤回",)),
    (("history", "other_bill"), ("已撤回", "缓行")),
    (("revise", "income_low"), ("已存为草稿", "income_low.toml", "rules propose")),
    (("revise", "other_bill", "2"), ("other_bill.toml",)),
]


def test_a_version_is_proposed_and_decided(versions: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What waits, what is in force, what differs, who decided: command after command of a version's life."""
    assert versions
    for arguments, words in _LIFE:
        capsys.readouterr()
        assert run("rules", *arguments) == 0
        said = capsys.readouterr().out
        assert [word for word in words if word not in said] == []


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_known_events_are_held_against_a_version(
    suffix: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts by kind, and how many visits came to a family to whom something had happened."""
    events = pl.DataFrame({"household_no": [_some_household(home)], "month": ["2024-01"], "kind": ["income_low"]})
    file = tmp_path / f"events{suffix}"
    if suffix == ".csv":
        events.write_csv(file)
    else:
        events.write_parquet(file)
    told = ("--truths", str(file), "--months", "2024-01")
    assert run("backtest", "income_low", "--set", "months=1", *told) == 0

    said = capsys.readouterr().out
    assert [w for w in ("与已知发生的事相比", "收入低于监测线", "上门的户中确有其事的") if w not in said] == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("household_no,kind\nA,water", "缺少列 month"),
        ("household_no,month\nA,202401", "第 1 行的 month 不是月份"),
        ("household_no,month\nA,2024-01\n,2024-01", "第 2 行没有 household_no"),
        ("household_no,month,kind\nA,2024-01,\nA,2024-01,flood", "第 2 行的 kind 不在允许之列"),
        ("", "读不出来"),
    ],
)
def test_a_file_of_events_that_is_wrong_is_refused(
    rows: str, words: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The row by its number, never what stands in it."""
    assert home.exists()
    file = tmp_path / "events.csv"
    file.write_text(rows, encoding="utf-8")
    assert run("backtest", "income_low", "--set", "months=1", "--truths", str(file), "--months", "2024-01") == 2

    assert words in capsys.readouterr().err


def _some_household(home: Path) -> str:
    """Return the number of a household of the register as delivered."""
    county = open_county(home, office_url=None)
    with month_again(county, Period(2024, 1)) as month:
        number = str(month.register.households["household_no"][0])
    county.close()
    return number
