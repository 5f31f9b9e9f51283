"""What the rows of a delivery say, as one digest: the same whatever file, encoding or order they came in.

Floor 2. Order-free: the sum of the rows' hashes, and their number, so that a doubled row shows. The hashes are those of
the polars release in use, whose name is part of the digest: after another release, the same content is known by
comparing the rows themselves. The digest tells re-sent content from new content; it guards against nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import polars as pl

_VERSION: Final = f"content-2|polars-{pl.__version__}"
_PLACES: Final = ("row_number", "sheet", "sheet_row", "duplicate_of", "batch_id", "period_no")
"""Where a row stood, not what it says."""
_SEEDS: Final = (20_240_301, 19_491_001)  # two sums of 64 bits


def content_digest(parts: Iterable[tuple[pl.DataFrame, pl.DataFrame]]) -> str:
    """Return the SHA-256, in hex, of what the rows of a delivery say.

    Rows in: of each part ``identity`` (IDENTITY_SCHEMA) and ``facts`` (row_number u32 and the typed columns of the
    accepted rows); all parts have the same columns, in any order. Two deliveries with the same rows have the same
    digest whatever the order of rows, columns and parts. Memory does not grow with the number of parts.

    >>> who = pl.DataFrame({"row_number": [1, 2], "row_status": ["accepted"] * 2, "person_name": ["甲", "乙"]})
    >>> paid = pl.DataFrame({"row_number": [2, 1], "yuan": [7, 5]})
    >>> again = who.with_columns(pl.Series("row_number", [2, 1])), paid.with_columns(pl.Series("yuan", [5, 7]))
    >>> content_digest([(who, paid)]) == content_digest([(again[0].reverse(), again[1])])
    True
    """
    names: list[str] = []
    totals = [0] * len(_SEEDS)
    rows = 0
    for identity, facts in parts:
        who, what = _said(identity), _said(facts)
        names = [*who.columns, *what.columns]
        rows += identity.height
        for place, seed in enumerate(_SEEDS):
            totals[place] += _sum(identity, facts, who.hash_rows(seed), what.hash_rows(seed + 1))
    said = "|".join([_VERSION, ",".join(names), str(rows), *(str(total % 2**64) for total in totals)])
    return hashlib.sha256(said.encode()).hexdigest()


def _said(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(sorted(c for c in frame.columns if c not in _PLACES))


def _sum(identity: pl.DataFrame, facts: pl.DataFrame, who: pl.Series, what: pl.Series) -> int:
    """Return the sum of the rows' hashes; a row with facts is hashed together with them."""
    rows = identity.select("row_number", who.alias("who"))
    told = facts.select("row_number", what.alias("what"))
    both = rows.join(told, on="row_number", how="left")
    return int(both.select(pl.struct("who", "what").hash().cast(pl.Int128).sum()).item())
