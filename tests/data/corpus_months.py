"""Where the month is said, which rows are the same, which files wait; and each source once in another form."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from corpus_pens import NAMES, Case, Rows, Told, book, case, id_of, person, text
from corpus_roster import HEADS, dibao, first, roster

XLS = Path(__file__).parent / "xls"


def _dibao_csv(heads: list[str], cells: list[str], *, title: str = "") -> bytes:
    rows = [[*HEADS, *heads], *([*row, *cells] for row in roster())]
    return text([*([[title]] if title else []), *rows]).encode("gb18030")


def _columns(shape: str, heads: list[str], cells: list[str]) -> Case:
    return case(shape, "低保.csv", _dibao_csv(heads, cells), dibao(values={2: first()}))


MONTHS = [
    _columns("月份在列：所属年份、所属月份（1月写法）", ["所属年份", "所属月份"], ["2024", "3月"]),
    _columns("月份在列：2024年、03月", ["所属年份", "所属月份"], ["2024年", "03月"]),
    _columns("月份在列：发放年月 202403", ["发放年月"], ["202403"]),
    _columns("月份在列：数据日期 2024-03-31", ["数据日期"], ["2024-03-31"]),
    _columns("月份在列：统计月份 2024年3月", ["统计月份"], ["2024年3月"]),
    case("月份在标题", "低保.csv", _dibao_csv([], [], title="某县2024年3月低保花名册"), dibao(values={3: first()})),
    case(
        "月份在标题，另有填报日期4月5日",
        "低保.csv",
        _dibao_csv([], [], title="某县2024年3月低保花名册（填报日期：2024年4月5日）"),
        dibao(),
    ),
    case("月份在表名", "低保.xlsx", lambda: book({"2024年3月": [HEADS, *roster()]}), dibao()),
    case("月份在文件名：2024-03", "民政_低保_2024-03.csv", _dibao_csv([], []), dibao()),
    case("月份在文件名：202403，另有导出日期", "低保_202403_导出20240405.csv", _dibao_csv([], []), dibao()),
    case("1至3月的累计表按最后一个月", "低保2024年1-3月.csv", _dibao_csv([], []), dibao()),
    case(
        "文件名和标题的月份不一致",
        "低保2024年3月.csv",
        _dibao_csv([], [], title="某县2024年2月低保花名册"),
        Told("stopped", says=("月份", "2024-03", "2024-02")),
    ),
    case(
        "列里两个月",
        "低保2024年3月.csv",
        text(
            [
                [*HEADS, "统计月份"],
                *([*row, m] for row, m in zip(roster(), ("2024-03", "2024-03", "2024-02"), strict=True)),
            ]
        ).encode(),
        Told("stopped", says=("月份", "2024-02")),
    ),
    case("哪里都没有月份", "低保.csv", _dibao_csv([], []), Told("refused", says=("月份", "--period"))),
    case("只有3月没有年份", "低保3月.csv", _dibao_csv([], []), Told("stopped", says=("月份",))),
]


def _bills(*rows: tuple[int, str, str]) -> bytes:
    heads = ["序号", "姓名", "身份证号", "医疗类别", "结算日期", "个人自付", "结算单号"]
    listed = [[str(i), *person(n), "住院", "2024-03-05", amount, no] for i, (n, amount, no) in enumerate(rows, start=1)]
    return text([heads, *listed]).encode("gb18030")


_BILL = "医保结算明细2024年3月.csv"
REPEATS = [
    case(
        "名单里完全相同的行（序号不同）只算一次",
        "低保2024年3月.csv",
        text([HEADS, *roster(), ["4", *roster()[0][1:]], ["5", *roster()[0][1:]]]).encode(),
        dibao(3, duplicate=2, issues={"row_duplicate": 2}),
    ),
    case(
        "结算单号相同的两行是一笔",
        _BILL,
        _bills((0, "100", "A1"), (0, "100", "A1"), (1, "5", "A2")),
        Told(source="medical_settlement", accepted=2, duplicate=1, issues={"row_duplicate": 1}),
    ),
    case(
        "没有结算单号的两行可能是两笔：都收并提示",
        _BILL,
        _bills((0, "100", ""), (0, "100", ""), (1, "5", "")),
        Told(source="medical_settlement", accepted=3, issues={"row_repeated": 1}),
    ),
    case(
        "同月补发：金额不同的两行都收",
        _BILL,
        _bills((0, "100", "A1"), (0, "50", "A2")),
        Told(source="medical_settlement", accepted=2),
    ),
    case(
        "冲红：一正一负都收",
        _BILL,
        _bills((0, "1200.50", "A1"), (0, "-1200.50", "A2")),
        Told(source="medical_settlement", accepted=2, values={3: {"self_paid_yuan": Decimal("-1200.50")}}),
    ),
]


def _mostly_bad() -> Rows:
    good = roster(4)
    return [HEADS, *good, *([str(n), *person(n), "不知道", "430"] for n in range(10, 14))]


WAITING = [
    case("一半的行不能用：整份等人定", "低保2024年3月.csv", text(_mostly_bad()).encode("gbk"), Told("stopped")),
    case(
        "十分之一的行不能用：好的先收",
        "低保2024年3月.csv",
        text(
            [HEADS, *([str(n), *person(n), "农村低保", "430"] for n in range(9)), ["10", "", "", "农村低保", "430"]]
        ).encode("gbk"),
        dibao(9, rejected=1, issues={"row_unfilled": 1, "id_missing": 1}, flagged=(10,)),
    ),
    case(
        "认不出的表",
        "某某2024年3月.csv",
        text([["品名", "数量"], ["化肥", "3"], ["种子", "5"]]).encode(),
        Told("refused", says=("表头",)),
    ),
]


def _one(shape: str, name: str, content: bytes, source: str, **values: object) -> Case:
    return case(shape, name, content, Told(source=source, accepted=1, values={2: dict(values)}))


FORMS = [
    _one(
        "医保最小模板 [A2]，UTF-16",
        "医保.csv",
        text(
            [["所属年份", "所属月份", "姓名", "身份证号", "个人自付金额"], ["2024", "3月", *person(0), "1,200.50"]],
            delimiter="\t",
        ).encode("utf-16"),
        "medical_settlement",
        self_paid_yuan=Decimal("1200.50"),
        id_no=id_of(0),
    ),
    _one(
        "民政最小模板 [A2]",
        "民政.csv",
        text(
            [
                ["所属年份", "所属月份", "姓名", "身份证号", "基本生活保障类型"],
                ["2024", "3月", *person(0), "农村低保A档"],
            ]
        ).encode("gbk"),
        "dibao_roster",
        category="农村低保",
        id_no=id_of(0),
    ),
    _one(
        "残联最小模板 [A2]",
        "残联.csv",
        text(
            [
                [
                    "所属年份",
                    "所属月份",
                    "姓名",
                    "身份证号",
                    "残疾证号",
                    "残疾类别",
                    "残疾等级",
                    "残疾详情",
                    "持证状态",
                ],
                ["2024", "3月", *person(0), id_of(0) + "44", "肢体", "四级", "", "持证"],
            ]
        ).encode("gbk"),
        "disability_certificate",
        certificate_status="有效",
        certificate_no=id_of(0) + "44",
    ),
    _one(
        "学籍：学籍号是 G+身份证号",
        "教育2024年3月.csv",
        text(
            [
                ["学生姓名", "全国学籍号", "身份证号", "就读学校", "年级", "学籍状态", "监护人1姓名"],
                [NAMES[0], "G" + id_of(0), id_of(0), "中心小学", "三年级", "在籍在读", NAMES[1]],
            ]
        ).encode("utf-8-sig"),
        "school_enrolment",
        enrolment_status="在读",
        id_no=id_of(0),
        guardian_name=NAMES[1],
    ),
    _one(
        "走访收支台账",
        "走访收支台账.csv",
        text(
            [
                ["走访月份", "户编号", "户主姓名", "当月家庭收入(元)", "当月家庭支出(元)"],
                ["2024年3月", "0001", NAMES[0], "3,200", "1,800"],
            ]
        ).encode("gbk"),
        "visit_ledger",
        household_no="0001",
        income_yuan=Decimal("3200.00"),
        spending_yuan=Decimal("1800.00"),
    ),
    case(
        ".xls：标题、两层表头、合计",
        "低保.xls",
        (XLS / "dibao.xls").read_bytes,
        dibao(
            2,
            skipped={"合计": 1},
            values={
                4: {"person_name": person(5)[0], "head_name": person(5)[0], "amount_yuan": Decimal("620.00")},
                5: {"id_no": id_of(6)},
            },
        ),
    ),
    case(
        ".xls：数字格的号码、日期格、隐藏的表",
        "残联2024年3月.xls",
        (XLS / "disabled.xls").read_bytes,
        Told(
            source="disability_certificate",
            accepted=2,
            told=("上月",),
            issues={"id_damaged": 1},
            values={2: {"id_kind": "damaged", "id_no": None}, 3: {"id_no": id_of(4), "disability_level": "三级"}},
        ),
    ),
    case(
        ".xls：一个乡镇一张表",
        "低保2024年3月.xls",
        (XLS / "towns.xls").read_bytes,
        dibao(6, skipped={"合计": 1, "签字": 1}, values={"白水乡!5": {"id_no": id_of(4)}}),
    ),
]


OTHERS: list[Case] = [*MONTHS, *REPEATS, *WAITING, *FORMS]
