"""What places are called apart from what kind of place they are: townships, villages and numbered groups.

Floor 2. Expressions over one text each; nothing here knows which places there are.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.hanzi import simplified

_NATIONS: Final = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|"
    "布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各"
)
OFFICE: Final = "(?:人民政府|政府|管理委员会|管委会|办事处|党委)"
TOWN_TAIL: Final = rf"(?:(?:(?:(?:{_NATIONS})族)+|民族)?(?:乡|镇|苏木)|街道办事处|街道办|街道){OFFICE}?"
"""What kind of township it is."""
VILLAGE_TAIL: Final = (
    "(?:(?:村|社区)?(?:村民|居民)委员会|(?:村|社区)?[村居]民?委会|[村居]委|"
    "行政村|自然村|中心村|村|社区|居民区|居)(?:党支部|党总支)?"
)
"""What kind of village it is."""
_ESTATE: Final = (
    "(?:农场|林场|牧场|渔场|茶场|园艺场|原种场|(?:经济|经济技术|高新)?开发区|工业园区|产业园区|园区|新区|管理区)"
)
GROUP: Final = (
    r"第?\(?([0-9]{1,2}|廿?[一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾]{1,3}|廿)\)?号?"
    r"(?:村民小组|居民小组|村民组|居民组|生产队|小组|组|[社队屯](?:[^区村镇乡]|$))"
)
"""A numbered group, its number as the first capture."""
_DIGITS: Final = "一二三四五六七八九"
_FORMAL: Final = dict(zip("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十", strict=True))
_UNTOLD: Final = r"^(?:无|空|不详|未知|暂无|其他|待定|n/?a|null|none|0)?$"
_NOISE: Final = r"[\s\p{Cf}\p{Cc}\p{M}\x{2800}\x{3164},，、。.;；:：·|/\\_—―－'\x22‘’“”-]"


def _chinese_numbers() -> dict[str, str]:
    tens = ["", "十", *(d + "十" for d in _DIGITS[1:])]
    spelled = [t + d for t in tens for d in ("", *_DIGITS)][1:]
    numbers = {word: str(number) for number, word in enumerate(spelled, start=1)}
    return numbers | {"廿" + d: str(20 + number) for number, d in enumerate(("", *_DIGITS))}


_NUMBERS: Final = _chinese_numbers()


def cleaned(text: pl.Expr) -> pl.Expr:
    """A place as it is compared: simplified, without spaces, separators and what stands in brackets.

    >>> pl.select(cleaned(pl.Series(["雲橋鎮（原五江乡）", "云桥镇 柳沟村", "不详"]))).to_series().to_list()
    ['云桥镇', '云桥镇柳沟村', None]
    """
    bare = (
        simplified(text.str.normalize("NFKC"))
        .str.replace_all(r"[(\[【〔][^0-9一二三四五六七八九十)\]】〕][^)\]】〕]*(?:[)\]】〕]|$)", "")
        .str.replace_all(_NOISE, "")
    )
    return pl.when(~bare.str.to_lowercase().str.contains(_UNTOLD)).then(bare)


def group_numbers(text: pl.Expr) -> pl.Expr:
    """The number of a villagers' group in a text (Int64), null when none is told.

    >>> texts = pl.Series(["3组", "十二组", "第三村民小组", "凤冲村", "3社", "三社区"])
    >>> pl.select(group_numbers(texts)).to_series().to_list()
    [3, 12, 3, None, 3, None]
    """
    found = text.str.normalize("NFKC").str.extract(GROUP, 1).str.replace_many(_FORMAL)
    return found.replace(_NUMBERS).cast(pl.Int64, strict=False)


def group_column(text: pl.Expr) -> pl.Expr:
    """The number of a villagers' group in a cell that tells nothing else, where the number may stand alone.

    >>> pl.select(group_column(pl.Series(["3", "三", "03组", "李家湾"]))).to_series().to_list()
    [3, 3, 3, None]
    """
    alone = text.str.normalize("NFKC").str.extract(r"^第?([0-9]{1,2}|[一二三四五六七八九十]{1,3})$", 1)
    return pl.coalesce(group_numbers(text), alone.replace(_NUMBERS).cast(pl.Int64, strict=False))


def town_stem(text: pl.Expr) -> pl.Expr:
    """A township's name without what kind of township it is; a farm or zone keeps its kind, not its office.

    >>> names = pl.Series(["五江民族乡", "五江布依族苗族乡", "大井镇人民政府", "东乡", "红旗农场", "高新开发区管委会"])
    >>> pl.select(town_stem(names)).to_series().to_list()
    ['五江', '五江', '大井', '东乡', '红旗农场', '高新开发区']
    """
    return text.str.replace(rf"^(\p{{Han}}{{2,}}?){TOWN_TAIL}$", "$1").str.replace(
        rf"^(\p{{Han}}+{_ESTATE}){OFFICE}$", "$1"
    )


def estate_stem(town: pl.Expr) -> pl.Expr:
    """A farm's or zone's name without its kind, null for other townships.

    >>> pl.select(estate_stem(pl.Series(["红旗农场", "大井"]))).to_series().to_list()
    ['红旗', None]
    """
    return town.str.extract(rf"^(\p{{Han}}{{2,}}?){_ESTATE}$", 1)


def village_stem(text: pl.Expr) -> pl.Expr:
    """A village's name without village, committee or community.

    >>> texts = pl.Series(["李寨村委会", "李寨村村民委员会", "解放路社区", "新村"])
    >>> pl.select(village_stem(texts)).to_series().to_list()
    ['李寨', '李寨', '解放路', '新村']
    """
    return text.str.replace(rf"^(\p{{Han}}{{2,}}?){VILLAGE_TAIL}$", "$1")
