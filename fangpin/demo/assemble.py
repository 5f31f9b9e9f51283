"""From clean rows to a department's sheet and its answers: identities, dirt, duplicates, text, totals.

One row of answers a data row of the file, numbered from 1 in the file's order; totals, blank and signature rows have
none.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangpin.demo.dirt import dirty_ids, dirty_names, dirty_places
from fangpin.demo.extracts import with_strangers
from fangpin.demo.files import Sheet
from fangpin.demo.layouts import Layout
from fangpin.demo.month import Month
from fangpin.demo.profiles import Dirt
from fangpin.demo.render import write_column

LARGE_YUAN: Final = 800.0
"""A bill above this is never doubled: a doubled large bill would be a spike that nobody planted."""
HARMLESS: Final = frozenset({"ok", "lower_x", "cross_x", "full_width", "quote", "space", "nbsp", "zero_width", "id15"})
CLASSES: Final = {"mask64": "masked", "mask34": "masked", "missing": "none", "father": "swapped"}
FACTS: Final = ("sex", "birth", "phone", "head_name", "true_id", "guardian", "guardian_id", "age")
ANSWERS: Final = (
    *("source", "month", "row_number", "person_id", "id_kind", "id_class", "name_kind", "place_kind"),
    *("duplicate", "outsider", "unregistered"),
)
CLERKS: Final = ("王建国", "李秀芳", "陈思", "周立平")


@dataclass(frozen=True, slots=True)
class Delivery:
    """The rows of one file in the file's order: text cells by field name, and the answers."""

    cells: pl.DataFrame
    answers: pl.DataFrame
    breaks: tuple[int, ...] = ()
    """Rows before which a sub-total of the township above stands."""


def deliver(rows: pl.DataFrame, month: Month, layout: Layout, *, dirt: Dirt) -> Delivery:
    """Give identities to clean rows, damage them and write every value as text.

    Rows in: who and facts. Answers out: row_number, person_id (Int64, null for nobody in the register), id_kind,
    id_class, name_kind, place_kind, duplicate, outsider, unregistered.
    """
    rng = month.rng(20 + layout.source.stream)
    rows = with_strangers(rows, month, share=dirt.outsiders, ages=layout.source.ages, stream=30 + layout.source.stream)
    rows = in_order(rows, month, layout)
    rows, origin, exact = with_duplicates(rows, share=dirt.duplicates, rng=rng)
    known = known_of(rows, month)
    damage = hurt(known, month.county.villages, dirt=dirt, rng=rng)
    damage = damage[np.where(exact, origin, np.arange(len(rows))).tolist()]
    facts = known.select(c for c in FACTS if c not in rows.columns)
    table = leak_free(damage.hstack(facts).hstack(rows)).with_row_index("seq", offset=1)
    if "remark" not in table.columns:
        table = table.with_columns(remark=pl.lit(""))
    odd, style = dirt.odd_cells, layout.style
    cells = pl.DataFrame([write_column(table[c.name], c, style, odd=odd, rng=rng) for c in layout.columns])
    answers = answers_of(table, known, month, layout).with_columns(duplicate=pl.Series(origin != np.arange(len(rows))))
    return Delivery(cells, answers.select(ANSWERS), township_breaks(known) if layout.subtotals else ())


def in_order(rows: pl.DataFrame, month: Month, layout: Layout) -> pl.DataFrame:
    """Rows in the order of the file: by township where it has sub-totals, else by person or as they came."""
    if layout.subtotals:
        rows = rows.with_columns(t=month.identities["township"].gather(rows["who"]))
        return rows.sort("t", nulls_last=True, maintain_order=True).drop("t")
    return rows if layout.source.key == "医保" or month.place % 3 == 1 else rows.sort("who", maintain_order=True)


def known_of(rows: pl.DataFrame, month: Month) -> pl.DataFrame:
    """The identity behind each row, with its head's, under the names of fields.py where they are facts."""
    known = month.identities[rows["who"].to_list()]
    heads = month.identities.select(head_id="id_no", head_name="name")[known["head"].to_list()]
    return known.hstack(heads).with_columns(
        true_id="id_no", guardian="head_name", guardian_id="head_id", age=pl.col("years").floor().cast(pl.Int64)
    )


def hurt(known: pl.DataFrame, villages: pl.DataFrame, *, dirt: Dirt, rng: np.random.Generator) -> pl.DataFrame:
    """Identities as written: id_no, name, township, village, address, and the kind of each one's damage."""
    ids, id_kind = dirty_ids(known, dirt.ids, rng)
    names, name_kind = dirty_names(known, dirt.names, rng)
    places = dirty_places(known, villages, chances=dirt.places, rng=rng)
    return places.with_columns(
        ids.alias("id_no"), names.alias("name"), id_kind.alias("id_kind"), name_kind.alias("name_kind")
    )


def answers_of(table: pl.DataFrame, known: pl.DataFrame, month: Month, layout: Layout) -> pl.DataFrame:
    """What is true about each row, all but whether it is a copy."""
    kind = table["id_kind"]
    classes = {k: CLASSES.get(k, "good" if k in HARMLESS else "broken") for k in kind.unique().to_list()}
    return table.select(
        pl.lit(layout.source.key).alias("source"),
        pl.lit(month.period).alias("month"),
        pl.col("seq").cast(pl.Int64).alias("row_number"),
        known["person_no"].alias("person_id"),
        "id_kind",
        kind.replace_strict(classes, return_dtype=pl.String).alias("id_class"),
        "name_kind",
        "place_kind",
        known["outsider"],
        (known["person_no"].is_null() & ~known["outsider"]).alias("unregistered"),
    )


def township_breaks(known: pl.DataFrame) -> tuple[int, ...]:
    """Rows at which another township begins."""
    changed = (known["township"] != known["township"].shift(1)).fill_null(value=False)
    return tuple(changed.arg_true().to_list())


def leak_free(table: pl.DataFrame) -> pl.DataFrame:
    """Numbers that contain the ID (残疾证号, 学籍号) are masked or left out where the ID itself is."""
    hidden = pl.col("id_kind").is_in(["mask64", "mask34"])
    if "cert_no" in table.columns:
        cert = pl.col("true_id") + pl.col("cert_no")
        return table.with_columns(
            cert_no=pl.when(hidden).then(cert.str.slice(0, 6) + "********" + cert.str.slice(14)).otherwise(cert)
        )
    shown = pl.when(pl.col("id_kind").is_in(list(HARMLESS))).then("G" + pl.col("true_id")).otherwise(pl.lit(""))
    return table.with_columns(edu_no=shown)


def with_duplicates(
    rows: pl.DataFrame, *, share: float, rng: np.random.Generator
) -> tuple[pl.DataFrame, NDArray[np.int64], NDArray[np.bool_]]:
    """Rows with some told twice, each copy right after its row.

    Also the place of each row's original (its own place when it is no copy) and which copies are exact.
    """
    twice = rng.random(len(rows)) < share
    if "self" in rows.columns:
        twice &= (rows["self"].abs() < LARGE_YUAN).to_numpy()
    times = 1 + twice.astype(np.int64)
    index = np.repeat(np.arange(len(rows)), times)
    first = np.cumsum(times) - times
    copy = np.arange(len(index)) != first[index]
    origin = np.where(copy, first[index], np.arange(len(index)))
    return rows[index.tolist()], origin, copy & (rng.random(len(index)) < 0.4)


def sheet_of(delivery: Delivery, month: Month, layout: Layout) -> Sheet:
    """The sheet of a file: cells with totals, sub-totals, blank rows and a signature between and below them."""
    names, cells = [c.name for c in layout.columns], delivery.cells
    extra = extra_rows(delivery, month, layout)
    floats = (
        (delivery.answers["id_kind"] == "float_zero")
        if len(delivery.answers)
        else pl.Series([None] * len(cells), dtype=pl.Boolean)
    )
    body = cells.with_columns(pl.Series("at", np.arange(len(cells), dtype=np.float64)), floats.alias("float"))
    if extra:
        body = pl.concat([body, pl.DataFrame(extra, schema=body.schema)]).sort("at", maintain_order=True)
    two = layout.source.two_storeys and layout.file_name.endswith("xlsx")
    upper = tuple("" if c.name == "seq" else c.group for c in layout.columns) if two else ()
    plain = layout.style.money in (0, 3)
    numbers = frozenset(k for k, c in enumerate(layout.columns) if c.kind == "int" or (c.kind == "money" and plain))
    marks = (
        body["float"].fill_null(value=False) & body["id_no"].str.contains(r"^\d+$") if len(delivery.answers) else None
    )
    damaged = {} if marks is None else {names.index("id_no"): marks}
    return Sheet(layout.title, layout.headers, upper, body.select(names), numbers, damaged)


def extra_rows(delivery: Delivery, month: Month, layout: Layout) -> list[dict[str, object]]:
    """Rows that are no data: 小计 after a township, blank ones, 合计, and the signature."""
    rng, cells = month.rng(40 + layout.source.stream), delivery.cells
    names = [c.name for c in layout.columns]
    money = [c.name for c in layout.columns if c.kind == "money"]
    empty: dict[str, object] = dict.fromkeys(names, "")
    last = float(len(cells))
    rows: list[dict[str, object]] = []
    amounts = {m: amount_of(cells[m]) for m in money}
    label = next(n for n in names if n != "seq")
    if layout.subtotals and len(cells):
        bounds = [0, *delivery.breaks, len(cells)]
        for start, end in pairwise(bounds):
            sums = {m: f"{float(amounts[m][start:end].sum()):.2f}" for m in money}
            rows.append(empty | {label: "小计", "at": end - 0.5} | sums)
    rows += [empty | {"at": float(at) - 0.25} for at in rng.integers(1, max(2, len(cells)), layout.blanks)]
    if layout.source.totals:
        sums = {m: f"{float(amounts[m].sum()):.2f}" for m in money}
        rows.append(empty | {(label if rng.random() < 0.5 else names[0]): "合计", "at": last} | sums)
    if layout.signature:
        clerk = CLERKS[int(rng.integers(0, len(CLERKS)))]
        rows.append(empty | {names[0]: f"制表人：{clerk}", names[min(3, len(names) - 1)]: "审核人：", "at": last + 1})
    return rows


def amount_of(text: pl.Series) -> pl.Series:
    """Amounts as numbers, whatever way they are written (blank is nothing)."""
    return text.str.replace_all("[,￥]", "").cast(pl.Float64, strict=False).fill_null(0.0)
