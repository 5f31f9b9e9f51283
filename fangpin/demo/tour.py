"""The demonstration: a year of an invented county through the county's own operations, and its figures.

Floor 5. Nothing is faked on the way: files are received, screened, dispatched and answered as the commands
do it; only the townships' pens are played, from the known answers.
"""

from __future__ import annotations

import datetime as dt
import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from fangpin.connectors.readers import Readers
from fangpin.demo.county import CountyPlan
from fangpin.demo.pens import filled_in
from fangpin.demo.score import LeadScore, LinkScore, score_leads, score_links
from fangpin.demo.writing import write_county
from fangpin.pipeline.county import County, Progress, create_county
from fangpin.pipeline.exports import leads_of, links_of
from fangpin.pipeline.intake import Intake
from fangpin.pipeline.screening import screen
from fangpin.pipeline.tasking import dispatch_month, export_tasks, take_answer, task_folder
from fangpin.store.tasks import tasks_of
from fangpin.types import Period

STANDING = ("income_low", "no_labour")
"""Kinds that are a state, not an event: most families are in it from the first month, and no answer says so."""
_BY = "演示"
_ANSWERING_SHARE = 3  # every third township answers in time
_MEBIBYTE = 1024


@dataclass(slots=True)
class Tour:
    """What the demonstration gathered on its way."""

    seconds: dict[str, float] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)
    by_rule: pl.DataFrame = field(default_factory=pl.DataFrame)
    tasks: pl.DataFrame = field(default_factory=pl.DataFrame)
    answers: Counter[str] = field(default_factory=Counter)
    links: LinkScore | None = None
    leads: LeadScore | None = None
    standing: LeadScore | None = None
    peak_mib: int = 0
    workbooks: Path = Path()

    @contextmanager
    def clock(self, step: str) -> Iterator[None]:
        """Add the time spent inside to a step."""
        start = time.perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - start


def run_tour(folder: Path, plan: CountyPlan, *, site_id: str, progress: Progress) -> Tour:
    """Invent a county in the folder, run its months through, and return the figures."""
    tour = Tour(workbooks=folder / "home" / "tasks")
    with tour.clock("生成示例县"):
        write_county(plan, folder, progress=progress)
    months = sorted(p.name for p in (folder / "county").iterdir())
    county = create_county(folder / "home", site_id, office_url=None, now=_moment(Period.parse(months[0]), day=1))
    truth = pl.read_parquet(folder / "answers" / "shocks.parquet")
    with Intake(county) as intake, Readers(county.scratch) as readers:
        for done, name in enumerate(months):
            progress("逐月处理", done, len(months))
            _month(tour, county, intake, readers, period=Period.parse(name), folder=folder, truth=truth)
    progress("逐月处理", len(months), len(months))
    _score(tour, county, folder, [Period.parse(name) for name in months])
    county.close()
    peak = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    tour.peak_mib = max(peak) // _MEBIBYTE
    return tour


def _month(
    tour: Tour,
    county: County,
    intake: Intake,
    readers: Readers,
    *,
    period: Period,
    folder: Path,
    truth: pl.DataFrame,
) -> None:
    """Take one month through: receive, screen, dispatch, write the workbooks, take some answers."""
    now = _moment(period, day=6)
    with tour.clock("接收"):
        for file in sorted((folder / "county" / str(period)).iterdir()):
            counts = intake.receive(file, now=now, by=_BY).counts
            tour.rows.update(来件=counts.rows_in, 采用=counts.accepted, 退回=counts.rejected, 重复=counts.duplicate)
    with tour.clock("匹配与筛查"):
        found = screen(county, period, now=now, by=_BY, progress=lambda *_: None)
    tour.bands.update(dict(found.links.group_by("band").len().iter_rows()))
    with tour.clock("交办与任务表"):
        dispatch_month(county, period, now=now, by=_BY)
        sheets = export_tasks(county, period, now=now, by=_BY).sheets
    with tour.clock("反馈"):
        for sheet in sheets[::_ANSWERING_SHARE]:
            filled = filled_in(
                county,
                readers,
                task_folder(county) / sheet.path,
                truth=truth,
                visited_on=now.date() + dt.timedelta(3),
            )
            result = take_answer(county, filled, readers=readers, now=now + dt.timedelta(5), by=sheet.township)
            tour.answers.update(采用=result.accepted, 未采用=result.refused.height)


def _score(tour: Tour, county: County, folder: Path, months: list[Period]) -> None:
    """Hold links and leads against the known answers, and gather leads and tasks for the page."""
    truth = {n: pl.read_parquet(folder / "answers" / f"{n}.parquet") for n in ("links", "shocks", "decoys")}
    with tour.clock("核对答案"):
        leads = pl.concat([leads_of(county, period) for period in months])
        month = pl.col("period").str.replace("-", "").alias("month")
        links = pl.concat([links_of(county, period) for period in months]).with_columns(month)
        tour.links = score_links(links, truth["links"])
        kinds = sorted(set(truth["shocks"]["type"]) - set(STANDING))
        tour.leads = score_leads(leads, truth["shocks"], truth["decoys"], kinds=kinds)
        tour.standing = score_leads(leads, truth["shocks"], truth["decoys"], kinds=STANDING)
    tour.by_rule = leads.explode("rules").group_by("rules", "grade").len().sort("len", descending=True)
    with county.office.read() as connection:
        tour.tasks = tasks_of(connection)


def _moment(period: Period, *, day: int) -> dt.datetime:
    """Return nine o'clock on a day of the month after a period: when its work is done."""
    following = period.back(-1)
    return dt.datetime(following.year, following.month, day, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
