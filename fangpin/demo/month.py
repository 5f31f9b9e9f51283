"""The county in one month: who is present, who is in the register, where and as what.

Read off the month places of the county's frames; nothing is stored between months, so months can be written in any
order and by any process.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangpin.demo.county import County, calendar
from fangpin.demo.households import Relation

PLACE_COLUMNS = ("town_name", "town_short", "village_name", "village_short", "former_name", "township", "village")

KEPT_COLUMNS = (
    *("person", "person_no", "sex", "birth", "name", "id_no", "phone"),
    *("minority", "able", "chronic", "serious", "disability", "grade", "cert_on"),
    *("cert_month", "renewed_month", "uninsured_from", "senior", "college", "away", "aid"),
    *("aid_tier", "aid_from", "rename_month", "shared_id"),
)


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a county: its place in the plan, first day, people and identities."""

    place: int
    first: date
    county: County
    folk: pl.DataFrame
    """One row a person of county.people, same order: present, listed, household, relation, years, … this month."""
    identities: pl.DataFrame
    """One row a person and then one row an outsider: what a department could write about them."""

    @property
    def days(self) -> list[date]:
        """The first day of every month of the plan."""
        return calendar(self.county.plan)

    def day_of(self, places: pl.Series, day: int) -> pl.Series:
        """A day of the month at each place (Date); places outside the plan give its first month."""
        inside = np.where((places.to_numpy() >= 0) & (places.to_numpy() <= self.place), places.to_numpy(), 0)
        return pl.Series([d.replace(day=day) for d in self.days]).gather(inside)

    @property
    def period(self) -> str:
        """The month as YYYYMM."""
        return f"{self.first:%Y%m}"

    def rng(self, stream: int) -> np.random.Generator:
        """A generator of its own for each month and purpose."""
        return np.random.default_rng([self.county.plan.seed, 100 + self.place, stream])


def month_of(county: County, place: int) -> Month:
    """The state of a county in the month at a place of its plan."""
    first = calendar(county.plan)[place]
    people = county.people
    changed = pl.col("change_month") <= place
    folk = people.select(
        *KEPT_COLUMNS,
        (pl.col("age") + place / 12).alias("years"),
        ((pl.col("present_from") <= place) & (pl.col("present_until") > place)).alias("present"),
        ((pl.col("listed_from") <= place) & (pl.col("listed_until") > place)).alias("listed"),
        pl.when(changed).then("new_household").otherwise("household").alias("household"),
        pl.when(changed).then("new_relation").otherwise("relation").alias("relation"),
        pl.when(pl.col("rename_month") <= place).then("name").otherwise("former_name").alias("register_name"),
        pl.when(pl.col("name") != pl.col("former_name")).then("former_name").alias("former"),
        pl.when(pl.col("fix_month") <= place).then("id_no").otherwise("wrong_id").alias("register_id"),
    )
    homes = homes_of(county, place)
    folk = folk.with_columns(homes.select("household_no", "group", *PLACE_COLUMNS)[folk["household"].to_list()])
    folk = folk.with_columns(pl.Series("head", head_index(folk)))
    return Month(place, first, county, folk, identities_of(folk, county.outsiders))


def homes_of(county: County, place: int) -> pl.DataFrame:
    """Households with the village they live in this month and its names."""
    moved = county.households["move_month"].to_numpy() <= place
    where = np.where(moved, county.households["new_village"].to_numpy(), county.households["village"].to_numpy())
    names = county.villages[where.tolist()].select(PLACE_COLUMNS)
    return county.households.drop("village").with_columns(names)


def head_index(folk: pl.DataFrame) -> NDArray[np.int64]:
    """For each person the person who heads the household this month (oneself when nobody does)."""
    house = folk["household"].to_numpy()
    is_head = (folk["relation"].to_numpy() == Relation.HEAD) & (folk["listed"].to_numpy() | folk["present"].to_numpy())
    out = np.full(int(house.max()) + 1, -1, dtype=np.int64)
    out[house[is_head]] = np.flatnonzero(is_head)
    return np.where(out[house] >= 0, out[house], np.arange(len(house)))


def identities_of(folk: pl.DataFrame, outsiders: pl.DataFrame) -> pl.DataFrame:
    """People and then outsiders as the departments know them.

    One row each: name, former, id_no, sex, birth, years, minority, head (place here), names of the place, group,
    person_no (null for outsiders and people not in this month's register), address (String, outsiders only).
    """
    mine = folk.select(
        "name",
        "former",
        "id_no",
        "sex",
        "birth",
        "years",
        "minority",
        "phone",
        "head",
        "group",
        *PLACE_COLUMNS,
        pl.when("listed").then("person_no").alias("person_no"),
        pl.lit(None, dtype=pl.String).alias("address"),
        pl.lit(value=False).alias("outsider"),
    )
    own = np.arange(len(outsiders)) + len(folk)
    theirs = outsiders.select(
        "name",
        "id_no",
        "sex",
        "birth",
        pl.col("age").alias("years"),
        pl.col("place").alias("address"),
        pl.Series("head", own),
        pl.lit(value=False).alias("minority"),
        pl.lit(value=True).alias("outsider"),
    )
    return pl.concat([mine, theirs], how="diagonal")
