"""What a rule's declaration may say: its SQL, dated parameters, worked examples.

Floor 1. The models hold no behaviour beyond looking a value up by date.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field, StrictBool, model_validator

from fangpin.config.declaration import Declaration
from fangpin.types import Channel, Effect, Kind, Subject


class Parameter(Declaration):
    """A dated value with its unit and the document it comes from (带生效日期的参数)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    value: float
    unit: str
    since: dt.date
    document: str


Cell = str | int | float | bool | tuple[float, ...]
"""One value of a worked example; a list is a history, this month first, nan a month nobody knows."""


class Example(Declaration):
    """A worked example: rows of the indicator tables, and what the rule must answer for them."""

    title: str
    expect: Literal["fires", "quiet", "unknown"]
    household: dict[str, Cell] = Field(default_factory=dict)
    persons: tuple[dict[str, Cell], ...] = ()
    areas: tuple[dict[str, str | int | float | bool], ...] = ()  # of a rule whose subject is village
    parameters: dict[str, float] = Field(default_factory=dict)  # the lines it is worked with, whatever a county's are
    says: str = ""  # the sentence of what fires, word for word


class Rule(Declaration):
    """One warning rule (预警规则): SQL over the indicator tables, dated parameters, worked examples."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = 1
    title: str
    kind: Kind
    subject: Subject
    effect: Effect = Effect.LEAD
    channel: Channel = Channel.DEPARTMENT
    must_fix: StrictBool = False  # of a data-quality rule: 必改, not 非必改 (S002-21)
    grade: str = ""  # suggested grade code; the site's scheme says which exist; a lead's rule must have one
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

    @model_validator(mode="after")
    def _leads_have_a_grade(self) -> Rule:
        if self.effect is Effect.LEAD and self.subject is not Subject.VILLAGE and not self.grade:
            msg = 'effect = "lead" 的规则要写 grade'
            raise ValueError(msg)
        if self.must_fix and self.effect is not Effect.QUALITY:
            msg = 'must_fix 只用于 effect = "quality"'
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
