"""Rules tried on screened months: nothing is kept, and what they say agrees with what the run gave."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl
import pytest

from fangpin.config.rule_models import Rule
from fangpin.connectors.readers import Readers
from fangpin.demo.pens import filled_in
from fangpin.errors import DeclarationError, NeedsDecision, NotFound, UsageProblem
from fangpin.pipeline import backtest as bench
from fangpin.pipeline.backtest import backtest
from fangpin.pipeline.county import County, create_county, open_county
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.rule_author import draft_of, explain_rule, new_rule, try_rule
from fangpin.pipeline.rule_versions import rule_named
from fangpin.pipeline.runs import read_tables, run_of
from fangpin.pipeline.screening import screen
from fangpin.pipeline.tasking import dispatch_month, export_tasks, take_answer
from fangpin.pipeline.trials import MonthAgain, month_again
from fangpin.types import Period, Subject
from fangpin.warnings.backtest import with_values
from fangpin.warnings.check import check_rules

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
MONTHS = [Period(2024, 1), Period(2024, 2)]


def no_progress(_title: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def digest_of(home: Path) -> str:
    """Return one SHA-256 over every file of a county's folder and its name.

    Only SQLite's shared memory is left out: readers mark their places in it, what is written goes to the log beside it.
    """
    whole = hashlib.sha256()
    for file in sorted(path for path in home.rglob("*") if path.is_file() and path.suffix != ".db-shm"):
        whole.update(f"{file.relative_to(home)}\n".encode())
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


@pytest.fixture(scope="module")
def county(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """Receive and screen two months, dispatch the first, and let its townships answer: one family in three needs help.

    Made once: the tests that follow only read it.
    """
    made = create_county(tmp_path_factory.mktemp("trials") / "home", "huaxi", office_url=None, now=NOW)
    for month in MONTHS:
        with Intake(made) as intake:
            for file in sorted((invented / "county" / str(month)).iterdir()):
                intake.receive(file, now=NOW, by="甲")
        screen(made, month, now=NOW, by="甲", progress=no_progress)
    dispatch_month(made, MONTHS[0], now=NOW, by="甲")
    leads = read_tables(made, run_of(made, MONTHS[0])["run_id"])["lead"].sort("household_no")
    helped = leads.gather_every(3).select(household_id="household_no")
    with Readers(made.scratch) as readers:
        for sheet in export_tasks(made, MONTHS[0], now=NOW, by="甲").sheets:
            path = made.home / "tasks" / sheet.path
            filled = filled_in(made, readers, path, truth=helped, visited_on=NOW.date() + dt.timedelta(2))
            take_answer(made, filled, readers=readers, now=NOW + dt.timedelta(4), by="乡镇")
    yield made
    made.close()


def silenced(county: County, rule_id: str) -> Rule:
    """Return a rule of the county that fires for nobody."""
    rule = rule_named(county, rule_id)
    nobody = f"select * replace (fires and false as fires) from ({rule.sql})"
    return rule.model_copy(update={"sql": nobody})


def most_alerting(county: County, month: Period) -> str:
    """Return the rule that raised the most alerts in a month."""
    alerts = read_tables(county, run_of(county, month)["run_id"])["alert"]
    return str(alerts.group_by("rule_id").len().sort("len", "rule_id", descending=True)["rule_id"][0])


def test_a_backtest_leaves_no_trace(county: County) -> None:
    """Office store, warehouse, tasks and declarations are byte for byte what they were."""
    before = digest_of(county.home)
    tried = with_values(rule_named(county, "income_low"), {"monitoring_line_yuan": 20_000}, site=county.declared.site)
    events = pl.DataFrame({"household_no": ["无此户"], "period_no": [MONTHS[0].ordinal], "kind": ["water"]})
    other = with_values(rule_named(county, "income_low"), {"months": 3}, site=county.declared.site)
    backtest(county, [[tried], [other]], periods=MONTHS, events=events, progress=no_progress)

    assert digest_of(county.home) == before


def test_the_indicators_of_a_month_are_computed_once(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many values are gone through; each gives what it gives when it is tried alone."""
    opened: list[Period] = []

    def counted(county: County, period: Period) -> AbstractContextManager[MonthAgain]:
        opened.append(period)
        return month_again(county, period)

    monkeypatch.setattr(bench, "month_again", counted)
    site = county.declared.site
    known = rule_named(county, most_alerting(county, MONTHS[0]))
    values = [{p.name: p.value * times} for p in known.parameters[:1] for times in (0.5, 1, 2)] or [{}]
    versions = [[with_values(known, value, site=site)] for value in values]
    found = backtest(county, versions, periods=MONTHS[:1], progress=no_progress)
    alone = [backtest(county, [one], periods=MONTHS[:1], progress=no_progress)[0] for one in versions]

    assert opened == [MONTHS[0]] * (1 + len(versions))
    assert [one.months[0].tried for one in found] == [one.months[0].tried for one in alone]


def test_two_rules_are_tried_together(county: County) -> None:
    """What falls silent with both is what neither of them nor any other leads to; each is counted for itself."""
    alerts = read_tables(county, run_of(county, MONTHS[0])["run_id"])["alert"]
    ids = alerts["rule_id"].value_counts().sort("count", "rule_id", descending=True)["rule_id"].to_list()[:2]
    is_own = pl.col("rule_id").is_in(ids)
    only = alerts.filter(is_own).join(alerts.filter(~is_own), on="household_no", how="anti")["household_no"].unique()
    tried = [silenced(county, rule_id) for rule_id in ids]
    month = backtest(county, [tried], periods=MONTHS[:1], progress=no_progress)[0].months[0]

    assert sorted(month.shifts["household_no"]) == sorted(only)
    assert month.by_rule["rule_id"].to_list() == sorted(ids)
    assert month.by_rule["tried"].to_list() == [0] * len(ids)
    assert month.by_rule["today"].min() == min(alerts.filter(rule_id=one)["household_no"].n_unique() for one in ids)


def test_a_rule_about_areas_is_not_tried_on_households(county: County) -> None:
    """It leads to no household; the sentence says so."""
    areas = rule_named(county, "income_low").model_copy(update={"subject": Subject.VILLAGE})

    with pytest.raises(UsageProblem, match="不产生农户线索"):
        backtest(county, [[areas]], periods=MONTHS[:1], progress=no_progress)


def test_the_same_rule_moves_nobody_and_gives_what_the_run_gave(county: County) -> None:
    """Tried with its own values a rule leads to the run's own leads, month for month, but for those drawn at random."""
    tried = rule_named(county, most_alerting(county, MONTHS[0]))
    found = backtest(county, [[tried]], periods=MONTHS, progress=no_progress)[0]
    runs = [read_tables(county, run_of(county, month)["run_id"])["lead"] for month in MONTHS]

    assert [month.tried for month in found.months] == [month.today for month in found.months]
    assert [month.today.leads for month in found.months] == [
        lead.filter(pl.col("alert_count") > 0).height for lead in runs
    ]
    assert [month.shifts.height for month in found.months] == [0, 0]


def test_a_rule_that_falls_silent_loses_what_only_it_led_to(county: County) -> None:
    """The lost are the households of its alerts that no other rule leads to; answers to them are told as lost."""
    rule_id = most_alerting(county, MONTHS[0])
    alerts = read_tables(county, run_of(county, MONTHS[0])["run_id"])["alert"]
    own = alerts.filter(pl.col("rule_id") == rule_id).select("household_no").unique()
    only = own.join(alerts.filter(pl.col("rule_id") != rule_id), on="household_no", how="anti")

    found = backtest(county, [[silenced(county, rule_id)]], periods=MONTHS[:1], progress=no_progress)[0]
    month = found.months[0]

    assert sorted(month.shifts["household_no"]) == sorted(only["household_no"])
    assert set(month.shifts["reason"]) == {"不再触发"}
    assert (month.today.leads - month.tried.leads, month.tried.rule_households) == (only.height, 0)
    assert found.held["answers"].sum() >= found.held["today"].sum() == month.today.leads
    assert found.held["lost"].sum() == only.height
    assert found.held["answers"].min() > 0


def test_a_month_never_screened_cannot_be_tried(county: County) -> None:
    """The sentence says what to run first."""
    with pytest.raises(NeedsDecision, match="fangpin screen 2024-03"):
        backtest(county, [[rule_named(county, "income_low")]], periods=[Period(2024, 3)], progress=no_progress)


def test_a_tried_rule_that_cannot_be_computed_is_named(county: County) -> None:
    """The bench stops with the month, the step and the reason."""
    broken = rule_named(county, "income_low").model_copy(update={"sql": "select nothing from household_month"})

    with pytest.raises(DeclarationError, match="规则 income_low：2024-01 不能计算（查询"):
        backtest(county, [[broken]], periods=MONTHS, progress=no_progress)


def test_a_household_is_told_what_the_run_told(county: County) -> None:
    """An alert's figure, line and sentence come back, with the parameters and the delivered rows behind."""
    period = MONTHS[-1]
    alerts = read_tables(county, run_of(county, period)["run_id"])["alert"]
    suppressed = read_tables(county, run_of(county, period)["run_id"])["suppressed"]
    for table, raised in ((alerts, True), (suppressed, False)):
        if table.is_empty():
            continue
        alert = table.row(0, named=True)
        rule = rule_named(county, alert["rule_id"])
        found = explain_rule(county, rule, household_no=alert["household_no"], period=period)
        told = [(v.raised, v.measured, v.threshold, v.sentence) for v in found.verdicts if v.fires]

        assert (raised, alert["measured"], alert["threshold"], alert["sentence"]) in told
        assert {p.name for p in found.values} == {*(p.name for p in rule.parameters), *rule.site_parameters}
        assert set(found.behind["source_id"]) <= set(rule.needs) or not rule.needs
    assert alerts.height + suppressed.height > 0


def test_what_is_unknown_is_told_with_its_reason(county: County) -> None:
    """In the second month no income of a year can be told: the rule cannot judge, and the measure says why."""
    register = read_tables(county, run_of(county, MONTHS[0])["run_id"])["lead"]["household_no"][0]
    found = explain_rule(county, rule_named(county, "income_low"), household_no=register, period=MONTHS[-1])
    verdict = found.verdicts[0]

    assert (verdict.fires, verdict.raised, verdict.sentence) == (None, None, "")
    assert {m.name: value for m, value in verdict.measures}["months_visited"] in {0, 1, 2}


def test_a_household_nobody_knows_is_not_found(county: County) -> None:
    """No verdict is made up."""
    with pytest.raises(NotFound, match="没有这一户的数据"):
        explain_rule(county, rule_named(county, "income_low"), household_no="无此户", period=MONTHS[-1])


def test_a_new_rule_passes_the_check_and_is_tried(county: County) -> None:
    """A draft works from the first minute, is not in use, and trying it keeps nothing."""
    path = new_rule(county, "yearly_bill")
    draft = draft_of(county, path)
    before = digest_of(county.home)
    low = with_values(draft, {"line_yuan": 100}, site=county.declared.site)
    found = try_rule(county, low, MONTHS[0])
    again = open_county(county.home, office_url=None)
    again.close()

    assert check_rules([draft], site=county.declared.site) == []
    assert digest_of(county.home) == before
    assert "yearly_bill" not in again.declared.rules
    assert again.declared.digest == county.declared.digest
    assert found.population >= found.fires + found.unjudged
    assert found.households == found.fires == found.by_township["households"].sum() > 10
    assert len(found.sentences) <= 10
    assert {household[:4] for household, _ in found.sentences} == {"****"}
    with pytest.raises(NeedsDecision, match="已经有了"):
        new_rule(county, "yearly_bill")


@pytest.mark.parametrize("rule_id", ["income_low"])
def test_a_rule_in_use_is_not_begun_again(county: County, rule_id: str) -> None:
    """What the county uses is never covered by a draft."""
    with pytest.raises(NeedsDecision, match="已经有了"):
        new_rule(county, rule_id)


@pytest.mark.parametrize("rule_id", ["Upper", "1st", "two words", "../out", ""])
def test_an_id_that_cannot_be_one_is_refused(county: County, rule_id: str) -> None:
    """No file is written outside the folder of drafts."""
    with pytest.raises(UsageProblem, match="规则编号"):
        new_rule(county, rule_id)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('kind = "other"', 'kind = "rent"'), "键 kind"),
        (('needs = ["medical_settlement"]', 'needs = ["rent_list"]'), "needs 为“rent_list”"),
        (("site_parameters = []", 'site_parameters = ["line"]'), "site_parameters 为“line”"),
        (("[[parameters]]", "[[parameters"), "不是有效的 TOML"),
    ],
)
def test_a_draft_with_a_fault_is_refused_and_stops_nothing(county: County, change: tuple[str, str], words: str) -> None:
    """The author reads what is wrong; the county goes on as before."""
    path = county.home / "config" / "rules" / "drafts" / "faulty.toml"
    path.unlink(missing_ok=True)
    new_rule(county, "faulty")
    path.write_text(path.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(DeclarationError, match=words):
        draft_of(county, path)
    path.write_bytes(b"\xff half a file")

    open_county(county.home, office_url=None).close()


def test_a_file_that_is_not_there_is_not_found(county: County) -> None:
    """The sentence says how a rule is begun."""
    with pytest.raises(NotFound, match="fangpin rules new"):
        draft_of(county, county.home / "nosuch.toml")
