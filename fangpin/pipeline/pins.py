"""Pins: what a screening stands on, down to the recipe of every batch's links; the same pins, the same digest.

Floor 4. Reads both stores and writes neither.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Final

from fangpin.config.rule_models import Rule
from fangpin.errors import DeclarationError, NeedsDecision, StoreDamaged
from fangpin.pipeline.county import County
from fangpin.pipeline.recipes import LinkedBatch, linked_as, recipes
from fangpin.pipeline.rule_versions import rules_at, shadows_at, versions_in_force
from fangpin.pipeline.runs import program_versions, register_ref, run_of
from fangpin.pipeline.told import Told, told_by
from fangpin.store.batches import landed_batches, refs_of
from fangpin.store.runs import previous_run
from fangpin.types import BatchRef, Period

HISTORY_MONTHS: Final = 24
"""How far back a rule can see: bounds time and memory however long a county has run."""
_EVER: Final = Period(2099, 12)


@dataclass(frozen=True, slots=True)
class Pins:
    """What a run stands on.

    declarations: of the month, with the rules as they are in force then. versions: number of each approved version
    among them. shadows: rule and number of each version that runs beside. told: visits and decisions of people.
    """

    period: Period
    batches: tuple[BatchRef, ...]
    register: BatchRef
    links: tuple[LinkedBatch, ...]
    declarations: str
    rules: dict[str, Rule]
    versions: dict[str, int]
    shadows: tuple[tuple[str, int], ...]
    before: str | None
    told: Told

    @property
    def content(self) -> dict[str, Any]:
        """The pins as they are written down."""
        return {
            "period": str(self.period),
            "batches": sorted(b.batch_id for b in self.batches),
            "register": self.register.batch_id,
            "links": {b.ref.batch_id: b.links_key for b in self.links},
            "declarations": self.declarations,
            "rules": self.versions,
            "shadows": [f"{rule_id}:{version}" for rule_id, version in self.shadows],
            "before": self.before,
            "told": self.told.content,
            "versions": program_versions(),
        }

    @property
    def run_id(self) -> str:
        """The run's name: its month and a hash of its pins."""
        text = json.dumps(self.content, sort_keys=True)
        return f"{self.period}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def pin(county: County, period: Period) -> Pins:
    """Return what a screening of the month would stand on now: the history a rule sees, and the month's register.

    Raises: NeedsDecision when nothing came in for the month, or no register ever.
    """
    with county.office.read() as connection:
        in_effect = [b for b in landed_batches(connection, _EVER) if b.source_id in county.declared.sources]
        before = previous_run(connection, period)
    if not any(b.period == period for b in in_effect):
        raise NeedsDecision(f"筛查 {period}", "这个月没有收到任何数据", action="请先接收当月数据，或核对月份")
    register = register_ref(county, in_effect, period)
    history = [b for b in in_effect if period.back(HISTORY_MONTHS) < b.period <= period]
    batches = {b.batch_id: b for b in (*history, register)}
    ordered = tuple(sorted(batches.values(), key=lambda b: (b.source_id, b.period)))
    versions, shadows = versions_in_force(county, period), shadows_at(county, period)
    declared = _declared(county, versions)
    told = told_by(county, period)
    return Pins(period, ordered, register, recipes(county, ordered), *declared, versions, shadows, before, told)


def pins_again(county: County, content: dict[str, Any]) -> Pins | None:
    """Return the pins a run wrote down, or None when declarations, programs or batches have changed since."""
    with county.office.read() as connection:
        known = {b.batch_id: b for b in refs_of(connection)}
    there = all(batch_id in known and county.warehouse.counts(batch_id) for batch_id in content["batches"])
    if not there or content["register"] not in known or "rules" not in content:
        return None
    ordered = tuple(sorted((known[b] for b in content["batches"]), key=lambda b: (b.source_id, b.period)))
    try:
        declared = _declared(county, content["rules"])
    except DeclarationError:  # a version that holds no more under today's declarations
        return None
    pins = Pins(
        Period.parse(content["period"]),
        ordered,
        known[content["register"]],
        recipes(county, ordered),
        *declared,
        content["rules"],
        tuple((rule_id, int(version)) for rule_id, _, version in (name.partition(":") for name in content["shadows"])),
        content["before"],
        told_by(county, Period.parse(content["period"])),
    )
    return pins if pins.content == content else None


def _declared(county: County, versions: dict[str, int]) -> tuple[str, dict[str, Rule]]:
    """Return the digest of the declarations with these versions of rules in place, and all rules."""
    rules = rules_at(county, versions)
    return replace(county.declared, rules=rules).digest, rules


def month_links(county: County, period: Period) -> list[LinkedBatch]:
    """Return the linked batches of a month as its run stands on them, by source.

    Raises: NeedsDecision when the month was never screened; StoreDamaged when its links are gone.
    """
    pinned = run_of(county, period)["pins"]["links"]
    with county.office.read() as connection:
        known = {b.batch_id: b for b in refs_of(connection)}
    linked = [
        linked_as(county, known[batch_id], key)
        for batch_id, key in sorted(pinned.items())
        if known[batch_id].period == period
    ]
    if not all(batch.links_path.exists() for batch in linked):
        raise StoreDamaged(f"月份 {period}", "匹配结果不在数据仓中", action=f"请运行 fangpin screen {period}")
    return linked
