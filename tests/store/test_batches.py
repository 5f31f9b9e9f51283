"""Deliveries: received, landed, superseded, refused; every step once."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from fangpin.errors import NeedsDecision, NotFound
from fangpin.store.batches import (
    InputFile,
    Reading,
    RowCounts,
    batches,
    events_of,
    hold_batch,
    inputs_of,
    land_batch,
    landed_batches,
    refuse_batch,
    register_batch,
    register_original,
    restore_batch,
    withdraw_batch,
)
from fangpin.store.deliveries import BatchState, InputKind
from fangpin.store.office import Office
from fangpin.types import BatchRef, Period

NOW = dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC)
JANUARY = Period(2024, 1)
COUNTS = RowCounts(rows_in=10, accepted=7, rejected=2, duplicate=1)


def _receive(
    connection: Connection, batch_id: str, *, source_id: str = "dibao_roster", period: Period = JANUARY
) -> BatchState:
    sha256 = batch_id.rjust(64, "0")
    register_original(connection, sha256, file_name=f"{batch_id}.xlsx", size_bytes=1, now=NOW, by="甲")
    files = (InputFile(InputKind.BASE, sha256, "来件.csv"),)
    return register_batch(connection, BatchRef(batch_id, source_id, period), files, now=NOW, by="甲")


def _land(connection: Connection, batch_id: str, counts: RowCounts = COUNTS) -> str | None:
    return land_batch(connection, batch_id, Reading(counts, "d"), now=NOW, by="甲")


def test_an_original_is_registered_once(office: Office) -> None:
    """The same content again is known, whatever its name."""
    with office.write() as connection:
        first = register_original(connection, "a" * 64, file_name="甲.xlsx", size_bytes=3, now=NOW, by="甲")
        again = register_original(connection, "a" * 64, file_name="乙.xlsx", size_bytes=3, now=NOW, by="乙")

    assert (first, again) == (True, False)


def test_a_batch_is_registered_once(office: Office) -> None:
    """The same batch again says where it stands."""
    with office.write() as connection:
        states = [_receive(connection, "b1"), _receive(connection, "b1")]
        _land(connection, "b1")
        states.append(_receive(connection, "b1"))

    assert states == [BatchState.RECEIVED, BatchState.RECEIVED, BatchState.LANDED]


def test_landing_supersedes_the_older_batch(office: Office) -> None:
    """Of two batches of one source and month, the one that lands last is in effect."""
    with office.write() as connection:
        for batch_id in ("b1", "b2"):
            _receive(connection, batch_id)
        superseded = [_land(connection, "b1"), _land(connection, "b2")]
        states = dict(batches(connection).select("batch_id", "state").iter_rows())
        in_effect = landed_batches(connection, JANUARY)

    assert superseded == [None, "b1"]
    assert states == {"b1": "superseded", "b2": "landed"}
    assert (BatchRef("b2", "dibao_roster", JANUARY),) == in_effect


def test_landing_again_changes_nothing(office: Office) -> None:
    """A batch that landed before, in effect or superseded, stays as it is."""
    with office.write() as connection:
        for batch_id in ("b1", "b2"):
            _receive(connection, batch_id)
            _land(connection, batch_id)
        before = batches(connection)
        again = [_land(connection, "b1"), _land(connection, "b2")]
        after = batches(connection)

    assert again == [None, None]
    assert before.equals(after)


def test_other_sources_and_months_stay_in_effect(office: Office) -> None:
    """Batches of another source or month are not superseded; later months are not in the answer."""
    with office.write() as connection:
        _receive(connection, "b1")
        _receive(connection, "b2", source_id="visit_ledger")
        _receive(connection, "b3", period=Period(2024, 2))
        _receive(connection, "b4", period=Period(2024, 3))
        for batch_id in ("b1", "b2", "b3", "b4"):
            _land(connection, batch_id)
        in_effect = landed_batches(connection, Period(2024, 2))

    assert [batch.batch_id for batch in in_effect] == ["b1", "b3", "b2"]


def test_a_refused_batch_keeps_its_reason(office: Office) -> None:
    """A refused batch says why, refused twice changes nothing, and it is never in effect."""
    with office.write() as connection:
        _receive(connection, "b1")
        refuse_batch(connection, "b1", reason="缺少必需列", now=NOW, by="甲")
        refuse_batch(connection, "b1", reason="别的理由", now=NOW, by="甲")
        reason = batches(connection)["reason"].to_list()
        in_effect = landed_batches(connection, JANUARY)

    assert reason == ["缺少必需列"]
    assert in_effect == ()


def test_a_refused_batch_can_be_received_again(office: Office) -> None:
    """The same file may pass once its declaration is corrected."""
    with office.write() as connection:
        _receive(connection, "b1")
        refuse_batch(connection, "b1", reason="缺少必需列", now=NOW, by="甲")
        again = _receive(connection, "b1")
        _land(connection, "b1")
        row = batches(connection).select("state", "reason", "rows_in", "file_name").row(0)

    assert again is BatchState.RECEIVED
    assert row == ("landed", None, 10, "来件.csv")


def test_a_refused_batch_cannot_land(office: Office) -> None:
    """Landing a refused batch needs a person."""
    with office.write() as connection:
        _receive(connection, "b1")
        refuse_batch(connection, "b1", reason="缺少必需列", now=NOW, by="甲")
    with pytest.raises(NeedsDecision), office.write() as connection:
        _land(connection, "b1")


def test_a_landed_batch_cannot_be_refused(office: Office) -> None:
    """Refusing a batch in effect needs a person."""
    with office.write() as connection:
        _receive(connection, "b1")
        _land(connection, "b1")
    with pytest.raises(NeedsDecision), office.write() as connection:
        refuse_batch(connection, "b1", reason="晚了", now=NOW, by="甲")


def test_an_unknown_batch_is_not_found(office: Office) -> None:
    """A batch nobody registered cannot land."""
    with pytest.raises(NotFound, match="b9"), office.write() as connection:
        _land(connection, "b9")


def test_rows_must_add_up(office: Office) -> None:
    """The database refuses counts that lose a row."""
    with office.write() as connection:
        _receive(connection, "b1")
    with pytest.raises(IntegrityError), office.write() as connection:
        _land(connection, "b1", RowCounts(rows_in=10, accepted=7, rejected=2, duplicate=0))


def test_a_batch_needs_its_original(office: Office) -> None:
    """A batch without a registered file is refused by the database."""
    files = (InputFile(InputKind.BASE, "a" * 64, "来件.csv"),)
    with pytest.raises(IntegrityError), office.write() as connection:
        register_batch(connection, BatchRef("b1", "s", JANUARY), files, now=NOW, by="甲")


def test_a_superseded_batch_can_come_back(office: Office) -> None:
    """What was superseded is put in effect again, and what stood in its place goes out."""
    with office.write() as connection:
        for batch_id in ("b1", "b2"):
            _receive(connection, batch_id)
            _land(connection, batch_id)
        out = restore_batch(connection, "b1", now=NOW, by="甲")
        states = dict(batches(connection).select("batch_id", "state").iter_rows())

    assert (out, states) == ("b2", {"b1": "landed", "b2": "superseded"})


def test_a_batch_in_effect_cannot_come_back(office: Office) -> None:
    """Only a superseded batch can be restored."""
    with office.write() as connection:
        _receive(connection, "b1")
        _land(connection, "b1")
    with pytest.raises(NeedsDecision), office.write() as connection:
        restore_batch(connection, "b1", now=NOW, by="甲")


def test_a_held_batch_is_not_in_effect_until_it_lands(office: Office) -> None:
    """What waits for a person keeps its counts and its reasons; accepted, it lands like any other."""
    reasons = [{"code": "rows", "sentence": "行数太少"}]
    with office.write() as connection:
        _receive(connection, "b1")
        hold_batch(connection, "b1", Reading(COUNTS, "d"), reasons=reasons, now=NOW, by="甲")
        waiting = landed_batches(connection, JANUARY)
        _land(connection, "b1")
        row = batches(connection).select("state", "rows_in").row(0)
        events = [event["event"] for event in events_of(connection, "b1")]

    assert (waiting, row, events) == ((), ("landed", 10), ["received", "held", "landed"])


def test_withdrawing_puts_the_earlier_batch_back(office: Office) -> None:
    """What a withdrawn batch had superseded is in effect again; withdrawn twice changes nothing."""
    with office.write() as connection:
        for batch_id in ("b1", "b2"):
            _receive(connection, batch_id)
            _land(connection, batch_id)
        back = [withdraw_batch(connection, "b2", now=NOW, by="乙", reason="报错了县") for _ in range(2)]
        states = dict(batches(connection).select("batch_id", "state").iter_rows())

    assert (back, states) == (["b1", None], {"b1": "landed", "b2": "withdrawn"})


def test_withdrawing_the_only_batch_leaves_the_month_empty(office: Office) -> None:
    """Nothing is in effect after the only batch was withdrawn, and it may be put back."""
    with office.write() as connection:
        _receive(connection, "b1")
        _land(connection, "b1")
        withdraw_batch(connection, "b1", now=NOW, by="乙", reason="报错了县")
        empty = landed_batches(connection, JANUARY)
        restore_batch(connection, "b1", now=NOW, by="乙")
        in_effect = [ref.batch_id for ref in landed_batches(connection, JANUARY)]

    assert (empty, in_effect) == ((), ["b1"])


def test_landings_are_numbered(office: Office) -> None:
    """Every landing, also a second one of the same batch, takes the next number."""
    with office.write() as connection:
        for batch_id in ("b1", "b2"):
            _receive(connection, batch_id)
            _land(connection, batch_id)
        restore_batch(connection, "b1", now=NOW, by="甲")
        numbers = dict(batches(connection).select("batch_id", "landing_no").iter_rows())

    assert numbers == {"b1": 3, "b2": 2}


def test_a_batch_remembers_its_files(office: Office) -> None:
    """The files a batch is made of come back in the order they are applied."""
    files = (InputFile(InputKind.BASE, "a" * 64, "来件.csv"), InputFile(InputKind.CORRECTION, "b" * 64, "更正.xlsx"))
    with office.write() as connection:
        for file in files:
            register_original(connection, file.sha256, file_name=file.file_name, size_bytes=1, now=NOW, by="甲")
        register_batch(connection, BatchRef("b1", "s", JANUARY), files, now=NOW, by="甲")
        kept = inputs_of(connection, "b1")

    assert kept == files
