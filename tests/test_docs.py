"""The written house: what a user may type, read or fill in stands in the documents.

Fails when a command, an error, a source, a result code or an enum was added and nobody wrote it down.
"""

from __future__ import annotations

import inspect
import re
from enum import StrEnum
from pathlib import Path

import cyclopts
import pytest

from fangpin import errors, types
from fangpin.cli.main import app
from fangpin.config.loader import Declarations, load, site_ids
from fangpin.config.source_models import Source
from fangpin.connectors.heads import declared_columns
from fangpin.errors import FangpinError
from fangpin.types import ResultCode

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def read(name: str) -> str:
    """Return the text of a page under docs/."""
    return (DOCS / name).read_text(encoding="utf-8")


def commands_of(application: cyclopts.App, *, before: str) -> list[str]:
    """Return every command as it is typed, commands of commands too; no flags."""
    found = []
    for name in application:
        if name.startswith("-"):
            continue
        inner = commands_of(application[name], before=f"{before} {name}")
        found += inner or [f"{before} {name}"]
    return sorted(found)


def errors_below(category: type[FangpinError]) -> list[type[FangpinError]]:
    """Return an error class and all classes below it."""
    return [category, *(found for child in category.__subclasses__() for found in errors_below(child))]


def section(page: str, holding: str) -> str:
    """Return the part of a page under the second-level heading that holds a word; '' when there is none."""
    parts = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    return next((part for part in parts if holding in part.splitlines()[0]), "")


def table_rows(page: str) -> list[list[str]]:
    """Return the cells of every table row of a page, without code marks and emphasis."""
    rows = (line.strip("|").split("|") for line in page.splitlines() if line.startswith("|"))
    return [[cell.strip().strip("*`") for cell in row] for row in rows]


def relative_links(page: Path) -> list[str]:
    """Return the files a page links to inside the repository, without anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return [t.split("#")[0] for t in targets if "://" not in t and not t.startswith("#")]


def required_titles(source: Source, declared: Declarations) -> list[str]:
    """Return the titles of the columns without which a source's batch stops."""
    return [c.title for c in declared_columns(source, declared.identity).values() if c.required]


SITES = [load(site_id) for site_id in site_ids()]
SOURCES = {s.id: (s, declared) for declared in SITES for s in declared.sources.values()}
LEDGER = SITES[0].ledgers["township_tasks"]
ENUMS = sorted(
    name
    for name, value in vars(types).items()
    if inspect.isclass(value) and issubclass(value, StrEnum) and value.__module__ == types.__name__
)


def test_the_commands_are_the_ones_documented_first() -> None:
    """The walk over the command line finds commands and commands of commands."""
    assert {"fangpin init", "fangpin tasks export", "fangpin demo"} <= set(commands_of(app, before="fangpin"))


@pytest.mark.parametrize("command", commands_of(app, before="fangpin"))
def test_every_command_is_in_the_operators_or_the_bureaus_page(command: str) -> None:
    """Whoever reads the manuals meets every command."""
    assert f"`{command}" in read("operators.md") + read("bureau.md")


@pytest.mark.parametrize("category", errors_below(FangpinError), ids=lambda category: category.__name__)
def test_every_error_stands_in_the_table_of_exit_codes(category: type[FangpinError]) -> None:
    """The operators' table has a line with the exit code and the code of each error class."""
    rows = [row[:2] for row in table_rows(section(read("operators.md"), "退出码"))]

    assert [str(category.exit_code), category.code] in rows


def test_every_error_is_in_the_one_tree() -> None:
    """No error class of errors.py stands outside the tree that is documented."""
    defined = {v for v in vars(errors).values() if inspect.isclass(v) and v.__module__ == errors.__name__}

    assert defined - set(errors_below(FangpinError)) == set()


@pytest.mark.parametrize("source_id", sorted(SOURCES))
def test_every_source_has_its_section(source_id: str) -> None:
    """A department finds its extract by the title and the id in one heading."""
    heading = section(read("departments.md"), f"`{source_id}`").partition("\n")[0]

    assert heading.startswith(SOURCES[source_id][0].title)


@pytest.mark.parametrize("source_id", sorted(SOURCES))
def test_every_required_column_is_told_to_the_department(source_id: str) -> None:
    """A column that stops the batch is marked as 必有 in the section of its source, and no other is."""
    rows = table_rows(section(read("departments.md"), f"`{source_id}`"))
    told = sorted(row[0] for row in rows if row[1].startswith("必有"))

    assert told == sorted(required_titles(*SOURCES[source_id]))


@pytest.mark.parametrize("code", list(ResultCode), ids=lambda code: code.name)
def test_every_result_code_is_explained_to_the_townships(code: ResultCode) -> None:
    """A township reads each result with its code as the drop-down shows it."""
    title = next(choice.title for choice in LEDGER.choices["results"] if choice.code == code)
    rows = [row[:2] for row in table_rows(section(read("townships.md"), "核查结果"))]

    assert [str(code), title] in rows


def test_every_reason_is_told_to_the_townships() -> None:
    """The reasons for not including are those of the drop-down, in its order."""
    rows = [row for row in table_rows(section(read("townships.md"), "不纳入原因")) if row[0].isdecimal()]

    assert rows == [[choice.code, choice.title] for choice in LEDGER.choices["reasons"]]


@pytest.mark.parametrize("column", [c.title for c in LEDGER.columns])
def test_every_column_of_the_workbook_is_explained(column: str) -> None:
    """A township finds each column of its workbook in the page."""
    named = {title for row in table_rows(section(read("townships.md"), "各列")) for title in row[0].split("、")}

    assert column in named


def test_the_enums_are_found() -> None:
    """The walk over types.py finds its enums."""
    assert {"Role", "Band", "ResultCode"} <= set(ENUMS)


@pytest.mark.parametrize("enum", ENUMS)
def test_every_enum_is_in_the_glossary_with_its_values(enum: str) -> None:
    """The glossary has a line for each enum of types.py that names every value."""
    line = next((row for row in table_rows(read("glossary.md")) if row[0] == enum), [])
    told = re.findall(r"`([^`]+)`", f"`{line[2]}" if line else "")

    assert told == [str(value) for value in vars(types)[enum]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    """Nobody who follows a link inside the repository ends nowhere."""
    assert [link for link in relative_links(page) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_every_decision_has_its_three_headings(page: Path) -> None:
    """A decision says its context, what was decided and what follows, in this order."""
    headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert headings == ["Context", "Decision", "Consequences"]


def test_decisions_are_numbered_without_a_gap() -> None:
    """The decisions are numbered from 0001 on, and each title carries the number of its file."""
    titles = [page.read_text(encoding="utf-8").split("\n", 1)[0][:6] for page in DECISIONS]

    assert titles == [f"# {number:04d}" for number in range(1, len(DECISIONS) + 1)]
    assert [page.name[:4] for page in DECISIONS] == [title[2:] for title in titles]
