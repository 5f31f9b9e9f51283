"""How right the leads of a year are, beside the single thresholds that departments use, on the same data.

    python benchmarks/lead_accuracy.py ../shared/samples/yunling [--work DIR]
    python benchmarks/lead_accuracy.py --seed 7 [--people 20000] [--work DIR]

The year goes through the county's own commands with the declarations as they ship: received, screened, exported month
by month. A planted shock is found when a lead of its kind comes to its household in its month or the two after; a lead
of these kinds without such a shock is vain; a look-alike is warned when it gets the lead it imitates. A visit is a
household in a month with a lead of these kinds, whatever their number, and it hits when one of the household's shocks
is that near.

The thresholds of practice read the very same rows, linked to the same households by the same matching, so that only the
rule differs. As with our leads a household hears of a kind once in twelve months: counted month by month they would
repeat themselves and look worse than they are.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import polars as pl

from fangpin.demo.score import LeadFigures, events, month_number, score_leads
from fangpin.pipeline.county import open_county
from fangpin.pipeline.runs import run_of
from fangpin.types import Period

_SITE = "huaxi"
_QUIET_MONTHS = 12
_INVENT = """
import sys
from pathlib import Path
from fangpin.demo import CountyPlan, write_county
if __name__ == "__main__":
    write_county(CountyPlan(seed=int(sys.argv[1]), people=int(sys.argv[2]), months=12), Path(sys.argv[3]), processes=2)
"""
_UNINSURED = "insured_status in ('未参保', '暂停参保', '终止参保')"

# Kind and practice → household_no and period_no of everything it warns, over tables of linked rows.
_OF_BILLS = {
    "自付当月≥5,000": """
        select household_no, period_no from medical_settlement
        group by household_no, person_no, period_no having sum(self_paid_yuan) >= 5000""",
    "自付当年累计≥20,000": """
        select household_no, period_no from (
          select household_no, period_no, sum(sum(self_paid_yuan)) over (
            partition by person_no, (period_no - 1) // 12 order by period_no) as year_yuan
          from medical_settlement where person_no is not null group by household_no, person_no, period_no)
        where year_yuan >= 20000""",
}
_PRACTICE = {
    "income_drop": """
        select now.household_no, now.period_no
        from visit_ledger now join visit_ledger before
          on before.household_no = now.household_no and before.period_no = now.period_no - 1
        where now.income_yuan < 0.7 * before.income_yuan""",
    "unsafe_housing": "select household_no, period_no from housing_appraisal where house_grade in ('C', 'D')",
    # Without a list of the month before nobody is new.
    "new_disability": """
        select now.household_no, now.period_no
        from disability_certificate now anti join disability_certificate before
          on before.person_no = now.person_no and before.period_no < now.period_no
        where now.period_no > (select min(period_no) from disability_certificate)""",
    "dropout": "select household_no, period_no from school_enrolment where enrolment_status = '辍学'",
    "uninsured_illness": f"select household_no, period_no from medical_settlement where {_UNINSURED}",
}


def year_of(county: Path, home: Path) -> list[Path]:
    """Take every month of a county through the commands, unless that is done, and return the exported leads."""
    fangpin = [str(Path(sys.executable).with_name("fangpin")), "--home", str(home)]
    subprocess.run([*fangpin, "init", "--site", _SITE], check=True, stdout=subprocess.DEVNULL)
    exported = []
    for folder in sorted((county / "county").iterdir()):
        out = home.parent / f"leads-{folder.name}.parquet"
        exported.append(out)
        if out.exists():
            continue
        files = [str(file) for file in sorted(folder.iterdir())]
        for words in (["receive", *files], ["screen", folder.name], ["dispatch", folder.name]):
            subprocess.run([*fangpin, *words], check=True, stdout=subprocess.DEVNULL)
        export = ["export", "leads", "--period", folder.name, "--out", str(out)]
        subprocess.run([*fangpin, *export], check=True, stdout=subprocess.DEVNULL)
        print(f"{folder.name} ", end="", flush=True)
    print()
    return exported


def practice_leads(home: Path, last: Period, bills: str) -> pl.DataFrame:
    """Return what the single thresholds warn, with the given one for bills: household_no, period, kind."""
    with duckdb.connect() as con:
        _linked_tables(con, home, last)
        found = [
            con.sql(sql).pl().select("household_no", "period_no", kind=pl.lit(kind))
            for kind, sql in {"medical_spike": _OF_BILLS[bills], **_PRACTICE}.items()
        ]
    told: dict[tuple[str, str], int] = {}
    rows = []
    for household, number, kind in pl.concat(found).drop_nulls().unique().sort("period_no", "household_no").iter_rows():
        if number - told.get((household, kind), -_QUIET_MONTHS) >= _QUIET_MONTHS:
            told[household, kind] = number
            rows.append((household, f"{(number - 1) // 12:04}-{(number - 1) % 12 + 1:02}", kind))
    return pl.DataFrame(rows, schema=["household_no", "period", "kind"], orient="row")


def _linked_tables(con: duckdb.DuckDBPyConnection, home: Path, last: Period) -> None:
    """Make a table of linked rows for each source of the year."""
    county = open_county(home, office_url=None)
    links = run_of(county, last)["pins"]["links"]
    by_source: dict[str, tuple[list[str], list[str]]] = {}
    for batch_id, key in links.items():
        facts, linked = by_source.setdefault(batch_id.rsplit("-", 3)[0], ([], []))
        facts.append(str(county.warehouse.part(batch_id, "facts")))
        linked.append(str(county.warehouse.links_path(key)))
    county.close()
    for source_id, (facts, linked) in by_source.items():
        con.execute(
            f'create table "{source_id}" as select f.*, l.person_no, l.household_no '
            "from read_parquet($facts, union_by_name = true) f join read_parquet($links) l "
            "on l.batch_id = f.batch_id and l.row_number = f.row_number where l.band = 'link'",
            {"facts": facts, "links": linked},
        )


def hit_rate(leads: pl.DataFrame, shocks: pl.DataFrame) -> tuple[int, int]:
    """Return how many visits the leads ask for and how many come to a planted shock in its month or the two after."""
    visits = leads.select(household=pl.col("household_no").cast(pl.String), told_at=month_number("period")).unique()
    near = visits.join(events(shocks), on="household").filter((pl.col("told_at") - pl.col("at")).is_between(0, 2))
    return visits.height, near.select("household", "told_at").unique().height


def report(title: str, leads: pl.DataFrame, truth: dict[str, pl.DataFrame]) -> None:
    """Print recall and precision by kind, look-alikes warned and hits per visit."""
    kinds = sorted(set(truth["shocks"]["type"]))
    found = score_leads(leads, truth["shocks"], truth["decoys"])
    print(f"\n{title}\n{'kind':20}{'shocks':>8}{'found':>7}{'recall':>8}{'leads':>7}{'right':>7}{'precision':>11}")
    for kind, figures in [*found.by_kind.items(), ("all", found.overall)]:
        print(_line(kind, figures))
    warned = ", ".join(f"{name} {hit}/{count}" for name, (count, hit) in sorted(found.decoys_by_type.items()))
    print(f"look-alikes warned {found.decoys_warned}/{found.decoys} ({_share(found.decoys_warned_share)}): {warned}")
    visits, hits = hit_rate(leads.filter(pl.col("kind").is_in(kinds)), truth["shocks"])
    print(f"visits {visits:,}, hits {hits:,}: {hits / max(visits, 1):.1%} a visit")
    standing, right = hit_rate(leads, truth["shocks"])
    if standing > visits:
        # A state without an event (no labour, below the line) is no shock of the answers, and a visit all the same.
        print(
            f"with leads of every other kind {standing:,} visits, {right:,} of them to a shock: {right / standing:.1%}"
        )


def _line(kind: str, figures: LeadFigures) -> str:
    told = f"{kind:20}{figures.shocks:>8}{figures.found:>7}{_share(figures.recall):>8}"
    return f"{told}{figures.leads:>7}{figures.right_leads:>7}{_share(figures.precision):>11}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def main() -> None:
    """Take the year through, then print our leads and those of practice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("county", type=Path, nargs="?", help="a county with its answers; without it one is invented")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--work", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        county = given.county or work / "invented"
        if not county.exists():
            script = work / "invent.py"
            script.write_text(_INVENT, encoding="utf-8")
            subprocess.run([sys.executable, str(script), str(given.seed), str(given.people), str(county)], check=True)
        exported = year_of(county, work / "home")
        truth = {name: pl.read_parquet(county / "answers" / f"{name}.parquet") for name in ("shocks", "decoys")}
        ours = pl.concat([pl.read_parquet(file, columns=["household_no", "period", "kind"]) for file in exported])
        report("fangpin", ours, truth)
        last = Period.parse(exported[-1].stem.removeprefix("leads-"))
        for bills in _OF_BILLS:
            report(f"单一阈值（{bills}）", practice_leads(work / "home", last, bills), truth)


if __name__ == "__main__":
    main()
