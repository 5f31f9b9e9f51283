"""The life of a rule's version: proposed, approved by a second person, live from its month on, in the shadow before."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from fangpin.errors import DeclarationError, NeedsDecision, NotFound, StoreDamaged, UsageProblem
from fangpin.pipeline.county import County, create_county, open_county
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.pins import pin, pins_again
from fangpin.pipeline.rule_author import new_rule, revise_rule
from fangpin.pipeline.rule_life import (
    approve_rule,
    compare_versions,
    propose_rule,
    refuse_rule,
    rule_history,
    version_change,
    withdraw_rule,
)
from fangpin.pipeline.rule_versions import rule_in, rule_named, rules_in_force, shadows_at
from fangpin.pipeline.runs import read_tables, run_of
from fangpin.pipeline.screening import screen
from fangpin.pipeline.shadows import shadow_months
from fangpin.store.rule_versions import VersionState
from fangpin.types import Period

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
JANUARY, FEBRUARY, MARCH = (Period(2024, month) for month in (1, 2, 3))
# What the examples never meet: it passes the check and fails on the first real household.
FAILING = "where household_no = 'H1' or cast(household_no || 'x' as double) > 0"


def no_progress(_title: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def screened(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Receive two months and screen the first, once for all tests; nobody changes this folder."""
    made = create_county(tmp_path_factory.mktemp("versions") / "home", "huaxi", office_url=None, now=NOW)
    for month in (JANUARY, FEBRUARY):
        with Intake(made) as intake:
            for file in sorted((invented / "county" / str(month)).iterdir()):
                intake.receive(file, now=NOW, by="甲")
    screen(made, JANUARY, now=NOW, by="甲", progress=no_progress)
    made.close()
    return made.home


@pytest.fixture
def county(screened: Path, tmp_path: Path) -> Iterator[County]:
    """Open a copy of the screened county."""
    yield from copied(screened, tmp_path / "home")


def copied(home: Path, to: Path) -> Iterator[County]:
    """Open a copy of a county's folder."""
    shutil.copytree(home, to)
    made = open_county(to, office_url=None)
    yield made
    made.close()


def written(county: County, *changes: tuple[str, str], rule_id: str = "yearly_bill") -> Path:
    """Return the file of a new rule about yearly bills of 100 yuan and more, changed."""
    drafts = county.home / "config" / "rules" / "drafts"
    (drafts / f"{rule_id}.toml").unlink(missing_ok=True)
    path = new_rule(county, rule_id)
    text = path.read_text(encoding="utf-8")
    lower = (("value = 10000", "value = 100"), ("_yuan = 10000", "_yuan = 100"), ("9999.99", "99.99"))
    for old, new in (("switched_on = false", "switched_on = true"), *lower, *changes):
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def propose(county: County, file: Path, since: Period = FEBRUARY) -> int:
    """Propose a file's rule from a month on and return the number of the version."""
    return propose_rule(county, file, since=since, reason="试行", now=NOW, by="甲").after


def approved(county: County, file: Path, since: Period = FEBRUARY) -> int:
    """Propose a file's rule, let a second person approve it, and return the number of the version."""
    version = propose(county, file, since)
    approve_rule(county, file.stem, version, now=NOW, by="乙")
    return version


def month_leads(county: County, period: Period) -> pl.DataFrame:
    """Return the leads of a screened month."""
    return read_tables(county, run_of(county, period)["run_id"])["lead"].sort("household_no")


def test_a_version_holds_from_its_month_on(county: County) -> None:
    """Before it is approved it holds nowhere, then from its month; no earlier month stands on anything else."""
    january = pin(county, JANUARY).run_id
    version = propose(county, written(county))
    assert "yearly_bill" not in rules_in_force(county, FEBRUARY)
    february = pin(county, FEBRUARY).run_id

    changed = approve_rule(county, "yearly_bill", version, now=NOW, by="乙")

    assert (changed.before, changed.after, changed.since, changed.screened) == (None, 1, FEBRUARY, ())
    assert [("yearly_bill" in rules_in_force(county, month)) for month in (JANUARY, FEBRUARY, MARCH)] == [
        False,
        True,
        True,
    ]
    assert pin(county, JANUARY).run_id == january == run_of(county, JANUARY)["run_id"]
    assert pin(county, FEBRUARY).run_id != february


def test_versions_follow_each_other_by_their_months(county: County) -> None:
    """The numbers count up from the declared one; each month has the version of its date."""
    declared = rule_named(county, "income_low", period=JANUARY)
    file = revise_rule(county, "income_low")
    shipped = file.read_text(encoding="utf-8")
    for quiet_months, since in ((3, FEBRUARY), (4, MARCH)):
        changed = "\n".join(
            f"quiet_months = {quiet_months}" if line.startswith("quiet_months") else line
            for line in shipped.splitlines()
        )
        file.write_text(changed, encoding="utf-8")
        approved(county, file, since)

    held = [rule_named(county, "income_low", period=month) for month in (JANUARY, FEBRUARY, MARCH)]

    assert [rule.version - declared.version for rule in held] == [0, 1, 2]
    assert [rule.quiet_months for rule in held[1:]] == [3, 4]
    assert rule_named(county, "income_low").quiet_months == 4
    file.unlink()
    assert "quiet_months = 4" in revise_rule(county, "income_low").read_text(encoding="utf-8")
    with pytest.raises(NeedsDecision, match="已经有了草稿"):
        revise_rule(county, "income_low")
    file.unlink()
    assert revise_rule(county, "income_low", version=declared.version).read_text(encoding="utf-8") == shipped
    differing = compare_versions(county, "income_low", declared.version, declared.version + 2).differences
    assert [(d.title, d.after) for d in differing] == [("静默期（月）", "4")]
    assert version_change(county, "income_low", declared.version + 2).before == declared.version + 1


def test_a_second_person_approves(county: County) -> None:
    """Who proposed does not decide; a refused version has its reason and its end."""
    version = propose(county, written(county))
    with pytest.raises(NeedsDecision, match="由 甲 提出，不能由本人核准"):
        approve_rule(county, "yearly_bill", version, now=NOW, by="甲")
    refuse_rule(county, "yearly_bill", version, reason="线太低", now=NOW, by="乙")

    found = rule_history(county, "yearly_bill")
    assert [(v.state, v.decided_by, v.decided_reason) for v in found.versions] == [
        (VersionState.REFUSED, "乙", "线太低")
    ]
    assert (found.declared, found.live) == (None, {})
    assert shadows_at(county, FEBRUARY) == ()


def test_what_would_change_nothing_is_not_proposed(county: County) -> None:
    """The same text again, a new rule that is off, a wrong example, no reason, no file: nothing is kept."""
    approved(county, written(county))
    with pytest.raises(NeedsDecision, match="与第 1 版没有不同"):
        propose(county, written(county))
    with pytest.raises(NeedsDecision, match="switched_on = false"):
        propose(county, written(county, ("switched_on = true", "switched_on = false"), rule_id="other_bill"))
    with pytest.raises(DeclarationError, match=r"examples\.2：“差一分”应为不触发（quiet），算得触发（fires）"):
        propose(county, written(county, ("99.99", "100.01")))
    with pytest.raises(UsageProblem, match="--reason"):
        propose_rule(county, written(county), since=MARCH, reason=" ", now=NOW, by="甲")
    with pytest.raises(NotFound, match="不存在"):
        propose(county, county.home / "nosuch.toml")
    with pytest.raises(NotFound, match="收到“nosuch”"):
        rule_history(county, "nosuch")

    assert len(rule_history(county, "yearly_bill").versions) == 1


def test_a_version_that_no_longer_can_be_read_is_named(county: County) -> None:
    """A source that goes out of use stops the screening with the version's number and what to do."""
    approved(county, written(county))
    stored = rule_history(county, "yearly_bill").versions[0]
    county.declared.sources.pop("medical_settlement")

    with pytest.raises(DeclarationError, match=f"规则 yearly_bill 第 {stored.version} 版.*needs"):
        rules_in_force(county, FEBRUARY)
    assert "yearly_bill" not in rules_in_force(county, JANUARY)


def test_a_text_that_is_not_the_one_proposed_is_refused(county: County) -> None:
    """Whatever was changed behind the program's back is never screened with."""
    approved(county, written(county))
    stored = rule_history(county, "yearly_bill").versions[0]

    with pytest.raises(StoreDamaged, match="规则 yearly_bill 第 1 版：文本与提出时不同"):
        rule_in(county, dataclasses.replace(stored, text=f"{stored.text}\n"))


def test_shadows_and_live_versions_of_a_month(county: County, screened: Path, tmp_path: Path) -> None:
    """A shadow tells who would move and gives no lead, one that fails says so; alerts carry the live version's number.

    Beside a copy of the county without any shadow the leads are the same.
    """
    approved(county, written(county))
    lower = (("value = 100\n", "value = 50\n"), ("_yuan = 100 ", "_yuan = 50 "), ("99.99", "49.99"))
    second = propose(county, written(county, *lower), MARCH)
    propose(county, written(county, ("from household_month", f"from household_month {FAILING}"), rule_id="failing"))
    for other in copied(screened, tmp_path / "other"):
        approved(other, written(other))
        screen(other, FEBRUARY, now=NOW, by="甲", progress=no_progress)
        without = month_leads(other, FEBRUARY)
    assert shadows_at(county, JANUARY) == ()

    screened_now = screen(county, FEBRUARY, now=NOW, by="甲", progress=no_progress)
    tables = read_tables(county, screened_now.run_id)
    said = pl.concat([tables["alert"], tables["suppressed"].select(tables["alert"].columns)])
    own = said.filter(rule_id="yearly_bill")
    shadow, failed = shadow_months(county, "yearly_bill")[0], shadow_months(county, "failing")[0]

    assert month_leads(county, FEBRUARY).equals(without)
    assert set(own["rule_version"]) == {1}
    assert (shadow.period, shadow.live_version, shadow.version, shadow.failure) == (FEBRUARY, 1, second, None)
    assert (shadow.both, shadow.lost) == (own["household_no"].n_unique(), 0)
    assert shadow.gained > 0
    assert shadow.places["households"].sum() == shadow.gained + shadow.both
    assert failed.failure is not None
    assert (failed.gained, failed.unjudged, failed.live_version) == (0, None, None)
    _live_versions_stay(county, second)


def _live_versions_stay(county: County, second: int) -> None:
    """What a month stands on is not withdrawn; later decisions change neither its pins nor its digest."""
    with pytest.raises(NeedsDecision, match="2024-02 已按它筛查"):
        withdraw_rule(county, "yearly_bill", 1, reason="撤", now=NOW, by="乙")
    approve_rule(county, "yearly_bill", second, now=NOW, by="乙")
    refuse_rule(county, "failing", 1, reason="不能运行", now=NOW, by="乙")
    run = run_of(county, FEBRUARY)

    assert pin(county, FEBRUARY).run_id == run["run_id"]
    again = pins_again(county, run["pins"])
    assert again is not None
    assert again.rules["yearly_bill"].version == 1
    withdraw_rule(county, "yearly_bill", second, reason="缓行", now=NOW, by="乙")
    found = rule_history(county, "yearly_bill")
    assert pin(county, FEBRUARY).run_id == run["run_id"]
    assert [v.state for v in found.versions] == [VersionState.APPROVED, VersionState.WITHDRAWN]
    assert found.live == {1: (FEBRUARY,)}
    assert rule_named(county, "yearly_bill", period=MARCH).version == 1
    standing = version_change(county, "yearly_bill", 1)
    assert (standing.since, standing.screened) == (FEBRUARY, ())
