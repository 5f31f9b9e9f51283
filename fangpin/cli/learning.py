"""What answers teach: how precise each rule is, what is missed, and what a stricter line would have left.

Floor 5. Reads arguments, calls the operation, prints; no household is named and nothing is changed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import polars as pl
from cyclopts import Parameter

from fangpin.cli import context
from fangpin.cli.show import OUT, table
from fangpin.matching.intervals import Estimate
from fangpin.pipeline.learning import COUNTY_SET, Learnt, Suggestion, learn_precision, suggest_line
from fangpin.pipeline.rule_versions import rule_named, rule_titles
from fangpin.types import Period
from fangpin.warnings.learning import FEW

_SPLITS = {"township": "township", "month": "period"}
_SPLIT_TITLES = {"township": "乡镇", "month": "月份"}
_First = Annotated[str | None, Parameter(name="--from", help="从哪个月起，如 2024-01；不写时为最早筛查的月份")]
_Last = Annotated[str | None, Parameter(name="--to", help="到哪个月止；不写时为最近筛查的月份")]


def precision(
    *,
    first: _First = None,
    last: _Last = None,
    by: Annotated[Literal["township", "month"] | None, Parameter(help="另按乡镇或月份分列")] = None,
) -> None:
    """各规则的准确率和有用率：乡镇核查后纳入了几户、有用的几户，带95%置信区间；偏弱的规则；漏报抽查。"""
    county = context.county()
    learnt = learn_precision(county, first=_month(first, "--from"), last=_month(last, "--to"), by=_SPLITS.get(by or ""))
    titles = rule_titles(county)
    _print_whole(learnt)
    heads = ("规则", "查什么", "线索", "已反馈", "可判断", "纳入", "有用", "准确率", "有用率")
    rows = [(row["rule_id"], titles.get(row["rule_id"], "—"), *_counted(row)) for row in _rows(learnt.by_rule)]
    table("各规则（一户的线索分属几条规则时，每条规则各计一次）", heads, rows)
    if by:
        _print_split(learnt, by, titles)
    _print_weak(learnt, titles)
    refused = [(row["rule_id"], row["title"], row["visits"]) for row in _rows(learnt.reasons)]
    if refused:
        table("不纳入的原因（03、04，户次）", ("规则", "原因", "户次"), refused)
    _print_checks(learnt)


def suggest(rule: Annotated[str, Parameter(help="规则编号")], *, first: _First = None, last: _Last = None) -> None:
    """一条规则的线再严一些，已核查的各户会少走访几户、漏掉几户；仅供参考，不改任何规则。"""
    county = context.county()
    known = rule_named(county, rule)
    found = suggest_line(county, known.id, first=_month(first, "--from"), last=_month(last, "--to"))
    OUT.print(
        f"[bold]{known.title}[/]（{known.id}）{_span(found.months)}：可判断的反馈 {found.judged:,} 户次，仅供参考"
    )
    if found.line is None:
        OUT.print("  这条规则没有单独一个可移动的线（没有触发过，或按各户自身情况、多个参数判断），不作试算")
        return
    side = "越高越严" if found.line.fires_above else "越低越严"
    OUT.print(f"  线：{found.line.name} = {found.line.value:,.10g}（{side}）。放宽后新增的户没有人核查过，请用回测看")
    if COUNTY_SET not in found.document:
        OUT.print(f"  这条线由文件规定，县里不移动，不作试算：{found.document}", markup=False)
        return
    if found.tried.is_empty():
        OUT.print("  没有更严的整数可试：已触发的都离线很近")
        return
    rows = [
        (
            f"{row['value']:,.10g}",
            row["kept"],
            row["kept_included"],
            _share(row, "precision"),
            row["dropped"],
            row["saved"],
            row["lost"],
            row["lost_for_good"],
        )
        for row in _rows(found.tried)
    ]
    heads = ("改为", "仍报到", "其中纳入", "准确率", "不再报到", "省去走访", "漏掉纳入户", "别的规则也不报")
    table("已核查的各户（户次）", heads, rows)
    _print_free(found, found.line.name, known.id)


def _print_whole(learnt: Learnt) -> None:
    told = f"线索 {learnt.leads:,} 户次，已交办 {learnt.dispatched:,}，已反馈 {learnt.answered:,}"
    OUT.print(f"[bold]预警精准度[/] {_span(learnt.months)}：{told}")
    for row in _rows(learnt.whole):
        visits = row["visits"]
        OUT.print(
            f"  走访 {visits:,} 户，纳入 {row['included']:,} 户：每走访百户纳入 {_rate(row['included'], visits)} 户"
        )
        OUT.print(
            f"  准确率 {_share(row, 'precision')}，有用率 {_share(row, 'usefulness')}（可判断的 {row['judged']:,} 户）"
        )
    OUT.print("  纳入：01、02、06；有用：另加05、07；08、09、10 看不出对错，不计入可判断的")


def _print_split(learnt: Learnt, by: str, titles: dict[str, str]) -> None:
    key, title = _SPLITS[by], _SPLIT_TITLES[by]
    heads = (title, "线索", "已反馈", "可判断", "纳入", "有用", "准确率", "有用率")
    table(f"全部规则（按{title}）", heads, [(_place(row[key]), *_counted(row)) for row in _rows(learnt.split_whole)])
    rows = [
        (_place(row[key]), row["rule_id"], titles.get(row["rule_id"], "—"), *_counted(row))
        for row in _rows(learnt.split)
    ]
    table(f"各规则（按{title}）", (title, "规则", "查什么", *heads[1:]), rows)


def _print_weak(learnt: Learnt, titles: dict[str, str]) -> None:
    weak = [(row["rule_id"], titles.get(row["rule_id"], "—"), row["reason"]) for row in _rows(learnt.weak)]
    if weak:
        table("偏弱的规则（请看原因和下面的 rules suggest，再用 backtest 试）", ("规则", "查什么", "理由"), weak)
    few = learnt.by_rule.filter("is_few")["rule_id"].to_list()
    if few:
        OUT.print(f"可判断的反馈不足 {FEW} 户次、还说明不了什么的规则：{'、'.join(few)}", markup=False)


def _print_checks(learnt: Learnt) -> None:
    drawn, seen, hits, share = learnt.checks
    if not drawn:
        OUT.print("漏报：这些月份没有低风险户抽查，漏报多少不知道")
    elif not seen:
        OUT.print(f"漏报：抽查 {drawn:,} 户，还没有可判断的反馈，漏报多少不知道")
    else:
        OUT.print(
            f"漏报：抽查低风险户 {drawn:,} 户，可判断 {seen:,} 户，其中应纳入 {hits:,} 户，漏报率 {_spread(share)}"
        )


def _print_free(found: Suggestion, name: str, rule_id: str) -> None:
    if found.judged < FEW:
        OUT.print(f"  [yellow]![/] 可判断的反馈不足 {FEW} 户次，上面的数说明不了什么，不作建议")
        return
    span = f"{found.months[0]}..{found.months[-1]}"
    if found.free is None:
        OUT.print("  凡是能少走访的，都会漏掉已纳入的户（见上表），不建议更严")
        return
    value, share = found.free
    OUT.print(
        f"  到 {value:,.10g} 为止，已核查的没有漏掉纳入的户；但不再报到的户中，纳入的仍可能多到 {_percent(share.high)}"
    )
    command = f"fangpin backtest {rule_id} --set {name}={value:.10g} --months {span}"
    OUT.print(f"  仅供参考，先试算再由人决定：{command}", markup=False)


def _counted(row: dict[str, Any]) -> tuple[object, ...]:
    counts = tuple(row[name] for name in ("leads", "visits", "judged", "included", "useful"))
    return (*counts, _share(row, "precision"), _share(row, "usefulness"))


def _share(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return "—"
    if row.get("is_few"):
        return "反馈太少"
    return _spread(Estimate(row[name], row[f"{name}_low"], row[f"{name}_high"]))


def _spread(share: Estimate) -> str:
    return f"{_percent(share.value)}（{_percent(share.low)}—{_percent(share.high)}）"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}".rstrip("0").rstrip(".") + "%"


def _rate(hits: int, visits: int) -> str:
    return f"{hits * 100 / visits:.1f}" if visits else "—"


def _place(given: str | None) -> str:
    return given or "（没有登记乡镇）"


def _span(months: tuple[Period, ...]) -> str:
    return months[0].title if len(months) == 1 else f"{months[0].title}至{months[-1].title}"


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return list(frame.iter_rows(named=True))


def _month(given: str | None, option: str) -> Period | None:
    return None if given is None else context.month(given, option=option)
