"""What a ledger's or form's declaration may say: its columns and code lists, never its rows.

Floor 1.
"""

from __future__ import annotations

from pydantic import Field, StrictBool, model_validator

from fangpin.config.declaration import Declaration


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
