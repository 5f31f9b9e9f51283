"""Plays a township's pen in the demonstration: fills in an exported task workbook from the known answers.

Floor 5. Works on the workbook as it was handed out and writes one like it; the product reads it back as
it reads any other.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from fangpin.connectors.readers import Readers
from fangpin.ledgers.export import Form, render_workbook
from fangpin.ledgers.returned import choice_texts, parse_returned
from fangpin.pipeline.county import County
from fangpin.pipeline.tasking import TASK_LEDGER

_INCLUDED, _NO_RISK, _HAPPENED_NOT = "02", "04", "6"


def filled_in(county: County, readers: Readers, sheet: Path, *, truth: pl.DataFrame, visited_on: dt.date) -> Path:
    """Write the workbook filled in beside the original and return its path.

    Rows in: truth household_id, the households a visit helps (planted events).
    """
    ledger = county.declared.ledgers[TASK_LEDGER]
    with readers.read(sheet, file_name=sheet.name) as grids:
        form = parse_returned(grids, ledger)
        cells = next(g for g in grids if g.visible)
    heads = [c.title for c in ledger.columns]
    table = cells.rows.select(cells.columns)
    at = next(i for i, row in enumerate(table.iter_rows()) if heads[1] in row)
    places = {title: f"c{i}" for i, title in enumerate(table.row(at)) if title is not None}
    body = table.slice(at + 1).filter(pl.col(places[heads[1]]).is_not_null())
    rows = body.select(pl.col(places[c.title]).alias(c.name) for c in ledger.columns)
    helped = pl.col("task_id").str.split(":").list.last().is_in(truth["household_id"].cast(pl.String).to_list())
    result = {text[:2]: text for text in choice_texts(ledger, "results")}
    reason = next(t for t in choice_texts(ledger, "reasons") if t.startswith(f"{_HAPPENED_NOT} "))
    rows = rows.with_columns(
        pl.when(helped).then(pl.lit(result[_INCLUDED])).otherwise(pl.lit(result[_NO_RISK])).alias("result"),
        pl.when(~helped).then(pl.lit(reason)).alias("reason"),
        pl.lit(str(visited_on)).alias("visited_on"),
        pl.lit("甲、乙").alias("visitors"),
        pl.lit(choice_texts(ledger, "methods")[0]).alias("method"),
    )
    target = sheet.with_name(f"已填_{sheet.name}")
    known = Form(form.site_id, form.township, form.period, form.sheet_revision)
    target.write_bytes(render_workbook(ledger, rows, title=ledger.title, form=known))
    return target
