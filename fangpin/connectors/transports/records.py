"""Records as text: JSON pages in, one CSV out; a number keeps the digits it was written with.

Floor 3. An ID or an amount never becomes a float on its way. Heads are the union of the records' keys in the order
they first appear; a key that a record lacks is an empty cell.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

Record = Mapping[str, object]


class BadRecords(Exception):
    """An answer is not what records look like; the text says how, without a value."""


class Spool:
    """Records kept on disk until their heads are known; use as a context manager."""

    def __init__(self, folder: Path) -> None:
        """Open a file without a name: nothing is left of it when the process dies."""
        self._lines = tempfile.TemporaryFile("w+", encoding="utf-8", dir=folder)  # noqa: SIM115 - closed in __exit__
        self._heads: dict[str, None] = {}
        self.rows = 0

    def __enter__(self) -> Self:
        """Start keeping."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the records."""
        self._lines.close()

    def add(self, records: Iterable[Record]) -> None:
        """Keep records."""
        for record in records:
            self._heads.update(dict.fromkeys(record))
            json.dump({head: cell(value) for head, value in record.items()}, self._lines, ensure_ascii=False)
            self._lines.write("\n")
            self.rows += 1

    def write_csv(self, target: Path) -> None:
        """Write everything kept as UTF-8 CSV with a head."""
        self._lines.seek(0)
        with target.open("w", encoding="utf-8", newline="") as out:
            sheet = csv.writer(out)
            sheet.writerow(self._heads)
            for line in self._lines:
                record = json.loads(line)
                sheet.writerow([record.get(head, "") for head in self._heads])


def parse_json(body: bytes, *, encoding: str) -> object:
    """Return a JSON text with every number as it was written.

    Raises: BadRecords for what is no JSON, or names a key twice.

    >>> parse_json('{"证件号码": 990101199001011231, "金额": 1.50}'.encode(), encoding="utf-8")
    {'证件号码': '990101199001011231', '金额': '1.50'}
    """
    try:
        return json.loads(
            body.decode(encoding).removeprefix("\ufeff"),
            parse_float=str,
            parse_int=str,
            parse_constant=_no_number,
            object_pairs_hook=_unique,
        )
    except (ValueError, LookupError, RecursionError) as exc:
        msg = "返回的内容不是有效的 JSON"
        raise BadRecords(msg) from exc


def dug(answer: object, key: str) -> object:
    """Return what stands under a dotted key, None when nothing does; the answer itself for an empty key.

    >>> dug({"data": {"total": "3"}}, "data.total")
    '3'
    """
    for part in key.split(".") if key else ():
        if not isinstance(answer, dict):
            return None
        answer = answer.get(part)
    return answer


def records_of(answer: object, key: str) -> Sequence[Record]:
    """Return the list of records under a dotted key.

    Raises: BadRecords when there is none.
    """
    found = dug(answer, key)
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        msg = f"返回内容的“{key}”下没有记录列表" if key else "返回的内容不是记录列表"
        raise BadRecords(msg)
    return found


def total_of(answer: object, key: str) -> int:
    """Return the number of records in all that an answer tells.

    Raises: BadRecords when it tells none.
    """
    found = dug(answer, key)
    if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < 12:  # noqa: PLR2004 - no county has more
        return int(found)
    msg = f"返回内容的“{key}”下没有总数"
    raise BadRecords(msg)


def cell(value: object) -> str:
    """Return a JSON value as the text of a cell; what is nested stays JSON.

    >>> [cell(v) for v in (None, "0430", True, ["甲"])]
    ['', '0430', 'true', '["甲"]']
    """
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        msg = "a key stands twice in one object"
        raise ValueError(msg)
    return found


def _no_number(_word: str) -> object:
    msg = "NaN and Infinity are no JSON"
    raise ValueError(msg)
