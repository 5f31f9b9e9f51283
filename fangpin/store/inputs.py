"""Fills the tables a screening stands on from landed batches and their links.

Floor 3. Reads Parquet set-wise inside DuckDB and hands over a connection that can no longer reach any
file or setting: what runs after this sees keys and facts, never a name and never the disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fangpin.errors import StoreDamaged
from fangpin.matching.register import Register
from fangpin.types import BatchRef, Period
from fangpin.warnings.inputs import FACTS, create_inputs, quoted, reason_of

ABLE = ("技能劳动力", "普通劳动力", "弱劳动力或半劳动力")


@dataclass(frozen=True, slots=True)
class FactFiles:
    """Where the facts and the links of one batch in effect lie."""

    source_id: str
    facts: Path
    links: Path


def fill_inputs(
    con: duckdb.DuckDBPyConnection,
    files: Iterable[FactFiles],
    *,
    in_effect: Iterable[BatchRef],
    register: Register,
    period: Period,
) -> None:
    """Make person, household, coverage and fact_<source_id> for a month, then lock the connection.

    Rows out: the tables of warnings.inputs; facts only of rows linked (band link) to persons and households
    registered at the month. A column that older batches do not have is unknown there.
    Raises: StoreDamaged when a batch cannot be read.
    """
    create_inputs(con)
    con.register("register_persons", register.persons.drop("person_name", "id_no", "id_seen"))
    con.register("register_households", register.households.drop("head_name"))
    con.execute(_PERSON, {"last_day": period.last_day})
    con.execute(_HOUSEHOLD, {"able": list(ABLE)})
    for ref in in_effect:
        con.execute("insert into coverage values ($id, $no)", {"id": ref.source_id, "no": ref.period.ordinal})
    by_source: dict[str, list[FactFiles]] = {}
    for file in files:
        if file.source_id in FACTS:  # a source no indicator reads yet is linked and exported, nothing more
            by_source.setdefault(file.source_id, []).append(file)
    for source_id, group in sorted(by_source.items()):
        facts, links = ([str(getattr(f, part)) for f in group] for part in ("facts", "links"))
        try:
            _fill_facts(con, source_id, facts=facts, links=links)
        except duckdb.Error as exc:
            raise StoreDamaged(f"数据源 {source_id}", reason_of(exc), action="请运行 fangpin rebuild 后重试") from exc
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
  is_head
from register_persons
"""

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


def _fill_facts(con: duckdb.DuckDBPyConnection, source_id: str, *, facts: list[str], links: list[str]) -> None:
    """Join a source's facts with their links; a null key never matches."""
    files = "read_parquet($facts, union_by_name = true)"
    there = {row[0] for row in con.execute(f"describe select * from {files}", {"facts": facts}).fetchall()}
    own = {name: kind for name, kind in FACTS[source_id].items() if name not in {"person_no", "household_no"}}
    columns = ",\n  ".join(
        f"f.{quoted(name)}" if name in there else f"null::{kind} as {quoted(name)}" for name, kind in own.items()
    )
    con.execute(
        f"""
insert into {quoted("fact_" + source_id)} by name
select
  {columns},
  l.person_no,
  coalesce(p.household_no, h.household_no) as household_no
from {files} f
join read_parquet($links) l on l.batch_id = f.batch_id and l.row_number = f.row_number
left join person p on p.person_no = l.person_no
left join household h on l.person_no is null and h.household_no = l.household_no
where l.band = 'link'
  and (p.person_no is not null or h.household_no is not null)
""",
        {"facts": facts, "links": links},
    )
