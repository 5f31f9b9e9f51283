"""Every column of area_month: its type, unit, title and what null means.

Floor 2. One row a township and one a village of the register (S002-16/17). It types the empty table that a rule
for areas is tried on, and it is what the reference page of rule authors prints.
"""

from __future__ import annotations

from typing import Final

from fangpin.warnings.measure import Measure

COUNTED: Final = {
    "leads": "预警线索",
    "dibao_in": "新进低保名册",
    "monitored_in": "净增未消除监测对象",
    "monitored_out": "净减未消除监测对象",
}
"""What is counted each month and held against an area's own earlier months: the column and what it counts (户)."""

_NEVER = "从不为空"
_FLAGS = "全县台账都没有监测对象类型"
_NO_BATCH = "本月没有该数据源的有效批次"
_NO_MONTH = "此前12个月没有筛查，或都不明"


def _share(name: str, title: str, source_id: str, null: str) -> Measure:
    return Measure(name, "double", "占比", title, null, source_id)


def _count(name: str, title: str, source_id: str, null: str, unit: str = "户") -> Measure:
    return Measure(name, "bigint", unit, title, null, source_id)


def _usual(name: str, title: str, null: str) -> tuple[Measure, ...]:
    source_id = "household_register"
    return (
        _count(name, f"本月{title}的户数", source_id, null),
        _count(f"{name}_months", f"此前12个月内已知{title}户数的月数", source_id, _NEVER, "个月"),
        Measure(f"{name}_mean", "double", "户", f"此前12个月月均{title}户数", _NO_MONTH, source_id),
        Measure(f"{name}_sd", "double", "户", f"此前12个月{title}户数的标准差", "已知不足两个月", source_id),
        Measure(
            f"{name}_expected",
            "double",
            "户",
            f"按本地往常和本月全县其余各地，取大的一个，应有的{title}户数",
            f"{null}，或{_NO_MONTH}",
            source_id,
        ),
        Measure(
            f"{name}_chance",
            "double",
            "机会",
            f"应有这么多时，凭偶然出现本月这么多户或更多的机会（泊松）；{title}",
            f"{null}，或{_NO_MONTH}",
            source_id,
        ),
    )


AREA_MEASURES: Final = (
    Measure("level", "varchar", "", "层级：village 或 township", _NEVER, "household_register"),
    Measure("township", "varchar", "", "乡镇", _NEVER, "household_register"),
    Measure("village", "varchar", "", "村", "层级为 township", "household_register"),
    Measure("key_area", "varchar", "", "列为重点区域的名目", "县里没有列为重点区域", "household_register"),
    Measure("month_end", "date", "日", "本月最后一天", _NEVER, "household_register"),
    _count("areas", "同一层级的乡镇或村数", "household_register", _NEVER, "个"),
    _count("households", "登记户数", "household_register", _NEVER),
    _count("persons", "登记人数", "household_register", _NEVER, "人"),
    _count("monitored", "风险未消除的监测对象户数", "household_register", _FLAGS),
    _count("monitored_unsure", "台账没有写明是否消除的监测对象户数", "household_register", _FLAGS),
    _share("monitored_share", "未消除监测对象占登记户数的比重", "household_register", _FLAGS),
    _share("monitored_share_low", "该占比的下限（95%威尔逊区间，户数少时低得多）", "household_register", _FLAGS),
    _share("county_monitored_share", "全县未消除监测对象的占比", "household_register", _FLAGS),
    _count("near_line", "收入接近监测线的非监测户数", "visit_ledger", "县里没有临近线，或没有一户收入已知"),
    _count("exposed", "受影响时先看的户数：未消除监测对象和临近线的户", "household_register", "两者之一不明"),
    *(m for name, title in COUNTED.items() for m in _usual(name, title, "本月不明")),
    Measure("leads_per_hundred", "double", "户/百户", "每百户预警线索", _NEVER, "household_register"),
    _count("disaster_households", "本月受灾损失台账上的户数", "disaster_loss", _NO_BATCH),
    _share("disaster_share", "本月受灾户占登记户数的比重", "disaster_loss", _NO_BATCH),
    _count("deaths", "本月死亡名单上的人数", "death_list", _NO_BATCH, "人"),
    _count("accidents", "本月交通事故伤亡名单上的人数", "traffic_accident", _NO_BATCH, "人"),
    _count("unsafe_houses", "住危房的户数", "housing_appraisal", "没有一户可以判断"),
    _share("dibao_share", "有人享受低保、特困的户占比", "dibao_roster", "没有一户可以判断"),
    _share("disabled_share", "有人持残疾人证的户占比", "disability_certificate", "没有一户可以判断"),
    _share("elderly_share", "全家都满60周岁的户占比", "household_register", "没有一户年龄齐全"),
    _share("no_labour_share", "全家无劳动能力的户占比", "household_register", "没有一户可以判断"),
)
AREA_MONTH: Final = {measure.name: measure.kind for measure in AREA_MEASURES}
