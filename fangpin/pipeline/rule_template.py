"""The file a new rule begins as: complete, switched off, every key explained to the one who writes it.

Floor 4. It passes the check as it stands, so that the author always changes something that works.
"""

from __future__ import annotations

from fangpin.config.loader import Declarations
from fangpin.types import Kind


def rule_template(rule_id: str, declared: Declarations) -> str:
    """Return the text of a new rule's file for a county.

    >>> from fangpin.config.loader import load
    >>> rule_template("rent_debt", load("huaxi")).splitlines()[1]
    'id = "rent_debt"'
    """
    said = {
        "kinds": "、".join(kind.value for kind in Kind),
        "grades": "、".join(f"{grade.code}（{grade.title}）" for grade in declared.site.grades),
        "sources": "、".join(declared.sources),
        "lines": "、".join(sorted({p.name for p in declared.site.parameters})) or "（本县没有）",
    }
    notes = _NOTES.format(**said)
    return f'{notes}id = "{rule_id}"\n' + _BODY.replace("GRADE", declared.site.grades[-1].code)


_NOTES = """\
# 一条预警规则，写法见 docs/rules.md。kind：{kinds}。grade：{grades}。needs：{sources}。本县参数：{lines}。
"""

_BODY = """\
version = 1                          # 不必改：以后各版由 rules propose 自动编号
title = "示例：本年累计个人负担到线" # 一句话说清查什么
kind = "other"                       # 线索种类，取值见第一行
subject = "household"                # household 每户一行；person 每人一行；village 每村或乡镇一行，不产生农户线索
effect = "lead"                      # 作用：lead 线索；flag 提示；close 对象不符；register 更新台账；quality 数据质量
channel = "department"               # 渠道：department 部门筛查；cadre 干部排查；self_report 农户申报；upper 上级下发
grade = "GRADE"                      # 建议等级，取值见第一行
risks = ["其他"]                     # 返贫风险：因病、因学、因残、因灾、产业失败、务工不稳、住房、饮水、其他
basis = ["待填"]                     # 依据的文件和条款，如 花乡振领通〔2022〕3号 第二条
needs = ["medical_settlement"]       # 缺了就判断不了的数据源；当月没有，对谁都作“无法判断”
quiet_months = 6                     # 报过一次以后几个月内不重复报
switched_on = false                  # 核定之前不启用；试算不受影响
site_parameters = []                 # 用到的本县参数，取值见第一行

# 一条 select，只能读 person、household、person_month、household_month（对村的规则：village_month、area_month），
# 列用 fangpin rules measures 查。必须有下面五列，类型也要一样：
#   household_no、person_no（对户的规则写 null::varchar）、measured 实得、threshold 线、fires 触发。
# 不知道就留空（null）：fires 为空是“无法判断”。不要把空当作 0，不要用 coalesce(…, 0) 掩盖缺数据。
# 金额、比例、月数不写进语句，写成 $参数。
sql = '''
select
  household_no,
  null::varchar as person_no,
  self_paid_year_yuan::double as measured,
  $line_yuan::double as threshold,
  self_paid_year_yuan >= $line_yuan as fires,
  self_paid_year_yuan
from household_month
'''

# 给乡镇看的一句话，{列名} 处填那一户的数；对人的规则另有 {member}（与户主关系）。不写姓名。
sentence = "本年累计医疗个人负担{self_paid_year_yuan}元"

[[parameters]]
name = "line_yuan"
value = 10000
unit = "元"
since = 2024-01-01                   # 从哪天起用这个值；以后改线，另加一节，不改这一节
document = "待填：由哪份文件定的"

# 例子至少三个：触发、刚好不触发、无法判断。写的列名与语句里的相同，没写的列为空。

[[examples]]
title = "正好到线"
expect = "fires"
household = { self_paid_year_yuan = 10000 }

[[examples]]
title = "差一分"
expect = "quiet"
household = { self_paid_year_yuan = 9999.99 }

[[examples]]
title = "没有医保数据"
expect = "unknown"
"""
