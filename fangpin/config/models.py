"""What a declaration may say: strict, frozen models for sources, rules, ledgers and sites.

Floor 1. Every key is known or refused; after loading nothing is half-valid. The models hold no
behaviour beyond looking a value up by date.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from fangpin.types import Kind, Role, Subject


class Declaration(BaseModel):
    """Frozen and closed: an unknown key is an error, never a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def recipe(self) -> dict[str, object]:
        """What results depend on: everything declared, but for what only says when and by whom work is done."""
        return self.model_dump(mode="json")


class ColumnKind(StrEnum):
    """How a cell is read (列的取值类型)."""

    NAME = "name"
    ID_NO = "id_no"
    TEXT = "text"
    CODE = "code"
    MONEY = "money"
    DATE = "date"
    INTEGER = "integer"
    SEX = "sex"
    PLACE = "place"
    BOOLEAN = "boolean"  # 是/否, however spelled
    WORDS = "words"  # several words in one cell, in any order


class InCertificate(Declaration):
    """Where a disability certificate's number says the same as a column, and by which digits."""

    place: int = Field(ge=19, le=20)
    words: dict[str, str]


class Column(Declaration):
    """One column of an extract: its name, the heads it is known by, how a cell is read."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    kind: ColumnKind
    heads: tuple[str, ...] = ()
    required: StrictBool = False  # the batch stops when no head matches
    filled: StrictBool = False  # a row whose cell is blank or unreadable is rejected
    merged: StrictBool = False  # cells merged downwards hold for every row they span
    year_to_date: StrictBool = False  # an amount cumulated since January, not the month's
    codes: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # word kept -> other words for it
    in_certificate: InCertificate | None = None

    @property
    def words(self) -> dict[str, str]:
        """Every word that may stand in a cell, with the word kept; any other word is reported.

        >>> c = Column(name="grade", title="等级", kind="code", codes={"一级": ("1级", "壹级")})
        >>> c.words
        {'一级': '一级', '1级': '一级', '壹级': '一级'}
        """
        return {seen: kept for kept, others in self.codes.items() for seen in (kept, *others)}

    @model_validator(mode="after")
    def _codes_belong_to_codes(self) -> Column:
        if bool(self.codes) != (self.kind is ColumnKind.CODE):
            msg = f'{self.name}: codes 只用于 kind = "code"，且不可缺'
            raise ValueError(msg)
        return self


class IdentityUse(Declaration):
    """How a source uses one of the shared identity columns."""

    required: StrictBool = False
    heads: tuple[str, ...] = ()  # further heads, known in this source only


class Agreement(Declaration):
    """What the agency has agreed to share, for what, until when (共享协议)."""

    number: str = ""  # empty: not signed yet, to be filled in by the county
    purpose: str
    fields: tuple[str, ...] = ()  # declared columns allowed in; empty: all of them; any other is dropped at the door
    until: dt.date | None = None  # the last day on which a file may be taken in; None: no end agreed


class Cadence(Declaration):
    """How often an extract is due, and by when (报送周期和期限)."""

    every: Literal["month", "quarter", "year", "event"] = "month"  # event: no fixed day, never late
    due_day: int = Field(default=10, ge=1, le=31)  # of the month after the last month it speaks of
    day_type: Literal["calendar", "working"] = "calendar"  # working: the n-th working day of that month


class Band(Declaration):
    """How far a figure of a batch may move away from last month's, as a share of it (波动范围)."""

    fall: float = Field(ge=0, le=1)
    rise: float = Field(ge=0)


class Expectation(Declaration):
    """Bands a batch must keep, or it waits for a person (数据预期)."""

    rows_min: int = 1
    rejected_share_max: float = 0.2
    rows: Band | None = None  # number of accepted rows against the month before
    fill_min: dict[str, float] = Field(default_factory=dict)  # column -> share of accepted rows that must be known
    linkable_share_min: float = 0.0  # share of rows with a usable ID (or household number, or village)
    sums: dict[str, Band] = Field(default_factory=dict)  # money column -> its sum against the month before


class Source(Declaration):
    """One department's extract (数据源)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    agency: str
    role: Role
    subject: Subject
    mode: Literal["full", "monthly"]  # every month the whole list, or that month's events only
    cadence: Cadence = Cadence()
    key: tuple[str, ...] = ()  # columns that tell one event of a person from another, such as a bill's number
    link_by: Literal["identity", "household_no", "place"] = "identity"  # place: rows speak of villages
    legal_basis: str
    agreement: Agreement
    file_words: tuple[str, ...]
    title_words: tuple[str, ...]
    identity: dict[str, IdentityUse]
    columns: tuple[Column, ...] = ()
    ignored: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()  # identity columns whose cells merged downwards hold for every row they span
    row_needs: tuple[tuple[str, ...], ...]  # of each group at least one must be known
    expect: Expectation = Expectation()

    @property
    def recipe(self) -> dict[str, object]:
        """What the reading of a file depends on: not its due day, its bands or the agreement's dates."""
        told = self.model_dump(mode="json", exclude={"cadence", "expect", "agreement"})
        return told | {"fields": list(self.agreement.fields)}

    def allows(self, column: str) -> bool:
        """Say whether the agreement lets a column in."""
        return not self.agreement.fields or column in self.agreement.fields

    @model_validator(mode="after")
    def _key_tells_events_apart(self) -> Source:
        if self.key and (self.mode, self.subject) != ("monthly", Subject.PERSON):
            msg = 'key 只用于 mode = "monthly" 且 subject = "person" 的数据源'
            raise ValueError(msg)
        unknown = [name for name in self.key if name not in {c.name for c in self.columns}]
        if unknown:
            msg = f"key 提到“{'、'.join(unknown)}”，columns 中没有"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _speaks_of_own_columns(self) -> Source:
        own = {*self.identity, *(c.name for c in self.columns)}
        told = {
            "agreement.fields": self.agreement.fields,
            "merged": self.merged,
            "expect.fill_min": self.expect.fill_min,
            "expect.sums": self.expect.sums,
        }
        for key, names in told.items():
            unknown = [name for name in names if name not in own]
            if unknown:
                msg = f"{key} 提到“{'、'.join(unknown)}”，identity 和 columns 中都没有"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _villages_are_linked_by_place(self) -> Source:
        if (self.subject is Subject.VILLAGE) != (self.link_by == "place"):
            msg = 'subject = "village" 与 link_by = "place" 须同时使用'
            raise ValueError(msg)
        return self


class Parameter(Declaration):
    """A dated value with its unit and the document it comes from (带生效日期的参数)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    value: float
    unit: str
    since: dt.date
    document: str


class Example(Declaration):
    """A worked example: rows of the indicator tables, and what the rule must answer for them."""

    title: str
    expect: Literal["fires", "quiet", "unknown"]
    household: dict[str, str | int | float | bool] = Field(default_factory=dict)
    persons: tuple[dict[str, str | int | float | bool], ...] = ()
    parameters: dict[str, float] = Field(default_factory=dict)  # the lines it is worked with, whatever a county's are


class Rule(Declaration):
    """One warning rule (预警规则): SQL over the indicator tables, dated parameters, worked examples."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = 1
    title: str
    kind: Kind
    subject: Subject
    grade: str  # suggested grade code; the site's scheme says which exist
    risks: tuple[str, ...]
    basis: tuple[str, ...]
    needs: tuple[str, ...]  # source ids the rule cannot judge without
    quiet_months: int = 12
    switched_on: StrictBool = True
    parameters: tuple[Parameter, ...] = ()
    site_parameters: tuple[str, ...] = ()
    sql: str
    sentence: str
    examples: tuple[Example, ...]


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


class Choice(Declaration):
    """One entry of a drop-down (下拉选项)."""

    code: str
    title: str


class LedgerColumn(Declaration):
    """One column of a ledger or form."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    width: int
    fill_in: StrictBool = False  # the township writes here
    hidden: StrictBool = False  # a key the office needs back; the township does not see it
    choices: str = ""  # name of the code list offered


class Ledger(Declaration):
    """One ledger or form (台账、表册): its columns and code lists, never its rows."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    document: str
    notes: tuple[str, ...] = ()
    columns: tuple[LedgerColumn, ...]
    choices: dict[str, tuple[Choice, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _choices_are_declared(self) -> Ledger:
        for column in self.columns:
            if column.choices and column.choices not in self.choices:
                msg = f"列 {column.name} 的 choices 提到“{column.choices}”，没有这个下拉选项表"
                raise ValueError(msg)
        return self


def effective(parameters: tuple[Parameter, ...], name: str, *, on: dt.date) -> Parameter | None:
    """Return the value of a parameter in force on a day, or None when none is.

    >>> line = Parameter(name="line_yuan", value=6700, unit="yuan", since=dt.date(2022, 1, 1), document="S003-4")
    >>> effective((line,), "line_yuan", on=dt.date(2022, 12, 31)).value
    6700.0
    >>> effective((line,), "line_yuan", on=dt.date(2021, 12, 31)) is None
    True
    """
    known = [p for p in parameters if p.name == name and p.since <= on]
    return max(known, key=lambda p: p.since, default=None)
