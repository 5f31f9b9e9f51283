"""Turns the rows of a delivery into identity, facts and issues; every delivered row is accounted for.

Floor 2. Identity (who) and facts (what) part ways here and meet again only through matching. A bad
cell is an issue; a bad row is rejected with its reason; neither is ever repaired or dropped in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from fangpin.config.source_models import Column, ColumnKind, Source
from fangpin.connectors import values
from fangpin.connectors.heads import PERIOD_COLUMNS, declared_columns
from fangpin.connectors.ids import CutCount, cut_seen, doubt, judge_ids
from fangpin.connectors.layout import Part
from fangpin.connectors.problems import (
    ISSUE_SCHEMA,
    disagreements,
    duplicates,
    id_issues,
    no_issues,
    rejections,
    repeated,
    unreadable,
)
from fangpin.types import IdKind, RowStatus

CONFORM_VERSION = "3"

IDENTITY_SCHEMA: dict[str, pl.DataType] = {
    "row_number": pl.UInt32(),
    "row_status": pl.String(),
    "duplicate_of": pl.UInt32(),
    "sheet": pl.String(),
    "sheet_row": pl.UInt32(),
    "person_name": pl.String(),
    "id_kind": pl.String(),
    "id_no": pl.String(),
    "id_seen": pl.String(),
    "birth_on": pl.Date(),
    "sex": pl.String(),
    "age": pl.Int64(),
    "township": pl.String(),
    "village": pl.String(),
    "village_group": pl.String(),
    "address": pl.String(),
    "head_name": pl.String(),
    "head_id_no": pl.String(),
    "guardian_name": pl.String(),
    "household_no": pl.String(),
    "person_no": pl.String(),
    "certificate_no": pl.String(),
}

_OF_HEAD = {"id_kind": "head_id_kind", "id_seen": "head_id_seen", "id_no": "head_id_no"}
_COMPARED_AT_ONCE = 1_000_000
_GIVEN_MAX = 5000  # rows shown on a correction sheet; more are a fault of the system that made the file


Keep = Callable[[pl.DataFrame], Callable[[], pl.DataFrame]]
"""Puts a frame away and returns how to get it back: in memory, or in a scratch file for a large delivery."""


class Conformed:
    """What became of a delivery, part by part, once all of it has been read.

    Each part is three frames. identity: IDENTITY_SCHEMA, one row per delivered data row whatever its status. facts:
    row_number and the source's typed fact columns, accepted rows only. issues: ISSUE_SCHEMA, one row per problem;
    severity 退回 (row rejected), 重复 or 提示; no personal value. ``given`` holds the cells of the rows with a problem
    as they were delivered: row_number, sheet, sheet_row and a text column per declared column, the first ones only.
    """

    def __init__(self, source: Source, read: _Read, confirmed: pl.DataFrame | None) -> None:
        self._source = source
        self._confirmed = confirmed
        self._kept = read.kept
        self._doubt = read.cut
        self._head_doubt = read.head_cut
        self._repeats = _repeats(read.hashes)
        self.given = pl.concat(read.given, how="diagonal") if read.given else pl.DataFrame()
        self.skipped: dict[str, int] = dict(read.skipped)
        self.period_texts = frozenset(read.period_texts)

    def parts(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
        """Return identity, facts and issues of each part in order; may be walked again."""
        if not self._kept:
            yield self._no_rows()
        for kept in self._kept:
            yield self._settled(kept.read(), kept.issues())

    @property
    def identity(self) -> pl.DataFrame:
        """All identity rows."""
        return self._whole(0)

    @property
    def facts(self) -> pl.DataFrame:
        """All accepted rows' facts."""
        return self._whole(1)

    @property
    def issues(self) -> pl.DataFrame:
        """All problems."""
        return self._whole(2)

    def count(self, status: RowStatus) -> int:
        """Return how many delivered rows ended so."""
        return int((self.identity["row_status"] == status).sum())

    def _whole(self, place: int) -> pl.DataFrame:
        return pl.concat([part[place] for part in self.parts()])

    def _no_rows(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        kinds = {"row_number": pl.UInt32()} | {c.name: values.dtype(c) for c in self._source.columns}
        return pl.DataFrame(schema=IDENTITY_SCHEMA), pl.DataFrame(schema=kinds), no_issues()

    def _settled(self, read: pl.DataFrame, issues: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        if "id_kind" in read.columns:
            read = read.with_columns(doubt(read.select("id_kind", "id_no", "id_seen"), self._doubt))
        if "head_id_kind" in read.columns:
            head = read.select(_OF_HEAD.values()).rename({of_head: name for name, of_head in _OF_HEAD.items()})
            read = read.with_columns(doubt(head, self._head_doubt).rename(_OF_HEAD))
        same = pl.when(pl.col("told_apart")).then(pl.col("repeat_of"))
        status = (
            pl.when(pl.col("unusable"))
            .then(pl.lit(RowStatus.REJECTED.value))
            .when(pl.col("duplicate_of").is_not_null())
            .then(pl.lit(RowStatus.DUPLICATE.value))
            .otherwise(pl.lit(RowStatus.ACCEPTED.value))
        )
        read = read.join(self._repeats, on="row_number", how="left", maintain_order="left")
        read = read.with_columns(same.alias("duplicate_of"))
        read = read.with_columns(status.alias("row_status"))
        accepted = read.filter(pl.col("row_status") == RowStatus.ACCEPTED)
        facts = accepted.select("row_number", *(_kept(c, accepted) for c in self._source.columns))
        told = pl.concat([issues, duplicates(read), repeated(read), id_issues(read, self._source)])
        return _identity_frame(read), facts, self._open(told).sort("row_number", "column", "code").select(*ISSUE_SCHEMA)

    def _open(self, issues: pl.DataFrame) -> pl.DataFrame:
        """Return the problems without remarks on what the department has confirmed."""
        if self._confirmed is None or self._confirmed.is_empty():
            return issues
        cell = ["sheet", "sheet_row", "name"]
        answers = self._confirmed.select(*cell, pl.lit(value=True).alias("confirmed"))
        told = issues.join(answers, on=cell, how="left", nulls_equal=True)
        return told.filter(pl.col("confirmed").is_null() | (pl.col("severity") == "退回")).drop("confirmed")


@dataclass(frozen=True, slots=True)
class _KeptPart:
    read: Callable[[], pl.DataFrame]
    issues: Callable[[], pl.DataFrame]


class _Read:
    """What reading the parts one after another has gathered."""

    def __init__(self) -> None:
        self.kept: list[_KeptPart] = []
        self.hashes: list[pl.DataFrame] = []
        self.given: list[pl.DataFrame] = []
        self.skipped: Counter[str] = Counter()
        self.period_texts: set[str] = set()
        self.cut = CutCount(0, 0)
        self.head_cut = CutCount(0, 0)


def conform(
    parts: Iterable[Part],
    source: Source,
    identity: dict[str, Column],
    *,
    keep: Keep | None = None,
    confirmed: pl.DataFrame | None = None,
) -> Conformed:
    """Return identity, facts and issues of a delivery's rows, read as its source declares.

    Each part is read as it comes and put away by ``keep`` (None: kept in memory); what only the whole can tell (equal
    rows, a column that lost digits) is settled at the end. ``confirmed`` (sheet str, sheet_row u32, name str|null)
    are cells and rows the department has confirmed as they are: what is only remarked on them is no problem any more.
    Source: data dictionary 3.1, 3.10, 3.11; security C34 (rows in = accepted + rejected + duplicate).
    """
    put_away = keep or _in_memory
    gathered = _Read()
    columns = declared_columns(source, identity)
    for part in parts:
        _gather(gathered, part, source, columns, put_away)
    return Conformed(source, gathered, confirmed)


def _gather(gathered: _Read, part: Part, source: Source, columns: dict[str, Column], keep: Keep) -> None:
    gathered.skipped.update(part.skipped)
    gathered.period_texts |= part.period_texts
    if part.rows.is_empty():
        return
    taken = [
        c
        for name, c in columns.items()
        if name in part.rows.columns and name not in PERIOD_COLUMNS and source.allows(name)
    ]
    read = _read(part, taken)
    rejected = rejections(read, source, titles={name: c.title for name, c in columns.items()})
    problems = pl.concat([rejected, unreadable(read, part, taken), disagreements(read, taken)])
    unusable = pl.col("row_number").is_in(rejected["row_number"].implode())
    read = read.with_columns(unusable.alias("unusable"), _told_apart(read, source))
    if "id_no" in part.rows.columns:
        gathered.cut += cut_seen(read)
    if "head_id_kind" in read.columns:
        gathered.head_cut += cut_seen(read.select(id_kind="head_id_kind", id_seen="head_id_seen"))
    gathered.hashes.append(part.rows.select("row_number", "hash_low", "hash_high"))
    remarks = pl.concat([problems, id_issues(read, source)])
    gathered.given.append(_given(part, remarks, taken, left=_GIVEN_MAX - sum(g.height for g in gathered.given)))
    gathered.kept.append(_KeptPart(keep(read), keep(problems)))


def _in_memory(frame: pl.DataFrame) -> Callable[[], pl.DataFrame]:
    return lambda: frame


def _given(part: Part, problems: pl.DataFrame, taken: list[Column], *, left: int) -> pl.DataFrame:
    """Return the delivered cells of the rows with a problem, rejected ones first, at most so many."""
    worst = problems.sort(pl.col("severity") != "退回", maintain_order=True)["row_number"].unique(maintain_order=True)
    rows = part.rows.filter(pl.col("row_number").is_in(worst.head(max(left, 0)).implode()))
    return rows.select("row_number", "sheet", "sheet_row", *(c.name for c in taken))


def _read(part: Part, taken: list[Column]) -> pl.DataFrame:
    """Return the part with every taken column read, ID columns split into id_kind, id_no, id_seen."""
    plain = [c for c in taken if c.kind is not ColumnKind.ID_NO]
    typed = part.rows.select(
        *("row_number", "sheet", "sheet_row", "flaw"),
        *(values.typed(c, ten_thousands=c.name in part.ten_thousands) for c in plain),
    )
    names = {c.name for c in taken}
    pieces = [typed]
    spare = "certificate_no" if "certificate_no" in names else None
    if "id_no" in names:
        pieces.append(judge_ids(part.rows, "id_no", certificate=spare))
    if "head_id_no" in names:
        head = judge_ids(part.rows, "head_id_no")
        pieces.append(head.select("id_kind", "id_seen", "id_no").rename(_OF_HEAD))
    if spare:
        seen = judge_ids(part.rows, spare)
        certificate = pl.col("id_seen").str.contains(r"^[\dX*]{20,22}[A-Z]?\d?$")
        pieces.append(seen.select(pl.when(certificate).then(pl.col("id_seen")).alias(spare)))
    return pl.concat(pieces, how="horizontal")


def _repeats(hashes: list[pl.DataFrame]) -> pl.DataFrame:
    """Return row_number and repeat_of of every row that has the very same cells as an earlier one: the first of them.

    Rows are compared in shares of about a million, told apart by their hash, so that memory stays within bounds.
    """
    found = [pl.DataFrame(schema={"row_number": pl.UInt32, "repeat_of": pl.UInt32})]
    rows = pl.concat(hashes) if hashes else pl.DataFrame()
    shares = 1 + rows.height // _COMPARED_AT_ONCE
    for share in range(shares):
        some = rows if shares == 1 else rows.filter(pl.col("hash_low") % shares == share)
        if some.is_empty():
            continue
        doubled = some.filter(some["hash_low"].is_duplicated())
        first = pl.col("row_number").min().over("hash_low", "hash_high")
        told = doubled.select("row_number", first.alias("repeat_of"))
        found.append(told.filter(pl.col("row_number") != pl.col("repeat_of")))
    return pl.concat(found).sort("row_number")


def _told_apart(read: pl.DataFrame, source: Source) -> pl.Series:
    """Say of each row whether an equal row is surely the same: in a list, always; among events, with a known key.

    Without its key, an equal row of a person's events may be a second event, such as a second bill of the same day.
    """
    known = [pl.col(name).is_not_null() if name in read.columns else pl.lit(value=False) for name in source.key]
    return read.with_columns(pl.all_horizontal(pl.lit(value=True), *known).alias("told_apart"))["told_apart"]


def _kept(column: Column, read: pl.DataFrame) -> pl.Expr:
    kind = values.dtype(column)
    return (
        pl.col(column.name).cast(kind) if column.name in read.columns else pl.lit(None, dtype=kind).alias(column.name)
    )


def _identity_frame(read: pl.DataFrame) -> pl.DataFrame:
    blank = {"id_kind": pl.lit(IdKind.MISSING.value)}
    return read.select(
        pl.col(name).cast(kind) if name in read.columns else blank.get(name, pl.lit(None, dtype=kind)).alias(name)
        for name, kind in IDENTITY_SCHEMA.items()
    )
