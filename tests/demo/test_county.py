"""The invented county before any file: numbers, keys, households, names."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from fangpin.demo.county import County, CountyPlan, build_county
from fangpin.demo.idents import citizen_numbers, is_valid
from fangpin.demo.month import month_of
from fangpin.demo.words import COUNTY_CODE


@pytest.fixture(scope="module")
def county() -> County:
    return build_county(CountyPlan(seed=5, people=3_000))


def test_check_digit_of_a_known_number() -> None:
    """The worked example of GB 11643 (11010519491231002X) is valid and its neighbours are not."""
    numbers = pl.Series(["11010519491231002X", "110105194912310021", "11010519491231002x", "", None])

    assert is_valid(numbers).to_list() == [True, False, False, False, False]


def test_numbers_of_one_day_do_not_collide() -> None:
    """Two hundred men born on one day under one code have two hundred odd, valid numbers."""
    people = pl.DataFrame({"area_code": ["963127"] * 200, "birth": [date(1990, 5, 1)] * 200, "sex": [1] * 200})

    numbers = citizen_numbers(people, np.random.default_rng(1))

    assert numbers.n_unique() == 200
    assert is_valid(numbers).all()
    assert set(numbers.str.slice(16, 1)) <= set("13579")


def test_every_number_is_valid_unique_and_of_the_sex(county: County) -> None:
    """People and outsiders together share no number, and the order number tells the sex."""
    both = pl.concat([county.people.select("id_no", "sex", "birth"), county.outsiders.select("id_no", "sex", "birth")])
    odd = both["id_no"].str.slice(16, 1).cast(pl.Int64) % 2

    assert is_valid(both["id_no"]).all()
    assert both["id_no"].n_unique() == len(both)
    assert (odd == (both["sex"] == 1).cast(pl.Int64)).all()
    assert (both["id_no"].str.slice(6, 8) == both["birth"].dt.strftime("%Y%m%d")).all()


def test_code_belongs_to_no_province() -> None:
    """No assigned province number begins with the county's code."""
    assert COUNTY_CODE[:2] == "96"


def test_keys_are_stable_and_unique(county: County) -> None:
    """户编号 and 人编号 name one household and one person for the whole plan."""
    assert county.people["person_no"].n_unique() == len(county.people)
    assert county.households["household_no"].n_unique() == len(county.households)


@pytest.mark.parametrize("place", [0, 5, 11])
def test_each_listed_household_has_one_head(county: County, place: int) -> None:
    """A household in the register has exactly one head, after deaths, splits and changes too."""
    listed = month_of(county, place).folk.filter("listed")
    heads = listed.group_by("household").agg((pl.col("relation") == 0).sum().alias("heads"))

    assert heads["heads"].max() == 1
    assert (heads["heads"] == 1).sum() > 0.995 * len(heads)


def test_a_year_brings_every_kind_of_change(county: County) -> None:
    """Births, deaths, moved people, changed names and corrected numbers all happen."""
    people = county.people

    assert people.filter(pl.col("age") < 0).height > 0
    assert people.filter(pl.col("present_until") < 12).height > 0
    assert people.filter((pl.col("change_month") < 12) & (pl.col("household") != pl.col("new_household"))).height > 0
    assert people.filter((pl.col("rename_month") < 12) & (pl.col("name") != pl.col("former_name"))).height > 0
    assert people.filter((pl.col("fix_month") < 12) & (pl.col("id_no") != pl.col("wrong_id"))).height > 0
    assert county.households.filter(pl.col("move_month") < 12).height > 0


def test_names_are_of_every_kind(county: County) -> None:
    """Two and three characters, middle dots, and namesakes inside a village."""
    people = county.people.with_columns(village=county.households["village"].gather(county.people["household"]))
    sizes = set(people["name"].str.len_chars().to_list())
    alike = people.group_by("village", "name").len().filter(pl.col("len") > 1)

    assert {2, 3} <= sizes
    assert people["name"].str.contains("·", literal=True).any()
    assert len(alike) > 0


def test_no_household_meets_two_incidents(county: County) -> None:
    """One planted event a household, but for the income that goes with a lost worker or a fall under the line."""
    rows = county.incidents.filter(~((pl.col("kind") == "income_drop") & (pl.col("variant") == 2.0)))

    assert rows["household"].n_unique() == len(rows)


def test_shocks_begin_in_the_third_month(county: County) -> None:
    """Two months without a shock let rules learn what is usual."""
    assert county.incidents.filter("shock")["month"].min() >= 2  # type: ignore[operator]
