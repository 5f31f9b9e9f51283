"""Every column of person_month, household_month and village_month that the program computes itself, not a declaration.

Floor 2. Constants: type, unit, title, source and what null means.
"""

from __future__ import annotations

from fangpin.warnings.inputs import HOUSEHOLD, PERSON
from fangpin.warnings.measure import (
    NO_BATCH,
    Measure,
    flag_measure,
    history_measure,
    medical_measure,
    text_measure,
)
from fangpin.warnings.visit_measures import VISIT_MEASURES

_NEVER = "从不为空（登记的人、户必有）"
_BOUND = "（缺月时为下限）"

_SPENDING = (
    medical_measure("self_paid_month_yuan", "本月个人负担"),
    medical_measure("self_paid_year_yuan", f"本年累计个人负担{_BOUND}"),
    medical_measure("self_paid_rolling_yuan", f"近12个月个人负担{_BOUND}"),
    medical_measure(
        "self_paid_mean_yuan", "此前12个月内有数据月份的月均个人负担", null=f"{NO_BATCH}，或此前12个月都没有批次"
    ),
    medical_measure("inpatient_self_paid_year_yuan", f"本年累计住院个人负担（参保报销后）{_BOUND}"),
    medical_measure("largest_bill_yuan", "本月单笔最大个人负担"),
    medical_measure("medical_total_month_yuan", "本月医疗总费用"),
    medical_measure("self_paid_uninsured_month_yuan", "本月未参保状态下的个人负担"),
    medical_measure("self_paid_uninsured_year_yuan", f"本年累计未参保状态下的个人负担{_BOUND}"),
    flag_measure(
        "is_self_paid_year_complete", "本年1月至本月每月都有医保数据（否：本年累计只是下限）", "medical_settlement"
    ),
    flag_measure(
        "is_self_paid_rolling_complete",
        "近12个月每月都有医保数据（否：近12个月合计只是下限）",
        "medical_settlement",
    ),
    history_measure(
        "self_paid_history",
        "各月个人负担",
        "medical_settlement",
        null=f"{NO_BATCH}，或24个月内从无结算（其中没有批次的月份各自为空）",
    ),
)

_PERSON_MEASURES = (
    *_SPENDING,
    text_measure(
        "insured_status", "本年最近一次结算的参保状态", "medical_settlement", null=f"{NO_BATCH}，或本年没有结算记录"
    ),
    flag_measure(
        "is_uninsured",
        "未参保、暂停或终止参保",
        "medical_settlement",
        null=f"{NO_BATCH}，或本年没有结算记录，或仅一个月如此而本县这类状态多半不持续",
    ),
    flag_measure("has_serious_diagnosis", "近12个月有重大疾病诊断", "medical_settlement"),
    flag_measure("has_uninsured_serious_bill", "近12个月有未参保状态下的重大疾病结算", "medical_settlement"),
    flag_measure("is_on_school_list", "本月在学籍名单中", "school_enrolment"),
    flag_measure("was_on_school_list", "上月在学籍名单中", "school_enrolment", null="上月没有该数据源的有效批次"),
    text_measure("enrolment_status", "本月学籍状态", "school_enrolment", null=f"{NO_BATCH}，或不在名单"),
    text_measure("last_enrolment_status", "最近一次学籍状态", "school_enrolment", null=f"{NO_BATCH}，或从未在名单"),
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
    text_measure("dibao_category", "本月民政保障类别", "dibao_roster", null=f"{NO_BATCH}，或不在名册"),
    flag_measure("is_disabled", "本月持有效残疾人证", "disability_certificate"),
    text_measure("disability_type", "残疾类别", "disability_certificate", null=f"{NO_BATCH}，或不在名单"),
    text_measure(
        "disability_level", "残疾等级（多证取最重）", "disability_certificate", null=f"{NO_BATCH}，或不在名单"
    ),
    flag_measure("is_severely_disabled", "一、二级残疾或三级智力、精神残疾", "disability_certificate"),
    flag_measure("was_disabled", "此前月份已在持证名单", "disability_certificate", null=f"{NO_BATCH}，或此前没有批次"),
    text_measure("certificate_event", "最近发证的办理情形", "disability_certificate", null=f"{NO_BATCH}，或未注明"),
    Measure(
        "certificate_age_months",
        "bigint",
        "个月",
        "最近发证距今月数",
        "发证日期不明或不在名单",
        "disability_certificate",
    ),
    flag_measure(
        "is_newly_disabled",
        "本月或上月新办残疾人证（非换证）",
        "disability_certificate",
        null=f"{NO_BATCH}，或新办、换证不能区分",
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
    *VISIT_MEASURES,
    text_measure("house_grade", "房屋鉴定等级（最不安全的一处）", "housing_appraisal", null=f"{NO_BATCH}，或无鉴定"),
    text_measure("renovation", "该房屋改造情况", "housing_appraisal", null=f"{NO_BATCH}，或未注明"),
    text_measure("inhabited", "该房屋是否居住", "housing_appraisal", null=f"{NO_BATCH}，或未注明"),
    flag_measure(
        "is_unsafe_house", "有人居住的C、D级房屋且未改造", "housing_appraisal", null=f"{NO_BATCH}，或改造情况不明"
    ),
    flag_measure(
        "was_unsafe_house", "上月有人居住的C、D级房屋且未改造", "housing_appraisal", null="上月没有批次，或改造情况不明"
    ),
    flag_measure("has_safety_net", "家中有人享受低保或特困供养", "dibao_roster"),
    Measure("dibao_persons", "bigint", "人", "享受低保或特困供养的人数", NO_BATCH, "dibao_roster"),
    Measure("dibao_first_period_no", "bigint", "年×12+月", "24个月内首次在名册的月份", "不在名册", "dibao_roster"),
    Measure("dibao_started_on", "date", "日", "享受起始月", "不在名册或未注明", "dibao_roster"),
    flag_measure("is_dibao_whole_household", "全家享受低保", "dibao_roster"),
    flag_measure(
        "is_dibao_new", "本月新进低保名册", "dibao_roster", null=f"{NO_BATCH}，或此前没有批次可比且起始月不明"
    ),
)


_REGISTER = {
    "person_no": ("人编号", _NEVER),
    "household_no": ("户编号", _NEVER),
    "township": ("乡镇", _NEVER),
    "village": ("村", _NEVER),
    "relation": ("与户主关系", "台账未注明"),
    "age": ("年龄（月末满周岁）", "台账没有出生日期"),
    "health": ("健康状况", "台账未注明"),
    "labour": ("劳动技能", "台账未注明"),
    "size": ("家庭人口", "台账未注明"),
    "household_type": ("户类型", "台账未注明"),
    "monitored_type": ("监测对象类型", "不是监测对象，或台账未注明"),
    "risk_eliminated": ("风险是否消除", "不是监测对象，或台账未注明"),
}


def _register(columns: dict[str, str]) -> tuple[Measure, ...]:
    return tuple(Measure(name, kind, "", *_REGISTER[name], "household_register") for name, kind in columns.items())


CORE_MEASURES: dict[str, tuple[Measure, ...]] = {
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
    "village_month": (
        *_register({"township": "varchar", "village": "varchar"}),
        Measure("households", "bigint", "户", "登记的户数", _NEVER, "household_register"),
        Measure("persons", "bigint", "人", "登记的人数", _NEVER, "household_register"),
    ),
}
