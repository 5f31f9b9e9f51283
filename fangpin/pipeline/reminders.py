"""Letters to departments whose extract is late (催报函), one a source and day, as text files in the county's folder.

Floor 4. Nothing is sent: a person hands the letter on. It names the extract and its days, never a row of it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final

import polars as pl

from fangpin.connectors.heads import declared_columns
from fangpin.ledgers.asked import basis_sentence
from fangpin.pipeline.county import County
from fangpin.pipeline.lateness import OWED, Arrival, expected, recent_periods
from fangpin.store.files import private_folder, write_file
from fangpin.types import Period

_WHY: Final = {
    Arrival.MISSING: "至今未收到",
    Arrival.WITHDRAWN: "此前报送的数据已撤回，至今未收到更正后的数据",
    Arrival.REFUSED: "此前报送的文件未能接收，至今未收到更正后的文件",
}


def remind(county: County, *, today: dt.date) -> tuple[Path, ...]:
    """Write today's letter for every extract that is owed, and return those that were not there yet."""
    calendar = expected(county, today=today, periods=recent_periods(county, today=today))
    owed = calendar.filter(pl.col("state").is_in([str(s) for s in OWED]), pl.col("days_late") > 0)
    written = []
    for row in owed.iter_rows(named=True):
        path = _folder(county, row["period"]) / f"{today.isoformat()}_{row['source_id']}.txt"
        if not path.exists():
            write_file(path, _letter(county, row, today=today).encode())
            written.append(path)
    return tuple(written)


def reminded(county: County, source_id: str, period: str) -> int:
    """Return on how many days a letter was written for an extract."""
    folder = county.home / "reminders" / period
    return sum(1 for _ in folder.glob(f"????-??-??_{source_id}.txt"))


def _folder(county: County, period: str) -> Path:
    private_folder(county.home / "reminders")
    return private_folder(county.home / "reminders" / period)


def _letter(county: County, row: dict[str, Any], *, today: dt.date) -> str:
    declared = county.declared
    source = declared.sources[row["source_id"]]
    columns = declared_columns(source, declared.identity).values()
    ways = [c.title for c in declared.connections.values() if c.source == source.id]
    month, due_on = Period.parse(row["period"]).title, _chinese(row["due_on"])
    since = f"截至{_chinese(today)}已逾期{row['days_late']}天，{_WHY[Arrival(row['state'])]}"
    way = "、".join(ways) or f"将系统导出的文件送{declared.site.bureau}，不必改动表头和格式"
    agreement = f"；共享协议{source.agreement.number}" if source.agreement.number else ""
    lines = (
        "催报函",
        "",
        f"{source.agency}：",
        f"    “{source.title}”{month}的数据应于{due_on}前报送，{since}。请尽快报送。",
        f"    报送方式：{way}。",
        f"    必有的列：{'、'.join(c.title for c in columns if c.required) or '不限'}。",
        f"    依据：{basis_sentence(source.legal_basis)}{agreement}。",
        "",
        declared.site.bureau,
        _chinese(today),
        "",
    )
    return "\n".join(lines)


def _chinese(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
