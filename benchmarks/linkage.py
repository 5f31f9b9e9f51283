"""fangpin's linker beside Splink tuned by hand: the same counties, the same identities, one run.

    python benchmarks/linkage.py --rivals PYTHON [--work DIR] [--out DIR] [--only "300,000 typical" …]

Per county: F1, precision, F1 by what happened to the ID, wrong automatic links, seconds from conformed files to links,
peak memory (every measured piece is a process of its own), the month after with a tenth of the identities new, and the
floors (parsing the same files, joining by number alone). Then FEBRL4. Writes wrong_links.csv, calibration.png and
review_load.png into --out. --rivals: the Python of an environment with the dependency group "rivals"; without it only
fangpin's own figures are printed. --work keeps the invented counties for the next run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from linkage_data import DATA_SETS, Prepared, answers, prepare
from linkage_rivals import febrl4, run_splink

_WORKER = Path(__file__).with_name("linkage_work.py")
_PLOTS = Path(__file__).with_name("linkage_plots.py")
_CLASSES = ("broken", "masked", "none", "swapped")
_HEAD = ("F1", "precision", *_CLASSES, "wrong 1 in", "review %", "seconds", "peak MiB")


@dataclass(frozen=True, slots=True)
class Score:
    """How right links are: over all rows, and F1 by class of ID."""

    f1: float
    precision: float
    by_class: dict[str, float]
    links: int
    wrong: int


def score(links: pl.DataFrame, truth: pl.DataFrame) -> Score:
    """Hold links (source_id, row_number, person_no; only rows linked by the machine alone) against the answers."""
    held = truth.join(links.rename({"person_no": "linked"}), on=["source_id", "row_number"], how="left")
    right = (pl.col("linked") == pl.col("person_no")).fill_null(value=False)
    groups = held.group_by("id_class").agg(pl.col("linked").count(), pl.col("person_no").count(), right=right.sum())
    counts = {row["id_class"]: (row["linked"], row["person_no"], row["right"]) for row in groups.iter_rows(named=True)}
    linked, known, correct = (sum(count[n] for count in counts.values()) for n in range(3))
    return Score(
        2 * correct / (linked + known),
        correct / linked,
        {name: 2 * found / max(made + real, 1) for name, (made, real, found) in counts.items()},
        linked,
        linked - correct,
    )


def work(what: str, home: Path, out: Path) -> dict[str, Any]:
    """One piece in a process of its own; what it printed."""
    command = [sys.executable, str(_WORKER), what, str(home), str(out)]
    start = time.perf_counter()
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return {**told, "process": time.perf_counter() - start}


def automatic(links: pl.DataFrame) -> pl.DataFrame:
    """The rows that were linked without a person."""
    return links.filter(pl.col("band") == "link").select("source_id", "row_number", "person_no")


def row(name: str, scored: Score, *, review: float | None, seconds: float, peak: float) -> str:
    """One line of the table."""
    one_in = f"{scored.links // scored.wrong:,}" if scored.wrong else "—"
    figures = [scored.f1, scored.precision, *(scored.by_class.get(name, 0.0) for name in _CLASSES)]
    told = [*(f"{figure:.4f}" for figure in figures), one_in]
    return f"{name:<22}" + "".join(
        f"{text:>11}" for text in (*told, "" if review is None else f"{review:.2%}", f"{seconds:.2f}", f"{peak:.0f}")
    )


def compare(name: str, prepared: Prepared, out: Path, rivals: Path | None) -> None:
    """Measure one county and print its lines."""
    truth = answers(prepared)
    first = work("link", prepared.home, out)
    links = pl.read_parquet(out / "links.parquet")
    mine = score(automatic(links), truth)
    print(f"\n{name}: {truth.height:,} rows, {first['pairs']:,} pairs\n{'':<22}" + "".join(f"{h:>11}" for h in _HEAD))
    review = links.filter(pl.col("band") == "review").height / links.height
    print(row("fangpin", mine, review=review, seconds=first["seconds"], peak=first["peak_mib"]))
    _write_wrong(name, links, truth, out)
    if rivals is not None:
        standard = work("standardise", prepared.home, out)
        splink = run_splink(rivals, out)
        print(
            row("Splink tuned", score(splink.links, truth), review=None, seconds=splink.seconds, peak=splink.peak_mib)
        )
        print(
            f"fangpin / Splink: seconds {first['seconds'] / splink.seconds:.2f} (trained model loaded: "
            f"{splink.loaded:.1f} s, {first['seconds'] / splink.loaded:.2f}), "
            f"peak {first['peak_mib'] / splink.peak_mib:.2f}; whole processes {first['process']:.1f} s and "
            f"{splink.process:.1f} s; standardising, which only fangpin's seconds hold: {standard['seconds']:.2f} s"
        )
    following = work("again", prepared.home, out / "again")
    same = "the same links as without memory" if following["same"] else "OTHER LINKS THAN WITHOUT MEMORY"
    print(f"following month, a tenth of the identities new: {following['seconds']:.2f} s, {same}")
    files = [str(file) for file in prepared.files if "走访" not in file.name]
    (out / "files.txt").write_text("\n".join(files), encoding="utf-8")
    parsed, joined = work("parse", prepared.home, out), work("join", prepared.home, out)
    print(f"floors: parse the same files {parsed['seconds']:.2f} s, join by number {joined['seconds']:.2f} s")


def _write_wrong(name: str, links: pl.DataFrame, truth: pl.DataFrame, out: Path) -> None:
    """Every wrong automatic link, to be looked at: where it stands, whom it got, whom it should have got."""
    held = links.filter(pl.col("band") == "link").join(
        truth.rename({"person_no": "true_person_no"}), on=["source_id", "row_number"]
    )
    wrong = held.filter(pl.col("person_no").ne_missing(pl.col("true_person_no")))
    columns = ("source_id", "row_number", "person_no", "true_person_no", "id_class", "method", "score", "reasons")
    wrong.select(columns).sort("score", descending=True).write_csv(out / "wrong_links.csv")
    print(f"{'':<22}{wrong.height} wrong automatic links of {name} in {out / 'wrong_links.csv'}")


def points(prepared: Prepared, out: Path) -> None:
    """Write what the plots need: one line per row the exact tier left, see linkage_plots.py."""
    nearest = pl.read_parquet(out / "nearest.parquet")
    best = nearest.filter(pl.col("rank") == 1).rename({"person_no": "candidate"})
    truth = answers(prepared)
    near = nearest.join(truth, on=["source_id", "row_number"]).filter(
        pl.coalesce("person_no_right", "person_no").is_not_null() & (pl.col("person_no") == pl.col("person_no_right"))
    )
    bands = pl.read_parquet(out / "links.parquet").select("source_id", "row_number", "band")
    keys = ["source_id", "row_number"]
    left = (
        best.join(truth, on=keys)
        .join(bands, on=keys)
        .join(near.select(keys).unique().with_columns(near=True), on=keys, how="left")
    )
    left.select(
        "score",
        "band",
        right=(pl.col("candidate") == pl.col("person_no")).fill_null(value=False),
        answerable=pl.col("person_no").is_null() | pl.col("near").fill_null(value=False),
        registered=pl.col("person_no").is_not_null(),
    ).with_columns(rows=truth.height).write_parquet(out / "points.parquet")


def main() -> None:
    """Prepare, measure, compare, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rivals", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/linkage"))
    parser.add_argument("--only", nargs="+", choices=[data.name for data in DATA_SETS])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for data in DATA_SETS:
            if given.only and data.name not in given.only:
                continue
            out = given.out / data.name.replace(" ", "-").replace(",", "")
            out.mkdir(parents=True, exist_ok=True)
            prepared = prepare(data, given.work or Path(scratch))
            compare(data.name, prepared, out, given.rivals)
            points(prepared, out)
            if given.rivals is not None:
                subprocess.run([str(given.rivals), str(_PLOTS), str(out)], check=True)
    if given.rivals is not None:
        precision, recall, seconds = febrl4(given.rivals, given.out)
        f1 = 2 * precision * recall / (precision + recall)
        print(f"\nFEBRL4: F1 {f1:.4f}, precision {precision:.4f}, recall {recall:.4f}, {seconds:.2f} s")


if __name__ == "__main__":
    main()
