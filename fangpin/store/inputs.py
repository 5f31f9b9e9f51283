"""Fills the tables a screening stands on from landed batches and their links.

Floor 3. Reads Parquet set-wise inside DuckDB and hands over a connection that can no longer reach any
file or setting: what runs after this sees keys and facts, never a name and never the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from fangpin.errors import StoreDamaged
from fangpin.matching.register import Register
from fangpin.types import BatchRef, Period, Subject
from fangpin.warnings.facts import CORE, fact_tables
from fangpin.warnings.forms import months_read
from fangpin.warnings.histories import HISTORY_MONTHS
from fangpin.warnings.inputs import create_inputs, quoted, reason_of
from fangpin.warnings.measures import SourceMeasures, sources_read

ABLE = ("技能劳动力", "普通劳动力", "弱劳动力或半劳动力")


@dataclass(frozen=True, slots=True)
class FactFiles:
    """Where the facts and the links of one batch in effect lie; rows that speak of places have no links."""

    source_id: str
    facts: Path
    links: Path | None


def fill_inputs(
    con: duckdb.DuckDBPyConnection,
    files: Iterable[FactFiles],
    *,
    in_effect: Iterable[BatchRef],
    register: Register,
    period: Period,
    measures: Sequence[SourceMeasures] = (),
    places: pl.DataFrame | None = None,
) -> None:
    """Make person, household, coverage and fact_<source_id> for a month, then lock the connection.

    measures: those declared; their sources are filled beside the ones that hand-written steps read, as far back as they
    look. places: where rows that speak of places lie (batch_id and matching.placed.PLACED).
    Rows out: the tables of warnings.inputs; facts only of rows linked (band link) to persons and households
    registered at the month, or that lie in it. A column that older batches do not have is unknown there.
    Raises: StoreDamaged when a batch cannot be read.
    """
    sources = sources_read(measures)
    create_inputs(con, sources)
    told = register.told.drop("person_no")
    con.register("register_persons", register.persons.drop("person_name", "id_no", "id_seen").hstack(told))
    con.register("register_households", register.households.drop("head_name"))
    more = "".join(f",\n  {quoted(name)}" for name in told.columns)
    con.execute(f"{_PERSON}{more}\nfrom register_persons", {"last_day": period.last_day})
    con.execute(_HOUSEHOLD, {"able": list(ABLE)})
    for ref in in_effect:
        con.execute("insert into coverage values ($id, $no)", {"id": ref.source_id, "no": ref.period.ordinal})
    con.register("placed_rows", pl.DataFrame(schema=_PLACES) if places is None else places)
    tables = fact_tables(sources)
    of_places = {source.id for source in sources if source.subject is Subject.VILLAGE}
    by_source: dict[str, list[FactFiles]] = {}
    for file in files:
        if file.source_id in tables:  # a source no indicator reads yet is linked and exported, nothing more
            by_source.setdefault(file.source_id, []).append(file)
    since = _first_months(measures, period)
    for source_id, group in sorted(by_source.items()):
        bound: dict[str, object] = {"facts": [str(f.facts) for f in group], "since": since[source_id]}
        rows = _OF_PLACES
        if source_id not in of_places:
            rows, bound = _LINKED, bound | {"links": [str(f.links) for f in group]}
        try:
            _fill_facts(con, source_id, tables[source_id], rows=rows, bound=bound)
        except duckdb.Error as exc:
            raise StoreDamaged(f"数据源 {source_id}", reason_of(exc), action="请运行 fangpin rebuild 后重试") from exc
    con.unregister("placed_rows")
    con.unregister("register_persons")
    con.unregister("register_households")
    lock(con)


def lock(con: duckdb.DuckDBPyConnection) -> None:
    """Take files, network, extensions and settings away from a connection for good."""
    for setting in (
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        con.execute(f"set {setting}")


# A person without a birth date has no age; nobody is taken for a child or an elder by default.
_PERSON = """
insert into person by name
select
  person_no,
  household_no,
  township,
  village,
  relation,
  sex,
  case when birth_on <= $last_day::date then date_diff('year', birth_on, $last_day::date)
    - case when strftime(birth_on, '%m%d') > strftime($last_day::date, '%m%d') then 1 else 0 end
  end as age,
  health,
  labour,
  is_head"""

# Nobody able and somebody unknown: the count is unknown.
_HOUSEHOLD = """
insert into household by name
select
  h.household_no,
  h.township,
  h.village,
  h.village_group,
  h.head_person_no,
  h.size,
  case when able.labour_count > 0 or able.unknown = 0 then able.labour_count end as labour_count,
  h.household_type,
  h.monitored_type,
  h.risk_eliminated
from register_households h
left join (
  select
    household_no,
    count(*) filter (where list_contains($able, labour)) as labour_count,
    count(*) filter (where labour is null) as unknown
  from register_persons
  group by household_no
) able on able.household_no = h.household_no
"""


_LINKED = """
join (select batch_id, row_number, person_no, household_no from read_parquet($links) where band = 'link') l
  on l.batch_id = f.batch_id and l.row_number = f.row_number
left join person p on p.person_no = l.person_no
left join household h on l.person_no is null and h.household_no = l.household_no
where f.period_no >= $since
  and (p.person_no is not null or h.household_no is not null)
"""
_OF_PLACES = """
join placed_rows l on l.batch_id = f.batch_id and l.row_number = f.row_number
where f.period_no >= $since
"""
_TOLD = {
    "person_no": "l.person_no",
    "household_no": "coalesce(p.household_no, h.household_no) as household_no",
    "township": "l.township",
    "village": "l.village",
    "village_group": "l.village_group",
}
_PLACES = {"batch_id": pl.String(), "row_number": pl.UInt32()} | dict.fromkeys(
    ("township", "village", "village_group"), pl.String()
)


def _first_months(measures: Sequence[SourceMeasures], period: Period) -> dict[str, int]:
    """Return by source the earliest month whose rows anything looks at; hand-written steps look at all of them."""
    read = dict.fromkeys(CORE, HISTORY_MONTHS)
    for one in measures:
        read[one.source.id] = max(read.get(one.source.id, 0), months_read(one, period))
    return {source_id: period.ordinal - months + 1 for source_id, months in read.items()}


def _fill_facts(
    con: duckdb.DuckDBPyConnection, source_id: str, columns: dict[str, str], *, rows: str, bound: dict[str, object]
) -> None:
    """Join a source's facts with what says whose they are; a null key never matches."""
    files = "read_parquet($facts, union_by_name = true)"
    there = {row[0] for row in con.execute(f"describe select * from {files}", {"facts": bound["facts"]}).fetchall()}
    told = ",\n  ".join(
        _TOLD[name] if name in _TOLD else _cell(name, kind, is_there=name in there) for name, kind in columns.items()
    )
    con.execute(f"insert into {quoted('fact_' + source_id)} by name\nselect\n  {told}\nfrom {files} f\n{rows}", bound)


def _cell(name: str, kind: str, *, is_there: bool) -> str:
    return f"f.{quoted(name)}" if is_there else f"null::{kind} as {quoted(name)}"
