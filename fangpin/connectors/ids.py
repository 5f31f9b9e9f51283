"""Reads resident identity numbers (公民身份号码, GB 11643) as departments really write them.

Floor 2, polars only. What can be read for certain is normalised; a number that lost digits in a
spreadsheet is damaged for good and only kept as a prefix for candidates, never repaired. Where a column
is seen to have lost digits, a number that still passes its check by chance is not trusted either.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fangpin.connectors.cells import patched
from fangpin.connectors.check_digit import are_whole, check_digit
from fangpin.types import IdKind

_MISSING = (
    r"^(?:[0\-—–_./\\]*|无|不详|未知|不明|暂无|空|没有|NULL|\(NULL\)|NONE|NAN|NIL|N/A|"
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\*|NUM!|NULL!)|无证|未办理?|未提供|不清楚)$"
)
_NOT_SHOWN = r"[\s'\"`’‘“”=\-_\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]"
_NOTHING_ODD = r"^[0-9*]+X?[0-9*]*(?:[A-Z][0-9])?$"  # what is no other way to write something else
_LINE = r"[-_.—–─~]"  # a run of them hides digits, one of them parts groups
_SCIENTIFIC = r"^\d(?:\.\d+)?E\+?\d+$"
_MASK = "*"
_MASKED = r"^[\dX]*\*[\dX*]*$"
_CERTIFICATE_SHAPE = r"^\d{17}[\dX][1-7][1-4](?:[A-Z]\d)?$"  # ID, kind, level, re-issue
_CUT = r"^[1-9]\d{14}000$"  # what a spreadsheet leaves of eighteen digits
_WAS_NUMBER = r"^(?:[1-9]\d{15,}\.0+|[1-9]\d{0,2}(?:,\d{3}){5,}(?:\.0+)?)$"  # more digits than a double holds
_CUT_SEEN_MIN = 3  # so many cut numbers make a cut column
_CUT_BY_NATURE = 1100  # one whole ID in so many ends in 000: order number in 00 (1 in 100), check 0 (1 in 11)
_OLD, _FULL = 15, 18  # characters of an old ID, of an ID
_CERTIFICATES = (20, 22)  # characters of a certificate, of a re-issued one
_WHOLE = (IdKind.VALID.value, IdKind.UPGRADED.value, IdKind.CERTIFICATE.value)


@dataclass(frozen=True, slots=True)
class CutCount:
    """How many numbers of a column were seen to be cut, how many are whole: counts of its parts are added."""

    lost: int
    valid: int

    def __add__(self, other: CutCount) -> CutCount:
        """Return the counts of both parts together."""
        return CutCount(self.lost + other.lost, self.valid + other.valid)

    @property
    def has_lost_digits(self) -> bool:
        """Whether the column went through a spreadsheet that cuts: more numbers end in 000 than do by nature.

        >>> CutCount(3, 3299).has_lost_digits, CutCount(3, 3300).has_lost_digits, CutCount(2, 0).has_lost_digits
        (True, False, False)
        """
        return self.lost >= _CUT_SEEN_MIN and self.lost * _CUT_BY_NATURE > self.valid


def normalised(cell: pl.Expr) -> pl.Expr:
    """Return the characters of an ID cell: NFKC, no spaces, quotes, hyphens; ×, Х, x as X; masks as *.

    >>> cells = pl.Series(["'５3０ 130-19900101123×", "1301××××××××1234", "1301--------123X"])
    >>> pl.select(normalised(pl.lit(cells))).to_series().to_list()
    ['53013019900101123X', '1301********1234', '1301********123X']
    """
    shown = cell.str.normalize("NFKC").str.to_uppercase().str.replace_all(r"[×ХΧ✕✖╳]", "X")
    hides = shown.str.contains(rf"{_LINE}{{4,}}") & (shown.str.replace_all(rf"{_LINE}|\s", "").str.len_chars() < _OLD)
    hidden = pl.when(hides).then(_starred(shown, _LINE)).otherwise(shown)
    hidden = hidden.str.replace_all(_NOT_SHOWN, "")
    hidden = pl.when(hidden.str.contains("XXX")).then(_starred(hidden, "X")).otherwise(hidden)
    return hidden.str.replace_all(r"[＊∗●•·＃#?？█■○◯]", _MASK).str.replace(r"^(\d{1,15})\.0+$", "$1")


def _starred(text: pl.Expr, sign: str) -> pl.Expr:
    """Write a run of a sign as so many stars; a single one stays."""
    return text.str.replace_all(sign + sign, _MASK * 2).str.replace_all(rf"\*{sign}", _MASK * 2)


def read_ids(frame: pl.DataFrame, cell: str, *, certificate: str | None = None) -> pl.DataFrame:
    """Return id_kind, id_no and id_seen for a whole text column, taking a certificate's first 18 where it helps.

    One in eleven numbers cut to …000 passes its check by chance. Where a column holds at least three cut numbers that
    fail it, and more of them than whole IDs that end in 000 by nature (one in 1,100), every …000 is damaged.

    Rows: one per row of ``frame``. id_kind str (IdKind); id_no str, 18 characters that pass the check digit, null
    unless valid, upgraded or certificate; id_seen str, the characters as given when they are of any use.
    Source: GB 11643; data dictionary 3.10.

    >>> read_ids(pl.DataFrame({"id": ["110105491231002", "5.22391E+17", "无"]}), "id").rows()
    [('upgraded', '11010519491231002X', '110105491231002'), ('damaged', None, '522391'), ('missing', None, None)]
    """
    judged = judge_ids(frame, cell, certificate=certificate)
    return doubt(judged, cut_seen(judged))


def judge_ids(frame: pl.DataFrame, cell: str, *, certificate: str | None = None) -> pl.DataFrame:
    """Return id_kind, id_no and id_seen of one part of a column, each number judged by itself.

    Rows: as read_ids, but that the id_seen of a cut number is still all its 18 characters: ``cut_seen`` counts them,
    and ``doubt`` settles them when the whole column is known. A certificate's number that ends in 000 never helps.
    """
    read = _judged(frame[cell])
    if certificate is None:
        return read
    missing = read["id_kind"] == IdKind.MISSING.value
    spare = _judged(frame[certificate].filter(missing))
    whole = pl.col("id_kind").is_in([IdKind.CERTIFICATE.value, IdKind.VALID.value])
    usable = whole & ~pl.col("id_no").str.ends_with("000")
    helped = spare.select(
        pl.when(usable).then(pl.lit(IdKind.CERTIFICATE.value)).otherwise(pl.lit(IdKind.MISSING.value)).alias("id_kind"),
        *(pl.when(usable).then(pl.col(name)).alias(name) for name in ("id_no", "id_seen")),
    )
    return read.select(patched(read[name], missing, helped[name]) for name in read.columns)


def cut_seen(part: pl.DataFrame) -> CutCount:
    """Return how many numbers of a judged part (id_kind, id_seen) are cut to …000, and how many are valid."""
    kinds = part["id_kind"]
    damaged = part.filter(kinds == IdKind.DAMAGED.value)["id_seen"]
    return CutCount(int(damaged.str.contains(_CUT).sum()), int((kinds == IdKind.VALID.value).sum()))


def doubt(frame: pl.DataFrame, count: CutCount) -> pl.DataFrame:
    """Return a judged part settled by what the whole column's count says: a cut number keeps fifteen characters.

    Rows: id_kind, id_no, id_seen in and out. Where the column has lost digits, a valid …000 is damaged as well.
    """
    kind, seen = pl.col("id_kind"), pl.col("id_seen")
    lost = kind == IdKind.DAMAGED.value
    if count.has_lost_digits:
        lost |= (kind == IdKind.VALID.value) & seen.str.ends_with("000")
    if not frame.select(lost.any()).item():
        return frame.select("id_kind", "id_no", "id_seen")
    return frame.select(
        pl.when(lost).then(pl.lit(IdKind.DAMAGED.value)).otherwise(kind).alias("id_kind"),
        pl.when(~lost).then(pl.col("id_no")).alias("id_no"),
        pl.when(lost).then(seen.str.head(_OLD)).otherwise(seen).alias("id_seen"),
    )


def _judged(cells: pl.Series) -> pl.DataFrame:
    """Return id_kind, id_no, id_seen of a column; only what is no plain valid number is looked at closely."""
    plain = are_whole(cells)
    frame = cells.alias("text").to_frame()
    known = {"id_kind": pl.lit(IdKind.VALID.value), "id_no": pl.col("text"), "id_seen": pl.col("text")}
    if plain.all():
        return frame.select(shown.alias(name) for name, shown in known.items())
    close = ~plain & cells.is_not_null()
    rest = _looked_at(cells.filter(close))
    place = pl.when(close).then(close.cum_sum() - 1)
    read = frame.with_columns(plain.alias("plain"), place.alias("place")).select(
        pl.when("plain").then(shown).otherwise(pl.lit(rest[name]).gather(pl.col("place"))).alias(name)
        for name, shown in known.items()
    )
    return read.with_columns(pl.col("id_kind").fill_null(IdKind.MISSING.value))


def _characters(cells: pl.Series) -> pl.Series:
    """Return the normalised characters of cells; those with nothing odd but an outer quote or space are soon done."""
    bare = cells.str.strip_chars(" \t'").str.to_uppercase()
    odd = ~bare.str.contains(_NOTHING_ODD)
    if not odd.any():
        return bare
    whole = cells.filter(odd).to_frame("cell").select(normalised(pl.col("cell")).alias("seen"))["seen"]
    return patched(bare, odd, whole)


def _looked_at(cells: pl.Series) -> pl.DataFrame:
    """Return id_kind, id_no, id_seen of cells as written; step by step, so that no step is computed twice."""
    text, first18, length = pl.col("seen"), pl.col("first18"), pl.col("length")
    frame = _characters(cells).to_frame("seen").with_columns(text.str.len_chars().alias("length"))
    frame = frame.with_columns(
        pl.when(length >= _FULL).then(text.str.head(_FULL)).alias("first18"),
        pl.when(length == _OLD).then(text.str.slice(0, 6) + "19" + text.str.slice(6, 9)).alias("upgraded17"),
    )
    upgraded = pl.col("upgraded17") + check_digit(pl.col("upgraded17"))
    frame = frame.with_columns(pl.coalesce(first18, upgraded).alias("first18"))
    frame = frame.with_columns(are_whole(frame["first18"]).alias("right")).with_columns(_kind().alias("id_kind"))
    return frame.select(
        "id_kind",
        pl.when(pl.col("id_kind").is_in(_WHOLE)).then(first18).alias("id_no"),
        pl.when(pl.col("id_kind") != IdKind.MISSING.value).then(_digits()).alias("id_seen"),
    )


def _kind() -> pl.Expr:
    text, length, right = pl.col("seen"), pl.col("length"), pl.col("right")
    return (
        pl.when(text.is_null() | text.str.contains(_MISSING))
        .then(pl.lit(IdKind.MISSING.value))
        .when(text.str.contains(r"\*") & (text.str.contains(r"\d{3}") | _hidden_whole(text)))
        .then(pl.lit(IdKind.MASKED.value))
        .when(text.str.contains(_SCIENTIFIC) | text.str.contains(_WAS_NUMBER))
        .then(pl.lit(IdKind.DAMAGED.value))
        .when(right & (length == _FULL))
        .then(pl.lit(IdKind.VALID.value))
        .when(right & (length == _OLD) & text.str.contains(r"^\d{15}$"))
        .then(pl.lit(IdKind.UPGRADED.value))
        .when(right & length.is_in(_CERTIFICATES) & text.str.contains(_CERTIFICATE_SHAPE))
        .then(pl.lit(IdKind.CERTIFICATE.value))
        .when(text.str.contains(_CUT))
        .then(pl.lit(IdKind.DAMAGED.value))
        .when(text.str.contains(r"\d{6}"))
        .then(pl.lit(IdKind.INVALID.value))
        .otherwise(pl.lit(IdKind.MISSING.value))
    )


def _hidden_whole(text: pl.Expr) -> pl.Expr:
    """Say whether all but a character or two of a whole number is hidden, as in 6****************1."""
    return text.str.contains(_MASKED) & text.str.contains(r"\d") & text.str.len_chars().is_between(_OLD, _FULL)


def _digits() -> pl.Expr:
    """Return the characters worth keeping: of scientific notation its written digits, of a number its digits."""
    text = pl.col("seen")
    return (
        pl.when(text.str.contains(_SCIENTIFIC))
        .then(text.str.replace(r"E\+?\d+$", "").str.replace(r"\.", "").str.head(_OLD))
        .when(text.str.contains(_WAS_NUMBER))
        .then(text.str.replace_all(",", "", literal=True).str.head(_OLD))
        .otherwise(text)
    )
