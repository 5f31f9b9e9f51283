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


class Column(Declaration):
    """One column of an extract: its name, the heads it is known by, how a cell is read."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    kind: ColumnKind
    heads: tuple[str, ...] = ()
    required: StrictBool = False  # the batch stops when no head matches
    filled: StrictBool = False  # a row whose cell is blank or unreadable is rejected
    codes: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # word kept -> other words for it

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


class Expectation(Declaration):
    """Bands a batch must keep (数据预期)."""

    rows_min: int = 1
    rejected_share_max: float = 0.2


class Source(Declaration):
    """One department's extract (数据源)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    agency: str
    role: Role
    subject: Subject
    mode: Literal["full", "monthly"]  # every month the whole list, or that month's events only
    key: tuple[str, ...] = ()  # columns that tell one event of a person from another, such as a bill's number
    link_by: Literal["identity", "household_no"] = "identity"
    legal_basis: str
    purpose: str
    file_words: tuple[str, ...]
    title_words: tuple[str, ...]
    identity: dict[str, IdentityUse]
    columns: tuple[Column, ...] = ()
    ignored: tuple[str, ...] = ()
    row_needs: tuple[tuple[str, ...], ...]  # of each group at least one must be known
    expect: Expectation = Expectation()

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
