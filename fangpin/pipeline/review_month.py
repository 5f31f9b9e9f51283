"""A month as reviewers see it (匹配复核): its items, whose area they are of, and both sides of a pair.

Floor 4. Made anew each time from the links the month's run stands on and from what people have said so far; reads both
stores and writes neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from fangpin.errors import NeedsDecision, NotFound
from fangpin.ledgers.review_pairs import side_by_side
from fangpin.matching.judgements import PAIR, ROW, settle, standing
from fangpin.matching.keys import IDENTITY
from fangpin.matching.places import register_places, row_places
from fangpin.matching.register import Register
from fangpin.matching.review_items import items, left_for, one_per_identity, with_township
from fangpin.pipeline.county import County
from fangpin.pipeline.pins import month_links
from fangpin.pipeline.recipes import LinkedBatch
from fangpin.pipeline.runs import read_register
from fangpin.store.batches import batch_row
from fangpin.store.judgements import judgements_of
from fangpin.types import Period

COUNTY_AREA: Final = "县级"
"""How the county is named where a township could stand: for rows that tell another township than the person's."""
_LINKS: Final = ("batch_id", "row_number", "person_no", "household_no", "band", "method", "score", "reasons")
_NEAREST: Final = ("row_number", "rank", "person_no", "household_no", "score", "reasons")


@dataclass(frozen=True, slots=True)
class ReviewMonth:
    """What a month puts before reviewers, and what is needed to show it.

    items: ITEMS, township str|null (null: only the county may judge) and source_id str; one row per identity. settled,
    standing: what holds, and what each reviewer says now. identity: the delivered rows of the items, with batch_id.
    nearest: the candidates of those rows by rank.
    """

    period: Period
    register: Register
    items: pl.DataFrame
    settled: pl.DataFrame
    standing: pl.DataFrame
    identity: pl.DataFrame
    nearest: pl.DataFrame

    def in_area(self, township: str | None) -> pl.DataFrame:
        """Return the items of a township, those only the county may judge for COUNTY_AREA, all of them for None.

        Raises: NotFound for a township the register does not know.
        """
        if township is None:
            return self.items
        known = self.register.households["township"].drop_nulls().unique().sort()
        if township != COUNTY_AREA and township not in known:
            expected = "、".join([*known, COUNTY_AREA])
            raise NotFound("参数 --township", f"收到“{township}”，台账中没有", expected=expected)
        own = pl.col("township").is_null() if township == COUNTY_AREA else pl.col("township") == township
        return self.items.filter(own)

    def open_for(self, *, township: str | None, by: str) -> pl.DataFrame:
        """Return the items of an area that a reviewer may still judge."""
        return left_for(self.in_area(township), self.standing, by=by)

    def item(self, name: str, *, township: str | None) -> dict[str, Any]:
        """Return one item of an area.

        Raises: NotFound for another area's item, or one that a later run has answered.
        """
        found = self.in_area(township).filter(pl.col("item") == name)
        if found.is_empty():
            given = f"不在{self.period.title}{'' if township is None else township}的复核项中"
            action = "请用 fangpin review list 核对编号；判定后重新筛查过的不再列出"
            raise NotFound(f"复核项 {name}", given, action=action)
        return found.row(0, named=True)

    def candidates(self, row: dict[str, Any]) -> pl.DataFrame:
        """Return whom an item may be judged to be: the linker's choice first, then the next best.

        Rows out: batch_id, row_number, person_no, household_no, score f64, reasons str.
        """
        of_row = (pl.col("batch_id") == row["batch_id"]) & (pl.col("row_number") == row["row_number"])
        columns = (*PAIR, "household_no", "score", "reasons")
        chosen = self.items.filter(pl.col("item") == row["item"]).select(columns)
        others = self.nearest.filter(of_row).sort("rank").select(columns)
        return pl.concat([chosen, others]).unique("person_no", keep="first", maintain_order=True)

    def sides(self, pairs: pl.DataFrame, *, clear_names: bool) -> pl.DataFrame:
        """Return pairs side by side. Rows in: batch_id, row_number, person_no. Rows out: see review_pairs."""
        return side_by_side(
            pairs.select(PAIR),
            self.identity,
            self.register.persons,
            self.register.households,
            last_day=self.period.last_day,
            clear_names=clear_names,
        )


def review_month(county: County, period: Period) -> ReviewMonth:
    """Return what a screened month puts before reviewers.

    Raises: NeedsDecision when the month was not screened, or holds nothing that is linked to people.
    """
    linked = month_links(county, period)
    if not linked:
        raise NeedsDecision(f"月份 {period}", "没有需要匹配到人的数据", action="请先接收当月数据并筛查")
    with county.office.read() as connection:
        said = judgements_of(connection)
    settled = settle(said)
    links = pl.concat(pl.read_parquet(b.links_path, columns=list(_LINKS)) for b in linked)
    nearest = pl.concat(_nearest(batch) for batch in linked)
    found = items(links, nearest, settled)
    identity = pl.concat(_identity(county, batch, found) for batch in linked)
    same = identity.select(*ROW, identity=pl.struct(IDENTITY).rank("dense"))
    register = read_register(county, linked[0].register_batch_id)
    single = _placed(county, one_per_identity(found, same), identity, register)
    sources = {batch.ref.batch_id: batch.ref.source_id for batch in linked}
    named = single.with_columns(source_id=pl.col("batch_id").replace_strict(sources, return_dtype=pl.String))
    return ReviewMonth(period, register, named, settled, standing(said), identity, nearest)


def period_of(county: County, item: str) -> Period:
    """Return the month an item belongs to.

    Raises: NotFound for an item that names no batch.
    """
    batch_id, _, row = item.rpartition(":")
    if not batch_id or not row.isdecimal():
        raise NotFound(f"复核项 {item}", "不是复核编号", action="请抄写 fangpin review list 列出的编号")
    with county.office.read() as connection:
        return Period.parse(batch_row(connection, batch_id)["period"])


def _nearest(batch: LinkedBatch) -> pl.DataFrame:
    found = pl.read_parquet(batch.nearest_path, columns=list(_NEAREST))
    return found.with_columns(batch_id=pl.lit(batch.ref.batch_id))


def _identity(county: County, batch: LinkedBatch, found: pl.DataFrame) -> pl.DataFrame:
    """Return the delivered rows of a batch's items; no other row is held."""
    rows = found.filter(pl.col("batch_id") == batch.ref.batch_id)["row_number"]
    lazy = pl.scan_parquet(county.warehouse.part(batch.ref.batch_id, "identity"))
    return (
        lazy.filter(pl.col("row_number").is_in(rows.implode())).select(*ROW, "sheet", "sheet_row", *IDENTITY).collect()
    )


def _placed(county: County, found: pl.DataFrame, identity: pl.DataFrame, register: Register) -> pl.DataFrame:
    """Return the items with the area that may judge them."""
    known = register_places(register.persons)
    places = row_places(identity, known, county=county.declared.site.title)
    told = pl.concat([identity.select(ROW), places.select("town_seen", "town_key")], how="horizontal")
    homes = register.persons.select("person_no", "township").with_columns(home_key=known["town_key"])
    return with_township(found, told, homes)
