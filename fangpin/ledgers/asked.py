"""What a department is asked for, in its own words: columns, how each is written, when and on what basis.

Floor 2. Everything said here is read off the declaration of the source; nothing is known twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fangpin.config.source_models import Cadence, Column, ColumnKind, Source
from fangpin.connectors.heads import PERIOD_COLUMNS, declared_columns, head_key
from fangpin.types import Subject

_HEADS_SHOWN: Final = 4
_HOW: Final = {
    ColumnKind.NAME: "写全名",
    ColumnKind.ID_NO: "完整的号码，按文本写，不要用*遮盖",
    ColumnKind.TEXT: "写文字或编号，长编号按文本写",
    ColumnKind.MONEY: "以元为单位，如 1234.50；以万元为单位时，把表头中的“（元）”改为“（万元）”",
    ColumnKind.DATE: "如 2024-03-01；只知道年月时写年月",
    ColumnKind.INTEGER: "写整数",
    ColumnKind.PLACE: "写全称",
    ColumnKind.WORDS: "有几项的写在一格，用顿号隔开",
}
_OFFERED: Final = {ColumnKind.SEX: ("男", "女"), ColumnKind.BOOLEAN: ("是", "否")}
_ROW_OF: Final = {Subject.PERSON: "一人一行", Subject.HOUSEHOLD: "一户一行", Subject.VILLAGE: "一村（组）一行"}
_CLAUSE: Final = re.compile(r"(?:S\d{3}-\d+[①-⑳]?、?)+\s*")  # our own numbering of the documents' clauses
_CYCLES: Final = {"month": "每月", "quarter": "每季", "year": "每年"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One column of a blank workbook: its head as written, and the declared column it stands for."""

    head: str
    column: Column
    filled: bool  # a row without it is returned

    @property
    def choices(self) -> tuple[str, ...]:
        """The words offered in each cell, none for free text."""
        return _OFFERED.get(self.column.kind) or tuple(self.column.codes)

    @property
    def demand(self) -> str:
        """How much the column matters, in the words of the departments' page."""
        if self.column.required:
            return "必有，每行必填" if self.filled else "必有"
        return "每行必填" if self.filled else "可选"

    @property
    def how(self) -> str:
        """How a cell is written."""
        said = f"从“{'、'.join(self.choices)}”中选" if self.choices else _HOW[self.column.kind]
        return said + ("；从1月起累计" if self.column.year_to_date else "")

    @property
    def also(self) -> tuple[str, ...]:
        """A few other heads the column is known by."""
        told = {head_key(self.head), head_key(self.column.title)}
        return tuple(head for head in self.column.heads if head_key(head) not in told)[:_HEADS_SHOWN]


def asked_columns(source: Source, identity: dict[str, Column]) -> list[Asked]:
    """Return the columns of a source's blank workbook in order, without those its agreement does not allow.

    >>> from fangpin.config.loader import load
    >>> declared = load("huaxi")
    >>> [(one.head, one.demand) for one in asked_columns(declared.sources["visit_ledger"], declared.identity)][:2]
    [('户编号', '必有，每行必填'), ('户主姓名', '可选')]
    """
    alone = {group[0] for group in source.row_needs if len(group) == 1}
    allowed = source.agreement.fields
    return [
        Asked(_head(column, source), column, filled=column.filled or name in alone)
        for name, column in declared_columns(source, identity).items()
        if name not in PERIOD_COLUMNS and (not allowed or name in allowed)
    ]


def due_sentence(cadence: Cadence) -> str:
    """Return when an extract is due, in words.

    >>> due_sentence(Cadence(every="month", due_day=5))
    '每月一份，次月5日前报送'
    >>> due_sentence(Cadence(every="quarter", due_day=3, day_type="working")), due_sentence(Cadence(every="event"))
    ('每季一份，次月第3个工作日前报送', '有了就报，不定日期')
    """
    if cadence.every == "event":
        return "有了就报，不定日期"
    day = f"第{cadence.due_day}个工作日" if cadence.day_type == "working" else f"{cadence.due_day}日"
    return f"{_CYCLES[cadence.every]}一份，次月{day}前报送"


def basis_sentence(legal_basis: str) -> str:
    """Return on what an extract rests in words, without our numbering of clauses.

    >>> basis_sentence("S002-4⑥、S004-5 新致残；S003-23 部门联合筛查")
    '新致残；部门联合筛查'
    """
    return _CLAUSE.sub("", legal_basis)


def terms(source: Source, asked: list[Asked]) -> list[tuple[str, str]]:
    """Return what is agreed about an extract: who, when, what rows, why, on what basis, what is never asked for.

    >>> from fangpin.config.loader import load
    >>> dict(terms(load("huaxi").sources["water_supply"], []))["报送范围"]
    '每次报全部在册的，不是只报变动；一村（组）一行'
    """
    whole = "每次报全部在册的，不是只报变动" if source.mode == "full" else "只报当月发生的"
    agreement = source.agreement
    signed = agreement.number or "（由县乡村振兴部门填写）"
    until = f"，有效期至{agreement.until:%Y年%m月%d日}" if agreement.until else ""
    titles = {one.column.name: one.column.title for one in asked}
    groups = [[titles[name] for name in group if name in titles] for group in source.row_needs]
    needs = "".join(f"；{'、'.join(group)}至少写一项" for group in groups if len(group) > 1)
    return [
        ("报送部门", source.agency),
        ("报送时间", due_sentence(source.cadence)),
        ("报送范围", f"{whole}；{_ROW_OF[source.subject]}{needs}"),
        ("用途", agreement.purpose),
        ("共享协议", signed + until),
        ("依据", basis_sentence(source.legal_basis)),
        ("不要写", "银行账号、联系电话等表中没有的列；写了也不采用"),
        ("不知道", "就空着，不要写 0：空着是不知道，0 是没有"),
    ]


def _head(column: Column, source: Source) -> str:
    """Return the head a column is usually known by; money says its unit.

    A household's extract names its person by the heads declared first, such as 户主姓名.
    """
    own = source.identity[column.name].heads if column.name in source.identity else ()
    if source.subject is Subject.HOUSEHOLD and own:
        head = own[0]
    else:
        known = {head_key(h) for h in column.heads}
        head = column.title if head_key(column.title) in known else column.heads[0]
    return f"{head}（元）" if column.kind is ColumnKind.MONEY else head
