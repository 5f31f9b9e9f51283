"""Judgements and models in the office store: added and never changed, on either database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fangpin.errors import NeedsDecision
from fangpin.matching.judgements import ReviewKind, Verdict
from fangpin.store.judgements import (
    Said,
    add_judgements,
    effective_judgements,
    history_of,
    judgements_of,
    settled_judgements,
    sheet_is_taken,
    undo_judgements,
)
from fangpin.store.models import model_of, save_model
from fangpin.store.office import Office

NOW = dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC)
SHA = "a" * 64


def word(verdict: Verdict = Verdict.SAME, **differing: Any) -> Said:
    """Return a word on row 7 of batch b and P1 unless said otherwise."""
    usual: dict[str, Any] = {"batch_id": "b", "row_number": 7, "person_no": "P1", "kind": ReviewKind.REVIEW}
    usual |= {"reviewers_needed": 1, "band": "review", "method": "name_place", "score": 0.5}
    return Said(**usual | {"verdict": verdict} | differing)


def say(office: Office, *words: Said, by: str = "甲", sheet_sha256: str | None = None) -> int:
    """Write words down and return how many were new."""
    with office.write() as connection:
        return add_judgements(connection, list(words), now=NOW, by=[by] * len(words), sheet_sha256=sheet_sha256)


def test_what_is_said_again_is_not_written_again(office: Office) -> None:
    """The same verdict of the same reviewer on the same pair is one row; another verdict is another."""
    assert say(office, word()) == 1
    assert say(office, word()) == 0
    assert say(office, word(Verdict.NOT_SAME)) == 1
    with office.read() as connection:
        assert judgements_of(connection)["verdict"].to_list() == ["same", "not_same"]
        assert effective_judgements(connection).rows() == [("b", 7, "P1", "not_same")]


def test_taking_back_adds_a_row(office: Office) -> None:
    """The judgement stays, the row that takes it back names it, and what held before holds again."""
    say(office, word())
    say(office, word(Verdict.NOT_SAME), word(person_no="P2"))
    with office.write() as connection:
        assert undo_judgements(connection, "b", 7, now=NOW, by="甲") == 2
        told = history_of(connection, "b", 7).select("person_no", "verdict", "undoes").rows()
        held = effective_judgements(connection).rows()

    assert told == [
        ("P1", "same", None),
        ("P1", "not_same", None),
        ("P2", "same", None),
        ("P1", None, 2),
        ("P2", None, 3),
    ]
    assert held == [("b", 7, "P1", "same")]


def test_nobody_takes_back_what_another_said(office: Office) -> None:
    """A reviewer without a word on the row is told so, and nothing is written."""
    say(office, word())
    with pytest.raises(NeedsDecision, match="乙没有现行的判定"), office.write() as connection:
        undo_judgements(connection, "b", 7, now=NOW, by="乙")
    with office.read() as connection:
        assert judgements_of(connection).height == 1


def test_a_judgement_is_taken_back_once(office: Office) -> None:
    """After it was taken back there is nothing left to take back."""
    say(office, word())
    with office.write() as connection:
        undo_judgements(connection, "b", 7, now=NOW, by="甲")
    with pytest.raises(NeedsDecision), office.write() as connection:
        undo_judgements(connection, "b", 7, now=NOW, by="甲")


def test_the_linker_obeys_what_is_settled(office: Office) -> None:
    """A word that waits for a second reviewer, or is unsure, binds nobody; one that settles does."""
    held = []
    for words, by in (
        ([word(reviewers_needed=2)], "甲"),
        ([word(Verdict.UNSURE, row_number=8)], "甲"),
        ([word(reviewers_needed=2, kind=ReviewKind.SECOND)], "乙"),
    ):
        say(office, *words, by=by)
        with office.read() as connection:
            held.append(effective_judgements(connection).rows())

    assert held == [[], [], [("b", 7, "P1", "same")]]


def test_settled_pairs_tell_what_the_linker_had_thought(office: Office) -> None:
    """Kind, method and score are those of the moment the pair was first judged."""
    say(office, word(kind=ReviewKind.CHECK, band="link", method="id_fuzzy", score=0.97, reviewers_needed=2))
    say(office, word(kind=ReviewKind.SECOND, band="link", method="judgement", score=1.0, reviewers_needed=2), by="乙")
    with office.read() as connection:
        found = settled_judgements(connection).select("verdict", "state", "kind", "method", "score")

    assert found.rows() == [("same", "settled", "check", "id_fuzzy", 0.97)]


def test_a_workbook_is_known_by_its_content(office: Office) -> None:
    """What came in a workbook says which."""
    say(office, word(), sheet_sha256=SHA)
    with office.read() as connection:
        assert sheet_is_taken(connection, SHA)
        assert not sheet_is_taken(connection, "b" * 64)


def test_an_error_leaves_no_judgement(office: Office) -> None:
    """Killed between two words of one workbook, none of them is there."""
    with pytest.raises(KeyboardInterrupt):
        _say_and_be_killed(office)
    with office.read() as connection:
        assert judgements_of(connection).height == 0


def _say_and_be_killed(office: Office) -> None:
    with office.write() as connection:
        add_judgements(connection, [word(), word(row_number=8)], now=NOW, by=["甲", "甲"])
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "change",
    [
        "update judgement set verdict = 'not_same'",
        "delete from judgement",
        "update matching_model set weights = '{}'",
        "delete from matching_model",
    ],
)
def test_what_was_judged_and_learnt_stays(office: Office, change: str) -> None:
    """The database itself refuses to change or delete a judgement or a model."""
    say(office, word())
    with office.write() as connection:
        save_model(connection, "m1", learned_from={"rows": 1}, weights={"name": [1.5]}, now=NOW, by="甲")
    with pytest.raises(DBAPIError, match="append-only"), office.write() as connection:
        connection.execute(text(change))


@pytest.mark.parametrize("wrong", [{"verdict": "maybe"}, {"kind": "guess"}, {"reviewers_needed": 3}, {"band": "x"}])
def test_what_means_nothing_is_refused(office: Office, wrong: dict[str, Any]) -> None:
    """The database takes only the declared words."""
    with pytest.raises(DBAPIError):
        say(office, word(**wrong))


def test_the_model_learnt_last_is_the_model(office: Office) -> None:
    """Each learning is kept; learning an earlier model again makes it the one that holds."""
    with office.write() as connection:
        assert model_of(connection) is None
        for day, name in ((1, "m1"), (3, "m3"), (2, "m2"), (9, "m1")):
            now = dt.datetime(2024, 2, day, tzinfo=dt.UTC)
            save_model(connection, name, learned_from={"batches": [name]}, weights={"w": [day]}, now=now, by="甲")
        newest = model_of(connection)

    assert newest is not None
    assert (newest.model_id, newest.learned_from, newest.learned_at.day) == ("m1", {"batches": ["m1"]}, 9)
