"""Plain twins of how an identity number is checked and money is read: slow, obvious, one value at a time."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def check_digit(first17: str) -> str | None:
    """Return the 18th character of seventeen digits, None for anything else."""
    if len(first17) != len(WEIGHTS) or any(c not in "0123456789" for c in first17):
        return None
    total = 0
    for digit, weight in zip(first17, WEIGHTS, strict=True):
        total += int(digit) * weight
    return CHECKS[total % 11]


def is_whole(number: str) -> bool:
    """Say whether 18 characters are a number: digits, a day of birth from 1890 to 2099, the right check digit."""
    if check_digit(number[:17]) is None or number[0] == "0" or number[17:] != check_digit(number[:17]):
        return False
    try:
        born = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return 1890 <= born.year <= 2099


def whole(area: str, born: str, order: str) -> str:
    """Return a valid number of 18 characters from its parts: six, eight and three digits."""
    first17 = area + born + order
    return first17 + (check_digit(first17) or "")


def yuan(figure: Decimal) -> Decimal:
    """Return an amount as it is kept: two decimals, half a fen away from zero."""
    return figure.quantize(Decimal("0.01"), ROUND_HALF_UP)
