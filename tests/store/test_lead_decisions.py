"""Decisions to raise what was held back, and what visits tell of earlier leads; on either database."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from fangpin.errors import NeedsDecision
from fangpin.store.lead_decisions import decisions_of, reopen, undo
from fangpin.store.leads import leads_of, visits_before
from fangpin.store.office import Office, open_office
from fangpin.store.tasks import insert_answers
from fangpin.store.upgrade import upgrade
from fangpin.tasks.actions import dispatch
from fangpin.types import Period

NOW = dt.datetime(2024, 5, 1, 1, 0, tzinfo=dt.UTC)
MARCH, APRIL = Period(2024, 3), Period(2024, 4)


def reopened(office: Office, household_no: str = "H1", rule_id: str | None = None, period: Period = MARCH) -> bool:
    """Write a decision down."""
    with office.write() as connection:
        return reopen(connection, period, household_no, rule_id=rule_id, reason="补充材料", now=NOW, by="甲")


def in_force(office: Office, period: Period = MARCH) -> list[tuple[Any, ...]]:
    """Return household, rule and reason of the decisions in force."""
    with office.read() as connection:
        return decisions_of(connection, period).select("household_no", "rule_id", "reason").rows()


def test_decided_again_is_not_written_again(office: Office) -> None:
    """One decision for a household, another for one of its rules, and another month's is another."""
    assert [reopened(office), reopened(office), reopened(office, rule_id="r"), reopened(office, period=APRIL)] == [
        True,
        False,
        True,
        True,
    ]

    assert in_force(office) == [("H1", None, "补充材料"), ("H1", "r", "补充材料")]


def test_undone_and_decided_anew(office: Office) -> None:
    """A decision is taken back by a further row, and may be taken again."""
    reopened(office)
    reopened(office, rule_id="r")
    with office.write() as connection:
        undo(connection, MARCH, "H1", rule_id=None, now=NOW, by="乙")
    assert in_force(office) == [("H1", "r", "补充材料")]

    assert reopened(office)
    with office.read() as connection:
        assert connection.execute(text("select count(*) from lead_decision")).scalar() == 4


@pytest.mark.parametrize(("household_no", "rule_id"), [("H2", None), ("H1", "s")])
def test_nothing_to_undo(office: Office, household_no: str, rule_id: str | None) -> None:
    """Who takes back what nobody decided is told."""
    reopened(office)
    with pytest.raises(NeedsDecision, match="没有现行的恢复决定"), office.write() as connection:
        undo(connection, MARCH, household_no, rule_id=rule_id, now=NOW, by="乙")


@pytest.mark.parametrize("change", ["update lead_decision set reason = 'x'", "delete from lead_decision"])
def test_decisions_are_append_only(office: Office, change: str) -> None:
    """The database itself refuses to rewrite a decision."""
    reopened(office)
    with pytest.raises(DBAPIError, match="append-only"), office.write() as connection:
        connection.execute(text(change))


def answered(office: Office, revision: int, code: str, received: dt.datetime) -> None:
    """Write down what a township found at H1 of March."""
    row = {"task_id": "2024-03:H1", "revision": revision, "result_code": code, "reason_code": None}
    row |= {"visited_on": dt.date(2024, 4, 12), "visitors": "甲、乙", "method": None, "note": None}
    row |= {"sheet_sha256": "a" * 64, "received_at": received, "received_by": "县办"}
    with office.write() as connection:
        insert_answers(connection, pl.DataFrame([row]))


@pytest.mark.parametrize(
    ("received", "period", "known"),
    [
        (dt.datetime(2024, 4, 30, 15, 59, tzinfo=dt.UTC), APRIL, True),  # 23:59 of the last day in Shanghai
        (dt.datetime(2024, 4, 30, 16, 0, tzinfo=dt.UTC), APRIL, False),  # midnight: May
        (dt.datetime(2024, 4, 30, 16, 0, tzinfo=dt.UTC), Period(2024, 5), True),
        (dt.datetime(2024, 3, 31, 15, 0, tzinfo=dt.UTC), MARCH, False),  # its own month
    ],
)
def test_a_visit_is_known_from_the_month_it_came_in(
    office: Office,
    lead_rows: Any,
    publish: Any,
    received: dt.datetime,
    period: Period,
    known: bool,  # noqa: FBT001
) -> None:
    """Whenever a month is screened, it knows the answers that came in by its last day, of earlier leads."""
    publish(office, "2024-03", lead_rows("H1", kinds=["water", "dropout"]), run_id="r1")
    dispatch(office, MARCH, due_on=dt.date(2024, 4, 20), now=NOW, by="县办")
    answered(office, 1, "04", received)

    with office.read() as connection:
        found = visits_before(connection, period).rows()

    told = ("H1", ["dropout", "water"], "2024-03", dt.date(2024, 4, 12), "04")
    assert found == ([told] if known else [])


def test_of_several_answers_the_last_counts(office: Office, lead_rows: Any, publish: Any) -> None:
    """A task sent back and answered again tells its last answer, of all its leads."""
    publish(office, "2024-02", lead_rows("H1", kinds=["water"]), run_id="r1")
    publish(office, "2024-03", lead_rows("H1"), run_id="r2")
    for month in (MARCH, Period(2024, 2)):
        dispatch(office, month, due_on=dt.date(2024, 4, 20), now=NOW, by="县办")
    answered(office, 1, "04", dt.datetime(2024, 4, 12, tzinfo=dt.UTC))
    answered(office, 2, "02", dt.datetime(2024, 4, 20, tzinfo=dt.UTC))

    with office.read() as connection:
        found = visits_before(connection, APRIL).select("kinds", "last_period", "result_code").rows()

    assert found == [(["dropout", "water"], "2024-03", "02")]


def test_leads_from_before_are_kept(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store of the version before keeps its leads: from departments, without a case, without a remark."""
    newest = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: newest(config, "0004"))
    old = create_engine(empty_url.replace("postgresql://", "postgresql+psycopg://"))
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    with old.begin() as connection:
        upgrade(connection)
        connection.execute(
            text("insert into run values ('r1', '2024-03', 'started', '{}', null, null, '2024-04-01 00:00:00', null)")
        )
        columns = "lead_id, period, household_no, township, village, grade, kinds, sentence, score, run_id, state"
        row = "'2024-03:H1', '2024-03', 'H1', '甲镇', '一村', 'red', '[\"dropout\"]', '请核实。', 1.0, 'r1', 'open'"
        connection.execute(text(f"insert into lead ({columns}) values ({row})"))
    old.dispose()
    monkeypatch.setattr(command, "upgrade", newest)

    office = open_office(empty_url)
    with office.read() as connection:
        kept = leads_of(connection, MARCH).row(0, named=True)
    office.close()

    assert (kept["kinds"], kept["channels"], kept["standing"], kept["flags"]) == (
        ["dropout"],
        ["department"],
        "new",
        [],
    )
