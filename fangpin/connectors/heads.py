"""Column heads: one spelling for comparison, and which declared column a head stands for.

Floor 2. Synonyms live in the declarations; here is only what holds for every head: width, inner
spaces, asterisks, units in brackets.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from fangpin.config.models import Column, ColumnKind, Source

PERIOD_COLUMNS = ("period", "period_year", "period_month")

# Under such a group head, 姓名 and 身份证号 speak of somebody else than the row's person.
_OTHER_PERSONS = frozenset({"户主", "监护人", "家长", "父亲", "母亲", "配偶", "代理人", "领款人", "联系人"})
_SERIAL = frozenset({"序号", "编号", "No.", "No", "NO.", "NO", "no"})

_UNIT = re.compile(r"\((?:单位:?)?(万元|元|岁|周岁|人|口|月|㎡|m2|平方米|亩|元/月|18位)\)")
_NOISE = re.compile(r"[\s*:]|\u200b|\ufeff")


@dataclass(frozen=True, slots=True)
class HeadMatch:
    """A grid column taken for a declared column; ``rank`` is the synonym's place in the declaration."""

    column: str
    rank: int
    ten_thousands: bool


def head_key(text: str) -> str:
    """Return a head as it is compared: NFKC, no spaces, asterisks, colons, units.

    >>> head_key("姓 名*"), head_key("发放金额（元）"), head_key("乡（镇）")
    ('姓名', '发放金额', '乡(镇)')
    """
    return _UNIT.sub("", _NOISE.sub("", unicodedata.normalize("NFKC", text)))


def is_ten_thousands(text: str) -> bool:
    """Say whether a head or note gives 万元 as its unit.

    >>> is_ten_thousands("直接经济损失（万元）"), is_ten_thousands("金额（元）")
    (True, False)
    """
    folded = _NOISE.sub("", unicodedata.normalize("NFKC", text))
    return "(万元)" in folded or "单位万元" in folded


def is_yuan(text: str) -> bool:
    """Say whether a head gives 元 itself as its unit, whatever a note above the table says.

    >>> is_yuan("发放金额（元）"), is_yuan("发放金额（万元）"), is_yuan("发放金额")
    (True, False, False)
    """
    return bool(re.search(r"\((?:单位)?元", _NOISE.sub("", unicodedata.normalize("NFKC", text))))


def is_serial(head: str) -> bool:
    """Say whether a head only numbers the rows.

    >>> is_serial("序 号"), is_serial("户编号")
    (True, False)
    """
    return head_key(head) in _SERIAL


def declared_columns(source: Source, identity: dict[str, Column]) -> dict[str, Column]:
    """Return every column a source may hold: its identity columns with their heads, its facts, the period."""
    columns: dict[str, Column] = {}
    for name, use in source.identity.items():
        shared = identity[name]
        heads = (*use.heads, *shared.heads)
        columns[name] = shared.model_copy(update={"heads": heads, "required": use.required})
    columns |= {c.name: c for c in source.columns}
    return columns | {name: identity[name] for name in PERIOD_COLUMNS}


class HeadBook:
    """Answers which declared column of one source a head stands for."""

    def __init__(self, source: Source, identity: dict[str, Column]) -> None:
        """Index the heads of a source; a head under two columns goes to the one declared first."""
        self.source = source
        self._shared = {name: identity[name].heads for name in source.identity}
        self.columns = declared_columns(source, identity)
        self._by_head: dict[str, tuple[str, int]] = {}
        for column in self.columns.values():
            for rank, head in enumerate(column.heads):
                self._by_head.setdefault(head_key(head), (column.name, rank))
        self._ignored = {head_key(h) for h in source.ignored} | _SERIAL

    def match(self, head: str, *, group: str = "") -> HeadMatch | None:
        """Return the column a head stands for, alone or together with the group head above it, or None."""
        found = self._by_head.get(head_key(group + head))
        if found is None and head_key(group) not in _OTHER_PERSONS:
            found = self._by_head.get(head_key(head))
        if found is None:
            return None
        money = self.columns[found[0]].kind is ColumnKind.MONEY
        return HeadMatch(found[0], found[1], ten_thousands=money and is_ten_thousands(group + head))

    def is_ignored(self, head: str) -> bool:
        """Say whether a head is known and deliberately not taken in."""
        return head_key(head) in self._ignored

    def usual_heads(self, name: str) -> tuple[str, ...]:
        """Return the heads of a column, those every source knows before those of this source only."""
        shared = self._shared.get(name, ())
        return tuple(dict.fromkeys((*shared, *self.columns[name].heads)))

    @property
    def required(self) -> list[str]:
        """Names of the columns without which a batch stops."""
        return [c.name for c in self.columns.values() if c.required]
