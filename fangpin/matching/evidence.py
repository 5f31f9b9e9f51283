"""The proof beside a link: every field of a row and of its nearest candidates, how they agree, and what that weighs.

Floor 2. For the handful of rows somebody asks about; computed by the same functions as the links, never stored. Holds
plain names and numbers: whoever shows it masks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb
import numpy as np
import polars as pl

from fangpin.matching.compare import EVIDENCE, REASONS, evidence_levels
from fangpin.matching.decide import ranked
from fangpin.matching.em import posteriors
from fangpin.matching.identities import NOTHING_SAID, Compared, compared, keyed_rows
from fangpin.matching.keys import person_keys
from fangpin.matching.levels import Pairs
from fangpin.matching.link import Extract, rows_of
from fangpin.matching.memory import named
from fangpin.matching.model import COMPARISONS, LinkModel, untaught
from fangpin.matching.register import Register
from fangpin.matching.weigh import weights, weights_by_comparison

FIELDS: Final = {
    "id": "证件号码",
    "name": "姓名",
    "birth": "出生日期",
    "sex": "性别",
    "place": "住址",
    "group": "村民小组",
    "household": "户内成员",
    "head": "户主身份",
}
EVIDENCE_COLUMNS: Final = {
    "row_number": pl.UInt32(),
    "rank": pl.UInt8(),
    "person_no": pl.String(),
    "household_no": pl.String(),
    "score": pl.Float64(),
    "field": pl.String(),
    "row_value": pl.String(),
    "person_value": pl.String(),
    "level": pl.String(),
    "reason": pl.String(),
    "weight": pl.Float64(),
}
_PLACE = pl.concat_str(["township", "village"], ignore_nulls=True)
_BORN = pl.col("birth_on").dt.strftime("%Y-%m-%d")


def evidence(
    extract: Extract,
    wanted: Sequence[int],
    register: Register,
    *,
    con: duckdb.DuckDBPyConnection,
    model: LinkModel | None,
    county: str = "",
) -> pl.DataFrame:
    """The evidence for the nearest candidates of some rows of a batch, as if nobody had judged them.

    wanted: row numbers. model: None before one was learnt. Rows out: EVIDENCE_COLUMNS, one per row, candidate (rank
    from 1) and field; row_value and person_value as told (null: not told), level of compare.REASONS ("unknown": not
    known), reason in Chinese (null when unknown), weight log2 (above 0 speaks for the same person). A row with no
    candidate has no line.
    """
    persons = person_keys(register.persons)
    model = untaught(persons) if model is None else model
    rows = rows_of([extract], persons, NOTHING_SAID)
    asked = rows.filter(pl.col("row_number").is_in(list(wanted)))
    # The others that were compared are read too: a batch tells together which county and which old villages it means.
    every = pl.concat([rows.filter(pl.col("exact").is_null()), asked]).unique("identity_hash", keep="any")
    read = named(keyed_rows(every, rows, persons, county=county))
    keyed = read.filter(pl.col("identity_hash").is_in(asked["identity_hash"].implode()))
    pairs = compared(keyed, persons, model, con=con, said=NOTHING_SAID)
    whole, counts = weights(pairs.codes, pairs.pairs, pairs.rows, pairs.persons, model)
    kept = np.flatnonzero(counts)
    here = Pairs(pairs.pairs.row[kept], pairs.pairs.person[kept])
    scores = posteriors(whole[kept], here.row, people=model.people, registered=0.5)
    best = ranked(scores, here).with_columns(
        pl.col("at").map_batches(lambda at: pl.Series(kept[at.to_numpy()]), pl.Int64)
    )
    lines = _lines(pairs, best, model)
    told = _told(extract.identity.filter(pl.col("row_number").is_in(list(wanted))), "row_value")
    theirs = _told(register.persons, "person_value", by="person_no")
    numbers = asked.select("row_number", "identity_hash")
    return (
        lines.join(numbers, on="identity_hash")
        .join(told, on=["row_number", "field"], how="left")
        .join(theirs, on=["person_no", "field"], how="left")
        .select(list(EVIDENCE_COLUMNS))
        .sort("row_number", "rank", pl.col("field").cast(pl.Enum(list(FIELDS.values()))))
    )


def _lines(pairs: Compared, best: pl.DataFrame, model: LinkModel) -> pl.DataFrame:
    """One line per candidate and field, without the values."""
    at = best["at"].to_numpy()
    chosen = Pairs(pairs.pairs.row[at], pairs.pairs.person[at])
    codes = pairs.codes[at]
    parts = weights_by_comparison(codes, chosen, pairs.rows, pairs.persons, model)
    head = pl.concat(
        [
            best.select("rank", "score"),
            pairs.rows.select("identity_hash")[chosen.row],
            pairs.persons.select("person_no", "household_no")[chosen.person],
        ],
        how="horizontal",
    )
    levels = evidence_levels(codes)
    lines = []
    for name, comparisons in EVIDENCE.items():
        columns = [COMPARISONS.index(c) for c in comparisons]
        level = levels[f"{name}_level"]
        lines.append(
            head.with_columns(
                pl.lit(FIELDS[name]).alias("field"),
                level.alias("level"),
                level.replace_strict(REASONS[name], default=None, return_dtype=pl.String).alias("reason"),
                pl.Series("weight", parts[:, columns].sum(axis=1)),
            )
        )
    return pl.concat(lines)


def _told(people: pl.DataFrame, value: str, *, by: str = "row_number") -> pl.DataFrame:
    """What is told of people, one line per field, by row_number or person_no."""
    named_ = [c for c in ("head_name", "guardian_name") if c in people.columns]
    age = [pl.col("age").cast(pl.String) + "岁"] if "age" in people.columns else []
    place = [_PLACE, pl.col("address")] if "address" in people.columns else [_PLACE]
    values = {
        "id": pl.when(pl.col("id_kind") != "missing").then("id_seen"),
        "name": pl.col("person_name"),
        "birth": pl.coalesce(_BORN, *age),
        "sex": pl.col("sex"),
        "place": pl.coalesce(*(pl.when(p != "").then(p) for p in place)),
        "group": pl.col("village_group"),
        "household": pl.coalesce(*named_) if named_ else pl.lit(None, pl.String),
        "head": pl.when("is_head").then(pl.lit("户主")) if "is_head" in people.columns else pl.lit(None, pl.String),
    }
    wide = people.select(by, *(expression.alias(FIELDS[name]) for name, expression in values.items()))
    return wide.unpivot(index=by, variable_name="field", value_name=value)
