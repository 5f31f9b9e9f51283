"""A month's alerts all the way to leads: who is drawn beside them, and that the order of alerts does not count."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from warning_tables import Month, P, alerts, shipped_site

from fangpin.config.site_models import SpotCheck
from fangpin.warnings.merging import Merged, merge
from fangpin.warnings.quiet import QUIET
from fangpin.warnings.suppression import ANSWERS, REOPENED, Before

SITE = shipped_site().model_copy(update={"spot_check": SpotCheck(households=9, document="甲")})


def merged(
    rows: pl.DataFrame, quiet: tuple[tuple[object, ...], ...] = (), answers: tuple[tuple[object, ...], ...] = ()
) -> Merged:
    """Merge the alerts of a month of three households of one township."""
    month = Month(people=1)
    for no in ("H2", "H3"):
        month.add("household", household_no=no, size=1)
    month.con.execute("update household set township = '甲镇'")
    month.screen()
    before = Before(
        pl.DataFrame(list(quiet), schema=QUIET, orient="row"),
        pl.DataFrame(list(answers), schema=ANSWERS, orient="row"),
        pl.DataFrame(schema=REOPENED),
    )
    return merge(month.con, rows, before, site=SITE, period=P)


VISIT = ["other"], "2022-01"


@pytest.mark.parametrize(
    ("quiet", "answers", "drawn"),
    [
        ((), (), ["H2", "H3"]),  # H has a lead
        ((("r", "H2", None, "2023-06", "other", None),), (), ["H3"]),  # raised within twelve months
        ((("r", "H2", None, "2023-05", "other", None),), (), ["H2", "H3"]),
        ((("spot_check", "H2", None, "2024-05", "spot_check", None),), (), ["H3"]),  # drawn last month
        ((), (("H3", *VISIT, dt.date(2023, 6, 1), "07"),), ["H2"]),  # visited within twelve months
        ((), (("H3", *VISIT, dt.date(2023, 5, 31), "04"),), ["H2", "H3"]),
    ],
)
def test_who_is_drawn(
    quiet: tuple[tuple[object, ...], ...], answers: tuple[tuple[object, ...], ...], drawn: list[str]
) -> None:
    """Whom no rule speaks of, none raised and nobody visited in the twelve months before."""
    found = merged(alerts({}), quiet, answers)

    assert found.leads["household_no"].to_list() == ["H"]
    assert found.drawn["household_no"].to_list() == drawn


def test_whose_alert_is_held_back_is_not_drawn() -> None:
    """Quiet is not low risk."""
    found = merged(alerts({}), (("r", "H", None, "2024-05", "other", 2.0),))

    assert (found.leads.height, found.settled.suppressed.height) == (0, 1)
    assert found.drawn["household_no"].to_list() == ["H2", "H3"]


def test_order_of_alerts_does_not_matter() -> None:
    """The same alerts in another order come to the same."""
    rows = alerts(
        {"rule_id": "b", "sentence": "乙"},
        {"rule_id": "a", "household_no": "H2"},
        {"rule_id": "f", "effect": "flag", "sentence": "有车"},
        {"rule_id": "c", "effect": "close", "household_no": "H2"},
        {"rule_id": "q"},
    )
    quiet = (("q", "H", None, "2024-05", "other", 2.0),)

    one, other = merged(rows, quiet), merged(rows.reverse(), quiet)

    for name in ("leads", "kinds", "drawn"):
        assert_frame_equal(getattr(one, name), getattr(other, name))
    assert_frame_equal(one.settled.suppressed, other.settled.suppressed)
    assert one.leads.select("household_no", "flags").rows() == [("H", ["有车"])]
