"""The bytes of a text file as UTF-8, whatever it was written in.

Floor 3. Runs in the reading child. The whole file decides: UTF-8 when every byte of it is, else GB18030, strictly;
UTF-16 by its mark, or without one when its bytes leave no doubt.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from fangpin.connectors.handover import ParseRefused

_CHUNK = 2**23
_HEAD = 2**16
_MARKUP = (b"<html", b"<table", b"<?xml", b"<!doctype", b"mime-version:")
_MARKUP_WITHIN = 2048

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
_MAY_HAVE_MOVED = (b"\xee\x9e", b"\xee\xa0", b"\xee\xa1")  # how those begin in UTF-8


def utf8_chunks(path: Path) -> Iterator[bytes]:
    """Yield the text in order as UTF-8, cut anywhere between two characters.

    Raises: ParseRefused when it is no text, a web page, or in an encoding we cannot tell.
    """
    with path.open("rb") as stream:
        encoding, mark = _encoding(stream)
        stream.seek(mark)
        if encoding == "utf-8":
            yield from _whole_characters(stream)
        else:
            yield from _transcoded(stream, encoding)


def _encoding(stream: BinaryIO) -> tuple[str, int]:
    """Return the encoding and the length of its mark."""
    head = stream.read(_HEAD)
    if any(mark in head.replace(b"\0", b"")[:_MARKUP_WITHIN].lower() for mark in _MARKUP):
        raise ParseRefused("实际是网页文件", expected=".xlsx 或 .csv", action="请用表格软件打开后另存为 .xlsx 重报")
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return encoding, len(mark)
    if b"\0" in head:
        return _unmarked_utf16(head), 0
    mark_length = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    stream.seek(mark_length)
    try:
        for piece in _whole_characters(stream):
            _check_utf8(piece)
    except pa.ArrowInvalid:
        return "gb18030", 0
    return "utf-8", mark_length


def _unmarked_utf16(head: bytes) -> str:
    """Return which UTF-16 this is: digits, delimiters and line breaks have their empty byte on one side only.

    Raises: ParseRefused when it is neither: an empty byte is no text.
    """
    whole = head[: len(head) // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = whole.decode(encoding, "replace")
        if "\0" not in text and "\n" in text and any(delimiter in text for delimiter in ",\t;|"):
            return encoding
    raise _no_text()


def _whole_characters(stream: BinaryIO) -> Iterator[bytes]:
    """Yield UTF-8 as it is, cut between characters.

    Raises: ParseRefused for an empty byte.
    """
    rest = b""
    while chunk := stream.read(_CHUNK):
        if b"\0" in chunk:
            raise _no_text()
        held = rest + chunk
        cut = _last_character_end(held)
        rest = held[cut:]
        yield held[:cut]
    if rest:
        yield rest


def _last_character_end(held: bytes) -> int:
    """Return where the last whole character ends, as far as its first byte tells.

    >>> _last_character_end("甲".encode()), _last_character_end("a甲".encode()[:3])
    (3, 1)
    """
    for back in range(1, min(4, len(held) + 1)):
        first = held[-back]
        if first >= 0xC0:  # noqa: PLR2004 - the first byte of two or more
            length = 2 if first < 0xE0 else 3 if first < 0xF0 else 4  # noqa: PLR2004 - UTF-8's own table
            return len(held) if length <= back else len(held) - back
    return len(held)


def _check_utf8(piece: bytes) -> None:
    """Raise ArrowInvalid unless this is strictly UTF-8: several times faster than decoding it."""
    offsets = pa.py_buffer(np.array([0, len(piece)], np.int32))
    pa.Array.from_buffers(pa.binary(), 1, [None, offsets, pa.py_buffer(piece)]).cast(pa.string())


def _transcoded(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    ended = False
    while not ended:
        chunk = stream.read(_CHUNK)
        ended = not chunk
        try:
            text = decoder.decode(chunk, final=ended)
        except UnicodeDecodeError:
            raise ParseRefused(
                "文字编码无法识别", expected="UTF-8 或 GB18030", action="请另存为 .xlsx 后重报"
            ) from None
        piece = text.encode()
        if b"\0" in piece:
            raise _no_text()
        if encoding == "gb18030" and any(start in piece for start in _MAY_HAVE_MOVED):
            piece = text.translate(_GB18030_2022).encode()
        if piece:
            yield piece


def _no_text() -> ParseRefused:
    return ParseRefused("不是表格文件", expected=".xlsx、.xls 或 .csv", action="请重新导出后报送")
