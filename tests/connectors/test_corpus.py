"""Every file of the corpus is taken in, held or refused exactly as its shape demands, cell by cell."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from corpus_pens import NAMES, Case, Told
from make_corpus import CASES

from fangpin.connectors.readers import Readers
from fangpin.errors import FangpinError
from fangpin.pipeline import intake as intake_room
from fangpin.pipeline.county import County, create_county, open_county
from fangpin.pipeline.intake import Intake, Receipt

NOW = dt.datetime(2024, 5, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOISE = ("合计", "签字", "空行", "重复表头")
PERSONAL = re.compile("|".join([r"\d{14,}", *NAMES]))
YES_NO = {True: "是", False: "否"}


@pytest.fixture(scope="module")
def empty_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a county's folder once, to be copied for each file."""
    home = tmp_path_factory.mktemp("corpus") / "home"
    create_county(home, "huaxi", office_url=None, now=NOW).close()
    return home


@pytest.fixture
def county(empty_county: Path, tmp_path: Path, readers: Readers, monkeypatch: pytest.MonkeyPatch) -> Iterator[County]:
    """Open a new county that reads with the one warm child."""
    shutil.copytree(empty_county, tmp_path / "home")
    opened = open_county(tmp_path / "home", office_url=None)
    monkeypatch.setattr(intake_room, "Readers", lambda _scratch: readers)
    yield opened
    opened.close()


@pytest.mark.parametrize("case", CASES, ids=[case.shape for case in CASES])
def test_each_file_comes_out_as_it_must(case: Case, county: County, tmp_path: Path) -> None:
    """Outcome, source, month, rows, notices, problems and typed cells are those written beside the file's maker."""
    path = tmp_path / case.file_name
    path.write_bytes(case.content())

    outcomes = _received(county, path)

    assert len(outcomes) == len(case.expected)
    for outcome, told in zip(outcomes, case.expected, strict=True):
        _compare(county, outcome, told)


def test_shapes_are_many_and_told_apart() -> None:
    """The corpus holds more than sixty shapes, each under its own name."""
    assert len({case.shape for case in CASES}) == len(CASES) > 60


def _received(county: County, path: Path) -> list[Receipt | FangpinError]:
    intake = Intake(county)  # never closed: the reading child goes on to the next file
    try:
        if path.suffix == ".zip":
            return intake.receive_all(path, now=NOW, by="测试")
        return [intake.receive(path, now=NOW, by="测试")]
    except FangpinError as failure:
        return [failure]


def _compare(county: County, outcome: Receipt | FangpinError, told: Told) -> None:
    reached, sentence = _ended(outcome)
    assert PERSONAL.search(sentence) is None
    wanted = {"stopped": {"held", "refused"}, "careful": {"landed", "held", "refused"}}.get(
        told.outcome, {told.outcome}
    )
    assert reached in wanted, sentence or reached
    if reached != "landed":
        assert [word for word in told.says if word not in sentence] == []
        return
    assert isinstance(outcome, Receipt)
    assert _read(county, outcome, told) == _wanted(told)


def _ended(outcome: Receipt | FangpinError) -> tuple[str, str]:
    """Return landed, held or refused, and the sentence that says so."""
    if isinstance(outcome, FangpinError):
        return "refused", outcome.sentence
    return outcome.state.value, "；".join(outcome.held)


def _wanted(told: Told) -> dict[str, Any]:
    return {
        "source": told.source,
        "period": told.period,
        "counts": (told.accepted + told.rejected + told.duplicate, told.accepted, told.rejected, told.duplicate),
        "skipped": told.skipped,
        "not told": [],
        "unknown": len(told.unknown),
        "unknown not told": [],
        "issues": told.issues,
        "rows without a problem": [],
        "values": told.values,
    }


def _read(county: County, receipt: Receipt, told: Told) -> dict[str, Any]:
    """Return what came of the file, of all that the expectation speaks of."""
    rows = county.warehouse.read(receipt.batch_id, "identity").join(
        county.warehouse.read(receipt.batch_id, "facts"), on="row_number", how="left"
    )
    problems = county.warehouse.read(receipt.batch_id, "issues")
    noticed = "；".join([*receipt.skipped, *receipt.notices])
    unknown = receipt.unknown_columns
    counts = receipt.counts
    return {
        "source": receipt.batch_id.rsplit("-", 3)[0],
        "period": str(receipt.period),
        "counts": (counts.rows_in, counts.accepted, counts.rejected, counts.duplicate),
        "skipped": None if told.skipped is None else {n: receipt.skipped[n] for n in NOISE if n in receipt.skipped},
        "not told": [word for word in told.told if word not in noticed],
        "unknown": len(unknown),
        "unknown not told": [head for head in told.unknown if not any(head in said for said in unknown)],
        "issues": None if told.issues is None else dict(problems.group_by("code").len().sort("code").iter_rows()),
        "rows without a problem": sorted(set(told.flagged) - set(problems["row_number"])),
        "values": {row: _cells(rows, row, names) for row, names in told.values.items()},
    }


def _cells(rows: pl.DataFrame, place: int | str, names: dict[str, object]) -> dict[str, object]:
    sheet, number = str(place).split("!") if isinstance(place, str) else (None, place)
    here = rows.filter(pl.col("sheet_row") == int(number), (pl.col("sheet") == sheet) if sheet else pl.lit(value=True))
    assert here.height == 1, f"第{place}行读出 {here.height} 行"
    read = here.row(0, named=True)
    return {name: YES_NO[value] if isinstance(value := read[name], bool) else value for name in names}
