"""The written files: the same for the same seed, every data row accounted for, every kind of dirt, shocks visible."""

import re
from pathlib import Path

import polars as pl
import pytest
from written import Written

from fangpin.demo import CountyPlan, write_county
from fangpin.demo.profiles import HEAVY

SOURCES = ("民政", "医保", "住建", "教育", "残联")


def digest(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """Two runs of one plan write the same bytes, workbooks too; another seed writes others."""
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_county(CountyPlan(seed=seed, people=200, months=2), tmp_path / name / "x")

    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


def test_processes_do_not_change_the_files(tmp_path: Path) -> None:
    """A pool of two processes writes what one writes."""
    plan = CountyPlan(seed=3, people=200, months=2)
    write_county(plan, tmp_path / "one" / "x", processes=1)
    write_county(plan, tmp_path / "two" / "x", processes=2)

    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_progress_is_told_in_order(tmp_path: Path) -> None:
    """Every step is told once, the last one complete."""
    told: list[tuple[str, int, int]] = []
    write_county(CountyPlan(seed=3, people=200, months=2), tmp_path, progress=lambda *step: told.append(step))

    assert [done for _, done, _ in told] == [0, 1, 2, 3]
    assert told[-1] == ("写出答案", 3, 3)


@pytest.mark.parametrize("source", SOURCES)
def test_data_rows_are_the_answers(county: Written, source: str) -> None:
    """A file has as many data rows as its answers, numbered from 1 in the file's order."""
    answers = county.answers("links").filter(pl.col("source") == source)
    for month in county.months():
        mine = answers.filter(pl.col("month") == month.replace("-", ""))["row_number"].to_list()
        rows = county.data(source, month)

        assert len(rows) == len(mine), month
        assert mine == list(range(1, len(mine) + 1))
        assert [int(float(row[0])) for row in rows] == mine


def test_members_are_the_register(county: Written) -> None:
    """The members of a month are the people of that month's register file."""
    members = county.answers("members").group_by("month").len()
    written = {m.replace("-", ""): len(county.data("台账", m)) for m in county.months()}

    assert dict(members.iter_rows()) == written


def test_links_point_into_the_register(county: Written) -> None:
    """A linked person is in that month's register, and an outsider's row has no person."""
    links, members = county.answers("links"), county.answers("members")

    assert links.filter("outsider")["person_id"].null_count() == links.filter("outsider").height
    assert links.drop_nulls("person_id").join(members, on=["person_id", "month"], how="anti").is_empty()
    assert links.filter(pl.col("person_id").is_null() & ~pl.col("outsider") & ~pl.col("unregistered")).is_empty()


def test_every_kind_of_dirt_occurs(heavy: Written) -> None:
    """A heavy county holds every kind of damaged number, name and place, duplicates and outsiders."""
    links = heavy.answers("links")

    assert set(HEAVY.ids) <= set(links["id_kind"])
    assert set(HEAVY.names) <= set(links["name_kind"])
    assert set(HEAVY.places) <= set(links["place_kind"])
    assert links["duplicate"].any()
    assert links["outsider"].any()


def test_clean_rows_hold_the_true_number(county: Written) -> None:
    """A row whose number was not touched shows the same number in every month."""
    links = county.answers("links").filter(
        (pl.col("source") == "教育") & (pl.col("id_kind") == "ok") & ~pl.col("outsider")
    )
    seen: dict[int, set[str]] = {}
    for month in county.months()[:3]:
        rows = county.data("教育", month)
        mine = links.filter(pl.col("month") == month.replace("-", "")).drop_nulls("person_id")
        for number, person in mine.select("row_number", "person_id").iter_rows():
            seen.setdefault(person, set()).update(c for c in rows[number - 1] if re.fullmatch(r"\d{17}[\dX]", c))

    assert seen
    assert all(len(numbers) <= 2 for numbers in seen.values())


def test_headings_change_over_the_year(county: Written) -> None:
    """A source does not keep one heading row for twelve months."""
    for source in SOURCES:
        headings = {tuple(county.rows(source, m)[2 if source in {"民政", "住建"} else 1][:8]) for m in county.months()}

        assert len(headings) > 1, source


def amounts(county: Written, household: int) -> list[float]:
    """The income of a household in each month it was visited."""
    out: list[float] = []
    for month in county.months():
        rows = county.rows("走访", month)
        column = next(k for k, h in enumerate(rows[1]) if "收入" in h)
        out += [float(re.sub("[,￥]", "", r[column])) for r in rows if r[0] == str(household) and r[column]]
    return out


def test_income_drop_lasts(county: Written) -> None:
    """A household with an income drop earns clearly less after it than before, in the written ledger."""
    drops = county.answers("shocks").filter((pl.col("type") == "income_drop") & (pl.col("month") <= "202409"))
    assert len(drops) > 0
    for month, household in drops.select("month", "household_id").iter_rows():
        told = amounts(county, household)
        split = int(month[4:]) - 1
        before, after = told[: split - 1], told[split:]

        assert sum(after) / len(after) < 0.8 * sum(before) / len(before)


def test_a_dip_is_over_after_its_month(county: Written) -> None:
    """A household that dips for one month earns as before in the last months it had not yet dipped in."""
    dips = county.answers("decoys").filter(
        (pl.col("type") == "one_month_dip") & pl.col("month").is_between(pl.lit("202404"), pl.lit("202409"))
    )
    for household in dips["household_id"]:
        told = amounts(county, household)

        assert sum(told[-2:]) / 2 > 0.55 * sum(told[:3]) / 3


def test_decoys_are_no_shocks(county: Written) -> None:
    """No household has both."""
    shocks, decoys = county.answers("shocks"), county.answers("decoys")

    assert decoys.join(shocks, on="household_id", how="semi").is_empty()


def test_new_certificate_and_new_house_appear_in_their_month(county: Written) -> None:
    """The person of a new disability, and the head of an unsafe house, are on the list from their month on."""
    links = county.answers("links").drop_nulls("person_id")
    shocks = county.answers("shocks").filter(pl.col("type").is_in(["new_disability", "unsafe_housing"]))
    for kind, month, person in shocks.select("type", "month", "person_id").iter_rows():
        source = "残联" if kind == "new_disability" else "住建"
        seen = links.filter((pl.col("source") == source) & (pl.col("person_id") == person))["month"]

        assert seen.min() == month
