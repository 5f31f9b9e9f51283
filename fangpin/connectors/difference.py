"""What a correction changes: rows added, gone and changed between two deliveries of the same period.

Floor 2. A pure comparison of accepted rows; it says which columns moved, by title, and never shows a value.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import polars as pl

from fangpin.config.source_models import Column, Source
from fangpin.types import RowStatus, Subject

_ID_PARTS: Final = {"id_kind": "id_no", "id_seen": "id_no"}  # what else an ID cell is read into
_KEYS: Final = {
    Subject.PERSON: (("id_no",), ("person_name", "village", "birth_on")),
    Subject.HOUSEHOLD: (("household_no",), ("any_id_no",), ("any_name", "village", "village_group")),
    Subject.VILLAGE: (("village", "township", "village_group"),),
}
"""What a row speaks of, surest key first; a key whose first column is unknown tells nothing."""
_ROWS: Final = pl.Schema(
    {"row_number_before": pl.UInt32(), "row_number_after": pl.UInt32(), "kind": pl.String(), "columns": pl.String()}
)
_PAIRS: Final = pl.Schema({"before": pl.UInt32(), "after": pl.UInt32()})

Rows = tuple[pl.DataFrame, pl.DataFrame]
"""The identity and the facts frame of a delivery."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one delivery to another.

    ``changed_columns``: column title -> number of rows in which it changed, most often changed first. ``rows``:
    row_number_before, row_number_after u32 (null for a row that is new or gone); kind str (新增, 减少, 变更);
    columns str (titles of the changed columns joined by 、, null but for 变更); one row per difference, sorted by the
    row numbers.
    """

    added: int
    gone: int
    changed: int
    unchanged: int
    changed_columns: dict[str, int]
    rows: pl.DataFrame

    @property
    def is_nothing(self) -> bool:
        """Whether both deliveries say the same."""
        return not (self.added or self.gone or self.changed)


def difference(before: Rows, after: Rows, source: Source, *, columns: dict[str, Column]) -> Difference:
    """Return what the accepted rows of ``after`` say otherwise than those of ``before``.

    Rows in: IDENTITY_SCHEMA and the source's facts; ``columns`` are the source's declared ones. Rows that say the
    same are one; of the rest, rows of the same person (household, village) and event are one row changed, the first
    with the first; a row without an ID is the same as one that has got its ID and speaks of the same name, village
    and birth. What remains is new or gone.

    >>> from fangpin.connectors.conform import IDENTITY_SCHEMA
    >>> def delivery(*people):
    ...     rows = [dict.fromkeys(IDENTITY_SCHEMA) | {"row_number": n, "row_status": "accepted", "id_no": i}
    ...         for n, (i, _) in enumerate(people)]
    ...     facts = {"row_number": range(len(people)), "yuan": [yuan for _, yuan in people]}
    ...     return (pl.DataFrame(rows, schema=IDENTITY_SCHEMA),
    ...         pl.DataFrame(facts, schema={"row_number": pl.UInt32, "yuan": pl.Int64}))
    >>> from fangpin.config.loader import load
    >>> source = load("huaxi").source("dibao_roster")
    >>> columns = load("huaxi").identity | {"yuan": Column(name="yuan", title="金额", kind="money")}
    >>> told = difference(delivery(("A", 1), ("B", 2)), delivery(("B", 3), ("C", 1)), source, columns=columns)
    >>> told.added, told.gone, told.changed, told.unchanged, told.changed_columns
    (1, 1, 1, 0, {'金额': 1})
    """
    old, new = _keyed(before, source), _keyed(after, source)
    said = [name for name in old.columns if _ID_PARTS.get(name, name) in columns]
    same = _pairs(old, new, said)
    changed = _changed(_without(old, same["before"]), _without(new, same["after"]), source)
    titles: dict[str, list[str]] = {}
    for name in said:
        titles.setdefault(columns[_ID_PARTS.get(name, name)].title, []).append(name)
    moved = _moved(changed, old, new, titles)
    often = Counter({title: int(moved[title].sum()) for title in titles})
    gone = _without(_without(old, same["before"]), changed["before"]).select(row_number_before="row_number")
    added = _without(_without(new, same["after"]), changed["after"]).select(row_number_after="row_number")
    rows = pl.concat([_told(moved, titles), _alone(gone, "减少"), _alone(added, "新增")])
    return Difference(
        added=added.height,
        gone=gone.height,
        changed=changed.height,
        unchanged=same.height,
        changed_columns={title: count for title, count in often.most_common() if count},
        rows=rows.sort("row_number_before", "row_number_after", nulls_last=True),
    )


def _keyed(rows: Rows, source: Source) -> pl.DataFrame:
    """Return the accepted rows with all they say, and with what a household row is known by."""
    identity, facts = rows
    whole = identity.filter(pl.col("row_status") == RowStatus.ACCEPTED).join(
        facts, on="row_number", how="left", maintain_order="left"
    )
    if source.subject is not Subject.HOUSEHOLD:
        return whole
    return whole.with_columns(
        any_id_no=pl.coalesce("id_no", "head_id_no"), any_name=pl.coalesce("person_name", "head_name")
    )


def _without(rows: pl.DataFrame, taken: pl.Series) -> pl.DataFrame:
    return rows.filter(~pl.col("row_number").is_in(taken.implode()))


def _pairs(old: pl.DataFrame, new: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return before, after: the row numbers of rows with an equal key (null is equal to null), first with first."""
    turn = pl.int_range(pl.len()).over(key).alias("turn")
    left = old.sort("row_number").select(*key, turn, before="row_number")
    right = new.sort("row_number").select(*key, turn, after="row_number")
    return left.join(right, on=[*key, "turn"], nulls_equal=True).select("before", "after")


def _changed(old: pl.DataFrame, new: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Return before, after: rows that speak of the same subject and event, by the surest key that both sides know."""
    found = [pl.DataFrame(schema=_PAIRS)]
    surer: list[str] = []
    for key in _KEYS[source.subject]:
        known = pl.col(key[0]).is_not_null()
        pairs = _pairs(old.filter(known), new.filter(known), [*key, *source.key])
        both = pairs.join(old.select(*surer, before="row_number"), on="before").join(
            new.select(*surer, after="row_number"), on="after", suffix="_new"
        )
        # Two rows that each have a surer key, and not the same one, speak of two subjects.
        told_apart = [pl.col(name).is_not_null() & pl.col(f"{name}_new").is_not_null() for name in surer]
        pairs = both.filter(~pl.any_horizontal(pl.lit(value=False), *told_apart)).select("before", "after")
        found.append(pairs)
        old, new = _without(old, pairs["before"]), _without(new, pairs["after"])
        surer.append(key[0])
    return pl.concat(found)


def _moved(pairs: pl.DataFrame, old: pl.DataFrame, new: pl.DataFrame, titles: dict[str, list[str]]) -> pl.DataFrame:
    """Return before, after, and a column per title: whether the rows of a pair differ in it."""
    names = [name for alike in titles.values() for name in alike]
    both = pairs.join(old.select(*names, before="row_number"), on="before", how="left", maintain_order="left").join(
        new.select(*names, after="row_number"), on="after", how="left", maintain_order="left", suffix="_new"
    )
    return both.select(
        *_PAIRS,
        *(
            pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_new")) for name in alike).alias(title)
            for title, alike in titles.items()
        ),
    )


def _told(moved: pl.DataFrame, titles: dict[str, list[str]]) -> pl.DataFrame:
    """Return the changed pairs as rows of a difference."""
    words = [pl.when(pl.col(title)).then(pl.lit(title)) for title in titles]
    return moved.select(
        row_number_before="before",
        row_number_after="after",
        kind=pl.lit("变更"),
        columns=pl.concat_str(words or [pl.lit(None, pl.String)], separator="、", ignore_nulls=True),
    )


def _alone(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Return rows that stand on one side only."""
    lacking = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in _ROWS.items() if name not in rows.columns]
    return rows.with_columns(lacking).with_columns(kind=pl.lit(kind)).select(_ROWS.names())
