"""What becomes of a delivery: the same again, a correction, a part, an old file, two at once, one withdrawn."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from identity import whole
from sqlalchemy import Connection

from fangpin.config.source_models import Agreement
from fangpin.errors import IntakeRefused, NeedsDecision
from fangpin.pipeline.checking import rebuild, verify
from fangpin.pipeline.county import County, open_county
from fangpin.pipeline.decisions import accept, refuse, restore, withdraw
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.receipts import Receipt
from fangpin.store.batches import batch_row, events_of, last_landing

NOW = dt.datetime(2024, 4, 2, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
HEADS = ["姓名", "身份证号", "低保类别", "月保障金额"]
PEOPLE = [
    ["甲一", whole("990101", "19900101", "123"), "农村低保", "430"],
    ["乙二", whole("990101", "19850505", "232"), "农村低保", "310"],
    ["丙三", whole("990101", "20120303", "454"), "城市低保", "520.50"],
    ["丁四", whole("990101", "19771111", "015"), "农村低保", "260"],
    ["戊五", whole("990101", "19690909", "026"), "特困", "800"],
    ["己六", whole("990101", "19580808", "037"), "农村低保", "410"],
]
MARCH = "低保_2024年3月.csv"

Rows = list[list[str]]


def text_of(rows: Rows, heads: list[str] | None = None, *, above: Rows | None = None) -> str:
    """Return rows as the text of a CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([*(above or []), heads or HEADS, *rows])
    return out.getvalue()


def csv_file(
    folder: Path, rows: Rows, *, name: str = MARCH, encoding: str = "utf-8", above: Rows | None = None
) -> Path:
    """Write rows as a CSV file."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(text_of(rows, above=above).encode(encoding))
    return path


def xlsx_file(folder: Path, rows: Rows, *, name: str = "低保_2024年3月.xlsx") -> Path:
    """Write rows as a workbook, amounts as numbers."""
    folder.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(folder / name) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADS)
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, [*row[:3], float(row[3])])
    return folder / name


def send(county: County, path: Path, *, replace: bool = False, by: str = "民政局") -> Receipt:
    """Receive one file."""
    with Intake(county) as intake:
        return intake.receive(path, replace=replace, now=NOW, by=by)


def states(county: County, *receipts: Receipt) -> list[str]:
    """Return where the batches of some receipts stand."""
    with county.office.read() as connection:
        return [batch_row(connection, receipt.batch_id)["state"] for receipt in receipts]


def second_person_county(county: County) -> County:
    """Open the county again with a site that asks for a second person."""
    shipped = (Path(__file__).parents[2] / "fangpin/config/sites/huaxi.toml").read_text(encoding="utf-8")
    own = county.home / "config" / "sites"
    own.mkdir(parents=True)
    asked = shipped.replace('title = "花溪区"', 'title = "花溪区"\nsecond_person = ["accept", "withdraw"]', 1)
    (own / "huaxi.toml").write_text(asked, encoding="utf-8")
    return open_county(county.home, office_url=None)


def test_the_same_content_in_another_form_gets_the_first_receipt(county: County, tmp_path: Path) -> None:
    """Another name, encoding, row order or format is the same delivery, answered with the first batch."""
    first = send(county, csv_file(tmp_path / "a", PEOPLE))
    forms = [
        csv_file(tmp_path / "b", PEOPLE, name="2024年3月民政低保名单.csv"),
        csv_file(tmp_path / "c", PEOPLE, encoding="gb18030"),
        csv_file(tmp_path / "d", PEOPLE[::-1]),
        csv_file(tmp_path / "e", PEOPLE, above=[["某县2024年3月低保花名册"]]),
        xlsx_file(tmp_path / "f", PEOPLE),
    ]
    turned = tmp_path / "低保2024-03.csv"
    turned.write_text(text_of([row[::-1] for row in PEOPLE], HEADS[::-1]), encoding="utf-8")

    again = [send(county, path) for path in (*forms, turned)]

    assert {(r.batch_id, r.known_before, r.in_effect) for r in again} == {(first.batch_id, True, True)}
    assert county.warehouse.batch_ids() == {first.batch_id}


def test_the_same_bytes_under_another_months_name_are_another_delivery(county: County, tmp_path: Path) -> None:
    """A list that did not change from one month to the next is each month's own."""
    months = [csv_file(tmp_path, PEOPLE, name=f"低保_2024年{month}月.csv") for month in (2, 3)]

    receipts = [send(county, path) for path in months]

    assert [(str(r.period), r.known_before, r.in_effect) for r in receipts] == [
        ("2024-02", False, True),
        ("2024-03", False, True),
    ]


def test_a_correction_shows_what_it_changes(county: County, tmp_path: Path) -> None:
    """A second version of a month takes the first one's place and says what is new, gone and changed."""
    first = send(county, csv_file(tmp_path / "a", PEOPLE))
    dearer = [[*PEOPLE[0][:3], "450"], *PEOPLE[1:5], ["庚七", whole("990101", "19990101", "048"), "农村低保", "300"]]

    second = send(county, csv_file(tmp_path / "b", dearer))

    assert (second.superseded, states(county, first, second)) == (first.batch_id, ["superseded", "landed"])
    assert second.changes is not None
    told = second.changes
    assert (told.added, told.gone, told.changed, told.unchanged) == (1, 1, 1, 4)
    assert told.changed_columns == {"月保障金额": 1}


def test_the_first_version_sent_again_stays_superseded(county: County, tmp_path: Path) -> None:
    """An old version, in whatever form, does not undo its correction by itself; the sender may say so."""
    first = send(county, csv_file(tmp_path / "a", PEOPLE))
    send(county, csv_file(tmp_path / "b", [[*PEOPLE[0][:3], "450"], *PEOPLE[1:]]))

    old = send(county, xlsx_file(tmp_path / "c", PEOPLE))
    back = send(county, xlsx_file(tmp_path / "c", PEOPLE), replace=True)

    assert (old.batch_id, old.state) == (first.batch_id, "superseded")
    assert (back.batch_id, back.state) == (first.batch_id, "landed")


def test_an_older_file_waits(county: County, tmp_path: Path) -> None:
    """A file that says it was made before the one in effect is held, not applied; accepted, it lands."""
    made = [["填报日期：2024年4月8日"]], [["填报日期：2024年4月5日"]]
    first = send(county, csv_file(tmp_path / "a", PEOPLE, above=made[0]))

    late = send(county, csv_file(tmp_path / "b", [*PEOPLE[:5], [*PEOPLE[5][:3], "1"]], above=made[1]))
    held = states(county, first, late)
    superseded = accept(county, late.batch_id, now=NOW, by="乡村振兴局")

    assert "早于现行数据" in late.held[0]
    assert held == ["landed", "held"]
    assert (superseded, states(county, first, late)) == (first.batch_id, ["superseded", "landed"])


def test_two_different_files_at_once_end_in_one_decision(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two different files under way at the same moment one is in effect, the other waits."""
    paths = [csv_file(tmp_path / n, [*PEOPLE[:5], [*PEOPLE[5][:3], n]]) for n in ("1", "2")]
    both_have_arrived = Barrier(2)

    def seen(connection: Connection) -> int:
        number = last_landing(connection)
        both_have_arrived.wait(timeout=30)
        return number

    monkeypatch.setattr("fangpin.pipeline.intake.last_landing", seen)
    with ThreadPoolExecutor(2) as pool:
        receipts = list(pool.map(lambda path: send(county, path), paths))

    assert sorted(r.state for r in receipts) == ["held", "landed"]
    waits = next(r for r in receipts if r.state == "held")
    assert "同时报到" in waits.held[0]


def test_the_same_file_twice_at_once_is_one_batch(county: County, tmp_path: Path) -> None:
    """Uploads of one file at the same moment are one batch."""
    path = csv_file(tmp_path / "a", PEOPLE)

    def one(number: int) -> Receipt:
        with Intake(county) as intake:
            return intake.receive(path, now=NOW, by=f"科员{number}")

    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(one, range(4)))

    assert len({r.batch_id for r in receipts}) == 1
    assert sum(not r.known_before for r in receipts) == 1


def test_a_withdrawn_batch_does_not_come_back_by_itself(county: County, tmp_path: Path) -> None:
    """Withdrawing takes a batch out of effect with a reason; sent again it stays out until it is restored."""
    path = csv_file(tmp_path / "a", PEOPLE)
    first = send(county, path)

    back = withdraw(county, first.batch_id, reason="报错了县", now=NOW, by="乡村振兴局")
    again = send(county, path)
    out = states(county, first)
    restore(county, first.batch_id, now=NOW, by="乡村振兴局")
    with county.office.read() as connection:
        told = [(e["event"], e["by"], e["detail"].get("reason")) for e in events_of(connection, first.batch_id)]

    assert (back, again.state, out) == (None, "withdrawn", ["withdrawn"])
    assert ("withdrawn", "乡村振兴局", "报错了县") in told
    assert states(county, first) == ["landed"]


def test_a_second_person_decides_where_the_site_asks_for_it(county: County, tmp_path: Path) -> None:
    """The sender may neither accept nor withdraw his own delivery, nor replace a month by saying so."""
    strict = second_person_county(county)
    first = send(strict, csv_file(tmp_path / "a", PEOPLE), by="甲")
    part = send(strict, csv_file(tmp_path / "b", PEOPLE[:2]), replace=True, by="甲")

    with pytest.raises(NeedsDecision, match="不能由本人决定"):
        accept(strict, part.batch_id, now=NOW, by="甲")
    with pytest.raises(NeedsDecision, match="不能由本人决定"):
        withdraw(strict, first.batch_id, reason="错", now=NOW, by="甲")
    accept(strict, part.batch_id, now=NOW, by="乙")

    assert (part.state, states(strict, first, part)) == ("held", ["superseded", "landed"])
    strict.close()


def test_a_held_batch_can_be_refused(county: County, tmp_path: Path) -> None:
    """What waits may be refused with a reason; the same file may come again."""
    bad = csv_file(tmp_path / "a", [[*row[:2], "", row[3]] for row in PEOPLE])
    waits = send(county, bad)

    refuse(county, waits.batch_id, reason="保障类别没有填", now=NOW, by="乡村振兴局")
    refused = states(county, waits)
    again = send(county, bad)

    assert (waits.state, refused, again.state) == ("held", ["refused"], "held")


def test_checking_keeps_nothing(county: County, tmp_path: Path) -> None:
    """A file that is only checked gets its receipt and leaves no trace."""
    path = csv_file(tmp_path / "a", PEOPLE)

    with Intake(county) as intake:
        told = intake.check(path, now=NOW, by="甲")
    first = send(county, path)

    assert (told.state, told.counts, told.batch_id) == ("received", first.counts, first.batch_id)
    assert not first.known_before


def test_an_expired_agreement_stops_intake(county: County, tmp_path: Path) -> None:
    """After its last day a source's files are refused with the agreement's number; what came before stays."""
    declared = county.declared.source("dibao_roster")
    agreement = Agreement(purpose="测试", number="共享〔2023〕7号", until=dt.date(2024, 4, 1))
    over = declared.model_copy(update={"agreement": agreement})
    ended = dataclasses.replace(
        county, declared=dataclasses.replace(county.declared, sources=county.declared.sources | {declared.id: over})
    )

    with pytest.raises(IntakeRefused, match="共享〔2023〕7号"):
        send(ended, csv_file(tmp_path / "a", PEOPLE))


def test_a_field_outside_the_agreement_is_dropped_at_the_door(county: County, tmp_path: Path) -> None:
    """A declared column the agreement does not name reaches no table, and the sender is told."""
    declared = county.declared.source("dibao_roster")
    agreement = Agreement(purpose="测试", fields=("person_name", "id_no", "category"))
    narrowed = declared.model_copy(update={"agreement": agreement})
    narrow = dataclasses.replace(
        county, declared=dataclasses.replace(county.declared, sources=county.declared.sources | {declared.id: narrowed})
    )

    receipt = send(narrow, csv_file(tmp_path / "a", PEOPLE))
    facts = narrow.warehouse.read(receipt.batch_id, "facts")

    assert receipt.withheld_columns == ("月保障金额",)
    assert facts["amount_yuan"].null_count() == facts.height == 6


def test_every_file_of_an_archive_is_received(county: County, tmp_path: Path) -> None:
    """Each member of a .zip gets its own receipt or refusal; the month may stand in the archive's name."""
    archive = tmp_path / "民政2024年3月.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("低保.csv", text_of(PEOPLE))
        packed.writestr("说明.txt", "本月无变化")

    with Intake(county) as intake:
        found = intake.receive_all(archive, now=NOW, by="民政局")

    receipts = [each for each in found if isinstance(each, Receipt)]
    assert [(r.state, str(r.period), r.counts.accepted) for r in receipts] == [("landed", "2024-03", 6)]
    assert [type(each) for each in found if not isinstance(each, Receipt)] == [IntakeRefused]


def _answer(path: Path, folder: Path, answers: dict[str, tuple[str, str]]) -> Path:
    """Fill in a correction sheet as a clerk would: by the row number and the column shown, action and value."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    rows = list(sheet.iter_rows())
    header = next(n for n, row in enumerate(rows) if "处理" in [cell.value for cell in row])
    place = {str(cell.value): n for n, cell in enumerate(rows[header])}
    for row in rows[header + 1 :]:
        answer = answers.get(f"{row[place['行号']].value}{row[place['列']].value}")
        if answer is not None:
            row[place["处理"]].value, row[place["更正值"]].value = answer
    folder.mkdir(exist_ok=True)
    book.save(folder / path.name)
    return folder / path.name


def test_a_corrected_sheet_closes_exactly_its_problems(county: County, tmp_path: Path) -> None:
    """Good rows are in effect while bad ones wait; the sheet that comes back puts right what it speaks of."""
    rows = [row[:] for row in PEOPLE]
    rows[1][1], rows[2][3] = "123456", "约五百"
    first = send(county, csv_file(tmp_path / "a", rows))
    assert first.quarantine is not None
    filled = _answer(
        first.quarantine, tmp_path / "back", {"3证件号码": ("更正", PEOPLE[1][1]), "4月保障金额": ("更正", "520.50")}
    )

    second = send(county, filled)
    identity, facts = (county.warehouse.read(second.batch_id, part) for part in ("identity", "facts"))

    assert (first.state, first.counts.accepted) == ("landed", 6)
    assert (second.closed, second.left, states(county, first, second)) == (2, 0, ["superseded", "landed"])
    assert identity["id_no"].to_list() == [row[1] for row in PEOPLE]
    assert [str(amount) for amount in facts["amount_yuan"]] == [
        "430.00",
        "310.00",
        "520.50",
        "260.00",
        "800.00",
        "410.00",
    ]
    assert identity["sheet_row"].to_list() == [2, 3, 4, 5, 6, 7]


def test_a_held_batch_is_corrected_into_effect(county: County, tmp_path: Path) -> None:
    """A batch too bad to land lands once its sheet comes back filled in, rows dropped by the clerk included."""
    rows = [[*row[:2], "" if n < 3 else row[2], row[3]] for n, row in enumerate(PEOPLE)]
    first = send(county, csv_file(tmp_path / "a", rows))
    assert first.quarantine is not None
    answers = {"2保障类别": ("更正", "农村低保"), "3保障类别": ("更正", "农村低保"), "4保障类别": ("删除该行", "")}

    second = send(county, _answer(first.quarantine, tmp_path / "back", answers))

    assert (first.state, second.state, second.counts.rows_in) == ("held", "landed", 5)
    assert (second.skipped, second.closed) == ({"更正单删除的行": 1}, 3)
    assert states(county, first, second) == ["refused", "landed"]


def test_a_rebuild_applies_corrections_again(county: County, tmp_path: Path) -> None:
    """The warehouse made again from originals holds the corrected values."""
    rows = [*PEOPLE[:5], [*PEOPLE[5][:3], "约四百"]]
    first = send(county, csv_file(tmp_path / "a", rows))
    assert first.quarantine is not None
    second = send(county, _answer(first.quarantine, tmp_path / "back", {"7月保障金额": ("更正", "410")}))
    before = county.warehouse.read(second.batch_id, "facts")

    rebuild(county, now=NOW, by="甲", progress=lambda *_: None)

    assert county.warehouse.read(second.batch_id, "facts").equals(before)
    assert county.warehouse.batch_ids() == {first.batch_id, second.batch_id}
    assert verify(county, progress=lambda *_: None).ok


def test_a_sheet_of_a_batch_gone_out_of_effect_is_refused(county: County, tmp_path: Path) -> None:
    """Corrections of a version that was replaced meanwhile are not applied to another."""
    rows = [*PEOPLE[:5], [*PEOPLE[5][:3], "约四百"]]
    first = send(county, csv_file(tmp_path / "a", rows))
    assert first.quarantine is not None
    filled = _answer(first.quarantine, tmp_path / "back", {"7月保障金额": ("更正", "410")})
    send(county, csv_file(tmp_path / "b", PEOPLE))

    with pytest.raises(NeedsDecision, match="已不是现行数据"):
        send(county, filled)


def test_a_jump_of_ten_thousand_times_waits(county: County, tmp_path: Path) -> None:
    """A month in 万元 after a month in 元 is out of its band and waits."""
    send(county, csv_file(tmp_path / "a", PEOPLE, name="低保_2024年2月.csv"))
    small = [[*row[:3], f"{float(row[3]) / 10000:.4f}"] for row in PEOPLE]

    waits = send(county, csv_file(tmp_path / "b", small))

    assert waits.state == "held"
    assert any("万元" in sentence for sentence in waits.held)


def test_rows_lead_back_to_their_file(county: County, tmp_path: Path) -> None:
    """Every accepted fact has the sheet and the row it stood in."""
    receipt = send(county, csv_file(tmp_path / "a", PEOPLE, above=[["标题"], [""]]))
    identity = county.warehouse.read(receipt.batch_id, "identity")
    facts = county.warehouse.read(receipt.batch_id, "facts")

    whole_rows = facts.join(identity, on="row_number").filter(pl.col("category") == "城市低保")
    assert whole_rows.select("sheet_row", "batch_id").rows() == [(6, receipt.batch_id)]


def test_another_townships_list_does_not_push_the_first_aside(county: County, tmp_path: Path) -> None:
    """A file of as many rows about other people waits, one of an archive too."""
    archive = tmp_path / "民政2024年3月.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("甲乡低保.csv", text_of(PEOPLE[:3]))
        packed.writestr("乙乡低保.csv", text_of(PEOPLE[3:]))

    with Intake(county) as intake:
        found = intake.receive_all(archive, now=NOW, by="民政局")

    receipts = [each for each in found if isinstance(each, Receipt)]
    assert sorted(r.state for r in receipts) == ["held", "landed"]
    waits = next(r for r in receipts if r.state == "held")
    assert "3 行不在这份数据中" in waits.held[0]


def test_a_resent_file_leaves_the_first_ones_correction_sheet_alone(county: County, tmp_path: Path) -> None:
    """The same rows in another order do not change which row a line of the sheet speaks of."""
    rows = [[*PEOPLE[0][:3], "约五百"], *PEOPLE[1:]]
    first = send(county, csv_file(tmp_path / "a", rows))
    assert first.quarantine is not None
    before = first.quarantine.read_bytes()

    again = send(county, csv_file(tmp_path / "b", rows[::-1]))

    assert (again.known_before, again.quarantine, first.quarantine.read_bytes()) == (True, None, before)


def test_a_confirmation_keeps_the_corrected_value(county: County, tmp_path: Path) -> None:
    """确认无误 on a second sheet confirms what the first sheet put there."""
    heads = [*HEADS, "出生日期"]
    born = [f"{row[1][6:10]}-{row[1][10:12]}-{row[1][12:14]}" for row in PEOPLE]
    rows = [[*row, day] for row, day in zip(PEOPLE, born, strict=True)]
    rows[0][4] = "1911-11-11"
    (tmp_path / "a").mkdir()
    path = tmp_path / "a" / MARCH
    path.write_text(text_of(rows, heads), encoding="utf-8")
    first = send(county, path)
    assert first.quarantine is not None
    second = send(county, _answer(first.quarantine, tmp_path / "b", {"2出生日期": ("更正", "1950-02-02")}))
    assert second.quarantine is not None

    third = send(county, _answer(second.quarantine, tmp_path / "c", {"2出生日期": ("确认无误", "")}))

    identity = county.warehouse.read(third.batch_id, "identity")
    assert (identity["birth_on"][0], third.left) == (dt.date(1950, 2, 2), 0)


def test_equal_bad_rows_of_two_sheets_are_corrected_apart(county: County, tmp_path: Path) -> None:
    """Two rows that were the same until they were corrected are two rows."""
    path = tmp_path / "低保_2024年3月.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, others in (("甲乡", PEOPLE[:3]), ("乙乡", PEOPLE[3:])):
            sheet = book.add_worksheet(name)
            bad = [["王某", "123456", "农村低保", "100"]] if name == "甲乡" else [["王某", "123457", "农村低保", "100"]]
            for number, row in enumerate([HEADS, *bad, *others]):
                sheet.write_row(number, 0, row)
    first = send(county, path)
    assert first.quarantine is not None
    book = openpyxl.load_workbook(first.quarantine)
    lines = list(book.worksheets[0].iter_rows())
    header = next(row for row in lines if "处理" in [cell.value for cell in row])
    place = {str(cell.value): n for n, cell in enumerate(header)}
    whole_ids = [PEOPLE[0][1], PEOPLE[1][1]]
    for row in lines[lines.index(header) + 1 :]:
        if row[place["列"]].value == "证件号码":
            row[place["处理"]].value, row[place["更正值"]].value = "更正", whole_ids.pop()
    book.save(tmp_path / "back.xlsx")

    second = send(county, tmp_path / "back.xlsx")

    assert (second.counts.accepted, second.counts.duplicate) == (8, 0)


def test_what_a_person_refused_does_not_land_by_itself(county: County, tmp_path: Path) -> None:
    """A refused part sent again waits again, whatever else has become of the month."""
    send(county, csv_file(tmp_path / "a", PEOPLE))
    part = csv_file(tmp_path / "b", [*PEOPLE[:5], [*PEOPLE[5][:3], "1"]], above=[["填报日期：2024年4月1日"]])
    send(county, csv_file(tmp_path / "c", PEOPLE[:5], above=[["填报日期：2024年4月9日"]]), replace=True)
    waits = send(county, part)
    refuse(county, waits.batch_id, reason="旧文件", now=NOW, by="主任")

    again = send(county, part)

    assert (waits.state, again.state) == ("held", "held")
    assert any("此前已退回（旧文件）" in sentence for sentence in again.held)


def test_a_sender_cannot_put_back_what_was_withdrawn(county: County, tmp_path: Path) -> None:
    """Where a second person is asked for, saying that a file replaces does not restore it."""
    strict = second_person_county(county)
    path = csv_file(tmp_path / "a", PEOPLE)
    first = send(strict, path, by="甲")
    withdraw(strict, first.batch_id, reason="报错了", now=NOW, by="乙")

    again = send(strict, path, replace=True, by="甲")

    assert again.state == "withdrawn"
    strict.close()


def test_a_file_that_ends_in_the_middle_of_a_row_waits(county: County, tmp_path: Path) -> None:
    """A transfer that was cut is not taken for a whole list."""
    whole_file = csv_file(tmp_path / "a", PEOPLE)
    whole_file.write_bytes(whole_file.read_bytes()[:-6])

    receipt = send(county, whole_file)

    assert receipt.state == "held"
    assert "没有传完" in receipt.held[0]


def test_after_a_rebuild_a_superseded_batch_can_come_back(county: County, tmp_path: Path) -> None:
    """What may come in effect again is read again too."""
    first = send(county, csv_file(tmp_path / "a", PEOPLE))
    second = send(county, csv_file(tmp_path / "b", [*PEOPLE[:5], [*PEOPLE[5][:3], "1"]]))
    rebuild(county, now=NOW, by="甲", progress=lambda *_: None)

    back = withdraw(county, second.batch_id, reason="错", now=NOW, by="乙")

    assert back == first.batch_id
    assert county.warehouse.read(first.batch_id, "facts").height == 6
