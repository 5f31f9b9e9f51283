"""Receiving a department's file: keep, acknowledge, read, recognise, conform, land.

Floor 4. A kill at any moment leaves nothing half done: the same file received again goes on from
where the last attempt stood and ends in the same batch.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import polars as pl

from fangpin.config.loader import digest_of
from fangpin.connectors.conform import CONFORM_VERSION, Conformed, conform
from fangpin.connectors.readers import Readers
from fangpin.connectors.recognise import Recognised, recognise
from fangpin.errors import IntakeRefused, NotFound
from fangpin.pipeline.county import County
from fangpin.store.batches import RowCounts, batches, land_batch, refuse_batch, register_batch, register_original
from fangpin.store.schema import BatchState
from fangpin.types import BatchRef, Period

if TYPE_CHECKING:
    from types import TracebackType


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
        self, path: Path, *, source_id: str | None = None, period: Period | None = None, now: dt.datetime, by: str
    ) -> Receipt:
        """Take one file in and return its receipt; the same content again returns the first batch.

        Raises: IntakeRefused when it cannot be read, recognised or trusted; the original is kept all the same.
        """
        if not path.is_file():
            raise NotFound(f"文件 {path.name}", "不存在", action="请核对路径")
        county = self._county
        with county.exclusive():
            kept = county.originals.keep(path)
            with county.office.write() as connection:
                register_original(
                    connection, kept.sha256, file_name=path.name, size_bytes=kept.size_bytes, now=now, by=by
                )
            recognised = self._recognise(kept.sha256, path.name, source_id, period)
            return _land(county, recognised, file_name=path.name, sha256=kept.sha256, now=now)

    def land_again(self, sha256: str, *, file_name: str, source_id: str, period: Period, now: dt.datetime) -> Receipt:
        """Land an original once more; where its declaration has changed since, as a new batch in the old one's place.

        Call under the county's lock.
        """
        recognised = self._recognise(sha256, file_name, source_id, period)
        return _land(self._county, recognised, file_name=file_name, sha256=sha256, now=now)

    def _recognise(self, sha256: str, file_name: str, source_id: str | None, period: Period | None) -> Recognised:
        grids = self._readers.read(self._county.originals.path(sha256), file_name=file_name)
        declared = self._county.declared
        return recognise(grids, declared, file_name=file_name, source_id=source_id, period=period)


def batch_id_of(source_id: str, period: Period, *, sha256: str, recipe: str) -> str:
    """Return the id of a delivery: the same content, read in the same way, for the same source and month.

    >>> batch_id_of("visit_ledger", Period(2024, 3), sha256="ab" * 32, recipe="1")
    'visit_ledger-2024-03-ecb2930b092d'
    """
    digest = hashlib.sha256(f"{source_id}|{period}|{sha256}|{recipe}".encode()).hexdigest()
    return f"{source_id}-{period}-{digest[:12]}"


def _land(county: County, recognised: Recognised, *, file_name: str, sha256: str, now: dt.datetime) -> Receipt:
    source = county.declared.source(recognised.source_id)
    recipe = digest_of(source, *county.declared.identity.values())
    batch_id = batch_id_of(source.id, recognised.period, sha256=sha256, recipe=f"{CONFORM_VERSION}|{recipe}")
    ref = BatchRef(batch_id, source.id, recognised.period)
    with county.office.write() as connection:
        register_batch(connection, ref.batch_id, source_id=source.id, period=ref.period, sha256=sha256, now=now)
        known = batches(connection).filter(pl.col("batch_id") == ref.batch_id).row(0, named=True)
    known_before = known["landed_at"] is not None
    superseded = None
    conformed = conform(recognised.table, source, county.declared.identity)
    if not known_before:
        _check_share(county, ref, conformed, file_name=file_name)
    counts = county.warehouse.land(ref, conformed)
    if not known_before:
        with county.office.write() as connection:
            superseded = land_batch(connection, ref.batch_id, counts=counts, declaration_digest=recipe, now=now)
    return Receipt(
        file_name,
        ref.batch_id,
        source.title,
        ref.period,
        recognised.period_from,
        counts,
        recognised.table.skipped,
        recognised.table.header.unknown,
        _issue_counts(conformed.issues),
        known_before,
        superseded,
        in_effect=known["state"] != BatchState.SUPERSEDED,
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
