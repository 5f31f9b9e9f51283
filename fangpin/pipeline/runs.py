"""Runs: what a screening stands on, how it is named, and reading what it gave.

Floor 4. Reads both stores and writes neither; light to load, because every command about a month asks here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import metadata
from typing import Any

import polars as pl

from fangpin import __version__
from fangpin.config.loader import Declarations
from fangpin.config.rule_models import Rule
from fangpin.config.source_models import Source
from fangpin.connectors.conform import CONFORM_VERSION
from fangpin.errors import NeedsDecision
from fangpin.matching import MATCHING_VERSION
from fangpin.matching.register import FACTS_READ, IDENTITY_READ, Register, build_register
from fangpin.pipeline.county import County
from fangpin.store.runs import current_run
from fangpin.types import BatchRef, Period, Role

SCREENING_VERSION = "2"
_COUNTS_IN = ("duckdb", "numpy", "polars", "pypinyin", "rapidfuzz")  # another release may compute another last digit


@cache
def program_versions() -> list[str]:
    """Return the versions of everything that computes: another program is another run."""
    libraries = [f"{name} {metadata.version(name)}" for name in _COUNTS_IN]
    return [f"fangpin {__version__}", CONFORM_VERSION, MATCHING_VERSION, SCREENING_VERSION, *libraries]


def versions_digest() -> str:
    """Return the versions of everything that computes, in eight characters of a file's name."""
    return hashlib.sha256("|".join(program_versions()).encode()).hexdigest()[:8]


def register_ref(county: County, batches: Sequence[BatchRef], period: Period) -> BatchRef:
    """Return the register batch that holds for a month: the latest up to it, else the earliest after it.

    Raises: NeedsDecision when no register was ever received.
    """
    registers = [b for b in batches if is_register(county, b)]
    if not registers:
        raise NeedsDecision(
            "农户信息台账", "一个月都没有收到", expected="至少一个月的台账", action="请先接收台账再筛查"
        )
    known = [b for b in registers if b.period <= period]
    return max(known, key=lambda b: b.period) if known else min(registers, key=lambda b: b.period)


def is_register(county: County, batch: BatchRef) -> bool:
    """Say whether a batch builds people and households; batches of undeclared sources do not."""
    source = county.declared.sources.get(batch.source_id)
    return source is not None and source.role is Role.REGISTER


def needed_sources(declared: Declarations, rules: Iterable[Rule]) -> tuple[Source, ...]:
    """Return the sources that build the register or that one of the rules in use cannot judge without.

    A source that is sent when something happens is missed in no month.
    """
    needed = {source_id for rule in rules if rule.switched_on for source_id in rule.needs}
    return tuple(
        s
        for s in declared.sources.values()
        if s.role is Role.REGISTER or (s.id in needed and s.cadence.every != "event")
    )


def read_tables(county: County, run_id: str) -> dict[str, pl.DataFrame]:
    """Return the result tables of a published run."""
    with county.warehouse.open_run(run_id) as con:
        names = [row[0] for row in con.execute("select table_name from information_schema.tables").fetchall()]
        return {name: con.sql(f'select * from "{name}"').pl() for name in sorted(names)}


def digest_of_tables(tables: dict[str, pl.DataFrame]) -> str:
    """Return one SHA-256 over tables whatever the order of their rows; a doubled row changes it."""
    digest = hashlib.sha256()
    for name, table in sorted(tables.items()):
        flat = table.with_columns(
            pl.col(pl.List(pl.String), pl.List(pl.Float64)).cast(pl.List(pl.String)).list.join("|")
        )
        digest.update(f"{name}\n".encode())
        digest.update(flat.sort(pl.all(), nulls_last=True).write_csv().encode())
    return digest.hexdigest()


def run_of(county: County, period: Period) -> dict[str, Any]:
    """Return the run a month shows: run_id, pins, digest.

    Raises: NeedsDecision when the month was never screened.
    """
    with county.office.read() as connection:
        run = current_run(connection, period)
    if run is None:
        raise NeedsDecision(f"月份 {period}", "还没有筛查", action=f"请先运行 fangpin screen {period}")
    return run


def read_register(county: County, batch_id: str) -> Register:
    """Return people and households of a landed register batch."""
    identity = county.warehouse.read(batch_id, "identity", columns=IDENTITY_READ)
    return build_register(identity, county.warehouse.read(batch_id, "facts", columns=FACTS_READ))
