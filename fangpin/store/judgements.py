"""Judgements as they were given: who said what of which pair of row and person, and what was taken back.

Floor 3. Append-only by triggers: a judgement is taken back by a further row. A row is named by batch and number, a
person by key: no name and no ID is ever a column. What holds of it all is ``matching.judgements``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import CheckConstraint, Connection, Index, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from fangpin.errors import NeedsDecision
from fangpin.matching.judgements import JUDGEMENTS, ReviewKind, Verdict, effective, settle, standing
from fangpin.store.base import Base, one_of, unique_where
from fangpin.store.frames import frame
from fangpin.types import Band


class Judgement(Base):
    """One word of one reviewer on a pair (人工判定): append-only, no foreign key, triggers refuse a change.

    ``undoes`` names the judgement this row takes back, and then there is no verdict. ``band``, ``method`` and ``score``
    are the linker's at that moment; ``township`` is null where the county judged; ``reviewers_needed`` is 2 where the
    pair was drawn for a second reviewer.
    """

    __tablename__ = "judgement"
    __table_args__ = (
        CheckConstraint(f"verdict is null or {one_of('verdict', Verdict)}", name="verdict"),
        CheckConstraint("(verdict is null) = (undoes is not null)", name="undoes"),
        CheckConstraint(one_of("kind", ReviewKind), name="kind"),
        CheckConstraint(one_of("band", Band), name="band"),
        CheckConstraint("reviewers_needed in (1, 2)", name="reviewers_needed"),
        CheckConstraint("sheet_sha256 is null or length(sheet_sha256) = 64", name="sheet_sha256"),
        unique_where("uq_judgement_undoes", "undoes", where="undoes is not null"),
        Index("ix_judgement_row", "batch_id", "row_number"),
    )

    judgement_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    batch_id: Mapped[str]
    row_number: Mapped[int]
    person_no: Mapped[str]
    verdict: Mapped[str | None]
    kind: Mapped[str]
    at: Mapped[dt.datetime]
    by: Mapped[str]
    reason: Mapped[str | None]
    undoes: Mapped[int | None]
    township: Mapped[str | None]
    reviewers_needed: Mapped[int]
    band: Mapped[str]
    method: Mapped[str | None]
    score: Mapped[float]
    sheet_sha256: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict to be written down; the columns of ``Judgement`` without who and when."""

    batch_id: str
    row_number: int
    person_no: str
    verdict: Verdict
    kind: ReviewKind
    reviewers_needed: int
    band: str
    method: str | None
    score: float
    township: str | None = None
    reason: str | None = None


_COLUMNS: Final = {name: getattr(Judgement, name) for name in Judgement.__table__.columns.keys()}  # noqa: SIM118 - keys() gives names
_SAID: Final = tuple(Said.__dataclass_fields__)


def add_judgements(
    connection: Connection,
    said: list[Said],
    *,
    now: dt.datetime,
    by: list[str],
    sheet_sha256: str | None = None,
) -> int:
    """Write down verdicts, each by its reviewer, and return how many are new.

    What a reviewer says already of a pair is not written again. ``sheet_sha256`` is the workbook they came in.
    """
    known = {
        (row["batch_id"], row["row_number"], row["person_no"], row["by"]): row["verdict"]
        for row in standing(judgements_of(connection)).iter_rows(named=True)
    }
    rows = [
        {name: getattr(one, name) for name in _SAID} | {"at": now, "by": who, "sheet_sha256": sheet_sha256}
        for one, who in zip(said, by, strict=True)
        if known.get((one.batch_id, one.row_number, one.person_no, who)) != one.verdict
    ]
    if rows:
        connection.execute(insert(Judgement), rows)
    return len(rows)


def undo_judgements(connection: Connection, batch_id: str, row_number: int, *, now: dt.datetime, by: str) -> int:
    """Take back what a reviewer says now of a row, and return how many judgements that were.

    Raises: needs_decision when this reviewer says nothing of the row.
    """
    own = standing(judgements_of(connection)).filter(
        (pl.col("batch_id") == batch_id) & (pl.col("row_number") == row_number) & (pl.col("by") == by)
    )
    if own.is_empty():
        where = f"复核项 {batch_id}:{row_number}"
        raise NeedsDecision(where, f"{by}没有现行的判定", action="请用 fangpin review list 核对编号和复核人")
    given = select(*_COLUMNS.values()).where(Judgement.judgement_id.in_(own["judgement_id"].to_list()))
    taken_back = [
        {name: row[name] for name in _SAID} | {"verdict": None, "reason": None, "undoes": row["judgement_id"]}
        for row in connection.execute(given.order_by(Judgement.judgement_id)).mappings().all()
    ]
    connection.execute(insert(Judgement), [row | {"at": now, "by": by} for row in taken_back])
    return len(taken_back)


def judgements_of(connection: Connection) -> pl.DataFrame:
    """Return every judgement ever given, in order.

    Rows out: matching.judgements.JUDGEMENTS.
    """
    found = frame(connection, select(*(_COLUMNS[name] for name in JUDGEMENTS)).order_by(Judgement.judgement_id))
    return found.cast(JUDGEMENTS)


def history_of(connection: Connection, batch_id: str, row_number: int) -> pl.DataFrame:
    """Return all that was ever said of a row, in order.

    Rows out: judgement_id i64; person_no str; verdict str|null (null: takes back); kind str; at datetime UTC; by str;
    reason str|null; undoes i64|null; township str|null (null: the county).
    """
    names = ("judgement_id", "person_no", "verdict", "kind", "at", "by", "reason", "undoes", "township")
    told = select(*(_COLUMNS[name] for name in names))
    of_row = told.where(Judgement.batch_id == batch_id, Judgement.row_number == row_number)
    return frame(connection, of_row.order_by(Judgement.judgement_id))


def sheet_is_taken(connection: Connection, sheet_sha256: str) -> bool:
    """Say whether judgements of this very workbook were written down before."""
    statement = select(Judgement.judgement_id).where(Judgement.sheet_sha256 == sheet_sha256).limit(1)
    return connection.execute(statement).scalar() is not None


def settled_judgements(connection: Connection) -> pl.DataFrame:
    """Return every pair somebody has judged and what holds of it. Rows out: as ``matching.judgements.settle``."""
    return settle(judgements_of(connection))


def effective_judgements(connection: Connection) -> pl.DataFrame:
    """Return what the linker must obey. Rows out: batch_id str, row_number u32, person_no, verdict str."""
    return effective(judgements_of(connection))
