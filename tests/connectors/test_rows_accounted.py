"""Rows in = accepted + rejected + duplicate, for every generated file; FANGPIN_FILES says how many (10,000 by wish)."""

from __future__ import annotations

import os

import pytest
from corpus_random import Written, write

from fangpin.config.loader import Declarations
from fangpin.connectors.conform import Conformed, conform
from fangpin.connectors.layout import read_parts
from fangpin.connectors.recognise import recognise
from fangpin.errors import IntakeRefused
from fangpin.types import RowStatus

FILES = int(os.environ.get("FANGPIN_FILES", "500"))
BUNDLES = 10


@pytest.mark.parametrize("bundle", range(BUNDLES))
def test_every_row_written_ends_exactly_once(bundle: int, declared: Declarations) -> None:
    """Each data row of each file comes out once, in order, where it stands, with one status and its reason."""
    wrong = {}
    for seed in range(bundle, FILES, BUNDLES):
        written = write(seed)
        if found := _mismatches(written, declared):
            wrong[seed] = found

    assert wrong == {}


def _mismatches(written: Written, declared: Declarations) -> list[str]:
    try:
        found = recognise(written.grids, declared, file_name=written.file_name, source_id=None, period=None)
    except IntakeRefused as refusal:
        return [refusal.sentence]
    source = declared.sources[found.source_id]
    conformed = conform(read_parts(found.sheets, merged=source.merged), source, declared.identity)
    identity = conformed.identity
    number = len(written.rows)
    counts = {status: conformed.count(status) for status in RowStatus}
    places = sorted(identity.select("sheet", "sheet_row").rows()) == sorted(written.rows)
    checks = {
        "source": found.source_id == written.source_id,
        "places": places,
        "numbers": identity["row_number"].to_list() == list(range(1, number + 1)),
        "sum": sum(counts.values()) == number,
        "facts": conformed.facts.height == counts[RowStatus.ACCEPTED],
        "noise": conformed.skipped == dict(written.noise),
        "reasons": _reasons(conformed),
        "repeats": not places or _equals_are_told(written, conformed, all_of_them=source.mode == "full"),
    }
    return [name for name, holds in checks.items() if not holds]


def _reasons(conformed: Conformed) -> bool:
    """Say whether the rows sent back are those with a reason, and the duplicates those with their first row."""
    told = conformed.issues.select("row_number", "severity").unique()
    by_status = {s: set(conformed.identity.filter(row_status=s.value)["row_number"]) for s in RowStatus}
    sent_back = set(told.filter(severity="退回")["row_number"])
    doubled = set(told.filter(severity="重复")["row_number"])
    return by_status[RowStatus.REJECTED] == sent_back and by_status[RowStatus.DUPLICATE] == doubled


def _equals_are_told(written: Written, conformed: Conformed, *, all_of_them: bool) -> bool:
    """Say whether only rows equal to an earlier one are duplicates; in a full list, whether none of them is kept."""
    content_at = dict(zip(written.rows, written.contents, strict=True))
    seen: set[tuple[str, ...]] = set()
    for sheet, sheet_row, status in conformed.identity.select("sheet", "sheet_row", "row_status").iter_rows():
        equal = content_at[sheet, sheet_row] in seen
        if status == RowStatus.DUPLICATE and not equal:
            return False
        if status == RowStatus.ACCEPTED and equal and all_of_them:
            return False
        seen.add(content_at[sheet, sheet_row])
    return True
