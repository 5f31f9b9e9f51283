"""The matching models a county has learnt: weights kept once under their id, never changed.

Floor 3. Append-only by triggers, so that a run that pinned a model can be made again. Figures only: what is learnt are
weights of agreements, no name and no ID.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from fangpin.store.base import Base
from fangpin.store.columns import JsonText


class MatchingModel(Base):
    """What was learnt of how rows and people agree (匹配模型): append-only, triggers refuse a change."""

    __tablename__ = "matching_model"

    model_id: Mapped[str] = mapped_column(primary_key=True)
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
    """Keep a model; one of that id that is there already stays as it is (the id names the content)."""
    if model_named(connection, model_id) is not None:
        return
    told = {"learned_at": now, "learned_by": by, "learned_from": learned_from, "weights": weights}
    connection.execute(insert(MatchingModel), {"model_id": model_id} | told)


def model_of(connection: Connection) -> StoredModel | None:
    """Return the model learnt last, None when none was ever learnt."""
    newest = _models().order_by(MatchingModel.learned_at.desc(), MatchingModel.model_id.desc()).limit(1)
    return _one(connection, newest)


def model_named(connection: Connection, model_id: str) -> StoredModel | None:
    """Return the model a run pinned, None when it is not known."""
    return _one(connection, _models().where(MatchingModel.model_id == model_id))


def _models() -> Select[Any]:
    return select(
        MatchingModel.model_id,
        MatchingModel.learned_at,
        MatchingModel.learned_by,
        MatchingModel.learned_from,
        MatchingModel.weights,
    )


def _one(connection: Connection, statement: Select[Any]) -> StoredModel | None:
    row = connection.execute(statement).one_or_none()
    return None if row is None else StoredModel(*row)
