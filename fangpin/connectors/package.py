"""What a workbook's zip holds besides the cells: dangers that refuse it, rows hidden or struck through, its day.

Floor 3. Runs in the reading child. Every XML part is unfolded once, to the end, whatever the parser makes of it.
Links to other workbooks are never followed; their cached values are cells like others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from typing import NoReturn
from xml.etree import ElementTree as ET

from fangpin.connectors.archive import CONTENT_TYPES, Archive, opened
from fangpin.connectors.handover import ParseRefused

_ENTRIES_MAX = 1000  # a sheet for each village, and its relations
_XML = (".xml", ".rels", ".vml")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
_DECLARATION_LENGTH = 9
_SMALL_PART = 2**24  # of parts looked at as a whole
_ROW_MAX = 2**24
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_FILLED_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*[^>/])>")
_ROW_NUMBER = re.compile(rb"""\br\s*=\s*["'](\d+)["']""")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_STYLE = re.compile(rb"""\bs\s*=\s*["'](\d+)["']""")
_ERROR = re.compile(  # a cell of the type error, and its value
    rb"""<(?:\w+:)?c\b(?=[^>]*\bt\s*=\s*["']e["'])[^>]*\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["'][^>]*>"""
    rb"""(?:<(?:\w+:)?f\b[^<]*(?:</(?:\w+:)?f>)?)?<(?:\w+:)?v>(#[A-Z0-9/!?_]{1,20})<"""
)
_VALUE_ENDS = (b"v>", b"t>")
_MODIFIED = re.compile(rb"modified[^>]*>(\d{4}-\d\d-\d\d)")
_LIVE_LINK = re.compile(rb"<(?:\w+:)?(?:dde|ole)Link\b")
_WORKBOOK, _RELATIONS, _STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"


@dataclass(frozen=True, slots=True)
class RowMarks:
    """What one sheet's XML says of its rows."""

    hidden_rows: int = 0
    struck_rows: tuple[int, ...] = ()
    errors: tuple[tuple[int, int, str], ...] = ()  # sheet row from 1, column from 0, #REF! and the like


@dataclass(frozen=True, slots=True)
class Package:
    """What the zip said: the day it was last saved, and of each sheet by its name."""

    made_on: str | None
    sheets: dict[str, RowMarks]


def refuse_dangers(path: Path) -> None:
    """Look at what parts there are, and how large they say they are.

    Raises: ParseRefused for a damaged or huge zip, one that is no workbook, macros, embedded objects.
    """
    with opened(path, entries_max=_ENTRIES_MAX) as archive:
        names = [name.lower() for name in archive.zipped.namelist()]
        types = _whole(archive, CONTENT_TYPES)
    if CONTENT_TYPES.lower() not in names:
        raise ParseRefused("是压缩包，不是表格文件", expected=".xlsx、.xls 或 .csv", action="请解压后逐个报送")
    if b"sheet.binary" in types:
        raise ParseRefused("是 .xlsb 工作簿", expected=".xlsx、.xls 或 .csv", action="请另存为 .xlsx 后重报")
    if b"macroEnabled" in types or any("vbaproject" in name for name in names):
        _refuse("含有宏")
    if any("embeddings/" in name or "activex/" in name for name in names):
        _refuse("含有嵌入对象")


def examined(path: Path) -> Package:
    """Unfold every XML part once and return what they say.

    Raises: ParseRefused for a zip that is damaged or huge in truth, live links, document type declarations.
    """
    with opened(path, entries_max=_ENTRIES_MAX) as archive:
        struck = _struck_styles(_whole(archive, _STYLES))
        places = _sheet_places(_whole(archive, _WORKBOOK), _whole(archive, _RELATIONS))
        marks: dict[str, RowMarks] = {}
        for entry in archive.zipped.infolist():  # every one, even two of one name
            if entry.filename.lower().endswith(_XML):
                chunks = _checked(archive.chunks(entry))
                if entry.filename in places:
                    marks[places[entry.filename]] = _row_marks(chunks, struck)
                elif "externalLinks/" in entry.filename and any(_LIVE_LINK.search(chunk) for chunk in chunks):
                    _refuse("含有外部程序链接（DDE）")
                else:
                    for _ in chunks:
                        pass
        day = _MODIFIED.search(_whole(archive, "docProps/core.xml"))
    return Package(day[1].decode() if day else None, marks)


def _refuse(given: str) -> NoReturn:
    raise ParseRefused(given, expected="只有数据的 .xlsx", action="请只复制数据到新工作簿后重报")


def _whole(archive: Archive, name: str) -> bytes:
    """Return a small part as a whole, nothing when it is missing or not small: the parser judges those."""
    try:
        entry = archive.zipped.getinfo(name)
    except KeyError:
        return b""
    return b"".join(_checked(archive.chunks(entry))) if entry.file_size <= _SMALL_PART else b""


def _checked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pass a part on.

    Raises: ParseRefused when it declares types or entities, or is written so that this could not be seen.
    """
    before = b""
    for chunk in chunks:
        if not before and (chunk.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in chunk[:64]):
            raise ParseRefused("工作簿的内部编码不是 UTF-8", action="请用表格软件打开后另存为 .xlsx 重报")
        seen = before + chunk
        if b"<!" in seen and _DECLARATION.search(seen):
            raise ParseRefused("工作簿内含有外部声明（DTD）", action="请用表格软件打开后另存为 .xlsx 重报")
        before = chunk[-_DECLARATION_LENGTH:]
        yield chunk


def _sheet_places(workbook: bytes, relations: bytes) -> dict[str, str]:
    """Return the name of the sheet each part holds; what cannot be made out is left out."""
    try:
        targets = {r.get("Id"): r.get("Target", "") for r in ET.fromstring(relations)}  # noqa: S314 - declarations were refused
        sheets = ET.fromstring(workbook).iterfind("{*}sheets/{*}sheet")  # noqa: S314 - the same
        return {
            normpath(join("/xl", targets[relation])).lstrip("/"): sheet.get("name", "")
            for sheet in sheets
            for key, relation in sheet.items()
            if key.endswith("}id") and relation in targets
        }
    except ET.ParseError:
        return {}


def _struck_styles(styles: bytes) -> frozenset[bytes]:
    """Return the numbers of the cell styles whose font is struck through."""
    if b"strike" not in styles:
        return frozenset()
    try:
        root = ET.fromstring(styles)  # noqa: S314 - declarations were refused
    except ET.ParseError:
        return frozenset()
    marks = [font.find("{*}strike") for font in root.iterfind("{*}fonts/{*}font")]
    struck = {str(i) for i, mark in enumerate(marks) if mark is not None and mark.get("val", "1") in ("1", "true")}
    formats = root.iterfind("{*}cellXfs/{*}xf")
    return frozenset(str(i).encode() for i, cell in enumerate(formats) if cell.get("fontId") in struck)


def _row_marks(chunks: Iterator[bytes], struck: frozenset[bytes]) -> RowMarks:
    hidden = 0
    struck_rows: list[int] = []
    errors: list[tuple[int, int, str]] = []
    for block in _whole_rows(chunks):
        if b'"e"' in block or b"'e'" in block:
            errors += [(int(cell[2]), _column(cell[1]), cell[3].decode()) for cell in _ERROR.finditer(block)]
        if struck or b"hidden" in block:
            for row in _ROW.finditer(block):
                if not row[1].endswith(b"/"):
                    cells = block[row.end() : block.find(b"row>", row.end())]
                    filled = any(end in cells for end in _VALUE_ENDS)
                    hidden += bool(filled and _HIDDEN.search(row[1]))
                    if filled and struck and _mostly_struck(cells, struck):
                        struck_rows += [int(number[1]) for number in _ROW_NUMBER.finditer(row[1])]
    return RowMarks(hidden, tuple(struck_rows), tuple(errors))


def _column(letters: bytes) -> int:
    """Return a column's number, from 0.

    >>> _column(b"A"), _column(b"AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _whole_rows(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a sheet's XML cut behind row ends, so that no row is seen in halves."""
    held = b""
    for chunk in chunks:
        held += chunk
        cut = held.rfind(b"row>") + 4
        if cut >= 4 or len(held) > _ROW_MAX:  # noqa: PLR2004 - the length of that mark
            yield held[:cut] if cut >= 4 else held  # noqa: PLR2004 - the same
            held = held[cut:] if cut >= 4 else b""  # noqa: PLR2004 - the same
    yield held


def _mostly_struck(cells: bytes, struck: frozenset[bytes]) -> bool:
    """Tell whether at least half of a row's filled cells are struck through."""
    styles = [style[1] for cell in _FILLED_CELL.finditer(cells) if (style := _STYLE.search(cell[1]))]
    unstyled = sum(1 for _ in _FILLED_CELL.finditer(cells)) - len(styles)
    return 2 * sum(style in struck for style in styles) >= len(styles) + unstyled
