"""Comparison keys of names, IDs and births: what two writings of the same person have in common.

Floor 2. One row in, one row out, null stays null. A key is only ever compared, never shown and never
written back; a hidden or unreadable character becomes * and counts as unknown, not as different.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.hanzi import simplified, sounds

UNKNOWN: Final = "*"
_REMARKS: Final = (
    "男|女|大|小|老|代|户主|本人|低保|低保户|五保|五保户|特困|脱贫户|监测户|残|残疾|已故|已死亡|死亡|故|"
    "新增|补|迁出|迁入|曾用名|父|母|子"
)
_LEFT: Final = 14
_RIGHT: Final = 10
_LAST: Final = 4
_DOTS: Final = r"[·•・．.‧∙●･﹒]"
_UNREADABLE: Final = r"[?？□■〓�○◯×某＊*_]"


def name_keys(names: pl.Series) -> pl.DataFrame:
    """Comparison forms of person names.

    Rows: one String in; name_key (simplified, no dots, no remarks; * = one unknown character), sound_key (folded
    readings, a space after each) out.

    >>> name_keys(pl.Series(["陳國華(低保)", "曲比·热哈", "田绍(yue)", None])).rows()
    [('陈国华', 'cen guo fa '), ('曲比热哈', 'qu bi re ha '), ('田绍*', 'tian sao yue '), (None, None)]
    """
    plain = pl.col("name").str.normalize("NFKC").str.replace_all(r"\s|" + _DOTS, "").str.to_lowercase()
    unremarked = (
        plain.str.replace_all(rf"\((?:{_REMARKS})\)", "")
        .str.replace_all(r"[0-9]+$", "")
        .str.replace_all(r"[()\[\]【】]", "|")
        .str.replace_all(r"\|[\p{Han}]+\|", UNKNOWN)
        .str.replace_all(r"\|", "")
    )
    hidden = pl.col("text").str.replace_all(_UNREADABLE, UNKNOWN)
    frame = pl.DataFrame({"name": names}).with_columns(text=simplified(unremarked)).with_columns(text=hidden)
    latin = pl.col("text").str.replace_all(r"[a-z]+", UNKNOWN)
    return frame.select(
        pl.when(latin != "").then(latin).alias("name_key"),
        sounds(frame["text"].str.replace_all(r"([a-z]+)", "$1 ")).alias("sound_key"),
    )


def id_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """What an ID cell tells, by its kind.

    Rows: id_kind, id_no, id_seen in; id_text (digits to compare as a whole: valid or wrong ones), id_head (leading
    characters known of a masked or damaged ID), id_tail (closing characters of a masked ID) out; null = not known.

    >>> cell = {"id_kind": ["masked", "damaged"], "id_seen": ["963127********1234", "963127198001011"]}
    >>> id_keys(pl.DataFrame(cell).with_columns(id_no=pl.lit(None, pl.String))).rows()
    [(None, '963127', '1234'), (None, '96312719800101', None)]
    """
    kind, seen = pl.col("id_kind"), pl.col("id_seen")
    # The last digit kept by a spreadsheet may have been rounded, so it is not used.
    head = (
        pl.when(kind == "masked")
        .then(seen.str.extract(r"^([0-9X]*)\*", 1))
        .when(kind == "damaged")
        .then(seen.str.slice(0, seen.str.len_chars().cast(pl.Int64) - 1))
    )
    tail = pl.when(kind == "masked").then(seen.str.extract(r"\*([0-9X]*)$", 1))
    text = pl.when(kind.is_in(["valid", "upgraded", "certificate"])).then("id_no").when(kind == "invalid").then(seen)
    return frame.select(
        text.alias("id_text"),
        pl.when(head.str.len_chars() > 0).then(head).alias("id_head"),
        pl.when(tail.str.len_chars() > 0).then(tail).alias("id_tail"),
    )


def id_blocks() -> list[pl.Expr]:
    """Slices of an ID, of which at least one survives a wrong, swapped, lost or doubled digit.

    Columns in: id_text, id_head, id_tail. Columns out: id_left (area and birth), id_right (birth and order, the last
    ten), id_ends (area and last four), id_last (last four). A masked ID has only its ends, a damaged one its left part.
    """
    text, head, tail = pl.col("id_text"), pl.col("id_head"), pl.col("id_tail")
    left = pl.coalesce(text, head).str.slice(0, 14)
    last = pl.coalesce(text, tail).str.tail(4)
    ends = pl.coalesce(text, head).str.slice(0, 6) + last
    return [
        pl.when(left.str.len_chars() == _LEFT).then(left).alias("id_left"),
        pl.when(text.str.len_chars() >= _RIGHT).then(text.str.tail(_RIGHT)).alias("id_right"),
        pl.when(ends.str.len_chars() == _RIGHT).then(ends).alias("id_ends"),
        pl.when(last.str.len_chars() == _LAST).then(last).alias("id_last"),
    ]


def reference_year(rows: pl.DataFrame) -> int | None:
    """The year an extract's ages are counted to, learned from its rows with both an age and a whole ID.

    Rows in: id_no, age. None when no row tells.

    >>> reference_year(pl.DataFrame({"id_no": ["963127198001010011", None], "age": [44, 3]}))
    2024
    """
    told = rows.select((pl.col("id_no").str.slice(6, 4).cast(pl.Int64) + pl.col("age")).alias("year"))[
        "year"
    ].drop_nulls()
    return None if told.is_empty() else int(told.sort()[told.len() // 2])
