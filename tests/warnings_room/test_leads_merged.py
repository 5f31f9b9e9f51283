"""One lead a household, the kinds of a lead, and how a lead is scored."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from warning_tables import alerts, shipped_site

from fangpin.types import Channel
from fangpin.warnings.leads import lead_kinds, merge_leads
from fangpin.warnings.urgency import GRADE_POINTS, WEAKNESSES, scored, severity

SITE = shipped_site()
HOMES = pl.DataFrame(
    {"household_no": ["H", "H2"], "township": ["甲镇", "乙镇"], "village": ["一村", "二村"]},
)
STRONG = dict.fromkeys(WEAKNESSES, False)


def homes(**known: object) -> pl.DataFrame:
    """Return H, with nothing weak about it unless said."""
    return pl.DataFrame([{"household_no": "H", "township": "甲镇", "village": "一村"} | STRONG | known])


def test_one_lead_a_household() -> None:
    """All alerts of a household are one lead: the most urgent grade, every kind, risk, rule and channel once."""
    rows = alerts(
        {
            "rule_id": "b",
            "kind": "income_drop",
            "sentence": "收入下降",
            "risks": ["收入骤减"],
            "channel": "self_report",
        },
        {"rule_id": "a", "kind": "dropout", "grade": "red", "sentence": "辍学", "risks": ["因学"], "person_no": "P1"},
        {"rule_id": "a", "kind": "dropout", "grade": "red", "sentence": "辍学", "risks": ["因学"], "person_no": "P2"},
    )

    assert merge_leads(rows, homes(), site=SITE).to_dicts() == [
        {
            "household_no": "H",
            "township": "甲镇",
            "village": "一村",
            "period": "2024-06",
            "grade": "red",
            "kinds": ["dropout", "income_drop"],
            "risks": ["因学", "收入骤减"],
            "rules": ["a", "b"],
            "channels": ["department", "self_report"],
            "standing": "new",
            "flags": [],
            "sentence": "辍学；收入下降。",
            "score": 330.0,
            "score_parts": ["等级 300", "种类 10", "超线 10", "待答复 10"],
            "alert_count": 3,
        }
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([{"grade": "red"}], [{"grade": "yellow", "kind": "dropout"}, {"grade": "yellow", "measured": 99.0}]),
        ([{"kind": "dropout"}, {}], [{}]),  # two kinds before one
        ([{"measured": 5.0}], [{"measured": 4.9}]),  # five times the line
        ([{"measured": 2.0}], [{"measured": 1.9}]),  # twice
        ([{"measured": 1.5}], [{"measured": 1.4}]),  # half as much again
        ([{"measured": 1.0, "threshold": 5.0}], [{"measured": 2.0, "threshold": 5.0}]),  # and below it
        ([{"measured": 0.0, "threshold": 5.0}], [{"measured": 1.1, "threshold": 5.0}]),  # nothing left at all
        ([{"measured": 2.0}], [{"measured": None}]),  # unknown says nothing of how far
        ([{}], [{}]),  # equal: the household number decides
        ([{"grade": "green"}], [{"grade": "purple", "measured": 9.0}]),  # a grade the site does not have is last
        ([{"channel": "cadre"}], [{}]),  # somebody waits for an answer
    ],
)
def test_order_of_leads(first: list[dict[str, object]], second: list[dict[str, object]]) -> None:
    """Grade, then the points of kinds, distance from the line and channel, then household number."""
    rows = alerts(*({"household_no": "H2"} | row for row in second), *({"household_no": "H"} | row for row in first))

    assert merge_leads(rows, HOMES, site=SITE)["household_no"].to_list() == ["H", "H2"]


@pytest.mark.parametrize(
    ("known", "parts"),
    [
        ({}, []),
        ({"has_child": True}, ["困难 5"]),
        ({"has_child": True, "has_no_labour": True}, ["困难 10"]),
        ({"has_elder": None}, ["不明 2"]),
        (dict.fromkeys(WEAKNESSES, True), ["困难 25"]),
    ],
)
def test_weakness_of_the_household(known: dict[str, object], parts: list[str]) -> None:
    """Five points for each weakness, two for each that nobody knows; every part is shown."""
    lead = merge_leads(alerts({"measured": 1.0}), homes(**known), site=SITE).row(0, named=True)

    assert lead["score_parts"] == ["等级 200", "种类 5", *parts]
    assert lead["score"] == sum(int(part.split()[1]) for part in lead["score_parts"])


@pytest.mark.parametrize(
    ("standing", "sentence"),
    [
        (None, "甲。"),
        ("new", "甲。"),
        ("new_factor", "甲。本户已纳入监测且风险未消除，作为原档案的新增风险核查。"),
        ("re_marking", "甲。本户曾纳入监测、风险已消除，核实后按程序重新标注（回退）。"),
    ],
)
def test_standing_is_told(standing: str | None, sentence: str) -> None:
    """A monitored household gets a new factor of its case; one whose risk was eliminated is marked again."""
    known = homes().with_columns(pl.lit(standing, pl.String).alias("standing"))

    assert merge_leads(alerts({}), known, site=SITE)["sentence"].to_list() == [sentence]


def test_flags_are_attached_and_refuse_nothing() -> None:
    """What a comparison remarked on stands beside the lead, once each, by rule; another household's does not."""
    flags = alerts(
        {"effect": "flag", "rule_id": "y", "sentence": "名下有车"},
        {"effect": "flag", "rule_id": "x", "sentence": "有商品房"},
        {"effect": "flag", "rule_id": "y", "sentence": "名下有车", "person_no": "P2"},
        {"effect": "flag", "household_no": "H2", "sentence": "有公司"},
    )

    found = merge_leads(alerts({}), homes(), site=SITE, flags=flags)

    assert found.select("household_no", "flags").rows() == [("H", ["有商品房", "名下有车"])]


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


@pytest.mark.parametrize(
    ("measured", "line", "expected"),
    [
        (10.0, 10.0, 1.0),
        (20.0, 10.0, 2.0),
        (5.0, 10.0, 2.0),
        (0.5, 10.0, 10.0),  # below the line never more than ten
        (500.0, 10.0, 50.0),  # above it an amount may grow on
        (-3.0, 10.0, 10.0),
        (3.0, 0.0, None),
        (None, 10.0, None),
        (3.0, None, None),
    ],
)
def test_severity(measured: float | None, line: float | None, expected: float | None) -> None:
    """How far beyond the line a figure lies, on whichever side the rule fires; unknown where nothing tells."""
    rows = pl.DataFrame(
        {"measured": [measured], "threshold": [line]}, schema=dict.fromkeys(("measured", "threshold"), pl.Float64)
    )

    assert rows.select(severity()).item() == expected


LEAD = st.fixed_dictionaries(
    {
        "rank": st.integers(0, 3),
        "kinds": st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=7, unique=True),
        "channels": st.lists(st.sampled_from([str(c) for c in Channel]), min_size=1, unique=True),
        "severity": st.none() | st.floats(1, 100),
        **{name: st.sampled_from([None, False, True]) for name in WEAKNESSES},
    }
)
WORSE = {
    "rank": lambda lead: max(lead["rank"] - 1, 0),
    "kinds": lambda lead: [*lead["kinds"], "z"],
    "channels": lambda lead: sorted({*lead["channels"], "upper"}),
    "severity": lambda lead: (lead["severity"] or 1.0) * 1.7,
    **{name: (lambda lead, name=name: None if lead[name] is False else True) for name in WEAKNESSES},
}


def points(lead: dict[str, object]) -> float:
    """Return the score of one lead."""
    schema = {
        "rank": pl.Int64(),
        "kinds": pl.List(pl.String()),
        "channels": pl.List(pl.String()),
        "severity": pl.Float64(),
        **dict.fromkeys(WEAKNESSES, pl.Boolean()),
    }
    return float(scored(pl.DataFrame([lead], schema=schema), grades=3)["score"].item())


@settings(deadline=None, max_examples=60)
@given(lead=LEAD, changed=st.sampled_from(sorted(WORSE)))
def test_worse_never_scores_less(lead: dict[str, object], changed: str) -> None:
    """A graver grade, a further kind, a figure further beyond, one more weakness: never fewer points."""
    assert points(lead | {changed: WORSE[changed](lead)}) >= points(lead)


@settings(deadline=None, max_examples=60)
@given(one=LEAD, other=LEAD)
def test_the_grade_decides_first(one: dict[str, object], other: dict[str, object]) -> None:
    """All other points together are worth less than one grade."""
    gap = points(one | {"rank": 1}) - points(other | {"rank": 2})

    assert 0 < gap < 2 * GRADE_POINTS
