"""Houses, basic living and certificates: full lists, what is new and what only looks new."""

from __future__ import annotations

import datetime as dt

import pytest
from warning_tables import Month, months

HOUSE, DIBAO, DISABILITY = "housing_appraisal", "dibao_roster", "disability_certificate"
ALL = {source: months("2024-01", "2024-06") for source in (HOUSE, DIBAO, DISABILITY)}


@pytest.mark.parametrize(
    ("house_grade", "renovation", "inhabited", "expected"),
    [
        ("C", "未改造", "是", True),
        ("D", "无需改造", None, True),
        ("C", "已改造", "是", False),
        ("C", "改造中", "是", False),
        ("D", "未改造", "否", False),
        ("B", None, "是", False),
        ("C", None, "是", None),
        (None, "未改造", "是", None),
    ],
)
def test_unsafe_house(house_grade: str | None, renovation: str | None, inhabited: str | None, expected: object) -> None:
    """C or D, lived in and not rebuilt is unsafe; not known is neither."""
    month = Month(covered=ALL)
    month.fact(HOUSE, "2024-06", house_grade=house_grade, renovation=renovation, inhabited=inhabited)

    assert month.household("is_unsafe_house") == (expected,)


def test_one_unsafe_house_of_two_is_enough() -> None:
    """The unsafe house is the one that is shown."""
    month = Month(covered=ALL)
    month.fact(HOUSE, "2024-06", house_grade="D", renovation="已改造")
    month.fact(HOUSE, "2024-06", house_grade="C", renovation="未改造")

    assert month.household("is_unsafe_house", "house_grade", "renovation") == (True, "C", "未改造")


def test_blank_cells_of_the_shown_house_stay_blank() -> None:
    """What is not known of the unsafe house is not taken from another."""
    month = Month(covered=ALL)
    month.fact(HOUSE, "2024-06", house_grade="D", renovation="未改造")
    month.fact(HOUSE, "2024-06", house_grade="B", renovation="无需改造", inhabited="是")

    assert month.household("house_grade", "renovation", "inhabited") == ("D", "未改造", None)


def test_house_of_last_month() -> None:
    """Last month's list is read for itself; not listed is not unsafe, not covered is unknown."""
    month = Month(covered=ALL)
    month.fact(HOUSE, "2024-05", house_grade="C", renovation="未改造")

    assert month.household("is_unsafe_house", "was_unsafe_house") == (False, True)
    assert Month(covered={HOUSE: months("2024-06", "2024-06")}).household("was_unsafe_house") == (None,)
    assert Month().household("is_unsafe_house", "was_unsafe_house") == (None, None)


def test_margin_list_is_no_safety_net() -> None:
    """低保边缘 is a category, not a safety net; 特困供养 is one."""
    for category, expected in (("低保边缘", False), ("特困供养", True), ("农村低保", True)):
        month = Month(covered=ALL)
        month.fact(DIBAO, "2024-06", category=category)

        assert month.household("has_safety_net") == (expected,)
        assert month.person("dibao_category") == (category,)


def test_uncovered_basic_living_is_null() -> None:
    """Without the month's list nobody is known to lack a safety net."""
    month = Month(covered={DIBAO: months("2024-01", "2024-05")})
    month.fact(DIBAO, "2024-05", category="农村低保")

    assert month.household("has_safety_net", "is_dibao_new", "is_dibao_whole_household") == (None, None, None)


@pytest.mark.parametrize(
    ("before", "started_on", "expected"),
    [
        (False, dt.date(2024, 6, 1), True),
        (False, dt.date(2024, 4, 1), True),
        (False, dt.date(2024, 3, 1), False),  # a start of long ago, listed late
        (False, None, True),
        (True, dt.date(2024, 6, 1), False),  # listed before: a renewed grant
    ],
)
def test_new_basic_living(before: bool, started_on: dt.date | None, expected: bool) -> None:  # noqa: FBT001
    """New is: not listed in any earlier month, and not started long ago."""
    month = Month(covered=ALL)
    month.fact(DIBAO, "2024-06", category="农村低保", started_on=started_on)
    if before:
        month.fact(DIBAO, "2024-02", category="农村低保")

    assert month.household("is_dibao_new") == (expected,)


def test_new_without_earlier_lists_needs_a_start() -> None:
    """In the first month ever only the start says whether a grant is new."""
    month = Month(covered={DIBAO: months("2024-06", "2024-06")})
    month.fact(DIBAO, "2024-06", category="农村低保")

    assert month.household("is_dibao_new") == (None,)


@pytest.mark.parametrize(
    ("listed", "insured", "expected"), [(2, None, True), (1, None, False), (1, 2, True), (1, 1, False)]
)
def test_whole_household(listed: int, insured: int | None, expected: bool) -> None:  # noqa: FBT001
    """All members listed, or the head with the number insured: the whole household."""
    month = Month(covered=ALL, people=2)
    for place in range(1, listed + 1):
        month.fact(DIBAO, "2024-06", person_no=f"P{place}", category="农村低保", insured_count=insured)

    assert month.household("is_dibao_whole_household", "dibao_persons") == (expected, listed)


@pytest.mark.parametrize(
    ("event", "issued_on", "seen_before", "expected"),
    [
        ("新办", dt.date(2024, 6, 10), False, True),
        ("新办", dt.date(2024, 5, 31), False, True),
        ("新办", dt.date(2024, 4, 30), False, False),
        ("换证", dt.date(2024, 6, 10), False, False),
        (None, dt.date(2024, 6, 10), False, True),
        (None, dt.date(2024, 6, 10), True, False),  # listed before it was issued: renewed
        (None, dt.date(2014, 6, 10), False, False),  # an old certificate that comes late
        ("新办", dt.date(2024, 7, 1), False, False),  # a date after the month
        (None, None, False, None),
    ],
)
def test_newly_disabled(event: str | None, issued_on: dt.date | None, seen_before: bool, expected: object) -> None:  # noqa: FBT001
    """A certificate issued this month or last, and no renewal."""
    month = Month(covered=ALL)
    if seen_before:
        month.fact(DISABILITY, "2024-03", disability_level="二级", issued_on=dt.date(2014, 5, 1))
    month.fact(DISABILITY, "2024-06", disability_level="二级", issued_on=issued_on, certificate_event=event)

    assert month.person("is_newly_disabled", "was_disabled") == (expected, seen_before)


def test_new_or_renewed_cannot_be_told_in_the_first_month() -> None:
    """A fresh certificate without a remark in the first list ever may be either."""
    month = Month(covered={DISABILITY: months("2024-06", "2024-06")})
    month.fact(DISABILITY, "2024-06", disability_level="二级", issued_on=dt.date(2024, 6, 3))

    assert month.person("is_newly_disabled", "was_disabled", "is_disabled") == (None, None, True)


@pytest.mark.parametrize(
    ("level", "disability_type", "status", "expected"),
    [
        ("二级", "听力", "有效", (True, True)),
        ("三级", "智力", None, (True, True)),
        ("三级", "肢体", None, (True, False)),
        ("一级", "肢体", "注销", (False, False)),
    ],
)
def test_severe_disability(level: str, disability_type: str, status: str | None, expected: tuple[bool, bool]) -> None:
    """Levels one and two, and three for mind; a cancelled certificate is none."""
    month = Month(covered=ALL)
    month.fact(
        DISABILITY, "2024-06", disability_level=level, disability_type=disability_type, certificate_status=status
    )

    assert month.person("is_disabled", "is_severely_disabled") == expected


def test_not_listed_is_not_disabled_and_not_covered_is_unknown() -> None:
    """A covered list without the person says no; no list says nothing."""
    assert Month(covered=ALL).person("is_disabled", "is_severely_disabled", "is_newly_disabled") == (
        False,
        False,
        False,
    )
    assert Month().person("is_disabled", "is_severely_disabled", "is_newly_disabled") == (None, None, None)


@pytest.mark.parametrize("counted", [0, 2, None])
def test_labour_is_counted_once(counted: int | None) -> None:
    """Who is able to work is counted with the register; the wide table carries the figure, unknown included."""
    month = Month(people=0)
    month.add("household", household_no="H2", labour_count=counted)
    month.screen()

    assert month.con.execute("select labour_count from household_month where household_no = 'H2'").fetchall() == [
        (counted,)
    ]


def test_a_completed_rebuilding_makes_a_house_safe() -> None:
    """A completion date in or before the month counts as rebuilt; a later one does not."""
    verdicts = []
    for completed_on in (dt.date(2024, 6, 30), dt.date(2024, 7, 1)):
        month = Month(covered=ALL)
        month.fact(HOUSE, "2024-06", house_grade="D", renovation="未改造", completed_on=completed_on)
        verdicts.append(month.household("is_unsafe_house"))

    assert verdicts == [(False,), (True,)]


def test_the_first_certificate_tells_a_renewal() -> None:
    """Where the list gives the first issue, a new card of an old disability is no news, and a first one is."""
    verdicts = []
    for first in (dt.date(2014, 5, 1), dt.date(2024, 6, 3)):
        month = Month(covered=ALL)
        month.fact(DISABILITY, "2024-06", issued_on=dt.date(2024, 6, 3), first_issued_on=first, disability_level="二级")
        verdicts.append(month.person("is_newly_disabled"))

    assert verdicts == [(False,), (True,)]


@pytest.mark.parametrize(
    ("ended", "expected"),
    [(None, (True, 1)), ("2024-06-30", (True, 1)), ("2024-06-01", (True, 1)), ("2024-05-31", (False, 0))],
    ids=["still paid", "ends this month", "ends with this month's pay", "ended last month"],
)
def test_aid_that_has_ended_is_no_safety_net(ended: str | None, expected: object) -> None:
    """A roster that keeps former recipients says until when; the month of the end still counts."""
    month = Month(covered={DIBAO: months("2024-05", "2024-06")})
    month.fact(DIBAO, "2024-06", category="农村低保", ended_on=ended)

    assert month.household("has_safety_net", "dibao_persons") == expected
