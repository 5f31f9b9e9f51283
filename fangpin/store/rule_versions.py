"""The versions of a county's rules: what was proposed, by whom, who decided, and from which month it holds.

Floor 3. A version is proposed, approved by a second person, refused, or withdrawn before it is live; what was proposed
is never rewritten (triggers) and a version is never deleted. Rules speak of measures, never of a person.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, Connection, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from fangpin.errors import NeedsDecision, NotFound
from fangpin.store.base import Base, at_and_by, one_of, unique_where
from fangpin.types import Period


class VersionState(StrEnum):
    """How far a version of a rule has come (规则版本的状态)."""

    PROPOSED = "proposed"  # 待核准
    APPROVED = "approved"  # 已核准
    REFUSED = "refused"  # 不核准
    WITHDRAWN = "withdrawn"  # 已撤回


class RuleVersion(Base):
    """One version of a rule beside the declared one (规则版本); at most one of a rule waits at a time.

    ``since`` is the first month it holds for. It runs in the shadow of the live version in months after
    ``shadow_after`` (null: in all) up to ``shadow_until`` (null: as long as it is neither live nor ended).
    """

    __tablename__ = "rule_version"
    __table_args__ = (
        CheckConstraint(one_of("state", VersionState), name="state"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        CheckConstraint("length(since) = 7", name="since"),
        CheckConstraint("shadow_after is null or length(shadow_after) = 7", name="shadow_after"),
        CheckConstraint("shadow_until is null or length(shadow_until) = 7", name="shadow_until"),
        CheckConstraint("state <> 'proposed' or decided_at is null", name="proposed"),
        CheckConstraint("state not in ('approved', 'refused') or decided_at is not null", name="decided"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at is not null)", name="withdrawn"),
        CheckConstraint("state <> 'approved' or decided_by <> proposed_by", name="second_person"),
        at_and_by("decided"),
        at_and_by("withdrawn"),
        unique_where("uq_rule_version_proposed", "rule_id", where="state = 'proposed'"),
    )

    rule_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    sha256: Mapped[str]
    since: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]
    proposed_at: Mapped[dt.datetime]
    proposed_by: Mapped[str]
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None]
    decided_reason: Mapped[str | None]
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_reason: Mapped[str | None]
    shadow_after: Mapped[str | None]
    shadow_until: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version as it was kept; the columns of ``RuleVersion`` with months as periods."""

    rule_id: str
    version: int
    text: str
    sha256: str
    since: Period
    reason: str
    state: VersionState
    proposed_at: dt.datetime
    proposed_by: str
    decided_at: dt.datetime | None
    decided_by: str | None
    decided_reason: str | None
    withdrawn_at: dt.datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None
    shadow_after: Period | None
    shadow_until: Period | None


_COLUMNS: Final = tuple(StoredVersion.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version to be kept: the text of its file, the first month it shall hold for, and why."""

    rule_id: str
    text: str
    since: Period
    reason: str
    shadow_after: Period | None


def propose_version(connection: Connection, proposal: Proposal, *, after: int, now: dt.datetime, by: str) -> int:
    """Keep a version that waits to be decided and return its number: one more than any before it and than ``after``.

    Raises: NeedsDecision when another version of the rule waits already.
    """
    known = versions_of(connection, proposal.rule_id)
    waiting = [v.version for v in known if v.state is VersionState.PROPOSED]
    if waiting:
        given = f"第 {waiting[0]} 版还在等待核准"
        raise NeedsDecision(f"规则 {proposal.rule_id}", given, action="请先核准、不核准或撤回那一版")
    version = max([after, *(v.version for v in known)]) + 1
    told = {
        "rule_id": proposal.rule_id,
        "version": version,
        "text": proposal.text,
        "sha256": hashlib.sha256(proposal.text.encode()).hexdigest(),
        "since": str(proposal.since),
        "reason": proposal.reason,
        "state": VersionState.PROPOSED,
        "proposed_at": now,
        "proposed_by": by,
        "shadow_after": _text(proposal.shadow_after),
    }
    connection.execute(insert(RuleVersion), told)
    return version


def approve_version(connection: Connection, rule_id: str, version: int, *, now: dt.datetime, by: str) -> None:
    """Put a waiting version in force from its month on.

    Raises: NotFound; NeedsDecision when it does not wait, or who decides is who proposed.
    """
    if _waiting(connection, rule_id, version).proposed_by == by:
        given = f"由 {by} 提出，不能由本人核准"
        raise NeedsDecision(_where(rule_id, version), given, expected="另一位工作人员", action="请由第二人登录后核准")
    _change(connection, rule_id, version, state=VersionState.APPROVED, decided_at=now, decided_by=by)


def refuse_version(
    connection: Connection,
    rule_id: str,
    version: int,
    *,
    reason: str,
    shadow_until: Period | None,
    now: dt.datetime,
    by: str,
) -> None:
    """Refuse a waiting version, with the reason its proposer can read.

    Raises: NotFound; NeedsDecision when it does not wait.
    """
    _waiting(connection, rule_id, version)
    told = {"decided_at": now, "decided_by": by, "decided_reason": reason}
    _change(connection, rule_id, version, state=VersionState.REFUSED, shadow_until=_text(shadow_until), **told)


def withdraw_version(
    connection: Connection,
    rule_id: str,
    version: int,
    *,
    reason: str,
    shadow_until: Period | None,
    now: dt.datetime,
    by: str,
) -> None:
    """Take back a version that waits or is approved; that no month was screened with it is for the caller to know.

    Raises: NotFound; NeedsDecision when it was refused or withdrawn.
    """
    found = version_of(connection, rule_id, version)
    if found.state not in {VersionState.PROPOSED, VersionState.APPROVED}:
        raise NeedsDecision(_where(rule_id, version), "已经不核准或撤回", action="请用 fangpin rules history 查看")
    told = {"withdrawn_at": now, "withdrawn_by": by, "withdrawn_reason": reason}
    _change(connection, rule_id, version, state=VersionState.WITHDRAWN, shadow_until=_text(shadow_until), **told)


def versions_of(connection: Connection, rule_id: str | None = None) -> list[StoredVersion]:
    """Return the versions of a rule, or of all rules, by rule and number."""
    statement = select(*(getattr(RuleVersion, name) for name in _COLUMNS))
    if rule_id is not None:
        statement = statement.where(RuleVersion.rule_id == rule_id)
    rows = connection.execute(statement.order_by(RuleVersion.rule_id, RuleVersion.version)).mappings()
    return [_stored(dict(row)) for row in rows]


def version_of(connection: Connection, rule_id: str, version: int) -> StoredVersion:
    """Return one version.

    Raises: NotFound when there is no such version.
    """
    known = versions_of(connection, rule_id)
    found = next((v for v in known if v.version == version), None)
    if found is None:
        expected = "、".join(str(v.version) for v in known) or "（还没有提出过新版本）"
        raise NotFound(f"规则 {rule_id}", f"没有第 {version} 版", expected=expected)
    return found


def _waiting(connection: Connection, rule_id: str, version: int) -> StoredVersion:
    found = version_of(connection, rule_id, version)
    if found.state is not VersionState.PROPOSED:
        action = f"请用 fangpin rules history {rule_id} 查看各版的状态"
        raise NeedsDecision(_where(rule_id, version), "不在等待核准", action=action)
    return found


def _change(connection: Connection, rule_id: str, version: int, **told: object) -> None:
    which = (RuleVersion.rule_id == rule_id, RuleVersion.version == version)
    connection.execute(update(RuleVersion).where(*which).values(**told))


def _stored(row: dict[str, object]) -> StoredVersion:
    months = {name: row[name] for name in ("since", "shadow_after", "shadow_until")}
    read = {name: None if month is None else Period.parse(str(month)) for name, month in months.items()}
    return StoredVersion(**(row | read | {"state": VersionState(str(row["state"]))}))  # type: ignore[arg-type]


def _where(rule_id: str, version: int) -> str:
    return f"规则 {rule_id} 第 {version} 版"


def _text(period: Period | None) -> str | None:
    return None if period is None else str(period)
