"""What answers teach: counts once a rule and visit, intervals, weak rules, spot checks, and stricter lines tried."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangpin.matching.intervals import wilson
from fangpin.types import ResultCode
from fangpin.warnings.learning import FEW, TOLD, missed, overall, precision, reasons, weak_rules
from fangpin.warnings.lines import TRIED, VALUES, Line, farthest_without_loss, line_of, stricter, tried_on

NOBODY = pl.Series([], dtype=pl.String)
LINE = Line("line_yuan", 100.0, fires_above=True, fires_at=True)


def told(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return told rows; keys left out take plain values, the task is the household's of the month."""
    plain = {"rule_id": "r", "period": "2024-01", "household_no": "H", "township": "甲镇"}
    full = [plain | row for row in rows]
    return pl.DataFrame([{"task_id": f"{r['period']}:{r['household_no']}"} | r for r in full], schema=TOLD)


def answered(codes: str, **more: Any) -> pl.DataFrame:
    """Return one told row a code, each of a household of its own; codes are separated by blanks."""
    return told(*({"household_no": f"H{n}", "result_code": c} | more for n, c in enumerate(codes.split())))


@pytest.mark.parametrize(
    ("codes", "visits", "judged", "included", "useful"),
    [
        ("02 06 01", 3, 3, 3, 3),
        ("05 07", 2, 2, 0, 2),
        ("03 04", 2, 2, 0, 0),
        ("08 09 10", 3, 0, 0, 0),
        ("02 04 05 09", 4, 3, 1, 2),
    ],
)
def test_a_result_counts_as_the_code_list_says(
    codes: str, visits: int, judged: int, included: int, useful: int
) -> None:
    """Included are 02, 06, 01; useful 05, 07 besides; 08, 09, 10 judge nothing."""
    row = precision(answered(codes)).row(0, named=True)

    assert (row["visits"], row["judged"], row["included"], row["useful"]) == (visits, judged, included, useful)


def test_shares_have_wilson_intervals_and_none_without_an_answer() -> None:
    """The published figures of Wilson's interval; nothing judged, nothing said."""
    row = precision(answered("02 02 02 02 04 04 04 04 04 04")).row(0, named=True)
    silent = precision(told({"task_id": None})).row(0, named=True)

    assert [round(row[f"precision{end}"], 4) for end in ("", "_low", "_high")] == [0.4, 0.1682, 0.6873]
    assert (silent["leads"], silent["visits"], silent["precision"], silent["usefulness_high"]) == (1, 0, None, None)


def test_a_lead_of_two_rules_counts_for_each_and_once_for_the_county() -> None:
    """The same visit judges both rules; it is one visit all the same."""
    rows = told({"rule_id": "a", "result_code": "02"}, {"rule_id": "b", "result_code": "02"})

    assert precision(rows).select("rule_id", "visits", "included").rows() == [("a", 1, 1), ("b", 1, 1)]
    assert overall(rows).select("leads", "visits", "included").rows() == [(1, 1, 1)]


def test_two_leads_of_a_rule_on_one_task_are_one_visit() -> None:
    """A second lead joined the open task: the answer counts once, in the month of the first."""
    rows = told(
        {"period": "2024-02", "task_id": "T", "result_code": "04"},
        {"period": "2024-01", "task_id": "T", "result_code": "04"},
        {"period": "2024-01", "task_id": "T", "result_code": "04"},  # two members, one lead
    )
    by_month = precision(rows, by=["period"]).select("period", "leads", "visits").rows()

    assert precision(rows).select("leads", "visits", "judged").rows() == [(2, 1, 1)]
    assert by_month == [("2024-01", 1, 1), ("2024-02", 1, 0)]


def test_townships_are_counted_apart_also_the_unknown_one() -> None:
    """A lead without a township has a row of its own."""
    rows = told(
        {"household_no": "A", "township": "甲镇", "result_code": "02"},
        {"household_no": "B", "township": None, "result_code": "04"},
    )

    found = precision(rows, by=["township"]).select("township", "visits", "included").rows()
    assert found == [(None, 1, 0), ("甲镇", 1, 1)]


@pytest.mark.parametrize(("judged", "is_few"), [(FEW - 1, True), (FEW, False)])
def test_too_few_answers_are_said(judged: int, *, is_few: bool) -> None:
    """Just at the least number of answers a rule is told of."""
    assert precision(answered("04 " * judged))["is_few"].item() is is_few


def test_a_weak_rule_is_named_with_its_reason() -> None:
    """Surely below the county's usefulness: weak; below the floor: said so first; nine answers: never."""
    good = answered("02 " * 60, rule_id="good")
    bad = answered("04 " * 60, rule_id="bad").with_columns(task_id=pl.format("bad{}", "household_no"))
    few = answered("04 " * (FEW - 1), rule_id="few").with_columns(task_id=pl.format("few{}", "household_no"))
    rows = pl.concat([good, bad, few])

    against_county = weak_rules(precision(rows), overall(rows), floor=None).rows()
    against_floor = weak_rules(precision(rows), overall(rows), floor=0.1).rows()
    assert [rule for rule, _ in against_county] == ["bad"]
    assert against_county[0][1].startswith("有用率至多 6%，低于全县至少的 ")
    assert against_floor == [("bad", "有用率至多 6%，低于县定的下限 10%")]


def test_reasons_of_not_including_are_counted_by_rule() -> None:
    """Only 03 and 04 have one; one not given is counted too; the most frequent stands first."""
    rows = told(
        {"household_no": "A", "result_code": "04", "reason_code": "2"},
        {"household_no": "B", "result_code": "03", "reason_code": "2"},
        {"household_no": "C", "result_code": "04"},
        {"household_no": "D", "result_code": "02", "reason_code": "6"},
    )

    assert reasons(rows).rows() == [("r", "2", 2), ("r", None, 1)]


@pytest.mark.parametrize(
    ("codes", "seen", "hits"),
    [(["02", "04", "04"], 3, 1), (["01", "06"], 2, 1), (["09", None], 0, 0), ([], 0, 0)],
)
def test_what_is_missed_is_measured_by_spot_checks(codes: list[str | None], seen: int, hits: int) -> None:
    """02 and 06 were missed; 01 was not; unanswered and unseen ones say nothing."""
    found = missed(pl.DataFrame({"result_code": codes}, schema={"result_code": pl.String}))

    assert found[:2] == (seen, hits)
    assert (found[2].low, found[2].high) == (wilson(hits, seen).low, wilson(hits, seen).high)


visits = st.lists(
    st.fixed_dictionaries(
        {
            "rule_id": st.sampled_from(["a", "b"]),
            "period": st.sampled_from(["2024-01", "2024-02"]),
            "household_no": st.sampled_from(["A", "B", "C"]),
            "task": st.sampled_from(["", "T1", "T2", "T3"]),
            "measured": st.integers(100, 400).map(float),
        }
    ),
    max_size=25,
)
codes = st.fixed_dictionaries(
    {t: st.none() | st.sampled_from([c.value for c in ResultCode]) for t in ("T1", "T2", "T3")}
)


def on_tasks(rows: list[dict[str, Any]], given_codes: dict[str, str | None]) -> list[dict[str, Any]]:
    """Return the drawn rows with their task's answer."""
    full = []
    for row in rows:
        task = row["task"] or None
        full.append(
            {k: v for k, v in row.items() if k != "task"}
            | {"task_id": task, "result_code": given_codes.get(row["task"])}
        )
    return full


@settings(max_examples=60, deadline=None)
@given(visits, codes)
def test_precision_is_its_plain_twin(rows: list[dict[str, Any]], given_codes: dict[str, str | None]) -> None:
    """Counted with sets, rule by rule."""
    full = on_tasks(rows, given_codes)
    found = {row["rule_id"]: row for row in precision(told(*full)).iter_rows(named=True)}

    assert set(found) == {row["rule_id"] for row in full}
    for rule, row in found.items():
        own = [r for r in full if r["rule_id"] == rule]
        answers = {r["task_id"]: r["result_code"] for r in own if r["result_code"] is not None}
        assert row["leads"] == len({(r["period"], r["household_no"]) for r in own})
        assert row["visits"] == len(answers)
        assert row["judged"] == sum(c not in {"08", "09", "10"} for c in answers.values())
        assert row["included"] == sum(c in {"01", "02", "06"} for c in answers.values())
        assert row["useful"] == sum(c in {"01", "02", "05", "06", "07"} for c in answers.values())


@settings(max_examples=60, deadline=None)
@given(visits, codes)
def test_a_stricter_line_never_keeps_more(rows: list[dict[str, Any]], given_codes: dict[str, str | None]) -> None:
    """Kept and dropped are all visits that judge; what is lost and what is kept is all that was included."""
    own = told(*(row for row in on_tasks(rows, given_codes) if row["rule_id"] == "a"))
    counts = precision(own)
    judged, included = (int(counts[name].sum()) for name in ("judged", "included"))
    tried = [tried_on(own, LINE, value, led_otherwise=NOBODY) for value in (120.0, 200.0, 300.0)]

    for row in tried:
        assert (row["kept"] or 0) + (row["dropped"] or 0) == judged
        assert (row["kept_included"] or 0) + (row["lost"] or 0) == included
        assert (row["saved"], row["lost_for_good"]) == (row["dropped"], row["lost"])
    kept = [row["kept"] or 0 for row in tried]
    assert kept == sorted(kept, reverse=True)


def test_a_loss_another_rule_makes_good_is_told_apart() -> None:
    """The dropped family is reached by another rule on the same visit: no visit saved, nobody lost for good."""
    own = told({"household_no": "A", "result_code": "02", "measured": 110.0, "task_id": "T"})
    row = tried_on(own, LINE, 150.0, led_otherwise=pl.Series(["T"]))

    assert (row["dropped"], row["saved"], row["lost"], row["lost_for_good"], row["precision"]) == (1, 0, 1, 0, None)


@pytest.mark.parametrize(("fires_at", "kept"), [(True, 1), (False, 0)])
def test_exactly_at_the_new_line_a_rule_keeps_only_what_it_is_known_to_fire_for(*, fires_at: bool, kept: int) -> None:
    """A rule never seen to fire at its line is taken not to: a loss is rather told than hidden."""
    own = told({"result_code": "02", "measured": 150.0})
    row = tried_on(own, Line("x", 100.0, fires_above=True, fires_at=fires_at), 150.0, led_otherwise=NOBODY)

    assert row["kept"] == kept


def test_a_free_value_loses_nobody_and_admits_what_it_may_lose() -> None:
    """The strictest without a loss; where every one loses there is none."""
    rows = [tried_on(LOAN, LINE, value, led_otherwise=NOBODY) for value in (120.0, 200.0, 300.0)]
    free = farthest_without_loss(pl.DataFrame(rows, schema=TRIED))
    none = farthest_without_loss(pl.DataFrame(rows[-1:], schema=TRIED))

    assert free is not None
    assert (free[0], round(free[1].high, 3)) == (200.0, wilson(0, 2).high.__round__(3))
    assert none is None


LOAN = told(
    {"household_no": "A", "result_code": "04", "measured": 110.0},
    {"household_no": "B", "result_code": "04", "measured": 150.0},
    {"household_no": "C", "result_code": "02", "measured": 250.0},
)


@pytest.mark.parametrize(
    ("measured", "threshold", "values", "name"),
    [
        ([120.0, 100.0], [100.0, 100.0], {"line": 100.0, "months": 3.0}, "line"),
        ([80.0, 90.0], [100.0, 100.0], {"line": 100.0}, "line"),
        ([120.0, 80.0], [100.0, 100.0], {"line": 100.0}, None),  # fires on both sides
        ([100.0, 100.0], [100.0, 100.0], {"line": 100.0}, None),  # only ever at the line
        ([120.0, 130.0], [100.0, 110.0], {"line": 100.0}, None),  # a line of the household's own
        ([120.0, 130.0], [100.0, 100.0], {"line": 100.0, "other": 100.0}, None),  # which of the two
        ([120.0, None], [100.0, 100.0], {"line": 100.0}, None),
    ],
)
def test_the_line_is_the_one_parameter_that_every_alert_was_held_against(
    measured: list[float | None], threshold: list[float], values: dict[str, float], name: str | None
) -> None:
    """A line that is none is not moved."""
    rows = told(
        *(
            {"household_no": str(n), "measured": m, "threshold": t}
            for n, (m, t) in enumerate(zip(measured, threshold, strict=True))
        )
    )
    given_values = pl.DataFrame([("2024-01", n, v) for n, v in values.items()], schema=VALUES, orient="row")
    line = line_of(rows, given_values)

    assert (line and line.name) == name


def test_a_line_that_moved_is_followed_month_by_month() -> None:
    """Old months keep the old line; the value to move is the last one."""
    rows = told({"measured": 60.0, "threshold": 70.0}, {"period": "2024-02", "measured": 60.0, "threshold": 75.0})
    values = pl.DataFrame([("2024-01", "line", 70.0), ("2024-02", "line", 75.0)], schema=VALUES, orient="row")

    assert line_of(rows, values) == Line("line", 75.0, fires_above=False, fires_at=False)


@pytest.mark.parametrize(
    ("line", "measured", "expected"),
    [
        (Line("yuan", 5000.0, fires_above=True, fires_at=True), [5001.5, 9000.0], [5500.0, 6200.0, 7500.0]),
        (Line("yuan", 6700.0, fires_above=False, fires_at=False), [5999.0, 6600.5], [6400.0, 6000.0]),
        (Line("persons", 2.0, fires_above=True, fires_at=True), [2.0, 4.0], [3.0, 4.0]),
        (Line("share", 0.6, fires_above=True, fires_at=True), [0.61, 0.95], [0.66, 0.75, 0.9]),
        (Line("yuan", 5000.0, fires_above=True, fires_at=True), [], []),
    ],
)
def test_values_to_try_are_round_and_stricter(line: Line, measured: list[float], expected: list[float]) -> None:
    """No candidate is a household's own figure, none lies beyond the farthest of them."""
    assert stricter(line, pl.Series(measured, dtype=pl.Float64)) == expected
