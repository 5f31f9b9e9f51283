"""Every column of person_month and household_month: its table, type, unit, title and what null means.

Floor 2. One constant. It types the empty tables that a rule is tried on, and it is what the reference
page of rule authors prints.
"""

from __future__ import annotations

from dataclasses import dataclass

from fangpin.warnings.inputs import HOUSEHOLD, MONEY, PERSON

_NO_BATCH = "本月没有该数据源的有效批次"
_NEVER = "从不为空（登记的人、户必有）"
_BOUND = "（缺月时为下限）"


@dataclass(frozen=True, slots=True)
class Measure:
    """One column: name, SQL type, unit, Chinese title, and when it is null (指标)."""

    name: str
    kind: str
    unit: str
    title: str
    null_means: str
    source_id: str


def _medical(name: str, title: str, *, null: str = _NO_BATCH) -> Measure:
    return Measure(name, MONEY, "元", title, null, "medical_settlement")


def _flag(name: str, title: str, source_id: str, *, null: str = _NO_BATCH) -> Measure:
    return Measure(name, "boolean", "是否", title, null, source_id)


def _text(name: str, title: str, source_id: str, *, null: str) -> Measure:
    return Measure(name, "varchar", "", title, null, source_id)


_SPENDING = (
    _medical("self_paid_month_yuan", "本月个人负担"),
    _medical("self_paid_year_yuan", f"本年累计个人负担{_BOUND}"),
    _medical("self_paid_rolling_yuan", f"近12个月个人负担{_BOUND}"),
    _medical(
        "self_paid_mean_yuan", "此前12个月内有数据月份的月均个人负担", null=f"{_NO_BATCH}，或此前12个月都没有批次"
    ),
    _medical("inpatient_self_paid_year_yuan", f"本年累计住院个人负担（参保报销后）{_BOUND}"),
    _medical("largest_bill_yuan", "本月单笔最大个人负担"),
    _medical("medical_total_month_yuan", "本月医疗总费用"),
    _medical("self_paid_uninsured_month_yuan", "本月未参保状态下的个人负担"),
    _medical("self_paid_uninsured_year_yuan", f"本年累计未参保状态下的个人负担{_BOUND}"),
    _flag("is_self_paid_year_complete", "本年1月至本月每月都有医保数据（否：本年累计只是下限）", "medical_settlement"),
    _flag(
        "is_self_paid_rolling_complete",
        "近12个月每月都有医保数据（否：近12个月合计只是下限）",
        "medical_settlement",
    ),
)

_PERSON_MEASURES = (
    *_SPENDING,
    _text(
        "insured_status", "本年最近一次结算的参保状态", "medical_settlement", null=f"{_NO_BATCH}，或本年没有结算记录"
    ),
    _flag(
        "is_uninsured",
        "未参保、暂停或终止参保",
        "medical_settlement",
        null=f"{_NO_BATCH}，或本年没有结算记录，或仅一个月如此而本县这类状态多半不持续",
    ),
    _flag("has_serious_diagnosis", "近12个月有重大疾病诊断", "medical_settlement"),
    _flag("has_uninsured_serious_bill", "近12个月有未参保状态下的重大疾病结算", "medical_settlement"),
    _flag("is_on_school_list", "本月在学籍名单中", "school_enrolment"),
    _flag("was_on_school_list", "上月在学籍名单中", "school_enrolment", null="上月没有该数据源的有效批次"),
    _text("enrolment_status", "本月学籍状态", "school_enrolment", null=f"{_NO_BATCH}，或不在名单"),
    _text("last_enrolment_status", "最近一次学籍状态", "school_enrolment", null=f"{_NO_BATCH}，或从未在名单"),
    Measure(
        "school_year",
        "bigint",
        "学年",
        "最近年级（1—9义务教育，0学前，10高中及以上）",
        "年级不能辨认或从未在名单",
        "school_enrolment",
    ),
    Measure("school_last_month", "bigint", "月", "最近一次在名单的月份（1—12）", "从未在名单", "school_enrolment"),
    Measure(
        "school_absent_months",
        "bigint",
        "个月",
        "离开名单的学期月数（不计7—9月及缺数据月）",
        "从未在名单",
        "school_enrolment",
    ),
    _text("dibao_category", "本月民政保障类别", "dibao_roster", null=f"{_NO_BATCH}，或不在名册"),
    _flag("is_disabled", "本月持有效残疾人证", "disability_certificate"),
    _text("disability_type", "残疾类别", "disability_certificate", null=f"{_NO_BATCH}，或不在名单"),
    _text("disability_level", "残疾等级（多证取最重）", "disability_certificate", null=f"{_NO_BATCH}，或不在名单"),
    _flag("is_severely_disabled", "一、二级残疾或三级智力、精神残疾", "disability_certificate"),
    _flag("was_disabled", "此前月份已在持证名单", "disability_certificate", null=f"{_NO_BATCH}，或此前没有批次"),
    _text("certificate_event", "最近发证的办理情形", "disability_certificate", null=f"{_NO_BATCH}，或未注明"),
    Measure(
        "certificate_age_months",
        "bigint",
        "个月",
        "最近发证距今月数",
        "发证日期不明或不在名单",
        "disability_certificate",
    ),
    _flag(
        "is_newly_disabled",
        "本月或上月新办残疾人证（非换证）",
        "disability_certificate",
        null=f"{_NO_BATCH}，或新办、换证不能区分",
    ),
)

_HOUSEHOLD_MEASURES = (
    *_SPENDING,
    Measure(
        "labour_count",
        "bigint",
        "人",
        "有劳动能力（含弱劳动力）的人数",
        "家中有人劳动技能不明且无人有劳动能力",
        "household_register",
    ),
    Measure("income_month_yuan", MONEY, "元", "本月家庭收入", "本月未走访", "visit_ledger"),
    Measure("spending_month_yuan", MONEY, "元", "本月家庭支出", "本月未走访", "visit_ledger"),
    Measure(
        "income_recent_yuan",
        MONEY,
        "元",
        "最近两次走访月收入的平均（扣除季节因素）",
        "本月未走访，或此前三个月没有走访",
        "visit_ledger",
    ),
    Measure(
        "income_recent_high_yuan",
        MONEY,
        "元",
        "最近两次走访月收入的较高者（扣除季节因素）",
        "本月未走访，或此前三个月没有走访",
        "visit_ledger",
    ),
    Measure(
        "income_usual_yuan",
        MONEY,
        "元",
        "平时月收入（再早至多12次走访的中位数，不足3次取最低，扣除季节因素）",
        f"{_NO_BATCH}，或再早没有走访",
        "visit_ledger",
    ),
    Measure("income_earlier_visits", "bigint", "次", "最近两次以前的走访次数（至多12次）", _NO_BATCH, "visit_ledger"),
    Measure(
        "income_month_share",
        "double",
        "占比",
        "本月收入占此前至多12次走访中位数的比重（扣除季节因素）",
        "本月未走访，或此前走访不足3次，或平时没有收入",
        "visit_ledger",
    ),
    Measure(
        "spending_month_share",
        "double",
        "占比",
        "本月支出占此前至多12次走访中位数的比重（扣除季节因素）",
        "本月未走访或未报支出，或此前报过支出的走访不足3次",
        "visit_ledger",
    ),
    Measure("months_visited", "bigint", "个月", "近12个月走访月数", _NO_BATCH, "visit_ledger"),
    Measure("income_year_yuan", MONEY, "元", "近12个月走访收入折合全年", "近12个月没有走访", "visit_ledger"),
    Measure("income_per_head_yuan", MONEY, "元", "近12个月走访收入折合人均年收入", "近12个月没有走访", "visit_ledger"),
    Measure(
        "income_after_rigid_per_head_yuan",
        MONEY,
        "元",
        "扣减近12个月医疗个人负担后的人均年收入（医保缺月时为上限）",
        "收入或医疗数据不明",
        "visit_ledger",
    ),
    _text("house_grade", "房屋鉴定等级（最不安全的一处）", "housing_appraisal", null=f"{_NO_BATCH}，或无鉴定"),
    _text("renovation", "该房屋改造情况", "housing_appraisal", null=f"{_NO_BATCH}，或未注明"),
    _text("inhabited", "该房屋是否居住", "housing_appraisal", null=f"{_NO_BATCH}，或未注明"),
    _flag("is_unsafe_house", "有人居住的C、D级房屋且未改造", "housing_appraisal", null=f"{_NO_BATCH}，或改造情况不明"),
    _flag(
        "was_unsafe_house", "上月有人居住的C、D级房屋且未改造", "housing_appraisal", null="上月没有批次，或改造情况不明"
    ),
    _flag("has_safety_net", "家中有人享受低保或特困供养", "dibao_roster"),
    Measure("dibao_persons", "bigint", "人", "享受低保或特困供养的人数", _NO_BATCH, "dibao_roster"),
    Measure("dibao_first_period_no", "bigint", "年×12+月", "24个月内首次在名册的月份", "不在名册", "dibao_roster"),
    Measure("dibao_started_on", "date", "日", "享受起始月", "不在名册或未注明", "dibao_roster"),
    _flag("is_dibao_whole_household", "全家享受低保", "dibao_roster"),
    _flag("is_dibao_new", "本月新进低保名册", "dibao_roster", null=f"{_NO_BATCH}，或此前没有批次可比且起始月不明"),
)


def _register(columns: dict[str, str]) -> tuple[Measure, ...]:
    return tuple(
        Measure(name, kind, "", f"登记台账：{name}", "台账未注明", "household_register")
        if not name.endswith("_no")
        else Measure(name, kind, "", f"编号：{name}", _NEVER, "household_register")
        for name, kind in columns.items()
    )


MEASURES: dict[str, tuple[Measure, ...]] = {
    "person_month": (
        *_register({"person_no": "varchar", "household_no": "varchar"}),
        *_register({k: v for k, v in PERSON.items() if k in {"relation", "age", "health", "labour"}}),
        *_register(
            {k: v for k, v in HOUSEHOLD.items() if k in {"household_type", "monitored_type", "risk_eliminated"}}
        ),
        *_PERSON_MEASURES,
    ),
    "household_month": (
        *_register({"household_no": "varchar"}),
        *_register(
            {k: v for k, v in HOUSEHOLD.items() if k in {"size", "household_type", "monitored_type", "risk_eliminated"}}
        ),
        *_HOUSEHOLD_MEASURES,
    ),
}


def table_columns(table: str) -> dict[str, str]:
    """Return the columns of person_month or household_month with their DuckDB types.

    >>> table_columns("household_month")["is_dibao_new"]
    'boolean'
    """
    return {measure.name: measure.kind for measure in MEASURES[table]}
