"""Landing a delivery that has been read: the same as before, in effect, or waiting for a person.

Floor 4. Runs under the county's lock. A delivery that says what an earlier one said is answered with that one's
receipt; one that is out of its bands, or would push aside what may be newer, waits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from fangpin.connectors.content import content_digest
from fangpin.connectors.difference import Difference, difference
from fangpin.connectors.expect import Figures, breaches, figures
from fangpin.connectors.heads import declared_columns
from fangpin.errors import IntakeRefused, NeedsDecision
from fangpin.pipeline.arrival import Arrived
from fangpin.pipeline.county import County
from fangpin.store.batches import (
    Reading,
    batch_row,
    batches,
    hold_batch,
    land_batch,
    register_batch,
    repeat_batch,
    restore_batch,
)
from fangpin.store.deliveries import BatchState
from fangpin.store.warehouse import Landing
from fangpin.types import BatchRef

_REPLACED_SHARE_MIN = 0.8  # a monthly list rarely loses more than a fifth of its rows
_JANUARY = 1

PROBLEM_COUNTS: dict[str, pl.DataType] = {
    "column": pl.String(),
    "code": pl.String(),
    "severity": pl.String(),
    "expected": pl.String(),
    "rows": pl.UInt32(),
}
"""How many rows of a delivery have which problem."""
_PROBLEM = ("column", "code", "severity", "expected")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a delivery, when, having seen which landing last, and whether they decided that it replaces."""

    by: str
    now: dt.datetime
    seen_landing_no: int
    replace: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery.

    state: where its batch stands. known_before: the same content was here before, in batch ``batch_id``. held:
    sentences, why a person must decide. superseded: the batch it took the place of. changes: what it changed there.
    problems: PROBLEM_COUNTS, worst first.
    """

    batch_id: str
    state: BatchState
    known_before: bool
    held: tuple[str, ...]
    superseded: str | None
    changes: Difference | None
    reading: Reading
    problems: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Hold:
    code: str
    sentence: str
    by_replace: bool  # the sender may decide it by saying that the delivery replaces

    @property
    def kept(self) -> dict[str, str]:
        """The reason as the office store holds it."""
        return {"code": self.code, "sentence": self.sentence}


def settle(county: County, arrived: Arrived, sender: Sender, *, receipt: dict[str, Any], dry: bool) -> Settled:
    """Land a delivery, let it wait, or find that it was here before; ``dry`` only says which.

    Raises: IntakeRefused when it holds no row at all.
    """
    with county.warehouse.landing(arrived.ref) as landing:
        content, counted, problems = _written(arrived, landing)
        if landing.counts.rows_in == 0:
            raise IntakeRefused(
                f"文件 {arrived.delivery.file_name}",
                "只有表头，没有数据行",
                expected="至少一行",
                action="请重新导出后报送",
            )
        told = receipt | {"figures": counted.to_dict(), "issues": problems.to_dicts()}
        reading = Reading(landing.counts, arrived.recipe, content, arrived.recognised.made_on, told)
        with county.office.read() as connection:
            known = batches(connection).filter(pl.col("source_id") == arrived.source.id)
        slot = known.filter(pl.col("period") == str(arrived.ref.period))
        before = _same(slot, arrived.ref, content)
        if before is not None and not (before["state"] == BatchState.HELD and sender.replace):
            return _again(county, arrived, before, sender, reading=reading, problems=problems, dry=dry)
        current = slot.filter(pl.col("state") == BatchState.LANDED)
        changes = None if current.is_empty() else _changes(county, arrived, str(current["batch_id"][0]), landing)
        if changes is not None and changes.is_nothing and _alike(county, current["batch_id"][0], problems):
            now = current.row(0, named=True)
            return _again(county, arrived, now, sender, reading=reading, problems=problems, dry=dry)
        holds = [*_bands(county, arrived, counted, known), *_conflicts(arrived, reading, slot, sender, changes)]
        holds += [*_refused_before(slot, arrived.ref, content), *_cut_short(problems)]
        decided = sender.replace and "accept" not in county.declared.site.second_person
        open_ = [hold for hold in holds if not (decided and hold.by_replace)]
        if not dry:
            landing.publish()
    superseded = None if dry else _enter(county, arrived, reading, open_, sender)
    through = BatchState.RECEIVED if dry else BatchState.LANDED
    return Settled(
        arrived.ref.batch_id,
        BatchState.HELD if open_ else through,
        known_before=False,
        held=tuple(hold.sentence for hold in open_),
        superseded=superseded,
        changes=changes,
        reading=reading,
        problems=problems,
    )


def _written(arrived: Arrived, landing: Landing) -> tuple[str, Figures, pl.DataFrame]:
    """Write the parts aside in one pass; return the digest of what they say, their figures and their problems."""
    counted = Figures()
    problems = [pl.DataFrame(schema=PROBLEM_COUNTS)]

    def passing() -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        nonlocal counted
        for identity, facts, issues in arrived.conformed.parts():
            landing.write(identity, facts, issues)
            counted += figures(identity, facts, arrived.source)
            problems.append(issues.group_by(_PROBLEM).agg(pl.len().alias("rows")))
            yield identity, facts

    rows = content_digest(passing())
    summed = pl.concat(problems).group_by(_PROBLEM).agg(pl.col("rows").sum())
    worst = [pl.col("severity") != "退回", "rows", "column", "code"]
    told = summed.sort(worst, descending=[False, True, False, False])
    # A cell nobody can read and a blank one are read alike: they differ in their problem.
    digest = hashlib.sha256(f"{rows}|{told.sort(_PROBLEM).rows()}".encode()).hexdigest()
    return digest, counted, told


def _same(slot: pl.DataFrame, ref: BatchRef, content: str) -> dict[str, Any] | None:
    """Return the batch of the slot that is this delivery or says the very same, the one in effect first."""
    alike = slot.filter((pl.col("batch_id") == ref.batch_id) | (pl.col("content") == content))
    alike = alike.filter(~pl.col("state").is_in([BatchState.RECEIVED, BatchState.REFUSED]))
    order = pl.col("state").replace_strict({BatchState.LANDED: 0, BatchState.HELD: 1}, default=2)
    return alike.sort(order, "received_at").row(0, named=True) if alike.height else None


def require_stored(county: County, batch_id: str) -> None:
    """Refuse to put a batch in effect that the warehouse does not hold, as after a rebuild by another declaration.

    Raises: NeedsDecision.
    """
    if county.warehouse.counts(batch_id) is None:
        raise NeedsDecision(
            f"批次 {batch_id}", "是按旧的声明读入的，数据仓中已没有", action="请把原文件重新报送，或先恢复原来的声明"
        )


def _alike(county: County, batch_id: str, problems: pl.DataFrame) -> bool:
    """Say whether a batch had the very same problems."""
    with county.office.read() as connection:
        kept = (batch_row(connection, batch_id)["receipt"] or {}).get("issues", [])
    columns = list(PROBLEM_COUNTS)
    before = pl.DataFrame(kept, schema=PROBLEM_COUNTS).select(columns)
    return before.sort(columns).equals(problems.select(columns).sort(columns))


def _again(
    county: County,
    arrived: Arrived,
    before: dict[str, Any],
    sender: Sender,
    *,
    reading: Reading,
    problems: pl.DataFrame,
    dry: bool,
) -> Settled:
    """Answer content that was here before; one that was superseded or withdrawn comes back if the sender says so."""
    batch_id, state = before["batch_id"], BatchState(before["state"])
    superseded = None
    with county.office.write() as connection:
        row = batch_row(connection, batch_id)
        held = tuple(reason["sentence"] for reason in row["held"] or ())
        gone = state in (BatchState.SUPERSEDED, BatchState.WITHDRAWN)
        if not dry:
            repeat_batch(connection, batch_id, arrived.delivery.inputs[0].sha256, now=sender.now, by=sender.by)
        alone = "accept" not in county.declared.site.second_person
        if gone and sender.replace and alone and not dry:
            require_stored(county, batch_id)
            superseded = restore_batch(connection, batch_id, now=sender.now, by=sender.by)
            state = BatchState.LANDED
    return Settled(
        batch_id,
        state,
        known_before=True,
        held=held,
        superseded=superseded,
        changes=None,
        reading=reading,
        problems=problems,
    )


def _changes(county: County, arrived: Arrived, current_id: str, landing: Landing) -> Difference:
    before = county.warehouse.read(current_id, "identity"), county.warehouse.read(current_id, "facts")
    after = landing.read("identity"), landing.read("facts")
    columns = declared_columns(arrived.source, county.declared.identity)
    return difference(before, after, arrived.source, columns=columns)


def _bands(county: County, arrived: Arrived, counted: Figures, known: pl.DataFrame) -> list[_Hold]:
    """Return the declared bands a delivery is out of."""
    month = str(arrived.ref.period.back(1))
    earlier = known.filter((pl.col("period") == month) & (pl.col("state") == BatchState.LANDED))
    before = None
    if earlier.height:
        with county.office.read() as connection:
            kept = (batch_row(connection, earlier["batch_id"][0])["receipt"] or {}).get("figures")
        before = Figures.from_dict(kept) if kept else None
    found = breaches(
        counted,
        before,
        arrived.source,
        columns=declared_columns(arrived.source, county.declared.identity),
        year_begins=arrived.ref.period.month == _JANUARY,
    )
    return [_Hold(breach.code, breach.sentence, by_replace=False) for breach in found]


def _conflicts(
    arrived: Arrived, reading: Reading, slot: pl.DataFrame, sender: Sender, changes: Difference | None
) -> list[_Hold]:
    """Return why a delivery may not simply take the place of what is in effect for its month."""
    current = slot.filter(pl.col("state") == BatchState.LANDED)
    if current.is_empty():
        return []
    now = current.row(0, named=True)
    holds = []
    rows = reading.counts.rows_in
    if rows < _REPLACED_SHARE_MIN * now["rows_in"]:
        holds.append(
            _Hold(
                "shrunk",
                f"只有 {rows:,} 行，而同月现行数据（{now['file_name']}）有 {now['rows_in']:,} 行；"
                "如是部分乡镇或补充名单，请合并成一个文件再报；如确为整月更正，请确认替换",
                by_replace=True,
            )
        )
    elif changes is not None and changes.gone > (1 - _REPLACED_SHARE_MIN) * now["accepted"]:
        holds.append(
            _Hold(
                "other_rows",
                f"同月现行数据（{now['file_name']}）有 {changes.gone:,} 行不在这份数据中；"
                "如是另一乡镇或补充名单，请合并成一个文件再报；如确为整月更正，请确认替换",
                by_replace=True,
            )
        )
    if (now["landing_no"] or 0) > sender.seen_landing_no:
        holds.append(
            _Hold(
                "together",
                f"与另一份内容不同的同月数据（{now['file_name']}）同时报到，那一份已先生效；请确认以哪一份为准",
                by_replace=True,
            )
        )
    made, made_now = reading.made_on, now["made_on"]
    if made is not None and made_now is not None and made < made_now and not arrived.delivery.is_corrected:
        holds.append(
            _Hold(
                "older",
                f"制表日期 {made} 早于现行数据（{now['file_name']}）的 {made_now}，可能是迟到的旧文件；请确认是否替换",
                by_replace=True,
            )
        )
    return holds


def _refused_before(slot: pl.DataFrame, ref: BatchRef, content: str) -> list[_Hold]:
    """Return that a person has refused the very same content before, if somebody has."""
    alike = slot.filter((pl.col("batch_id") == ref.batch_id) | (pl.col("content") == content))
    reasons = alike.filter(pl.col("state") == BatchState.REFUSED)["reason"]
    return [
        _Hold("refused_before", f"同样的内容此前已退回（{reason}）；请确认是否采用", by_replace=True)
        for reason in reasons[:1]
    ]


def _cut_short(problems: pl.DataFrame) -> list[_Hold]:
    """Return that a text file ends in the middle of a row, if it does."""
    if problems.filter(pl.col("code") == "row_cut").is_empty():
        return []
    return [_Hold("cut", "最后一行不完整，文件可能没有传完；请核对行数，或重新传送", by_replace=False)]


def _enter(county: County, arrived: Arrived, reading: Reading, holds: list[_Hold], sender: Sender) -> str | None:
    """Write the batch down as landed or held, in one transaction; return the batch it superseded."""
    ref = arrived.ref
    with county.office.write() as connection:
        seen = sender.seen_landing_no
        register_batch(connection, ref, arrived.delivery.inputs, now=sender.now, by=sender.by, seen_landing_no=seen)
        if holds:
            reasons = [hold.kept for hold in holds]
            hold_batch(connection, ref.batch_id, reading, reasons=reasons, now=sender.now, by=sender.by)
            return None
        return land_batch(connection, ref.batch_id, reading, now=sender.now, by=sender.by)
