"""The rules of a month: the declared ones, with every approved version in place that holds from then or earlier.

Floor 4. Reads the office store and writes nothing. A version approved for a later month changes no earlier one, and a
month of the past is computed with the versions of its date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from typing import Final

from fangpin.config.loader import rule_of
from fangpin.config.rule_models import Rule
from fangpin.errors import DeclarationError, NotFound, StoreDamaged
from fangpin.pipeline.county import County
from fangpin.store.rule_versions import StoredVersion, VersionState, version_of, versions_of
from fangpin.types import Period

_EVER: Final = Period(2099, 12)


def rules_in_force(county: County, period: Period) -> dict[str, Rule]:
    """Return the rules of a month by id: those declared, and in their place or beside them the versions in force.

    Raises: DeclarationError when an approved version can no longer be read under today's declarations.
    """
    return rules_at(county, versions_in_force(county, period))


def rules_at(county: County, versions: Mapping[str, int]) -> dict[str, Rule]:
    """Return the declared rules with the given versions in place, as ``rules_in_force`` does."""
    if not versions:
        return county.declared.rules
    with county.office.read() as connection:
        stored = [version_of(connection, rule_id, version) for rule_id, version in versions.items()]
    return county.declared.rules | {one.rule_id: rule_in(county, one) for one in stored}


def versions_in_force(county: County, period: Period) -> dict[str, int]:
    """Return the number of the approved version of each rule that holds for a month; a rule without one is left out.

    Of several that have begun, the one that began last holds; of two of one month, the later one.
    """
    with county.office.read() as connection:
        known = versions_of(connection)
    begun = [one for one in known if one.state is VersionState.APPROVED and one.since <= period]
    return {one.rule_id: one.version for one in sorted(begun, key=lambda one: (one.rule_id, one.since, one.version))}


def shadows_at(county: County, period: Period) -> tuple[tuple[str, int], ...]:
    """Return rule and number of each version that runs in the shadow of a month (影子运行).

    A version casts its shadow from the month after the last one screened when it was proposed, until it is live or
    ended: so neither a proposal nor a decision ever changes a month that was screened before it.
    """
    with county.office.read() as connection:
        known = versions_of(connection)
    return tuple((one.rule_id, one.version) for one in known if _casts(one, period))


def rule_in(county: County, stored: StoredVersion) -> Rule:
    """Return the rule that a stored version declares, under its number.

    Raises: DeclarationError when it can no longer be read under today's declarations; StoreDamaged when it is not the
    text that was proposed.
    """
    where = f"规则 {stored.rule_id} 第 {stored.version} 版"
    if hashlib.sha256(stored.text.encode()).hexdigest() != stored.sha256:
        raise StoreDamaged(where, "文本与提出时不同", action="请从备份恢复办公库")
    try:
        rule = rule_of(stored.text, county.declared, name=f"{stored.rule_id}.toml")
    except DeclarationError as wrong:
        action = "请改回声明，或按现行声明另提一版"
        raise DeclarationError(where, f"{wrong.where} {wrong.given}", expected=wrong.expected, action=action) from wrong
    return rule.model_copy(update={"version": stored.version})


def rule_titles(county: County) -> dict[str, str]:
    """Return what every rule of the county is called, by id, its own approved ones too."""
    return {rule.id: rule.title for rule in rules_in_force(county, _EVER).values()}


def rule_named(county: County, rule_id: str, *, period: Period | None = None) -> Rule:
    """Return a rule of the county as it is in force in a month; without one, with every approved version in place.

    Raises: NotFound for an id that the county does not use.
    """
    rules = rules_in_force(county, _EVER if period is None else period)
    try:
        return rules[rule_id]
    except KeyError:
        near = "、".join(get_close_matches(rule_id, rules)) or "规则编号"
        raise NotFound("规则", f"收到“{rule_id}”", expected=near, action="全部编号见 fangpin rules list") from None


def text_of(county: County, rule_id: str, *, version: int | None = None) -> str:
    """Return the text of the file a rule is declared in; of a version, or of the last approved one.

    Raises: NotFound for a rule or a version that there is not.
    """
    declared = county.declared.rules.get(rule_id)
    latest = versions_in_force(county, _EVER).get(rule_id)
    wanted = latest if version is None else version
    if wanted is None and declared is None:
        rule_named(county, rule_id)
    if wanted is not None and (declared is None or wanted != declared.version):
        with county.office.read() as connection:
            return version_of(connection, rule_id, wanted).text
    own = county.home / "config" / "rules" / f"{rule_id}.toml"
    shipped = resources.files("fangpin.config").joinpath("rules", own.name)
    return (own if own.exists() else shipped).read_text(encoding="utf-8")


def _casts(stored: StoredVersion, period: Period) -> bool:
    if stored.shadow_after is not None and period <= stored.shadow_after:
        return False
    match stored.state:
        case VersionState.PROPOSED:
            return True
        case VersionState.APPROVED:
            return period < stored.since
        case _:
            return stored.shadow_until is not None and period <= stored.shadow_until
