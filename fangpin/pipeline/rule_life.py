"""The life of a version of a rule: proposed, decided by a second person, live from a month on, its history and diff.

Floor 4. Every change is one row of the office store under the county's lock; a month is never screened here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from fangpin.config.rule_models import Rule
from fangpin.errors import DeclarationError, NeedsDecision, UsageProblem
from fangpin.pipeline.county import County
from fangpin.pipeline.reasons import require_no_number
from fangpin.pipeline.rule_author import draft_of
from fangpin.pipeline.rule_versions import rule_in, rule_named, rules_in_force
from fangpin.store.rule_versions import (
    Proposal,
    StoredVersion,
    VersionState,
    approve_version,
    propose_version,
    refuse_version,
    version_of,
    versions_of,
    withdraw_version,
)
from fangpin.store.runs import current_run, published_runs
from fangpin.types import Period
from fangpin.warnings.check import check_rules
from fangpin.warnings.measures import source_measures
from fangpin.warnings.versions import Difference, differences, sql_difference


@dataclass(frozen=True, slots=True)
class VersionChange:
    """What a version of a rule changes against the one before it (版本差异).

    before: None when the rule is new. screened: months from ``since`` on that were screened without it: they stay as
    they are until they are screened again.
    """

    rule_id: str
    title: str
    before: int | None
    after: int
    since: Period
    differences: tuple[Difference, ...]
    sql: tuple[str, ...]
    screened: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """All versions of a rule (版本历史): declared is the number of the declared one, None when there is none.

    live: versions that published months stand on, with the months.
    """

    declared: int | None
    versions: tuple[StoredVersion, ...]
    live: dict[int, tuple[Period, ...]]


def propose_rule(county: County, file: Path, *, since: Period, reason: str, now: dt.datetime, by: str) -> VersionChange:
    """Keep the rule of a file as a version that waits for a second person, and return what it changes.

    Raises: as ``draft_of``; DeclarationError when the check finds fault; NeedsDecision when it changes nothing, another
    version of the rule waits, or a new rule is switched off; UsageProblem without a reason.
    """
    _require_reason(reason)
    draft = draft_of(county, file)
    findings = check_rules([draft], site=county.declared.site, measures=source_measures(county.declared))
    if findings:
        found = f"{findings[0].key}：{findings[0].sentence.rstrip('。')}"
        raise DeclarationError(f"规则 {draft.id}", found, action="请先用 fangpin rules check 检查")
    with county.exclusive():
        before = rules_in_force(county, since).get(draft.id)
        _require_change(before, draft)
        declared = county.declared.rules.get(draft.id)
        with county.office.write() as connection:
            proposal = Proposal(draft.id, file.read_text(encoding="utf-8"), since, reason, _last_screened(county))
            after = 0 if declared is None else declared.version
            version = propose_version(connection, proposal, after=after, now=now, by=by)
    return version_change(county, draft.id, version)


def approve_rule(county: County, rule_id: str, version: int, *, now: dt.datetime, by: str) -> VersionChange:
    """Approve a version that waits: it holds from its month on; return what it changes.

    Raises: NotFound; NeedsDecision when it does not wait, or who approves is who proposed; DeclarationError when it can
    no longer be read.
    """
    with county.exclusive():
        changed = version_change(county, rule_id, version)
        with county.office.write() as connection:
            approve_version(connection, rule_id, version, now=now, by=by)
    return changed


def refuse_rule(county: County, rule_id: str, version: int, *, reason: str, now: dt.datetime, by: str) -> None:
    """Refuse a version that waits, with a reason its proposer can read.

    Raises: NotFound; NeedsDecision when it does not wait; UsageProblem without a reason.
    """
    _require_reason(reason)
    with county.exclusive():
        last = _last_screened(county)
        with county.office.write() as connection:
            refuse_version(connection, rule_id, version, reason=reason, shadow_until=last, now=now, by=by)


def withdraw_rule(county: County, rule_id: str, version: int, *, reason: str, now: dt.datetime, by: str) -> None:
    """Take back a version that waits, or is approved and no month stands on.

    Raises: NotFound; NeedsDecision when it is live, refused or withdrawn; UsageProblem without a reason.
    """
    _require_reason(reason)
    with county.exclusive():
        live = _months_of(county, rule_id).get(version)
        if live:
            given = f"{live[0]} 已按它筛查"
            action = "请用 fangpin rules revise 取旧文本，另提一版"
            raise NeedsDecision(f"规则 {rule_id} 第 {version} 版", given, expected="还没有生效的版本", action=action)
        last = _last_screened(county)
        with county.office.write() as connection:
            withdraw_version(connection, rule_id, version, reason=reason, shadow_until=last, now=now, by=by)


def rule_history(county: County, rule_id: str) -> RuleHistory:
    """Return every version of a rule with who proposed and who decided.

    Raises: NotFound for a rule that the county neither declares nor was ever proposed.
    """
    with county.office.read() as connection:
        known = versions_of(connection, rule_id)
    declared = county.declared.rules.get(rule_id)
    if declared is None and not known:
        rule_named(county, rule_id)
    return RuleHistory(None if declared is None else declared.version, tuple(known), _months_of(county, rule_id))


def version_change(county: County, rule_id: str, version: int) -> VersionChange:
    """Return what a stored version changes against the one that would hold in its first month without it.

    Raises: NotFound; DeclarationError when it can no longer be read.
    """
    with county.office.read() as connection:
        stored = version_of(connection, rule_id, version)
    before = _before(county, stored)
    return _change(county, before, rule_in(county, stored), since=stored.since)


def compare_versions(county: County, rule_id: str, old: int, new: int) -> VersionChange:
    """Return what one version of a rule says otherwise than another; the declared one has its declared number.

    Raises: NotFound for a version that is none of the rule's.
    """
    first, second = (_numbered(county, rule_id, version) for version in (old, new))
    return _change(county, first[0], second[0], since=second[1])


def _change(county: County, before: Rule | None, after: Rule, *, since: Period) -> VersionChange:
    with county.office.read() as connection:
        months = [period for period, _ in published_runs(connection) if period >= since]
    standing = _months_of(county, after.id).get(after.version, ())
    return VersionChange(
        after.id,
        after.title,
        None if before is None else before.version,
        after.version,
        since,
        differences(before, after),
        sql_difference(before, after),
        tuple(month for month in months if month not in standing),
    )


def _before(county: County, stored: StoredVersion) -> Rule | None:
    """Return what held, or would hold, in a version's first month if it were not there."""
    with county.office.read() as connection:
        known = versions_of(connection, stored.rule_id)
    earlier = [
        one
        for one in known
        if one.state is VersionState.APPROVED and one.since <= stored.since and one.version < stored.version
    ]
    last = max(earlier, key=lambda one: (one.since, one.version), default=None)
    return county.declared.rules.get(stored.rule_id) if last is None else rule_in(county, last)


def _numbered(county: County, rule_id: str, version: int) -> tuple[Rule, Period]:
    """Return a version of a rule and its first month; a declared one has held ever since."""
    declared = county.declared.rules.get(rule_id)
    if declared is not None and declared.version == version:
        return declared, Period(1990, 1)
    with county.office.read() as connection:
        stored = version_of(connection, rule_id, version)
    return rule_in(county, stored), stored.since


def _require_change(before: Rule | None, draft: Rule) -> None:
    if before is None and not draft.switched_on:
        given = "是新规则，写着 switched_on = false，核准了也不会启用"
        raise NeedsDecision(f"规则 {draft.id}", given, action="请改为 true 后再提出")
    if before is not None and before.recipe | {"version": 0} == draft.recipe | {"version": 0}:
        raise NeedsDecision(f"规则 {draft.id}", f"与第 {before.version} 版没有不同", action="请核对是不是这个文件")


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise UsageProblem("参数 --reason", "是空的", expected="为什么改、为什么不核准，写给另一位工作人员看")
    require_no_number("参数 --reason", reason)


def _last_screened(county: County) -> Period | None:
    with county.office.read() as connection:
        return max((period for period, _ in published_runs(connection)), default=None)


def _months_of(county: County, rule_id: str) -> dict[int, tuple[Period, ...]]:
    """Return the published months that stand on each version of a rule."""
    found: dict[int, tuple[Period, ...]] = {}
    with county.office.read() as connection:
        for period, _ in published_runs(connection):
            run = current_run(connection, period)
            version = None if run is None else run["pins"].get("rules", {}).get(rule_id)
            if version is not None:
                found[version] = (*found.get(version, ()), period)
    return found
