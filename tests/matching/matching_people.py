"""An invented county of a few hundred people for the linker, and ID cells as departments deliver them."""

from __future__ import annotations

import datetime as dt
import functools
import sys
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl

from fangpin.matching.identities import keyed_rows
from fangpin.matching.link import Extract, MonthLinks, link_month
from fangpin.matching.register import Register, build_register
from fangpin.matching.tiers import gathered

sys.path.insert(0, str(Path(__file__).parents[1] / "reference"))

SCHEMA: Final[dict[str, Any]] = {
    "row_number": pl.UInt32,
    "row_status": pl.String,
    "duplicate_of": pl.UInt32,
    "sheet": pl.String,
    "sheet_row": pl.UInt32,
    "person_name": pl.String,
    "id_kind": pl.String,
    "id_no": pl.String,
    "id_seen": pl.String,
    "birth_on": pl.Date,
    "sex": pl.String,
    "age": pl.Int64,
    **dict.fromkeys(
        (
            *("township", "village", "village_group", "address", "head_name", "head_id_no", "guardian_name"),
            *("household_no", "person_no", "certificate_no"),
        ),
        pl.String,
    ),
}
FACTS: Final[dict[str, Any]] = {
    "row_number": pl.UInt32,
    **dict.fromkeys(
        ("relation", "health", "labour", "household_type", "monitored_type", "risk_eliminated"),
        pl.String,
    ),
}
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
TOWNS: Final = ("云桥镇", "大井乡", "五江民族乡", "白田乡")
VILLAGES: Final = ("柳沟村", "松坪村", "石湾村", "竹口村", "梅坡村")


def number(birth: str, order: int) -> str:
    """A valid invented number: unassigned area, birth as YYYYMMDD, order (odd is male)."""
    body = f"963127{birth}{order:03d}"
    return body + "10X98765432"[sum(w * int(c) for w, c in zip(WEIGHTS, body, strict=True)) % 11]


def member(key: int, household: str, name: str, born: str, **more: Any) -> dict[str, Any]:
    """A registered person of 云桥镇柳沟村3组 unless said otherwise."""
    order = more.pop("order", key % 400)
    order = 2 * order + (1 if more.get("sex", "男") == "男" else 0)
    given = {"sex": "男", "township": "云桥镇", "village": "柳沟村", "village_group": "3组", "relation": "户主"} | more
    id_no = number(born, order)
    told = {"id_kind": "valid", "id_no": id_no, "id_seen": id_no, "person_name": name}
    return told | {"person_no": f"P{key:04d}", "household_no": household} | given


FAMILIES: Final = (
    member(1, "H1", "陈国华", "19700305"),
    member(2, "H1", "李秀英", "19720817", sex="女", relation="配偶"),
    member(3, "H1", "陈子涵", "20120601", sex="女", relation="之女"),
    member(4, "H2", "张伟", "19800112"),
    member(5, "H3", "张伟", "19911020", village_group="5组"),
    member(6, "H4", "曲比·热哈", "19660909", township="五江民族乡", village="石湾村"),
    member(7, "H5", "欧阳凤霞", "19580423", sex="女", township="大井乡", village="竹口村", village_group="8组"),
)


def background() -> list[dict[str, Any]]:
    """Four hundred other people, so that names, places and births are as common as they are in a county."""
    surnames, first, last = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "建永德世文明春海金玉", "平军林福英芳兰强勇贵"
    return [
        member(
            1000 + i,
            f"B{i // 3:03d}",
            surnames[i * 7 % 20] + first[i // 3 % 10] + last[(i * 3 + i // 10) % 10],
            f"{1940 + i * 13 % 80}{1 + i * 5 % 12:02d}{1 + i * 11 % 28:02d}",
            sex="男" if i % 2 else "女",
            township=TOWNS[i // 3 % 4],
            village=VILLAGES[i // 12 % 5],
            village_group=f"{1 + i // 3 % 12}组",
            relation="户主" if i % 3 == 0 else "其他",
        )
        for i in range(400)
    ]


def identity_frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows completed to the fixed schema; row numbers from 1 unless given."""
    base = {"row_status": "accepted", "sheet": "", "id_kind": "missing"}
    filled = [
        dict.fromkeys(SCHEMA) | base | {"row_number": i, "sheet_row": i} | {k: v for k, v in row.items() if k in SCHEMA}
        for i, row in enumerate(rows, start=1)
    ]
    return pl.DataFrame(filled, schema=SCHEMA)


def facts_frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The register's facts of the same rows."""
    filled = [
        dict.fromkeys(FACTS) | {"row_number": i} | {k: v for k, v in row.items() if k in FACTS}
        for i, row in enumerate(rows, start=1)
    ]
    return pl.DataFrame(filled, schema=FACTS)


def register_of(people: list[dict[str, Any]]) -> Register:
    """The register that holds these people."""
    return build_register(identity_frame(people), facts_frame(people))


@functools.cache
def county() -> Register:
    """The invented county's register."""
    return register_of([*FAMILIES, *background()])


def keyed(rows: list[dict[str, Any]], persons: pl.DataFrame) -> pl.DataFrame:
    """The keys of these rows as one batch, each row apart and in the order given, beside a register's keyed persons."""
    told = gathered([identity_frame(rows)]).with_columns(
        source_id=pl.lit("s"), exact=pl.lit(None, pl.UInt32), identity_hash=pl.int_range(pl.len(), dtype=pl.UInt64)
    )
    return keyed_rows(told, told, persons, county="松岚县")


def link_all(rows: list[dict[str, Any]], register: Register | None = None, **options: Any) -> MonthLinks:
    """What linking these rows gives, as one batch "b", to the invented county unless another register is given."""
    link_by = options.pop("link_by", "identity")
    with duckdb.connect() as con:
        return link_month([Extract("b", "s", identity_frame(rows), link_by)], register or county(), con=con, **options)


def link_rows(rows: list[dict[str, Any]], register: Register | None = None, **options: Any) -> pl.DataFrame:
    """The links of these rows."""
    return link_all(rows, register, **options).links["b"]


def link_one(**row: Any) -> dict[str, Any]:
    """The judgement on one row."""
    return link_rows([row], county="松岚县").row(0, named=True)


def valid(key: int) -> dict[str, Any]:
    """The ID cell of a registered family member, as a row tells it when all is well."""
    person = next(p for p in FAMILIES if p["person_no"] == f"P{key:04d}")
    return {"id_kind": "valid", "id_no": person["id_no"], "id_seen": person["id_no"]}


def seen(kind: str, text: str) -> dict[str, Any]:
    """An ID cell of another kind."""
    return {"id_kind": kind, "id_seen": text}


def day(text: str) -> dt.date:
    """A date written YYYY-MM-DD."""
    return dt.date.fromisoformat(text)
