"""Fills a rule's sentence from one row: amounts with thousands separators, shares, months, roles.

Floor 2. A person is named by the role in the household only; no name ever comes here.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

UNKNOWN = "不明"
MEMBER = "家庭成员"


@cache
def placeholders(template: str) -> frozenset[str]:
    """Return the names between braces; ValueError when a brace is left open or a name is not plain.

    >>> sorted(placeholders("{member}本月自付{self_paid_yuan}元"))
    ['member', 'self_paid_yuan']
    """
    names = set()
    for _, name, spec, conversion in string.Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            msg = f"not a plain placeholder: {name!r}"
            raise ValueError(msg)
        names.add(name)
    return frozenset(names)


def fill(template: str, row: Mapping[str, object]) -> str:
    """Return the sentence of one row; the suffix of a column's name says how its value is written.

    >>> fill("{member}自付{paid_yuan}元，占{paid_share}", {"member": "配偶", "paid_yuan": 12345.6, "paid_share": 0.25})
    '配偶自付12,345.6元，占25%'
    >>> fill("已救助{relief_yuan}元", {"relief_yuan": None})
    '已救助数额不明'
    """
    filled = template.format_map({name: _written(name, row.get(name)) for name in placeholders(template)})
    return filled.replace(f"{UNKNOWN}元", f"数额{UNKNOWN}")


def _written(name: str, value: object) -> str:
    match value:
        case None:
            return UNKNOWN
        case bool():
            return "是" if value else "否"
        case dt.date():
            return f"{value.year}年{value.month}月"
        case int() | float() | Decimal():
            if name.endswith("_share"):
                return f"{_number(round(float(value) * 100, 1))}%"
            return _number(value)
        case _:
            return str(value)


def _number(value: Decimal | float) -> str:
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")
