"""Shapes of a code, of yes and no, of names and numbers kept as text (dictionary 3.9, 3.11)."""

from __future__ import annotations

from decimal import Decimal

from corpus_pens import NAMES, Case, Rows, Told, book, case, id_of, person, text
from corpus_roster import HEADS, dibao

Given = dict[object, str | None]

# Coded column -> source, file, its head, and the other columns the source needs with a usual word.
_FILES = {
    "disability_level": ("disability_certificate", "残联2024年3月.xlsx", "残疾等级", {"残疾类别": "肢体"}),
    "disability_type": ("disability_certificate", "残联2024年3月.xlsx", "残疾类别", {"残疾等级": "四级"}),
    "house_grade": ("housing_appraisal", "住建房屋2024年3月.xlsx", "房屋鉴定等级", {}),
    "inhabited": ("housing_appraisal", "住建房屋2024年3月.xlsx", "是否实际居住", {"房屋鉴定等级": "C级"}),
}
_LEVELS: Given = {
    "一级": "一级", "1级": "一级", 1: "一级", "壹级": "一级", "“肆级”": "四级", " 四 级 ": "四级", "４级": "四级",
    "无": None, "": None,
}  # fmt: skip
_TYPES: Given = {"视力残疾": "视力", "肢体": "肢体", " 精神残疾": "精神", "多重": "多重", "4": None, "0": None}
_GRADES: Given = {
    "C级": "C", "Ｃ级": "C", "c级": "C", "C": "C", "局部危险": "C", "整栋危险": "D", "Ｄ": "D", "A级 ": "A",
}  # fmt: skip
_LIVED_IN: Given = {"是": "是", "否": "否", "1": "是", 0: "否", "√": "是", "×": "否", "": None, "有人居住": "是"}

_TICKS: Given = {
    "Y": "是",
    "N": "否",
    "✓": "是",
    "✔": "是",
    "✗": "否",
    "TRUE": "是",
    "false": "否",
    " 是 ": "是",
    "１": "是",
}


def _codes(shape: str, column: str, given: Given, *, unknown: int = 0) -> Case:
    """Return a file of rows that differ in one coded cell; None read means unknown."""
    source, name, head, usual = _FILES[column]
    heads = ["姓名", "身份证号", *usual, head]
    rows: Rows = [[*person(number), *usual.values(), cell] for number, cell in enumerate(given)]
    values: dict[int | str, dict[str, object]] = {row: {column: kept} for row, kept in enumerate(given.values(), 2)}
    issues = {"code_unknown": unknown} if unknown else {}
    told = Told(source=source, accepted=len(given), issues=issues, values=values)
    return case(shape, name, lambda: book({"Sheet1": [heads, *rows]}), told)


def _register(heads: str, *rows: str) -> bytes:
    """Return a household register: heads and rows of words between bars, each row a person of its own."""
    first = ["乡镇", "行政村", "户编号", "人编号", "证件号码", *heads.split("|")]
    lines = [["桐花镇", "下河村", "000012", f"0000120{n}", id_of(n), *row.split("|")] for n, row in enumerate(rows)]
    return book({"Sheet1": [first, *lines]})


_ALL_DISABLED = {"health": "残疾、长期慢性病"}
_CATEGORIES = {
    "农村低保A档": "农村低保",
    "城市低保B2档": "城市低保",
    "02": "农村低保",
    "01": "城市低保",
    "农村五保": "特困供养",
    "特困（集中）": "特困供养",
    "农村特困": "特困供养",
    "低保边缘家庭": "低保边缘",
    "孤儿基本生活保障金": "孤儿",
    "某某补贴": None,
}

CODES = [
    _codes("残疾等级的写法", "disability_level", _LEVELS),
    _codes("残疾类别按词不按数字", "disability_type", _TYPES, unknown=2),
    _codes("房屋等级：全角、小写、文字", "house_grade", _GRADES),
    _codes("是否实际居住的写法", "inhabited", _LIVED_IN),
    _codes("是、否的各种记号", "inhabited", _TICKS),
    case(
        "性别、是否、类别、多值的各种词",
        "农户信息台账2024年3月.xlsx",
        lambda: _register(
            "姓名|与户主关系|性别|风险是否消除|健康状况|户类型",
            "柳树春|户主|男|是|残疾,长期慢性病|脱贫户(继续享受政策)",
            "石桥生|妻子|2|风险未消除|长期慢性病，残疾|建档立卡户",
            "田禾丰|长子|1|√|长期慢性病、残疾|一般农户",
            "江水平|女|女性|×|健康|普通农户",
            "山青|远亲|？|||",
        ),
        Told(
            source="household_register",
            accepted=5,
            issues={"code_unknown": 1, "cell_unreadable": 1},
            values={
                2: {"relation": "户主", "sex": "男", "risk_eliminated": "是", "household_type": "脱贫户"}
                | _ALL_DISABLED,
                3: {"relation": "配偶", "sex": "女", "risk_eliminated": "否", "household_type": "脱贫户"}
                | _ALL_DISABLED,
                4: {"relation": "之子", "sex": "男", "risk_eliminated": "是", "household_type": "一般农户"}
                | _ALL_DISABLED,
                5: {
                    "relation": "之女",
                    "sex": "女",
                    "risk_eliminated": "否",
                    "household_type": "一般农户",
                    "health": "健康",
                },
                6: {"relation": None, "sex": None, "risk_eliminated": None, "household_type": None, "health": None},
            },
        ),
    ),
    case(
        "低保类别：分档、旧名、代码、词典外的词",
        "低保2024年3月.csv",
        text([HEADS, *([n, *person(n), word, "1"] for n, word in enumerate(_CATEGORIES))]).encode("gb18030"),
        dibao(
            9,
            rejected=1,
            issues={"code_unknown": 1, "row_unfilled": 1},
            values={row: {"category": kept} for row, kept in enumerate(_CATEGORIES.values(), 2)},
        ),
    ),
]

WORDS = [
    case(
        "姓名里的空格、间隔号、生僻字；编号的前导零；人数",
        "农户信息台账2024年3月.xlsx",
        lambda: _register(
            "组|姓名|与户主关系|人数",
            "3组|柳 春|户主|3人",
            "三组|石\u3000生|配偶|３",
            "三组|阿依•古丽|之子|3.0",
            "三组|阿依．古丽 |之女| 3 ",
            "三组|王䶮|之孙子|三四人",
        ),
        Told(
            source="household_register",
            accepted=5,
            issues={"cell_unreadable": 1},
            values={
                2: {"person_name": "柳春", "household_no": "000012", "person_no": "00001200", "household_size": 3},
                3: {"person_name": "石生", "household_size": 3},
                4: {"person_name": "阿依·古丽", "household_size": 3},
                5: {"person_name": "阿依·古丽", "household_size": 3},
                6: {"person_name": "王䶮", "household_size": None},
            },
        ),
    ),
    case(
        "户编号过了数字格：不变成另一户",
        "走访收支台账2024年3月.xlsx",
        lambda: book(
            {
                "Sheet1": [
                    ["户编号", "户主姓名", "当月家庭收入", "当月家庭支出"],
                    *([str(1000 + n), NAMES[n], 3200, 1800] for n in range(9)),
                    [5203300123456789012, NAMES[9], 3200, 1800],
                ]
            }
        ),
        Told(
            source="visit_ledger",
            accepted=9,
            rejected=1,
            issues=None,
            flagged=(10,),
            values={2: {"household_no": "1000", "income_yuan": Decimal("3200.00")}},
        ),
    ),
]

SPELLINGS: list[Case] = [*CODES, *WORDS]
