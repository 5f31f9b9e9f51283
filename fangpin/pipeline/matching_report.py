"""The quality of a month's matching, its conflicts and the families no register knows.

Floor 4. Reads both stores and writes neither; what is told names rows by source, file and row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from fangpin.errors import NeedsDecision
from fangpin.matching.conflicts import conflicts
from fangpin.matching.estimates import Precision, calibration, precision, recall, wrong_links
from fangpin.matching.intervals import Estimate
from fangpin.matching.judgements import agreement
from fangpin.matching.keys import IDENTITY
from fangpin.matching.quality import drift, month_shares, source_figures
from fangpin.matching.unknown import UnknownFamilies, unknown_families
from fangpin.pipeline.county import County
from fangpin.pipeline.matching_rows import by_identity, read_links, read_rows, with_places
from fangpin.pipeline.pins import month_links
from fangpin.pipeline.recipes import LinkedBatch
from fangpin.pipeline.runs import read_register
from fangpin.store.batches import batches
from fangpin.store.judgements import judgements_of, settled_judgements
from fangpin.store.runs import previous_run, published_runs
from fangpin.types import Band, Period


@dataclass(frozen=True, slots=True)
class MatchingReport:
    """The quality of a month in figures.

    before: the screened month drift is counted against, None for the first. figures, shares, drift: see
    matching.quality. precision, recall, calibration: see matching.estimates. wrong: source_id, file_name, sheet,
    sheet_row, row_number, person_no, method, score. conflicts: kind, conflicts u32 (how many), rows u32. unknown:
    one row; families, people, known_to_several (families of the county, by two departments or more), members (missing
    in a registered household), elsewhere (families without a registered place) u32. agreement: see matching.judgements.
    """

    period: Period
    before: Period | None
    figures: pl.DataFrame
    shares: pl.DataFrame
    drift: pl.DataFrame
    precision: Precision
    recall: Estimate
    calibration: pl.DataFrame
    wrong: pl.DataFrame
    conflicts: pl.DataFrame
    unknown: pl.DataFrame
    agreement: pl.DataFrame


def latest_month(county: County) -> Period:
    """Return the last month that was screened.

    Raises: NeedsDecision when none ever was.
    """
    with county.office.read() as connection:
        runs = published_runs(connection)
    if not runs:
        raise NeedsDecision("月份", "还没有筛查过任何月份", action="请先运行 fangpin screen")
    return runs[-1][0]


def matching_report(county: County, period: Period) -> MatchingReport:
    """Return the quality of a screened month.

    Raises: NeedsDecision when the month was never screened, or holds nothing that is linked to people.
    """
    linked, compared = month_links(county, period), _compared(county, period)
    links = pl.concat([read_links(b) for b in linked])
    shares = month_shares(links)
    before = _before(county, period)
    earlier = [] if before is None else [read_links(b) for b in month_links(county, before)]
    judged, said = _judged(county, compared)
    sampled = links.filter(pl.col("source_id").is_in([b.ref.source_id for b in compared]))
    right = precision(sampled, judged)
    wrong = with_places(county, compared, wrong_links(sampled, judged)).join(_files(county), on="batch_id", how="left")
    found = month_conflicts(county, period)
    return MatchingReport(
        period,
        before,
        source_figures(links.join(_identities(county, compared), on=["batch_id", "row_number"], how="left")),
        shares,
        drift(shares, month_shares(pl.concat(earlier)) if earlier else shares.clear()),
        right,
        recall(sampled, judged, right=right.total),
        calibration(judged),
        wrong,
        found.group_by("kind", maintain_order=True).agg(
            pl.col("conflict").n_unique().alias("conflicts"), pl.len().alias("rows")
        ),
        _unknown_counts(month_unknown(county, period)),
        agreement(said),
    )


def month_conflicts(county: County, period: Period) -> pl.DataFrame:
    """Return the conflicts of a screened month. Rows out: CONFLICTS, sheet, sheet_row, file_name.

    Raises: NeedsDecision when the month was never screened, or holds nothing that is linked to people.
    """
    linked = _compared(county, period)
    rows = pl.concat([read_rows(county, b, bands=(Band.LINK, Band.REVIEW)) for b in linked])
    found = conflicts(rows, read_register(county, linked[0].register_batch_id).persons)
    return with_places(county, linked, found).join(_files(county), on="batch_id", how="left", maintain_order="left")


def month_unknown(county: County, period: Period) -> UnknownFamilies:
    """Return the families of a screened month that the register does not know; rows with sheet, sheet_row, file_name.

    Raises: NeedsDecision when the month was never screened, or holds nothing that is linked to people.
    """
    linked = _compared(county, period)
    rows = pl.concat([read_rows(county, b, bands=(Band.LEAVE,)) for b in linked])
    left = rows.drop("household_no").rename({"told_household": "household_no"})
    persons = read_register(county, linked[0].register_batch_id).persons
    found = unknown_families(left, persons, county=county.declared.site.title)
    places = with_places(county, linked, found.rows).join(
        _files(county), on="batch_id", how="left", maintain_order="left"
    )
    return replace(found, rows=places)


def _compared(county: County, period: Period) -> list[LinkedBatch]:
    """The month's batches whose rows are linked to people by what they tell."""
    linked = by_identity(county, month_links(county, period))
    if not linked:
        raise NeedsDecision(f"月份 {period}", "没有需要匹配到人的数据", action="请先接收当月数据并筛查")
    return linked


def _before(county: County, period: Period) -> Period | None:
    with county.office.read() as connection:
        run_id = previous_run(connection, period)
        return next((month for month, known in published_runs(connection) if known == run_id), None)


def _judged(county: County, linked: list[LinkedBatch]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What holds of the month's judged pairs, with source_id; and all that was said of its rows."""
    sources = pl.DataFrame(
        {"batch_id": [b.ref.batch_id for b in linked], "source_id": [b.ref.source_id for b in linked]},
        schema={"batch_id": pl.String, "source_id": pl.String},
    )
    with county.office.read() as connection:
        settled, said = settled_judgements(connection), judgements_of(connection)
    return settled.join(sources, on="batch_id"), said.join(sources, on="batch_id", how="semi")


def _identities(county: County, linked: list[LinkedBatch]) -> pl.DataFrame:
    """Rows under review with a number that is equal where all they tell is equal."""
    under_review = [read_rows(county, b, bands=(Band.REVIEW,)) for b in linked]
    told = [c if c != "household_no" else "told_household" for c in IDENTITY]
    found = [rows.select("batch_id", "row_number", identity=pl.struct(told).hash()) for rows in under_review]
    schema = {"batch_id": pl.String, "row_number": pl.UInt32, "identity": pl.UInt64}
    return pl.concat([pl.DataFrame(schema=schema), *found])


def _files(county: County) -> pl.DataFrame:
    with county.office.read() as connection:
        return batches(connection).select("batch_id", "file_name")


def _unknown_counts(found: UnknownFamilies) -> pl.DataFrame:
    new = pl.col("household_no").is_null()
    placed = pl.col("township").is_not_null()
    return found.families.select(
        (new & placed).sum().alias("families"),
        (~new).sum().alias("members"),
        pl.col("people").filter(new & placed).sum().alias("people"),
        (new & placed & (pl.col("departments") > 1)).sum().alias("known_to_several"),
        (new & ~placed).sum().alias("elsewhere"),
    )
