"""Each shipped rule against its slow twin in tests/reference, on random measures that crowd around its lines."""

from __future__ import annotations

import pytest
import rules_lists
import rules_medical
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from verdict_tables import RULES, Columns, Twin, around, assert_like_twin

MODULES = (rules_medical, rules_lists)
TWINS: dict[str, Twin] = {name: twin for module in MODULES for name, twin in vars(module).items() if name in RULES}
# A seed has nothing to shrink: the next smaller one draws other rows.
FEW = settings(max_examples=6, deadline=None, phases=[Phase.generate])
SEEDS = st.integers(0, 2**32)

YES_NO = [True, False, None]
FAMILY: Columns = {
    "household_type": ["脱贫户", "一般农户", None],
    "monitored_type": ["边缘易致贫户", None, None],
    "risk_eliminated": YES_NO,
}
INCOME = around(0, 6_700, 8_000, 10_000, 20_000, 40_000, 60_000)
# On the lines, and on the shares of the incomes above.
BILLS = around(0, 2_500, 5_000, 6_000, 10_000, 12_000, 15_000, 20_000, 24_000)
HOME: Columns = FAMILY | {
    "size": [0, 1, 2, 3, 4],
    "labour_count": [0, 0, 1, None],
    "income_year_yuan": INCOME,
    "income_per_head_yuan": INCOME,
    "income_after_rigid_per_head_yuan": INCOME,
    "months_visited": [2, 3, 4, 12, None],
    "rigid_yuan": BILLS,
    "rigid_share": [0.5, 0.6, None],
    "rigid_kinds": ["医疗", None],
    "is_rigid_complete": YES_NO,
    "dibao_persons": [0, 1, 4, None],
    "is_dibao_new": YES_NO,
    "is_dibao_whole_household": YES_NO,
    "has_safety_net": YES_NO,
    "house_grade": ["C", None],
    "renovation": ["未改造", "改造中", "改造中", "已改造", None],
    "is_unsafe_house": YES_NO,
    "was_unsafe_house": YES_NO,
}
PERSON: Columns = {
    "self_paid_month_yuan": BILLS,
    "self_paid_uninsured_month_yuan": [0, 0, 2_500, None],
    "self_paid_mean_yuan": around(0, 1_000, 2_000, 4_000),
    "self_paid_year_yuan": BILLS,
    "self_paid_uninsured_year_yuan": [*BILLS, 0, 0, 0],
    "inpatient_self_paid_year_yuan": BILLS,
    "is_self_paid_year_complete": YES_NO,
    "has_uninsured_serious_bill": YES_NO,
    "has_serious_diagnosis": YES_NO,
    "is_uninsured": YES_NO,
    "insured_status": ["未参保", "正常参保", None],
    "health": ["健康", "患有大病", "长期慢性病,患有大病", None],
    "is_disabled": YES_NO,
    "is_newly_disabled": YES_NO,
    "is_severely_disabled": YES_NO,
    "disability_type": ["肢体", None],
    "disability_level": ["一级", None],
    "age": [None, 5, 6, 7, 15, 15, 16, 18, 19],
    "is_on_school_list": YES_NO,
    "enrolment_status": ["在读", "在读", "辍学", "辍学", "休学", None],
    "last_enrolment_status": ["在读", "在读", "转学", "毕业", "辍学", None],
    "school_year": [0, 1, 9, 9, 10, None],
    "school_last_month": [4, 5, 8, 9, None],
    "school_absent_months": [0, 1, 2, 3, None],
}


def test_every_twin_has_a_rule() -> None:
    """No twin is left over from a rule that went."""
    own = {
        name
        for module in MODULES
        for name, twin in vars(module).items()
        if callable(twin) and twin.__module__ == module.__name__ and not name.startswith("_")
    }

    assert own == set(TWINS)


@pytest.mark.parametrize("rule_id", TWINS)
@FEW
@given(seed=SEEDS)
def test_rule_is_like_its_twin(rule_id: str, seed: int) -> None:
    """A rule answers and shows for every household or person what its twin does."""
    assert_like_twin(rule_id, TWINS[rule_id], seed, home=HOME, person=PERSON)
