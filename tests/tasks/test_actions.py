"""The operations on tasks on either database: each change with its event, each operation twice the same."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from sqlalchemy import select, text

from fangpin.config.ledger_models import Ledger
from fangpin.config.site_models import Deadline, Grade, Site
from fangpin.errors import Busy, IntakeRefused
from fangpin.ledgers.returned import Returned
from fangpin.store.county import claim_county
from fangpin.store.digest import office_digest
from fangpin.store.leads import leads_of
from fangpin.store.office import Office
from fangpin.store.schema import Answer, TaskEvent
from fangpin.store.sheets import SheetFile, register_sheets, sheets_of
from fangpin.store.tasks import tasks_of
from fangpin.store.verify import verify_office
from fangpin.tasks.actions import AnswerResult, DispatchResult, SheetResult, answer, dispatch, export_sheets
from fangpin.types import Period

LEDGER = Ledger.model_validate(
    tomllib.loads(resources.files("fangpin.config").joinpath("ledgers/township_tasks.toml").read_text(encoding="utf-8"))
)
JANUARY, FEBRUARY = Period(2024, 1), Period(2024, 2)
NOW = dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC)
TODAY = dt.date(2024, 2, 1)
DUE_ON = dt.date(2024, 2, 8)
WEEK = Deadline(days=7, day_type="calendar", document="方案")
SITE = Site(
    id="huaxi",
    title="某县",
    bureau="乡村振兴局",
    sources=(),
    rules=(),
    grades=(Grade(code="red", title="红色", meaning=""),),
    parameters=(),
    verification=WEEK,
)


def _dispatch(office: Office, period: Period = JANUARY) -> DispatchResult:
    return dispatch(office, period, due_on=DUE_ON, now=NOW, by="县办")


def _tasks(office: Office) -> list[tuple[Any, ...]]:
    with office.read() as connection:
        return tasks_of(connection).select("task_id", "township", "state", "revision", "due_on").rows()


def _events(office: Office) -> list[tuple[Any, ...]]:
    columns = (TaskEvent.event_key, TaskEvent.from_state, TaskEvent.to_state, TaskEvent.by, TaskEvent.detail)
    with office.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(TaskEvent.event_id))]


def test_every_open_lead_becomes_a_task(office: Office, lead_rows: Any, publish: Any) -> None:
    """One task a household, with its event, and the lead points to it."""
    publish(office, "2024-01", pl.concat([lead_rows("H1"), lead_rows("H2", township="柳河乡")]), run_id="r1")
    result = _dispatch(office)
    with office.read() as connection:
        leads = leads_of(connection, JANUARY).select("state", "task_id").rows()

    due = dt.date(2024, 2, 8)
    assert DispatchResult(new=2, joined=0, reopened=0, unplaced=0) == result
    assert [("2024-01:H1", "桐花镇", "dispatched", 1, due), ("2024-01:H2", "柳河乡", "dispatched", 1, due)] == _tasks(
        office
    )
    assert leads == [("dispatched", "2024-01:H1"), ("dispatched", "2024-01:H2")]
    assert [
        (f"2024-01:{no}:1:dispatched", None, "dispatched", "县办", {"lead_id": f"2024-01:{no}"}) for no in ("H1", "H2")
    ] == _events(office)


def test_dispatching_twice_adds_nothing(office: Office, lead_rows: Any, publish: Any) -> None:
    """The second dispatch of a month finds nothing to do."""
    publish(office, "2024-01", lead_rows("H1", "H2"), run_id="r1")
    _dispatch(office)
    with office.read() as connection:
        before = office_digest(connection)
    again = _dispatch(office)
    with office.read() as connection:
        after = office_digest(connection)

    assert DispatchResult(new=0, joined=0, reopened=0, unplaced=0) == again
    assert before == after


def test_a_new_lead_joins_the_open_task(office: Office, lead_rows: Any, publish: Any) -> None:
    """The next month's lead of the household raises the open task's revision and leaves its deadline."""
    for period in ("2024-01", "2024-02"):
        publish(office, period, lead_rows("H1"), run_id=period)
        result = _dispatch(office, Period.parse(period))

    assert DispatchResult(new=0, joined=1, reopened=0, unplaced=0) == result
    assert [("2024-01:H1", "桐花镇", "dispatched", 2, dt.date(2024, 2, 8))] == _tasks(office)
    joined = ("2024-01:H1:2:joined", "dispatched", "dispatched", "县办", {"lead_id": "2024-02:H1"})
    assert joined == _events(office)[-1]


def test_withdrawn_and_unplaced_leads_are_left(office: Office, lead_rows: Any, publish: Any) -> None:
    """A withdrawn lead makes no task; one without a township is counted."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    publish(office, "2024-01", lead_rows("H2", township=None), run_id="r2")

    assert DispatchResult(new=0, joined=0, reopened=0, unplaced=1) == _dispatch(office)
    assert _tasks(office) == []


def test_a_failed_event_undoes_the_dispatch(office: Office, lead_rows: Any, publish: Any) -> None:
    """Where the event cannot be written, no task is made."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    with office.write() as connection:
        connection.execute(text("alter table task_event rename to task_event_gone"))
    with pytest.raises(Exception, match="task_event"):
        _dispatch(office)

    assert _tasks(office) == []


MEMBERS = pl.DataFrame(
    {"household_no": ["H1"], "person_no": ["P1"], "person_name": ["张三"], "relation": ["户主"], "is_head": [True]}
)
HOUSEHOLDS = pl.DataFrame(
    {"household_no": ["H1"], "village_group": ["2组"], "head_name": ["张三"], "household_type": ["脱贫户"], "size": [1]}
)


def _export(office: Office, folder: Path, period: Period = JANUARY) -> SheetResult:
    return export_sheets(
        office,
        period,
        folder=folder,
        site=SITE,
        ledger=LEDGER,
        members=MEMBERS,
        households=HOUSEHOLDS,
        now=NOW,
        by="县办",
    )


def test_each_township_gets_its_workbook(office: Office, lead_rows: Any, publish: Any, tmp_path: Path) -> None:
    """One workbook a township with its households, written down with its digest."""
    publish(office, "2024-01", pl.concat([lead_rows("H1"), lead_rows("H2", township="柳河乡")]), run_id="r1")
    _dispatch(office)
    result = _export(office, tmp_path)
    with office.read() as connection:
        kept = sheets_of(connection, JANUARY).select("sheet_id", "path").rows()
    book = openpyxl.load_workbook(tmp_path / "2024-01" / "核查任务_桐花镇_2024-01_第1版.xlsx")

    assert result.written == 2
    assert {
        ("2024-01:柳河乡:1", "2024-01/核查任务_柳河乡_2024-01_第1版.xlsx"),
        ("2024-01:桐花镇:1", "2024-01/核查任务_桐花镇_2024-01_第1版.xlsx"),
    } == set(kept)
    assert book.worksheets[0]["A1"].value == "某县防返贫预警线索入户核查任务表（桐花镇  2024年1月）"
    assert book.worksheets[0]["B4"].value == "2024-01:H1"


def test_exporting_twice_writes_once(office: Office, lead_rows: Any, publish: Any, tmp_path: Path) -> None:
    """The same content is the same sheet; a lost file is written again under its name."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    _dispatch(office)
    first = _export(office, tmp_path)
    file = tmp_path / first.sheets[0].path
    content = file.read_bytes()
    file.unlink()
    again = _export(office, tmp_path)

    assert (first.sheets, 0) == (again.sheets, again.written)
    assert content == file.read_bytes()


def test_new_content_is_a_new_revision(office: Office, lead_rows: Any, publish: Any, tmp_path: Path) -> None:
    """When what a lead says has changed, the township gets the next revision beside the first."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    _dispatch(office)
    _export(office, tmp_path)
    publish(office, "2024-01", lead_rows("H1", sentence="另一句。"), run_id="r2")
    result = _export(office, tmp_path)

    assert ([sheet.revision for sheet in result.sheets], result.written) == ([2], 1)
    assert len(list((tmp_path / "2024-01").iterdir())) == 2


def test_a_joined_task_is_in_the_later_month_with_both_reasons(
    office: Office, lead_rows: Any, publish: Any, tmp_path: Path
) -> None:
    """The workbook of the later month shows the joined task, its new revision and every reason."""
    for period in ("2024-01", "2024-02"):
        publish(office, period, lead_rows("H1"), run_id=period)
        _dispatch(office, Period.parse(period))
    sheet = openpyxl.load_workbook(tmp_path / _export(office, tmp_path, FEBRUARY).sheets[0].path).worksheets[0]

    row = {sheet.cell(3, place).value: sheet.cell(4, place).value for place in range(1, 20)}
    assert (row["任务编号"], row["版本"]) == ("2024-01:H1", "2")
    assert row["预警原因"] == "【2024年1月】请核实。\n【2024年2月】请核实。"


def test_a_township_that_cannot_name_a_file_stays_inside(
    office: Office, lead_rows: Any, publish: Any, tmp_path: Path
) -> None:
    """A township's name never leads out of the folder, nor onto another township's file."""
    leads = pl.concat([lead_rows("H1", township="../甲"), lead_rows("H2", township="//.甲")])
    publish(office, "2024-01", leads, run_id="r1")
    _dispatch(office)
    result = _export(office, tmp_path)

    assert len({sheet.path for sheet in result.sheets}) == 2
    assert {tmp_path / "2024-01"} == {(tmp_path / sheet.path).resolve().parent for sheet in result.sheets}


def test_an_export_overtaken_by_another_is_told(
    office: Office, lead_rows: Any, publish: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When another export was written down meanwhile, this one says so instead of contradicting it."""
    publish(office, "2024-01", lead_rows("H1"), run_id="r1")
    _dispatch(office)

    def overtaken(_path: Path, _content: bytes) -> None:
        with office.write() as connection:
            register_sheets(connection, [SheetFile(JANUARY, "桐花镇", 1, "0" * 64, "x")], now=NOW, by="乙")

    monkeypatch.setattr("fangpin.tasks.actions.write_workbook", overtaken)
    with pytest.raises(Busy, match="另一次导出"):
        _export(office, tmp_path)


ROWS = {
    "sheet_row": pl.UInt32,
    "task_id": pl.String,
    "revision": pl.Int64,
    "result_code": pl.String,
    "reason_code": pl.String,
    "visited_on": pl.Date,
    "visitors": pl.String,
    "method": pl.String,
    "note": pl.String,
}
REFUSED = {"sheet_row": pl.UInt32, "task_id": pl.String, "column": pl.String, "expected": pl.String}


def _returned(*rows: dict[str, Any], township: str = "桐花镇", site_id: str = "huaxi") -> Returned:
    usual = {
        "revision": 1,
        "result_code": "04",
        "reason_code": "5",
        "visited_on": TODAY,
        "visitors": "张三、李四",
        "method": None,
        "note": None,
    }
    filled = [usual | {"sheet_row": number} | row for number, row in enumerate(rows, 4)]
    refused = pl.DataFrame([(9, None, "核查日期", "日期")], schema=REFUSED, orient="row")
    return Returned("township_tasks", site_id, township, JANUARY, 1, pl.DataFrame(filled, schema=ROWS), refused, 2)


def _answer(office: Office, returned: Returned) -> AnswerResult:
    return answer(office, returned, ledger=LEDGER, sheet_sha256="s" * 64, today=TODAY, now=NOW, by="桐花镇")


@pytest.fixture
def dispatched(office: Office, lead_rows: Any, publish: Any) -> Office:
    """Return a store of one county with two tasks of a township and one of another."""
    with office.write() as connection:
        claim_county(connection, "huaxi", now=NOW)
    publish(office, "2024-01", pl.concat([lead_rows("H1", "H2"), lead_rows("H3", township="柳河乡")]), run_id="r1")
    _dispatch(office)
    return office


def test_an_answer_is_recorded_with_its_event(dispatched: Office) -> None:
    """The answer is kept, the task is answered, the event says so; the sheet's own refusals are passed on."""
    result = _answer(dispatched, _returned({"task_id": "2024-01:H1"}))
    with dispatched.read() as connection:
        kept = connection.execute(
            select(Answer.task_id, Answer.result_code, Answer.reason_code, Answer.sheet_sha256)
        ).all()
        task = tasks_of(connection, is_open=False).select("task_id", "state", "result_code", "answered_by").rows()
        checks = verify_office(connection)

    assert (result.accepted, result.already, result.blank, result.refused.height) == (1, 0, 2, 1)
    assert [tuple(row) for row in kept] == [("2024-01:H1", "04", "5", "s" * 64)]
    assert task == [("2024-01:H1", "answered", "04", "桐花镇")]
    detail = {"result_code": "04", "reason_code": "5"}
    assert ("2024-01:H1:1:answered", "dispatched", "answered", "桐花镇", detail) == _events(dispatched)[-1]
    assert all(check.ok for check in checks)


def test_the_same_sheet_twice_is_recorded_once(dispatched: Office) -> None:
    """Sending a sheet again changes nothing and is no error."""
    _answer(dispatched, _returned({"task_id": "2024-01:H1"}))
    with dispatched.read() as connection:
        before = office_digest(connection)
    again = _answer(dispatched, _returned({"task_id": "2024-01:H1"}))
    with dispatched.read() as connection:
        after = office_digest(connection)

    assert (again.accepted, again.already) == (0, 1)
    assert before == after


def test_bad_rows_do_not_stop_good_ones(dispatched: Office) -> None:
    """Another township's task, an unknown one and an old revision are refused by row; the rest stands."""
    result = _answer(
        dispatched,
        _returned(
            {"task_id": "2024-01:H3"},
            {"task_id": "2024-01:H9"},
            {"task_id": "2024-01:H1", "revision": 2},
            {"task_id": "2024-01:H2"},
        ),
    )

    assert result.accepted == 1
    assert result.refused.select("sheet_row", "column", "expected").rows() == [
        (4, "任务编号", "县里下发给桐花镇的任务编号，请勿改动"),
        (5, "任务编号", "县里下发给桐花镇的任务编号，请勿改动"),
        (6, "版本", "第1版；请在最新下发的表中填写"),
        (9, "核查日期", "日期"),
    ]


def test_an_old_revision_is_refused_after_a_join(dispatched: Office, lead_rows: Any, publish: Any) -> None:
    """Once a new lead joined, the answer on the older sheet does not count."""
    publish(dispatched, "2024-02", lead_rows("H1"), run_id="r2")
    _dispatch(dispatched, FEBRUARY)
    result = _answer(dispatched, _returned({"task_id": "2024-01:H1"}))

    assert (result.accepted, result.refused.select("sheet_row", "column").rows()[:1]) == (0, [(4, "版本")])


def test_an_empty_sheet_is_no_error(dispatched: Office) -> None:
    """A sheet without answered rows records nothing."""
    assert (_answer(dispatched, _returned()).accepted, _answer(dispatched, _returned()).already) == (0, 0)


def test_another_countys_sheet_is_refused(dispatched: Office) -> None:
    """A sheet of another county is refused as a whole."""
    with pytest.raises(IntakeRefused, match="laiyuan"):
        _answer(dispatched, _returned({"task_id": "2024-01:H1"}, site_id="laiyuan"))


def test_a_lead_after_the_answer_is_a_new_task(dispatched: Office, lead_rows: Any, publish: Any) -> None:
    """An answered task is not open any more: next month's lead makes its own task."""
    _answer(dispatched, _returned({"task_id": "2024-01:H1"}))
    publish(dispatched, "2024-02", lead_rows("H1"), run_id="r2")

    assert DispatchResult(new=1, joined=0, reopened=0, unplaced=0) == _dispatch(dispatched, FEBRUARY)
    assert "2024-02:H1" in {task_id for task_id, *_rest in _tasks(dispatched)}


def test_an_answered_task_outlives_its_lead(dispatched: Office, lead_rows: Any, publish: Any) -> None:
    """Withdrawing the lead of an answered task leaves the answer, and a lead that is back is on it again."""
    _answer(dispatched, _returned({"task_id": "2024-01:H1"}))
    both = pl.concat([lead_rows("H2"), lead_rows("H3", township="柳河乡")])
    publish(dispatched, "2024-01", both, run_id="r2")
    publish(dispatched, "2024-01", pl.concat([lead_rows("H1"), both]), run_id="r3")

    assert DispatchResult(new=0, joined=0, reopened=0, unplaced=0) == _dispatch(dispatched)
    assert [key.split(":")[3] for key, *_rest in _events(dispatched)[-2:]] == ["lead_withdrawn", "lead_restored"]
