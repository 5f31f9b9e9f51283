"""The monthly lists of houses, basic living and certificates against their slow twins, on random lists."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lists_plain import dibao, disability, house
from warning_tables import Month

from fangpin.types import Period
from fangpin.warnings.inputs import run_steps
from fangpin.warnings.rosters import roster_steps

Row = dict[str, Any]
NOW = Period(2024, 10)
PLACES = 60
# A seed has nothing to shrink: the next smaller one draws other rows.
FEW = settings(max_examples=8, deadline=None, phases=[Phase.generate])
SEEDS = st.integers(0, 2**32)


def day(back: int) -> dt.date:
    """Return a day of so many months ago, the last one of this month for 0."""
    period = NOW.back(back)
    return NOW.last_day if back == 0 else dt.date(period.year, period.month, 3)


DAYS = [None, *(day(back) for back in (-1, 0, 0, 1, 1, 2, 3, 13))]
HOUSE: dict[str, list[Any]] = {
    "house_grade": ["A", "B", "C", "C", "D", "D", None],
    "renovation": ["未改造", "未改造", "无需改造", "改造中", "已改造", None],
    "inhabited": ["是", "是", "否", None],
    "completed_on": [None, None, None, NOW.last_day, NOW.last_day + dt.timedelta(1)],
}
GRANT: dict[str, list[Any]] = {
    "category": ["农村低保", "农村低保", "城市低保", "特困供养", "低保边缘"],
    "insured_count": [None, 0, 1, 2, 3],
    "started_on": DAYS,
}
CERTIFICATE: dict[str, list[Any]] = {
    "disability_type": ["肢体", "智力", "精神", None],
    "disability_level": ["一级", "二级", "三级", "三级", "四级", "不详", None],
    "issued_on": DAYS,
    "first_issued_on": [None, None, *DAYS],
    "certificate_status": ["有效", "有效", None, "注销"],
    "certificate_event": ["新办", "换证", None],
}


def drawn(source_id: str, columns: dict[str, list[Any]], seed: int) -> tuple[Month, list[Row], set[int]]:
    """Return a month with random lists of one source, the rows of the lists, and the months that have one."""
    chance = random.Random(seed)  # noqa: S311 no secret
    # Mostly this month and the last, sometimes a hole in either.
    months = [NOW.ordinal - back for back in range(5)]
    covered = {month for month in months if chance.random() < 0.85} | ({NOW.ordinal} if seed % 4 else set())
    month = Month(covered={source_id: sorted(covered)}, people=0, size=0)
    many = f"range({PLACES}) r(place)"
    month.con.execute(
        f"insert into household (household_no, size) select 'H' || place, place % 4 from {many}"
    ).fetchall()
    month.con.execute(
        f"insert into person (person_no, household_no) select 'P' || place, 'H' || place from {many}"
    ).fetchall()
    rows = []
    for place in range(PLACES):
        for _ in range(chance.randrange(5)):
            row = {name: chance.choice(choices) for name, choices in columns.items()}
            keys = {"household_no": f"H{place}", "person_no": chance.choice([f"P{place}", f"P{place}", f"Q{place}"])}
            when = chance.choice([months[0], months[0], *months])
            rows.append(row | keys | {"period_no": when, "row_number": len(rows) + 1, "batch_id": "b"})
    month.con.register("rows_in", pl.DataFrame(rows, infer_schema_length=None))
    month.con.execute(f"insert into fact_{source_id} by name select * from rows_in").fetchall()
    month.con.unregister("rows_in")
    run_steps(month.con, roster_steps(NOW))
    return month, rows, covered


def answers(month: Month, table: str, key: str, columns: list[str]) -> dict[str, Row]:
    """Return the measures of a table by its key."""
    rows = month.con.execute(f"select {key}, {', '.join(columns)} from {table}").fetchall()
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


def of(rows: list[Row], key: str, value: str) -> list[Row]:
    """Return the rows of one household or person."""
    return [row for row in rows if row[key] == value]


@FEW
@given(SEEDS)
def test_houses(seed: int) -> None:
    """Which house of a household is shown, whether it is unsafe and was last month, equals the twin."""
    month, rows, covered = drawn("housing_appraisal", HOUSE, seed)
    expected = {
        f"H{place}": house(of(rows, "household_no", f"H{place}"), covered, now=NOW.ordinal, last_day=NOW.last_day)
        for place in range(PLACES)
    }
    got = answers(month, "household_house", "household_no", list(expected["H0"]))

    assert {number: got[number] for number in expected} == expected


@FEW
@given(SEEDS)
def test_basic_living(seed: int) -> None:
    """Who is on the basic-living list, since when, how much of the family, and whether newly, equals the twin."""
    month, rows, covered = drawn("dibao_roster", GRANT, seed)
    expected = {
        f"H{place}": dibao(of(rows, "household_no", f"H{place}"), covered, now=NOW.ordinal, size=place % 4)
        for place in range(PLACES)
    }
    got = answers(month, "household_dibao", "household_no", list(expected["H0"]))

    assert {number: got[number] for number in expected} == expected


@FEW
@given(SEEDS)
def test_certificates(seed: int) -> None:
    """Which certificate is shown, whether it is severe, how old and whether the first, equals the twin."""
    month, rows, covered = drawn("disability_certificate", CERTIFICATE, seed)
    expected = {
        f"P{place}": disability(of(rows, "person_no", f"P{place}"), covered, now=NOW.ordinal) for place in range(PLACES)
    }
    got = answers(month, "person_disability", "person_no", list(expected["P0"]))

    assert {number: got[number] for number in expected} == expected
