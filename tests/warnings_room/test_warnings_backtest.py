"""The bench's pure part: a rule with other values, the load on villages, who moves, and what was found by visits."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from warning_tables import alerts, rule, shipped_site

from fangpin.errors import UsageProblem
from fangpin.warnings.backtest import Side, by_rule, load_of, rules_with_values, shifts, with_values
from fangpin.warnings.evaluate import UNJUDGED
from fangpin.warnings.truths import EVENTS, LED, TRUTHS, events_met, held_against, leads_that_met
from fangpin.warnings.verdicts import parameters_in_force

HOMES = pl.DataFrame(
    {
        "household_no": ["A", "B", "C", "D", "E"],
        "township": ["甲镇", "甲镇", "甲镇", "乙乡", None],
        "village": ["一村", "一村", "二村", "三村", None],
    }
)


def led(*rows: tuple[str, int] | tuple[str, int, list[str]]) -> pl.DataFrame:
    """Return leads as household, month and kinds (none unless said)."""
    return pl.DataFrame([(*row, [])[:3] for row in rows], schema=LED, orient="row")


def side(leads: tuple[str, ...], *, held: tuple[tuple[str, str, str], ...] = (), unknown: tuple[str, ...] = ()) -> Side:
    """Return a version's month: its leads, what it held back (rule, household, reason), whom it could not judge."""
    names = ("rule_id", "household_no", "reason")
    return Side(
        pl.DataFrame({"household_no": leads}, schema={"household_no": pl.String}),
        pl.DataFrame(held, schema=dict.fromkeys(names, pl.String), orient="row"),
        pl.DataFrame({"household_no": unknown}, schema={"household_no": pl.String}),
    )


@pytest.mark.parametrize("on", [dt.date(2022, 1, 1), dt.date(2024, 6, 1), dt.date(2000, 1, 1)])
def test_a_tried_value_holds_on_every_day(on: dt.date) -> None:
    """Before, between and after the declared dates the tried value is the only one."""
    tried = with_values(rule(), {"line": 9}, site=shipped_site())

    assert [(p.name, p.value, p.unit, p.document) for p in parameters_in_force(tried, shipped_site(), on=on)] == [
        ("line", 9.0, "人", "试算")
    ]


def test_a_value_of_the_county_is_replaced_for_this_rule_alone() -> None:
    """The site keeps its line; the tried rule no longer asks for it."""
    site = shipped_site()
    asking = rule(parameters=[], site_parameters=["monitoring_line_yuan"])
    tried = with_values(asking, {"monitoring_line_yuan": 7000}, site=site)

    assert (tried.site_parameters, tried.parameters[0].value) == ((), 7000)
    assert (asking.site_parameters, site.parameters[0].value) == (("monitoring_line_yuan",), 6700)


def test_a_name_that_is_no_parameter_is_refused() -> None:
    """The sentence names what there is."""
    with pytest.raises(UsageProblem, match="没有参数“times”；应为line"):
        with_values(rule(), {"times": 2}, site=shipped_site())


def test_a_rule_switched_off_is_switched_on_to_be_tried() -> None:
    """Nothing needs to change but that."""
    assert with_values(rule(switched_on=False), {}, site=shipped_site()).switched_on


@pytest.mark.parametrize(
    ("households", "most", "median"),
    [
        ((), 0, 0.0),
        (("A",), 1, 0.0),
        (("A", "B", "C"), 2, 1.0),
        (("A", "E"), 1, 0.0),
    ],
)
def test_villages_without_a_visit_count(households: tuple[str, ...], most: int, median: float) -> None:
    """Every registered village is one of those the median stands for; a household of none is a lead all the same."""
    leads = HOMES.filter(pl.col("household_no").is_in(households))
    raised = alerts(
        {"household_no": "A", "person_no": "P1"}, {"household_no": "A", "person_no": "P2"}, {"rule_id": "x"}
    )
    unjudged = pl.DataFrame([("r", "person", 9, 4, []), ("x", "person", 9, 2, [])], schema=UNJUDGED, orient="row")

    found = load_of(["r"], raised=raised, leads=leads, unjudged=unjudged, homes=HOMES)

    assert (found.leads, found.visits_most, found.visits_median) == (len(households), most, median)
    assert (found.alerts, found.rule_households, found.unjudged) == (2, 1, 4)


def test_who_moves_and_why() -> None:
    """What another version holds back has moved in time, not away; a household both lead to has not moved."""
    today = side(("A", "B", "C"), held=(("r", "D", "静默期内"), ("x", "E", "静默期内")), unknown=("D", "E"))
    tried = side(("A", "D", "E", "F"), held=(("r", "B", "经核查不纳入"),), unknown=("B", "C"))

    found = shifts(["r"], today=today, tried=tried, homes=HOMES)

    assert found.rows() == [
        ("D", "乙乡", "gained", "静默期错开"),
        ("E", None, "gained", "原来无法判断"),
        ("F", None, "gained", "新触发"),
        ("B", "甲镇", "lost", "经核查不纳入"),
        ("C", "甲镇", "lost", "变成无法判断"),
    ]


def test_a_household_no_longer_met_is_told_as_such() -> None:
    """Judged, and not fired: the line moved away from it."""
    found = shifts(["r", "s"], today=side(("A",)), tried=side(()), homes=HOMES)

    assert found.rows() == [("A", "甲镇", "lost", "不再触发")]


def test_each_rule_tried_is_counted_for_itself() -> None:
    """Households and not alerts; a rule that says nothing counts as none."""
    today = alerts({"rule_id": "r", "person_no": "P1"}, {"rule_id": "r", "person_no": "P2"}, {"rule_id": "x"})
    tried = alerts({"rule_id": "s"})

    assert by_rule(["s", "r"], today=today, tried=tried).rows() == [("r", 1, 0), ("s", 0, 1)]


def test_each_rule_takes_the_values_it_knows() -> None:
    """A value that one of the rules knows is tried there; one that none knows is refused."""
    rules = [rule(), rule(id="s", parameters=[], site_parameters=["monitoring_line_yuan"])]
    tried = rules_with_values(rules, {"line": 9, "monitoring_line_yuan": 7000}, site=shipped_site())

    assert [[(p.name, p.value) for p in one.parameters] for one in tried] == [
        [("line", 9.0)],
        [("monitoring_line_yuan", 7000.0)],
    ]
    with pytest.raises(UsageProblem, match="没有参数“x”；应为line、monitoring_line_yuan"):
        rules_with_values(rules, {"x": 1}, site=shipped_site())


@pytest.mark.parametrize(
    ("lead_month", "caught"), [(7, 1), (8, 1), (9, 1), (10, 0), (6, 0)], ids=["two", "one", "same", "after", "three"]
)
def test_an_answer_is_met_in_its_month_and_two_before(lead_month: int, caught: int) -> None:
    """A family warned early is found; one warned after the visit is not."""
    truths = pl.DataFrame([("A", 9, "02")], schema=TRUTHS, orient="row")

    found = held_against(truths, today=led(), tried=led(("A", lead_month)))

    assert found.row(0) == ("查实（02 拟纳入）", 1, 0, caught, caught, 0)


def test_answers_that_prove_neither_are_left_out() -> None:
    """Only 02 and 04 count; a household warned twice is caught once."""
    answers = [("A", 9, "02"), ("B", 9, "04"), ("C", 9, "04"), ("D", 9, "09")]
    truths = pl.DataFrame(answers, schema=TRUTHS, orient="row")

    found = held_against(truths, today=led(("A", 9), ("A", 8), ("B", 9), ("C", 9)), tried=led(("A", 9), ("C", 8)))

    assert found.rows() == [("查实（02 拟纳入）", 1, 1, 1, 0, 0), ("查否（04 无风险）", 2, 2, 1, 0, 1)]


@pytest.mark.parametrize(
    ("lead_month", "found"), [(8, 0), (9, 1), (10, 1), (11, 1), (12, 0)], ids=["before", "same", "one", "two", "late"]
)
def test_an_event_is_met_in_its_month_and_two_after(lead_month: int, found: int) -> None:
    """A lead before the blow is luck, one three months after it is too late."""
    events = pl.DataFrame([("A", 9, "dropout")], schema=EVENTS, orient="row")
    leads = led(("A", lead_month, ["dropout", "water"]))

    assert events_met(events, today=led(), tried=leads).row(0) == ("dropout", 1, 0, found, found, 0)
    assert leads_that_met(events, leads) == found


def test_an_event_is_met_by_a_lead_of_its_kind() -> None:
    """Another kind finds it not; an event without a kind is found by any; a lead counts as one hit."""
    events = pl.DataFrame(
        [("A", 9, "dropout"), ("A", 9, None), ("A", 8, "water"), ("B", 9, "water")], schema=EVENTS, orient="row"
    )
    today, tried = led(("A", 9, ["water"])), led(("A", 9, ["dropout"]), ("C", 9, ["water"]))

    assert events_met(events, today=today, tried=tried).rows() == [
        ("dropout", 1, 0, 1, 1, 0),
        ("water", 2, 1, 0, 0, 1),
        ("（不分种类）", 1, 1, 1, 0, 0),
    ]
    assert (leads_that_met(events, today), leads_that_met(events, tried)) == (1, 1)
