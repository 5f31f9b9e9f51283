"""A month through the county's operations: received, screened, dispatched, answered, proved."""

from __future__ import annotations

import datetime as dt
from importlib import resources
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import text

from fangpin.connectors.readers import Readers
from fangpin.demo.pens import filled_in
from fangpin.errors import NeedsDecision, StoreDamaged
from fangpin.pipeline.checking import rebuild, verify
from fangpin.pipeline.county import County, open_county
from fangpin.pipeline.exports import Export, export, issues_of, leads_of, links_of
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.receipts import Receipt
from fangpin.pipeline.runs import read_tables
from fangpin.pipeline.screening import screen
from fangpin.pipeline.status import status
from fangpin.pipeline.tasking import dispatch_month, export_tasks, take_answer
from fangpin.store.tasks import tasks_of
from fangpin.types import Period

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
BY = "测试"
INVENTED = {
    *("household_register", "visit_ledger", "dibao_roster", "medical_settlement"),
    *("housing_appraisal", "school_enrolment", "disability_certificate"),
}  # the sources the invented county delivers
MONTHS = [Period(2024, month) for month in (1, 2, 3, 4)]


def no_progress(_title: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def receive_month(county: County, invented: Path, period: Period) -> list[Receipt]:
    """Receive every file of a month."""
    with Intake(county) as intake:
        files = sorted((invented / "county" / str(period)).iterdir())
        return [intake.receive(file, now=NOW, by=BY) for file in files]


def receive_and_screen(county: County, invented: Path, months: list[Period]) -> None:
    """Receive and screen months in order."""
    for period in months:
        receive_month(county, invented, period)
        screen(county, period, now=NOW, by=BY, progress=no_progress)


def test_every_file_is_recognised_and_every_row_accounted_for(county: County, invented: Path) -> None:
    """Seven files of a month are taken for the seven sources, and their rows add up."""
    receipts = receive_month(county, invented, MONTHS[0])

    assert {r.batch_id.split("-")[0] for r in receipts} == INVENTED
    assert {r.period for r in receipts} == {MONTHS[0]}
    assert [r.unknown_columns for r in receipts] == [()] * 7
    assert all(r.counts.rows_in == r.counts.accepted + r.counts.rejected + r.counts.duplicate for r in receipts)


def test_the_same_file_again_is_answered_with_its_first_batch(county: County, invented: Path) -> None:
    """Receiving a month twice adds no batch and says so."""
    first = receive_month(county, invented, MONTHS[0])
    again = receive_month(county, invented, MONTHS[0])

    assert [r.batch_id for r in again] == [r.batch_id for r in first]
    assert {r.known_before for r in again} == {True}
    assert len(county.warehouse.batch_ids()) == 7


def test_a_month_screened_twice_changes_nothing(county_anywhere: County, invented: Path) -> None:
    """The same pins give the same run, the same digest and no new lead, on either database."""
    receive_month(county_anywhere, invented, MONTHS[0])
    first = screen(county_anywhere, MONTHS[0], now=NOW, by=BY, progress=no_progress)
    again = screen(county_anywhere, MONTHS[0], now=NOW, by=BY, progress=no_progress)

    assert (again.run_id, again.digest, again.known_before) == (first.run_id, first.digest, True)
    assert first.leads.height > 0
    assert (again.changes.new, again.changes.changed, again.changes.withdrawn) == (0, 0, 0)


def test_leads_become_one_task_a_household_and_answers_come_back(county_anywhere: County, invented: Path) -> None:
    """Dispatch, workbooks, a township's answers and their second delivery, on either database."""
    county = county_anywhere
    receive_and_screen(county, invented, MONTHS[:1])
    leads = leads_of(county, MONTHS[0])
    done = dispatch_month(county, MONTHS[0], now=NOW, by=BY)
    again = dispatch_month(county, MONTHS[0], now=NOW, by=BY)
    sheets = export_tasks(county, MONTHS[0], now=NOW, by=BY).sheets
    helped = pl.DataFrame({"household_id": leads["household_no"].head(1)})
    with Readers(county.scratch) as readers:
        path = county.home / "tasks" / sheets[0].path
        filled = filled_in(county, readers, path, truth=helped, visited_on=NOW.date() + dt.timedelta(2))
        later = NOW + dt.timedelta(4)
        taken = take_answer(county, filled, readers=readers, now=later, by="乡镇")
        twice = take_answer(county, filled, readers=readers, now=later, by="乡镇")
    with county.office.read() as connection:
        tasks = tasks_of(connection)

    check = county.declared.site.spot_check
    assert check is not None
    assert done.new == leads["household_no"].n_unique() + check.households == tasks.height
    assert (again.new, again.joined) == (0, 0)
    assert {s.township for s in sheets} == set(tasks["township"])
    assert (taken.accepted, taken.refused.height) == (tasks.filter(pl.col("township") == sheets[0].township).height, 0)
    assert (twice.accepted, twice.already) == (0, taken.accepted)
    assert verify(county, progress=no_progress).ok


def test_a_correction_supersedes_and_waits_to_be_screened(county: County, invented: Path, tmp_path: Path) -> None:
    """A second, different file for the same source and month takes the first one's place."""
    receive_and_screen(county, invented, MONTHS[:1])
    visit = next(f for f in (invented / "county" / "2024-01").iterdir() if "收支" in f.name)
    corrected = tmp_path / f"更正_{visit.name}"
    lines = visit.read_bytes().splitlines(keepends=True)
    corrected.write_bytes(b"".join(lines[:-3]))
    with Intake(county) as intake:
        receipt = intake.receive(corrected, period=MONTHS[0], now=NOW, by=BY)
    before = status(county)[0]
    screen(county, MONTHS[0], now=NOW, by=BY, progress=no_progress)
    after = status(county)[0]

    assert receipt.superseded is not None
    assert (before.screened, before.current) == (True, False)
    assert (after.screened, after.current) == (True, True)


def test_a_quiet_month_does_not_repeat_a_lead(county: County, invented: Path) -> None:
    """What was raised in one month is suppressed, listed and not a lead in the next."""
    receive_and_screen(county, invented, MONTHS[:2])
    first = leads_of(county, MONTHS[0]).filter(pl.col("kind") == "no_labour")["household_no"]
    second = leads_of(county, MONTHS[1]).filter(pl.col("kind") == "no_labour")["household_no"]
    run = [m for m in status(county) if m.period == MONTHS[1]]

    assert run[0].screened
    assert set(first) & set(second) == set()


def test_screening_without_a_register_says_what_to_do(county: County, invented: Path) -> None:
    """Facts alone cannot be screened: the sentence names the register."""
    visit = next(f for f in (invented / "county" / "2024-01").iterdir() if "收支" in f.name)
    with Intake(county) as intake:
        intake.receive(visit, now=NOW, by=BY)

    with pytest.raises(NeedsDecision, match="农户信息台账"):
        screen(county, MONTHS[0], now=NOW, by=BY, progress=no_progress)


def test_screening_an_empty_month_is_refused(county: County) -> None:
    """A month nothing came in for is not screened as if all were well."""
    with pytest.raises(NeedsDecision, match="没有收到任何数据"):
        screen(county, MONTHS[0], now=NOW, by=BY, progress=no_progress)


def test_a_file_of_bad_rows_waits_for_a_person(county: County, tmp_path: Path) -> None:
    """A file nobody can use waits with its reason; the original stays, nothing of it is in effect."""
    bad = tmp_path / "走访收支台账_2024年1月.csv"
    bad.write_text("户编号,当月家庭收入,当月家庭支出\n,100,50\n,200,80\n", encoding="utf-8")

    with Intake(county) as intake:
        receipt = intake.receive(bad, now=NOW, by=BY)
    assert (receipt.state, receipt.in_effect, receipt.counts.rejected) == ("held", False, 2)
    assert any("2 行" in sentence for sentence in receipt.held)
    assert status(county) == []
    assert verify(county, progress=no_progress).ok


def test_rebuild_gives_the_same_digest(county: County, invented: Path) -> None:
    """The warehouse thrown away and made again from originals holds the same results."""
    receive_and_screen(county, invented, MONTHS[:2])
    before = verify(county, progress=no_progress)
    months = rebuild(county, now=NOW, by=BY, progress=no_progress)
    after = verify(county, progress=no_progress)

    assert months == [(MONTHS[0], True), (MONTHS[1], True)]
    assert after.digest == before.digest
    assert after.ok


def test_verify_notices_a_changed_original(county: County, invented: Path) -> None:
    """An original that is not what it was breaks I7."""
    receipts = receive_month(county, invented, MONTHS[0])
    original = next(p for p in (county.home / "originals").rglob("*") if p.is_file())
    original.chmod(0o600)
    original.write_bytes(b"something else")
    found = verify(county, progress=no_progress)

    assert len(receipts) == 7
    assert {c.invariant for c in found.checks if not c.ok} == {"I7"}


def test_verify_notices_changed_results(county: County, invented: Path) -> None:
    """A run whose file is not what its digest says breaks I4."""
    receive_and_screen(county, invented, MONTHS[:2])
    runs = sorted((county.home / "warehouse" / "runs").iterdir())
    runs[0].write_bytes(runs[1].read_bytes())
    found = verify(county, progress=no_progress)

    assert {c.invariant for c in found.checks if not c.ok} == {"I4"}


def test_a_county_that_only_has_its_register_can_be_screened(county: County, invented: Path) -> None:
    """The normal first act: no extract yet, so nothing is linked and what needs them cannot be judged."""
    register = next(f for f in (invented / "county" / "2024-01").iterdir() if "农户" in f.name)
    with Intake(county) as intake:
        intake.receive(register, now=NOW, by=BY)
    found = screen(county, MONTHS[0], now=NOW, by=BY, progress=no_progress)

    assert found.links.height == 0
    assert found.unjudged.filter(pl.col("unjudged") > 0).height > 0
    assert links_of(county, MONTHS[0]).height == 0


def test_a_part_does_not_replace_a_month_unasked(county: County, invented: Path, tmp_path: Path) -> None:
    """A much smaller file waits for a person; with replace it takes effect, and the first may come back."""
    visit = next(f for f in (invented / "county" / "2024-01").iterdir() if "收支" in f.name)
    part = tmp_path / f"部分_{visit.name}"
    part.write_bytes(b"".join(visit.read_bytes().splitlines(keepends=True)[:20]))
    with Intake(county) as intake:
        first = intake.receive(visit, now=NOW, by=BY)
        waits = intake.receive(part, period=MONTHS[0], now=NOW, by=BY)
        second = intake.receive(part, period=MONTHS[0], replace=True, now=NOW, by=BY)
        told = intake.receive(visit, now=NOW, by=BY)
        back = intake.receive(visit, replace=True, now=NOW, by=BY)

    assert waits.state == "held"
    assert "请合并成一个文件再报" in waits.held[0]
    assert (second.state, second.superseded) == ("landed", first.batch_id)
    assert (told.known_before, told.in_effect) == (True, False)
    assert (back.in_effect, back.superseded) == (True, second.batch_id)
    assert status(county)[0].received["走访收支台账"] == first.counts.rows_in


def test_rebuild_leaves_undeclared_sources_alone(county: County, invented: Path) -> None:
    """A site that no longer declares a source can still be rebuilt; its other months stand."""
    receive_and_screen(county, invented, MONTHS[:1])
    shipped = resources.files("fangpin.config").joinpath("sites/huaxi.toml").read_text(encoding="utf-8")
    own = county.home / "config" / "sites"
    own.mkdir(parents=True)
    rules = [r.id for r in county.declared.rules.values() if "visit_ledger" in r.needs]
    body = "\n".join(
        line for line in shipped.splitlines() if not any(f'"{word}"' in line for word in (*rules, "visit_ledger"))
    )
    (own / "huaxi.toml").write_text(body, encoding="utf-8")
    changed = open_county(county.home, office_url=None)
    months = rebuild(changed, now=NOW, by=BY, progress=no_progress)
    held = {batch_id.split("-")[0] for batch_id in changed.warehouse.batch_ids()}
    changed.close()

    assert "visit_ledger" not in changed.declared.sources
    assert [period for period, _ in months] == MONTHS[:1]
    assert held == INVENTED - {"visit_ledger"}


def test_a_rebuild_that_cannot_be_done_leaves_everything_standing(county: County, invented: Path) -> None:
    """An original that is gone is said before anything is thrown away."""
    receive_and_screen(county, invented, MONTHS[:1])
    before = leads_of(county, MONTHS[0])
    next(p for p in (county.home / "originals").rglob("*") if p.is_file()).unlink()

    with pytest.raises(StoreDamaged, match="原始文件不在"):
        rebuild(county, now=NOW, by=BY, progress=no_progress)
    assert leads_of(county, MONTHS[0]).equals(before)


def test_verify_notices_a_changed_lead(county: County, invented: Path) -> None:
    """A lead of the office store that is not what its run says breaks I4."""
    receive_and_screen(county, invented, MONTHS[:1])
    with county.office.write() as connection:
        connection.execute(text("update lead set sentence = 'x'"))
    found = verify(county, progress=no_progress)

    assert {c.invariant for c in found.checks if not c.ok} == {"I4"}


def test_exports_hold_keys_and_no_identity(county: County, invented: Path, tmp_path: Path) -> None:
    """Links, leads and issues leave as flat files; no name and no ID number is in them."""
    receive_and_screen(county, invented, MONTHS[:1])
    register = county.warehouse.read(next(b for b in county.warehouse.batch_ids() if "register" in b), "identity")
    for what in Export:
        export(county, what, period=MONTHS[0], out=tmp_path / f"{what}.csv")
        export(county, what, period=MONTHS[0], out=tmp_path / f"{what}.parquet")
    text = "".join((tmp_path / f"{what}.csv").read_text(encoding="utf-8-sig") for what in Export)

    assert links_of(county, MONTHS[0]).columns == [
        *("source", "source_id", "file", "period", "row_number", "person_no", "household_no"),
        *("candidate_person_no", "band", "score", "method", "reasons"),
    ]
    assert leads_of(county, MONTHS[0]).columns == [
        *("household_no", "period", "kind", "grade", "rules", "measured", "thresholds", "sentence"),
    ]
    assert issues_of(county, MONTHS[0]).height > 0
    assert [id_no for id_no in register["id_no"].drop_nulls() if id_no in text] == []
    assert [name for name in register["person_name"].unique() if len(name) > 2 and name in text] == []


def test_every_row_of_a_linked_source_has_one_link(county: County, invented: Path) -> None:
    """Accepted and duplicate rows are all in the links of their month, once."""
    receipts = receive_month(county, invented, MONTHS[0])
    screen(county, MONTHS[0], now=NOW, by=BY, progress=no_progress)
    rows = {r.batch_id: r.counts.accepted + r.counts.duplicate for r in receipts if "register" not in r.batch_id}
    links = read_tables(county, status_run(county))["link"]

    assert dict(links.group_by("batch_id").len().iter_rows()) == rows
    assert not links.select("batch_id", "row_number").is_duplicated().any()


def status_run(county: County) -> str:
    """Return the id of the only published run."""
    return next((county.home / "warehouse" / "runs").iterdir()).stem
