"""Reads resident identity numbers (公民身份号码, GB 11643) as departments really write them.

Floor 2, polars expressions. What can be read for certain is normalised; a number that lost digits in a
spreadsheet is damaged for good and only kept as a prefix for candidates, never repaired. Where a column
is seen to have lost digits, a number that still passes its check by chance is not trusted either.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from fangpin.types import IdKind

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_MISSING = r"^(?:[0\-—–_./\\]*|无|不详|未知|暂无|空|NULL|NONE|NAN|N/A|#N/A|无证|未办理?)$"
_NOT_SHOWN = r"[\s'\"`’‘“”\-_\u200b-\u200f\u2060\ufeff\u00ad]"
_SCIENTIFIC = r"^\d(?:\.\d+)?E\+?\d+$"
_MASK = "*"
_MASKED = r"^[\dX]*\*[\dX*]*$"
_CERTIFICATE_SHAPE = r"^\d{17}[\dX][1-7][1-4](?:[A-Z]\d)?$"  # ID, kind, level, re-issue
_CUT = r"^[1-9]\d{14}000$"  # what a spreadsheet leaves of eighteen digits
_CUT_SEEN_MIN = 3  # so many cut numbers make a cut column
_CUT_BY_NATURE = 1100  # one whole ID in so many ends in 000: order number in 00 (1 in 100), check 0 (1 in 11)
_OLD, _FULL = 15, 18  # characters of an old ID, of an ID
_BORN_FROM, _BORN_TO = dt.date(1890, 1, 1), dt.date(2099, 12, 31)


def normalised(cell: pl.Expr) -> pl.Expr:
    """Return the characters of an ID cell: NFKC, no spaces, quotes, hyphens; ×, Х, x as X; masks as *.

    >>> pl.select(normalised(pl.lit("'５3０ 130-19900101123×")))["literal"].item()
    '53013019900101123X'
    """
    return (
        cell.str.normalize("NFKC")
        .str.replace_all(_NOT_SHOWN, "")
        .str.to_uppercase()
        .str.replace_all(r"[×ХχΧ✕✖╳]", "X")
        .str.replace_all(r"[＊∗●•·＃#?？█■]", _MASK)
        .str.replace(r"\.0$", "")
    )


def check_digit(first17: pl.Expr) -> pl.Expr:
    """Return the 18th character that belongs to seventeen digits (mod 11-2); null for anything else.

    >>> pl.select(check_digit(pl.lit("11010519491231002")))["literal"].item()
    'X'
    """
    total = pl.sum_horizontal(
        first17.str.slice(i, 1).cast(pl.Int32, strict=False) * weight for i, weight in enumerate(_WEIGHTS)
    )
    usable = first17.str.contains(r"^\d{17}$")
    return pl.when(usable).then(pl.lit(_CHECKS).str.slice(total % 11, 1))


def read_ids(frame: pl.DataFrame, cell: str, *, certificate: str | None = None) -> pl.DataFrame:
    """Return id_kind, id_no and id_seen for a text column, taking a disability certificate's first 18 where it helps.

    One in eleven numbers cut to …000 passes its check by chance. Where a column holds at least three cut numbers that
    fail it, and more of them than whole IDs that end in 000 by nature (one in 1,100), every …000 is damaged.

    Rows: one per row of ``frame``. id_kind str (IdKind); id_no str, 18 characters that pass the check digit, null
    unless valid, upgraded or certificate; id_seen str, the characters as given when they are of any use.
    Source: GB 11643; data dictionary 3.10.

    >>> read_ids(pl.DataFrame({"id": ["110105491231002", "5.22391E+17", "无"]}), "id").rows()
    [('upgraded', '11010519491231002X', '110105491231002'), ('damaged', None, '522391'), ('missing', None, None)]
    """
    seen = frame.select(normalised(pl.col(cell)).alias("seen"))["seen"]
    read = _judged(seen)
    if certificate is None:
        return read
    spare = _judged(frame.select(normalised(pl.col(certificate)).alias("seen"))["seen"])
    usable = (read["id_kind"] == IdKind.MISSING) & spare["id_kind"].is_in([IdKind.CERTIFICATE, IdKind.VALID])
    chosen = read.with_columns(
        pl.when(usable).then(spare[name]).otherwise(read[name]).alias(name) for name in ("id_no", "id_seen")
    )
    return chosen.with_columns(
        pl.when(usable).then(pl.lit(str(IdKind.CERTIFICATE))).otherwise(pl.col("id_kind")).alias("id_kind")
    )


def _judged(seen: pl.Series) -> pl.DataFrame:
    """Return id_kind, id_no, id_seen of normalised characters; step by step, so that no step is computed twice."""
    text, first18, length = pl.col("seen"), pl.col("first18"), pl.col("length")
    frame = seen.to_frame("seen").with_columns(text.str.len_chars().alias("length"))
    frame = frame.with_columns(
        pl.when(length == _OLD).then(text.str.slice(0, 6) + "19" + text.str.slice(6, 9)).alias("upgraded17"),
        pl.when(length >= _FULL).then(text.str.slice(0, 18)).alias("first18"),
    )
    whole = pl.col("upgraded17") + check_digit(pl.col("upgraded17"))
    frame = frame.with_columns(pl.coalesce("first18", whole).alias("first18"))
    right = (
        first18.str.contains(r"^[1-9]\d{16}[\dX]$")
        & (check_digit(first18.str.slice(0, 17)) == first18.str.slice(17, 1))
        & first18.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).is_between(_BORN_FROM, _BORN_TO)
    )
    frame = frame.with_columns(right.fill_null(value=False).alias("right"))
    judged = frame.with_columns(_kind().alias("id_kind"))
    judged = judged.with_columns(
        pl.when(_doubtful()).then(pl.lit(IdKind.DAMAGED.value)).otherwise(pl.col("id_kind")).alias("id_kind")
    )
    known = pl.col("id_kind").is_in([IdKind.VALID, IdKind.UPGRADED, IdKind.CERTIFICATE])
    return judged.select(
        "id_kind",
        pl.when(known).then(first18).alias("id_no"),
        pl.when(pl.col("id_kind") != IdKind.MISSING).then(_digits()).alias("id_seen"),
    )


def _kind() -> pl.Expr:
    text, length, right = pl.col("seen"), pl.col("length"), pl.col("right")
    return (
        pl.when(text.is_null() | text.str.contains(_MISSING))
        .then(pl.lit(IdKind.MISSING.value))
        .when(text.str.contains(r"\*") & (text.str.contains(r"\d{3}") | _hidden_whole(text)))
        .then(pl.lit(IdKind.MASKED.value))
        .when(text.str.contains(_SCIENTIFIC))
        .then(pl.lit(IdKind.DAMAGED.value))
        .when(right & (length == _FULL))
        .then(pl.lit(IdKind.VALID.value))
        .when(right & (length == _OLD) & text.str.contains(r"^\d{15}$"))
        .then(pl.lit(IdKind.UPGRADED.value))
        .when(right & text.str.contains(_CERTIFICATE_SHAPE))
        .then(pl.lit(IdKind.CERTIFICATE.value))
        .when(text.str.contains(_CUT))
        .then(pl.lit(IdKind.DAMAGED.value))
        .when(text.str.contains(r"\d{6}"))
        .then(pl.lit(IdKind.INVALID.value))
        .otherwise(pl.lit(IdKind.MISSING.value))
    )


def _doubtful() -> pl.Expr:
    """Say of each valid number that ends in 000 whether the column it stands in has lost digits."""
    kind, cut = pl.col("id_kind"), pl.col("seen").str.contains(_CUT)
    lost = ((kind == IdKind.DAMAGED) & cut).sum()
    valid = (kind == IdKind.VALID).sum()
    return (kind == IdKind.VALID) & cut & (lost >= _CUT_SEEN_MIN) & (lost * _CUT_BY_NATURE > valid)


def _hidden_whole(text: pl.Expr) -> pl.Expr:
    """Say whether all but a character or two of a whole number is hidden, as in 6****************1."""
    return text.str.contains(_MASKED) & text.str.contains(r"\d") & text.str.len_chars().is_between(_OLD, _FULL)


def _digits() -> pl.Expr:
    """Return the characters worth keeping: scientific notation's written digits, fifteen of a cut number."""
    text = pl.col("seen")
    return (
        pl.when(text.str.contains(_SCIENTIFIC))
        .then(text.str.replace(r"E\+?\d+$", "").str.replace(r"\.", "").str.slice(0, 15))
        .when(pl.col("id_kind") == IdKind.DAMAGED)
        .then(text.str.slice(0, 15))
        .otherwise(text)
    )
