"""Hostile files of the readers' tests, made in code: what each is, and what is to become of it."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
CELL = '<row r="{row}"><c r="{place}" t="inlineStr"><is><t>甲</t></is></c></row>'
LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 10)
) + "]>"  # fmt: skip
XXE = "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"

Content = bytes | Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Hostile:
    """A hostile file: refused with a sentence that says ``refusal``, or cleaned to so many rows or members."""

    name: str
    make: Callable[[], Content]
    refusal: str = ""
    cleaned: int | None = None
    archive: bool = False


def sheet(cells: str, *, before: str = "", dimension: str = "") -> str:
    """Return a sheet's XML around its rows."""
    tag = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'{XML}{before}<worksheet xmlns="{MAIN}">{tag}<sheetData>{cells}</sheetData></worksheet>'


ROWS = CELL.format(row=1, place="A1") + CELL.format(row=2, place="A2")
PARTS = {
    "[Content_Types].xml": f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="名单" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
    f'Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": sheet(ROWS),
}
SHEET, STRINGS, RELATIONS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"


def book(changed: dict[str, str | bytes | None] | None = None) -> bytes:
    """Return a workbook of two rows with some parts changed, added or (None) left out."""
    return zipped({name: part for name, part in (PARTS | (changed or {})).items() if part is not None})


def zipped(files: dict[str, str | bytes]) -> bytes:
    """Return a zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def twice(second: str) -> bytes:
    """Return a workbook with two parts of one name, of which this is the second."""
    return book({"xl/worksheets/sheet2.xml": second}).replace(b"xl/worksheets/sheet2.xml", SHEET.encode())


def related_to(target: str) -> bytes:
    """Return a workbook whose sheet is said to lie elsewhere."""
    return book({RELATIONS: PARTS[RELATIONS].replace("worksheets/sheet1.xml", target)})


def flagged(content: bytes, bit: int) -> bytes:
    """Return a zip with a flag set on every entry, in both its headers."""
    made = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = made.find(mark)
        while at >= 0:
            made[at + offset] |= bit
            at = made.find(mark, at + 4)
    return bytes(made)


def lying(content: bytes, name: str, size: int) -> bytes:
    """Return a zip whose headers say that an entry unfolds into no more than this."""
    made = bytearray(content)
    for mark, size_at, name_at in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        at = made.find(mark)
        while at >= 0:
            if made[at + name_at :].startswith(name.encode()):
                made[at + size_at : at + size_at + 4] = struct.pack("<I", size)
            at = made.find(mark, at + 4)
    return bytes(made)


def bad_checksum(content: bytes) -> bytes:
    """Return a stored zip with one byte of its largest entry changed."""
    made = bytearray(content)
    at = made.find("甲".encode())
    made[at] ^= 0x01
    return bytes(made)


def stored(files: dict[str, str | bytes]) -> bytes:
    """Return a zip of these files, not compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def overlapped(times: int) -> bytes:
    """Return a zip all of whose entries are the same bytes (the better zip bomb)."""
    inside = b"\0" * 20_000_000
    one = zipped({"0000.csv": inside})
    at = one.find(b"PK\x01\x02")
    end = one.find(b"PK\x05\x06")
    central = one[at:end]
    record = bytearray(one[end:])
    record[8:12] = struct.pack("<HH", times, times)
    record[12:16] = struct.pack("<I", len(central) * times)
    names = (central[:46] + f"{i:04}.csv".encode() + central[54:] for i in range(times))
    return one[:at] + b"".join(names) + bytes(record)


def old_office(streams: dict[str, bytes], *, chain: int = -2) -> bytes:
    """Return a compound file (.xls) of small streams; ``chain`` is what the directory's sector is followed by."""
    free, table, last = 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFE
    sectors, fat, entries = [b""], [chain & 0xFFFFFFFF], []
    for name, content in streams.items():
        padded = content.ljust(-(-max(len(content), 4096) // 512) * 512, b"\0")  # 4096: none in the mini stream
        start = len(sectors)
        count = len(padded) // 512
        sectors += [padded[i * 512 : (i + 1) * 512] for i in range(count)]
        fat += [*range(start + 1, start + count), last]
        entries.append((name, 2, start, len(padded)))
    directory = _directory_entry("Root Entry", 5, last, 0, child=1, right=free)
    for i, (name, kind, start, size) in enumerate(entries, start=1):
        right = i + 1 if i < len(entries) else free
        directory += _directory_entry(name, kind, start, size, child=free, right=right)
    sectors[0] = directory.ljust(512, b"\0")
    fat.append(table)
    sectors.append(struct.pack("<128I", *fat, *[free] * (128 - len(fat))))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 0, 0, 4096, last, 0, last, 0)
    header += struct.pack("<109I", len(sectors) - 1, *[free] * 108)
    return header + b"".join(sectors)


def _directory_entry(name: str, kind: int, start: int, size: int, *, child: int, right: int) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    head = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1)
    return head + struct.pack("<III", 0xFFFFFFFF, right, child) + bytes(36) + struct.pack("<IQ", start, size)


def long_line(piece: bytes, times: int) -> Callable[[Path], None]:
    """Return what writes one piece again and again without a line break."""

    def write(path: Path) -> None:
        with path.open("wb") as stream:
            stream.write(b"a,b\n")
            for _ in range(times):
                stream.write(piece)

    return write


def many(rows: int, cells: str) -> str:
    """Return so many rows of a sheet, the number of each in place of {0}."""
    return "".join(f'<row r="{i}">{cells.format(i)}</row>' for i in range(1, rows + 1))


def noise(seed: int, length: int, *, start: bytes = b"") -> bytes:
    """Return random bytes behind a format's first ones."""
    return start + random.Random(seed).randbytes(length)  # noqa: S311 - noise, not a secret


HTML = "<html><body><table><tr><td>甲</td></tr></table></body></html>"
DDE = f'{XML}<externalLink xmlns="{MAIN}"><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
LINK = f'{XML}<externalLink xmlns="{MAIN}"><externalBook/></externalLink>'
MACRO_TYPE = PARTS["[Content_Types].xml"].replace(
    "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main", "vnd.ms-excel.sheet.macroEnabled.main"
)
BINARY_TYPE = MACRO_TYPE.replace("sheet.macro", "sheet.binary.macro")
LAST = CELL.format(row=1048576, place="A1048576")
NO_TEXT = '<row r="1"><c r="A1" t="s"><v>99</v></c></row>'
LONG_ROW = f'<row x="{noise(12, 10_000_000).hex()}"'
BEYOND = CELL.format(row=4294967295, place="A4294967295")
FAR = CELL.format(row=1, place="A1") + CELL.format(row=1048576, place="XFD1048576")
OPEN_QUOTE, LONG, DAMAGED, HUGE, DIED = "未成对的引号", "过长", "已损坏", "异常庞大", "内存超限"
WEB, NO_TABLE, ENCODING, DECLARED, NOTHING = "网页文件", "不是表格文件", "编码无法识别", "外部声明", "没有任何数据"
GARBAGE = "工作簿已损坏或格式不对"
SLIP = zipped({
    "../../../tmp/甲.csv": "a,b\n", "/etc/cron.d/乙.csv": "a,b\n", "C:\\Windows\\丙.csv": "a,b\n", "CON": "a,b\n",
    "丁" * 300 + ".csv": "a,b\n", "\u202evsc.exe": "a,b\n", "a/b/../../../戊.csv": "a,b\n", "NUL.csv": "a,b\n",
})  # fmt: skip
EVIL_NAMES = 8

TEXTS = [
    Hostile("empty", lambda: b"", "文件是空的"),
    Hostile("a-line-break", lambda: b"\r\n", NOTHING),
    Hostile("only-delimiters", lambda: b",,,\n" * 50_000, NOTHING),
    Hostile("only-a-mark", lambda: b"\xef\xbb\xbf", NOTHING),
    Hostile("only-a-mark-of-utf16", lambda: b"\xff\xfe", NOTHING),
    Hostile("empty-byte", lambda: b"a,b\n1,\0\n", NO_TABLE),
    Hostile("empty-byte-far-down", lambda: b"a,b\n" * 3_000_000 + b"\0,1\n", NO_TABLE),
    Hostile("only-empty-bytes", lambda: bytes(50_000_000), NO_TABLE),
    Hostile("web-page", HTML.encode, WEB),
    Hostile("web-page-gb", lambda: HTML.encode("gb18030"), WEB),
    Hostile("web-page-utf16", lambda: HTML.encode("utf-16"), WEB),
    Hostile("web-archive", lambda: b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n", WEB),
    Hostile("xml-spreadsheet", f'<?xml version="1.0"?>{LAUGHS}<Workbook>&a9;</Workbook>'.encode, WEB),
    Hostile("picture", lambda: noise(1, 5000, start=b"\x89PNG\r\n\x1a\n"), NO_TABLE),
    Hostile("photograph", lambda: noise(2, 5000, start=b"\xff\xd8\xff"), NO_TABLE),
    Hostile("document", lambda: noise(3, 5000, start=b"%PDF-1.7"), NO_TABLE),
    Hostile("rich-text", lambda: b"{\\rtf1 a,b\\par}", NO_TABLE),
    Hostile("rar", lambda: noise(4, 5000, start=b"Rar!\x1a\x07"), "是压缩包"),
    Hostile("gzip", lambda: noise(5, 5000, start=b"\x1f\x8b\x08"), "是压缩包"),
    Hostile("program", lambda: noise(6, 100_000, start=b"\x7fELF\x02\x01\x01"), NO_TABLE),
    Hostile("noise", lambda: noise(7, 100_000).replace(b"\0", b"\1"), ENCODING),
    Hostile("open-quote", lambda: b'a,b\n1,"2\n' + b"3,4\n" * 1_000_000, OPEN_QUOTE),
    Hostile("open-quote-in-the-last-row", lambda: b"3,4\n" * 1_000_000 + b'1,"2\n', OPEN_QUOTE),
    Hostile("word-behind-a-quote", lambda: b'a,b\n1,"2" or 3\n', OPEN_QUOTE),
    Hostile("only-quotes", lambda: b'"' * 5_000_001, LONG),
    Hostile("cell-of-10-mb", lambda: "a,b\n1,{}\n".format("甲" * 3_500_000).encode(), LONG),
    Hostile("quoted-cell-of-10-mb", lambda: 'a,b\n1,"{}"\n'.format("甲\n" * 2_500_000).encode(), LONG),
    Hostile("line-of-500-mb", lambda: long_line(b"x" * 5_000_000, 100), LONG),
    Hostile("line-of-100-mb-of-cells", lambda: long_line(b"x," * 500_000, 100), LONG),
    Hostile("16384-columns", lambda: b",".join(b"x" for _ in range(16_384)) + b"\n", "超过 1024 列"),
    Hostile("broken-gb", lambda: "甲,乙\n".encode("gb18030") * 1000 + b"\xff\xff\n", ENCODING),
    Hostile("broken-gb-far-down", lambda: "甲,乙\n".encode("gb18030") * 2_000_000 + b"\xff\xff\n", ENCODING),
    Hostile("cut-in-a-character", lambda: "甲,乙\n丙".encode()[:-1], ENCODING),
    Hostile("half-a-unit-of-utf16", lambda: "甲,乙\n".encode("utf-16") + b"a", ENCODING),
    Hostile("lone-surrogate", lambda: b"\xff\xfea\0,\0\n\0\x00\xd8\n\0", ENCODING),
    Hostile("a-million-blank-lines", lambda: b"\n" * 1_048_576 + b"a,b\n", cleaned=1_048_577),
    Hostile("returns-only", lambda: b"a,b\r1,2\r" * 100_000, cleaned=200_000),
    Hostile("mixed-line-ends", lambda: b"a,b\r\n1,2\n3,4\r5,6\n" * 50_000, cleaned=200_000),
    Hostile("formulas", lambda: b"a,b\n=cmd|'/c calc'!A0,@SUM(1)\n", cleaned=2),
    Hostile("control-characters", lambda: b"a,b\n\x1b[2J\x07,\x1a\n", cleaned=2),
]

BOOKS = [
    Hostile("cut-short", lambda: book()[:-100], DAMAGED),
    Hostile("cut-in-the-middle", lambda: book()[:700], DAMAGED),
    Hostile("wrong-checksum", lambda: bad_checksum(stored(PARTS)), DAMAGED),
    Hostile("noise-as-zip", lambda: noise(8, 4000, start=b"PK\x03\x04"), DAMAGED),
    Hostile("bomb", lambda: book({SHEET: sheet(" " * 60_000_000)}), HUGE),
    Hostile("bomb-of-texts", lambda: book({STRINGS: f"{XML}<sst>{'<si><t>甲</t></si>' * 3_000_000}</sst>"}), HUGE),
    Hostile("lying-bomb", lambda: lying(book({SHEET: sheet(" " * 60_000_000)}), SHEET, 500), DAMAGED),
    Hostile("many-parts", lambda: book({f"xl/media/{i}.txt": "" for i in range(5000)}), HUGE),
    Hostile("far-cell", lambda: book({SHEET: sheet(FAR)}), DIED),
    Hostile("wide-cell", lambda: book({SHEET: sheet(CELL.format(row=1, place="XFD1"))}), "超过 1024 列"),
    Hostile("row-beyond-the-last", lambda: book({SHEET: sheet(BEYOND)}), "超过 1048576 行"),
    Hostile("giant-dimension", lambda: book({SHEET: sheet(ROWS, dimension="A1:XFD1048576")}), cleaned=2),
    Hostile("dimension-backwards", lambda: book({SHEET: sheet(ROWS, dimension="XFD1048576:A1")}), cleaned=2),
    Hostile("no-such-place", lambda: book({SHEET: sheet(CELL.format(row=1, place="1A!"))}), GARBAGE),
    Hostile("a-million-blank-rows", lambda: book({SHEET: sheet(many(1_048_575, '<c r="A{0}" s="0"/>') + LAST)}),
        cleaned=1_048_576),
    Hostile("entity-in-a-sheet", lambda: book({SHEET: sheet(ROWS, before=XXE)}), DECLARED),
    Hostile("laughs-in-a-sheet", lambda: book({SHEET: sheet(ROWS.replace("甲", "&a9;"), before=LAUGHS)}), DECLARED),
    Hostile("laughs-in-texts", lambda: book({STRINGS: f"{XML}{LAUGHS}<sst><si><t>&a9;</t></si></sst>"}), DECLARED),
    Hostile("entity-in-properties", lambda: book({"docProps/core.xml": f"{XML}{XXE}<x>&e;</x>"}), DECLARED),
    Hostile("entity-in-relations", lambda: book({RELATIONS: XML + XXE + PARTS[RELATIONS][len(XML) :]}), DECLARED),
    Hostile("entity-in-the-second-of-a-name", lambda: twice(sheet(ROWS, before=XXE)), DECLARED),
    Hostile("entity-in-utf16", lambda: book({SHEET: sheet(ROWS, before=XXE).encode("utf-16")}), "编码不是 UTF-8"),
    Hostile("macros", lambda: book({"xl/vbaProject.bin": noise(9, 500)}), "含有宏"),
    Hostile("macros-by-type", lambda: book({"[Content_Types].xml": MACRO_TYPE}), "含有宏"),
    Hostile("embedded-object", lambda: book({"xl/embeddings/oleObject1.bin": noise(10, 500)}), "嵌入对象"),
    Hostile("active-control", lambda: book({"xl/activeX/activeX1.xml": "<x/>"}), "嵌入对象"),
    Hostile("live-link", lambda: book({"xl/externalLinks/externalLink1.xml": DDE}), "DDE"),
    Hostile("link-to-a-workbook", lambda: book({"xl/externalLinks/externalLink1.xml": LINK}), cleaned=2),
    Hostile("binary-workbook", lambda: book({"[Content_Types].xml": BINARY_TYPE}), ".xlsb"),
    Hostile("encrypted-entries", lambda: flagged(book(), 1), "密码"),
    Hostile("encrypted-workbook", lambda: old_office({"EncryptionInfo": b"x", "EncryptedPackage": b"x"}), "密码"),
    Hostile("no-sheet", lambda: book({SHEET: None}), ""),
    Hostile("relation-to-itself", lambda: related_to("workbook.xml"), ""),
    Hostile("relation-out-of-the-file", lambda: related_to("../../../../etc/passwd"), ""),
    Hostile("broken-xml", lambda: book({SHEET: sheet(ROWS)[:-40]}), ""),
    Hostile("text-that-is-not-there", lambda: book({SHEET: sheet(NO_TEXT)}), ""),
    Hostile("cell-of-20-mb", lambda: book({SHEET: sheet(ROWS.replace("甲", noise(11, 10_000_000).hex(), 1))}), "过长"),
    Hostile("deeply-nested", lambda: book({SHEET: sheet("<a>" * 100_000 + "</a>" * 100_000)}), ""),
    Hostile("attribute-of-20-mb", lambda: book({SHEET: sheet(ROWS.replace("<row", LONG_ROW, 1))}), cleaned=2),
    Hostile("document-as-workbook", lambda: zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}),
        GARBAGE),
    Hostile("archive-as-workbook", lambda: zipped({"甲.csv": "a,b\n"}), "是压缩包"),
    Hostile("noise-as-xls", lambda: noise(13, 50_000, start=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), GARBAGE),
    Hostile("xls-of-noise", lambda: old_office({"Workbook": noise(14, 5000)}), GARBAGE),
    Hostile("xls-with-macros", lambda: old_office({"Workbook": b"x", "_VBA_PROJECT_CUR": b"x"}), "含有宏"),
    Hostile("xls-that-goes-in-circles", lambda: old_office({"Workbook": b"x"}, chain=0), ""),
    Hostile("xls-without-a-workbook", lambda: old_office({"WordDocument": b"x"}), GARBAGE),
]  # fmt: skip

ARCHIVES = [
    Hostile("archive-bomb", lambda: zipped({"甲.csv": b"," * 60_000_000}), HUGE, archive=True),
    Hostile("archive-of-many", lambda: zipped({f"{i}.csv": "a" for i in range(201)}), HUGE, archive=True),
    Hostile("lying-archive", lambda: lying(zipped({"a.csv": b"," * 60_000_000}), "a.csv", 10), DAMAGED, archive=True),
    Hostile("better-bomb", lambda: overlapped(150), "", archive=True),
    Hostile("archive-in-archive", lambda: zipped({"甲.zip": zipped({"a": "b"})}), "还有压缩包", archive=True),
    Hostile("rar-in-archive", lambda: zipped({"甲.xlsx": noise(15, 99, start=b"Rar!")}), "还有压缩包", archive=True),
    Hostile("locked-archive", lambda: flagged(zipped({"甲.csv": "a,b\n"}), 1), "密码", archive=True),
    Hostile("archive-of-nothing", lambda: zipped({}), "没有文件", archive=True),
    Hostile("archive-of-litter", lambda: zipped({"__MACOSX/._甲": "x", "Thumbs.db": "x", "~$甲.xlsx": "x"}), "没有文件",
        archive=True),
    Hostile("archive-cut-short", lambda: zipped({"甲.csv": noise(16, 5000)})[:3000], DAMAGED, archive=True),
    Hostile("archive-wrong-checksum", lambda: bad_checksum(stored({"a.csv": "甲,乙\n"})), DAMAGED, archive=True),
    Hostile("evil-names", lambda: SLIP, cleaned=EVIL_NAMES, archive=True),
]  # fmt: skip
