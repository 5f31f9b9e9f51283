"""Checking all declarations with their examples; needs no county.

Floor 5. Prints every finding with the rule and the sentence that says what is wrong.
"""

from __future__ import annotations

from fangpin.cli import context
from fangpin.cli.show import OUT
from fangpin.config.loader import load, site_ids
from fangpin.errors import DeclarationError
from fangpin.warnings.check import check_rules
from fangpin.warnings.measures import source_measures
from fangpin.warnings.wheres import measure_findings


def check() -> None:
    """检查全部声明（数据源、规则、县）及规则的样例。"""
    wrong = 0
    for site_id in site_ids(context.home_or_none()):
        declared = load(site_id, home=context.home_or_none())
        measures = source_measures(declared)
        findings = measure_findings(measures)
        # A rule over a measure that cannot be computed says nothing of its own.
        findings = findings or check_rules(declared.rules.values(), site=declared.site, measures=measures)
        examples = sum(len(r.examples) for r in declared.rules.values())
        told = sum(len(one.declared.measures) for one in measures)
        OUT.print(
            f"{declared.site.title}：数据源 {len(declared.sources)}，指标 {told}，"
            f"规则 {len(declared.rules)}，样例 {examples}，"
            f"问题 {len(findings)}"
        )
        for found in findings:
            OUT.print(f"  ✗ {found.rule_id}：{found.sentence}", markup=False)
        wrong += len(findings)
    if wrong:
        raise DeclarationError("声明检查", f"有 {wrong} 处问题", action="请按上面的说明改正")
    OUT.print("[green]✓[/] 声明全部有效")
