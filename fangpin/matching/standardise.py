"""Comparison keys of names, IDs and births: what two writings of the same person have in common.

Floor 2. One row in, one row out, null stays null. A key is only ever compared, never shown and never
written back; a hidden or unreadable character becomes * and counts as unknown, not as different.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from fangpin.matching.hanzi import readings, simplified, sounds, spoken

UNKNOWN: Final = "*"
_LEFT: Final = 14
_RIGHT: Final = 10
_LAST: Final = 4

_WRITTEN: Final = r"\x{4e00}-\x{9fff}\x{3400}-\x{4dbf}\x{20000}-\x{2ebef}\x{30000}-\x{323af}〇"
_PLAIN: Final = rf"^[[{_WRITTEN}]--[某之名未不无暂空待]]+$"
"""Names of nothing but characters, none of which may say something about the name."""
_INVISIBLE: Final = r"[\s\p{Cf}\p{Cc}\p{M}\x{2800}\x{3164}\x{115f}\x{1160}]"
_NO_NAME: Final = (
    r"^(?:[-—_/.*\\~]*|#?n/?a|null|none|nil|nan|#(?:ref|name|value)[!?]|无|无名|无名氏|不详|未知|暂无|空|待定|待查|未填|"
    r"未[取起命登]名|暂未[取起]名|(?:.*[\p{Han}])?之(?:[长次大小]?[子女儿]|婴|婴儿|新生儿|双胞胎))$"
)
_HIDDEN: Final = r"[?□■▢▣☐〓\x{fffd}○◯●×某＊*\x{e000}-\x{e814}\x{e865}-\x{f8ff}\x{f0000}-\x{10ffff}\p{Cn}]"
_EARLY: Final = tuple(map(chr, range(0xE815, 0xE865)))
"""Private-use characters that older editions of GB18030 gave to rare ones; their readings are known."""
_DOTTED: Final = r"([\p{Han}])●([\p{Han}])"
_OPEN: Final = r"[(\[{<《「『【〔〖〈⟨（]"
_CLOSE: Final = r"[)\]}>》」』】〕〗〉⟩）]"
_FORMER_WORDS: Final = "曾用姓名|曾用名|原用名|原姓名|原名|又名|别名"
_FORMER_IN_BRACKETS: Final = f"{_FORMER_WORDS}|曾名|化名|小名|乳名|俗名|现名|更名为?|改名为?|亦名|也叫|又叫|原|曾|又"
_FORMER: Final = (
    rf"\((?:{_FORMER_IN_BRACKETS})[:;,是为叫]*([\p{{Han}}·]{{2,}})\)",
    rf"^[\p{{Han}}].*?(?:{_FORMER_WORDS})[:;,是为叫]*([\p{{Han}}·]{{2,}})$",
    r"^[\p{Han}]{3,}\(([\p{Han}]{2,4})\)$",
    r"^[\p{Han}]{2,}[/、]([\p{Han}]{2,})$",
)
_FORMER_TOLD: Final = (
    rf"^([\p{{Han}}].*?)(?:\((?:{_FORMER_IN_BRACKETS})[^()]*\)|[/、,;]?(?:{_FORMER_WORDS}).*|[/、].*)$"
)
_REMARK: Final = (
    r"\((?:[男女大小老代残故父母子妻夫兄弟姐妹甲乙丙丁戊东西南北上下前后左右新旧正副补增退户长次幼一二三四五六七八九十]|"
    r"[0-9.]+|[a-d]|[^()]*(?:低保|五保|特困|脱贫|监测|残疾|死亡|已故|去世|亡故|户主|本人|新增|迁出|迁入|转入|转出|退出|"
    r"代领|代办|监护|父亲|母亲|儿子|女儿|配偶|学生|重名|同名|户口|身份证|电话|外出|务工|离异|丧偶|未婚|在校|健在|"
    r"[0-9一二三四五六七八九十][岁组队社]|[村镇乡])[^()]*)\)"
)
_BESIDE: Final = r"^([\p{Han}]{3,})\([^()]*\)$|^([\p{Han}]{2})\((?:[a-z]*'[a-z']*|[\p{Han}])\)$"
"""A whole name with something beside it: its pinyin, another writing of one character, another name."""
_DRAWN: Final = r"\([\p{Han}+]+\)"
"""A rare character told by its parts: (马非), (左王右深)."""
_OPENING: Final = "([aeiouvnrg])((?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])[aeiouv])"


def name_keys(names: pl.Series) -> pl.DataFrame:
    """Comparison forms of person names.

    Rows: one String in; name_key (simplified, no dots, no remarks; * = one unknown character, a syllable of pinyin =
    one character of hanzi.spoken), sound_key (folded readings, a space after each) out.

    >>> name_keys(pl.Series(["陳國華(低保)", "曲比·热哈", "田绍?", None])).rows()
    [('陈国华', 'cen guo fa '), ('曲比热哈', 'qu bi re ha '), ('田绍*', 'tian sao *'), (None, None)]
    """
    keys = _keys(names)
    return pl.DataFrame({"name_key": keys, "sound_key": sounds(keys, of_names=True)})


def former_keys(names: pl.Series) -> pl.DataFrame:
    """Comparison forms of the second name that a name cell tells: a former one, another one.

    Rows: one String in; former_key, former_sound out, as name_key and sound_key; null when none is told.

    >>> former_keys(pl.Series(["张三丰（曾用名：李四）", "张三"])).rows()
    [('李四', 'li si '), (None, None)]
    """
    told = pl.DataFrame({"name": names}).select(pl.when(~pl.col("name").str.contains(_PLAIN)).then("name"))["name"]
    distinct = told.unique().drop_nulls().to_frame()
    cleaned = distinct.with_columns(_cleaned(pl.col("name")).alias("cell"))
    found = cleaned.select(pl.coalesce(pl.col("cell").str.extract(form, 1) for form in _FORMER).alias("former"))
    keys = name_keys(found["former"]).rename({"name_key": "former_key", "sound_key": "former_sound"})
    return (
        told.to_frame()
        .join(pl.concat([distinct, keys], how="horizontal"), on="name", how="left", maintain_order="left")
        .drop("name")
    )


def is_partly_told(keys: pl.Expr) -> pl.Expr:
    """Whether a name key holds characters that are hidden or told by their sound alone; null for null.

    >>> name_keys(pl.Series(["陈*华", "田绍(yue)", "陈国华", None])).select(is_partly_told(pl.col("name_key"))).rows()
    [(True,), (True,), (False,), (None,)]
    """
    return keys.str.contains(r"[*\x{f0000}-\x{fffff}]")


def _keys(names: pl.Series) -> pl.Series:
    """The name key of each name; only what is more than plain characters goes the long way."""
    frame = pl.DataFrame({"name": names})
    plain = frame.select(pl.col("name").str.contains(_PLAIN).fill_null(value=False))["name"]
    keys = frame.select(pl.when(plain).then(simplified(pl.col("name"))).alias("name"))["name"]
    if plain.all():
        return keys
    odd = names.filter(~plain)
    distinct = odd.unique().drop_nulls()
    standard = pl.DataFrame({"name": distinct, "key": _standardised(distinct)})
    found = odd.to_frame("name").join(standard, on="name", how="left", maintain_order="left")["key"]
    return keys.scatter((~plain).arg_true(), found)


def _cleaned(name: pl.Expr) -> pl.Expr:
    """A name in one form of letters, brackets and separators, without what cannot be seen."""
    return (
        simplified(name.str.normalize("NFKD"))
        .str.to_lowercase()
        .str.replace_all("u\u0308", "v")
        .str.replace_all(r"([a-z])\s+", "$1'")
        .str.replace_all(_INVISIBLE, "")
        .str.replace_all(_OPEN, "(")
        .str.replace_all(_CLOSE, ")")
        .str.replace(r"(\([^()]*)$", "$1)")
        .str.replace_all(_DOTTED, "$1$2")
        .str.replace_all(_HIDDEN, UNKNOWN)
        .str.replace_all(_REMARK, "")
    )


def _standardised(names: pl.Series) -> pl.Series:
    """The keys of names that hold more than plain characters."""
    said = spoken()
    syllables = dict(sorted(said.items(), key=lambda item: -len(item[0])))
    early = {c: said[readings(c)[0]] for c in _EARLY if readings(c)}
    name, text = pl.col("name"), pl.col("text")
    base = (
        name.str.replace_many(early)
        .str.replace_all(r"[\p{Co}--\x{f0000}-\x{fffff}]", UNKNOWN)
        .str.replace(_FORMER_TOLD, "$1")
        .str.replace(rf"^(?:{_FORMER_WORDS})[:;,是为叫]*", "")
        .str.replace(_BESIDE, "$1$2")
        .str.replace(r"([\p{Han}]{2})\([\p{Han}]\)([\p{Han}])", "$1$2")
        .str.replace_all(_DRAWN, UNKNOWN)
        .str.replace(r"[0-9]+$", "")
        .str.replace(r"^([\p{Han}]{2,})[a-d]$", "$1")
        .str.replace_all(r"([a-z])[0-9]", "$1'")
    )
    # A consonant before a vowel opens a syllable (lian'gong); what matched may be the next match's beginning.
    parted = text.str.replace_all(r"([ln])(?:yu|u(e))", "${1}v$2")
    for _ in range(2):
        parted = parted.str.replace_all(_OPENING, "$1'$2")
    spelled = parted.str.replace_many(list(syllables), list(syllables.values()), leftmost=True).str.replace_all(
        r"[\x{f0000}-\x{fffff}]*[a-z][a-z\x{f0000}-\x{fffff}]*", UNKNOWN
    )
    read = pl.when(text.str.contains("[a-wyz]")).then(spelled).otherwise(text.str.replace_all("x", UNKNOWN))
    bare = read.str.replace_all(r"[^[\p{L}--\p{Lm}]〇々*\x{f0000}-\x{fffff}]", "")
    frame = pl.DataFrame({"name": names}).with_columns(_cleaned(name).alias("name")).with_columns(base.alias("text"))
    told = ~name.str.contains(_NO_NAME) & ~bare.str.contains(r"^\**$")
    return frame.select(pl.when(told).then(bare).alias("key"))["key"]


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
