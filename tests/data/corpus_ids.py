"""Shapes of an ID cell (dictionary 3.10): what can be read for certain, and what never is."""

from __future__ import annotations

from corpus_pens import NAMES, Case, Rows, Told, book, case, id_of, person, text
from corpus_roster import HEADS, dibao
from identity import whole

OLD = "990101550505123"  # fifteen digits
UPGRADED = whole("990101", "19550505", "123")
ENDS_IN_X = next(n for n in (whole("990101", "19700707", f"{i:03d}") for i in range(100, 200)) if n.endswith("X"))
CUT = id_of(3)[:15] + "000"
WRONG = id_of(3)[:17] + ("1" if id_of(3)[17] != "1" else "2")


WHOLE = 40  # whole numbers below the odd ones, so that the list as a whole can be linked


def _ids(*cells: object) -> Rows:
    """Return a roster whose rows hold these ID cells, then whole ones."""
    rows: Rows = [[i + 1, NAMES[i % 20], cell, "农村低保", "430"] for i, cell in enumerate(cells)]
    return [HEADS, *rows, *([99, person(n)[0], id_of(n), "农村低保", "310"] for n in range(50, 50 + WHOLE))]


def _seen(*kinds: tuple[str, str | None]) -> dict[int | str, dict[str, object]]:
    return {row: {"id_kind": kind, "id_no": number} for row, (kind, number) in enumerate(kinds, start=2)}


_VALID, _X = ("valid", id_of(3)), ("valid", ENDS_IN_X)
_DAMAGED, _MASKED, _MISSING, _INVALID = ("damaged", None), ("masked", None), ("missing", None), ("invalid", None)


def _id_case(shape: str, cells: list[object], kinds: list[tuple[str, str | None]], *, as_text: bool = False) -> Case:
    odd = [kind for kind, _ in kinds if kind in {"damaged", "masked", "missing", "invalid"}]
    issues = {f"id_{kind}": odd.count(kind) for kind in dict.fromkeys(odd)}
    told = dibao(len(cells) + WHOLE, issues=issues, values=_seen(*kinds))
    if as_text:
        return case(shape, "低保2024年3月.csv", text(_ids(*cells)).encode("gb18030"), told)
    return case(shape, "低保2024年3月.xlsx", lambda: book({"Sheet1": _ids(*cells)}), told)


IDS: list[Case] = [
    _id_case("身份证号是数字格：尾数已丢", [int(id_of(3)), float(id_of(5)[:17] + "0")], [_DAMAGED, _DAMAGED]),
    _id_case("科学计数法的文字", ["9.90101E+17", "9.90101195303131E+17", "9.90101e17"], [_DAMAGED] * 3, as_text=True),
    _id_case("末三位变成000", [CUT, id_of(4)], [_DAMAGED, ("valid", id_of(4))], as_text=True),
    _id_case("15位：文字、数字格、带.0", [OLD, int(OLD), OLD + ".0"], [("upgraded", UPGRADED)] * 3),
    _id_case("小写x、全角Ｘ、乘号×、西里尔Х", [ENDS_IN_X[:17] + x for x in ("x", "Ｘ", "ｘ", "×", "Х", "х")], [_X] * 6),
    _id_case("全角数字", ["".join(chr(ord(c) + 0xFEE0) for c in id_of(3))], [_VALID]),
    _id_case(
        "引号、空格、制表、NBSP、零宽、连字符",
        [
            "'" + id_of(3),
            "’" + id_of(3),
            f'"{id_of(3)}"',
            f" {id_of(3)} ",
            id_of(3)[:6] + " " + id_of(3)[6:14] + "\u3000" + id_of(3)[14:],
            "\t" + id_of(3),
            id_of(3) + "\u00a0",
            id_of(3)[:6] + "\u200b" + id_of(3)[6:],
            "\ufeff" + id_of(3),
            id_of(3)[:6] + "-" + id_of(3)[6:],
        ],
        [_VALID] * 10,
    ),
    _id_case('文本公式式的 ="…"', [f'="{id_of(3)}"'], [_VALID], as_text=True),
    _id_case(
        "打了星号的号码",
        [
            id_of(3)[:6] + "********" + id_of(3)[14:],
            id_of(3)[:3] + "*" * 11 + id_of(3)[14:],
            "9" + "*" * 16 + "1",
            id_of(3)[:10] + "＊＊＊＊" + id_of(3)[14:],
            id_of(3)[:14] + "●●●●",
        ],
        [_MASKED] * 5,
    ),
    _id_case("20、22位残疾证号写在身份证列", [id_of(3) + "44", id_of(3) + "13B1"], [("certificate", id_of(3))] * 2),
    _id_case("空、0、无、—、不详、null", ["", "0", "无", "—", "不详", "null"], [_MISSING] * 6),
    _id_case(
        "校验不过、17位、19位卡号、生日不存在",
        [WRONG, id_of(3)[:17], "6228480000000000001", whole("990101", "19700231", "123")],
        [_INVALID] * 4,
    ),
    case(
        "整列都过了数字格：末位碰巧通过校验的也不信",
        "低保2024年3月.csv",
        text(_ids(*(id_of(n)[:15] + "000" for n in range(40)))).encode(),
        dibao(
            40 + WHOLE,
            issues={"id_damaged": 40},
            values={n + 2: {"id_kind": "damaged", "id_no": None} for n in range(40)},
        ),
    ),
    case(
        "两人同一个号码：都收，不合并",
        "低保2024年3月.csv",
        text(
            [HEADS, ["1", NAMES[0], id_of(3), "农村低保", "430"], ["2", NAMES[1], id_of(3), "农村低保", "430"]]
        ).encode(),
        dibao(2, issues=None, values={2: {"person_name": NAMES[0]}, 3: {"person_name": NAMES[1], "id_no": id_of(3)}}),
    ),
    case(
        "残疾证号列：20位、22位、只有它没有身份证号、与类别等级不符",
        "残联2024年3月.xlsx",
        lambda: book(
            {
                "Sheet1": [
                    ["姓名", "身份证号", "残疾证号", "残疾类别", "残疾等级"],
                    [NAMES[0], id_of(3), id_of(3) + "44", "肢体", "四级"],
                    [NAMES[1], id_of(4), id_of(4) + "12B1", "视力", "二级"],
                    [NAMES[2], "", id_of(5) + "61", "精神", "一级"],
                    [NAMES[3], id_of(6), id_of(6) + "44", "视力", "一级"],
                ]
            }
        ),
        Told(
            source="disability_certificate",
            accepted=4,
            issues=None,
            flagged=(4,),
            values={
                2: {
                    "id_no": id_of(3),
                    "certificate_no": id_of(3) + "44",
                    "disability_type": "肢体",
                    "disability_level": "四级",
                },
                3: {"certificate_no": id_of(4) + "12B1"},
                4: {"id_kind": "certificate", "id_no": id_of(5)},
                5: {"disability_type": "视力", "disability_level": "一级"},
            },
        ),
    ),
]
