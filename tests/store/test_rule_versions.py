"""Versions of rules in the office store: proposed, decided by a second person, never rewritten, on either database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from fangpin.errors import NeedsDecision, NotFound
from fangpin.store.office import Office
from fangpin.store.rule_versions import (
    Proposal,
    RuleVersion,
    VersionState,
    approve_version,
    propose_version,
    refuse_version,
    version_of,
    versions_of,
    withdraw_version,
)
from fangpin.types import Period

NOW = dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC)
JULY = Period(2024, 7)
ENDED: dict[str, Any] = {"reason": "线太低", "shadow_until": Period(2024, 5), "now": NOW}


def propose(office: Office, rule_id: str = "rent", *, after: int = 1) -> int:
    """Propose a version of a rule for July."""
    with office.write() as connection:
        proposal = Proposal(rule_id, f'id = "{rule_id}"', JULY, "改线", Period(2024, 4))
        return propose_version(connection, proposal, after=after, now=NOW, by="甲")


def states(office: Office) -> list[tuple[str, int, str]]:
    """Return rule, number and state of every version."""
    with office.read() as connection:
        return [(v.rule_id, v.version, v.state) for v in versions_of(connection)]


def test_numbers_count_up_from_the_declared_version(office: Office) -> None:
    """Each rule counts for itself; an ended version keeps its number."""
    assert propose(office, after=3) == 4
    with office.write() as connection:
        refuse_version(connection, "rent", 4, by="乙", **ENDED)

    assert (propose(office, after=3), propose(office, "water", after=0)) == (5, 1)
    assert states(office) == [("rent", 4, "refused"), ("rent", 5, "proposed"), ("water", 1, "proposed")]


def test_one_version_of_a_rule_waits_at_a_time(office: Office) -> None:
    """The second proposal is told which waits, and nothing is written."""
    propose(office)
    with pytest.raises(NeedsDecision, match="第 2 版还在等待核准"):
        propose(office)
    assert len(states(office)) == 1


def test_a_version_is_kept_as_it_was_proposed_and_decided(office: Office) -> None:
    """Months come back as periods, times and names with them."""
    propose(office)
    with office.write() as connection:
        approve_version(connection, "rent", 2, now=NOW, by="乙")
        withdraw_version(connection, "rent", 2, by="丙", **ENDED)
        found = version_of(connection, "rent", 2)

    assert (found.since, found.shadow_after, found.shadow_until) == (JULY, Period(2024, 4), Period(2024, 5))
    assert (found.proposed_by, found.decided_by, found.withdrawn_by) == ("甲", "乙", "丙")
    assert (found.state, found.reason, found.withdrawn_reason) == (VersionState.WITHDRAWN, "改线", "线太低")


def test_the_proposer_does_not_approve(office: Office) -> None:
    """A second person must."""
    propose(office)
    with pytest.raises(NeedsDecision, match="不能由本人核准"), office.write() as connection:
        approve_version(connection, "rent", 2, now=NOW, by="甲")
    assert states(office) == [("rent", 2, "proposed")]


def test_what_is_ended_stays_ended(office: Office) -> None:
    """A refused version is neither approved nor withdrawn."""
    propose(office)
    with office.write() as connection:
        refuse_version(connection, "rent", 2, by="乙", **ENDED)
    with pytest.raises(NeedsDecision, match="不在等待核准"), office.write() as connection:
        approve_version(connection, "rent", 2, now=NOW, by="乙")
    with pytest.raises(NeedsDecision, match="已经不核准或撤回"), office.write() as connection:
        withdraw_version(connection, "rent", 2, by="乙", **ENDED)


def test_a_version_nobody_proposed_is_not_found(office: Office) -> None:
    """The sentence says which there are."""
    propose(office)
    with pytest.raises(NotFound, match="没有第 9 版；应为2"), office.read() as connection:
        version_of(connection, "rent", 9)


@pytest.mark.parametrize(
    "change",
    [
        "update rule_version set text = 'x'",
        "update rule_version set since = '2024-01'",
        "update rule_version set proposed_by = '丙'",
        "update rule_version set shadow_after = null",
        "delete from rule_version",
    ],
)
def test_the_database_keeps_what_was_proposed(office: Office, change: str) -> None:
    """No statement rewrites a proposal or deletes one."""
    propose(office)
    with pytest.raises(DBAPIError, match="never rewritten"), office.write() as connection:
        connection.execute(text(change))


def test_the_database_keeps_what_is_ended(office: Office) -> None:
    """A refused version does not come back to life."""
    propose(office)
    with office.write() as connection:
        refuse_version(connection, "rent", 2, by="乙", **ENDED)
    with pytest.raises(DBAPIError, match="never rewritten"), office.write() as connection:
        connection.execute(text("update rule_version set state = 'approved'"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "live"},
        {"version": 0},
        {"sha256": "ab"},
        {"since": "2024-07-01"},
        {"state": "approved"},
        {"state": "approved", "decided_at": NOW, "decided_by": "甲"},
        {"decided_at": NOW, "decided_by": "乙"},
        {"state": "refused", "decided_at": NOW},
        {"state": "withdrawn"},
    ],
)
def test_what_means_nothing_is_refused(office: Office, wrong: dict[str, Any]) -> None:
    """The CHECKs of the table hold whoever writes."""
    row = {"rule_id": "rent", "version": 2, "text": "x", "sha256": "a" * 64, "since": "2024-07", "reason": "改线"}
    row |= {"state": "proposed", "proposed_at": NOW, "proposed_by": "甲"}
    with pytest.raises(DBAPIError), office.write() as connection:
        connection.execute(insert(RuleVersion), row | wrong)
