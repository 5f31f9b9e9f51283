"""Write an invented county: build it once, write its months (with two processes when it is large), then the answers.

Months need only the county, so the files do not depend on how many processes wrote them.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from fangpin.demo.answers import CountySummary, write_answers
from fangpin.demo.county import County, CountyPlan, build_county, calendar
from fangpin.demo.delivery import MonthAnswers, write_month

Progress = Callable[[str, int, int], None]
PEOPLE_FOR_TWO: Final = 4_000
"""Below this many people a second process costs more than it saves."""


def quiet(step: str, done: int, total: int) -> None:
    """Tell nobody."""


def write_county(
    plan: CountyPlan, folder: Path, *, progress: Progress = quiet, processes: int | None = None
) -> CountySummary:
    """Write the county of a plan: folder/county/YYYY-MM/… and folder/answers/….

    The same plan gives the same bytes, whatever the number of processes (two when the county is large).
    """
    progress("生成人口与家庭", 0, plan.months + 1)
    county = build_county(plan)
    done: dict[int, MonthAnswers] = {}
    with months_written(county, folder, processes or (1 if plan.people < PEOPLE_FOR_TWO else 2)) as results:
        for place, answers in results:
            done[place] = answers
            progress("写出各月部门文件", len(done), plan.months + 1)
    summary = write_answers(county, [done[k] for k in range(plan.months)], folder)
    progress("写出答案", plan.months + 1, plan.months + 1)
    return summary


@contextmanager
def months_written(county: County, folder: Path, processes: int) -> Iterator[Iterator[tuple[int, MonthAnswers]]]:
    """The months as they are finished, written by this process or by a pool of spawned ones."""
    targets = [folder / "county" / f"{day:%Y-%m}" for day in calendar(county.plan)]
    if processes <= 1:
        yield ((k, write_month(county, k, path)) for k, path in enumerate(targets))
        return
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=hold, initargs=(county.plan,)
    ) as pool:
        waiting = {pool.submit(write_held, k, path): k for k, path in enumerate(targets)}
        yield ((waiting[future], future.result()) for future in as_completed(waiting))


HELD: dict[str, County] = {}
"""In a spawned process: the county, built there from the plan (quicker than sending it)."""


def hold(plan: CountyPlan) -> None:
    """Build the county in a spawned process."""
    HELD["county"] = build_county(plan)


def write_held(place: int, folder: Path) -> MonthAnswers:
    """Write one month of the county held by this process."""
    return write_month(HELD["county"], place, folder)
