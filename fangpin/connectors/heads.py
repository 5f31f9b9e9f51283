"""Column heads: one spelling for comparison, and which declared column a head stands for.

Floor 2. Synonyms live in the declarations; here is only what holds for every head: width, inner
spaces, asterisks, units in brackets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fangpin.config.source_models import Column, ColumnKind, Source

PERIOD_COLUMNS = ("period", "period_year", "period_month")

# Under such a group head, 姓名 and 身份证号 speak of somebody else than the row's person.
_OTHER_PERSONS = frozenset(
    {
        *("户主", "监护人", "家长", "父亲", "母亲", "父母", "配偶", "代理人", "领款人", "代领人", "联系人", "代办人"),
        *("经办人", "填表人", "负责人", "法定代表人", "网格员", "帮扶干部", "帮扶人", "包保干部", "责任人"),
        *("赡养人", "抚养人", "扶养人", "供养人", "开户人", "账户"),
    }
)
_OTHER_PERSONS_END = ("监护人", "代理人", "责任人", "联系人", "负责人", "赡养人", "抚养人", "帮扶干部", "代领人")
_ABOUT = re.compile(r"(?:基本|相关)?(?:信息|情况|资料|概况)$|^其中$|[0-9]+$")  # says nothing of whom or what a group is
_WHOLE = frozenset({"合计", "小计", "总计", "总数", "计"})  # such a head under a group is the group itself
_SERIAL = frozenset({"序号", "编号", "No.", "No", "NO.", "NO", "no"})

# Units a declared column is in anyway; one that changes the figure (天, 公顷, 千元) makes another head.
_MEASURES = r"万?元(?:/[人户年月季次亩·、]+)*|人民币|周?岁|人次?|口|个?月|次|户|个|间|套|亩|m2|平方米?|升|分钟|%"
_HINTS = (
    r"非?必[填录]|选填|可选|可不填|文本(?:型|格式)?|数字|数值|\d{1,2}位|是/否|有/无|下拉\S*|\S*格式\S*|\S*填写?|\S*选择"
    r"|[如例]\S*|yyyy\S*"
)
_UNIT = re.compile(rf"\((?:(?:计量)?单位)?:?(?:{_MEASURES}|{_HINTS})\)|/(?:万?元|亩|m2|人|户|口)$", re.IGNORECASE)
_NOISE = re.compile(r"[\s*:★☆▲△]|[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")
_BRACKETS = str.maketrans("【】〔〕[]{}《》", "()()()()()")
_NUMBERED = re.compile(r"^(?:\(?[0-9]{1,2}\)?[.、)]?)(?=\D)|[._]?[0-9]{1,2}$|\([0-9]{1,2}\)$")  # 1.姓名, 姓名1, 姓名(2)
LOOSE = 1_000  # rank of a head known only without its number: any head known in full is better


@dataclass(frozen=True, slots=True)
class HeadMatch:
    """A grid column taken for a declared column; ``rank`` is the synonym's place in the declaration."""

    column: str
    rank: int
    ten_thousands: bool


@lru_cache(maxsize=4_096)  # every source is asked about the same first rows
def head_key(text: str) -> str:
    """Return a head as it is compared: NFKC, no spaces, asterisks, colons, units, hints how to fill it in.

    >>> head_key("姓 名*"), head_key("发放金额（元）"), head_key("乡（镇）"), head_key("出生日期【必填】")
    ('姓名', '发放金额', '乡(镇)', '出生日期')
    """
    return _UNIT.sub("", _folded(text))


def is_ten_thousands(text: str) -> bool:
    """Say whether a head or note gives 万元 as its unit.

    >>> is_ten_thousands("直接经济损失（万元）"), is_ten_thousands("金额（元）")
    (True, False)
    """
    return bool(re.search(r"\((?:(?:计量)?单位)?(?:人民币)?万元|单位(?:人民币)?万元|/万元$", _folded(text)))


def is_yuan(text: str) -> bool:
    """Say whether a head gives 元 itself as its unit, whatever a note above the table says.

    >>> is_yuan("发放金额（元）"), is_yuan("发放金额（万元）"), is_yuan("发放金额")
    (True, False, False)
    """
    return bool(re.search(r"\((?:(?:计量)?单位)?(?:人民币)?元|/元$", _folded(text)))


def _folded(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).translate(_BRACKETS)


def is_serial(head: str) -> bool:
    """Say whether a head only numbers the rows.

    >>> is_serial("序 号"), is_serial("基本信息序号"), is_serial("户编号")
    (True, True, False)
    """
    key = head_key(head)
    return key in _SERIAL or key.endswith("序号")


@lru_cache(maxsize=4_096)
def is_of_another(group: str) -> bool:
    """Say whether what stands under a group head speaks of somebody else than the row's person.

    >>> is_of_another("户主信息"), is_of_another("法定监护人"), is_of_another("家庭成员")
    (True, True, False)
    """
    whom = _ABOUT.sub("", head_key(group))
    return whom in _OTHER_PERSONS or whom.endswith(_OTHER_PERSONS_END)


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
        self._answers: dict[tuple[str, ...], HeadMatch | None] = {}
        self._ignored = {head_key(h) for h in source.ignored} | _SERIAL

    def may_fit(self, signs: Collection[str]) -> bool:
        """Say whether all required columns could have a head written in these characters: cheap, and never wrong."""
        return all(
            any(set(head_key(head)) <= set(signs) for head in self.columns[name].heads) for name in self.required
        )

    def match(self, head: str, *, groups: Sequence[str] = ()) -> HeadMatch | None:
        """Return the column a head stands for, alone or together with the group heads above it, or None.

        A number beside a head (姓名1, 1.姓名) is overlooked, at a rank behind every head known in full.
        """
        asked = (head, *groups)
        if asked not in self._answers:
            self._answers[asked] = self._match(head, groups)
        return self._answers[asked]

    def _match(self, head: str, groups: Sequence[str]) -> HeadMatch | None:
        key = head_key(head)
        told = [group for group in (_ABOUT.sub("", head_key(g)) for g in groups) if group]
        whole = ["".join(told[i:]) for i in range(len(told))]
        tries = [group + key for group in whole] + (whole if key in _WHOLE else [])
        if not any(is_of_another(group) for group in groups):
            tries.append(key)
        found = next((self._by_head[t] for t in tries if t in self._by_head), None)
        if found is None:
            bare = [_NUMBERED.sub("", t) for t in tries]
            loose = next((self._by_head[t] for t in bare if t in self._by_head), None)
            found = (loose[0], loose[1] + LOOSE) if loose and not self.is_ignored(head) else None
        if found is None:
            return None
        money = self.columns[found[0]].kind is ColumnKind.MONEY
        large = is_ten_thousands(head) or (not is_yuan(head) and any(is_ten_thousands(group) for group in groups))
        return HeadMatch(found[0], found[1], ten_thousands=money and large)

    def is_known(self, head: str) -> bool:
        """Say whether a head by itself is declared or ignored, or may be a group that names no column."""
        key = head_key(head)
        return any(k in self._by_head or k in self._ignored for k in (key, _NUMBERED.sub("", key))) or is_of_another(
            head
        )

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
