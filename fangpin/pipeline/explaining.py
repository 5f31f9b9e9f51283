"""One delivered row explained: how it was decided, the evidence for its nearest candidates, masked for who asks.

Floor 4. Computed anew for the row that is asked for; nothing of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from fangpin.errors import NotFound
from fangpin.matching.evidence import evidence
from fangpin.matching.link import Extract
from fangpin.pipeline.county import County
from fangpin.pipeline.matching_models import current_model
from fangpin.pipeline.matching_rows import by_identity, read_links, with_places
from fangpin.pipeline.pins import month_links
from fangpin.pipeline.recipes import LinkedBatch
from fangpin.pipeline.runs import read_register
from fangpin.store.batches import batch_row
from fangpin.types import Period

_YEAR = r"^((?:19|20)\d{2}).*$"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a row is linked, waits or was left.

    link: source_title, file_name, sheet, sheet_row, row_number, band, method, score, person_no|null, household_no|null,
    reasons (the sentence). nearest: rank, person_no, household_no, score; the nearest candidates, best first. evidence:
    rank, field, row_value, person_value (masked, null: not told), reason (null: not known), weight f64 (log2; above 0
    speaks for the same person).
    """

    link: dict[str, Any]
    nearest: pl.DataFrame
    evidence: pl.DataFrame


def explain(county: County, period: Period, source_id: str, row_number: int) -> Explanation:
    """Return the explanation of one row of a screened month, by its source (id or title) and number among the rows.

    Raises: NeedsDecision when the month was never screened; NotFound for a source or a row that was not linked by
    identity.
    """
    linked = {b.ref.source_id: b for b in by_identity(county, month_links(county, period))}
    titles = {county.declared.source(known).title: known for known in linked}
    source_id = titles.get(source_id, source_id)
    if source_id not in linked:
        known = "、".join(f"{known}（{title}）" for title, known in titles.items())
        raise NotFound(
            f"数据源 {source_id}", f"{period.title}没有它按身份匹配的数据", expected=known or "先接收并筛查这个月"
        )
    batch = linked[source_id]
    links = read_links(batch).filter(pl.col("row_number") == row_number)
    if links.is_empty():
        raise NotFound(
            f"{source_id} 第 {row_number} 行", "没有这一行，或该行已退回", action="请核对行号（数据行，从1起）"
        )
    with county.office.read() as connection:
        file_name = batch_row(connection, batch.ref.batch_id)["file_name"]
    source = county.declared.source(source_id)
    told = {"source_title": source.title, "file_name": file_name}
    found = _masked(_evidence(county, batch, row_number))
    columns = ("rank", "person_no", "household_no", "score")
    return Explanation(
        with_places(county, [batch], links).row(0, named=True) | told,
        found.select(columns).unique(maintain_order=True),
        found.select("rank", "field", "row_value", "person_value", "reason", "weight"),
    )


def _evidence(county: County, batch: LinkedBatch, row_number: int) -> pl.DataFrame:
    identity = county.warehouse.read(batch.ref.batch_id, "identity")
    register = read_register(county, batch.register_batch_id)
    with county.compute() as con:
        return evidence(
            Extract(batch.ref.batch_id, batch.ref.source_id, identity),
            [row_number],
            register,
            con=con,
            model=current_model(county),
            county=county.declared.site.title,
        )


def _masked(found: pl.DataFrame) -> pl.DataFrame:
    """Evidence as the bureau may see it: names clear, of an ID the last four, of a birth the year beside them.

    Source: security 313, C40.
    """
    field = pl.col("field")

    def shown(column: str) -> pl.Expr:
        given = pl.col(column)
        return (
            pl.when(field == "证件号码")
            .then("****" + given.str.extract(r"([0-9X]{1,4})$", 1).fill_null(""))
            .when(field == "出生日期")
            .then(given.str.replace(_YEAR, "${1}年"))
            .otherwise(given)
            .alias(column)
        )

    return found.with_columns(shown("row_value"), shown("person_value"))
