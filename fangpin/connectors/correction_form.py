"""The form of a correction sheet: its heads, its hidden sheet, and what ties a line to the cell it speaks of.

Floor 2. The same for the sheet that goes out and for the one that comes back.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from fangpin.connectors.grid import Grid
from fangpin.errors import IntakeRefused

FORM_SHEET: Final = "_form"
FORM: Final = "quarantine"
FORM_VERSION: Final = "1"
HEADS: Final = {
    "number": "序号",
    "sheet": "工作表",
    "row": "行号",
    "column": "列",
    "given": "原值",
    "problem": "问题",
    "expected": "应为",
    "action": "处理",
    "value": "更正值",
    "note": "说明",
    "key": "键",
    "check": "校验",
}
"""Heads of the correction sheet; the last two are hidden."""
ACTIONS: Final = {"更正": "set", "删除该行": "drop", "确认无误": "keep"}

_CHECK_LENGTH: Final = 10
_LAST_ROW: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Form:
    """Which delivery a correction sheet was made for."""

    batch_id: str
    source_id: str
    period: str


def line_key(batch_id: str, sheet: str, sheet_row: int, column: str | None) -> str:
    """Return the hidden key of a line.

    >>> line_key("b1", "Sheet1", 7, "id_no")
    '["b1","Sheet1",7,"id_no"]'
    """
    return json.dumps([batch_id, sheet, sheet_row, column], ensure_ascii=False, separators=(",", ":"))


def line_check(key: str, shown: tuple[str, str, str]) -> str:
    """Return the check of a line over its key and the sheet, row and column it shows; it stops slips, it is no secret.

    >>> line_check("k", ("Sheet1", "7", "姓 名")) == line_check("k", ("Sheet1", "7.0", "姓名"))
    True
    >>> line_check("k", ("Sheet1", "7", "姓名")) == line_check("k", ("Sheet1", "8", "姓名"))
    False
    """
    sheet, row, column = (re.sub(r"\s", "", unicodedata.normalize("NFKC", text)) for text in shown)
    tied = "|".join([key, sheet, row.removesuffix(".0"), column])
    return hashlib.sha256(tied.encode()).hexdigest()[:_CHECK_LENGTH]


def keyed_cell(key: str) -> tuple[str, str, int, str | None]:
    """Return the batch, sheet, row and column a key names; ValueError when it is no key of ours.

    >>> keyed_cell('["b1","Sheet1",7,"id_no"]')
    ('b1', 'Sheet1', 7, 'id_no')
    """
    try:
        batch_id, sheet, sheet_row, column = json.loads(key)
    except (TypeError, RecursionError) as exc:
        raise ValueError(key) from exc
    texts = isinstance(batch_id, str) and isinstance(sheet, str) and isinstance(column, str | None)
    if not texts or not isinstance(sheet_row, int) or not 0 < sheet_row <= _LAST_ROW:
        raise ValueError(key)
    return batch_id, sheet, sheet_row, column


def form_of(grids: list[Grid]) -> Form | None:
    """Return which delivery a workbook corrects, None when it is no correction sheet.

    >>> form_of([]) is None
    True
    """
    grid = next((g for g in grids if g.name == FORM_SHEET and {"c0", "c1"} <= set(g.columns)), None)
    said = {} if grid is None else {str(k).strip(): str(v).strip() for k, v in grid.rows.select("c0", "c1").rows()}
    if said.get("form") != FORM or not {"batch_id", "source_id", "period"} <= set(said):
        return None
    if said.get("version") != FORM_VERSION:
        given = f"是第 {said.get('version', '')} 版"
        raise IntakeRefused("更正单", given, expected=f"第 {FORM_VERSION} 版", action="请重新生成更正单后填写")
    return Form(said["batch_id"], said["source_id"], said["period"])
