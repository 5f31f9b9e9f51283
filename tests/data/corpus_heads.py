"""Shapes of a head: spellings, units, renames, and what is unknown or missing."""

from __future__ import annotations

from decimal import Decimal

from corpus_pens import Case, Told, book, case, person, text
from corpus_roster import HEADS, TITLE, dibao, first, roster

HEADS_AS_WRITTEN: list[Case] = [
    case(
        "表头内空格、换行、全角括号、星号、单位",
        "低保2024年3月.xlsx",
        lambda: book(
            {
                "Sheet1": [
                    ["序  号", "姓 \u3000名*", "公民身份\n号码（18位）", "低保\n类 别＊", "月保障金额\n（元／月）"],
                    *roster(),
                ]
            }
        ),
        dibao(values={2: first(), 4: first(2)}),
    ),
    case(
        "表头单位（万元），与（元）并存",
        "医保结算明细2024年3月.csv",
        lambda: text(
            [["姓名", "身份证号", "医疗费总额（万元）", "个人自付(元)"], [*person(0), "1.25", "1200.5"]]
        ).encode(),
        Told(
            source="medical_settlement",
            accepted=1,
            values={2: {"total_yuan": Decimal("12500.00"), "self_paid_yuan": Decimal("1200.50")}},
        ),
    ),
    case(
        "单位写在标题下：单位：万元，有一列自写（元）",
        "医保.xlsx",
        lambda: book(
            {
                "Sheet1": [
                    ["某县2024年3月医保结算明细"],
                    ["单位：万元"],
                    ["姓名", "身份证号", "总费用", "个人自付（元）"],
                    [*person(0), "0.3", "900"],
                ]
            }
        ),
        Told(
            source="medical_settlement",
            accepted=1,
            values={4: {"total_yuan": Decimal("3000.00"), "self_paid_yuan": Decimal("900.00")}},
        ),
    ),
    case(
        "面积（㎡）等不要的列带单位",
        "住建2024年3月.csv",
        lambda: text(
            [
                ["户主姓名", "户主身份证号", "房屋鉴定等级", "住房面积（㎡）", "鉴定日期"],
                [*person(0), "C级", "86.5", "2024.3.1"],
            ]
        ).encode("gbk"),
        Told(source="housing_appraisal", accepted=1, values={2: {"house_grade": "C", "person_name": person(0)[0]}}),
    ),
    case(
        "逐年改名：风险是否已消除0、监测对象类别、义务教育阶段未上学原因",
        "农户信息台账2024年3月.xlsx",
        lambda: book(
            {
                "Sheet1": [
                    [
                        "县(市、区、旗)",
                        "乡(镇)",
                        "行政村",
                        "自然村",
                        "户编号",
                        "人编号",
                        "姓名",
                        "证件号码",
                        "人数",
                        "与户主关系",
                        "义务教育阶段未上学原因",
                        "监测对象类别",
                        "风险是否已消除0",
                    ],
                    [
                        "某县",
                        "桐花镇",
                        "下河村",
                        "三组",
                        "H001",
                        "P001",
                        *person(0),
                        "1",
                        "户主",
                        "",
                        "边缘易致贫户",
                        "否",
                    ],
                ]
            }
        ),
        Told(
            source="household_register",
            accepted=1,
            values={
                2: {
                    "monitored_type": "边缘易致贫户",
                    "risk_eliminated": "否",
                    "household_size": 1,
                    "village_group": "三组",
                }
            },
        ),
    ),
    case(
        "未声明的列",
        "低保2024年3月.xlsx",
        lambda: book({"Sheet1": [[*HEADS, "星座", "备 注"], *([*row, "白羊", ""] for row in roster())]}),
        dibao(unknown=("星座",), values={2: first()}),
    ),
    case(
        "缺必有列：说出找什么、最接近的是什么",
        "低保2024年3月.xlsx",
        lambda: book({"Sheet1": [["序号", "姓名", "身份证号", "保障类别名", "月保障金额"], *roster()]}),
        Told("refused", says=("缺少列", "保障类别", "最接近的是", "保障类别名")),
    ),
    case("只有表头", "低保2024年3月.xlsx", lambda: book({"Sheet1": [[TITLE], HEADS]}), Told("stopped")),
    case(
        "数据里有“户主”“女”字样的行不是表头",
        "农户信息台账2024年3月.csv",
        lambda: text(
            [
                ["乡镇", "行政村", "户编号", "人编号", "姓名", "证件号码", "与户主关系", "性别", "民族"],
                ["桐花镇", "下河村", "H001", "P001", *person(0), "户主", "男", "民族"],
                ["桐花镇", "下河村", "H001", "P002", *person(1), "女", "女", "汉族"],
            ]
        ).encode("gb18030"),
        Told(
            source="household_register",
            accepted=2,
            values={2: {"relation": "户主"}, 3: {"relation": "之女", "sex": "女"}},
        ),
    ),
]
