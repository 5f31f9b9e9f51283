"""A correction sheet that came back: what is to be put right, left out or left as it is, cell by cell.

Floor 2. Tolerant of what office programs do to a file (other column order, numbers for text), strict about meaning: an
answer that slipped to another line, contradicts another or gives a masked value back is refused and never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.config.source_models import Column, ColumnKind
from fangpin.connectors.correction_form import ACTIONS, HEADS, Form, form_of, keyed_cell, line_check
from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import head_key
from fangpin.errors import IntakeRefused

PATCH_SCHEMA: Final = {
    "sheet": pl.String(),
    "sheet_row": pl.UInt32(),
    "column": pl.String(),
    "action": pl.String(),
    "value": pl.String(),
    "note": pl.String(),
}

_HEADER_WITHIN: Final = 20
_READ: Final = ("sheet", "row", "column", "action", "value", "note", "key", "check")
_HIDDEN: Final = (ColumnKind.ID_NO, ColumnKind.NAME)
_NUMBER_CUT: Final = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d+")
_FROM_SHEET: Final = "请在县里下发的更正单中填写后报回"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line of a correction sheet: its row there, and the sentence for the clerk."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Corrections:
    """A correction sheet as it was read.

    ``patches``: PATCH_SCHEMA, one row per cell or row answered, sorted by sheet and row: sheet and sheet_row of the
    delivered file; column str, the declared name (null: the whole row); action str (set, drop, keep); value str (set
    only); note str|null. ``problems``: every line that cannot be used, none of which is in ``patches``. ``blank``:
    lines nobody has answered yet.
    """

    form: Form
    patches: pl.DataFrame
    problems: tuple[Problem, ...]
    blank: int


@dataclass(frozen=True, slots=True)
class Applied:
    """Delivered rows with their corrections: the rows, how many cells were replaced and rows left out."""

    rows: pl.DataFrame
    replaced: int
    dropped: int


@dataclass(frozen=True, slots=True)
class _Line:
    line: int
    sheet: str
    sheet_row: int
    column: str | None
    action: str
    value: str | None
    note: str | None


class _Refused(ValueError):
    """A line that cannot be used, with the reason."""


def read_corrections(grids: list[Grid], columns: Mapping[str, Column]) -> Corrections:
    """Return what a department filled in, and every line that cannot be used.

    Rows in: see ``Grid``; the sheet is found by its heads, wherever its columns stand. ``columns`` are the declared
    columns of the source that ``form_of`` names.
    Raises: IntakeRefused when the workbook is no correction sheet or a column of it is gone.
    """
    form = form_of(grids)
    if form is None:
        raise IntakeRefused("更正单", "没有更正单的标识页", action="请填写县里下发的更正单，不要另建新表")
    lines: list[_Line] = []
    problems: list[Problem] = []
    blank = 0
    for number, cells in _cells(grids):
        try:
            line = _read_line(number, cells, form, columns)
        except _Refused as refused:
            problems.append(_problem(number, str(refused)))
            continue
        if line is not None:
            lines.append(line)
        elif cells["key"]:
            blank += 1
    against = _contradictions(lines)
    problems += [_problem(number, reason) for number, reason in against.items()]
    patches = _patches([line for line in lines if line.line not in against])
    return Corrections(form, patches, tuple(sorted(problems, key=lambda problem: problem.line)), blank)


def apply_corrections(part: pl.DataFrame, patches: pl.DataFrame) -> Applied:
    """Return a part of a sheet's delivered rows with its corrections.

    Rows in: ``part`` sheet_row u32 and a text column per declared column; ``patches`` those of that sheet. A cell to be
    set gets its text, also in a column the file did not have; a row to be dropped is left out; all else stays.

    >>> part = pl.DataFrame({"sheet_row": [2, 3], "tier": ["Z", "A"]}, schema_overrides={"sheet_row": pl.UInt32})
    >>> told = [("S", 2, "tier", "set", "B", None), ("S", 3, None, "drop", None, None)]
    >>> applied = apply_corrections(part, pl.DataFrame(told, schema=PATCH_SCHEMA, orient="row"))
    >>> applied.rows.rows(), applied.replaced, applied.dropped
    ([(2, 'B')], 1, 1)
    """
    gone = patches.filter(pl.col("action") == "drop").select("sheet_row").unique()
    rows = part.join(gone, on="sheet_row", how="anti", maintain_order="left")
    told = patches.filter(pl.col("action") == "set").join(rows.select("sheet_row"), on="sheet_row", how="semi")
    for (name,), cells in told.partition_by("column", as_dict=True, maintain_order=True).items():
        column = str(name)
        if column not in rows.columns:
            rows = rows.with_columns(pl.lit(None, pl.String).alias(column))
        new = cells.select("sheet_row", new_value="value")
        rows = rows.join(new, on="sheet_row", how="left", maintain_order="left")
        rows = rows.with_columns(pl.coalesce("new_value", column).alias(column)).drop("new_value")
    return Applied(rows, told.height, part.height - rows.height)


def _cells(grids: list[Grid]) -> list[tuple[int, dict[str, str]]]:
    """Return each filled line under the heads: its row in the sheet, and its cells by name, outer space cut."""
    wanted = {head_key(HEADS[name]): name for name in _READ}
    for grid in grids:
        for row in grid.rows.head(_HEADER_WITHIN).iter_rows(named=True):
            heads = {wanted.get(head_key(row[place] or "")): place for place in grid.columns}
            heads.pop(None, None)
            if not {"action", "value"} <= set(heads):
                continue
            missing = [HEADS[name] for name in _READ if name not in heads]
            if missing:
                raise IntakeRefused(f"工作表“{grid.name}”", f"缺少列“{'、'.join(missing)}”", action=_FROM_SHEET)
            below = (part.filter(pl.col("sheet_row") > row["sheet_row"]) for part in grid.parts())
            return [
                (line["sheet_row"], {str(name): (line[place] or "").strip() for name, place in heads.items()})
                for part in below
                for line in part.iter_rows(named=True)
            ]
    raise IntakeRefused("更正单", "找不到“处理”“更正值”两列", action=_FROM_SHEET)


def _read_line(number: int, cells: dict[str, str], form: Form, columns: Mapping[str, Column]) -> _Line | None:
    """Return what a line says, None when it is not answered."""
    value, note = cells["value"] or None, cells["note"] or None
    if not cells["action"] and value is None:
        return None
    sheet, sheet_row, name = _keyed(cells, form)
    # A value under 更正值 can only be meant as a correction.
    word = re.sub(r"\s", "", cells["action"]) or "更正"
    if word not in ACTIONS:
        reason = f"处理不是下拉框中的一项；应为{'、'.join(ACTIONS)}；请重新选择"
        raise _Refused(reason)
    action = ACTIONS[word]
    if action == "set":
        _check_value(value, name, columns)
    elif value is not None:
        reason = f"选了“{word}”又填了更正值；请只留其一"
        raise _Refused(reason)
    return _Line(number, sheet, sheet_row, None if action == "drop" else name, action, value, note)


def _keyed(cells: dict[str, str], form: Form) -> tuple[str, int, str | None]:
    """Return the sheet, row and column a line speaks of."""
    if not cells["key"]:
        reason = "不是更正单原有的行；请在原行填写，更正单没有列出的问题请改正原文件后重报"
        raise _Refused(reason)
    moved = "工作表、行号、列或隐藏的键被改动过；请用县里下发的更正单在原行填写"
    if cells["check"] != line_check(cells["key"], (cells["sheet"], cells["row"], cells["column"])):
        raise _Refused(moved)
    try:
        batch_id, sheet, sheet_row, name = keyed_cell(cells["key"])
    except ValueError as exc:
        raise _Refused(moved) from exc
    if batch_id != form.batch_id:
        reason = "是从另一份更正单复制来的；请在那份更正单中填写"
        raise _Refused(reason)
    return sheet, sheet_row, name


def _check_value(value: str | None, name: str | None, columns: Mapping[str, Column]) -> None:
    if name is None:
        reason = "这是整行的问题，没有可更正的单元格；请选“删除该行”或“确认无误”，或改正原文件后重报"
    elif name not in columns:
        reason = "数据源的声明中已没有这一列；请改正原文件后重报"
    elif value is None:
        reason = "选了“更正”，没有填更正值；请填写完整的值，应当为空的填“无”"
    elif _is_masked(value, columns[name]):
        reason = "更正值带*；应为完整的值；请对照本单位原文件填写"
    elif columns[name].kind in {ColumnKind.ID_NO, ColumnKind.TEXT} and _NUMBER_CUT.fullmatch(value):
        reason = "更正值已被表格软件改成数字，末几位丢失；请把单元格设为文本后重新填写"
    else:
        return
    raise _Refused(reason)


def _is_masked(value: str, column: Column) -> bool:
    """Say whether a value is one the sheet itself has hidden characters of."""
    hidden = "*" if column.kind in _HIDDEN or column.name == "birth_on" else "****"
    return hidden in unicodedata.normalize("NFKC", value)


def _contradictions(lines: list[_Line]) -> dict[int, str]:
    """Return the lines that say something else than another line on the same cell or row, with the reason."""
    by_row: dict[tuple[str, int], list[_Line]] = {}
    for line in lines:
        by_row.setdefault((line.sheet, line.sheet_row), []).append(line)
    found: dict[int, str] = {}
    for alike in by_row.values():
        for line in alike:
            others = [o for o in alike if (o.action, o.value) != (line.action, line.value)]
            if "drop" in {line.action, *(o.action for o in others)}:
                reason = "同一行既要删除，又有别的处理"
            else:
                others = [o for o in others if o.column == line.column]
                reason = "同一单元格有不同的答复"
            if others:
                told = "、".join(str(o.line) for o in others)
                found[line.line] = f"{reason}（见更正单第 {told} 行）；请只留其一"
    return found


def _patches(lines: list[_Line]) -> pl.DataFrame:
    """Return the answers, each cell once; of several notes on a cell the first that says something."""
    rows = [(x.sheet, x.sheet_row, x.column, x.action, x.value, x.note) for x in lines]
    told = pl.DataFrame(rows, schema=PATCH_SCHEMA, orient="row")
    cell = [name for name in PATCH_SCHEMA if name != "note"]
    once = told.group_by(cell, maintain_order=True).agg(pl.col("note").drop_nulls().first())
    return once.sort("sheet", "sheet_row", "column", nulls_last=True, maintain_order=True)


def _problem(number: int, reason: str) -> Problem:
    return Problem(number, f"更正单第 {number} 行：{reason}。")
