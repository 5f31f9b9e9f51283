"""A fingerprint of the business content of the office store, to compare two histories of the same work.

Floor 3. Order-free: the sum of the rows' SHA-256 modulo 2^256, and their number, so that a doubled row
shows too. Times, generated ids, paths and the bytes of handed-out sheets are left out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from fangpin.store.columns import canonical
from fangpin.store.deliveries import Batch, BatchInput, Original
from fangpin.store.judgements import Judgement
from fangpin.store.lead_decisions import LeadDecision
from fangpin.store.rule_versions import RuleVersion
from fangpin.store.schedules import Due, DueState
from fangpin.store.schema import Answer, County, Lead, Run, RunState, Sheet, Task, TaskEvent

_ROWS: Final[dict[str, Select[*tuple[Any, ...]]]] = {
    "county": select(County.site_id),
    "original": select(Original.sha256, Original.size_bytes),
    "batch": select(
        Batch.source_id,
        Batch.period,
        Batch.sha256,
        Batch.state,
        Batch.rows_in,
        Batch.accepted,
        Batch.rejected,
        Batch.duplicate,
        Batch.declaration_digest,
        Batch.reason,
    ),
    "batch_input": select(BatchInput.kind, BatchInput.position, BatchInput.sha256),
    "judgement": select(
        Judgement.batch_id, Judgement.row_number, Judgement.person_no, Judgement.verdict, Judgement.kind, Judgement.by
    ),
    "rule_version": select(
        RuleVersion.rule_id,
        RuleVersion.version,
        RuleVersion.sha256,
        RuleVersion.since,
        RuleVersion.state,
        RuleVersion.proposed_by,
        RuleVersion.decided_by,
    ),
    "due": select(Due.job_id, Due.period, Due.state).where(Due.state == DueState.DONE),
    "run": select(Run.period, Run.digest).where(Run.state == RunState.PUBLISHED),
    "lead": select(
        Lead.lead_id,
        Lead.township,
        Lead.village,
        Lead.grade,
        Lead.kinds,
        Lead.channels,
        Lead.standing,
        Lead.flags,
        Lead.sentence,
        Lead.score,
        Lead.state,
        Lead.task_id,
    ),
    "lead_decision": select(
        LeadDecision.period,
        LeadDecision.household_no,
        LeadDecision.rule_id,
        LeadDecision.reason,
        LeadDecision.by,
        LeadDecision.undoes,
    ),
    "task": select(Task.task_id, Task.township, Task.village, Task.state, Task.due_on, Task.revision, Task.result_code),
    "task_event": select(
        TaskEvent.task_id, TaskEvent.by, TaskEvent.event, TaskEvent.from_state, TaskEvent.to_state, TaskEvent.detail
    ),
    "answer": select(
        Answer.task_id,
        Answer.revision,
        Answer.result_code,
        Answer.reason_code,
        Answer.visited_on,
        Answer.visitors,
        Answer.method,
        Answer.note,
    ),
    "sheet": select(Sheet.period, Sheet.township, Sheet.revision),
}


def office_digest(connection: Connection) -> dict[str, str]:
    """Return, for each business table, the number of rows and their order-free digest, as ``count:hex``."""
    return {table: _digest(connection, statement) for table, statement in _ROWS.items()}


def _digest(connection: Connection, statement: Select[*tuple[Any, ...]]) -> str:
    total = 0
    count = 0
    for row in connection.execute(statement):
        values = [str(value) if isinstance(value, dt.date) else value for value in row]
        total += int.from_bytes(hashlib.sha256(canonical(values).encode()).digest())
        count += 1
    return f"{count}:{total % 2**256:064x}"
