"""Says which month a file is about, from its name, titles, sheet names and period columns, and when it was made.

Floor 2. When they disagree, or one of them names two, a person must say (``--period``): nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence

from fangpin.errors import IntakeRefused
from fangpin.types import Period

_MONTHS_SHOWN = 6
_BARE = re.compile(r"(?<![\d\-—–~至到、.])(1[0-2]|0?[1-9])\s*月(?!\s*\d)")
_MONTH = r"(?:1[0-2]|0?[1-9])"
_ANY_MARK, _NIAN = r"\s*[年.\-_/]?\s*", r"\s*年\s*"
_SPAN_MARK = "[-—–~至到]+"
_NEXT = (  # the end of a span (1-3月) or of a list (1、2、3月); its year may be left out, then not its 月
    rf"\s*(?P<mark>{_SPAN_MARK}|[、和及,](?:\s*{_MONTH}\s*月?\s*[、和及,])*)\s*"
    rf"(?:(?P<end_year>20\d{{2}}){_ANY_MARK}(?P<end_full>{_MONTH})(?!\d)|(?P<end_month>{_MONTH})\s*月)"
)
_NEXT_AHEAD = re.sub(r"\(\?P<\w+>", "(?:", _NEXT)
_OTHER_NUMBER = rf"\d|\s*[季期批次版]|\s*{_SPAN_MARK}\s*\d{{1,2}}(?!\d)"  # 2024年1-3 is no month, nor is 2024年1季度
_DATED = re.compile(
    rf"(?<!\d)(?P<year>20\d{{2}}){_ANY_MARK}(?P<month>{_MONTH})"
    rf"(?:\s*月|(?={_NEXT_AHEAD})|(?!{_OTHER_NUMBER})|(?<=\d{{6}})(?!\d))(?:{_NEXT})?"
)
_MONTH_WORDS = re.compile(rf"(?P<year>20\d{{2}}){_NIAN}(?P<month>{_MONTH})(?:\s*月|(?={_NEXT_AHEAD}))(?:{_NEXT})?")
_DAY = re.compile(  # a whole date in a month column speaks of its month
    r"(?<!\d)(20\d{2})(?:(1[0-2]|0[1-9])(?:0[1-9]|[12]\d|3[01])(?!\d)"
    rf"|\s*[-./年]\s*({_MONTH})\s*[-./月]\s*\d{{1,2}}(?!\d|\s*月)\s*日?)"
)
_NO_MONTH = re.compile(  # a whole date, and the day or month on which a file was made, are not what it is about
    rf"20\d{{2}}{_NIAN}{_MONTH}\s*月\s*\d{{1,2}}\s*[日号]"
    r"|(?<!\d)20\d{2}(?P<sep>[-./_])\d{1,2}(?P=sep)\d{1,2}(?!\d|\s*月)"
    rf"|(?:填报|制表|导出|打印|填表|报送)(?:日期|时间|年月|日|于)?[\s:_(\-]*20\d{{2}}{_ANY_MARK}{_MONTH}(?!\d)\s*月?"
)
_MADE = re.compile(  # the day a file was made, as its notes say
    r"(?:填报|制表|导出|打印|填表|报送|生成|下载)(?:日期|时间|日|于)?[\s:_(\-]*"
    rf"(?P<year>20\d{{2}})\s*[-./年]\s*(?P<month>{_MONTH})\s*[-./月]\s*(?P<day>\d{{1,2}})"
)


def settle_period(
    named: Sequence[tuple[str, Period]], texts: Iterable[str], *, told: Period | None, file_name: str
) -> tuple[Period, str]:
    """Return the month of a file and where it was read from, once all rows have said theirs.

    ``named`` is where a month is named above the rows, and which; ``texts`` what stands in the period columns.
    Raises: IntakeRefused when the month is nowhere, or in two ways and nobody said which.

    >>> settle_period([("文件名", Period(2024, 3))], ["202403"], told=None, file_name="低保.csv")
    (Period(year=2024, month=3), '文件名、月份列')
    """
    if told is not None:
        return told, "指定"
    everywhere = [*named, *(("月份列", month) for month in months_of_columns(texts))]
    where = f"文件 {file_name}"
    if not everywhere:
        raise IntakeRefused(
            where, "文件名、标题和列中都没有月份", expected="例如 2024年3月", action="请用 --period 2024-03 指定"
        )
    if len({month for _, month in everywhere}) > 1:
        given = "，".join(f"{place}为 {month}" for place, month in everywhere[:_MONTHS_SHOWN])
        raise IntakeRefused(where, f"月份不一致（{given}）", action="请改正，或用 --period 指定后重报")
    return everywhere[0][1], "、".join(dict.fromkeys(place for place, _ in everywhere))


def months_of_name(file_name: str) -> list[Period]:
    """Return the distinct months a file name speaks of; the day on which a file was made is none.

    >>> [str(month) for month in months_of_name("低保_202403_导出2024-04-02.xlsx")]
    ['2024-03']
    """
    return _months(_NO_MONTH.sub(" ", _plain(file_name)), _DATED)


def months_of_text(text: str) -> list[Period]:
    """Return the distinct months a title or a sheet's name speaks of, in words only: a number may be anything.

    >>> [str(month) for month in months_of_text("某县2024年3月低保花名册（填报日期：2024年4月2日）")]
    ['2024-03']
    """
    return _months(_NO_MONTH.sub(" ", _plain(text)), _MONTH_WORDS)


def bare_months(text: str, *, year: int) -> list[Period]:
    """Return the month that a text names without its year, none when it names several.

    >>> bare_months("2月", year=2024), bare_months("1-3月", year=2024)
    ([Period(year=2024, month=2)], [])
    """
    found = _BARE.findall(_plain(text))
    return [Period(year, int(found[0]))] if len(found) == 1 else []


def months_of_columns(texts: Iterable[str]) -> list[Period]:
    """Return the months the texts of the period columns speak of, in order; one that names none says nothing."""
    return sorted({month for text in texts for month in _months(_DAY.sub(r"\1年\2\3月", _plain(text)), _DATED)})


def days_made(title: str) -> list[dt.date]:
    """Return the days on which a title or its notes say that a file was made.

    >>> days_made("某县低保花名册 填报日期：2024年4月2日")
    [datetime.date(2024, 4, 2)]
    """
    days = []
    for match in _MADE.finditer(_plain(title)):
        month, day = Period(int(match["year"]), int(match["month"])), int(match["day"])
        if 1 <= day <= month.last_day.day:
            days.append(dt.date(month.year, month.month, day))
    return days


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _months(text: str, pattern: re.Pattern[str]) -> list[Period]:
    """Return the distinct months a text speaks of, in its order; a span (1-3月) speaks of its last."""
    found: list[Period] = []
    for match in pattern.finditer(text):
        first = Period(int(match["year"]), int(match["month"]))
        end = match["end_full"] or match["end_month"]
        if not end:
            found.append(first)
            continue
        last = Period(int(match["end_year"] or match["year"]), int(end))
        is_span = re.fullmatch(_SPAN_MARK, match["mark"]) and first < last
        found += [last] if is_span else [first, last]
    return list(dict.fromkeys(found))
