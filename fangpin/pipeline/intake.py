"""Receiving a department's file: keep, acknowledge, read, recognise, conform, land.

Floor 4. A kill at any moment leaves nothing half done: the same file received again goes on from
where the last attempt stood and ends in the same batch.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import polars as pl

from fangpin.config.loader import digest_of
from fangpin.connectors.conform import CONFORM_VERSION, Conformed, conform
from fangpin.connectors.readers import Readers
from fangpin.connectors.recognise import Recognised, recognise
from fangpin.errors import IntakeRefused, NeedsDecision, NotFound
from fangpin.pipeline.county import County
from fangpin.store.batches import (
    RowCounts,
    batches,
    land_batch,
    refuse_batch,
    register_batch,
    register_original,
    restore_batch,
)
from fangpin.store.schema import BatchState
from fangpin.types import BatchRef, Period

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy import Connection

_REPLACED_SHARE_MIN = 0.8  # a monthly list rarely loses more than a fifth of its rows


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told (接收回执).

    issues: column, code, severity str, rows u32 — how many rows have which problem, worst first.
    """

    file_name: str
    batch_id: str
    source_title: str
    period: Period
    period_from: str
    counts: RowCounts
    skipped: dict[str, int]
    unknown_columns: tuple[str, ...]
    issues: pl.DataFrame
    known_before: bool
    superseded: str | None
    in_effect: bool


class Intake:
    """Receives files one after another with one warm reading child; use as a context manager."""

    def __init__(self, county: County) -> None:
        """Keep the county; the child starts with the first file."""
        self._county = county
        self._readers = Readers(county.scratch)

    def __enter__(self) -> Self:
        """Start receiving."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the reading child."""
        self._readers.__exit__(kind, value, trace)

    def receive(
        self,
        path: Path,
        *,
        source_id: str | None = None,
        period: Period | None = None,
        replace: bool = False,
        now: dt.datetime,
        by: str,
    ) -> Receipt:
        """Take one file in and return its receipt; the same content again returns the first batch.

        ``replace`` says that a person has decided: a much smaller file may take the place of the one in effect, and
        one that was superseded may come back.
        Raises: IntakeRefused when it cannot be read, recognised or trusted; NeedsDecision when it would replace much
        more than it brings. The original is kept all the same.
        """
        name = shown_name(path)
        if not path.is_file():
            given = "是目录" if path.is_dir() else "不存在"
            raise NotFound(f"文件 {name}", given, expected="一个来件", action="请核对路径")
        county = self._county
        with county.exclusive():
            kept = county.originals.keep(path)
            with county.office.write() as connection:
                register_original(connection, kept.sha256, file_name=name, size_bytes=kept.size_bytes, now=now, by=by)
            delivery = Delivery(kept.sha256, name, source_id, period)
            return _land(county, self.conform_again(delivery), replace=replace, now=now)

    def conform_again(self, delivery: Delivery) -> Arrived:
        """Read, recognise and conform an original in safe keeping; nothing is written."""
        county = self._county
        grids = self._readers.read(county.originals.path(delivery.sha256), file_name=delivery.file_name)
        found = recognise(
            grids,
            county.declared,
            file_name=delivery.file_name,
            source_id=delivery.source_id,
            period=delivery.period,
        )
        source = county.declared.source(found.source_id)
        recipe = digest_of(source, *county.declared.identity.values())
        batch_id = batch_id_of(source.id, found.period, sha256=delivery.sha256, recipe=f"{CONFORM_VERSION}|{recipe}")
        ref = BatchRef(batch_id, source.id, found.period)
        return Arrived(delivery, ref, found, conform(found.table, source, county.declared.identity), recipe)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file in safe keeping, and what was said of it; None: to be recognised."""

    sha256: str
    file_name: str
    source_id: str | None
    period: Period | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery read and conformed, with the id its batch has or will have and the declaration it was read by."""

    delivery: Delivery
    ref: BatchRef
    recognised: Recognised
    conformed: Conformed
    recipe: str


def shown_name(path: Path) -> str:
    """Return a file's name as text; one that was never UTF-8 is taken for GB18030, as unpacked archives often are.

    >>> import os
    >>> shown_name(Path(os.fsdecode("低保.csv".encode("gb18030"))))
    '低保.csv'
    """
    raw = os.fsencode(path.name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def batch_id_of(source_id: str, period: Period, *, sha256: str, recipe: str) -> str:
    """Return the id of a delivery: the same content, read in the same way, for the same source and month.

    >>> batch_id_of("visit_ledger", Period(2024, 3), sha256="ab" * 32, recipe="1")
    'visit_ledger-2024-03-ecb2930b092d'
    """
    digest = hashlib.sha256(f"{source_id}|{period}|{sha256}|{recipe}".encode()).hexdigest()
    return f"{source_id}-{period}-{digest[:12]}"


def _land(county: County, arrived: Arrived, *, replace: bool, now: dt.datetime) -> Receipt:
    ref, delivery, table = arrived.ref, arrived.delivery, arrived.recognised.table
    with county.office.write() as connection:
        register_arrived(connection, arrived, now=now)
        known = batches(connection).filter(
            (pl.col("source_id") == ref.source_id) & (pl.col("period") == str(ref.period))
        )
    own = known.row(by_predicate=pl.col("batch_id") == ref.batch_id, named=True)
    known_before, gone = own["landed_at"] is not None, own["state"] == BatchState.SUPERSEDED
    if not known_before:
        _check_share(county, ref, arrived.conformed, file_name=delivery.file_name)
    if not replace and not known_before:
        _check_shrinking(known, rows=arrived.conformed.identity.height, file_name=delivery.file_name)
    counts = county.warehouse.land(ref, arrived.conformed)
    superseded = None
    with county.office.write() as connection:
        if gone and replace:
            superseded = restore_batch(connection, ref.batch_id, now=now)
        elif not known_before:
            superseded = land_batch(connection, ref.batch_id, counts=counts, declaration_digest=arrived.recipe, now=now)
    return Receipt(
        delivery.file_name,
        ref.batch_id,
        county.declared.source(ref.source_id).title,
        ref.period,
        arrived.recognised.period_from,
        counts,
        table.skipped,
        table.header.unknown,
        _issue_counts(arrived.conformed.issues),
        known_before,
        superseded,
        in_effect=replace or not gone,
    )


def register_arrived(connection: Connection, arrived: Arrived, *, now: dt.datetime) -> None:
    """Write an arrived delivery down as a batch unless it is known."""
    ref, delivery = arrived.ref, arrived.delivery
    register_batch(
        connection,
        ref.batch_id,
        source_id=ref.source_id,
        period=ref.period,
        sha256=delivery.sha256,
        file_name=delivery.file_name,
        now=now,
    )


def _check_shrinking(known: pl.DataFrame, *, rows: int, file_name: str) -> None:
    """Ask a person before a part, say one township's list, takes the place of a whole month."""
    in_effect = known.filter(pl.col("state") == BatchState.LANDED)
    before = 0 if in_effect.is_empty() else int(in_effect["rows_in"][0])
    if rows < _REPLACED_SHARE_MIN * before:
        raise NeedsDecision(
            f"文件 {file_name}",
            f"只有 {rows:,} 行，而同月现行数据（{in_effect['file_name'][0]}）有 {before:,} 行",
            expected="完整的一个月",
            action="如是部分乡镇或补充名单，请合并成一个文件再报；如确为整月更正，请加 --replace",
        )


def _check_share(county: County, ref: BatchRef, conformed: Conformed, *, file_name: str) -> None:
    """Refuse the whole batch when it is empty or more of it is bad than its source allows."""
    expect = county.declared.source(ref.source_id).expect
    rows = conformed.identity.height
    rejected = conformed.issues.filter(pl.col("severity") == "退回")["row_number"].n_unique()
    if rows >= expect.rows_min and rejected <= expect.rejected_share_max * rows:
        return
    given = f"共 {rows} 行，其中 {rejected} 行不能用"
    worst = _issue_counts(conformed.issues.filter(pl.col("severity") == "退回")).head(1)
    reason = "" if worst.is_empty() else f"（主要是“{worst['column'][0]}”）"
    refusal = IntakeRefused(
        f"文件 {file_name}",
        given + reason,
        expected=f"不少于 {expect.rows_min} 行，不能用的不超过 {expect.rejected_share_max:.0%}",
        action="请改正后重报",
    )
    with county.office.write() as connection:
        refuse_batch(connection, ref.batch_id, reason=refusal.sentence)
    raise refusal


def _issue_counts(issues: pl.DataFrame) -> pl.DataFrame:
    counted = issues.group_by("column", "code", "severity", "expected").agg(pl.len().alias("rows"))
    return counted.sort(pl.col("severity") != "退回", "rows", "column", "code", descending=[False, True, False, False])
