"""All rules over a month with a year of history, by number of people, against one bare scan of the same Parquet.

    python benchmarks/warning_rules.py [--people 100000 300000 1000000] [--bare] [--work DIR]

A small county is invented, received and linked by the product itself; its facts, links and register are then laid out
as many times over as it takes, under keys of their own, so that every size has the same distributions. The sources that
the invented county does not deliver get rows of their own, made of each column's kind and words, so that every
declared measure and every rule has work: one person in twenty stands on a list, one in five hundred meets an event
every month; --bare leaves them empty. Each size is
measured in a process of its own: filling the inputs, the indicators, every rule in use, one lead a household. One
thread is what a screening uses (the same pins must give the same digest). Growth holds each size against the first:
seconds per person, 1.0 when exactly in proportion. The floor reads every value of the same files once and keeps
nothing; copies compress well, so the disk counts for little in it and the ratio is a high one.

Not named after the room of warnings: a warnings.py in this folder would stand in front of Python's own for every script
beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import polars as pl

from fangpin.config.loader import load
from fangpin.config.source_models import ColumnKind, Source
from fangpin.matching.register import TOLD, Register
from fangpin.pipeline.county import open_county
from fangpin.pipeline.runs import read_register, run_of
from fangpin.store.inputs import FactFiles, fill_inputs
from fangpin.types import BatchRef, Period, Role
from fangpin.warnings.evaluate import evaluate
from fangpin.warnings.indicators import indicator_steps
from fangpin.warnings.inputs import run_steps
from fangpin.warnings.measures import source_measures
from fangpin.warnings.merging import merge
from fangpin.warnings.quiet import QUIET
from fangpin.warnings.suppression import ANSWERS, REOPENED, Before

_SITE = "huaxi"
_PEOPLE = 3_000
_MONTH = Period(2024, 12)
_INVENT = """
import sys
from pathlib import Path
from fangpin.demo import CountyPlan, write_county
if __name__ == "__main__":
    write_county(CountyPlan(seed=21, people=int(sys.argv[1]), months=12), Path(sys.argv[2]), processes=2)
"""
_STEPS = ("fill", "indicators", "rules", "leads")


def base_county(work: Path) -> Path:
    """Invent, receive and screen the small county, unless the work folder has it; return its home."""
    home = work / "home"
    if (work / "ready").exists():
        return home
    script = work / "invent.py"
    script.write_text(_INVENT, encoding="utf-8")
    subprocess.run([sys.executable, str(script), str(_PEOPLE), str(work / "invented")], check=True)
    fangpin = [str(Path(sys.executable).with_name("fangpin")), "--home", str(home)]
    files = sorted(str(file) for file in (work / "invented" / "county").rglob("*") if file.is_file())
    for arguments in (["init", "--site", _SITE], ["receive", *files], ["screen", str(_MONTH)]):
        subprocess.run([*fangpin, *arguments], check=True, stdout=subprocess.DEVNULL)
    (work / "ready").touch()
    return home


def laid_out(home: Path, people: int, folder: Path) -> Path:
    """Write the county's facts, links and register so many times over that it has this many people."""
    if (folder / "files.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    county = open_county(home, office_url=None)
    pins = run_of(county, _MONTH)["pins"]
    register = read_register(county, pins["register"])
    copies = -(-people // register.persons.height)
    files = []
    for batch_id, key in sorted(pins["links"].items()):
        named = {"facts": county.warehouse.part(batch_id, "facts"), "links": county.warehouse.links_path(key)}
        written = {
            part: str(_copied(path, folder / f"{batch_id}.{part}.parquet", copies)) for part, path in named.items()
        }
        files.append({"batch_id": batch_id, **written})
    county.close()
    frames = {"persons": register.persons.hstack(register.told.drop("person_no")), "households": register.households}
    for name, rows in frames.items():
        frame = folder / f"{name}.one.parquet"
        rows.write_parquet(frame)
        _copied(frame, folder / f"{name}.parquet", copies)
        frame.unlink()
    files += _filled({f["batch_id"].rsplit("-", 3)[0] for f in files}, folder)
    (folder / "files.json").write_text(json.dumps(files), encoding="utf-8")
    return folder


def _copied(one: Path, many: Path, copies: int) -> Path:
    """Write the rows of a file many times over; each copy's keys and row numbers are its own."""
    with duckdb.connect(config={"threads": 2}) as con:
        source = "read_parquet($one)"
        columns = [row[0] for row in con.execute(f"describe select * from {source}", {"one": str(one)}).fetchall()]
        keyed = [c for c in columns if c in {"person_no", "household_no", "head_person_no"}]
        changes = [f"copy || '-' || {column} as {column}" for column in keyed]
        if "row_number" in columns:
            # A delivered file has far fewer rows than this: no two copies meet.
            changes.append("(row_number + copy * 100000)::uinteger as row_number")
        con.execute(
            f"copy (select r.* replace ({', '.join(changes)}) from range($copies::bigint) c(copy), {source} r) "
            f"to '{many}' (format parquet, compression zstd)",
            {"one": str(one), "copies": copies},
        )
    return many


_VALUES = {
    ColumnKind.MONEY: "(hash(person_no, m, {n}) % 2000000 / 100)::decimal(18,2)",
    ColumnKind.INTEGER: "(hash(person_no, m, {n}) % 12)::bigint",
    ColumnKind.BOOLEAN: "hash(person_no, m, {n}) % 2 = 0",
    ColumnKind.DATE: "make_date(((m - 1) // 12)::bigint, ((m - 1) % 12 + 1)::bigint, 1)",
    ColumnKind.CODE: "list_extract({words}, (1 + hash(person_no, m, {n}) % {count})::bigint)",
}


def _filled(delivered: set[str], folder: Path) -> list[dict[str, str]]:
    """Write twelve months of made-up linked rows of every source of the site that the county does not deliver."""
    written = []
    sources = [s for s in load(_SITE).sources.values() if s.role is Role.FACT and s.link_by != "place"]
    for source in sorted((s for s in sources if s.id not in delivered), key=lambda source: source.id):
        for back in range(12):
            batch_id = f"{source.id}-{_MONTH.back(back)}-1"
            files = {part: folder / f"{batch_id}.{part}.parquet" for part in ("facts", "links")}
            with duckdb.connect(config={"threads": 2}) as con:
                con.execute(_made(source, batch_id, folder), {"m": _MONTH.back(back).ordinal})
                for part, columns in (("facts", "* exclude (person_no, household_no)"), ("links", _LINKS)):
                    con.execute(f"copy (select {columns} from made) to '{files[part]}' (format parquet)")
            written.append({"batch_id": batch_id, "made": "yes", **{part: str(file) for part, file in files.items()}})
    return written


_LINKS = "batch_id, row_number, person_no, household_no, 'link' as band"


def _made(source: Source, batch_id: str, folder: Path) -> str:
    """Return the statement that makes a month's rows, each cell by its column's kind."""
    cells = ""
    for place, column in enumerate(source.columns):
        words = "[" + ", ".join(f"'{word}'" for word in column.codes) + "]"
        value = _VALUES.get(column.kind, "null::varchar").format(n=place, words=words, count=len(column.codes))
        cells += f", {value} as {column.name}"
    return (
        f"create table made as select '{batch_id}' as batch_id, m as period_no, "
        f"(row_number() over ())::uinteger as row_number, person_no, household_no{cells} "
        f"from read_parquet('{folder}/persons.parquet'), (select $m::bigint as m) "
        f"where hash(person_no, '{source.id}') % {20 if source.mode == 'full' else 500} = 0"
    )


def screened(folder: Path, threads: int, *, bare: bool) -> dict[str, float]:
    """Screen what lies in a folder, in this process; return the seconds of each step and what came of it."""
    files = _used(folder, bare=bare)
    nothing = Before(*(pl.DataFrame(schema=kind) for kind in (QUIET, ANSWERS, REOPENED)))
    declared = load(_SITE)
    measures = source_measures(declared)
    refs = {f["batch_id"]: _ref(f["batch_id"]) for f in files}
    spent = {}
    with tempfile.TemporaryDirectory() as spill:
        con = duckdb.connect(config={"temp_directory": spill, "threads": threads})
        start = time.perf_counter()
        register = _register(folder)
        facts = [FactFiles(refs[f["batch_id"]].source_id, Path(f["facts"]), Path(f["links"])) for f in files]
        in_effect = [*refs.values(), *(BatchRef("r", "household_register", _MONTH.back(n)) for n in range(12))]
        fill_inputs(con, facts, in_effect=in_effect, register=register, period=_MONTH, measures=measures)
        spent["fill"] = time.perf_counter() - start
        run_steps(con, indicator_steps(_MONTH, measures))
        spent["indicators"] = time.perf_counter() - start - sum(spent.values())
        found = evaluate(con, declared.rules.values(), period=_MONTH, site=declared.site)
        spent["rules"] = time.perf_counter() - start - sum(spent.values())
        leads = merge(con, found.alerts, nothing, site=declared.site, period=_MONTH).leads
        spent["leads"] = time.perf_counter() - start - sum(spent.values())
    for failed in found.failures:
        print(f"rule {failed.rule_id} failed in {failed.step}: {failed.reason}", file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return spent | {"peak": peak, "people": register.persons.height, "households": leads.height}


def _used(folder: Path, *, bare: bool) -> list[dict[str, str]]:
    files: list[dict[str, str]] = json.loads((folder / "files.json").read_text(encoding="utf-8"))
    return [file for file in files if not (bare and "made" in file)]


def _register(folder: Path) -> Register:
    persons, households = (pl.read_parquet(folder / f"{name}.parquet") for name in ("persons", "households"))
    told = [name for name in TOLD if name in persons.columns]
    return Register(persons.drop(told), households, persons.select("person_no", *told), pl.DataFrame())


def scanned(folder: Path, threads: int, *, bare: bool) -> dict[str, float]:
    """Read every column of every file once, and nothing more."""
    read = [file[part] for file in _used(folder, bare=bare) for part in ("facts", "links")]
    read += [str(folder / f"{name}.parquet") for name in ("persons", "households")]
    start = time.perf_counter()
    with duckdb.connect(config={"threads": threads}) as con:
        for file in read:
            # A count could be answered from the file's own statistics; a hash needs every value.
            con.execute("select bit_xor(hash(columns(*))) from read_parquet($file)", {"file": file}).fetchall()
    return {"seconds": time.perf_counter() - start}


def _ref(batch_id: str) -> BatchRef:
    source_id, year, month, _ = batch_id.rsplit("-", 3)
    return BatchRef(batch_id, source_id, Period(int(year), int(month)))


def _in_a_process(what: str, folder: Path, threads: int, *, bare: bool) -> dict[str, float]:
    command = [sys.executable, __file__, "--only", what, str(folder), "--threads", str(threads), *["--bare"] * bare]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def main() -> None:
    """Lay out each size, measure it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--work", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bare", action="store_true", help="only the sources that the invented county delivers")
    parser.add_argument("--only", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        piece = {"screened": screened, "scanned": scanned}[given.only[0]]
        print(json.dumps(piece(Path(given.only[1]), given.threads, bare=given.bare)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        home = base_county(work)
        print(f"rules {len(load(_SITE).rules)}, threads {given.threads}, load before {os.getloadavg()[0]:.1f}")
        heads = ("people", "leads", *_STEPS, "seconds", "peak MiB", "growth", "scan s", "× scan")
        print("".join(f"{head:>11}" for head in heads))
        first = 0.0
        for people in given.people:
            folder = laid_out(home, people, work / str(people))
            scan = _in_a_process("scanned", folder, given.threads, bare=given.bare)["seconds"]
            cost = _in_a_process("screened", folder, given.threads, bare=given.bare)
            seconds = sum(cost[step] for step in _STEPS)
            pace = seconds / cost["people"]
            first = first or pace
            steps = "".join(f"{cost[step]:>11.2f}" for step in _STEPS)
            print(
                f"{cost['people']:>11,}{cost['households']:>11,}{steps}{seconds:>11.1f}{cost['peak']:>11,.0f}", end=""
            )
            print(f"{pace / first:>11.2f}{scan:>11.2f}{seconds / scan:>11.1f}", flush=True)


if __name__ == "__main__":
    main()
