"""What is held back, why and until when: no concern, on the case already, visited, quiet; and the way back."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warning_tables import P, alerts, shipped_site

from fangpin.warnings.quiet import QUIET
from fangpin.warnings.suppression import ANSWERS, REOPENED, SUPPRESSED, Before, Settled, settle

SITE = shipped_site()
VISITED = dt.date(2024, 4, 12)


def homes(*, persons: int = 2, case_risks: tuple[str, ...] = ()) -> pl.DataFrame:
    """Return household H."""
    schema = {"household_no": pl.String, "persons": pl.Int64, "case_risks": pl.List(pl.String)}
    return pl.DataFrame([("H", persons, list(case_risks))], schema=schema, orient="row")


def before(
    quiet: tuple[tuple[object, ...], ...] = (),
    answers: tuple[tuple[object, ...], ...] = (),
    reopened: tuple[tuple[str, str | None], ...] = (),
) -> Before:
    """Return what is known before the month, from literal rows."""
    return Before(
        pl.DataFrame(list(quiet), schema=QUIET, orient="row"),
        pl.DataFrame(list(answers), schema=ANSWERS, orient="row"),
        pl.DataFrame(list(reopened), schema=REOPENED, orient="row"),
    )


def settled(rows: pl.DataFrame, known: Before | None = None, home: pl.DataFrame | None = None) -> Settled:
    """Settle June 2024 in huaxi."""
    return settle(rows, before() if known is None else known, homes() if home is None else home, site=SITE, period=P)


def held(found: Settled) -> list[tuple[object, ...]]:
    """Return rule, person, reason, detail and end of what was held back."""
    return found.suppressed.select("rule_id", "person_no", "reason", "detail", "until").rows()


def test_effects_are_told_apart() -> None:
    """Only a lead's alerts are raised; the others each go their way."""
    rows = alerts(*({"effect": e, "rule_id": e} for e in ("lead", "flag", "register", "quality")))

    found = settled(rows)

    parts = (found.raised, found.flags, found.register_checks, found.quality, found.closed, found.suppressed)
    assert [part["rule_id"].to_list() for part in parts] == [["lead"], ["flag"], ["register"], ["quality"], [], []]
    assert found.suppressed.schema == SUPPRESSED


@pytest.mark.parametrize(
    ("persons", "closed", "raised"),
    [
        (2, ["P1"], ["P2", None]),  # the household stands, so do its own alerts
        (1, ["P1"], []),  # nobody is left
        (2, ["P1", "P2"], []),
        (2, [None], []),  # closed as a household
        (2, ["P9"], ["P1", "P2", None]),
    ],
)
def test_who_is_no_concern_any_more(persons: int, closed: list[str | None], raised: list[str | None]) -> None:
    """A person's alerts are held back when a rule closes the person, all of them when nobody else is there."""
    rows = [{"person_no": "P1"}, {"person_no": "P2"}, {"person_no": None, "rule_id": "h"}]
    closing = [{"effect": "close", "rule_id": "c", "person_no": p, "sentence": "已死亡"} for p in closed]

    found = settled(alerts(*rows, *closing), home=homes(persons=persons))

    assert found.raised["person_no"].to_list() == raised
    assert {row[2:] for row in held(found)} <= {("对象不符", "已死亡", None)}
    assert found.quiet.height == found.raised.height


@pytest.mark.parametrize(
    ("risks", "on_case", "is_raised"),
    [
        (["因病"], ("因病", "因学"), False),
        (["因病"], ("因学",), True),
        (["因病", "因残"], ("因病",), True),  # one of them is new
        (["因病"], (), True),
        (["其他"], ("其他",), True),  # names no risk
        ([], ("因病",), True),
    ],
)
def test_risks_on_an_open_case(risks: list[str], on_case: tuple[str, ...], is_raised: bool) -> None:  # noqa: FBT001
    """An alert whose every risk the case has already tells nothing new."""
    found = settled(alerts({"risks": risks}), home=homes(case_risks=on_case))

    assert found.raised.height == int(is_raised)
    assert [row[2] for row in held(found)] == [] if is_raised else ["监测档案已登记该风险"]


RAISED = ("r", "H", None, "2024-03", "medical_spike", 1.0)


@pytest.mark.parametrize(
    ("row", "code", "is_raised"),
    [
        ({}, "04", False),
        ({}, "03", False),
        ({}, "07", True),  # the data were wrong: that silences nothing
        ({}, "02", True),
        ({"rule_id": "s"}, "04", False),  # the rule changed, the cause did not
        ({"rule_id": "s", "grade": "red"}, "04", True),  # another rule, and the most urgent grade
        ({"grade": "red"}, "04", False),  # the same rule says what it said
        ({"quiet_months": 0}, "04", True),  # a rule that tells every event
        ({"kind": "water"}, "04", True),  # a new cause
        ({"quiet_months": 2}, "04", False),  # April and two months: June
        ({"quiet_months": 1}, "04", True),
        ({"measured": 9.0}, "04", True),  # it has grown
        ({"household_no": "H2"}, "04", True),
    ],
)
def test_a_visit_without_need_holds_back_its_cause(row: dict[str, object], code: str, is_raised: bool) -> None:  # noqa: FBT001
    """After 03 or 04 the same household and kind stay quiet for the rule's months after the visit."""
    known = before((RAISED,), (("H", ["medical_spike"], "2024-03", VISITED, code),))
    told = {"kind": "medical_spike", "quiet_months": 6, "measured": 1.0} | row
    found = settled(alerts(told, {"rule_id": "z", "household_no": "Z"}), known)

    of_visit = [r for r in held(found) if r[2] == "经核查不纳入"]
    assert bool(of_visit) is not is_raised
    if of_visit:
        words = {"03": "持续关注", "04": "无风险"}
        assert of_visit[0][3] == f"2024-04-12核查：{words[code]}"


@pytest.mark.parametrize(
    ("then", "now", "is_held"),
    [("P1", "P1", True), ("P1", "P2", False), (None, "P2", True), ("P1", None, True), (None, None, True)],
)
def test_a_visit_speaks_of_its_person(then: str | None, now: str | None, is_held: bool) -> None:  # noqa: FBT001
    """Another person of the household is another cause; a household rule speaks of everybody."""
    known = before(
        (("old", "H", then, "2024-03", "medical_spike", 1.0),),
        (("H", ["medical_spike"], "2024-03", VISITED, "04"),),
    )

    assert bool(held(settled(alerts({"kind": "medical_spike", "person_no": now}), known))) is is_held


@pytest.mark.parametrize(
    ("kind", "rule_id", "is_held"),
    [("other", "old", True), ("other", "new", False), ("accident", "new", False), ("income_low", "new", True)],
)
def test_a_kind_of_many_causes_is_no_cause(kind: str, rule_id: str, is_held: bool) -> None:  # noqa: FBT001
    """A visit to one matter of a mixed kind says nothing of another rule's matter."""
    known = before(
        (("old", "H", None, "2024-03", kind, 1.0),),
        (("H", [kind], "2024-03", VISITED, "04"),),
    )

    assert bool(held(settled(alerts({"kind": kind, "rule_id": rule_id, "measured": 1.0}), known))) is is_held


@pytest.mark.parametrize(
    ("row", "quiet", "is_held"),
    [
        ({"grade": "yellow"}, (), True),
        ({"grade": "red"}, (), False),  # most urgent: told whatever the case says
        ({"measured": 2.0}, (("r", "H", None, "2023-01", "other", 1.0),), False),  # it has grown
        ({"measured": 1.1}, (("r", "H", None, "2023-01", "other", 1.0),), True),
    ],
)
def test_a_case_hides_neither_the_worst_nor_what_has_grown(
    row: dict[str, object],
    quiet: tuple[tuple[object, ...], ...],
    is_held: bool,  # noqa: FBT001
) -> None:
    """A risk on the case is told again when it is most urgent, or lies much further beyond its line than then."""
    found = settled(alerts({"risks": ["因病"]} | row), before(quiet), homes(case_risks=("因病",)))

    assert [r[2] for r in held(found)] == (["监测档案已登记该风险"] if is_held else [])


def test_who_died_in_an_accident_leaves_a_family() -> None:
    """The alert of an accident stays although the person is closed; the person's other alerts do not."""
    rows = alerts(
        {"person_no": "P1", "kind": "accident", "rule_id": "a"},
        {"person_no": "P1", "rule_id": "b"},
        {"person_no": "P1", "effect": "close", "rule_id": "c", "sentence": "已死亡"},
    )

    assert settled(rows).raised["rule_id"].to_list() == ["a"]


def test_nothing_is_silenced_by_its_own_month() -> None:
    """What a visit said of this month's lead, or of a later one, does not hold this month's alert back."""
    for month in ("2024-06", "2024-07"):
        own = before((("r", "H", None, month, "other", 1.0),), (("H", ["other"], month, dt.date(2024, 6, 30), "04"),))
        assert held(settled(alerts({}), own)) == []


def test_the_first_reason_stands() -> None:
    """An alert is held back once, for the weightiest reason."""
    known = before((RAISED,), (("H", ["medical_spike"], "2024-03", VISITED, "04"),))
    closing = {"effect": "close", "rule_id": "c", "sentence": "已迁出"}
    rows = alerts({"kind": "medical_spike", "measured": 1.0, "quiet_months": 12, "risks": ["因病"]}, closing)
    plain = rows.filter(pl.col("effect") == "lead")

    reasons = [
        [row[2] for row in held(found)]
        for found in (
            settled(rows, known, homes(case_risks=("因病",))),
            settled(plain, known, homes(case_risks=("因病",))),
            settled(plain, known),
            settled(plain, before((RAISED,))),
        )
    ]

    assert reasons == [["对象不符"], ["监测档案已登记该风险"], ["经核查不纳入"], ["静默期内"]]


def test_a_quiet_alert_tells_its_end() -> None:
    """Reason, when it was raised, and until when."""
    found = settled(alerts({"measured": 1.0, "quiet_months": 6}), before((RAISED,)))

    assert held(found) == [("r", None, "静默期内", "2024-03已报过", "2024-09")]


@pytest.mark.parametrize(
    ("reopened", "raised"),
    [((("H", None),), ["r", "s"]), ((("H", "r"),), ["r"]), ((("H2", None),), []), ((("H", "q"),), [])],
)
def test_what_was_reopened_is_raised(reopened: tuple[tuple[str, str | None], ...], raised: list[str]) -> None:
    """Somebody's decision raises all of the household's alerts, or those of one rule."""
    closing = {"effect": "close", "rule_id": "c", "sentence": "已迁出"}
    found = settled(alerts({}, {"rule_id": "s"}, closing), before(reopened=reopened))

    assert found.raised["rule_id"].sort().to_list() == raised
    assert found.raised.height + found.suppressed.height == 2


ROW = st.fixed_dictionaries(
    {
        "rule_id": st.sampled_from("rs"),
        "kind": st.sampled_from(["other", "water"]),
        "person_no": st.sampled_from([None, "P1", "P2"]),
        "measured": st.none() | st.floats(1, 9),
        "effect": st.sampled_from(["lead", "lead", "close", "flag"]),
        "risks": st.sampled_from([["因病"], ["因学", "因病"], []]),
    }
)
ANSWER = st.tuples(
    st.just("H"),
    st.sampled_from([["other"], ["other", "water"]]),
    st.sampled_from(["2024-03", "2024-05", "2024-06"]),
    st.dates(dt.date(2024, 3, 1), dt.date(2024, 6, 30)),
    st.sampled_from(["02", "03", "04", "07"]),
)
BEFORE = st.tuples(
    st.sampled_from("rs"),
    st.just("H"),
    st.sampled_from([None, "P1", "P2"]),
    st.sampled_from(["2024-03", "2024-05"]),
    st.sampled_from(["other", "water"]),
    st.none() | st.floats(1, 9),
)


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(ROW, max_size=6),
    answers=st.lists(ANSWER, max_size=3),
    quiet=st.lists(BEFORE, max_size=4),
    reopened=st.sampled_from([(), (("H", "r"),), (("H", None),)]),
)
def test_every_alert_is_somewhere_once(
    rows: list[dict[str, object]],
    answers: list[tuple[object, ...]],
    quiet: list[tuple[object, ...]],
    reopened: tuple[tuple[str, str | None], ...],
) -> None:
    """Raised and held back are the alerts of leads, each once, with a reason; reopened ones are raised."""
    unique = {(row["rule_id"], row["person_no"]): row for row in rows}.values()
    kept = tuple({row[:3]: row for row in quiet}.values())
    found = settled(alerts(*unique), before(kept, tuple(answers), reopened))

    told = sorted(found.raised.select("rule_id", "person_no").rows() + [row[:2] for row in held(found)], key=str)
    assert told == sorted(((r["rule_id"], r["person_no"]) for r in unique if r["effect"] == "lead"), key=str)
    assert found.suppressed.select("reason", "detail").null_count().row(0) == (0, 0)
    wanted = {rule for _, rule in reopened}
    assert not [row for row in held(found) if None in wanted or row[0] in wanted]
