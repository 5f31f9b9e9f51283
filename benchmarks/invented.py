"""How long it takes to invent a county and write its files, by size.

    python benchmarks/invented.py [--people 20000 200000] [--months 12]

The floor writes the same bytes again to the same disk (a plain copy of the folder). The generator's own processes are
counted in its peak memory.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_WRITE = """
import sys
from pathlib import Path
from fangpin.demo import CountyPlan, write_county
if __name__ == "__main__":
    write_county(CountyPlan(seed=1, people=int(sys.argv[1]), months=int(sys.argv[2])), Path(sys.argv[3]))
"""


def written(people: int, months: int, folder: Path) -> tuple[float, float]:
    """Write a county in a process of its own and return its seconds and the peak memory of its largest process."""
    script = folder / "write.py"
    script.write_text(_WRITE, encoding="utf-8")
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, str(script), str(people), str(months), str(folder / "county")])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"writing {people} people ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Write each size, copy it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--months", type=int, default=12)
    given = parser.parse_args()
    print(f"{'people':>10}{'seconds':>9}{'people-months/s':>17}{'MB':>7}{'peak MiB':>10}{'× copying':>11}")
    for people in given.people:
        with tempfile.TemporaryDirectory() as folder:
            seconds, peak = written(people, given.months, Path(folder))
            start = time.perf_counter()
            shutil.copytree(Path(folder) / "county", Path(folder) / "copy")
            copied = time.perf_counter() - start
            size = sum(f.stat().st_size for f in (Path(folder) / "county").rglob("*") if f.is_file()) / 1e6
        speed = people * given.months / seconds
        print(f"{people:>10,}{seconds:>9.1f}{speed:>17,.0f}{size:>7.0f}{peak:>10.0f}{seconds / copied:>11.0f}")


if __name__ == "__main__":
    main()
