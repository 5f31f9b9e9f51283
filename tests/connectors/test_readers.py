"""Real files, good and bad: what the reading child hands over, and what it survives."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import random
import signal
import socket
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from toys import MAN

from fangpin.connectors.grid import Grid
from fangpin.connectors.readers import Limits, Readers
from fangpin.errors import IntakeRefused

ROWS = [["姓名", "身份证号", "金额"], ["甲一", MAN, "430"], ["乙二", "", "1,200.50"]]


def _rows(grid: Grid) -> list[tuple[str | None, ...]]:
    return grid.rows.select(grid.columns).rows()


def _read_bytes(readers: Readers, folder: Path, content: bytes, *, file_name: str = "来件.csv") -> list[Grid]:
    path = folder / "original"  # originals are kept under their hash: no suffix tells the format
    path.write_bytes(content)
    with readers.read(path, file_name=file_name) as grids:
        return [replace(grid, more=list(grid.more)) for grid in grids]


def _refusal(readers: Readers, folder: Path, content: bytes, *, file_name: str = "来件.xlsx") -> str:
    with pytest.raises(IntakeRefused) as refused:
        _read_bytes(readers, folder, content, file_name=file_name)
    return refused.value.sentence


def _text_of(rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def _workbook(**sheets: list[list[object]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
            if name.startswith("hidden"):
                page.hide()
    return out.getvalue()


def _with_sheet_xml(xml: str) -> bytes:
    """Return a workbook whose only sheet is this XML, written by hand."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_workbook(Sheet1=[["a"]]))) as plain,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in plain.namelist():
            made.writestr(name, xml if name == "xl/worksheets/sheet1.xml" else plain.read(name))
    return out.getvalue()


def _sheet_xml(cells: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'
    )


CELL = '<row r="{row}"><c r="{place}" t="inlineStr"><is><t>甲</t></is></c></row>'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (_text_of(ROWS).encode("utf-8-sig"), ROWS),
        (_text_of(ROWS).encode(), ROWS),
        (_text_of(ROWS).encode("gb18030"), ROWS),
        (_text_of(ROWS).encode("utf-16"), ROWS),
        (_text_of(ROWS, "\t").encode("utf-16"), ROWS),
        (_text_of(ROWS, "\t").encode("gb18030"), ROWS),
        (_text_of(ROWS).replace("\r\n", "\n").encode(), ROWS),
        ('"姓\n名",金额\n甲一,"1,200"\n'.encode("gb18030"), [["姓\n名", "金额"], ["甲一", "1,200"]]),
    ],
    ids=["utf8-mark", "utf8", "gb18030", "utf16", "utf16-tab", "gb18030-tab", "unix", "line-break"],
)
def test_text_files(content: bytes, expected: list[list[str]], readers: Readers, tmp_path: Path) -> None:
    """A text file is read in whichever encoding, its content decides; empty cells are null."""
    [grid] = _read_bytes(readers, tmp_path, content, file_name="民政2024年3月.csv")

    assert _rows(grid) == [tuple(cell or None for cell in row) for row in expected]
    assert ("民政2024年3月", True, [1, 2, 3][: len(expected)]) == (
        grid.name, grid.visible, grid.rows["sheet_row"].to_list(),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["䶮", "㛃", "𬱖", "𠮷", "㐂", "·"])
def test_rare_characters(name: str, readers: Readers, tmp_path: Path) -> None:
    """Rare characters of names come through GB18030 whole, four-byte ones too."""
    [grid] = _read_bytes(readers, tmp_path, _text_of([["姓名", "乡镇"], [name, "甲"]]).encode("gb18030"))

    assert _rows(grid)[1] == (name, "甲")


# GB 18030-2022, table of the code points moved out of the private use area.
MOVED = {
    b"\xa6\xd9": "︐", b"\xa6\xda": "︒", b"\xa6\xdb": "︑", b"\xa6\xdc": "︓", b"\xa6\xdd": "︔", b"\xa6\xde": "︕",
    b"\xa6\xdf": "︖", b"\xa6\xec": "︗", b"\xa6\xed": "︘", b"\xa6\xf3": "︙", b"\xfe\x59": "龴", b"\xfe\x61": "龵",
    b"\xfe\x66": "龶", b"\xfe\x67": "龷", b"\xfe\x6d": "龸", b"\xfe\x7e": "龹", b"\xfe\x90": "龺", b"\xfe\xa0": "龻",
}  # fmt: skip


def test_code_points_of_2022(readers: Readers, tmp_path: Path) -> None:
    """The eighteen characters that GB18030-2022 moved are read as they are today, none stays private."""
    content = b"a,b\n" + b"".join(code + b",x\n" for code in MOVED)

    [grid] = _read_bytes(readers, tmp_path, content)

    assert [row[0] for row in _rows(grid)[1:]] == list(MOVED.values())


def test_rows_of_different_width(readers: Readers, tmp_path: Path) -> None:
    """Short rows end in nulls, blank lines keep their row number."""
    [grid] = _read_bytes(readers, tmp_path, "标题\n\n姓名,金额\n甲一,1,多\n".encode())

    assert _rows(grid) == [("标题", None, None), (None, None, None), ("姓名", "金额", None), ("甲一", "1", "多")]


def test_workbook(readers: Readers, tmp_path: Path) -> None:
    """All sheets come with their names and whether they are seen; an empty one does not come."""
    content = _workbook(本月=[["姓名"], ["甲一"]], hidden=[["姓名"], ["乙二"]], 空=[])

    grids = _read_bytes(readers, tmp_path, content)

    assert [(g.name, g.visible, _rows(g)[1]) for g in grids] == [
        ("本月", True, ("甲一",)),
        ("hidden", False, ("乙二",)),
    ]


def test_number_cells(readers: Readers, tmp_path: Path) -> None:
    """Numbers come as they were typed; from sixteen digits on they have lost their end and are never a whole number."""
    cells = [430, 430.5, 0.1 + 0.2, -30, 110105491231002, int(MAN), 5301291990010112, 1e20]

    [grid] = _read_bytes(readers, tmp_path, _workbook(Sheet1=[cells]))

    lost = [f"{float(n):.14E}" for n in cells[5:]]
    expected = ("430", "430.5", "0.3", "-30", "110105491231002", *lost)
    assert _rows(grid) == [expected]
    assert all("E+" in text and len(text) > 18 for text in lost)


def test_other_cells(readers: Readers, tmp_path: Path) -> None:
    """Dates come as ISO text, yes and no as words, text as it stands, an empty cell as null."""
    cells = [dt.date(2024, 3, 1), dt.datetime(2024, 3, 1, 8, 30), True, "'" + MAN, None]  # noqa: DTZ001 - a cell has no zone

    [grid] = _read_bytes(readers, tmp_path, _workbook(Sheet1=[[*cells, "x"]]))

    assert _rows(grid) == [("2024-03-01", "2024-03-01 08:30:00", "TRUE", "'" + MAN, None, "x")]


def test_row_numbers_of_the_sheet(readers: Readers, tmp_path: Path) -> None:
    """A table that starts lower down keeps the row numbers a clerk sees."""
    [grid] = _read_bytes(readers, tmp_path, _workbook(Sheet1=[[], [], ["姓名"], [], ["甲一"]]))

    seen = grid.rows.filter(pl.col("c0").is_not_null()).select("sheet_row", "c0").rows()
    assert seen == [(3, "姓名"), (5, "甲一")]


HTML = "<html><body><table><tr><td>姓名</td></tr></table></body></html>"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "文件是空的；请重新导出后报送"),
        (b"\n", "没有任何数据；请重新导出后报送"),
        (_workbook(Sheet1=[]), "没有任何数据；请重新导出后报送"),
        (_workbook(Sheet1=[["a"]])[:-200], "文件不完整（压缩包已损坏）；请重新导出后报送"),
        (HTML.encode(), "实际是网页文件；应为.xlsx 或 .csv；请用表格软件打开后另存为 .xlsx 重报"),
        (HTML.encode("gb18030"), "实际是网页文件；应为.xlsx 或 .csv；请用表格软件打开后另存为 .xlsx 重报"),
        (b'<?xml version="1.0"?><Workbook/>', "实际是网页文件；应为.xlsx 或 .csv；请用表格软件打开后另存为 .xlsx 重报"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "不是表格文件（是图片或文档）；应为.xlsx、.xls 或 .csv；请报送表格文件"),
        (b"a,b\n1,\x00\n", "不是表格文件；应为.xlsx、.xls 或 .csv；请重新导出后报送"),
        (b"\xff\xfea", "文字编码无法识别；应为UTF-8 或 GB18030；请另存为 .xlsx 后重报"),
        (
            _with_sheet_xml("<worksheet><sheetData><row"),
            "工作簿已损坏或格式不对；应为.xlsx、.xls 或 .csv；请重新导出后报送",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "工作簿已损坏或格式不对；应为.xlsx、.xls 或 .csv；请重新导出后报送",
        ),
    ],
    ids=[
        "empty",
        "blank",
        "no-cells",
        "cut-zip",
        "html",
        "html-gb",
        "xml",
        "picture",
        "nul",
        "utf16",
        "bad-xml",
        "bad-xls",
    ],
)
def test_bad_files(content: bytes, expected: str, readers: Readers, tmp_path: Path) -> None:
    """A file nobody can read is refused with a sentence that says what it is and what to do."""
    assert _refusal(readers, tmp_path, content) == f"文件 来件.xlsx：{expected}。"


def test_not_a_workbook_but_a_zip(readers: Readers, tmp_path: Path) -> None:
    """A zip of something else is no workbook: it is to be unpacked first."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")

    assert "是压缩包，不是表格文件" in _refusal(readers, tmp_path, out.getvalue())


def test_open_quote(readers: Readers, tmp_path: Path) -> None:
    """A quote that is never closed is refused: it would swallow all rows after it."""
    sentence = _refusal(readers, tmp_path, '姓名,金额\n甲一,"1\n乙二,2\n丙三,3\n'.encode())

    expected = "不是规范的 CSV（从第 2 行起有未成对的引号或过长的内容）；请另存为 .xlsx 或标准 CSV 后重报。"
    assert sentence == f"文件 来件.xlsx：{expected}"


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes(seed: int, readers: Readers, tmp_path: Path) -> None:
    """Random bytes, bare or behind a workbook's first bytes, are refused and nothing worse."""
    noise = random.Random(seed).randbytes(4000)  # noqa: S311 - noise, not a secret
    starts = (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xfe")

    assert _refusal(readers, tmp_path, starts[seed % 4] + noise).startswith("文件 来件.xlsx：")


def test_zip_bomb(readers: Readers, tmp_path: Path) -> None:
    """A small file that would unfold into a huge one is refused before it is unfolded."""
    content = _with_sheet_xml(_sheet_xml(" " * 30_000_000))

    assert "文件展开后异常庞大" in _refusal(readers, tmp_path, content)


def test_far_cell(readers: Readers, tmp_path: Path) -> None:
    """One cell in the last corner kills the parser, not the service: the file is refused, the next one read."""
    cells = CELL.format(row=1, place="A1") + CELL.format(row=1048576, place="XFD1048576")

    refusal = _refusal(readers, tmp_path, _with_sheet_xml(_sheet_xml(cells)))
    [grid] = _read_bytes(readers, tmp_path, _text_of(ROWS).encode())

    assert "解析该文件时内存超限或解析器崩溃" in refusal
    assert grid.rows.height == 3


def test_memory_is_limited(tmp_path: Path) -> None:
    """A child that may not have what a file needs refuses it."""
    content = _workbook(Sheet1=[["甲" * 30_000] * 20] * 5)
    with Readers(tmp_path, limits=Limits(memory_bytes=300 * 1024**2, seconds=20)) as small:
        assert "解析" in _refusal(small, tmp_path, content)


def test_a_parser_that_hangs(tmp_path: Path) -> None:
    """A file that takes longer than allowed is refused; here one that never yields a byte."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        Readers(tmp_path, limits=Limits(seconds=1.0)) as hasty,
        pytest.raises(IntakeRefused) as refused,
        hasty.read(pipe, file_name="来件.xlsx"),
    ):
        pass

    assert refused.value.sentence == "文件 来件.xlsx：解析超过 1 秒；请另存为普通工作簿或 CSV 后重报。"


def test_too_large(tmp_path: Path) -> None:
    """A file above the limit is refused without being opened."""
    with Readers(tmp_path, limits=Limits(file_bytes=1024**2)) as small:
        refusal = _refusal(small, tmp_path, bytes(1024**2 + 1))

    assert refusal == "文件 来件.xlsx：文件过大；应为不超过 1 MB；请按乡镇或月份拆分后重报。"


def test_nothing_stays_behind(tmp_path: Path) -> None:
    """The grids on their way over are gone once a file is read or refused."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with Readers(scratch) as fresh:
        _read_bytes(fresh, tmp_path, _text_of(ROWS).encode())
        _refusal(fresh, tmp_path, b"")

        assert list(scratch.iterdir()) == []


def _confined(code: str) -> subprocess.CompletedProcess[str]:
    begin = f"from fangpin.connectors.sandbox import computing_at_most, confine; confine({1024**3});"
    return subprocess.run([sys.executable, "-c", f"{begin}{code}"], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("bytearray(2 * 1024**3)", "MemoryError"),
        ("\nwith computing_at_most(0.5):\n    while True: pass", -signal.SIGXCPU),
        ("f = open('large', 'wb'); f.seek(3 * 1024**3); f.write(b'x'); f.flush()", "too large"),
    ],
    ids=["memory", "computing", "writing"],
)
def test_limits_of_the_child(code: str, expected: str | int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A confined process cannot have more memory, time or disk than it was given."""
    monkeypatch.chdir(tmp_path)
    ended = _confined(code)

    assert ended.returncode == expected or str(expected) in ended.stderr


def test_a_child_without_network() -> None:
    """Where the system lets a process leave the network, a confined one reaches not even its own machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = _confined(f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)")
    command = ["unshare", "--net", "--map-root-user", "true"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody leave the network")

    assert "Network is unreachable" in ended.stderr


def test_a_child_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading child is not given the service's environment, where its passwords are."""
    monkeypatch.setenv("FANGPIN_SECRET", "hush")
    with Readers(tmp_path):
        [child] = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()[-1:]
        environment = Path(f"/proc/{child}/environ").read_bytes()

    assert (b"PATH=" in environment, b"hush" in environment) == (True, False)


def _walked(readers: Readers, path: Path) -> int:
    with readers.read(path, file_name="来件.csv") as grids:
        return sum(part.height for part in grids[0].parts())


def test_a_parser_that_computes_on(tmp_path: Path) -> None:
    """A file that takes more computing than allowed is refused, however lively it is read."""
    path = tmp_path / "original"
    path.write_text('姓名,"金\n额",5"\n' * 3_000_000, encoding="utf-8")
    with Readers(tmp_path, limits=Limits(cpu_seconds=1.0)) as hasty, pytest.raises(IntakeRefused) as refused:
        _walked(hasty, path)

    assert refused.value.sentence == "文件 来件.csv：解析超过 1 秒；请另存为普通工作簿或 CSV 后重报。"
