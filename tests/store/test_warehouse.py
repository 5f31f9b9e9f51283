"""The warehouse: batches land whole and once, runs are published whole or not at all, nobody else may look."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import polars as pl
import pytest

from fangpin.connectors.conform import IDENTITY_SCHEMA
from fangpin.connectors.problems import ISSUE_SCHEMA
from fangpin.errors import StoreDamaged
from fangpin.store.batches import RowCounts
from fangpin.store.warehouse import Warehouse
from fangpin.types import BatchRef, Period

REF = BatchRef("dibao_roster-2024-03-abc", "dibao_roster", Period(2024, 3))
STATUSES = ["accepted", "accepted", "rejected", "duplicate"]


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def _part(statuses: list[str], amount: int = 430) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    numbers = pl.Series("row_number", range(1, len(statuses) + 1), dtype=pl.UInt32)
    identity = pl.DataFrame({"row_number": numbers, "row_status": statuses}).select(
        pl.col(name).cast(kind) if name in ("row_number", "row_status") else pl.lit(None, dtype=kind).alias(name)
        for name, kind in IDENTITY_SCHEMA.items()
    )
    accepted = identity.filter(pl.col("row_status") == "accepted").select("row_number")
    facts = accepted.with_columns(pl.lit(amount).cast(pl.Decimal(18, 2)).alias("amount_yuan"))
    return identity, facts, pl.DataFrame(schema=ISSUE_SCHEMA)


def _land(warehouse: Warehouse, *parts: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> RowCounts | None:
    with warehouse.landing(REF) as landing:
        for part in parts:
            landing.write(*part)
        landing.publish()
    return warehouse.counts(REF.batch_id)


def _long_ago(folder: Path) -> None:
    """Make what lies in a folder old: what is young may be in use."""
    for path in folder.iterdir():
        os.utime(path, (0, 0))


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Return an empty warehouse."""
    return Warehouse(tmp_path / "warehouse")


def test_land(warehouse: Warehouse) -> None:
    """A landed batch is counted by how its rows ended, and each row says which batch and month it is of."""
    counts = _land(warehouse, _part(STATUSES))

    assert counts is not None
    assert (counts.rows_in, counts.accepted, counts.rejected, counts.duplicate) == (4, 2, 1, 1)
    facts = warehouse.read(REF.batch_id, "facts")
    assert facts.select("row_number", "batch_id", "period_no").rows() == [(n, REF.batch_id, 24291) for n in (1, 2)]
    assert warehouse.batch_ids() == {REF.batch_id}


@pytest.mark.parametrize("statuses", [[], ["rejected"]], ids=["no-rows", "no-facts"])
def test_land_without_facts(statuses: list[str], warehouse: Warehouse) -> None:
    """A batch without rows, or without a usable one, lands with its columns all the same."""
    _land(warehouse, _part(statuses))

    facts = warehouse.read(REF.batch_id, "facts")
    assert (facts.height, facts.schema["amount_yuan"]) == (0, pl.Decimal(18, 2))


def test_landing_twice_changes_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    """The second landing of a batch leaves every file as it was and nothing aside."""
    first = _land(warehouse, _part(STATUSES))
    before = _bytes_of(tmp_path)

    second = _land(warehouse, _part(["accepted"], amount=999))

    assert (first, before) == (second, _bytes_of(tmp_path))


def test_half_written_batch_is_invisible(warehouse: Warehouse, tmp_path: Path) -> None:
    """A batch of which only a part was written aside is no batch, and is swept."""
    half = tmp_path / "warehouse/aside/half"
    half.mkdir()
    _part(STATUSES)[0].write_parquet(half / "identity.parquet")

    assert (set(), None) == (warehouse.batch_ids(), warehouse.counts("half"))
    _long_ago(tmp_path / "warehouse/aside")
    warehouse.sweep()
    assert list((tmp_path / "warehouse/aside").iterdir()) == []


def test_unknown_batch(warehouse: Warehouse) -> None:
    """A batch the warehouse does not hold has no counts."""
    assert warehouse.counts("nowhere") is None


def _found(score: float = 0.5) -> dict[str, pl.DataFrame]:
    """What linking found of a batch of one row."""
    rows = pl.DataFrame({"row_number": [1], "score": [score]})
    return {"links": rows, "nearest": rows, "known": rows.select(known="row_number"), "decided": rows.clear()}


def test_links(warehouse: Warehouse) -> None:
    """Links and nearest candidates are kept under their recipe and say which batch they are of."""
    warehouse.write_links("recipe", REF, _found(0.9))

    for path in (warehouse.links_path("recipe"), warehouse.nearest_path("recipe")):
        assert pl.read_parquet(path).select("row_number", "score", "batch_id").rows() == [(1, 0.9, REF.batch_id)]


def test_what_is_remembered(warehouse: Warehouse) -> None:
    """Keys kept under a name come back with what was known under the recipes asked for; without keys nothing does."""
    warehouse.write_links("one", REF, _found())
    warehouse.write_links("two", REF, _found())

    assert warehouse.remembered("keys", ["one"]) is None
    warehouse.write_keys("keys", pl.DataFrame({"person_no": ["P1"]}))
    found = warehouse.remembered("keys", ["one", "two"])

    assert found is not None
    assert [frame.rows() for frame in found] == [[("P1",)], [(1,), (1,)], []]


def test_frequencies_of_a_model(warehouse: Warehouse) -> None:
    """A model's frequencies are kept under its id."""
    assert warehouse.shares("m") is None

    warehouse.write_shares("m", pl.DataFrame({"value": [1], "share": [0.5]}))

    assert warehouse.shares("m") is not None


def test_publish_run(warehouse: Warehouse) -> None:
    """A published run opens read-only with its tables."""
    warehouse.publish_run("r1", lambda con: con.execute("create table lead as select 1 as n").fetchall())

    with warehouse.open_run("r1") as con:
        assert con.execute("select n from lead").fetchall() == [(1,)]
        with pytest.raises(duckdb.InvalidInputException):
            con.execute("insert into lead values (2)")


def test_run_is_published_once(warehouse: Warehouse) -> None:
    """A run that is there is not built again."""
    first = warehouse.publish_run("r1", lambda con: con.execute("create table lead as select 1 as n").fetchall())
    before = first.read_bytes()

    again = warehouse.publish_run("r1", lambda _: pytest.fail("built again"))

    assert (first, before) == (again, again.read_bytes())


def test_empty_run_is_refused(warehouse: Warehouse) -> None:
    """A run without a table is not published."""
    with pytest.raises(StoreDamaged) as refused:
        warehouse.publish_run("r1", lambda _: None)

    assert refused.value.sentence == "运行 r1：结果库是空的；请重新筛查。"
    assert not warehouse.run_path("r1").exists()


def test_failed_run_is_invisible(warehouse: Warehouse, tmp_path: Path) -> None:
    """A run whose building fails is not published, and what it left is swept."""
    with pytest.raises(duckdb.Error):
        warehouse.publish_run("r1", lambda con: con.execute("create table lead as select x").fetchall())

    _long_ago(tmp_path / "warehouse/aside")
    warehouse.sweep()
    assert (warehouse.run_path("r1").exists(), list((tmp_path / "warehouse/aside").iterdir())) == (False, [])


def test_unknown_run(warehouse: Warehouse) -> None:
    """A run that is not there is refused with what to do."""
    with pytest.raises(StoreDamaged) as refused, warehouse.open_run("r9"):
        pass

    assert refused.value.sentence == "筛查 r9：结果库不在；请运行 fangpin rebuild 重建。"


def test_a_missing_batch_says_what_to_do(warehouse: Warehouse) -> None:
    """A batch the warehouse does not hold is damage, with the way out."""
    with pytest.raises(StoreDamaged, match="请运行 fangpin rebuild"):
        warehouse.read("b9", "identity")


def test_closed_to_others(warehouse: Warehouse, tmp_path: Path) -> None:
    """Everything in the warehouse is for the service's own account only."""
    _land(warehouse, _part(STATUSES))
    warehouse.write_links("recipe", REF, _found())
    warehouse.publish_run("r1", lambda con: con.execute("create table lead as select 1 as n").fetchall())

    everything = [tmp_path / "warehouse", *(tmp_path / "warehouse").rglob("*")]
    assert {_mode(path) for path in everything if path.is_file()} == {0o600}
    assert {_mode(path) for path in everything if path.is_dir()} == {0o700}


def test_replaced_by_a_fresh_one(warehouse: Warehouse, tmp_path: Path) -> None:
    """A freshly built warehouse takes the old one's place whole, and can be written on."""
    fresh = Warehouse(tmp_path / "fresh")
    _land(fresh, _part(STATUSES))

    warehouse.replace_with(fresh)

    assert warehouse.batch_ids() == {REF.batch_id}
    assert not (tmp_path / "fresh").exists()
    assert _land(warehouse, _part(STATUSES)).rows_in == 4
