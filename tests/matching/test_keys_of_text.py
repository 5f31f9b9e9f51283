"""Keys of names and IDs: what is written differently and means the same."""

from __future__ import annotations

import polars as pl
import pytest

from fangpin.matching.hanzi import spoken
from fangpin.matching.standardise import former_keys, id_blocks, id_keys, name_keys, reference_year

SAID = spoken()


def key_of(written: str | None) -> str | None:
    """The name key of one name."""
    key: str | None = name_keys(pl.Series([written], dtype=pl.String))["name_key"].item()
    return key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        # spaces of all kinds and what cannot be seen
        ("陈 国 华", "陈国华"),
        ("陈\u3000国\u00a0华", "陈国华"),
        ("陈\u2003国\u200b华\ufeff", "陈国华"),
        ("\t陈国\u00ad华\n", "陈国华"),
        ("陈国\U000e0100华", "陈国华"),
        # the dot of a minority name, its variants and its absence
        *((f"曲比{dot}热哈", "曲比热哈") for dot in "·•・．.‧∙●･﹒ʼ⋅。- "),
        # traditional, variant, compatibility and radical forms
        ("陳國華", "陈国华"),
        ("鍾馗", "钟馗"),
        ("锺馗", "钟馗"),
        ("閻錫", "阎锡"),
        ("李後", "李后"),
        ("李裡", "李里"),
        ("李乾", "李干"),
        ("髙靑", "高青"),
        ("⻩⼩⻢", "黄小马"),
        ("李\uf9b4", "李领"),
        # remarks
        ("陈国华（低保）", "陈国华"),
        ("陈国华[户主]", "陈国华"),
        ("陈国华【已故】", "陈国华"),
        ("陈国华（三组）", "陈国华"),
        ("陈国华（残", "陈国华"),
        ("(女)陈国华", "陈国华"),
        ("王伟(甲)", "王伟"),
        ("王伟(兼)", "王伟"),
        ("陈国华(兼)", "陈国华"),
        ("王伟（大）", "王伟"),
        ("王伟甲", "王伟甲"),
        ("王伟大", "王伟大"),
        ("王伟(2)", "王伟"),
        ("陈国华1", "陈国华"),
        ("王伟①", "王伟"),
        ("王伟Ａ", "王伟"),
        # former and other names
        ("张三（曾用名李四）", "张三"),
        ("张三曾用名：李四", "张三"),
        ("曾用名：李四", "李四"),
        ("张三丰（李四）", "张三丰"),
        ("张三丰/李四", "张三丰"),
        # a rare character told otherwise, or lost
        ("陈?华", "陈*华"),
        ("陈？华", "陈*华"),
        ("陈□华", "陈*华"),
        ("陈＊华", "陈*华"),
        ("陈×华", "陈*华"),
        ("陈\ufffd华", "陈*华"),
        ("陈\ue123华", "陈*华"),
        ("陈\U000f0123华", "陈*华"),
        ("于小\ue863", "于小" + SAID["yan"]),
        ("陈\U00020c3c华", "陈\U00020c3c华"),
        ("李〇明", "李〇明"),
        ("零德(马非)", "零德*"),
        ("零(马非)德", "零*德"),
        ("零德(左马右非)", "零德*"),
        ("张小(晓)明", "张小明"),
        ("田绍(yue)", "田绍" + SAID["yue"]),
        ("田绍（yuè）", "田绍" + SAID["yue"]),
        ("田绍yue4", "田绍" + SAID["yue"]),
        ("张小明(zhang xiao ming)", "张小明"),
        ("张明(zhang ming)", "张明"),
        # masks
        ("张*", "张*"),
        ("*三", "*三"),
        ("张*三", "张*三"),
        ("张某某", "张**"),
        ("张XX", "张**"),
        ("张××", "张**"),
        # a whole name in pinyin
        ("Wang Xiuying", SAID["wang"] + SAID["xiu"] + SAID["ying"]),
        ("wáng xiù yīng", SAID["wang"] + SAID["xiu"] + SAID["ying"]),
        ("WANG2XIU4YING1", SAID["wang"] + SAID["xiu"] + SAID["ying"]),
        ("Zhang Xi'an", SAID["zhang"] + SAID["xi"] + SAID["an"]),
        ("lǚ bù", SAID["lv"] + SAID["bu"]),
        ("LYU BU", SAID["lv"] + SAID["bu"]),
        ("lüe nüe", SAID["lve"] + SAID["nve"]),
        ("liangong", SAID["lian"] + SAID["gong"]),
        ("lilili", SAID["li"] * 3),
        ("smith", None),
        ("陈qwt", "陈*"),
        # no name
        *((empty, None) for empty in ("", " ", "N/A", "null", "#REF!", "-", "——", "无", "不详", "未取名", "***")),
        ("李秀英之子", None),
        (None, None),
    ],
)
def test_name_key(written: str | None, key: str | None) -> None:
    """One person's name gives one key however it is written."""
    assert key_of(written) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张兰", "章男"),
        ("胡辉", "伏飞"),
        ("洪静", "冯进"),
        ("曾小明", "增晓鸣"),
        ("仇军", "邱军"),
        ("王秀英", "Wang Xiuying"),
        ("田绍越", "田绍(yue)"),
        ("吕布", "lǚ bù"),
        ("葉明", "叶铭"),
    ],
)
def test_names_of_one_sound(one: str, other: str) -> None:
    """Names that sound alike have one sound key, surnames read as surnames, southern sounds as one."""
    assert name_keys(pl.Series([one, other]))["sound_key"].n_unique() == 1


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("张三（曾用名李四）", "李四"),
        ("张三（曾用名：李四）", "李四"),
        ("张三丰(原名李四光)", "李四光"),
        ("张三又名李四", "李四"),
        ("张三，别名：李四", "李四"),
        ("张三丰（李四）", "李四"),
        ("张三丰/李四", "李四"),
        ("張三（曾用名：陳國華）", "陈国华"),
        ("张三（低保）", None),
        ("张三丰（残疾人）", None),
        ("零德(马非)", None),
        ("曾用名", None),
        ("张三", None),
        ("", None),
        (None, None),
    ],
)
def test_former_key(written: str | None, key: str | None) -> None:
    """A second name in the cell is a key of its own; a remark is none."""
    assert former_keys(pl.Series([written], dtype=pl.String))["former_key"].item() == key


def test_keys_keep_the_order_of_their_names() -> None:
    """Plain and other names stand where they stood."""
    names = pl.Series(["陈国华", None, "陳 國華", "李兰", "陳 國華"])

    assert name_keys(names)["name_key"].to_list() == ["陈国华", None, "陈国华", "李兰", "陈国华"]


def test_no_names_no_keys() -> None:
    """Empty columns pass."""
    assert name_keys(pl.Series([], dtype=pl.String)).schema == {"name_key": pl.String, "sound_key": pl.String}


@pytest.mark.parametrize(
    ("kind", "id_seen", "expected"),
    [
        ("invalid", "963127198001010010", ("963127198001010010", None, None)),
        ("masked", "963***********1234", (None, "963", "1234")),
        ("masked", "******************", (None, None, None)),
        ("damaged", "963127198001011", (None, "96312719800101", None)),
        ("missing", None, (None, None, None)),
    ],
)
def test_id_keys(kind: str, id_seen: str | None, expected: tuple[str | None, ...]) -> None:
    """Only what is known of an ID becomes a key; the rounded digit of a damaged one does not."""
    cell = pl.DataFrame(
        {"id_kind": [kind], "id_no": [None], "id_seen": [id_seen]},
        schema_overrides={"id_no": pl.String, "id_seen": pl.String},
    )

    assert id_keys(cell).row(0) == expected


@pytest.mark.parametrize(
    ("known", "blocks"),
    [
        (("963127198001010011", None, None), ("96312719800101", "8001010011", "9631270011", "0011")),
        ((None, "963127", "0011"), (None, None, "9631270011", "0011")),
        ((None, "96312719800101", None), ("96312719800101", None, None, None)),
        ((None, None, None), (None, None, None, None)),
    ],
)
def test_id_blocks(known: tuple[str | None, ...], blocks: tuple[str | None, ...]) -> None:
    """An ID is found by each slice that is known in full."""
    frame = pl.DataFrame([known], schema=dict.fromkeys(("id_text", "id_head", "id_tail"), pl.String), orient="row")

    assert frame.select(id_blocks()).row(0) == blocks


def test_ages_of_an_extract_without_ids_tell_no_year() -> None:
    """Without a row that has both an age and a whole ID, ages stay unread."""
    rows = pl.DataFrame({"id_no": [None], "age": [40]}, schema={"id_no": pl.String, "age": pl.Int64})

    assert reference_year(rows) is None


def test_year_of_ages_is_the_middle_one() -> None:
    """A few wrong ages do not move the year that ages are counted to."""
    rows = pl.DataFrame({"id_no": ["963127198001010011"] * 5, "age": [44, 44, 44, 3, 90]})

    assert reference_year(rows) == 2024
