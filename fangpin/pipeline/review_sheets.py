"""Review workbooks out to an area and back: written from the month's items, taken whole or not at all.

Floor 4. A workbook is taken in one transaction; the same one again, or the same answers again, change nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from fangpin.connectors.readers import Readers
from fangpin.errors import IntakeRefused, NotFound
from fangpin.ledgers.review_pairs import FIELDS
from fangpin.ledgers.review_returned import (
    COLUMNS,
    REFUSED,
    TITLE,
    ReviewForm,
    ReviewReturned,
    pair_checks,
    parse_review,
)
from fangpin.ledgers.review_sheet import render_review
from fangpin.matching.judgements import PAIR, PairState, ReviewKind, Verdict
from fangpin.matching.review_items import blinded, ordered
from fangpin.pipeline.arrival import shown_name
from fangpin.pipeline.county import County
from fangpin.pipeline.review_month import COUNTY_AREA, ReviewMonth, review_month
from fangpin.pipeline.reviewing import said_of
from fangpin.store.batches import register_original
from fangpin.store.files import private_folder, write_file
from fangpin.store.judgements import Said, add_judgements, sheet_is_taken
from fangpin.types import Period

KIND_TITLES: Final[Mapping[ReviewKind, str]] = {
    ReviewKind.REVIEW: "待核对",
    ReviewKind.CHECK: "抽查已关联",
    ReviewKind.MISSED: "抽查未关联",
}
"""What is put before reviewers, as a command or a file name says it."""


@dataclass(frozen=True, slots=True)
class ReviewSheet:
    """A review workbook that lies on disk, and how many pairs it asks about."""

    path: Path
    pairs: int


@dataclass(frozen=True, slots=True)
class SheetJudged:
    """What became of a returned workbook: pairs newly judged, said before, left blank.

    refused: sheet_row u32; column, expected str. When it has any row, nothing of the workbook was written down.
    """

    new: int
    already: int
    blank: int
    refused: pl.DataFrame


def write_review_sheet(
    county: County, period: Period, *, township: str, kind: ReviewKind, gains: pl.DataFrame
) -> ReviewSheet | None:
    """Write the workbook of an area's unsettled pairs of one kind; None when there is none.

    ``township`` is a township or COUNTY_AREA. Rows in: ``gains`` as in matching.review_items.ordered.
    """
    month = review_month(county, period)
    unsettled = month.in_area(township).filter(pl.col("kind") == kind, pl.col("state") != PairState.SETTLED)
    if unsettled.is_empty():
        return None
    rows = _rows(county, month, ordered(unsettled, gains), clear_names=township == COUNTY_AREA)
    site = county.declared.site
    form = ReviewForm(site.id, "" if township == COUNTY_AREA else township, period)
    content = render_review(rows, title=f"{site.title}{TITLE}（{township}  {period.title}）", form=form)
    path = private_folder(county.home / "reviews") / str(period) / _file_name(township, period, kind)
    write_file(path, content)
    return ReviewSheet(path, rows.height)


def _rows(county: County, month: ReviewMonth, found: pl.DataFrame, *, clear_names: bool) -> pl.DataFrame:
    titles = {s.id: s.title for s in county.declared.sources.values()}
    sides = month.sides(found, clear_names=clear_names)
    told = blinded(found).with_row_index("no", offset=1)
    rows = told.join(sides.rename({"household_no": "home"}), on=PAIR, how="left", maintain_order="left").with_columns(
        pl.col("no").cast(pl.String),
        source=pl.col("source_id").replace_strict(titles, return_dtype=pl.String),
        row_side=_lines("row"),
        person_side=_lines("person", pl.format("户编号：{}", "home")),
    )
    empty = {name: pl.lit(None, pl.String) for name in ("verdict", "reviewer", "reason")}
    return rows.with_columns(pair_checks(rows), **empty).select(column.name for column in COLUMNS)


def _lines(side: str, *more: pl.Expr) -> pl.Expr:
    """Return a side of a pair as one text, a field a line; what is not told has none."""
    lines = [pl.format(f"{title}：{{}}", f"{side}_{name}") for name, title in FIELDS.items()]
    return pl.concat_str([*lines, *more], separator="\n", ignore_nulls=True)


def _file_name(area: str, period: Period, kind: ReviewKind) -> str:
    """Return the name of a workbook; where an area's name cannot be a file name, a digest tells it apart."""
    plain = re.sub(r"\W", "_", area)
    if plain != area:
        plain = f"{plain}_{hashlib.sha256(area.encode()).hexdigest()[:8]}"
    return f"匹配复核_{KIND_TITLES[kind]}_{plain}_{period}.xlsx"


def take_review_sheet(county: County, path: Path, *, readers: Readers, now: dt.datetime, by: str) -> SheetJudged:
    """Write down what was judged in a workbook, all of it or, where anything is wrong, nothing.

    Raises: IntakeRefused for a file that is no review workbook of this county.
    """
    name = shown_name(path)
    if not path.is_file():
        raise NotFound(f"文件 {name}", "不存在", action="请核对路径")
    with county.exclusive():
        kept = county.originals.keep(path)
        with county.office.write() as connection:
            register_original(connection, kept.sha256, file_name=name, size_bytes=kept.size_bytes, now=now, by=by)
            is_taken = sheet_is_taken(connection, kept.sha256)
        with readers.read(county.originals.path(kept.sha256), file_name=name) as grids:
            returned = parse_review(grids)
        if returned.form.site_id != county.declared.site.id:
            expected = f"“{county.declared.site.id}”的复核表"
            raise IntakeRefused("报回的复核表", f"属于“{returned.form.site_id}”", expected=expected)
        if is_taken:
            return SheetJudged(0, returned.rows.height, returned.blank, REFUSED.to_frame())
        said, refused = _plan(review_month(county, returned.form.period), returned)
        if refused.height:
            return SheetJudged(0, 0, returned.blank, refused)
        with county.office.write() as connection:
            reviewers = [reviewer for _, reviewer in said]
            words = [one for one, _ in said]
            new = add_judgements(connection, words, now=now, by=reviewers, sheet_sha256=kept.sha256)
        return SheetJudged(new, returned.rows.height - new, returned.blank, refused)


def _plan(month: ReviewMonth, returned: ReviewReturned) -> tuple[list[tuple[Said, str]], pl.DataFrame]:
    """Return what to write down with its reviewer, and every problem; what is said already is neither."""
    township = returned.form.township or None
    asked = {(r["item"], r["person_no"]): r for r in month.in_area(township or COUNTY_AREA).iter_rows(named=True)}
    settled = {_pair(r): r["verdict"] for r in month.settled.drop_nulls("verdict").iter_rows(named=True)}
    spoken = {(*_pair(r), r["by"]): r["verdict"] for r in month.standing.iter_rows(named=True)}
    said: list[tuple[Said, str]] = []
    problems: list[tuple[int, str, str]] = []
    for row in returned.rows.iter_rows(named=True):
        pair, reviewer = (row["item"], row["person_no"]), row["reviewer"]
        if row["verdict"] in (settled.get(pair), spoken.get((*pair, reviewer))):
            continue
        if pair in settled and (*pair, reviewer) not in spoken:
            problems.append((row["sheet_row"], "判定", "留空：这一项已有定论；有异议请联系县里"))
        elif pair not in asked:
            problems.append((row["sheet_row"], "复核编号", "仍待复核的一项；数据已更新，请用新下发的表"))
        elif asked[pair]["state"] == PairState.DISPUTED and (*pair, reviewer) in spoken:
            problems.append((row["sheet_row"], "复核人", "没有判定过这一项的第三人：两人意见不一致，待裁定"))
        else:
            verdict, item = Verdict(row["verdict"]), asked[pair]
            word = said_of(month, item, verdict, township=township, reason=row["reason"], by=reviewer)
            said.append((word, reviewer))
    found = pl.DataFrame(problems, schema=REFUSED, orient="row")
    return said, pl.concat([returned.refused, found]).sort("sheet_row", maintain_order=True)


def _pair(row: dict[str, Any]) -> tuple[str, str]:
    return f"{row['batch_id']}:{row['row_number']}", row["person_no"]
