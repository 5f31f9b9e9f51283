"""Text files piece by piece: the same cells as Python's csv reader gives, whatever the pieces."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangpin.connectors import delimited
from fangpin.connectors.delimited import delimiter_of, read_delimited
from fangpin.connectors.encodings import utf8_chunks
from fangpin.connectors.handover import CELL_MAX, Output, ParseRefused, SheetFacts
from fangpin.connectors.readers import Readers

Rows = list[list[str | None]]


class Kept(Output):
    """An output that keeps the tables of one file."""

    def __init__(self) -> None:
        super().__init__(Path(), io.StringIO())
        self.tables: list[pa.Table] = []

    def sheet(self, facts: SheetFacts, tables: Iterator[pa.Table], *, last: bool) -> bool:  # noqa: ARG002 - the output's shape
        """Keep the tables."""
        self.tables += tables
        return True


def _ours(path: Path) -> Rows | None:
    """Return the rows the product reads, each cut to the cells it had; None when it refuses the file."""
    output = Kept()
    try:
        read_delimited(path, "text", output)
    except ParseRefused:
        return None
    rows: Rows = []
    for table in output.tables:
        for number, width, *cells in zip(*(column.to_pylist() for column in table.columns), strict=True):
            assert (number, [None] * (len(cells) - width)) == (len(rows) + 1, cells[width:])
            rows.append(cells[:width])
    return rows


def _pythons(text: str) -> Rows | None:
    """Return the rows Python's csv reads; None for what it refuses and for a file without a filled cell."""
    try:
        rows = [[c or None for c in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error:
        return None
    return rows if any(cell for row in rows for cell in row) else None


CELLS = st.one_of(
    st.text(st.sampled_from("甲乙𠮷 0a"), max_size=6),
    st.text(st.sampled_from('甲",\n\r a'), max_size=6).map(lambda t: '"{}"'.format(t.replace('"', '""'))),
)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width).map(",".join), min_size=8, max_size=40)
)
SPOILT = st.lists(st.sampled_from(['"', ",", "\n", "\r", "\r\n", "a", '""', "a,b\n"]), max_size=3)


@settings(max_examples=300, deadline=None)
@given(
    TABLES, st.sampled_from(["\n", "\r\n"]), SPOILT, st.randoms(use_true_random=False), st.sampled_from([8, 32, 128])
)
def test_the_same_as_pythons_csv(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, spoilt: list[str], dice: Any, piece: int
) -> None:
    """Quotes, blank lines, ragged rows and mixed line ends give the cells Python's strict csv gives, or a refusal."""
    text = end.join(lines) + end
    for bit in spoilt:
        at = dice.randint(0, len(text))
        text = text[:at] + bit + text[at:]
    path = tmp_path_factory.getbasetemp() / "random"
    path.write_bytes(text.encode())

    with pytest.MonkeyPatch.context() as small:
        small.setattr(delimited, "_PIECE_MIN", piece)
        small.setattr(delimited, "_PIECE_MAX", piece * 16)
        small.setattr(delimited, "delimiter_of", lambda _: ",")
        ours = _ours(path)

    assert ours == _pythons(text)


def test_a_regular_file_goes_the_fast_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long regular file only the first piece is read by the exact way, quotes or not."""
    path = tmp_path / "long"
    path.write_text("姓名,金额,备注\n" + '甲一,"1,200.50","他说""好""\n再见"\n' * 100_000, encoding="utf-8")
    reader = csv.reader
    began: list[int] = []

    def counted(lines: list[str], **options: Any) -> Any:
        began.append(len(lines))
        return reader(lines, **options)

    monkeypatch.setattr(delimited.csv, "reader", counted)
    monkeypatch.setattr(delimited, "delimiter_of", lambda _: ",")
    rows = _ours(path)

    assert rows is not None
    assert (len(rows), rows[-1], len(began)) == (100_001, ["甲一", "1,200.50", '他说"好"\n再见'], 1)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("姓名,身份证号,金额\n甲一,1,2\n", ","),
        ("姓名\t金额\t住址\n甲一\t1,200,000\t一组,二号,三户\n乙二\t1,300,000\t一组,二号,三户\n", "\t"),
        ("低保名单;共2人;2024年3月\n姓名,金额\n甲一,1\n乙二,2\n", ","),
        ("姓名|金额|备注\n甲一|1|a,b\n乙二|2|\n", "|"),
        ("姓名;金额\n甲一;1,5\n乙二;2,5\n", ";"),
        ('"姓名,曾用名"\t金额\n"甲,一"\t1\n"乙,二"\t2\n', "\t"),
        ("某县某月名单,,\n姓名,金额,备注\n甲一,1,无;无;无\n乙二,2,无;无;无\n", ","),
        ("只有一列\n甲一\n乙二\n", ","),
        ("", ","),
    ],
)
def test_delimiters(head: str, expected: str) -> None:
    """The header's delimiter wins over those inside amounts, addresses and titles."""
    assert delimiter_of(head) == expected


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)), st.integers(1, 4))
def test_utf8_is_told_as_python_tells_it(tmp_path_factory: pytest.TempPathFactory, content: bytes, chunk: int) -> None:
    """Bytes are taken for UTF-8 exactly when Python decodes them strictly, however they are cut."""
    content = (
        content.replace(b"\0", b"")
        .replace(b"<", b"")
        .replace(b":", b"")
        .replace(b"\xff\xfe", b"")
        .replace(b"\xfe\xff", b"")
    )
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(content)
    texts = []
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            texts.append(content.decode(encoding))
        except UnicodeDecodeError:
            continue

    with pytest.MonkeyPatch.context() as small:
        small.setattr("fangpin.connectors.encodings._CHUNK", chunk)
        try:
            read = b"".join(utf8_chunks(path)).decode()
        except ParseRefused:
            read = None

    assert read == (texts[0] if texts else None)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(encoding: str, readers: Readers, tmp_path: Path) -> None:
    """UTF-16 is read without its mark as well."""
    path = tmp_path / "original"
    path.write_bytes("姓名,金额\n甲一,430\n".encode(encoding))

    with readers.read(path, file_name="a.csv") as [grid]:
        assert grid.rows.rows() == [(1, 2, "姓名", "金额"), (2, 2, "甲一", "430")]


def test_a_long_cell_is_still_a_cell(tmp_path: Path) -> None:
    """A cell just within the limit is read, also where it is longer than a piece."""
    csv.field_size_limit(CELL_MAX)
    path = tmp_path / "long"
    path.write_text("a,b\n" + "x" * (CELL_MAX - 1) + ",1\n", encoding="utf-8")

    rows = _ours(path)

    assert rows is not None
    assert [len(cell or "") for cell in rows[1]] == [CELL_MAX - 1, 1]


def test_parts_arrive_in_order(readers: Readers, tmp_path: Path) -> None:
    """A long file comes in parts of 100,000 rows, may be walked twice, and later parts may be wider."""
    path = tmp_path / "original"
    path.write_text("a,b\n" * 250_000 + "a,b,c\n", encoding="utf-8")

    with readers.read(path, file_name="a.csv") as [grid]:
        first, again = ([(p.height, p.columns[2:], p["sheet_row"][0]) for p in grid.parts()] for _ in range(2))

    assert first == again
    assert first == [
        (100_000, ["c0", "c1"], 1),
        (100_000, ["c0", "c1"], 100_001),
        (50_001, ["c0", "c1", "c2"], 200_001),
    ]


def test_a_part_that_turns_out_damaged(readers: Readers, tmp_path: Path) -> None:
    """Damage far down is raised while walking, naming its line, and again when walked again."""
    path = tmp_path / "original"
    path.write_text("a,b\n" * 600_000 + 'a,"b\n', encoding="utf-8")

    with readers.read(path, file_name="a.csv") as [grid]:
        for _ in range(2):
            with pytest.raises(Exception, match="从第 600001 行起"):
                list(grid.parts())


def test_leaving_early(readers: Readers, tmp_path: Path) -> None:
    """Leaving before the last part stops the work; two files may be open at a time; the next is read as ever."""
    long, short = tmp_path / "long", tmp_path / "short"
    long.write_text("a,b\n" * 3_000_000, encoding="utf-8")
    short.write_text("a,b\n", encoding="utf-8")

    with readers.read(long, file_name="a.csv") as [grid], readers.read(short, file_name="b.csv") as [other]:
        assert (grid.rows.height, other.rows.height) == (100_000, 1)
    with readers.read(short, file_name="b.csv") as [again]:
        assert again.rows.height == 1
