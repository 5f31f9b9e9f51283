"""Wrong IDs and names as problems for a department's correction sheet: where to look, never what is right."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from identity import whole

from fangpin.connectors.problems import ISSUE_SCHEMA
from fangpin.ledgers.identity_corrections import identity_problems

ROWS: dict[str, Any] = {
    "row_number": pl.UInt32,
    "sheet": pl.String,
    "sheet_row": pl.UInt32,
    **dict.fromkeys(("person_name", "id_kind", "id_seen"), pl.String),
    "linked": pl.Boolean,
    **dict.fromkeys(("registered_id", "registered_name"), pl.String),
    "relative": pl.Boolean,
}
OWN = whole("990101", "19700305", "123")


def told(*, id_required: bool = True, **row: Any) -> list[tuple[str, str, str]]:
    """Return the problems of one linked row: column, code, what is expected."""
    usual = {"row_number": 1, "sheet": "名单", "sheet_row": 4, "person_name": "陈国华", "registered_name": "陈国华"}
    usual |= {"id_kind": "valid", "id_seen": OWN, "registered_id": OWN, "linked": True, "relative": False}
    frame = pl.DataFrame([usual | row], schema=ROWS)
    found = identity_problems(frame, id_required=id_required)
    assert dict(found.schema) == ISSUE_SCHEMA
    return [tuple(line) for line in found.select("name", "code", "expected").rows()]


def swapped(text: str, place: int) -> str:
    """Return a text with the character at a place, from 1, and its neighbour in each other's stead."""
    return text[: place - 1] + text[place] + text[place - 1] + text[place + 1 :]


@pytest.mark.parametrize(
    ("seen", "where"),
    [
        (OWN[:7] + "0" + OWN[8:], "第8位须核对"),
        (swapped(OWN, 14), "第14位、第15位须核对"),
        (OWN[:11] + OWN[12:], "少一位，从第12位起核对"),
        (OWN[:11] + "7" + OWN[11:], "多一位，从第12位起核对"),
        ("1" * 18, "多位不一致"),
    ],
)
def test_a_wrong_number_is_told_by_its_places(seen: str, where: str) -> None:
    """A number of the right person that fails its check: which digits to look at."""
    assert told(id_kind="invalid", id_seen=seen) == [("id_no", "id_invalid", f"本人的18位证件号码（{where}）")]


@pytest.mark.parametrize("row", [{"linked": False}, {"registered_id": None}, {"id_seen": "9901"}])
def test_a_wrong_number_nobody_can_place(row: dict[str, Any]) -> None:
    """Without the person, his registered number or a comparable length only the fault is told."""
    given = {"id_kind": "invalid", "id_seen": OWN[:17] + "0"} | row

    assert told(**given) == [("id_no", "id_invalid", "本人的18位证件号码")]


def test_a_relatives_number_belongs_to_somebody_else() -> None:
    """The number is sound and another's of the household; unlinked rows are not accused."""
    assert told(relative=True) == [("id_no", "id_of_relative", "本人的18位证件号码（所填的属于同户另一人）")]
    assert told(relative=True, linked=False) == []


@pytest.mark.parametrize(("kind", "otherwise"), [("damaged", 1), ("masked", 0), ("missing", 0)])
def test_a_hidden_number_is_asked_for_where_it_was_agreed(kind: str, otherwise: int) -> None:
    """A mask or a blank is a fault only of a source that must give numbers; damage always is."""
    assert [code for _, code, _ in told(id_kind=kind, id_seen="9901")] == [f"id_{kind}"]
    assert len(told(id_kind=kind, id_seen="9901", id_required=False)) == otherwise


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("陈国花", "第3字须核对"),
        ("陈囯华", "第2字须核对"),
        ("陈华", "少字"),
        ("陈国建华", "多字"),
        ("陈?华", "有字无法辨认"),
    ],
)
def test_a_wrong_name_is_told_by_its_places(name: str, where: str) -> None:
    """Which character to look at; the department may also confirm it."""
    (found,) = told(person_name=name)

    assert found[:2] == ("person_name", "name_differs")
    assert f"与登记的不一致：{where}；" in found[2]


@pytest.mark.parametrize("name", ["陈 国华", "陳國華", "陈国华（低保）", None])
def test_another_spelling_is_not_wrong(name: str | None) -> None:
    """Spaces, traditional characters and remarks need no correction."""
    assert told(person_name=name) == []


def test_a_name_of_an_unlinked_row_is_not_judged() -> None:
    """Nobody knows whose name it should be."""
    assert told(person_name="陈国花", linked=False) == []


def test_nothing_registered_is_disclosed() -> None:
    """What is expected holds neither the registered number nor the registered name."""
    found = told(id_kind="invalid", id_seen=OWN[:17] + "0", person_name="张三")
    words = "".join(expected for _, _, expected in found)

    assert [name for name, _, _ in found] == ["id_no", "person_name"]
    assert not any(OWN[n : n + 3] in words for n in range(16))
    assert "国" not in words
