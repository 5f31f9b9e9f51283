"""Workbooks and archives: what is read beside the cells, and the files inside a zip."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hostile import CELL, PARTS, SHEET, STRINGS, book, flagged, sheet, zipped

from fangpin.connectors.grid import Grid, Merged
from fangpin.connectors.readers import Readers
from fangpin.errors import IntakeRefused

STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<fonts><font/><font><strike/></font><font><strike val="0"/></font></fonts>'
    '<cellXfs><xf fontId="0"/><xf fontId="1"/><xf fontId="2"/></cellXfs></styleSheet>'
)


def _grids(readers: Readers, folder: Path, content: bytes) -> list[Grid]:
    path = folder / "original"
    path.write_bytes(content)
    with readers.read(path, file_name="来件.xlsx") as grids:
        return grids


def _text(place: str, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t>甲</t></is></c>'


def test_merged_areas(readers: Readers, tmp_path: Path) -> None:
    """Merged areas come in rows of the sheet and columns of the grid, also when the table starts lower down."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        page = made.add_worksheet("名单")
        page.merge_range("B3:D3", "低保名单")
        page.merge_range("A4:A6", "桐花镇")
        page.write_string("D6", "甲一")

    [grid] = _grids(readers, tmp_path, out.getvalue())

    assert grid.merged == (Merged(3, 3, 1, 3), Merged(4, 6, 0, 0))
    assert grid.rows.filter(grid.rows["sheet_row"] == 4)["c0"].to_list() == ["桐花镇"]


def test_hidden_and_struck_rows(readers: Readers, tmp_path: Path) -> None:
    """Filled rows that are hidden are counted, rows mostly struck through are named; both stay among the rows."""
    rows = (
        f'<row r="1">{_text("A1")}</row>'
        f'<row r="2" hidden="1">{_text("A2")}</row>'
        '<row r="3" hidden="1"><c r="A3" s="1"/></row>'
        '<row r="4" hidden="1"/>'
        f'<row r="5">{_text("A5", 1)}{_text("B5", 1)}{_text("C5")}</row>'
        f'<row r="6" hidden="0">{_text("A6", 1)}{_text("B6")}{_text("C6")}<c r="D6" s="1"/></row>'
        f"<row hidden='true' r='7'>{_text('A7', 2)}</row>"
    )

    [grid] = _grids(readers, tmp_path, book({SHEET: sheet(rows), "xl/styles.xml": STYLES}))

    assert (grid.hidden_rows, grid.struck_rows, grid.rows["c0"].drop_nulls().len()) == (2, (5,), 5)


def test_marks_of_many_rows(readers: Readers, tmp_path: Path) -> None:
    """Rows are counted whole wherever the unfolded XML happens to be cut."""
    rows = "".join(f'<row r="{i}" hidden="1">{_text(f"A{i}", i % 2)}{_text(f"B{i}")}</row>' for i in range(1, 40_001))

    [grid] = _grids(readers, tmp_path, book({SHEET: sheet(rows), "xl/styles.xml": STYLES}))

    assert (grid.hidden_rows, grid.struck_rows) == (40_000, tuple(range(1, 40_001, 2)))


def test_the_day_a_workbook_was_saved(readers: Readers, tmp_path: Path) -> None:
    """The workbook's own day of saving is handed on; a text file has none."""
    core = '<p xmlns:t="http://purl.org/dc/terms/"><dcterms:modified>2024-03-05T01:02:03Z</dcterms:modified></p>'

    [dated] = _grids(readers, tmp_path, book({"docProps/core.xml": core}))
    [undated] = _grids(readers, tmp_path, book())

    assert (dated.made_on, undated.made_on) == (dt.date(2024, 3, 5), None)


def test_errors_and_formulas(readers: Readers, tmp_path: Path) -> None:
    """A formula gives its cached value, an error its name; a formula never computed gives nothing."""
    cells = (
        '<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="e"><f>X1</f><v>#REF!</v></c><c r="C1" t="e"><v>#N/A</v></c>'
        '<c r="D1" t="str"><f>T("甲")</f><v>甲</v></c><c r="E1"><f>2+2</f></c><c r="F1" t="b"><v>1</v></c>'
    )

    [grid] = _grids(readers, tmp_path, book({SHEET: sheet(f'<row r="1">{cells}</row>')}))

    assert grid.rows.row(0) == (1, "2", "#REF!", "#N/A", "甲", None, "TRUE")


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets(state: str, readers: Readers, tmp_path: Path) -> None:
    """A hidden sheet comes and is marked, however well it was hidden."""
    hidden = PARTS["xl/workbook.xml"].replace('sheetId="1"', f'sheetId="1" state="{state}"')

    [grid] = _grids(readers, tmp_path, book({"xl/workbook.xml": hidden}))

    assert (grid.visible, grid.delimited) == (False, False)


def test_shared_texts(readers: Readers, tmp_path: Path) -> None:
    """Texts kept apart from the cells are found, rich ones and their phonetic hints without the hints."""
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        "<si><r><t>甲</t></r><r><t>一</t></r><rPh><t>jia</t></rPh></si></sst>"
    )

    [grid] = _grids(
        readers, tmp_path, book({SHEET: sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'), STRINGS: strings})
    )

    assert grid.rows["c0"].to_list() == ["甲一"]


def test_a_far_row_keeps_its_number(readers: Readers, tmp_path: Path) -> None:
    """Blank rows in between are rows, so that every later one keeps its number."""
    rows = CELL.format(row=1, place="A1") + CELL.format(row=150_000, place="A150000")

    [grid] = _grids(readers, tmp_path, book({SHEET: sheet(rows)}))

    assert (grid.rows.height, grid.rows["sheet_row"][0]) == (100_000, 1)


def _members(readers: Readers, folder: Path, content: bytes) -> dict[str, bytes]:
    path, into = folder / "original", folder / "into"
    path.write_bytes(content)
    into.mkdir()
    return {m.name: m.path.read_bytes() for m in readers.unpack(path, file_name="来件.zip", into=into)}


def test_unpacking(readers: Readers, tmp_path: Path) -> None:
    """The files of an archive come with their last name only; folders, hidden files and litter stay behind."""
    workbook = book()
    content = zipped(
        {"甲乡/": "", "甲乡/低保.csv": "a", "b/c/名单.xlsx": workbook, "__MACOSX/._低保.csv": "x", ".DS_Store": "x",
         "甲乡/Thumbs.db": "x", "~$名单.xlsx": "x"}
    )  # fmt: skip

    assert _members(readers, tmp_path, content) == {"低保.csv": b"a", "名单.xlsx": workbook}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_without_the_mark_of_utf8(encoding: str, readers: Readers, tmp_path: Path) -> None:
    """Names written by programs that do not say their encoding are read as people wrote them."""
    name = "二〇二四年三月低保名单.csv"
    raw = name.encode(encoding)
    content = zipped({"x" * len(raw): "a"}).replace(b"x" * len(raw), raw)

    assert list(_members(readers, tmp_path, content)) == [name]


def test_a_file_that_is_no_archive(readers: Readers, tmp_path: Path) -> None:
    """A workbook, which is a zip too, is its own only member, under its own name and at its own place."""
    path = tmp_path / "original"
    path.write_bytes(book())

    [member] = readers.unpack(path, file_name="名单.xlsx", into=tmp_path)

    assert (member.name, member.path) == ("名单.xlsx", path)


def test_a_link_in_an_archive(readers: Readers, tmp_path: Path) -> None:
    """A symbolic link in an archive is no file of the delivery."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("passwd.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.csv", "a")

    assert _members(readers, tmp_path, out.getvalue()) == {"a.csv": b"a"}


def test_a_locked_archive(readers: Readers, tmp_path: Path) -> None:
    """A locked archive is refused with what to do."""
    with pytest.raises(IntakeRefused) as refused:
        _members(readers, tmp_path, flagged(zipped({"a.csv": "a"}), 1))

    assert refused.value.sentence == "文件 来件.zip：文件有密码；应为不加密的文件；请去掉密码后重报。"
