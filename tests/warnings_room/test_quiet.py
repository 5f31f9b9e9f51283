"""Quiet periods: silent for the rule's months, raised again when it has grown, never silenced by its own month."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from warning_tables import alerts

from fangpin.warnings.quiet import QUIET, apply_quiet, quiet_after

GROWTH = 0.5


def quiet(*rows: tuple[str, str, str | None, str], severity: float | None = 2.0) -> pl.DataFrame:
    """Return a quiet frame of rule, household, person and last month; kind other."""
    return pl.DataFrame([(*row, "other", severity) for row in rows], schema=QUIET, orient="row")


@pytest.mark.parametrize(
    ("last", "is_raised"),
    [("2024-06", True), ("2024-05", False), ("2024-03", False), ("2024-02", True), ("2024-07", True), (None, True)],
)
def test_quiet_months(last: str | None, is_raised: bool) -> None:  # noqa: FBT001
    """Silent from the month after an alert up to and including the third; never by its own month or a later one."""
    before = quiet(("r", "H", None, last)) if last else quiet()

    raised, silenced = apply_quiet(alerts({}), before, growth=GROWTH)

    assert (raised.height, silenced.height) == ((1, 0) if is_raised else (0, 1))


def test_quiet_across_the_year() -> None:
    """December and January are one month apart, and the end of silence is told."""
    before = quiet(("r", "H", None, "2023-12"))
    _, silenced = apply_quiet(alerts({"period": "2024-01"}), before, growth=GROWTH)

    assert silenced.select("last_period", "until").rows() == [("2023-12", "2024-03")]


def test_quiet_is_kept_by_rule_household_and_person() -> None:
    """Another rule, household or person is not silenced."""
    rows = alerts(
        {"person_no": "P1"},
        {"person_no": "P2"},
        {"rule_id": "s", "person_no": "P1"},
        {"household_no": "H2", "person_no": "P1"},
    )

    raised, silenced = apply_quiet(rows, quiet(("r", "H", "P1", "2024-05")), growth=GROWTH)

    assert raised.select("rule_id", "household_no", "person_no").rows() == [
        ("r", "H", "P2"),
        ("s", "H", "P1"),
        ("r", "H2", "P1"),
    ]
    assert silenced["person_no"].to_list() == ["P1"]


@pytest.mark.parametrize(
    ("measured", "before", "growth", "is_raised"),
    [
        (3.0, 2.0, 0.5, True),  # half as much again
        (2.99, 2.0, 0.5, False),
        (1.8, 1.2, 0.5, True),  # as written, whatever the last binary digit
        (9.0, 2.0, None, False),  # a county that declares no share
        (9.0, None, 0.5, False),  # nobody knows how far it was then
        (None, 2.0, 0.5, False),  # or is now
    ],
)
def test_growth_reopens(measured: float | None, before: float | None, growth: float | None, is_raised: bool) -> None:  # noqa: FBT001
    """An alert that lies so much further beyond its line than when last raised is raised within its quiet months."""
    raised, _ = apply_quiet(
        alerts({"measured": measured}), quiet(("r", "H", None, "2024-05"), severity=before), growth=growth
    )

    assert raised.height == int(is_raised)


def test_what_is_remembered() -> None:
    """The last alert raised counts, with its kind and how far it was; others are carried on."""
    before = quiet(("r", "H", None, "2023-05"), ("s", "H9", "P9", "2023-01"))

    after = quiet_after(alerts({"kind": "water", "measured": 4.0}, {"household_no": "H2"}), before)

    assert after.rows() == [
        ("r", "H", None, "2024-06", "water", 4.0),
        ("r", "H2", None, "2024-06", "other", 2.0),
        ("s", "H9", "P9", "2023-01", "other", 2.0),
    ]


def test_a_silenced_alert_does_not_prolong_the_silence() -> None:
    """The quiet period runs from the last alert raised."""
    before = quiet(("r", "H", None, "2024-05"))
    raised, _ = apply_quiet(alerts({}), before, growth=GROWTH)

    assert_frame_equal(quiet_after(raised, before), before)


ROW = st.fixed_dictionaries(
    {
        "rule_id": st.sampled_from("rs"),
        "household_no": st.sampled_from(["H", "H2"]),
        "person_no": st.sampled_from([None, "P1", "P2"]),
        "measured": st.none() | st.floats(1, 9),
        "quiet_months": st.integers(0, 12),
    }
)
SUBJECT = ("rule_id", "household_no", "person_no")


def subjects(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return one row a subject."""
    return list({tuple(row[name] for name in SUBJECT): row for row in rows}.values())


@settings(deadline=None, max_examples=60)
@given(
    now=st.lists(ROW, max_size=6).map(subjects),
    then=st.lists(ROW, max_size=6).map(subjects),
    month=st.sampled_from(["2023-06", "2024-01", "2024-05"]),
)
def test_a_month_run_again_changes_nothing(
    now: list[dict[str, object]], then: list[dict[str, object]], month: str
) -> None:
    """Applying a month to what it left behind raises the same alerts and leaves the same."""
    before = quiet_after(alerts(*(row | {"period": month} for row in then)), quiet())
    rows = alerts(*now)
    raised, silenced = apply_quiet(rows, before, growth=GROWTH)
    after = quiet_after(raised, before)

    again, _ = apply_quiet(raised, after, growth=GROWTH)

    assert_frame_equal(again, raised, check_row_order=False)
    assert_frame_equal(quiet_after(again, after), after)
    assert raised.height + silenced.height == rows.height
