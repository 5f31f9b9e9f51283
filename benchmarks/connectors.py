"""What taking in a long file costs, against merely parsing the same file with the fastest parser there is.

    python benchmarks/connectors.py [--rows 300000] [--rounds 3] [--big]

Invents one month of settlements (12 columns) as CSV in UTF-8 and GB18030 and as XLSX. Every measurement is a process
of its own that has already taken in a small file, so that imports and start-up count for nobody. In each round the
bare parsers, the reading alone and the whole intake (read, recognise, conform, land) take their turns; the table
holds medians: seconds by the clock, their ratio to the fastest bare parser of the same round, and what all
processes computed, which a busy machine changes less. ``--big`` adds a CSV of 2 GB and its
peak memory, parent and child.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.util
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import xlsxwriter

from fangpin.demo.idents import check_letters
from fangpin.types import Period

HEADS = (
    "结算单号", "参保人姓名", "身份证号", "乡镇", "行政村", "医疗类别", "主要诊断", "结算日期", "医疗费总额",
    "统筹基金支付", "个人自付金额", "参保状态",
)  # fmt: skip
AMOUNTS = (8, 9, 10)
MONTH = Period(2024, 3)
NOW = dt.datetime(2024, 4, 2, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
BIG_BYTES = 2 * 10**9
BATCH = 300_000
FAMILY, GIVEN = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def settlements(rows: int, *, first: int) -> pl.DataFrame:
    """Return invented settlements as text, numbered from ``first`` on; the area code 99 belongs to no province."""
    dice = np.random.default_rng(first + 1)
    born = np.datetime64("1940-01-01") + dice.integers(0, 25_000, rows)
    days = pl.Series(born).cast(pl.Date).dt.strftime("%Y%m%d")
    orders = pl.Series(dice.integers(0, 1000, rows)).cast(pl.String).str.zfill(3)
    bodies = pl.Series(990101 + dice.integers(0, 20, rows)).cast(pl.String) + days + orders
    names = (pl.Series(np.array(list(letters))[dice.integers(0, 20, rows)]) for letters in (FAMILY, GIVEN, GIVEN))
    total = dice.integers(100, 3_000_000, rows)
    share = total * dice.integers(20, 90, rows) // 100
    columns = [
        "S" + pl.Series(np.arange(first, first + rows)).cast(pl.String).str.zfill(9),
        sum(names, pl.Series([""] * rows)),
        bodies + check_letters(bodies),
        *(pl.Series(np.array(words)[dice.integers(0, len(words), rows)]) for words in (
            ["桐花镇", "云岭乡", "白水镇"], ["下河村", "上河村", "石桥村"],
            ["住院", "普通门诊"], ["肺炎", "骨折", "高血压"],
        )),
        "2024-03-" + pl.Series(dice.integers(1, 32, rows)).cast(pl.String).str.zfill(2),
        *(pl.Series(cents / 100).round(2).cast(pl.String) for cents in (total, share, total - share)),
        pl.Series(["正常参保"] * rows),
    ]  # fmt: skip
    return pl.DataFrame(dict(zip(HEADS, columns, strict=True)))


def write_files(folder: Path, rows: int) -> dict[str, Path]:
    """Write the month in its three forms, and a small file of the month before for warming up."""
    table = settlements(rows, first=0)
    paths = {kind: folder / f"医保结算明细_202403.{kind}" for kind in ("utf8.csv", "gb18030.csv", "xlsx")}
    table.write_csv(paths["utf8.csv"], line_terminator="\r\n")
    paths["gb18030.csv"].write_bytes(paths["utf8.csv"].read_bytes().decode().encode("gb18030"))
    with xlsxwriter.Workbook(paths["xlsx"], {"constant_memory": True}) as book:
        page = book.add_worksheet("明细")
        page.write_row(0, 0, HEADS)
        for number, row in enumerate(table.iter_rows(), start=1):
            for column, cell in enumerate(row):
                if column in AMOUNTS:
                    page.write_number(number, column, float(cell))
                else:
                    page.write_string(number, column, cell)
    small = settlements(200, first=10**8).with_columns(pl.col("结算日期").str.replace("2024-03", "2024-02"))
    small.write_csv(folder / "医保结算明细_202402.csv")
    with xlsxwriter.Workbook(folder / "医保结算明细_202402.xlsx") as book:
        for number, row in enumerate([HEADS, *small.rows()]):
            book.add_worksheet() if number == 0 else None
            book.worksheets()[0].write_row(number, 0, row)
    return paths


def write_big(path: Path) -> int:
    """Write a CSV of 2 GB and return its rows."""
    rows = 0
    with path.open("wb") as stream:
        while stream.tell() < BIG_BYTES:
            settlements(BATCH, first=rows).write_csv(stream, include_header=rows == 0)
            rows += BATCH
    return rows


def _text(path: Path) -> bytes:
    """Return a text file's bytes as UTF-8."""
    raw = path.read_bytes()
    return raw.decode("gb18030").encode() if "gb18030" in path.name else raw


def by_polars(path: Path) -> int:
    """Parse with polars."""
    return pl.read_csv(_text(path), infer_schema=False).height


def by_pyarrow(path: Path) -> int:
    """Parse with pyarrow."""
    from pyarrow import BufferReader  # noqa: PLC0415 - counts for nobody else
    from pyarrow import csv as arrow_csv  # noqa: PLC0415 - counts for nobody else

    return int(arrow_csv.read_csv(BufferReader(_text(path))).num_rows)


def by_python(path: Path) -> int:
    """Parse with Python's csv."""
    return sum(1 for _ in csv.reader(io.StringIO(_text(path).decode()))) - 1


def by_duckdb(path: Path) -> int:
    """Parse with DuckDB, all columns text, into a table."""
    import duckdb  # noqa: PLC0415 - counts for nobody else

    source = path
    if "gb18030" in path.name:
        source = path.with_suffix(".transcoded")
        source.write_bytes(_text(path))
    with duckdb.connect() as con:
        con.execute(f"create table t as from read_csv('{source}', all_varchar=true)")
        return int(con.execute("select count(*) from t").fetchall()[0][0])


def by_calamine(path: Path) -> int:
    """Parse with python-calamine."""
    import python_calamine  # noqa: PLC0415 - counts for nobody else

    book = python_calamine.CalamineWorkbook.from_path(path)
    return sum(1 for _ in book.get_sheet_by_index(0).iter_rows()) - 1


def by_fastexcel(path: Path) -> int:
    """Parse with fastexcel."""
    import fastexcel  # noqa: PLC0415 - not of our own needs: only where it happens to be

    return int(fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_arrow().num_rows)


def by_reading(path: Path, small: Path, scratch: Path) -> Iterator[int]:
    """Read with the product's readers and walk every part; first the small file, then the file itself."""
    from fangpin.connectors.readers import Readers  # noqa: PLC0415 - counts for nobody else

    with Readers(scratch) as readers:
        for file in (small, path):
            with readers.read(file, file_name=file.name) as grids:
                yield sum(part.height for grid in grids for part in grid.parts()) - 1


def by_intake(path: Path, small: Path, scratch: Path) -> Iterator[int]:
    """Take in with everything on, into a new county; first the small file, then the file itself."""
    from fangpin.pipeline.county import create_county  # noqa: PLC0415 - counts for nobody else
    from fangpin.pipeline.intake import Intake  # noqa: PLC0415 - counts for nobody else

    county = create_county(scratch / "home", "huaxi", office_url=None, now=NOW)
    with Intake(county) as intake:
        for file, period in ((small, Period(2024, 2)), (path, MONTH)):
            source = "medical_settlement"
            receipt = intake.receive(file, source_id=source, period=period, replace=True, now=NOW, by="bench")
            yield receipt.counts.rows_in
    county.close()


BARE: dict[str, Callable[[Path], int]] = {
    "polars": by_polars, "pyarrow": by_pyarrow, "duckdb": by_duckdb, "csv": by_python,
    "calamine": by_calamine, "fastexcel": by_fastexcel,
}  # fmt: skip
OURS = {"只读取": by_reading, "全程接收": by_intake}
TEXT_WAYS, BOOK_WAYS = ("polars", "pyarrow", "duckdb", "csv"), ("calamine", "fastexcel")


def computing() -> float:
    """Return the seconds that this process and its children, living and gone, have computed."""
    gone = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = 0
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split():
        fields = Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + gone.ru_utime + gone.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def measure(way: str, path: Path) -> None:
    """Do one thing once in this process, warmed up, and print what it cost as JSON."""
    small = path.with_name("医保结算明细_202402" + path.suffix)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        if way in BARE:
            BARE[way](small)
            steps = (BARE[way](file) for file in (path,))
        else:
            steps = OURS[way](path, small, Path(scratch))
            next(steps)
        start, computed = time.perf_counter(), computing()
        rows = next(steps)
        seconds, computed = time.perf_counter() - start, computing() - computed
        for _ in steps:
            pass
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"seconds": seconds, "cpu": computed, "rows": rows, "parent": peaks[0], "child": peaks[1]}))
    sys.stdout.flush()
    os._exit(0)  # pyarrow's threads may outlive the interpreter, and abort it


def measured(way: str, path: Path) -> dict[str, float]:
    """Measure in a process of its own; its failure is ours."""
    command = [sys.executable, __file__, "--measure", way, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(done.stdout))


def compare(path: Path, ways: list[str], rounds: int, rows: int) -> None:
    """Let all ways take their turns, and print a row for each."""
    turns = [{way: measured(way, path) for way in (*ways, *OURS)} for _ in range(rounds)]
    for way in (*ways, *OURS):
        costs = [turn[way] for turn in turns]
        ratio = statistics.median(turn[way]["seconds"] / min(turn[w]["seconds"] for w in ways) for turn in turns)
        middle = {key: statistics.median(cost[key] for cost in costs) for key in ("seconds", "cpu", "parent", "child")}
        if any(cost["rows"] != rows for cost in costs):
            sys.exit(f"{way} saw {costs[0]['rows']} rows of {rows} in {path.name}")
        line = f"{path.name.split('.', 1)[1]:<13}{way:<11}{middle['seconds']:>9.3f}{ratio:>8.2f}{middle['cpu']:>9.3f}"
        print(f"{line}{middle['parent']:>13.0f}{middle['child']:>12.0f}", flush=True)


def main() -> None:
    """Write the files, measure, print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--big", action="store_true")
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "PATH"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure[0], Path(given.measure[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_files(folder, given.rows)
        print(f"{given.rows:,} rows × {len(HEADS)}, {given.rounds} rounds")
        print(f"{'file':<13}{'way':<11}{'seconds':>9}{'ratio':>8}{'cpu':>9}{'parent MiB':>13}{'child MiB':>12}")
        books = [way for way in BOOK_WAYS if way == "calamine" or importlib.util.find_spec(way)]
        for path in paths.values():
            compare(path, books if path.suffix == ".xlsx" else list(TEXT_WAYS), given.rounds, given.rows)
        if given.big:
            big = folder / "医保结算明细_202403.2gb.csv"
            rows = write_big(big)
            for way in OURS:
                cost = measured(way, big)
                line = (
                    f"{'2gb.csv':<13}{way:<11}{cost['seconds']:>9.1f}{'':>8}{cost['cpu']:>9.1f}{cost['parent']:>13.0f}"
                )
                print(f"{line}{cost['child']:>12.0f}   {int(cost['rows']):,} of {rows:,} rows", flush=True)


if __name__ == "__main__":
    main()
