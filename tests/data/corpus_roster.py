"""The roster most files of the corpus hold: heads, rows, and what must be read of them."""

from __future__ import annotations

from decimal import Decimal

from corpus_pens import Rows, Told, person

HEADS = ["序号", "姓名", "身份证号", "低保类别", "月保障金额"]
AMOUNTS = ("430", "310", "275.50", "0", "518")


def roster(count: int = 3, *, start: int = 0) -> Rows:
    """Return data rows of a 低保 roster under HEADS."""
    return [[str(i + 1), *person(start + i), "农村低保", AMOUNTS[i % len(AMOUNTS)]] for i in range(count)]


def first(number: int = 0) -> dict[str, object]:
    """Return what must be read of the n-th row of a roster."""
    name, id_no = person(number)
    amount = Decimal(AMOUNTS[number]).quantize(Decimal("0.01"))
    return {
        "person_name": name,
        "id_no": id_no,
        "id_kind": "valid",
        "category": "农村低保",
        "amount_yuan": amount,
    }


def dibao(accepted: int = 3, **more: object) -> Told:
    """Return the expectation of a clean 低保 roster."""
    return Told(**{"source": "dibao_roster", "accepted": accepted} | more)  # type: ignore[arg-type]


TITLE = "某县2024年3月低保花名册"
