"""What must hold for any batch: order does not matter, strangers to a row do not matter."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from matching_people import FAMILIES, background, day, link_rows, member, register_of, seen, valid

PLACE = {"township": "云桥镇", "village": "柳沟村"}
ROWS: list[dict[str, Any]] = [
    {"person_name": "陈国华", **valid(1)},
    {"person_name": "陈国花", **PLACE, **valid(1)},
    {"person_name": "陈子涵", "birth_on": day("2012-06-01"), "sex": "女", **PLACE, **valid(1)},
    {"person_name": "张伟", **PLACE},
    {"person_name": "张伟", "address": "云桥镇柳沟村5组", "birth_on": day("1991-10-20")},
    {"person_name": "欧阳凤霞", **seen("invalid", "8" + valid(7)["id_no"][1:])},
    {"person_name": "李秀英", "head_name": "陈国华", **PLACE},
    {"person_name": "诸葛铁柱"},
    {"person_name": "刘*", "address": "大井乡"},
]


@settings(max_examples=5, deadline=None)
@given(order=st.permutations(range(len(ROWS))))
def test_row_order_changes_nothing(order: list[int]) -> None:
    """A row gets the same judgement wherever it stands in the file."""
    straight = link_rows(ROWS).drop("row_number").rows()

    mixed = link_rows([ROWS[i] for i in order]).drop("row_number").rows()

    assert [straight[i] for i in order] == mixed


@settings(max_examples=5, deadline=None)
@given(order=st.permutations(range(len(FAMILIES))))
def test_register_order_changes_nothing(order: list[int]) -> None:
    """The same register in another order gives the same links."""
    mixed = register_of([*background(), *(FAMILIES[i] for i in order)])

    expected = link_rows(ROWS)

    assert expected.rows() == link_rows(ROWS, mixed).rows()


@settings(max_examples=5, deadline=None)
@given(
    name=st.sampled_from(["尉迟宝琳", "呼延庆", "慕容雪"]), year=st.integers(1940, 2010), key=st.integers(8000, 8399)
)
def test_unrelated_person_changes_no_link(name: str, year: int, key: int) -> None:
    """Somebody who shares nothing with a row leaves its link and its person as they were."""
    newcomer = member(key, "N1", name, f"{year}0729", township="白田乡", village="梅坡村")
    larger = register_of([*FAMILIES, *background(), newcomer])

    expected = link_rows(ROWS)
    found = link_rows(ROWS, larger)

    columns = ("row_number", "person_no", "household_no", "band", "method", "reasons")
    assert expected.select(columns).rows() == found.select(columns).rows()
