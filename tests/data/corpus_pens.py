"""Pens of the corpus: a workbook, a text file, an archive from rows; and people who are nobody's.

No province has the number 99, so no number written here belongs to anybody.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter
from identity import whole

Rows = list[list[Any]]

NAMES = (
    "柳树春",
    "石桥生",
    "田禾丰",
    "江水平",
    "山青",
    "谷雨芳",
    "麦香兰",
    "竹林秀",
    "梅雪",
    "松海",
    "溪流长",
    "云起",
    "雷鸣远",
    "霜叶红",
    "冬至安",
    "夏荷",
    "秋实",
    "春耕",
    "阿依·古丽",
    "钟灵毓",
)


def id_of(number: int) -> str:
    """Return the ID of the n-th invented person: a man or woman of 1950 to 1989, in turn."""
    return whole("990101", f"{1950 + number % 40}0{1 + number % 9}{10 + number % 18}", f"{100 + number:03d}")


def person(number: int) -> tuple[str, str]:
    """Return name and ID of the n-th invented person."""
    return NAMES[number % len(NAMES)], id_of(number)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula cell and the value the spreadsheet kept for it."""

    text: str
    value: object


@dataclass(frozen=True, slots=True)
class Sheet:
    """How one sheet of a workbook is written; rows and columns are counted from 0."""

    rows: Rows
    merged: tuple[tuple[int, int, int, int], ...] = ()  # first row, first column, last row, last column
    hidden: str = ""  # "hidden" or "very"
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    struck_rows: tuple[int, ...] = ()
    floating_text: str = ""


def book(sheets: Mapping[str, Sheet | Rows]) -> bytes:
    """Return a workbook; a str cell is text, a number a number, a date a date."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        struck = made.add_format({"font_strikeout": True})
        for name, given in sheets.items():
            sheet = given if isinstance(given, Sheet) else Sheet(given)
            page = made.add_worksheet(name)
            for number, row in enumerate(sheet.rows):
                for place, cell in enumerate(row):
                    _write(made, page, (number, place), cell, struck if number in sheet.struck_rows else None)
            _dress(page, sheet)
    return out.getvalue()


def _write(made: Any, page: Any, at: tuple[int, int], cell: object, look: Any) -> None:
    match cell:
        case None | "":
            return
        case Formula():
            page.write_formula(*at, cell.text, look, cell.value)
        case bool():
            page.write_boolean(*at, cell, look)
        case int() | float():
            page.write_number(*at, cell, look)
        case dt.date():
            page.write_datetime(*at, cell, made.add_format({"num_format": "yyyy-mm-dd"}))
        case _:
            page.write_string(*at, str(cell), look)


def _dress(page: Any, sheet: Sheet) -> None:
    for first_row, first, last_row, last in sheet.merged:
        page.merge_range(first_row, first, last_row, last, sheet.rows[first_row][first])
    for row in sheet.hidden_rows:
        page.set_row(row, None, None, {"hidden": True})
    for column in sheet.hidden_columns:
        page.set_column(column, column, None, None, {"hidden": True})
    if sheet.floating_text:
        page.insert_textbox(2, 1, sheet.floating_text)
    if sheet.hidden == "very":
        page.very_hidden()
    elif sheet.hidden:
        page.hide()


def text(rows: Iterable[list[Any]], *, delimiter: str = ",", end: str = "\r\n") -> str:
    """Return rows as delimited text, quoted where it must be."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


class _OldMember(zipfile.ZipInfo):
    """A member whose name is written in GBK and without the UTF-8 mark, as old tools do."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's own name
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def archive(members: Mapping[str, bytes], *, old: bool = False) -> bytes:
    """Return a .zip; an old one has its names in GBK."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in members.items():
            made.writestr(_OldMember(name) if old else zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def locked(content: bytes) -> bytes:
    """Return a .zip whose members say that they are encrypted."""
    mutable = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = mutable.find(mark)
        while at >= 0:
            flags = struct.unpack_from("<H", mutable, at + offset)[0]
            struct.pack_into("<H", mutable, at + offset, flags | 1)
            at = mutable.find(mark, at + 4)
    return bytes(mutable)


@dataclass(frozen=True, slots=True)
class Told:
    """What must come of one file.

    ``outcome``: landed; held, refused; stopped = one of these two; careful = landed exactly so, or stopped: never
    landed in another way. ``values`` are by sheet row, or by "sheet!row" where there are several sheets.
    """

    outcome: str = "landed"
    source: str = ""
    period: str = "2024-03"
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    skipped: dict[str, int] | None = field(default_factory=dict)  # 合计、签字、空行、重复表头; None: not looked at
    told: tuple[str, ...] = ()  # words that must stand in what else was left out or noticed
    unknown: tuple[str, ...] = ()
    issues: dict[str, int] | None = field(default_factory=dict)  # code -> rows; None: not looked at
    flagged: tuple[int, ...] = ()  # rows (by their number) of which at least one problem must be told
    values: dict[int | str, dict[str, object]] = field(default_factory=dict)
    says: tuple[str, ...] = ()  # words of the sentence, when it does not land


@dataclass(frozen=True, slots=True)
class Case:
    """One file of the corpus: what shape it shows, its name, how it is written, what must come of it."""

    shape: str
    file_name: str
    content: Callable[[], bytes]
    expected: tuple[Told, ...]


def case(shape: str, file_name: str, content: Callable[[], bytes] | bytes, *expected: Told) -> Case:
    """Return a case; bytes may be given as they are."""
    write = content if callable(content) else lambda: content
    return Case(shape, file_name, write, expected)
