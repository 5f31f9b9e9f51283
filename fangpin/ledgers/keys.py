"""What ties a row of a handed-out workbook to its household, so that an answer cannot slip to the neighbour's row.

Floor 2. A digest of the keys and of what the row shows; it stops accidents of copying and editing, it is no secret.
"""

from __future__ import annotations

import hashlib

import polars as pl

_TIED = ("task_id", "revision", "village", "head_name")
_LENGTH = 10


def folded(text: pl.Expr) -> pl.Expr:
    """Return text as it is compared: width-folded, without spaces and punctuation.

    >>> pl.select(folded(pl.lit("核查人 （两人）"))).item()
    '核查人两人'
    """
    return text.str.normalize("NFKC").str.replace_all(r"[\s\p{P}\p{Z}]", "")


def row_checks(rows: pl.DataFrame) -> pl.Series:
    """Return the check of every row, str; an empty cell counts as empty text.

    Rows in: task_id, revision, village, head_name str.

    >>> row = {"task_id": "2024-01:H1", "revision": "1", "village": "下河村", "head_name": "张三"}
    >>> moved = row | {"task_id": "2024-01:H2"}
    >>> row_checks(pl.DataFrame([row, row | {"village": " 下河村"}, moved])).n_unique()
    2
    """
    tied = rows.select(
        pl.concat_str([folded(pl.col(name)).fill_null("") for name in _TIED], separator="|").alias("tied")
    )
    checks = [hashlib.sha256(text.encode()).hexdigest()[:_LENGTH] for text in tied["tied"]]
    return pl.Series("row_check", checks, dtype=pl.String)
