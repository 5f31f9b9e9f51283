"""Hostile files: each is refused with a sentence or cleaned, in time; the reader of the next file is none the worse."""

from __future__ import annotations

import resource
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hostile import ARCHIVES, BOOKS, TEXTS, Hostile

from fangpin.connectors.readers import Limits, Readers
from fangpin.errors import IntakeRefused

SECONDS_MAX = 60.0
PARENT_GROWTH_MAX = 400 * 1024  # KiB
LIMITS = Limits()


def _written(case: Hostile, folder: Path) -> Path:
    path = folder / "original"
    content = case.make()
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    return path


def _outcome(readers: Readers, path: Path, case: Hostile) -> int:
    """Return how many rows or members came out; every part is walked."""
    if case.archive:
        into = path.with_name("members")
        into.mkdir()
        members = readers.unpack(path, file_name="来件.zip", into=into)
        if [member.path for member in members] == [path]:  # damaged: whoever reads it says so
            return _outcome(readers, path, replace(case, archive=False))
        assert {member.path.parent for member in members} == {into}
        assert not any(c in member.name for member in members for c in "/\\\u202e\0")
        return len(members)
    with readers.read(path, file_name="来件") as grids:
        return sum(part.height for grid in grids for part in grid.parts())


@pytest.mark.parametrize("case", [*TEXTS, *BOOKS, *ARCHIVES], ids=lambda case: case.name)
def test_hostile_file(case: Hostile, readers: Readers, tmp_path: Path) -> None:
    """A hostile file is refused with its reason or cleaned, within bounds, and an honest one is read right after it."""
    path = _written(case, tmp_path)
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refusal, came = "", None
    try:
        came = _outcome(readers, path, case)
    except IntakeRefused as exc:
        refusal = exc.sentence
    seconds = time.monotonic() - start
    honest = tmp_path / "honest"
    honest.write_text("姓名,金额\n甲一,1\n", encoding="utf-8")

    assert (case.cleaned, bool(refusal)) == (came, case.cleaned is None)
    assert case.refusal in refusal
    assert not refusal or (refusal.startswith("文件 来件") and refusal.endswith("。"))
    assert seconds < SECONDS_MAX
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < PARENT_GROWTH_MAX
    with readers.read(honest, file_name="honest.csv") as grids:
        assert grids[0].rows.height == 2
    path.unlink()
