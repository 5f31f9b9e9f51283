"""Identity numbers: every shape departments write, what is read from it, and what is never made up."""

from __future__ import annotations

import datetime as dt

import identity as plain
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import MAN, WOMAN

from fangpin.connectors.check_digit import are_whole, check_digit
from fangpin.connectors.ids import CutCount, cut_seen, doubt, judge_ids, read_ids
from fangpin.types import IdKind

X_END = "11010519491231002X"  # the example printed in GB 11643
OLD = "110105491231002"

digits17 = st.text("0123456789", min_size=17, max_size=17)
areas = st.integers(110000, 999999).map(str)
births = st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2030, 1, 1))
valid_ids = st.builds(
    lambda area, born, order: plain.whole(area, f"{born:%Y%m%d}", f"{order:03d}"), areas, births, st.integers(0, 999)
)


def _read(*cells: str | None) -> list[tuple[str | None, ...]]:
    return read_ids(pl.DataFrame({"id": pl.Series(cells, dtype=pl.String)}), "id").rows()


@pytest.mark.parametrize(
    ("cell", "kind", "number", "seen"),
    [
        (X_END, IdKind.VALID, X_END, X_END),
        (X_END.lower(), IdKind.VALID, X_END, X_END),
        (X_END[:-1] + "×", IdKind.VALID, X_END, X_END),
        (X_END[:-1] + "Х", IdKind.VALID, X_END, X_END),  # Cyrillic
        (X_END[:-1] + "х", IdKind.VALID, X_END, X_END),  # Cyrillic, small
        (X_END[:-1] + "Ｘ", IdKind.VALID, X_END, X_END),
        ("１１０１０５１９４９１２３１００２Ｘ", IdKind.VALID, X_END, X_END),
        ("'" + X_END, IdKind.VALID, X_END, X_END),
        ("‘" + X_END + "’", IdKind.VALID, X_END, X_END),
        ('"' + X_END + '"', IdKind.VALID, X_END, X_END),
        (" 110105 19491231 002X ", IdKind.VALID, X_END, X_END),
        (X_END + "\t", IdKind.VALID, X_END, X_END),
        (X_END + "\u00a0", IdKind.VALID, X_END, X_END),
        ("110105\u200b19491231002X", IdKind.VALID, X_END, X_END),
        ("\ufeff" + X_END, IdKind.VALID, X_END, X_END),
        ("110105-19491231-002X", IdKind.VALID, X_END, X_END),
        (OLD, IdKind.UPGRADED, X_END, OLD),
        (OLD + ".0", IdKind.UPGRADED, X_END, OLD),
        (X_END + "44", IdKind.CERTIFICATE, X_END, X_END + "44"),
        (X_END + "44B1", IdKind.CERTIFICATE, X_END, X_END + "44B1"),
        (X_END + "死亡", IdKind.INVALID, None, X_END + "死亡"),
        (X_END + "94", IdKind.INVALID, None, X_END + "94"),  # there is no ninth kind of disability
        (X_END + "1", IdKind.INVALID, None, X_END + "1"),
        ("110105********002X", IdKind.MASKED, None, "110105********002X"),
        ("110***********002X", IdKind.MASKED, None, "110***********002X"),
        ("１１０１０５＊＊＊＊＊＊＊＊００２Ｘ", IdKind.MASKED, None, "110105********002X"),
        ("1****************X", IdKind.MASKED, None, "1****************X"),
        ("1.10105E+17", IdKind.DAMAGED, None, "110105"),
        ("1.10105194912310E+17", IdKind.DAMAGED, None, "110105194912310"),
        ("1e+17", IdKind.DAMAGED, None, "1"),
        ("110105194912310000", IdKind.DAMAGED, None, "110105194912310"),
        ("110105194912310020", IdKind.INVALID, None, "110105194912310020"),
        ("110105194902310028", IdKind.INVALID, None, "110105194902310028"),  # 31 February
        ("010105194912310027", IdKind.INVALID, None, "010105194912310027"),
        (X_END[:-2] + "3X", IdKind.INVALID, None, X_END[:-2] + "3X"),
        ("6222021234567890123", IdKind.INVALID, None, "6222021234567890123"),  # a bank card
        ('="' + X_END + '"', IdKind.VALID, X_END, X_END),
        ("11010519491231\n002X", IdKind.VALID, X_END, X_END),
        ("110105－19491231－002X", IdKind.VALID, X_END, X_END),
        (OLD + ".00", IdKind.UPGRADED, X_END, OLD),
        ("110105××××××××002X", IdKind.MASKED, None, "110105********002X"),
        ("110105xxxxxxxx002X", IdKind.MASKED, None, "110105********002X"),
        ("110105--------002X", IdKind.MASKED, None, "110105********002X"),
        ("110105________002X", IdKind.MASKED, None, "110105********002X"),
        ("110105........002X", IdKind.MASKED, None, "110105********002X"),
        ("110105●●●●●●●●002X", IdKind.MASKED, None, "110105********002X"),
        ("110105##########2X", IdKind.MASKED, None, "110105**********2X"),
        (X_END + ".0", IdKind.INVALID, None, X_END + ".0"),
        (WOMAN + ".0", IdKind.DAMAGED, None, WOMAN[:15]),  # it was a float: its last three digits are not the number's
        ("110,105,194,912,310,020", IdKind.DAMAGED, None, "110105194912310"),
        ("4.10881 E+17", IdKind.DAMAGED, None, "410881"),
        ("４．１０８８１Ｅ＋１７", IdKind.DAMAGED, None, "410881"),
        ("11010519491231002", IdKind.INVALID, None, "11010519491231002"),  # 17
        (X_END + "3", IdKind.INVALID, None, X_END + "3"),  # 19
        ("l10105194912310O2X", IdKind.INVALID, None, "L10105194912310O2X"),  # letters for digits
        (f"{MAN}/{WOMAN}", IdKind.INVALID, None, f"{MAN}/{WOMAN}"),
        ("不明", IdKind.MISSING, None, None),
        (None, IdKind.MISSING, None, None),
        ("", IdKind.MISSING, None, None),
        ("  ", IdKind.MISSING, None, None),
        ("0", IdKind.MISSING, None, None),
        ("无", IdKind.MISSING, None, None),
        ("-", IdKind.MISSING, None, None),
        ("——", IdKind.MISSING, None, None),
        ("未办理", IdKind.MISSING, None, None),
        ("#N/A", IdKind.MISSING, None, None),
        ("#DIV/0!", IdKind.MISSING, None, None),
        ("***", IdKind.MISSING, None, None),
        ("12345", IdKind.MISSING, None, None),  # five digits say nothing
        ("123456", IdKind.INVALID, None, "123456"),
    ],
)
def test_shapes(cell: str | None, kind: IdKind, number: str | None, seen: str | None) -> None:
    """Each written shape has one kind, one number or none, and the characters that were given."""
    assert [(kind.value, number, seen)] == _read(cell)


@pytest.mark.parametrize(
    ("id_cell", "certificate", "expected"),
    [
        (None, MAN + "44", (IdKind.CERTIFICATE, MAN, MAN + "44")),
        ("无", MAN, (IdKind.CERTIFICATE, MAN, MAN)),
        (WOMAN, MAN + "44", (IdKind.VALID, WOMAN, WOMAN)),
        ("990101********1231", MAN + "44", (IdKind.MASKED, None, "990101********1231")),
        (None, None, (IdKind.MISSING, None, None)),
        (None, "990101********123144", (IdKind.MISSING, None, None)),
    ],
)
def test_certificate_helps_only_where_the_id_is_missing(
    id_cell: str | None, certificate: str | None, expected: tuple[str | None, ...]
) -> None:
    """A whole certificate number stands in for a blank ID and never outdoes a written one."""
    frame = pl.DataFrame({"id": [id_cell], "no": [certificate]}, schema={"id": pl.String, "no": pl.String})

    assert [expected] == read_ids(frame, "id", certificate="no").rows()


@given(st.lists(digits17 | st.text("0123456789Xx ", max_size=19), max_size=20))
def test_check_digit_is_the_plain_one(numbers: list[str]) -> None:
    """The set-based check digit equals the plain Python one on any text."""
    frame = pl.DataFrame({"n": pl.Series(numbers, dtype=pl.String)})

    assert [plain.check_digit(n) for n in numbers] == frame.select(check_digit(pl.col("n"))).to_series().to_list()


def _dirty(number: str, dirt: str, place: int, wide: bool) -> str:  # noqa: FBT001 - drawn by Hypothesis
    written = number.translate(str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")) if wide else number
    return written[:place] + dirt + written[place:]


harmless = st.text(" \t'\"-\u00a0\u200b\u3000\ufeff’", max_size=4)


@given(st.lists(st.tuples(valid_ids, harmless, st.integers(0, 18), st.booleans()), min_size=1, max_size=20))
def test_harmless_dirt_is_harmless(drawn: list[tuple[str, str, int, bool]]) -> None:
    """A valid number with spaces, quotes, hyphens or full width anywhere reads as itself."""
    cells = [_dirty(*one) for one in drawn]

    assert [(IdKind.VALID.value, one[0], one[0]) for one in drawn] == _read(*cells)


@given(st.lists(st.tuples(valid_ids, st.integers(0, 17), st.integers(1, 9)), min_size=1, max_size=20))
def test_a_changed_digit_is_never_repaired(drawn: list[tuple[str, int, int]]) -> None:
    """With one digit changed, the number is never read, least of all as what it was before."""
    cells = []
    for number, place, step in drawn:
        old = "0123456789X".index(number[place])
        cells.append(number[:place] + str((old + step) % 10) + number[place + 1 :])
    changed = [(cell, number) for cell, (number, _, _) in zip(cells, drawn, strict=True) if cell != number]

    numbers = [row[1] for row in _read(*(cell for cell, _ in changed))]

    assert [None] * len(changed) == numbers


@given(st.lists(valid_ids, min_size=1, max_size=20))
def test_a_number_through_a_spreadsheet_is_lost(numbers: list[str]) -> None:
    """Scientific notation keeps its written digits and yields no number."""
    cells = [f"{int(n[:17] + '0'):.5E}" for n in numbers]

    assert [(IdKind.DAMAGED.value, None)] * len(cells) == [row[:2] for row in _read(*cells)]


BY_CHANCE = "990101199001010000"  # whole: its check digit is 0
CUT = [f"9901011990010{day}0000"[:18] for day in range(11, 15)]


@pytest.mark.parametrize(
    ("cut", "whole", "kind"),
    [
        (2, 0, IdKind.VALID),  # two cut numbers are two accidents
        (3, 0, IdKind.DAMAGED),
        (3, 3298, IdKind.DAMAGED),  # 3,299 whole numbers: fewer than three end in 000 by nature
        (3, 3299, IdKind.VALID),
        (4, 3299, IdKind.DAMAGED),
    ],
)
def test_a_number_that_passes_by_chance(cut: int, whole: int, kind: IdKind) -> None:
    """In a column that has lost digits a valid …000 is damaged too; in any other it is what it says."""
    read = _read(BY_CHANCE, *CUT[:cut], *[MAN] * whole)

    assert (kind.value, IdKind.DAMAGED.value) == (read[0][0], read[1][0])
    expected = (None, BY_CHANCE[:15]) if kind is IdKind.DAMAGED else (BY_CHANCE, BY_CHANCE)
    assert expected == read[0][1:]


def test_scientific_numbers_say_nothing_of_000() -> None:
    """Numbers in scientific notation were cut in another way: a valid …000 beside them stands."""
    assert _read(BY_CHANCE, *["1.10105E+17"] * 5)[0][:2] == (IdKind.VALID.value, BY_CHANCE)


def test_a_column_in_parts_reads_as_a_whole() -> None:
    """Counts of the parts are added, and each part is settled by the sum as the whole column would be."""
    cells = [BY_CHANCE, *CUT[:3], MAN, None, "5.22391E+17", OLD]
    parts = [judge_ids(pl.DataFrame({"id": cells[i : i + 2]}, schema={"id": pl.String}), "id") for i in range(0, 8, 2)]

    count = sum((cut_seen(part) for part in parts), CutCount(0, 0))

    assert count == CutCount(3, 2)
    assert [row for part in parts for row in doubt(part, count).rows()] == _read(*cells)


@given(st.lists(st.text("0123456789Xx+- ", max_size=19) | valid_ids, max_size=20))
def test_whole_numbers_are_the_plain_ones(cells: list[str]) -> None:
    """The set-based check of a number's shape, day and check digit equals the plain one on any text."""
    assert are_whole(pl.Series(cells, dtype=pl.String)).to_list() == [plain.is_whole(cell) for cell in cells]


def test_a_certificate_in_000_never_helps() -> None:
    """A certificate's number that may have lost its digits stands in for no ID."""
    frame = pl.DataFrame({"id": [None], "no": [BY_CHANCE + "44"]}, schema={"id": pl.String, "no": pl.String})

    assert read_ids(frame, "id", certificate="no").rows() == [(IdKind.MISSING.value, None, None)]
