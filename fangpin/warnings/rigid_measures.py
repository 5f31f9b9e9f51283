"""The columns of person_month and household_month that the rigid spending and the components of income add.

Floor 2. Constants: type, unit, title, source and what null means.
"""

from __future__ import annotations

from fangpin.warnings.facts import MONEY
from fangpin.warnings.measure import Measure

_NO_LIST = "近12个月没有学生费用名册，或学费、资助金额未填"
_NO_VISIT = "本月没有走访台账的有效批次，或近12个月走访都未写明"
_NOTHING = "各类刚性支出都不明"


def _of(name: str, title: str, source_id: str, null: str, *, kind: str = MONEY, unit: str = "元") -> Measure:
    return Measure(name, kind, unit, title, null, source_id)


_SCHOOL = (
    _of("school_cost_yuan", "本学年学费、住宿费、教科书费减去资助（未写全时为下限）", "student_aid", _NO_LIST),
    _of(
        "is_school_cost_complete",
        "各项学校费用都写明（否：只是下限）",
        "student_aid",
        "近12个月没有学生费用名册",
        kind="boolean",
        unit="是否",
    ),
)

RIGID_MEASURES: dict[str, tuple[Measure, ...]] = {
    "person_month": (
        *_SCHOOL,
        _of("school_aid_yuan", "本学年资助金额", "student_aid", f"{_NO_LIST}，或不在名册"),
    ),
    "household_month": (
        *_SCHOOL,
        _of("disaster_net_yuan", "近12个月受灾损失减去救助", "disaster_loss", "近12个月没有受灾台账，或救助不明"),
        _of("accident_net_yuan", "近12个月意外损失减去赔付", "accident_event", "近12个月没有意外名单，或赔付不明"),
        _of("rigid_yuan", "近12个月刚性支出：已知各类的合计（有不明的为下限）", "medical_settlement", _NOTHING),
        _of(
            "is_rigid_complete",
            "刚性支出合计没有缺月、缺项（否：只是下限；没有数据源的类别不计入）",
            "medical_settlement",
            _NOTHING,
            kind="boolean",
            unit="是否",
        ),
        _of("rigid_kinds", "刚性支出计入了哪几类", "medical_settlement", _NOTHING, kind="varchar", unit=""),
        _of(
            "rigid_share",
            "近12个月刚性支出占家庭年收入的比重",
            "visit_ledger",
            f"{_NOTHING}，或收入不明或为0",
            kind="double",
            unit="占比",
        ),
        _of(
            "income_after_rigid_per_head_yuan",
            "扣减近12个月刚性支出后的人均年收入（支出有不明的为上限）",
            "visit_ledger",
            "收入或刚性支出不明",
        ),
        _of("wage_year_yuan", "工资性收入折合全年", "visit_ledger", _NO_VISIT),
        _of("business_year_yuan", "生产经营净收入折合全年", "visit_ledger", _NO_VISIT),
        _of("property_year_yuan", "财产性收入折合全年", "visit_ledger", _NO_VISIT),
        _of("transfer_year_yuan", "转移性收入折合全年", "visit_ledger", _NO_VISIT),
        _of("disposable_per_head_yuan", "人均年可支配收入（民政口径：扣除不计入的收入）", "visit_ledger", _NO_VISIT),
    ),
}
