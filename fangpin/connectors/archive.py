"""Zip archives without trust: what lies in one, counted as it unfolds, and the files of a delivery taken out.

Floor 3. Runs in the reading child. An archive's own figures are believed only when they already say too much.
"""

from __future__ import annotations

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fangpin.connectors.handover import ParseRefused, no_room

CONTENT_TYPES = "[Content_Types].xml"  # what makes a zip an office file
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an archive of nothing
_INFLATED_MAX = 1024**3
_RATIO_MAX = 200
_SMALL = 2**20  # below this a high ratio harms nobody
_CHUNK = 2**20
_ENTRIES_MAX = 200  # of a delivery
_NAME_MAX = 200
_UTF8_NAMES, _ENCRYPTED = 0x800, 0x1
_NESTED = (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_LITTER = ("thumbs.db", "desktop.ini")


@dataclass(slots=True)
class Archive:
    """An open zip, and how many bytes more may come out of it."""

    zipped: zipfile.ZipFile
    packed: int
    inflated: int = 0

    def chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield an entry's bytes, its checksum verified at the end.

        Raises: ParseRefused when too much has come out of the archive, zipfile's errors when the entry is damaged.
        """
        with self.zipped.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                self.inflated += len(chunk)
                if _too_much(self.inflated, self.packed):
                    raise _huge()
                yield chunk


@contextmanager
def opened(path: Path, *, entries_max: int) -> Iterator[Archive]:
    """Open a zip whose own figures are within bounds.

    Raises: ParseRefused when it is damaged, protected or unfolds into too much.
    """
    try:
        with zipfile.ZipFile(path) as zipped:
            entries = zipped.infolist()
            archive = Archive(zipped, path.stat().st_size)
            if len(entries) > entries_max or _too_much(sum(e.file_size for e in entries), archive.packed):
                raise _huge()
            if any(e.flag_bits & _ENCRYPTED for e in entries):
                raise ParseRefused("文件有密码", expected="不加密的文件", action="请去掉密码后重报")
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, OverflowError) as exc:
        raise ParseRefused("文件不完整（压缩包已损坏）", action="请重新导出后报送") from exc


def is_archive(path: Path) -> bool:
    """Tell whether the file is a zip of files, and not an office file, which is a zip as well."""
    with path.open("rb") as stream:
        if not stream.read(4).startswith(ZIP_MAGIC):
            return False
    try:
        with zipfile.ZipFile(path) as zipped:
            return CONTENT_TYPES not in zipped.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, OverflowError):
        return False  # damaged: whoever reads it says so


def unpacked(path: Path, into: Path) -> Iterator[tuple[str, Path]]:
    """Write the files of an archive into a folder and yield the name and the place of each.

    A place is a number, whatever the archive calls its file; hidden files and the systems' own litter stay behind.
    Raises: ParseRefused when the archive is damaged, protected, huge, empty or holds archives.
    """
    found = 0
    with opened(path, entries_max=_ENTRIES_MAX) as archive:
        for entry in archive.zipped.infolist():
            name = _file_name(entry)
            if name is None:
                continue
            target = into / f"{found:03}"
            with target.open("xb") as stream:
                for chunk in archive.chunks(entry):
                    _write(stream, chunk)
            _refuse_nested(target)
            found += 1
            yield name, target
    if not found:
        raise ParseRefused("压缩包里没有文件", action="请重新打包后报送")


def _write(stream: BinaryIO, chunk: bytes) -> None:
    try:
        stream.write(chunk)
    except OSError as exc:
        raise no_room() from exc


def _file_name(entry: zipfile.ZipInfo) -> str | None:
    """Return the last part of an entry's name as people wrote it, None for what is no file of the delivery."""
    whole = entry.filename
    if not entry.flag_bits & _UTF8_NAMES:
        raw = whole.encode("cp437", "replace")
        try:
            whole = raw.decode("utf-8")
        except UnicodeDecodeError:
            whole = raw.decode("gb18030", "replace")
    folders = whole.replace("\\", "/").split("/")
    name = "".join(c for c in folders[-1] if unicodedata.category(c)[0] != "C").strip()[-_NAME_MAX:]
    litter = name.startswith((".", "~$")) or name.lower() in _LITTER or "__MACOSX" in folders
    no_file = entry.is_dir() or stat.S_ISLNK(entry.external_attr >> 16)
    return None if not name or litter or no_file else name


def _refuse_nested(path: Path) -> None:
    with path.open("rb") as stream:
        magic = stream.read(8)
    if magic.startswith(_NESTED) or is_archive(path):
        raise ParseRefused("压缩包里还有压缩包", expected="只含表格文件的压缩包", action="请逐层解压后重报")


def _too_much(inflated: int, packed: int) -> bool:
    return inflated > _INFLATED_MAX or (inflated > _SMALL and inflated > _RATIO_MAX * packed)


def _huge() -> ParseRefused:
    return ParseRefused("文件展开后异常庞大", expected="普通表格文件", action="请另存为新文件后重报")
