"""One measured piece of the linkage benchmark in a process of its own: python linkage_work.py WHAT HOME OUT.

link: conformed files to links, everything included; again: the month after, with a tenth of the identities new;
standardise: the input of the rival; parse, join: the floors. Prints one JSON line with seconds and peak MiB.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import python_calamine
from linkage_data import AGENCIES, REGISTER, SITE, conformed
from pypinyin import lazy_pinyin

from fangpin.config.loader import load
from fangpin.matching.identities import keyed_rows
from fangpin.matching.keys import IDENTITY, person_keys
from fangpin.matching.link import Extract, MonthLinks, link_month
from fangpin.matching.register import FACTS_READ, IDENTITY_READ, Register, build_register
from fangpin.matching.tiers import exact_tier, gathered

NEW_IDENTITIES = 10
"""One identity in so many is new in the following month."""
NEW_PEOPLE = 200
"""One person in so many joined the register since."""


def linked(extracts: list[Extract], register: Register, before: MonthLinks | None = None) -> MonthLinks:
    """The product's links of a month; the only place where the linker is called."""
    with duckdb.connect(config={"threads": 2}) as con:
        return link_month(
            extracts,
            register,
            con=con,
            model=None if before is None else before.model,
            memory=None if before is None else before.memory,
            county=load(SITE).site.title,
        )


def read_extracts(home: Path) -> list[Extract]:
    """The five extracts as they were conformed."""
    batches = conformed(home)
    columns = ["row_number", "row_status", *IDENTITY]
    return [
        Extract(source, source, pl.read_parquet(batches[source] / "identity.parquet", columns=columns))
        for source in AGENCIES.values()
    ]


def read_register(home: Path, *, without_newest: bool = False) -> Register:
    """The month's register; without those who joined since, where asked."""
    folder = conformed(home)[REGISTER]
    identity, facts = (
        pl.scan_parquet(folder / f"{part}.parquet").select(pl.col(f"^({'|'.join(read)})$")).collect()
        for part, read in (("identity", IDENTITY_READ), ("facts", FACTS_READ))
    )
    if without_newest:
        identity = identity.filter(pl.col("person_no").hash(1) % NEW_PEOPLE != 0)
    return build_register(identity, facts)


def link(home: Path, out: Path) -> dict[str, object]:
    """Link the month and write links and nearest candidates, each with source_id."""
    start = time.perf_counter()
    found = linked(read_extracts(home), read_register(home))
    _write(found, out)
    return {"seconds": time.perf_counter() - start, "pairs": int(found.counts["pairs"].sum())}


def again(home: Path, out: Path) -> dict[str, object]:
    """Link nine tenths of the identities, then the whole month remembering them; only the second is measured.

    same: whether linking without the memory gives the same links.
    """
    known = pl.struct("person_name", "id_seen", "birth_on", "township", "village").hash(2) % NEW_IDENTITIES != 0
    earlier = [Extract(e.batch_id, e.source_id, e.identity.filter(known)) for e in read_extracts(home)]
    before = linked(earlier, read_register(home, without_newest=True))
    start = time.perf_counter()
    found = linked(read_extracts(home), read_register(home), before)
    _write(found, out)
    seconds = time.perf_counter() - start
    afresh = linked(read_extracts(home), read_register(home), replace(before, memory=None))
    return {"seconds": seconds, "same": all(found.links[e].equals(afresh.links[e]) for e in found.links)}


def standardise(home: Path, out: Path) -> dict[str, object]:
    """Write rows.parquet, register.parquet (the rival's input) and numbered.parquet (source_id, row_number, uid)."""
    start = time.perf_counter()
    persons = person_keys(read_register(home).persons)
    extracts = read_extracts(home)
    rows = gathered([e.identity for e in extracts])
    sources = pl.Series([e.source_id for e in extracts])
    rows = rows.with_columns(source_id=sources[rows["batch"]], exact=exact_tier(rows, persons))
    distinct = rows.unique(["batch", "identity_hash"], keep="any")
    keys = keyed_rows(distinct, rows, persons, county=load(SITE).site.title).rename({"row_id": "uid"})
    _rival_columns(keys).write_parquet(out / "rows.parquet")
    registered = persons.rename({"person_id": "uid"}).with_columns(id_head=None, id_tail=None)
    _rival_columns(registered).drop("id_pre", "id_suf").write_parquet(out / "register.parquet")
    persons.select("person_id", "person_no").write_parquet(out / "persons.parquet")
    numbered = rows.join(keys.select("source_id", "identity_hash", "uid"), on=["source_id", "identity_hash"])
    numbered.select("source_id", "row_number", "uid").write_parquet(out / "numbered.parquet")
    return {"seconds": time.perf_counter() - start, "rows": keys.height}


def parse(_: Path, out: Path) -> dict[str, object]:
    """Parse the files that files.txt names, cell by cell, and keep nothing."""
    files = [Path(line) for line in (out / "files.txt").read_text(encoding="utf-8").splitlines()]
    start = time.perf_counter()
    rows = sum(_parsed(file) for file in files)
    return {"seconds": time.perf_counter() - start, "rows": rows}


def join(home: Path, _: Path) -> dict[str, object]:
    """Read the conformed identities and join them to the register by number alone."""
    start = time.perf_counter()
    register = pl.read_parquet(conformed(home)[REGISTER] / "identity.parquet").select("id_no", "person_no").drop_nulls()
    hits = sum(e.identity.join(register, on="id_no").height for e in read_extracts(home))
    return {"seconds": time.perf_counter() - start, "rows": hits}


def _parsed(file: Path) -> int:
    if file.suffix == ".xlsx":
        book = python_calamine.CalamineWorkbook.from_path(str(file))
        return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    return sum(1 for _ in csv.reader(io.StringIO(text)))


def _rival_columns(keys: pl.DataFrame) -> pl.DataFrame:
    """Standardised identities as splink_tuned.py reads them: all text, a village with its township."""
    names = keys["name_key"].drop_nulls().unique()
    spoken = pl.DataFrame({"name_key": names, "name_py": [" ".join(lazy_pinyin(name)) for name in names]})
    return keys.join(spoken, on="name_key", how="left", maintain_order="left").select(
        "uid",
        "name_py",
        name="name_key",
        id18="id_text",
        id_pre=pl.col("id_head").cast(pl.String),
        id_suf=pl.col("id_tail").cast(pl.String),
        birth=pl.col("birth_on").dt.strftime("%Y%m%d"),
        sex="sex",
        township="town_key",
        village="village_key",
    )


def _write(found: MonthLinks, out: Path) -> None:
    for name, parts in (("links", found.links), ("nearest", found.nearest)):
        frames = [part.with_columns(pl.lit(source).alias("source_id")) for source, part in parts.items()]
        pl.concat(frames).write_parquet(out / f"{name}.parquet")


WORK: dict[str, Callable[[Path, Path], dict[str, object]]] = {
    "link": link,
    "again": again,
    "standardise": standardise,
    "parse": parse,
    "join": join,
}


if __name__ == "__main__":
    out_folder = Path(sys.argv[3])
    out_folder.mkdir(parents=True, exist_ok=True)
    result = WORK[sys.argv[1]](Path(sys.argv[2]), out_folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**result, "peak_mib": peak}))
