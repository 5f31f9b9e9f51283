"""A delivery against its bands: each band from both sides, the end of a band included."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from fangpin.config.loader import Declarations
from fangpin.config.source_models import Column, Expectation, Source
from fangpin.connectors.conform import IDENTITY_SCHEMA
from fangpin.connectors.expect import Breach, Figures, breaches, figures
from fangpin.connectors.heads import declared_columns

FACTS = pl.Schema({"row_number": pl.UInt32, "amount_yuan": pl.Decimal(18, 2), "tier": pl.String})
BEFORE = Figures(
    rows_in=100, accepted=100, linkable=90, filled={"id_no": 90}, sums={"amount_yuan": Decimal("43000.00")}
)


def _source(declared: Declarations, **expect: Any) -> Source:
    """Return the 低保 roster with these bands only."""
    return declared.sources["dibao_roster"].model_copy(update={"expect": Expectation.model_validate(expect)})


def _told(declared: Declarations, now: Figures, before: Figures | None = BEFORE, **expect: Any) -> list[str]:
    """Return the codes of the bands a delivery is out of."""
    return [breach.code for breach in _breaches(now, before, _source(declared, **expect), declared.identity)]


def _breaches(now: Figures, before: Figures | None, source: Source, identity: dict[str, Column]) -> tuple[Breach, ...]:
    return breaches(now, before, source, columns=declared_columns(source, identity), year_begins=False)


def _identity(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    filled = [
        dict.fromkeys(IDENTITY_SCHEMA) | {"row_number": n, "row_status": s, "id_kind": k, "id_no": i}
        for n, (s, k, i) in enumerate(rows)
    ]
    return pl.DataFrame(filled, schema=IDENTITY_SCHEMA)


def test_figures_count_accepted_rows(declared: Declarations) -> None:
    """Rows are counted by how they ended; what is known, usable and summed is that of the accepted ones."""
    identity = _identity(
        ("accepted", "valid", "A"),
        ("accepted", "upgraded", "B"),
        ("accepted", "certificate", "C"),
        ("accepted", "masked", None),
        ("rejected", "valid", "D"),
        ("duplicate", "valid", "A"),
    )
    paid = [(0, Decimal("430.10"), "A"), (1, Decimal("-30.00"), None), (2, None, None), (3, Decimal("0.00"), None)]
    facts = pl.DataFrame(paid, schema=FACTS, orient="row")

    told = figures(identity, facts, declared.sources["dibao_roster"])

    assert (told.rows_in, told.accepted, told.rejected, told.linkable) == (6, 4, 1, 3)
    assert tuple(told.filled[name] for name in ("id_no", "amount_yuan", "tier", "person_name")) == (3, 3, 1, 0)
    assert {"amount_yuan": Decimal("400.10")} == told.sums


def test_figures_of_parts_add_up(declared: Declarations) -> None:
    """A file counted in two parts has the figures of the file counted whole; nothing at all is nought."""
    source = declared.sources["dibao_roster"]
    identity = _identity(("accepted", "valid", "A"), ("rejected", "missing", None), ("accepted", "masked", None))
    facts = pl.DataFrame([(0, Decimal("0.10"), "A"), (2, Decimal("0.20"), None)], schema=FACTS, orient="row")

    parts = figures(identity[:2], facts[:1], source) + figures(identity[2:], facts[1:], source)

    assert figures(identity, facts, source) == parts
    assert figures(identity[:0], facts[:0], source) + parts == parts == Figures() + parts


def test_figures_are_kept_as_json() -> None:
    """Figures survive being kept with the batch as JSON, sums to the fen."""
    kept = json.loads(json.dumps(BEFORE.to_dict()))

    assert kept["sums"] == {"amount_yuan": "43000.00"}
    assert Figures.from_dict(kept) == BEFORE


@pytest.mark.parametrize(("link_by", "linkable"), [("identity", 1), ("household_no", 2), ("place", 3)])
def test_linkable_is_what_the_source_is_linked_by(declared: Declarations, link_by: str, linkable: int) -> None:
    """Rows of a household list count by their number, rows of villages by the village."""
    source = declared.sources["dibao_roster"].model_copy(update={"link_by": link_by})
    identity = _identity(("accepted", "valid", "A"), ("accepted", "missing", None), ("accepted", "missing", None))
    identity = identity.with_columns(
        household_no=pl.Series(["1", "2", None]), village=pl.Series(["下河村", "上河村", "下河村"])
    )

    assert figures(identity, pl.DataFrame(schema=FACTS), source).linkable == linkable


@pytest.mark.parametrize(
    ("rejected", "expect", "told"),
    [
        (29, {"rejected_share_max": 0.29}, []),
        (30, {"rejected_share_max": 0.29}, ["rejected_many"]),
        (0, {"rows_min": 100}, []),
        (1, {"rows_min": 100}, ["rows_few"]),
        (100, {"rejected_share_max": 0.2}, ["rows_few", "rejected_many"]),
    ],
)
def test_bands_of_the_delivery_itself(
    declared: Declarations, rejected: int, expect: dict[str, Any], told: list[str]
) -> None:
    """The share that may be bad and the rows there must be hold without a month before; the bound itself is inside."""
    now = Figures(rows_in=100, accepted=100 - rejected, rejected=rejected)

    assert _told(declared, now, None, **expect) == told


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"filled": {"id_no": 95, "tier": 29}, "linkable": 80}, []),
        ({"filled": {"id_no": 94, "tier": 29}, "linkable": 80}, ["column_empty"]),
        ({"filled": {"id_no": 95}, "linkable": 79}, ["column_empty", "linkable_few"]),
    ],
)
def test_known_and_linkable_shares(declared: Declarations, now: dict[str, Any], told: list[str]) -> None:
    """A column known too seldom, or never, and too few rows to link, are each told."""
    counted = Figures(rows_in=100, accepted=100, **now)

    expect = {"fill_min": {"id_no": 0.95, "tier": 0.29}, "linkable_share_min": 0.8}

    assert _told(declared, counted, None, **expect) == told


@pytest.mark.parametrize(
    ("accepted", "told"), [(80, []), (79, ["rows_moved"]), (130, []), (131, ["rows_moved"]), (100, [])]
)
def test_rows_against_the_month_before(declared: Declarations, accepted: int, told: list[str]) -> None:
    """A list may shrink by a fifth and grow by three tenths, not by a row more."""
    now = Figures(rows_in=accepted, accepted=accepted)

    assert _told(declared, now, rows={"fall": 0.2, "rise": 0.3}) == told


@pytest.mark.parametrize(
    ("total", "told"),
    [
        ("30100.00", []),
        ("30099.99", ["sum_moved"]),
        ("64500.00", []),
        ("64500.01", ["sum_moved"]),
        ("-1.00", ["sum_moved"]),
        ("0.00", ["sum_moved"]),
        ("430000000.00", ["unit_suspected"]),
        ("4.30", ["unit_suspected"]),
        ("43.00", ["unit_suspected"]),
        ("43.01", ["sum_moved"]),
    ],
)
def test_sums_against_the_month_before(declared: Declarations, total: str, told: list[str]) -> None:
    """A sum may move within its band, the ends included; a jump by thousands is named as a wrong unit, once."""
    now = replace(BEFORE, sums={"amount_yuan": Decimal(total)})

    assert _told(declared, now, sums={"amount_yuan": {"fall": 0.3, "rise": 0.5}}) == told


def test_a_wrong_unit_shows_without_a_band(declared: Declarations) -> None:
    """万元 written where 元 is meant is noticed in any money column, also in a list half as long."""
    now = Figures(rows_in=50, accepted=50, sums={"amount_yuan": Decimal("2.15")})

    assert _told(declared, now) == ["unit_suspected"]


@pytest.mark.parametrize(
    "before", [None, Figures(), replace(BEFORE, sums={}), replace(BEFORE, sums={"other": Decimal(1)})]
)
def test_nothing_to_compare_with_is_no_breach(declared: Declarations, before: Figures | None) -> None:
    """A first delivery, or one after an empty month, is judged by itself alone."""
    now = replace(BEFORE, sums={"amount_yuan": Decimal("99999999.00")})

    assert _told(declared, now, before, sums={"amount_yuan": {"fall": 0.3, "rise": 0.5}}) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("0.00", "500.00", []), ("-10.00", "500.00", []), ("0.00", "0.00", [])],
)
def test_a_sum_that_was_nought_has_no_band(declared: Declarations, old: str, new: str, told: list[str]) -> None:
    """From nothing, or from reversals alone, no share of change can be told."""
    before, now = (replace(BEFORE, sums={"amount_yuan": Decimal(total)}) for total in (old, new))

    assert _told(declared, now, before, sums={"amount_yuan": {"fall": 0.3, "rise": 0.5}}) == told


@pytest.mark.parametrize(
    ("new", "year_begins", "told"),
    [
        ("43000.00", False, []),
        ("42999.99", False, ["total_fell"]),
        ("60000.00", False, []),
        ("64500.01", False, ["sum_moved"]),
        ("3000.00", True, []),
        ("4.30", True, ["unit_suspected"]),
    ],
)
def test_a_year_to_date_total_only_grows(
    declared: Declarations, new: str, *, year_begins: bool, told: list[str]
) -> None:
    """What is cumulated since January never falls within a year, and starts again in January."""
    source = _source(declared, sums={"amount_yuan": {"fall": 0.3, "rise": 0.5}})
    cumulated = tuple(c.model_copy(update={"year_to_date": c.name == "amount_yuan"}) for c in source.columns)
    source = source.model_copy(update={"columns": cumulated})
    now = replace(BEFORE, sums={"amount_yuan": Decimal(new)})

    found = breaches(now, BEFORE, source, columns={}, year_begins=year_begins)

    assert [breach.code for breach in found] == told


def test_sentences_name_place_figures_band_and_action(declared: Declarations) -> None:
    """Each sentence says where, what was given, what was expected and what to do."""
    source = _source(
        declared,
        rows_min=70,
        rejected_share_max=0.2,
        rows={"fall": 0.2, "rise": 0.3},
        fill_min={"id_no": 0.9},
        linkable_share_min=0.8,
        sums={"amount_yuan": {"fall": 0.3, "rise": 0.5}},
    )
    now = Figures(rows_in=1200, accepted=60, rejected=1140, filled={"id_no": 40}, linkable=40)
    now = replace(now, sums={"amount_yuan": Decimal("258.00")})
    before = replace(BEFORE, sums={"amount_yuan": Decimal("430.00")})

    *others, moved = _breaches(now, before, source, declared.identity)

    assert [breach.sentence for breach in others] == [
        "行数：收到 1,200 行，可用 60 行；应为不少于 70 行；请核对是否报错了文件。",
        "退回：共 1,200 行，其中 1,140 行不能用，占 95.0%；应为不超过 20%；请按更正单改正后重报。",
        "“证件号码”列：60 行中 40 行有值，占 66.7%；应为不低于 90%；请核对该列是否漏导或串列。",
        "可比对率：60 行中 40 行的证件号码可用，占 66.7%；应为不低于 80%；请核对号码是否带*、被表格软件截断或串列。",
        "行数：可用 60 行，上期 100 行，减少 40.0%；应为80 至 130 行；请核对是否漏报乡镇或重复合并。",
    ]
    assert moved.sentence == (
        "“月保障金额”列：合计 258.00 元，上期 430.00 元，减少 40.0%；应为降幅不超过 30%、升幅不超过 50%；"
        "请核对是否漏报、重复或单位有误。"
    )


def test_a_unit_breach_names_the_factor(declared: Declarations) -> None:
    """A suspected unit is said with the factor."""
    now = replace(BEFORE, sums={"amount_yuan": Decimal("4.30")})

    (found,) = _breaches(now, BEFORE, _source(declared), declared.identity)

    assert found.sentence == (
        "“月保障金额”列：合计 4.30 元，上期 43,000.00 元，平均每行相差约 10,000 倍，疑似元/万元混用；应为元；"
        "请核对该列单位后重报。"
    )
