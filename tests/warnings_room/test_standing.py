"""What stands on file of a household, and whom a spot check may draw."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from warning_tables import Month, P, shipped_site

from fangpin.config.site_models import SpotCheck
from fangpin.types import Period
from fangpin.warnings.inputs import quoted
from fangpin.warnings.leads import LEAD_KINDS, LEADS
from fangpin.warnings.quiet import QUIET
from fangpin.warnings.spot_check import draw, drawn_kinds, remembered
from fangpin.warnings.standing import HOMES, homes_of

WEAK = ("has_child", "has_elder", "has_disabled", "has_no_labour", "has_low_income")
SITE = shipped_site().model_copy(update={"spot_check": SpotCheck(households=3, document="甲")})
LIST = "fact_monitored_roster"


def household(month: Month, *columns: str) -> tuple[object, ...]:
    """Return what stands on file of H."""
    month.screen()
    return homes_of(month.con, P).filter(pl.col("household_no") == "H").select(columns).row(0)


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ((17, 40), (True, False)),
        ((18, 59), (False, False)),
        ((30, 60), (False, True)),
        ((30, None), (None, None)),
        ((17, None), (True, None)),
    ],
)
def test_children_and_elders(ages: tuple[int | None, ...], expected: tuple[bool | None, ...]) -> None:
    """Under 18, from 60; nobody is, and of somebody nobody knows: unknown."""
    month = Month(people=0, size=2)
    for place, age in enumerate(ages):
        month.add("person", person_no=f"P{place}", household_no="H", age=age)

    assert household(month, "has_child", "has_elder") == expected


@pytest.mark.parametrize(
    ("health", "covered", "expected"),
    [
        ("残疾", False, True),
        ("患有大病", False, True),
        ("健康", False, None),
        ("健康", True, False),
        (None, True, None),
    ],
)
def test_illness_and_disability(health: str | None, covered: bool, expected: bool | None) -> None:  # noqa: FBT001
    """The register's word or a certificate says yes; no needs both."""
    month = Month(people=0, covered={"disability_certificate": [P.ordinal]} if covered else {})
    month.add("person", person_no="P1", household_no="H", health=health)

    assert household(month, "has_disabled") == (expected,)


@pytest.mark.parametrize(("labour", "expected"), [(0, True), (1, False), (None, None)])
def test_labour(labour: int | None, expected: bool | None) -> None:  # noqa: FBT001
    """Nobody able to work; unknown where the register does not say."""
    month = Month(people=1)
    month.con.execute("update household set labour_count = $n", {"n": labour})

    assert household(month, "has_no_labour", "persons") == (expected, 1)


@pytest.mark.parametrize(
    ("registered", "listed", "expected"),
    [
        ((None, None), None, ("new", [], None)),
        (("边缘易致贫户", False), None, ("new_factor", [], True)),
        (("边缘易致贫户", None), None, ("new_factor", [], True)),
        (("边缘易致贫户", True), None, ("re_marking", [], None)),
        ((None, None), [("否", "因病、因学", "因残")], ("new_factor", ["因学", "因残", "因病"], True)),
        ((None, None), [("是", "因病", None)], ("re_marking", [], None)),
        (("边缘易致贫户", True), [("否", "因病", None)], ("new_factor", ["因病"], True)),  # the list speaks first
        ((None, None), [("是", "因病", None), ("否", "因病", None)], ("new_factor", ["因病"], True)),
        ((None, None), [("否", None, None)], ("new_factor", [], True)),
    ],
)
def test_standing(
    registered: tuple[str | None, bool | None],
    listed: list[tuple[str | None, ...]] | None,
    expected: tuple[object, ...],
) -> None:
    """This month's list of monitored people, else the register, says whether there is a case and whether it is over."""
    month = Month(people=1)
    month.con.execute(
        "update household set monitored_type = $t, risk_eliminated = $e", dict(zip("te", registered, strict=True))
    )
    made = LIST not in {row[0] for row in month.con.execute("show tables").fetchall()}
    if made:
        columns = "period_no bigint, household_no varchar, risk_eliminated varchar, risks varchar, risk_2 varchar"
        month.con.execute(f"create table {quoted(LIST)} ({columns})")
    month.con.execute(f"delete from {quoted(LIST)}")
    for row in listed or []:
        over, first, second = row
        month.add(LIST, period_no=P.ordinal, household_no="H", risk_eliminated=over, risks=first, risk_2=second)
    month.add(LIST, period_no=P.ordinal - 1, household_no="H", risk_eliminated="否", risks="因灾")  # another month's

    found = household(month, "standing", "case_risks", "has_low_income")
    month.con.execute(f"drop table {quoted(LIST)}" if made else f"delete from {quoted(LIST)}")

    assert found == expected


def test_columns_as_documented() -> None:
    """The frame has the documented columns and types, empty or not."""
    month = Month()
    month.screen()

    assert homes_of(month.con, P).schema == HOMES


def registered(count: int) -> tuple[duckdb.DuckDBPyConnection, pl.DataFrame]:
    """Return a register of so many households, and what stands on file of them."""
    month = Month(people=1)
    for place in range(1, count):
        month.add("household", household_no=f"H{place}", township="甲镇", village="一村", size=1)
    month.con.execute("update household set township = '甲镇'")
    month.screen()
    return month.con, homes_of(month.con, P)


NOBODY = pl.DataFrame(schema={"household_no": pl.String})


def test_a_draw_hangs_on_site_month_and_household_alone() -> None:
    """The same again, whatever the order of the register; another month or county draws others."""
    con, homes = registered(60)
    drawn = [
        draw(con, rows, NOBODY, site=site, period=period)["household_no"].to_list()
        for rows, site, period in (
            (homes, SITE, P),
            (homes.reverse(), SITE, P),
            (homes, SITE, Period(2024, 7)),
            (homes, SITE.model_copy(update={"id": "other"}), P),
        )
    ]

    assert drawn[0] == drawn[1] == sorted(drawn[0])
    assert len({tuple(some) for some in drawn}) == 3
    assert [len(some) for some in drawn] == [3, 3, 3, 3]


def test_who_is_not_drawn() -> None:
    """Nobody busy, monitored, or without a township to ask."""
    con, homes = registered(6)
    known = homes.with_columns(
        standing=pl.when(pl.col("household_no") == "H1").then(pl.lit("new_factor")).otherwise("standing"),
        township=pl.when(pl.col("household_no") == "H2").then(None).otherwise("township"),
    )
    busy = pl.DataFrame({"household_no": ["H", "H3", "H4"]})

    assert draw(con, known, busy, site=SITE, period=P)["household_no"].to_list() == ["H5"]


def test_a_drawn_household_is_a_lead_of_its_own_kind() -> None:
    """The least urgent grade, no points, no rule; remembered so that it is not drawn again."""
    con, homes = registered(1)
    drawn = draw(con, homes, NOBODY, site=SITE, period=P)

    lead = drawn.row(0, named=True)
    assert drawn.schema == LEADS
    assert (lead["grade"], lead["kinds"], lead["standing"], lead["score"]) == ("green", ["spot_check"], "spot_check", 0)
    assert drawn_kinds(drawn).schema == LEAD_KINDS
    before = pl.DataFrame([("spot_check", "H", None, "2023-01", "spot_check", None)], schema=QUIET, orient="row")
    assert remembered(drawn, before).rows() == [("spot_check", "H", None, "2024-06", "spot_check", None)]


def test_no_declaration_no_draw() -> None:
    """A county that declares no spot check draws nobody."""
    con, homes = registered(3)

    assert draw(con, homes, NOBODY, site=SITE.model_copy(update={"spot_check": None}), period=P).is_empty()
