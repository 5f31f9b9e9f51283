"""A screened month's matching: its quality, one row explained, conflicts, unknown families, correction sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from identity import whole

from fangpin.connectors.correction_form import HEADS
from fangpin.errors import NeedsDecision, NotFound, UsageProblem
from fangpin.ledgers.report_tables import Table, write_tables
from fangpin.matching.judgements import ReviewKind, Verdict
from fangpin.pipeline.county import County, create_county, open_county
from fangpin.pipeline.explaining import explain
from fangpin.pipeline.identity_corrections import write_corrections
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.matching_report import latest_month, matching_report, month_conflicts, month_unknown
from fangpin.pipeline.matching_rows import by_identity, read_links, read_rows
from fangpin.pipeline.matching_tables import conflict_table, report_tables, unknown_tables
from fangpin.pipeline.pins import month_links
from fangpin.pipeline.runs import read_register
from fangpin.pipeline.screening import screen
from fangpin.store.judgements import Said, add_judgements
from fangpin.types import Band, Period

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
JANUARY, FEBRUARY = Period(2024, 1), Period(2024, 2)
SOURCE = "medical_settlement"


@pytest.fixture(scope="module")
def screened_home(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a county with two months received and screened, once for all tests that only read it."""
    home = tmp_path_factory.mktemp("screened") / "home"
    made = create_county(home, "huaxi", office_url=None, now=NOW)
    for period in (JANUARY, FEBRUARY):
        with Intake(made) as intake:
            for file in sorted((invented / "county" / str(period)).iterdir()):
                intake.receive(file, now=NOW, by="测试")
        screen(made, period, now=NOW, by="测试", progress=lambda *_: None)
    made.close()
    return home


@pytest.fixture
def screened(screened_home: Path) -> Iterator[County]:
    """Open the screened county to read it."""
    opened = open_county(screened_home, office_url=None)
    yield opened
    opened.close()


@pytest.fixture
def january(county: County, invented: Path) -> County:
    """Receive and screen January in a county of the test's own."""
    with Intake(county) as intake:
        for file in sorted((invented / "county" / str(JANUARY)).iterdir()):
            intake.receive(file, now=NOW, by="测试")
    screen(county, JANUARY, now=NOW, by="测试", progress=lambda *_: None)
    return county


def links_of(county: County, source_id: str, *, band: Band) -> pl.DataFrame:
    """Return the links of a source in January that ended in a band, in the order of the rows."""
    batch = next(b for b in month_links(county, JANUARY) if b.ref.source_id == source_id)
    return read_links(batch).filter(pl.col("band") == band.value).sort("row_number")


def say(county: County, links: pl.DataFrame, verdict: Verdict, kind: ReviewKind) -> None:
    """Write down one verdict on each of these rows, by one reviewer."""
    said = [
        Said(
            **{name: row[name] for name in ("batch_id", "row_number", "person_no", "band", "method", "score")},
            verdict=verdict,
            kind=kind,
            reviewers_needed=1,
        )
        for row in links.iter_rows(named=True)
    ]
    with county.office.write() as connection:
        add_judgements(connection, said, now=NOW, by=["复核员"] * len(said))


def personal_values(county: County) -> set[str]:
    """Return every whole ID and full name of January's rows."""
    linked = by_identity(county, month_links(county, JANUARY))
    rows = pl.concat([read_rows(county, b, bands=tuple(Band)) for b in linked])
    return {*rows["id_no"].drop_nulls(), *(name for name in rows["person_name"].drop_nulls() if len(name) > 2)}


def cells(tables: list[Table]) -> str:
    """Return everything tables say, as one text."""
    return "\n".join(str(cell) for table in tables for row in table.rows for cell in row)


def test_a_month_nobody_reviewed_is_reported_without_estimates(screened: County) -> None:
    """Every row is counted, and what nobody looked at is unknown."""
    found = matching_report(screened, JANUARY)
    figures = found.figures

    assert figures.select(pl.col("rows") - pl.col("linked") - pl.col("review") - pl.col("left")).sum().item() == 0
    assert figures.height == 6
    assert found.before is None
    assert found.drift.is_empty()
    assert found.precision.covered == 0.0
    assert "未知" in cells(report_tables(found, {}))


def test_drift_is_counted_against_the_month_before(screened: County) -> None:
    """February is held against January, source by source."""
    found = matching_report(screened, FEBRUARY)

    assert found.before == JANUARY
    assert set(found.drift["source_id"]) == set(found.figures["source_id"])
    assert latest_month(screened) == FEBRUARY


def test_checked_links_give_precision_and_the_wrong_ones_by_place(january: County) -> None:
    """Nine right and one wrong of the exact links; the wrong one is told by file and row."""
    exact = links_of(january, SOURCE, band=Band.LINK).filter(pl.col("method") == "id_exact").head(10)
    say(january, exact.head(9), Verdict.SAME, ReviewKind.CHECK)
    say(january, exact.tail(1), Verdict.NOT_SAME, ReviewKind.CHECK)

    before = matching_report(january, JANUARY)
    screen(january, JANUARY, now=NOW, by="测试", progress=lambda *_: None)
    after = matching_report(january, JANUARY)

    for found in (before, after):
        stratum = found.precision.strata.filter(pl.col("looked_at") > 0).row(0, named=True)
        assert (stratum["source_id"], stratum["method"], stratum["looked_at"], stratum["right"]) == (
            SOURCE,
            "id_exact",
            10,
            9,
        )
        wrong = found.wrong.row(0, named=True)
        assert (wrong["row_number"], wrong["person_no"]) == exact.select("row_number", "person_no").row(9)
        assert wrong["file_name"]
        assert wrong["sheet_row"]
        assert found.calibration["looked_at"].to_list() == [10]


def test_the_report_is_written_as_workbook_and_as_page(screened: County, tmp_path: Path) -> None:
    """Both hold the same tables and no personal value; written twice they are the same bytes."""
    tables = report_tables(matching_report(screened, JANUARY), {})
    for name in ("a.xlsx", "b.xlsx", "a.md"):
        write_tables(tmp_path / name, "匹配质量报告", tables)

    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == [t.title for t in tables]
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    page = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert all(f"## {t.title}" in page for t in tables)
    assert not any(value in page for value in personal_values(screened))


def test_a_report_has_two_forms_and_a_place(tmp_path: Path) -> None:
    """Another ending and a folder that is not there are refused."""
    with pytest.raises(UsageProblem):
        write_tables(tmp_path / "a.csv", "报告", [])
    with pytest.raises(NotFound):
        write_tables(tmp_path / "no" / "a.md", "报告", [])


def test_conflicts_and_unknown_families_name_rows_and_nobody(screened: County) -> None:
    """Rows stand with their file; no name and no ID is told."""
    against, families = month_conflicts(screened, JANUARY), month_unknown(screened, JANUARY)
    told = cells([conflict_table(against, {}), *unknown_tables(families, {})])

    assert families.families.height > 0
    assert families.rows["file_name"].null_count() == 0
    assert sorted(families.families["family"]) == sorted(families.rows["family"].unique())
    assert not any(value in told for value in personal_values(screened))


def test_a_linked_row_is_explained(screened: County) -> None:
    """The sentence of the link, its nearest person first, and every field with its weight; masked."""
    row = links_of(screened, SOURCE, band=Band.LINK).row(0, named=True)

    found = explain(screened, JANUARY, SOURCE, row["row_number"])

    assert (found.link["person_no"], found.link["reasons"]) == (row["person_no"], row["reasons"])
    assert found.nearest["person_no"][0] == row["person_no"]
    assert {"证件号码", "姓名", "出生日期"} <= set(found.evidence["field"])
    shown = found.evidence.filter(pl.col("field") == "证件号码")["person_value"].drop_nulls()
    assert all(len(value) <= 8 and value.startswith("****") for value in shown)
    born = found.evidence.filter(pl.col("field") == "出生日期")["person_value"].drop_nulls()
    assert not any("-" in value for value in born)


def test_every_left_row_has_a_reason(screened: County) -> None:
    """A row nobody in the register fits is explained as well."""
    row = links_of(screened, SOURCE, band=Band.LEAVE).row(0, named=True)

    found = explain(screened, JANUARY, SOURCE, row["row_number"])

    assert found.link["reasons"].startswith("未匹配：")
    assert found.nearest.filter(pl.col("score") >= 0.95).is_empty()


@pytest.mark.parametrize(("source_id", "row_number"), [("nosuch", 1), ("visit_ledger", 1), (SOURCE, 999_999)])
def test_a_row_that_is_not_there_cannot_be_explained(screened: County, source_id: str, row_number: int) -> None:
    """Neither an unknown source, nor one linked by household number, nor a row beyond the end."""
    with pytest.raises(NotFound):
        explain(screened, JANUARY, source_id, row_number)


def test_an_unscreened_month_has_no_report(county: County) -> None:
    """Nothing is reported before a month was screened."""
    with pytest.raises(NeedsDecision):
        latest_month(county)
    with pytest.raises(NeedsDecision):
        matching_report(county, JANUARY)


def test_a_month_without_rows_of_people_has_nothing_to_report(county: County, invented: Path) -> None:
    """The visit ledger alone is linked by household number: there is nothing to estimate and nobody unknown."""
    with Intake(county) as intake:
        for file in sorted((invented / "county" / str(JANUARY)).iterdir()):
            if "台账" in file.name and "房屋" not in file.name:
                intake.receive(file, now=NOW, by="测试")
    screen(county, JANUARY, now=NOW, by="测试", progress=lambda *_: None)

    for question in (matching_report, month_conflicts, month_unknown):
        with pytest.raises(NeedsDecision, match="没有需要匹配到人的数据"):
            question(county, JANUARY)


def test_a_delivery_without_fault_gets_no_sheet(county: County, invented: Path, tmp_path: Path) -> None:
    """Whole numbers of people nobody knows leave nothing to correct."""
    people = tmp_path / "低保_2024年1月.csv"
    told = [f"卫{c},{whole('990101', f'19{n}0101', '123')},农村低保,400" for n, c in enumerate("甲乙丙丁", 60)]
    people.write_text("\n".join(["姓名,身份证号,低保类别,月保障金额", *told]), encoding="utf-8")
    with Intake(county) as intake:
        intake.receive(
            next(f for f in (invented / "county" / "2024-01").iterdir() if "信息" in f.name), now=NOW, by="测试"
        )
        intake.receive(people, now=NOW, by="民政局")
    screen(county, JANUARY, now=NOW, by="测试", progress=lambda *_: None)

    assert write_corrections(county, JANUARY, source_id="dibao_roster", folder=None) == []
    with pytest.raises(NotFound):
        write_corrections(county, JANUARY, source_id=None, folder=tmp_path / "no")


def test_a_correction_sheet_goes_out_and_comes_back(january: County, tmp_path: Path) -> None:
    """A wrong ID is asked for without being told; the sheet comes back through receive and the fault is gone."""
    county = january
    (sheet,) = write_corrections(county, JANUARY, source_id=SOURCE, folder=tmp_path)
    batch = next(b for b in month_links(county, JANUARY) if b.ref.source_id == SOURCE)
    persons = read_register(county, batch.register_batch_id).persons
    linked = read_links(batch).filter(pl.col("band") == Band.LINK.value).join(persons, on="person_no")
    places = read_rows(county, batch, bands=(Band.LINK,)).join(
        linked.select("row_number", right="id_no").drop_nulls(), on="row_number"
    )
    known = {(row["sheet"] or "", row["sheet_row"]): row["right"] for row in places.iter_rows(named=True)}
    book = openpyxl.load_workbook(sheet.path)
    page = book["待更正"]
    heads = {name: place for place, name in enumerate(HEADS, 1)}
    answered = 0
    for line in page.iter_rows(min_row=4):
        place = (line[heads["sheet"] - 1].value or "", int(line[heads["row"] - 1].value))
        if line[heads["column"] - 1].value != "证件号码" or place not in known:
            continue
        line[heads["action"] - 1].value, line[heads["value"] - 1].value = "更正", known[place]
        answered += 1
    book.save(tmp_path / "交回.xlsx")

    with Intake(county) as intake:
        receipt = intake.receive(tmp_path / "交回.xlsx", now=NOW, by="医保局")
    with pytest.raises(NeedsDecision):
        write_corrections(county, JANUARY, source_id=SOURCE, folder=tmp_path)
    screen(county, JANUARY, now=NOW, by="测试", progress=lambda *_: None)
    (again,) = write_corrections(county, JANUARY, source_id=SOURCE, folder=tmp_path)

    told = "".join(str(cell.value) for line in openpyxl.load_workbook(sheet.path)["待更正"] for cell in line)
    assert answered > 0
    assert receipt.superseded == batch.ref.batch_id
    assert again.lines == sheet.lines - answered
    assert not any(value in told for value in personal_values(county))


def test_every_department_gets_its_own_sheet(january: County) -> None:
    """Without a folder the sheets lie beside the other correction sheets; an unknown source has none."""
    sheets = write_corrections(january, JANUARY, source_id=None, folder=None)

    assert {s.path.parent for s in sheets} == {january.home / "quarantine" / "2024-01"}
    assert len({s.path for s in sheets}) == len(sheets) > 2
    with pytest.raises(NotFound):
        write_corrections(january, JANUARY, source_id="nosuch", folder=None)
