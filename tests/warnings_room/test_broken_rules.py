"""Kinds of broken rule, in one table: refused by check or left out of the month alone, the others unchanged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from command_line import run
from hypothesis import given, settings
from hypothesis import strategies as st
from warning_tables import SQL, Month, P, rule, shipped_site

from fangpin.cli.show import OUT
from fangpin.config.rule_models import Rule
from fangpin.demo import CountyPlan, write_county
from fangpin.warnings.check import check_rules
from fangpin.warnings.evaluate import Evaluation, evaluate

SITE = shipped_site()
_TEN = ", ".join(f"({n})" for n in range(10))


def with_condition(condition: str) -> str:
    """Return the small rule's statement with another condition."""
    return SQL.replace("size >= $line", condition)


def crossed(places: int) -> str:
    """Return a relation of ten rows times itself so many times."""
    return ", ".join(f"(values {_TEN}) v{place}(n{place})" for place in range(places))


def added(places: int) -> str:
    """Return a sum over the crossed relation that depends on every one of its parts and on the household."""
    return " + ".join(f"n{place} * size" for place in range(places))


# What is wrong → the keys of the small rule that make it so.
REFUSED: dict[str, dict[str, Any]] = {
    "no statement": {"sql": "-- nothing"},
    "syntax error": {"sql": "select from where"},
    "two statements": {"sql": f"{SQL}; select 1"},
    "drops a table": {"sql": "drop table household_month"},
    "deletes in a with clause": {"sql": f"with gone as (delete from household_month returning 1) {SQL}"},
    "inserts in a with clause": {
        "sql": f"with more as (insert into person (person_no) values ('P') returning 1) {SQL}"
    },
    "updates in a with clause": {"sql": f"with more as (update household_month set size = 9 returning 1) {SQL}"},
    "reads a file": {"sql": SQL.replace("household_month", "read_csv('/etc/passwd')")},
    "reads a file by its name": {"sql": SQL.replace("household_month", "'/etc/passwd'")},
    "attaches a database": {"sql": "attach 'x.db'"},
    "writes a file": {"sql": "copy (select 1) to '/tmp/x.csv'"},
    "sets a limit": {"sql": "set memory_limit = '1TB'"},
    "table not offered to rules": {"sql": SQL.replace("household_month", "coverage")},
    "facts behind the measures": {"sql": SQL.replace("household_month", "fact_visit_ledger")},
    "unknown table": {"sql": SQL.replace("household_month", "nowhere")},
    "unknown column": {"sql": with_condition("sise >= $line")},
    "verdict of the wrong type": {"sql": SQL.replace("size >= $line as fires", "'yes' as fires")},
    "measure of the wrong type": {"sql": SQL.replace("size::double as measured", "size as measured")},
    "column missing": {"sql": SQL.replace("null::varchar as person_no,", "")},
    "list as a column": {"sql": SQL.replace("  size\nfrom", "  [size] as size\nfrom")},
    "chance": {"sql": with_condition("size >= $line and random() < 0.5")},
    "clock": {"sql": with_condition("size >= $line and current_date > date '2000-01-01'")},
    "clock of the session": {"sql": with_condition("size >= $line and localtimestamp > date '2000-01-01'")},
    "place in memory": {"sql": with_condition("size >= $line and household_month.rowid < 9")},
    "who runs it": {"sql": with_condition("size >= $line and user = 'duckdb'")},
    "order of rows": {"sql": SQL.replace("size::double as measured", "first(size) over ()::double as measured")},
    "sample of rows": {"sql": SQL.replace("from household_month", "from household_month using sample 5")},
    "recursion": {
        "sql": f"with recursive r as (select 1 as n union all select n + 1 from r) {SQL}",
    },
    "shadows a table": {"sql": f"with person_month as (select 1) {SQL}"},
    "parameter not declared": {"parameters": []},
    "parameter of nobody": {"site_parameters": ["nothing"]},
    "brace left open": {"sentence": "全家{size人"},
    "person rule without persons": {"subject": "person"},
}
# What only the rows, the day or the load of a month bring to light.
ISOLATED: dict[str, dict[str, Any]] = {
    "no value on the day": {
        "parameters": [{"name": "line", "value": 5, "unit": "人", "since": "2030-01-01", "document": "丙"}]
    },
    "doubled subject": {
        "sql": SQL.replace("from household_month", "from household_month join (values (1), (9)) v(n) on n < size")
    },
    "stranger household": {"sql": SQL.replace("  household_no,", "  concat('X', household_no) as household_no,")},
    "no household": {"sql": SQL.replace("  household_no,", "  nullif(household_no, 'H') as household_no,")},
    "person in a household rule": {"sql": SQL.replace("null::varchar", "concat('P', size)")},
    "text that is no number": {"sql": with_condition("cast(household_no as integer) >= $line")},
    "overflow": {"sql": with_condition("size * 9223372036854775807 >= $line")},
    "runaway join": {"sql": with_condition(f"(select sum({added(12)}) from {crossed(12)}) >= $line")},
    "out of memory": {"sql": with_condition(f"(select median({added(8)}) from {crossed(8)}) >= $line")},
}
KINDS = REFUSED | ISOLATED
GOOD = (rule(id="aa"), rule(id="bb", sql=with_condition("size >= $line - 3")), rule(id="zz"))


@pytest.fixture
def month() -> Iterator[Month]:
    """Give a month of three households on a connection that may not take much memory nor write it out."""
    month = Month(size=11)
    month.add("household", household_no="H2", size=4)
    month.add("household", household_no="H3")
    month.screen()
    before = {name: month.con.execute(f"select current_setting('{name}')").fetchall()[0][0] for name in _SETTINGS}
    for name, value in _SETTINGS.items():
        month.con.execute(f"set {name} = '{value}'")
    yield month
    for name, value in before.items():
        month.con.execute(f"set {name} = '{value}'")


_SETTINGS = {"memory_limit": "200MB", "temp_directory": ""}


def judged(con: duckdb.DuckDBPyConnection, *rules: Rule) -> Evaluation:
    """Return the evaluation of the month with a short limit."""
    return evaluate(con, rules, period=P, site=SITE, limit_seconds=2)


def as_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as the bytes that a file of it would hold."""
    file = BytesIO()
    frame.write_ipc(file)
    return file.getvalue()


def test_there_are_enough_kinds() -> None:
    """The table is not thinned out: at least fifteen kinds refused, and the run-time ones beside them."""
    assert len(REFUSED) >= 15
    assert len(ISOLATED) >= 9


@pytest.mark.parametrize("kind", REFUSED)
def test_check_refuses(kind: str) -> None:
    """What can be told from the declaration alone is refused before any month is screened."""
    assert check_rules([rule(**REFUSED[kind])], site=SITE) != []


@pytest.mark.parametrize("kind", KINDS)
def test_fails_alone(kind: str, month: Month) -> None:
    """Even in force, a broken rule is named with step and reason, and the others' alerts are the same bytes."""
    alone = judged(month.con, *GOOD)

    found = judged(month.con, *GOOD, rule(id="mm", **KINDS[kind]))

    assert [failure.rule_id for failure in found.failures] == ["mm"]
    assert all(failure.step and failure.reason for failure in found.failures)
    assert as_bytes(found.alerts) == as_bytes(alone.alerts)
    assert as_bytes(found.unjudged) == as_bytes(alone.unjudged)
    assert as_bytes(found.values) == as_bytes(alone.values)
    assert found.alerts.height == 4


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(sorted(set(KINDS) - {"runaway join", "out of memory"})), max_size=6), st.randoms())
def test_any_company_of_broken_rules_changes_nothing(kinds: list[str], chance: Any) -> None:
    """However many are broken and in whatever order they stand, the others' alerts are the same bytes."""
    month = Month(size=11)
    month.screen()
    alone = judged(month.con, *GOOD)
    broken = [rule(id=f"m{place}", **KINDS[kind]) for place, kind in enumerate(kinds)]
    together = [*GOOD, *broken]
    chance.shuffle(together)

    found = judged(month.con, *together)

    assert sorted(failure.rule_id for failure in found.failures) == sorted(r.id for r in broken)
    assert as_bytes(found.alerts) == as_bytes(alone.alerts)


@pytest.mark.parametrize("figure", ["size / 0", "-size / 0.0", "0.0 / 0.0"])
def test_figure_that_is_not_finite_judges_nobody(figure: str, month: Month) -> None:
    """A division by zero is no error of the engine: everybody stays unjudged, nobody is warned."""
    sql = SQL.replace("size::double as measured", f"({figure})::double as measured")

    found = judged(month.con, *GOOD, rule(id="mm", sql=sql))

    unknown = found.unjudged.filter(pl.col("rule_id") == "mm")["unjudged"].to_list()
    assert (found.alerts.filter(pl.col("rule_id") == "mm").height, unknown, found.failures) == (0, [3], ())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Receive one month of a small county whose own income_low reads a table that is not there."""
    folder = tmp_path_factory.mktemp("broken")
    write_county(CountyPlan(seed=5, people=600, months=1, townships=2), folder, processes=1)
    home = folder / "home"
    assert run("init", "--site", "huaxi", "--home", str(home)) == 0
    assert run("receive", *map(str, sorted((folder / "county" / "2024-01").iterdir())), "--home", str(home)) == 0
    return home


def test_screening_says_which_rule_did_not_run(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The month is screened, the rule is shown missing, and every other rule's alerts are what they were without."""
    monkeypatch.setattr(OUT, "_width", 400)
    whole = shutil.copytree(home, tmp_path / "whole")
    shipped = (resources.files("fangpin") / "config" / "rules" / "income_low.toml").read_text(encoding="utf-8")
    (home / "config" / "rules").mkdir(parents=True, exist_ok=True)
    broken = shipped.replace("from household_month", "from nowhere")
    (home / "config" / "rules" / "income_low.toml").write_text(broken, encoding="utf-8")

    assert run("screen", "2024-01", "--home", str(whole)) == 0
    before = capsys.readouterr().out
    assert run("screen", "2024-01", "--home", str(home)) == 0
    said = capsys.readouterr().out

    assert "规则未能运行" not in before
    assert "规则未能运行：income_low：读取了“nowhere”" in said
    tables = [published(folder) for folder in (whole, home)]
    assert [failed["rule_id"].to_list() for _, failed in tables] == [[], ["income_low"]]
    others = [alerts.filter(pl.col("rule_id") != "income_low") for alerts, _ in tables]
    assert others[0].height > 0
    assert as_bytes(others[0]) == as_bytes(others[1])


def published(home: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the alerts and the failed rules of the only run of a county."""
    (path,) = (home / "warehouse" / "runs").glob("*.duckdb")
    with duckdb.connect(str(path), read_only=True) as con:
        return con.sql("select * from alert order by all").pl(), con.sql("select * from failure").pl()
