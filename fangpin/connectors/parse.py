"""What runs inside the reading child: one file in, one Arrow file of text cells per sheet out.

Floor 3. Imported by the child, so it imports little. Text only: a number cell of sixteen digits or
more has lost its end and is written in scientific notation, so that an ID is never made up from it.
"""

from __future__ import annotations

import codecs
import csv
import ctypes
import datetime as dt
import io
import json
import resource
import signal
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl
import python_calamine as calamine

_EXACT = 10**15  # a double holds whole numbers up to here digit by digit
_ENTRIES_MAX = 1000
_INFLATED_MAX = 1024**3
_RATIO_MAX = 200
_M_ARENA_MAX = -8  # from malloc.h
_PR_SET_PDEATHSIG = 1  # from prctl.h
_CHUNK_ROWS = 10_000  # rows held as Python text at a time
_MARKUP = (b"<html", b"<table", b"<?xml")
_NO_TABLE = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"Rar!", b"7z\xbc\xaf")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

# Python's gb18030 codec is the 2005 table: eighteen code points still come out in the private use area.
_GB18030_2022 = str.maketrans(
    dict(
        zip(
            (*range(0xE78D, 0xE797), 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864),
            "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb",
            strict=True,
        )
    )
)


class ParseRefused(Exception):
    """The file cannot be read; carried over to the parent as three pieces of a sentence."""

    def __init__(self, given: str, expected: str = "", action: str = "") -> None:
        super().__init__(given, expected, action)
        self.given, self.expected, self.action = given, expected, action


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """Where one sheet's cells lie as an Arrow file."""

    name: str
    visible: bool
    path: str


def serve() -> None:
    """Answer requests from standard input, a line of JSON each, until it closes: the child's whole life.

    A request names path, folder, file_name; an answer holds sheets (name, visible, path) or refused (given,
    expected, action). Running out of memory ends the child, which the parent takes for a refusal.
    """
    limit_memory(int(sys.argv[1]))
    for line in sys.stdin:
        answer: dict[str, object] = {"sheets": [], "refused": None}
        try:
            answer["sheets"] = [(s.name, s.visible, s.path) for s in parse_file(**json.loads(line))]
        except ParseRefused as exc:
            answer["refused"] = (exc.given, exc.expected, exc.action)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def limit_memory(address_space: int) -> None:
    """Cap the child's address space, so that a bomb kills the child and nobody else."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):  # glibc reserves 64 MB of address space for each thread unless told not to
        library.mallopt(_M_ARENA_MAX, 1)
    if hasattr(library, "prctl"):  # without its parent nobody would ever stop it
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    csv.field_size_limit(1_000_000)


def parse_file(path: str, folder: str, file_name: str) -> list[ParsedSheet]:
    """Write each sheet's cells as text into the folder and say where; the content decides the format."""
    with Path(path).open("rb") as stream:
        magic = stream.read(8)
    if not magic:
        raise ParseRefused("文件是空的", action="请重新导出后报送")
    if magic.startswith(_NO_TABLE):
        raise ParseRefused("不是表格文件（是图片或文档）", expected=".xlsx、.xls 或 .csv", action="请报送表格文件")
    if magic.startswith((_ZIP, _OLE)):
        sheets = _workbook(path, zipped=magic.startswith(_ZIP))
    else:
        sheets = iter([(Path(file_name).stem, True, _delimited(Path(path).read_bytes()))])
    parsed = []
    for number, (name, visible, frame) in enumerate(sheets):
        if frame.height:
            target = str(Path(folder) / f"{number}.arrow")
            frame.write_ipc(target)
            parsed.append(ParsedSheet(name, visible, target))
    if not parsed:
        raise ParseRefused("没有任何数据", action="请重新导出后报送")
    return parsed


def _workbook(path: str, *, zipped: bool) -> Iterator[tuple[str, bool, pl.DataFrame]]:
    if zipped:
        _check_archive(path)
    try:
        book = calamine.CalamineWorkbook.from_path(path)
        for meta in book.sheets_metadata:
            if meta.typ == calamine.SheetTypeEnum.WorkSheet:
                rows = book.get_sheet_by_name(meta.name).iter_rows()
                frame = _frame([_text(v) for v in row] for row in rows)
                yield meta.name, meta.visible == calamine.SheetVisibleEnum.Visible, frame
    except calamine.PasswordError:
        raise ParseRefused("文件有密码", expected="不加密的工作簿", action="请去掉密码后重报") from None
    except (calamine.CalamineError, ValueError, OSError) as exc:
        raise ParseRefused("工作簿已损坏或格式不对", expected=".xlsx、.xls 或 .csv", action="请重新导出后报送") from exc


def _check_archive(path: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile:
        raise ParseRefused("工作簿不完整（压缩包已损坏）", action="请重新导出后报送") from None
    inflated = sum(e.file_size for e in entries)
    packed = max(sum(e.compress_size for e in entries), 1)
    if len(entries) > _ENTRIES_MAX or inflated > _INFLATED_MAX or inflated / packed > _RATIO_MAX:
        raise ParseRefused("文件展开后异常庞大", expected="普通工作簿", action="请另存为新文件后重报")


def _text(value: object) -> str | None:
    """Return a cell as text: whole numbers without .0, dates ISO, lost digits in scientific notation."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if abs(value) >= _EXACT:
            return f"{value:.14E}"
        return str(int(value)) if float(value).is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return None if value is None else str(value)


def _delimited(content: bytes) -> pl.DataFrame:
    text = _decoded(content)
    if "\0" in text:
        raise ParseRefused("不是表格文件", expected=".xlsx、.xls 或 .csv", action="请重新导出后报送")
    head = text[:65536]
    delimiter = "\t" if head.count("\t") > head.count(",") else ","
    return _frame(_records(text, delimiter))


def _records(text: str, delimiter: str) -> Iterator[list[str | None]]:
    # strict: a quote that is never closed would otherwise swallow the rest of the file as one cell
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            yield [cell or None for cell in row]
            line = reader.line_num + 1
    except csv.Error as exc:
        given = f"不是规范的 CSV（从第 {line} 行起有未成对的引号或过长的内容）"
        raise ParseRefused(given, action="请另存为 .xlsx 或标准 CSV 后重报") from exc


def _decoded(content: bytes) -> str:
    if any(mark in content[:2048].lower() for mark in _MARKUP):
        raise ParseRefused("实际是网页文件", expected=".xlsx 或 .csv", action="请用表格软件打开后另存为 .xlsx 重报")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.translate(_GB18030_2022) if encoding == "gb18030" else text
    raise ParseRefused("文字编码无法识别", expected="UTF-8 或 GB18030", action="请另存为 .xlsx 后重报")


def _frame(rows: Iterable[list[str | None]]) -> pl.DataFrame:
    source = iter(rows)
    chunks = []
    while part := list(islice(source, _CHUNK_ROWS)):
        width = max(len(row) for row in part)
        cells = ([row[i] if i < len(row) else None for row in part] for i in range(width))
        chunks.append(pl.DataFrame({f"c{i}": pl.Series(column, dtype=pl.String) for i, column in enumerate(cells)}))
    frame = pl.concat(chunks, how="diagonal") if chunks else pl.DataFrame()
    return frame.select(pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("sheet_row"), pl.all())


if __name__ == "__main__":
    serve()
