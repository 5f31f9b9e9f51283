"""Why somebody came or left, as departments told it."""

from __future__ import annotations

import polars as pl
import pytest
from register_rows import person, register_of

from fangpin.matching.history import History, build_history
from fangpin.matching.history_causes import TOLD, lives_told, with_causes
from fangpin.types import Period

HEAD = person(1, "H1", "陈国华", "19600305")
WIFE = person(2, "H1", "李秀英", "19620817", sex="女", relation="配偶")
BABY = person(3, "H1", "陈小宝", "20240205", relation="之孙子")
JANUARY = Period(2024, 1).ordinal


def history() -> History:
    """January: head and wife; February: renumbered wife; March: the wife gone, a child come."""
    months = ([HEAD, WIFE], [HEAD, WIFE | {"person_no": "P9"}], [HEAD, BABY])
    return build_history((Period(2024, n), register_of(people)) for n, people in enumerate(months, start=1))


def told(*rows: tuple[str, int, str, str]) -> pl.DataFrame:
    """What was told of lives."""
    return pl.DataFrame(rows, schema=TOLD, orient="row")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "离开名册，原因未报"),
        ([("P2", JANUARY, "死亡", "死亡人员名单")], "2024年1月死亡（死亡人员名单）"),
        ([("P2", JANUARY + 3, "死亡", "死亡人员名单")], "2024年4月死亡（死亡人员名单）"),
        ([("P2", JANUARY + 4, "死亡", "死亡人员名单")], "离开名册，原因未报"),
        ([("P2", JANUARY - 11, "死亡", "死亡人员名单")], "离开名册，原因未报"),
        ([("P2", JANUARY, "迁入", "户籍变动名单")], "离开名册，原因未报"),
        (
            [("P2", JANUARY + 2, "迁出", "户籍变动名单"), ("P2", JANUARY, "死亡", "死亡人员名单")],
            "2024年1月死亡（死亡人员名单）",
        ),
    ],
)
def test_a_departure_is_told_as_the_lists_tell_it(rows: list[tuple[str, int, str, str]], expected: str) -> None:
    """Within a year before and a month after the register that shows it; death before a move."""
    events = with_causes(history().events, told(*rows))

    assert events.filter(pl.col("kind") == "died_or_left")["detail"].to_list() == [expected]


def test_an_arrival_is_told_too() -> None:
    """A birth registered by the police stands beside the event, and the order of events stays."""
    before = history().events

    events = with_causes(before, told(("P3", JANUARY + 1, "出生", "户籍变动名单")))

    assert events.filter(pl.col("kind") == "born")["detail"].to_list() == ["2024年2月出生（户籍变动名单）"]
    assert events["kind"].to_list() == before["kind"].to_list()


def test_a_number_stands_for_the_life_that_had_it_then() -> None:
    """A row linked to a number of February is told of the life that began under another one."""
    rows = {"period_no": [JANUARY + 1, JANUARY - 1], "on_no": [JANUARY] * 2, "word": ["死亡"] * 2, "title": ["甲"] * 2}

    found = lives_told(history(), pl.DataFrame({"person_no": ["P9", "P9"], **rows}))

    assert found.rows() == [("P2", JANUARY, "死亡", "甲")]


def test_a_list_older_than_the_first_register_speaks_of_its_numbers() -> None:
    """Linked against the earliest register there is, a number is that of its life."""
    rows = {"person_no": ["P2"], "period_no": [JANUARY - 2], "on_no": [JANUARY - 2], "word": ["死亡"], "title": ["甲"]}

    assert lives_told(history(), pl.DataFrame(rows))["life_no"].to_list() == ["P2"]
