"""Memory: whatever changed between two months, remembering gives what forgetting gives, and compares less."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_people import FAMILIES, background, day, identity_frame, member, register_of, seen, valid

from fangpin.matching.link import Extract, MonthLinks, link_month
from fangpin.matching.memory import Memory, remembered_keys
from fangpin.matching.model import LinkModel

PLACE = {"township": "云桥镇", "village": "柳沟村"}
PEOPLE = [*FAMILIES, *background()[:60]]
ROWS: list[dict[str, Any]] = [
    {"person_name": "陈国花", "sex": "男", **PLACE},
    {"person_name": "陈子涵", "birth_on": day("2012-06-01"), "sex": "女", **PLACE, **valid(1)},
    {"person_name": "张伟", **PLACE},
    {"person_name": "欧阳凤霞", **seen("invalid", "8" + valid(7)["id_no"][1:])},
    {"person_name": "李秀英", "head_name": "陈国华", **PLACE},
    {"person_name": "诸葛铁柱", **PLACE},
    {"person_name": "曲比热哈", "township": "五江民族乡"},
    {"person_name": "陈国华", **valid(1)},
]


def _month(
    rows: list[dict[str, Any]], people: list[dict[str, Any]], model: LinkModel | None, memory: Memory | None
) -> MonthLinks:
    with duckdb.connect() as con:
        extract = Extract("b", "s", identity_frame(rows))
        return link_month([extract], register_of(people), con=con, model=model, memory=memory)


FIRST = _month(ROWS, PEOPLE, None, None)

changes = st.lists(
    st.one_of(
        st.tuples(st.just("gone"), st.integers(0, len(PEOPLE) - 1)),
        st.tuples(st.just("renamed"), st.integers(0, len(PEOPLE) - 1)),
        st.tuples(st.just("moved"), st.integers(0, len(PEOPLE) - 1)),
        st.tuples(st.just("new"), st.sampled_from(["张伟", "诸葛铁柱", "陈国花", "尉迟宝琳"])),
        st.tuples(st.just("split"), st.integers(0, len(PEOPLE) - 1)),
    ),
    max_size=4,
)


def _changed(people: list[dict[str, Any]], what: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    later = [dict(p) for p in people]
    for turn, (kind, which) in enumerate(what):
        if kind == "new":
            later.append(member(7000 + turn, f"N{turn}", which, "19880101", village_group="5组"))
        elif kind == "gone":
            later[which % len(later)]["person_no"] = None
        elif kind == "renamed":
            later[which % len(later)]["person_name"] = "张伟"
        elif kind == "moved":
            later[which % len(later)] |= PLACE
        else:
            later[which % len(later)]["household_no"] = f"S{turn}"
    return [p for p in later if p["person_no"] is not None]


@settings(max_examples=25, deadline=None)
@given(what=changes, kept=st.sets(st.integers(0, len(ROWS) - 1)), added=st.lists(st.sampled_from(PEOPLE), max_size=2))
def test_remembering_gives_what_forgetting_gives(
    what: list[tuple[str, Any]], kept: set[int], added: list[dict[str, Any]]
) -> None:
    """Every link and every candidate of a later month is the same with and without memory."""
    rows = [ROWS[i] for i in sorted(kept)] + [{"person_name": p["person_name"], **PLACE} for p in added]
    people = _changed(PEOPLE, what)

    fresh = _month(rows, people, FIRST.model, None)
    known = _month(rows, people, FIRST.model, FIRST.memory)

    assert known.links["b"].rows() == fresh.links["b"].rows()
    assert known.nearest["b"].rows() == fresh.nearest["b"].rows()


def test_an_unchanged_month_compares_nobody() -> None:
    """The same rows against the same register make no pair at all."""
    again = _month(ROWS, PEOPLE, FIRST.model, FIRST.memory)

    assert (int(FIRST.counts["pairs"].sum()) > 0, int(again.counts["pairs"].sum())) == (True, 0)
    assert again.links["b"].rows() == FIRST.links["b"].rows()


def test_what_two_batches_told_is_remembered_once() -> None:
    """Two months of one source linked together teach the same identity twice; the third month has one link a row."""
    with duckdb.connect() as con:
        both = [Extract("a", "s", identity_frame(ROWS)), Extract("b", "s", identity_frame(ROWS))]
        first = link_month(both, register_of(PEOPLE), con=con)

    again = _month(ROWS, PEOPLE, first.model, first.memory)

    assert again.links["b"].rows() == first.links["b"].rows()
    assert again.nearest["b"].rows() == first.nearest["b"].rows()


def test_another_model_forgets() -> None:
    """What was decided with other weights is decided anew."""
    other = LinkModel(people=FIRST.model.people + 1, shares=FIRST.model.shares)

    again = _month(ROWS, PEOPLE, other, FIRST.memory)

    assert int(again.counts["pairs"].sum()) == int(FIRST.counts["pairs"].sum())


def test_keys_are_made_for_those_of_whom_something_new_is_said() -> None:
    """Remembered keys are those that would be made anew, in the same order."""
    before = remembered_keys(register_of(PEOPLE).persons, None)
    later = register_of(_changed(PEOPLE, [("renamed", 3), ("gone", 5), ("new", "张伟")])).persons

    assert remembered_keys(later, before).equals(remembered_keys(later, None))
    assert isinstance(before["said"].dtype, pl.UInt64)
