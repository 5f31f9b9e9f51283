"""Reads a township's returned workbook: what was filled in, row by row, and what cannot be read.

Floor 2. Tolerant of what office programs do to a file (other column order, dates as numbers, words for
codes), strict about meaning: an unknown word is refused with its row and column, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.config.ledger_models import Ledger
from fangpin.connectors import values
from fangpin.connectors.grid import Grid
from fangpin.errors import IntakeRefused
from fangpin.ledgers.keys import folded, row_checks
from fangpin.types import Period, ResultCode

FORM_SHEET: Final = "_form"
_FORM_KEYS: Final = ("form", "site", "township", "period", "sheet_revision")
_HEADER_WITHIN: Final = 20
_SHOWN: Final = ("village", "head_name", "row_check")  # what ties the row to its household
_ASKED: Final = ("task_id", "revision", "result", "reason", "visited_on", "visitors", "method", "note")
_REASONED: Final = (str(ResultCode.KEEP_WATCHING), str(ResultCode.NO_RISK))
_REFUSED: Final = pl.Schema(
    {"sheet_row": pl.UInt32(), "task_id": pl.String(), "column": pl.String(), "expected": pl.String()}
)


@dataclass(frozen=True, slots=True)
class Returned:
    """A returned workbook as it was read.

    ``rows``: sheet_row u32; task_id str; revision i64; result_code str; reason_code str|null (null:
    not asked for and not given); visited_on date; visitors str (two names or more, joined by 、);
    method, note str|null; one row per household answered. ``refused``: sheet_row u32; task_id
    str|null; column, expected str; one row per problem, what is wrong with a row that is not in
    ``rows``. ``blank``: households not answered yet.
    """

    form: str
    site_id: str
    township: str
    period: Period
    sheet_revision: int
    rows: pl.DataFrame
    refused: pl.DataFrame
    blank: int


def choice_texts(ledger: Ledger, name: str) -> list[str]:
    """Return the entries of a drop-down as they are shown: code and words.

    >>> from fangpin.config.ledger_models import Choice
    >>> yes = {"answers": (Choice(code="1", title="入户"),)}
    >>> choice_texts(Ledger(id="x", title="表", document="", columns=(), choices=yes), "answers")
    ['1 入户']
    """
    return [f"{choice.code} {choice.title}" for choice in ledger.choices[name]]


def parse_returned(grids: list[Grid], ledger: Ledger) -> Returned:
    """Return what a township filled in.

    Rows in: see ``Grid``; the sheet with the heads is found by them, the hidden sheet by its name.
    Raises: intake_refused when the workbook is not this form or a column it needs is gone.
    """
    said = _form(grids, ledger)
    period, sheet_revision = _issue(said)
    cells = _cells(grids, ledger)
    keyed = cells.with_columns(pl.col("revision").str.replace(r"\.0+$", ""))
    read = cells.with_columns(
        is_moved=row_checks(keyed).ne_missing(cells["row_check"]),
        revision=_number("revision"),
        result_code=_coded("result", ledger, "results"),
        reason_code=_coded("reason", ledger, "reasons"),
        method_code=_coded("method", ledger, "methods"),
        visited=_date("visited_on"),
        named=_names("visitors"),
    )
    answered = pl.any_horizontal(pl.col(name).is_not_null() for name in _ASKED[2:])
    refused = _refused(read.filter(answered), ledger)
    rows = read.filter(answered).join(refused, on="sheet_row", how="anti")
    methods = {choice.code: choice.title for choice in ledger.choices["methods"]}
    return Returned(
        form=said["form"],
        site_id=said["site"],
        township=said["township"],
        period=period,
        sheet_revision=sheet_revision,
        rows=rows.select(
            "sheet_row",
            "task_id",
            "revision",
            "result_code",
            "reason_code",
            visited_on="visited",
            visitors=pl.col("named").list.join("、"),
            method=pl.col("method_code").replace_strict(methods, return_dtype=pl.String),
            note="note",
        ),
        refused=refused,
        blank=read.filter(~answered & pl.col("task_id").is_not_null()).height,
    )


def _form(grids: list[Grid], ledger: Ledger) -> dict[str, str]:
    """Return what the hidden sheet says about the form."""
    grid = next((g for g in grids if g.name == FORM_SHEET), None)
    pairs = [] if grid is None or "c1" not in grid.rows.columns else grid.rows.select("c0", "c1").rows()
    said = {str(key).strip(): str(value).strip() for key, value in pairs if key is not None and value is not None}
    if any(key not in said for key in _FORM_KEYS):
        action = "请在县里下发的原表中填写后报回，不要另建新表"
        raise IntakeRefused("报回的任务表", "没有本表的标识页", action=action)
    if said["form"] != ledger.id:
        raise IntakeRefused("报回的任务表", f"是另一种表（{said['form']}）", expected=ledger.title)
    return said


def _issue(said: dict[str, str]) -> tuple[Period, int]:
    """Return the month and the revision of the sheet."""
    try:
        return Period.parse(said["period"]), int(float(said["sheet_revision"]))
    except (ValueError, OverflowError) as exc:
        action = "请用县里下发的原表填写后报回"
        raise IntakeRefused("报回的任务表", "标识页的月份或版次被改动", action=action) from exc


def _cells(grids: list[Grid], ledger: Ledger) -> pl.DataFrame:
    """Return the data rows under the heads: sheet_row, and the asked columns by name, text, outer space cut."""
    wanted = {_plain(column.title): column.name for column in ledger.columns if column.name in _ASKED + _SHOWN}
    titles = {column.name: column.title for column in ledger.columns}
    for grid in grids:
        for row in grid.rows.head(_HEADER_WITHIN).iter_rows(named=True):
            heads = {wanted.get(_plain(text or "")): place for place, text in row.items() if place != "sheet_row"}
            heads.pop(None, None)
            if {"task_id", "result"} <= set(heads):
                missing = [titles[name] for name in _ASKED + _SHOWN if name not in heads]
                if missing:
                    given = f"缺少列“{'、'.join(missing)}”"
                    raise IntakeRefused(f"工作表“{grid.name}”", given, action="请在县里下发的原表中填写后报回")
                below = grid.rows.filter(pl.col("sheet_row") > row["sheet_row"])
                return below.select("sheet_row", *(_text(place).alias(str(name)) for name, place in heads.items()))
    raise IntakeRefused("报回的任务表", "找不到“任务编号”“核查结果”两列", action="请在县里下发的原表中填写后报回")


def _plain(text: str) -> str:
    """Return a head as it is compared: width-folded, without spaces and punctuation.

    >>> _plain("核查人 （两人）") == _plain("核查人(两人)")
    True
    """
    frame = pl.select(folded(pl.lit(text)))
    return str(frame.item())


def _text(column: str) -> pl.Expr:
    """Return a cell without outer space; a cell of spaces only is empty."""
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def _number(column: str) -> pl.Expr:
    """Return a whole number, also where an office program wrote it as 2.0; null for anything else."""
    return pl.col(column).str.normalize("NFKC").str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)


def _coded(column: str, ledger: Ledger, name: str) -> pl.Expr:
    """Return the code a cell names by code, by words, or by both; null for empty and for unknown words."""
    known: dict[str, str] = {}
    for choice in ledger.choices[name]:
        for seen in (choice.code, choice.code.lstrip("0"), choice.title, choice.code + choice.title):
            known[str(pl.select(folded(pl.lit(seen))).item())] = choice.code
    text = folded(pl.col(column).str.replace(r"\.0+$", ""))
    return text.replace_strict(known, default=None, return_dtype=pl.String)


def _date(column: str) -> pl.Expr:
    """Return the day a cell names; a month alone names none."""
    month_alone = (
        pl.col(column).str.normalize("NFKC").str.contains(r"^\s*\d{4}(?:\s*[-./年]\s*\d{1,2}\s*月?|\d{2})\s*$")
    )
    return pl.when(~month_alone).then(values.date(pl.col(column)))


def _names(column: str) -> pl.Expr:
    """Return the names in a cell; spaces separate them only where nothing else does."""
    text = pl.col(column).str.normalize("NFKC")
    marked = text.str.replace_all(r"[、,;/\n]+", "、")
    split = pl.when(marked.str.contains("、")).then(marked.str.replace_all(r"\s", ""))
    names = split.otherwise(marked.str.replace_all(r"\s+", "、")).str.split("、")
    return names.list.eval(pl.element().filter(pl.element() != "")).list.unique(maintain_order=True)


def _refused(rows: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Return every problem of the answered rows, sorted by row."""
    titles = {column.name: column.title for column in ledger.columns}
    reasoned = pl.col("result_code").is_in(_REASONED)
    twice = pl.col("task_id").is_duplicated() & pl.col("task_id").is_not_null()
    moved = pl.col("is_moved") & pl.col("task_id").is_not_null() & pl.col("revision").is_not_null()
    problems = (
        ("task_id", pl.col("task_id").is_null(), "县里下发的任务编号，请在原行填写"),
        ("task_id", twice, "每户只填一行"),
        ("task_id", moved & ~twice, "原表原行：任务编号与本行的村、户主不符，请用原表在原行填写"),
        ("revision", pl.col("revision").is_null(), "县里下发的版本号，请勿改动"),
        ("result", pl.col("result_code").is_null(), "下拉框中的一项，如“04 不纳入，无风险”"),
        ("reason", reasoned & pl.col("reason").is_null(), "核查结果为 03、04 时必选一项"),
        ("reason", pl.col("reason").is_not_null() & pl.col("reason_code").is_null(), "下拉框中的一项"),
        ("visited_on", pl.col("visited").is_null(), "日期，如 2024-01-15"),
        ("visitors", pl.col("named").list.len().fill_null(0) < 2, "两人姓名，用顿号隔开"),  # noqa: PLR2004 - two persons visit
        ("method", pl.col("method").is_not_null() & pl.col("method_code").is_null(), "入户或电话"),
    )
    found = [
        rows.filter(broken).select("sheet_row", "task_id", column=pl.lit(titles[name]), expected=pl.lit(expected))
        for name, broken, expected in problems
    ]
    return pl.concat(found).cast(_REFUSED).sort("sheet_row", maintain_order=True)
