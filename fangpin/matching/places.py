"""Township, village and group of a row, told in the register's own place names.

Floor 2. Reads split columns or one address text; a place is found by its stem (云桥镇人民政府 and 云桥乡 are 云桥), a
village also by its sound inside its township. It never guesses: a name the register does not know stays
unknown, and only rows linked by their ID may teach what it stands for now (learned).
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from fangpin.matching.hanzi import simplified, sounds

_NATIONS: Final = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|"
    "布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺"
)
_TOWN_TAIL: Final = rf"(?:(?:(?:{_NATIONS})族)+乡|民族乡|街道办事处|街道|乡|镇)(?:人民政府)?"
_VILLAGE_TAIL: Final = "(?:(?:社区)?(?:村民|居民)委员会|(?:社区)?[村居]委会|行政村|自然村|村|社区|居)"
_GROUP: Final = r"第?([0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:村民小组|居民小组|小组|组|社|队|屯)"
_DIGITS: Final = "一二三四五六七八九"
_ABOVE: Final = r"(?:[\p{Han}]{2,8}?(?:省|自治区|市|州|地区|县|区|旗))*?"


def _chinese_numbers() -> dict[str, str]:
    tens = ["", "十", *(d + "十" for d in _DIGITS[1:])]
    spelled = [t + d for t in tens for d in ("", *_DIGITS)][1:]
    return {word: str(number) for number, word in enumerate(spelled, start=1)}


_NUMBERS: Final = _chinese_numbers()


def group_numbers(text: pl.Expr) -> pl.Expr:
    """The number of a villagers' group in a text (Int64), null when none is told.

    >>> pl.select(group_numbers(pl.Series(["3组", "十二组", "第三村民小组", "凤冲村"]))).to_series().to_list()
    [3, 12, 3, None]
    """
    found = text.str.normalize("NFKC").str.extract(_GROUP, 1)
    return found.replace(_NUMBERS).cast(pl.Int64, strict=False)


def town_stem(text: pl.Expr) -> pl.Expr:
    """A township's name without what kind of township it is.

    >>> pl.select(town_stem(pl.Series(["五江民族乡", "五江布依族乡", "大井镇", "东乡"]))).to_series().to_list()
    ['五江', '五江', '大井', '东乡']
    """
    return text.str.replace(rf"^(\p{{Han}}{{2,}}?){_TOWN_TAIL}$", "$1")


def village_stem(text: pl.Expr) -> pl.Expr:
    """A village's name without village, committee or community.

    >>> pl.select(village_stem(pl.Series(["李寨村委会", "解放路社区", "新村", "高关"]))).to_series().to_list()
    ['李寨', '解放路', '新村', '高关']
    """
    return text.str.replace(rf"^(\p{{Han}}{{2,}}?){_VILLAGE_TAIL}$", "$1")


def _cleaned(column: str) -> pl.Expr:
    text = simplified(pl.col(column).str.normalize("NFKC").str.replace_all(r"\s", ""))
    return pl.when(text != "").then(text)


def register_places(persons: pl.DataFrame) -> pl.DataFrame:
    """Place keys of registered persons.

    Rows: township, village, village_group in; town_key, village_key (township/village), group_no out; null = not known.
    """
    town = town_stem(_cleaned("township"))
    return persons.select(
        town.alias("town_key"),
        (town + "/" + village_stem(_cleaned("village"))).alias("village_key"),
        group_numbers(_cleaned("village_group")).alias("group_no"),
    )


def row_places(rows: pl.DataFrame, known: pl.DataFrame, *, county: str) -> pl.DataFrame:
    """Place keys of delivered rows, told in the register's places.

    Rows in: township, village, village_group, address; known as from register_places.
    Rows out: town_key, village_key (null: not told or not known), town_seen, village_seen (what was told), group_no.
    """
    distinct = rows.select("township", "village", "village_group", "address").unique(maintain_order=True)
    split = _split(distinct, known["town_key"].drop_nulls().unique().sort().to_list(), county=county)
    towns = _by_sound(split.select("town_seen"), known.select(town_key="town_key"), "town_seen", "town_key")
    seen = split.with_columns(town_key=towns).with_columns(
        village_seen=pl.col("town_key") + "/" + pl.col("stem"),
    )
    villages = _by_sound(seen.select("village_seen"), known.select("village_key"), "village_seen", "village_key")
    keyed = seen.with_columns(village_key=villages)
    return (
        rows.select("township", "village", "village_group", "address")
        .join(
            keyed,
            on=["township", "village", "village_group", "address"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .select("town_key", "town_seen", "village_key", "village_seen", "group_no")
    )


def _split(rows: pl.DataFrame, towns: list[str], *, county: str) -> pl.DataFrame:
    """Rows with town_seen, stem (village) and group_no, from the columns where given, else from the address."""
    names = "|".join(re.escape(t) for t in sorted(towns, key=lambda t: (-len(t), t))) or "(?!)".replace("(?!)", "\\x00")
    address = _cleaned("address")
    if county:
        address = address.str.strip_prefix(county)
    parts = address.str.extract_groups(rf"^{_ABOVE}({names})(?:{_TOWN_TAIL})?(.*)$")
    other = address.str.extract_groups(rf"^{_ABOVE}(\p{{Han}}{{2,6}}?){_TOWN_TAIL}(.*)$")
    frame = rows.with_columns(
        _cleaned("township").alias("_town"),
        _cleaned("village").alias("_village"),
        pl.coalesce(parts.struct[0], other.struct[0]).alias("_town_told"),
        pl.coalesce(parts.struct[1], other.struct[1], address).alias("_rest"),
        group_numbers(pl.coalesce(_cleaned("village_group"), address, _cleaned("village"))).alias("group_no"),
    )
    rest = pl.col("_rest").str.replace(_GROUP + ".*$", "").str.replace(rf"({_VILLAGE_TAIL}).+$", "$1")
    village = pl.coalesce(pl.col("_village").str.replace(_GROUP + ".*$", ""), rest)
    stem = village_stem(village)
    return frame.with_columns(
        town_seen=town_stem(pl.coalesce("_town", "_town_told")),
        stem=pl.when(stem != "").then(stem),
    )


def _by_sound(seen: pl.DataFrame, known: pl.DataFrame, left: str, right: str) -> pl.Series:
    """The known place of each told one: the same name, else the only one of the same sound, else null."""
    places = known.drop_nulls().unique().sort(right)
    spoken = places.with_columns(sounds(places[right]).alias("_sound"))
    single = spoken.filter(~pl.col("_sound").is_duplicated())
    told = seen.with_columns(sounds(seen[left]).alias("_sound"))
    exact = told.join(places.with_columns(pl.col(right).alias(left)), on=left, how="left", maintain_order="left")
    alike = exact.join(single.rename({right: "_alike"}), on="_sound", how="left", maintain_order="left")
    return alike.select(pl.coalesce(right, "_alike").alias(right))[right]


def learned(linked: pl.DataFrame) -> pl.DataFrame:
    """Old village names and the register's village they stand for now (撤并村), learned from rows linked by ID.

    Rows in: village_seen, village_key (of the linked person), one per linked row whose told village is not registered.
    Rows out: village_seen, village_key; at least 2 rows, of which 4 in 5 agree.
    """
    counted = linked.drop_nulls().group_by("village_seen", "village_key").len()
    share = pl.col("len") / pl.col("len").sum().over("village_seen")
    agreed = counted.filter((share >= 0.8) & (pl.col("len") >= 2))  # noqa: PLR2004 - said in the docstring
    return agreed.select("village_seen", "village_key").sort("village_seen")
