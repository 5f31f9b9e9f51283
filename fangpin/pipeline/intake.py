"""Receiving what departments send: keep, acknowledge, read, conform, land; corrections and archives included.

Floor 4. A kill at any moment leaves nothing half done: the same file received again goes on from where the last
attempt stood and ends in the same batch.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import polars as pl

from fangpin.connectors.correction_form import Form, form_of
from fangpin.connectors.corrections import read_corrections
from fangpin.connectors.grid import Grid
from fangpin.connectors.heads import declared_columns
from fangpin.connectors.months import months_of_name
from fangpin.connectors.readers import Readers
from fangpin.errors import Busy, FangpinError, IntakeRefused, NeedsDecision, NotFound
from fangpin.ledgers.quarantine import Delivered, write_quarantine
from fangpin.pipeline.arrival import Arrived, Delivery, arriving, batch_id_of, recipe_of, shown_name
from fangpin.pipeline.county import County
from fangpin.pipeline.landing import Sender, settle
from fangpin.pipeline.receipts import Receipt, receipt_of, remembered, told_of
from fangpin.store.batches import (
    InputFile,
    batch_row,
    batches,
    inputs_of,
    last_landing,
    refuse_batch,
    register_original,
)
from fangpin.store.deliveries import BatchState, InputKind
from fangpin.store.files import private_folder
from fangpin.types import Period

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy import Connection

_PROBLEMS_TOLD = 10


class Intake:
    """Receives files one after another with one warm reading child; use as a context manager."""

    def __init__(self, county: County) -> None:
        """Keep the county; the child starts with the first file."""
        self._county = county
        self._readers = Readers(county.incoming)

    def __enter__(self) -> Self:
        """Start the reading child, so that it is warm when the first file comes."""
        self._readers.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the reading child."""
        self._readers.__exit__(kind, value, trace)

    def receive_all(
        self,
        path: Path,
        *,
        source_id: str | None = None,
        period: Period | None = None,
        replace: bool = False,
        now: dt.datetime,
        by: str,
    ) -> list[Receipt | FangpinError]:
        """Take in every file of an archive, or the one file there is; each ends in a receipt or in its refusal.

        Raises: IntakeRefused when the archive itself cannot be read.
        """
        _require_file(path)
        archive = shown_name(path)
        if path.suffix.lower() != ".zip":
            return [self.receive(path, source_id=source_id, period=period, replace=replace, now=now, by=by)]
        self._keep(path, archive, now=now, by=by)
        found: list[Receipt | FangpinError] = []
        with tempfile.TemporaryDirectory(dir=self._county.incoming) as folder:
            for member in self._readers.unpack(path, file_name=archive, into=Path(folder)):
                name = member.name if months_of_name(member.name) else f"{archive}／{member.name}"
                try:
                    receipt = self.receive(
                        member.path,
                        file_name=name,
                        source_id=source_id,
                        period=period,
                        replace=replace,
                        now=now,
                        by=by,
                    )
                    found.append(receipt)
                except Busy:
                    raise
                except FangpinError as exc:
                    found.append(exc)
        return found

    def receive(
        self,
        path: Path,
        *,
        file_name: str | None = None,
        source_id: str | None = None,
        period: Period | None = None,
        replace: bool = False,
        now: dt.datetime,
        by: str,
    ) -> Receipt:
        """Take one file in and return its receipt; the same content again, in whatever form, returns the first one's.

        A correction sheet that comes back is applied to the batch it was made for. ``replace`` says that the sender
        has decided: a much smaller or older file may take the place of the one in effect, and one that went out of
        effect may come back.
        Raises: IntakeRefused when it cannot be read, recognised or trusted. The original is kept all the same.
        """
        _require_file(path)
        county = self._county
        name = file_name or shown_name(path)
        kept = self._keep(path, name, now=now, by=by)
        with county.office.read() as connection:
            seen = last_landing(connection)
        sender = Sender(by, now, seen, replace)
        with county.exclusive():
            if not replace:
                known = self._known(kept, source_id=source_id, period=period, file_name=name)
                if known is not None:
                    return known
            return self._open(InputFile(InputKind.BASE, kept, name), sender, source_id=source_id, period=period)

    def check(
        self, path: Path, *, source_id: str | None = None, period: Period | None = None, now: dt.datetime, by: str
    ) -> Receipt:
        """Return the receipt a file would get; nothing is kept, written or changed.

        Raises: IntakeRefused as ``receive`` would.
        """
        _require_file(path)
        name = shown_name(path)
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        delivery = Delivery((InputFile(InputKind.BASE, sha256, name),), source_id, period)
        with self._county.office.read() as connection:
            sender = Sender(by, now, last_landing(connection), replace=False)
        with self._readers.read(path, file_name=name) as grids:
            if form_of(grids) is not None:
                raise IntakeRefused(
                    f"更正单 {name}", "不能只作检查", action="请直接接收：有问题的行会逐行说明，不会采用"
                )
            with self._arriving(delivery, at=path, grids=grids) as arrived:
                self._check_agreement(arrived, now)
                settled = settle(self._county, arrived, sender, receipt=told_of(arrived), dry=True)
                return receipt_of(arrived, settled)

    def arrive_again(
        self, inputs: tuple[InputFile, ...], source_id: str, period: Period
    ) -> AbstractContextManager[Arrived]:
        """Give a delivery in safe keeping read, recognised and conformed again, as a context; nothing is written."""
        return self._arriving(Delivery(inputs, source_id, period))

    def correction_sheet(self, batch_id: str) -> Path:
        """Write the correction sheet of a batch again and return its place.

        Raises: NotFound for an unknown batch; NeedsDecision when it has no problems.
        """
        county = self._county
        with county.office.read() as connection:
            row = batch_row(connection, batch_id)
            inputs = inputs_of(connection, batch_id)
        if county.warehouse.read(batch_id, "issues").is_empty():
            raise NeedsDecision(f"批次 {batch_id}", "没有需要更正的问题")
        with self.arrive_again(inputs, row["source_id"], Period.parse(row["period"])) as arrived:
            return self._quarantine(arrived, batch_id)

    def _arriving(
        self, delivery: Delivery, *, at: Path | None = None, grids: list[Grid] | None = None
    ) -> AbstractContextManager[Arrived]:
        county = self._county
        return arriving(
            delivery,
            county.declared,
            readers=self._readers,
            path_of=county.originals.path if at is None else lambda _: at,
            scratch=county.incoming,
            grids=grids,
        )

    def _keep(self, path: Path, name: str, *, now: dt.datetime, by: str) -> str:
        kept = self._county.originals.keep(path)
        with self._county.office.write() as connection:
            register_original(connection, kept.sha256, file_name=name, size_bytes=kept.size_bytes, now=now, by=by)
        return kept.sha256

    def _open(self, file: InputFile, sender: Sender, *, source_id: str | None, period: Period | None) -> Receipt:
        """Take in a department's file, or the answers of a correction sheet that came back."""
        with self._readers.read(self._county.originals.path(file.sha256), file_name=file.file_name) as grids:
            form = form_of(grids)
            if form is None:
                return self._take(Delivery((file,), source_id, period), sender, grids=grids)
            self._check_answers(form, grids, file.file_name)
        return self._correct(form.batch_id, replace(file, kind=InputKind.CORRECTION), sender)

    def _take(self, delivery: Delivery, sender: Sender, *, grids: list[Grid] | None = None) -> Receipt:
        county = self._county
        with self._arriving(delivery, grids=grids) as arrived:
            self._check_agreement(arrived, sender.now)
            settled = settle(county, arrived, sender, receipt=told_of(arrived), dry=False)
            receipt = receipt_of(arrived, settled)
            if receipt.issues.is_empty():
                return receipt
            if settled.batch_id != arrived.ref.batch_id:  # rows are numbered as they stood in that one's file
                return receipt
            sheet = self._quarantine(arrived, settled.batch_id, instead_of=settled.superseded)
            return replace(receipt, quarantine=sheet)

    def _check_agreement(self, arrived: Arrived, now: dt.datetime) -> None:
        """Refuse a file of a source whose sharing agreement has ended."""
        until = arrived.source.agreement.until
        if until is not None and now.date() > until:
            raise IntakeRefused(
                f"文件 {arrived.delivery.file_name}",
                f"“{arrived.source.title}”的共享协议（{arrived.source.agreement.number or '未编号'}）已于 {until} 到期",
                action="请先与该部门续签，并在该数据源声明的 agreement.until 中更新",
            )

    def _known(self, sha256: str, *, source_id: str | None, period: Period | None, file_name: str) -> Receipt | None:
        """Return the first receipt of the very same file, when it would be read as it was then; else None."""
        county = self._county
        with county.office.read() as connection:
            same = batches(connection).filter(
                (pl.col("sha256") == sha256) & ~pl.col("state").is_in([BatchState.RECEIVED, BatchState.REFUSED])
            )
            for row in same.iter_rows(named=True):
                source = county.declared.sources.get(row["source_id"])
                alone = len(inputs_of(connection, row["batch_id"])) == 1
                months = {str(period)} if period else {str(month) for month in months_of_name(file_name)}
                asked = source_id in (None, row["source_id"]) and months <= {row["period"]}
                there = county.warehouse.counts(row["batch_id"]) is not None
                if source is None or not (alone and asked and there):
                    continue
                if recipe_of(source, county.declared) == row["declaration_digest"]:
                    whole = batch_row(connection, row["batch_id"])
                    return remembered(whole, source.title, file_name) if whole["receipt"] else None
        return None

    def _check_answers(self, form: Form, grids: list[Grid], file_name: str) -> None:
        """Refuse a correction sheet with a line that cannot be used, or without any answer."""
        declared = self._county.declared
        found = read_corrections(grids, declared_columns(declared.source(form.source_id), declared.identity))
        if found.problems:
            given = "".join(problem.sentence for problem in found.problems[:_PROBLEMS_TOLD]).rstrip("。")
            raise IntakeRefused(f"更正单 {file_name}", given, action="请改正后重报，其余各行不必重填")
        if found.patches.is_empty():
            raise IntakeRefused(f"更正单 {file_name}", "还没有填写", action="请在“处理”“更正值”两列填写后报回")

    def _correct(self, batch_id: str, sheet: InputFile, sender: Sender) -> Receipt:
        """Apply a correction sheet to the batch it was made for; what it says takes that batch's place."""
        county = self._county
        with county.office.read() as connection:
            row = batch_row(connection, batch_id)
            inputs = inputs_of(connection, batch_id)
            known = self._answered(connection, row, (*inputs, sheet))
        if known is not None:
            self._refuse_replaced(row, known, sender)
            return known
        if row["state"] not in (BatchState.LANDED, BatchState.HELD):
            raise NeedsDecision(
                f"更正单 {sheet.file_name}",
                f"所更正的批次 {batch_id} 已不是现行数据",
                expected="现行批次或待确认批次的更正单",
                action="请改填现行批次的更正单，可用 fangpin batches sheet 批次编号 重新生成",
            )
        before = county.warehouse.read(batch_id, "issues")
        delivery = Delivery((*inputs, sheet), row["source_id"], Period.parse(row["period"]))
        receipt = self._take(delivery, sender)
        after = county.warehouse.read(receipt.batch_id, "issues")
        self._refuse_replaced(row, receipt, sender)
        place = ["sheet", "sheet_row", "column", "code"]
        left = before.join(after.select(place).unique(), on=place, how="semi", nulls_equal=True).height
        return replace(receipt, closed=before.height - left, left=after.height)

    def _refuse_replaced(self, row: dict[str, Any], receipt: Receipt, sender: Sender) -> None:
        """Close a batch that waited, once a correction of it has been read."""
        if row["state"] == BatchState.HELD and receipt.batch_id != row["batch_id"]:
            reason = f"已由更正后的批次 {receipt.batch_id} 替代"
            with self._county.office.write() as connection:
                refuse_batch(connection, row["batch_id"], reason=reason, now=sender.now, by=sender.by)

    def _answered(self, connection: Connection, row: dict[str, Any], inputs: tuple[InputFile, ...]) -> Receipt | None:
        """Return the receipt of a correction sheet that was applied before, None when it was not."""
        source = self._county.declared.source(row["source_id"])
        recipe = recipe_of(source, self._county.declared)
        batch_id = batch_id_of(source.id, Period.parse(row["period"]), inputs=inputs, recipe=recipe)
        known = batches(connection).filter(pl.col("batch_id") == batch_id)
        if known.is_empty() or self._county.warehouse.counts(batch_id) is None:
            return None
        return remembered(batch_row(connection, batch_id), source.title, inputs[-1].file_name)

    def _quarantine(self, arrived: Arrived, batch_id: str, *, instead_of: str | None = None) -> Path:
        """Write the sheet on which the department corrects the problems of a batch; return its place."""
        county = self._county
        folder = private_folder(county.home / "quarantine" / str(arrived.ref.period))
        stem = f"{arrived.source.title}_{arrived.ref.period}_待更正_"
        place = folder / f"{stem}{batch_id[-12:]}.xlsx"
        if instead_of is not None:  # the sheet of a version that is no longer in effect would be refused
            (folder / f"{stem}{instead_of[-12:]}.xlsx").unlink(missing_ok=True)
        heads = {
            name: sheet.header.heads[c] for sheet in arrived.recognised.sheets for name, c in sheet.header.taken.items()
        }
        delivered = Delivered(batch_id, arrived.source, arrived.ref.period, arrived.delivery.file_name, heads)
        write_quarantine(
            place,
            delivered,
            issues=county.warehouse.read(batch_id, "issues"),
            rows=arrived.conformed.given,
            columns=declared_columns(arrived.source, county.declared.identity),
        )
        return place


def _require_file(path: Path) -> None:
    if not path.is_file():
        given = "是目录" if path.is_dir() else "不存在"
        raise NotFound(f"文件 {shown_name(path)}", given, expected="一个来件", action="请核对路径")
