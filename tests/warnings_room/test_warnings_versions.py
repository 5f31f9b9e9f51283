"""Two versions of a rule side by side: what was rewritten, and what the one in the shadow would have said."""

from __future__ import annotations

import polars as pl
from warning_tables import rule

from fangpin.warnings.versions import SHADOW, differences, shadow_rows, sql_difference


def test_the_same_rule_differs_in_nothing() -> None:
    """The number of a version is no difference."""
    assert differences(rule(), rule(version=7)) == ()
    assert sql_difference(rule(), rule(version=7)) == ()


def test_a_new_line_is_a_further_parameter() -> None:
    """A dated value that is added stands beside the old one, with its document; one that goes is told as gone."""
    parameter = {"name": "line", "unit": "人", "document": "甲"}
    old = rule(parameters=[parameter | {"value": 3, "since": "2024-01-01"}])
    new = rule(
        parameters=[parameter | {"value": 3, "since": "2024-01-01"}, parameter | {"value": 4, "since": "2024-07-01"}]
    )

    assert [(d.title, d.before, d.after) for d in differences(old, new)] == [
        ("参数 line（2024-07-01 起）", "（无）", "4 人；甲")
    ]
    assert [(d.before, d.after) for d in differences(new, old)] == [("4 人；甲", "（无）")]


def test_what_a_township_reads_is_told() -> None:
    """Text, grade and what is switched off are in words."""
    found = differences(rule(switched_on=True, basis=["S001-1"]), rule(switched_on=False, basis=[]))

    assert [(d.title, d.before, d.after) for d in found] == [("依据", "S001-1", "（无）"), ("启用", "是", "否")]


def test_an_example_is_told_in_words() -> None:
    """What it gives, row by row, and what must come of it; one of another title is another example."""
    given = {"title": "两人", "expect": "fires", "household": {"size": 2}, "persons": [{"age": 3}]}
    old = rule(examples=[given | {"parameters": {"line": 1}}])
    new = rule(examples=[given | {"expect": "unknown", "household": {}, "persons": []}])

    assert [(d.title, d.before, d.after) for d in differences(old, new)] == [
        ("例子“两人”", "size=2；age=3；line=1.0 → 触发", "（无） → 无法判断")
    ]


def test_a_new_rule_says_everything() -> None:
    """Nothing stood before it."""
    found = differences(None, rule())

    assert {d.before for d in found} == {"（无）"}
    assert {"查什么", "种类", "建议等级"} <= {d.title for d in found}
    assert all(line.startswith("+") for line in sql_difference(None, rule()))


def test_statements_are_compared_line_by_line() -> None:
    """Two lines around the change are shown, the rest is not."""
    lines = ["select", "  a,", "  b,", "  c,", "  d", "from t"]
    old, new = (rule(sql="\n".join(text)) for text in (lines, [*lines[:3], "  x,", *lines[4:]]))

    assert sql_difference(old, new) == ("   a,", "   b,", "-  c,", "+  x,", "   d", " from t")


def test_a_household_is_told_once() -> None:
    """Two members who fire are one household; nobody under either version is no row."""
    live = pl.DataFrame({"household_no": ["A", "A", "B"]})
    found = shadow_rows("r", 2, live=live, cast=live.clear())

    assert found.rows() == [("r", 2, "A", "lost"), ("r", 2, "B", "lost")]
    assert found.schema == SHADOW
    assert shadow_rows("r", 2, live=live.clear(), cast=live.clear()).is_empty()
