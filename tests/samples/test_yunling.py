"""The sample county beside the checkout, twelve months through the commands with the shipped declarations.

The outside check: made by nobody who writes the product, never tuned to. Steps aside where it is not there.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fangpin.cli.main import main
from fangpin.demo.score import score_leads, score_links

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "samples" / "yunling"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample county is not beside this checkout"),
]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Take the year through the commands and export every month's links and leads."""
    out = tmp_path_factory.mktemp("yunling")
    home = ["--home", str(out / "home")]
    main(["init", "--site", "huaxi", *home])
    for folder in sorted((SAMPLE / "county").iterdir()):
        main(["receive", *(str(f) for f in sorted(folder.iterdir())), *home])
        main(["screen", folder.name, *home])
        main(["dispatch", folder.name, *home])
        for what in ("links", "leads"):
            target = str(out / f"{what}-{folder.name}.parquet")
            main(["export", what, "--period", folder.name, "--out", target, *home])
    return out


def test_links_are_right_over_the_year(year: Path) -> None:
    """F1 against the answers stays above the bar, and hardly a link is wrong."""
    links = pl.concat([pl.read_parquet(f) for f in sorted(year.glob("links-*.parquet"))])
    answers = pl.read_parquet(SAMPLE / "answers" / "links.parquet")
    found = score_links(links.with_columns(month=pl.col("period").str.replace("-", "")), answers).overall

    assert found.f1 is not None
    assert found.f1 >= 0.985
    assert found.precision is not None
    assert found.precision >= 0.998


def test_planted_shocks_are_found(year: Path) -> None:
    """Nearly all planted shocks have a lead of their kind in time, of every kind most; few leads are in vain."""
    leads = pl.concat([pl.read_parquet(f) for f in sorted(year.glob("leads-*.parquet"))])
    truth = {n: pl.read_parquet(SAMPLE / "answers" / f"{n}.parquet") for n in ("shocks", "decoys")}
    found = score_leads(leads, truth["shocks"], truth["decoys"])

    assert found.overall.recall is not None
    assert found.overall.recall >= 0.95
    assert found.overall.precision is not None
    assert found.overall.precision >= 0.85
    assert {kind: of.recall for kind, of in found.by_kind.items() if of.recall is None or of.recall < 0.85} == {}
    assert found.decoys_warned_share is not None
    assert found.decoys_warned_share <= 0.05
