"""What a declared measure may say: over which source, in which form, for whom, in which unit.

Floor 1. A measure set stands in ``config/measures/*.toml``, one file a set; the SQL behind each form is
``warnings.forms``. Two sources with the same kind of list differ in their file, not in code.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import Field, StrictBool, model_validator

from fangpin.config.declaration import Declaration
from fangpin.types import Subject


class Form(StrEnum):
    """How a measure is made of a source's rows (指标的形式)."""

    LISTED = "listed"  # on this month's list
    LISTED_BEFORE = "listed_before"  # on any earlier list
    NEW = "new"  # on this month's list and on none before
    GONE = "gone"  # on the last list before, not on this month's
    VALUE = "value"  # what this month's list says
    VALUE_BEFORE = "value_before"  # what the last list before said
    WORSE = "worse"  # what this month's list says stands further down the order than before
    STREAK = "streak"  # how many months in a row, this one included
    HAPPENED = "happened"  # whether anything in the window
    COUNT = "count"  # how many rows in the window
    SUM = "sum"  # of a column over the window
    LARGEST = "largest"  # single value of a column in the window
    LATEST = "latest"  # the last date of a column in the window
    HISTORY = "history"  # a list of monthly sums, this month first


class Window(StrEnum):
    """Over which months a measure counts, this month always the last of them (时间窗)."""

    MONTH = "month"
    QUARTER = "quarter"  # this month and the two before
    YEAR = "year"  # since January
    SCHOOL_YEAR = "school_year"  # since September
    ROLLING = "rolling"  # twelve months


_OF_COLUMN: Final = frozenset(
    {Form.VALUE, Form.VALUE_BEFORE, Form.WORSE, Form.SUM, Form.LARGEST, Form.LATEST, Form.HISTORY}
)
_WINDOWED: Final = frozenset({Form.HAPPENED, Form.COUNT, Form.SUM, Form.LARGEST, Form.LATEST})


class DeclaredMeasure(Declaration):
    """One measure: a column of person_month, household_month or village_month (指标)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    level: Subject
    form: Form
    title: str
    unit: str = ""
    column: str = ""  # the source's column it is made of, where the form speaks of one
    window: Window | None = None
    where: str = ""  # SQL over the source's columns: which rows count; one that is unknown does not
    order: tuple[str, ...] = ()  # words from best to worst; of several rows the worst counts
    started: str = ""  # for new: the column that says since when; it decides where no earlier list is there
    absent_is_zero: StrictBool = True  # for history: a month of the source without a row is a month of nothing

    @property
    def columns(self) -> tuple[str, ...]:
        """The source's columns that the measure names outright."""
        return tuple(name for name in (self.column, self.started) if name)

    @model_validator(mode="after")
    def _says_what_its_form_needs(self) -> DeclaredMeasure:
        wrong = [
            ("column", bool(self.column) != (self.form in _OF_COLUMN)),
            ("window", (self.window is not None) != (self.form in _WINDOWED)),
            ("order", bool(self.order) and self.form not in {Form.VALUE, Form.VALUE_BEFORE, Form.WORSE}),
            ("order", not self.order and self.form is Form.WORSE),
            ("started", bool(self.started) and self.form is not Form.NEW),
        ]
        for key, is_wrong in wrong:
            if is_wrong:
                msg = f"{self.name}: {key} 与 form = “{self.form}”不合"
                raise ValueError(msg)
        return self


class MeasureSet(Declaration):
    """The measures over one source (一个数据源的指标)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    source: str
    measures: tuple[DeclaredMeasure, ...]
