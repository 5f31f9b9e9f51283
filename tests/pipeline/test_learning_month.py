"""What answers teach, who drifts, why a lead is there: over months taken through the county's own operations."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from fangpin.connectors.readers import Readers
from fangpin.demo.pens import filled_in
from fangpin.errors import NeedsDecision, NotFound
from fangpin.pipeline.county import County, create_county
from fangpin.pipeline.drift import early_drift
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.lead_explaining import explain_lead
from fangpin.pipeline.learning import learn_precision, suggest_line
from fangpin.pipeline.runs import read_register, read_tables, run_of
from fangpin.pipeline.screening import screen
from fangpin.pipeline.tasking import dispatch_month, export_tasks, take_answer
from fangpin.types import Kind, Period
from fangpin.warnings.learning import COUNTS

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
MONTHS = [Period(2024, month) for month in (1, 2, 3, 4)]


def no_progress(_title: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def digest_of(home: Path) -> str:
    """Return one SHA-256 over every file of a county's folder but SQLite's shared memory."""
    whole = hashlib.sha256()
    for file in sorted(path for path in home.rglob("*") if path.is_file() and path.suffix != ".db-shm"):
        whole.update(f"{file.relative_to(home)}\n".encode())
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def tables_of(county: County, month: Period) -> dict[str, pl.DataFrame]:
    """Return the tables of a month's run."""
    return read_tables(county, run_of(county, month)["run_id"])


@pytest.fixture(scope="module")
def county(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """Receive and screen four months, dispatch the first; its townships answer: one lead in three is included.

    Made once: the tests that follow only read it.
    """
    made = create_county(tmp_path_factory.mktemp("learning") / "home", "huaxi", office_url=None, now=NOW)
    for month in MONTHS:
        with Intake(made) as intake:
            for file in sorted((invented / "county" / str(month)).iterdir()):
                intake.receive(file, now=NOW, by="甲")
        screen(made, month, now=NOW, by="甲", progress=no_progress)
    dispatch_month(made, MONTHS[0], now=NOW, by="甲")
    helped = tables_of(made, MONTHS[0])["lead"].sort("household_no").gather_every(3).select(household_id="household_no")
    with Readers(made.scratch) as readers:
        for sheet in export_tasks(made, MONTHS[0], now=NOW, by="甲").sheets:
            path = made.home / "tasks" / sheet.path
            filled = filled_in(made, readers, path, truth=helped, visited_on=NOW.date() + dt.timedelta(2))
            take_answer(made, filled, readers=readers, now=NOW + dt.timedelta(4), by="乡镇")
    yield made
    made.close()


def test_every_answer_is_counted_once_for_the_county_and_once_a_rule(county: County) -> None:
    """Leads, visits and included are those of the run and the answers; spot checks are no rule's."""
    leads = tables_of(county, MONTHS[0])["lead"].sort("household_no")
    by_rule = leads.filter(~pl.col("kinds").list.contains(Kind.SPOT_CHECK.value))
    helped = set(leads.gather_every(3)["household_no"])
    learnt = learn_precision(county, first=MONTHS[0], last=MONTHS[0], by="township")
    whole = learnt.whole.row(0, named=True)

    assert (learnt.leads, learnt.dispatched, learnt.answered) == (by_rule.height,) * 3
    assert whole["visits"] == whole["judged"] == by_rule.height
    assert whole["included"] == len(helped & set(by_rule["household_no"]))
    assert learnt.by_rule["leads"].sum() == by_rule["rules"].list.len().sum()
    assert learnt.split_whole["leads"].sum() == by_rule.height
    assert list(learnt.by_rule.columns) == ["rule_id", *COUNTS]


def test_what_is_missed_comes_from_the_spot_checks(county: County) -> None:
    """Drawn, judged, found: nothing of them is in the rules' figures."""
    leads = tables_of(county, MONTHS[0])["lead"].sort("household_no")
    helped = set(leads.gather_every(3)["household_no"])
    checks = set(leads.filter(pl.col("kinds").list.contains(Kind.SPOT_CHECK.value))["household_no"])
    drawn, judged, hits, _ = learn_precision(county, first=MONTHS[0], last=MONTHS[0], by=None).checks

    assert (drawn, judged, hits) == (len(checks), len(checks), len(checks & helped))


def test_leads_without_an_answer_are_told_as_such(county: County) -> None:
    """The second month was not dispatched: its leads are there, no visit and no share."""
    leads = tables_of(county, MONTHS[1])["lead"]
    second = learn_precision(county, first=MONTHS[1], last=MONTHS[1], by="period")

    assert second.leads == leads.filter(~pl.col("kinds").list.contains(Kind.SPOT_CHECK.value)).height
    assert (second.dispatched, second.answered, second.whole["precision"].drop_nulls().len()) == (0, 0, 0)
    assert learn_precision(county, first=None, last=None, by="period").months == tuple(MONTHS)


def test_reasons_are_told_by_their_title(county: County) -> None:
    """As the township chose them in its drop-down."""
    told = learn_precision(county, first=None, last=None, by=None).reasons

    titles = {choice.title for choice in county.declared.ledgers["township_tasks"].choices["reasons"]}
    assert set(told["title"]) <= titles
    assert told["visits"].sum() > 0


def test_months_never_screened_teach_nothing(county: County) -> None:
    """The sentence says what comes first."""
    with pytest.raises(NeedsDecision, match="请先筛查、交办并收回反馈"):
        learn_precision(county, first=Period(2023, 1), last=Period(2023, 2), by=None)


def test_a_stricter_line_is_tried_on_every_rule_and_moves_none(county: County) -> None:
    """Kept and dropped are the judged visits; a line of a notice is not tried; nothing is written."""
    before = digest_of(county.home)
    for rule_id in learn_precision(county, first=None, last=None, by=None).by_rule["rule_id"]:
        found = suggest_line(county, rule_id, first=None, last=None)
        sums = found.tried.select(pl.col("kept") + pl.col("dropped")).to_series()
        assert set(sums) <= {found.judged}
        assert found.line is None or "待县级核定" in found.document or found.tried.is_empty()

    assert digest_of(county.home) == before


def test_early_drift_leaves_no_trace(county: County) -> None:
    """No lead, no task, no file; who is told is registered, and nobody is told who fires already."""
    before = digest_of(county.home)
    found = early_drift(county, MONTHS[0])
    fired = tables_of(county, MONTHS[0])["alert"].select("rule_id", "household_no", "person_no")

    assert digest_of(county.home) == before
    assert found.failed == ()
    assert found.unknown.height > 0
    assert found.later == (MONTHS[1], MONTHS[2])
    assert found.told.join(fired, on=fired.columns, nulls_equal=True).height == 0
    assert found.came <= found.told.height


def test_of_those_told_early_some_came_to_the_line(county: County) -> None:
    """Held against the two months after: whom the pace names is on the way, and is told before the rule fires."""
    found = [early_drift(county, month) for month in MONTHS[:3]]

    assert sum(month.came for month in found) > 0
    assert sum(month.came for month in found) <= sum(month.told.height for month in found)


def test_a_lead_is_explained_as_the_run_told_it(county: County) -> None:
    """Every alert is a factor with its figure, line, document and delivered rows."""
    tables = tables_of(county, MONTHS[0])
    household = tables["alert"]["household_no"][0]
    found = explain_lead(county, household_no=household, period=MONTHS[0])
    alerts = tables["alert"].filter(household_no=household).sort("rule_id", "person_no")

    assert found.lead is not None
    assert [(f.rule_id, f.measured, f.threshold, f.sentence) for f in found.factors] == [
        (row["rule_id"], row["measured"], row["threshold"], row["sentence"]) for row in alerts.iter_rows(named=True)
    ]
    assert all(line["document"] for factor in found.factors for line in factor.lines)
    assert all(factor.readings for factor in found.factors)
    assert found.behind.filter(pl.col("used_by") != "").height > 0


def test_no_name_and_no_id_is_in_an_explanation(county: County) -> None:
    """Neither of the household's members nor of anybody else of its village."""
    household = tables_of(county, MONTHS[0])["alert"]["household_no"][0]
    told = repr(explain_lead(county, household_no=household, period=MONTHS[0]))
    persons = read_register(county, run_of(county, MONTHS[0])["pins"]["register"]).persons
    own = persons.filter(household_no=household)

    assert [name for name in own["person_name"].drop_nulls() if name in told] == []
    assert [number for number in own["id_no"].drop_nulls() if number in told] == []


def test_a_household_without_a_lead_is_explained_too(county: County) -> None:
    """What could not be judged is told: no lead is no proof of no risk."""
    led = tables_of(county, MONTHS[1])["lead"]["household_no"].implode()
    register = read_register(county, run_of(county, MONTHS[1])["pins"]["register"]).households
    quiet = register.filter(~pl.col("household_no").is_in(led))["household_no"][0]
    found = explain_lead(county, household_no=quiet, period=MONTHS[1])

    assert (found.lead, found.factors) == (None, ())
    assert found.unjudged != ()


def test_a_household_nobody_knows_has_no_explanation(county: County) -> None:
    """The sentence says to check the number."""
    with pytest.raises(NotFound, match="没有这一户的数据"):
        explain_lead(county, household_no="无此户", period=MONTHS[0])
