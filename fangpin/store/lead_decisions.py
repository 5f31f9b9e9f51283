"""What the bureau decided of alerts held back: which household's are to be raised after all, by whom, and why.

Floor 3. Append-only by triggers: a decision is taken back by a further row. A household is named by its key alone; a
decision takes effect when its month is screened again.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import CheckConstraint, Connection, Index, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from fangpin.errors import NeedsDecision
from fangpin.store.base import MONTH, Base, unique_where
from fangpin.store.frames import frame
from fangpin.types import Period


class LeadDecision(Base):
    """One decision to raise what was held back (恢复预警), or to take such a decision back.

    ``rule_id`` is null where it holds for whatever the household has; ``undoes`` names the decision this row takes
    back, and then there is no reason.
    """

    __tablename__ = "lead_decision"
    __table_args__ = (
        CheckConstraint(MONTH, name="period"),
        CheckConstraint("(reason is null) = (undoes is not null)", name="undoes"),
        unique_where("uq_lead_decision_undoes", "undoes", where="undoes is not null"),
        Index("ix_lead_decision_period", "period"),
    )

    decision_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    period: Mapped[str]
    household_no: Mapped[str]
    rule_id: Mapped[str | None]
    reason: Mapped[str | None]
    at: Mapped[dt.datetime]
    by: Mapped[str]
    undoes: Mapped[int | None]


def decisions_of(connection: Connection, period: Period) -> pl.DataFrame:
    """Return the decisions in force for a month, in order.

    Rows out: decision_id i64; household_no str; rule_id str|null (null: all of the household); reason str;
    at datetime UTC; by str.
    """
    taken_back = select(LeadDecision.undoes).where(LeadDecision.undoes.is_not(None))
    columns = ("decision_id", "household_no", "rule_id", "reason", "at", "by")
    statement = select(*(getattr(LeadDecision, name) for name in columns)).where(
        LeadDecision.period == str(period),
        LeadDecision.undoes.is_(None),
        LeadDecision.decision_id.not_in(taken_back),
    )
    return frame(connection, statement.order_by(LeadDecision.decision_id))


def reopen(
    connection: Connection,
    period: Period,
    household_no: str,
    *,
    rule_id: str | None,
    reason: str,
    now: dt.datetime,
    by: str,
) -> bool:
    """Write down that what was held back of a household is to be raised; return whether that is new."""
    if not _named(connection, period, household_no, rule_id).is_empty():
        return False
    row = {"period": str(period), "household_no": household_no, "rule_id": rule_id, "reason": reason}
    connection.execute(insert(LeadDecision), row | {"at": now, "by": by})
    return True


def undo(
    connection: Connection, period: Period, household_no: str, *, rule_id: str | None, now: dt.datetime, by: str
) -> None:
    """Take back a decision in force.

    Raises: needs_decision when there is none for the household and rule.
    """
    known = _named(connection, period, household_no, rule_id)
    if known.is_empty():
        where = f"{period} 户 {household_no}"
        raise NeedsDecision(where, "没有现行的恢复决定", action=f"请用 fangpin leads suppressed {period} 核对")
    row = {"period": str(period), "household_no": household_no, "rule_id": rule_id, "reason": None}
    connection.execute(insert(LeadDecision), row | {"at": now, "by": by, "undoes": known["decision_id"].item()})


def _named(connection: Connection, period: Period, household_no: str, rule_id: str | None) -> pl.DataFrame:
    """Return the one decision in force for a household and rule, or no row."""
    return decisions_of(connection, period).filter(
        pl.col("household_no") == household_no, pl.col("rule_id").eq_missing(pl.lit(rule_id))
    )
