"""Proving the county's stores: the invariants, and the warehouse made again from originals.

Floor 4. ``verify`` reads only. ``rebuild`` throws the warehouse away and must end in the same digests:
what people decided lies in the office store and is never touched.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import polars as pl

from fangpin.errors import FangpinError, StoreDamaged
from fangpin.pipeline.county import County, Progress
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.judged import judged_rows
from fangpin.pipeline.linking import link_batches
from fangpin.pipeline.pins import pins_again
from fangpin.pipeline.runs import digest_of_tables, read_tables
from fangpin.pipeline.screening import screen, tables_of
from fangpin.store.batches import (
    InputFile,
    Reading,
    batch_row,
    batches,
    inputs_of,
    land_batch,
    original_hashes,
    register_batch,
    restore_batch,
)
from fangpin.store.deliveries import BatchState
from fangpin.store.digest import office_digest
from fangpin.store.files import private_folder
from fangpin.store.leads import leads_of
from fangpin.store.runs import current_run, published_runs
from fangpin.store.verify import Check, verify_office
from fangpin.store.warehouse import Warehouse
from fangpin.types import BatchRef, Period

_CHUNK = 1024 * 1024
_KEPT = (BatchState.LANDED, BatchState.HELD, BatchState.SUPERSEDED, BatchState.WITHDRAWN)
"""What is or may come in effect again."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What verification found: every check, and the digests to compare with another copy."""

    checks: tuple[Check, ...]
    digest: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether every invariant holds."""
        return all(check.ok for check in self.checks)


def verify(county: County, *, progress: Progress) -> Verified:
    """Return the invariants I1-I5 and I7 (security §3.1) as they stand now, and the business digests (I3)."""
    with county.exclusive():
        with county.office.read() as connection:
            checks = verify_office(connection)
            digest = office_digest(connection)
            known = batches(connection)
            hashes = original_hashes(connection)
            runs = [run for period, _ in published_runs(connection) if (run := current_run(connection, period))]
            leads = {run["run_id"]: leads_of(connection, Period.parse(run["period"])) for run in runs}
        checks.append(_counts_agree(county, _declared(county, known)))
        checks.append(_originals_whole(county, hashes))
        lost = judged_rows(county).lost
        checks.append(Check("I1", ok=not lost, sentence="每条人工判定都找得到所判的那一行", count=lost))
        verdicts = []
        for done, run in enumerate(runs):
            progress("复算", done, len(runs))
            verdicts.append(_recomputed(county, run, leads[run["run_id"]]))
        progress("复算", len(runs), len(runs))
    checks.append(Check("I3", ok=True, sentence="业务摘要已计算，可与另一份比对", count=0))
    checks.append(_results_hold(verdicts))
    return Verified(tuple(sorted(checks, key=lambda check: check.invariant)), digest)


class _Verdict(StrEnum):
    SAME = "same"
    WRONG = "wrong"
    NOT_COMPUTED = "not_computed"  # declarations, programs or batches have changed since


def _results_hold(verdicts: list[_Verdict]) -> Check:
    wrong, skipped = verdicts.count(_Verdict.WRONG), verdicts.count(_Verdict.NOT_COMPUTED)
    sentence = "每月线索等于按所依据的批次和规则重新计算的结果"
    if skipped:
        sentence += (
            f"（{skipped} 个月的声明、程序、批次、匹配模型或人工判定已变，只核对了存档，未能复算；重新筛查后可复算）"
        )
    return Check("I4", ok=not wrong, sentence=sentence, count=wrong)


def _declared(
    county: County, known: pl.DataFrame, *, states: tuple[BatchState, ...] = (BatchState.LANDED,)
) -> pl.DataFrame:
    """Return the batches in effect (or in other states) of the sources the site declares."""
    return known.filter(pl.col("state").is_in(states) & pl.col("source_id").is_in(list(county.declared.sources)))


def rebuild(county: County, *, now: dt.datetime, by: str, progress: Progress) -> list[tuple[Period, bool]]:
    """Make the warehouse again from originals and office store; return each month with whether its digest is the same.

    The old warehouse stands until every batch has been read again. Where a source's declaration has changed, its
    files come back as new batches and the months differ rightly; batches of sources the site no longer declares stay
    in the office store alone.
    Raises: StoreDamaged when an original is gone; IntakeRefused when a declaration no longer fits an original.
    """
    with county.office.read() as connection:
        kept = _declared(county, batches(connection), states=_KEPT)
        runs = [(period, current_run(connection, period)) for period, _ in published_runs(connection)]
    with county.exclusive(), Intake(county) as intake:
        _require_originals(county, kept)
        fresh = Warehouse(private_folder(county.scratch / "warehouse"))
        again = []
        for done, row in enumerate(kept.iter_rows(named=True)):
            progress("重建批次", done, kept.height)
            try:
                again.append((row["state"], *_read_again(county, intake, fresh, row)))
            except FangpinError:
                if row["state"] == BatchState.LANDED:  # of the others only what still can be read may come back
                    raise
        county.warehouse.replace_with(fresh)
        with county.office.write() as connection:
            for state, ref, inputs, reading in again:
                if state == BatchState.LANDED:
                    stands = register_batch(connection, ref, inputs, now=now, by=by)
                    if stands in (BatchState.SUPERSEDED, BatchState.WITHDRAWN):  # a declaration that was changed back
                        restore_batch(connection, ref.batch_id, now=now, by=by)
                    else:
                        land_batch(connection, ref.batch_id, reading, now=now, by=by)
    same = []
    for period, run in runs:
        screened = screen(county, period, now=now, by=by, progress=progress)
        same.append((period, run is not None and screened.digest == run["digest"]))
    return same


def _read_again(
    county: County, intake: Intake, fresh: Warehouse, row: dict[str, Any]
) -> tuple[BatchRef, tuple[InputFile, ...], Reading]:
    """Read a batch's files again into a fresh warehouse; return its id now, its files and what reading gave."""
    with county.office.read() as connection:
        inputs = inputs_of(connection, row["batch_id"])
        receipt = batch_row(connection, row["batch_id"])["receipt"]
    with (
        intake.arrive_again(inputs, row["source_id"], Period.parse(row["period"])) as arrived,
        fresh.landing(arrived.ref) as landing,
    ):
        for part in arrived.conformed.parts():
            landing.write(*part)
        landing.publish()
        return arrived.ref, inputs, Reading(landing.counts, arrived.recipe, row["content"], row["made_on"], receipt)


def _require_originals(county: County, in_effect: pl.DataFrame) -> None:
    """Throw nothing away that cannot be made again."""
    gone = [
        row["batch_id"] for row in in_effect.iter_rows(named=True) if not county.originals.path(row["sha256"]).exists()
    ]
    if gone:
        raise StoreDamaged(
            "原始文件", f"{len(gone)} 个批次的原始文件不在（如 {gone[0]}）", action="请先从备份恢复 originals 目录"
        )


def _counts_agree(county: County, in_effect: pl.DataFrame) -> Check:
    """I1 in the warehouse: every batch in effect is there with the counts the office has."""
    wrong = 0
    for row in in_effect.iter_rows(named=True):
        counts = county.warehouse.counts(row["batch_id"])
        kept = tuple(row[name] for name in ("rows_in", "accepted", "rejected", "duplicate"))
        facts = county.warehouse.part(row["batch_id"], "facts")
        rows = pl.scan_parquet(facts).select(pl.len()).collect().item() if facts.exists() else None
        found = None if counts is None else (counts.rows_in, counts.accepted, counts.rejected, counts.duplicate)
        wrong += found != kept or rows != row["accepted"]
    return Check("I1", ok=not wrong, sentence="数据仓中每个生效批次的行数与登记一致", count=wrong)


def _originals_whole(county: County, hashes: tuple[str, ...]) -> Check:
    """I7: every acknowledged original is there, and still has the content it had."""
    wrong = sum(not _is_whole(county.originals.path(sha256), sha256) for sha256 in hashes)
    return Check("I7", ok=not wrong, sentence="每个已确认的原始文件都在且内容未变", count=wrong)


def _is_whole(path: Path, sha256: str) -> bool:
    if not path.exists():
        return False
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == sha256


def _recomputed(county: County, run: dict[str, Any], leads: pl.DataFrame) -> _Verdict:
    """Say whether a published run's file holds its digest, the office's leads are its leads, and its pins give both."""
    if not county.warehouse.run_path(run["run_id"]).exists():
        return _Verdict.WRONG
    tables = read_tables(county, run["run_id"])
    if digest_of_tables(tables) != run["digest"] or _content(leads) != _content(tables["lead"]):
        return _Verdict.WRONG
    pins = pins_again(county, run["pins"])
    if pins is None:
        return _Verdict.NOT_COMPUTED
    link_batches(county, pins.links, progress=lambda *_: None)
    same = digest_of_tables(tables_of(county, pins, pins.links)) == run["digest"]
    return _Verdict.SAME if same else _Verdict.WRONG


def _content(leads: pl.DataFrame) -> list[tuple[object, ...]]:
    """Return what a lead says, in either store's frame, leads in force only."""
    in_force = leads.filter(pl.col("state") != "withdrawn") if "state" in leads.columns else leads
    return in_force.select("household_no", "grade", "kinds", "sentence", "score").sort("household_no").rows()
