"""Core values that every room shares: enums, the period, batches, steps.

Floor 0: standard library only. Big things are tables (polars frames, DuckDB tables) and are
documented where they are made; what stands here are the small frozen values between them.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a source is for (数据源的用途)."""

    REGISTER = "register"  # builds people and households (农户信息台账)
    FACT = "fact"  # is linked to them (部门数据、走访台账)


class Subject(StrEnum):
    """What one row, rule or lead speaks of (对象)."""

    PERSON = "person"
    HOUSEHOLD = "household"
    VILLAGE = "village"


class RowStatus(StrEnum):
    """Where a delivered row went: rows in = accepted + rejected + duplicate (S-I1)."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class IdKind(StrEnum):
    """What an ID cell held (证件号码的状态)."""

    VALID = "valid"  # 18 characters, check digit holds
    UPGRADED = "upgraded"  # 15 digits, made 18
    CERTIFICATE = "certificate"  # 20/22 characters of a disability certificate, first 18 valid
    MASKED = "masked"  # some characters hidden by *
    DAMAGED = "damaged"  # went through a spreadsheet number; never repaired
    INVALID = "invalid"  # looks like an ID, but length, date or check digit fails
    MISSING = "missing"  # blank, 0, 无, -


class Band(StrEnum):
    """What a link may be used for (匹配结论)."""

    LINK = "link"
    REVIEW = "review"
    LEAVE = "leave"


class Kind(StrEnum):
    """The code list of lead kinds (线索种类)."""

    INCOME_LOW = "income_low"
    INCOME_DROP = "income_drop"
    MEDICAL_SPIKE = "medical_spike"
    UNINSURED_ILLNESS = "uninsured_illness"
    DROPOUT = "dropout"
    NEW_DISABILITY = "new_disability"
    UNSAFE_HOUSING = "unsafe_housing"
    NO_LABOUR = "no_labour"
    NEW_DIBAO = "new_dibao"
    WATER = "water"
    EDUCATION_COST = "education_cost"  # 因学支出
    ACCIDENT = "accident"  # 意外事故
    DISASTER = "disaster"  # 自然灾害
    EMPLOYMENT = "employment"  # 务工就业
    SUPPORT_GAP = "support_gap"  # 应享未享
    PROJECT = "project"  # 产业项目失败
    REPORTED = "reported"  # 干部排查、农户申报、上级下发
    SPOT_CHECK = "spot_check"  # 低风险户抽查
    OTHER = "other"


class Channel(StrEnum):
    """How a lead came to be known (线索渠道; S001-4, S002-6, S003-22/26)."""

    DEPARTMENT = "department"  # 部门筛查预警
    CADRE = "cadre"  # 干部走访排查
    SELF_REPORT = "self_report"  # 农户自主申报
    UPPER = "upper"  # 上级下发


class Effect(StrEnum):
    """What comes of a rule that fires (规则的作用)."""

    LEAD = "lead"  # 预警线索
    FLAG = "flag"  # 比对提示：附在线索上，不自动排除
    CLOSE = "close"  # 对象不符：其线索列入已抑制，写明理由
    REGISTER = "register"  # 更新台账：不是风险线索
    QUALITY = "quality"  # 数据质量：账账相符


class Standing(StrEnum):
    """How a lead stands to the county's monitored households (线索与监测档案的关系)."""

    NEW = "new"  # 新线索
    NEW_FACTOR = "new_factor"  # 已纳入监测、风险未消除：原档案的新增风险
    RE_MARKING = "re_marking"  # 风险曾消除：重新标注（回退）
    SPOT_CHECK = "spot_check"  # 低风险户抽查


class TaskState(StrEnum):
    """The life of a verification task (核查任务状态)."""

    DISPATCHED = "dispatched"  # 已交办
    ANSWERED = "answered"  # 已反馈
    RETURNED = "returned"  # 退回重核
    CLOSED = "closed"  # 办结


class ResultCode(StrEnum):
    """What a township returns for a task (核查结果代码, process §4.5)."""

    ALREADY_MONITORED = "01"
    TO_IDENTIFY = "02"
    KEEP_WATCHING = "03"
    NO_RISK = "04"
    REFERRED = "05"
    RE_MARKED = "06"
    DATA_WRONG = "07"
    ELSEWHERE = "08"
    OUT_OF_REACH = "09"
    REPEATED = "10"


_PERIOD = re.compile(r"(\d{4})-(\d{2})")
_MONTHS = 12


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar month (统计月份), written YYYY-MM.

    >>> Period.parse("2024-01").back(2), str(Period(2024, 3)), Period(2024, 3).ordinal
    (Period(year=2023, month=11), '2024-03', 24291)
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        """Refuse a month outside 1-12 or a year outside 1990-2099."""
        if not (1 <= self.month <= _MONTHS and 1990 <= self.year <= 2099):  # noqa: PLR2004 - the bounds speak
            msg = f"not a month: {self.year}-{self.month}"
            raise ValueError(msg)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Return the period written as YYYY-MM; ValueError for anything else."""
        match = _PERIOD.fullmatch(text.strip())
        if match is None:
            msg = f"not YYYY-MM: {text!r}"
            raise ValueError(msg)
        return cls(int(match[1]), int(match[2]))

    @property
    def ordinal(self) -> int:
        """Months since year 0, so that months can be subtracted (SQL: year * 12 + month)."""
        return self.year * _MONTHS + self.month

    def back(self, months: int) -> Period:
        """Return the period so many months earlier (later when negative)."""
        zero = self.ordinal - months - 1
        return Period(zero // _MONTHS, zero % _MONTHS + 1)

    @property
    def last_day(self) -> dt.date:
        """The month's last day.

        >>> Period(2024, 2).last_day
        datetime.date(2024, 2, 29)
        """
        following = self.back(-1)
        return dt.date(following.year, following.month, 1) - dt.timedelta(days=1)

    @property
    def title(self) -> str:
        """The Chinese form used in pages and sentences.

        >>> Period(2024, 3).title
        '2024年3月'
        """
        return f"{self.year}年{self.month}月"

    def __str__(self) -> str:
        """Return YYYY-MM."""
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, slots=True)
class Step:
    """One named SQL computation: the table it makes, the SELECT, the values bound to it (计算步骤)."""

    table: str
    sql: str
    params: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class BatchRef:
    """A landed batch as a run pins it: id, source, month (数据批次)."""

    batch_id: str
    source_id: str
    period: Period
