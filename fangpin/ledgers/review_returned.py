"""The review workbook (匹配复核表): its columns, and what a reviewer filled in and sent back.

Floor 2. Strict about meaning: an unknown word, a row whose key was edited or a missing reviewer is named by row and
column, never guessed; the caller takes a workbook whole or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from fangpin.config.ledger_models import LedgerColumn
from fangpin.connectors.grid import Grid
from fangpin.errors import IntakeRefused
from fangpin.ledgers.keys import folded
from fangpin.ledgers.returned import FORM_SHEET
from fangpin.matching.judgements import Verdict
from fangpin.types import Period

FORM: Final = "match_review"
TITLE: Final = "数据匹配复核表"
COLUMNS: Final = (
    LedgerColumn(name="no", title="序号", width=5),
    LedgerColumn(name="item", title="复核编号", width=20, hidden=True),
    LedgerColumn(name="person_no", title="人编号", width=12, hidden=True),
    LedgerColumn(name="row_check", title="校验", width=10, hidden=True),
    LedgerColumn(name="source", title="数据源", width=12),
    LedgerColumn(name="row_side", title="来件所报", width=27),
    LedgerColumn(name="person_side", title="台账所记", width=27),
    LedgerColumn(name="members", title="户内成员", width=24),
    LedgerColumn(name="reasons", title="依据", width=24),
    LedgerColumn(name="verdict", title="判定", width=12, fill_in=True),
    LedgerColumn(name="reviewer", title="复核人", width=10, fill_in=True),
    LedgerColumn(name="reason", title="说明", width=18, fill_in=True),
)
VERDICT_TITLES: Final[Mapping[Verdict, str]] = {
    Verdict.SAME: "同一人",
    Verdict.NOT_SAME: "不是同一人",
    Verdict.UNSURE: "不确定",
}
VERDICT_WORDS: Final[Mapping[str, Verdict]] = {
    **{title: verdict for verdict, title in VERDICT_TITLES.items()},
    **{verdict.value: verdict for verdict in Verdict},
}
"""Every word by which a verdict is known."""
_NAMES: Final = tuple(column.name for column in COLUMNS)
_TITLES: Final = {column.name: column.title for column in COLUMNS}
_TIED: Final = ("item", "person_no", "row_side", "person_side")
_ASKED: Final = ("verdict", "reviewer", "reason")
_FORM_KEYS: Final = ("form", "site", "township", "period")
_WHERE: Final = "报回的复核表"
_USE_ORIGINAL: Final = "请在县里下发的原表中填写后报回，不要另建新表"
_HEADER_WITHIN: Final = 20
REFUSED: Final = pl.Schema({"sheet_row": pl.UInt32(), "column": pl.String(), "expected": pl.String()})


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """What the very hidden sheet says: county, area ("" for the county's own items), month."""

    site_id: str
    township: str
    period: Period


@dataclass(frozen=True, slots=True)
class ReviewReturned:
    """A returned workbook as it was read.

    ``rows``: sheet_row u32; item, person_no, verdict (Verdict), reviewer str; reason str|null; one row per pair judged.
    ``refused``: REFUSED, one row per problem, of rows that are not in ``rows``. ``blank``: pairs not judged.
    """

    form: ReviewForm
    rows: pl.DataFrame
    refused: pl.DataFrame
    blank: int


def pair_checks(rows: pl.DataFrame) -> pl.Series:
    """Return what ties each row of the workbook to its pair, so that a verdict cannot slip to the neighbour's row.

    Rows in: item, person_no, row_side, person_side str.

    >>> row = {"item": "b:1", "person_no": "P1", "row_side": "张*", "person_side": "张*"}
    >>> pair_checks(pl.DataFrame([row, row | {"row_side": " 张*"}, row | {"item": "b:2"}])).n_unique()
    2
    """
    tied = rows.select(pl.concat_str([folded(pl.col(n)).fill_null("") for n in _TIED], separator="|").alias("tied"))
    return pl.Series("row_check", [hashlib.sha256(t.encode()).hexdigest()[:10] for t in tied["tied"]], dtype=pl.String)


def parse_review(grids: list[Grid]) -> ReviewReturned:
    """Return what a reviewer filled in.

    Rows in: see ``Grid``; the sheet with the heads is found by them, the hidden sheet by its name.
    Raises: intake_refused when the workbook is not this form or a column is gone.
    """
    form = _form(grids)
    cells = _cells(grids)
    words = {_plain(word): verdict.value for word, verdict in VERDICT_WORDS.items()}
    read = cells.with_columns(
        is_moved=pair_checks(cells).ne_missing(cells["row_check"]),
        said=folded(pl.col("verdict")).replace_strict(words, default=None, return_dtype=pl.String),
    )
    answered = pl.any_horizontal(pl.col(name).is_not_null() for name in ("verdict", "reason"))
    filled = read.filter(answered)
    refused = _refused(filled)
    rows = filled.join(refused, on="sheet_row", how="anti")
    return ReviewReturned(
        form=form,
        rows=rows.select("sheet_row", "item", "person_no", "reviewer", "reason", verdict="said"),
        refused=refused,
        blank=read.filter(~answered & pl.col("item").is_not_null()).height,
    )


def _form(grids: list[Grid]) -> ReviewForm:
    grid = next((g for g in grids if g.name == FORM_SHEET), None)
    pairs: list[tuple[Any, ...]] = []
    if grid is not None and "c1" in grid.rows.columns:
        pairs = grid.rows.select("c0", "c1").rows()
    said = {str(key).strip(): str(value or "").strip() for key, value in pairs if key is not None}
    if any(key not in said for key in _FORM_KEYS):
        raise IntakeRefused(_WHERE, "没有本表的标识页", action=_USE_ORIGINAL)
    if said["form"] != FORM:
        raise IntakeRefused(_WHERE, f"是另一种表（{said['form']}）", expected=TITLE)
    try:
        return ReviewForm(said["site"], said["township"], Period.parse(said["period"]))
    except ValueError as exc:
        raise IntakeRefused(_WHERE, "标识页的月份被改动", action=_USE_ORIGINAL) from exc


def _cells(grids: list[Grid]) -> pl.DataFrame:
    """Return the data rows under the heads: sheet_row, and the columns by name, text, outer space cut."""
    wanted = {_plain(title): name for name, title in _TITLES.items()}
    for grid in grids:
        for row in grid.rows.head(_HEADER_WITHIN).iter_rows(named=True):
            heads = {wanted.get(_plain(text or "")): place for place, text in row.items() if place != "sheet_row"}
            if {"item", "verdict"} <= set(heads):
                missing = [_TITLES[name] for name in _NAMES if name not in heads]
                if missing:
                    raise IntakeRefused(_WHERE, f"缺少列“{'、'.join(missing)}”", action=_USE_ORIGINAL)
                below = grid.rows.filter(pl.col("sheet_row") > row["sheet_row"])
                return below.select("sheet_row", *(_text(heads[name]).alias(name) for name in _NAMES))
    raise IntakeRefused(_WHERE, "找不到“复核编号”“判定”两列", action=_USE_ORIGINAL)


def _plain(text: str) -> str:
    return str(pl.select(folded(pl.lit(text))).item())


def _text(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def _refused(rows: pl.DataFrame) -> pl.DataFrame:
    """Return every problem of the answered rows, sorted by row."""
    keyed = pl.col("item").is_not_null()
    twice = pl.col("item").is_duplicated() & keyed
    problems = (
        ("item", ~keyed, "县里下发的复核编号，请在原行填写"),
        ("item", twice, "每项只填一行"),
        ("item", pl.col("is_moved") & keyed & ~twice, "原表原行：编号与本行内容不符，请用原表在原行填写"),
        ("verdict", pl.col("said").is_null(), "同一人、不是同一人、不确定，三选一"),
        ("reviewer", pl.col("reviewer").is_null(), "复核人姓名"),
    )
    found = [
        rows.filter(broken).select("sheet_row", column=pl.lit(_TITLES[name]), expected=pl.lit(expected))
        for name, broken, expected in problems
    ]
    return pl.concat(found).cast(REFUSED).sort("sheet_row", maintain_order=True)
