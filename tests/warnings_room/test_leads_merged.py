"""Quiet periods, one lead a household, the kinds of a lead."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from warning_tables import alerts, shipped_site

from fangpin.warnings.leads import lead_kinds, merge_leads
from fangpin.warnings.quiet import QUIET, apply_quiet

SITE = shipped_site()
HOMES = pl.DataFrame(
    {"household_no": ["H", "H2"], "township": ["甲镇", "乙镇"], "village": ["一村", "二村"]},
)


def quiet(*rows: tuple[str, str, str | None, str]) -> pl.DataFrame:
    """Return a quiet frame."""
    return pl.DataFrame(rows, schema=QUIET, orient="row")


@pytest.mark.parametrize(
    ("last", "is_raised"),
    [("2024-06", True), ("2024-05", False), ("2024-03", False), ("2024-02", True), ("2024-07", True), (None, True)],
)
def test_quiet_months(last: str | None, is_raised: bool) -> None:  # noqa: FBT001
    """Silent from the month after an alert up to and including the third; never by its own month or a later one."""
    before = quiet(("r", "H", None, last)) if last else quiet()

    raised, suppressed, _ = apply_quiet(alerts({}), before)

    assert (raised.height, suppressed.height) == ((1, 0) if is_raised else (0, 1))


def test_quiet_across_the_year() -> None:
    """December and January are one month apart."""
    raised, _, _ = apply_quiet(alerts({"period": "2024-01"}), quiet(("r", "H", None, "2023-12")))

    assert raised.height == 0


def test_quiet_is_kept_by_rule_household_and_person() -> None:
    """Another rule, household or person is not silenced."""
    rows = alerts(
        {"person_no": "P1"},
        {"person_no": "P2"},
        {"rule_id": "s", "person_no": "P1"},
        {"household_no": "H2", "person_no": "P1"},
    )

    raised, suppressed, _ = apply_quiet(rows, quiet(("r", "H", "P1", "2024-05")))

    assert raised.select("rule_id", "household_no", "person_no").rows() == [
        ("r", "H", "P2"),
        ("s", "H", "P1"),
        ("r", "H2", "P1"),
    ]
    assert suppressed.columns == rows.columns


def test_a_suppressed_alert_does_not_prolong_the_silence() -> None:
    """The quiet period runs from the last alert raised; others are carried on."""
    before = quiet(("r", "H", None, "2024-05"), ("s", "H9", "P9", "2023-01"))

    _, _, after = apply_quiet(alerts({}, {"household_no": "H2"}), before)

    assert after.rows() == [("r", "H", None, "2024-05"), ("r", "H2", None, "2024-06"), ("s", "H9", "P9", "2023-01")]


def test_a_month_run_again_changes_nothing() -> None:
    """Applying the month to what it left behind raises the same alerts and leaves the same."""
    rows = alerts({}, {"household_no": "H2", "person_no": "P2"})
    raised, _, after = apply_quiet(rows, quiet())

    again, _, after_again = apply_quiet(rows, after)

    assert_frame_equal(again, raised)
    assert_frame_equal(after_again, after)


def test_one_lead_a_household() -> None:
    """All alerts of a household and month are one lead: the most urgent grade, every kind, risk and rule once."""
    rows = alerts(
        {"rule_id": "b", "kind": "income_drop", "sentence": "收入下降", "risks": ["收入骤减"]},
        {"rule_id": "a", "kind": "dropout", "grade": "red", "sentence": "辍学", "risks": ["因学"], "person_no": "P1"},
        {"rule_id": "a", "kind": "dropout", "grade": "red", "sentence": "辍学", "risks": ["因学"], "person_no": "P2"},
    )

    assert merge_leads(rows, HOMES, site=SITE).drop("score").rows() == [
        (
            "H",
            "甲镇",
            "一村",
            "2024-06",
            "red",
            ["dropout", "income_drop"],
            ["因学", "收入骤减"],
            ["a", "b"],
            "辍学；收入下降。",
            3,
        )
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([{"grade": "red"}], [{"grade": "yellow", "kind": "dropout"}, {"grade": "yellow"}]),  # grade before kinds
        ([{"kind": "dropout"}, {}], [{"measured": 90.0}]),  # kinds before overshoot
        ([{"measured": 3.0}], [{"measured": 2.0}]),  # overshoot above the line
        ([{"measured": 1.0, "threshold": 5.0}], [{"measured": 1.0, "threshold": 2.0}]),  # and below it
        ([{"measured": 0.0, "threshold": 5.0}], [{"measured": 1.0, "threshold": 5.0}]),  # nothing left at all
        ([{"measured": 1.0}], [{"measured": None}]),  # equal: the household number decides
        ([{"grade": "green"}], [{"grade": "purple", "measured": 9.0}]),  # a grade the site does not have is last
    ],
)
def test_order_of_leads(first: list[dict[str, object]], second: list[dict[str, object]]) -> None:
    """Grade, then number of kinds, then overshoot, then household number."""
    rows = alerts(*({"household_no": "H2"} | row for row in second), *({"household_no": "H"} | row for row in first))

    assert merge_leads(rows, HOMES, site=SITE)["household_no"].to_list() == ["H", "H2"]


def test_score_is_capped() -> None:
    """Beyond ten times the line, more says no more; it never lifts a lead over another grade or kind."""
    rows = alerts({"measured": 1e9}, {"household_no": "H2", "measured": 11.0})

    assert merge_leads(rows, HOMES, site=SITE)["score"].to_list() == [2019.0, 2019.0]


def test_household_not_registered_has_no_place() -> None:
    """A lead of a household without a register row keeps its place unknown."""
    found = merge_leads(alerts({"household_no": "H9"}), HOMES, site=SITE)

    assert found.select("household_no", "township", "village").rows() == [("H9", None, None)]


def test_order_of_alerts_does_not_matter() -> None:
    """The same alerts in another order give the same leads and kinds."""
    rows = alerts(
        {"rule_id": "b", "sentence": "乙"}, {"rule_id": "a"}, {"household_no": "H2"}, {"rule_id": "c", "measured": 5.0}
    )

    for made in (lambda f: merge_leads(f, HOMES, site=SITE), lambda f: lead_kinds(f, site=SITE)):
        assert_frame_equal(made(rows), made(rows.reverse()))


def test_kinds_of_a_lead() -> None:
    """One row a household, month and kind, its figures in the order of its rules."""
    rows = alerts(
        {"rule_id": "year", "kind": "medical_spike", "measured": 6.0, "threshold": 5.0, "sentence": "累计"},
        {"rule_id": "month", "kind": "medical_spike", "measured": 8.0, "threshold": 4.0, "sentence": "骤增"},
        {"rule_id": "low", "kind": "income_low", "grade": "red", "sentence": "低收入"},
    )

    assert lead_kinds(rows, site=SITE).rows() == [
        ("H", "2024-06", "income_low", "red", ["low"], [2.0], [1.0], "低收入。"),
        ("H", "2024-06", "medical_spike", "yellow", ["month", "year"], [8.0, 6.0], [4.0, 5.0], "骤增；累计。"),
    ]
