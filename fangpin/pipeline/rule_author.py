"""A rule author's loop: a draft is begun, checked and tried on a screened month; a rule is explained for a household.

Floor 4. Nothing is published and nothing enters the office store; the one thing written is the file of a new draft.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fangpin.config.loader import read_rule
from fangpin.config.rule_models import Parameter, Rule
from fangpin.errors import DeclarationError, NeedsDecision, NotFound, UsageProblem
from fangpin.pipeline.county import County
from fangpin.pipeline.provenance import rows_behind
from fangpin.pipeline.rule_template import rule_template
from fangpin.pipeline.rule_versions import text_of
from fangpin.pipeline.runs import read_tables
from fangpin.pipeline.trials import MonthAgain, month_again
from fangpin.types import Period, Subject
from fangpin.warnings.evaluate import evaluate
from fangpin.warnings.inputs import quoted
from fangpin.warnings.measure import Measure
from fangpin.warnings.measures import SourceMeasures, catalogue, source_measures
from fangpin.warnings.sentences import MEMBER, fill
from fangpin.warnings.verdicts import RuleFailed, parameters_in_force, verdict_rows

_ID = re.compile(r"[a-z][a-z0-9_]*")
_SHOWN = 10  # sentences of a trial


@dataclass(frozen=True, slots=True)
class Tried:
    """What a draft gives on a screened month.

    households: with at least one that fires; known_before of them have a lead of that month anyhow.
    by_township: township (null: not registered), households. sentences: at most ten, spread over all.
    """

    population: int
    fires: int
    households: int
    known_before: int
    unjudged: int
    missing: tuple[str, ...]
    values: tuple[Parameter, ...]
    by_township: pl.DataFrame
    sentences: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule answers for a household or one of its members (判断结果).

    fires: None is 无法判断. raised: True became a lead, False was silenced, None did not fire. sentence: only when it
    fires. measures: each indicator the rule reads, with the value (None: unknown).
    """

    member: str
    fires: bool | None
    raised: bool | None
    measured: float | None
    threshold: float | None
    sentence: str
    measures: tuple[tuple[Measure, object], ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule explained for a household: verdicts, parameters used, sources missing, and the delivered rows behind."""

    verdicts: tuple[Verdict, ...]
    values: tuple[Parameter, ...]
    missing: tuple[str, ...]
    behind: pl.DataFrame


def drafts_folder(county: County) -> Path:
    """Return where drafts lie: inside the county's rules, but not read as one, so that half a draft stops nothing."""
    return county.home / "config" / "rules" / "drafts"


def new_rule(county: County, rule_id: str) -> Path:
    """Write the file a new rule begins as, and return where it lies.

    Raises: UsageProblem for an id that cannot be one; NeedsDecision when a rule or draft of that id is there already.
    """
    if not _ID.fullmatch(rule_id):
        raise UsageProblem("规则编号", f"收到“{rule_id}”", expected="小写字母开头，只用小写字母、数字和下划线")
    if rule_id in county.declared.rules or (drafts_folder(county).parent / f"{rule_id}.toml").exists():
        action = f"请换一个编号；要修改它，请用 fangpin rules revise {rule_id}"
        raise NeedsDecision(f"规则 {rule_id}", "已经有了", action=action)
    return _draft(county, rule_id, rule_template(rule_id, county.declared))


def revise_rule(county: County, rule_id: str, *, version: int | None = None) -> Path:
    """Write the text of a rule, or of one of its versions, as a draft to be changed, and return where it lies.

    Raises: NotFound for a rule or a version that there is not; NeedsDecision when there is a draft of it already.
    """
    return _draft(county, rule_id, text_of(county, rule_id, version=version))


def _draft(county: County, rule_id: str, text: str) -> Path:
    path = drafts_folder(county) / f"{rule_id}.toml"
    if path.exists():
        raise NeedsDecision(f"规则 {rule_id}", "已经有了草稿", action=f"请直接修改 {path}，或先移走")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def draft_of(county: County, file: Path) -> Rule:
    """Return the rule that a file declares, checked against the county's sources, grades and parameters.

    Raises: NotFound when there is no such file; DeclarationError when it is wrong.
    """
    if not file.is_file():
        raise NotFound(f"规则文件 {file.name}", "不存在", action="请核对文件名；新规则用 fangpin rules new 编号 建立")
    return read_rule(file, county.declared)


def try_rule(county: County, draft: Rule, period: Period) -> Tried:
    """Evaluate a draft on a screened month, before any quiet period, and keep nothing.

    Raises: NeedsDecision when the month was never screened; DeclarationError when the rule cannot be evaluated.
    """
    on = draft.model_copy(update={"switched_on": True})
    with month_again(county, period) as month:
        found = evaluate(month.con, [on], period=period, site=county.declared.site)
        leads = read_tables(county, month.run_id)["lead"]
        homes = month.register.households.select("household_no", "township")
    for failed in found.failures:
        raise DeclarationError(f"规则 {draft.id}", f"{failed.step}：{failed.reason}", action="请改正后重试")
    households = found.alerts.select("household_no").unique().join(homes, on="household_no", how="left")
    judged = found.unjudged.row(0, named=True)
    by_township = households.group_by("township").agg(households=pl.len()).sort("households", "township")
    return Tried(
        population=judged["population"],
        fires=found.alerts.height,
        households=households.height,
        known_before=households.join(leads, on="household_no", how="semi").height,
        unjudged=judged["unjudged"],
        missing=_titles(county, judged["missing_sources"]),
        values=tuple(parameters_in_force(draft, county.declared.site, on=month.first_day)),
        by_township=by_township.reverse(),
        sentences=_spread(found.alerts),
    )


def explain_rule(county: County, rule: Rule, *, household_no: str, period: Period) -> Explained:
    """Return what a rule of the county answered for a household in a screened month, and why.

    Raises: NeedsDecision, NotFound as ``rows_behind``; DeclarationError when the rule could not be evaluated.
    """
    if rule.subject is Subject.VILLAGE:
        action = f"请运行 fangpin areas {period}"
        raise UsageProblem(f"规则 {rule.id}", "是对乡镇和村的规则，不判断农户", action=action)
    behind = rows_behind(county, period, household_no)
    site = county.declared.site
    with month_again(county, period) as month:
        missing = sorted(set(rule.needs) - month.present)
        try:
            values = tuple(parameters_in_force(rule, site, on=month.first_day))
            rows = verdict_rows(month.con, rule, {p.name: p.value for p in values}, judged=not missing)
        except RuleFailed as failed:
            raise DeclarationError(
                f"规则 {rule.id}", f"{failed.step}：{failed.reason}", action="请改正后重试"
            ) from None
        mine = rows.filter(pl.col("household_no") == household_no).sort("person_no")
        run = read_tables(county, month.run_id)
        states = {
            row["person_no"]: raised
            for table, raised in (("suppressed", False), ("alert", True))
            for row in run[table].filter(rule_id=rule.id, household_no=household_no).iter_rows(named=True)
        }
        known = source_measures(county.declared)
        verdicts = tuple(_verdict(month, rule, row, states, known) for row in mine.iter_rows(named=True))
    needed = behind.filter(pl.col("source_id").is_in(rule.needs)) if rule.needs else behind
    return Explained(verdicts, values, _titles(county, missing), needed)


def _verdict(
    month: MonthAgain,
    rule: Rule,
    row: dict[str, object],
    states: dict[object, bool],
    known: Sequence[SourceMeasures],
) -> Verdict:
    measures = tuple(_measures(month, rule, row, known))
    relation = {measure.name: value for measure, value in measures}.get("relation")
    member = (str(relation) if relation else MEMBER) if rule.subject is Subject.PERSON else ""
    fires = row["fires"]
    told = row | {"period": month.period.title, "member": member}
    figures = [None if row[name] is None else float(str(row[name])) for name in ("measured", "threshold")]
    return Verdict(
        member=member,
        fires=None if fires is None else bool(fires),
        raised=states.get(row["person_no"]) if fires else None,
        measured=figures[0],
        threshold=figures[1],
        sentence=fill(rule.sentence, told) if fires else "",
        measures=tuple(m for m in measures if m[0].name not in {"household_no", "person_no", "relation"}),
    )


def _measures(
    month: MonthAgain, rule: Rule, row: dict[str, object], known: Sequence[SourceMeasures]
) -> list[tuple[Measure, object]]:
    """Return the indicators that the rule's SQL names, with what they are for one row's person and household."""
    named = {*re.findall(r"\w+", rule.sql), "relation"}
    tables = catalogue(known)
    found: dict[str, tuple[Measure, object]] = {}
    for table, key in (("household_month", "household_no"), ("person_month", "person_no")):
        if row[key] is None or (key == "household_no" and table not in named):
            continue
        read = [m for m in tables[table] if m.name in named]
        columns = ", ".join(quoted(m.name) for m in read) or "null"
        values = month.con.execute(f"select {columns} from {table} where {key} = $key", {"key": row[key]}).fetchall()
        found |= {m.name: (m, value) for m, value in zip(read, values[0] if values else (), strict=False)}
    return list(found.values())


def _spread(alerts: pl.DataFrame) -> tuple[tuple[str, str], ...]:
    """Return a few alerts spread over all of them: the household's number but for its last four hidden, the sentence.

    Spread and not the first, which would all be of one village.
    """
    some = alerts.sort("household_no", "person_no").gather_every(max(1, -(-alerts.height // _SHOWN)))
    hidden = pl.concat_str(pl.lit("****"), pl.col("household_no").str.slice(-4))
    return tuple(some.select(hidden, "sentence").iter_rows())


def _titles(county: County, source_ids: list[str]) -> tuple[str, ...]:
    return tuple(county.declared.source(source_id).title for source_id in source_ids)
