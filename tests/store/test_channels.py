"""Channels and what they brought are kept by key, on either database."""

from __future__ import annotations

import datetime as dt

from fangpin.store.channels import Outcome, Taken, channels, record_channel, record_taken, taken_of
from fangpin.store.office import Office

NOW = dt.datetime(2024, 4, 6, 1, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)


def _taken(outcome: Outcome, *, sha256: str = "aa", sentence: str | None = None) -> Taken:
    return Taken("低保.csv", "1712365200", 5_000_000_000, sha256, outcome, sentence)


def test_failures_are_counted_in_a_row(office: Office) -> None:
    """Each failure counts one more and keeps when it last worked; success begins anew."""
    with office.write() as connection:
        record_channel(connection, "a", failure="连接不上。", now=NOW)
        record_channel(connection, "a", failure="连接不上。", now=LATER)
        record_channel(connection, "b", failure=None, now=NOW)
        record_channel(connection, "b", failure="令牌被拒绝。", now=LATER)
        failing = channels(connection).rows()
        record_channel(connection, "a", failure=None, now=LATER)
        working = channels(connection).rows()[0]

    assert failing == [("a", LATER, None, 2, "连接不上。"), ("b", LATER, NOW, 1, "令牌被拒绝。")]
    assert working == ("a", LATER, LATER, 0, None)


def test_a_remote_file_stands_once(office: Office) -> None:
    """The same name and stamp again takes the place of what stood there; a known file leaves its first record."""
    found = []
    with office.write() as connection:
        for taken in (
            _taken(Outcome.REFUSED, sentence="缺少列。"),
            _taken(Outcome.RECEIVED),
            _taken(Outcome.KNOWN),
            _taken(Outcome.KNOWN, sha256="bb"),
        ):
            record_taken(connection, "a", taken, now=NOW)
            found.append(taken_of(connection, "a").select("sha256", "outcome", "sentence").rows())

    assert found == [
        [("aa", "refused", "缺少列。")],
        [("aa", "received", None)],
        [("aa", "received", None)],
        [("bb", "known", None)],
    ]


def test_each_connection_has_its_own_files(office: Office) -> None:
    """Sizes beyond four gigabytes are kept as they are."""
    with office.write() as connection:
        record_taken(connection, "a", _taken(Outcome.RECEIVED), now=NOW)
        mine, others = taken_of(connection, "a"), taken_of(connection, "b")

    assert mine.rows() == [("a", "低保.csv", "1712365200", 5_000_000_000, "aa", NOW, "received", None)]
    assert others.is_empty()
