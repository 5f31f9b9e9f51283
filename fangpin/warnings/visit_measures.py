"""The columns of household_month that the monthly visits tell: income, spending, their usual months, their falls.

Floor 2. Constants: type, unit, title and what null means.
"""

from __future__ import annotations

from fangpin.warnings.facts import MONEY
from fangpin.warnings.measure import NO_BATCH, Measure, history_measure

VISIT_MEASURES: tuple[Measure, ...] = (
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
        f"{NO_BATCH}，或再早没有走访",
        "visit_ledger",
    ),
    Measure("income_earlier_visits", "bigint", "次", "最近两次以前的走访次数（至多12次）", NO_BATCH, "visit_ledger"),
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
    Measure(
        "income_swing_share",
        "double",
        "占比",
        "本月全县农户收入的正常波动幅度（3倍标准差），跌出此幅度才算下降",
        f"{NO_BATCH}，或可比的农户不足30户",
        "visit_ledger",
    ),
    Measure(
        "income_fall_cases",
        "bigint",
        "户次",
        "本月收入跌到平时七成以下时，本县此前同样骤降、支出也至少同样减少的户次",
        "本月没有跌到七成以下，或支出不明，或本县此前可比的不足10户次",
        "visit_ledger",
    ),
    Measure(
        "income_fall_lasting_share",
        "double",
        "占比",
        "上述户次中下次走访仍未恢复的比重",
        "与 income_fall_cases 相同",
        "visit_ledger",
    ),
    Measure("months_visited", "bigint", "个月", "近12个月走访月数", NO_BATCH, "visit_ledger"),
    Measure("income_year_yuan", MONEY, "元", "近12个月走访收入折合全年", "近12个月没有走访", "visit_ledger"),
    Measure("income_per_head_yuan", MONEY, "元", "近12个月走访收入折合人均年收入", "近12个月没有走访", "visit_ledger"),
    history_measure(
        "income_history",
        "各月家庭收入",
        "visit_ledger",
        null=f"{NO_BATCH}，或24个月内从未走访（其中没有走访的月份各自为空）",
    ),
    history_measure(
        "spending_history",
        "各月家庭支出",
        "visit_ledger",
        null=f"{NO_BATCH}，或24个月内从未走访（其中没有走访或未报支出的月份各自为空）",
    ),
)
