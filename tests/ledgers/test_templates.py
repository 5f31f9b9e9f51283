"""The blank workbooks: made from the declarations, known again by the reader when they come back filled."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from identity import whole

from fangpin.cli.main import main
from fangpin.config.loader import load
from fangpin.config.source_models import Agreement, ColumnKind, Source
from fangpin.errors import UsageProblem
from fangpin.ledgers.asked import asked_columns, terms
from fangpin.ledgers.templates import NOTES_SHEET, TABLE_SHEET, render_template, write_template
from fangpin.pipeline.county import create_county
from fangpin.pipeline.intake import Intake

DECLARED = load("huaxi")
SOURCES = sorted(DECLARED.sources)
NOW = dt.datetime(2024, 4, 2, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
CELLS: dict[ColumnKind, Any] = {
    ColumnKind.NAME: "甲某",
    ColumnKind.ID_NO: whole("990101", "19900101", "001"),
    ColumnKind.MONEY: 1234.5,
    ColumnKind.DATE: dt.date(1990, 1, 1),
    ColumnKind.INTEGER: 3,
    ColumnKind.PLACE: "桐花镇",
}


def _open(source: Source) -> Any:
    return openpyxl.load_workbook(io.BytesIO(render_template(source, DECLARED.identity, county="某县")))


def _column(source_id: str, name: str) -> Any:
    """Return the letter of a declared column in a source's blank workbook."""
    asked = asked_columns(DECLARED.sources[source_id], DECLARED.identity)
    return openpyxl.utils.get_column_letter(1 + [one.column.name for one in asked].index(name))


def test_heads_stand_in_order_with_a_star_on_the_required() -> None:
    """The third row bears the heads of the declaration; a column that cannot be left out has its star."""
    heads = [cell.value for cell in _open(DECLARED.sources["visit_ledger"])[TABLE_SHEET][3]]

    assert heads == [
        "户编号*",
        "户主姓名",
        "乡镇",
        "行政村",
        "家庭人口",
        "当月家庭收入（元）*",
        "当月家庭支出（元）",
        "当月工资性收入（元）",
        "当月生产经营净收入（元）",
        "当月财产性收入（元）",
        "当月转移性收入（元）",
        "当月不计入救助核算的收入（元）",
    ]


def test_a_household_is_asked_for_by_its_head() -> None:
    """Where the row speaks of a household the heads say whose name and number are meant."""
    heads = [cell.value for cell in _open(DECLARED.sources["housing_appraisal"])[TABLE_SHEET][3]]

    assert heads[:2] == ["户主姓名*", "户主身份证号*"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("id_no", "@"), ("person_name", "@"), ("amount_yuan", "#,##0.00"), ("started_on", "yyyy-mm-dd"), ("age", "0")],
)
def test_cells_are_ready_for_what_is_written(name: str, shown: str) -> None:
    """A number of 18 digits is text before anybody types it; dates and money show as such."""
    sheet = _open(DECLARED.sources["dibao_roster"])[TABLE_SHEET]

    assert sheet.column_dimensions[_column("dibao_roster", name)].number_format == shown


@pytest.mark.parametrize(
    ("name", "words"),
    [("category", '"农村低保,城市低保,特困供养,低保边缘,刚性支出困难,孤儿"'), ("sex", '"男,女"'), ("tier", None)],
)
def test_words_are_offered_as_a_drop_down(name: str, words: str | None) -> None:
    """A column of codes offers the declared words; free text offers none."""
    letter = _column("dibao_roster", name)
    rules = _open(DECLARED.sources["dibao_roster"])[TABLE_SHEET].data_validations.dataValidation
    found = next(rule for rule in rules if str(rule.sqref) == f"{letter}4:{letter}20003")

    assert found.formula1 == words


@pytest.mark.parametrize("source_id", SOURCES)
def test_every_list_of_words_fits_its_drop_down(source_id: str) -> None:
    """No list of codes is too long to be offered."""
    asked = asked_columns(DECLARED.sources[source_id], DECLARED.identity)

    assert [one.head for one in asked if len(",".join(one.choices)) > 255] == []


def test_a_list_too_long_for_a_drop_down_is_not_offered() -> None:
    """A column of very many words is left open rather than making a workbook no program opens."""
    source = DECLARED.sources["dibao_roster"]
    many = {f"很长的保障类别名称{number}": () for number in range(40)}
    column = source.columns[0].model_copy(update={"codes": many})
    sheet = _open(source.model_copy(update={"columns": (column,)}))[TABLE_SHEET]

    assert sheet.data_validations.dataValidation[-1].type in {None, "none"}


def test_the_instructions_say_when_why_and_how() -> None:
    """The second sheet holds the due day, the purpose, the basis, and a paragraph for each column."""
    source = DECLARED.sources["dibao_roster"]
    texts = [row[0].value for row in _open(source)[NOTES_SHEET].iter_rows()]

    assert {
        "每月一份，次月5日前报送",
        "核对兜底保障，发现新增整户低保",
        "部门联合筛查；每月新增低保排查",
        "12．保障类别（必有，每行必填）",
    } <= {text.strip("。") for text in texts if text}


@pytest.mark.parametrize("source_id", SOURCES)
def test_the_instructions_are_no_table(source_id: str) -> None:
    """One text a row, so that the sheet is never taken for a second extract."""
    assert _open(DECLARED.sources[source_id])[NOTES_SHEET].max_column == 1


def test_what_the_agreement_does_not_allow_is_not_asked_for() -> None:
    """A column outside the agreement is absent; number and last day of the agreement are told."""
    source = DECLARED.sources["visit_ledger"]
    agreement = Agreement(
        number="协2024-7", purpose="试", fields=("household_no", "income_yuan"), until=dt.date(2025, 12, 31)
    )
    source = source.model_copy(update={"agreement": agreement})
    asked = asked_columns(source, DECLARED.identity)

    assert [one.column.name for one in asked] == ["household_no", "income_yuan"]
    assert dict(terms(source, asked))["共享协议"] == "协2024-7，有效期至2025年12月31日"


def test_a_sum_since_january_is_asked_for_as_such() -> None:
    """A column of amounts cumulated over the year says so."""
    source = DECLARED.sources["visit_ledger"]
    column = next(c for c in source.columns if c.name == "income_yuan").model_copy(update={"year_to_date": True})
    asked = asked_columns(source.model_copy(update={"columns": (column,)}), DECLARED.identity)

    assert asked[-1].how.endswith("；从1月起累计")


def test_equal_declarations_give_equal_bytes() -> None:
    """Nothing of the day or the machine stands in a blank workbook."""
    source = DECLARED.sources["disaster_loss"]

    first, second = (render_template(source, DECLARED.identity, county="某县") for _ in range(2))

    assert first == second


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where the folder should be ends in one sentence."""
    (tmp_path / "out").write_text("", encoding="utf-8")

    with pytest.raises(UsageProblem, match="--out"):
        write_template(tmp_path / "out", DECLARED.sources["visit_ledger"], DECLARED.identity, county="某县")


def test_the_command_writes_the_workbooks_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A county's clerk gets the blank workbooks named, and is told where they lie and for whom."""
    home = ["--home", str(tmp_path / "home")]
    main(["init", "--site", "huaxi", *home])
    capsys.readouterr()

    main(["template", "visit_ledger", "water_supply", "--out", str(tmp_path / "out"), *home])

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "农村供水情况表_空白表.xlsx",
        "走访收支台账_空白表.xlsx",
    ]
    assert capsys.readouterr().out.splitlines()[0].startswith("✓ 走访：")


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intake]:
    """Open a county that takes files in."""
    county = create_county(tmp_path_factory.mktemp("county") / "home", "huaxi", office_url=None, now=NOW)
    with Intake(county) as opened:
        yield opened
    county.close()


@pytest.mark.parametrize("source_id", SOURCES)
def test_a_filled_workbook_is_taken_in_as_what_it_is(source_id: str, intake: Intake, tmp_path: Path) -> None:
    """Written to disk, filled by a clerk and sent back, every column and the one row are taken in."""
    source = DECLARED.sources[source_id]
    path = write_template(tmp_path / "blank", source, DECLARED.identity, county="某县")
    book = openpyxl.load_workbook(path)
    sheet = book[TABLE_SHEET]
    sheet["A1"] = f"某县2024年3月{source.title}"
    asked = asked_columns(source, DECLARED.identity)
    sheet.append([one.choices[0] if one.choices else CELLS.get(one.column.kind, "某某") for one in asked])
    book.save(tmp_path / "来件.xlsx")

    found = intake.receive(tmp_path / "来件.xlsx", now=NOW, by="甲")

    assert (found.source_title, str(found.period), found.counts.rows_in, found.counts.accepted) == (
        source.title,
        "2024-03",
        1,
        1,
    )
    assert (found.unknown_columns, found.issues.height) == ((), 0)
