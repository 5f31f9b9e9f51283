"""What a county's declaration may say: grades, lines, deadlines, jobs, whom to look at first.

Floor 1. Every key is known or refused; after loading nothing is half-valid.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Literal

from pydantic import Field, StrictBool, model_validator

from fangpin.config.declaration import Declaration
from fangpin.config.rule_models import Parameter


class Grade(Declaration):
    """One grade of a site's warning scheme (预警等级), most urgent first."""

    code: str
    title: str
    meaning: str


class Deadline(Declaration):
    """A clock: so many days of a kind from an event (期限)."""

    days: int
    day_type: Literal["calendar", "working"]
    document: str


class DayOverride(Declaration):
    """A day that is worked although the calendar says it is not, or the other way round (调休)."""

    on: dt.date
    working: StrictBool
    document: str


class Work(StrEnum):
    """What a scheduled job does (定时任务的内容)."""

    PULL = "pull"  # 取数
    REMIND = "remind"  # 催报
    SCREEN = "screen"  # 筛查
    DISPATCH = "dispatch"  # 交办
    REBUILD_CHECK = "rebuild_check"  # 重建核验
    BACKUP = "backup"  # 备份


class Job(Declaration):
    """One scheduled job of a county (定时任务): what, for which source, from which day of the period on."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    work: Work
    source: str = ""  # for pull: the source whose connections are pulled; empty: all of them
    every: Literal["day", "month"] = "month"
    day: int = Field(default=1, ge=1, le=31)  # for month: of the month after the period
    day_type: Literal["calendar", "working"] = "calendar"
    at: dt.time = dt.time(6, 0)
    early: StrictBool = False  # for screen: as soon as every expected extract is in


class Focus(Declaration):
    """Whom or what a notice has the county look at first (重点关注), and which of its rules do."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    basis: tuple[str, ...]  # the clauses that name it
    rules: tuple[str, ...] = ()
    lacking: str = ""  # what no rule can see yet, and why

    @model_validator(mode="after")
    def _is_seen_or_says_why_not(self) -> Focus:
        if self.rules or self.lacking:
            return self
        msg = f"{self.id}: rules 和 lacking 至少写一个"
        raise ValueError(msg)


class LedgerColour(Declaration):
    """One colour of an elimination ledger (风险消除台账颜色): how long until a case's risk is gone, never a grade."""

    code: str = Field(pattern=r"^ledger_[a-z]+$")
    title: str
    meaning: str
    over_months: int | None = None
    within_months: int | None = None


class KeyArea(Declaration):
    """A township or village that the county looks at first (重点区域), and which document says so."""

    township: str
    village: str = ""  # empty: the whole township
    title: str  # 易地搬迁安置区、人口较多的非脱贫村, …
    document: str


class SpotCheck(Declaration):
    """How many households without any lead are visited each month, to measure what is missed (低风险户抽查)."""

    households: int = Field(ge=0)
    document: str


class Site(Declaration):
    """One county: lines, deadlines, grade scheme (县); its townships and villages are those of the register."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    bureau: str
    sources: tuple[str, ...]
    rules: tuple[str, ...]
    grades: tuple[Grade, ...]
    parameters: tuple[Parameter, ...]
    verification: Deadline
    second_person: tuple[Literal["accept", "withdraw"], ...] = ()  # decisions another person than the sender must take
    jobs: tuple[Job, ...] = ()
    days: tuple[DayOverride, ...] = ()
    focuses: tuple[Focus, ...] = ()
    ledger_colours: tuple[LedgerColour, ...] = ()
    spot_check: SpotCheck | None = None
    key_areas: tuple[KeyArea, ...] = ()

    @property
    def recipe(self) -> dict[str, object]:
        """What a screening depends on: not the schedule, nor who decides, nor what explains the choice of rules."""
        told = {"jobs", "days", "second_person", "focuses", "ledger_colours"}
        return self.model_dump(mode="json", exclude=told)

    @model_validator(mode="after")
    def _focuses_name_own_rules(self) -> Site:
        for focus in self.focuses:
            unknown = [name for name in focus.rules if name not in self.rules]
            if unknown:
                msg = f"focuses 的 {focus.id} 提到“{'、'.join(unknown)}”，rules 中没有"
                raise ValueError(msg)
        return self
