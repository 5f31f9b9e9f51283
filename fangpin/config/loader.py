"""Loads the declarations: those shipped in the package, overridden or added to by the county's own.

Floor 1. ``HOME/config`` has the same layout (sources/, rules/, ledgers/, sites/); a file there with the same id
replaces the shipped one; connections/ is a county's own alone. An error names file, key and what is allowed.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from fangpin.config.connections import Connection
from fangpin.config.declaration import Declaration
from fangpin.config.ledger_models import Ledger
from fangpin.config.measure_models import MeasureSet
from fangpin.config.rule_models import Rule
from fangpin.config.site_models import Site
from fangpin.config.source_models import Column, Source
from fangpin.errors import DeclarationError, NotFound

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from pydantic_core import ErrorDetails

_KINDS = {
    "string": "文字",
    "int": "整数",
    "float": "数",
    "bool": "true 或 false",
    "tuple": "列表 [ ]",
    "dict": "表 { }",
    "model": "表 { }",
    "date": "日期，如 2024-03-01",
}

_TASKS = "township_tasks"
# What is read back from a returned task sheet: columns, and the code list each drop-down of them offers.
_TASKS_COLUMNS = (
    *("task_id", "revision", "row_check", "village", "head_name"),
    *("result", "reason", "visited_on", "visitors", "method", "note"),
)
_TASKS_CHOICES = {"result": "results", "reason": "reasons", "method": "methods"}

_D = TypeVar("_D", Source, Rule, MeasureSet, Ledger, Site, Connection)


@dataclass(frozen=True, slots=True)
class Declarations:
    """Everything a county declares, by id, checked as a whole."""

    site: Site = field(repr=False)
    sources: dict[str, Source] = field(repr=False)
    rules: dict[str, Rule] = field(repr=False)
    measures: dict[str, MeasureSet] = field(repr=False)
    ledgers: dict[str, Ledger] = field(repr=False)
    identity: dict[str, Column] = field(repr=False)
    connections: dict[str, Connection] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 over all declarations in effect: what a run pins."""
        declared = (self.sources, self.rules, self.measures, self.identity)
        return digest_of(self.site, *(declaration for kind in declared for declaration in kind.values()))

    def source(self, source_id: str) -> Source:
        """Return the source of that id, or say which there are."""
        try:
            return self.sources[source_id]
        except KeyError:
            raise NotFound("数据源", f"收到“{source_id}”", expected="、".join(sorted(self.sources))) from None


def digest_of(*declarations: Declaration) -> str:
    """Return one SHA-256 over the given declarations, the same whatever their order."""
    texts = sorted(json.dumps(d.recipe, sort_keys=True, ensure_ascii=False) for d in declarations)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def load(site_id: str, *, home: Path | None = None) -> Declarations:
    """Return the declarations of one site, checked against each other.

    Raises DeclarationError for a file that is wrong or a reference that leads nowhere; NotFound for
    a site nobody declared.

    >>> load("huaxi").sources["dibao_roster"].agency
    '民政'
    """
    sites = _load_kind(Site, "sites", home)
    if site_id not in sites:
        raise NotFound("县（--site）", f"收到“{site_id}”", expected="、".join(sorted(sites)), action="请改用其中之一")
    site = sites[site_id]
    identity = _identity_columns()
    sources = _chosen(_load_kind(Source, "sources", home), site.sources, site, "sources")
    rules = _chosen(_load_kind(Rule, "rules", home), site.rules, site, "rules")
    _check_references(site, sources, rules, identity)
    measures = _measures(home, sources)
    ledgers = _load_kind(Ledger, "ledgers", home)
    _check_tasks(ledgers[_TASKS])
    connections = _load_kind(Connection, "connections", home)
    _check_schedule(site, sources, connections)
    return Declarations(site, sources, rules, measures, ledgers, identity, connections)


def site_ids(home: Path | None = None) -> list[str]:
    """Return the ids of all declared sites, sorted."""
    return sorted(_load_kind(Site, "sites", home))


def _shipped() -> Traversable:
    return resources.files("fangpin.config")


def _identity_columns() -> dict[str, Column]:
    table = tomllib.loads(_shipped().joinpath("identity.toml").read_text(encoding="utf-8"))
    return {name: Column(name=name, **body) for name, body in table.items()}


def _load_kind(model: type[_D], folder: str, home: Path | None) -> dict[str, _D]:
    found: dict[str, _D] = {}
    places: list[Traversable] = [_shipped().joinpath(folder)]
    if home is not None:
        places.append(Path(home) / "config" / folder)
    for place in places:
        if not place.is_dir():
            continue
        for file in sorted(place.iterdir(), key=lambda f: f.name):
            if file.name.endswith(".toml"):
                declared = _parse(model, file)
                found[declared.id] = declared
    return found


def read_rule(file: Path, declared: Declarations) -> Rule:
    """Return the rule that a file declares, checked against the declarations it would join.

    Raises DeclarationError for a file that is wrong or a reference that leads nowhere.
    """
    return rule_of(_text_of(file), declared, name=file.name)


def rule_of(text: str, declared: Declarations, *, name: str) -> Rule:
    """Return the rule that the text of a file of that name declares, checked as ``read_rule`` does."""
    rule = _declared(Rule, text, name=name)
    _check_references(declared.site, declared.sources, {rule.id: rule}, declared.identity)
    return rule


def _text_of(file: Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise DeclarationError(f"声明 {file.name}", "不是 UTF-8 文字", action="请另存为 UTF-8 后重试") from exc


def _parse(model: type[_D], file: Traversable) -> _D:
    return _declared(model, _text_of(file), name=file.name)


def _declared(model: type[_D], text: str, *, name: str) -> _D:
    where = f"声明 {name}"
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        line = re.search(r"line (\d+)", str(exc))
        place = f"第 {line[1]} 行" if line else "末尾"
        raise DeclarationError(where, f"{place}不是有效的 TOML", action="请改正后重试") from exc
    try:
        declared = model.model_validate(body)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        given, expected = _in_chinese(first)
        what = f"键 {key}{given}" if key else given
        raise DeclarationError(where, what, expected=expected, action="请改正后重试") from exc
    if declared.id != name.removesuffix(".toml"):
        raise DeclarationError(where, f"id 为“{declared.id}”", expected="与文件名相同", action="请改文件名或 id")
    return declared


def _in_chinese(error: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong with a key and what is allowed, in the words of those who write declarations."""
    limits = error.get("ctx", {})
    expected = ""
    match error["type"]:
        case "missing":
            given = "缺失"
        case "extra_forbidden":
            given = "没有这个键"
        case "enum" | "literal_error":
            given = "的值不在允许之列"
            expected = str(limits["expected"]).replace(" or ", "、").replace(", ", "、")
        case "string_pattern_mismatch":
            given, expected = "的写法不对", f"形如 {limits['pattern']}"
        case "value_error":
            given = f"有误（{limits['error']}）"
        case kind if kind.split("_")[0] in _KINDS:
            given, expected = "的类型不对", _KINDS[kind.split("_")[0]]
        case kind:
            given = f"的值不对（{kind}）"
    return given, expected


def _chosen(all_: dict[str, _D], wanted: tuple[str, ...], site: Site, key: str) -> dict[str, _D]:
    missing = [w for w in wanted if w not in all_]
    if missing:
        where = f"声明 {site.id}.toml"
        raise DeclarationError(where, f"键 {key} 提到“{'、'.join(missing)}”", expected="、".join(sorted(all_)))
    return {w: all_[w] for w in wanted}


def _check_references(
    site: Site, sources: dict[str, Source], rules: dict[str, Rule], identity: dict[str, Column]
) -> None:
    for source in sources.values():
        unknown = sorted(set(source.identity) - set(identity))
        if unknown:
            where = f"声明 {source.id}.toml"
            raise DeclarationError(where, f"identity 提到“{'、'.join(unknown)}”", expected="、".join(identity))
    grades = {g.code for g in site.grades}
    lines = {p.name for p in site.parameters}
    for rule in rules.values():
        where = f"声明 {rule.id}.toml"
        if rule.grade and rule.grade not in grades:
            raise DeclarationError(where, f"grade 为“{rule.grade}”", expected="、".join(sorted(grades)))
        if not set(rule.needs) <= set(sources):
            raise DeclarationError(where, f"needs 为“{'、'.join(rule.needs)}”", expected="、".join(sorted(sources)))
        if not set(rule.site_parameters) <= lines:
            given = "、".join(rule.site_parameters)
            raise DeclarationError(where, f"site_parameters 为“{given}”", expected="、".join(sorted(lines)))


def _measures(home: Path | None, sources: dict[str, Source]) -> dict[str, MeasureSet]:
    """Return the declared measures over the county's sources; those over a source it does not have say nothing here."""
    declared = _load_kind(MeasureSet, "measures", home)
    names: dict[str, str] = {}
    for set_id, measures in declared.items():
        where = f"声明 {set_id}.toml"
        known = {c.name for c in sources[measures.source].columns} if measures.source in sources else None
        for measure in measures.measures:
            if measure.name in names:
                raise DeclarationError(where, f"指标 {measure.name} 在 {names[measure.name]}.toml 中已有")
            names[measure.name] = set_id
            unknown = [c for c in measure.columns if known is not None and c not in known]
            if unknown:
                given = f"指标 {measure.name} 提到“{'、'.join(unknown)}”"
                raise DeclarationError(where, given, expected="、".join(sorted(known or ())))
    return {set_id: measures for set_id, measures in declared.items() if measures.source in sources}


def _check_schedule(site: Site, sources: dict[str, Source], connections: dict[str, Connection]) -> None:
    """Refuse connections and jobs that speak of a source the site does not have, and two jobs of one name."""
    for connection in connections.values():
        if connection.source and connection.source not in sources:
            where = f"声明 {connection.id}.toml"
            raise DeclarationError(where, f"source 为“{connection.source}”", expected="、".join(sorted(sources)))
    where = f"声明 {site.id}.toml"
    names = [job.id for job in site.jobs]
    for job in site.jobs:
        if names.count(job.id) > 1:
            raise DeclarationError(where, f"jobs 中有两个“{job.id}”", action="请给每个定时任务不同的编号")
        if job.source and job.source not in sources:
            raise DeclarationError(
                where, f"定时任务 {job.id} 的 source 为“{job.source}”", expected="、".join(sorted(sources))
            )


def _check_tasks(ledger: Ledger) -> None:
    """Refuse a task sheet from which a township's answers could not be read back."""
    where = f"声明 {ledger.id}.toml"
    columns = {c.name: c for c in ledger.columns}
    missing = [name for name in _TASKS_COLUMNS if name not in columns]
    if missing:
        raise DeclarationError(where, f"columns 缺少“{'、'.join(missing)}”", expected="、".join(_TASKS_COLUMNS))
    for name, offered in _TASKS_CHOICES.items():
        given = columns[name].choices
        if given != offered:
            raise DeclarationError(where, f"列 {name} 的 choices 为“{given}”", expected=offered)
        if not ledger.choices[offered]:
            raise DeclarationError(where, f"choices.{offered} 没有选项", expected="至少一项")
