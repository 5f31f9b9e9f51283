"""What a source's declaration may say: columns, cadence, agreement, expectations.

Floor 1. Every key is known or refused; after loading nothing is half-valid.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Literal

from pydantic import Field, StrictBool, model_validator

from fangpin.config.declaration import Declaration
from fangpin.types import Role, Subject


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
