"""Plain twins of how money and dates are read: slow, obvious, one cell at a time."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal

EPOCH = dt.date(1899, 12, 30)
LARGEST = Decimal(10) ** 16


def money(cell: str) -> Decimal | None:
    """Return the yuan of a cell of digits, points, commas, signs, brackets, ￥, 元 and 万; None for no amount."""
    text = cell.replace(" ", "").replace("￥", "¥")
    if re.fullmatch(r"¥?\([^()+-]+\)(万?元?)", text):
        currency = "¥" if text.startswith("¥") else ""
        text = "-" + currency + text.removeprefix("¥").replace("(", "").replace(")", "")
    signs = 0
    minus = False
    for _ in range(2):
        if text[:1] in {"+", "-"} and text:
            signs += 1
            minus = minus or text[0] == "-"
            text = text[1:]
        if _ == 0:
            text = text.removeprefix("¥")
    text, times = text.removesuffix("元"), 1
    if text.endswith("万"):
        text, times = text[:-1], 10_000
    if signs > 1 or not _is_figure(text):
        return None
    amount = Decimal(text.replace(",", "")) * times * (-1 if minus else 1)
    read = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return read if abs(read) < LARGEST else None


def _is_figure(text: str) -> bool:
    whole, point, part = text.partition(".")
    if part and not part.isdecimal():
        return False
    first, *groups = whole.split(",")
    if groups:
        return first.isdecimal() and 1 <= len(first) <= 3 and all(g.isdecimal() and len(g) == 3 for g in groups)
    return first.isdecimal() or (not first and bool(point and part))


def day(cell: str) -> dt.date | None:
    """Return the day of a cell of digits and the marks - . / 年 月 日, None for half a day or none."""
    text = cell.strip()
    if text.isdecimal():
        return _of_digits(text)
    parts = re.split(r"([-./年月日])", text)
    numbers, marks = parts[::2], parts[1::2]
    while numbers and not numbers[-1]:
        numbers = numbers[:-1]
    if not all(n.isdecimal() for n in numbers) or len(numbers) not in {2, 3} or len(numbers[0]) != 4:
        return _serial(text)
    if len(numbers) == 2:
        lost_zero = marks == ["."] and numbers[1] == "1"
        fine = not lost_zero and marks[0] in "-./年" and marks[1:] in ([], ["月"], ["月", "."])
        return _day(*numbers, "1") if fine else None
    alike = (marks[0] == marks[1] and marks[0] in "-./") or marks[:2] == ["年", "月"]
    return _day(*numbers) if alike and marks[2:] in ([], ["日"], ["."], ["日", "."]) else None


def _of_digits(text: str) -> dt.date | None:
    if len(text) in {8, 12, 14}:
        return _day(text[:4], text[4:6], text[6:8])
    return _day(text[:4], text[4:], "1") if len(text) == 6 else _serial(text)


def _serial(text: str) -> dt.date | None:
    if not re.fullmatch(r"[1-5][0-9]{4}(\.[0-9]+)?", text):
        return None
    return EPOCH + dt.timedelta(days=int(text[:5]))


def _day(year: str, month: str, day_: str) -> dt.date | None:
    if len(month) > 2 or len(day_) > 2 or not (1800 <= int(year) <= 2999 or year == "9999"):
        return None
    try:
        return dt.date(int(year), int(month), int(day_))
    except ValueError:
        return None
