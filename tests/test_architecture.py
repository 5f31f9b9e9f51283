"""The floors of the house: imports go down only, the computing floor is pure, nothing shadows warnings."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import fangpin

ROOT = Path(fangpin.__file__).parent
TESTS = Path(__file__).parent

# First match wins; a module that matches none is unknown and fails.
FLOORS = (
    ("fangpin", 0),
    ("fangpin.types", 0),
    ("fangpin.errors", 0),
    ("fangpin.config", 1),
    ("fangpin.config.*", 1),
    ("fangpin.connectors.parse", 3),
    ("fangpin.connectors.child", 3),
    ("fangpin.connectors.handover", 3),
    ("fangpin.connectors.sandbox", 3),
    ("fangpin.connectors.encodings", 3),
    ("fangpin.connectors.delimited", 3),
    ("fangpin.connectors.archive", 3),
    ("fangpin.connectors.package", 3),
    ("fangpin.connectors.workbook", 3),
    ("fangpin.connectors.readers", 3),
    ("fangpin.connectors.transports", 3),
    ("fangpin.connectors.transports.*", 3),
    ("fangpin.connectors", 2),
    ("fangpin.connectors.cells", 2),
    ("fangpin.connectors.check_digit", 2),
    ("fangpin.connectors.amounts", 2),
    ("fangpin.connectors.dates", 2),
    ("fangpin.connectors.grid", 2),
    ("fangpin.connectors.heads", 2),
    ("fangpin.connectors.header", 2),
    ("fangpin.connectors.storeys", 2),
    ("fangpin.connectors.layout", 2),
    ("fangpin.connectors.months", 2),
    ("fangpin.connectors.noise", 2),
    ("fangpin.connectors.problems", 2),
    ("fangpin.connectors.problem_words", 2),
    ("fangpin.connectors.recognise", 2),
    ("fangpin.connectors.ids", 2),
    ("fangpin.connectors.values", 2),
    ("fangpin.connectors.conform", 2),
    ("fangpin.connectors.content", 2),
    ("fangpin.connectors.correction_form", 2),
    ("fangpin.connectors.corrections", 2),
    ("fangpin.connectors.difference", 2),
    ("fangpin.connectors.expect", 2),
    ("fangpin.matching", 2),
    ("fangpin.matching.*", 2),
    ("fangpin.warnings", 2),
    ("fangpin.warnings.*", 2),
    ("fangpin.tasks", 2),
    ("fangpin.tasks.lifecycle", 2),
    ("fangpin.tasks.answers", 2),
    ("fangpin.tasks.workdays", 2),
    ("fangpin.tasks.duedays", 2),
    ("fangpin.tasks.actions", 4),
    ("fangpin.ledgers", 2),
    ("fangpin.ledgers.build", 2),
    ("fangpin.ledgers.returned", 2),
    ("fangpin.ledgers.keys", 2),
    ("fangpin.ledgers.asked", 2),
    ("fangpin.ledgers.export", 3),
    ("fangpin.ledgers.templates", 3),
    ("fangpin.ledgers.masks", 2),
    ("fangpin.ledgers.problem_lines", 2),
    ("fangpin.ledgers.quarantine", 3),
    ("fangpin.ledgers.identity_corrections", 2),
    ("fangpin.ledgers.report_tables", 3),
    ("fangpin.ledgers.review_pairs", 2),
    ("fangpin.ledgers.review_returned", 2),
    ("fangpin.ledgers.review_sheet", 3),
    ("fangpin.store", 3),
    ("fangpin.store.*", 3),
    ("fangpin.pipeline", 4),
    ("fangpin.pipeline.*", 4),
    ("fangpin.scheduler", 5),
    ("fangpin.cli", 5),
    ("fangpin.cli.*", 5),
    ("fangpin.demo", 5),
    ("fangpin.demo.*", 5),
    ("fangpin.__main__", 5),
)
PURE = 2
# A watchdog that interrupts a connection handed in: it stops work, it changes no result.
ALLOWED = {("fangpin.warnings.limits", "threading")}
IMPURE_MODULES = {
    "os", "io", "socket", "random", "secrets", "uuid", "time", "subprocess", "shutil", "tempfile", "pathlib",
    "urllib", "http", "multiprocessing", "threading", "logging",
}  # fmt: skip
IMPURE_CALLS = {"now", "today", "utcnow", "write_text", "write_bytes", "read_text", "read_bytes", "getenv"}
IMPURE_NAMES = {"open", "print", "input", "eval", "exec"}

Trees = dict[str, ast.Module]


def read_trees(root: Path) -> Trees:
    """Return the parsed modules of a package by dotted name."""
    trees = {}
    for path in sorted(root.rglob("*.py")):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"))
    return trees


def imports_of(name: str, trees: Trees) -> set[str]:
    """Return the package's own modules that a module imports anywhere: top, functions, TYPE_CHECKING."""
    found = set()
    for node in ast.walk(trees[name]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in trees}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*name.split(".")[: -node.level], *([base] if base else [])])
            whole = {f"{base}.{alias.name}" for alias in node.names}
            found |= whole & set(trees)
            if base in trees and whole - set(trees):
                found.add(base)
    return found - {name}


def floor_of(name: str) -> int | None:
    """Return the floor a module stands on, None when nobody gave it one."""
    return next((floor for pattern, floor in FLOORS if fnmatchcase(name, pattern)), None)


def unknown_modules(trees: Trees) -> list[str]:
    """Return the modules without a floor."""
    return sorted(name for name in trees if floor_of(name) is None)


def upward_imports(trees: Trees) -> list[str]:
    """Return every import that goes up, as 'importer -> imported'."""
    return [
        f"{name} -> {other}"
        for name in sorted(trees)
        for other in sorted(imports_of(name, trees))
        if (floor_of(other) or 0) > (floor_of(name) or 0)
    ]


def import_cycle(trees: Trees) -> list[str]:
    """Return one cycle of imports, empty when there is none."""
    graph = {name: sorted(imports_of(name, trees)) for name in trees}
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in graph[name]:
            cycle = walk(other, [*path, name])
            if cycle:
                return cycle
        done.add(name)
        return []

    return next((cycle for name in sorted(graph) if (cycle := walk(name, []))), [])


def impurities(name: str, tree: ast.Module) -> list[str]:
    """Return what a pure module may not do: files, sockets, environment, clock, randomness."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in IMPURE_MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in IMPURE_MODULES:
            found.append(node.module or "")
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr in IMPURE_CALLS:
                found.append(f".{called.attr}()")
            elif isinstance(called, ast.Name) and called.id in IMPURE_NAMES:
                found.append(f"{called.id}()")
    return [f"{name}: {what}" for what in found if (name, what) not in ALLOWED]


def shadowed_warnings(trees: Trees) -> list[str]:
    """Return the modules that import the room of warnings by its bare name, or define a class Warning."""
    found = []
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "fangpin":
                found += [name for alias in node.names if alias.name == "warnings"]
            elif isinstance(node, ast.ClassDef) and node.name == "Warning":
                found.append(name)
    return found


@pytest.fixture(scope="module")
def trees() -> Trees:
    """Return the parsed modules of fangpin."""
    return read_trees(ROOT)


def test_every_module_has_a_floor(trees: Trees) -> None:
    """A module nobody put on a floor fails."""
    assert unknown_modules(trees) == []


def test_imports_go_down(trees: Trees) -> None:
    """No module imports from a higher floor."""
    assert upward_imports(trees) == []


def test_no_import_cycle(trees: Trees) -> None:
    """No module reaches itself through its imports."""
    assert import_cycle(trees) == []


def test_the_computing_floor_is_pure(trees: Trees) -> None:
    """Floor 2 touches no file, socket, environment, clock or randomness."""
    found = [line for name, tree in trees.items() if floor_of(name) == PURE for line in impurities(name, tree)]

    assert found == []


def test_nothing_shadows_warnings(trees: Trees) -> None:
    """The room of warnings is imported by its modules' full names, and no class is called Warning."""
    assert shadowed_warnings(trees) == []


def test_no_test_folder_shadows_warnings() -> None:
    """No folder tests/warnings stands in the way of Python's own module."""
    assert not (TESTS / "warnings").exists()


def _fake(tmp_path: Path, files: dict[str, str]) -> Trees:
    root = tmp_path / "fangpin"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_trees(root)


def test_checker_sees_an_upward_import_inside_a_function(tmp_path: Path) -> None:
    """An import hidden in a function is found."""
    planted = "def f():\n    from fangpin.pipeline.intake import x\n    return x\n"

    trees = _fake(tmp_path, {"__init__.py": "", "pipeline/intake.py": "x = 1\n", "connectors/ids.py": planted})

    assert upward_imports(trees) == ["fangpin.connectors.ids -> fangpin.pipeline.intake"]


def test_checker_sees_an_upward_import_for_types_only(tmp_path: Path) -> None:
    """An import under TYPE_CHECKING is found, relative ones too."""
    planted = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..store import files\n"

    trees = _fake(tmp_path, {"store/__init__.py": "", "store/files.py": "", "matching/link.py": planted})

    assert upward_imports(trees) == ["fangpin.matching.link -> fangpin.store.files"]


def test_checker_sees_a_cycle(tmp_path: Path) -> None:
    """A cycle over three modules is found."""
    files = {
        "matching/a.py": "import fangpin.matching.b\n",
        "matching/b.py": "from fangpin.matching.c import x\n",
        "matching/c.py": "from fangpin.matching import a\nx = a\n",
    }

    trees = _fake(tmp_path, files)

    expected = ["fangpin.matching.a", "fangpin.matching.b", "fangpin.matching.c", "fangpin.matching.a"]
    assert import_cycle(trees) == expected


def test_checker_sees_an_unknown_module(tmp_path: Path) -> None:
    """A module in a new place is unknown."""
    trees = _fake(tmp_path, {"types.py": "", "utils.py": "", "connectors/helpers.py": ""})

    assert unknown_modules(trees) == ["fangpin.connectors.helpers", "fangpin.utils"]


def test_checker_sees_the_clock() -> None:
    """A call for today's date and an import of os are found."""
    tree = ast.parse("import os.path\nimport datetime as dt\nx = dt.date.today()\ny = open('a')\n")

    assert impurities("m", tree) == ["m: os.path", "m: .today()", "m: open()"]


def test_checker_sees_shadowed_warnings() -> None:
    """Both ways of shadowing are found."""
    trees = {"a": ast.parse("from fangpin import warnings\n"), "b": ast.parse("class Warning: ...\n")}

    assert shadowed_warnings(trees) == ["a", "b"]
