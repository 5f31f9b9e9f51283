"""Shapes of a text file: encodings, separators, line ends, quotes, cut and shifted rows; and archives of files."""

from __future__ import annotations

import codecs
from decimal import Decimal

from corpus_pens import Case, Told, archive, book, case, id_of, locked, person, text
from corpus_roster import HEADS, TITLE, dibao, first, roster

PLAIN = text([HEADS, *roster()])
RARE = text(
    [
        HEADS,
        ["1", "王䶮", id_of(1), "农村低保", "1"],
        ["2", "李𬭛", id_of(2), "农村低保", "2"],
        ["3", "㛃𠮷", id_of(3), "农村低保", "3"],
    ]
)
RARE_READ: dict[int | str, dict[str, object]] = {
    2: {"person_name": "王䶮"},
    3: {"person_name": "李𬭛"},
    4: {"person_name": "㛃𠮷"},
}
CLEAN = dibao(values={2: first(), 4: first(2)})


def _csv(shape: str, content: bytes, told: Told = CLEAN, *, name: str = "低保2024年3月.csv") -> Case:
    return case(shape, name, content, told)


ENCODINGS = [
    _csv("UTF-8 无标记", PLAIN.encode()),
    _csv("UTF-8 带标记", PLAIN.encode("utf-8-sig")),
    _csv("GBK", PLAIN.encode("gbk")),
    _csv("GB18030 四字节字：䶮、𬭛", RARE.encode("gb18030"), dibao(values=RARE_READ)),
    _csv("UTF-8 的生僻字", RARE.encode("utf-8-sig"), dibao(values=RARE_READ)),
    _csv("UTF-16 LE 带标记", codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le")),
    _csv("UTF-16 BE 带标记", codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be")),
    _csv("UTF-16 LE 无标记", PLAIN.encode("utf-16-le")),
    _csv("UTF-16 BE 无标记", PLAIN.encode("utf-16-be")),
    _csv("UTF-16 LE 无标记，生僻字", RARE.encode("utf-16-le"), dibao(values=RARE_READ)),
    _csv(
        "UTF-8 文件在一个字的中间断了",
        (TITLE + "\r\n" + PLAIN).encode()[:-30] + "农".encode()[:2],
        Told("careful", source="dibao_roster", accepted=2, rejected=1, issues=None),
    ),
    _csv(
        "实际是网页的 .xls",
        f"<html><body><table><tr><td>{person(0)[0]}</td></tr></table></body></html>".encode(),
        Told("refused", says=("网页",)),
        name="低保2024年3月.xls",
    ),
]

TABBED = text([HEADS, *roster()], delimiter="\t")
_ADDRESS = ["姓名", "身份证号", "低保类别", "家庭住址", "月保障金额"]

SEPARATORS = [
    _csv("制表符分隔 .txt，GBK", TABBED.encode("gbk"), name="低保2024年3月.txt"),
    _csv("制表符分隔 .tsv", TABBED.encode(), name="低保2024年3月.tsv"),
    _csv("制表符分隔而后缀是 .xls", TABBED.encode("utf-16"), name="低保2024年3月.xls"),
    _csv("分号分隔", text([HEADS, *roster()], delimiter=";").encode("utf-8-sig")),
    _csv("竖线分隔", text([HEADS, *roster()], delimiter="|").encode("gbk"), name="低保2024年3月.txt"),
    _csv(
        "分号分隔，标题里有逗号，金额里有千分号",
        text(
            [["某县低保花名册,2024年3月,按月"], HEADS, ["1", *person(0), "农村低保", "1,430.00"]], delimiter=";"
        ).encode(),
        dibao(1, values={3: first() | {"amount_yuan": Decimal("1430.00")}}),
    ),
    _csv("首行 sep=;", ("sep=;\r\n" + text([HEADS, *roster()], delimiter=";")).encode(), dibao(values={3: first()})),
    _csv("每行末尾多一个逗号", text([[*row, ""] for row in [HEADS, *roster()]]).encode("gbk")),
    _csv("只有回车的行尾", text([HEADS, *roster()], end="\r").encode("gb18030")),
    _csv("只有换行的行尾", text([HEADS, *roster()], end="\n").encode("gb18030")),
    _csv("最后一行没有换行", PLAIN.rstrip("\r\n").encode("gb18030")),
    _csv("各种行尾混在一起", PLAIN.replace("\r\n", "\n", 2).replace("\n", "\r", 1).encode()),
    _csv(
        "引号里的换行：表头和备注",
        text(
            [
                ["姓\n名", "身份证\r\n号", "低保类别", "备注", "月保障金额"],
                [*person(0), "农村低保", "第一行\n第二行", "430"],
                [*person(1), "农村低保", '他说"好"', "310"],
            ]
        ).encode("gb18030"),
        dibao(2, values={2: first(), 3: first(1)}),
    ),
    _csv(
        "引号里的逗号",
        text([_ADDRESS, [*person(0), "农村低保", "下河村,三组", "1,430.00"]]).encode(),
        dibao(1, values={2: {"address": "下河村,三组", "amount_yuan": Decimal("1430.00")}}),
    ),
]


def _lines(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


_MANY = ["{},{},农村低保,下河村三组,430".format(*person(n)) for n in range(9)]
_HEAD_LINE = ",".join(_ADDRESS)

BROKEN = [
    _csv(
        "文件被截断：最后一行缺后半",
        _lines(_HEAD_LINE, *_MANY)[:-17],
        Told("careful", source="dibao_roster", accepted=8, rejected=1, issues=None, flagged=(9,)),
    ),
    _csv(
        "地址里的逗号没有加引号：这一行比表头多一格",
        _lines(_HEAD_LINE, *_MANY, "{},{},农村低保,下河村,三组,430".format(*person(9))),
        Told("careful", source="dibao_roster", accepted=9, rejected=1, issues=None, flagged=(10,)),
    ),
    _csv(
        "行末的空格子没有写逗号：不是截断",
        _lines(_HEAD_LINE, "{},{},农村低保".format(*person(0)), *_MANY[1:3]),
        dibao(values={2: {"id_no": id_of(0), "amount_yuan": None}, 4: {"amount_yuan": Decimal("430.00")}}),
    ),
    _csv(
        "引号没有闭合",
        _lines(_HEAD_LINE, *_MANY, '"{},{},农村低保,下河村,430'.format(*person(9))),
        Told("refused", says=("引号",)),
    ),
    _csv("空文件", b"", Told("refused", says=("空",))),
    _csv("只有空白", b"\r\n\r\n  \r\n", Told("refused")),
    _csv("夹着 NUL 字节", PLAIN.encode().replace(b"430", b"4\x0030"), Told("refused")),
    _csv("是图片", b"\x89PNG\r\n\x1a\n" + bytes(64), Told("refused", says=("不是表格",)), name="低保2024年3月.xlsx"),
    _csv("工作簿被截断", book({"Sheet1": [HEADS, *roster()]})[:-200], Told("refused"), name="低保2024年3月.xlsx"),
]

_VISITS = text([["户编号", "户主姓名", "当月家庭收入", "当月家庭支出"], ["0001", person(0)[0], "3200", "1800"]]).encode(
    "gb18030"
)
_VISIT = Told(
    source="visit_ledger", accepted=1, values={2: {"household_no": "0001", "income_yuan": Decimal("3200.00")}}
)
_SCHOOL = book(
    {"学籍": [["学生姓名", "身份证号", "就读学校", "年级", "学籍状态"], [*person(3), "中心小学", "三年级", "在读"]]}
)
_PUPIL = Told(source="school_enrolment", accepted=1, values={2: {"enrolment_status": "在读", "school": "中心小学"}})
_THREE = {"低保2024年3月.csv": PLAIN.encode("gbk"), "走访收支台账2024年3月.csv": _VISITS, "教育2024年3月.xlsx": _SCHOOL}

ARCHIVES = [
    case("一个压缩包三个文件", "2024年3月.zip", archive(_THREE), CLEAN, _VISIT, _PUPIL),
    case("压缩包里的文件名是 GBK", "各部门.zip", archive(_THREE, old=True), CLEAN, _VISIT, _PUPIL),
    case(
        "压缩包里有文件夹和系统杂物",
        "各部门.zip",
        archive(
            {
                "三月/": b"",
                "三月/低保2024年3月.csv": PLAIN.encode("gbk"),
                "__MACOSX/三月/._低保2024年3月.csv": b"\0",
                "三月/Thumbs.db": b"\xd0\xcf",
                "三月/.DS_Store": b"\0",
            }
        ),
        CLEAN,
    ),
    case(
        "压缩包里一个坏文件：其余照收",
        "各部门.zip",
        archive(
            {
                "低保2024年3月.csv": PLAIN.encode("gbk"),
                "照片.xlsx": b"\x89PNG\r\n\x1a\n" + bytes(64),
                "走访收支台账2024年3月.csv": _VISITS,
            }
        ),
        CLEAN,
        Told("refused", says=("照片.xlsx",)),
        _VISIT,
    ),
    case("压缩包套压缩包", "各部门.zip", archive({"内层.zip": archive(_THREE)}), Told("refused", says=("压缩包",))),
    case("空压缩包", "各部门.zip", archive({}), Told("refused")),
    case("加密的压缩包", "各部门.zip", locked(archive(_THREE)), Told("refused", says=("密码",))),
]

TEXTS: list[Case] = [*ENCODINGS, *SEPARATORS, *BROKEN, *ARCHIVES]
