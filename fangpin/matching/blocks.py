"""Blocking: pairs of rows that share a key, counted before any is made, each made once however many keys it shares.

Floor 2. SQL over two tables in an in-memory connection handed in: asked (row_id u32) and offered (person_id u32), with
whatever columns the keys name. Cost grows with the rows: only keys that asked has are looked up among offered, a key
held by more offered rows than its cap makes no pair, and keys are compared as 64-bit hashes. Null never matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import polars as pl

from fangpin.errors import NeedsDecision

_ASKED, _OFFERED, _HELD = "block_asked", "block_offered", "block_held"
_LOW: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Block:
    """One way to be alike: SQL expressions that both tables can compute; all of them agree and none is null.

    cap: offered rows that may hold one key before it is too common to be worth comparing.
    """

    name: str
    keys: tuple[str, ...]
    cap: int


def count_pairs(con: duckdb.DuckDBPyConnection, blocks: Sequence[Block]) -> pl.DataFrame:
    """How many pairs each block would make, before any is made.

    Rows out: one per block, in the order given: block str, keys (shared by both tables), pairs (a pair found by two
    blocks counts in both), left_out_keys, left_out_rows (above the cap: keys, and asked rows that hold one), all i64.
    The connection keeps what was counted for make_pairs.
    """
    for table, row in (("asked", "row_id"), ("offered", "person_id")):
        con.execute(_hashed(table, row, blocks))
    con.execute(f"create or replace temp table {_ASKED} as {_long('asked', 'row_id', blocks)}")
    con.execute(
        f"create or replace temp table {_OFFERED} as\n"
        f"select o.block, o.block_key, o.person_id\n"
        f"from ({_long('offered', 'person_id', blocks)}) o\n"
        f"semi join {_ASKED} a on a.block_key = o.block_key"
    )
    for table in ("asked", "offered"):
        con.execute(f"drop table {table}_hashed")
    caps = ", ".join(f"({n}, {block.cap})" for n, block in enumerate(blocks))
    con.execute(f"create or replace temp table {_HELD} as {_HELD_SQL.format(caps=caps)}")
    names = pl.DataFrame({"block": [b.name for b in blocks], "n": range(len(blocks))}, schema_overrides={"n": pl.Int64})
    counted = con.sql(_COUNT_SQL).pl()
    return names.join(counted, on="n", how="left", maintain_order="left").drop("n").fill_null(0)


def leave_out_dearest(con: duckdb.DuckDBPyConnection, *, at_most: int) -> pl.DataFrame:
    """The asked rows that share a key too common to be compared, once the dearest keys are left out too.

    Keys are left out, most pairs first, until those that stay make at most at_most pairs. Rows out: row_id u32,
    ordered.
    """
    con.execute(_TRIM_SQL, {"at_most": at_most})
    crowded: pl.DataFrame = con.sql(_CROWDED_SQL).pl()
    return crowded


def make_pairs(
    con: duckdb.DuckDBPyConnection, counts: pl.DataFrame, *, at_most: int, beside: Sequence[str] = ()
) -> pl.DataFrame:
    """The pairs that were counted, each once.

    counts: from count_pairs on the same connection. beside: further tables of pairs (row_id, person_id) that count in.
    Rows out: row_id, person_id (u32), ordered by both.
    Raises: NeedsDecision when the blocks would make more than at_most pairs; nothing is made then.
    """
    expected = int(counts["pairs"].sum())
    if expected > at_most:
        _forget(con)
        dearest = counts.sort("pairs", descending=True)["block"][0]
        raise NeedsDecision(
            "匹配分块",
            f"将产生{expected:,}对候选，最多的分块是“{dearest}”",
            expected=f"不超过{at_most:,}对",
            action="请收窄该分块的键或降低其上限后重试",
        )
    further = "".join(f"\nunion all\nselect {_packed('')} from {table}" for table in beside)
    made = con.sql(_PAIRS_SQL + further).pl()["pair"].to_numpy()
    _forget(con)
    pairs = np.sort(made)
    pairs = pairs[np.diff(pairs, prepend=pairs[:1] ^ 1) != 0]
    return pl.DataFrame(
        {"row_id": (pairs >> np.uint64(32)).astype(np.uint32), "person_id": (pairs & np.uint64(_LOW)).astype(np.uint32)}
    )


def _forget(con: duckdb.DuckDBPyConnection) -> None:
    for table in (_ASKED, _OFFERED, _HELD):
        con.execute(f"drop table {table}")


def _packed(row: str, person: str = "") -> str:
    """Row and person in one number, so that a pair is sorted and compared at once."""
    return f"{row}row_id::ubigint << 32 | {person}person_id::ubigint as pair"


_HELD_SQL: Final = f"""
select o.block, o.block_key, count(*) as persons, count(*) <= any_value(c.cap) as fits
from {_OFFERED} o
join (values {{caps}}) c(block, cap) on c.block = o.block
group by o.block, o.block_key
"""
_COUNT_SQL: Final = f"""
with asking as (
    select block_key, count(*) as asked_rows
    from {_ASKED}
    group by block_key
)
select
    h.block::bigint as n,
    count(*)::bigint as keys,
    coalesce(sum(h.persons * a.asked_rows) filter (h.fits), 0)::bigint as pairs,
    count(*) filter (not h.fits)::bigint as left_out_keys,
    coalesce(sum(a.asked_rows) filter (not h.fits), 0)::bigint as left_out_rows
from {_HELD} h
join asking a on a.block_key = h.block_key
group by h.block
"""
_TRIM_SQL: Final = f"""
update {_HELD}
set fits = false
from (
    select h.block_key, sum(h.persons * a.asked_rows) over (order by h.persons * a.asked_rows, h.block_key) as so_far
    from {_HELD} h
    join (select block_key, count(*) as asked_rows from {_ASKED} group by block_key) a on a.block_key = h.block_key
    where h.fits
) dear
where dear.block_key = {_HELD}.block_key and dear.so_far > $at_most
"""
_CROWDED_SQL: Final = f"""
select distinct a.row_id
from {_ASKED} a
join {_HELD} h on h.block_key = a.block_key and not h.fits
order by a.row_id
"""
_PAIRS_SQL: Final = f"""
select {_packed("a.", "o.")}
from {_ASKED} a
join {_HELD} h on h.block_key = a.block_key and h.fits
join {_OFFERED} o on o.block_key = a.block_key
"""


def _hashed(table: str, row: str, blocks: Sequence[Block]) -> str:
    """Every expression hashed once per row, whichever blocks use it; null stays null."""
    hashes = ",\n    ".join(
        f"case when ({key}) is not null then hash({key}) end as {name}" for key, name in _names(blocks).items()
    )
    return f"create or replace temp table {table}_hashed as\nselect\n    {row},\n    {hashes}\nfrom {table}"


def _names(blocks: Sequence[Block]) -> dict[str, str]:
    return {key: f"k{n}" for n, key in enumerate(dict.fromkeys(key for block in blocks for key in block.keys))}


def _long(table: str, row: str, blocks: Sequence[Block]) -> str:
    """One row per block and row that has its key; the block is part of the key."""
    names = _names(blocks)
    return "\nunion all\n".join(
        f"select {n}::utinyint as block, hash({n}, {', '.join(names[key] for key in block.keys)}) as block_key, {row}\n"
        f"from {table}_hashed\n"
        f"where {' and '.join(f'{names[key]} is not null' for key in block.keys)}"
        for n, block in enumerate(blocks)
    )
