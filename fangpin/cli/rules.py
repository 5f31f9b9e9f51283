"""A rule author's commands: list and explain what is in use, begin, check and try what is not.

Floor 5. Reads arguments, calls the operation, prints; a household is named by its number alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.areas import tried_on_areas
from fangpin.cli.declarations import check as check_everything
from fangpin.cli.show import KIND_TITLES, OUT, table
from fangpin.config.rule_models import Parameter as RuleParameter
from fangpin.config.rule_models import Rule
from fangpin.errors import DeclarationError, UsageProblem
from fangpin.pipeline.county import County
from fangpin.pipeline.rule_author import Verdict, draft_of, drafts_folder, explain_rule, new_rule, try_rule
from fangpin.pipeline.rule_versions import rule_named, rules_in_force
from fangpin.store.rule_versions import VersionState, versions_of
from fangpin.types import Channel, Effect, Period, Subject
from fangpin.warnings.area_measures import AREA_MEASURES
from fangpin.warnings.check import check_rules
from fangpin.warnings.measures import catalogue, source_measures

_EXPECTED = {"fires": "触发", "quiet": "不触发", "unknown": "无法判断"}
_TABLE_TITLES = {
    "person_month": "person_month：每人一行",
    "household_month": "household_month：每户一行",
    "village_month": "village_month：每村一行",
    "area_month": "area_month：每乡镇、每村一行",
}
_EFFECTS = {
    Effect.LEAD: "预警线索",
    Effect.FLAG: "附在线索上的提示",
    Effect.CLOSE: "对象不符，其线索列入已抑制",
    Effect.REGISTER: "更新台账",
    Effect.QUALITY: "数据质量",
}
_CHANNELS = {
    Channel.DEPARTMENT: "部门筛查",
    Channel.CADRE: "干部排查",
    Channel.SELF_REPORT: "农户申报",
    Channel.UPPER: "上级下发",
}
_UNITS = {Subject.PERSON: "人", Subject.HOUSEHOLD: "户", Subject.VILLAGE: "村、乡镇"}
_File = Annotated[Path, Parameter(help="规则文件，如 config/rules/drafts/rent_debt.toml")]


def list_() -> None:
    """列出本县的预警规则和还没有启用的草稿。"""
    county = context.county()
    grades = {g.code: g.title for g in county.declared.site.grades}
    with county.office.read() as connection:
        known = [one for one in versions_of(connection) if one.state is VersionState.PROPOSED]
    waiting = {one.rule_id: f"；第 {one.version} 版待核准" for one in known}
    rows = [
        (
            rule.id,
            rule.title,
            KIND_TITLES.get(rule.kind, rule.kind),
            grades.get(rule.grade, rule.grade),
            _UNITS[rule.subject],
            rule.version,
            _state(rule) + waiting.get(rule.id, ""),
            "、".join(county.declared.source(source_id).title for source_id in rule.needs) or "—",
        )
        for rule in rules_in_force(county, _this_month()).values()
    ]
    table("预警规则", ("编号", "查什么", "种类", "建议等级", "对象", "版本", "状态", "所需数据"), rows)
    drafts = _drafts(county)
    if drafts:
        OUT.print(f"草稿：{'、'.join(file.stem for file in drafts)}", markup=False)


def explain(
    rule: Annotated[str, Parameter(help="规则编号")],
    *,
    household: Annotated[str | None, Parameter(help="户编号：说明对这一户为什么触发、不触发或无法判断")] = None,
    period: Annotated[str | None, Parameter(help="月份，如 2024-03；与 --household 同用")] = None,
) -> None:
    """说明一条规则的依据、参数和例子；写明户和月份的，说明对这一户的判断和所据的各行。"""
    if (household is None) != (period is None):
        raise UsageProblem("命令 rules explain", "--household 和 --period 只写了一个", expected="两个都写，或都不写")
    county = context.county()
    month = _this_month() if period is None else context.month(period, option="--period")
    found = rule_named(county, rule, period=month)
    if household is None:
        _print_rule(county, found)
        return
    explained = explain_rule(county, found, household_no=household, period=month)
    OUT.print(f"[bold]{found.title}[/]：户 {household}，{month.title}")
    if explained.missing:
        OUT.print(f"  [yellow]![/] 本月缺少：{'、'.join(explained.missing)}；这条规则对谁都作“无法判断”")
    if not found.switched_on:
        OUT.print("  [yellow]![/] 这条规则停用，下面只是试算")
    if not explained.verdicts:
        OUT.print("  这一户不在这条规则的判断范围")
    for verdict in explained.verdicts:
        _print_verdict(verdict)
    _print_parameters(explained.values)
    shown = ("agency", "title", "period", "file_name", "sheet", "sheet_row", "facts")
    heads = ("部门", "数据源", "月份", "文件", "工作表", "行", "内容")
    table("所据的各行（规则所需的数据源）", heads, explained.behind.select(shown).rows())


def measures() -> None:
    """列出规则的语句可以读的列：名称、含义、单位、什么时候不明。"""
    tables = catalogue(source_measures(context.county().declared)) | {"area_month": AREA_MEASURES}
    for name, known in tables.items():
        rows = [(m.name, m.title, m.unit, m.kind, m.null_means) for m in known]
        table(_TABLE_TITLES[name], ("列", "含义", "单位", "类型", "什么时候不明（null）"), rows)


def new(rule: Annotated[str, Parameter(help="新规则的编号，小写字母、数字和下划线")]) -> None:
    """建立一条新规则的草稿，逐项有说明，不启用。"""
    path = new_rule(context.county(), rule)
    OUT.print(f"[green]✓[/] 已建立草稿：{path}")
    OUT.print(f"  改好后检查：fangpin rules check {path}", markup=False)
    OUT.print(f"  再在已筛查的月份上试算：fangpin rules try {path} --period 月份", markup=False)


def check(file: Annotated[Path | None, Parameter(help="规则文件；不写时检查全部声明和草稿")] = None) -> None:
    """检查一个规则文件，或全部声明和草稿：写法、语句、参数、例子。"""
    if file is None:
        check_everything()
    county = context.county()
    files = [file] if file is not None else _drafts(county)
    wrong = 0
    for one in files:
        draft = draft_of(county, one)
        findings = check_rules([draft], site=county.declared.site, measures=source_measures(county.declared))
        OUT.print(f"{draft.id}（{draft.title}）：例子 {len(draft.examples)}，问题 {len(findings)}", markup=False)
        for found in findings:
            OUT.print(f"  ✗ {found.key}：{found.sentence}", markup=False)
        wrong += len(findings)
    if wrong:
        raise DeclarationError("规则检查", f"有 {wrong} 处问题", action="请按上面的说明改正")
    if files:
        OUT.print("[green]✓[/] 规则文件有效")


def try_(file: _File, *, period: Annotated[str, Parameter(help="已筛查的月份，如 2024-03")]) -> None:
    """在一个已筛查的月份上试算一条规则，什么都不保存。"""
    county = context.county()
    month = context.month(period, option="--period")
    draft = draft_of(county, file)
    findings = check_rules([draft], site=county.declared.site, measures=source_measures(county.declared))
    if findings:
        raise DeclarationError(f"规则 {draft.id}", findings[0].sentence.rstrip("。"), action="请先用 rules check 检查")
    if draft.subject is Subject.VILLAGE:
        tried_on_areas(county, draft, month)
        return
    found = try_rule(county, draft, month)
    unit = _UNITS[draft.subject]
    OUT.print(f"[bold]{draft.title}[/]：{month.title}试算，不计静默期，什么都没有保存")
    OUT.print(f"  判断 {found.population:,} {unit}：触发 {found.fires:,}，无法判断 {found.unjudged:,}")
    OUT.print(f"  触发的有 {found.households:,} 户，其中 {found.known_before:,} 户当月本来就有线索")
    if found.missing:
        OUT.print(f"  [yellow]![/] 本月缺少：{'、'.join(found.missing)}")
    _print_parameters(found.values)
    if found.households:
        townships = [(name or "（没有登记乡镇）", households) for name, households in found.by_township.rows()]
        table("触发（按乡镇，户）", ("乡镇", "户"), townships)
        table("例句（从全部触发中均匀抽取，户编号只显示末四位）", ("户", "文字"), found.sentences)


def _state(rule: Rule) -> str:
    return "启用" if rule.switched_on else "停用"


def _this_month() -> Period:
    today = context.now()
    return Period(today.year, today.month)


def _drafts(county: County) -> list[Path]:
    return sorted(drafts_folder(county).glob("*.toml"))


def _print_rule(county: County, rule: Rule) -> None:
    declared = county.declared
    grade = next((g.title for g in declared.site.grades if g.code == rule.grade), rule.grade)
    OUT.print(f"[bold]{rule.title}[/]（{rule.id}，第 {rule.version} 版，{_state(rule)}）")
    told = {
        "种类": KIND_TITLES.get(rule.kind, rule.kind),
        "作用": _EFFECTS[rule.effect],
        "渠道": _CHANNELS[rule.channel],
        "建议等级": grade or "—",
        "返贫风险": "、".join(rule.risks),
        "依据": "、".join(rule.basis),
        "所需数据": "、".join(declared.source(s).title for s in rule.needs) or "只用农户信息台账",
        "静默期": f"{rule.quiet_months} 个月",
        "文字": rule.sentence,
    }
    for title, text in told.items():
        OUT.print(f"  {title}：{text}", markup=False)
    site = tuple(p for p in declared.site.parameters if p.name in rule.site_parameters)
    _print_parameters((*rule.parameters, *site))
    table("例子", ("情形", "应为"), [(e.title, _EXPECTED[e.expect]) for e in rule.examples])


def _print_parameters(parameters: tuple[RuleParameter, ...]) -> None:
    if parameters:
        rows = [(p.name, f"{p.value:,g}", p.unit, str(p.since), p.document) for p in parameters]
        table("参数", ("名称", "值", "单位", "起用日期", "文件"), rows)


def _print_verdict(verdict: Verdict) -> None:
    who = f"{verdict.member}：" if verdict.member else ""
    match verdict.fires, verdict.raised:
        case None, _:
            told = "无法判断"
        case False, _:
            told = "不触发"
        case _, True:
            told = "触发，已成为线索"
        case _, False:
            told = "触发，在静默期内，不重复报"
        case _:
            told = "触发"
    figures = [
        "不明" if value is None else f"{round(value, 2):,.10g}" for value in (verdict.measured, verdict.threshold)
    ]
    OUT.print(f"  {who}[bold]{told}[/]；实得 {figures[0]}，线 {figures[1]}")
    if verdict.sentence:
        OUT.print(f"  {verdict.sentence}", markup=False)
    rows = [(m.title, _written(value), m.unit, m.null_means if value is None else "") for m, value in verdict.measures]
    if rows:
        table("用到的指标", ("指标", "值", "单位", "为什么不明"), rows)


def _written(value: object) -> str:
    match value:
        case None:
            return "不明"
        case bool():
            return "是" if value else "否"
        case _:
            return str(value)
