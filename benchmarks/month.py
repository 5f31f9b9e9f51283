"""A county's months through the product's own commands, against merely parsing the same files.

    python benchmarks/month.py [--county ../shared/samples/yunling] [--home DIR]

Every step is a process of its own, measured from outside (wall seconds, peak memory of the process and its
children). The floor parses the same files cell by cell and keeps nothing. Where answers lie beside the county,
links and leads are held against them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fangpin.demo.score import score_leads, score_links

_SAMPLE = Path(__file__).resolve().parents[2] / "shared" / "samples" / "yunling"
_PARSE = """
import csv, io, sys
import python_calamine
rows = 0
for path in sys.argv[1:]:
    if path.endswith(".xlsx"):
        book = python_calamine.CalamineWorkbook.from_path(path)
        rows += sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)
    else:
        content = open(path, "rb").read()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030")
        rows += sum(1 for _ in csv.reader(io.StringIO(text)))
print(rows)
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a step cost."""

    seconds: float
    peak_mib: float

    def __add__(self, other: Spent) -> Spent:
        """Add seconds, keep the higher peak."""
        return Spent(self.seconds + other.seconds, max(self.peak_mib, other.peak_mib))


def measured(command: list[str]) -> Spent:
    """Run a command to its end and return what it cost; its failure is ours."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[:4]} ended with {process.returncode}")
    return Spent(seconds, usage.ru_maxrss / 1024)


def run(county: Path, home: Path) -> dict[str, Spent]:
    """Take every month of the county through the commands and return what each step cost."""
    fangpin = [str(Path(sys.executable).with_name("fangpin")), "--home", str(home)]
    months = sorted(folder.name for folder in county.iterdir())
    spent = {"建库": measured([*fangpin, "init", "--site", "huaxi"])}
    spent["空命令"] = measured([*fangpin, "status"])  # what starting any of the commands below costs
    for month in months:
        files = sorted(str(file) for file in (county / month).iterdir())
        steps = {
            "接收": ["receive", *files],
            "匹配与筛查": ["screen", month],
            "交办": ["dispatch", month],
            "任务表": ["tasks", "export", "--period", month],
            "导出": ["export", "links", "--period", month, "--out", str(home / f"links-{month}.parquet")],
            "导出线索": ["export", "leads", "--period", month, "--out", str(home / f"leads-{month}.parquet")],
        }
        for step, arguments in steps.items():
            cost = measured([*fangpin, *arguments])
            spent[step] = spent[step] + cost if step in spent else cost
    return spent


def parse_only(county: Path) -> tuple[Spent, int]:
    """Parse every file and keep nothing: the floor, and how many rows there are."""
    files = sorted(str(file) for month in sorted(county.iterdir()) for file in month.iterdir())
    command = [sys.executable, "-c", _PARSE, *files]
    rows = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return measured(command), rows


def print_costs(spent: dict[str, Spent], floor: Spent, rows: int) -> None:
    """Print the table of steps with their ratio to the floor."""
    print(f"{'step':<14}{'seconds':>9}{'rows/s':>12}{'peak MiB':>10}{'× parsing':>11}")
    whole = sum(spent.values(), Spent(0.0, 0.0))
    for step, cost in {"parsing only": floor, **spent, "whole": whole}.items():
        ratio = cost.seconds / floor.seconds
        print(f"{step:<14}{cost.seconds:>9.2f}{rows / cost.seconds:>12,.0f}{cost.peak_mib:>10.0f}{ratio:>11.2f}")


def print_scores(home: Path, answers: Path) -> None:
    """Print links and leads held against the answers."""
    read = {name: pl.read_parquet(answers / f"{name}.parquet") for name in ("links", "shocks", "decoys")}
    links = pl.concat([pl.read_parquet(file) for file in sorted(home.glob("links-*.parquet"))])
    leads = pl.concat([pl.read_parquet(file) for file in sorted(home.glob("leads-*.parquet"))])
    linked = score_links(links.with_columns(month=pl.col("period").str.replace("-", "")), read["links"]).overall
    print(f"links: precision {linked.precision:.4f} recall {linked.recall:.4f} F1 {linked.f1:.4f}, ", end="")
    print(f"outsiders linked {linked.outsiders_linked} of {linked.rows - linked.people_rows}")
    found = score_leads(leads, read["shocks"], read["decoys"])
    for kind, figures in {**found.by_kind, "all": found.overall}.items():
        recall, precision = (f"{v:.3f}" if v is not None else "—" for v in (figures.recall, figures.precision))
        print(f"{kind:<20}shocks {figures.shocks:>4}  recall {recall}  leads {figures.leads:>5}  precision {precision}")
    print(f"look-alikes warned {found.decoys_warned} of {found.decoys}")


def main() -> None:
    """Run, measure, score, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--county", type=Path, default=_SAMPLE)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder) / "home"
        floor, rows = parse_only(given.county / "county")
        spent = run(given.county / "county", home)
        print_costs(spent, floor, rows)
        if (given.county / "answers").is_dir():
            print_scores(home, given.county / "answers")


if __name__ == "__main__":
    main()
