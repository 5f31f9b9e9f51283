"""A recognised table becomes identity, facts and issues: each row ends once, each problem is told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from delivered import conformed_of
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import CHILD, MAN, SOURCES, WOMAN, grid

from fangpin.config.loader import Declarations
from fangpin.connectors import values
from fangpin.connectors.conform import IDENTITY_SCHEMA, Conformed
from fangpin.connectors.problems import ISSUE_SCHEMA
from fangpin.types import RowStatus

HEADS = ["序号", "姓名", "身份证号", "低保类别", "月保障金额", "享受时间"]
ONE = ["1", "甲一", MAN, "农村低保", "430", "2024-01"]

FACTS = {
    "household_register": {
        "relation": pl.String, "household_size": pl.Int64, "ethnicity": pl.String, "health": pl.String,
        "labour": pl.String, "household_type": pl.String, "monitored_type": pl.String, "risk_eliminated": pl.String,
        "identified_on": pl.Date, "education": pl.String, "student": pl.String, "worked_months": pl.Int64,
        "work_area": pl.String, "resident_insurance": pl.Boolean, "employee_insurance": pl.Boolean,
        "major_insurance": pl.Boolean, "dibao": pl.String, "tekun": pl.String, "public_post": pl.String,
        "post_months": pl.Int64, "unsafe_house": pl.Boolean, "safe_water": pl.Boolean, "toilet": pl.Boolean,
        "road": pl.String,
    },
    "visit_ledger": {
        "household_size": pl.Int64, "income_yuan": pl.Decimal(18, 2), "spending_yuan": pl.Decimal(18, 2),
        "wage_yuan": pl.Decimal(18, 2), "business_yuan": pl.Decimal(18, 2), "property_yuan": pl.Decimal(18, 2),
        "transfer_yuan": pl.Decimal(18, 2), "uncounted_yuan": pl.Decimal(18, 2),
    },
    "dibao_roster": {
        "category": pl.String, "tier": pl.String, "amount_yuan": pl.Decimal(18, 2), "started_on": pl.Date,
        "insured_count": pl.Int64, "household_size": pl.Int64, "ended_on": pl.Date, "stop_reason": pl.String,
        "care": pl.String,
    },
    "medical_settlement": {
        "insured_status": pl.String, "care_type": pl.String, "diagnosis": pl.String, "settled_on": pl.Date,
        "total_yuan": pl.Decimal(18, 2), "fund_yuan": pl.Decimal(18, 2), "self_paid_yuan": pl.Decimal(18, 2),
        "settlement_no": pl.String, "major_yuan": pl.Decimal(18, 2), "aid_yuan": pl.Decimal(18, 2),
        "in_policy_yuan": pl.Decimal(18, 2), "cash_yuan": pl.Decimal(18, 2),
    },
    "housing_appraisal": {
        "house_grade": pl.String, "renovation": pl.String, "inhabited": pl.String, "appraised_on": pl.Date,
        "completed_on": pl.Date, "household_size": pl.Int64, "planned_on": pl.Date, "built_year": pl.Int64,
        "reinforced": pl.Boolean, "site_hazard": pl.Boolean, "only_house": pl.Boolean,
    },
    "school_enrolment": {
        "school": pl.String, "school_grade": pl.String, "enrolment_status": pl.String, "stage": pl.String,
        "boarding": pl.String, "absent_days": pl.Int64,
    },
    "disability_certificate": {
        "disability_type": pl.String, "disability_level": pl.String, "issued_on": pl.Date, "first_issued_on": pl.Date,
        "certificate_status": pl.String, "certificate_event": pl.String, "living_subsidy": pl.Boolean,
        "care_subsidy": pl.Boolean,
    },
}  # fmt: skip


def _conformed(declared: Declarations, source_id: str, heads: list[str], *rows: list[str | None]) -> Conformed:
    return conformed_of(declared, source_id, grid(list(heads), *(list(row) for row in rows)))


def _dibao(declared: Declarations, *rows: list[str | None]) -> Conformed:
    return _conformed(declared, "dibao_roster", HEADS, *rows)


def _problems(conformed: Conformed) -> list[tuple[object, ...]]:
    return conformed.issues.select("row_number", "column", "code", "severity").rows()


@pytest.mark.parametrize("source_id", SOURCES)
def test_toy_of_each_source(source_id: str, declared: Declarations) -> None:
    """A clean row of each source is accepted without an issue, its frames have their fixed columns."""
    heads, row = SOURCES[source_id]

    conformed = _conformed(declared, source_id, heads, row)

    assert _problems(conformed) == []
    assert conformed.identity["row_status"].to_list() == ["accepted"]
    assert dict(conformed.identity.schema) == IDENTITY_SCHEMA
    assert dict(conformed.facts.schema) == {"row_number": pl.UInt32} | FACTS[source_id]
    assert dict(conformed.issues.schema) == ISSUE_SCHEMA


def test_values_of_a_row(declared: Declarations) -> None:
    """What a row says is kept as typed facts, the person beside it as identity."""
    conformed = _dibao(declared, ONE)

    who = conformed.identity.select("row_number", "sheet", "sheet_row", "person_name", "id_kind", "id_no", "id_seen")
    assert who.rows() == [(1, "Sheet1", 2, "甲一", "valid", MAN, MAN)]
    expected = [(1, "农村低保", None, Decimal("430.00"), dt.date(2024, 1, 1), None, None, None, None, None)]
    assert conformed.facts.rows() == expected


def test_ten_thousands(declared: Declarations) -> None:
    """Under a head of 万元 the amount is kept in yuan."""
    heads = [*HEADS[:4], "月保障金额（万元）"]

    conformed = _conformed(declared, "dibao_roster", heads, [*ONE[:4], "0.043"])

    assert conformed.facts["amount_yuan"].to_list() == [Decimal("430.00")]


@pytest.mark.parametrize(
    ("row", "problems", "status"),
    [
        (["1", "甲一", MAN, "农村低保", "", ""], [], "accepted"),
        (["1", "甲一", MAN, "", "430", ""], [(1, "保障类别", "row_unfilled", "退回")], "rejected"),
        (["1", "甲一", MAN, "无", "430", ""], [(1, "保障类别", "row_unfilled", "退回")], "rejected"),
        (
            ["1", "甲一", MAN, "农村某保", "430", ""],
            [(1, "保障类别", "code_unknown", "提示"), (1, "保障类别", "row_unfilled", "退回")],
            "rejected",
        ),
        (["1", "甲一", MAN, "农村低保", "约四百", ""], [(1, "月保障金额", "cell_unreadable", "提示")], "accepted"),
        (["1", "甲一", MAN, "农村低保", "430", "去年"], [(1, "享受起始月", "cell_unreadable", "提示")], "accepted"),
        (["1", "甲一", "", "农村低保", "430", ""], [(1, "证件号码", "id_missing", "提示")], "accepted"),
        (["1", "甲一", "5.3E+17", "农村低保", "430", ""], [(1, "证件号码", "id_damaged", "提示")], "accepted"),
        (["1", "甲一", "990101********1231", "农村低保", "", ""], [(1, "证件号码", "id_masked", "提示")], "accepted"),
        (["1", "甲一", "123456789", "农村低保", "430", ""], [(1, "证件号码", "id_invalid", "提示")], "accepted"),
        (["1", "", MAN, "农村低保", "430", ""], [], "accepted"),
        (
            ["1", "", "", "农村低保", "430", ""],
            [(1, "姓名或证件号码", "row_unfilled", "退回"), (1, "证件号码", "id_missing", "提示")],
            "rejected",
        ),
    ],
)
def test_bad_cells_and_bad_rows(
    row: list[str | None], problems: list[tuple[object, ...]], status: str, declared: Declarations
) -> None:
    """A bad cell is told and null; a row without what its source needs is rejected with the reason."""
    conformed = _dibao(declared, row)

    assert (status, problems) == (conformed.identity["row_status"].item(), _problems(conformed))


def test_unknown_code_is_null(declared: Declarations) -> None:
    """A word nobody declared is reported with the words allowed, and the fact is unknown."""
    heads, row = SOURCES["disability_certificate"]
    odd = [cell if cell != "四级" else "五级" for cell in row]

    conformed = _conformed(declared, "disability_certificate", heads, odd)

    assert conformed.facts["disability_level"].to_list() == [None]
    expected = [("残疾等级", "code_unknown", "一级、二级、三级、四级")]
    assert conformed.issues.select("column", "code", "expected").rows() == expected


def test_cut_household_number(declared: Declarations) -> None:
    """Household numbers cut by a spreadsheet do not become one household: they are unknown and told."""
    heads, row = SOURCES["visit_ledger"]

    conformed = _conformed(declared, "visit_ledger", heads, ["5.22391000000000E+17", *row[1:]])

    assert conformed.identity.select("row_status", "household_no").rows() == [("rejected", None)]
    assert _problems(conformed) == [(1, "户编号", "cell_unreadable", "提示"), (1, "户编号", "row_unfilled", "退回")]


def test_exact_duplicates(declared: Declarations) -> None:
    """Rows of the same cells but for the serial number are duplicates of the first; any other cell makes two rows."""
    conformed = _dibao(declared, ONE, ["2", *ONE[1:]], ["3", *ONE[1:4], "431", ONE[5]], ["4", *ONE[1:]])

    ended = conformed.identity.select("row_number", "row_status", "duplicate_of").rows()
    assert ended == [(1, "accepted", None), (2, "duplicate", 1), (3, "accepted", None), (4, "duplicate", 1)]
    assert conformed.facts["row_number"].to_list() == [1, 3]
    assert _problems(conformed) == [(2, "整行", "row_duplicate", "重复"), (4, "整行", "row_duplicate", "重复")]


def test_untaken_columns_count_for_duplicates(declared: Declarations) -> None:
    """Rows that differ in a column not taken in are no duplicates: the same person may be paid twice."""
    rows = [[*ONE, "正常发放"], [*ONE, "补发"]]

    conformed = _conformed(declared, "dibao_roster", [*HEADS, "备注"], *rows)

    assert conformed.count(RowStatus.ACCEPTED) == 2


def test_certificate_in_place_of_an_id(declared: Declarations) -> None:
    """Where the ID is blank the certificate's first eighteen characters stand for it."""
    heads, _ = SOURCES["disability_certificate"]
    row = ["甲一", "", MAN + "44B1", "肢体", "四级", "20240301"]

    conformed = _conformed(declared, "disability_certificate", heads, row)

    who = conformed.identity.select("id_kind", "id_no", "certificate_no").rows()
    assert (who, _problems(conformed)) == ([("certificate", MAN, MAN + "44B1")], [])


def test_head_of_household_numbers(declared: Declarations) -> None:
    """The head's ID is kept beside the row's own, only where it is whole."""
    heads = ["姓名", "身份证号", "户主姓名", "户主身份证号", "低保类别"]
    rows = [["丙三", CHILD, "甲一", MAN, "低保"], ["丙四", CHILD, "甲一", MAN[:-1], "低保"]]

    conformed = _conformed(declared, "dibao_roster", heads, *rows)

    expected = [(CHILD, "甲一", MAN), (CHILD, "甲一", None)]
    assert conformed.identity.select("id_no", "head_name", "head_id_no").rows() == expected


# Each cell is drawn from words that are good, dirty, blank or nonsense.
NAMES = ["甲一", "乙 二", "丙三", "", "—", "无"]
NUMBERS = [MAN, WOMAN, CHILD + " ", MAN[:-1] + "*", MAN[:6] + "********" + MAN[14:], "5.3E+17", "0", "", "12345678"]
DRAWN = (
    st.sampled_from(["1", "2", ""]),
    st.sampled_from(NAMES),
    st.sampled_from(NUMBERS),
    st.sampled_from(["农村低保", "特困", "农村某保", "", "/"]),
    st.sampled_from(["430", "1.2万", "约", "", "-30", "0"]),
    st.sampled_from(["2024-01", "202401", "45352", "去年", ""]),
)
TABLES = st.lists(st.tuples(*DRAWN).map(list), min_size=1, max_size=25)


@given(rows=TABLES)
@settings(max_examples=60, deadline=None)
def test_every_row_ends_once(declared: Declarations, rows: list[list[str | None]]) -> None:
    """Delivered rows = accepted + rejected + duplicate; only accepted rows have facts; rejected rows have a reason."""
    conformed = _dibao(declared, *rows)
    delivered = sum(1 for row in rows if any(values_of(row)))
    by = {status: conformed.count(status) for status in RowStatus}
    told = conformed.issues.filter(pl.col("severity") == "退回")["row_number"].unique().sort().to_list()
    rejected = conformed.identity.filter(pl.col("row_status") == "rejected")["row_number"].to_list()
    accepted = conformed.identity.filter(pl.col("row_status") == "accepted")["row_number"].to_list()

    assert (delivered, delivered) == (sum(by.values()), conformed.identity.height)
    assert conformed.identity["row_number"].to_list() == list(range(1, delivered + 1))
    assert (accepted, rejected) == (conformed.facts["row_number"].to_list(), told)


@given(rows=TABLES)
@settings(max_examples=40, deadline=None)
def test_identity_apart_from_facts(declared: Declarations, rows: list[list[str | None]]) -> None:
    """No name and no number of a person stands anywhere in facts or issues."""
    conformed = _dibao(declared, *rows)
    seen = conformed.identity.select("person_name", "id_no", "id_seen")
    persons = {cell for row in seen.rows() for cell in row if cell and len(cell) > 1}
    text = repr(conformed.facts.rows()) + repr(conformed.issues.rows())

    assert [person for person in sorted(persons) if person in text] == []


@given(rows=TABLES)
@settings(max_examples=25, deadline=None)
def test_the_same_every_time(declared: Declarations, rows: list[list[str | None]]) -> None:
    """The same table conforms to the same frames, row for row."""
    first, again = _dibao(declared, *rows), _dibao(declared, *rows)

    same = [getattr(first, part).equals(getattr(again, part)) for part in ("identity", "facts", "issues")]
    assert same == [True, True, True]


@given(rows=TABLES)
@settings(max_examples=25, deadline=None)
def test_facts_are_the_cells(declared: Declarations, rows: list[list[str | None]]) -> None:
    """Each fact is what its own row's cell reads as: no value moves to another row."""
    conformed = _dibao(declared, *rows)
    kept = [row for row in rows if any(values_of(row))]
    cells = pl.DataFrame({"cell": pl.Series([row[4] for row in kept], dtype=pl.String)})
    amounts = cells.select(values.money(pl.col("cell"), ten_thousands=False)).to_series().to_list()

    facts = conformed.facts.select("row_number", "amount_yuan").rows()
    assert facts == [(number, amounts[number - 1]) for number, _ in facts]


def values_of(row: list[str | None]) -> list[str]:
    """Return a row's cells that hold anything."""
    return [cell for cell in row if cell and cell.strip()]
