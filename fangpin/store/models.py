"""The matching models a county has learnt, one row a learning: the last one is what links are made with.

Floor 3. Append-only by triggers. Figures only: what is learnt are weights of agreements, no name and no ID.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from fangpin.store.base import Base
from fangpin.store.columns import JsonText


class MatchingModel(Base):
    """What was learnt of how rows and people agree (匹配模型): append-only, triggers refuse a change."""

    __tablename__ = "matching_model"

    learned_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    model_id: Mapped[str]
    learned_at: Mapped[dt.datetime]
    learned_by: Mapped[str]
    learned_from: Mapped[dict[str, Any]] = mapped_column(JsonText())
    weights: Mapped[dict[str, Any]] = mapped_column(JsonText())


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model as it was kept: ``learned_from`` names batches and counts, ``weights`` is the model's own content."""

    model_id: str
    learned_at: dt.datetime
    learned_by: str
    learned_from: dict[str, Any]
    weights: dict[str, Any]


def save_model(
    connection: Connection,
    model_id: str,
    *,
    learned_from: dict[str, Any],
    weights: dict[str, Any],
    now: dt.datetime,
    by: str,
) -> None:
    """Keep a model as the one that links are made with from now on; learning the same again adds nothing."""
    latest = model_of(connection)
    if latest is not None and latest.model_id == model_id:
        return
    told = {"learned_at": now, "learned_by": by, "learned_from": learned_from, "weights": weights}
    connection.execute(insert(MatchingModel), {"model_id": model_id} | told)


def model_of(connection: Connection) -> StoredModel | None:
    """Return the model learnt last, None when none was ever learnt."""
    columns = ("model_id", "learned_at", "learned_by", "learned_from", "weights")
    newest = select(*(getattr(MatchingModel, name) for name in columns)).order_by(MatchingModel.learned_no.desc())
    row = connection.execute(newest.limit(1)).one_or_none()
    return None if row is None else StoredModel(*row)
