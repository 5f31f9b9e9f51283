"""The office half of ``verify``: what must hold between the tables, whatever happened before.

Floor 3. Reading only, and it trusts no constraint: each invariant is counted again from the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, func, or_, select

from fangpin.store.deliveries import Batch, BatchInput, BatchState, Original
from fangpin.store.schema import Lead, Task, TaskEvent
from fangpin.tasks.lifecycle import OPEN_STATES, LeadState


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: whether it holds, in a sentence, and how many rows break it."""

    invariant: str
    ok: bool
    sentence: str
    count: int


def _broken_sums() -> Select[Any]:
    counted = (BatchState.LANDED, BatchState.SUPERSEDED)
    total = Batch.accepted + Batch.rejected + Batch.duplicate
    wrong = or_(Batch.rows_in.is_(None), total.is_(None), Batch.rows_in != total)
    return select(Batch.batch_id).where(Batch.state.in_(counted), wrong)


def _doubled_batches() -> Select[Any]:
    in_effect = select(Batch.source_id).where(Batch.state == BatchState.LANDED)
    return in_effect.group_by(Batch.source_id, Batch.period).having(func.count() > 1)


def _lost_tasks() -> Select[Any]:
    """Leads marked as dispatched whose task is missing or is another household's."""
    joined = select(Lead.lead_id).join(Task, Task.task_id == Lead.task_id, isouter=True)
    astray = or_(Task.task_id.is_(None), Task.household_no != Lead.household_no)
    return joined.where(Lead.state == LeadState.DISPATCHED, astray)


def _doubled_tasks() -> Select[Any]:
    is_open = select(Task.household_no).where(Task.state.in_(OPEN_STATES))
    return is_open.group_by(Task.household_no).having(func.count() > 1)


def _untold_states() -> Select[Any]:
    """Tasks whose state is not the one their last event led to."""
    last = select(TaskEvent.task_id, func.max(TaskEvent.event_id).label("event_id")).group_by(TaskEvent.task_id)
    newest = last.subquery()
    told = (
        select(TaskEvent.task_id, TaskEvent.to_state).join(newest, newest.c.event_id == TaskEvent.event_id).subquery()
    )
    joined = select(Task.task_id).join(told, told.c.task_id == Task.task_id, isouter=True)
    return joined.where(or_(told.c.to_state.is_(None), told.c.to_state != Task.state))


def _lost_originals() -> Select[Any]:
    made_of = BatchInput.batch_id == Batch.batch_id
    joined = select(Batch.batch_id).join(BatchInput, made_of, isouter=True)
    joined = joined.join(Original, Original.sha256 == BatchInput.sha256, isouter=True)
    return joined.where(Batch.state == BatchState.LANDED, Original.sha256.is_(None))


_CHECKS: Final = (
    ("I1", _broken_sums, "每个批次：来件行数 = 采用 + 退回 + 重复"),
    ("I2", _doubled_batches, "每个数据源每月至多一个生效批次"),
    ("I5", _lost_tasks, "每条已交办线索恰有本户的一项任务"),
    ("I5", _doubled_tasks, "每户至多一项未办结任务"),
    ("I5", _untold_states, "任务状态与最后一条流转记录一致"),
    ("I7", _lost_originals, "每个生效批次的原始文件都已登记"),
)


def verify_office(connection: Connection) -> list[Check]:
    """Return every invariant of the office store with the number of rows that break it."""
    return [_check(connection, *check) for check in _CHECKS]


def _check(connection: Connection, invariant: str, broken: Any, sentence: str) -> Check:
    count = connection.execute(select(func.count()).select_from(broken().subquery())).scalar_one()
    ending = "成立" if count == 0 else f"不成立，{count} 处"
    return Check(invariant, count == 0, f"{sentence}：{ending}", count)
