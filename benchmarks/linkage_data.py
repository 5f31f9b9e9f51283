"""The counties of the linkage benchmark: sample or invented, received by the product, with their answers.

A prepared county is a folder with county/, answers/ and home/ (the product's own folder, its files received). It is
kept in the work folder, so that the next run starts from conformed files at once.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples" / "linkage"
AGENCIES = {
    "民政": "dibao_roster",
    "医保": "medical_settlement",
    "住建": "housing_appraisal",
    "教育": "school_enrolment",
    "残联": "disability_certificate",
}
REGISTER = "household_register"
SITE = "huaxi"
_INVENT = """
import sys
from pathlib import Path
from fangpin.demo import CountyPlan, write_county
if __name__ == "__main__":
    people, dirt, seed, folder = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    write_county(CountyPlan(seed=seed, people=people, months=1, dirt=dirt), folder)
"""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A county to link: a sample by its folder, or one to invent (people, dirt, seed)."""

    name: str
    sample: str = ""
    people: int = 0
    dirt: str = ""
    seed: int = 0


DATA_SETS = (
    DataSet("sample typical", sample="typical"),
    DataSet("sample dirty", sample="dirty"),
    DataSet("300,000 typical", people=300_000, dirt="typical", seed=7),
    DataSet("300,000 heavy", people=300_000, dirt="heavy", seed=8),
    DataSet("1,000,000 typical", people=1_000_000, dirt="typical", seed=9),
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A county whose files are conformed: where its home, its raw files and its answers are."""

    home: Path
    files: tuple[Path, ...]
    answers: Path


def prepare(data: DataSet, work: Path) -> Prepared:
    """Invent what is not there yet and receive what is not received yet."""
    folder = SAMPLES / data.sample if data.sample else work / data.name.replace(" ", "-").replace(",", "")
    home = work / data.name.replace(" ", "-").replace(",", "") / "home"
    home.parent.mkdir(parents=True, exist_ok=True)
    if not (folder / "county").is_dir():
        script = home.parent / "invent.py"
        script.write_text(_INVENT, encoding="utf-8")
        subprocess.run(
            [sys.executable, str(script), str(data.people), data.dirt, str(data.seed), str(folder)], check=True
        )
    files = tuple(sorted(next((folder / "county").iterdir()).iterdir()))
    if not home.is_dir():
        command = [str(Path(sys.executable).with_name("fangpin")), "--home", str(home)]
        subprocess.run([*command, "init", "--site", SITE], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*command, "receive", *map(str, files)], check=True, stdout=subprocess.DEVNULL)
    return Prepared(home, files, folder / "answers")


def conformed(home: Path) -> dict[str, Path]:
    """The folders of the conformed batches by source: identity.parquet and facts.parquet in each."""
    return {folder.name.rsplit("-", 3)[0]: folder for folder in sorted((home / "warehouse" / "batches").iterdir())}


def answers(prepared: Prepared) -> pl.DataFrame:
    """What is true: source_id, row_number u32, person_no|null (nobody registered), id_class."""
    return pl.read_parquet(prepared.answers / "links.parquet").select(
        pl.col("source").replace_strict(AGENCIES).alias("source_id"),
        pl.col("row_number").cast(pl.UInt32),
        pl.col("person_id").cast(pl.String).alias("person_no"),
        "id_class",
    )
