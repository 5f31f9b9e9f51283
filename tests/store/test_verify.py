"""The office half of verify finds what no constraint was there to stop."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text

from fangpin.store.batches import InputFile, Reading, RowCounts, land_batch, register_batch, register_original
from fangpin.store.deliveries import InputKind
from fangpin.store.office import Office, open_office
from fangpin.store.verify import verify_office
from fangpin.tasks.actions import dispatch
from fangpin.types import BatchRef, Period

NOW = dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC)
JANUARY = Period(2024, 1)
DUE_ON = dt.date(2024, 2, 8)


def _fill(office: Office, lead_rows: Any, publish: Any) -> None:
    with office.write() as connection:
        register_original(connection, "a" * 64, file_name="甲.xlsx", size_bytes=1, now=NOW, by="甲")
        files = (InputFile(InputKind.BASE, "a" * 64, "来件.csv"),)
        register_batch(connection, BatchRef("b1", "s", JANUARY), files, now=NOW, by="甲")
        land_batch(connection, "b1", Reading(RowCounts(3, 1, 1, 1), "d"), now=NOW, by="甲")
    publish(office, "2024-01", lead_rows("H1", "H2"), run_id="r1")
    dispatch(office, JANUARY, due_on=DUE_ON, now=NOW, by="县办")


def _broken(office: Office) -> list[tuple[str, int, str]]:
    with office.read() as connection:
        return [(check.invariant, check.count, check.sentence) for check in verify_office(connection) if not check.ok]


def test_a_sound_store_holds(office: Office, lead_rows: Any, publish: Any) -> None:
    """After ordinary work every invariant holds and says so."""
    _fill(office, lead_rows, publish)
    with office.read() as connection:
        checks = verify_office(connection)

    assert _broken(office) == []
    assert [check.invariant for check in checks] == ["I1", "I2", "I5", "I5", "I5", "I7"]
    assert checks[1].sentence == "每个数据源每月至多一个生效批次：成立"


@pytest.mark.parametrize(
    ("damage", "broken"),
    [
        ("update batch set accepted = 2", ("I1", 1, "每个批次：来件行数 = 采用 + 退回 + 重复：不成立，1 处")),
        (
            "update lead set task_id = '2024-01:H9' where household_no = 'H1'",
            ("I5", 1, "每条已交办线索恰有本户的一项任务：不成立，1 处"),
        ),
        (
            "update lead set task_id = '2024-01:H2' where household_no = 'H1'",
            ("I5", 1, "每条已交办线索恰有本户的一项任务：不成立，1 处"),
        ),
        (
            "update task set state = 'returned' where household_no = 'H1'",
            ("I5", 1, "任务状态与最后一条流转记录一致：不成立，1 处"),
        ),
        ("delete from original", ("I7", 1, "每个生效批次的原始文件都已登记：不成立，1 处")),
    ],
)
def test_damage_is_found(
    sqlite_url: str, lead_rows: Any, publish: Any, damage: str, broken: tuple[str, int, str]
) -> None:
    """Rows changed behind the store's back, with its constraints switched off, are counted."""
    office = open_office(sqlite_url)
    _fill(office, lead_rows, publish)
    with office.engine.execution_options(fangpin_mode="migrate").begin() as connection:
        connection.execute(text("pragma ignore_check_constraints = on"))
        connection.execute(text(damage))
    found = _broken(office)
    office.close()

    assert [broken] == found


def test_a_second_batch_in_effect_is_found(office: Office, lead_rows: Any, publish: Any) -> None:
    """Two batches of one source and month in effect are counted where the index is gone."""
    _fill(office, lead_rows, publish)
    _double(office, ("uq_batch_in_effect", "uq_batch_landing_no"), "batch", "'b2'")

    assert ("I2", 1, "每个数据源每月至多一个生效批次：不成立，1 处") in _broken(office)


def test_a_second_open_task_is_found(office: Office, lead_rows: Any, publish: Any) -> None:
    """Two open tasks of a household are counted where the index is gone."""
    _fill(office, lead_rows, publish)
    _double(office, ("uq_task_open_household",), "task", "'2023-12:' || household_no, '2023-12'")

    assert ("I5", 2, "每户至多一项未办结任务：不成立，2 处") in _broken(office)


def _double(office: Office, indexes: tuple[str, ...], table: str, keys: str) -> None:
    """Drop indexes and write every row of a table again under other keys."""
    with office.write() as connection:
        for index in indexes:
            connection.execute(text(f"drop index {index}"))
        names = list(connection.execute(text(f"select * from {table} where 1 = 0")).keys())
        rest = ", ".join(names[keys.count(",") + 1 :])
        connection.execute(text(f"insert into {table} select {keys}, {rest} from {table}"))
