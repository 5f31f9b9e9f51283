"""One sentence for each decision, which a clerk can check against the row: what agrees, what does not, how sure.

Floor 2, polars expressions over levels and figures alone, so that no digit of an ID and no name can stand in it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.compare import REASONS
from fangpin.types import Band

EXACT: Final = "证件号码、姓名与名册一致，判为同一人（把握99.9%）"
"""The sentence of the exact tier, which compares nothing further."""
CROWDED: Final = "未匹配：名册中同名、同村或同生日的人太多，未逐一比较"
"""The sentence of a row whose keys are too common to be compared."""
NO_CANDIDATE: Final = "未匹配：名册中没有相近的人"
"""The sentence of a row that nobody in the register comes near to."""

_SEEN: Final = ("id", "name", "birth", "sex", "place", "group", "household")
_ID: Final = {
    "same": "证件号码与名册一致",
    "one_digit": "证件号码与名册只差一位（或相邻颠倒、缺位、多位）",
    "two_digits": "证件号码与名册差两位",
    "visible": "证件号码可见的几位与名册一致",
    "prefix": "证件号码已受损，剩下的前段与名册一致",
    "relative": "证件号码是同户另一人的",
    "relative_near": "证件号码与同户另一人的相近",
    "kin": "证件号码是同村另一户的人的",
    "other": "证件号码是名册中另一人的",
    "differs": "证件号码与名册不同",
}
_AGREES: Final = {
    "name": {"same": "姓名"},
    "birth": {"same": "出生日期", "age": "年龄"},
    "sex": {"same": "性别"},
}
_LIVES: Final = {"village": "住同一村", "township": "住同一乡镇"}
_AGAINST: Final = {
    "name": {
        "surname": "姓名不同（同姓）",
        "differs": "姓名不同",
        "given": "姓不同（名相同）",
        "given_short": "姓不同（名相同）",
    },
    "birth": {"differs": "出生日期不同", "age_differs": "年龄不符", "year": "出生日期只有年份相同"},
    "sex": {"differs": "性别不同"},
    "place": {"differs": "乡镇不同", "other_village": "村不同", "unregistered": "乡镇不在名册"},
    "group": {"differs": "村民小组不同"},
    "household": {"differs": "所报户主或监护人不在该户", "named_other": "与所报户主或监护人同名"},
}
_ALIKE: Final = 2
_SUREST: Final = 999  # in a thousand: nothing computed is certain


def sentence(frame: pl.DataFrame) -> pl.Series:
    """The sentence of each decision.

    Rows in: band, method str|null, score f64|null (0-1), margin f64|null, candidates u32|null (persons who fit about as
    well as the best one, himself counted), and the *_level columns of compare.REASONS for the best candidate (null or a
    level without a reason: not known). Rows out: str, in the order given; never null.

    >>> levels = {"id": "relative", "name": "same", "birth": "age", "sex": "same", "place": "village", "group": "same"}
    >>> told = {"band": "link", "method": "relative_id", "score": 0.9987, "margin": 0.9, "candidates": 1}
    >>> row = told | {f"{name}_level": level for name, level in levels.items()} | {"household_level": "unknown"}
    >>> sentence(pl.DataFrame([row])).to_list()
    ['证件号码是同户另一人的，姓名、年龄、性别一致，住同一村组，判为同一人（把握99.8%）']
    """
    clauses = frame.with_columns(_agreement().alias("_agreement"), _against().alias("_against"))
    whole = pl.concat_str([_id_clause(), "_agreement", *_near(), "_against"], separator="，", ignore_nulls=True)
    linked = pl.col("band") == Band.LINK.value
    told = (
        pl.when(linked & (pl.col("method") == "household_no"))
        .then(pl.lit("户编号与名册一致，判为该户"))
        .when(linked & (pl.col("method") == "judgement"))
        .then(pl.lit("人工判定为同一人"))
        .when(linked)
        .then(pl.col("_evidence") + "，判为同一人" + _sure())
        .when(pl.col("band") == Band.REVIEW.value)
        .then(pl.col("_evidence") + "，" + _doubt() + _sure())
        .when(pl.col("candidates") > 0)
        .then(pl.lit("未匹配：") + _why_not())
        .otherwise(pl.lit(NO_CANDIDATE))
    )
    return clauses.with_columns(whole.alias("_evidence")).select(told.alias("reasons"))["reasons"]


def _level(name: str) -> pl.Expr:
    return pl.col(f"{name}_level")


def _words(name: str, words: dict[str, str]) -> pl.Expr:
    return _level(name).replace_strict(words, default=None, return_dtype=pl.String)


def _id_clause() -> pl.Expr:
    told = {level: _ID.get(level, reason) for level, reason in REASONS["id"].items()}
    return _words("id", told).fill_null("没有可用的证件号码")


def _agreement() -> pl.Expr:
    """What agrees outright in one clause, and where both live; null when nothing does."""
    same = pl.concat_str([_words(name, words) for name, words in _AGREES.items()], separator="、", ignore_nulls=True)
    lives = (
        pl.when((_level("place") == "village") & (_level("group") == "same"))
        .then(pl.lit("住同一村组"))
        .otherwise(_words("place", _LIVES))
    )
    both = pl.concat_str([pl.when(same != "").then(same + "一致"), lives], separator="，", ignore_nulls=True)
    return pl.when(both != "").then(both)


def _near() -> list[pl.Expr]:
    """What agrees nearly or in part, each in its own clause, in the words of the comparison."""
    return [
        _words(name, {level: reason for level, reason in REASONS[name].items() if not _is_plain(name, level)})
        for name in _SEEN
        if name != "id"
    ]


def _is_plain(name: str, level: str) -> bool:
    """Whether a level is told in the clause of what agrees or of what does not."""
    where = _LIVES if name == "place" else {"same": ""} if name == "group" else _AGREES.get(name, {})
    return level in where or level in _AGAINST.get(name, {})


def _against() -> pl.Expr:
    told = pl.concat_str([_words(name, words) for name, words in _AGAINST.items()], separator="、", ignore_nulls=True)
    return pl.when(told != "").then("但" + told)


def _sure() -> pl.Expr:
    # Cut, not rounded: what is told is never more than what was found.
    share = (pl.col("score") * 1000).floor().clip(0, _SUREST).cast(pl.Int64)
    return pl.format("（把握{}.{}%）", share // 10, share % 10).fill_null("")


def _doubt() -> pl.Expr:
    several = pl.col("candidates").fill_null(1) >= _ALIKE
    count = pl.col("candidates").cast(pl.String)
    return pl.when(several).then("名册中有" + count + "人同样相符，待人工核对").otherwise(pl.lit("待人工核对"))


def _why_not() -> pl.Expr:
    """Why the nearest person was not taken, the first reason that holds."""
    several = pl.col("candidates") >= _ALIKE
    count = pl.col("candidates").cast(pl.String)
    name_agrees = _level("name").is_in(["same", "sound", "near_sound", "alike", "hidden"]).fill_null(value=False)
    at_home = (_level("place") == "village").fill_null(value=False)
    where = pl.when(at_home).then(pl.lit("姓名在该村有")).otherwise(pl.lit("姓名在名册中有"))
    no_id = ~_level("id").is_in(list(REASONS["id"])).fill_null(value=False)
    return (
        pl.when(name_agrees & several & no_id)
        .then(where + count + "人相符，无可用的证件号码，不能判定")
        .when((_level("id") == "differs") & name_agrees)
        .then(pl.concat_str([pl.lit("与名册中姓名相符的人证件号码不同"), _against_but_id()], separator="，"))
        .when(several & name_agrees)
        .then(where + count + "人相符，证据不足以判定是哪一人")
        .otherwise(pl.concat_str([pl.lit("与最接近的人相比"), pl.col("_evidence"), pl.lit("证据不足")], separator="，"))
    )


def _against_but_id() -> pl.Expr:
    return pl.coalesce(pl.col("_against").str.replace("但", "且", literal=True), pl.lit("应是同名的另一人"))
