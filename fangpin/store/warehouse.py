"""The warehouse (数据仓): landed batches and links as Parquet, published runs as read-only DuckDB files.

Floor 3. Disposable: everything here is made again from originals and office store. Identity lies apart
from facts; only matching is given identity. Each write is a folder or file made aside and renamed.
"""

from __future__ import annotations

import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from fangpin.errors import StoreDamaged
from fangpin.store.batches import RowCounts
from fangpin.store.files import private_folder, publish_file, publish_folder, sweep_folder, sync_folder
from fangpin.types import BatchRef, RowStatus

CARRIED: dict[str, pl.DataType] = {"batch_id": pl.String(), "period_no": pl.Int64()}
"""What every stored row carries of its batch, after its own columns."""
_PARTS = ("identity", "facts", "issues")
_ABANDONED_SECONDS = 3600.0


class Warehouse:
    """Batches, links and runs of one county in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use (and make) the folder."""
        self.folder = private_folder(folder)
        self._batches = private_folder(folder / "batches")
        self._links = private_folder(folder / "links")
        self._keys = private_folder(folder / "keys")
        self._runs = private_folder(folder / "runs")
        self._aside = private_folder(folder / "aside")

    @contextmanager
    def landing(self, ref: BatchRef) -> Iterator[Landing]:
        """Give a place aside to write a batch part by part; what was not published at the end is gone."""
        aside = self._aside / uuid.uuid4().hex
        aside.mkdir()
        landing = Landing(ref, aside, self._batches / ref.batch_id)
        try:
            yield landing
        finally:
            landing.close()
            if aside.exists():
                shutil.rmtree(aside)

    def counts(self, batch_id: str) -> RowCounts | None:
        """Return the row counts of a batch as the warehouse holds it, None when it holds none."""
        path = self.part(batch_id, "identity")
        if not path.exists():
            return None
        return _row_counts(dict(pl.scan_parquet(path).group_by("row_status").len().collect().iter_rows()))

    def part(self, batch_id: str, part: str) -> Path:
        """Return where identity, facts or issues of a batch lie."""
        return self._batches / batch_id / f"{part}.parquet"

    def read(self, batch_id: str, part: str, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return identity, facts or issues of a batch, all columns or those of the ones named that it has.

        Raises: StoreDamaged when the warehouse does not hold it.
        """
        path = self.part(batch_id, part)
        if not path.exists():
            raise StoreDamaged(f"批次 {batch_id}", "不在数据仓中", action="请运行 fangpin rebuild 重建")
        if columns is None:
            return pl.read_parquet(path)
        there = pl.read_parquet_schema(path)
        return pl.read_parquet(path, columns=[c for c in columns if c in there])

    def batch_ids(self) -> set[str]:
        """Return the batches the warehouse holds."""
        return {folder.name for folder in self._batches.iterdir()}

    def links_path(self, key: str) -> Path:
        """Return where the links made under one recipe lie or would lie."""
        return self._links / key / "links.parquet"

    def nearest_path(self, key: str) -> Path:
        """Return where the nearest candidates beside the links of a recipe lie."""
        return self._links / key / "nearest.parquet"

    def write_links(self, key: str, ref: BatchRef, found: Mapping[str, pl.DataFrame]) -> None:
        """Keep what linking found of one batch, as one unit; the same key always holds the same.

        found: links and nearest, which carry their batch, and what the next month may remember: known and decided.
        """
        aside = self._aside / uuid.uuid4().hex
        aside.mkdir()
        for name, frame in found.items():
            carried = _carrying(ref, frame) if name in {"links", "nearest"} else frame
            carried.write_parquet(aside / f"{name}.parquet", compression="lz4")
        publish_folder(aside, self._links / key)

    def remembered(self, keys: str, links: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame] | None:
        """Return the keys kept under a name, and what was known and decided under some recipes; None without keys."""
        persons = self._keys / f"{keys}.parquet"
        if not persons.exists():
            return None
        known, decided = (
            pl.concat([pl.read_parquet(self._links / key / f"{name}.parquet") for key in links])
            for name in ("known", "decided")
        )
        return pl.read_parquet(persons), known, decided

    def write_keys(self, keys: str, persons: pl.DataFrame) -> None:
        """Keep the comparison keys of a register's persons under a name."""
        self._publish(persons, self._keys / f"{keys}.parquet")

    def shares(self, model_id: str) -> pl.DataFrame | None:
        """Return the frequencies of names and places that a model counts with, None when they are not kept."""
        path = self._keys / f"model-{model_id}.parquet"
        return pl.read_parquet(path) if path.exists() else None

    def write_shares(self, model_id: str, shares: pl.DataFrame) -> None:
        """Keep the frequencies of a model."""
        self._publish(shares, self._keys / f"model-{model_id}.parquet")

    def _publish(self, frame: pl.DataFrame, target: Path) -> None:
        aside = self._aside / f"{uuid.uuid4().hex}.parquet"
        frame.write_parquet(aside, compression="lz4")
        publish_file(aside, target)

    def history_path(self, key: str) -> Path:
        """Return where the history of the registers made under one recipe lies or would lie."""
        return self.folder / "history" / key

    def publish_run(self, run_id: str, build: Callable[[duckdb.DuckDBPyConnection], None]) -> Path:
        """Build a run's results aside, check that they open, and publish them read-only under the run's id."""
        target = self.run_path(run_id)
        if target.exists():
            return target
        aside = self._aside / f"{uuid.uuid4().hex}.duckdb"
        with duckdb.connect(aside) as con:
            build(con)
            con.execute("checkpoint")
        with duckdb.connect(aside, read_only=True) as con:
            if not con.execute("select count(*) from information_schema.tables").fetchall()[0][0]:
                raise StoreDamaged(f"运行 {run_id}", "结果库是空的", action="请重新筛查")
        publish_file(aside, target)
        return target

    def run_path(self, run_id: str) -> Path:
        """Return where a run's results lie or would lie."""
        return self._runs / f"{run_id}.duckdb"

    @contextmanager
    def open_run(self, run_id: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a read-only connection to a published run's results."""
        path = self.run_path(run_id)
        if not path.exists():
            raise StoreDamaged(f"筛查 {run_id}", "结果库不在", action="请运行 fangpin rebuild 重建")
        con = duckdb.connect(path, read_only=True)
        try:
            yield con
        finally:
            con.close()

    def sweep(self) -> None:
        """Remove what an interrupted write left aside an hour ago or more; what is younger may be under way."""
        sweep_folder(self._aside, older_than=_ABANDONED_SECONDS)

    def replace_with(self, fresh: Warehouse) -> None:
        """Put a freshly built warehouse in this one's place; until the last moment the old one stands."""
        out = self.folder.with_name(f"{self.folder.name}.out")
        shutil.rmtree(out, ignore_errors=True)
        self.folder.rename(out)
        fresh.folder.rename(self.folder)
        sync_folder(self.folder.parent)
        shutil.rmtree(out)


class Landing:
    """A batch being written aside: identity, facts and issues, part by part."""

    def __init__(self, ref: BatchRef, aside: Path, target: Path) -> None:
        """Write nothing yet: the first part brings the columns."""
        self._ref = ref
        self._aside = aside
        self._target = target
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._ended: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(len(_PARTS))  # compressing one part while the next is made
        self._under_way: list[Future[None]] = []

    def write(self, identity: pl.DataFrame, facts: pl.DataFrame, issues: pl.DataFrame) -> None:
        """Add one part; every part has the same columns."""
        self._ended.update(dict(identity["row_status"].value_counts().iter_rows()))
        self._settle()
        frames = zip(_PARTS, (identity, facts, issues), strict=True)
        self._under_way = [self._pool.submit(self._write, part, frame) for part, frame in frames]

    def _write(self, part: str, frame: pl.DataFrame) -> None:
        table = _carrying(self._ref, frame).to_arrow(compat_level=pl.CompatLevel.oldest())
        if part not in self._writers:
            place = self._aside / f"{part}.parquet"
            how = {"compression": "zstd", "compression_level": 1, "use_dictionary": False}
            self._writers[part] = pq.ParquetWriter(place, table.schema, **how)
        self._writers[part].write_table(table)

    def _settle(self) -> None:
        """Wait for what is being written, and raise what went wrong with it."""
        done, self._under_way = self._under_way, []
        for future in done:
            future.result()

    @property
    def counts(self) -> RowCounts:
        """How the rows written so far ended."""
        return _row_counts(self._ended)

    def read(self, part: str) -> pl.DataFrame:
        """Return what was written of identity, facts or issues; no more can be written then."""
        self.close()
        return pl.read_parquet(self._aside / f"{part}.parquet")

    def publish(self) -> None:
        """Put the batch in its place as one unit; one that is there already stays as it is."""
        self.close()
        publish_folder(self._aside, self._target)

    def close(self) -> None:
        """End the files."""
        try:
            self._settle()
        finally:
            self._pool.shutdown()
            for writer in self._writers.values():
                writer.close()


def _row_counts(ended: Mapping[str, int]) -> RowCounts:
    by = {status: int(ended.get(status.value, 0)) for status in RowStatus}
    return RowCounts(sum(by.values()), by[RowStatus.ACCEPTED], by[RowStatus.REJECTED], by[RowStatus.DUPLICATE])


def _carrying(ref: BatchRef, frame: pl.DataFrame) -> pl.DataFrame:
    # Every row says which batch it is of, so that a file can never be taken for another's.
    return frame.with_columns(
        pl.lit(ref.batch_id).alias("batch_id"), pl.lit(ref.period.ordinal, dtype=pl.Int64).alias("period_no")
    )
