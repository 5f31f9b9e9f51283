"""A month's leads in order, what was held back, and the bureau's decision to raise it after all.

Floor 4. Shows keys and places only, never a name. A decision changes nothing by itself: it takes effect when the month
is screened again, and can be taken back the same way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from fangpin.errors import NeedsDecision, NotFound
from fangpin.pipeline.county import County
from fangpin.pipeline.reasons import require_no_number
from fangpin.pipeline.runs import read_register, read_tables, run_of
from fangpin.store import lead_decisions
from fangpin.store.leads import leads_of
from fangpin.types import Period
from fangpin.warnings.leads import LEADS
from fangpin.warnings.suppression import SUPPRESSED


@dataclass(frozen=True, slots=True)
class Reopened:
    """What a decision to raise what was held back will do: the alerts concerned, and whether it is new."""

    alerts: pl.DataFrame
    is_new: bool


def listed_leads(county: County, period: Period, *, township: str | None) -> pl.DataFrame:
    """Return the leads of a month as they stand, the most urgent first.

    Rows out: household_no, township, village, grade str; kinds, channels list of str; standing str; score f64;
    score_parts, flags list of str; sentence str; state str (lifecycle.LeadState); withdrawn ones are left out.
    Raises: NeedsDecision when the month was never screened; NotFound for a township the register does not know.
    """
    run = run_of(county, period)
    with county.office.read() as connection:
        states = leads_of(connection, period).select("household_no", "state")
    leads = _table(county, run["run_id"], "lead", LEADS).join(states, on="household_no", how="inner")
    columns = ("household_no", "township", "village", "grade", "kinds", "channels", "standing", "score", "score_parts")
    own = _in_township(county, run["pins"]["register"], leads, township)
    return own.sort("score", "household_no", descending=[True, False]).select(*columns, "flags", "sentence", "state")


def held_back(county: County, period: Period, *, township: str | None) -> pl.DataFrame:
    """Return the alerts of a month that were held back, and who has decided to raise them.

    Rows out: suppression.SUPPRESSED with township, village str|null, and decided_by str|null (null: nobody); sorted by
    household_no, rule_id, person_no.
    Raises: NeedsDecision, NotFound as ``listed_leads``.
    """
    run = run_of(county, period)
    with county.office.read() as connection:
        decided = lead_decisions.decisions_of(connection, period).select("household_no", "rule_id", decided_by="by")
    homes = read_register(county, run["pins"]["register"]).households.select("household_no", "township", "village")
    held = _table(county, run["run_id"], "suppressed", SUPPRESSED).join(homes, on="household_no", how="left")
    own = _in_township(county, run["pins"]["register"], held, township)
    whole = decided.filter(pl.col("rule_id").is_null()).select("household_no", whole="decided_by")
    both = own.join(decided, on=["household_no", "rule_id"], how="left").join(whole, on="household_no", how="left")
    named = both.with_columns(pl.coalesce("decided_by", "whole").alias("decided_by")).drop("whole")
    return named.sort("household_no", "rule_id", "person_no")


def reopen(
    county: County, period: Period, household_no: str, *, rule_id: str | None, reason: str, now: dt.datetime, by: str
) -> Reopened:
    """Decide that what was held back of a household, or of one rule of it, is raised at the month's next screening.

    Raises: NeedsDecision when nothing of the kind was held back, or no reason is given.
    """
    if not reason.strip():
        raise NeedsDecision("恢复预警", "没有写理由", action="请用 --reason 写明理由")
    require_no_number("参数 --reason", reason)
    mine = held_back(county, period, township=None).filter(pl.col("household_no") == household_no)
    alerts = mine if rule_id is None else mine.filter(pl.col("rule_id") == rule_id)
    if alerts.is_empty():
        where = f"{period} 户 {household_no}"
        action = f"请用 fangpin leads suppressed {period} 核对户编号和规则"
        raise NeedsDecision(where, "没有被抑制的预警", action=action)
    with county.office.write() as connection:
        is_new = lead_decisions.reopen(
            connection, period, household_no, rule_id=rule_id, reason=reason.strip(), now=now, by=by
        )
    return Reopened(alerts, is_new)


def undo(county: County, period: Period, household_no: str, *, rule_id: str | None, now: dt.datetime, by: str) -> None:
    """Take back the decision to raise what was held back; it stays on record.

    Raises: NeedsDecision when there is no such decision in force.
    """
    with county.office.write() as connection:
        lead_decisions.undo(connection, period, household_no, rule_id=rule_id, now=now, by=by)


def _table(county: County, run_id: str, name: str, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return a run's table; a run of an older program may not have all that is shown here."""
    table = read_tables(county, run_id)[name]
    if not set(columns) <= set(table.columns):
        raise NeedsDecision("筛查结果", "由较早的程序算出", action="请重新筛查这个月")
    return table


def _in_township(county: County, register: str, rows: pl.DataFrame, township: str | None) -> pl.DataFrame:
    if township is None:
        return rows
    known = read_register(county, register).households["township"].drop_nulls().unique().sort()
    if township not in known:
        raise NotFound("乡镇", f"收到“{township}”", expected="、".join(known))
    return rows.filter(pl.col("township") == township)
