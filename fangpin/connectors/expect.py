"""A delivery against its declared bands and against the month before; what is out of them waits for a person.

Floor 2. Figures are counted part by part and kept with the batch; a breach is a Chinese sentence of figures, never of
a row's values. Moving a band is a change of the declaration, with its reason there; nothing here is relaxed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import polars as pl
from pydantic import TypeAdapter

from fangpin.config.source_models import Band, Column, ColumnKind, Source
from fangpin.types import IdKind, RowStatus

_USABLE: Final = (IdKind.VALID, IdKind.UPGRADED, IdKind.CERTIFICATE)
_LINKED_BY: Final = {"identity": "证件号码", "household_no": "户编号", "place": "行政村"}
_UNIT_JUMP: Final = 1000  # no mean amount moves so far in a month; 元 taken for 万元 moves it ten thousand times


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted in a delivery: rows, how many can be linked, how many know a column, the sums of money columns.

    >>> one = Figures(rows_in=2, accepted=1, rejected=1, filled={"tier": 1}, sums={"amount_yuan": Decimal("4.50")})
    >>> (one + one).sums, (one + one).rejected_share
    ({'amount_yuan': Decimal('9.00')}, 0.5)
    >>> Figures.from_dict((one + one).to_dict()) == one + one
    True
    """

    rows_in: int = 0
    accepted: int = 0
    rejected: int = 0
    linkable: int = 0
    filled: dict[str, int] = field(default_factory=dict)
    sums: dict[str, Decimal] = field(default_factory=dict)  # yuan

    def __add__(self, other: Figures) -> Figures:
        """Return the figures of two parts of a delivery together."""
        names = dict.fromkeys((*self.sums, *other.sums))
        return Figures(
            self.rows_in + other.rows_in,
            self.accepted + other.accepted,
            self.rejected + other.rejected,
            self.linkable + other.linkable,
            {name: self.filled.get(name, 0) + other.filled.get(name, 0) for name in self.filled | other.filled},
            {name: self.sums.get(name, Decimal()) + other.sums.get(name, Decimal()) for name in names},
        )

    @property
    def rejected_share(self) -> float:
        """Share of the delivered rows that cannot be used."""
        return self.rejected / self.rows_in if self.rows_in else 0.0

    @property
    def linkable_share(self) -> float:
        """Share of the accepted rows that can be linked for certain."""
        return self.linkable / self.accepted if self.accepted else 0.0

    def fill_share(self, column: str) -> float:
        """Return the share of the accepted rows in which a column is known."""
        return self.filled.get(column, 0) / self.accepted if self.accepted else 0.0

    def to_dict(self) -> dict[str, object]:
        """Return the figures as JSON holds them, sums as text so that no fen is lost."""
        kept: dict[str, object] = _FIGURES.dump_python(self, mode="json")
        return kept

    @classmethod
    def from_dict(cls, kept: Mapping[str, object]) -> Figures:
        """Return figures that were kept as JSON; ValueError when they are none."""
        return _FIGURES.validate_python(dict(kept))


_FIGURES: Final = TypeAdapter(Figures)


@dataclass(frozen=True, slots=True)
class Breach:
    """One band a delivery is out of: its code, and the sentence for the person who decides (超出预期)."""

    code: str
    sentence: str


def figures(identity: pl.DataFrame, facts: pl.DataFrame, source: Source) -> Figures:
    """Return the figures of a delivery, or of a part of one; parts add up.

    Rows in: ``identity`` IDENTITY_SCHEMA, ``facts`` the source's typed columns of the accepted rows.

    >>> from fangpin.config.loader import load
    >>> who = {"row_status": ["accepted", "rejected"], "id_kind": ["valid", "missing"], "id_no": ["A", None]}
    >>> paid = pl.DataFrame({"amount_yuan": [Decimal("430.00")]})
    >>> told = figures(pl.DataFrame(who), paid, load("huaxi").source("dibao_roster"))
    >>> told.accepted, told.linkable, told.filled["id_no"], told.sums
    (1, 1, 1, {'amount_yuan': Decimal('430.00')})
    """
    accepted = identity.filter(pl.col("row_status") == RowStatus.ACCEPTED)
    usable = {
        "identity": pl.col("id_kind").is_in(_USABLE),
        "household_no": pl.col("household_no").is_not_null(),
        "place": pl.col("village").is_not_null(),
    }
    known = dict.fromkeys(source.identity, accepted) | {column.name: facts for column in source.columns}
    known = {name: rows for name, rows in known.items() if source.allows(name)}
    money = [
        c.name for c in source.columns if c.kind is ColumnKind.MONEY and c.name in facts.columns and c.name in known
    ]
    return Figures(
        rows_in=identity.height,
        accepted=accepted.height,
        rejected=int((identity["row_status"] == RowStatus.REJECTED).sum()),
        linkable=accepted.filter(usable[source.link_by]).height,
        filled={
            name: rows[name].len() - rows[name].null_count() for name, rows in known.items() if name in rows.columns
        },
        sums={name: Decimal(facts[name].sum() or 0) for name in money},
    )


def breaches(
    now: Figures,
    before: Figures | None,
    source: Source,
    *,
    columns: Mapping[str, Column],
    year_begins: bool,
) -> tuple[Breach, ...]:
    """Return every band a delivery is out of, none when it may go on without a person.

    ``before`` are the figures of the delivery in effect for the month before, None when there is none; ``columns`` the
    source's declared columns by name; ``year_begins`` says that the delivery's month is a January, at which amounts
    cumulated over a year start again.

    >>> from fangpin.config.loader import load
    >>> dibao = load("huaxi").source("dibao_roster")
    >>> [told.sentence for told in breaches(Figures(), None, dibao, columns={}, year_begins=False)]
    ['行数：收到 0 行，可用 0 行；应为不少于 1 行；请核对是否报错了文件。']
    """
    found = [*_own(now, source, columns)]
    if before is not None and before.accepted and now.accepted:
        found += [*_rows(now, before, source), *_sums(now, before, source, year_begins=year_begins)]
    return tuple(found)


def _own(now: Figures, source: Source, columns: Mapping[str, Column]) -> Iterator[Breach]:
    """Judge what a delivery says by itself."""
    expect = source.expect
    if now.accepted < expect.rows_min:
        given = f"收到 {now.rows_in:,} 行，可用 {now.accepted:,} 行"
        yield _breach("rows_few", "行数", given, f"不少于 {expect.rows_min:,} 行", "请核对是否报错了文件")
    if now.rejected > _exact(expect.rejected_share_max) * now.rows_in:
        given = f"共 {now.rows_in:,} 行，其中 {now.rejected:,} 行不能用，占 {now.rejected_share:.1%}"
        yield _breach("rejected_many", "退回", given, f"不超过 {expect.rejected_share_max:.0%}", "请按更正单改正后重报")
    if not now.accepted:
        return
    for name, share in expect.fill_min.items():
        if not source.allows(name):
            continue
        if now.filled.get(name, 0) < _exact(share) * now.accepted:
            given = f"{now.accepted:,} 行中 {now.filled.get(name, 0):,} 行有值，占 {now.fill_share(name):.1%}"
            where = f"“{columns[name].title}”列"
            yield _breach("column_empty", where, given, f"不低于 {share:.0%}", "请核对该列是否漏导或串列")
    if now.linkable < _exact(expect.linkable_share_min) * now.accepted:
        given = (
            f"{now.accepted:,} 行中 {now.linkable:,} 行的{_LINKED_BY[source.link_by]}可用，占 {now.linkable_share:.1%}"
        )
        expected = f"不低于 {expect.linkable_share_min:.0%}"
        yield _breach("linkable_few", "可比对率", given, expected, "请核对号码是否带*、被表格软件截断或串列")


def _rows(now: Figures, before: Figures, source: Source) -> Iterator[Breach]:
    """Judge the number of rows against the month before."""
    band = source.expect.rows
    new, old = Decimal(now.accepted), Decimal(before.accepted)
    if band is None or _within(new, old, band):
        return
    low, high = _ends(old, band)
    given = f"可用 {new:,} 行，上期 {old:,} 行，{_moved(new, old)}"
    yield _breach("rows_moved", "行数", given, f"{low:,.0f} 至 {high:,.0f} 行", "请核对是否漏报乡镇或重复合并")


def _sums(now: Figures, before: Figures, source: Source, *, year_begins: bool) -> Iterator[Breach]:
    """Judge the sums against the month before: the unit first, then what only grows within a year, then the band."""
    for column in (c for c in source.columns if c.name in now.sums and c.name in before.sums):
        new, old = now.sums[column.name], before.sums[column.name]
        band = source.expect.sums.get(column.name)
        restarts = column.year_to_date and year_begins
        given = f"合计 {new:,.2f} 元，上期 {old:,.2f} 元"
        where = f"“{column.title}”列"
        times = _times(new / now.accepted, old / before.accepted)
        if times >= _UNIT_JUMP:
            action = "请核对该列单位后重报"
            yield _breach(
                "unit_suspected", where, f"{given}，平均每行相差约 {times:,.0f} 倍，疑似元/万元混用", "元", action
            )
        elif column.year_to_date and not year_begins and new < old:
            yield _breach("total_fell", where, given, "本年累计数不小于上期", "请核对是否报成了当月数或漏报")
        elif band is not None and old > 0 and not restarts and not _within(new, old, band):
            expected = f"降幅不超过 {band.fall:.0%}、升幅不超过 {band.rise:.0%}"
            yield _breach(
                "sum_moved", where, f"{given}，{_moved(new, old)}", expected, "请核对是否漏报、重复或单位有误"
            )


def _times(new: Decimal, old: Decimal) -> Decimal:
    """Return how many times the larger of two amounts is the smaller; 1 unless both are above zero."""
    return max(new / old, old / new) if new > 0 and old > 0 else Decimal(1)


def _within(new: Decimal, old: Decimal, band: Band) -> bool:
    """Say whether a figure stays in its band, the ends included."""
    low, high = _ends(old, band)
    return low <= new <= high


def _ends(old: Decimal, band: Band) -> tuple[Decimal, Decimal]:
    return old * (1 - _exact(band.fall)), old * (1 + _exact(band.rise))


def _exact(share: float) -> Decimal:
    """Return a share as it was declared: 0.29 of a hundred rows are 29 rows, not a little less."""
    return Decimal(str(share))


def _moved(new: Decimal, old: Decimal) -> str:
    """Say how far a figure has moved.

    >>> _moved(Decimal(150), Decimal(100)), _moved(Decimal(40), Decimal(100))
    ('增加 50.0%', '减少 60.0%')
    """
    return f"{'增加' if new > old else '减少'} {abs(new - old) / old:.1%}"


def _breach(code: str, where: str, given: str, expected: str, action: str) -> Breach:
    return Breach(code, f"{where}：{given}；应为{expected}；{action}。")
