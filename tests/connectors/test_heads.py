"""Column heads: every spelling of one word is the same head; units are told apart from names."""

from __future__ import annotations

import polars as pl
import pytest

from fangpin.config.loader import Declarations
from fangpin.connectors.heads import HeadBook, HeadMatch, head_key, is_serial, is_ten_thousands, is_yuan
from fangpin.connectors.values import code


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("姓名", "姓名"),
        (" 姓 名 ", "姓名"),
        ("姓\n名", "姓名"),
        ("姓\u3000名", "姓名"),
        ("姓\u00a0名", "姓名"),
        ("姓\u200b名", "姓名"),
        ("\ufeff姓名", "姓名"),
        ("姓名*", "姓名"),
        ("＊姓名", "姓名"),
        ("姓名：", "姓名"),
        ("身份证\n号码", "身份证号码"),
        ("乡（镇）", "乡(镇)"),
        ("金额（元）", "金额"),
        ("金额(元/月)", "金额"),
        ("金额（单位：万元）", "金额"),
        ("面积（㎡）", "面积"),
        ("年龄（周岁）", "年龄"),
        ("身份证号(18位)", "身份证号"),
        ("Ｎｏ．", "No."),
        ("", ""),
        ("**", ""),
    ],
)
def test_one_spelling(written: str, key: str) -> None:
    """Spaces, line breaks, width, asterisks, colons and units do not make another head."""
    assert head_key(written) == key


@pytest.mark.parametrize(
    ("text", "large", "plain"),
    [
        ("金额（元）", False, True),
        ("金额(万元)", True, False),
        ("金额（单位：万元）", True, False),
        ("金额（单位：元）", False, True),
        ("单位：万元", True, False),
        ("单 位: 万 元", True, False),
        ("单位：元", False, False),
        ("金额", False, False),
        ("万元户数", False, False),
    ],
)
def test_units(text: str, large: bool, plain: bool) -> None:  # noqa: FBT001 - columns of a table
    """A head or note says 万元, or 元, or nothing."""
    assert (large, plain) == (is_ten_thousands(text), is_yuan(text))


@pytest.mark.parametrize(("head", "serial"), [("序号", True), ("序 号", True), ("No.", True), ("户编号", False)])
def test_serial(head: str, serial: bool) -> None:  # noqa: FBT001 - columns of a table
    """A head that only numbers the rows is known."""
    assert serial == is_serial(head)


@pytest.mark.parametrize(
    ("group", "head", "expected"),
    [
        ("", "身份证号", HeadMatch("id_no", 0, ten_thousands=False)),
        ("", "公民身份证号码", HeadMatch("id_no", 3, ten_thousands=False)),
        ("", "发放金额（元）", HeadMatch("amount_yuan", 5, ten_thousands=False)),
        ("", "发放金额（万元）", HeadMatch("amount_yuan", 5, ten_thousands=True)),
        ("金额（万元）", "发放金额", HeadMatch("amount_yuan", 5, ten_thousands=True)),
        ("基本信息", "身份证号", HeadMatch("id_no", 0, ten_thousands=False)),
        ("户主", "姓名", HeadMatch("head_name", 0, ten_thousands=False)),
        ("户主", "身份证号", HeadMatch("head_id_no", 0, ten_thousands=False)),
        ("代理人", "姓名", None),
        ("", "没有这个列", None),
    ],
)
def test_head_stands_for_a_column(dibao: HeadBook, group: str, head: str, expected: HeadMatch | None) -> None:
    """A head is found alone or with its group; under another person's group it is not the row's own."""
    assert expected == dibao.match(head, groups=[group] if group else [])


def test_known_and_not_taken_in(dibao: HeadBook) -> None:
    """A head declared as ignored is told from an unknown one."""
    assert (dibao.is_ignored("银 行 账号"), dibao.is_ignored("星座")) == (True, False)


def test_no_head_of_a_source_stands_for_two_columns(declared: Declarations) -> None:
    """A shipped source never declares one head under two columns of its own."""
    doubled = {}
    for source in declared.sources.values():
        heads = [head for column in source.columns for head in {head_key(h) for h in column.heads}]
        doubled[source.id] = sorted({h for h in heads if heads.count(h) > 1})

    assert [name for name, heads in doubled.items() if heads] == []


def test_no_ignored_head_is_also_taken(declared: Declarations) -> None:
    """A shipped source never ignores a head that it reads: one of the two lines would be dead."""
    both = {}
    for source in declared.sources.values():
        book = HeadBook(source, declared.identity)
        both[source.id] = sorted(h for h in source.ignored if book.match(h))

    assert [name for name, heads in both.items() if heads] == []


def test_no_word_of_a_code_list_stands_for_two(declared: Declarations) -> None:
    """In a shipped code list each word stands for one code."""
    doubled = []
    for source in declared.sources.values():
        for column in source.columns:
            words = [w.upper() for kept, others in column.codes.items() for w in (kept, *others)]
            doubled += [f"{source.id}.{column.name}: {w}" for w in set(words) if words.count(w) > 1]

    assert doubled == []


def test_every_declared_word_reads_as_its_code(declared: Declarations) -> None:
    """In the shipped code lists no two words are one word in another spelling (1级, 一级) of different codes."""
    wrong = []
    for source in declared.sources.values():
        for column in source.columns:
            cells = pl.DataFrame({"cell": list(column.words)}, schema={"cell": pl.String})
            read = cells.select(code(pl.col("cell"), column.words))["cell"].to_list()
            if read != list(column.words.values()):
                wrong.append(f"{source.id}.{column.name}")

    assert wrong == []
